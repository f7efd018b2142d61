"""The daemon watches itself: its process, its event loop, and how it went lately."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Final

from aimux.admin.shapes import RecentShape
from aimux.gateway.meters import Meters
from aimux.telemetry.lag import Lag
from aimux.telemetry.resources import Process, memory_mb, this_process
from aimux.telemetry.windows import ALL, Seen

LATELY_S: Final = 300.0
"""What ``status`` calls lately."""

MUCH_MEMORY_MB: Final = 500.0
MANY_FILES: Final = 0.8
"""Share of the files that may be open."""
LATE_S: Final = 0.25
"""An event loop that is later than this, smoothed, makes everybody wait."""


class Watch:
    """What is measured beside the exchanges, and asked for by ``status``, metrics and alerts."""

    def __init__(self, meters: Meters, clock: Callable[[], float] = time.monotonic) -> None:
        self.meters = meters
        self.lag = Lag()
        self.connections: Callable[[], int] = lambda: 0
        """How many connections clients have open; set when there is a server."""
        self._clock = clock

    def seen(self, span_s: float, provider: str = ALL) -> Seen:
        """What there was in the last ``span_s`` seconds."""
        return self.meters.windows.seen(self._clock(), span_s, provider)

    def memory_mb(self) -> float:
        """Resident memory in MiB, now."""
        return memory_mb()

    def process(self) -> Process:
        """The process, now."""
        return this_process(self.lag.smoothed_s, self.lag.worst_s, self.connections())

    def recent(self) -> RecentShape:
        """The last minutes."""
        seen = self.seen(LATELY_S)
        return RecentShape(
            minutes=LATELY_S / 60,
            requests_per_min=round(seen.requests / (LATELY_S / 60), 1),
            error_rate=None if seen.error_rate is None else round(seen.error_rate, 4),
            first_event_p50_ms=_ms(seen.first_event_s(0.5)),
            first_event_p95_ms=_ms(seen.first_event_s(0.95)),
        )


def notices(process: Process) -> Iterator[str]:
    """What is not as it should be, each with what to do about it."""
    if process.memory_mb > MUCH_MEMORY_MB:
        yield (
            f"aimux uses {process.memory_mb:.0f} MiB of memory, more than it should; "
            "aimux restart frees it, and a report helps"
        )
    if process.open_files > MANY_FILES * process.most_files:
        yield (
            f"{process.open_files} of {process.most_files} files are open; at the limit nobody can "
            "connect: raise it (ulimit -n), then aimux restart"
        )
    if process.lag_s > LATE_S:
        yield (
            f"the event loop is {process.lag_s * 1000:.0f} ms late: the machine is busy, or aimux is; "
            "every stream stutters by as much"
        )


def _ms(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds * 1000, 1)
