"""What ``aimux start`` and ``aimux stop`` do and say, without the command tree.

``python -m aimux`` comes here directly for both without options: the tree takes a tenth of a second to
import, which is a tenth of what a start may take.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from aimux.cli import output
from aimux.config.paths import find_paths
from aimux.daemon.end import Ended, begin_end

if TYPE_CHECKING:
    from aimux.daemon.launch import LaunchShape

WAIT_S: Final = 10.0
"""How long a start is waited for."""

NO_OVERRIDES: Final[Mapping[str, object]] = {}


def start_in_background(
    overrides: Mapping[str, object] = NO_OVERRIDES, *, wait_s: float = WAIT_S, as_json: bool = False
) -> int:
    """Starts the daemon and says where it is; returns the exit code, 0.

    Raises:
        AimuxError: it did not start; see ``daemon.launch``.
    """
    from aimux.daemon.launch import start_daemon

    tell_started(start_daemon(find_paths(), overrides=overrides, wait_s=wait_s), as_json=as_json)
    return 0


def stop_running(drain_s: float | None = None, *, now: bool = False, as_json: bool = False) -> int:
    """Ends the daemon, if one runs, and says what became of its requests; returns the exit code, 0.

    ``drain_s`` is how long open requests may go on, None for the configured limit.
    """
    ended = end(drain_s, now=now)
    _stop_service()
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
        output.words(ended_words(ended))
    return 0


def end(drain_s: float | None, *, now: bool) -> Ended:
    """Ends the daemon, if one runs."""
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


def _stop_service() -> None:
    """The daemon has ended; its manager is told that this was meant, and stops what would start it."""
    from aimux.daemon.service.found import serving

    service = serving(find_paths())
    if service is not None:
        service.stop()


# ---------------------------------------------------------------- what is said


def ended_words(ended: Ended) -> str:
    """What became of a daemon that was to end."""
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


def tell_started(found: LaunchShape, *, as_json: bool) -> None:
    """Says where the daemon is, and what is wrong with it so far."""
    if as_json:
        output.data_json(found)
        return
    from aimux.cli.status import duration

    by = f", by {found['service']}" if found["service"] else ""
    place = f"pid {found['pid']}, {found['url']}{by}"
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
