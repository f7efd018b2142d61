"""Calls that a model wrote into its text."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aimux.errors import ErrorKind
from aimux.model.events import (
    BlockStart,
    BlockStop,
    Cite,
    Delta,
    Event,
    Failure,
    Finish,
    Sign,
    Start,
    collect,
)
from aimux.model.parts import Citation, Opaque, OpaqueKind, Text, Thinking, ToolCall
from aimux.model.response import AnswerPart, FinishReason
from aimux.wire.leaked import LeakedCalls
from aimux.wire.leakforms import MAX_CHARS

TOOLS = frozenset({"read", "mcp__x"})
SCHEMAS = {"read": {"properties": {"name": {"type": "string"}, "count": {"type": "integer"}}}}


def stream(*texts: str, first: str = "") -> list[Event]:
    """An answer of one block of text, which begins as ``first`` and grows."""
    deltas = [Delta(0, text) for text in texts if text]
    finish = Finish(FinishReason.END_TURN)
    return [Start(), BlockStart(0, Text(first)), *deltas, BlockStop(0), finish]


def parts(events: Iterable[Event], *, schemas: bool = False) -> tuple[AnswerPart, ...]:
    """What an answer is made of after the repair."""
    return collect(LeakedCalls(TOOLS, SCHEMAS if schemas else None).feed(events)).parts


def call(arguments: str, name: str = "read", id_: str = "") -> ToolCall:
    """A call as it should be."""
    return ToolCall(id_, name, arguments)


HERMES = '<tool_call>\n{"name": "read", "arguments": {"path": "a"}}\n</tool_call>'
KIMI = (
    "<|tool_calls_section_begin|><|tool_call_begin|>functions.read:0<|tool_call_argument_begin|>"
    '{"path": "a"}<|tool_call_end|><|tool_call_begin|>functions.mcp__x:1'
    "<|tool_call_argument_begin|> {} <|tool_call_end|><|tool_calls_section_end|>"
)
XML = (
    '<function_calls>\n<invoke name="read">\n<parameter name="path">a</parameter>\n'
    '<parameter name="lines">[1, 2.50]</parameter>\n</invoke>\n</function_calls>'
)

PREFIX = "antml:"
"""Of the names of tags, as newer models write them."""

CALLS = [
    pytest.param(HERMES, [call('{"path": "a"}')], id="hermes"),
    pytest.param(
        '<tool_call>{"arguments":{"a":1.0},"name":"read","id":"c1"}</tool_call>',
        [call('{"a":1.0}', id_="c1")],
        id="numbers-as-they-were",
    ),
    pytest.param('<tool_call>{"name":"read"}</tool_call>', [call("{}")], id="no-arguments"),
    pytest.param(
        '<tool_call>{"name":"read","parameters":{"a":"}</tool_call>\\"{"}}</tool_call>',
        [call('{"a":"}</tool_call>\\"{"}')],
        id="brackets-in-texts",
    ),
    pytest.param(
        r'<tool_call>{"name":"read","arguments":"{\"a\":1}"}</tool_call>',
        [call('{"a":1}')],
        id="arguments-as-text",
    ),
    pytest.param(HERMES + "\n" + HERMES, [call('{"path": "a"}'), call('{"path": "a"}')], id="two"),
    pytest.param('<function=read>{"a": [1]}</function>', [call('{"a": [1]}')], id="function"),
    pytest.param(
        "<tool_call>\n<function=read>\n<parameter=path>\na b\n</parameter>\n<parameter=n>3</parameter>"
        "\n</function>\n</tool_call>",
        [call('{"path":"a b","n":3}')],
        id="qwen-coder",
    ),
    pytest.param("<function=mcp__x></function>", [call("{}", "mcp__x")], id="function-bare"),
    pytest.param(
        KIMI,
        [call('{"path": "a"}', id_="functions.read:0"), call("{}", "mcp__x", "functions.mcp__x:1")],
        id="kimi",
    ),
    pytest.param(
        "<|tool_call_begin|>read<|tool_call_argument_begin|>{}<|tool_call_end|>",
        [call("{}", id_="read")],
        id="kimi-without-section",
    ),
    pytest.param(
        '[TOOL_CALLS][{"name": "read", "arguments": {"a": 1}}, {"name": "mcp__x"}]',
        [call('{"a": 1}'), call("{}", "mcp__x")],
        id="mistral",
    ),
    pytest.param('[TOOL_CALLS]read[ARGS]{"a": 1}', [call('{"a": 1}')], id="mistral-newer"),
    pytest.param(XML, [call('{"path":"a","lines":[1, 2.50]}')], id="xml"),
    pytest.param(
        '<invoke name="read"><parameter name="a" string="true">{x</parameter></invoke>',
        [call('{"a":"{x"}')],
        id="invoke",
    ),
    pytest.param(
        re.sub("<(/?)", rf"<\1{PREFIX}", XML),
        [call('{"path":"a","lines":[1, 2.50]}')],
        id="prefixed",
    ),
    pytest.param(
        f'<{PREFIX}invoke name="mcp__x"></{PREFIX}invoke>',
        [call("{}", "mcp__x")],
        id="prefixed-invoke",
    ),
]

TEXTS = [
    pytest.param("a < b [1] <tool", id="not-an-opener"),
    pytest.param(HERMES.replace("read", "write"), id="undeclared"),
    pytest.param("<function=write>{}</function>", id="function-undeclared"),
    pytest.param('<invoke name="write"></invoke>', id="invoke-undeclared"),
    pytest.param("[TOOL_CALLS]write[ARGS]{}", id="mistral-undeclared"),
    pytest.param('[TOOL_CALLS][{"name":"read"},{"name":"write"}]', id="one-of-two-undeclared"),
    pytest.param(KIMI.replace("mcp__x", "write").replace("read", "write"), id="kimi-undeclared"),
    pytest.param('<tool_call>{"name": "read", "arguments": {"a"', id="cut"),
    pytest.param('<tool_call>{"name": "read", "arguments": {"a"}}</tool_call>', id="no-json"),
    pytest.param('<tool_call>{"name": "read", "arguments": [1]}</tool_call>', id="no-object"),
    pytest.param('<tool_call>{"name": "read", "arguments": "x"}</tool_call>', id="no-object-text"),
    pytest.param('<tool_call>{"name": 1}</tool_call>', id="no-name"),
    pytest.param('<tool_call>{"name": "read"} and more', id="not-closed"),
    pytest.param("<tool_call> is a tag of Qwen", id="prose"),
    pytest.param("<function=" + "x" * 300, id="endless-name"),
    pytest.param("<function=read>x</function>", id="function-without-json"),
    pytest.param("[TOOL_CALLS][]", id="mistral-none"),
    pytest.param("<function_calls></function_calls>", id="xml-none"),
    pytest.param("Say `" + HERMES + "` to call.", id="behind-a-backtick"),
    pytest.param("So:\n```xml\n" + HERMES + "\n```\n", id="in-a-fence"),
    pytest.param("```" + HERMES, id="on-the-line-of-a-fence"),
    pytest.param("<tool_call><tool_call>", id="openers-alone"),
]


def chunked(text: str) -> list[list[str]]:
    """Whole and by character."""
    return [[text], list(text)]


@pytest.mark.parametrize(("text", "calls"), CALLS)
def test_a_call_in_the_text_is_a_call(text: str, calls: list[ToolCall]) -> None:
    """Of a declared tool, with whole arguments, as they were written."""
    for chunks in chunked(text):
        response = collect(LeakedCalls(TOOLS).feed(stream(*chunks)))

        assert list(response.parts) == calls
        assert response.finish is FinishReason.TOOL_USE


@pytest.mark.parametrize("text", TEXTS)
def test_anything_else_is_text(text: str) -> None:
    """Unchanged, to the last character."""
    for chunks in chunked(text):
        response = collect(LeakedCalls(TOOLS).feed(stream(*chunks)))

        assert response.parts == (Text(text),)
        assert response.finish is FinishReason.END_TURN


def test_text_before_between_and_behind_stays() -> None:
    """Blocks in the order of the text; white space alone is none of them."""
    text = f"First {HERMES}\n\n{HERMES}\nthen\n{HERMES}\n"

    for chunks in chunked(text):
        assert parts(stream(*chunks)) == (
            Text("First "),
            call('{"path": "a"}'),
            call('{"path": "a"}'),
            Text("\nthen\n"),
            call('{"path": "a"}'),
        )


def test_white_space_before_a_call_is_no_block() -> None:
    """Some vendors refuse a text of white space."""
    assert parts(stream("\n \n" + HERMES)) == (call('{"path": "a"}'),)


def test_much_white_space_is_text() -> None:
    """It is not held for ever."""
    white = " " * 1025

    assert parts(stream(white, HERMES)) == (Text(white), call('{"path": "a"}'))


def test_white_space_alone_is_the_text_it_was() -> None:
    """Nothing is lost where no call is made."""
    assert parts(stream(" ", "\n")) == (Text(" \n"),)
    assert parts(stream()) == (Text(""),)


def test_behind_a_fence_calls_are_calls_again() -> None:
    """The fence is closed by a line of its own."""
    text = f"```\nx\n```\n{HERMES}"

    for chunks in chunked(text):
        assert parts(stream(*chunks)) == (Text("```\nx\n```\n"), call('{"path": "a"}'))


def test_a_schema_says_what_is_text() -> None:
    """A number for a tool that wants a text stays a text."""
    text = (
        '<invoke name="read"><parameter name="name">12</parameter>'
        '<parameter name="count">12</parameter><parameter name="quoted">"x"</parameter></invoke>'
    )

    (found,) = parts(stream(text), schemas=True)

    assert isinstance(found, ToolCall)
    assert json.loads(found.arguments) == {"name": "12", "count": 12, "quoted": '"x"'}


def test_a_call_too_long_is_not_waited_for() -> None:
    """So much text is not held back."""
    text = '<tool_call>{"name": "read", "arguments": {"a": "' + "x" * MAX_CHARS
    repair = LeakedCalls(TOOLS)
    whole = text + '"}}</tool_call>'

    given = repair.feed([Start(), BlockStart(0, Text("")), Delta(0, text)])

    assert "".join(each.text for each in given if isinstance(each, Delta)) == text
    assert parts(stream(whole)) == (Text(whole),)


def test_no_more_is_held_back_than_need_be() -> None:
    """Text goes on at once, up to what could be an opener."""
    repair = LeakedCalls(TOOLS)
    repair.feed([Start(), BlockStart(0, Text(""))])

    assert repair.feed([Delta(0, "a")]) == [BlockStart(0, Text("")), Delta(0, "a")]
    assert repair.feed([Delta(0, "b<tool_")]) == [Delta(0, "b")]
    assert repair.feed([Delta(0, "box> c [TOOL")]) == [Delta(0, "<tool_box> c ")]
    assert repair.feed([Delta(0, "S]")]) == [Delta(0, "[TOOLS]")]


def test_other_blocks_pass_and_are_numbered_anew() -> None:
    """A block behind a leaked call keeps its place in the order."""
    state = Opaque(OpaqueKind.TEXT, "")
    events = [
        Start("id", "m"),
        BlockStart(0, Thinking("")),
        Delta(0, HERMES),
        Sign(0, state),
        BlockStop(0),
        BlockStart(1, Text("")),
        Delta(1, HERMES),
        BlockStop(1),
        BlockStart(2, ToolCall("c", "read")),
        Delta(2, "{}"),
        BlockStop(2),
        Finish(FinishReason.MAX_TOKENS),
    ]

    response = collect(LeakedCalls(TOOLS).feed(events))

    assert response.parts == (
        Thinking(HERMES, state),
        call('{"path": "a"}'),
        ToolCall("c", "read", "{}"),
    )
    assert response.finish is FinishReason.MAX_TOKENS


def test_marks_of_text_stay_with_it() -> None:
    """Sources and signatures; those of text that became a call have nothing to mark."""
    state = Opaque(OpaqueKind.GEMINI_SIGNATURE, "s")
    cite = Cite(0, Citation("u"))
    marked = [cite, Sign(0, state), BlockStop(0), Finish(FinishReason.END_TURN)]
    begin = [Start(), BlockStart(0, Text(""))]

    assert parts([*begin, Delta(0, "a"), *marked]) == (Text("a", (cite.citation,), state),)
    assert parts([*begin, *marked]) == (Text("", (cite.citation,), state),)
    assert parts([*begin, Delta(0, HERMES), *marked]) == (call('{"path": "a"}'),)


def test_a_declared_call_beside_an_undeclared_one() -> None:
    """Each is looked at by itself; what is around them stays text."""
    begin, end = "<|tool_calls_section_begin|>", KIMI[KIMI.index("<|tool_call_end|>") + 17 :]

    assert parts(stream(KIMI.replace("mcp__x", "write"))) == (
        Text(begin),
        call('{"path": "a"}', id_="functions.read:0"),
        Text(end.replace("mcp__x", "write")),
    )


def test_text_that_a_block_begins_with_is_looked_at_too() -> None:
    """A reader may know some of it at once."""
    assert parts(stream("x", first=f"a {HERMES}")) == (
        Text("a "),
        call('{"path": "a"}'),
        Text("x"),
    )


def test_a_failure_ends_the_stream_with_what_was_held() -> None:
    """The block stays unfinished."""
    failure = Failure(ErrorKind.UPSTREAM, "gone")
    events = [Start(), BlockStart(0, Text("")), Delta(0, "a <tool"), failure]

    assert LeakedCalls(TOOLS).feed(events) == [
        Start(),
        BlockStart(0, Text("")),
        Delta(0, "a "),
        Delta(0, "<"),
        Delta(0, "tool"),
        failure,
    ]


WORDS = [
    HERMES, XML, "<tool_call>", "</tool_call>", '{"name": "read"}', "<function=", "read", ">", "{}",
    "</function>", "[TOOL_CALLS]", "[ARGS]", "```", "`", "\n", " ", "a", "<", "<|tool_call_begin|>",
]  # fmt: skip


@settings(max_examples=100, deadline=None)
@given(
    words=st.lists(st.sampled_from(WORDS), max_size=7),
    cuts=st.lists(st.integers(0, 300), max_size=8),
)
def test_the_cuts_change_nothing(words: list[str], cuts: list[int]) -> None:
    """However the text is cut, the answer is the same."""
    text = "".join(words)
    places = [0, *sorted(min(cut, len(text)) for cut in cuts), len(text)]
    chunks = [text[a:b] for a, b in pairwise(places)]

    assert parts(stream(*chunks)) == parts(stream(text))


@settings(max_examples=100, deadline=None)
@given(words=st.lists(st.sampled_from(WORDS), max_size=7))
def test_what_is_no_call_is_kept(words: list[str]) -> None:
    """Without tools nothing changes at all."""
    events = stream("".join(words))

    assert collect(LeakedCalls(frozenset()).feed(events)) == collect(events)
