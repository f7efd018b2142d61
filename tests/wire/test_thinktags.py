"""Thinking between tags, taken out of the text it came in."""

from __future__ import annotations

from itertools import groupby, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aimux.wire.thinktags import ThinkTags, beginning_at_end

Pieces = list[tuple[bool, str]]


def joined(pieces: Pieces) -> Pieces:
    """Pieces of one kind that stand side by side as one."""
    return [
        (kind, "".join(text for _, text in each)) for kind, each in groupby(pieces, lambda p: p[0])
    ]


def split(chunks: list[str], *, implicit_open: bool = False) -> Pieces:
    """All that comes of a message in these chunks."""
    tags = ThinkTags(implicit_open=implicit_open)
    pieces = [piece for chunk in chunks for piece in tags.feed(chunk)]
    pieces += tags.end()
    assert all(text for _, text in pieces)
    return joined(pieces)


MESSAGES = [
    pytest.param("<think>why</think>\n\nbecause", [(True, "why"), (False, "because")], id="usual"),
    pytest.param(" \n<think>why</think>yes", [(True, "why"), (False, "yes")], id="white-before"),
    pytest.param("<think>\nwhy\n</think>yes", [(True, "\nwhy\n"), (False, "yes")], id="lines-kept"),
    pytest.param("<think>why</think>\r\n\n yes", [(True, "why"), (False, " yes")], id="line-ends"),
    pytest.param("<think>why</think>", [(True, "why")], id="nothing-behind"),
    pytest.param("<think>why</think>\n", [(True, "why")], id="only-line-ends-behind"),
    pytest.param("<think>\n\n</think>\n\nyes", [(False, "yes")], id="white-thinking-is-none"),
    pytest.param("<think></think>yes", [(False, "yes")], id="empty-thinking"),
    pytest.param("<think>why", [(True, "why")], id="edge-81-never-closed"),
    pytest.param("<think>why</thin", [(True, "why</thin")], id="closed-by-half"),
    pytest.param("<think> ", [], id="never-closed-white"),
    pytest.param(
        "x <think>a</think> y", [(False, "x <think>a</think> y")], id="edge-80-in-the-middle"
    ),
    pytest.param(
        "<think>a</think><think>b</think>",
        [(True, "a"), (False, "<think>b</think>")],
        id="edge-80-only-the-first",
    ),
    pytest.param("why</think>yes", [(False, "why</think>yes")], id="no-opening"),
    pytest.param("  <thi", [(False, "  <thi")], id="half-an-opening"),
    pytest.param("<thinking>", [(False, "<thinking>")], id="another-tag"),
    pytest.param("  ", [(False, "  ")], id="white-alone"),
    pytest.param("", [], id="nothing"),
    pytest.param(
        " " * 1025 + "<think>a", [(False, " " * 1025 + "<think>a")], id="too-much-white-before"
    ),
    pytest.param(
        "<think>" + " " * 1025 + "</think>", [(True, " " * 1025)], id="too-much-white-inside"
    ),
]

IMPLICIT = [
    pytest.param(
        "why</think>\nyes", [(True, "why"), (False, "yes")], id="edge-79-only-the-closing"
    ),
    pytest.param("<think>why</think>yes", [(True, "why"), (False, "yes")], id="both"),
    pytest.param(" <thi", [(True, " <thi")], id="half-an-opening"),
    pytest.param("why", [(True, "why")], id="never-closed"),
    pytest.param(" </think>yes", [(False, "yes")], id="white-thinking-is-none"),
    pytest.param("  ", [], id="white-alone"),
    pytest.param("a</think>", [(True, "a")], id="nothing-behind"),
]


@pytest.mark.parametrize(("message", "pieces"), MESSAGES)
def test_thinking_and_text(message: str, pieces: Pieces) -> None:
    """A tag counts at the beginning of a message, and only there."""
    assert split([message]) == pieces
    assert split(list(message)) == pieces


@pytest.mark.parametrize(("message", "pieces"), IMPLICIT)
def test_a_template_wrote_the_opening_tag(message: str, pieces: Pieces) -> None:
    """The message begins inside."""
    assert split([message], implicit_open=True) == pieces
    assert split(list(message), implicit_open=True) == pieces


def test_no_more_is_held_back_than_need_be() -> None:
    """Only what could still be part of a tag."""
    tags = ThinkTags()

    assert tags.feed(" <th") == []
    assert tags.feed("ink>a<") == [(True, "a")]
    assert tags.feed("b</think") == [(True, "<b")]
    assert tags.feed(">\n") == []
    assert tags.feed("c") == [(False, "c")]
    assert tags.feed("<think>") == [(False, "<think>")]
    assert tags.feed("") == []


def test_after_the_end_all_is_text() -> None:
    """Somebody who feeds on gets what was fed."""
    tags = ThinkTags(implicit_open=True)

    assert tags.end() == []
    assert tags.feed("x") == [(False, "x")]


@pytest.mark.parametrize(
    ("text", "size"), [("a<th", 3), ("<think", 6), ("<think>", 0), ("", 0), ("<<", 1), ("<t<", 1)]
)
def test_the_beginning_of_a_mark(text: str, size: int) -> None:
    """A proper beginning, the longest that the text ends with."""
    assert beginning_at_end(text, "<think>") == size


@settings(max_examples=100)
@given(
    words=st.lists(
        st.sampled_from(["<think>", "</think>", "<", "th", "ink>", "</", "\n", " ", "a", "\u00e9"]),
        max_size=8,
    ),
    cuts=st.lists(st.integers(0, 60), max_size=6),
    implicit_open=st.booleans(),
)
def test_the_cuts_change_nothing(words: list[str], cuts: list[int], implicit_open: bool) -> None:
    """However a message is cut, the pieces of a kind are the same text."""
    message = "".join(words)
    places = [0, *sorted(min(cut, len(message)) for cut in cuts), len(message)]
    chunks = [message[a:b] for a, b in pairwise(places)]

    assert split(chunks, implicit_open=implicit_open) == split(
        [message], implicit_open=implicit_open
    )
