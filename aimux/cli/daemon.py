"""``aimux start, stop, restart, reload, status, logs``: the background process."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from aimux.cli import output
from aimux.errors import UsageError

if TYPE_CHECKING:
    from aimux.admin.shapes import ReloadShape
    from aimux.daemon.end import Ended
    from aimux.daemon.launch import LaunchShape

Port = Annotated[
    int | None,
    typer.Option("--port", min=0, max=65535, help="Listen on this port; 0 takes a free one."),
]
Wait = Annotated[str, typer.Option("--wait", help="How long to wait until it is ready.")]
Timeout = Annotated[
    str | None,
    typer.Option(
        "--timeout", help="How long open requests may go on (server.drain_timeout).", metavar="TIME"
    ),
]
Now = Annotated[bool, typer.Option("--now", help="Do not wait for open requests.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def register(app: typer.Typer) -> None:
    """Adds the commands of this module."""
    app.command()(start)
    app.command()(stop)
    app.command()(restart)
    app.command()(reload)
    app.command()(status)
    app.command()(logs)


def start(
    *,
    foreground: Annotated[
        bool, typer.Option("--foreground", help="Stay here, log to stderr; Ctrl-C ends it.")
    ] = False,
    port: Port = None,
    wait: Wait = "10s",
    as_json: Json = False,
) -> None:
    """Start aimux in the background; returns when it answers."""
    from aimux.config.paths import find_paths

    overrides = _overrides(port)
    if foreground:
        raise typer.Exit(_foreground(overrides))
    from aimux.daemon.launch import start_daemon

    _tell_started(
        start_daemon(find_paths(), overrides=overrides, wait_s=seconds(wait, "--wait")),
        as_json=as_json,
    )


def stop(*, timeout: Timeout = None, now: Now = False, as_json: Json = False) -> None:
    """Stop aimux; open requests finish first."""
    limit_s = _drain_s(timeout, now=now)
    ended = _end(limit_s, now=now)
    if as_json:
        output.data_json(
            {
                "was_running": ended.was_running,
                "drained": ended.drained,
                "cut": ended.cut,
                "seconds": round(ended.seconds, 1),
            }
        )
    else:
        output.words(_ended(ended))


def restart(
    *,
    port: Port = None,
    wait: Wait = "10s",
    timeout: Timeout = None,
    now: Now = False,
    as_json: Json = False,
) -> None:
    """Stop aimux and start it again; a bad configuration leaves the running one alone."""
    import os

    from aimux.config.load import load_config
    from aimux.config.paths import find_paths
    from aimux.daemon.launch import start_daemon

    paths, overrides = find_paths(), _overrides(port)
    wait_s, limit_s = seconds(wait, "--wait"), _drain_s(timeout, now=now)
    load_config(paths.config, environ=os.environ, overrides=overrides)
    ended = _end(limit_s, now=now)
    if ended.was_running and not as_json:
        output.words(_ended(ended))
    _tell_started(start_daemon(paths, overrides=overrides, wait_s=wait_s), as_json=as_json)


def reload(*, as_json: Json = False) -> None:
    """Apply the configuration as it is now; drops no request, and keeps the old one if it is bad."""
    from aimux.admin.client import AdminClient
    from aimux.config.paths import find_paths

    told = AdminClient.connect(find_paths()).reload()
    if as_json:
        output.data_json(told)
    else:
        _tell_reloaded(told)


def status(
    *,
    as_json: Json = False,
    watch: Annotated[bool, typer.Option("--watch", help="Show it again every 2 s.")] = False,
) -> None:
    """Show whether aimux runs, and how it is; exit code 3 when it does not run."""
    from aimux.cli.status import show_status, watch_status

    if watch:
        watch_status(as_json=as_json)
        return
    raise typer.Exit(show_status(as_json=as_json))


def logs(
    *,
    follow: Annotated[bool, typer.Option("-f", "--follow", help="Go on as lines come.")] = False,
    lines: Annotated[int, typer.Option("-n", "--lines", min=0, help="Lines to begin with.")] = 50,
    level: Annotated[
        str | None, typer.Option("--level", help="Least level: debug, info, warning, error.")
    ] = None,
    request: Annotated[
        str | None, typer.Option("--request", metavar="ID", help="Only lines of this request.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Show the log."""
    from aimux.cli.logs import Wanted, show_logs
    from aimux.config.paths import find_paths

    show_logs(
        find_paths().log,
        Wanted(level=level, request=request, as_json=as_json),
        count=lines,
        follow=follow,
    )


# ---------------------------------------------------------------- what the options mean


def seconds(text: str, option: str) -> float:
    """Seconds of ``10s``, ``2m``, ``500ms``; a bare number is seconds.

    Raises:
        UsageError: it is neither.
    """
    from aimux.config.schema import duration_s

    try:
        return duration_s(text if not text.replace(".", "", 1).isdecimal() else f"{text}s")
    except ValueError:
        raise UsageError(f"{option} takes a time such as 10s, 2m or 500ms, not {text!r}") from None


def _drain_s(timeout: str | None, *, now: bool) -> float | None:
    if now and timeout is not None:
        raise UsageError("--now and --timeout exclude each other", hint="leave one of them out")
    if now:
        return 0.0
    return None if timeout is None else seconds(timeout, "--timeout")


def _overrides(port: int | None) -> dict[str, object]:
    return {} if port is None else {"server.port": port}


# ---------------------------------------------------------------- what is done


def _foreground(overrides: dict[str, object]) -> int:
    from aimux.config.paths import find_paths
    from aimux.daemon.run import run_foreground
    from aimux.errors import AlreadyRunning

    try:
        return run_foreground(find_paths(), overrides)
    except AlreadyRunning as found:
        output.words(found.message)
        return 0


def _end(drain_s: float | None, *, now: bool) -> Ended:
    from aimux.config.paths import find_paths
    from aimux.daemon.end import Ended, begin_end

    ending = begin_end(find_paths(), drain_s)
    if ending is None:
        return Ended(was_running=False)
    if ending.in_flight and not now:
        noun = "request" if ending.in_flight == 1 else "requests"
        output.words(
            f"waiting up to {ending.limit_s:g} s for {ending.in_flight} open {noun} "
            "(aimux stop --now does not wait)"
        )
    return ending.wait(kill=now)


def _ended(ended: Ended) -> str:
    if not ended.was_running:
        return "aimux is not running"
    told = []
    if ended.drained:
        noun = "request" if ended.drained == 1 else "requests"
        told.append(f"drained {ended.drained} {noun} in {ended.seconds:.1f} s")
    if ended.cut:
        told.append(f"cut {ended.cut} {'request' if ended.cut == 1 else 'requests'}")
    if ended.killed:
        told.append("it had to be killed")
    return "stopped" + (f" ({', '.join(told)})" if told else "")


def _tell_started(found: LaunchShape, *, as_json: bool) -> None:
    if as_json:
        output.data_json(found)
        return
    from aimux.cli.status import duration

    place = f"pid {found['pid']}, {found['url']}"
    if found["already_running"]:
        output.words(f"aimux is already running ({place}, up {duration(found['uptime_s'])})")
        if found["not_applied"]:
            options = ", ".join(found["not_applied"])
            output.warning(f"not applied to the daemon that runs: {options}")
            output.hint(f"aimux restart {options}")
        return
    output.words(f"aimux is running ({place})")
    for provider in found["providers"]:
        if provider["enabled"] and provider["key_problem"]:
            output.warning(f"{provider['name']}: {provider['key_problem']}")
    for notice in found["notices"]:
        output.warning(notice)


def _tell_reloaded(told: ReloadShape) -> None:
    for line in told["changes"]:
        output.data(output.printable(line))
    if not told["changes"]:
        output.words(f"nothing has changed (generation {told['generation']})")
    if told["restart_needed"]:
        output.warning(f"waiting for a restart: {', '.join(told['restart_needed'])}")
        output.hint("aimux restart")
