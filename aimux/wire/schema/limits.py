"""OpenAI's limits of a strict schema (platform.openai.com, structured outputs; reference 2.12)."""

from __future__ import annotations

from typing import Any, Final

from aimux.wire.schema.words import schemas_below

MAX_PROPERTIES: Final = 5000
MAX_OBJECT_DEPTH: Final = 10
MAX_NAME_CHARS: Final = 120_000
"""Of all names of properties and definitions, and all strings in enums and constants, together."""
MAX_ENUM_VALUES: Final = 1000


def within(schema: dict[str, Any]) -> bool:
    """Whether a schema of the strict dialect is small enough."""
    properties = chars = values = deepest = 0
    waiting: list[tuple[dict[str, Any], int]] = [(schema, 0)]
    while waiting:
        node, depth = waiting.pop()
        depth += "properties" in node
        deepest = max(deepest, depth)
        listed = [*node.get("enum", ()), *([node["const"]] if "const" in node else ())]
        values += len(listed)
        names = [name for word in ("properties", "$defs") for name in node.get(word, ())]
        properties += len(node.get("properties", ()))
        chars += sum(len(name) for name in (*names, *listed) if isinstance(name, str))
        waiting.extend((below, depth) for below in schemas_below(node))
    return (
        properties <= MAX_PROPERTIES
        and chars <= MAX_NAME_CHARS
        and values <= MAX_ENUM_VALUES
        and deepest <= MAX_OBJECT_DEPTH
    )
