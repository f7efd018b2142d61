"""Media as parts, both ways: ``inlineData`` for bytes, ``fileData`` for what Google itself can reach."""

from __future__ import annotations

from typing import Any, Final

from aimux.errors import InvalidRequest, UnsupportedContent
from aimux.model.parts import Media, MediaKind
from aimux.wire.gemini.fields import mapping_at, text_in
from aimux.wire.media import from_base64, from_data_url, plain_type

_FILES: Final = ("https://generativelanguage.googleapis.com/", "gs://", "files/")
"""Addresses that only Google opens, and only for who has put the file there."""
_VIDEOS: Final = ("https://www.youtube.com/", "https://youtube.com/", "https://youtu.be/")

_KINDS: Final = {
    "image": MediaKind.IMAGE,
    "audio": MediaKind.AUDIO,
    "video": MediaKind.VIDEO,
}


def inline(value: object, where: str) -> Media:
    """The medium of an ``inlineData``.

    Raises:
        InvalidRequest: it is no base64, or nobody can tell what it is.
    """
    blob = mapping_at(value, where)
    data = text_in(blob, "data", where)
    said = text_in(blob, "mimeType", where)
    name = text_in(blob, "displayName", where)
    medium = from_base64(data, said, _kind(plain_type(said)), name=name)
    if medium is None:
        raise InvalidRequest(f"{where} must hold base64 and its type", param=where)
    return medium


def file(value: object, where: str) -> Media:
    """The medium of a ``fileData``: a file of Google's by its id, any other by its address.

    Raises:
        InvalidRequest: it has no address.
    """
    data = mapping_at(value, where)
    uri = text_in(data, "fileUri", where)
    media_type = plain_type(text_in(data, "mimeType", where))
    name = text_in(data, "displayName", where)
    if not uri:
        raise InvalidRequest(f"{where}.fileUri is missing", param=f"{where}.fileUri")
    kind = MediaKind.VIDEO if uri.startswith(_VIDEOS) else _kind(media_type)
    if (medium := from_data_url(uri, kind, name=name)) is not None:
        return medium
    if uri.startswith(_FILES):
        return Media(kind, media_type, file_id=uri, name=name)
    return Media(kind, media_type, url=uri, name=name)


def _kind(media_type: str) -> MediaKind:
    return _KINDS.get(media_type.partition("/")[0], MediaKind.DOCUMENT)


def part_of(medium: Media) -> dict[str, Any]:
    """A medium as a part of a request.

    Raises:
        UnsupportedContent: it lies where Google does not look.
    """
    uri = medium.file_id or medium.url
    if uri and not uri.startswith((*_FILES, *_VIDEOS)):
        raise UnsupportedContent(
            f"Gemini does not fetch {uri[:80]!r}"
            if medium.url
            else f"no file of Google's: {uri[:80]!r}",
            hint=f"send the {medium.kind} as base64: aimux downloads nothing",
        )
    return written(medium)


def written(medium: Media) -> dict[str, Any]:
    """A medium as a part, wherever it lies.  A document of plain text is text."""
    if medium.data:
        return {"inlineData": {"mimeType": medium.media_type, "data": medium.data}}
    uri = medium.file_id or medium.url
    if not uri:
        return {"text": document_text(medium)}
    file_data = {"fileUri": uri}
    if medium.media_type:
        file_data["mimeType"] = medium.media_type
    return {"fileData": file_data}


def document_text(medium: Media) -> str:
    """A document of plain text as words, with its title and what is said about it."""
    title = f"[{medium.name}]" if medium.name else ""
    return "\n".join(line for line in (title, medium.context, medium.text) if line)
