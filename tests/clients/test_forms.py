"""The three forms: a value is put in and taken out, and every other byte stays."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aimux.clients.brokentext import BrokenText
from aimux.clients.forms import FORMS
from aimux.clients.jsontext import members_of

URL = "http://127.0.0.1:1"

PUT: list[tuple[str, str, tuple[str, ...], object, str]] = [
    ("json", "", ("a",), 1, '{\n  "a": 1\n}\n'),
    ("json", "{}", ("a",), "x", '{\n  "a": "x"\n}'),
    ("json", "{\n}\n", ("a", "b"), True, '{\n  "a": {\n    "b": true\n  }\n}\n'),
    ("json", '{"a": 1}', ("b",), 2, '{"a": 1, "b": 2}'),
    ("json", '{"a": 1}', ("a",), 2, '{"a": 2}'),
    ("json", '{"a": 1, "a": 3}', ("a",), 2, '{"a": 1, "a": 2}'),
    ("json", '{\n\t"a": 1 // one\n}\n', ("b",), 2, '{\n\t"a": 1, // one\n\t"b": 2\n}\n'),
    ("json", '{\n    "a": 1,\n}', ("b",), 2, '{\n    "a": 1,\n    "b": 2,\n}'),
    (
        "json",
        '{\r\n  "a": {}\r\n}\r\n',
        ("a", "b"),
        2,
        '{\r\n  "a": {\r\n    "b": 2\r\n  }\r\n}\r\n',
    ),
    (
        "json",
        '\ufeff{"é": [1, {"x": null}]}',
        ("b",),
        "ü",
        '\ufeff{"é": [1, {"x": null}], "b": "ü"}',
    ),
    (
        "json",
        '/* a */ {\n  "a": [],\n  /* b */\n}',
        ("a",),
        [1],
        '/* a */ {\n  "a": [\n    1\n  ],\n  /* b */\n}',
    ),
    ("toml", "", ("a",), 1, "a = 1\n"),
    ("toml", "# c\n[t]\nx = 1\n", ("a",), "y", 'a = "y"\n# c\n[t]\nx = 1\n'),
    ("toml", "a = 1 # one\n", ("a",), 2, "a = 2 # one\n"),
    ("toml", "a = 1", ("t", "u", "x"), 2, "a = 1\n\n[t.u]\nx = 2\n"),
    ("toml", "[t]\nx = 1\n", ("t", "y"), 2, "[t]\nx = 1\ny = 2\n"),
    ("toml", "t = { x = 1 }\n", ("t", "u", "y"), 2, "t = { x = 1, u = { y = 2 } }\n"),
    ("toml", "a = 1\r\n", ("t", "x"), 2, "a = 1\r\n\r\n[t]\r\nx = 2\r\n"),
    ("dotenv", "", ("A",), URL, f"A={URL}\n"),
    ("dotenv", "# c\nB=1", ("A",), "it's $x", "# c\nB=1\nA='it's $x'\n"),
    ("dotenv", "export A = 'x' # c\r\nB=2\r\n", ("A",), "y", "export A = y # c\r\nB=2\r\n"),
    ("dotenv", "A=1\nA=2\n", ("A",), "3", "A=1\nA=3\n"),
    ("dotenv", 'A="x\ny"\nB=1\r\n', ("C",), "3", 'A="x\ny"\nB=1\r\nC=3\r\n'),
]


@pytest.mark.parametrize(("form", "text", "path", "value", "after"), PUT)
def test_put(form: str, text: str, path: tuple[str, ...], value: object, after: str) -> None:
    """A value stands where a person would have written it."""
    assert FORMS[form].put(text, path, value) == after


TAKE: list[tuple[str, str, tuple[str, ...], str]] = [
    ("json", '{\n  "a": 1, // one\n  "b": 2\n}', ("b",), '{\n  "a": 1 // one\n}'),
    ("json", '{\n  "a": 1,\n  "b": 2\n}', ("a",), '{\n  "b": 2\n}'),
    ("json", '{"a": 1 , "b": 2,}', ("b",), '{"a": 1 ,}'),
    ("json", '{"a": 1}', ("a",), "{}"),
    ("toml", "a = 1\n\n[t]\n\n[u]\n", ("t",), "a = 1\n\n[u]\n"),
    ("toml", "[t]\r\nx = 1\r\n", ("t", "x"), "[t]\r\n"),
    ("dotenv", "A=1\n# c\nB='2'", ("B",), "A=1\n# c\n"),
]


@pytest.mark.parametrize(("form", "text", "path", "after"), TAKE)
def test_take(form: str, text: str, path: tuple[str, ...], after: str) -> None:
    """A value goes with its comma or its line, and nothing else."""
    assert FORMS[form].take(text, path) == after


BROKEN = [
    ("json", "{", "line 1, column 2: a name"),
    ("json", '{"a": 1 "b": 2}', "line 1, column 9: a comma or }"),
    ("json", '{\n  "a" 1}', "line 2, column 7: a colon"),
    ("json", '{"a": tru}', "line 1, column 7: a value"),
    ("json", '{"a": ', "column 7: it ends too early"),
    ("json", '{"a": "\\x"}', "column 7: a value"),
    ("json", '{"a": [1 2]}', "column 10: a comma or ]"),
    ("json", "{} {}", "column 4: something follows"),
    ("json", "[1]", "line 1, column 1: an object"),
    ("json", '{"a": ' * 300, "nested too deep"),
    ("toml", "a = 1\nb = = 2\n", "line 2, column 5"),
    ("toml", "a = 1\na = 2\n", "line 2, column 6"),
]


@pytest.mark.parametrize(("form", "text", "words"), BROKEN)
def test_broken_texts_are_told_with_their_place(form: str, text: str, words: str) -> None:
    """So that a person finds it."""
    with pytest.raises(BrokenText, match=words.replace("[", r"\[").replace("]", r"\]")):
        FORMS[form].meaning(text)


@pytest.mark.parametrize("text", ["", "no line of any kind", "=1\n", "A\n"])
def test_any_text_is_dotenv(text: str) -> None:
    """As its readers have it."""
    assert FORMS["dotenv"].meaning(text) == {}


def test_names_at_the_top() -> None:
    """In their order."""
    assert list(members_of('{"b": 1, "a": {"c": 2}}')) == ["b", "a"]


def test_what_is_not_there_cannot_be_written_in_other_words() -> None:
    """A mistake of ours."""
    for change in (
        lambda form: form.put_raw("A=1", ("B",), "2"),
        lambda form: form.take("A=1", ("B",)),
    ):
        with pytest.raises(KeyError):
            change(FORMS["dotenv"])


# ---------------------------------------------------------------- any text

NAMES = st.sampled_from(["a", "b", "env", "ours", 'q"q', "é"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text('a"\\/#é,}{ ', max_size=6),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=8,
)


@st.composite
def json_texts(draw: st.DrawFn) -> str:
    """Objects as people and programs write them."""
    data = draw(st.dictionaries(NAMES, VALUES, max_size=4))
    indent = draw(st.sampled_from([None, 0, 2, "\t"]))
    text = json.dumps(data, indent=indent, ensure_ascii=draw(st.booleans()))
    if draw(st.booleans()):
        text = text.replace("{", draw(st.sampled_from(["{ ", "{ // c\n", "{/* c */"])), 1)
    if data and draw(st.booleans()):
        text = text[:-1] + draw(st.sampled_from([",}", " , // d\n}", "/* e */}", "// f\n}"]))
    return text + draw(st.sampled_from(["", "\n"]))


@given(text=json_texts(), value=VALUES)
def test_json_is_as_it_was_once_a_value_is_taken_out(text: str, value: Any) -> None:
    """Whatever stands around it; and what it means in between is what was meant."""
    form = FORMS["json"]
    before = form.meaning(text)

    changed = form.put(text, ("xyz",), value)

    assert form.meaning(changed) == before | {"xyz": value}
    if before:  # the space in empty braces is the caller's to remember
        assert form.take(changed, ("xyz",)) == text


@given(text=json_texts(), value=VALUES)
def test_json_values_are_replaced_and_put_back(text: str, value: Any) -> None:
    """In the words that they had."""
    form = FORMS["json"]
    for name in form.meaning(text):
        raw = form.raw(text, (name,))
        assert raw is not None
        changed = form.put(text, (name,), value)
        assert form.meaning(changed) == form.meaning(text) | {name: value}
        assert form.put_raw(changed, (name,), raw) == text
