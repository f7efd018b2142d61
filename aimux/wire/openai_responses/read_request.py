"""A client's Responses request as a neutral one (SDK types 3.54; Codex 0.169 as it was recorded)."""

from __future__ import annotations

from typing import Any, Final

from aimux.errors import InvalidRequest, UnsupportedContent
from aimux.model.loss import Loss
from aimux.model.parts import Text
from aimux.model.request import Effort, OutputFormat, Reasoning, Request, Sampling
from aimux.wire import openai_fields as fields
from aimux.wire.jsontext import Document
from aimux.wire.openai_responses.read_choice import choice_of
from aimux.wire.openai_responses.read_items import read_items
from aimux.wire.openai_responses.read_tools import Toolbox
from aimux.wire.openai_responses.reading import STATE_HINT, Reading

ENCRYPTED: Final = "reasoning.encrypted_content"

_STATE: Final = ("previous_response_id", "conversation", "prompt")
"""What the vendor keeps and another does not have: to go on without it would be amnesia (edge 154)."""

_REPEATED: Final = (
    "instructions", "max_output_tokens", "metadata", "parallel_tool_calls", "prompt_cache_key",
    "reasoning", "safety_identifier", "temperature", "text", "tool_choice", "top_p", "truncation",
    "user",
)  # fmt: skip
"""What the response object repeats of the request.  ``tools`` are left out, which may be most of it."""

_DROPPED: Final = {
    "context_management": "context_management.dropped",
    "metadata": "metadata.dropped",
    "prompt_cache_options": "cache_control.dropped",
    "prompt_cache_retention": "cache_control.dropped",
    "top_logprobs": "logprobs.dropped",
}
"""Settings that the neutral model has no word for, and what their absence is."""

_READ: Final = frozenset({
    "model", "input", "stream", "stream_options", "store", "include", "client_metadata", "background",
    "max_tool_calls", "tools", "service_tier", *_REPEATED, *_DROPPED, *_STATE,
})  # fmt: skip

_EFFORTS: Final = {"none": Effort.OFF} | {
    effort.value: effort for effort in Effort if effort not in {Effort.OFF, Effort.AUTO}
}
_TIERS: Final = frozenset({"default", "flex", "priority", "fast"})


def read_request(document: Document, model: str, *, stream: bool) -> Request:
    """The request in neutral form.

    Raises:
        InvalidRequest: a type is wrong or something required is missing.
        UnsupportedContent: it builds on something that the vendor keeps.
    """
    _refuse_state(document)
    losses: list[Loss] = []
    toolbox = Toolbox(losses)
    toolbox.add(document.get("tools"), "tools")
    reading = Reading(toolbox, losses)
    if instructions := fields.text(document.get("instructions"), "instructions"):
        reading.turns.system.append(Text(instructions))
    read_items(document.exact("input"), reading)
    if not reading.turns.messages and not reading.turns.system:
        raise InvalidRequest("the request says nothing: 'input' is missing", param="input")
    toolbox.limit_searches(fields.count(document.get("max_tool_calls"), "max_tool_calls"))
    text = fields.mapping(document.get("text"), "text")
    included = fields.texts(document.get("include"), "include")
    _note_dropped(document, included, losses)
    return Request(
        model=model,
        messages=tuple(reading.turns.messages),
        system=tuple(reading.turns.system),
        tools=toolbox.tools,
        tool_choice=choice_of(
            document.get("tool_choice"), document.get("parallel_tool_calls"), losses
        ),
        sampling=_sampling(document),
        reasoning=read_reasoning(document, reading.effort, losses),
        output=_format_of(reading.format or text.get("format")),
        stream=stream,
        user=_user(document),
        session=fields.text(document.get("prompt_cache_key"), "prompt_cache_key"),
        tier=_tier(document, losses),
        verbosity=_verbosity(text, losses),
        echo=_echo(document, included),
        losses=tuple(losses),
    )


def _refuse_state(document: Document) -> None:
    for key in _STATE:
        if document.get(key) is not None:
            raise UnsupportedContent(f"{key} is not kept here", param=key, hint=STATE_HINT)
    if fields.flag(document.get("background"), "background"):
        raise UnsupportedContent(
            "an answer in the background is not kept here", param="background", hint=STATE_HINT
        )


def _note_dropped(document: Document, included: tuple[str, ...], losses: list[Loss]) -> None:
    fields.mapping(document.get("metadata"), "metadata")
    fields.count(document.get("top_logprobs"), "top_logprobs")
    for key in document.keys():  # noqa: SIM118 -- a document is no mapping
        code = _DROPPED.get(key, "" if key in _READ else "unknown_field.dropped")
        if code and document.get(key):
            losses.append(Loss(code, key))
    if fields.text(document.get("truncation"), "truncation") == "auto":
        losses.append(Loss("context_management.dropped", "truncation"))
    if "message.output_text.logprobs" in included:
        losses.append(Loss("logprobs.dropped", "include"))


def _sampling(document: Document) -> Sampling:
    return Sampling(
        max_output_tokens=fields.count(document.get("max_output_tokens"), "max_output_tokens"),
        temperature=fields.number(document.get("temperature"), "temperature"),
        top_p=fields.number(document.get("top_p"), "top_p"),
    )


def read_reasoning(document: Document, later: object, losses: list[Loss]) -> Reasoning:
    """How much to think and whether the client reads it.  ``later`` is an effort that an item set.

    Raises:
        InvalidRequest: something of it has the wrong type.
    """
    said = fields.mapping(document.get("reasoning"), "reasoning")
    losses += [
        Loss("unknown_field.dropped", f"reasoning.{key}")
        for key in said
        if key not in {"effort", "summary", "generate_summary"} and said[key] is not None
    ]
    where = "reasoning.effort"
    word = fields.text(said.get("effort") if later is None else later, where)
    effort = _EFFORTS.get(word)
    if word and effort is None:
        losses.append(Loss("effort.mapped", where, word))
    if effort is Effort.OFF:
        return Reasoning(effort, shown=False)
    summary = said.get("summary") or said.get("generate_summary")
    return Reasoning(effort, shown=True if fields.text(summary, "reasoning.summary") else None)


def _format_of(format_: object) -> OutputFormat | None:
    where = "text.format"
    said = fields.mapping(format_, where)
    match said.get("type"):
        case None | "text":
            return None
        case "json_object":
            return OutputFormat()
        case "json_schema":
            schema = said.get("schema")
            if schema is None:
                raise fields.wrong(schema, f"{where}.schema", "an object")
            return OutputFormat(
                schema=fields.mapping(schema, f"{where}.schema"),
                name=fields.text(said.get("name"), f"{where}.name"),
                description=fields.text(said.get("description"), f"{where}.description"),
                strict=fields.flag(said.get("strict"), f"{where}.strict"),
            )
        case type_:
            raise fields.wrong(type_, f"{where}.type", "one of text, json_object, json_schema")


def _user(document: Document) -> str:
    return fields.text(document.get("safety_identifier"), "safety_identifier") or fields.text(
        document.get("user"), "user"
    )


def _tier(document: Document, losses: list[Loss]) -> str:
    tier = fields.text(document.get("service_tier"), "service_tier")
    if tier in _TIERS:
        return tier
    if tier not in {"", "auto"}:
        losses.append(Loss("service_tier.dropped", "service_tier", tier))
    return ""


def _verbosity(text: dict[str, Any], losses: list[Loss]) -> str:
    verbosity = fields.text(text.get("verbosity"), "text.verbosity")
    if verbosity in {"", "low", "medium", "high"}:
        return verbosity
    losses.append(Loss("verbosity.dropped", "text.verbosity", verbosity))
    return ""


def _echo(document: Document, included: tuple[str, ...]) -> dict[str, Any]:
    """What the answer needs to know of the request: whether the client keeps encrypted reasoning, and
    what its response object repeats.
    """
    repeated = {key: value for key in _REPEATED if (value := document.get(key)) is not None}
    return {"encrypted": ENCRYPTED in included, "response": repeated}
