"""``aimux start, stop, restart, reload, status, logs``: the background process."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from aimux.cli import output
from aimux.cli.foreground import be_the_daemon
from aimux.errors import UsageError

if TYPE_CHECKING:
    from aimux.admin.shapes import ReloadShape
    from aimux.daemon.launch import SuccessionShape

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
    overrides = _overrides(port)
    if foreground:
        raise typer.Exit(be_the_daemon(overrides))
    from aimux.cli.lifecycle import start_in_background

    start_in_background(overrides, wait_s=seconds(wait, "--wait"), as_json=as_json)


def stop(*, timeout: Timeout = None, now: Now = False, as_json: Json = False) -> None:
    """Stop aimux; open requests finish first."""
    from aimux.cli.lifecycle import stop_running

    stop_running(_drain_s(timeout, now=now), now=now, as_json=as_json)


def restart(
    *,
    port: Port = None,
    wait: Wait = "10s",
    timeout: Timeout = None,
    now: Now = False,
    as_json: Json = False,
) -> None:
    """Replace the running aimux by a new one; no request is refused or cut for it."""
    import os

    from aimux.cli.lifecycle import end, ended_words, tell_started
    from aimux.config.load import load_config
    from aimux.config.paths import find_paths
    from aimux.daemon.launch import found_running, service_for, start_daemon, succeed_daemon

    paths, overrides = find_paths(), _overrides(port)
    wait_s, limit_s = seconds(wait, "--wait"), _drain_s(timeout, now=now)
    load_config(paths.config, environ=os.environ, overrides=overrides)
    service = service_for(paths, overrides)
    if service is not None and timeout is not None:
        raise UsageError(
            f"aimux is run by {service.manager}: its requests may go on for server.drain_timeout",
            hint="leave --timeout out, or use --now",
        )
    followed = None
    if service is None or (service.hands_over and service.state().is_active):
        followed = succeed_daemon(
            paths,
            overrides=overrides,
            wait_s=wait_s,
            drain_s=limit_s,
            spawned_by_it=service is not None,
        )
    if followed is not None:
        tell_started(followed, as_json=as_json)
        if not as_json:
            _tell_followed(followed)
        return
    if service is not None:
        service.restart()
        tell_started(found_running(paths, wait_s), as_json=as_json)
        return
    ended = end(limit_s, now=now)
    if ended.was_running and not as_json:
        output.words(ended_words(ended))
    tell_started(start_daemon(paths, overrides=overrides, wait_s=wait_s), as_json=as_json)


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


# ---------------------------------------------------------------- what is said


def _tell_followed(found: SuccessionShape) -> None:
    """What becomes of the one before."""
    count = found["finishing"]
    what = "ends"
    if count:
        what = f"finishes {count} open {'request' if count == 1 else 'requests'} and ends"
    output.words(f"the one before (pid {found['replaced_pid']}) {what}")


def _tell_reloaded(told: ReloadShape) -> None:
    for line in told["changes"]:
        output.data(output.printable(line))
    if not told["changes"]:
        output.words(f"nothing has changed (generation {told['generation']})")
    if told["restart_needed"]:
        output.warning(f"waiting for a restart: {', '.join(told['restart_needed'])}")
        output.hint("aimux restart")
