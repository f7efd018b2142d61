"""A request for Gemini.  Its model and whether to stream stand in the path, not here."""

from __future__ import annotations

from typing import Any, Final

from aimux.model.loss import Loss
from aimux.model.request import OutputFormat, Request
from aimux.wire import jsontext
from aimux.wire.gemini.families import family_of
from aimux.wire.gemini.write_contents import ContentsWriter
from aimux.wire.gemini.write_settings import write_settings
from aimux.wire.gemini.write_tools import write_tools
from aimux.wire.target import Target, Written

_TIERS: Final = {
    "default": "standard",
    "flex": "flex",
    "priority": "priority",
    "fast": "priority",
}


def write_request(request: Request, target: Target) -> Written:
    """The body.

    Raises:
        UnsupportedContent: it holds content that Gemini cannot be told.
    """
    family = family_of(target.model)
    written = Written({}, pauses=True)
    body, losses = written.body, written.losses
    tools = write_tools(request, family)
    in_words = request.output is not None and tools.tools is not None and not family.is_third
    system = [{"text": text.text} for text in request.system if text.text]
    if request.output is not None and in_words:
        losses.append(Loss("format.emulated"))
        system.append({"text": _in_words(request.output)})
    if system:
        body["systemInstruction"] = {"parts": system}
    body["contents"] = ContentsWriter(target, family, losses).contents(request.messages)
    _add(body, "tools", tools.tools)
    _add(body, "toolConfig", tools.config)
    losses += tools.losses
    _add(
        body,
        "generationConfig",
        write_settings(request, target, family, written, as_json=not in_words),
    )
    _add(body, "serviceTier", _tier(request, losses))
    _report(request, losses)
    return written


def _add(body: dict[str, Any], name: str, value: object) -> None:
    if value:
        body[name] = value


def _in_words(output: OutputFormat) -> str:
    """Structured output, asked for in words: before Gemini 3 a request that has tools is refused when
    it asks for JSON ("Function calling with a response mime type: 'application/json' is unsupported",
    googleapis/python-genai issue 867).
    """
    asked = "Answer with one JSON value and nothing else, without a fence around it."
    if output.schema is None:
        return asked
    return f"{asked} It must follow this JSON Schema:\n{jsontext.text_of(output.schema)}"


def _tier(request: Request, losses: list[Loss]) -> str:
    if request.tier and request.tier not in _TIERS:
        losses.append(Loss("service_tier.dropped", detail=request.tier[:40]))
    return _TIERS.get(request.tier, "")


def _report(request: Request, losses: list[Loss]) -> None:
    """Settings that Gemini has no word for."""
    if request.user:
        losses.append(Loss("metadata.dropped", detail="user"))
    if request.session:
        losses.append(Loss("metadata.dropped", detail="session"))
    if request.verbosity:
        losses.append(Loss("verbosity.dropped", detail=request.verbosity[:40]))
