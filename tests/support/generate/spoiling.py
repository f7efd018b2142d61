"""Bodies of requests as bytes, and what bad clients make of them: a wrong type here, a lost key there."""

from __future__ import annotations

import copy
from typing import Any

from hypothesis import strategies as st

from tests.support.grammar.told import dumps

JUNK: tuple[Any, ...] = (
    None, True, 0, -1, 10**40, 1.5, "", "x", "\ud83d", [], [None], [[]], ["x"], {}, {"type": "text"},
    {"type": "nobody"}, {"type": 3}, {"type": None, "text": None}, [{"type": "text", "text": 5}],
    {"role": "user"}, {"text": {"text": "x"}},
)  # fmt: skip


def encoded(body: Any) -> bytes:
    """A body as bytes; half characters as escapes, as JSON can say them."""
    try:
        return dumps(body).encode()
    except UnicodeEncodeError:
        return dumps(body, ascii_only=True).encode()


def _places(value: Any) -> list[tuple[Any, Any]]:
    """Every container below a value with each of its keys."""
    if isinstance(value, dict):
        here = [(value, key) for key in value]
        return here + [place for each in value.values() for place in _places(each)]
    if isinstance(value, list):
        here = [(value, at) for at in range(len(value))]
        return here + [place for each in value for place in _places(each)]
    return []


@st.composite
def spoiled(draw: st.DrawFn, body: dict[str, Any]) -> dict[str, Any]:
    """The body with one to three things wrong anywhere in it."""
    body = copy.deepcopy(body)
    for _ in range(draw(st.integers(1, 3))):
        places = _places(body)
        holder, key = places[draw(st.integers(0, len(places) - 1))]
        match draw(st.sampled_from(["junk", "junk", "gone", "more", "twice"])):
            case "junk":
                holder[key] = copy.deepcopy(draw(st.sampled_from(JUNK)))
            case "gone":
                del holder[key]
            case "more" if isinstance(holder, dict):
                holder["nobody_knows"] = copy.deepcopy(draw(st.sampled_from(JUNK)))
            case _ if isinstance(holder, list):
                holder.append(copy.deepcopy(holder[key]))
            case _:
                holder[key] = [holder[key]]
        if not body:
            break
    return body
