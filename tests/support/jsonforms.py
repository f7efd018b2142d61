"""JSON in every spelling that is legal, for hypothesis."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

WHITE = st.sampled_from(["", "", " ", "\n", "\r\n", "\t  "])

_PLAIN = st.characters(min_codepoint=0x20, exclude_categories=["Cs"], exclude_characters='"\\')
_ESCAPED = st.sampled_from(
    [r"\"", r"\\", r"\/", r"\b", r"\n", r"\u0000", r"\u0041", r"\u00e9", r"\u2028", r"\ud83d\ude00"]
)
_LONE = st.sampled_from([r"\ud83d", r"\ude00", r"\uDFFF"])
_PIECES = st.one_of(_PLAIN, st.sampled_from("\u2028\x7f\N{GRINNING FACE}:,{}[]"), _ESCAPED)


def strings(*, lone: bool = True) -> st.SearchStrategy[str]:
    """JSON strings as they are written; ``lone`` allows halves of surrogate pairs."""
    pieces = st.one_of(_PIECES, _LONE) if lone else _PIECES
    return st.lists(pieces, max_size=4).map(lambda each: f'"{"".join(each)}"')


NUMBERS = st.builds(
    "{}{}{}{}".format,
    st.sampled_from(["", "-"]),
    st.one_of(st.integers(0, 99), st.integers(10**17, 10**40)),
    st.sampled_from(["", ".0", ".5", ".000001"]),
    st.sampled_from(["", "e1", "E+5", "e-3"]),
)
_SCALARS = st.one_of(st.sampled_from(["null", "true", "false"]), NUMBERS, strings())


def _listed(inner: st.SearchStrategy[str], brackets: str) -> st.SearchStrategy[str]:
    items = st.lists(st.builds("{}{}{}".format, WHITE, inner, WHITE), min_size=1, max_size=3)
    return items.map(lambda each: brackets[0] + ",".join(each) + brackets[1])


def _containers(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    members = st.builds("{}{}:{}{}".format, strings(), WHITE, WHITE, inner)
    empty = st.builds("{0[0]}{1}{0[1]}".format, st.sampled_from(["[]", "{}"]), WHITE)
    return st.one_of(empty, _listed(inner, "[]"), _listed(members, "{}"))


VALUES = st.recursive(_SCALARS, _containers, max_leaves=4)
"""JSON values as text."""


@dataclass(frozen=True)
class Spelled:
    """An object as text, in pieces: what stands before each value, the values, and the end."""

    keys: list[str]
    before: list[str]
    values: list[str]
    end: str

    @property
    def raw(self) -> bytes:
        """The whole text."""
        return self.with_values(self.values)

    def with_values(self, values: list[str]) -> bytes:
        """The same text with other values in the places of these."""
        pairs = zip(self.before, values, strict=True)
        return ("".join(f"{before}{value}" for before, value in pairs) + self.end).encode()


@st.composite
def objects(draw: st.DrawFn, *, min_size: int = 0, unique: bool = True) -> Spelled:
    """Objects as text; no key twice unless ``unique`` is false."""
    keys = draw(
        st.lists(strings(), min_size=min_size, max_size=4, unique_by=json.loads if unique else None)
    )
    before, values = [], []
    for index, key in enumerate(keys):
        opening = f"{draw(WHITE)}," if index else f"{draw(WHITE)}{{"
        before.append(f"{opening}{draw(WHITE)}{key}{draw(WHITE)}:{draw(WHITE)}")
        values.append(draw(VALUES))
    end = f"{draw(WHITE)}}}{draw(WHITE)}"
    return Spelled([json.loads(key) for key in keys], before, values, end if keys else "{" + end)


def python_values() -> st.SearchStrategy[Any]:
    """What JSON decodes to, lone surrogates included."""
    texts = st.text(st.characters(), max_size=5)
    scalars = st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-(10**40), 10**40),
        st.floats(allow_nan=False, allow_infinity=False),
        texts,
    )
    return st.recursive(
        scalars,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
        max_leaves=6,
    )
