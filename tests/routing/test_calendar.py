"""Days, weeks and months by the local clock: both sides of every edge, wherever clocks are changed."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aimux.routing.calendar import calendar_at

BERLIN = ZoneInfo("Europe/Berlin")
TOKYO = ZoneInfo("Asia/Tokyo")
CAIRO = ZoneInfo("Africa/Cairo")  # clocks go forward at midnight: there is no 00:00
ZONES = [UTC, BERLIN, TOKYO, CAIRO, ZoneInfo("America/Los_Angeles"), ZoneInfo("Asia/Kolkata")]


def at(text: str, zone: ZoneInfo = BERLIN) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=zone).timestamp()


@pytest.mark.parametrize(
    ("text", "day", "week", "month"),
    [
        ("2026-11-30T23:59:59", "2026-11-30", "2026-W49", "2026-11"),
        ("2026-12-01T00:00:00", "2026-12-01", "2026-W49", "2026-12"),
        ("2026-12-06T23:59:59", "2026-12-06", "2026-W49", "2026-12"),
        ("2026-12-07T00:00:00", "2026-12-07", "2026-W50", "2026-12"),
        ("2026-12-31T23:59:59", "2026-12-31", "2026-W53", "2026-12"),
        ("2027-01-01T00:00:00", "2027-01-01", "2026-W53", "2027-01"),
        ("2027-01-04T00:00:00", "2027-01-04", "2027-W01", "2027-01"),
        ("2028-02-29T12:00:00", "2028-02-29", "2028-W09", "2028-02"),
    ],
)
def test_both_sides_of_the_edges(text: str, day: str, week: str, month: str) -> None:
    """Midnight, Monday, the first of the month, New Year."""
    calendar = calendar_at(at(text), BERLIN)

    assert [each.label for each in calendar] == [day, week, month]


@pytest.mark.parametrize(
    ("text", "zone", "hours"),
    [
        ("2026-03-29T12:00:00", BERLIN, 23),
        ("2026-10-25T12:00:00", BERLIN, 25),
        ("2026-10-25T00:30:00", BERLIN, 25),
        ("2026-06-01T12:00:00", BERLIN, 24),
        ("2026-04-24T12:00:00", CAIRO, 23),
        ("2026-04-23T12:00:00", CAIRO, 24),
    ],
)
def test_days_on_which_clocks_change(text: str, zone: ZoneInfo, hours: int) -> None:
    """They are as long as they are, and end where the next one begins."""
    _, begin_s, end_s = calendar_at(at(text, zone), zone).day

    assert end_s - begin_s == hours * 3600
    assert calendar_at(end_s, zone).day.begin_s == end_s


@settings(max_examples=200, deadline=None)
@given(st.integers(1_700_000_000, 2_000_000_000), st.sampled_from(ZONES))
def test_a_moment_lies_in_its_stretches(now_s: int, zone: ZoneInfo) -> None:
    """And they follow on each other without a gap."""
    for index, stretch in enumerate(calendar_at(now_s, zone)):
        assert stretch.begin_s <= now_s < stretch.end_s
        assert calendar_at(stretch.end_s - 1, zone)[index] == stretch
        assert calendar_at(stretch.begin_s, zone)[index] == stretch
        assert calendar_at(stretch.end_s, zone)[index].begin_s == stretch.end_s


def test_a_journey_keeps_the_day_that_the_clock_shows() -> None:
    """From Berlin to Tokyo and back on one date: the same label, so the same sums."""
    noon = at("2026-12-01T12:00:00")

    assert calendar_at(noon, BERLIN).day.label == calendar_at(noon, TOKYO).day.label
    assert calendar_at(noon, BERLIN).day != calendar_at(noon, TOKYO).day


def test_this_machine_s_own_zone() -> None:
    """None is whatever it is set to."""
    now_s = 1_800_000_000.0
    stretch = calendar_at(now_s, None).day

    assert stretch.begin_s <= now_s < stretch.end_s
    assert stretch.label == f"{datetime.fromtimestamp(now_s):%Y-%m-%d}"  # noqa: DTZ006
