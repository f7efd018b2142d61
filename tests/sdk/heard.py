"""What an SDK is asked, and what it understood of the answer."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

TIMEOUT_S: Final = 20.0
QUESTION: Final = "what is 1 + 1? \N{SNOWMAN}"
TOOL: Final = {"type": "object", "properties": {"x": {"type": "integer"}}}


@dataclass(slots=True)
class Heard:
    """What an SDK understood of an answer."""

    text: str = ""
    thinking: str = ""
    calls: tuple[tuple[str, Any], ...] = ()
    """Name and arguments of each."""
    output_tokens: int | None = None


def parsed(calls: Iterable[tuple[str, str]]) -> tuple[tuple[str, Any], ...]:
    """Calls whose arguments are JSON text, with the arguments read."""
    return tuple((name, json.loads(arguments)) for name, arguments in calls)
