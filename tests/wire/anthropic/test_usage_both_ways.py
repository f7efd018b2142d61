"""Usage written and read again."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from aimux.model.response import Usage
from aimux.wire.anthropic.usage import first_usage, usage_object, usage_of

_COUNTS = st.integers(0, 1000)


@settings(max_examples=100)
@given(_COUNTS, _COUNTS, _COUNTS, _COUNTS, _COUNTS)
def test_usage_survives(fresh: int, read: int, written: int, spoken: int, thought: int) -> None:
    """P14: numbers that do not contradict each other come back as they were."""
    usage = Usage(fresh + read + written, spoken + thought, read, written, thought)

    assert usage_of(usage_object(usage)) == usage
    assert usage_of(first_usage(usage)) == usage


@settings(max_examples=100)
@given(st.builds(Usage, *[st.none() | _COUNTS] * 5))
def test_no_part_is_more_than_its_whole(usage: Usage) -> None:
    """P15: whatever a provider says."""
    said = usage_of(usage_object(usage))

    assert said.fresh_tokens is not None
    assert said.fresh_tokens >= 0
    assert said.input_tokens == (usage.input_tokens or 0)
    assert (said.reasoning_tokens or 0) <= (said.output_tokens or 0)
