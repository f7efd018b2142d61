"""What a user and a tool say, as content of Chat Completions (reference: protocols, 2.5, 2.8)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final

from aimux.errors import UnsupportedContent
from aimux.model.loss import Loss
from aimux.model.parts import Media, MediaKind, Part, Text, ToolResult, Unsupported
from aimux.wire.media import data_url

_FAILED: Final = "[tool error] "
_SAYS_SO: Final = ("<tool_use_error>", "Error")
"""How a result begins that tells of its failure itself."""
_NOTHING: Final = "(no output)"
"""Several vendors refuse a result without a word."""

_BACKTICKS: Final = re.compile("`{3,}")


def user_content(parts: Iterable[Part], losses: list[Loss]) -> str | list[dict[str, Any]]:
    """What a user says: a text where it is one, else parts.

    Raises:
        UnsupportedContent: a part that the format cannot say.
    """
    said = [_part(part, losses) for part in parts]
    if len(said) == 1 and said[0]["type"] == "text":
        text: str = said[0]["text"]
        return text
    return said


def _part(part: Part, losses: list[Loss]) -> dict[str, Any]:
    match part:
        case Text(text):
            return {"type": "text", "text": text}
        case Media():
            return _medium(part, losses)
        case _:
            raise cannot_say(part)


def cannot_say(part: object) -> UnsupportedContent:
    """The refusal of content."""
    if isinstance(part, Unsupported):
        return UnsupportedContent(f"{part.what!r} cannot be said here", param=part.path)
    return UnsupportedContent(f"a {type(part).__name__} cannot be said here")


def _medium(media: Media, losses: list[Loss]) -> dict[str, Any]:
    if media.text:
        losses.append(Loss("document.textified", detail=media.name))
        return {"type": "text", "text": fenced(media)}
    if media.kind is MediaKind.IMAGE and (media.url or media.data):
        image = {"url": media.url or data_url(media)}
        if media.detail:
            image["detail"] = media.detail
        return {"type": "image_url", "image_url": image}
    if media.kind is MediaKind.DOCUMENT and media.data:
        name = media.name or _file_name(media.media_type)
        file = {"filename": name, "file_data": data_url(media)}
        return {"type": "file", "file": file}
    if media.kind is MediaKind.AUDIO and media.data:
        sound = {"data": media.data, "format": media.media_type.partition("/")[2]}
        return {"type": "input_audio", "input_audio": sound}
    raise _not_here(media)


def _not_here(media: Media) -> UnsupportedContent:
    if media.file_id:
        return UnsupportedContent(
            f"the {media.kind} {media.file_id[:40]!r} is known to the client's own vendor only",
            hint="send the file itself",
        )
    how = "by its address" if media.url else "at all"
    return UnsupportedContent(
        f"this provider's format takes no {media.kind} {how}",
        hint="send the file itself" if media.url else "route the request to another provider",
    )


def _file_name(media_type: str) -> str:
    """A name for a file without one: the format wants one."""
    return "document." + (media_type.partition("/")[2] or "bin")


def fenced(media: Media) -> str:
    """A document of text as part of a text: its title, what is said of it, and itself in a fence that
    nothing in it closes.
    """
    longest = max(map(len, _BACKTICKS.findall(media.text)), default=2)
    fence = "`" * (longest + 1)
    head = [line for line in (media.name, media.context) if line]
    return "\n".join([*head, fence, media.text, fence])


def result_text(result: ToolResult, losses: list[Loss]) -> str:
    """What a tool gave back, as the one text that the format has for it.

    Raises:
        UnsupportedContent: it holds a medium that is no text.
    """
    said = "\n".join(_result_part(part, losses) for part in result.content)
    text = said if said.strip() else _NOTHING
    if not result.is_error:
        return text
    losses.append(Loss("tool_result.is_error_folded", detail=result.call_id))
    return text if text.startswith(_SAYS_SO) else _FAILED + text


def _result_part(part: Text | Media, losses: list[Loss]) -> str:
    if isinstance(part, Text):
        return part.text
    if not part.text:
        raise _not_here(part)
    losses.append(Loss("document.textified", detail=part.name))
    return fenced(part)
