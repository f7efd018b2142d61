"""A property's schema, shaped as a part of a tool's."""

from __future__ import annotations

from typing import Any

from aimux.wire.schema import Dialect, Shaped, shaped


def shaped_property(schema: Any, dialect: Dialect, **root: Any) -> Shaped:
    """What becomes of the schema of a required property ``p``; what is lost is named from there."""
    whole = {"type": "object", "properties": {"p": schema}, "required": ["p"], **root}
    made = shaped(whole, dialect)
    lost = tuple(one.removeprefix("properties.p").removeprefix(": ") for one in made.lost)
    return Shaped(made.schema["properties"]["p"], lost, made.fits)
