"""What a provider will say, before any format: the text of a play, with what an audience must hear."""

from __future__ import annotations

from dataclasses import dataclass, replace

from hypothesis import strategies as st

from tests.support.generate.texts import ARGUMENTS, IDS, PLAIN_NAMES, WORDS, split
from tests.support.grammar.told import Called, Ending, Kind, Piece, Tokens, Told

STATE = "c2lnbmVkIGJ5IHRoZSBmYWtl"


@dataclass(frozen=True)
class Part:
    """A part of the answer in the pieces in which it is streamed."""

    kind: Kind
    pieces: tuple[str, ...] = ()
    id: str = ""
    name: str = ""
    state: str = ""

    @property
    def text(self) -> str:
        """All pieces; halves of a character in two of them are one."""
        return "".join(self.pieces).encode("utf-16", "surrogatepass").decode("utf-16")


@dataclass(frozen=True)
class Plan:
    """One answer."""

    parts: tuple[Part, ...]
    ending: Ending
    tokens: Tokens
    stop_sequence: str = ""

    @property
    def calls(self) -> tuple[Part, ...]:
        """The calls among the parts."""
        return tuple(part for part in self.parts if part.kind is Kind.CALL)

    @property
    def told(self) -> Told:
        """What must be heard."""
        return Told(tuple(map(_piece, self.parts)), self.ending, tokens=self.tokens)


def _piece(part: Part) -> Piece:
    if part.kind is Kind.CALL:
        return Piece(Kind.CALL, call=Called(part.id, part.name, part.text), state=part.state)
    return Piece(part.kind, part.text, state=part.state)


@st.composite
def _halved(draw: st.DrawFn, pieces: tuple[str, ...]) -> tuple[str, ...]:
    """Pieces of which one may end inside a character, as servers that count in UTF-16 write them."""
    wide = [at for at, piece in enumerate(pieces) if ord(piece[0]) > 0xFFFF]
    if not wide or not draw(st.booleans()):
        return pieces
    at = draw(st.sampled_from(wide))
    units = pieces[at].encode("utf-16-be")
    halves = [units[:2], units[2:]]
    cut = [each.decode("utf-16-be", "surrogatepass") for each in halves]
    return (*pieces[:at], *cut, *pieces[at + 1 :])


@st.composite
def _words(draw: st.DrawFn, *, halves: bool) -> tuple[str, ...]:
    pieces = draw(split(draw(WORDS)))
    return draw(_halved(pieces)) if halves else pieces


def _said(halves: bool) -> st.SearchStrategy[Part]:
    words = _words(halves=halves)
    return st.builds(Part, st.just(Kind.THINKING), words, state=st.just(STATE)) | st.builds(
        Part, st.just(Kind.TEXT), words
    )


def _calls(ids: st.SearchStrategy[str]) -> st.SearchStrategy[Part]:
    return st.builds(Part, st.just(Kind.CALL), ARGUMENTS.flatmap(split), ids, PLAIN_NAMES)


@st.composite
def tokens(draw: st.DrawFn) -> Tokens:
    """Counts that every format can say: nothing written to a cache."""
    fresh, read, said, thought = (draw(st.integers(0, 99)) for _ in range(4))
    return Tokens(fresh + read, said + thought, read, 0, thought)


@st.composite
def plans(
    draw: st.DrawFn,
    *,
    calls_last: bool = False,
    halves: bool = False,
    ids: st.SearchStrategy[str] = IDS,
) -> Plan:
    """Answers; ids of calls are unique.  ``calls_last`` for a format that has calls behind all text,
    ``halves`` for one that may be cut inside a character.
    """
    parts: list[Part] = draw(st.lists(_said(halves) | _calls(ids), max_size=5))
    if calls_last:
        parts.sort(key=lambda part: part.kind is Kind.CALL)
    unique: list[Part] = []
    for at, part in enumerate(_apart(parts)):
        taken = {each.id for each in unique if each.id}
        unique.append(replace(part, id=f"{part.id}_{at}") if part.id in taken else part)
    calls = any(part.kind is Kind.CALL for part in parts)
    natural = Ending.CALLS if calls else Ending.DONE
    ending = Ending.LENGTH if draw(st.integers(0, 4)) == 0 else natural
    return Plan(tuple(unique), ending, draw(tokens()))


def _apart(parts: list[Part]) -> list[Part]:
    """Runs of one kind become one part: only some formats tell where one text ends and another begins."""
    apart: list[Part] = []
    for part in parts:
        if apart and part.kind is not Kind.CALL and apart[-1].kind is part.kind:
            apart[-1] = replace(apart[-1], pieces=(*apart[-1].pieces, *part.pieces))
        else:
            apart.append(part)
    return apart
