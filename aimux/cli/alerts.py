"""``aimux alerts``: what is watched for, how it stands, and whether messages arrive."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final

import typer

from aimux.cli import output
from aimux.cli.fit import fitted
from aimux.cli.group import group
from aimux.errors import DaemonError

if TYPE_CHECKING:
    from aimux.admin.shapes import AlertShape

_HEADINGS: Final = ("N", "STATE", "NOW", "SINCE", "WHEN", "TOLD TO")

Json = Annotated[bool, typer.Option("--json", help="As JSON.")]


def register(app: typer.Typer) -> None:
    """Adds the commands of this module."""
    alerts = group("alerts", "Alerts: what is watched for, and how it stands.")
    alerts.command("list")(list_alerts)
    alerts.command("test")(send_test)
    app.add_typer(alerts)


def list_alerts(json: Json = False) -> None:  # noqa: FBT002 -- typer's way to write a flag
    """Show every alert of the configuration: its state, the value now, and since when."""
    from aimux.admin.client import AdminClient
    from aimux.config.paths import find_paths

    found = AdminClient.connect(find_paths()).alerts()
    if json:
        output.data_json(found)
        return
    if not found:
        _tell_none()
        return
    rows = [_row(each) for each in found]
    output.table(_HEADINGS, fitted(_HEADINGS, rows, len(_HEADINGS) - 1))


def _tell_none() -> None:
    output.words("no alerts are configured")
    output.hint("in config.toml, as [[alerts]]: aimux config edit")


def _row(alert: AlertShape) -> tuple[str, ...]:
    value = "unknown" if alert["value"] is None else f"{alert['value']:.4g}"
    return (
        str(alert["number"]),
        alert["state"],
        value,
        alert["since"] or "-",
        alert["when"],
        ", ".join(alert["notify"]),
    )


def send_test(
    number: Annotated[
        int | None, typer.Argument(metavar="N", help="The alert's number; all if left out.")
    ] = None,
    json: Json = False,  # noqa: FBT002 -- typer's way to write a flag
) -> None:
    """Send a test message to every place that an alert is told to."""
    from aimux.admin.client import AdminClient
    from aimux.config.paths import find_paths

    told = AdminClient.connect(find_paths()).test_alert(number)
    if json:
        output.data_json(told)
    elif not told:
        _tell_none()
    else:
        output.table(
            ("PLACE", "RESULT"), [(each["place"], each["problem"] or "sent") for each in told]
        )
    failed = [each["place"] for each in told if each["problem"]]
    if failed and json:
        raise typer.Exit(DaemonError.exit_code)
    if failed:
        raise DaemonError(
            f"not told: {', '.join(failed)}", hint="the place and its reason are shown above"
        )
