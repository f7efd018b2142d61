"""The facts of a request beside what the codec that translates it reads: they must agree."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from aimux.errors import InvalidRequest, UnsupportedContent
from aimux.model.loss import Loss
from aimux.model.parts import Media, MediaKind, ToolResult, Unsupported
from aimux.model.request import (
    Effort,
    FunctionTool,
    Message,
    Request,
    ToolChoice,
    WebSearchTool,
    WireFormat,
)
from aimux.routing.features import Features
from aimux.routing.session import session_of
from aimux.wire.adapt import adapt
from aimux.wire.formats import CODECS
from aimux.wire.history import settled
from aimux.wire.jsontext import scan
from aimux.wire.rules import Rules
from aimux.wire.target import Target
from tests.support.generate.clients import bodies
from tests.support.generate.profile import FEW, WIRE
from tests.support.generate.spoiling import encoded, spoiled

each_format = pytest.mark.parametrize("format_", list(WireFormat))
OPEN = Rules(
    middle_system=True, namespaces=True, custom_tools=True, tool_search=True, result_media=True
)
FACTS = (
    "model", "long_context", "thinking", "structured_output", "max_output_tokens", "images",
    "images_last", "documents", "documents_last", "tools", "has_tools", "web_search",
    "only_web_search", "input_tokens", "signed", "cache_hour", "project", "subagent", "compaction",
    "helper", "task", "demand",
)  # fmt: skip


def features_of(format_: WireFormat, raw: bytes) -> Features:
    """The facts of Claude Code's or nobody's request."""
    return Features(scan(raw), format_, "asked", headers={}, clients=("claude-code",))


def read(format_: WireFormat, raw: bytes) -> Request:
    """The request as its codec reads it; one that it refuses is of no use here."""
    try:
        return CODECS[format_].read_request(scan(raw), "asked", stream=False)
    except (InvalidRequest, UnsupportedContent):
        assume(False)
        raise


def media(request: Request) -> set[MediaKind]:
    """Kinds of media that only some models take."""
    found: set[MediaKind] = set()
    for message in request.messages:
        for part in message.parts:
            inside = part.content if isinstance(part, ToolResult) else (part,)
            found |= {each.kind for each in inside if isinstance(each, Media) and not each.text}
    return found & {MediaKind.IMAGE, MediaKind.DOCUMENT}


def must_see(request: Request, capability: str) -> bool:
    """Whether a model that lacks only this is refused the conversation."""
    others = frozenset({"images", "documents"} - {capability})
    messages = tuple(
        Message(each.role, tuple(p for p in each.parts if not isinstance(p, Unsupported)))
        for each in request.messages
    )
    bare = replace(request, messages=messages, tools=(), tool_choice=ToolChoice())
    try:
        adapt(bare, OPEN, Target("p", "m", capabilities=others))
    except UnsupportedContent as problem:
        return capability in problem.message
    return False


def answers_nothing(request: Request) -> bool:
    """Whether a result has no call, so that it becomes a note."""
    losses: list[Loss] = []
    settled(request.messages, OPEN, losses)
    return any(loss.code == "tool_result.orphan" for loss in losses)


@each_format
@WIRE
@given(data=st.data())
def test_settings_and_tools_are_what_the_codec_reads(
    format_: WireFormat, data: st.DataObject
) -> None:
    """Thinking, the answer's form and length, the tools' names, the searches."""
    raw = encoded(data.draw(bodies(format_)))
    request = read(format_, raw)
    features = features_of(format_, raw)

    effort, shown = request.reasoning.effort, request.reasoning.shown
    asked = "on" if effort is Effort.AUTO or (effort is None and shown) else effort or "off"
    assert features.thinking == asked
    length = request.sampling.max_output_tokens
    assert features.max_output_tokens == length or (features.max_output_tokens, length) == (0, 1)
    schema = request.output is not None and request.output.schema is not None
    assert features.structured_output is schema
    functions = [each for each in request.tools if isinstance(each, FunctionTool)]
    searches = [each for each in request.tools if isinstance(each, WebSearchTool)]
    assert {each.name for each in functions} <= features.tools
    assert features.tools <= {
        name for each in functions for name in (each.name, f"{each.namespace}__{each.name}")
    }
    assert features.web_search or not searches
    assert features.only_web_search is (len(request.tools) == len(searches) == 1)


@each_format
@WIRE
@given(data=st.data())
def test_media_are_what_the_codec_reads(format_: WireFormat, data: st.DataObject) -> None:
    """Anywhere, and in the turn that must be seen."""
    raw = encoded(data.draw(bodies(format_)))
    request = read(format_, raw)
    features = features_of(format_, raw)

    found = media(request)
    assert features.images is (MediaKind.IMAGE in found)
    assert features.documents is (MediaKind.DOCUMENT in found)
    if answers_nothing(request):  # calls and results are told apart by place here, not by id
        assert features.images_last or not must_see(request, "images")
        assert features.documents_last or not must_see(request, "documents")
        return
    assert features.images_last is must_see(request, "images")
    assert features.documents_last is must_see(request, "documents")


@each_format
@WIRE
@given(data=st.data())
def test_no_fact_is_ever_refused(format_: WireFormat, data: st.DataObject) -> None:
    """Whatever is wrong anywhere in a body, it is routed somewhere."""
    body: dict[str, Any] = data.draw(bodies(format_).flatmap(spoiled))
    try:
        features = features_of(format_, encoded(body))
    except InvalidRequest:  # not even a JSON object with each key once
        assume(False)
        raise

    for name in FACTS:
        getattr(features, name)
    assert isinstance(session_of(features), str)


@each_format
@FEW
@given(data=st.data())
def test_a_conversation_keeps_its_session(format_: WireFormat, data: st.DataObject) -> None:
    """However it goes on, and whatever else is asked of it."""
    body: dict[str, Any] = data.draw(bodies(format_))
    for key in ("metadata", "prompt_cache_key"):
        body.pop(key, None)
    grown = {key: body[key] for key in body if key not in {"tools", "thinking", "generationConfig"}}
    history = next(key for key in ("messages", "input", "contents") if key in body)
    first = session_of(features_of(format_, encoded(body)))
    assume(first)
    if isinstance(body[history], list):
        more = data.draw(bodies(format_))[history]
        grown[history] = body[history] + (more if isinstance(more, list) else [])

    assert session_of(features_of(format_, encoded(grown))) == first
