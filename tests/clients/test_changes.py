"""Putting in and taking out, as pure functions over any text: the one undoes the other to the byte."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from aimux.clients.changes import put_in, taken_out
from aimux.clients.client import Setting
from aimux.clients.forms import FORMS
from aimux.errors import UserError
from tests.clients.test_forms import json_texts

OURS = (
    Setting(("env", "a"), "http://127.0.0.1:1"),
    Setting(("env", "xyz"), ""),
    Setting(("b", "deep", "deeper"), {"x": [1, True]}),
    Setting(("q",), "gives way", unless=(("a",),)),
)
PIECES = st.sampled_from(
    [
        "a = 1\n", "env.b = 2\n", "# c\n", "\n", "b = { deep = { } }\n", "q = 'x' # y\n",
        'long = """\n[x]\n"""\n', "list = [ # c\n  1,\n]\n",
    ]
)  # fmt: skip
TABLES = st.sampled_from(
    ["[env]\na = 'x'\n", "[b]\n", "[b.deep]\nz = 1\n", "[[many]]\nx = 1\n", "\n[z]\n", "# d\n"]
)


@given(text=json_texts())
def test_json(text: str) -> None:
    """Whatever is in the text already, also what has our names."""
    _there_and_back(text, "json")


@given(
    st.lists(PIECES, unique=True, max_size=4),
    st.lists(TABLES, unique=True, max_size=4),
    st.booleans(),
    st.booleans(),
)
def test_toml(lines: list[str], tables: list[str], is_windows: bool, is_whole: bool) -> None:
    """With dotted keys, inline tables, tables in any order, both kinds of line ends, no last one."""
    text = "".join((*lines, *tables))
    try:
        FORMS["toml"].meaning(text)
    except ValueError:
        return
    text = text if is_whole else text.removesuffix("\n")
    _there_and_back(text.replace("\n", "\r\n") if is_windows else text, "toml", is_exact=is_whole)


def _there_and_back(text: str, form: str, *, is_exact: bool = True) -> None:
    before = FORMS[form].meaning(text)
    try:
        changed, written = put_in(text, form, OURS)
    except UserError:  # no room for ours: told, and nothing changed
        event("refused")
        return
    meant = FORMS[form].meaning(changed)
    assert meant["env"]["a"] == "http://127.0.0.1:1"
    assert meant["b"]["deep"]["deeper"] == {"x": [1, True]}
    assert meant.get("q") == (before.get("q") if "a" in before else "gives way")

    found, left = taken_out(changed, form, written)

    assert left == ()
    assert FORMS[form].meaning(found) == before
    if is_exact and text.strip():
        assert found == text


def test_a_table_that_is_there_keeps_its_place() -> None:
    """A value that is a table in JSON comes back in its own words."""
    text = '{"b": {"deep": {"deeper": {"x" :1}}}}'

    changed, written = put_in(text, "json", OURS[2:3])

    assert json.loads(changed)["b"]["deep"]["deeper"] == {"x": [1, True]}
    assert taken_out(changed, "json", written)[0] == text


def test_what_a_form_cannot_do_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """The outcome is read again: a form that is wrong changes nothing."""

    class Wrong(type(FORMS["json"])):  # type: ignore[misc]  # the class of a value
        def put(self, text: str, path: Any, value: Any) -> str:
            return "{}"

    monkeypatch.setitem(FORMS, "json", Wrong())  # type: ignore[arg-type]  # a dict, meant to be read only

    with pytest.raises(UserError, match="cannot be changed by a command here"):
        put_in("{}", "json", OURS)
