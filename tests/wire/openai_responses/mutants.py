"""Well-formed values with something wrong somewhere, for hypothesis."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

from hypothesis import strategies as st

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(-1, 2**70), st.floats(0, 1), TEXTS, st.just("auto")
)
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(TEXTS, inner, max_size=2),
    max_leaves=3,
)
GONE = object()
"""What is taken out altogether."""

Place = tuple[Any, ...]


def _places(value: Any, place: Place = ()) -> Iterator[Place]:
    match value:
        case dict():
            inner = list(value.items())
        case list():
            inner = list(enumerate(value))
        case _:
            return
    for key, each in inner:
        yield (*place, key)
        yield from _places(each, (*place, key))


def _changed(value: Any, place: Place, to: Any) -> None:
    """Puts another value at a place, as far as an earlier change has left it there."""
    for key in place[:-1]:
        try:
            value = value[key]
        except (KeyError, IndexError, TypeError):
            return
    match value:
        case dict() if to is GONE:
            value.pop(place[-1], None)
        case dict():
            value[place[-1]] = to
        case list() if isinstance(place[-1], int) and place[-1] < len(value):
            if to is GONE:
                value.pop(place[-1])
            else:
                value[place[-1]] = to
        case _:
            pass


def mutants(*bases: Any, most: int = 3) -> st.SearchStrategy[Any]:
    """One of these values with up to so many changes anywhere in it: other values, values of another
    place, values that are gone.
    """

    def of(base: Any) -> st.SearchStrategy[Any]:
        places = list(_places(base))
        moved = st.sampled_from(places).map(lambda place: _at(base, place))
        change = st.tuples(st.sampled_from(places), JSON | moved | st.just(GONE))
        return st.lists(change, max_size=most).map(lambda changes: _mutant(base, changes))

    return st.one_of(*map(of, bases))


def _at(value: Any, place: Place) -> Any:
    for key in place:
        value = value[key]
    return value


def _mutant(base: Any, changes: list[tuple[Place, Any]]) -> Any:
    value = deepcopy(base)
    for place, to in changes:
        _changed(value, place, deepcopy(to) if to is not GONE else to)
    return value
