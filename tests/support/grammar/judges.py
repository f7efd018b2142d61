"""The judge of each format, to be asked by the format's name."""

from __future__ import annotations

from typing import Any, Final

from aimux.model.request import WireFormat
from tests.support.grammar import anthropic, gemini, openai_chat, openai_responses
from tests.support.grammar.told import Told

_JUDGES: Final[dict[WireFormat, Any]] = {
    WireFormat.ANTHROPIC: anthropic,
    WireFormat.OPENAI_CHAT: openai_chat,
    WireFormat.OPENAI_RESPONSES: openai_responses,
    WireFormat.GEMINI: gemini,
}


def judge(wire_format: WireFormat, stream: bytes, **asked: Any) -> Told:
    """What a whole stream of a format says; raises ``Broken`` where it leaves the grammar."""
    told: Told = _JUDGES[wire_format].judge(stream, **asked)
    return told


def judge_whole(wire_format: WireFormat, body: bytes, **asked: Any) -> Told:
    """The same for an answer that is not streamed."""
    told: Told = _JUDGES[wire_format].judge_whole(body, **asked)
    return told


def judge_error(wire_format: WireFormat, body: bytes) -> str:
    """The words of an error body; raises ``Broken`` where the format has no such one."""
    return str(_JUDGES[wire_format].judge_error(body))
