"""Blocks put in order: what a provider interleaves comes out one after another."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aimux.model.events import (
    BlockStart,
    BlockStop,
    Cite,
    Collector,
    Delta,
    Event,
    Finish,
    Sign,
    Start,
)
from aimux.model.parts import Citation, Hit, Opaque, OpaqueKind, Text, ToolCall, WebSearch
from aimux.model.response import FinishReason
from aimux.wire.blocks import LIVE, Blocks

CALL_A, CALL_B, CALL_C = (ToolCall(name, name) for name in "abc")
SOURCE = Citation("https://a.b")
STATE = Opaque(OpaqueKind.TEXT, "s")


def test_one_block_goes_on_as_it_comes() -> None:
    """Each event at once; nothing for an empty piece."""
    blocks = Blocks()
    blocks.open(LIVE, Text(""))
    assert blocks.take() == [BlockStart(0, Text(""))]

    blocks.add(LIVE, "one")
    blocks.add(LIVE, "")
    blocks.cite(LIVE, SOURCE)
    assert blocks.take() == [Delta(0, "one"), Cite(0, SOURCE)]

    blocks.close(LIVE)
    assert blocks.take() == [BlockStop(0)]
    assert blocks.take() == []


def test_calls_that_come_at_once_come_out_in_turn() -> None:
    """Edge 67: the first goes on at once, the others wait with what they have."""
    blocks = Blocks()
    blocks.open(0, CALL_A)
    blocks.open(1, CALL_B)
    blocks.add(0, "{")
    blocks.add(1, '{"b":')
    blocks.add(1, "")
    blocks.add(0, "}")
    blocks.add(1, "1}")
    assert blocks.take() == [BlockStart(0, CALL_A), Delta(0, "{"), Delta(0, "}")]

    blocks.close(0)
    assert blocks.take() == [BlockStop(0), BlockStart(1, CALL_B), Delta(1, '{"b":1}')]

    blocks.add(1, " ")
    blocks.close(1)
    assert blocks.take() == [Delta(1, " "), BlockStop(1)]
    assert blocks.number == 1


def test_what_was_complete_while_it_waited_comes_out_whole() -> None:
    """And so do all behind it, down to one that is not complete."""
    blocks = Blocks()
    for key, call in enumerate((CALL_A, CALL_B, CALL_C)):
        blocks.open(key, call)
    blocks.cite(1, SOURCE)
    blocks.sign(1, STATE)
    blocks.add(1, "{}")
    blocks.close(1)
    blocks.take()

    blocks.close(0)
    assert blocks.take() == [
        BlockStop(0), BlockStart(1, CALL_B), Delta(1, "{}"), Cite(1, SOURCE), Sign(1, STATE), BlockStop(1),
        BlockStart(2, CALL_C),
    ]  # fmt: skip


def test_the_last_state_counts_and_comes_last() -> None:
    """However early it was said."""
    blocks = Blocks()
    blocks.open(LIVE, Text(""))
    blocks.sign(LIVE, Opaque(OpaqueKind.TEXT, "first"))
    blocks.add(LIVE, "a")
    blocks.sign(LIVE, STATE)
    blocks.close(LIVE)

    assert blocks.take()[1:] == [Delta(0, "a"), Sign(0, STATE), BlockStop(0)]


def test_a_key_that_is_used_again_closes_what_had_it() -> None:
    """Some providers never say that a block is complete."""
    blocks = Blocks()
    blocks.open(LIVE, Text(""))
    blocks.open(LIVE, CALL_A)
    assert LIVE in blocks

    blocks.close(LIVE)
    assert LIVE not in blocks
    assert blocks.take() == [
        BlockStart(0, Text("")), BlockStop(0), BlockStart(1, CALL_A), BlockStop(1),
    ]  # fmt: skip


def test_closing_what_is_not_there_does_nothing() -> None:
    """Nor does closing twice."""
    blocks = Blocks()
    blocks.close(LIVE)

    assert blocks.take() == []
    assert blocks.number == -1


def test_a_part_that_comes_whole_waits_for_its_turn() -> None:
    """It is opened and closed behind the one that is live."""
    search = WebSearch("s", "q", (Hit("https://a.b"),))
    blocks = Blocks()
    blocks.open(LIVE, Text(""))
    blocks.whole(search)
    assert blocks.take() == [BlockStart(0, Text(""))]

    blocks.close_all()
    assert blocks.take() == [BlockStop(0), BlockStart(1, search), BlockStop(1)]


@pytest.mark.parametrize("what", ["add", "cite", "sign"])
def test_what_belongs_to_no_block_is_a_bug_of_the_reader(what: str) -> None:
    """It asks first."""
    blocks = Blocks()
    with pytest.raises(KeyError):
        getattr(blocks, what)(LIVE, "")


ACTIONS = st.lists(
    st.tuples(
        st.sampled_from(["open", "add", "sign", "cite", "close", "whole"]), st.integers(0, 3)
    ),
    max_size=30,
)


@given(ACTIONS)
def test_whatever_a_provider_interleaves_is_in_the_grammar(actions: list[tuple[str, int]]) -> None:
    """P6, P9: the collector takes it, and each block has all that was said of it, in order."""
    blocks = Blocks()
    said: list[list[str]] = []
    at: dict[int, int] = {}
    out: list[Event] = [Start()]
    for count, (action, key) in enumerate(actions):
        match action:
            case "open":
                at[key] = len(said)
                said.append([])
                blocks.open(key, Text(""))
            case "whole":
                said.append([])
                blocks.whole(Text(""))
            case "close":
                blocks.close(key)
                at.pop(key, None)
            case _ if key not in at:
                assert key not in blocks
            case "add":
                blocks.add(key, f"{count} ")
                said[at[key]].append(f"{count} ")
            case "sign":
                blocks.sign(key, STATE)
            case _:
                blocks.cite(key, SOURCE)
        out += blocks.take()
    blocks.close_all()
    out += [*blocks.take(), Finish(FinishReason.END_TURN)]
    collector = Collector()
    for event in out:
        collector.add(event)

    texts = [part.text for part in collector.response().parts if isinstance(part, Text)]
    assert texts == ["".join(pieces) for pieces in said]
