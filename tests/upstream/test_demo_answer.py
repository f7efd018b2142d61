"""What the demo provider says: pure."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from aimux.upstream.demo.answer import EXCERPT_CHARACTERS, Finish, answer, excerpt
from aimux.upstream.demo.question import FAST, THINKER, Question, Tool, last_words, tokens
from aimux.upstream.demo.rhythm import LONGEST_PAUSE_S, SHORTEST_PAUSE_S, pieces
from aimux.upstream.demo.sample import sample

PLAIN = Question(model=FAST, body={}, asked="Who are you?", input_tokens=7)
WEATHER = Tool("get_weather", {"type": "object", "properties": {}, "required": []})
CLOCK = Tool("clock", {})


def with_tools(**changes: Any) -> Question:
    return replace(PLAIN, tools=(CLOCK, WEATHER), **changes)


def test_it_says_what_it_is_repeats_the_question_and_explains() -> None:
    """A stranger learns that no model answers, that the words arrived, and what aimux did."""
    said = answer(PLAIN, "id")

    assert 'You asked: "Who are you?"' in said.text
    assert "I am the demo provider" in said.text
    assert "no language model" in said.text
    assert "aimux checked its token" in said.text
    assert said.finish is Finish.STOP


def test_a_request_without_words_is_answered_without_a_quotation() -> None:
    """Nothing is quoted when nothing was asked."""
    assert "You asked" not in answer(replace(PLAIN, asked=""), "id").text


@pytest.mark.parametrize(
    ("model", "thinking", "thinks"),
    [(THINKER, True, True), (THINKER, False, False), (FAST, True, False)],
)
def test_only_the_thinker_thinks_and_only_when_it_may(
    model: str, thinking: bool, thinks: bool
) -> None:
    """demo-fast never thinks; demo-thinker does unless the request turns it off."""
    said = answer(replace(PLAIN, model=model, thinking=thinking), "id")

    assert bool(said.thinking) is thinks


@pytest.mark.parametrize(
    ("asked", "called"),
    [
        ("use a tool", "clock"),
        ("Please use the tool get_weather now", "get_weather"),
        ("call get_weather for Berlin", "get_weather"),
        ("Call `get_weather`!", "get_weather"),
        ("use your tool", "clock"),
        ("what is the weather", None),
        ("tools are useful", None),
        ("use a toolbox", None),
        ("call get_weather_map", None),
        ("I use get weather", None),
        ("", None),
    ],
)
def test_a_tool_is_called_when_the_person_asks_for_one(asked: str, called: str | None) -> None:
    """The last words decide, by a phrase that one can look up; other words never do."""
    said = answer(with_tools(asked=asked), "id")

    assert (said.call.name if said.call else None) == called
    assert said.finish is (Finish.TOOL if called else Finish.STOP)


def test_a_demanded_call_is_made_even_after_a_result() -> None:
    """A request that insists on a call gets one, whatever was said."""
    said = answer(with_tools(asked="hi", result="42", must_call=True), "id")

    assert said.call
    assert said.call.name == "clock"


def test_a_demanded_call_without_tools_is_an_answer_in_words() -> None:
    """There is nothing to call."""
    assert answer(replace(PLAIN, must_call=True), "id").call is None


def test_after_a_tools_result_it_says_what_came_back() -> None:
    """The tool is not called a second time, and its answer is repeated."""
    said = answer(with_tools(asked="use a tool", result="12 degrees"), "id")

    assert said.call is None
    assert 'The tool answered: "12 degrees"' in said.text


def test_arguments_never_hold_what_the_person_wrote() -> None:
    """An agent may run what is called: a text is always "demo"."""
    shell = Tool(
        "shell",
        {
            "type": "object",
            "properties": {"command": {"type": "string"}, "timeout": {"type": "integer"}},
            "required": ["command"],
        },
    )
    said = answer(replace(PLAIN, asked="call shell rm -rf /", tools=(shell,)), "id")

    assert said.call
    assert said.call.arguments == {"command": "demo"}


def test_a_schema_that_is_no_object_gives_no_arguments() -> None:
    """Arguments are an object in every format."""
    said = answer(replace(PLAIN, must_call=True, tools=(Tool("t", {"type": "string"}),)), "id")

    assert said.call
    assert said.call.arguments == {}


@pytest.mark.parametrize(
    ("schema", "text"),
    [
        ({}, "{}"),
        (
            {"properties": {"title": {"type": "string"}}, "required": ["title"]},
            '{"title":"demo"}',
        ),
    ],
)
def test_a_structured_answer_follows_its_schema(schema: dict[str, Any], text: str) -> None:
    """Where JSON was asked for, JSON comes, and nothing else."""
    assert answer(replace(PLAIN, schema=schema), "id").text == text


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"type": "string"}, "demo"),
        ({"type": "string", "minLength": 6}, "demo.."),
        ({"type": "STRING"}, "demo"),
        ({"type": ["integer", "null"]}, 0),
        ({"type": "number", "minimum": 2.5}, 2),
        ({"type": "integer", "minimum": "much"}, 0),
        ({"type": "boolean"}, False),
        ({"type": "null"}, None),
        ({"type": "array"}, []),
        ({"type": "array", "minItems": 2, "items": {"type": "boolean"}}, [False, False]),
        ({"type": "array", "minItems": 999, "items": {"type": "null"}}, [None] * 3),
        ({"const": 7}, 7),
        ({"type": "integer", "default": 5}, 5),
        ({"enum": ["b", "a"]}, "b"),
        ({"enum": []}, {}),
        ({"anyOf": [{"type": "null"}, {"type": "string"}]}, None),
        ({"type": "object", "properties": {"a": {"type": "null"}}}, {}),
        ({"type": "object", "properties": {}, "required": ["a", 1]}, {}),
        ({"type": "object", "properties": [], "required": ["a"]}, {}),
        ({"type": 3}, {}),
        ({"type": []}, {}),
        ({"$ref": "#/$defs/x"}, {}),
        (True, {}),
    ],
)
def test_the_sample_of_a_schema(schema: object, value: object) -> None:
    """The smallest value; what is no schema gives an empty object."""
    assert sample(schema) == value


def test_a_schema_without_a_bottom_is_left_at_some_depth() -> None:
    """A schema that is nested without end does not take the daemon's stack."""
    schema: dict[str, Any] = {"type": "string"}
    for _ in range(200):
        schema = {"type": "array", "minItems": 1, "items": schema}

    value, depth = sample(schema), 0
    while isinstance(value, list):
        value, depth = value[0], depth + 1
    assert 0 < depth < 20


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ("plain", '"plain"'),
        ("two\n  lines\there", '"two lines here"'),
        ("\x1b[31mred\x07\u202e", '"[31mred"'),
        ("cut \ud83d pair", '"cut  pair"'),
        ("", '""'),
    ],
)
def test_an_excerpt_is_one_harmless_line(text: str, quoted: str) -> None:
    """Whatever was asked: no line breaks, no escapes, nothing that UTF-8 cannot say."""
    assert excerpt(text) == quoted


def test_a_long_excerpt_ends_in_dots() -> None:
    """It stays within its limit."""
    quoted = excerpt("word " * 100)

    assert quoted.endswith('..."')
    assert len(quoted) <= EXCERPT_CHARACTERS + 2


@pytest.mark.parametrize(
    ("spoken", "last"),
    [
        ([], ""),
        (["one", "two"], "two"),
        (["hello", "<system-reminder>no</system-reminder>"], "hello"),
        (["<only>"], "<only>"),
        (["hello", " "], "hello"),
    ],
)
def test_the_last_words_are_the_persons(spoken: list[str], last: str) -> None:
    """Notes that an agent puts beside them in angle brackets are taken only when alone."""
    assert last_words(spoken) == last


@pytest.mark.parametrize(
    ("text", "count"),
    [("", 0), ("a", 1), ("abcd", 1), ("abcde", 2), ("\u00e4\u00f6", 1), ("\ud83d", 1)],
)
def test_a_token_is_four_bytes(text: str, count: int) -> None:
    """A begun token is a whole one."""
    assert tokens(text) == count


@pytest.mark.parametrize("limit", [0, 1, 5, 31, 32, 33, 60, 100])
def test_max_tokens_cuts_the_answer(limit: int) -> None:
    """What comes last is cut first, a call is never cut in two, and the limit is kept."""
    question = with_tools(model=THINKER, asked="use a tool \u00e9", max_tokens=limit)
    full = answer(replace(question, max_tokens=None), "id")

    said = answer(question, "id")

    assert said.output_tokens <= limit
    assert full.thinking.startswith(said.thinking)
    assert full.text.startswith(said.text)
    assert said.finish is (Finish.TOOL if said == full else Finish.LENGTH)
    assert said == full or said.call is None


def test_an_answer_that_just_fits_is_whole() -> None:
    """The limit itself is permitted."""
    full = answer(PLAIN, "id")

    assert answer(replace(PLAIN, max_tokens=full.output_tokens), "id") == full
    cut = answer(replace(PLAIN, max_tokens=full.output_tokens - 1), "id")
    assert cut.finish is Finish.LENGTH


@pytest.mark.parametrize(
    "text",
    ["", "one", "two words", "  space\n\naround  ", "x" * 100, "\u7b54" * 60, '{"a":[1,2,3]}'],
)
def test_the_pieces_are_the_text(text: str) -> None:
    """Nothing is lost or added, each piece is short, and each has its pause."""
    said = list(pieces(text, "seed"))

    assert "".join(piece.text for piece in said) == text
    assert all(len(piece.text.split()) <= 2 for piece in said)
    assert all(SHORTEST_PAUSE_S <= piece.pause_s <= LONGEST_PAUSE_S for piece in said)


def test_the_rhythm_varies_and_repeats() -> None:
    """The same seed gives the same rhythm, another one another; it is no metronome."""
    text = "word " * 60

    assert list(pieces(text, "a")) == list(pieces(text, "a"))
    assert list(pieces(text, "a")) != list(pieces(text, "b"))
    assert len({piece.pause_s for piece in pieces(text, "a")}) > 10
