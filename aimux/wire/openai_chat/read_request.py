"""A client's Chat Completions request (reference: protocols, 1.2.2, 2.2)."""

from __future__ import annotations

import math
from typing import Any, Final

from aimux.errors import InvalidRequest, UnsupportedContent
from aimux.model.loss import Loss
from aimux.model.request import Effort, OutputFormat, Reasoning, Request, Sampling
from aimux.wire import openai_fields as fields
from aimux.wire.jsontext import Document, mended
from aimux.wire.openai_chat.read_messages import read_messages
from aimux.wire.openai_chat.read_parts import note_unknown
from aimux.wire.openai_chat.read_tools import is_legacy, read_choice, read_tools

_READ: Final = frozenset(
    {
        "model", "messages", "stream", "stream_options", "max_tokens", "max_completion_tokens",
        "temperature", "top_p", "top_k", "presence_penalty", "frequency_penalty", "seed", "stop",
        "tools", "tool_choice", "parallel_tool_calls", "functions", "function_call",
        "response_format", "reasoning_effort", "verbosity", "modalities", "n", "service_tier", "user",
        "safety_identifier", "prompt_cache_key", "web_search_options",
    }
)  # fmt: skip

_DROPPED: Final = {
    "audio": "metadata.dropped",  # without the modality it says nothing
    "logit_bias": "penalty.dropped",
    "repetition_penalty": "penalty.dropped",
    "logprobs": "logprobs.dropped",
    "top_logprobs": "logprobs.dropped",
    "metadata": "metadata.dropped",
    "prediction": "metadata.dropped",
    "store": "metadata.dropped",
    "prompt_cache_options": "cache_control.dropped",
    "prompt_cache_retention": "cache_control.dropped",
}

_EFFORTS: Final = {
    "none": Effort.OFF,
    "minimal": Effort.MINIMAL,
    "low": Effort.LOW,
    "medium": Effort.MEDIUM,
    "high": Effort.HIGH,
    "xhigh": Effort.XHIGH,
    "max": Effort.MAX,
}
_TIERS: Final = ("default", "flex", "priority", "fast")
_VERBOSITIES: Final = ("low", "medium", "high")

INCLUDE_USAGE: Final = "include_usage"
"""In ``Request.echo``: the client wants a chunk with the tokens."""
FUNCTIONS: Final = "functions"
"""In ``Request.echo``: the client declared ``functions`` and reads ``function_call``."""


def read_request(document: Document, model: str, *, stream: bool) -> Request:
    """The request in our words.

    Raises:
        InvalidRequest: a type is wrong or something required is missing; ``param`` says where.
        UnsupportedContent: it wants what no other format can say.
    """
    losses: list[Loss] = []
    _refuse(document)
    system, messages = read_messages(document.exact("messages"), losses)
    tools = read_tools(document, losses)
    return Request(
        model=model,
        messages=messages,
        system=system,
        tools=tools,
        tool_choice=read_choice(document),
        sampling=_sampling(document),
        reasoning=read_reasoning(document, losses),
        output=_output(document, losses),
        stream=stream,
        user=_first_text(document, "safety_identifier", "user"),
        session=_first_text(document, "prompt_cache_key"),
        tier=_tier(document, losses),
        verbosity=_verbosity(document),
        echo=_echo(document, losses),
        losses=(*losses, *_left_behind(document)),  # the last to be made: all above add to it
    )


def _refuse(document: Document) -> None:
    """What would silently become something else must not be translated."""
    n = fields.count(document.get("n"), "n")
    if n is not None and n > 1:
        raise UnsupportedContent(
            f"{n} answers at once cannot be asked of a provider of another format",
            param="n",
            hint="ask for one answer, or route the request to a provider of Chat Completions",
        )
    modalities = fields.array(document.get("modalities"), "modalities")
    if any(each != "text" for each in modalities):
        raise UnsupportedContent(
            "an answer in sound cannot be asked of a provider of another format",
            param="modalities",
            hint="route the request to a provider of Chat Completions",
        )


# ---------------------------------------------------------------- settings


def _sampling(document: Document) -> Sampling:
    newer = fields.count(document.get("max_completion_tokens"), "max_completion_tokens")
    older = fields.count(document.get("max_tokens"), "max_tokens")
    return Sampling(
        max_output_tokens=older if newer is None else newer,
        temperature=_number(document, "temperature"),
        top_p=_number(document, "top_p"),
        top_k=_integer(document, "top_k"),
        presence_penalty=_number(document, "presence_penalty"),
        frequency_penalty=_number(document, "frequency_penalty"),
        seed=_integer(document, "seed"),
        stop=_stop(document.get("stop")),
    )


def _number(document: Document, key: str) -> float | None:
    value = fields.number(document.get(key), key)
    if isinstance(value, float) and not math.isfinite(value):
        raise fields.wrong(value, key, "a number that can be held")
    return value


def _integer(document: Document, key: str) -> int | None:
    value = _number(document, key)
    if value is not None and value != int(value):
        raise fields.wrong(value, key, "a whole number")
    return None if value is None else int(value)


def _stop(value: object) -> tuple[str, ...]:
    """One sequence or several; an empty one stops nothing."""
    if isinstance(value, str):
        value = [value]
    said = fields.array(value, "stop")
    texts = (fields.text(each, f"stop[{at}]") for at, each in enumerate(said))
    return tuple(text for text in texts if text)


def read_reasoning(document: Document, losses: list[Loss]) -> Reasoning:
    """``reasoning_effort``.

    Raises:
        InvalidRequest: it is no text.
    """
    said = fields.text(document.get("reasoning_effort"), "reasoning_effort")
    if not said:
        return Reasoning()
    effort = _EFFORTS.get(said)
    if effort is None:  # a vendor's own word, such as Groq's "default"
        losses.append(Loss("effort.mapped", "reasoning_effort", said[:80]))
    return Reasoning(effort, shown=False if effort is Effort.OFF else None)


def _output(document: Document, losses: list[Loss]) -> OutputFormat | None:
    value = document.get("response_format")
    if value is None:
        return None
    format_ = fields.mapping(value, "response_format")
    match fields.needed_text(format_.get("type"), "response_format.type"):
        case "text":
            return None
        case "json_object":
            return OutputFormat()
        case "json_schema":
            where = "response_format.json_schema"
            return _schema(fields.mapping(format_.get("json_schema"), where), where, losses)
        case other:
            path = "response_format.type"
            raise InvalidRequest(f"{path} is {other[:40]!r}, which is none", param=path)


def _schema(held: dict[str, Any], path: str, losses: list[Loss]) -> OutputFormat:
    note_unknown(held, ("name", "description", "schema", "strict"), path, losses)
    schema = held.get("schema")
    return OutputFormat(
        schema=None if schema is None else fields.mapping(schema, f"{path}.schema"),
        name=fields.text(held.get("name"), f"{path}.name"),
        description=fields.text(held.get("description"), f"{path}.description"),
        strict=fields.flag(held.get("strict"), f"{path}.strict"),
    )


def _first_text(document: Document, *keys: str) -> str:
    return next(filter(None, (fields.text(document.get(key), key) for key in keys)), "")


def _tier(document: Document, losses: list[Loss]) -> str:
    said = fields.text(document.get("service_tier"), "service_tier")
    if said in _TIERS:
        return said
    if said not in ("", "auto"):
        losses.append(Loss("service_tier.dropped", "service_tier", said[:80]))
    return ""


def _verbosity(document: Document) -> str:
    said = fields.text(document.get("verbosity"), "verbosity")
    if said and said not in _VERBOSITIES:
        raise InvalidRequest("verbosity must be low, medium or high", param="verbosity")
    return said


def _echo(document: Document, losses: list[Loss]) -> dict[str, bool]:
    options = fields.mapping(document.get("stream_options"), "stream_options")
    note_unknown(options, (INCLUDE_USAGE, "include_obfuscation"), "stream_options", losses)
    path = f"stream_options.{INCLUDE_USAGE}"
    wanted = fields.flag(options.get(INCLUDE_USAGE), path) is True
    return {INCLUDE_USAGE: wanted, FUNCTIONS: is_legacy(document)}


def _left_behind(document: Document) -> list[Loss]:
    """A loss for each setting that we have no word for, where it says something."""
    return [
        Loss(_DROPPED.get(key, "unknown_field.dropped"), mended(key)[:80])
        for key in document.keys()  # noqa: SIM118 -- a Document is no mapping
        if key not in _READ and document.get(key) not in (None, False, [], {})
    ]
