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
from aimux.admin.shapes import (
    BudgetShape,
    ProviderStatusShape,
    QuotaShape,
    RecentShape,
    StatusShape,
    TroubleShape,
)
from aimux.cli import output
from aimux.errors import DaemonError
from aimux.routing.span import span

WIDTH = 80
LATE_MS = 20
"""From here on it is told how late the event loop is."""
_LABEL = 10
MOST_TROUBLES = 4
"""Of a provider; a plan has many models."""
_STATE_STYLES = {"running": "green", "degraded": "yellow", "draining": "yellow"}


def show_status(*, as_json: bool) -> int:
    """Prints the status once; returns 0.

    Raises:
        NotRunning: there is no daemon (exit 3).
        TimedOut: there is one, and it does not answer.
    """
    from aimux.admin.client import AdminClient
    from aimux.config.paths import find_paths

    status = AdminClient.connect(find_paths()).status()
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
    yield from _lately(status.get("recent"))
    yield from _providers(status["providers"])
    yield from _budgets(status.get("budgets", []))
    notices = [*_skew(status["version"]), *status["notices"]]
    if notices:
        yield ""
    for notice in notices:
        yield f"{output.styled('!', 'yellow')} {output.printable(notice)}"


def duration(seconds: float) -> str:
    """A span of time as a person says it; less than a second is ``0 s``."""
    return "0 s" if 0 <= seconds < 1 else span(seconds)


def _row(label: str, text: str) -> str:
    return f"  {label:{_LABEL}}{text}"


def _process(status: StatusShape) -> str:
    text = (
        f"pid {status['pid']}, up {duration(status['uptime_s'])}, "
        f"{status['memory_mb']:.0f} MiB, {status['open_files']} open files"
    )
    if "tasks" in status:  # a daemon from before an upgrade has none of these
        text += f", {status['tasks']} tasks"
    if (late_ms := status.get("loop_lag_ms", 0)) > LATE_MS:
        text += f", {late_ms:.0f} ms late"
    return text


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


def _lately(recent: RecentShape | None) -> Iterator[str]:
    """The last minutes, where there was something."""
    if recent is None or recent["error_rate"] is None:
        return
    text = f"{recent['requests_per_min']:g} a minute, {100 * recent['error_rate']:.0f} % failed"
    half, most = recent["first_event_p50_ms"], recent["first_event_p95_ms"]
    if half is not None and most is not None:
        text += f", first event {half / 1000:.2g} s, 95 % within {most / 1000:.2g} s"
    yield _row("lately", text)


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
        if each:
            for why in _troubles(each):
                yield f"    {output.styled(output.printable(why), 'yellow')}"
            yield from _quotas(each)


def _budgets(budgets: list[BudgetShape]) -> Iterator[str]:
    """A line for each budget: how much of it is spent, and when it begins anew."""
    if not budgets:
        return
    yield ""
    headings = ("budget", "scope", "spent", "begins anew")
    rows = [headings, *map(_budget, budgets)]
    widths = [min(WIDTH // 2, max(len(row[column]) for row in rows)) for column in range(4)]
    for number, row in enumerate(rows):
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        line = "  " + "  ".join(cells).rstrip()
        state = budgets[number - 1]["state"] if number else "dim"
        style = {"dim": "dim", "warning": "yellow", "spent": "red"}.get(state)
        yield output.styled(line, style) if style else line


def _budget(each: BudgetShape) -> tuple[str, ...]:
    share = int(100 * each["spent_usd"] / each["limit_usd"])
    spent = f"${each['spent_usd']:.2f} of ${each['limit_usd']:.2f} ({share} %)"
    anew = _resets(each["ends_at"]).removeprefix(" (resets ").removesuffix(")")
    return (
        output.printable(each["name"]),
        output.printable(each["scope"]),
        spent,
        anew or f"each {each['window']}",
    )


def _provider(each: ProviderStatusShape) -> tuple[str, ...]:
    return (
        output.printable(each["name"]),
        each["health"] if each["enabled"] else "disabled",
        each["key"].replace("-", " "),
        str(each["requests"]),
        str(each["failures"]),
        str(each["in_flight"]),
    )


def _troubles(each: ProviderStatusShape) -> Iterator[str]:
    """Why a provider does not work or is left alone, a line each; what comes back last comes first."""
    if not each["enabled"]:
        return
    if each["key_problem"]:
        yield each["key_problem"]
    troubles = sorted(each.get("troubles", ()), key=_gravity)
    if troubles:
        most = MOST_TROUBLES if len(troubles) > MOST_TROUBLES + 1 else len(troubles)
        for trouble in troubles[:most]:
            yield _trouble(each["name"], trouble)
        if troubles[most:]:
            yield f"and {len(troubles) - most} more: aimux status --json"
    elif each["health"] == "cooling":
        wait = f", again in {duration(each['cooling_s'])}" if each["cooling_s"] else ""
        yield f"{each['health_reason'] or 'cooling'}{wait}"


def _gravity(trouble: TroubleShape) -> tuple[bool, float]:
    return trouble["state"] != "dead", -trouble["for_s"]


def _trouble(provider: str, trouble: TroubleShape) -> str:
    """``key work is dead: invalid key; aimux keys set zai/work``."""
    what, which, state = trouble["what"], trouble["which"], trouble["state"]
    why = f": {trouble['reason']}" if trouble["reason"] else ""
    if what == "key" and state == "dead":
        return f"key {which} is dead{why}; aimux keys set {provider}/{which}"
    if what == "circuit":
        how = "is left alone" if state == "open" else "is tried again"
        return f"{which} {how}{_again(trouble, state)}{why}"
    return f"{what} {which} rests{_again(trouble, state)}{why}"


def _again(trouble: TroubleShape, state: str) -> str:
    if state in {"half-open", "probing"}:
        return " now" if state == "probing" else " with the next request"
    return f" for {duration(max(1.0, trouble['for_s']))}"


def _quotas(each: ProviderStatusShape) -> Iterator[str]:
    """The windows of its plans, a line a key, and what else is used up; all others stand in --json."""
    shown = [quota for quota in each.get("quotas", ()) if _matters(quota)]
    keys = list(dict.fromkeys(quota["key"] for quota in shown))
    for key in keys:
        head = f"    {output.printable(key or '')}: " if len(keys) > 1 else "    "
        line = ""
        for quota in shown:
            if quota["key"] != key:
                continue
            text = output.printable(_quota(quota))
            if line and len(head) + len(line) + len(text) + 3 > WIDTH:
                yield f"{head}{line},"
                head, line = " " * len(head), ""
            line = f"{line}, {text}" if line else text
        yield f"{head}{line}"


def _matters(quota: QuotaShape) -> bool:
    used_up = quota["state"] == "rejected" or (quota["used"] or 0) >= 1
    return used_up or (quota["model"] is None and quota["used"] is not None)


def _quota(quota: QuotaShape) -> str:
    """``5h 62 % (resets 14:20)``; the weekday where it is not within a day, in local time."""
    name = f"{quota['model']} {quota['window']}" if quota["model"] else quota["window"]
    rejected = quota["used"] is None or quota["state"] == "rejected"
    used = "used up" if rejected else f"{int(100 * (quota['used'] or 0))} %"
    return f"{name} {used}{_resets(quota['resets_at'])}"


def _resets(text: str | None) -> str:
    if text is None:
        return ""
    import datetime as dt

    when = dt.datetime.fromisoformat(text).astimezone()
    far = (when - dt.datetime.now(dt.UTC)).total_seconds() > 20 * 3600
    return f" (resets {when:%a %H:%M})" if far else f" (resets {when:%H:%M})"
