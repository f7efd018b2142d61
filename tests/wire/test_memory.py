"""What a client of Chat Completions does not keep."""

from __future__ import annotations

import pytest

from aimux.model.events import BlockStart, BlockStop, Delta, Event, Sign, Start
from aimux.model.parts import Opaque, OpaqueKind, Part, Text, Thinking, ToolCall
from aimux.model.request import Message, Request, Role
from aimux.wire import memory
from aimux.wire.memory import Kept, Memory, Remembering

SIGNED = Opaque(OpaqueKind.ANTHROPIC_SIGNATURE, "sig", "anthropic", "m")
STATE = Opaque(OpaqueKind.GEMINI_SIGNATURE, "g", "gemini", "m")
CALL = ToolCall("call_a", "f", "{}")


def remembered(*events: Event) -> Memory:
    """A memory that has seen an answer."""
    made = Memory()
    Remembering(made, "me", forgets=True, signs=True).feed([Start(), *events])
    return made


def completed(made: Memory, *parts: Part, client: str = "me") -> tuple[Part, ...]:
    """An assistant's turn with everything in its place again."""
    request = Request("m", (Message(Role.ASSISTANT, parts),))
    return made.completed(client, request).messages[0].parts


def thinking(text: str, state: Opaque | None = SIGNED) -> list[Event]:
    """A block of thinking in two pieces."""
    sign: list[Event] = [Sign(0, state)] if state else []
    deltas: list[Event] = [Delta(0, text[:1]), Delta(0, text[1:])]
    return [BlockStart(0, Thinking("")), *deltas, *sign, BlockStop(0)]


def call(one: ToolCall = CALL) -> list[Event]:
    """A call in one piece."""
    return [BlockStart(1, one), Delta(1, "{}"), BlockStop(1)]


ANSWER = remembered(*thinking("why"), *call(), *call(ToolCall("call_b", "f")))


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        pytest.param((Text("x"), CALL), (Text("x"), Thinking("why", SIGNED), CALL), id="gone"),
        pytest.param((Thinking("wh"), CALL), (Thinking("why", SIGNED), CALL), id="only its text"),
        pytest.param(
            (Thinking("why", SIGNED), CALL), (Thinking("why", SIGNED), CALL), id="all of it"
        ),
        pytest.param(
            (ToolCall("call_b", "f"),), (ToolCall("call_b", "f"),), id="the first call has it"
        ),
        pytest.param((ToolCall("call_c", "f"),), (ToolCall("call_c", "f"),), id="another's call"),
    ],
)
def test_thinking_comes_back_before_its_call(
    parts: tuple[Part, ...], expected: tuple[Part, ...]
) -> None:
    """In the place of what the client kept of it."""
    assert completed(ANSWER, *parts) == expected


def test_the_state_of_a_call_comes_back() -> None:
    """Known when it begins, or only when it ends."""
    signed = ToolCall("call_a", "f", "{}", state=STATE)
    for events in (
        call(signed),
        [BlockStart(1, CALL), Sign(1, STATE), BlockStop(1)],
    ):
        made = remembered(*events)

        assert completed(made, CALL) == (signed,)
        assert completed(made, signed) == (signed,)


def text(words: str, state: Opaque | None) -> list[Event]:
    """A block of text that may be signed."""
    sign: list[Event] = [Sign(0, state)] if state else []
    return [BlockStart(0, Text("")), Delta(0, words), *sign, BlockStop(0)]


@pytest.mark.parametrize("forgets", [True, False])
def test_the_signature_of_a_text_comes_back(forgets: bool) -> None:
    """Edge 171: no client has a place for it, so none gets it."""
    made = Memory()
    watching = Remembering(made, "me", forgets=forgets, signs=True)

    assert watching.feed(text("words", STATE)) == text("words", None)
    assert watching.feed(text("more", None)) == text("more", None)
    assert completed(made, Text("words"), Text("more"), Text("")) == (
        Text("words", state=STATE),
        Text("more"),
        Text(""),
    )
    assert completed(made, Text("words"), client="you") == (Text("words"),)


def test_a_text_too_long_to_keep_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    """Memory stays flat over a stream of any length."""
    monkeypatch.setattr(memory, "MAX_BLOCK_CHARS", 10)
    made = remembered(*text("0123456789", STATE), *text("0123456789x", STATE))

    assert len(made) == 1


def test_a_client_that_keeps_what_calls_come_with_is_not_kept_for() -> None:
    """It has its own slots."""
    made = Memory()
    Remembering(made, "me", forgets=False, signs=False).feed([*thinking("why"), *call()])

    assert len(made) == 0


def test_every_client_has_its_own() -> None:
    """An id that somebody else was given opens nothing."""
    assert completed(ANSWER, CALL, client="you") == (CALL,)


def test_a_call_that_came_with_nothing_is_not_kept() -> None:
    """Most calls."""
    assert len(remembered(*call(), BlockStart(2, Text("")), Delta(2, "x"), BlockStop(2))) == 0


def test_thinking_without_words_or_state_is_nothing() -> None:
    """There is nothing to put back."""
    made = Memory()
    made.keep("me", "call_a", Kept(Thinking(""), None))

    assert completed(made, CALL) == (CALL,)


def test_turns_of_the_user_pass() -> None:
    """Only the assistant thinks."""
    request = Request("m", (Message(Role.USER, (Text("x"),)),))

    assert ANSWER.completed("me", request) == request


def test_the_oldest_is_forgotten_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """By number and by size; what was asked for is young again."""
    monkeypatch.setattr(memory, "MAX_CALLS", 2)
    made = Memory()
    for name in ("a", "b"):
        made.keep("me", name, Kept(None, STATE))
    made.recall("me", "a")
    made.keep("me", "c", Kept(None, STATE))

    assert [made.recall("me", name) is not None for name in "abc"] == [True, False, True]
    monkeypatch.setattr(memory, "MAX_CHARS", 10)
    made.keep("me", "d", Kept(Thinking("1234567890", STATE), None))
    made.keep("me", "e", Kept(Thinking("123"), None))
    made.keep("me", "e", Kept(Thinking("12345678"), None))
    assert [made.recall("me", name) is not None for name in "acde"] == [False, False, False, True]
    assert len(made) == 1
