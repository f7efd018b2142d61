"""The day, the week and the month that a moment lies in, by the local clock.

A stretch is known by its label, the local date, and not by the second at which it begins: whoever takes
a machine into another time zone stays in the day that the clock shows, and comes back to the same one.
Days of 23 and 25 hours are what they are.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import NamedTuple


class Stretch(NamedTuple):
    """A day, week or month: its label, and the Unix seconds at which it begins and ends."""

    label: str
    begin_s: float
    end_s: float


class Calendar(NamedTuple):
    """Those that a moment lies in."""

    day: Stretch
    week: Stretch
    """From Monday on."""
    month: Stretch


def calendar_at(now_s: float, zone: tzinfo | None = UTC) -> Calendar:
    """The calendar of a Unix time in a time zone; None is the one that this machine is set to."""
    today = datetime.fromtimestamp(now_s, zone).date()
    monday = today - timedelta(days=today.weekday())
    year, week, _ = today.isocalendar()
    first = today.replace(day=1)
    next_first = (first + timedelta(days=31)).replace(day=1)
    return Calendar(
        _stretch(today.isoformat(), today, today + timedelta(days=1), zone),
        _stretch(f"{year}-W{week:02d}", monday, monday + timedelta(days=7), zone),
        _stretch(f"{today:%Y-%m}", first, next_first, zone),
    )


def _stretch(label: str, first: date, last: date, zone: tzinfo | None) -> Stretch:
    return Stretch(label, _midnight(first, zone), _midnight(last, zone))


def _midnight(day: date, zone: tzinfo | None) -> float:
    """Where the clocks leave midnight out, the moment at which they do."""
    return datetime.combine(day, time.min, zone).timestamp()
