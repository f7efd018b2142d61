"""Paused answers through the seams, as the gateway feeds them (edges 113 and 195)."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest

from aimux.errors import UpstreamStatus
from aimux.model.request import WireFormat
from aimux.wire.codec import MAX_CONTINUATIONS
from aimux.wire.transcode import Transcoder
from tests.support.answers import ANTHROPIC, GEMINI, OPENAI_CHAT, OPENAI_RESPONSES
from tests.support.grammar.judges import judge, judge_whole
from tests.support.grammar.told import Ending
from tests.support.pauses import FIRST, SECOND, message, response
from tests.support.script import Answer
from tests.wire.test_crossing import chat, inquiry, sent

SEARCHES: dict[WireFormat, dict[str, Any]] = {
    OPENAI_CHAT: {"web_search_options": {}},
    OPENAI_RESPONSES: {"tools": [{"type": "web_search"}]},
    GEMINI: {"tools": [{"googleSearch": {}}]},
}
PAUSED = b'"stop_reason":"pause_turn"'


def searching(client: WireFormat, *, stream: bool = True) -> Transcoder:
    """A request for a search on its way to Anthropic."""
    return sent(inquiry(client, stream=stream, **SEARCHES[client]), ANTHROPIC)


def leg(coder: Transcoder, answer: Answer, *, encoding: str = "") -> bytes:
    """What the client gets of one answer of the provider's."""
    coder.begin(dict(answer.headers)["content-type"], encoding)
    body = gzip.compress(answer.body) if encoding else answer.body
    half = len(body) // 2
    return coder.feed(body[:half]) + coder.feed(body[half:]) + coder.finish()


def codes(coder: Transcoder) -> list[str]:
    """What was lost, as far as it is of the answer."""
    return [loss.code for loss in coder.losses if loss.code.startswith(("answer.", "finish."))]


@pytest.mark.parametrize("client", SEARCHES, ids=str)
@pytest.mark.parametrize("stream", [True, False], ids=["stream", "whole"])
@pytest.mark.parametrize("legs_stream", [(True, True), (False, False), (True, False)])
def test_edge_113_two_answers_are_one(
    client: WireFormat, stream: bool, legs_stream: tuple[bool, bool]
) -> None:
    """Whatever form the client wants, and whatever form each has; also where one is packed."""
    coder = searching(client, stream=stream)

    out = leg(coder, message(*FIRST, reason="pause_turn", stream=legs_stream[0]), encoding="gzip")
    assert coder.continuation() is not None
    out += leg(coder, message(*SECOND, reason="end_turn", stream=legs_stream[1]))

    assert coder.continuation() is None
    heard = (judge if stream else judge_whole)(client, out)
    assert heard.words == "I look.It is so."
    assert heard.ending is Ending.DONE
    assert (coder.usage.input_tokens, coder.usage.output_tokens) == (20, 8)
    assert codes(coder) == ["answer.continued"]


@pytest.mark.parametrize("stream", [True, False], ids=["stream", "whole"])
def test_edge_113_a_client_of_the_format_hears_of_the_pause(stream: bool) -> None:
    """Also where its answer has to be read, or comes in the other form."""
    other = not stream
    read = sent(inquiry(ANTHROPIC, stream=stream), ANTHROPIC, "split-think-tags")
    turned = sent(inquiry(ANTHROPIC, stream=stream), ANTHROPIC)

    for coder, form in ((read, stream), (turned, other)):
        out = leg(coder, message(FIRST[1], reason="pause_turn", stream=form))
        assert PAUSED in out
        assert coder.continuation() is None
        assert codes(coder) == []


def test_edge_113_a_second_half_that_says_what_is_wrong() -> None:
    """As a body, where the first was a stream: the client that has heard the first must hear it."""
    coder = searching(OPENAI_CHAT)
    leg(coder, message(*FIRST, reason="pause_turn", stream=True))
    coder.continuation()
    coder.begin("application/json")
    coder.feed(b'{"type":"error","error":{"type":"overloaded_error","message":"no"}}')

    with pytest.raises(UpstreamStatus, match="no"):
        coder.finish()


def test_edge_113_a_first_half_that_failed_has_no_second() -> None:
    """Nor has an answer of a provider that does not pause."""
    coder = searching(OPENAI_CHAT)
    cut = message(*FIRST, reason="pause_turn", stream=True).pieces[0]
    assert isinstance(cut, bytes)
    coder.begin("text/event-stream")
    coder.feed(cut)
    coder.finish()
    assert coder.error is not None
    assert coder.continuation() is None

    other = sent(inquiry(ANTHROPIC), OPENAI_CHAT)
    other.begin("text/event-stream")
    assert other.feed(chat("a")) + other.finish()
    assert other.continuation() is None


def test_a_relay_goes_on_with_nothing() -> None:
    """Its client does."""
    coder = sent(inquiry(ANTHROPIC), ANTHROPIC)

    assert PAUSED in leg(coder, message(*FIRST, reason="pause_turn", stream=True))
    assert coder.continuation() is None


@pytest.mark.parametrize("client", [ANTHROPIC, OPENAI_CHAT, OPENAI_RESPONSES], ids=str)
@pytest.mark.parametrize("stream", [True, False], ids=["stream", "whole"])
@pytest.mark.parametrize("leg_streams", [True, False])
def test_edge_195_up_to_the_limit(client: WireFormat, stream: bool, leg_streams: bool) -> None:
    """So many times; then the answer is one that has reached a limit."""
    coder = sent(inquiry(client, stream=stream), GEMINI)
    out = b""
    for number in range(MAX_CONTINUATIONS + 1):
        out += leg(coder, response(str(number), token=f"t{number}", stream=leg_streams))
        more = coder.continuation()
        if number < MAX_CONTINUATIONS:
            assert json.loads(more or b"")["continuationToken"] == f"t{number}"
        else:
            assert more is None

    heard = (judge if stream else judge_whole)(client, out)
    assert (heard.words, heard.ending) == ("012345", Ending.LENGTH)
    assert (coder.usage.input_tokens, coder.usage.output_tokens) == (60, 24)
    assert codes(coder) == ["answer.continued", "finish.paused"]


def test_edge_195_a_second_half_of_nothing() -> None:
    """It may bring no more than the end, or not even that."""
    coder = sent(inquiry(ANTHROPIC, stream=False), GEMINI)
    leg(coder, response("a", token="t", stream=False))
    assert coder.continuation() is not None
    empty = response("", token="u", stream=False)
    leg(coder, empty)
    assert coder.continuation() is not None
    coder.begin("application/json")
    coder.feed(b'{"error":{"code":503,"status":"UNAVAILABLE","message":"no"}}')
    assert coder.finish() == b""

    assert coder.error is not None
