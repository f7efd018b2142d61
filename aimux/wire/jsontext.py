r"""JSON as text: read as little as possible, change as little as possible.

The only module that names a JSON library.  A request body is *scanned*: the values of its top level
are found, not decoded, so that a relay can look at ``model`` and ``stream`` of a body of megabytes
and replace one of them while every other byte stays where it was.

How positions are found.  msgspec gives each top-level value as the exact bytes it had, in the order
of the keys, but not where they stand.  In a body without white space between them, and nearly all have
none, the lengths alone tell: anything else in the text (white space, an escape in a key, a repeated
key) would make it longer than the sum.  Otherwise there is only white space, a comma, a key and a colon
between two values; so walking along the keys, with each value compared and stepped over, gives every
position without reading the values again.  A repeated key breaks that walk (of its values only the last
is in the mapping), and is refused: two readers of such a body may see different requests.

msgspec refuses to decode lone surrogates (``"\ud83d"``), which clients send when they cut text in the
middle of an emoji.  A value that holds one is decoded by the standard library; a body with one in a
key of its top level is scanned by it, ten times slower.
"""

from __future__ import annotations

import functools
import json
import re
from typing import Any, Final

import msgspec
from msgspec.structs import astuple

from aimux.errors import InvalidRequest

_RAW: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])
_ANY: Final = msgspec.json.Decoder()
_STRING: Final = msgspec.json.Decoder(str)
_OBJECT: Final = msgspec.json.Decoder(dict[str, Any])
_ENCODE: Final = msgspec.json.Encoder().encode
_EXACT: Final = msgspec.json.Decoder(float_hook=lambda text: msgspec.Raw(text.encode("ascii")))
_VALUES: Final = msgspec.json.Decoder(list[msgspec.Raw])
_OBJECTS: Final = msgspec.json.Decoder(list[dict[str, msgspec.Raw]])
_SURROGATE: Final = re.compile("[\ud800-\udfff]")

_KEY: Final = re.compile(rb'[ \t\r\n]*,?[ \t\r\n]*"[^"\\]*(?:\\.[^"\\]*)*"[ \t\r\n]*:[ \t\r\n]*')
_OPEN: Final = re.compile(rb"[ \t\r\n]*\{")
_CLOSE: Final = re.compile(rb"[ \t\r\n]*\}[ \t\r\n]*\Z")


Undecoded = msgspec.Raw
"""A value inside a body as the bytes it has there: not read, only known to be JSON."""


class _Pairs(list[tuple[str, Any]]):
    """An object as its pairs, told apart from an array."""


def _no_constant(name: str) -> object:
    raise InvalidRequest(f"the body is not JSON: {name} is no JSON number")


_PAIRS: Final = json.JSONDecoder(
    object_pairs_hook=_Pairs, parse_int=str, parse_float=str, parse_constant=_no_constant
)
"""The standard library's reader; numbers stay text, so that none can be too long for it."""


_STRICT: Final = json.JSONDecoder(parse_constant=_no_constant)


class Document:
    """A JSON object: its bytes, and where each top-level value stands in them.

    ``get`` decodes a value when it is asked for, once.  ``is_ascii`` is whether there is nothing but ASCII.
    """

    __slots__ = ("_decoded", "_spans", "is_ascii", "raw")

    def __init__(
        self, raw: bytes, spans: dict[str, tuple[int, int]], *, is_ascii: bool = False
    ) -> None:
        self.raw = raw
        self.is_ascii = is_ascii
        self._spans = spans
        self._decoded: dict[str, Any] = {}

    def __contains__(self, key: str) -> bool:
        return key in self._spans

    def keys(self) -> list[str]:
        """The keys in the order of the text."""
        return list(self._spans)

    def span(self, key: str) -> tuple[int, int]:
        """Where a value begins and ends in ``raw``; nowhere when there is none."""
        return self._spans.get(key, (0, 0))

    def text(self, key: str) -> bytes:
        """A value as it is written; empty when there is none."""
        start, end = self.span(key)
        return self.raw[start:end]

    def tail(self, key: str, most_bytes: int) -> bytes:
        """The end of a value as it is written; empty when there is none."""
        start, end = self.span(key)
        return self.raw[max(start, end - most_bytes) : end]

    def size(self, key: str) -> int:
        """How many bytes a value takes; 0 when there is none."""
        start, end = self.span(key)
        return end - start

    def get(self, key: str) -> Any:
        """A value decoded; ``None`` when there is none, as for ``null``.

        Raises:
            InvalidRequest: it is well formed and cannot be held: nested too deeply, or a number of
                thousands of digits; the caller's fault.
        """
        if key not in self._spans:
            return None
        if key not in self._decoded:
            try:
                self._decoded[key] = loads(self.text(key))
            except ValueError as problem:
                raise InvalidRequest(f"{key!r} cannot be read", param=key) from problem
        return self._decoded[key]

    def exact(self, key: str) -> Any:
        """A value decoded so that writing it again keeps every number as it was spelled: those with a
        point or an exponent are opaque.  For histories and arguments, which are passed on, not read.

        Raises:
            InvalidRequest: as for :meth:`get`.
        """
        if key not in self._spans:
            return None
        try:
            return loads_exactly(self.text(key))
        except ValueError as problem:
            raise InvalidRequest(f"{key!r} cannot be read", param=key) from problem

    def splice(self, key: str, value: object) -> bytes:
        """The bytes with one value replaced and all others as they were.

        Raises:
            KeyError: there is no such value to replace.
        """
        start, end = self._spans[key]
        written = dumps(value)
        if self.raw[start:end] == written:
            return self.raw
        return b"".join((self.raw[:start], written, self.raw[end:]))


def scan(raw: bytes) -> Document:
    """The document that a request's body is.

    Raises:
        InvalidRequest: not UTF-8, not JSON, not an object, nested too deeply, or with a key twice
            on its top level; the caller's fault.
    """
    try:
        values = _RAW.decode(raw)
        is_ascii = raw.isascii()
        if not is_ascii:
            raw.decode("utf-8")  # msgspec does not look into the values that it leaves raw
    except msgspec.ValidationError as problem:
        raise InvalidRequest("the body must be a JSON object") from problem
    except RecursionError as problem:
        raise InvalidRequest("the body is nested too deeply") from problem
    except (msgspec.DecodeError, UnicodeDecodeError):
        return _scan_slowly(raw)
    return Document(raw, _compact_spans(raw, values) or _spans(raw, values), is_ascii=is_ascii)


def _compact_spans(raw: bytes, values: dict[str, msgspec.Raw]) -> dict[str, tuple[int, int]] | None:
    """Positions by the lengths alone, where nothing stands between the values that need not."""
    spans: dict[str, tuple[int, int]] = {}
    position = 0
    for key, value in values.items():
        start = position + len(key) + 4  # a brace or a comma, two quotes and a colon
        position = start + len(memoryview(value))
        spans[key] = (start, position)
    return spans if position + 1 == len(raw) else None


def _spans(raw: bytes, values: dict[str, msgspec.Raw]) -> dict[str, tuple[int, int]]:
    position = _OPEN.match(raw).end()  # type: ignore[union-attr]  # an object begins with a brace
    spans: dict[str, tuple[int, int]] = {}
    for key, value in values.items():
        between = _KEY.match(raw, position)
        if between is None or not raw.startswith(value, between.end()):
            raise _repeated()
        start = between.end()
        position = start + len(memoryview(value))
        spans[key] = (start, position)
    if not _CLOSE.match(raw, position):
        raise _repeated()
    return spans


def _repeated() -> InvalidRequest:
    return InvalidRequest("the body has a key twice on its top level")


def _scan_slowly(raw: bytes) -> Document:
    """The same by the standard library, which reads what msgspec will not."""
    try:
        text = raw.decode("utf-8")
        pairs = _PAIRS.decode(text)
    except UnicodeDecodeError as problem:
        raise InvalidRequest(f"the body is not UTF-8 (byte {problem.start})") from problem
    except json.JSONDecodeError as problem:
        where = f"line {problem.lineno}, column {problem.colno}"
        raise InvalidRequest(f"the body is not JSON: {problem.msg.lower()} ({where})") from problem
    except RecursionError as problem:
        raise InvalidRequest("the body is nested too deeply") from problem
    if not isinstance(pairs, _Pairs):
        raise InvalidRequest("the body must be a JSON object")
    spans = _slow_spans(raw, text, [key for key, _ in pairs])
    return Document(raw, spans, is_ascii=text.isascii())


def _slow_spans(raw: bytes, text: str, keys: list[str]) -> dict[str, tuple[int, int]]:
    spans: dict[str, tuple[int, int]] = {}
    position = character = _OPEN.match(raw).end()  # type: ignore[union-attr]  # it begins with a brace
    for key in keys:
        if key in spans:
            raise _repeated()
        start = _KEY.match(raw, position).end()  # type: ignore[union-attr]  # it was parsed already
        begin = character + len(raw[position:start].decode("utf-8"))
        _, character = _PAIRS.raw_decode(text, begin)
        position = start + len(text[begin:character].encode("utf-8"))
        spans[key] = (start, position)
    return spans


def stands_in(raw: bytes, word: bytes, start: int = 0, end: int | None = None) -> bool:
    """Whether a word stands somewhere in a text, or in a part of it, large and mostly without it.

    It is looked for from the end: CPython finds nothing twice as fast in that direction, since it takes its
    steps there by the whole length of the word (3.11, over JSON of 14 kB to 230 kB, words of 4 to 19 bytes).
    """
    return raw.rfind(word, start, end) >= 0


def loads(raw: bytes | str | Undecoded) -> Any:
    """Any JSON value.

    Raises:
        ValueError: it is none.
    """
    try:
        return _ANY.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        try:
            return json.loads(raw if isinstance(raw, str) else bytes(raw))
        except RecursionError as problem:
            raise ValueError("nested too deeply") from problem


def string_in(raw: bytes) -> str:
    """The text of one JSON string that begins and ends with a quote; empty for whatever is none, or holds
    half a character.
    """
    try:
        return _STRING.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return ""


def object_in(raw: bytes) -> dict[str, Any]:
    """One JSON object; empty for whatever is none, or holds half a character."""
    try:
        return _OBJECT.decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return {}


def loads_exactly(raw: bytes) -> Any:
    """Any JSON value, with every number as it is spelled: those with a point or an exponent are opaque.

    Raises:
        ValueError: it is none.
    """
    try:
        return _EXACT.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return loads(raw)


def dumps(value: object) -> bytes:
    """Compact UTF-8 JSON; a lone surrogate is written as an escape, as it came, or as U+FFFD where it
    stands beside numbers that are kept as they were spelled.
    """
    try:
        return _ENCODE(value)
    except UnicodeEncodeError:
        pass
    try:
        return json.dumps(value, separators=(",", ":"), allow_nan=False).encode("ascii")
    except TypeError:  # an opaque number, which only msgspec knows; then the halves are mended
        return _ENCODE(_whole(value))


def same_text(value: object) -> bytes | None:
    """JSON by which it is seen that values are the same: another value that has it says the same in JSON.
    None for what has none, or not the same each time: half a character, nesting too deep.
    """
    try:
        return _ENCODE(value)
    except (TypeError, ValueError, RecursionError, msgspec.MsgspecError):
        return None


def body_of(value: object) -> bytes:
    """The same for a request that is written anew.

    Raises:
        InvalidRequest: it is nested too deeply: what can just be read need not be writable from deeper
            within; the caller's fault.
    """
    try:
        return dumps(value)
    except RecursionError as problem:
        raise InvalidRequest("the body is nested too deeply") from problem


def _whole(value: Any) -> Any:
    """A decoded value without lone surrogates in any text of it."""
    if isinstance(value, str):
        return mended(value)
    if isinstance(value, dict):
        return {mended(str(key)): _whole(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_whole(each) for each in value]
    return value


def pick(raw: bytes, *keys: str) -> Any:
    """A JSON value of which only some top-level keys matter: an object of those that it has.

    The rest of an object is checked and not decoded.  What is no object comes whole.

    Raises:
        ValueError: it is not JSON.
    """
    try:
        values = _RAW.decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return loads(raw)
    return {key: loads(bytes(values[key])) for key in keys if key in values}


def members(raw: bytes | Undecoded) -> dict[str, Undecoded]:
    """The values of an object, not decoded; none for what is no object.  Never raises: the bytes are
    those of a body that has been scanned, and what cannot be read in it has no members.
    """
    try:
        return _RAW.decode(raw)
    except msgspec.ValidationError:
        return {}
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        value = _read_anyhow(raw)
        return value if isinstance(value, dict) else {}


def values(raw: bytes | Undecoded) -> list[Undecoded]:
    """The elements of an array, not decoded; none for what is no array.  Never raises."""
    try:
        return _VALUES.decode(raw)
    except msgspec.ValidationError:
        return []
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        value = _read_anyhow(raw)
        return value if isinstance(value, list) else []


def objects(raw: bytes | Undecoded) -> list[dict[str, Undecoded]]:
    """The members of each element of an array; an element that is no object has none.  Never raises."""
    try:
        return _OBJECTS.decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return [members(each) for each in values(raw)]


def texts(raw: bytes | Undecoded, *names: str) -> list[tuple[str | None, ...]] | None:
    """Members of these names of each object of an array, which are texts or not there.  In one pass,
    twice as fast as :func:`objects`; None where something is of another type.  Never raises.
    """
    try:
        return list(map(astuple, _texts_decoder(names).decode(raw)))
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None


@functools.cache
def _texts_decoder(names: tuple[str, ...]) -> msgspec.json.Decoder[list[msgspec.Struct]]:
    held = msgspec.defstruct("Texts", [(name, str | None, None) for name in names])
    return msgspec.json.Decoder(list[held])  # type: ignore[valid-type]


def _read_anyhow(raw: bytes | Undecoded) -> Any:
    """What msgspec will not read, for half a character in it: an array of undecoded values, an object
    of such, or None.
    """
    try:
        value = loads(bytes(raw))
        if isinstance(value, dict):
            return {key: msgspec.Raw(dumps(each)) for key, each in value.items()}
        return [msgspec.Raw(dumps(each)) for each in value] if isinstance(value, list) else None
    except (ValueError, RecursionError):
        return None


def verbatim(text: str) -> Any:
    """JSON text as a value that is written as it stands; the caller has seen to it that it is JSON."""
    return msgspec.Raw(text.encode("utf-8"))


def object_text(text: str) -> str | None:
    """JSON text that is an object, stripped; None for what is none.  It is checked, not decoded."""
    stripped = text.strip()
    if not stripped.startswith("{"):
        return None
    try:
        _RAW.decode(stripped.encode("utf-8"))
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        try:
            return stripped if isinstance(_STRICT.decode(stripped), dict) else None
        except (ValueError, RecursionError, InvalidRequest):
            return None
    return stripped


def text_of(value: object) -> str:
    """A decoded value as JSON text, compact, with nothing escaped that need not be."""
    return dumps(value).decode("utf-8")


def mended(text: str) -> str:
    """Text without lone surrogates: halves of a character become U+FFFD, pairs become one."""
    if text.isascii() or not _SURROGATE.search(text):
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
