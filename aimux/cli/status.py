"""``aimux status``: the daemon's state on one screen.

It is asked often, so it imports next to nothing: ``aimux.__main__`` calls ``show_status`` before the
command tree exists, and the command of the tree calls the same function.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator

from aimux import __version__
from aimux.admin.problems import error_shape
from aimux.admin.shapes import ProviderStatusShape, StatusShape
from aimux.cli import output
from aimux.errors import AimuxError, DaemonError

WIDTH = 80
_LABEL = 10
_STATE_STYLES = {"running": "green", "degraded": "yellow", "draining": "yellow"}


def show_status(*, as_json: bool) -> int:
    """Prints the status once; returns 0.

    Raises:
        NotRunning: there is no daemon (exit 3).
        TimedOut: there is one, and it does not answer.
    """
    from aimux.admin.client import AdminClient
    from aimux.config.paths import find_paths

    try:
        status = AdminClient.connect(find_paths()).status()
    except AimuxError as problem:
        if as_json:
            output.data_json(error_shape(problem))
            return problem.exit_code
        raise
    if as_json:
        output.data_json(status)
    else:
        for line in screen(status):
            output.data(line)
    return 0


def watch_status(*, as_json: bool, every_s: float = 2.0) -> None:
    """Shows the status again and again until Ctrl-C; with JSON one object a line."""
    import time

    clear = "\x1b[H\x1b[2J" if sys.stdout.isatty() and not as_json else ""
    with contextlib.suppress(KeyboardInterrupt):
        while True:
            output.piece(clear + "".join(f"{line}\n" for line in _now(as_json=as_json)))
            time.sleep(every_s)


def _now(*, as_json: bool) -> list[str]:
    """One picture; a daemon that is away may come back."""
    import json

    from aimux.admin.client import AdminClient
    from aimux.config.paths import find_paths

    try:
        status = AdminClient.connect(find_paths()).status()
    except DaemonError as problem:
        return [json.dumps(error_shape(problem)) if as_json else problem.message]
    return [json.dumps(status)] if as_json else list(screen(status))


def screen(status: StatusShape) -> Iterator[str]:
    """The lines of the screen, at most 80 columns but for paths and sentences."""
    state = output.styled(status["state"], _STATE_STYLES.get(status["state"], "bold"))
    yield f"aimux {status['version']}  {state}  {status['url']}"
    yield _row("process", _process(status))
    yield _row("config", _config(status))
    yield _row("requests", _requests(status))
    yield from _providers(status["providers"])
    notices = [*_skew(status["version"]), *status["notices"]]
    if notices:
        yield ""
    for notice in notices:
        yield f"{output.styled('!', 'yellow')} {output.printable(notice)}"


def duration(seconds: float) -> str:
    """A span of time as a person says it: ``45 s``, ``12 min``, ``2 h 5 min``, ``3 d 4 h``."""
    minutes, hours, days = int(seconds // 60), int(seconds // 3600), int(seconds // 86400)
    if days:
        return f"{days} d {hours % 24} h"
    if hours:
        return f"{hours} h {minutes % 60} min"
    if minutes:
        return f"{minutes} min"
    return f"{int(seconds)} s"


def _row(label: str, text: str) -> str:
    return f"  {label:{_LABEL}}{text}"


def _process(status: StatusShape) -> str:
    return (
        f"pid {status['pid']}, up {duration(status['uptime_s'])}, "
        f"{status['memory_mb']:.0f} MiB, {status['open_files']} open files"
    )


def _config(status: StatusShape) -> str:
    text = f"{output.printable(status['config_path'])} (generation {status['config_generation']})"
    if status["config_changed_on_disk"]:
        text += "\n" + " " * (_LABEL + 2) + "changed on disk, not reloaded: aimux reload"
    return text


def _requests(status: StatusShape) -> str:
    failed = f"{status['failures']} failed"
    if status["failures"]:
        failed = output.styled(failed, "red")
    return f"{status['requests']}, {failed}, {status['in_flight']} in flight"


def _skew(version: str) -> list[str]:
    if version == __version__:
        return []
    return [f"the daemon is version {version}, this command {__version__}: aimux restart"]


def _providers(providers: list[ProviderStatusShape]) -> Iterator[str]:
    if not providers:
        return
    yield ""
    headings = ("provider", "health", "key", "requests", "failed", "open")
    rows = [headings, *map(_provider, providers)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    widths[0] = min(widths[0], WIDTH // 2)
    for number, (row, each) in enumerate(zip(rows, [None, *providers], strict=True)):
        cells = [
            cell.rjust(width) if column > 2 else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        line = "  " + "  ".join(cells).rstrip()
        yield output.styled(line, "dim") if number == 0 else line
        if each and (why := _trouble(each)):
            yield f"    {output.styled(output.printable(why), 'yellow')}"


def _provider(each: ProviderStatusShape) -> tuple[str, ...]:
    return (
        output.printable(each["name"]),
        each["health"] if each["enabled"] else "disabled",
        each["key"].replace("-", " "),
        str(each["requests"]),
        str(each["failures"]),
        str(each["in_flight"]),
    )


def _trouble(each: ProviderStatusShape) -> str | None:
    """Why a provider does not work, and for how long."""
    if not each["enabled"]:
        return None
    if each["health"] == "cooling":
        wait = f", again in {duration(each['cooling_s'])}" if each["cooling_s"] else ""
        return f"{each['health_reason'] or 'cooling'}{wait}"
    return each["key_problem"]
