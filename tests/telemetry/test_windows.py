"""The last minutes, with a clock that the test moves."""

from __future__ import annotations

import pytest

from aimux.telemetry.windows import ALL, MAX_SPAN_S, SLOTS, Windows, edge_of


def filled(*rows: tuple[float, bool, float | None]) -> Windows:
    made = Windows()
    for now_s, failed, first_s in rows:
        made.add(now_s, ALL, failed, first_s, 0.5)
    return made


@pytest.mark.parametrize(
    ("now_s", "span_s", "requests", "failures"),
    [
        (1000, 10, 1, 0),
        (1000, 60, 3, 1),
        (1000, 20, 2, 0),
        (1009.9, 10, 1, 0),
        (1010, 10, 0, 0),
        (1059, 60, 1, 0),
        (2000, 60, 0, 0),
        (2000, 99999, 4, 2),
        (960 + MAX_SPAN_S - 10, MAX_SPAN_S, 3, 1),
        (960 + MAX_SPAN_S, MAX_SPAN_S, 2, 0),
        (1000 + MAX_SPAN_S, MAX_SPAN_S, 0, 0),
    ],
)
def test_spans(now_s: float, span_s: float, requests: int, failures: int) -> None:
    """What is older than the span, or than an hour, is not counted."""
    windows = filled((500, True, None), (960, True, 1.0), (990, False, 2.0), (1000, False, None))

    seen = windows.seen(now_s, span_s)

    assert (seen.requests, seen.failures) == (requests, failures)
    assert seen.spend_usd == requests * 0.5
    assert seen.error_rate == (failures / requests if requests else None)


def test_providers_are_apart() -> None:
    """Each has its own counts; one that was never asked has none."""
    windows = Windows()
    windows.add(5.0, "a", True, 1.0, 2.0)
    windows.add(5.0, "b", False)

    assert windows.seen(5.0, 60, "a")[:3] == (1, 1, 2.0)
    assert windows.seen(5.0, 60, "b")[:3] == (1, 0, 0.0)
    assert windows.seen(5.0, 60, "c").error_rate is None
    assert windows.seen(5.0, 60).requests == 0


@pytest.mark.parametrize("share", [0.5, 0.95, 1.0])
def test_percentiles(share: float) -> None:
    """Within the width of a bucket of the exact one."""
    times = [0.01 * number for number in range(1, 201)]
    windows = filled(*((100.0, False, each) for each in times))
    exact = times[round(share * 200) - 1]

    found = windows.seen(100.0, 10).first_event_s(share)

    assert found == pytest.approx(exact, rel=0.1)


def test_no_percentile_without_an_answer() -> None:
    """Nothing is unknown, not 0."""
    assert Windows().seen(0.0, 60).first_event_s(0.95) is None


def test_memory_is_bounded() -> None:
    """However long it goes on, there are no more slots and no more edges."""
    windows = Windows()
    for number in range(5000):
        windows.add(number * 9.0, ALL, False, 1.3 ** (number % 60))

    assert len(windows._slots) == SLOTS
    assert edge_of(1e9) == edge_of(1e6)
    assert edge_of(0.0) == edge_of(-1.0) == 0
