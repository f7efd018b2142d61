"""The answer is cut at the client's limit, where the provider cannot be told so little (edges 148, 237)."""

from __future__ import annotations

import json
from math import ceil
from typing import Any

import pytest

from aimux.errors import ErrorKind
from aimux.model.events import (
    BlockStart,
    BlockStop,
    Delta,
    Event,
    Failure,
    Finish,
    Sign,
    Start,
    collect,
)
from aimux.model.parts import Media, MediaKind, Opaque, OpaqueKind, Text, Thinking, ToolCall
from aimux.model.request import WireFormat
from aimux.model.response import AnswerPart, FinishReason, Usage
from aimux.wire.estimate import CHARS_PER_TOKEN
from aimux.wire.limit import CALL_CHARS, Limit
from tests.support.answers import ANTHROPIC, GEMINI, OPENAI_CHAT, OPENAI_RESPONSES, events
from tests.support.grammar import neutral
from tests.support.reply import Reply
from tests.wire.test_crossing import fed, inquiry, sent

END, CUT, CALLED = FinishReason.END_TURN, FinishReason.MAX_TOKENS, FinishReason.TOOL_USE
USAGE = Usage(1, 16)
FIVE = ceil(5 * CHARS_PER_TOKEN)
"""Characters of five tokens."""


def stream(*parts: tuple[AnswerPart, str]) -> list[Event]:
    """An answer of these parts, each letter by letter."""
    reason = CALLED if any(isinstance(part, ToolCall) for part, _ in parts) else END
    out: list[Event] = [Start()]
    for at, (part, text) in enumerate(parts):
        out += [BlockStart(at, part), *(Delta(at, each) for each in text), BlockStop(at)]
    return [*out, Finish(reason, USAGE)]


def cut(tokens: int, events_: list[Event]) -> list[Event]:
    """What is left of an answer, the same in one piece and event by event."""
    out = Limit(tokens).feed(events_)
    limit = Limit(tokens)
    assert [each for event in events_ for each in limit.feed([event])] == out
    neutral.judge(out)
    return out


TEXT, THOUGHT = Text(""), Thinking("")
CALL = ToolCall("c", "f")
ROOM = FIVE - CALL_CHARS - len("f")
"""Characters of arguments that a call has room for."""


@pytest.mark.parametrize(
    ("parts", "kept", "reason"),
    [
        ([(TEXT, "x" * FIVE)], [Text("x" * FIVE)], END),
        ([(TEXT, "x" * (FIVE + 1))], [Text("x" * FIVE)], CUT),
        ([(TEXT, "x" * FIVE), (TEXT, "y")], [Text("x" * FIVE)], CUT),
        ([(THOUGHT, "x" * FIVE), (TEXT, "y")], [Thinking("x" * FIVE)], CUT),
        ([(THOUGHT, "xy"), (TEXT, "y" * FIVE)], [Thinking("xy"), Text("y" * (FIVE - 2))], CUT),
        ([(CALL, "1" * ROOM)], [ToolCall("c", "f", "1" * ROOM)], CALLED),
        ([(CALL, "1" * (ROOM + 1))], [], CUT),
        ([(CALL, "1" * ROOM), (CALL, "")], [ToolCall("c", "f", "1" * ROOM)], CUT),
        ([], [], END),
    ],
)
def test_an_answer_is_cut(
    parts: list[tuple[AnswerPart, str]], kept: list[AnswerPart], reason: FinishReason
) -> None:
    """Edge 148: at so many characters, with the usage that it has taken; a call whole or not at all."""
    answer = collect(cut(5, stream(*parts)))

    assert list(answer.parts) == kept
    assert (answer.finish, answer.usage) == (reason, USAGE)


def test_a_piece_is_cut_within() -> None:
    """It need not come letter by letter, and what stands behind the cut is passed over."""
    text = [Start(), BlockStart(0, TEXT), Delta(0, "x" * 99), Delta(0, "y")]
    state = Opaque(OpaqueKind.TEXT, "")

    answer = collect(cut(5, [*text, Sign(0, state), BlockStop(0), Finish(END)]))

    assert answer.parts == (Text("x" * FIVE),)


def test_what_is_no_text_passes_as_long_as_there_is_room() -> None:
    """A medium costs nothing here; how much nobody knows."""
    image = Media(MediaKind.IMAGE, "image/png", data="AA==")
    state = Opaque(OpaqueKind.TEXT, "")
    signed: list[Event] = [BlockStart(1, THOUGHT), Delta(1, "x"), Sign(1, state), BlockStop(1)]

    answer = collect(cut(5, [Start(), BlockStart(0, image), BlockStop(0), *signed, Finish(END)]))

    assert answer.parts == (image, Thinking("x", state))


@pytest.mark.parametrize("parts", [[(TEXT, "hello")], [(THOUGHT, "hm"), (TEXT, "hello")]])
def test_a_limit_of_nothing(parts: list[tuple[AnswerPart, str]]) -> None:
    """Edge 237: whoever asks for no tokens gets none, and hears that the limit is why."""
    answer = collect(cut(0, stream(*parts)))

    assert (answer.parts, answer.finish) == ((), CUT)


@pytest.mark.parametrize(
    ("parts", "last"),
    [
        ([(TEXT, "x" * 99)], Finish(CUT)),
        ([(TEXT, "x")], Failure(ErrorKind.UPSTREAM, "no")),
    ],
)
def test_a_failure_counts_up_to_the_cut(parts: list[tuple[AnswerPart, str]], last: Event) -> None:
    """Behind it the client has got all that it asked for."""
    failed = [*stream(*parts)[:-1], Failure(ErrorKind.UPSTREAM, "no")]

    assert cut(5, failed)[-1] == last


# ---------------------------------------------------------------- the whole way

HELLO = Reply(text=("Hello there",))
LIMITS = {
    ANTHROPIC: "max_tokens",
    OPENAI_CHAT: "max_completion_tokens",
    GEMINI: "generationConfig",
}
REACHED = {
    ANTHROPIC: b'"stop_reason":"max_tokens"',
    OPENAI_CHAT: b'"finish_reason":"length"',
    GEMINI: b'"finishReason":"MAX_TOKENS"',
}


def asked(client: WireFormat, limit: int, *, stream: bool) -> Any:
    """A request with a limit."""
    value: Any = {"maxOutputTokens": limit} if client is GEMINI else limit
    return inquiry(client, stream=stream, **{LIMITS[client]: value})


@pytest.mark.parametrize("client", LIMITS, ids=str)
@pytest.mark.parametrize("stream", [True, False], ids=["stream", "whole"])
def test_edge_148_a_probe_of_one_token(client: WireFormat, stream: bool) -> None:
    """Edges 148 and 237: the provider is asked for its least, and the client gets what it asked for."""
    coder = sent(asked(client, 1, stream=stream), OPENAI_RESPONSES)

    out = fed(coder, b"".join(events(OPENAI_RESPONSES, HELLO)))

    assert [(loss.code, loss.detail) for loss in coder.losses] == [
        ("max_tokens.raised", "1 to 16, and cut here")
    ]
    assert b"Hell" in out
    assert b"Hello" not in out
    assert REACHED[client] in out
    assert coder.usage.output_tokens == 20


@pytest.mark.parametrize(
    ("server", "limit", "field", "told"),
    [
        (OPENAI_RESPONSES, 1, "max_output_tokens", 16),
        (OPENAI_RESPONSES, 15, "max_output_tokens", 16),
        (OPENAI_RESPONSES, 16, "max_output_tokens", 16),
        (OPENAI_CHAT, 1, "max_tokens", 1),
        (OPENAI_CHAT, 0, "max_tokens", 1),
    ],
)
def test_what_the_provider_is_told(server: WireFormat, limit: int, field: str, told: int) -> None:
    """Edges 148 and 237: never less than it takes; what was raised is reported."""
    coder = sent(asked(ANTHROPIC, limit, stream=True), server)

    assert json.loads(coder.request())[field] == told
    raised = [loss.code for loss in coder.losses if loss.code == "max_tokens.raised"]
    assert bool(raised) is (limit < told)


def test_edge_237_a_wish_to_warm_the_cache() -> None:
    """The prompt is sent, which is what it is about, and the answer is empty."""
    coder = sent(asked(ANTHROPIC, 0, stream=False), OPENAI_CHAT)

    whole = json.loads(fed(coder, b"".join(events(OPENAI_CHAT, HELLO))))

    assert (whole["content"], whole["stop_reason"]) == ([], "max_tokens")
