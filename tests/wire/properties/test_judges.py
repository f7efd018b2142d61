"""The judges themselves: what the vendors write they take, and every break they find."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aimux.errors import ErrorKind
from aimux.model.events import BlockStart, BlockStop, Cite, Delta, Failure, Finish, Sign, Start
from aimux.model.parts import Citation, Opaque, OpaqueKind, Text, Thinking, ToolCall, WebSearch
from aimux.model.request import WireFormat
from aimux.model.response import FinishReason
from tests.support.answers import (
    ANTHROPIC,
    EVERYTHING,
    GEMINI,
    MODEL,
    OPENAI_CHAT,
    OPENAI_RESPONSES,
    TEXT,
    THINKING,
    TOOLS,
    Reply,
    answer,
    events,
    failing_event,
    failure,
)
from tests.support.generate import upstream
from tests.support.generate.plans import Plan, plans
from tests.support.generate.profile import WIRE
from tests.support.generate.replies import responses, streamed
from tests.support.generate.texts import PLAIN_IDS
from tests.support.grammar import neutral, openai_chat
from tests.support.grammar.framing import Sent, sent
from tests.support.grammar.judges import judge, judge_error, judge_whole
from tests.support.grammar.told import Broken, Ending
from tests.support.sdkread import Sdks

# google-genai defines a subclass of aiohttp's session at run time
pytestmark = pytest.mark.filterwarnings("ignore:Inheritance class AiohttpClientSession")

each_format = pytest.mark.parametrize("format_", list(WireFormat))
each_reply = pytest.mark.parametrize(
    "reply", [TEXT, TOOLS, THINKING, EVERYTHING], ids=["text", "tools", "thinking", "all"]
)

# ---------------------------------------------------------------- what is right


@each_format
@each_reply
def test_the_golden_answers_are_words_of_their_grammar(format_: WireFormat, reply: Reply) -> None:
    """Streamed and whole say the same."""
    streamed_ = judge(format_, b"".join(events(format_, reply)), model=MODEL)
    whole = judge_whole(format_, answer(format_, reply).body, model=MODEL)

    assert streamed_.gist == whole.gist
    assert streamed_.words == reply.whole_text
    assert streamed_.thinking == reply.thinking
    assert [call.name for call in streamed_.calls] == [call.name for call in reply.calls]
    assert streamed_.tokens.counted == (100, 20, 30, 0, 5)


def test_the_formats_of_appendix_a_say_the_same() -> None:
    """One logical answer in four dialects."""
    tolds = [judge(format_, b"".join(events(format_, EVERYTHING))) for format_ in WireFormat]

    assert len({(told.order, told.ending, told.tokens.counted) for told in tolds}) == 1


@each_format
@each_reply
def test_the_sdk_reads_what_the_judge_reads(format_: WireFormat, reply: Reply) -> None:
    """Two judges, one opinion."""
    stream = b"".join(events(format_, reply))
    body = answer(format_, reply).body
    sdks = Sdks()
    try:
        assert sdks.stream(format_, stream).gist == judge(format_, stream).gist
        assert sdks.whole(format_, body).gist == judge_whole(format_, body).gist
    finally:
        sdks.close()


@each_format
def test_a_stream_may_fail_anywhere(format_: WireFormat) -> None:
    """An error is an end too, with what was said before it."""
    stream = events(format_, TOOLS)
    for at in range(len(stream) - 2):
        tail = failing_event(format_, 500, "it broke")
        if format_ is OPENAI_RESPONSES:
            tail = tail.replace(b'"sequence_number":0', b'"sequence_number":%d' % at)
        if format_ is OPENAI_CHAT:
            tail += b"data: [DONE]\n\n"
        told = judge(format_, b"".join((*stream[:at], tail)))
        assert told.ending is Ending.FAILED
        assert told.error == "it broke"


@each_format
def test_the_golden_errors_are_errors(format_: WireFormat) -> None:
    """Bodies that come with a status of their own."""
    assert judge_error(format_, failure(format_, 429, "slow down").body) == "slow down"


@each_format
@WIRE
@given(data=st.data())
def test_what_a_provider_says_is_heard(format_: WireFormat, data: st.DataObject) -> None:
    """The writers of upstream streams and the judges agree: on text, calls, order, ends and counts."""
    plan: Plan = data.draw(plans(calls_last=format_ is OPENAI_CHAT, ids=PLAIN_IDS))
    want = plan.told
    tolds = [judge_whole(format_, upstream.document(format_, plan))]
    if all(
        len(part.text) == sum(map(len, part.pieces)) for part in plan.parts
    ):  # no half characters
        tolds.append(judge(format_, upstream.raw(upstream.events(format_, plan))))
    for told in tolds:
        assert (told.words, told.thinking) == (want.words, want.thinking)
        assert [call.gist for call in told.calls] == [call.gist for call in want.calls]
        assert (told.ending, told.tokens.counted) == (want.ending, want.tokens.counted)
        assert told.order == want.order or format_ is OPENAI_CHAT


@WIRE
@given(data=st.data())
def test_neutral_streams_are_words_of_the_grammar(data: st.DataObject) -> None:
    """Events cut at any place say what their answer says."""
    response = data.draw(responses())
    told = neutral.judge(data.draw(streamed(response)))

    assert told.gist == neutral.told_of(response).gist


# ---------------------------------------------------------------- what is wrong

Edit = Callable[[list[Sent]], list[Sent]]


def put(at: int, *path: Any, value: Any) -> Edit:
    """An event with another value at a place."""

    def edit(stream: list[Sent]) -> list[Sent]:
        stream = copy.deepcopy(stream)
        holder = stream[at].data
        for key in path[:-1]:
            holder = holder[key]
        holder[path[-1]] = value
        return stream

    return edit


def lost(at: int, *path: Any) -> Edit:
    """An event without a field."""

    def edit(stream: list[Sent]) -> list[Sent]:
        stream = copy.deepcopy(stream)
        holder = stream[at].data
        for key in path[:-1]:
            holder = holder[key]
        del holder[path[-1]]
        return stream

    return edit


def without(*places: int) -> Edit:
    """The stream without some events."""
    return lambda stream: [
        each
        for at, each in enumerate(stream)
        if at not in places and at - len(stream) not in places
    ]


def twice(at: int) -> Edit:
    """An event comes again at once."""
    return lambda stream: [*stream[:at], stream[at], *stream[at:]]


def swapped(at: int) -> Edit:
    """An event comes before the one it should follow."""
    return lambda stream: [*stream[:at], stream[at + 1], stream[at], *stream[at + 2 :]]


def more(at: int, name: str, data: Any) -> Edit:
    """Something else in between."""
    return lambda stream: [*stream[:at], Sent(name, data), *stream[at:]]


def renamed(at: int, name: str) -> Edit:
    """An event under another name."""
    return lambda stream: [*stream[:at], Sent(name, stream[at].data), *stream[at + 1 :]]


PING = {"type": "ping"}
BROKEN: list[Any] = [
    # message_start, thinking 0 (start, delta, signature, stop), text 1, call 2, call 3, delta, stop
    (ANTHROPIC, "no start", without(0), "before message_start"),
    (ANTHROPIC, "two starts", twice(0), "comes twice"),
    (ANTHROPIC, "foreign id", put(0, "message", "id", value="chatcmpl-1"), "no msg_"),
    (ANTHROPIC, "content at the start", put(0, "message", "content", value=[{}]), "begins with content"),
    (ANTHROPIC, "stop at the start", put(0, "message", "stop_reason", value="end_turn"), "begins with"),
    (ANTHROPIC, "no usage at the start", lost(0, "message", "usage"), "lacks"),
    (ANTHROPIC, "no name", renamed(0, ""), "is named"),
    (ANTHROPIC, "wrong name", renamed(2, "ping"), "is named"),
    (ANTHROPIC, "unknown event", more(1, "news", {"type": "news"}), "no such event"),
    (ANTHROPIC, "done", more(1, "", "[DONE]"), "no word of this format"),
    (ANTHROPIC, "gap in the indexes", put(5, "index", value=2), "begins where"),
    (ANTHROPIC, "filled shell", put(5, "content_block", "text", value="T"), "begins with text"),
    (ANTHROPIC, "filled input", put(8, "content_block", "input", value={"x": 1}), "begins with input"),
    (ANTHROPIC, "signed shell", put(1, "content_block", "signature", value="S"), "begins signed"),
    (ANTHROPIC, "no stop of a block", without(4), "inside another"),
    (ANTHROPIC, "two stops", twice(4), "not open"),
    (ANTHROPIC, "delta of another block", put(2, "index", value=1), "not open"),
    (ANTHROPIC, "delta without a block", without(5), "not open"),
    (ANTHROPIC, "text in thinking", put(2, "delta", value={"type": "text_delta", "text": "x"}), "gets a"),
    (ANTHROPIC, "growth behind the signature", swapped(2), "behind its signature"),
    (ANTHROPIC, "two signatures", twice(3), "behind its signature"),
    (ANTHROPIC, "empty delta", put(6, "delta", "text", value=""), "is empty"),
    (ANTHROPIC, "empty text block", without(6), "stays empty"),
    (ANTHROPIC, "call without input", without(9, 10), "stays empty"),
    (ANTHROPIC, "bad id", put(8, "content_block", "id", value="call:0"), "characters"),
    (ANTHROPIC, "same id twice", put(12, "content_block", "id", value="call_a"), "came before"),
    (ANTHROPIC, "no id", lost(8, "content_block", "id"), "lacks"),
    (ANTHROPIC, "unknown field", put(6, "delta", "x", value=1), "does not know"),
    (ANTHROPIC, "unknown block", put(8, "content_block", "type", value="new"), "no kind"),
    (ANTHROPIC, "end inside a block", without(15), "inside a block"),
    (ANTHROPIC, "block behind the end", lambda s: [*s[:-1], s[5]._replace(), s[-1]], "after message_delta"),
    (ANTHROPIC, "no message_delta", without(-2), "without message_delta"),
    (ANTHROPIC, "no message_stop", without(-1), "ends without"),
    (ANTHROPIC, "behind the end", lambda s: [*s, s[-1]], "after the end"),
    (ANTHROPIC, "ping behind the end", lambda s: [*s, Sent("ping", PING)], "after the end"),
    (ANTHROPIC, "unknown reason", put(-2, "delta", "stop_reason", value="stop"), "no reason"),
    (ANTHROPIC, "no reason", put(-2, "delta", "stop_reason", value=None), "no reason"),
    (ANTHROPIC, "turn ends with calls", put(-2, "delta", "stop_reason", value="end_turn"), "although"),
    (ANTHROPIC, "sequence without reason", put(-2, "delta", "stop_sequence", value="x"), "with 'x'"),
    (ANTHROPIC, "output without a count", lost(-2, "usage", "output_tokens"), "lacks"),
    (ANTHROPIC, "falling usage", put(-2, "usage", "input_tokens", value=1), "falls"),
    (ANTHROPIC, "count as text", put(-2, "usage", "output_tokens", value="20"), "no count"),
    # role, reasoning, text, call 0 (open, arguments), call 1 (open, arguments), finish, usage, done
    (OPENAI_CHAT, "no role", without(0), "the role in the first"),
    (OPENAI_CHAT, "role again", put(2, "choices", 0, "delta", "role", value="assistant"), "role comes again"),
    (OPENAI_CHAT, "other id", put(2, "id", value="chatcmpl-2"), "follows"),
    (OPENAI_CHAT, "other created", put(2, "created", value=1), "follows"),
    (OPENAI_CHAT, "other model", put(2, "model", value="m"), "the model is"),
    (OPENAI_CHAT, "other object", put(2, "object", value="chat.completion"), "the object"),
    (OPENAI_CHAT, "named", renamed(2, "message"), "has the name"),
    (OPENAI_CHAT, "empty delta", put(2, "choices", 0, "delta", value={}), "brings nothing"),
    (OPENAI_CHAT, "empty content", put(2, "choices", 0, "delta", "content", value=""), "is empty"),
    (OPENAI_CHAT, "null calls", put(2, "choices", 0, "delta", value={"tool_calls": []}), "empty array"),
    (OPENAI_CHAT, "first index 1",
     put(3, "choices", 0, "delta", "tool_calls", 0, "index", value=1), "goes on"),
    (OPENAI_CHAT, "call without id", lost(3, "choices", 0, "delta", "tool_calls", 0, "id"), "lacks"),
    (OPENAI_CHAT, "fragment first", swapped(3), "lacks"),
    (OPENAI_CHAT, "same id twice",
     put(5, "choices", 0, "delta", "tool_calls", 0, "id", value="call_a"), "one id"),
    (OPENAI_CHAT, "call without arguments", without(4), "with nothing"),
    (OPENAI_CHAT, "interleaved", swapped(4), "goes on"),
    (OPENAI_CHAT, "no finish", without(7), "before the finish_reason"),
    (OPENAI_CHAT, "two finishes", twice(7), "after its finish_reason"),
    (OPENAI_CHAT, "content on the finish", put(7, "choices", 0, "delta", value={"content": "x"}), "content"),
    (OPENAI_CHAT, "unknown finish", put(7, "choices", 0, "finish_reason", value="end_turn"), "is none"),
    (OPENAI_CHAT, "stop with calls", put(7, "choices", 0, "finish_reason", value="stop"), "although"),
    (OPENAI_CHAT, "calls without calls", without(3, 4, 5, 6), "not made"),
    (OPENAI_CHAT, "sum", put(8, "usage", "total_tokens", value=1), "are not"),
    (OPENAI_CHAT, "more cached than asked",
     put(8, "usage", "prompt_tokens_details", value={"cached_tokens": 101}), "more in the cache"),
    (OPENAI_CHAT, "two usages", twice(8), "after the usage"),
    (OPENAI_CHAT, "no done", without(-1), "ends without"),
    (OPENAI_CHAT, "behind done", lambda s: [*s, s[2]], r"after \[DONE\]"),
    (OPENAI_CHAT, "unknown field", put(2, "x", value=1), "does not know"),
    # created, in_progress, reasoning (added, part, delta, done, part done, done), message, call, call
    (OPENAI_RESPONSES, "no created", without(0), "the number"),
    (OPENAI_RESPONSES, "number", put(3, "sequence_number", value=9), "the number"),
    (OPENAI_RESPONSES, "no number", lost(3, "sequence_number"), "the number"),
    (OPENAI_RESPONSES, "unnamed", renamed(3, ""), "is named"),
    (OPENAI_RESPONSES, "other response", put(1, "response", "id", value="resp_2"), "follows"),
    (OPENAI_RESPONSES, "foreign id", put(0, "response", "id", value="msg_1"), "no resp_"),
    (OPENAI_RESPONSES, "no tools", lost(0, "response", "tools"), "lacks"),
    (OPENAI_RESPONSES, "no metadata", lost(0, "response", "metadata"), "lacks"),
    (OPENAI_RESPONSES, "early usage", put(0, "response", "usage", value={}), "usage already"),
    (OPENAI_RESPONSES, "index", put(2, "output_index", value=1), "is due"),
    (OPENAI_RESPONSES, "done item added", put(2, "item", "summary", value=[1]), "begins with summary"),
    (OPENAI_RESPONSES, "other item id", put(4, "item_id", value="rs_2"), "open is"),
    (OPENAI_RESPONSES, "id changes", put(7, "item", "id", value="rs_2"), "id of item 0 was"),
    (OPENAI_RESPONSES, "wrong prefix", put(2, "item", "id", value="x_1"), "the id of"),
    (OPENAI_RESPONSES, "done is other", put(5, "text", value="R2"), "it came as"),
    (OPENAI_RESPONSES, "part is other", put(6, "part", "text", value="R2"), "it came as"),
    (OPENAI_RESPONSES, "item is other", put(7, "item", "summary", 0, "text", value="R2"), "it came with"),
    (OPENAI_RESPONSES, "logprobs", lost(10, "logprobs"), "lacks"),
    (OPENAI_RESPONSES, "annotations", lost(9, "part", "annotations"), "lacks"),
    (OPENAI_RESPONSES, "empty delta", put(10, "delta", value=""), "is empty"),
    (OPENAI_RESPONSES, "message gets arguments",
     lambda s: [*s[:10], Sent("response.function_call_arguments.delta", {
         "type": "response.function_call_arguments.delta", "sequence_number": 10, "item_id": "msg_1",
         "output_index": 1, "delta": "x"})], "gets function_call"),
    (OPENAI_RESPONSES, "other arguments", put(17, "item", "arguments", value="{}"), "is done with"),
    (OPENAI_RESPONSES, "other name", put(17, "item", "name", value="h"), "name of item 2 was"),
    (OPENAI_RESPONSES, "no total", lost(-1, "response", "usage", "total_tokens"), "lacks"),
    (OPENAI_RESPONSES, "no details", lost(-1, "response", "usage", "output_tokens_details"), "lacks"),
    (OPENAI_RESPONSES, "items missing at the end", lost(-1, "response", "output", 0), "other items"),
    (OPENAI_RESPONSES, "wrong status", put(-1, "response", "status", value="incomplete"), "the status"),
    (OPENAI_RESPONSES, "error in success", put(-1, "response", "error", value={}), "with {}"),
    (OPENAI_RESPONSES, "no end", without(-1), "ends without"),
    (OPENAI_RESPONSES, "behind the end", lambda s: [*s, s[-1]], "after the end"),
    (OPENAI_RESPONSES, "unknown field", put(10, "x", value=1), "does not know"),
    # thought, text, call, call with the finish
    (GEMINI, "finish early", put(0, "candidates", 0, "finishReason", value="STOP"), "after the finish"),
    (GEMINI, "no finish", lost(-1, "candidates", 0, "finishReason"), "ends without"),
    (GEMINI, "unknown finish", put(-1, "candidates", 0, "finishReason", value="stop"), "finishReason is"),
    (GEMINI, "named", renamed(1, "message"), "has the name"),
    (GEMINI, "done", lambda s: [*s, Sent("", "[DONE]")], "no word of this format"),
    (GEMINI, "other response", put(1, "responseId", value="x"), "follows"),
    (GEMINI, "no version", lost(1, "modelVersion"), "lacks"),
    (GEMINI, "other role", put(1, "candidates", 0, "content", "role", value="user"), "the role"),
    (GEMINI, "two things",
     put(1, "candidates", 0, "content", "parts", 0, "functionCall", value={}), "one thing"),
    (GEMINI, "empty text", put(1, "candidates", 0, "content", "parts", 0, "text", value=""), "is empty"),
    (GEMINI, "no parts", put(1, "candidates", 0, "content", "parts", value=[]), "without parts"),
    (GEMINI, "arguments as text",
     put(2, "candidates", 0, "content", "parts", 0, "functionCall", "args", value="{}"), "no object"),
    (GEMINI, "signature",
     put(2, "candidates", 0, "content", "parts", 0, "thoughtSignature", value="aimux1.x"), "no base64"),
    (GEMINI, "same id twice",
     put(3, "candidates", 0, "content", "parts", 0, "functionCall", "id", value="call_a"), "have the id"),
    (GEMINI, "sum", put(-1, "usageMetadata", "totalTokenCount", value=1), "and not"),
    (GEMINI, "falling usage", put(0, "usageMetadata", value={
        "promptTokenCount": 900, "totalTokenCount": 900}), "falls"),
    (GEMINI, "unknown field", put(1, "x", value=1), "does not know"),
    (GEMINI, "index", put(1, "candidates", 0, "index", value=1), "index"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("format_", "edit", "complaint"),
    [(format_, edit, complaint) for format_, _, edit, complaint in BROKEN],
    ids=[f"{format_}: {name}" for format_, name, _, _ in BROKEN],
)
def test_a_broken_stream_is_found_out(format_: WireFormat, edit: Edit, complaint: str) -> None:
    """Each for its own reason."""
    stream = edit(sent(b"".join(events(format_, EVERYTHING))))
    raw = upstream.raw([upstream.Said(*event) for event in stream])

    with pytest.raises(Broken, match=complaint):
        judge(format_, raw, model=MODEL)


FRAMES: list[Any] = [
    (b"data: {}\r\n\r\n", "carriage return"),
    (b"data: {}\n", "ends in an event"),
    (b"data: {}\ndata: {}\n\n", "not one line"),
    (b"event: x\n\n", "not one line"),
    (b"id: 1\n\n", "no data"),
    (b"data:{}\n\n", "no data"),
    (b"data: {\n\n", "no JSON"),
    (b'data: {"x":NaN}\n\n', "no JSON"),
    (b'data: {"x":"\\ud83d"}\n\n', "no JSON"),
    (b"data: \xff\n\n", "not UTF-8"),
]


@pytest.mark.parametrize(("stream", "complaint"), FRAMES, ids=[c for _, c in FRAMES])
def test_broken_framing_is_found_out(stream: bytes, complaint: str) -> None:
    """Output has one way to be framed."""
    with pytest.raises(Broken, match=complaint):
        sent(stream)


def test_chat_usage_comes_as_it_was_asked_for() -> None:
    """Null on every chunk before its own, or not at all."""
    stream = sent(b"".join(events(OPENAI_CHAT, TEXT)))
    asked = [
        Sent("", {"usage": None, **each.data}) if isinstance(each.data, dict) else each
        for each in stream
    ]
    unasked = [each for each in stream if not isinstance(each.data, dict) or each.data["choices"]]

    def raw(said: list[Sent]) -> bytes:
        return upstream.raw([upstream.Said(*each) for each in said])

    openai_chat.judge(raw(asked), usage=True)
    openai_chat.judge(raw(unasked), usage=False)
    with pytest.raises(Broken, match="was asked for"):
        openai_chat.judge(raw(stream), usage=True)
    with pytest.raises(Broken, match="never came"):
        openai_chat.judge(raw([*asked[:-2], asked[-1]]), usage=True)
    with pytest.raises(Broken, match="is not asked for"):
        openai_chat.judge(raw(asked), usage=False)


STATE = Opaque(OpaqueKind.TEXT, "")
CALL = ToolCall("a", "f")
DONE = Finish(FinishReason.END_TURN)
BLOCK = [BlockStart(0, Text("")), Delta(0, "x"), BlockStop(0)]
WRONG: list[Any] = [
    ("nothing", [], "no end"),
    ("no start", [DONE], "before Start"),
    ("a failure first", [Failure(ErrorKind.UPSTREAM, "x")], "before Start"),
    ("two starts", [Start(), Start()], "twice"),
    ("no end", [Start(), *BLOCK], "no end"),
    ("behind the end", [Start(), DONE, DONE], "after the end"),
    ("behind a failure", [Start(), Failure(ErrorKind.UPSTREAM, "x"), DONE], "after the end"),
    ("block number", [Start(), BlockStart(1, Text(""))], "is due"),
    ("block in a block", [Start(), BLOCK[0], BlockStart(1, Text(""))], "inside a block"),
    ("end in a block", [Start(), BLOCK[0], DONE], "inside a block"),
    ("delta of nothing", [Start(), BLOCK[1]], "no open block"),
    ("stop of nothing", [Start(), BLOCK[2]], "no open block"),
    ("empty delta", [Start(), BLOCK[0], Delta(0, "")], "empty piece"),
    ("growth of a search", [Start(), BlockStart(0, WebSearch("i")), Delta(0, "x")], "grows"),
    ("growth behind the state", [Start(), BLOCK[0], Sign(0, STATE), Delta(0, "x")], "behind"),
    ("two states", [Start(), BLOCK[0], Sign(0, STATE), Sign(0, STATE)], "behind"),
    (
        "source of a thought",
        [Start(), BlockStart(0, Thinking("")), Cite(0, Citation("u"))],
        "cited",
    ),
    ("no name", [Start(), BlockStart(0, ToolCall("a", ""))], "without a name"),
    ("calls without calls", [Start(), Finish(FinishReason.TOOL_USE)], "did not make"),
    ("turn with calls", [Start(), BlockStart(0, CALL), BlockStop(0), DONE], "with calls"),
    ("silent failure", [Start(), Failure(ErrorKind.UPSTREAM, "")], "without words"),
    ("half a character", [Start(), BLOCK[0], Delta(0, "\ud83d")], "half a character"),
]


@pytest.mark.parametrize(("stream", "complaint"), [w[1:] for w in WRONG], ids=[w[0] for w in WRONG])
def test_broken_events_are_found_out(stream: list[Any], complaint: str) -> None:
    """The neutral grammar, word by word."""
    with pytest.raises(AssertionError, match=complaint):
        neutral.judge(stream)
