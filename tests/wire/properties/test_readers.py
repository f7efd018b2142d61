"""Readers of providers' streams: the same events whatever the bytes look like (P1 to P4, P6, P9, P10)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aimux.model.events import Start
from aimux.model.request import WireFormat
from tests.support.answers import EVERYTHING, GEMINI, OPENAI_CHAT, events
from tests.support.chunks import CUTS, pieces, single_bytes
from tests.support.crossing import TARGETS, heard
from tests.support.generate import upstream
from tests.support.generate.mutators import FRAMINGS, HARMLESS, harmed
from tests.support.generate.plans import Plan, plans
from tests.support.generate.profile import FEW, WIRE
from tests.support.grammar import neutral
from tests.support.grammar.told import Broken, Kind

each_format = pytest.mark.parametrize("format_", list(WireFormat))


def some_plan(format_: WireFormat) -> st.SearchStrategy[Plan]:
    """Answers that a provider of this format can stream."""
    return plans(calls_last=format_ is OPENAI_CHAT, halves=format_ is not GEMINI)


def mended(order: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    """Halves of characters put together, as the restorer does behind the reader."""
    return tuple(
        (
            kind,
            text if kind == Kind.CALL else text.encode("utf-16", "surrogatepass").decode("utf-16"),
        )
        for kind, text in order
    )


@each_format
@FEW
@given(data=st.data())
def test_p1_chunks_do_not_matter(format_: WireFormat, data: st.DataObject) -> None:
    """Whole, byte by byte, cut inside characters, escapes and line ends."""
    plan = data.draw(some_plan(format_))
    framing = data.draw(st.sampled_from(sorted(FRAMINGS)))
    raw = FRAMINGS[framing](upstream.raw(upstream.events(format_, plan)))
    whole = heard(format_, [raw])

    if len(raw) < 5000:
        assert heard(format_, single_bytes(raw)) == whole
    assert heard(format_, pieces(raw, data.draw(CUTS))) == whole


@each_format
@FEW
@given(data=st.data())
def test_p2_to_p4_framing_does_not_matter(format_: WireFormat, data: st.DataObject) -> None:
    """Line ends, a lost blank line at the end, comments, ids, retries, a byte-order mark."""
    raw = upstream.raw(upstream.events(format_, data.draw(some_plan(format_))))
    whole = heard(format_, [raw])

    other = [name for name, frame in FRAMINGS.items() if heard(format_, [frame(raw)]) != whole]
    assert not other


@each_format
@WIRE
@given(data=st.data())
def test_p9_and_p10_what_is_said_is_heard(format_: WireFormat, data: st.DataObject) -> None:
    """Every text, thought and argument, in order, once; calls with their names and ids; the end; and
    the counts.
    """
    plan = data.draw(some_plan(format_))

    told = neutral.judge(
        heard(format_, [upstream.raw(upstream.events(format_, plan))]), halves=True
    )

    want = plan.told
    assert mended(told.order) == want.order
    assert [call.id for call in told.calls] == [call.id for call in want.calls]
    assert (told.ending, told.tokens.counted) == (want.ending, want.tokens.counted)


@each_format
@WIRE
@given(data=st.data())
def test_odd_servers_are_understood(format_: WireFormat, data: st.DataObject) -> None:
    """What odd but harmless servers make of a stream says the same; the names of those that are not
    understood are in the failure.
    """
    plan = data.draw(some_plan(format_))
    said = upstream.events(format_, plan)
    want = plan.told
    other: dict[str, object] = {}
    for name, mutate in HARMLESS[format_].items():
        try:
            told = neutral.judge(heard(format_, [upstream.raw(mutate(said))]), halves=True)
        except Broken as problem:
            other[name] = problem
            continue
        got = (mended(told.order), told.ending, told.tokens.counted)
        if got != (want.order, want.ending, want.tokens.counted):
            other[name] = got
    assert not other


@each_format
@WIRE
@given(data=st.data())
def test_p6_and_p7_any_bytes_give_a_word_of_the_grammar(
    format_: WireFormat, data: st.DataObject
) -> None:
    """Events lost, doubled, out of order, spoiled and junk: one end, and nothing behind it."""
    said = data.draw(harmed(format_, upstream.events(format_, data.draw(some_plan(format_)))))

    neutral.judge(heard(format_, [upstream.raw(said)]), halves=True)


@each_format
@WIRE
@given(data=st.data())
def test_p6_and_p7_a_cut_stream_gives_a_word_of_the_grammar(
    format_: WireFormat, data: st.DataObject
) -> None:
    """Cut at any byte; what was said before the cut stays said."""
    raw = upstream.raw(upstream.events(format_, data.draw(some_plan(format_))))
    at = data.draw(st.integers(0, len(raw)))
    whole = neutral.judge(heard(format_, [raw]), halves=True)

    cut = neutral.judge(heard(format_, [raw[:at]]), halves=True)

    assert whole.words.startswith(cut.words)
    assert whole.thinking.startswith(cut.thinking)
    complete = [call for call in cut.calls if call in whole.calls]
    assert len(complete) >= len(cut.calls) - 1


@each_format
@WIRE
@given(noise=st.binary(max_size=80))
def test_noise_gives_a_word_of_the_grammar(format_: WireFormat, noise: bytes) -> None:
    """Bytes that no server sends."""
    neutral.judge(heard(format_, [b"data: " + noise + b"\n\n", noise]), halves=True)


@each_format
def test_state_is_tagged_with_its_issuer(format_: WireFormat) -> None:
    """Whatever opaque a provider gives carries the provider's name and the model's."""
    stream = heard(format_, [b"".join(events(format_, EVERYTHING))])
    told = neutral.judge(stream)

    assert isinstance(stream[0], Start)
    assert told.states
    assert all(f":{TARGETS[format_].provider}:" in state for state in told.states)
