"""Parts of a client's content, each read by a function of its type (reference: protocols, 1.2.3, 2.5)."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable
from typing import Any, Final

from aimux.errors import InvalidRequest
from aimux.model.loss import Loss
from aimux.model.parts import Media, MediaKind, Refusal, Text, Thinking, Unsupported
from aimux.wire import openai_fields as fields
from aimux.wire.jsontext import mended
from aimux.wire.media import from_base64, from_data_url

Content = Text | Refusal | Thinking | Media | Unsupported

_CACHE_MARKS: Final = frozenset({"cache_control", "prompt_cache_breakpoint"})


def read_content(value: object, path: str, losses: list[Loss]) -> list[Content]:
    """Content of any role: a text, an array of parts, or nothing.

    Raises:
        InvalidRequest: it is none of these, or a part is not what its type says.
    """
    if value is None:
        return []
    if isinstance(value, str):
        return [Text(mended(value))] if value else []
    if not isinstance(value, list):
        raise fields.wrong(value, path, "a string or an array")
    return [_part(part, f"{path}[{at}]", losses) for at, part in enumerate(value)]


def _part(part: object, path: str, losses: list[Loss]) -> Content:
    if isinstance(part, str):  # some clients leave the object away
        return Text(mended(part))
    if not isinstance(part, dict):
        raise fields.wrong(part, path, "an object")
    kind = fields.needed_text(part.get("type"), f"{path}.type")
    read = _READERS.get(kind)
    if read is None:
        return Unsupported(kind, path)
    note_unknown(part, {"type", _FIELD.get(kind, kind)}, path, losses)
    return read(part, path)


def note_unknown(
    given: Iterable[str], known: Container[str], path: str, losses: list[Loss]
) -> None:
    """Reports the fields of an object that nobody reads."""
    for field in given:
        if field not in known:
            code = "cache_control" if field in _CACHE_MARKS else "unknown_field"
            losses.append(Loss(f"{code}.dropped", f"{path}.{mended(field)[:80]}"))


def _text(part: dict[str, Any], path: str) -> Text:
    return Text(fields.text(part.get("text"), f"{path}.text"))


def _refusal(part: dict[str, Any], path: str) -> Refusal:
    return Refusal(fields.text(part.get("refusal"), f"{path}.refusal"))


def _thinking(part: dict[str, Any], path: str) -> Thinking:
    """Mistral's: a list of parts again."""
    value, path = part.get("thinking"), f"{path}.thinking"
    if isinstance(value, str):
        return Thinking(mended(value))
    said = (
        fields.text(fields.mapping(each, f"{path}[{at}]").get("text"), f"{path}[{at}].text")
        for at, each in enumerate(fields.array(value, path))
    )
    return Thinking("".join(said))


def _image(part: dict[str, Any], path: str) -> Media:
    return _by_url(part, "image_url", MediaKind.IMAGE, path)


def _video(part: dict[str, Any], path: str) -> Media:
    return _by_url(part, "video_url", MediaKind.VIDEO, path)


def _by_url(part: dict[str, Any], field: str, kind: MediaKind, path: str) -> Media:
    """A medium behind a URL, which may hold it; the URL stands in an object, or by itself."""
    path = f"{path}.{field}"
    value = part.get(field)
    held = {"url": value} if isinstance(value, str) else fields.mapping(value, path)
    url = fields.needed_text(held.get("url"), f"{path}.url")
    detail = fields.text(held.get("detail"), f"{path}.detail")
    if url[:5].lower() != "data:":
        return Media(kind, url=url, detail=detail)
    return _readable(from_data_url(url, kind, detail=detail), f"{path}.url")


def _audio(part: dict[str, Any], path: str) -> Media:
    path = f"{path}.input_audio"
    held = fields.mapping(part.get("input_audio"), path)
    data = fields.needed_text(held.get("data"), f"{path}.data")
    if data[:5].lower() == "data:":
        return _readable(from_data_url(data, MediaKind.AUDIO), f"{path}.data")
    kind = fields.needed_text(held.get("format"), f"{path}.format")
    return _readable(from_base64(data, f"audio/{kind}", MediaKind.AUDIO), f"{path}.data")


def _file(part: dict[str, Any], path: str) -> Media:
    path = f"{path}.file"
    held = fields.mapping(part.get("file"), path)
    name = fields.text(held.get("filename"), f"{path}.filename")
    data = fields.text(held.get("file_data"), f"{path}.file_data")
    if not data:
        file_id = fields.needed_text(held.get("file_id"), f"{path}.file_id")
        return Media(MediaKind.DOCUMENT, file_id=file_id, name=name)
    if data[:5].lower() == "data:":
        medium = from_data_url(data, MediaKind.DOCUMENT, name=name)
    else:
        medium = from_base64(data, "", MediaKind.DOCUMENT, name=name)
    return _readable(medium, f"{path}.file_data")


def _readable(medium: Media | None, path: str) -> Media:
    if medium is None:
        raise InvalidRequest(
            f"{path} holds nothing that can be read",
            param=path,
            hint="send standard base64, and name the type of what it holds",
        )
    return medium


_READERS: Final[dict[str, Callable[[dict[str, Any], str], Content]]] = {
    "text": _text,
    "input_text": _text,  # of Responses; clients mix them up
    "output_text": _text,
    "refusal": _refusal,
    "thinking": _thinking,
    "image_url": _image,
    "video_url": _video,
    "input_audio": _audio,
    "file": _file,
}

_FIELD: Final = {"input_text": "text", "output_text": "text"}
"""Types whose content is not in a field of the same name."""
