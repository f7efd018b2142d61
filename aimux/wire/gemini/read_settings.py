"""``generationConfig`` of a client's request."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from aimux.errors import InvalidRequest, UnsupportedContent
from aimux.model.loss import Loss
from aimux.model.request import Effort, OutputFormat, Reasoning, Sampling
from aimux.wire.gemini.fields import (
    flag_in,
    given,
    integer_in,
    items_at,
    mapping_at,
    number_in,
    spelled,
    text_at,
    text_in,
    unknown,
)
from aimux.wire.gemini.openapi import json_schema

_WHERE: Final = "generationConfig"
_READ: Final = spelled(
    "temperature", "topP", "topK", "candidateCount", "maxOutputTokens", "stopSequences",
    "presencePenalty", "frequencyPenalty", "seed", "responseLogprobs", "logprobs", "responseMimeType",
    "responseSchema", "responseJsonSchema", "_responseJsonSchema", "responseModalities",
    "thinkingConfig",
)  # fmt: skip
_THINKING: Final = spelled("includeThoughts", "thinkingBudget", "thinkingLevel")
_EFFORTS: Final = (
    (1024, Effort.LOW),
    (8192, Effort.MEDIUM),
    (24576, Effort.HIGH),
    (65536, Effort.XHIGH),
)
"""Budgets up to these are these efforts (reference: protocols, 2.9.5)."""


class Settings(NamedTuple):
    """All of it."""

    sampling: Sampling
    reasoning: Reasoning
    output: OutputFormat | None


def read_settings(value: object, losses: list[Loss]) -> Settings:
    """How the answer shall be.

    Raises:
        InvalidRequest: a value is of a wrong type.
        UnsupportedContent: it shall be something else than one text.
    """
    config = mapping_at(value, _WHERE)
    losses += unknown(config, _READ, _WHERE)
    _check_kind(config)
    for name in ("responseLogprobs", "logprobs"):
        if given(config, name):
            losses.append(Loss("logprobs.dropped", f"{_WHERE}.{name}"))
    return Settings(
        _sampling(config),
        read_reasoning(given(config, "thinkingConfig"), losses),
        _output(config, losses),
    )


def _check_kind(config: Mapping[str, Any]) -> None:
    where = f"{_WHERE}.candidateCount"
    if (integer_in(config, "candidateCount", _WHERE) or 1) > 1:
        raise UnsupportedContent(
            "several candidates are given by Gemini only",
            param=where,
            hint="ask once for each, or route the request to a provider of the format gemini",
        )
    where = f"{_WHERE}.responseModalities"
    for kind in items_at(given(config, "responseModalities")):
        if text_at(kind, where).upper() not in {"TEXT", "MODALITY_UNSPECIFIED"}:
            raise UnsupportedContent(
                f"an answer of {kind[:40]!r} is given by Gemini only",
                param=where,
                hint="route the request to a provider of the format gemini",
            )


def _sampling(config: Mapping[str, Any]) -> Sampling:
    where = f"{_WHERE}.stopSequences"
    stops = (text_at(each, where) for each in items_at(given(config, "stopSequences")))
    most = integer_in(config, "maxOutputTokens", _WHERE)
    if most is not None and most < 0:
        where = f"{_WHERE}.maxOutputTokens"
        raise InvalidRequest(f"{where} must not be negative", param=where)
    return Sampling(
        max_output_tokens=most,
        temperature=number_in(config, "temperature", _WHERE),
        top_p=number_in(config, "topP", _WHERE),
        top_k=integer_in(config, "topK", _WHERE),
        presence_penalty=number_in(config, "presencePenalty", _WHERE),
        frequency_penalty=number_in(config, "frequencyPenalty", _WHERE),
        seed=integer_in(config, "seed", _WHERE),
        stop=tuple(stop for stop in stops if stop),
    )


def read_reasoning(value: object, losses: list[Loss]) -> Reasoning:
    """``thinkingConfig``.

    Raises:
        InvalidRequest: something of it has the wrong type or is no level.
    """
    where = f"{_WHERE}.thinkingConfig"
    config = mapping_at(value, where)
    losses += unknown(config, _THINKING, where)
    shown = flag_in(config, "includeThoughts", where)
    level = text_in(config, "thinkingLevel", where).lower()
    if level in {Effort.MINIMAL, Effort.LOW, Effort.MEDIUM, Effort.HIGH, Effort.XHIGH}:
        return Reasoning(Effort(level), shown=shown)
    if level not in {"", "thinking_level_unspecified"}:
        place = f"{where}.thinkingLevel"
        raise InvalidRequest(f"{place} is unknown: {level[:40]!r}", param=place)
    budget = integer_in(config, "thinkingBudget", where)
    match budget:
        case None:
            return Reasoning(shown=shown)
        case 0:
            return Reasoning(Effort.OFF, shown=False)
        case _ if budget < 0:
            return Reasoning(Effort.AUTO, shown=shown)
        case _:
            return Reasoning(_effort(budget), budget, shown)


def _effort(budget: int) -> Effort:
    return next((effort for most, effort in _EFFORTS if budget <= most), Effort.MAX)


def _output(config: Mapping[str, Any], losses: list[Loss]) -> OutputFormat | None:
    where = f"{_WHERE}.responseMimeType"
    mime_type = text_in(config, "responseMimeType", _WHERE).lower()
    schema = _schema(config)
    if mime_type == "application/json" or (not mime_type and schema is not None):
        return OutputFormat(schema)
    if mime_type not in {"", "text/plain"}:
        losses.append(Loss("format.schema_degraded", where, mime_type[:80]))
    return None


def _schema(config: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The answer's schema; ``_responseJsonSchema`` is what older SDKs write."""
    for name in ("responseJsonSchema", "_responseJsonSchema"):
        if (schema := given(config, name)) is not None:
            return mapping_at(schema, f"{_WHERE}.{name}")
    schema = given(config, "responseSchema")
    return None if schema is None else json_schema(schema, f"{_WHERE}.responseSchema")
