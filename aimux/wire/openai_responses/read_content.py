"""What a message of the client or a tool's output is made of, as neutral parts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, NoReturn

from aimux.errors import InvalidRequest
from aimux.model.loss import Loss
from aimux.model.parts import Citation, Media, MediaKind, Part, Refusal, Text, Unsupported
from aimux.wire import jsontext
from aimux.wire import openai_fields as fields
from aimux.wire.media import from_base64, from_data_url

Piece = dict[str, Any]

_OUTPUT_PARTS: Final = ("input_text", "input_image", "input_file")


def parts_of(content: object, path: str, losses: list[Loss]) -> list[Part]:
    """The parts of a ``content``: a string, an array, or nothing."""
    if isinstance(content, str):
        return [Text(jsontext.mended(content))]
    parts = []
    for at, piece in enumerate(fields.array(content, path)):
        where = f"{path}[{at}]"
        parts.append(_part_of(fields.mapping(piece, where), where))
        if "prompt_cache_breakpoint" in piece:
            losses.append(Loss("cache_control.dropped", f"{where}.prompt_cache_breakpoint"))
    return parts


def output_of(output: object, path: str, losses: list[Loss]) -> list[Part]:
    """The parts of a tool's output.

    Some clients write the array of parts as JSON text; as text, the model would read base64 where it
    should see an image (edge 145, 146).
    """
    if isinstance(output, str) and (unwrapped := array_in(output)):
        output = unwrapped
    return parts_of(output, path, losses)


def array_in(text: str) -> list[Any] | None:
    """The parts that a text spells out, or None where it is only a text."""
    if not text.startswith("[") or '"input_' not in text:
        return None
    try:
        value = jsontext.loads(text)
    except ValueError:
        return None
    if not isinstance(value, list) or not all(_is_part(each) for each in value):
        return None
    return value


def _is_part(value: object) -> bool:
    return isinstance(value, dict) and value.get("type") in _OUTPUT_PARTS


def _part_of(piece: Piece, path: str) -> Part:
    type_ = piece.get("type")
    read = _READERS.get(type_) if isinstance(type_, str) else None
    if read is not None:
        return read(piece, path)
    return Unsupported(fields.needed_text(type_, f"{path}.type"), path)


def _text(piece: Piece, path: str) -> Part:
    return Text(fields.text(piece.get("text"), f"{path}.text"), citations_of(piece))


def _refusal(piece: Piece, path: str) -> Part:
    return Refusal(fields.text(piece.get("refusal"), f"{path}.refusal"))


def citations_of(piece: Piece) -> tuple[Citation, ...]:
    """The sources on the web that a text names; other annotations lead to the vendor's own files."""
    annotations = piece.get("annotations")
    if not isinstance(annotations, list):
        return ()
    return tuple(cited for each in annotations if (cited := citation_of(each)) is not None)


def citation_of(annotation: object) -> Citation | None:
    """A ``url_citation``; None for any other annotation."""
    if not isinstance(annotation, dict) or not isinstance(annotation.get("url"), str):
        return None
    title, start, end = (annotation.get(key) for key in ("title", "start_index", "end_index"))
    return Citation(
        jsontext.mended(annotation["url"]),
        jsontext.mended(title) if isinstance(title, str) else "",
        start=start if isinstance(start, int) else -1,
        end=end if isinstance(end, int) else -1,
    )


def _image(piece: Piece, path: str) -> Part:
    detail = fields.text(piece.get("detail"), f"{path}.detail")
    if file_id := fields.text(piece.get("file_id"), f"{path}.file_id"):
        return Media(MediaKind.IMAGE, file_id=file_id, detail=detail)
    where = f"{path}.image_url"
    url = fields.needed_text(piece.get("image_url"), where)
    return _at(url, MediaKind.IMAGE, where, detail=detail)


def _file(piece: Piece, path: str) -> Part:
    name = fields.text(piece.get("filename"), f"{path}.filename")
    if file_id := fields.text(piece.get("file_id"), f"{path}.file_id"):
        return Media(MediaKind.DOCUMENT, file_id=file_id, name=name)
    if url := fields.text(piece.get("file_url"), f"{path}.file_url"):
        return _at(url, MediaKind.DOCUMENT, f"{path}.file_url", name=name)
    where = f"{path}.file_data"
    data = fields.needed_text(piece.get("file_data"), where)
    if data[:5].lower() == "data:":
        return _decoded(data, MediaKind.DOCUMENT, where, name=name)
    return from_base64(data, "", MediaKind.DOCUMENT, name=name) or _unreadable(where)


def _audio(piece: Piece, path: str) -> Part:
    where = f"{path}.input_audio"
    audio = fields.mapping(piece.get("input_audio"), where)
    data = fields.needed_text(audio.get("data"), f"{where}.data")
    form = fields.needed_text(audio.get("format"), f"{where}.format")
    return from_base64(data, f"audio/{form}", MediaKind.AUDIO) or _unreadable(f"{where}.data")


def _at(url: str, kind: MediaKind, path: str, **more: str) -> Media:
    """The medium at an address, which may hold it."""
    if url[:5].lower() == "data:":
        return _decoded(url, kind, path, **more)
    return Media(kind, url=url, **more)


def _decoded(url: str, kind: MediaKind, path: str, **more: str) -> Media:
    return from_data_url(url, kind, **more) or _unreadable(path)


def _unreadable(path: str) -> NoReturn:
    raise InvalidRequest(
        f"{path} holds nothing that can be read",
        param=path,
        hint="a data URL with its media type, such as 'data:image/png;base64,...', says what it is",
    )


_READERS: Final[dict[str, Callable[[Piece, str], Part]]] = {
    "input_text": _text,
    "output_text": _text,
    "text": _text,
    "refusal": _refusal,
    "input_image": _image,
    "input_file": _file,
    "input_audio": _audio,
}
