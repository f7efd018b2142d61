"""The answer is cut at a stop sequence, however it comes."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aimux.errors import ErrorKind
from aimux.model.events import (
    BlockStart,
    BlockStop,
    Delta,
    Event,
    Failure,
    Finish,
    Start,
    collect,
)
from aimux.model.parts import Text, Thinking, ToolCall
from aimux.model.response import FinishReason, Usage
from aimux.wire.stops import Stops

END = FinishReason.END_TURN
STOPPED = FinishReason.STOP_SEQUENCE
USAGE = Usage(1, 2)


def stream(*pieces: str, part: Text | Thinking = Text("")) -> list[Event]:  # noqa: B008 -- frozen
    """An answer of one block."""
    deltas = [Delta(0, piece) for piece in pieces if piece]
    return [Start(), BlockStart(0, part), *deltas, BlockStop(0), Finish(END, USAGE)]


@pytest.mark.parametrize(
    ("sequences", "said", "kept", "which"),
    [
        (("STOP",), "one STOP two", "one ", "STOP"),
        (("STOP",), "one STO", "one STO", ""),
        (("STOP",), "STOP", "", "STOP"),
        (("b", "a"), "xxab", "xx", "a"),
        (("abcd", "bc"), "zabcd", "za", "bc"),
        (("\n\nHuman:",), "hi\n\nHum", "hi\n\nHum", ""),
        (("aab",), "aaab", "a", "aab"),
    ],
)
def test_an_answer_is_cut(sequences: tuple[str, ...], said: str, kept: str, which: str) -> None:
    """At the first sequence, whole and letter by letter; usage is all of it."""
    for pieces in ([said], list(said)):
        answer = collect(Stops(sequences).feed(stream(*pieces)))

        assert "".join(p.text for p in answer.parts if isinstance(p, Text)) == kept
        assert (answer.finish, answer.stop_sequence) == (STOPPED if which else END, which)
        assert answer.usage == USAGE


def test_nothing_is_held_that_cannot_become_a_sequence() -> None:
    """One event in, one event out."""
    stops = Stops(("STOP",))
    stops.feed([Start(), BlockStart(0, Text(""))])

    assert stops.feed([Delta(0, "hello")]) == [Delta(0, "hello")]
    assert stops.feed([Delta(0, "S")]) == []
    assert stops.feed([Delta(0, "o")]) == [Delta(0, "So")]


def test_only_text_is_looked_at() -> None:
    """Thinking and arguments may hold anything."""
    thinking = stream("STOP", part=Thinking(""))
    calls: list[Event] = [
        Start(), BlockStart(0, ToolCall("i", "f")), Delta(0, "STOP"), BlockStop(0), Finish(END),
    ]  # fmt: skip

    assert Stops(("STOP",)).feed(thinking) == thinking
    assert Stops(("STOP",)).feed(calls) == calls


def test_what_comes_behind_is_passed_over() -> None:
    """Also that the provider breaks off: the client has all it wanted."""
    stops = Stops(("x",))
    stops.feed([Start(), BlockStart(0, Text("")), Delta(0, "ax")])
    more: list[Event] = [BlockStop(0), BlockStart(1, ToolCall("i", "f")), BlockStop(1)]

    assert stops.feed(more) == []
    assert stops.feed([Failure(ErrorKind.UPSTREAM, "m")]) == [
        Finish(STOPPED, Usage(), stop_sequence="x")
    ]


def test_a_failure_before_is_a_failure() -> None:
    """Nothing was found yet."""
    failure = Failure(ErrorKind.UPSTREAM, "m")

    assert Stops(("x",)).feed([Start(), failure]) == [Start(), failure]


@given(
    said=st.text("abx", max_size=30),
    sequences=st.lists(st.text("ab", min_size=1, max_size=4), min_size=1, max_size=3).map(tuple),
    size=st.integers(1, 5),
)
@settings(max_examples=80)
def test_it_does_not_matter_how_it_comes(said: str, sequences: tuple[str, ...], size: int) -> None:
    """P1 for the cut; what is given out is never taken back."""
    pieces = [said[n : n + size] for n in range(0, len(said), size)]
    ends = [(at + len(each), at) for each in sequences if (at := said.find(each)) >= 0]
    found = min(ends)[1] if ends else len(said)
    answer = collect(Stops(sequences).feed(stream(*pieces)))

    kept = "".join(p.text for p in answer.parts if isinstance(p, Text))

    assert said.startswith(kept)
    assert kept == said[:found]
