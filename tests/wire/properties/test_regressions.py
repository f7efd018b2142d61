"""What the properties have found, as single cases: small enough to read."""

from __future__ import annotations

from typing import Any

import pytest

from aimux.errors import ErrorKind, UpstreamStatus
from aimux.model.request import WireFormat
from aimux.wire.formats import CODECS
from aimux.wire.transcode import Transcoder
from tests.support.answers import ANTHROPIC, GEMINI, OPENAI_CHAT
from tests.support.crossing import MODELS, crossed, inquiry, told_of
from tests.support.generate.clients import CARRIERS
from tests.support.generate.plans import Part, Plan
from tests.support.generate.upstream import document
from tests.support.grammar.judges import judge_error
from tests.support.grammar.told import Ending, Kind, Tokens
from tests.support.strict.servers import validate


def sent(client: WireFormat, model: str, body: dict[str, Any]) -> dict[str, Any]:
    """What a model gets, which its server must take."""
    wire_format, target, particular = MODELS[model]
    raw = Transcoder(inquiry(client, body), wire_format, target).request()
    return validate(wire_format, raw, **particular)


def user(content: Any) -> dict[str, Any]:
    """A user's message."""
    return {"role": "user", "content": content}


def assistant(*content: Any) -> dict[str, Any]:
    """A message of Anthropic's assistant."""
    return {"role": "assistant", "content": list(content)}


GEMINI_CARRIER = next(each for each in CARRIERS if each.startswith("aimux1.gemini-signature"))
THOUGHT = {"type": "thinking", "thinking": "", "signature": "EqQBCgIYAhIM"}
SIGNED = {"type": "redacted_thinking", "data": GEMINI_CARRIER}
_MESSAGES: list[Any] = [
    ("nothing but an empty text", ANTHROPIC, [user("")]),
    ("nothing but a foreign thought", ANTHROPIC, [assistant(THOUGHT)]),
    ("nothing but a signature", ANTHROPIC, [assistant(SIGNED)]),
    ("a foreign thought between two of the user", ANTHROPIC, [user("a"), assistant(THOUGHT), user("b")]),
    ("a signature between two of the user", ANTHROPIC, [user("a"), assistant(SIGNED), user("b")]),
    ("a thought first", OPENAI_CHAT, [
        {"role": "assistant", "content": None, "reasoning_content": " "}, user("b")]),
    ("instructions before an empty assistant", OPENAI_CHAT, [
        user("a"), {"role": "system", "content": "s"}, {"role": "assistant", "content": ""}, user("b")]),
    ("instructions behind an empty user", OPENAI_CHAT, [
        user("a"), {"role": "assistant", "content": "x"}, user(""), {"role": "system", "content": "s"}]),
]  # fmt: skip


@pytest.mark.parametrize("model", sorted(MODELS))
@pytest.mark.parametrize(
    ("client", "messages"), [case[1:] for case in _MESSAGES], ids=[case[0] for case in _MESSAGES]
)
def test_conversations_with_holes(client: WireFormat, messages: list[Any], model: str) -> None:
    """What is left out leaves no two turns of one role, no instructions out of place and no nothing."""
    if MODELS[model][0] is not client:
        sent(client, model, {"model": "asked", "max_tokens": 9, "messages": messages})


def call(call_id: str, name: str) -> dict[str, Any]:
    """A message of the assistant that calls."""
    function = {"name": name, "arguments": "{}"}
    return {
        "role": "assistant", "content": None,
        "tool_calls": [{"id": call_id, "type": "function", "function": function}],
    }  # fmt: skip


def test_a_result_answers_the_call_before_it() -> None:
    """Ids that begin anew in every answer: the call that was broken off stays without a result, and the
    one that was answered has it.
    """
    result = {"role": "tool", "tool_call_id": "call_0", "content": "of g"}
    history = [
        user("a"),
        call("call_0", "f"),
        user("no"),
        call("call_0", "g"),
        result,
        user("go on"),
    ]

    body = sent(OPENAI_CHAT, "claude-opus-4-8", {"model": "asked", "messages": history})

    broken, answered = (
        block
        for message in body["messages"]
        for block in message["content"]
        if block["type"] == "tool_result"
    )
    assert broken["is_error"] is True
    assert answered["content"] == "of g"


@pytest.mark.parametrize("provider", [ANTHROPIC, GEMINI])
def test_numbers_of_a_whole_answer_keep_their_spelling(provider: WireFormat) -> None:
    """Edge case 351, for a provider that does not stream."""
    part = Part(Kind.CALL, ('{"x":1e3,"y":1.0}',), "call_a1b2c3d4", "f")
    plan = Plan((part,), Ending.CALLS, Tokens(1, 1, 0, 0, 0))
    raw = document(provider, plan)

    answer = crossed(inquiry(OPENAI_CHAT), provider, [raw], content_type="application/json")

    assert told_of(OPENAI_CHAT, answer).calls[0].arguments == '{"x":1e3,"y":1.0}'


@pytest.mark.parametrize("provider", list(WireFormat))
def test_half_a_character_in_an_error_is_mended(provider: WireFormat) -> None:
    """A provider's words end up in logs and in clients, which are UTF-8."""
    body = b'{"error":{"message":"cut \\ud83d","type":"x","code":400,"status":"x"}}'

    reported = CODECS[provider].read_error(400, body)

    error = UpstreamStatus(reported.message, status=400, kind=ErrorKind.UPSTREAM)
    for client in WireFormat:
        assert judge_error(client, CODECS[client].error_body(error, "req-1")).startswith("cut ")


@pytest.mark.parametrize("stream", [True, False], ids=["stream", "whole"])
@pytest.mark.parametrize("client", list(WireFormat))
def test_line_separators_are_escaped(client: WireFormat, stream: bool) -> None:
    """U+2028 and U+2029 end a line for readers that split text and not bytes (2.17.2)."""
    plan = Plan((Part(Kind.TEXT, ("a\u2028b\u2029c",)),), Ending.DONE, Tokens(1, 1, 0, 0, 0))
    provider = OPENAI_CHAT if client is GEMINI else GEMINI
    raw = document(provider, plan)

    answer = crossed(
        inquiry(client, stream=stream), provider, [raw], content_type="application/json"
    )

    assert told_of(client, answer, stream=stream).words == "a\u2028b\u2029c"
    if stream:
        assert "\u2028".encode() not in answer.out
        assert "\u2029".encode() not in answer.out
