"""What two exchanges say otherwise, in whatever formats they were led."""

from __future__ import annotations

import json
from typing import Any

import pytest

from aimux.cli.diff_views import MOST_LINES, _answer, _request
from aimux.cli.differences import _said, answer_differences, lines_of, request_differences
from aimux.cli.said import Answered, answer_said, request_said
from aimux.model.parts import Text, ToolCall
from aimux.model.request import Request, WireFormat
from aimux.telemetry.bodies_file import Kept
from tests.support import answers
from tests.support.answers import (
    ANTHROPIC,
    EVERYTHING,
    GEMINI,
    OPENAI_CHAT,
    OPENAI_RESPONSES,
    TEXT,
    TOOLS,
    failing_event,
)

FORMATS = [ANTHROPIC, OPENAI_CHAT, OPENAI_RESPONSES, GEMINI]
ASKED: dict[str, Any] = {
    "model": "m",
    "max_tokens": 10,
    "system": "be brief",
    "messages": [
        {"role": "user", "content": "one\ntwo"},
        {"role": "assistant", "content": "three"},
        {"role": "user", "content": "four"},
    ],
    "tools": [
        {"name": "read", "description": "reads", "input_schema": {"type": "object"}},
        {"name": "write", "description": "writes", "input_schema": {"type": "object"}},
    ],
}


def kept(
    format_: WireFormat = ANTHROPIC,
    request: Any = ASKED,
    answer: bytes | None = b"",
    *,
    stream: bool = False,
    array: bool = False,
    status: int = 200,
    encoding: str = "",
) -> Kept:
    raw = request if isinstance(request, bytes | None) else json.dumps(request).encode()
    return Kept("ax_0", 0.0, format_, "m", stream, array, "", {}, status, "", encoding, raw, answer)


def asked(**more: Any) -> Request:
    read = request_said(kept(request=ASKED | more))
    assert isinstance(read, Request)
    return read


def answered(of: Kept) -> Answered:
    read = answer_said(of)
    assert isinstance(read, Answered), read
    return read


def words_of_request(first: Request, second: Request) -> list[str]:
    return list(_request(request_differences(first, second)))[1:]


# ---------------------------------------------------------------- requests


def test_the_same_is_no_difference() -> None:
    """Also where it is spelled otherwise, or said in another format."""
    other = {
        "model": "m",
        "max_tokens": 10,
        "messages": [
            {"role": "system", "content": "be brief"},
            {"role": "user", "content": "one\ntwo"},
            {"role": "assistant", "content": "three"},
            {"role": "user", "content": [{"type": "text", "text": "four"}]},
        ],
        "tools": [
            {"type": "function", "function": {
                "name": each["name"], "description": each["description"],
                "parameters": each["input_schema"],
            }}
            for each in ASKED["tools"]
        ],
    }  # fmt: skip
    chat = request_said(kept(OPENAI_CHAT, other))
    assert isinstance(chat, Request)
    assert words_of_request(asked(), asked()) == ["The requests say the same."]
    assert words_of_request(asked(), chat) == ["The requests say the same."]


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"max_tokens": 20}, ["  sampling.max_output_tokens: 10 -> 20"]),
        ({"temperature": 0.5}, ["  sampling.temperature: unset -> 0.5"]),
        (
            {"system": "be long"},
            ["  instructions:", "    --- first", "    +++ second", "    @@ -1 +1 @@", "    -be brief",
             "    +be long"],
        ),
        (
            {"messages": [*ASKED["messages"], {"role": "assistant", "content": "five"}]},
            ["  message 4 only in the second:", "    [assistant]", "    five"],
        ),
        (
            {"messages": ASKED["messages"][:2]},
            ["  message 3 only in the first:", "    [user]", "    four"],
        ),
        (
            {"messages": [{"role": "user", "content": "one\nother"}, *ASKED["messages"][1:]]},
            ["  message 1 is not the same:", "    --- first", "    +++ second", "    @@ -1,3 +1,3 @@",
             "     [user]", "     one", "    -two", "    +other"],
        ),
        (
            {"tools": [{**ASKED["tools"][0], "description": "else"},
                       {"name": "run", "input_schema": {"type": "object"}}]},
            ["  only the second has the tools run", "  only the first has the tools write",
             "  declared otherwise are the tools read"],
        ),
    ],
    ids=["a number", "one more", "instructions", "added", "removed", "changed", "tools"],
)  # fmt: skip
def test_requests_in_words(more: dict[str, Any], expected: list[str]) -> None:
    """Each kind of difference, and that one alone."""
    assert words_of_request(asked(), asked(**more)) == ["The requests differ:", *expected]


# ---------------------------------------------------------------- answers


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize("format_", FORMATS)
def test_one_answer_in_four_formats_is_the_same(format_: WireFormat, stream: bool) -> None:
    """Streamed or not: text, calls and end."""
    reference = answered(kept(answer=answers.answer(ANTHROPIC, EVERYTHING).body))
    reply = answers.answer(format_, EVERYTHING, stream=stream).body
    found = answer_differences(reference, answered(kept(format_, answer=reply, stream=stream)))
    assert found["text"] == []
    assert found["calls"] is None
    assert found["finish"] is None
    assert found["error"] is None


def test_geminis_array_is_read() -> None:
    """Its stream for whoever does not ask for events."""
    documents = [
        json.loads(piece.removeprefix(b"data: ")) for piece in answers.events(GEMINI, EVERYTHING)
    ]
    array = answered(kept(GEMINI, answer=json.dumps(documents).encode(), stream=True, array=True))
    events = answers.answer(GEMINI, EVERYTHING, stream=True).body
    assert array == answered(kept(GEMINI, answer=events, stream=True))
    assert array.parts


def test_text_calls_end_and_error_in_words() -> None:
    """Calls by name and arguments, of which spelling is no difference."""
    first = Answered((Text("a\nb"), ToolCall("1", "run", '{"x": 1}')), "tool_use")
    spelled = Answered((Text("a\nb"), ToolCall("2", "run", '{"x":1}')), "tool_use")
    second = Answered((Text("a\nc"), ToolCall("1", "run", "no json")), "", "broken")
    assert list(_answer(answer_differences(first, spelled)))[1:] == ["The answers say the same."]
    assert list(_answer(answer_differences(first, second)))[1:] == [
        "The answers differ:",
        "  text:",
        "    --- first",
        "    +++ second",
        "    @@ -1,2 +1,2 @@",
        "     a",
        "    -b",
        "    +c",
        "  the first calls",
        '    run {"x": 1}',
        "  the second calls",
        '    run "no json"',
        "  the first ends with tool_use, the second with nothing",
        "  the first fails with nothing, the second with broken",
    ]


@pytest.mark.parametrize("format_", FORMATS)
def test_a_broken_answer_is_read_as_far_as_it_came(format_: WireFormat) -> None:
    """Its beginning can be compared."""
    events = answers.events(format_, TEXT)
    whole = answered(kept(format_, answer=b"".join(events), stream=True))
    body = b"".join(events[: len(events) // 2])
    for ending in (b"", failing_event(format_, 529, "broken off")):
        found = answered(kept(format_, answer=body + ending, stream=True))
        assert found.finish == ""
        assert found.error
        assert _said(whole, Text).startswith(_said(found, Text))
        assert _said(found, Text)
        assert ("broken off" in found.error) == bool(ending)


def test_what_cannot_be_compared_says_why() -> None:
    """Too large, nothing, unreadable; an error is an answer."""
    assert request_said(kept(request=None)) == "it was too large to be kept"
    assert "cannot be read" in str(request_said(kept(request=b"no json")))
    assert answer_said(kept(answer=None)) == "it was too large to be kept"
    assert answer_said(kept()) == "nothing of it came"
    assert "cannot be read" in str(answer_said(kept(answer=b"no json")))
    assert "cannot be read" in str(answer_said(kept(answer=b"x", encoding="gzip")))
    assert "cannot be read" in str(answer_said(kept(answer=b"x", encoding="zstd")))
    error = answers.failure(ANTHROPIC, 429, "slow down").body
    assert answered(kept(answer=error, status=429)).error == "slow down"
    assert list(_request({"unknown": {"first": "why"}}))[1:] == [
        "The first request cannot be compared: why"
    ]
    assert list(_answer({"unknown": {"second": "why"}}))[1:] == [
        "The second answer cannot be compared: why"
    ]


def test_long_and_nearly_equal_texts() -> None:
    """A screen has an end; line ends alone are a difference, too."""
    assert lines_of("a\n", "a") == ["(only line ends or the space at the end differ)"]
    many = "\n".join(map(str, range(2000)))
    shown = list(_answer(answer_differences(Answered((Text(many),)), Answered((Text("x"),)))))
    assert len(shown) < MOST_LINES + 10
    assert shown[-1].endswith("lines more: --json has all of them")


def test_tools_are_used() -> None:
    """The golden answers with calls are what the tables above rely on."""
    found = answered(kept(answer=answers.answer(ANTHROPIC, TOOLS).body))
    assert any(isinstance(part, ToolCall) for part in found.parts)
