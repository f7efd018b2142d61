"""Whose conversation a request belongs to."""

from __future__ import annotations

import json
from typing import Any, Final

import pytest

from aimux.model.request import WireFormat
from aimux.routing.features import Features
from aimux.routing.session import session_of, told_session
from aimux.wire.codec import Operation
from aimux.wire.jsontext import scan
from tests.support.answers import ANTHROPIC, GEMINI, OPENAI_CHAT, OPENAI_RESPONSES
from tests.support.routing import features as asking

UUID: Final = "0f8fad5b-d9cb-469f-a165-70867728950e"
USER: Final = {"messages": [{"role": "user", "content": "hi"}]}
MARK: Final = {"type": "ephemeral"}


def session(
    format_: WireFormat = ANTHROPIC,
    body: dict[str, Any] | None = None,
    *,
    headers: dict[str, str] | None = None,
    clients: tuple[str, ...] = ("a",),
    operation: Operation = Operation.GENERATE,
) -> str:
    """The session of a request."""
    raw = json.dumps(USER if body is None else body).encode()
    features = Features(
        scan(raw), format_, "m", headers=headers or {}, clients=clients, operation=operation
    )
    return session_of(features)


def user_id(said: Any) -> dict[str, Any]:
    """A body with this metadata."""
    return {**USER, "metadata": {"user_id": said}}


@pytest.mark.parametrize(
    ("format_", "headers", "body", "expected"),
    [
        (ANTHROPIC, {"x-claude-code-session-id": UUID}, USER, UUID),
        (
            ANTHROPIC,
            {"x-claude-code-session-id": UUID, "x-aimux-replays": f"ax_{'0f' * 10}"},
            USER,
            f"replay/ax_{'0f' * 10}",
        ),
        (
            ANTHROPIC,
            {"x-claude-code-session-id": UUID, "x-aimux-replays": "no exchange"},
            USER,
            UUID,
        ),
        (
            ANTHROPIC,
            {"x-claude-code-session-id": UUID, "x-claude-code-agent-id": "agent-7"},
            USER,
            f"{UUID}/agent-7",
        ),
        (ANTHROPIC, {}, user_id(f'{{"device_id":"d","session_id":"{UUID}"}}'), UUID),
        (
            ANTHROPIC,
            {"x-claude-code-agent-id": "agent-7"},
            user_id(f'{{"session_id":"{UUID}"}}'),
            f"{UUID}/agent-7",
        ),
        (ANTHROPIC, {}, user_id(f"user_{'ab' * 32}_account__session_{UUID}"), UUID),
        (
            ANTHROPIC,
            {"x-claude-code-session-id": "one"},
            user_id('{"session_id":"two"}'),
            "one",
        ),
        (OPENAI_RESPONSES, {"thread-id": "t-1", "session-id": "s-1"}, {"input": "hi"}, "t-1"),
        (OPENAI_RESPONSES, {"session-id": "s-1"}, {"input": "hi"}, "s-1"),
        (OPENAI_CHAT, {"x-session-id": "s-2"}, {**USER, "prompt_cache_key": "k"}, "s-2"),
        (OPENAI_CHAT, {}, {**USER, "prompt_cache_key": "key-1"}, "key-1"),
        (OPENAI_RESPONSES, {}, {"input": "hi", "prompt_cache_key": "key-2"}, "key-2"),
        (OPENAI_RESPONSES, {}, {"input": "hi", "conversation": "conv_1"}, "conv_1"),
        (OPENAI_RESPONSES, {}, {"input": "hi", "conversation": {"id": "conv_2"}}, "conv_2"),
    ],
)
def test_an_id_that_the_client_gives(
    format_: WireFormat, headers: dict[str, str], body: dict[str, Any], expected: str
) -> None:
    """The first of them holds, behind the client's name."""
    assert session(format_, body, headers=headers) == f"a:{expected}"


@pytest.mark.parametrize(
    ("format_", "body"),
    [
        (ANTHROPIC, user_id("u" * 200)),
        (ANTHROPIC, user_id('{"device_id":"d"}')),
        (ANTHROPIC, user_id('{"session_id":7}')),
        (ANTHROPIC, user_id('{"session_id":')),
        (ANTHROPIC, user_id("{" + "x" * 5000)),
        (ANTHROPIC, user_id(7)),
        (ANTHROPIC, {**USER, "metadata": "x"}),
        (ANTHROPIC, {**USER, "prompt_cache_key": "no field of this format"}),
        (OPENAI_CHAT, {**USER, "metadata": {"user_id": '{"session_id":"x"}'}}),
        (OPENAI_CHAT, {**USER, "prompt_cache_key": 7, "conversation": {"id": 7}}),
        (OPENAI_CHAT, {**USER, "prompt_cache_key": ""}),
    ],
)
def test_without_an_id_the_beginning_counts(format_: WireFormat, body: dict[str, Any]) -> None:
    """What is no id of a conversation is passed over."""
    assert session(format_, body) == session(format_, USER)
    assert len(session(format_, body)) == len("a:") + 24


@pytest.mark.parametrize(
    "said", ["x" * 65, "with space", "../../etc", "a\nb", "sk-ant-api03-" + "A1b2" * 12, "é", "-x"]
)
def test_a_strange_id_is_hashed(said: str) -> None:
    """It is a client's: long, unprintable, or a key that was put into the wrong header."""
    found = session(headers={"x-session-id": said})

    assert len(found) == len("a:") + 24
    assert said not in found
    assert found == session(headers={"x-session-id": said})
    assert found != session()


def test_clients_do_not_share_a_conversation() -> None:
    """Neither by an id nor by words; without a name there is nothing before the id."""
    headers = {"session-id": "s"}

    assert session(headers=headers, clients=("codex", "ann")) == "codex+ann:s"
    assert session(headers=headers, clients=("codex",)) == "codex:s"
    assert session(headers=headers, clients=()) == "s"
    assert session(clients=("codex",)) != session(clients=("opencode",))
    long = session(headers=headers, clients=("codex", "n" * 64))
    assert len(long) == 24 + len(":s")


def test_embeddings_belong_to_no_conversation() -> None:
    """Nor does a request in which nobody says anything."""
    assert session(OPENAI_CHAT, {"input": "x"}, operation=Operation.EMBED) == ""
    assert session(OPENAI_CHAT, {"input": "x"}) == ""
    assert session(ANTHROPIC, {"system": "Be terse.", "messages": []}) == ""
    assert session(OPENAI_RESPONSES, {"instructions": "Be terse."}) == ""
    assert session(GEMINI, {"contents": [{"role": "model", "parts": [{"text": "x"}]}]}) == ""


SYSTEM: Final = [{"type": "text", "text": "Be terse."}, {"type": "text", "text": "Really."}]


@pytest.mark.parametrize(
    ("format_", "first", "later"),
    [
        (
            ANTHROPIC,
            {"system": "S", "messages": [{"role": "user", "content": "hi"}]},
            {
                "system": "S",
                "model": "another",
                "tools": [],
                "messages": [
                    {"role": "user", "content": [{"type": "text", "text": "hi"}]},
                    {"role": "assistant", "content": "ho"},
                    {"role": "user", "content": "more"},
                ],
            },
        ),
        (
            ANTHROPIC,
            {
                "system": [*SYSTEM[:1], {**SYSTEM[1], "cache_control": MARK}],
                "messages": [
                    {"role": "user", "content": [*SYSTEM[:1], {**SYSTEM[1], "cache_control": MARK}]}
                ],
            },
            {"system": SYSTEM, "messages": [{"role": "user", "content": SYSTEM}]},
        ),
        (
            OPENAI_CHAT,
            {
                "messages": [
                    {"role": "developer", "content": "S"},
                    {"role": "user", "content": [{"type": "text", "text": "hi", "cache_control": MARK}]},
                ]
            },
            {
                "messages": [
                    {"role": "developer", "content": "S"},
                    {"role": "user", "content": "hi"},
                    {"role": "user", "content": "more"},
                ]
            },
        ),
        (
            OPENAI_RESPONSES,
            {"instructions": "S", "input": [{"id": "msg_1", "role": "user", "content": "hi"}]},
            {
                "instructions": "S",
                "input": [
                    {"type": "additional_tools", "tools": []},
                    {"type": "message", "id": "msg_2", "role": "user", "content": "hi"},
                    {"type": "message", "role": "user", "content": "more"},
                ],
            },
        ),
        (
            GEMINI,
            {"systemInstruction": {"parts": [{"text": "S"}]}, "contents": [{"parts": [{"text": "hi"}]}]},
            {
                "systemInstruction": {"parts": [{"text": "S"}]},
                "contents": [
                    {"role": "user", "parts": [{"text": "hi"}]},
                    {"role": "model", "parts": [{"text": "ho"}]},
                ],
            },
        ),
        (OPENAI_RESPONSES, {"input": "hi"}, {"input": "hi", "model": "another"}),
        (
            ANTHROPIC,
            {"messages": [{"role": "user", "content": ["x", {"a": 1}]}]},
            {"messages": [{"role": "user", "content": ["x", {"a": 1, "cache_control": MARK}]}]},
        ),
    ],
)  # fmt: skip
def test_a_conversation_goes_on(
    format_: WireFormat, first: dict[str, Any], later: dict[str, Any]
) -> None:
    """Models, tools, marks of caches and later messages change; the beginning does not."""
    assert session(format_, first) == session(format_, later) != ""


@pytest.mark.parametrize(
    ("format_", "one", "another"),
    [
        (ANTHROPIC, {**USER, "system": "S"}, {**USER, "system": "T"}),
        (ANTHROPIC, USER, {"messages": [{"role": "user", "content": "ho"}]}),
        (OPENAI_CHAT, USER, {"messages": [{"role": "system", "content": "S"}, *USER["messages"]]}),
        (OPENAI_RESPONSES, {"input": "hi"}, {"input": "hi", "instructions": "S"}),
        (GEMINI, {"contents": [{"parts": [{"text": "hi"}]}]}, {"contents": [{"parts": [{"text": "ho"}]}]}),
    ],
)  # fmt: skip
def test_another_beginning_is_another_conversation(
    format_: WireFormat, one: dict[str, Any], another: dict[str, Any]
) -> None:
    """By instructions and by what the user says first."""
    assert session(format_, one) != session(format_, another)


def test_words_that_cannot_be_written_make_no_session() -> None:
    """A number beyond every float beside half a character: a codec refuses it, a session is not had."""
    for body in (
        b'{"system":[{"x":1e999,"y":"\\ud83d"}],"messages":[{"role":"user","content":"hi"}]}',
        b'{"messages":[{"role":"user","content":[{"x":1e999,"y":"\\ud83d"}]}]}',
    ):
        assert session_of(Features(scan(body), ANTHROPIC, "m", headers={})) == ""


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"x-claude-code-session-id": "s-1"},
        {"x-claude-code-session-id": "s-1", "x-claude-code-agent-id": "a"},
        {"x-claude-code-session-id": ""},
        {"thread-id": "t", "session-id": "s"},
        {"x-session-id": "x" * 100},
        {"x-aimux-replays": f"ax_{'0f' * 10}", "x-session-id": "s"},
    ],
)
def test_what_a_header_tells_is_the_same_session(headers: dict[str, str]) -> None:
    """The cheap way says nothing, or what the whole way says."""
    asked = asking("m", headers=headers, clients=("claude-code", "default"))
    told = told_session(asked)
    assert told == (session_of(asked) if any(headers.values()) else "")
