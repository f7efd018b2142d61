"""A client's generateContent request, as what it means (google-genai types 3.4, 2026-11).

The model and whether to stream stand in the path.  Field names come in both spellings.  A question for
a count of tokens may hold the whole request in ``generateContentRequest``.
"""

from __future__ import annotations

from typing import Any, Final

from aimux.errors import UnsupportedContent
from aimux.model.loss import Loss
from aimux.model.parts import Text
from aimux.model.request import Request
from aimux.wire import jsontext
from aimux.wire.gemini.fields import items_at, mapping_at, snake, spelled, text_at, text_in
from aimux.wire.gemini.read_contents import read_contents
from aimux.wire.gemini.read_settings import read_settings
from aimux.wire.gemini.read_tools import read_tools
from aimux.wire.jsontext import Document

_READ: Final = spelled(
    "contents", "systemInstruction", "tools", "toolConfig", "generationConfig", "serviceTier",
    "cachedContent", "model", "generateContentRequest",
)  # fmt: skip
_TIERS: Final = {
    "": "",
    "unspecified": "",
    "standard": "default",
    "flex": "flex",
    "priority": "priority",
}


def read_request(document: Document, model: str, *, stream: bool) -> Request:
    """The request.

    Raises:
        InvalidRequest: a type is wrong or something required is missing.
        UnsupportedContent: it refers to what only Gemini keeps, or asks for what only Gemini gives.
    """
    inner = _spelled(document, "generateContentRequest")
    if inner in document:
        document = jsontext.scan(document.text(inner))
    losses = _left_behind(document)
    _check_cache(document)
    messages = read_contents(document.exact(_spelled(document, "contents")), losses)
    tools, choice = read_tools(_get(document, "tools"), _get(document, "toolConfig"), losses)
    settings = read_settings(_get(document, "generationConfig"), losses)
    tier = _tier(_get(document, "serviceTier"), losses)
    return Request(
        model=model,
        messages=messages,
        system=_system(_get(document, "systemInstruction")),
        tools=tools,
        tool_choice=choice,
        sampling=settings.sampling,
        reasoning=settings.reasoning,
        output=settings.output,
        stream=stream,
        tier=tier,
        losses=tuple(losses),
    )


def _spelled(document: Document, name: str) -> str:
    """A top-level key as this document spells it."""
    return name if name in document else snake(name)


def _get(document: Document, name: str) -> Any:
    return document.get(_spelled(document, name))


def _left_behind(document: Document) -> list[Loss]:
    """What nobody else has a word for: safetySettings, labels, store and whatever is to come."""
    return [
        Loss(
            "metadata.dropped" if name == "labels" else "unknown_field.dropped",
            jsontext.mended(name)[:80],
        )
        for name in document.keys()  # noqa: SIM118 -- a Document is no mapping
        if name not in _READ
    ]


def _check_cache(document: Document) -> None:
    if _get(document, "cachedContent"):
        raise UnsupportedContent(
            "cachedContent stands for content that only Gemini has",
            param="cachedContent",
            hint="send the content itself, or route the request to a provider of the format gemini",
        )


def _system(value: object) -> tuple[Text, ...]:
    """Instructions: a Content, its parts, or only a text."""
    where = "systemInstruction"
    if isinstance(value, dict) and "parts" in value:
        value, where = value["parts"], f"{where}.parts"
    texts = []
    for index, part in enumerate(items_at(value)):
        place = f"{where}[{index}]"
        if not isinstance(part, str):
            part = _only_text(mapping_at(part, place), place)  # noqa: PLW2901 -- the part, read
        texts.append(text_at(part, place))
    return tuple(Text(text) for text in texts if text)


def _only_text(part: dict[str, Any], where: str) -> str:
    if part.get("text") is None and part:
        raise UnsupportedContent(
            f"{where} holds {jsontext.mended(next(iter(part)))[:80]!r}: instructions are text",
            param=where,
            hint="say it in the first content of the user",
        )
    return text_in(part, "text", where)


def _tier(value: object, losses: list[Loss]) -> str:
    said = text_at(value, "serviceTier").lower().removeprefix("service_tier_")
    if said not in _TIERS:
        losses.append(Loss("service_tier.dropped", "serviceTier", said[:40]))
    return _TIERS.get(said, "")
