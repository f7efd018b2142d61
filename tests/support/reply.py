"""One logical answer, from which every dialect's golden bytes are made."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final

FRESH_TOKENS: Final = 70
CACHE_READ_TOKENS: Final = 30
INPUT_TOKENS: Final = FRESH_TOKENS + CACHE_READ_TOKENS
OUTPUT_TOKENS: Final = 20
"""Reasoning included."""
REASONING_TOKENS: Final = 5

SIGNATURE: Final = "c2lnbmVkIGJ5IHRoZSBmYWtl"


@dataclass(frozen=True, slots=True)
class Call:
    """A call of a tool; ``arguments`` is JSON text."""

    id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class Reply:
    """What the model says: perhaps a thought, pieces of text as they are streamed, calls of tools."""

    text: tuple[str, ...] = ()
    thinking: str = ""
    calls: tuple[Call, ...] = ()

    @property
    def whole_text(self) -> str:
        """The text as it stands in an answer that is not streamed."""
        return "".join(self.text)


TEXT: Final = Reply(text=("Hello", ", wörld \N{SNOWMAN}", "."))
TOOLS: Final = Reply(
    text=("T1",), calls=(Call("call_a", "f", '{"x":1}'), Call("call_b", "g", "{}"))
)
THINKING: Final = Reply(text=("T1",), thinking="R1")
EVERYTHING: Final = Reply(text=TOOLS.text, thinking=THINKING.thinking, calls=TOOLS.calls)


def compact(value: Any) -> bytes:
    """JSON as most vendors write it: no spaces, no escapes beyond ASCII."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


def event(data: Any, *, name: str = "") -> bytes:
    """One server-sent event, closed by its empty line."""
    prefix = f"event: {name}\n".encode() if name else b""
    return prefix + b"data: " + compact(data) + b"\n\n"
