"""Requests from every client to every provider: whatever the client sends, the provider gets something
that its own server takes, or the client gets an honest 400 (P18); what both can say crosses whole
(P16); and what is made valid once stays as it is (P17, P21, P24).
"""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aimux.errors import AimuxError, InvalidRequest
from aimux.model.loss import LOSSES
from aimux.model.parts import Text, ToolCall, ToolResult
from aimux.model.request import Request, WireFormat
from aimux.wire.adapt import adapt
from aimux.wire.formats import CODECS
from aimux.wire.jsontext import dumps, scan
from aimux.wire.target import Target
from aimux.wire.transcode import Transcoder
from tests.support.crossing import MODELS, inquiry
from tests.support.generate.clients import bodies
from tests.support.generate.conversations import (
    interrupted_messages,
    neat_requests,
    sloppy_requests,
)
from tests.support.generate.profile import FEW, WIRE
from tests.support.generate.spoiling import encoded, spoiled
from tests.support.grammar.judges import judge_error
from tests.support.grammar.told import Called
from tests.support.strict.servers import validate

each_client = pytest.mark.parametrize("client", list(WireFormat))
each_model = pytest.mark.parametrize("model", sorted(MODELS))


def written(request: Request, wire_format: WireFormat, target: Target) -> bytes:
    """A neutral request as a provider gets it."""
    codec = CODECS[wire_format]
    adapted = adapt(request, codec.rules(target), target)
    made = codec.write_request(adapted.request, target)
    for loss in (*adapted.losses, *made.losses):
        assert loss.code in LOSSES
    return dumps(made.body)


def honest(problem: AimuxError, client: WireFormat) -> None:
    """A refusal that the client understands: a 400 that says what is wrong."""
    assert isinstance(problem, InvalidRequest), problem
    assert problem.http_status == 400
    assert judge_error(client, CODECS[client].error_body(problem, "req-1"))


@each_model
@WIRE
@given(request=sloppy_requests())
def test_p18_any_conversation_becomes_valid(model: str, request: Request) -> None:
    """Calls without results, results of nothing, ids again, roles in any order, names of any kind."""
    wire_format, target, particular = MODELS[model]
    try:
        raw = written(request, wire_format, target)
    except InvalidRequest as problem:
        honest(problem, WireFormat.ANTHROPIC)
        return
    validate(wire_format, raw, **particular)


@each_client
@WIRE
@given(data=st.data())
def test_p18_any_body_becomes_valid(client: WireFormat, data: st.DataObject) -> None:
    """What agents and programs of one format send, to models of all others."""
    raw = encoded(data.draw(bodies(client)))
    sent_everywhere(client, raw)


@each_client
@WIRE
@given(data=st.data())
def test_p18_spoiled_bodies_are_refused_honestly(client: WireFormat, data: st.DataObject) -> None:
    """Wrong types, lost keys, junk: a 400 or a valid request, never another exception."""
    raw = encoded(data.draw(bodies(client).flatmap(spoiled)))
    sent_everywhere(client, raw)


def sent_everywhere(client: WireFormat, raw: bytes) -> None:
    """A body to all models of other formats."""
    for wire_format, target, particular in MODELS.values():
        if wire_format is client:
            continue
        try:
            sent = Transcoder(inquiry(client, raw), wire_format, target).request()
        except InvalidRequest as problem:
            honest(problem, client)
            continue
        validate(wire_format, sent, **particular)


# ---------------------------------------------------------------- what crosses whole


def core(request: Request) -> dict[str, Any]:
    """What every format can say of a request, in one spelling: calls and results by their order."""
    calls = _Calls()
    turns: list[tuple[str, list[Any]]] = []
    for message in request.messages:
        parts = [calls.spelled(part) for part in message.parts]
        if turns and turns[-1][0] == message.role:
            turns[-1][1].extend(parts)
        else:
            turns.append((message.role, parts))
    output = request.output
    return {
        "system": [text.text for text in request.system],
        "turns": turns,
        "tools": [(tool.name, tool.description, tool.schema) for tool in request.tools],
        "choice": (request.tool_choice.choice, request.tool_choice.name),
        "limit": request.sampling.max_output_tokens,
        "schema": output and output.schema,
    }


class _Calls:
    """Numbers the calls of a conversation; a result without an id answers the first that waits."""

    def __init__(self) -> None:
        self._waiting: list[tuple[str, int]] = []
        self._count = 0

    def spelled(self, part: Any) -> tuple[Any, ...]:
        match part:
            case Text():
                return ("text", part.text)
            case ToolCall():
                self._count += 1
                self._waiting.append((part.id, self._count))
                called = Called(part.id, part.name, part.arguments)
                return ("call", self._count, *called.gist)
            case ToolResult():
                place = next(
                    at
                    for at, (call_id, _) in enumerate(self._waiting)
                    if part.call_id in ("", call_id)
                )
                number = self._waiting.pop(place)[1]
                return ("result", number, tuple(text.text for text in part.content), part.is_error)
            case _:
                return (type(part).__name__,)


@each_model
@WIRE
@given(request=neat_requests())
def test_p16_what_all_can_say_crosses_whole(model: str, request: Request) -> None:
    """Written for a provider and read as if a client had sent it, a neat request is what it was."""
    wire_format, target, particular = MODELS[model]
    raw = written(request, wire_format, target)
    validate(wire_format, raw, **particular)

    again = CODECS[wire_format].read_request(scan(raw), "asked", stream=False)

    assert core(again) == core(request)


@each_model
@WIRE
@given(request=neat_requests())
def test_p20_nothing_is_said_to_be_lost_that_is_not(model: str, request: Request) -> None:
    """No record of more than a debugger's interest for a request that crosses whole."""
    wire_format, target, _ = MODELS[model]
    codec = CODECS[wire_format]
    adapted = adapt(request, codec.rules(target), target)
    made = codec.write_request(adapted.request, target)

    assert [loss for loss in (*adapted.losses, *made.losses) if loss.severity > 0] == []


# ---------------------------------------------------------------- adapting


@each_model
@WIRE
@given(request=sloppy_requests())
def test_p17_what_is_valid_stays_as_it_is(model: str, request: Request) -> None:
    """Adapting what has been adapted changes nothing."""
    wire_format, target, _ = MODELS[model]
    rules = CODECS[wire_format].rules(target)
    try:
        once = adapt(request, rules, target)
    except InvalidRequest:
        return

    twice = adapt(once.request, rules, target)

    assert twice.request == once.request


@each_model
@WIRE
@given(request=sloppy_requests())
def test_p21_names_and_ids_are_valid_and_lead_back(model: str, request: Request) -> None:
    """Within the target's grammar, no two the same, and a name in an answer is the client's again."""
    wire_format, target, _ = MODELS[model]
    rules = CODECS[wire_format].rules(target)
    try:
        adapted = adapt(request, rules, target)
    except InvalidRequest:
        return
    known = {
        (part.namespace, part.name)
        for message in request.messages
        for part in message.parts
        if isinstance(part, ToolCall)
    }
    out = {place: adapted.names.out(place[1], place[0]) for place in known}
    if not rules.namespaces:
        assert len(set(out.values())) == len(out)
    for (namespace, name), there in out.items():
        assert len(there) <= rules.name_limit
        assert rules.name.fullmatch(there)
        back = adapted.names.back(there, namespace if rules.namespaces else "")
        assert (back.namespace, back.name) == (namespace, name)
    ids = [
        part.id
        for message in adapted.request.messages
        for part in message.parts
        if isinstance(part, ToolCall)
    ]
    assert len(set(ids)) == len(ids)
    assert all(len(each) <= rules.id_limit and rules.id.fullmatch(each) for each in ids)


@each_client
@FEW
@given(data=st.data())
def test_p24_the_same_request_is_the_same_bytes(client: WireFormat, data: st.DataObject) -> None:
    """A provider's prompt cache depends on it."""
    raw = encoded(data.draw(bodies(client)))
    for wire_format, target, _ in MODELS.values():
        try:
            first = Transcoder(inquiry(client, raw), wire_format, target).request()
        except InvalidRequest:
            continue
        assert Transcoder(inquiry(client, raw), wire_format, target).request() == first


@each_model
@WIRE
@given(data=st.data())
def test_p23_a_later_turn_leaves_the_earlier_ones_alone(model: str, data: st.DataObject) -> None:
    """What a conversation was written as is the beginning of what the longer one is written as, but
    for its last turns: else the provider's cache is of no use.
    """
    wire_format, target, _ = MODELS[model]
    rules = CODECS[wire_format].rules(target)
    messages = data.draw(interrupted_messages())
    at = data.draw(st.integers(1, len(messages)))
    before = adapt(Request("asked", messages[:at]), rules, target).request.messages

    after = adapt(Request("asked", messages), rules, target).request.messages

    stable = before[:-2]  # the last turn may grow, and so may the results before it
    assert after[: len(stable)] == stable
