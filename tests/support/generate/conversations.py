"""Neutral requests, neat and sloppy: what a client may have kept of a conversation, and asked for."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from aimux.model.parts import (
    CallKind,
    Media,
    MediaKind,
    Opaque,
    OpaqueKind,
    Part,
    Refusal,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
)
from aimux.model.request import (
    Choice,
    Effort,
    FunctionTool,
    Message,
    OutputFormat,
    Reasoning,
    Request,
    Role,
    Sampling,
    Tool,
    ToolChoice,
    WebSearchTool,
)
from tests.support.generate.replies import PROVIDER, states
from tests.support.generate.schemas import CLOSED, PLAIN, SCHEMAS
from tests.support.generate.texts import (
    ARGUMENTS,
    IDS,
    LOOSE_ARGUMENTS,
    NAMES,
    PLAIN_IDS,
    PLAIN_NAMES,
    SAID,
    TEXTS,
)

PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
IMAGE = Media(MediaKind.IMAGE, "image/png", data=PNG)
IMAGES = st.sampled_from([
    IMAGE, Media(MediaKind.IMAGE, url="https://a.example/a.png"),
    Media(MediaKind.IMAGE, "image/jpeg", data="/9j/4AAQ", detail="high"),
])  # fmt: skip
DOCUMENTS = st.sampled_from([
    Media(MediaKind.DOCUMENT, "application/pdf", data="JVBERi0xLjQK", name="a.pdf"),
    Media(MediaKind.DOCUMENT, "text/plain", text="some text", name="notes"),
])  # fmt: skip
MEDIA = IMAGES | DOCUMENTS

_NATIVE = st.sampled_from([
    OpaqueKind.ANTHROPIC_SIGNATURE, OpaqueKind.OPENAI_REASONING, OpaqueKind.GEMINI_SIGNATURE,
])  # fmt: skip
STATES = st.one_of(
    st.none(),
    states(),
    states(issuer="another"),
    _NATIVE.map(lambda kind: Opaque(kind, "bmF0aXZl", "", "")),
)
"""None, of this provider, of another, and in the client's own format with no issuer known."""


def _calls(names: st.SearchStrategy[str], ids: st.SearchStrategy[str], *, loose: bool) -> Any:
    state = st.none() | st.sampled_from([
        Opaque(OpaqueKind.GEMINI_SIGNATURE, "c2ln", PROVIDER, "m"),
        Opaque(OpaqueKind.GEMINI_SIGNATURE, "c2ln", "another", "m"),
    ])  # fmt: skip
    arguments = LOOSE_ARGUMENTS if loose else ARGUMENTS
    return st.builds(ToolCall, ids, names, arguments, state=state)


_CONTENT = st.lists(st.builds(Text, TEXTS) | MEDIA, max_size=2).map(tuple)


@st.composite
def neat_messages(draw: st.DrawFn) -> tuple[Message, ...]:
    """A conversation in which everything is as it should be, beginning and ending with the user."""
    messages = [Message(Role.USER, (Text(draw(SAID)),))]
    for turn in range(draw(st.integers(0, 3))):
        names = draw(st.lists(PLAIN_NAMES, max_size=2))
        calls = [
            ToolCall(f"call_{turn}_{at}_zzzz", name, draw(ARGUMENTS))
            for at, name in enumerate(names)
        ]
        said: list[Part] = [Text(draw(SAID))] if not calls or draw(st.booleans()) else []
        messages.append(Message(Role.ASSISTANT, (*said, *calls)))
        results = [ToolResult(call.id, (Text(draw(SAID)),), name=call.name) for call in calls]
        user: list[Part] = [Text(draw(SAID))] if not calls or draw(st.booleans()) else []
        messages.append(Message(Role.USER, (*results, *user)))
    return tuple(messages)


@st.composite
def interrupted_messages(draw: st.DrawFn) -> tuple[Message, ...]:
    """A conversation as an agent keeps it: some calls were never answered, instructions stand in the
    middle, what was said may be empty; but nothing comes late.
    """
    kept: list[Message] = []
    for message in draw(neat_messages()):
        if draw(st.integers(0, 4)) == 0:
            kept.append(Message(Role.SYSTEM, (Text(draw(TEXTS)),)))
        lost = draw(st.integers(0, 3)) == 0
        parts = [part for part in message.parts if not (lost and isinstance(part, ToolResult))]
        kept.append(Message(message.role, tuple(parts)))
    return tuple(kept)


@st.composite
def sloppy_messages(draw: st.DrawFn) -> tuple[Message, ...]:
    """A conversation with all that goes wrong: no or two results, results of nothing, ids again, turns
    of one role in a row, instructions in the middle, a beginning of the answer, media in results.
    """
    ids = draw(st.lists(IDS, min_size=1, max_size=3))
    some_id = st.sampled_from(ids)
    user = st.one_of(
        st.builds(Text, TEXTS),
        MEDIA,
        st.builds(ToolResult, some_id, _CONTENT, st.booleans()),
        st.builds(ToolResult, IDS, _CONTENT),
    )
    assistant = st.one_of(
        st.builds(Text, TEXTS),
        _calls(NAMES, some_id, loose=True),
        st.builds(Thinking, TEXTS, STATES),
        st.builds(Refusal, SAID),
        st.builds(
            ToolCall,
            some_id,
            PLAIN_NAMES,
            TEXTS,
            st.just(CallKind.CUSTOM),
            st.sampled_from(["", "ns"]),
        ),
    )
    turns = st.one_of(
        st.builds(Message, st.just(Role.USER), st.lists(user, max_size=3).map(tuple)),
        st.builds(Message, st.just(Role.ASSISTANT), st.lists(assistant, max_size=4).map(tuple)),
        st.builds(
            Message, st.just(Role.SYSTEM), st.lists(st.builds(Text, TEXTS), max_size=2).map(tuple)
        ),
    )
    return tuple(draw(st.lists(turns, min_size=1, max_size=5)))


@st.composite
def tools(draw: st.DrawFn, *, sloppy: bool) -> tuple[Tool, ...]:
    """Tools of all kinds; neat ones have plain names, each once."""
    if not sloppy:
        names = draw(st.lists(PLAIN_NAMES, max_size=3, unique=True))
        return tuple(FunctionTool(name, "what it does", PLAIN) for name in names)
    functions = st.builds(
        FunctionTool, NAMES, TEXTS, st.none() | SCHEMAS, st.sampled_from([None, False, True]),
        st.booleans(), st.booleans(), st.just(CallKind.FUNCTION), st.sampled_from(["", "", "ns"]),
    )  # fmt: skip
    customs = st.builds(
        FunctionTool, PLAIN_NAMES, kind=st.just(CallKind.CUSTOM),
        grammar=st.sampled_from([None, {"syntax": "lark", "definition": "start: /a/"}]),
    )  # fmt: skip
    search = st.just(WebSearchTool(allowed_domains=("a.example",), location={"country": "DE"}))
    return tuple(draw(st.lists(functions | functions | customs | search, max_size=3)))


@st.composite
def choices(draw: st.DrawFn, declared: tuple[Tool, ...]) -> ToolChoice:
    """What the client wants called, of what it declares."""
    parallel = draw(st.sampled_from([None, True, False]))
    functions = [tool for tool in declared if isinstance(tool, FunctionTool) and not tool.deferred]
    if functions and draw(st.booleans()):
        tool = draw(st.sampled_from(functions))
        return ToolChoice(Choice.TOOL, tool.name, tool.namespace, parallel=parallel)
    plain = [tool.name for tool in functions if not tool.namespace]
    allowed = tuple(plain[:1]) if draw(st.integers(0, 4)) == 0 else ()
    kind = draw(st.sampled_from([Choice.AUTO, Choice.NONE, Choice.ANY]))
    return ToolChoice(kind, allowed=allowed, parallel=parallel)


SAMPLINGS = st.builds(
    Sampling,
    st.sampled_from([None, 1, 16, 1000, 128_000]),
    st.sampled_from([None, 0.0, 0.5, 1.0, 1.7]),
    st.sampled_from([None, 0.9]),
    st.sampled_from([None, 40]),
    st.sampled_from([None, 0.5]),
    st.sampled_from([None, -0.5]),
    st.sampled_from([None, 7]),
    st.sampled_from([(), ("END",), ("a", "b", "c", "d", "e", "f"), (" ", "x")]),
)
REASONINGS = st.sampled_from([
    Reasoning(), Reasoning(Effort.OFF, shown=False), Reasoning(Effort.LOW), Reasoning(Effort.MAX, shown=True),
    Reasoning(Effort.HIGH, budget_tokens=16384), Reasoning(Effort.AUTO, shown=False),
    Reasoning(Effort.MINIMAL), Reasoning(Effort.XHIGH, budget_tokens=31999),
])  # fmt: skip
FORMATS = st.one_of(
    st.none(),
    st.builds(OutputFormat, st.none() | SCHEMAS, st.sampled_from(["", "answer"]), st.just(""),
              st.sampled_from([None, True, False])),
)  # fmt: skip


@st.composite
def sloppy_requests(draw: st.DrawFn) -> Request:
    """Requests as they may come from any client."""
    declared = draw(tools(sloppy=True))
    return Request(
        model="asked",
        messages=draw(sloppy_messages()),
        system=tuple(draw(st.lists(st.builds(Text, TEXTS), max_size=2))),
        tools=declared,
        tool_choice=draw(choices(declared)),
        sampling=draw(SAMPLINGS),
        reasoning=draw(REASONINGS),
        output=draw(FORMATS),
        stream=draw(st.booleans()),
        user=draw(st.sampled_from(["", "u-1", "x" * 200])),
        session=draw(st.sampled_from(["", "s-1"])),
        tier=draw(st.sampled_from(["", "default", "flex", "priority", "fast"])),
        verbosity=draw(st.sampled_from(["", "low", "high"])),
    )


@st.composite
def neat_requests(draw: st.DrawFn) -> Request:
    """Requests that every format can say: text, function tools, calls with their results in text, simple
    choices, a limit; without tools an effort and a schema in every dialect, which not every model takes
    beside tools.
    """
    declared = draw(tools(sloppy=False))
    names = [tool.name for tool in declared if isinstance(tool, FunctionTool)]
    messages = draw(neat_messages())
    choice, reasoning, output = ToolChoice(), Reasoning(), None
    if names:
        choice = draw(st.sampled_from([
            ToolChoice(), ToolChoice(Choice.ANY), ToolChoice(Choice.TOOL, names[0]), ToolChoice(Choice.NONE),
        ]))  # fmt: skip
    elif not any(isinstance(part, ToolCall) for message in messages for part in message.parts):
        reasoning = draw(st.sampled_from([Reasoning(), Reasoning(Effort.HIGH)]))
        output = draw(st.sampled_from([None, OutputFormat(CLOSED, "response")]))
    return Request(
        model="asked",
        messages=messages,
        system=tuple(draw(st.lists(st.builds(Text, SAID), max_size=1))),
        tools=declared,
        tool_choice=choice,
        sampling=Sampling(max_output_tokens=32_000),
        reasoning=reasoning,
        output=output,
    )


__all__ = ["MEDIA", "PLAIN_IDS", "interrupted_messages", "neat_requests", "sloppy_requests"]
