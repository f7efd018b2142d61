"""Writers of clients' answers: streamed and whole say the same, and always in the format's grammar
(P5 to P10, P12, P14, P15, P24).
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aimux.errors import StreamCut
from aimux.model.events import BlockStart, BlockStop, Delta, Event, Finish, Start
from aimux.model.parts import CallKind
from aimux.model.request import WireFormat
from aimux.model.response import FinishReason, Response, Usage
from aimux.wire.codec import StreamWriter
from aimux.wire.formats import CODECS
from aimux.wire.target import Audience
from tests.support.answers import ANTHROPIC, GEMINI, OPENAI_CHAT, OPENAI_RESPONSES
from tests.support.crossing import TARGETS, inquiry
from tests.support.generate.profile import WIRE
from tests.support.generate.replies import CUSTOM, responses, streamed, usages
from tests.support.grammar import neutral
from tests.support.grammar.judges import judge, judge_whole
from tests.support.grammar.told import Ending, Told

each_format = pytest.mark.parametrize("format_", list(WireFormat))
AUDIENCES = {format_: Audience(inquiry(format_).request, 1) for format_ in WireFormat}
_IDS = {ANTHROPIC: "msg_1", OPENAI_CHAT: "chatcmpl-1", OPENAI_RESPONSES: "resp_1", GEMINI: "r-1"}


def writer(format_: WireFormat) -> StreamWriter:
    """For the smallest client of a format."""
    return CODECS[format_].writer(AUDIENCES[format_])


def with_id(events: list[Event], format_: WireFormat) -> list[Event]:
    """Events under the id that the client's format would give them."""
    first, *others = events
    assert isinstance(first, Start)
    return [first._replace(id=_IDS[format_]), *others]


def judged(format_: WireFormat, stream: bytes) -> Told:
    """The judge's word on a stream for that client."""
    asked: dict[str, Any] = {"usage": True} if format_ is OPENAI_CHAT else {}
    return judge(format_, stream, model="asked", **asked)


def whole(format_: WireFormat, response: Response) -> Told:
    """The judge's word on a whole answer."""
    given_ = Response(_IDS[format_], *(getattr(response, name) for name in _FIELDS))
    return judge_whole(
        format_, CODECS[format_].write_response(given_, AUDIENCES[format_]), model="asked"
    )


_FIELDS = ("model", "parts", "finish", "usage", "stop_sequence", "detail")


@each_format
@WIRE
@given(data=st.data())
def test_p5_streamed_and_whole_say_the_same(format_: WireFormat, data: st.DataObject) -> None:
    """Whatever the pieces are, and by one judge each."""
    response = data.draw(responses())
    events = with_id(data.draw(streamed(response)), format_)

    assert judged(format_, writer(format_).write(events)).gist == whole(format_, response).gist


@each_format
@WIRE
@given(data=st.data())
def test_p9_and_p10_the_client_hears_what_was_said(
    format_: WireFormat, data: st.DataObject
) -> None:
    """Texts, thoughts, calls and arguments whole and once, in order where the format has one; the
    end; the counts (P14, P15: a format's own sums are its judge's business).
    """
    response = data.draw(responses())
    events = with_id(data.draw(streamed(response)), format_)

    told = judged(format_, writer(format_).write(events))

    want = neutral.told_of(response)
    assert thoughts(told) == thoughts(want)
    assert told.words in (want.words, want.words + response.detail)
    assert [call.gist for call in told.calls] == [call.gist for call in want.calls]
    assert [call.id for call in told.calls] == [call.id for call in want.calls]
    if told.words == want.words and format_ is not OPENAI_CHAT:
        assert told.order == want.order
    overflow = response.finish is FinishReason.CONTEXT_WINDOW and not response.parts
    assert told.ending == want.ending or (overflow and told.ending is Ending.FAILED)
    assert told.tokens.counted == counted(format_, response.usage)


def thoughts(told: Told) -> str:
    """All thinking; a message of Chat Completions may part two thoughts by a blank line."""
    return told.thinking.replace("\n", "")


def counted(format_: WireFormat, usage: Usage) -> tuple[int, ...]:
    """What a format can say of usage: Gemini has no word for what was written to a cache."""
    numbers = neutral.tokens_of(usage).counted
    return (*numbers[:3], 0, numbers[4]) if format_ is GEMINI else numbers


@each_format
@WIRE
@given(usage=usages())
def test_p14_usage_comes_back(format_: WireFormat, usage: Usage) -> None:
    """What a client's format says of usage reads as the same numbers again."""
    response = Response(_IDS[format_], "m", (), FinishReason.END_TURN, usage)
    body = CODECS[format_].write_response(response, AUDIENCES[format_])

    read = CODECS[format_].read_response(json.loads(body), TARGETS[format_]).usage

    assert neutral.tokens_of(read).counted == counted(format_, usage)


@each_format
@WIRE
@given(data=st.data())
def test_p8_batches_do_not_matter(format_: WireFormat, data: st.DataObject) -> None:
    """Events written one by one are the bytes of all at once, so nothing is ever taken back; and the
    same events are the same bytes again (P24).
    """
    events = with_id(data.draw(streamed(data.draw(responses()))), format_)
    one_by_one = writer(format_)

    written = writer(format_).write(events)

    assert b"".join(one_by_one.write([event]) for event in events) == written
    assert writer(format_).write(events) == written


@each_format
@WIRE
@given(data=st.data())
def test_p7_a_stream_that_breaks_off_says_so_once(format_: WireFormat, data: st.DataObject) -> None:
    """Behind any event, in any block."""
    events = with_id(data.draw(streamed(data.draw(responses()))), format_)
    events = events[: data.draw(st.integers(1, len(events) - 1))]
    broken = writer(format_)
    said = broken.write(events)

    told = judged(format_, said + broken.fail(StreamCut("it was cut", hint="try again"), "req-1"))

    assert told.ending is Ending.FAILED
    assert "it was cut" in told.error


@each_format
def test_a_stream_that_never_began_says_so(format_: WireFormat) -> None:
    """A failure is the only event."""
    told = judged(format_, writer(format_).fail(StreamCut("it was cut"), "req-1"))

    assert told.ending is Ending.FAILED


@WIRE
@given(data=st.data())
def test_custom_calls_are_raw_text(data: st.DataObject) -> None:
    """Responses gets free-form calls as such, with their namespaces."""
    call = data.draw(CUSTOM)
    shell = type(call)(call.id, call.name, "", CallKind.CUSTOM, call.namespace)
    pieces = [Delta(0, call.arguments)] if call.arguments else []
    done = Finish(FinishReason.TOOL_USE)
    events = [Start("resp_1", "m"), BlockStart(0, shell), *pieces, BlockStop(0), done]

    told = judged(OPENAI_RESPONSES, writer(OPENAI_RESPONSES).write(events))

    (heard,) = told.calls
    assert (heard.kind, heard.name, heard.namespace) == ("custom", call.name, call.namespace)
    assert heard.arguments == call.arguments
