"""The grammar of an answer: what is put together again, and what cannot be."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aimux.errors import ErrorKind
from aimux.model.events import (
    BlockStart,
    BlockStop,
    BrokenGrammar,
    Cite,
    Collector,
    Delta,
    Event,
    Failure,
    Finish,
    Sign,
    Start,
    collect,
    grown,
    replay,
)
from aimux.model.parts import (
    CallKind,
    Citation,
    Hit,
    Media,
    MediaKind,
    Opaque,
    OpaqueKind,
    Refusal,
    Text,
    Thinking,
    ToolCall,
    WebSearch,
)
from aimux.model.response import AnswerPart, FinishReason, Response, Usage

WORDS = st.text("ab \u00e9\U0001f600", max_size=6)
NUMBERS = st.none() | st.integers(0, 100)
OPAQUES = st.none() | st.builds(Opaque, st.sampled_from(OpaqueKind), WORDS, WORDS, WORDS, WORDS)
CITATIONS = st.lists(
    st.builds(Citation, WORDS, WORDS, WORDS, st.integers(-1, 3), st.integers(-1, 3)), max_size=2
)
PARTS: st.SearchStrategy[AnswerPart] = st.one_of(
    st.builds(Text, WORDS, CITATIONS.map(tuple), OPAQUES),
    st.builds(Refusal, WORDS),
    st.builds(Thinking, WORDS, OPAQUES),
    st.builds(ToolCall, WORDS, WORDS, WORDS, st.sampled_from(CallKind), WORDS, OPAQUES),
    st.builds(Media, st.sampled_from(MediaKind), WORDS, WORDS),
    st.builds(
        WebSearch, WORDS, WORDS, st.lists(st.builds(Hit, WORDS), max_size=2).map(tuple), WORDS
    ),
)
USAGES = st.builds(Usage, NUMBERS, NUMBERS, NUMBERS, NUMBERS, NUMBERS)
RESPONSES = st.builds(
    Response, WORDS, WORDS, st.lists(PARTS, max_size=4).map(tuple), st.sampled_from(FinishReason), USAGES,
    WORDS, WORDS,
)  # fmt: skip

STATE = Opaque(OpaqueKind.TEXT, "s")
SOURCE = Citation("https://a.b")
DONE = Finish(FinishReason.END_TURN)
OPENED = [Start("id", "model"), BlockStart(0, Text(""))]


@given(RESPONSES)
def test_collecting_what_is_replayed_gives_the_answer(response: Response) -> None:
    """An answer that is not streamed is the same thing."""
    assert collect(replay(response)) == response


@given(RESPONSES)
def test_what_is_replayed_is_in_the_grammar(response: Response) -> None:
    """One block at a time, numbered from 0, no empty piece, a state behind all text."""
    events = list(replay(response))
    blocks = [event.block for event in events if isinstance(event, BlockStart)]
    order = {BlockStart: 0, Delta: 1, Cite: 2, Sign: 3, BlockStop: 4}

    assert isinstance(events[0], Start)
    assert isinstance(events[-1], Finish)
    assert blocks == list(range(len(response.parts)))
    for block in blocks:
        own = [event for event in events[1:-1] if event.block == block]  # type: ignore[union-attr]  # both ends are off
        assert [order[type(event)] for event in own] == sorted(order[type(event)] for event in own)
        assert all(event.text for event in own if isinstance(event, Delta))


@given(response=RESPONSES, cuts=st.lists(st.integers(0, 5), max_size=5))
def test_pieces_may_be_of_any_size(response: Response, cuts: list[int]) -> None:
    """However a text is cut, it is the same text."""
    events: list[Event] = []
    for event in replay(response):
        if isinstance(event, Delta):
            places = sorted({0, len(event.text), *(cut % (len(event.text) + 1) for cut in cuts)})
            events += [Delta(event.block, event.text[a:b]) for a, b in pairwise(places)]
        else:
            events.append(event)

    assert collect(events) == response


def test_a_block_may_begin_with_something() -> None:
    """What comes is appended."""
    events = [
        Start(), BlockStart(0, ToolCall("i", "n", '{"a"')), Delta(0, ":"), Delta(0, "1}"), BlockStop(0),
        BlockStart(1, Thinking("a")), Delta(1, "b"), Sign(1, STATE), BlockStop(1),
        BlockStart(2, Text("c")), Cite(2, SOURCE), Cite(2, SOURCE), BlockStop(2), DONE,
    ]  # fmt: skip

    assert collect(events).parts == (
        ToolCall("i", "n", '{"a":1}'), Thinking("ab", STATE), Text("c", (SOURCE, SOURCE)),
    )  # fmt: skip


def test_what_is_known_of_the_usage_at_the_end_counts() -> None:
    """And what only the beginning knew."""
    answer = collect(
        [Start(usage=Usage(10, 1)), Finish(FinishReason.MAX_TOKENS, Usage(None, 7), "x", "y")]
    )

    assert answer == Response("", "", (), FinishReason.MAX_TOKENS, Usage(10, 7), "x", "y")


@pytest.mark.parametrize(
    "events",
    [
        pytest.param([DONE], id="no beginning"),
        pytest.param([BlockStart(0, Text(""))], id="a block first"),
        pytest.param([Failure(ErrorKind.UPSTREAM, "m")], id="a failure first"),
        pytest.param([Start(), Start()], id="two beginnings"),
        pytest.param([Start(), DONE, DONE], id="two ends"),
        pytest.param([Start(), DONE, BlockStart(0, Text(""))], id="a block behind the end"),
        pytest.param([*OPENED, DONE], id="an end inside a block"),
        pytest.param([*OPENED, BlockStart(1, Text(""))], id="a block inside a block"),
        pytest.param([Start(), BlockStart(1, Text(""))], id="a number that is skipped"),
        pytest.param([*OPENED, BlockStop(0), BlockStart(0, Text(""))], id="a number again"),
        pytest.param([*OPENED, BlockStop(1)], id="another block's end"),
        pytest.param([*OPENED, BlockStop(0), BlockStop(0)], id="an end twice"),
        pytest.param([Start(), Delta(0, "a")], id="text of no block"),
        pytest.param([*OPENED, Delta(1, "a")], id="text of another block"),
        pytest.param([*OPENED, BlockStop(0), Delta(0, "a")], id="text of a block that is complete"),
        pytest.param([*OPENED, BlockStop(0), Sign(0, STATE)], id="a state of a block that is complete"),
        pytest.param([Start(), BlockStart(0, Refusal("")), Sign(0, STATE)], id="a refusal with a state"),
        pytest.param([Start(), BlockStart(0, Thinking("")), Cite(0, SOURCE)], id="thinking with a source"),
        pytest.param([Start(), BlockStart(0, Media(MediaKind.IMAGE)), Sign(0, STATE)], id="a signed image"),
        pytest.param([Start(), BlockStart(0, WebSearch("s")), Delta(0, "a"), BlockStop(0)],
                     id="a search that grows"),
        pytest.param([Start(), Failure(ErrorKind.UPSTREAM, "m")], id="a failure"),
        pytest.param([*OPENED, Failure(ErrorKind.UPSTREAM, "m")], id="a failure inside a block"),
    ],
)  # fmt: skip
def test_what_cannot_be(events: list[Event]) -> None:
    """The last one is refused, and none before it."""
    collector = Collector()
    for event in events[:-1]:
        collector.add(event)

    with pytest.raises(BrokenGrammar):
        collector.add(events[-1])


@pytest.mark.parametrize(
    "events", [[], [Start()], OPENED], ids=["nothing", "a beginning", "a block"]
)
def test_an_answer_without_an_end_is_none(events: list[Event]) -> None:
    """Yet."""
    with pytest.raises(BrokenGrammar, match="no end"):
        collect(events)


@pytest.mark.parametrize(
    ("part", "after"),
    [
        (Text("a", (SOURCE,), STATE), Text("ab", (SOURCE,), STATE)),
        (Thinking("a", STATE), Thinking("ab", STATE)),
        (Refusal("a"), Refusal("ab")),
        (
            ToolCall("i", "n", "a", CallKind.CUSTOM, "ns", STATE),
            ToolCall("i", "n", "ab", CallKind.CUSTOM, "ns", STATE),
        ),
    ],
)
def test_parts_that_grow(part: AnswerPart, after: AnswerPart) -> None:
    """All else of them stays; nothing at all is the same part."""
    assert grown(part, "b") == after
    assert grown(part, "") is part


@pytest.mark.parametrize("part", [Media(MediaKind.IMAGE, data="a"), WebSearch("s")])
def test_parts_that_do_not_grow(part: AnswerPart) -> None:
    """They are whole from the beginning."""
    assert grown(part, "") is part
    with pytest.raises(BrokenGrammar, match=type(part).__name__):
        grown(part, "b")
