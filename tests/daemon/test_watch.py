"""What the daemon knows of itself, and when it says so."""

from __future__ import annotations

from typing import Any

import pytest

from aimux.daemon.watch import Watch, notices
from aimux.gateway.meters import Meters
from aimux.telemetry.resources import MEBIBYTE, Process
from aimux.telemetry.windows import ALL
from tests.support.gateway import snapshot_of


def process(**more: Any) -> Process:
    facts: dict[str, Any] = {
        "memory_bytes": 60 * MEBIBYTE,
        "open_files": 20,
        "most_files": 1000,
        "connections": 1,
        "tasks": 5,
        "threads": 2,
        "cpu_s": 1.0,
        "started_at_s": 0.0,
        "collections": (1, 0, 0),
        **more,
    }
    return Process(**facts)


@pytest.mark.parametrize(
    ("more", "word"),
    [
        ({}, None),
        ({"memory_bytes": 500 * MEBIBYTE}, None),
        ({"memory_bytes": 501 * MEBIBYTE}, "501 MiB"),
        ({"open_files": 800}, None),
        ({"open_files": 801}, "801 of 1000 files"),
        ({"lag_s": 0.25, "worst_lag_s": 9.0}, None),
        ({"lag_s": 0.251}, "251 ms late"),
    ],
)
def test_notices(more: dict[str, Any], word: str | None) -> None:
    """Each limit, on both of its sides."""
    found = list(notices(process(**more)))

    assert [word in each for each in found] == ([] if word is None else [True])


async def test_process_and_recent() -> None:
    """This process as it is; the last five minutes as they were."""
    watch = Watch(Meters(snapshot_of([])), clock=lambda: 1000.0)
    watch.connections = lambda: 7
    watch.lag.late(0.5, 1.0)
    nothing = watch.recent()
    for failed in (True, False, False, False):
        watch.meters.windows.add(999.0, ALL, failed, 1.0)
    mine = watch.process()

    assert nothing["error_rate"] is None
    assert nothing["first_event_p50_ms"] is None
    assert watch.recent()["requests_per_min"] == 0.8
    assert watch.recent()["error_rate"] == 0.25
    assert watch.recent()["first_event_p95_ms"] == pytest.approx(1000, rel=0.1)
    assert mine.connections == 7
    assert mine.lag_s == pytest.approx(0.05)
    assert mine.tasks >= 1
    assert mine.threads >= 1
    assert 5 < mine.memory_mb < 4000
    assert 3 < mine.open_files < mine.most_files
    assert len(mine.collections) == 3
