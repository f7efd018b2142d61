"""Small words of the strategies that write bodies."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from tests.support.generate.texts import ARGUMENTS
from tests.support.grammar.told import loads

OBJECTS = ARGUMENTS.map(loads)
"""JSON objects whose numbers keep their spelling."""


@st.composite
def some_of(
    draw: st.DrawFn, fields: dict[str, st.SearchStrategy[Any]], *, most: int = 6
) -> dict[str, Any]:
    """An object with a few of these fields."""
    names = draw(st.lists(st.sampled_from(sorted(fields)), max_size=most, unique=True))
    return {name: draw(fields[name]) for name in names}


def one(*values: Any) -> st.SearchStrategy[Any]:
    """One of a few values."""
    return st.sampled_from(values)


def record(**fields: Any) -> st.SearchStrategy[dict[str, Any]]:
    """An object whose fields are strategies, or values as they are."""
    return st.fixed_dictionaries({
        name: each if isinstance(each, st.SearchStrategy) else st.just(each)
        for name, each in fields.items()
    })  # fmt: skip
