"""Parts of messages and of tools' results as the vendor takes them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, assert_never

from aimux.errors import UnsupportedContent
from aimux.model.loss import Loss
from aimux.model.parts import Citation, Media, MediaKind, Refusal, Text, ToolResult
from aimux.wire import media
from aimux.wire.openai_responses.items import Item, annotation
from aimux.wire.target import Target

_AUDIO: Final = {"audio/wav": "wav", "audio/mp3": "mp3"}
_FILE_NAMES: Final = {"application/pdf": "document.pdf"}
"""For files without a name: the vendor asks for one, and tells by its ending what the file is."""
_OWN_FILE_ID: Final = "file-"
"""How the vendor's own ids of files begin."""
_TOOL_ERROR: Final = "[tool error] "
_SAYS_SO: Final = ("<tool_use_error>", "Error", _TOOL_ERROR.strip())
"""Beginnings by which a result says itself that the tool failed."""


class Content:
    """Writes parts for one target, and keeps what that loses."""

    def __init__(self, target: Target, losses: list[Loss]) -> None:
        self._target = target
        self._losses = losses

    def said(self, part: Text | Media) -> Item:
        """A part of what the user, the developer or a tool says.

        Raises:
            UnsupportedContent: a medium that the format or the target does not take.
        """
        if isinstance(part, Text):
            return {"type": "input_text", "text": part.text}
        match part.kind:
            case MediaKind.IMAGE:
                return self._image(part)
            case MediaKind.DOCUMENT:
                return self._document(part)
            case MediaKind.AUDIO:
                return self._audio(part)
            case MediaKind.VIDEO:
                raise self._refusal(part)
            case _:
                assert_never(part.kind)

    def _image(self, image: Media) -> Item:
        item: Item = {"type": "input_image", "detail": image.detail or "auto"}
        if image.file_id:
            return item | {"file_id": self._file_id(image)}
        return item | {"image_url": image.url or media.data_url(image)}

    def _document(self, document: Media) -> Item:
        item: Item = {"type": "input_file"}
        if document.text:
            self._losses.append(Loss("document.textified", detail=document.name))
            return {"type": "input_text", "text": words_of(document)}
        if document.file_id:
            return item | {"file_id": self._file_id(document)}
        if document.url:
            return item | {"file_url": document.url}
        name = document.name or _FILE_NAMES.get(document.media_type, "document")
        return item | {"filename": name, "file_data": media.data_url(document)}

    def _audio(self, audio: Media) -> Item:
        form = _AUDIO.get(audio.media_type)
        if form is None or not audio.data:
            raise self._refusal(audio)
        return {"type": "input_audio", "input_audio": {"data": audio.data, "format": form}}

    def _file_id(self, medium: Media) -> str:
        if self._target.vendor == "openai" and medium.file_id.startswith(_OWN_FILE_ID):
            return medium.file_id
        raise UnsupportedContent(
            f"the file {medium.file_id!r} is kept by another provider",
            hint="send the file itself, as base64",
        )

    def _refusal(self, medium: Media) -> UnsupportedContent:
        what = medium.media_type or medium.kind.value
        return UnsupportedContent(
            f"{what!r} cannot be sent to {self._target.model!r}",
            hint="the Responses format takes images, files, and sound as wav or mp3",
        )

    def output(self, result: ToolResult) -> str | list[Item]:
        """What a tool gave back: a string where it is only text.

        The format has no mark of failure, so the text says it.
        """
        parts = list(result.content)
        if result.is_error:
            self._losses.append(Loss("tool_result.is_error_folded"))
            parts = _failed(parts)
        if all(isinstance(part, Text) for part in parts):
            return "\n".join(part.text for part in parts if isinstance(part, Text))
        return [self.said(part) for part in parts]


def _failed(parts: list[Text | Media]) -> list[Text | Media]:
    first = parts[0] if parts else None
    if not isinstance(first, Text):
        return [Text(_TOOL_ERROR.rstrip()), *parts]
    if first.text.startswith(_SAYS_SO):
        return parts
    return [Text(_TOOL_ERROR + first.text), *parts[1:]]


def words_of(document: Media) -> str:
    """A plain-text document as text that says what it is."""
    head = f"Document: {document.name}" if document.name else "Document:"
    about = f"\n{document.context}" if document.context else ""
    fence = "```"
    while fence in document.text:
        fence += "`"
    return f"{head}{about}\n{fence}\n{document.text}\n{fence}"


def spoken(part: Text | Refusal) -> Item:
    """A part of what the assistant said earlier."""
    if isinstance(part, Refusal):
        return {"type": "refusal", "refusal": part.text}
    return {
        "type": "output_text",
        "text": part.text,
        "annotations": sources(part.citations, len(part.text)),
    }


def sources(citations: Iterable[Citation], text_chars: int) -> list[Item]:
    """The sources of a text that have an address."""
    return [annotation(each, text_chars) for each in citations if each.url]
