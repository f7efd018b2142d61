"""What holds for any stream: the grammar, the same under any cut, and work in step with its length."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aimux.model.events import Event, Failure, Finish, collect, replay
from aimux.model.parts import Opaque, OpaqueKind, Refusal, Text, Thinking, ToolCall
from aimux.model.request import Request
from aimux.model.response import FinishReason, Response
from aimux.wire import jsontext
from aimux.wire.openai_chat import OpenAIChat
from aimux.wire.openai_chat.reader import Reader
from aimux.wire.target import Audience, Target
from tests.support.grammar import neutral
from tests.support.grammar import openai_chat as grammar
from tests.support.grammar.told import Kind, Told
from tests.wire.openai_chat.chunks import DONE, TARGET, block, calls, chunk, events_of, fragment

CODEC = OpenAIChat()
TAGS = Target("mine", "m", quirks=frozenset({"reasoning-in-think-tags"}))
TEXTS = st.text(max_size=6) | st.sampled_from(
    ["<think>", "</think>", "[DONE]", "data: x\n\n", "{}"]
)

ARGUMENTS = st.sampled_from(["", "{}", '{"a":', "1}", '{"a":1}', None, {}, {"a": 1}, " ", 7])
FRAGMENTS = st.fixed_dictionaries(
    {"function": st.fixed_dictionaries({}, optional={
        "name": st.sampled_from(["f", "g", "", None, 7]), "arguments": ARGUMENTS})},
    optional={
        "index": st.sampled_from([0, 1, 2, None, "0"]),
        "id": st.sampled_from(["a", "b", "", None, 7]),
        "extra_content": st.just({"google": {"thought_signature": "c2ln"}}),
    },
)  # fmt: skip
DETAILS = st.fixed_dictionaries(
    {"type": st.sampled_from(["reasoning.text", "reasoning.encrypted"])},
    optional={"index": st.integers(0, 1), "text": TEXTS, "data": TEXTS, "signature": TEXTS},
)
DELTAS = st.fixed_dictionaries({}, optional={
    "role": st.just("assistant"),
    "content": TEXTS | st.none() | st.lists(
        TEXTS | st.fixed_dictionaries({"type": st.just("text"), "text": TEXTS}), max_size=2),
    "reasoning_content": TEXTS | st.none(),
    "reasoning_details": st.lists(DETAILS, max_size=2),
    "refusal": TEXTS | st.none(),
    "tool_calls": st.lists(FRAGMENTS, max_size=3) | st.none(),
    "function_call": st.none() | st.just({"name": "f", "arguments": "{}"}),
    "annotations": st.just([{"type": "url_citation", "url_citation": {"url": "u"}}]),
})  # fmt: skip
CHUNKS = st.one_of(
    st.builds(chunk, DELTAS, st.none() | st.none() | st.sampled_from(["stop", "tool_calls", "error"])),
    st.builds(lambda m: block({"choices": [{"message": m}]}), DELTAS),
    st.sampled_from([
        DONE, b": ping\n\n", block("{"), block({"choices": [], "usage": {"prompt_tokens": 1}}),
        block({"error": {"message": "x"}}),
    ]),
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(st.lists(CHUNKS, max_size=8), st.sampled_from([TARGET, TAGS]))
def test_any_stream_is_a_word_of_the_grammar(blocks: list[bytes], target: Target) -> None:
    """P1, P6, P7, P10: ended once, and no call that looks complete where the stream was cut."""
    events = events_of(b"".join(blocks), target)

    assert isinstance(events[-1], Finish | Failure)
    if any(isinstance(event, Finish) for event in events):
        told = grammar.judge(CODEC.writer(AUDIENCE).write(_with_ids(events)))
        said = neutral.judge(events)
        assert told.thinking.replace("\n", "") == said.thinking.replace("\n", "")
        for kind in (Kind.TEXT, Kind.REFUSAL):
            assert _text(told, kind) == _text(said, kind)


def _text(told: Told, kind: Kind) -> str:
    """All of a kind; the format has one field for each, so their order among each other is lost."""
    return "".join(piece.text for piece in told.pieces if piece.kind is kind)


AUDIENCE = Audience(Request("m", (), echo={"include_usage": True}), 1)


def _with_ids(events: list[Event]) -> list[Event]:
    """The events with an id for the answer and for each call, as the restorer gives them."""
    answer = collect(events)
    parts = tuple(
        ToolCall(f"call_{at}", part.name, part.arguments or "{}", part.kind)
        if isinstance(part, ToolCall)
        else part
        for at, part in enumerate(answer.parts)
    )
    return list(replay(Response("chatcmpl-1", "m", parts, answer.finish, answer.usage)))


# ---------------------------------------------------------------- what is written is read

STATE = Opaque(OpaqueKind.TEXT, "", "mine", "model-1")
SOME = st.text(min_size=1, max_size=8)
OBJECTS = st.dictionaries(SOME, st.integers() | SOME, max_size=2).map(
    lambda value: json.dumps(value, ensure_ascii=False)
)
PLAIN_PARTS = st.one_of(
    st.builds(Text, SOME),
    st.builds(Refusal, SOME),
    st.builds(ToolCall, st.sampled_from(["call_1", "call_2"]), st.just("f"), OBJECTS),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(PLAIN_PARTS, max_size=5), st.sampled_from(list(FinishReason)))
def test_what_the_writer_writes_the_reader_reads(parts: list[Any], finish: FinishReason) -> None:
    """P5, P9, P14: a stream and a whole answer say the same, with nothing lost or doubled."""
    numbered = [
        ToolCall(f"call_{at}", part.name, part.arguments) if isinstance(part, ToolCall) else part
        for at, part in enumerate(parts)
    ]
    answer = Response("chatcmpl-1", "m", tuple(numbered), finish)
    stream = collect(events_of(CODEC.writer(AUDIENCE).write(replay(answer))))
    whole = CODEC.read_response(json.loads(CODEC.write_response(answer, AUDIENCE)), TARGET)

    for read in (stream, whole):
        for kind in (Text, Refusal):
            assert _joined(read, kind) == _joined(answer, kind)
        assert [p for p in read.parts if isinstance(p, ToolCall)] == [
            p for p in numbered if isinstance(p, ToolCall)
        ]
    assert stream.finish is whole.finish


def _joined(answer: Response, kind: type[Text] | type[Refusal]) -> str:
    return "".join(part.text for part in answer.parts if isinstance(part, kind))


@settings(max_examples=50, deadline=None)
@given(st.lists(SOME, min_size=1, max_size=4))
def test_thinking_survives_the_trip(thoughts: list[str]) -> None:
    """P9 for thinking, up to the blank line between two thoughts."""
    parts = tuple(part for thought in thoughts for part in (Thinking(thought, STATE), Text("a")))
    answer = Response("chatcmpl-1", "m", parts, FinishReason.END_TURN)
    whole = CODEC.read_response(json.loads(CODEC.write_response(answer, AUDIENCE)), TARGET)

    assert whole.parts[0] == Thinking("\n\n".join(thoughts), STATE)


# ---------------------------------------------------------------- work


def _spread_arguments(count: int) -> list[bytes]:
    """One call whose arguments come in so many pieces."""
    pieces = [fragment(0, '{"x":"'), *(fragment(0, "abc") for _ in range(count)), fragment(0, '"}')]
    return [calls(fragment(0, "", id="call_1", name="f")), *map(calls, pieces)]


def _interleaved(count: int) -> list[bytes]:
    """A call that goes on between the beginnings of so many others."""
    blocks = [calls(fragment(0, '{"x":"', id="call_0", name="f"))]
    for at in range(1, count):
        blocks += [
            calls(fragment(at, '{"y":', id=f"call_{at}", name="g")), calls(fragment(0, "abc}"))
        ]  # fmt: skip
    return blocks


def _named_again(count: int) -> list[bytes]:
    """One long piece of arguments, and then fragments that only name a tool again."""
    long = json.dumps({"x": "a" * count}) + " "
    again = calls(fragment(0, name="g"))
    return [calls(fragment(0, long[:-3], name="f")), *([again] * count)]


def _many_calls(count: int) -> list[bytes]:
    """So many calls, one after the other."""
    return [calls(fragment(at, "{}", id=f"call_{at}", name="f")) for at in range(count)]


def _many_details(count: int) -> list[bytes]:
    """Thinking as a list that grows piece by piece."""
    entry = {"type": "reasoning.text", "text": "abc", "index": 0}
    return [chunk({"reasoning_details": [entry]})] * count


def _switches(count: int) -> list[bytes]:
    """Thinking and text by turns."""
    return [chunk({"reasoning": "r"}), chunk({"content": "a"})] * count


def _work(blocks: list[bytes], monkeypatch: pytest.MonkeyPatch) -> int:
    """Calls of functions, and characters of JSON looked through, while a stream is read."""
    done = 0
    look = jsontext.object_text

    def looked(text: str) -> str | None:
        nonlocal done
        done += len(text)
        return look(text)

    def counted(*_: object) -> None:
        nonlocal done
        done += 1

    reader = Reader(TARGET)
    with monkeypatch.context() as patch:
        patch.setattr(jsontext, "object_text", looked)
        sys.setprofile(counted)
        try:
            for each in (*blocks, DONE):
                reader.read(each)
        finally:
            sys.setprofile(None)
    return done


@pytest.mark.parametrize(
    "stream",
    [_spread_arguments, _interleaved, _named_again, _many_calls, _many_details, _switches],
)
def test_twice_the_stream_is_twice_the_work(
    stream: Callable[[int], list[bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Section 4.5: no piece is looked at again because another came."""
    once, twice = _work(stream(60), monkeypatch), _work(stream(120), monkeypatch)

    assert twice < 2.2 * once
