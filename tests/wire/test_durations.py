"""Lengths of time in the spellings of vendors, both ways."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aimux.wire.durations import duration_of, seconds_of


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1s", 1.0),
        ("6m0s", 360.0),
        ("20ms", 0.02),
        ("1h2m3.5s", 3723.5),
        ("1d2h", 93_600.0),
        ("880us", 0.00088),
        ("880\N{MICRO SIGN}s", 0.00088),
        ("5ns", 5e-9),
        ("59.7", 59.7),
        (" 12 ", 12.0),
        ("0", 0.0),
        ("0s", 0.0),
        ("-3s", 0.0),
        ("1 hour, 2 minutes", 3720.0),
        ("3 Milliseconds", 0.003),
        ("", None),
        ("s", None),
        ("-3", None),
        ("1x", None),
        ("1s later", None),
        ("soon", None),
        ("1e9", None),
        ("99999999999", None),
        ("2026-11-30T00:00:00Z", None),
    ],
)
def test_a_length_of_time(text: str, seconds: float | None) -> None:
    """OpenAI's, Groq's, in words, and plain seconds; nothing else."""
    assert seconds_of(text) == (None if seconds is None else pytest.approx(seconds))


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0s"),
        (0.0001, "1ms"),
        (0.02, "20ms"),
        (0.9999, "1s"),
        (1, "1s"),
        (1.2, "2s"),
        (59.5, "1m0s"),
        (360, "6m0s"),
        (3600, "1h0m0s"),
        (90_061, "25h1m1s"),
    ],
)
def test_how_openai_writes_it(seconds: float, text: str) -> None:
    """Rounded up: who comes back at that time does not come too early."""
    assert duration_of(seconds) == text


@given(st.floats(0, 5_000_000))
def test_what_is_written_is_read(seconds: float) -> None:
    """Never shorter, and less than a second longer."""
    back = seconds_of(duration_of(seconds))

    assert back is not None
    assert seconds - 1e-6 <= back < seconds + 1
