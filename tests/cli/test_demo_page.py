"""How the demo looks: wrapping, labels, figures, and the route as a sentence."""

from __future__ import annotations

import json
from typing import Any

import pytest

from aimux.admin.shapes import ExchangeShape
from aimux.cli.demo.call import Call
from aimux.cli.demo.figures import Figures, figures
from aimux.cli.demo.page import JsonPage, Paragraph, TerminalPage, cells
from aimux.vault.secret import Secret

FACTS = Figures(
    request_id="ax_1",
    answer="Hello there.",
    thinking="Hm.",
    provider="demo",
    model="demo-thinker",
    asked_model="claude-sonnet-5-5",
    mode="relay",
    route="default",
    attempts=1,
    why="because",
    first_token_ms=41.6,
    duration_ms=1540.0,
    input_tokens=21,
    output_tokens=138,
    reasoning_tokens=31,
)


def shown(pieces: list[str], width: int | None) -> str:
    paragraph = Paragraph("> ", width)
    return "".join(paragraph.add(piece) for piece in pieces) + paragraph.end()


@pytest.mark.parametrize(
    ("text", "width", "expected"),
    [
        ("", 10, ""),
        ("one", 10, "one"),
        ("one two three", 10, "one two\n> three"),
        ("one two three", None, "one two three"),
        ("0123456789 a", 10, "0123456789\n> a"),
        ("a 0123456789abcde b", 10, "a\n> 0123456789\n> abcde b"),
        ("one\ntwo", 10, "one\n> two"),
        ("one\n\n\ntwo", 10, "one\n\n\n> two"),
        ("one \n two", 10, "one\n> two"),
        ("one\n", 10, "one"),
        ("  one  two  ", 10, "one  two"),
        ("a\tb", 10, "a    b"),
        ("one\n\ntwo", None, "one\n\n> two"),
        ("\u65e5\u672c\u8a9e\u65e5\u672c", 6, "\u65e5\u672c\u8a9e\n> \u65e5\u672c"),
    ],
)
def test_a_paragraph_is_wrapped_the_same_however_it_arrives(
    text: str, width: int | None, expected: str
) -> None:
    """At once, letter by letter, or in two parts: the lines are the same."""
    assert shown([text], width) == expected
    assert shown(list(text), width) == expected
    for cut in range(len(text)):
        assert shown([text[:cut], text[cut:]], width) == expected


def test_a_word_is_shown_when_the_space_behind_it_has_come() -> None:
    """So that it never breaks in two; what ends with a space is shown at once."""
    paragraph = Paragraph("", 80)

    assert paragraph.add("half") == ""
    assert paragraph.add("way there ") == "halfway there"
    assert paragraph.add("now") == ""
    assert paragraph.end() == " now"


@pytest.mark.parametrize(
    ("text", "count"), [("abc", 3), ("\u65e5", 2), ("e\u0301", 1), ("\uff21", 2), ("", 0)]
)
def test_the_columns_a_text_takes(text: str, count: int) -> None:
    """Wide characters take two, combining ones none."""
    assert cells(text) == count


def play(page: TerminalPage) -> None:
    page.asked("Who is\x1b[2J there?")
    page.opened("http://127.0.0.1:4711", 0.52)
    page.piece("thinking", "Hm. ")
    page.piece("answer", "Hello ")
    page.piece("answer", "there.\x07")
    page.told(FACTS)
    page.closed()


def test_the_page_on_80_columns(capsys: pytest.CaptureFixture[str]) -> None:
    """Everything is there, in order, within the width, and nothing drives the terminal."""
    play(TerminalPage(80))
    out, err = capsys.readouterr()
    labels = [line.split()[0] for line in out.splitlines() if line[2:3].strip()]

    assert labels == [
        "you", "aimux", "thinking", "answer",
        "provider", "model", "mode", "speed", "tokens", "route",
    ]  # fmt: skip
    assert max(map(len, (out + err).splitlines())) <= 80
    assert "\x1b" not in out
    assert "\x07" not in out
    assert "first token after 42 ms, the last after 1.5 s" in out
    assert "21 in, 138 out, 31 of them thinking" in out
    assert "aimux run claude" in err


@pytest.mark.parametrize(("columns", "most"), [(80, 80), (40, 40), (500, 96), (5, 40)])
def test_lines_keep_to_the_terminal(
    columns: int, most: int, capsys: pytest.CaptureFixture[str]
) -> None:
    """Long texts are wrapped; very wide terminals get lines that can still be read."""
    page = TerminalPage(columns)
    page.piece("answer", "word " * 100)
    page.told(FACTS)
    lines = capsys.readouterr().out.splitlines()

    assert max(map(len, lines)) <= most
    assert max(map(len, lines)) > most - 12


def test_in_a_pipe_nothing_is_wrapped(capsys: pytest.CaptureFixture[str]) -> None:
    """What reads it wants whole lines."""
    page = TerminalPage.of_stdout()
    page.piece("answer", "word " * 100)
    page.told(FACTS)

    assert "word " * 99 + "word\n" in capsys.readouterr().out


def test_on_a_terminal_thinking_is_dimmed(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Thinking and answer are told apart by more than their labels."""
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("FORCE_COLOR", "1")
    play(TerminalPage(80))
    out = capsys.readouterr().out

    assert "\x1b[2mHm.\x1b[0m" in out
    assert "Hello there." in out.replace("\ufffd", "")


def test_unknown_counts_are_unknown(capsys: pytest.CaptureFixture[str]) -> None:
    """Never shown as 0."""
    page = TerminalPage(80)
    nothing: dict[str, Any] = {
        "first_token_ms": None,
        "input_tokens": None,
        "output_tokens": None,
        "reasoning_tokens": None,
    }
    page.told(Figures(**{**_asdict(FACTS), **nothing, "mode": "sideways"}))
    out = capsys.readouterr().out

    assert "first token after unknown" in out
    assert "unknown in, unknown out\n" in out
    assert "sideways" in out


def _asdict(facts: Figures) -> dict[str, Any]:
    return {name: getattr(facts, name) for name in Figures.__dataclass_fields__}


def test_json_is_one_object_at_the_end(capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing comes before everything is gone, and then it is all there."""
    page = JsonPage()
    page.asked("hi")
    page.opened("http://127.0.0.1:4711", 0.5)
    page.piece("answer", "Hello")
    page.told(FACTS)
    assert capsys.readouterr().out == ""

    page.closed()
    assert json.loads(capsys.readouterr().out) == _asdict(FACTS)


def test_json_without_figures_is_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    """An empty object would look like an answer."""
    JsonPage().closed()

    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("headers", "why"),
    [
        (
            {},
            "no rule matched claude-sonnet-5-5, so the default took it: p/m, at the first attempt",
        ),
        ({"x-aimux-attempts": "2"}, "the default took it: p/m, at the second attempt"),
        ({"x-aimux-attempts": "11"}, "at the 11th attempt"),
        ({"x-aimux-route": "background"}, "the rule 'background' took it: p/m"),
    ],
)
def test_the_route_in_one_sentence(headers: dict[str, str], why: str) -> None:
    """From the answer's own headers."""
    call = Call("http://127.0.0.1:1", Secret("sk-test-token"), "hi")
    call.headers = {"x-aimux-provider": "p", "x-aimux-model": "m", "x-aimux-mode": "relay"}
    call.headers |= headers
    recorded: Any = {
        "route": "default",
        "attempts": [{}],
        "input_tokens": 1,
        "output_tokens": None,
        "reasoning_tokens": 0,
    }
    exchange: ExchangeShape = recorded
    facts = figures(call, exchange)

    assert why in facts.why
    assert (facts.input_tokens, facts.output_tokens) == (1, None)
    assert facts.first_token_ms is None
