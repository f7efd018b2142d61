"""``aimux service install, uninstall, status, print``: the daemon in the care of the system."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Annotated

import typer

from aimux.cli import output
from aimux.cli.group import group
from aimux.errors import NotRunning, UsageError

if TYPE_CHECKING:
    from aimux.daemon.service.kinds import Service, State, Wishes

FLAG_OFF = False

Socket = Annotated[
    bool, typer.Option("--socket", help="The port is held from login on; the first use starts it.")
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def register(app: typer.Typer) -> None:
    """Adds the group."""
    service = group("service", "Run aimux as a service of yours: systemd or launchd.")
    app.add_typer(service)
    service.command("install")(install)
    service.command("uninstall")(uninstall)
    service.command("status")(status)
    service.command("print")(print_)


def install(
    *,
    linger: Annotated[
        bool, typer.Option("--linger", help="Start it at boot, not only when you log in.")
    ] = FLAG_OFF,
    socket: Socket = FLAG_OFF,
    no_start: Annotated[
        bool, typer.Option("--no-start", help="Enable it, and start it later.")
    ] = FLAG_OFF,
) -> None:
    """Write the service, enable it and start it; again, it is brought up to date."""
    from dataclasses import replace

    from aimux.admin.presence import is_held
    from aimux.config.paths import find_paths
    from aimux.daemon.service.found import service_of

    paths = find_paths()
    wishes = replace(_wishes(), linger=linger, socket=socket, start=not no_start)
    service = service_of(paths)
    if is_held(paths.lock) and not service.serves():
        raise UsageError(
            "aimux runs already, started by hand: two would fight over its port",
            hint="aimux stop, then: aimux service install",
        )
    installed = service.install(wishes)
    for path in installed.files:
        output.data(str(path))
    for note in (*_environment_note(), *installed.notes):
        output.words(f"note: {note}")
    if not no_start:
        output.words(f"aimux is run by {service.manager}: {service.state().state}")


def uninstall() -> None:
    """Stop the service and take its files away; keys, configuration and records stay."""
    gone = _service().uninstall()
    for path in gone:
        output.data(str(path))
    output.words("removed" if gone else "there is no service of aimux here")


def status(*, as_json: Json = False) -> None:
    """Show how the service is; exit code 3 when it does not run."""
    state = _service().state()
    if as_json:
        output.data_json(_shape(state))
    else:
        for line in _screen(state):
            output.data(output.printable(line))
    if not state.is_active:
        raise typer.Exit(NotRunning.exit_code)


def print_(
    *,
    socket: Socket = FLAG_OFF,
    kind: Annotated[
        str | None, typer.Option("--for", help="systemd or launchd; this machine's if left out.")
    ] = None,
) -> None:
    """Print what would be installed."""
    from dataclasses import replace

    from aimux.config.paths import find_paths
    from aimux.daemon.service.found import KINDS, service_of

    if kind is not None and kind not in KINDS:
        raise UsageError(f"--for {kind!r} is none", hint=f"one of {', '.join(KINDS)}")
    output.piece(service_of(find_paths(), kind).text(replace(_wishes(), socket=socket)))


def _service() -> Service:
    from aimux.config.paths import find_paths
    from aimux.daemon.service.found import service_of

    return service_of(find_paths())


def _wishes() -> Wishes:
    """What the configuration says of it; a bad one is refused before anything is written."""
    from aimux.config.load import load_config
    from aimux.config.paths import find_paths
    from aimux.daemon.service.kinds import Wishes

    config = load_config(find_paths().config, environ=os.environ).config
    host = f"[{config.server.host}]" if ":" in config.server.host else config.server.host
    references = [key for each in config.providers.values() for key in each.keys or ()]
    return Wishes(
        address=f"{host}:{config.server.port}",
        drain_s=config.server.drain_timeout,
        programs=any(each.startswith("command:") for each in references),
    )


def _environment_note() -> list[str]:
    """A service has none of the variables of this shell."""
    from aimux.config.load import load_config
    from aimux.config.paths import find_paths

    paths = find_paths()
    config = load_config(paths.config, environ=os.environ).config
    names = sorted(
        key.removeprefix("env:")
        for each in config.providers.values()
        for key in each.keys or ()
        if key.startswith("env:")
    )
    if not names:
        return []
    return [
        f"a service does not see the variables of your shell ({', '.join(names)}): move the keys into "
        f"the keyring (aimux keys set), or write the variables into {paths.config.with_name('service.env')}"
    ]


def _shape(state: State) -> dict[str, object]:
    return {
        "manager": state.manager,
        "path": str(state.path),
        "installed": state.installed,
        "enabled": state.enabled,
        "state": state.state,
        "pid": state.pid,
        "restarts": state.restarts,
        "says": state.says,
        **state.facts,
    }


def _screen(state: State) -> list[str]:
    lines = [f"{state.manager}  {state.state}", f"  file      {state.path}"]
    if not state.installed:
        return [lines[0], "  install it with: aimux service install"]
    if state.pid:
        times = "once" if state.restarts == 1 else f"{state.restarts} times"
        lines.append(f"  process   pid {state.pid}, restarted {times}")
    if state.says:
        lines.append(f"  says      {state.says}")
    begins = "no: aimux service install" if not state.enabled else "yes"
    lines.append(f"  at login  {begins}")
    known = [name.replace("_", " ") for name, value in state.facts.items() if value is True]
    lines.append(f"  facts     {', '.join(known) or 'none'}")
    return lines
