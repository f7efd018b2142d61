"""What stands in an answer's content, where it is not one text: parts, images, sources."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from aimux.model.loss import Losses
from aimux.model.parts import Citation, Media, MediaKind, Refusal, Text, Thinking
from aimux.wire.errorkinds import mapping, number
from aimux.wire.jsontext import mended
from aimux.wire.media import data_url, from_data_url

Said = Text | Thinking | Refusal | Media


def said_in(parts: list[Any], lost: Losses) -> Iterator[Said]:
    """Content as an array of parts, each as a part of ours; those of kinds that nobody knows are lost."""
    for part in parts:
        if isinstance(part, str):
            yield Text(part)
        elif isinstance(part, dict):
            yield from _said_by(part, lost)


def _said_by(part: dict[str, Any], lost: Losses) -> Iterator[Said]:
    match part.get("type"):
        case "thinking":  # Mistral: a list of parts again
            yield Thinking(_joined(part.get("thinking")))
        case "refusal":
            yield Refusal(_joined(part.get("refusal")))
        case "image_url":
            yield from images_in([part], lost)
        case kind:
            if not isinstance(part.get("text"), str | list):
                lost.add("unknown_block.dropped", kind)
            yield Text(_joined(part.get("text")))


def _joined(value: object) -> str:
    """A text, or the texts of an array of parts."""
    if isinstance(value, list):
        return "".join(_joined(mapping(each).get("text")) for each in value)
    return value if isinstance(value, str) else ""


def images_in(images: list[Any], lost: Losses) -> Iterator[Media]:
    """Images that a model has made (OpenRouter's ``images``)."""
    for image in images:
        url = mapping(mapping(image).get("image_url")).get("url")
        if isinstance(url, str) and url:
            yield from_data_url(url, MediaKind.IMAGE) or Media(MediaKind.IMAGE, url=mended(url))
        else:
            lost.add("unknown_block.dropped", "image_url")


def citations_in(annotations: list[Any], lost: Losses) -> Iterator[Citation]:
    """Sources; what is said flat is taken as well.  One without an address is lost."""
    for annotation in annotations:
        kind = mapping(annotation).get("type")
        if kind == "url_citation":
            said = mapping(annotation.get("url_citation")) or annotation
            if url := _joined(said.get("url")):
                start, end = _range(said)
                title, cited = _joined(said.get("title")), _joined(said.get("content"))
                yield Citation(mended(url), mended(title), mended(cited), start, end)
                continue
        lost.add("citations.dropped", kind)


def _range(said: dict[str, Any]) -> tuple[int, int]:
    """The characters that a source is for; some vendors write 0 and 0 where they do not know."""
    start, end = number(said.get("start_index")), number(said.get("end_index"))
    return (start, end) if start is not None and end is not None and start < end else (-1, -1)


def annotation_of(citation: Citation, offset: int, length: int) -> dict[str, Any]:
    """A source for a client.  ``offset`` is where its text begins in the message, ``length`` the text's."""
    start, end = (citation.start, citation.end) if citation.start >= 0 else (0, length)
    said = {
        "url": citation.url,
        "title": citation.title,
        "start_index": offset + start,
        "end_index": offset + end,
    }
    return {"type": "url_citation", "url_citation": said}


def image_of(media: Media, index: int) -> dict[str, Any]:
    """An image for a client, in OpenRouter's form: the vendor itself has none."""
    url = media.url or data_url(media)
    return {"type": "image_url", "image_url": {"url": url}, "index": index}
