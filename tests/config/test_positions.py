"""Places of keys and values: by example, and for whatever tomlkit writes."""

import string
import tomllib
from typing import Any

import tomlkit
from hypothesis import given, settings
from hypothesis import strategies as st

from aimux.config.keypath import KeyPath
from aimux.config.positions import Positions

DOCUMENT = '''\
a = 1
"b c".d = "x"   # c = 1
e = [1, [2, # ]
  3], {f = 1, g.h = """x
"q" \\""" """"}, 1979-05-27 07:32:00 ]
[srv . x] # [not.this]
  y = \'\'\'a\'\'\'\'\'
'k.k' = {}
[[routes]]
n = 1
[routes.match]
m = 2.5
[[routes]]
[[routes.sub]]
q = []
[[routes.sub]]
"\\u0041b" = true
'''


def test_places_by_example() -> None:
    """Headers, dotted keys, quoted keys, arrays, inline tables, texts of many lines."""
    positions = Positions(DOCUMENT)

    assert {
        path: (positions.of_key(path), positions.of_value(path)) for path in positions
    } == {
        ("a",): ((1, 1), (1, 5)),
        ("b c",): ((2, 1), (2, 1)),
        ("b c", "d"): ((2, 7), (2, 11)),
        ("e",): ((3, 1), (3, 5)),
        ("e", 0): ((3, 6), (3, 6)),
        ("e", 1): ((3, 9), (3, 9)),
        ("e", 1, 0): ((3, 10), (3, 10)),
        ("e", 1, 1): ((4, 3), (4, 3)),
        ("e", 2): ((4, 7), (4, 7)),
        ("e", 2, "f"): ((4, 8), (4, 12)),
        ("e", 2, "g"): ((4, 15), (4, 15)),
        ("e", 2, "g", "h"): ((4, 17), (4, 21)),
        ("e", 3): ((5, 17), (5, 17)),
        ("srv",): ((6, 2), (6, 2)),
        ("srv", "x"): ((6, 8), (6, 1)),
        ("srv", "x", "y"): ((7, 3), (7, 7)),
        ("srv", "x", "k.k"): ((8, 1), (8, 9)),
        ("routes",): ((9, 3), (9, 3)),
        ("routes", 0): ((9, 3), (9, 1)),
        ("routes", 0, "n"): ((10, 1), (10, 5)),
        ("routes", 0, "match"): ((11, 9), (11, 1)),
        ("routes", 0, "match", "m"): ((12, 1), (12, 5)),
        ("routes", 1): ((13, 3), (13, 1)),
        ("routes", 1, "sub"): ((14, 10), (14, 10)),
        ("routes", 1, "sub", 0): ((14, 10), (14, 1)),
        ("routes", 1, "sub", 0, "q"): ((15, 1), (15, 5)),
        ("routes", 1, "sub", 1): ((16, 10), (16, 1)),
        ("routes", 1, "sub", 1, "Ab"): ((17, 1), (17, 13)),
    }  # fmt: skip


def test_what_is_not_there_is_looked_for_above() -> None:
    """A missing key is told at its table; without one, at the file's beginning."""
    positions = Positions("[a]\n[a.b]\nc = 1\n")

    assert positions.of_key(("a", "b", "d")) == (2, 4)
    assert positions.of_value(("a", "b", "d", "e")) == (2, 4)
    assert positions.of_value(("x",)) == (1, 1)
    assert len(positions) == 3


def test_statements_are_found_in_order() -> None:
    """With their extent, comments left out; pairs of an inline table before their line."""
    text = "a = { b = 1, c.d = 2 } # x\n[t]\n e.f = 'x'   # y\n"

    found = [
        (each.path, text[each.start : each.end], each.kind) for each in Positions(text).statements
    ]

    assert found == [
        (("a", "b"), "b = 1", "inline"),
        (("a", "c", "d"), "c.d = 2", "inline"),
        (("a",), "a = { b = 1, c.d = 2 }", "line"),
        (("t",), "[t]", "header"),
        (("t", "e", "f"), "e.f = 'x'", "line"),
    ]


def test_line_ends_of_windows_count_as_one() -> None:
    """Columns are those an editor shows."""
    positions = Positions("a = 1\r\n  b = 2\r\n[c]\r\nd = '''\r\nx'''\r\ne = 3\r\n")

    assert positions.of_value(("b",)) == (2, 7)
    assert positions.of_value(("c", "e")) == (6, 5)


NAMES = st.text(
    string.ascii_letters + string.digits + "-_. \"'#=[]{},\u00e9\\\t", min_size=1, max_size=8
)
SCALARS = (
    st.integers(-(2**40), 2**40)
    | st.booleans()
    | st.floats(allow_nan=False)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
    | st.datetimes()
    | st.dates()
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=12,
)


def paths_of(data: Any, path: KeyPath = ()) -> list[KeyPath]:
    children = data.items() if isinstance(data, dict) else enumerate(data)
    found: list[KeyPath] = [path] if path else []
    for name, value in children:
        below = (*path, name)
        found += paths_of(value, below) if isinstance(value, dict | list) else [below]
    return found


def at(data: Any, path: KeyPath) -> Any:
    for part in path:
        data = data[part]
    return data


@settings(max_examples=150, deadline=None)
@given(data=st.dictionaries(NAMES, VALUES, max_size=5), crlf=st.booleans())
def test_every_key_path_of_a_document_has_its_place(data, crlf) -> None:
    """All paths and no others; the text of a value is that value."""
    text = tomlkit.dumps(data)
    if crlf:
        text = text.replace("\n", "\r\n")
    read = tomllib.loads(text)

    positions = Positions(text)

    assert set(positions) == set(paths_of(read))
    for path, span in positions.items():
        written = text[span.start : span.end]
        if written and text[span.key : span.start].rstrip(" ").endswith("="):
            assert repr(tomllib.loads(f"v = {written}")["v"]) == repr(at(read, path))
