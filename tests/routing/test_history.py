"""The messages of a request: what is looked for is found wherever it stands, and nowhere else."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aimux.routing.facts.history import History
from aimux.wire.jsontext import scan, stands_in
from tests.routing.test_features import A, R, features

WORD = b'"source"'


def history(raw: bytes) -> History:
    """Messages between other things of a request that hold the word, too."""
    return History(scan(b'{"source":1,"messages":' + raw + b',"x":{"source":1}}'), "messages")


@pytest.mark.parametrize(
    ("raw", "may"),
    [
        (b'[{"source":1}]', True),
        (b'[{"x":"\\"source\\""}]', False),
        (b"[]", False),
        (b'[{"s\\u006furce":1}]', True),  # an escaped letter may be any
        (b'[{"x":"\\u00e9 \\u001b \\u0022"}]', False),  # these are none
    ],
)
def test_a_word_among_the_messages(raw: bytes, may: bool) -> None:
    assert history(raw).may_hold(WORD) is may


def test_there_may_be_no_messages() -> None:
    nothing = History(scan(b"{}"), "messages")

    assert (len(nothing), nothing.raw, nothing.messages) == (0, b"", [])
    assert not nothing.may_hold(WORD)


@given(
    st.text("ab", max_size=12), st.text("ab", min_size=1, max_size=4), st.integers(0, 12), st.data()
)
def test_looking_from_the_end_finds_the_same(
    text: str, word: str, start: int, data: st.DataObject
) -> None:
    end = data.draw(st.integers(start, 12))
    raw, sought = text.encode(), word.encode()

    assert stands_in(raw, sought) is (sought in raw)
    assert stands_in(raw, sought, start, end) is (sought in raw[start:end])


@pytest.mark.parametrize("spelled", [b"output_config", b"output\\u005fconfig"])
def test_an_effort_among_the_messages_is_found_however_it_is_spelled(spelled: bytes) -> None:
    raw = b'{"messages":[{"role":"system","content":"x","%b":{"effort":"low"}}]}' % spelled

    assert features(A, raw).thinking == "low"


@pytest.mark.parametrize("escaped", [False, True])
def test_items_that_change_something_are_found_however_they_are_spelled(escaped: bool) -> None:
    items = [
        {"type": "configuration_update", "reasoning": {"effort": "high"}},
        {"type": "additional_tools", "tools": [{"type": "function", "name": "later"}]},
    ]
    raw = json.dumps({"input": items}).encode()
    asked = features(R, raw.replace(b"_", b"\\u005f") if escaped else raw)

    assert (asked.thinking, asked.tools) == ("high", {"later"})
