"""What a request says about its answer: how much to think, in which form, how long at most.

How much to think is read by the codecs' own readers, so that a rule means by ``high`` what a
translation does.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

from aimux.errors import InvalidRequest
from aimux.model.request import Effort, Reasoning, WireFormat
from aimux.routing.facts.history import History
from aimux.routing.facts.looks import (
    count,
    decoded,
    mapping,
    spelled,
    table_of,
    text_in,
    value_of,
)
from aimux.wire.anthropic import read_settings as anthropic
from aimux.wire.gemini import read_settings as gemini
from aimux.wire.gemini.fields import given
from aimux.wire.jsontext import Document
from aimux.wire.openai_chat import read_request as chat
from aimux.wire.openai_responses import read_request as responses

OFF: Final = "off"
ON: Final = "on"
"""As much as the model sees fit."""

_SCHEMA: Final = "json_schema"
_UPDATE: Final = "configuration_update"
_DIGITS: Final = re.compile(r"\d{1,18}", re.ASCII)


# ---------------------------------------------------------------- thinking


def thinking(format_: WireFormat, document: Document, history: History) -> str:
    """``off``, an effort (``minimal`` to ``max``), or ``on`` where it is the model's to say how much."""
    try:
        said = _REASONING[format_](document, history)
    except InvalidRequest:
        return OFF
    if said.effort is None:
        return ON if said.shown else OFF  # who wants to read thinking wants some
    return ON if said.effort is Effort.AUTO else said.effort.value


def _of_anthropic(document: Document, history: History) -> Reasoning:
    """The last instructions in the middle that name an effort have the say."""
    effort = ""
    says = history.may_hold(b'"output_config"')
    for message in history.messages if says else ():
        if "output_config" in message and text_in(message, "role") == "system":
            said = mapping(decoded(message["output_config"])).get("effort")
            effort = said if isinstance(said, str) else effort
    return anthropic.read_reasoning(document, effort, [])


def _of_chat(document: Document, history: History) -> Reasoning:
    del history
    return chat.read_reasoning(document, [])


def _of_responses(document: Document, history: History) -> Reasoning:
    later = [mapping(update.get("reasoning")).get("effort") for update in _updates(history)]
    last = next((effort for effort in reversed(later) if effort is not None), None)
    return responses.read_reasoning(document, last, [])


def _of_gemini(document: Document, history: History) -> Reasoning:
    del history
    return gemini.read_reasoning(given(_config(document), "thinkingConfig"), [])


_REASONING: Final[dict[WireFormat, Callable[[Document, History], Reasoning]]] = {
    WireFormat.ANTHROPIC: _of_anthropic,
    WireFormat.OPENAI_CHAT: _of_chat,
    WireFormat.OPENAI_RESPONSES: _of_responses,
    WireFormat.GEMINI: _of_gemini,
}


# ---------------------------------------------------------------- the answer's form


def structured(format_: WireFormat, document: Document, history: History) -> bool:
    """Whether the answer must follow a schema."""
    if format_ is WireFormat.ANTHROPIC:
        asked = table_of(document, "output_config").get("format")
        return _is_schema(asked or table_of(document, "output_format"))
    if format_ is WireFormat.OPENAI_CHAT:
        return _is_schema(value_of(document, "response_format"))
    if format_ is WireFormat.GEMINI:
        return _has_schema(_config(document))
    later = [mapping(update.get("text")).get("format") for update in _updates(history)]
    last = next((form for form in reversed(later) if form is not None), None)
    return _is_schema(last or table_of(document, "text").get("format"))


def _is_schema(form: object) -> bool:
    return mapping(form).get("type") == _SCHEMA


def _has_schema(config: dict[str, Any]) -> bool:
    kind = given(config, "responseMimeType")
    names = ("responseSchema", "responseJsonSchema", "_responseJsonSchema")
    is_json = kind is None or (isinstance(kind, str) and kind.lower() in {"", "application/json"})
    return is_json and any(isinstance(given(config, name), dict) for name in names)


# ---------------------------------------------------------------- the answer's length


def max_output_tokens(format_: WireFormat, document: Document) -> int | None:
    """How many tokens the answer may have at most; None where that is not said."""
    if format_ is WireFormat.GEMINI:
        said = given(_config(document), "maxOutputTokens")
        digits = isinstance(said, str) and _DIGITS.fullmatch(said)
        return int(said) if digits else count(said)
    for key in _LENGTHS[format_]:
        length = count(value_of(document, key))
        if length is not None:
            return length
    return None


_LENGTHS: Final[dict[WireFormat, tuple[str, ...]]] = {
    WireFormat.ANTHROPIC: ("max_tokens",),
    WireFormat.OPENAI_CHAT: ("max_completion_tokens", "max_tokens"),
    WireFormat.OPENAI_RESPONSES: ("max_output_tokens",),
}


def _config(document: Document) -> dict[str, Any]:
    return table_of(document, spelled(document, "generationConfig"))


def _updates(history: History) -> list[dict[str, Any]]:
    """Items of Responses that change settings from there on."""
    if not history.may_hold(_UPDATE.encode()):
        return []
    return [
        {name: decoded(item.get(name)) for name in ("reasoning", "text")}
        for item in history.messages
        if text_in(item, "type") == _UPDATE
    ]
