"""Usage: what is known, what is not, and what follows."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aimux.model.response import Usage

NUMBERS = st.none() | st.integers(0, 10**6)
USD = st.none() | st.integers(0, 1000).map(float)
USAGES = st.builds(Usage, NUMBERS, NUMBERS, NUMBERS, NUMBERS, NUMBERS, USD)
FIELDS = Usage.__dataclass_fields__


def test_nothing_is_known_at_first() -> None:
    """Unknown is None, never 0."""
    assert all(getattr(Usage(), name) is None for name in FIELDS)
    assert Usage().fresh_tokens is None


@pytest.mark.parametrize(
    ("usage", "fresh"),
    [
        (Usage(input_tokens=100), 100),
        (Usage(input_tokens=100, cache_read_tokens=30), 70),
        (Usage(input_tokens=100, cache_write_tokens=20), 80),
        (Usage(input_tokens=100, cache_read_tokens=30, cache_write_tokens=20), 50),
        (Usage(input_tokens=10, cache_read_tokens=30), 0),  # a vendor that counts them apart
        (Usage(cache_read_tokens=30), None),
        (Usage(input_tokens=0), 0),
    ],
)
def test_fresh_tokens_are_a_difference(usage: Usage, fresh: int | None) -> None:
    """Clamped at 0, unknown where the whole is."""
    assert usage.fresh_tokens == fresh


@given(USAGES, USAGES)
def test_later_numbers_overwrite_the_ones_they_know(before: Usage, later: Usage) -> None:
    """Totals, never sums; what is left out keeps its value."""
    after = before.updated(later)

    for name in FIELDS:
        new = getattr(later, name)
        assert getattr(after, name) == (getattr(before, name) if new is None else new)


@given(USAGES)
def test_updating_with_nothing_or_itself_changes_nothing(usage: Usage) -> None:
    """An event that is read twice does no harm."""
    assert usage.updated(Usage()) == usage == usage.updated(usage) == Usage().updated(usage)


@given(USAGES, USAGES)
def test_two_requests_add_up(one: Usage, other: Usage) -> None:
    """As far as either is known."""
    both = one.plus(other)

    for name in FIELDS:
        known = [n for n in (getattr(one, name), getattr(other, name)) if n is not None]
        assert getattr(both, name) == (sum(known) if known else None)


@given(USAGES)
def test_fresh_tokens_are_never_negative_nor_more_than_all(usage: Usage) -> None:
    """Whatever a vendor reports."""
    if usage.input_tokens is not None:
        assert 0 <= (usage.fresh_tokens or 0) <= usage.input_tokens
