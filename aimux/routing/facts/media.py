"""Images and documents of a request: whether there are any, and whether they are in the last turn.

The last turn is the user's last one, as :mod:`aimux.wire.adapt` has it: there a medium must be seen by
the model that answers, and what is in earlier turns may become a note.  Results of tools belong to the
turn behind the calls before them, whatever message they came in; ids are not compared.  A document of plain
text is text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from aimux.model.parts import MediaKind
from aimux.model.request import WireFormat
from aimux.routing.facts.history import History
from aimux.routing.facts.looks import (
    Fields,
    beginning,
    blocks,
    decoded,
    either,
    is_empty_text,
    items,
    text_in,
)
from aimux.wire.gemini.fields import snake
from aimux.wire.jsontext import Undecoded, members, objects, values
from aimux.wire.media import kind_of, kind_of_url
from aimux.wire.openai_responses.items import KINDS
from aimux.wire.openai_responses.read_content import array_in

Kinds = frozenset[MediaKind]
_NONE: Final[Kinds] = frozenset()
_USER, _ASSISTANT, _SYSTEM = "user", "assistant", "system"


class Media(NamedTuple):
    """Kinds of media: of the whole request, and of the user's last turn."""

    anywhere: Kinds = _NONE
    last: Kinds = _NONE


@dataclass(slots=True)
class _Turn:
    """A message.  ``words`` is whether it says anything besides its parts."""

    role: str
    parts: list[Fields] = field(default_factory=list)
    results: list[Fields] = field(default_factory=list)
    """Parts of what tools have given back."""
    answers: bool = False
    """Whether it holds such results, be they empty."""
    calls: bool = False
    words: bool = False


def media_of(format_: WireFormat, history: History) -> Media:
    """The media of a request by its messages."""
    reader = _READERS[format_]
    if not history.may_hold(*reader.marks):
        return Media()
    turns = [turn for each in history.messages for turn in reader.turns(each)]
    anywhere = _union(reader, (part for turn in turns for part in (*turn.parts, *turn.results)))
    return Media(anywhere, _last(reader, turns) if anywhere else _NONE)


def _last(reader: _Reader, turns: list[_Turn]) -> Kinds:
    """What is in the user's last turn."""
    end = len(turns)
    while end:
        start = end
        while start and turns[start - 1].role != _ASSISTANT:
            start -= 1
        begin = start
        while begin and turns[begin - 1].role == _ASSISTANT:
            begin -= 1
        called = any(turn.calls for turn in turns[begin:start])
        found = _last_of(reader, turns[start:end], called=called)
        if found is not None:
            return found
        end = begin
    return _NONE


def _last_of(reader: _Reader, turns: list[_Turn], *, called: bool) -> Kinds | None:
    """The same among the turns between two of the assistant's; None where the user says nothing there.

    ``called``: the turn before them has called tools, so that their results are the first turn, with
    whatever the user says in it.
    """
    joined = called and turns and turns[0].role == _USER
    for position in range(len(turns) - 1, -1, -1):
        turn = turns[position]
        speaks = turn.words or any(map(reader.says, turn.parts)) or (turn.answers and not called)
        if turn.role == _USER and speaks and not (joined and position == 0):
            return _union(reader, turn.parts)
    if not called:
        return None
    own = turns[0].parts if joined else []
    return _union(reader, (*own, *(part for turn in turns for part in turn.results)))


def _union(reader: _Reader, parts: Iterable[Fields]) -> Kinds:
    return frozenset(kind for part in parts for kind in reader.kinds(part))


class _Reader(NamedTuple):
    """How a format writes its messages."""

    turns: Callable[[Fields], list[_Turn]]
    kinds: Callable[[Fields], Iterable[MediaKind]]
    """Of a part."""
    says: Callable[[Fields], bool]
    """Whether a part is more than an empty text."""
    marks: tuple[bytes, ...]
    """Where none of these stands there is no medium."""


def _only(kind: MediaKind | None) -> tuple[MediaKind, ...]:
    return () if kind is None else (kind,)


def _held(fields: Fields, name: str) -> Fields:
    raw = fields.get(name)
    return {} if raw is None else members(raw)


def _is_text(raw: Undecoded | None) -> bool:
    """Whether it is a text that says something."""
    return not is_empty_text(raw) and bytes(memoryview(raw or b"")[:1]) == b'"'


def _says(part: Fields) -> bool:
    return not is_empty_text(part.get("text")) or text_in(part, "type") not in {
        "text", "input_text", "output_text",
    }  # fmt: skip


# ---------------------------------------------------------------- Anthropic


def _anthropic_turns(message: Fields) -> list[_Turn]:
    content = message.get("content")
    turn = _Turn(text_in(message, "role"), words=_is_text(content))
    for block in blocks(content):
        match text_in(block, "type"):
            case "tool_result":
                turn.answers = True
                turn.results += blocks(block.get("content"))
            case "tool_use":
                turn.calls = True
            case _:
                turn.parts.append(block)
    return [turn]


def _anthropic_kinds(block: Fields) -> Iterable[MediaKind]:
    match text_in(block, "type"):
        case "image":
            return _only(_of_source(_held(block, "source"), MediaKind.IMAGE))
        case "document":
            source = _held(block, "source")
            if text_in(source, "type") == "content":
                parts = blocks(source.get("content"))
                return [kind for part in parts for kind in _anthropic_kinds(part)]
            return _only(_of_source(source, MediaKind.DOCUMENT))
        case _:
            return ()


def _of_source(source: Fields, kind: MediaKind) -> MediaKind | None:
    match text_in(source, "type"):
        case "base64":
            return kind_of(beginning(source.get("data")), text_in(source, "media_type"), kind)
        case "url":
            return kind_of_url(beginning(source.get("url")), kind)
        case "file":
            return kind
        case _:
            return None


# ---------------------------------------------------------------- Chat Completions

_CHAT_ROLES: Final = {
    "user": _USER,
    "tool": _USER,
    "function": _USER,
    "assistant": _ASSISTANT,
    "system": _SYSTEM,
    "developer": _SYSTEM,
}


def _chat_turns(message: Fields) -> list[_Turn]:
    role = text_in(message, "role")
    content = message.get("content")
    turn = _Turn(_CHAT_ROLES.get(role, ""))
    if role in {"tool", "function"}:
        turn.answers = True
        turn.results = blocks(content)
        return [turn]
    turn.words, turn.parts = _is_text(content), blocks(content)
    calls = message.get("tool_calls")
    turn.calls = bool(calls and values(calls)) or bool(_held(message, "function_call"))
    return [turn]


def _chat_kinds(part: Fields) -> Iterable[MediaKind]:
    match text_in(part, "type"):
        case "image_url":
            url = beginning(part.get("image_url")) or beginning(_held(part, "image_url").get("url"))
            return _only(kind_of_url(url, MediaKind.IMAGE) if url else None)
        case "file":
            return _only(_of_file(_held(part, "file")))
        case _:
            return ()


def _of_file(held: Fields) -> MediaKind | None:
    """A file that is sent along, or one that the vendor has."""
    data = beginning(held.get("file_data"))
    if not data:
        return MediaKind.DOCUMENT if text_in(held, "file_id") else None
    if data[:5].lower() == "data:":
        return kind_of_url(data, MediaKind.DOCUMENT)
    return kind_of(data, "", MediaKind.DOCUMENT)


# ---------------------------------------------------------------- Responses

_CALLS: Final = frozenset(KINDS)
_OTHERS_OF_THE_MODEL: Final = frozenset(
    {"reasoning", "web_search_call", "file_search_call", "code_interpreter_call", "mcp_call",
     "image_generation_call"}
)  # fmt: skip
_OUTPUTS: Final = frozenset(
    {"function_call_output", "custom_tool_call_output", "apply_patch_call_output",
     "local_shell_call_output", "shell_call_output", "tool_search_output"}
)  # fmt: skip
_RESPONSES_ROLES: Final = {
    "user": _USER,
    "assistant": _ASSISTANT,
    "system": _SYSTEM,
    "developer": _SYSTEM,
}


def _responses_turns(item: Fields) -> list[_Turn]:
    kind = text_in(item, "type") or "message"
    if kind == "message":
        content = item.get("content")
        role = _RESPONSES_ROLES.get(text_in(item, "role"), "")
        return [_Turn(role, blocks(content), words=_is_text(content))]
    if kind in _OUTPUTS:
        return [_Turn(_USER, results=_output(item.get("output")), answers=True)]
    if kind in _CALLS or kind in _OTHERS_OF_THE_MODEL:
        return [_Turn(_ASSISTANT, calls=kind in _CALLS)]
    return []


def _output(raw: Undecoded | None) -> list[Fields]:
    """The parts of a tool's output, which some clients write as the text of an array."""
    if raw is None or bytes(memoryview(raw)[:2]) != b'"[':
        return blocks(raw)
    text = decoded(raw)
    written = isinstance(text, str) and array_in(text) is not None
    return objects(text.encode("utf-8", "replace")) if written else []


def _responses_kinds(part: Fields) -> Iterable[MediaKind]:
    match text_in(part, "type"):
        case "input_image":
            url = beginning(part.get("image_url"))
            if not is_empty_text(part.get("file_id")):
                return _only(MediaKind.IMAGE)
            return _only(kind_of_url(url, MediaKind.IMAGE) if url else None)
        case "input_file":
            if url := beginning(part.get("file_url")):
                return _only(kind_of_url(url, MediaKind.DOCUMENT))
            return _only(_of_file(part))
        case _:
            return ()


# ---------------------------------------------------------------- Gemini

_GEMINI_ROLES: Final = {
    "": _USER,
    "user": _USER,
    "function": _USER,
    "tool": _USER,
    "model": _ASSISTANT,
    "assistant": _ASSISTANT,
    "system": _SYSTEM,
}
_VIDEOS: Final = ("https://www.youtube.com/", "https://youtube.com/", "https://youtu.be/")
_GEMINI_KINDS: Final = {
    "image": MediaKind.IMAGE,
    "audio": MediaKind.AUDIO,
    "video": MediaKind.VIDEO,
}


def _gemini_turns(content: Fields) -> list[_Turn]:
    """A content; a call in it is always the model's and a result the user's."""
    raw = content.get("parts")
    role = _GEMINI_ROLES.get(text_in(content, "role"), "")
    turns = [_Turn(role, words=_is_text(raw))]
    for part in items(raw):
        response = either(part, "functionResponse")
        if response is not None:
            turn = _turn_of(_USER, turns)
            turn.answers = True
            turn.results += items(members(response).get("parts"))
        elif either(part, "functionCall") is not None:
            _turn_of(_ASSISTANT, turns).calls = True
        else:
            _turn_of(role, turns).parts.append(part)
    return turns


def _turn_of(role: str, turns: list[_Turn]) -> _Turn:
    """The last turn, or another one where that is not of this role."""
    if turns[-1].role != role:
        turns.append(_Turn(role))
    return turns[-1]


def _gemini_kinds(part: Fields) -> Iterable[MediaKind]:
    blob, file = either(part, "inlineData"), either(part, "fileData")
    if blob is not None:
        held = members(blob)
        said = _said(held, "mimeType")
        return _only(kind_of(beginning(held.get("data")), said, _by_type(said)))
    if file is not None:
        held = members(file)
        uri = beginning(either(held, "fileUri"))
        kind = _by_type(_said(held, "mimeType"))
        if not uri or uri.startswith(_VIDEOS):
            return ()
        return _only(kind_of_url(uri, kind))
    return ()


def _said(fields: Fields, name: str) -> str:
    return text_in(fields, name) or text_in(fields, snake(name))


def _by_type(said: str) -> MediaKind:
    return _GEMINI_KINDS.get(said.partition("/")[0].strip().lower(), MediaKind.DOCUMENT)


def _gemini_says(part: Fields) -> bool:
    return part.keys() != {"text"} or not is_empty_text(part["text"])


_READERS: Final = {
    WireFormat.ANTHROPIC: _Reader(_anthropic_turns, _anthropic_kinds, _says, (b'"source"',)),
    WireFormat.OPENAI_CHAT: _Reader(_chat_turns, _chat_kinds, _says, (b'"image_url"', b'"file"')),
    WireFormat.OPENAI_RESPONSES: _Reader(
        _responses_turns, _responses_kinds, _says, (b"input_image", b"input_file")
    ),
    WireFormat.GEMINI: _Reader(_gemini_turns, _gemini_kinds, _gemini_says, (b'ata"',)),
}
