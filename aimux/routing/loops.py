"""The loop guard: a conversation that only repeats itself is stopped before it has spent everything.

Two things are taken for a loop, and each is answered with a 429 that says what repeats:

* The history ends in the same calls of tools with the same arguments and the same results, eight times in
  a row, and the user has said nothing between them.  Whatever the model says beside its calls counts for
  nothing; a result that differs by a byte is progress.
* A request with tools is the same one as another of its session, which was answered well thirty times
  within five minutes.  Requests that failed do not count, so that a client may send them again; and only
  agents that name their session are looked at, not programs that ask the same on purpose.

Every fourth request of a conversation is looked at, the first one too: at its last messages, not decoded,
and only where these repeat at the whole history.  Two requests count as the same by their size and by how
their histories end.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Final, NamedTuple

from aimux.errors import Looping
from aimux.model.request import WireFormat
from aimux.routing.facts.looks import Fields, beginning, blocks, decoded, either, text_in
from aimux.routing.features import HISTORY, Features
from aimux.routing.session import told_session
from aimux.routing.state import LOOPS, Key, State
from aimux.wire.codec import Operation
from aimux.wire.jsontext import Undecoded, members, objects
from aimux.wire.openai_responses.items import KINDS

SAME_CALLS: Final = 8
"""Rounds of the same calls with the same results at the end of a history."""

SAME_REQUESTS: Final = 30
"""Equal requests of a session that were answered well within :data:`WITHIN_S`."""

WITHIN_S: Final = 300.0

LEAST_BYTES: Final = 400
"""No history that repeats anything so often is shorter."""

_LOOKED_AT: Final = 6
"""Messages at the end that every request has looked at: two rounds, with two calls each in Chat."""
_TAIL_BYTES: Final = 1024
_SHORT_BYTES: Final = 8192
"""A history whose every byte is looked at sooner than its last messages."""
_EVERY: Final = 4
_REMEMBERED_S: Final = 3600.0
_REMINDER: Final = "<system-reminder>"
"""What Claude Code writes into the user's turns by itself begins so."""
_HINT: Final = "say something new, or switch this off: [routing] loop_guard = false"


class Piece(NamedTuple):
    """Something in a history: a call of a tool, a result, or words of the user's."""

    kind: str
    content: bytes = b""
    name: str = ""


_USER: Final = Piece("user")


def guard(features: Features, state: State, now_s: float) -> Key | None:
    """Looks whether a conversation repeats itself; under what this request is counted for that.

    Raises:
        Looping: it does.
    """
    document = features.document
    short = document.size(HISTORY[features.format]) < LEAST_BYTES
    has_tools = "tools" in document
    if features.operation is not Operation.GENERATE or (short and not has_tools):
        return None
    told = told_session(features)
    session = told or "+".join(features.clients)
    turn = state.add((LOOPS, session), 1, now_s + _REMEMBERED_S, now_s)
    if turn % _EVERY == 1:
        try:
            check_calls(features)
        except Looping:
            state.drop((LOOPS, session))  # the next one is looked at, too
            raise
    if not has_tools or not told:
        return None
    mark = mark_of(features, session)
    check_requests(state, mark, now_s)
    return mark


def check_calls(features: Features) -> None:
    """Looks for rounds of calls that repeat.

    Raises:
        Looping: there are too many.
    """
    if len(features.history) < LEAST_BYTES:
        return
    reader = _READERS[features.format]
    if len(features.history) < _SHORT_BYTES and not features.history.holds(reader.call):
        return
    ends = _end_of(features.history.raw, reader.mark)
    if ends is not None:
        first = list(islice(_rounds(reader, ends), 2))
        if len(first) == 2 and first[0] != first[1]:
            return
        if len(first) < 2 and _breaks(reader, ends):
            return
    rounds = _rounds(reader, features.history.messages)
    last = next(rounds, None)
    if last is None:
        return
    count = 1
    for each in rounds:
        if each != last:
            break
        count += 1
        if count >= SAME_CALLS:
            names = ", ".join(dict.fromkeys(piece.name for piece in last if piece.kind == "call"))
            raise Looping(
                f"this conversation repeats itself: it has called {names or 'a tool'} with the same "
                f"arguments and the same result {count} times in a row",
                hint=_HINT,
            )


def mark_of(features: Features, session: str) -> Key:
    """Under what equal requests of a session are counted."""
    document = features.document
    end = zlib.crc32(document.tail(HISTORY[features.format], _TAIL_BYTES))
    return (LOOPS, session, f"{len(document.raw)} {end:x} {features.asked}")


def check_requests(state: State, mark: Key, now_s: float) -> None:
    """Looks for requests that repeat.

    Raises:
        Looping: there were too many.
    """
    value = state.get(mark, now_s)
    if value is not None and value[0] >= SAME_REQUESTS:
        raise Looping(
            f"this conversation has sent the same request {value[0]:.0f} times in the last "
            f"{WITHIN_S / 60:.0f} minutes, and each was answered",
            hint=_HINT,
        )


def answered(state: State, mark: Key, now_s: float) -> None:
    """A request has been answered well."""
    state.add(mark, 1, now_s + WITHIN_S, now_s)


# ---------------------------------------------------------------- histories


class _Reader(NamedTuple):
    """How a format writes its messages.  ``call`` stands in every call of a tool; ``mark`` is how a message
    begins, where only messages do.
    """

    pieces: Callable[[Fields], Iterable[Piece]]
    call: bytes
    mark: bytes = b""


def _end_of(raw: bytes, mark: bytes) -> list[Fields] | None:
    """The last messages of a history, read off its end; None where they cannot be told so."""
    position = len(raw)
    for _ in range(_LOOKED_AT):
        position = raw.rfind(mark, 0, position) if mark else -1
        if position < 0:
            return None
    ends = objects(b"[" + raw[position:])
    return ends if len(ends) == _LOOKED_AT else None


def _backwards(reader: _Reader, history: Sequence[Fields]) -> Iterator[Piece]:
    for message in reversed(history):
        yield from reversed(list(reader.pieces(message)))


def _breaks(reader: _Reader, ends: Sequence[Fields]) -> bool:
    """Whether the user has said something in these messages, so that less than two rounds are behind."""
    return any(piece is _USER for piece in _backwards(reader, ends))


def _rounds(reader: _Reader, history: Sequence[Fields]) -> Iterator[tuple[Piece, ...]]:
    """The rounds of calls and results, the last one first, up to where the user has said something.

    What is cut off at the beginning of the messages is not a round.
    """
    this: list[Piece] = []
    calls = False
    for piece in _backwards(reader, history):
        if piece.kind == "result" and calls:
            yield tuple(this)
            this, calls = [], False
        if piece.kind == "call":
            if not this:
                return  # a call without a result: somebody else's way of writing
            calls = True
        if piece is _USER:
            break
        this.append(piece)
    if calls:
        yield tuple(this)


def _bytes(*values: Undecoded | None) -> bytes:
    return b" ".join(b"" if each is None else bytes(memoryview(each)) for each in values)


def _anthropic(message: Fields) -> Iterator[Piece]:
    role = text_in(message, "role")
    said = blocks(message.get("content"))
    if role == "user" and not said:
        yield _USER
    for block in said:
        kind = text_in(block, "type")
        if kind == "tool_result":
            yield Piece("result", _bytes(block.get("content"), block.get("is_error")))
        elif kind == "tool_use":
            yield Piece("call", _bytes(block.get("input")), text_in(block, "name"))
        elif role == "user" and not beginning(block.get("text")).startswith(_REMINDER):
            yield _USER


def _chat(message: Fields) -> Iterator[Piece]:
    match text_in(message, "role"):
        case "user":
            yield _USER
        case "tool" | "function":
            yield Piece("result", _bytes(message.get("content")))
        case "assistant":
            for call in objects(message.get("tool_calls") or b"[]"):
                inner = call.get("function") or call.get("custom") or b"{}"
                fields = members(inner)
                content = _bytes(fields.get("arguments"), fields.get("input"))
                yield Piece("call", content, text_in(fields, "name"))
        case _:
            return


def _responses(item: Fields) -> Iterator[Piece]:
    kind = text_in(item, "type") or "message"
    if kind in KINDS:
        content = _bytes(*map(item.get, ("arguments", "input", "action", "operation")))
        yield Piece("call", content, text_in(item, "name") or kind)
    elif kind.endswith("_output"):
        yield Piece("result", _bytes(item.get("output"), item.get("status")))
    elif kind == "message" and text_in(item, "role") == "user":
        yield _USER


def _gemini(content: Fields) -> Iterator[Piece]:
    model = text_in(content, "role") == "model"
    for part in objects(content.get("parts") or b"[]"):
        call, result = either(part, "functionCall"), either(part, "functionResponse")
        if call is not None:
            fields = members(call)
            yield Piece("call", _bytes(fields.get("args")), text_in(fields, "name"))
        elif result is not None:
            yield Piece("result", _bytes(members(result).get("response")))
        elif not model and decoded(part.get("text")) != "":
            yield _USER


_ROLE: Final = b'{"role"'
_READERS: Final = {
    WireFormat.ANTHROPIC: _Reader(_anthropic, b"tool_use", _ROLE),
    WireFormat.OPENAI_CHAT: _Reader(_chat, b"tool_calls", _ROLE),
    WireFormat.OPENAI_RESPONSES: _Reader(_responses, b"_call"),
    WireFormat.GEMINI: _Reader(_gemini, b"unction", _ROLE),
}
