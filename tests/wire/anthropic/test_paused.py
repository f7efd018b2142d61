"""Edge 113: what goes back to Anthropic when it has paused, and when nothing may."""

from __future__ import annotations

import json
from typing import Any

import pytest

from aimux.model.events import BlockStart, Finish, Start, collect
from aimux.model.parts import Text, WebSearch
from aimux.model.response import FinishReason, Usage
from aimux.wire.codec import MAX_CONTINUATIONS
from tests.support.grammar import neutral
from tests.support.pauses import FIRST, SECOND, Json, message
from tests.wire.anthropic.streams import (
    CODEC,
    STOP,
    UPSTREAM,
    begun,
    closed,
    ended,
    event,
    grown,
    opened,
)

QUESTION = {"role": "user", "content": "?"}
SEARCH = opened(1, "server_tool_use", id="s", name="web_search", input={})


def asked(*messages: Json) -> bytes:
    """A request, as it was sent."""
    return json.dumps({"model": "m", "messages": [QUESTION, *messages], "top_p": 1.0}).encode()


def more(*blocks: bytes, request: bytes = b"") -> Any:
    """The messages that go on with a stream of these events."""
    reader = CODEC.reader(UPSTREAM, request or asked())
    for block in (begun(), *blocks, STOP):
        reader.read(block)
    body = reader.more()
    return None if body is None else json.loads(body)["messages"]


def paused(*blocks: bytes) -> Any:
    """What goes back of an answer of these blocks that pauses."""
    messages = more(*blocks, ended("pause_turn"))
    return None if messages is None else messages[-1]["content"]


def test_the_blocks_go_back_as_they_came() -> None:
    """Signatures, inputs by the way their numbers are spelled, sources, results of a search."""
    source = {"type": "web_search_result_location", "url": "u", "encrypted_index": "eA"}
    content = [*FIRST, SECOND[0], {"type": "text", "text": "b", "citations": [source]}]
    blocks = (
        opened(0, "thinking", thinking="", signature=""),
        grown(0, "thinking_delta", thinking="R"),
        grown(0, "thinking_delta", thinking="1"),
        grown(0, "signature_delta", signature="c2lnbmVk"),
        closed(0),
        opened(1, "text", text=""),
        grown(1, "text_delta", text="I look."),
        closed(1),
        opened(2, "server_tool_use", id="srvtoolu_1", name="web_search", input={}),
        grown(2, "input_json_delta", partial_json='{"query":"q",'),
        grown(2, "input_json_delta", partial_json='"n":1.0}'),
        closed(2),
        event("ping"),
        event("content_block_start", index=3, content_block=SECOND[0]),
        closed(3),
        opened(4, "text", text=""),
        grown(4, "citations_delta", citation=source),
        grown(4, "text_delta", text="b"),
        closed(4),
    )

    assert paused(*blocks) == content
    reader = CODEC.reader(UPSTREAM, asked())
    reader.whole({"content": content, "stop_reason": "pause_turn"})
    assert b'"top_p":1.0' in (reader.more() or b"")
    assert json.loads(reader.more() or b"")["messages"][-1]["content"] == content


@pytest.mark.parametrize(
    ("blocks", "content"),
    [
        pytest.param(
            [opened(0, "text", text="a \n"), closed(0)],
            [{"type": "text", "text": "a"}],
            id="no-white-space-at-the-end",
        ),
        pytest.param(
            [opened(0, "text", text=""), closed(0), opened(1, "x"), closed(1)],
            [{"type": "x"}],
            id="no-empty-text",
        ),
        pytest.param([opened(0, "text", text=" "), closed(0)], None, id="nothing-said"),
        pytest.param([], None, id="nothing"),
        pytest.param([closed(7), opened(1, "x"), closed(1)], [{"type": "x"}], id="a-stray-stop"),
        pytest.param(
            [opened(0, "tool_use", id="t", name="f", input={}), closed(0)], None,
            id="it-waits-for-the-client",
        ),
        pytest.param([SEARCH], None, id="a-block-that-is-open"),
        pytest.param(
            [SEARCH, grown(1, "input_json_delta", partial_json='{"q'), closed(1)], None,
            id="half-an-input",
        ),
        pytest.param([SEARCH, grown(1, "new_delta"), closed(1)], None, id="a-new-delta"),
        pytest.param([SEARCH, grown(1, "text_delta", text=7), closed(1)], None, id="no-text"),
        pytest.param(
            [grown(1, "text_delta", text="a"), SEARCH, closed(1)], None, id="a-block-never-begun"
        ),
        pytest.param([b"data: 7\n\n", opened(1, "x"), closed(1)], [{"type": "x"}], id="no-event"),
    ],
)  # fmt: skip
def test_what_cannot_be_said_again_is_not(blocks: list[bytes], content: Any) -> None:
    """Going on with something else would be another conversation."""
    assert paused(*blocks) == content


def test_an_answer_that_is_complete_has_nothing_more() -> None:
    """Whatever it holds; the last reason counts."""
    assert more(opened(1, "x"), closed(1), ended("end_turn")) is None
    assert more(opened(1, "x"), closed(1), ended(None)) is None
    assert more(opened(1, "x"), closed(1), ended("end_turn"), ended("pause_turn")) is not None


def test_the_beginning_that_the_client_wrote_stays_one_with_the_rest() -> None:
    """Two turns of the assistant would not be one."""
    prefill = {"role": "assistant", "content": [{"type": "text", "text": "So"}]}

    messages = more(SEARCH, closed(1), ended("pause_turn"), request=asked(prefill))

    assert [each["role"] for each in messages] == ["user", "assistant"]
    assert [each["type"] for each in messages[-1]["content"]] == ["text", "server_tool_use"]


def test_one_answer_of_two() -> None:
    """One Start, one Finish that counts, numbers that rise, and the search told with its result."""
    reader = CODEC.reader(UPSTREAM, asked())
    first = [
        each
        for block in message(*FIRST, reason="pause_turn", stream=True).pieces
        for each in reader.read(block)
    ]  # type: ignore[arg-type]  # all of them are bytes
    assert reader.more() is not None
    reader.resume()
    second = [
        each
        for block in message(*SECOND, reason="end_turn", stream=True).pieces
        for each in reader.read(block)
    ]  # type: ignore[arg-type]  # all of them are bytes
    one = [*first[:-1], *second, *reader.end()]

    neutral.judge(one)
    answer = collect(one)
    assert first[-1] == Finish(FinishReason.PAUSE_TURN, Usage(10, 4))
    assert (answer.finish, answer.usage) == (FinishReason.END_TURN, Usage(20, 8))
    assert sum(isinstance(each, Start) for each in one) == 1
    assert [each.block for each in one if isinstance(each, BlockStart)] == [0, 1, 2, 3]
    assert isinstance(answer.parts[2], WebSearch)
    assert answer.parts[2].query == "q"
    assert answer.parts[3] == Text("It is so.")


def test_not_for_ever() -> None:
    """So many times, and then its end stays what it is."""
    reader = CODEC.reader(UPSTREAM, asked())
    for _ in range(MAX_CONTINUATIONS):
        reader.whole({"content": [{"type": "x"}], "stop_reason": "pause_turn"})
        assert reader.more() is not None
        reader.resume()
    reader.whole({"content": [{"type": "x"}], "stop_reason": "pause_turn"})

    assert reader.more() is None
