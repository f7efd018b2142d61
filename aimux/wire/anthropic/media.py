"""Images and documents: the ``source`` of a block, read from clients and written for Anthropic."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from aimux.errors import UnsupportedContent
from aimux.model.loss import Loss
from aimux.model.parts import Media, MediaKind, Text
from aimux.wire.anthropic.fields import (
    items_at,
    mapping_at,
    name_at,
    said_at,
    text_at,
    unknown,
    wrong,
)
from aimux.wire.media import from_base64, from_data_url, plain_type

IMAGE_TYPES: Final = frozenset({"image/jpeg", "image/png", "image/gif", "image/webp"})
PDF: Final = "application/pdf"

# ---------------------------------------------------------------- reading


def read_image(block: dict[str, Any], where: str, losses: list[Loss]) -> list[Text | Media]:
    """An ``image`` block."""
    if block.get("transformations"):
        losses += unknown(["transformations"], where)
    return [_medium(block, where, MediaKind.IMAGE)]


def read_document(block: dict[str, Any], where: str, losses: list[Loss]) -> list[Text | Media]:
    """A ``document`` block.  One that is made of blocks comes as what it is made of."""
    citations = mapping_at(block.get("citations"), f"{where}.citations")
    if citations.get("enabled"):
        losses.append(Loss("citations.dropped", where))
    about = {
        "name": said_at(block.get("title"), f"{where}.title"),
        "context": said_at(block.get("context"), f"{where}.context"),
    }
    source = mapping_at(block.get("source"), f"{where}.source")
    match source.get("type"):
        case "text":
            return _text(text_at(source.get("data"), f"{where}.source.data"), about)
        case "content":
            return _made_of(source.get("content"), f"{where}.source.content", about, losses)
        case _:
            return [_medium(block, where, MediaKind.DOCUMENT, **about)]


def _text(text: str, about: dict[str, str]) -> list[Text | Media]:
    return [Media(MediaKind.DOCUMENT, "text/plain", text=text, **about)] if text else []


def _made_of(
    content: object, where: str, about: dict[str, str], losses: list[Loss]
) -> list[Text | Media]:
    if isinstance(content, str):
        return _text(text_at(content, where), about)
    made: list[Text | Media] = []
    for index, each in enumerate(items_at(content, where)):
        place = f"{where}[{index}]"
        block = mapping_at(each, place)
        match block.get("type"):
            case "text":
                made += _text(text_at(block.get("text"), f"{place}.text"), about)
            case "image":
                made += read_image(block, place, losses)
            case _:
                raise wrong(f"{place}.type", "text or image")
    return made


def _medium(block: dict[str, Any], where: str, kind: MediaKind, **about: str) -> Media:
    source = mapping_at(block.get("source"), f"{where}.source")
    match source.get("type"):
        case "base64":
            return _data(source, f"{where}.source", kind, about)
        case "url":
            return _url(name_at(source.get("url"), f"{where}.source.url"), where, kind, about)
        case "file":
            file_id = name_at(source.get("file_id"), f"{where}.source.file_id")
            return Media(kind, file_id=file_id, **about)
        case _:
            raise wrong(
                f"{where}.source.type", "base64, url, file or, of a document, text or content"
            )


def _data(source: dict[str, Any], where: str, kind: MediaKind, about: dict[str, str]) -> Media:
    said = said_at(source.get("media_type"), f"{where}.media_type")
    medium = from_base64(text_at(source.get("data"), f"{where}.data"), said, kind, **about)
    if medium is None:
        raise wrong(f"{where}.data", "base64 of a known media_type")
    return medium


def _url(url: str, where: str, kind: MediaKind, about: dict[str, str]) -> Media:
    if url[:5].lower() != "data:":
        return Media(kind, PDF if kind is MediaKind.DOCUMENT else "", url=url, **about)
    medium = from_data_url(url, kind, **about)
    if medium is None:
        raise wrong(f"{where}.source.url", "a URL that can be read")
    return medium


# ---------------------------------------------------------------- writing


def media_block(medium: Media) -> dict[str, Any]:
    """A medium as a block.

    Raises:
        UnsupportedContent: Anthropic takes none of this kind, this type or from this place.
    """
    made = _BLOCKS.get(medium.kind)
    if made is None:
        raise UnsupportedContent(
            f"Anthropic's models take no {medium.kind}",
            hint=f"route requests with {medium.kind} to a provider that takes it",
        )
    if medium.file_id:
        raise UnsupportedContent(
            f"the file {medium.file_id[:80]!r} is known to the client's own vendor only",
            hint="send the file itself",
        )
    return made(medium)


def _image(medium: Media) -> dict[str, Any]:
    if medium.url:
        return {"type": "image", "source": _address(medium.url)}
    media_type = plain_type(medium.media_type)
    if media_type not in IMAGE_TYPES or not medium.data:
        raise UnsupportedContent(
            f"Anthropic's models take no image of the type {medium.media_type!r}",
            hint="send it as image/png, image/jpeg, image/gif or image/webp",
        )
    source = {"type": "base64", "media_type": media_type, "data": medium.data}
    return {"type": "image", "source": source}


def _document(medium: Media) -> dict[str, Any]:
    if medium.text:
        source = {"type": "text", "media_type": "text/plain", "data": medium.text}
    elif medium.url:
        source = _address(medium.url)
    elif plain_type(medium.media_type) == PDF:
        source = {"type": "base64", "media_type": PDF, "data": medium.data}
    else:
        raise UnsupportedContent(
            f"Anthropic's models take no document of the type {medium.media_type!r}",
            hint="send it as a PDF or as text",
        )
    block: dict[str, Any] = {"type": "document", "source": source}
    if medium.name:
        block["title"] = medium.name
    if medium.context:
        block["context"] = medium.context
    return block


def _address(url: str) -> dict[str, Any]:
    if not url.lower().startswith(("https://", "http://")):
        raise UnsupportedContent(
            f"{url[:80]!r} is no address that Anthropic can load from", hint="send the data itself"
        )
    return {"type": "url", "url": url}


_BLOCKS: Final[dict[MediaKind, Callable[[Media], dict[str, Any]]]] = {
    MediaKind.IMAGE: _image,
    MediaKind.DOCUMENT: _document,
}
