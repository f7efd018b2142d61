"""What holds of any request, any answer and any stream (protocols 4.2)."""

from __future__ import annotations

import json
from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from aimux.errors import InvalidRequest
from aimux.model.events import Failure, Finish, collect, replay
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
from aimux.model.request import Role
from aimux.model.response import FinishReason, Response, Usage
from aimux.wire import opaque
from aimux.wire.adapt import adapt
from aimux.wire.jsontext import dumps, scan
from aimux.wire.sse import fields
from tests.support.answers import EVERYTHING, OPENAI_RESPONSES, events
from tests.support.chunks import CUTS, pieces
from tests.support.grammar import neutral
from tests.support.grammar import openai_responses as grammar
from tests.wire.openai_responses.asking import CODEC, ENCRYPTED, OWN, PROVIDER, audience, heard
from tests.wire.openai_responses.mutants import mutants

few = settings(max_examples=60, deadline=None)
TO = audience(encrypted=True)

# ---------------------------------------------------------------- answers

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
STATES = st.builds(
    Opaque,
    st.sampled_from([OpaqueKind.ANTHROPIC_SIGNATURE, OpaqueKind.OPENAI_REASONING, OpaqueKind.TEXT]),
    TEXTS,
    st.just("issuer"),
    st.just("model"),
)
CITATIONS = st.builds(Citation, st.just("http://a"), TEXTS)
OBJECTS = st.dictionaries(TEXTS, st.one_of(st.integers(), TEXTS), max_size=2).map(json.dumps)
CALLS = st.one_of(
    st.builds(ToolCall, st.just(""), st.just("f"), OBJECTS, namespace=st.sampled_from(["", "ns"])),
    st.builds(ToolCall, st.just(""), st.just("p"), TEXTS, st.just(CallKind.CUSTOM)),
    st.builds(
        ToolCall, st.just(""), st.just("tool_search"), OBJECTS, st.just(CallKind.TOOL_SEARCH)
    ),
)
PARTS = st.one_of(
    st.builds(Text, TEXTS, st.lists(CITATIONS, max_size=2).map(tuple)),
    st.builds(Refusal, TEXTS),
    st.builds(Thinking, TEXTS, st.none() | STATES),
    CALLS,
    st.builds(
        WebSearch, st.just("s"), TEXTS, st.lists(st.builds(Hit, TEXTS), max_size=2).map(tuple)
    ),
    st.just(Media(MediaKind.IMAGE, "image/png", "AAAA")),
)
COUNTS = st.none() | st.integers(0, 99)
USAGES = st.builds(Usage, COUNTS, COUNTS, COUNTS, COUNTS, COUNTS)


def _answer(parts: list[Any], cut: FinishReason | None, usage: Usage) -> Response:
    """An answer whose calls have ids of their own and whose end fits them."""
    named = tuple(
        ToolCall(f"call_{at:08}", part.name, part.arguments, part.kind, part.namespace)
        if isinstance(part, ToolCall)
        else part
        for at, part in enumerate(parts)
    )
    calls = any(isinstance(part, ToolCall) for part in named)
    ended = FinishReason.TOOL_USE if calls else FinishReason.END_TURN
    return Response("resp_1", "m", named, cut or ended, usage)


ANSWERS = st.builds(
    _answer,
    st.lists(PARTS, max_size=6),
    st.none() | st.sampled_from([FinishReason.MAX_TOKENS, FinishReason.REFUSAL]),
    USAGES,
)


@few
@given(ANSWERS)
def test_any_answer_is_a_word_of_the_grammar(answer: Response) -> None:
    """P5, P6, P7, P15: and whole it is what it is as a stream."""
    stream = CODEC.writer(TO).write(replay(answer))
    said = grammar.judge(stream, model="asked-for")

    assert said.gist == grammar.judge_whole(CODEC.write_response(answer, TO)).gist
    assert said.thinking == neutral.told_of(answer).thinking
    assert said.words == neutral.told_of(answer).words
    assert [call.gist for call in said.calls] == [
        call.gist for call in neutral.told_of(answer).calls
    ]


@few
@given(ANSWERS, CUTS)
def test_what_is_written_can_be_read(answer: Response, cuts: list[int]) -> None:
    """P1, P9, P10: parts that say something come back as they were, however the stream is cut."""
    stream = CODEC.writer(TO).write(replay(answer))
    said = heard(stream, PROVIDER, pieces(stream, cuts))
    neutral.judge(said)
    back = collect(said)

    assert said == heard(stream)
    assert back == CODEC.read_response(json.loads(CODEC.write_response(answer, TO)), PROVIDER)
    assert [_gist(part) for part in back.parts] == [
        _gist(part) for part in answer.parts if _says_something(part)
    ]


def _says_something(part: Any) -> bool:
    match part:
        case Text(text) | Refusal(text):
            return bool(text)
        case Thinking(text, state):
            return bool(text or state)
        case _:
            return True


def _gist(part: Any) -> Any:
    """What a provider's answer keeps of a part: states are the provider's now, with ours within."""
    match part:
        case Thinking(text, Opaque(OpaqueKind.OPENAI_REASONING, value, "p")):
            return Thinking(text, opaque.open_carrier(value))
        case Thinking(text, Opaque(OpaqueKind.TEXT, "", "p")):
            return Thinking(text)
        case Text(text, citations):
            return text, [(each.url, each.title) for each in citations]
        case WebSearch(_, query, hits):
            return query, [hit.url for hit in hits]
        case ToolCall(kind=CallKind.TOOL_SEARCH):
            return part.name, json.loads(part.arguments)
        case _:
            return part


@few
@given(ANSWERS, st.integers(0, 40))
def test_an_answer_that_breaks_off_says_so_once(answer: Response, count: int) -> None:
    """P7, P8: wherever it does; what was said before stays said."""
    steps = list(replay(answer))
    writer = CODEC.writer(TO)
    before = writer.write(steps[: min(count, len(steps) - 1)])
    after = writer.fail(InvalidRequest("m"), "req-1")

    assert CODEC.writer(TO).write(steps).startswith(before)
    last = heard(before + after)[-1]
    assert isinstance(last, Failure)
    assert last.message == "m"


# ---------------------------------------------------------------- streams of all makes

SPOKEN = [json.loads(fields(block)[1]) for block in events(OPENAI_RESPONSES, EVERYTHING)]
RARE = [
    {"type": "response.output_text.delta", "output_index": 0, "content_index": 0, "delta": "a"},
    {
        "type": "response.output_text.annotation.added",
        "output_index": 0,
        "annotation": {"url": "u", "title": "t", "start_index": 0, "end_index": 1},
    },
    {"type": "response.refusal.delta", "output_index": 1, "content_index": 1, "delta": "no"},
    {"type": "response.reasoning_text.delta", "output_index": 2, "content_index": 0, "delta": "hm"},
    {"type": "response.function_call_arguments.delta", "output_index": 3, "delta": "{"},
    *(
        {"type": f"response.output_item.{step}", "output_index": at + 3, "item": item}
        for at, item in enumerate(
            [
                {"type": "custom_tool_call", "call_id": "c", "name": "p", "input": "raw"},
                {"type": "tool_search_call", "call_id": "d", "arguments": {"q": 1}},
                {"type": "web_search_call", "action": {"query": "q", "sources": [{"url": "u"}]}},
                {"type": "image_generation_call", "result": "AAAA", "output_format": "png"},
                {"type": "shell_call", "call_id": "e", "action": {"commands": ["ls"]}},
                {"type": "reasoning", "summary": [], "content": [{"text": "hm"}]},
            ]
        )
        for step in ("added", "done")
    ),
    {
        "type": "response.incomplete",
        "response": {"incomplete_details": {"reason": "max_output_tokens"}, "output": [SPOKEN[-1]]},
    },
]


@settings(max_examples=120, deadline=None)
@given(mutants(SPOKEN, RARE, most=4), st.randoms(use_true_random=False), st.booleans())
def test_any_stream_is_a_word_of_the_neutral_grammar(
    stream: list[Any], random: Random, shuffled: bool
) -> None:
    """P6: whatever is wrong in it and in whatever order, it ends in one Finish or one Failure."""
    if shuffled:
        random.shuffle(stream)
    data = [json.dumps(each).encode() for each in stream]
    said = heard(b"".join(b"data: %b\n\n" % each for each in data))

    neutral.judge(said)
    assert isinstance(said[-1], Finish | Failure)


@few
@given(st.binary(max_size=200))
def test_any_bytes_are_a_stream_that_was_cut(stream: bytes) -> None:
    """Nothing is raised, and nothing ends well."""
    assert isinstance(heard(stream + b"\n\n")[-1], Failure)


# ---------------------------------------------------------------- requests of all makes

SCHEMA = {"type": "object", "properties": {"x": {"type": "number", "minimum": 0.5}}}
FUNCTION = {
    "type": "function",
    "name": "f",
    "parameters": SCHEMA,
    "strict": True,
    "description": "d",
}
PNG = "data:image/png;base64,iVBORw0KGgo="
SAID = [
    {"type": "input_text", "text": "a", "prompt_cache_breakpoint": {}},
    {"type": "input_image", "image_url": PNG, "detail": "low"},
    {
        "type": "input_file",
        "filename": "a.pdf",
        "file_data": "data:application/pdf;base64,JVBERi0=",
    },
    {"type": "input_audio", "input_audio": {"data": "UklGRgAAAABXQVZF", "format": "wav"}},
]
ASKED = {
    "model": "x",
    "instructions": "i",
    "input": [
        {"type": "additional_tools", "role": "developer", "tools": [FUNCTION]},
        {"role": "developer", "content": "first"},
        {"type": "message", "role": "user", "content": SAID},
        {
            "type": "reasoning",
            "summary": [{"type": "summary_text", "text": "hm"}],
            "content": [{"type": "reasoning_text", "text": "hm"}],
            "encrypted_content": "gAAAA",
        },
        {
            "type": "function_call",
            "call_id": "c1",
            "name": "f",
            "arguments": "{}",
            "namespace": "n",
        },
        {"type": "custom_tool_call", "call_id": "c2", "name": "p", "input": "raw"},
        {
            "type": "tool_search_call",
            "execution": "client",
            "call_id": "c3",
            "arguments": {"q": 1.5},
        },
        {"type": "local_shell_call", "id": "l", "call_id": "c4", "action": {"command": ["ls"]}},
        {"type": "shell_call", "call_id": "c5", "action": {"commands": ["ls"]}},
        {"type": "apply_patch_call", "call_id": "c6", "operation": {"type": "delete_file"}},
        {"type": "function_call_output", "call_id": "c1", "output": SAID[:2]},
        {"type": "function_call_output", "call_id": "c1", "output": json.dumps(SAID[1:2])},
        {"type": "custom_tool_call_output", "call_id": "c2", "output": "ok"},
        {"type": "tool_search_output", "execution": "client", "call_id": "c3", "tools": [FUNCTION]},
        {"type": "local_shell_call_output", "id": "l", "output": "ok"},
        {"type": "shell_call_output", "call_id": "c5", "output": [{"stdout": "a", "stderr": ""}]},
        {"type": "apply_patch_call_output", "call_id": "c6", "status": "failed", "output": "no"},
        {
            "role": "assistant",
            "content": [{"type": "output_text", "text": "a", "annotations": [{"url": "u"}]}],
        },
        {"type": "web_search_call", "action": {"query": "q", "sources": [{"url": "u"}]}},
        {"type": "mcp_call", "name": "n", "output": "o"},
        {
            "type": "configuration_update",
            "reasoning": {"effort": "low"},
            "text": {"format": {"type": "text"}},
        },
        {"role": "user", "content": "?"},
    ],
    "tools": [
        FUNCTION,
        {"type": "custom", "name": "p", "format": {"type": "grammar", "definition": "x"}},
        {"type": "namespace", "name": "n", "tools": [FUNCTION]},
        {"type": "tool_search", "execution": "client", "parameters": SCHEMA},
        {
            "type": "web_search",
            "filters": {"allowed_domains": ["a"]},
            "user_location": {"city": "b"},
        },
        {"type": "shell", "environment": {"type": "local"}},
        {"type": "file_search"},
    ],
    "tool_choice": {
        "type": "allowed_tools",
        "mode": "auto",
        "tools": [{"type": "function", "name": "f"}],
    },
    "parallel_tool_calls": True,
    "text": {"format": {"type": "json_schema", "name": "n", "schema": SCHEMA}, "verbosity": "low"},
    "reasoning": {"effort": "high", "summary": "auto"},
    "include": [ENCRYPTED],
    "max_output_tokens": 5,
    "temperature": 0.5,
    "metadata": {"a": "b"},
    "user": "u",
    "service_tier": "flex",
    "max_tool_calls": 3,
    "prompt_cache_key": "k",
}


def test_the_request_that_is_changed_is_one() -> None:
    """Or its mutants would show nothing."""
    asked = CODEC.read_request(scan(json.dumps(ASKED).encode()), "m", stream=True)

    assert asked.tools
    assert [message.role for message in asked.messages] == [
        Role.USER, Role.ASSISTANT, Role.USER, Role.ASSISTANT, Role.USER,
    ]  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(mutants(ASKED))
def test_any_request_is_read_or_refused(body: dict[str, Any]) -> None:
    """P18: what is read can be written for anybody, or is refused; and it is the caller's fault."""
    document = scan(json.dumps(body).encode())
    for target in (OWN, PROVIDER):
        try:
            asked = CODEC.read_request(document, "m", stream=True)
            adapted = adapt(asked, CODEC.rules(target), target).request
            dumps(CODEC.write_request(adapted, target).body)
        except InvalidRequest as problem:
            assert problem.message  # noqa: PT017 -- any other exception is the failure
