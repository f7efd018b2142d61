"""What a client gets: chunks as the vendor would write them, and whole answers that say the same."""

from __future__ import annotations

import json
from typing import Any

import pytest

from aimux.errors import ErrorKind, StreamCut
from aimux.model.events import (
    BlockStart,
    BlockStop,
    Delta,
    Event,
    Failure,
    Finish,
    Sign,
    Start,
    replay,
)
from aimux.model.parts import (
    CallKind,
    Citation,
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
from aimux.model.request import Effort, Reasoning, Request
from aimux.model.response import AnswerPart, FinishReason, Response, Usage
from aimux.wire.opaque import seal_base64
from aimux.wire.openai_chat import OpenAIChat
from aimux.wire.target import Audience
from tests.support.grammar import openai_chat as grammar

CODEC = OpenAIChat()
R = FinishReason
USAGE = Usage(100, 20, 30, None, 5)


def audience(
    *, usage: bool = True, legacy: bool = False, reasoning: Reasoning | None = None
) -> Audience:
    """A client that asked for ``wanted``."""
    echo = {"include_usage": usage, "functions": legacy}
    request = Request("wanted", (), echo=echo, reasoning=reasoning or Reasoning())
    return Audience(request, 1_790_000_000)


def response(*parts: AnswerPart, finish: FinishReason = R.END_TURN, detail: str = "") -> Response:
    """An answer of these parts."""
    return Response("chatcmpl-1", "upstream-model", parts, finish, USAGE, detail=detail)


def streamed(answer: Response, to: Audience | None = None) -> bytes:
    """The stream of an answer."""
    return CODEC.writer(to or audience()).write(replay(answer))


def chunks(stream: bytes) -> list[Any]:
    """The data of each event; [DONE] as a text."""
    datas = [event.removeprefix(b"data: ") for event in stream.split(b"\n\n")[:-1]]
    return ["[DONE]" if data == b"[DONE]" else json.loads(data) for data in datas]


def deltas(stream: bytes) -> list[Any]:
    """What each chunk adds."""
    return [
        each["choices"][0]["delta"]
        for each in chunks(stream)
        if each != "[DONE]" and each["choices"]
    ]


def whole(answer: Response, to: Audience | None = None) -> Any:
    """The answer that is not streamed."""
    return json.loads(CODEC.write_response(answer, to or audience()))


CALL = ToolCall("call_1", "f", '{"x":1}')
SIGNED = Opaque(OpaqueKind.ANTHROPIC_SIGNATURE, "sig", "other", "m")
GEMINI = Opaque(OpaqueKind.GEMINI_SIGNATURE, "c2ln", "google", "m")
BARE = Opaque(OpaqueKind.GEMINI_SIGNATURE, "c2ln")

ANSWERS = {
    "empty": response(),
    "text": response(Text("Hello, w\xf6rld \u2603.")),
    "texts": response(Text("a"), Text("b")),
    "empty-text": response(Text("")),
    "thinking": response(Thinking("r", SIGNED), Text("a")),
    "thoughts": response(Thinking("r"), Text("a"), Thinking(""), Thinking("s"), Text("b")),
    "calls": response(Text("a"), CALL, ToolCall("call_2", "g", "{}"), finish=R.TOOL_USE),
    "call-without-arguments": response(ToolCall("call_1", "f"), finish=R.TOOL_USE),
    "custom": response(ToolCall("call_1", "f", "*** x", CallKind.CUSTOM), finish=R.TOOL_USE),
    "custom-without-input": response(ToolCall("c", "f", "", CallKind.CUSTOM), finish=R.TOOL_USE),
    "states": response(
        Thinking("r", SIGNED), Text("a"), Thinking("s", SIGNED), CALL, Thinking("t", SIGNED),
        ToolCall("call_2", "g", "{}", state=GEMINI), finish=R.TOOL_USE,
    ),
    "refusal": response(Refusal("no"), finish=R.REFUSAL, detail="why"),
    "refused": response(Text("a"), finish=R.REFUSAL, detail="why"),
    "refused-without-a-word": response(finish=R.REFUSAL),
    "search": response(WebSearch("s", "q"), Text("a", (Citation("https://x", "t", "c"),))),
    "length": response(CALL, finish=R.MAX_TOKENS),
    "lines": response(Text("a\u2028b\u2029c\x85d\r\ne\x00")),
}  # fmt: skip


@pytest.mark.parametrize("usage", [True, False], ids=["usage", "no-usage"])
@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS)
def test_a_stream_is_of_the_format_and_says_what_the_answer_says(
    answer: Response, usage: bool
) -> None:
    """An automaton of the grammar reads it; a whole answer says the same."""
    to = audience(usage=usage)
    told = grammar.judge(streamed(answer, to), model="wanted", usage=usage)
    said = grammar.judge_whole(CODEC.write_response(answer, to), model="wanted")

    assert (told.thinking, told.words, told.calls) == (said.thinking, said.words, said.calls)
    assert (told.states, told.finish, told.id) == (said.states, said.finish, said.id)
    assert told.tokens == (said.tokens if usage else type(said.tokens)())
    assert (said.tokens.input, said.tokens.output) == (100, 20)


def test_the_stream_of_a_plain_answer() -> None:
    """Byte for byte: the role first, one head for all, the reason, the tokens, [DONE]."""
    head = (
        '{"id":"chatcmpl-1","object":"chat.completion.chunk","created":1790000000,"model":"wanted",'
    )
    stream = streamed(response(Text("a")))

    assert stream.decode().split("\n\n") == [
        f'data: {head}"choices":[{{"index":0,"delta":{{"role":"assistant","content":""}},'
        '"finish_reason":null}],"usage":null}',
        f'data: {head}"choices":[{{"index":0,"delta":{{"content":"a"}},"finish_reason":null}}],'
        '"usage":null}',
        f'data: {head}"choices":[{{"index":0,"delta":{{}},"finish_reason":"stop"}}],"usage":null}}',
        f'data: {head}"choices":[],"usage":{{"prompt_tokens":100,"completion_tokens":20,'
        '"total_tokens":120,"prompt_tokens_details":{"cached_tokens":30},'
        '"completion_tokens_details":{"reasoning_tokens":5}}}',
        "data: [DONE]",
        "",
    ]


def test_one_event_in_one_event_out() -> None:
    """What comes is written at once, and what need not be known is not written."""
    writer = CODEC.writer(audience())
    written = [
        writer.write([event])
        for event in (Start("a"), BlockStart(0, Text("")), Delta(0, "x"), BlockStop(0))
    ]

    assert [bool(each) for each in written] == [True, False, True, False]


def test_an_index_counts_the_calls_the_client_sees() -> None:
    """Edge 52: contiguous from 0, whatever stands between them."""
    answer = response(Thinking("r"), CALL, Text("a"), ToolCall("call_2", "g", "{}"))
    fragments = [each["tool_calls"][0] for each in deltas(streamed(answer)) if "tool_calls" in each]

    assert [each["index"] for each in fragments] == [0, 0, 1, 1]


def test_a_call_begins_with_its_name_and_goes_on_with_its_arguments() -> None:
    """The vendor's form of fragments."""
    said = [each["tool_calls"] for each in deltas(streamed(response(CALL))) if "tool_calls" in each]

    assert said == [
        [{"index": 0, "id": "call_1", "type": "function", "function": {"name": "f", "arguments": ""}}],
        [{"index": 0, "function": {"arguments": '{"x":1}'}}],
    ]  # fmt: skip


def test_arguments_that_come_with_the_call_are_not_said_twice() -> None:
    """A block may begin with some of its content."""
    events: list[Event] = [
        Start("a"), BlockStart(0, CALL), BlockStop(0), BlockStart(1, Text("x")), Delta(1, "y"),
        BlockStop(1), Finish(R.TOOL_USE),
    ]  # fmt: skip
    told = grammar.judge(CODEC.writer(audience()).write(events))

    assert [call.arguments for call in told.calls] == ['{"x":1}']
    assert told.words == "xy"


@pytest.mark.parametrize(
    ("finish", "parts", "word"),
    [
        (R.END_TURN, (), "stop"),
        (R.STOP_SEQUENCE, (), "stop"),
        (R.PAUSE_TURN, (), "length"),
        (R.COMPACTION, (), "stop"),
        (R.TOOL_USE, (CALL,), "tool_calls"),
        (R.END_TURN, (CALL,), "tool_calls"),
        (R.STOP_SEQUENCE, (CALL,), "tool_calls"),
        (R.TOOL_USE, (), "stop"),
        (R.MAX_TOKENS, (CALL,), "length"),
        (R.CONTEXT_WINDOW, (), "length"),
        (R.REFUSAL, (), "content_filter"),
    ],
)
def test_why_it_ended_in_the_vendors_word(
    finish: FinishReason, parts: tuple[AnswerPart, ...], word: str
) -> None:
    """Edge 51: no other format's word gets through."""
    answer = response(*parts, finish=finish)

    assert chunks(streamed(answer))[-3]["choices"][0]["finish_reason"] == word
    assert whole(answer)["choices"][0]["finish_reason"] == word


def test_tokens_come_only_when_asked_for() -> None:
    """Edge 284: strict clients break on a chunk without choices."""
    said = chunks(streamed(response(Text("a")), audience(usage=False)))

    assert all("usage" not in each and each["choices"] for each in said if each != "[DONE]")


def test_tokens_of_the_beginning_count() -> None:
    """Anthropic tells the prompt's at the start and the answer's at the end."""
    events: list[Event] = [Start("a", "m", Usage(7)), Finish(R.END_TURN, Usage(None, 3))]
    told = grammar.judge(CODEC.writer(audience()).write(events))

    assert (told.tokens.input, told.tokens.output) == (7, 3)


@pytest.mark.parametrize(
    ("usage", "said"),
    [
        (Usage(), (0, 0, None, None, None)),
        (Usage(None, None, 9), (9, 0, 9, None, None)),
        (Usage(5, 2, 9, 1), (10, 2, 9, 1, None)),
        (Usage(5, 2, None, None, 8), (5, 8, None, None, 8)),
        (Usage(105, 20, 30, 5, 8), (105, 20, 30, 5, 8)),
    ],
)
def test_tokens_never_contradict_each_other(usage: Usage, said: tuple[int | None, ...]) -> None:
    """Edges 338 to 341: what is unknown is 0 or left out, a part is never larger than the whole."""
    answer = Response("chatcmpl-1", "m", (), R.END_TURN, usage)
    tokens = grammar.judge_whole(CODEC.write_response(answer, audience())).tokens

    assert (
        tokens.input, tokens.output, tokens.cache_read, tokens.cache_write, tokens.reasoning
    ) == said  # fmt: skip
    assert tokens == grammar.judge(streamed(answer)).tokens


# ---------------------------------------------------------------- thinking, refusal, sources


def test_thoughts_share_one_field_with_a_blank_line_between() -> None:
    """In a stream as in a whole answer."""
    answer = response(Thinking("r"), Text("a"), Thinking(""), Thinking("s"))

    assert whole(answer)["choices"][0]["message"]["reasoning_content"] == "r\n\ns"
    assert (
        "".join(each.get("reasoning_content", "") for each in deltas(streamed(answer))) == "r\n\ns"
    )


def test_thinking_that_shall_not_be_shown_is_not() -> None:
    """Its state is carried all the same: the provider may need it."""
    to = audience(reasoning=Reasoning(Effort.OFF, shown=False))
    answer = response(Thinking("r", SIGNED), CALL)

    told = grammar.judge(streamed(answer, to))
    assert (told.thinking, len(told.states)) == ("", 1)
    assert "reasoning_content" not in whole(answer, to)["choices"][0]["message"]


def test_states_ride_on_the_next_call() -> None:
    """In a carrier with the thinking they bind; a call's own state behind them."""
    first, second = grammar.judge(streamed(ANSWERS["states"])).states

    assert first == f"{seal_base64(SIGNED, 'r')},{seal_base64(SIGNED, 's')};"
    assert second == f"{seal_base64(SIGNED, 't')};,{seal_base64(GEMINI)}"


def test_a_bare_signature_stays_bare() -> None:
    """What came from the client's own vendor goes back as it was."""
    answer = response(ToolCall("call_1", "f", "{}", state=BARE))

    assert grammar.judge(streamed(answer)).states == ("c2ln",)


def test_a_state_that_comes_late_is_one_more_fragment() -> None:
    """SDKs put texts of fragments together: it continues the slot."""

    def written(*before: Event) -> list[Any]:
        block = len(before) and 1
        events = [
            Start("a"), *before, BlockStart(block, ToolCall("call_1", "f")), Delta(block, "{}"),
            Sign(block, GEMINI), BlockStop(block), Finish(R.TOOL_USE),
        ]  # fmt: skip
        stream = CODEC.writer(audience()).write(events)
        fragments = [e["tool_calls"][0] for e in deltas(stream) if "tool_calls" in e]
        return [
            each["extra_content"]["google"]["thought_signature"]
            for each in fragments
            if "extra_content" in each
        ]

    thought = (BlockStart(0, Thinking("r")), Sign(0, SIGNED), BlockStop(0))
    assert written() == [seal_base64(GEMINI)]
    assert written(*thought) == [seal_base64(SIGNED, "r"), "," + seal_base64(GEMINI)]


def test_a_text_s_signature_has_no_slot() -> None:
    """Nor does it become that of the thinking behind it."""
    answer = response(Text("a", state=GEMINI), Thinking("r"), CALL)

    assert grammar.judge(streamed(answer)).states == ()


def test_why_it_was_refused_is_said_once() -> None:
    """The explanation stands in for words of refusal, never beside them."""
    assert grammar.judge(streamed(ANSWERS["refused"])).words == "awhy"
    assert grammar.judge(streamed(ANSWERS["refusal"])).words == "no"
    message = whole(ANSWERS["refused"])["choices"][0]["message"]
    assert (message["content"], message["refusal"]) == ("a", "why")


def test_sources_stand_behind_their_text() -> None:
    """In one chunk behind all of it; their ranges count in the whole message."""
    answer = response(
        Text("ab", (Citation("https://x", "t"),)),
        Text("cde", (Citation("https://y", start=1, end=2), Citation("https://z"))),
    )
    said = [
        {"type": "url_citation", "url_citation": {
            "url": url, "title": title, "start_index": start, "end_index": end}}
        for url, title, start, end in (
            ("https://x", "t", 0, 2), ("https://y", "", 3, 4), ("https://z", "", 2, 5))
    ]  # fmt: skip

    assert whole(answer)["choices"][0]["message"]["annotations"] == said
    streams = [each.get("annotations") for each in deltas(streamed(answer))]
    assert streams == [None, None, None, said, None]


@pytest.mark.parametrize(
    ("media", "url"),
    [
        (Media(MediaKind.IMAGE, "image/png", data="AAAA"), "data:image/png;base64,AAAA"),
        (Media(MediaKind.IMAGE, url="https://x"), "https://x"),
    ],
)
def test_an_image_has_openrouters_form(media: Media, url: str) -> None:
    """The vendor itself has none."""
    said = [{"type": "image_url", "image_url": {"url": url}, "index": 0}]

    assert whole(response(media))["choices"][0]["message"]["images"] == said
    assert {"images": said} in deltas(streamed(response(media)))


def test_no_reader_of_lines_is_led_astray() -> None:
    """Edge 13, the other way: no character but LF ends a line of ours."""
    stream = streamed(ANSWERS["lines"]).decode()

    assert stream.splitlines() == stream.split("\n")[:-1]
    assert grammar.judge(stream.encode()).words == "a\u2028b\u2029c\x85d\r\ne\x00"


# ---------------------------------------------------------------- the older form, the end


def test_a_client_of_functions_reads_function_call() -> None:
    """Edge 281: the first call, whose result it can send; the model makes the others again."""
    to = audience(legacy=True)
    answer = response(Thinking("r", SIGNED), CALL, ToolCall("b", "g"), finish=R.TOOL_USE)
    stream = streamed(answer, to)

    assert [each["function_call"] for each in deltas(stream) if "function_call" in each] == [
        {"name": "f", "arguments": ""},
        {"arguments": '{"x":1}'},
    ]
    assert b"tool_calls" not in stream
    assert chunks(stream)[-3]["choices"][0]["finish_reason"] == "function_call"
    choice = whole(answer, to)["choices"][0]
    assert choice["finish_reason"] == "function_call"
    assert choice["message"]["function_call"] == {"name": "f", "arguments": '{"x":1}'}
    assert "tool_calls" not in choice["message"]


def test_a_late_state_says_nothing_in_the_older_form() -> None:
    """It has no slot; a call without arguments still says that it has none."""
    events: list[Event] = [
        Start("a"), BlockStart(0, ToolCall("c", "f")), Sign(0, GEMINI), BlockStop(0),
        Finish(R.TOOL_USE),
    ]  # fmt: skip
    said = deltas(CODEC.writer(audience(legacy=True)).write(events))

    assert said[1:] == [
        {"function_call": {"name": "f", "arguments": ""}}, {"function_call": {"arguments": "{}"}}, {}
    ]  # fmt: skip


def test_a_stream_that_breaks_off() -> None:
    """Edge 86: the error and [DONE], no reason to have ended well."""
    writer = CODEC.writer(audience())
    failure = Failure(ErrorKind.UPSTREAM, "gone")
    stream = writer.write([Start("a"), BlockStart(0, Text("")), Delta(0, "x"), failure])
    told = grammar.judge(stream + writer.fail(StreamCut("gone"), "req-1"))

    assert (told.words, told.error) == ("x", "gone")


def test_the_model_is_the_one_that_was_asked_for() -> None:
    """Edge 88: in every chunk, with one id and one time."""
    heads = {
        (each["id"], each["model"], each["created"])
        for each in chunks(streamed(ANSWERS["calls"]))
        if each != "[DONE]"
    }

    assert heads == {("chatcmpl-1", "wanted", 1_790_000_000)}
    assert whole(ANSWERS["calls"])["model"] == "wanted"


@pytest.mark.parametrize(
    ("parts", "content"),
    [
        ((), ""), ((CALL,), None), ((Refusal("no"),), None), ((Text("a"), CALL), "a"),
        ((Thinking("r"),), ""),
    ],
)  # fmt: skip
def test_content_is_null_beside_calls_and_refusals_only(
    parts: tuple[AnswerPart, ...], content: str | None
) -> None:
    """As the vendor writes it; an array of no calls is never written."""
    message = whole(response(*parts))["choices"][0]["message"]

    assert message["content"] == content
    assert ("tool_calls" in message) == (CALL in parts)
