"""Answers: neutral ones, and the events that they stream as."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from hypothesis import strategies as st

from aimux.model.events import BlockStart, BlockStop, Cite, Delta, Event, Finish, Sign, Start
from aimux.model.parts import (
    CallKind,
    Citation,
    Hit,
    Opaque,
    OpaqueKind,
    Refusal,
    Text,
    Thinking,
    ToolCall,
    WebSearch,
)
from aimux.model.response import AnswerPart, FinishReason, Response, Usage
from tests.support.generate.texts import ARGUMENTS, PLAIN_NAMES, TEXTS, WORDS, split

PROVIDER = "elsewhere"
_STATE = "c2lnbmVkIGJ5IHRoZSBmYWtl"


def states(kind: OpaqueKind | None = None, issuer: str = PROVIDER) -> st.SearchStrategy[Opaque]:
    """Opaque state of one issuer; its value fits the slot of its kind."""
    kinds = st.sampled_from([
        OpaqueKind.ANTHROPIC_SIGNATURE, OpaqueKind.OPENAI_REASONING, OpaqueKind.REASONING_DETAILS,
        OpaqueKind.TEXT,
    ])  # fmt: skip
    made = st.just(kind) if kind else kinds
    return made.map(
        lambda each: Opaque(each, "" if each is OpaqueKind.TEXT else _STATE, issuer, "model-9")
    )


SIGNED = st.one_of(
    st.none(), st.just(Opaque(OpaqueKind.GEMINI_SIGNATURE, _STATE, PROVIDER, "model-9"))
)
_REDACTED = Opaque(OpaqueKind.ANTHROPIC_REDACTED, _STATE, PROVIDER, "model-9")
_THOUGHTS = st.builds(Thinking, WORDS, states()) | st.sampled_from([
    Thinking("", _REDACTED),
    Thinking("", Opaque(OpaqueKind.OPENAI_REASONING, _STATE, PROVIDER, "model-9")),
])  # fmt: skip
CITED = Text("It is so.", (Citation("https://a.example/1", "A", "It is so.", 0, 9),))
SEARCHES = st.sampled_from([
    WebSearch("srvtoolu_1", "why", (Hit("https://a.example/1", "A"),)),
    WebSearch("srvtoolu_1", "why", error="unavailable"),
])  # fmt: skip


@st.composite
def usages(draw: st.DrawFn) -> Usage:
    """Counts that do not contradict each other, some of them unknown."""
    fresh, read, written, thought, said = (draw(st.integers(0, 9)) for _ in range(5))
    whole = Usage(fresh + read + written, thought + said, read, written, thought)
    unknown = draw(st.sets(st.sampled_from(["cache_read", "cache_write", "reasoning"]), max_size=3))
    return replace(whole, **{f"{name}_tokens": None for name in unknown})


_CALLS = st.builds(ToolCall, st.just(""), PLAIN_NAMES, ARGUMENTS, state=SIGNED)


@st.composite
def responses(draw: st.DrawFn, *, searches: bool = True) -> Response:
    """Complete answers as a writer may get them: ids are the client's already and unique."""
    kinds: list[st.SearchStrategy[Any]] = [_THOUGHTS, st.builds(Text, WORDS), _CALLS]
    if searches:
        kinds += [SEARCHES, st.just(CITED)]
    parts: list[AnswerPart] = draw(st.lists(st.one_of(kinds), max_size=5))
    refused = draw(st.booleans()) and draw(st.booleans())
    if refused:
        parts = [part for part in parts if not isinstance(part, ToolCall)]
        parts += draw(st.lists(st.builds(Refusal, WORDS), max_size=1))
    parts = [_numbered(part, at) for at, part in enumerate(parts)]
    finish, stop = draw(_finishes(any(isinstance(part, ToolCall) for part in parts), refused))
    detail = draw(TEXTS) if refused else ""
    return Response("msg_1", "model-9", tuple(parts), finish, draw(usages()), stop, detail)


def _numbered(part: AnswerPart, at: int) -> AnswerPart:
    match part:
        case ToolCall():
            return replace(part, id=f"call_{at}_12345678")
        case WebSearch():
            return replace(part, id=f"srvtoolu_{at}")
        case _:
            return part


@st.composite
def _finishes(draw: st.DrawFn, calls: bool, refused: bool) -> tuple[FinishReason, str]:
    if refused:
        return FinishReason.REFUSAL, ""
    if draw(st.integers(0, 3)) == 0:
        return draw(st.sampled_from([FinishReason.MAX_TOKENS, FinishReason.CONTEXT_WINDOW])), ""
    if calls:
        return FinishReason.TOOL_USE, ""
    if draw(st.booleans()):
        return FinishReason.STOP_SEQUENCE, "END"
    return FinishReason.END_TURN, ""


CUSTOM = st.builds(
    ToolCall, st.just("call_c_12345678"), PLAIN_NAMES, TEXTS, st.just(CallKind.CUSTOM),
    st.sampled_from(["", "ns"]),
)  # fmt: skip
"""Calls that only Responses can say."""


@st.composite
def streamed(draw: st.DrawFn, response: Response) -> list[Event]:
    """An answer as events, its texts in pieces of any length."""
    events: list[Event] = [Start(response.id, response.model, _known_at_start(response.usage))]
    for index, part in enumerate(response.parts):
        events += draw(_streamed_part(index, part))
    events.append(Finish(response.finish, response.usage, response.stop_sequence, response.detail))
    return events


def _known_at_start(usage: Usage) -> Usage:
    return replace(usage, output_tokens=None, reasoning_tokens=None)


@st.composite
def _streamed_part(draw: st.DrawFn, index: int, part: AnswerPart) -> list[Event]:
    shell, text = _shelled(part)
    pieces = draw(split(text))
    return [
        BlockStart(index, shell),
        *(Delta(index, piece) for piece in pieces),
        *_marks(index, part),
        BlockStop(index),
    ]


def _shelled(part: AnswerPart) -> tuple[AnswerPart, str]:
    match part:
        case Text():
            return Text(""), part.text
        case Thinking():
            return Thinking(""), part.text
        case Refusal():
            return Refusal(""), part.text
        case ToolCall():
            return replace(part, arguments=""), part.arguments
        case _:
            return part, ""


def _marks(index: int, part: AnswerPart) -> Iterator[Event]:
    if isinstance(part, Text):
        for citation in part.citations:
            yield Cite(index, citation)
    if isinstance(part, Text | Thinking) and part.state is not None:
        yield Sign(index, part.state)
