"""Structured output, for vendors that know less of it than was asked for."""

from __future__ import annotations

from typing import Any, Final

from aimux.model.loss import Loss
from aimux.wire import jsontext
from aimux.wire.quirks.bodies import inner
from aimux.wire.quirks.turns import instruct
from aimux.wire.target import Target

_JSON_ONLY: Final = (
    "Answer with one JSON object and nothing else: no words around it, no code fence."
)
_BY_SCHEMA: Final = "The object must be valid by this JSON Schema:"
_STRUCTURED: Final = ("json_schema", "json_object")


def as_json_object(body: dict[str, Any], target: Target) -> list[Loss]:
    """Any JSON object, with the schema in the instructions."""
    del target
    if _kind(body) != "json_schema":
        return []
    words = _words(body)
    body["response_format"] = {"type": "json_object"}
    return _emulated(body, words)


def in_words(body: dict[str, Any], target: Target) -> list[Loss]:
    """Nothing but instructions."""
    del target
    if _kind(body) not in _STRUCTURED:
        body.pop("response_format", None)
        return []
    words = _words(body)
    del body["response_format"]
    return _emulated(body, words)


def in_words_beside_others(body: dict[str, Any], target: Target) -> list[Loss]:
    """The same, where tools or a stream are wanted besides."""
    beside = body.get("tools") or body.get("stream") is True
    return in_words(body, target) if beside and _kind(body) in _STRUCTURED else []


def _kind(body: dict[str, Any]) -> object:
    return inner(body.get("response_format")).get("type")


def _words(body: dict[str, Any]) -> str:
    schema = inner(body.get("response_format"), "json_schema", "schema")
    return f"{_JSON_ONLY}\n{_BY_SCHEMA}\n{jsontext.text_of(schema)}" if schema else _JSON_ONLY


def _emulated(body: dict[str, Any], words: str) -> list[Loss]:
    instruct(body, words)
    return [Loss("format.emulated", "response_format")]
