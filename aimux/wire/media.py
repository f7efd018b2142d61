"""Images, documents and sounds as clients write them: data URLs and base64 of every make.

What a client says about a medium is often wrong or missing, so the first bytes decide where they are
known, and what is said only where they are not.  A document of plain text becomes text.
"""

from __future__ import annotations

import base64
import binascii
from typing import Final
from urllib.parse import unquote, unquote_to_bytes

from aimux.model.parts import Media, MediaKind
from aimux.wire.jsontext import mended

_MAGIC: Final = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"%PDF-", "application/pdf"),
)
_MAGIC_CHARS: Final = 24
"""Of base64: eighteen bytes, more than any mark is long."""

_ALIASES: Final = {
    "image/jpg": "image/jpeg",
    "image/pjpeg": "image/jpeg",
    "image/x-png": "image/png",
    "application/x-pdf": "application/pdf",
    "audio/mpeg": "audio/mp3",  # the name that every vendor knows
    "audio/x-wav": "audio/wav",
    "audio/wave": "audio/wav",
    "audio/vnd.wave": "audio/wav",
}

_TEXTS: Final = frozenset(
    {"application/json", "application/xml", "application/yaml", "application/x-yaml"}
)
"""Types that are text though their names do not begin with it."""

_KINDS: Final = {
    "image": MediaKind.IMAGE,
    "audio": MediaKind.AUDIO,
    "video": MediaKind.VIDEO,
    "text": MediaKind.DOCUMENT,
}

_TO_STANDARD: Final = str.maketrans("-_", "+/")


def from_data_url(url: str, kind: MediaKind, **more: str) -> Media | None:
    """The medium in a ``data:`` URL; None for any other URL, and for one that cannot be read.

    ``kind`` holds where the medium's type does not say another: clients put documents where an image
    belongs.  ``more`` are further fields of it, such as ``detail``.
    """
    if url[:5].lower() != "data:":
        return None
    head, comma, body = url[5:].partition(",")
    if not comma:
        return None
    said, parameters = _head_of(head)
    charset = next((word[8:] for word in parameters if word.startswith("charset=")), "")
    if "base64" not in parameters:
        body = base64.b64encode(unquote_to_bytes(mended(body))).decode("ascii")
    elif "%" in body:
        body = unquote(body)
    return from_base64(body, said, kind, charset=charset, **more)


def _head_of(head: str) -> tuple[str, list[str]]:
    """The media type of a data URL and its parameters."""
    said, *parameters = (word.strip().lower() for word in head.split(";"))
    return said, parameters


def kind_of_url(url: str, kind: MediaKind) -> MediaKind | None:
    """What lies at a URL, by its beginning: as :func:`kind_of` for one that holds it, else ``kind``."""
    if url[:5].lower() != "data:":
        return kind
    head, _, body = url[5:].partition(",")
    said, parameters = _head_of(head)
    if "base64" not in parameters:
        raw = unquote_to_bytes(mended(body[: 3 * _MAGIC_CHARS]))[: _MAGIC_CHARS // 4 * 3]
        body = base64.b64encode(raw).decode("ascii")
    elif "%" in body:
        body = unquote(body)
    return kind_of(body, said, kind)


def kind_of(data: str, said: str, kind: MediaKind) -> MediaKind | None:
    """What base64 holds, as :func:`from_base64` would say, by its beginning, which is all that needs
    to be given; None for a text, which any model reads, and for what nobody can tell.
    """
    beginning = standard_base64("".join(data.split())[:_MAGIC_CHARS])
    if not beginning:
        return None
    media_type = _type_of(beginning, said)
    return None if not media_type or _is_text(media_type) else _kind_of(media_type, kind)


def from_base64(
    data: str, said: str, kind: MediaKind, *, charset: str = "", **more: str
) -> Media | None:
    """The medium that base64 of any make holds; None where it is none, is empty, or where neither its
    bytes nor ``said``, the type that the client names, tell what it is.
    """
    standard = standard_base64(data)
    if not standard:
        return None
    media_type = _type_of(standard, said)
    if _is_text(media_type) or (not media_type and kind is MediaKind.DOCUMENT):
        return _text_document(standard, media_type, charset, more)
    if not media_type:
        return None
    return Media(_kind_of(media_type, kind), media_type, data=standard, **more)


def data_url(media: Media) -> str:
    """The ``data:`` URL of a medium that has data or text."""
    if media.text:
        text = base64.b64encode(media.text.encode("utf-8")).decode("ascii")
        return f"data:{media.media_type or 'text/plain'};base64,{text}"
    return f"data:{media.media_type or 'application/octet-stream'};base64,{media.data}"


def standard_base64(text: str) -> str | None:
    """Base64 in the standard alphabet, without white space and with its padding; None for what is
    none.  Takes the URL-safe alphabet too.
    """
    text = "".join(text.split())
    if "-" in text or "_" in text:
        text = text.translate(_TO_STANDARD)
    text = text.rstrip("=")
    text += "=" * (-len(text) % 4)
    try:
        binascii.a2b_base64(text, strict_mode=True)
    except ValueError:  # binascii.Error is one, as is text beyond ASCII
        return None
    return text


def plain_type(said: str) -> str:
    """A media type in lower case, without parameters, by its usual name."""
    bare = said.partition(";")[0].strip().lower()
    return _ALIASES.get(bare, bare)


def _type_of(data: str, said: str) -> str:
    """By the first bytes, or as the client says; empty where neither is known."""
    beginning = binascii.a2b_base64(data[:_MAGIC_CHARS])
    for magic, media_type in _MAGIC:
        if beginning.startswith(magic):
            return media_type
    if beginning[:4] == b"RIFF" and beginning[8:12] == b"WEBP":
        return "image/webp"
    media_type = plain_type(said)
    return media_type if media_type != "application/octet-stream" else ""


def _kind_of(media_type: str, kind: MediaKind) -> MediaKind:
    if media_type == "application/pdf":
        return MediaKind.DOCUMENT
    return _KINDS.get(media_type.partition("/")[0], kind)


def _is_text(media_type: str) -> bool:
    return media_type.startswith("text/") or media_type in _TEXTS


def _text_document(data: str, media_type: str, charset: str, more: dict[str, str]) -> Media | None:
    """A document by its text, where it has any.  Bytes of no known type are text only where they are
    UTF-8.
    """
    raw = base64.b64decode(data)
    try:
        text = raw.decode(charset or "utf-8", "replace" if media_type else "strict")
    except UnicodeDecodeError:
        return None
    except (LookupError, ValueError):  # a charset that nobody knows
        text = raw.decode("utf-8", "replace")
    if not text:
        return None
    return Media(MediaKind.DOCUMENT, media_type or "text/plain", text=mended(text), **more)
