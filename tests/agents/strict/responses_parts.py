"""The contents of a Responses item: parts of text and images."""

from __future__ import annotations

from typing import Any, Final

from tests.agents.strict.shape import demand, objects, only, text
from tests.agents.words import Image, Json, Refused, image_of_data_url

_USERS: Final = frozenset({"input_text", "input_image", "input_file", "input_audio"})
_ALLOWED: Final = {
    "user": _USERS,
    "developer": _USERS,
    "system": _USERS,
    "tool": _USERS,
    "assistant": frozenset({"output_text", "refusal"}),
}
_FIELDS: Final = {
    "input_text": {"text"},
    "output_text": {"text", "annotations", "logprobs"},
    "refusal": {"refusal"},
    "input_image": {"image_url", "file_id", "detail"},
    "input_file": {"file_data", "file_id", "file_url", "filename", "detail"},
    "input_audio": {"input_audio"},
}


def parts_of(content: Any, role: Any, path: str) -> list[Json]:
    """A content as parts, each of a kind that this role may send.

    Raises:
        Refused: it is not as it must be.
    """
    allowed = _ALLOWED.get(role)
    if allowed is None:
        raise Refused(f"Invalid value: {role!r}.", param=f"{path}.role")
    if isinstance(content, str):
        return [{"type": "input_text", "text": content}]
    parts = objects(
        content, f"Invalid type for '{path}': expected a string or an array of objects."
    )
    for place, part in enumerate(parts):
        where, kind = f"{path}[{place}]", part.get("type")
        demand(
            kind in allowed,
            f"Invalid value: {kind!r}. Supported values are: {sorted(allowed)}.",
            param=f"{where}.type",
        )
        only(part, _FIELDS[kind] | {"type"}, f"Unknown parameter: '{where}.{{}}'.")
        if kind.endswith("_text"):
            text(part.get("text"), f"Missing required parameter: '{where}.text'.")
    return parts


def said_in(parts: list[Json]) -> str:
    """The text of parts."""
    return "".join(part.get("text", "") for part in parts)


def images_of(parts: list[Json], path: str) -> list[Image]:
    """The images among parts.

    Raises:
        Refused: one is none.
    """
    try:
        return [
            image_of_data_url(part.get("image_url"))
            for part in parts
            if part["type"] == "input_image"
        ]
    except ValueError as problem:
        raise Refused(
            f"Invalid '{path}.image_url': {problem}", code="invalid_image_url"
        ) from problem
