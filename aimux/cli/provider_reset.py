"""``aimux providers reset``: what a provider is left alone for is forgotten, in the running daemon."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aimux.cli import output
from aimux.cli.status import duration
from aimux.errors import UsageError

if TYPE_CHECKING:
    from aimux.admin.shapes import ResetShape, TroubleShape


def reset_providers(name: str | None, *, every: bool, as_json: bool) -> None:
    """Resets one provider, or all that the daemon has.

    Raises:
        UsageError: neither a name nor all, or both.
        NotRunning: there is no daemon; it is what remembers.
        UnknownPath: it has no provider of that name.
    """
    from aimux.admin.client import AdminClient
    from aimux.config.paths import find_paths

    if (name is None) is not every:
        raise UsageError("name one provider, or say --all")
    client = AdminClient.connect(find_paths())
    names = [each["name"] for each in client.status()["providers"]] if name is None else [name]
    done = [client.reset(each) for each in names]
    if as_json:
        output.data_json(done)
        return
    lines = [line for each in done for line in told(each)]
    for line in lines:
        output.data(output.printable(line))
    if not lines:
        output.words("nothing was wrong")


def told(done: ResetShape) -> list[str]:
    """What was ended at one provider, a line each."""
    lines = [f"{done['provider']}: {_ended(each)}" for each in done["ended"]]
    if done["windows"]:
        what = "1 plan window" if done["windows"] == 1 else f"{done['windows']} plan windows"
        lines.append(f"{done['provider']}: what was known of {what} is forgotten")
    return lines


def _ended(trouble: TroubleShape) -> str:
    left = (
        f", it would have lasted {duration(trouble['for_s'])} more" if trouble["for_s"] >= 1 else ""
    )
    why = f" ({trouble['reason']})" if trouble["reason"] else ""
    match trouble["what"]:
        case "circuit":
            return f"the circuit of {trouble['which']} was {trouble['state']}{why}{left}"
        case what:
            rested = "was taken for dead" if trouble["state"] == "dead" else "rested"
            return f"{what} {trouble['which']} {rested}{why}{left}"
