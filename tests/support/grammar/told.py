"""What an answer says, whatever format says it: what every judge gives, so that answers compare.

Nothing here or in the judges beside it comes from ``aimux``: they are to find its mistakes, not to
repeat them.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import groupby
from typing import Any


class Broken(AssertionError):
    """An answer left its format's grammar."""


class Ending(StrEnum):
    """How an answer ended, as far as every format can say it."""

    DONE = "done"
    LENGTH = "length"
    CALLS = "calls"
    REFUSED = "refused"
    FAILED = "failed"


class Kind(StrEnum):
    """What a piece of an answer is."""

    THINKING = "thinking"
    TEXT = "text"
    REFUSAL = "refusal"
    CALL = "call"
    SEARCH = "search"
    MEDIA = "media"


class Spelled(str):
    """A number with a point or an exponent, as it was written."""

    __slots__ = ()


def loads(text: str | bytes) -> Any:
    """JSON whose numbers keep their spelling where Python would lose it.

    Raises:
        ValueError: it is none, or holds half a character.
    """
    value = json.loads(text, parse_float=Spelled, parse_int=_integer, parse_constant=_refused)
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise ValueError(f"half a character in {text!r:.300}") from None
    return value


def _integer(text: str) -> int | Spelled:
    return Spelled(text) if text == "-0" or len(text) > 4000 else int(text)


def _refused(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


def dumps(value: Any, *, ascii_only: bool = False) -> str:
    """A value of :func:`loads` as compact JSON, each number as it was spelled."""
    match value:
        case Spelled():
            return value
        case dict():
            pairs = (
                f"{dumps(k, ascii_only=ascii_only)}:{dumps(v, ascii_only=ascii_only)}"
                for k, v in value.items()
            )
            return "{" + ",".join(pairs) + "}"
        case list():
            return "[" + ",".join(dumps(each, ascii_only=ascii_only) for each in value) + "]"
        case _:
            return json.dumps(value, ensure_ascii=ascii_only)


@dataclass(frozen=True)
class Called:
    """A call of a tool.  ``arguments`` is JSON text, for a custom tool the raw input."""

    id: str
    name: str
    arguments: str
    namespace: str = ""
    kind: str = "function"

    @property
    def complete(self) -> bool:
        """Whether the arguments are a whole JSON object, so that a client may run the tool."""
        try:
            return self.kind == "custom" or isinstance(json.loads(self.arguments), dict)
        except (ValueError, RecursionError):
            return False

    @property
    def value(self) -> Any:
        """The arguments decoded; as text where they are no JSON, or none."""
        try:
            return json.loads(self.arguments or "{}") if self.kind != "custom" else self.arguments
        except (ValueError, RecursionError):
            return self.arguments

    @property
    def gist(self) -> tuple[str, str, str, str]:
        """What has to be the same in every format: all but the id, arguments without white space."""
        try:
            arguments = self.arguments
            if self.kind != "custom":
                arguments = dumps(loads(arguments or "{}"))
        except (ValueError, RecursionError):
            arguments = self.arguments
        return self.kind, self.namespace, self.name, arguments


@dataclass(frozen=True)
class Piece:
    """A part of the answer, in its place.  ``state`` is what rides in the opaque slot beside it."""

    kind: Kind
    text: str = ""
    call: Called | None = None
    state: str = ""


@dataclass(frozen=True)
class Tokens:
    """Usage with the whole prompt as input and reasoning inside the output; None is not said."""

    input: int | None = None
    output: int | None = None
    cache_read: int | None = None
    cache_write: int | None = None
    reasoning: int | None = None

    @property
    def counted(self) -> tuple[int, ...]:
        """The numbers with 0 for those that were not said."""
        each = (self.input, self.output, self.cache_read, self.cache_write, self.reasoning)
        return tuple(number or 0 for number in each)


@dataclass(frozen=True)
class Told:
    """One answer.  ``finish`` is the format's own word; ``error`` is set where the stream failed."""

    pieces: tuple[Piece, ...]
    ending: Ending
    finish: str = ""
    stop_sequence: str = ""
    tokens: Tokens = field(default_factory=Tokens)
    error: str = ""
    id: str = ""
    model: str = ""

    def _joined(self, *kinds: Kind) -> str:
        return "".join(piece.text for piece in self.pieces if piece.kind in kinds)

    @property
    def thinking(self) -> str:
        """All of it."""
        return self._joined(Kind.THINKING)

    @property
    def words(self) -> str:
        """What a person reads: text and refusals, which some formats do not tell apart."""
        return self._joined(Kind.TEXT, Kind.REFUSAL)

    @property
    def calls(self) -> tuple[Called, ...]:
        """In order."""
        return tuple(piece.call for piece in self.pieces if piece.call is not None)

    @property
    def states(self) -> tuple[str, ...]:
        """What rode in the opaque slots, in order."""
        return tuple(piece.state for piece in self.pieces if piece.state)

    def _merged(self, *kinds: Kind) -> tuple[tuple[str, str], ...]:
        said = [(_named(p), p) for p in self.pieces if p.kind in kinds and (p.text or p.call)]
        merged: list[tuple[str, str]] = []
        for kind, group in groupby(said, key=lambda pair: pair[0]):
            if kind is Kind.CALL:
                merged += [(kind, str(p.call.gist)) for _, p in group if p.call]
            else:
                merged.append((kind, "".join(p.text for _, p in group)))
        return tuple(merged)

    @property
    def order(self) -> tuple[tuple[str, str], ...]:
        """What every format can say, in its order: parts side by side that are of one kind count as
        one, a refusal as text, a call as what it calls.
        """
        return self._merged(Kind.THINKING, Kind.TEXT, Kind.REFUSAL, Kind.CALL)

    @property
    def gist(self) -> tuple[Any, ...]:
        """What a stream and a whole answer of one format must agree on: all but ids and times."""
        said = self._merged(*Kind)
        return said, self.states, self.ending, self.finish, self.stop_sequence, self.tokens.counted


def _named(piece: Piece) -> Kind:
    return Kind.TEXT if piece.kind is Kind.REFUSAL else piece.kind
