"""Requests as clients of each format write them: the right types, and everything that agents send."""

from __future__ import annotations

from typing import Any, Final

from hypothesis import strategies as st

from aimux.model.parts import Opaque, OpaqueKind
from aimux.model.request import WireFormat
from aimux.wire import opaque
from tests.support.generate import client_anthropic, client_chat, client_gemini, client_responses

_STATES: Final = [
    Opaque(kind, "" if kind is OpaqueKind.TEXT else "c3RhdGU=", issuer, "m", text)
    for kind in OpaqueKind
    for issuer, text in (("elsewhere", ""), ("another", "thought"))
]
CARRIERS: Final = [opaque.seal(state) for state in _STATES]
CARRIERS_BASE64: Final = [opaque.seal_base64(state) for state in _STATES]
"""The same for Gemini's slot."""

_BODIES: Final[dict[WireFormat, Any]] = {
    WireFormat.ANTHROPIC: lambda: client_anthropic.bodies(CARRIERS),
    WireFormat.OPENAI_CHAT: lambda: client_chat.bodies(CARRIERS_BASE64),
    WireFormat.OPENAI_RESPONSES: lambda: client_responses.bodies(CARRIERS),
    WireFormat.GEMINI: lambda: client_gemini.bodies(CARRIERS_BASE64),
}


def bodies(wire_format: WireFormat) -> st.SearchStrategy[dict[str, Any]]:
    """Bodies of one format."""
    strategy: st.SearchStrategy[dict[str, Any]] = _BODIES[wire_format]()
    return strategy
