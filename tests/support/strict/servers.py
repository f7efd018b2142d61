"""The strict server of each format, to be asked by the format's name."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Final

from aimux.model.request import WireFormat
from tests.support.strict import anthropic, gemini, openai_chat, openai_responses
from tests.support.strict.fields import Refused

__all__ = ["Refused", "validate"]

_SERVERS: Final[dict[WireFormat, Callable[..., None]]] = {
    WireFormat.ANTHROPIC: anthropic.validate,
    WireFormat.OPENAI_CHAT: openai_chat.validate,
    WireFormat.OPENAI_RESPONSES: openai_responses.validate,
    WireFormat.GEMINI: gemini.validate,
}


def validate(wire_format: WireFormat, raw: bytes, **personality: Any) -> dict[str, Any]:
    """A request's body, decoded, when its vendor would take it.

    Raises:
        Refused: it would answer with a 400, or the body is not even JSON.
    """
    try:
        body: dict[str, Any] = json.loads(raw.decode("utf-8"), parse_constant=_no_constant)
        json.dumps(body, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as problem:
        raise Refused(f"body: it is no JSON: {problem}") from problem
    _SERVERS[wire_format](body, **personality)
    return body


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")
