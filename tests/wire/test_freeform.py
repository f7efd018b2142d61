"""Raw text in a function's one argument, and out again, however it comes."""

from __future__ import annotations

import json
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aimux.model.request import FunctionTool
from aimux.wire.freeform import Unwrapper, declared, unwrapped, wrapped

PATCH = '*** Begin Patch\n"quoted" \\ back\ttab \u4f60\u597d \U0001f600\n*** End Patch'


@pytest.mark.parametrize(
    ("arguments", "raw"),
    [
        (wrapped(PATCH), PATCH),
        ('{"patch":"x"}', "x"),
        ('{"text":"x","n":1}', "x"),
        ('{"patch":"x","text":"y"}', '{"patch":"x","text":"y"}'),
        ('{"other":"x"}', '{"other":"x"}'),
        ('{"input":7}', '{"input":7}'),
        ('"x"', "x"),
        ("[1]", "[1]"),
        ("*** Begin", "*** Begin"),
        ("", ""),
    ],
)
def test_the_raw_text_of_complete_arguments(arguments: str, raw: str) -> None:
    """Models do not always keep to the declaration."""
    assert unwrapped(arguments) == raw
    assert streamed(arguments, list(arguments)) == raw


def streamed(arguments: str, pieces: list[str]) -> str:
    """What comes out while they stream."""
    del arguments
    unwrapper = Unwrapper()
    return "".join(map(unwrapper.feed, pieces)) + unwrapper.end()


@given(
    raw=st.text(max_size=60), cuts=st.lists(st.integers(0, 400), max_size=6), ascii_=st.booleans()
)
@settings(max_examples=80)
def test_it_streams_the_same_in_any_pieces(raw: str, cuts: list[int], ascii_: bool) -> None:
    """Cut inside an escape and between the halves of a pair, escaped or not."""
    raw = raw.encode("utf-8", "replace").decode()
    arguments = json.dumps({"input": raw}, ensure_ascii=ascii_)
    places = sorted({0, len(arguments), *(cut for cut in cuts if cut < len(arguments))})
    pieces = [arguments[a:b] for a, b in pairwise(places)]

    assert streamed(arguments, pieces) == raw


def test_it_goes_on_as_it_comes() -> None:
    """Nothing is held back that is certain."""
    unwrapper = Unwrapper()

    assert [unwrapper.feed(each) for each in ('{"in', 'put" : "ab', "c\\", 'n"', "}", " ")] == [
        "", "ab", "c", "\n", "", "",
    ]  # fmt: skip
    assert unwrapper.end() == ""


@pytest.mark.parametrize(
    ("escaped", "raw"),
    [
        (r"\ud83d\ude00", "\U0001f600"),
        (r"\ud83d", "\ufffd"),
        (r"\ud83dx", "\ufffdx"),
        (r"\ud83dA", "\ufffdA"),
        (r"\uZZZZ", "\uffff".replace("\uffff", "\ufffd")),
        (r"\q\/", "q/"),
    ],
)
def test_escapes_of_all_kinds(escaped: str, raw: str) -> None:
    """Halves of a pair that stay alone become U+FFFD."""
    unwrapper = Unwrapper()

    assert "".join(map(unwrapper.feed, f'{{"input":"{escaped}"}}')) == raw


def test_arguments_that_are_cut_lose_only_what_was_not_certain() -> None:
    """Half an escape is no text."""
    unwrapper = Unwrapper()

    assert unwrapper.feed('{"input":"ab\\u00') == "ab"
    assert unwrapper.end() == ""


def test_a_free_form_tool_is_declared_as_a_function() -> None:
    """With its grammar in words, since nobody enforces it any more."""
    grammar = {"type": "grammar", "syntax": "lark", "definition": "start: begin"}

    made = declared(FunctionTool("apply_patch", "Edits files.", grammar=grammar, namespace="ns"))

    assert made.schema is not None
    assert made.schema["required"] == ["input"]
    assert made.description.startswith("Edits files.\n\n")
    assert "lark grammar:\nstart: begin" in made.description
    assert made.namespace == "ns"
    assert declared(FunctionTool("x")).description == "The input is raw text, not JSON."
