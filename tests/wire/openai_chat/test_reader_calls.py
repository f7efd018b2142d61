"""Calls put together from the fragments of every vendor."""

from __future__ import annotations

from typing import Any

import pytest

from aimux.model.events import BlockStart, BlockStop, Delta, Event, Finish
from aimux.model.parts import CallKind, Opaque, OpaqueKind, Text, ToolCall
from aimux.model.response import FinishReason
from aimux.wire.openai_chat.reader import Reader
from tests.wire.openai_chat.chunks import (
    TARGET,
    answer_of,
    block,
    calls,
    calls_of,
    chunk,
    events_of,
    failure_of,
    fragment,
    parts_of,
)

F = ("call_1", "f", '{"a":1}')
G = ("call_2", "g", '{"b":2}')
HALVES = ('{"a"', ":1}")


def first(index: Any = 0, arguments: Any = "", **more: Any) -> Any:
    """The fragment that begins the call F."""
    return fragment(index, arguments, **{"id": "call_1", "name": "f", **more})


def second(index: Any = 1, arguments: Any = "", **more: Any) -> Any:
    """The fragment that begins the call G."""
    return fragment(index, arguments, **{"id": "call_2", "name": "g", **more})


def in_turn(*fragments: Any) -> list[bytes]:
    """Fragments, each in a chunk of its own."""
    return [calls(each) for each in fragments]


CASES: list[Any] = [
    pytest.param(in_turn(first(), fragment(0, '{"a"'), fragment(0, ":1}")), [F], id="edge-55"),
    pytest.param(
        in_turn(first(0, '{"a":1}'), second(2, '{"b":2}')), [F, G], id="edge-52-gap"
    ),
    pytest.param(in_turn(first(1, '{"a":1}'), second(2, '{"b":2}')), [F, G], id="edge-52-from-1"),
    pytest.param(
        in_turn(
            first(None, '{"a"'), second(None, '{"b"'), fragment(None, ":1}", id="call_1"),
            fragment(None, ":2}", id="call_2"),
        ),
        [F, G],
        id="edge-53-by-id",
    ),
    pytest.param(
        in_turn(first(None, '{"a"'), fragment(None, ":1}"), second(None, '{"b":2}')),
        [F, G],
        id="edge-53-last",
    ),
    pytest.param(
        in_turn(first("0", '{"a"'), fragment(True, ":1}")), [F], id="edge-53-index-of-another-type"
    ),
    pytest.param(in_turn(first(0, '{"a"'), first(0, ":1}")), [F], id="edge-56"),
    pytest.param(
        in_turn(first(0, '{"a"'), fragment(0, ":1}", id="call_9")), [F], id="edge-57"
    ),
    pytest.param(
        in_turn(first(0, '{"a"', id=None), fragment(0, ":1}", id="call_1")), [F], id="edge-59"
    ),
    pytest.param(
        in_turn(first(None, '{"a"', id=None), fragment(None, ":1}", id="call_1")),
        [F],
        id="edge-59-no-index",
    ),
    pytest.param(
        in_turn(first(0, '{"a":1}', id=""), second(1, '{"b":2}', id=None)),
        [("", *F[1:]), ("", *G[1:])],
        id="edge-58",
    ),
    pytest.param(
        in_turn(fragment(0, '{"a"', id="call_1"), fragment(0, ":1}", name="f")), [F], id="edge-62"
    ),
    pytest.param(
        in_turn(first(0, HALVES[0], name=None), fragment(0, HALVES[1], name=7), first(0)),
        [F],
        id="edge-61-62",
    ),
    pytest.param(in_turn(first(0, {"a": 1})), [F], id="edge-63"),
    pytest.param(in_turn(first(0, ["x"])), [("call_1", "f", '["x"]')], id="edge-63-array"),
    pytest.param(in_turn(first(0, 7)), [("call_1", "f", "7")], id="edge-63-number"),
    pytest.param(
        in_turn(first(0, '{"a":1}'), fragment(0, {"a": 1})), [F], id="edge-63-behind-its-text"
    ),
    pytest.param(
        in_turn(fragment(0, '{"a":1}', id="call_1"), fragment(0, {}), fragment(0, name="f")),
        [F],
        id="edge-63-empty-behind-its-text",
    ),
    pytest.param(
        in_turn(fragment(0, '{"a"', id="call_1"), fragment(0, {"a": 1}), fragment(0, name="f")),
        [F],
        id="edge-63-instead-of-what-was-not-said",
    ),
    pytest.param(in_turn(first(0, None)), [("call_1", "f", "{}")], id="edge-64-null"),
    pytest.param(in_turn(first(0, "")), [("call_1", "f", "{}")], id="edge-64-empty"),
    pytest.param(in_turn(first(0, "{}"), fragment(0, '{"a":1}')), [F], id="edge-65"),
    pytest.param(in_turn(first(0, {}), fragment(0, '{"a":1}')), [F], id="edge-65-object"),
    pytest.param(in_turn(first(0, "{}")), [("call_1", "f", "{}")], id="edge-65-alone"),
    pytest.param(
        in_turn(first(0, "{}"), fragment(0, "\n")), [("call_1", "f", "{}\n")], id="edge-65-space"
    ),
    pytest.param(
        in_turn(
            first(0, '{"a"'), second(1, '{"b"'), fragment(0, ":1}"), fragment(1, ":2}")
        ),
        [F, G],
        id="edge-67",
    ),
    pytest.param(
        [calls(first(0, '{"a"'), second(1, '{"b"')), calls(fragment(0, ":1}"), fragment(1, ":2}"))],
        [F, G],
        id="edge-67-in-one-chunk",
    ),
    pytest.param(
        in_turn(
            first(0), second(0), fragment(0, '{"a":1}', id="call_1"),
            fragment(0, '{"b":2}', id="call_2"),
        ),
        [F, G],
        id="edge-67-one-index",
    ),
    pytest.param(
        in_turn(first(0, '{"a":1}'), second(0, '{"b":2}')), [F, G], id="always-index-0"
    ),
    pytest.param(
        in_turn(first(0, '{"a":1}', id=None), second(0, '{"b":2}', id=None)),
        [("", *F[1:]), ("", *G[1:])],
        id="always-index-0-no-ids",
    ),
    pytest.param(
        in_turn(first(None, '{"a":1}', id=None), first(None, '{"a":2}', id=None)),
        [("", *F[1:]), ("", "f", '{"a":2}')],
        id="one-tool-twice-no-ids",
    ),
    pytest.param(
        in_turn(first(0, '{"a"', id=None), first(0, ":1}", id=None)),
        [("", *F[1:])],
        id="name-in-every-fragment-no-ids",
    ),
    pytest.param(
        in_turn(first(0, '{"a":1}'), second(1, '{"b":2}'), fragment(0, " ")),
        [F, G],
        id="space-behind-a-call-that-ended",
    ),
    pytest.param(
        in_turn(first(0, '{"a":1}'), second(1, '{"b":2}'), first(0, '{"a":3}', id=None)),
        [F, G, ("", "f", '{"a":3}')],
        id="index-again-behind-a-call-that-ended",
    ),
    pytest.param(
        in_turn(first(0, '{"a":1}'), first(1, '{"b":2}', name="g")),
        [F, ("call_1", "g", '{"b":2}')],
        id="one-id-twice",
    ),
    pytest.param(
        [block({"choices": [{"message": {"tool_calls": [first(0, '{"a":1}'), second(0, '{"b":2}')]}}]})],
        [F, G],
        id="whole-message",
    ),
    pytest.param(
        [
            block({"choices": [{"message": {"tool_calls": [
                {"function": {"name": "f", "arguments": "{}"}}, 7,
                {"function": {"name": "f", "arguments": "{}"}},
            ]}}]})
        ],
        [("", "f", "{}"), ("", "f", "{}")],
        id="whole-message-of-equal-calls",
    ),
    pytest.param(
        [
            chunk({"function_call": {"name": "f", "arguments": ""}}),
            chunk({"function_call": {"arguments": '{"a":1}'}}),
        ],
        [("", *F[1:])],
        id="edge-71",
    ),
    pytest.param(
        [chunk({"tool_calls": [7, {"index": 0}, {"index": 0, "function": None}]})],
        [],
        id="no-call-at-all",
    ),
    pytest.param(
        [chunk({"content": "a"}), *in_turn(fragment(0, '{"x":1}', id="call_0")), *in_turn(first(1, "{}"))],
        [("call_1", "f", "{}")],
        id="edge-61-dropped",
    ),
    pytest.param(
        in_turn(first(0, '"\ud83d'), fragment(0, '\ude00"')),
        [("call_1", "f", '"\U0001f600"')],
        id="edge-4",
    ),
    pytest.param(
        in_turn(first(0, '"\ud83d')), [("call_1", "f", '"\ufffd')], id="edge-4-alone"
    ),
]  # fmt: skip


@pytest.mark.parametrize(("blocks", "calls_"), CASES)
def test_fragments_become_calls(blocks: list[bytes], calls_: list[tuple[str, str, str]]) -> None:
    """Id, name and arguments of each, in the order of their appearance."""
    assert calls_of(*blocks) == calls_


def test_arguments_stream_as_they_come() -> None:
    """Edge 97's other half: a fragment is said at once, not when the call is complete."""
    reader = Reader(TARGET)
    reader.read(calls(first()))

    said = [reader.read(calls(fragment(0, piece))) for piece in ('{"a"', ":1", "}")]

    assert said == [[Delta(0, '{"a"')], [Delta(0, ":1")], [Delta(0, "}")]]


def test_the_first_call_streams_while_the_second_waits() -> None:
    """Edge 67: of two that are written by turns, one goes on at once."""
    reader = Reader(TARGET)
    reader.read(calls(first(0, '{"a"')))

    assert reader.read(calls(second(1, '{"b"'))) == []
    assert reader.read(calls(fragment(0, ":1}"))) == [Delta(0, ":1}")]


def test_a_call_that_is_complete_ends_where_the_next_begins() -> None:
    """So that calls that come one after the other stream one after the other."""
    reader = Reader(TARGET)
    reader.read(calls(first(0, '{"a":1}')))

    assert reader.read(calls(second(1))) == [BlockStop(0), BlockStart(1, ToolCall("call_2", "g"))]


def test_a_call_does_not_end_by_being_complete() -> None:
    """Edge 68: what parses may still go on."""
    reader = Reader(TARGET)
    reader.read(calls(first(0, '{"a":1}')))

    assert BlockStop(0) not in [*reader.read(chunk({"content": ""})), *reader.read(chunk())]


def test_an_id_is_waited_for_but_not_for_ever() -> None:
    """Edge 59: a server that never says one streams all the same."""
    reader = Reader(TARGET)
    reader.read(chunk({"role": "assistant"}))
    pieces = ["{", '"a"', ":", "1", "}"]
    said: list[list[Event]] = [reader.read(calls(first(0, pieces[0], id=None)))]

    said += [reader.read(calls(fragment(0, piece))) for piece in pieces[1:]]

    begun = [BlockStart(0, ToolCall("", "f")), Delta(0, '{"a":1')]
    assert said == [[], [], [], begun, [Delta(0, "}")]]


def test_text_before_and_behind_a_call() -> None:
    """It ends where the call begins; what comes later stands behind it."""
    said = parts_of(
        chunk({"content": "a"}), calls(first(0, '{"a"')), chunk({"content": "b"}),
        calls(fragment(0, ":1}")), chunk({"content": "c"}),
    )  # fmt: skip

    assert said == (Text("a"), ToolCall(*F), Text("bc"))


def test_text_and_a_call_in_one_chunk() -> None:
    """Text first, whatever the order of the fields."""
    said = parts_of(chunk({"tool_calls": [first(0, '{"a":1}')], "content": "a"}))

    assert said == (Text("a"), ToolCall(*F))


def test_calls_of_custom_tools() -> None:
    """Edge 98: the vendor's chunks have them though its types do not; the input is no JSON."""
    opening = {"index": 0, "id": "call_1", "type": "custom", "custom": {"name": "f", "input": ""}}
    pieces = ({"index": 0, "custom": {"input": "*** {"}}, {"index": 0, "custom": {"input": " end"}})

    said = parts_of(*in_turn(opening, *pieces), calls(second(1, "{}")))

    assert said == (
        ToolCall("call_1", "f", "*** { end", CallKind.CUSTOM),
        ToolCall("call_2", "g", "{}"),
    )


def test_a_custom_tool_without_input() -> None:
    """No input is none, not an empty object."""
    opening = {"index": 0, "id": "call_1", "custom": {"name": "f"}}

    assert parts_of(calls(opening)) == (ToolCall("call_1", "f", "", CallKind.CUSTOM),)


SIGNED = {"google": {"thought_signature": "c2ln"}}
STATE = Opaque(OpaqueKind.GEMINI_SIGNATURE, "c2ln", "mine", "model-1")


@pytest.mark.parametrize(
    "entries",
    [
        pytest.param([{**first(0, "{}"), "extra_content": SIGNED}], id="with-the-call"),
        pytest.param([first(0, "{}"), {"index": 0, "extra_content": SIGNED}], id="behind-it"),
    ],
)
def test_geminis_signature_of_a_call(entries: list[Any]) -> None:
    """Google's endpoint of this format has it beside the function."""
    assert parts_of(*in_turn(*entries)) == (ToolCall("call_1", "f", "{}", state=STATE),)


def test_a_signature_that_comes_with_the_call_is_said_with_it() -> None:
    """A client that reads calls from their first fragment needs it there."""
    events = events_of(calls({**first(0, "{}"), "extra_content": SIGNED}) + chunk(finish="stop"))

    assert BlockStart(0, ToolCall("call_1", "f", state=STATE)) in events


@pytest.mark.parametrize("extra", [None, 7, {"google": None}, {"google": {"thought_signature": 7}}])
def test_odd_extra_content_is_passed_over(extra: Any) -> None:
    """What is no signature is none."""
    said = parts_of(calls({**first(0, "{}"), "extra_content": extra}))

    assert said == (ToolCall("call_1", "f", "{}"),)


def test_an_answer_of_nothing_but_a_nameless_call_fails() -> None:
    """Edge 61: an empty answer would look as if the model had nothing to say."""
    failure = failure_of(calls(fragment(0, "{}", id="call_1", name="")), chunk(finish="tool_calls"))

    assert failure.code == "nameless-call"


def test_a_cut_call_ends_with_the_answer() -> None:
    """The limit of tokens cuts arguments; that is the client's to see, since the answer says why."""
    answer = answer_of(calls(first(0, '{"a"')), chunk(finish="length"))

    assert answer.finish is FinishReason.MAX_TOKENS
    assert answer.parts == (ToolCall("call_1", "f", '{"a"'),)


def test_a_call_that_is_cut_by_the_end_is_not_finished() -> None:
    """Edge 97: a stream without an end may not look complete."""
    events = events_of(calls(first(0, '{"a"')))

    assert not any(isinstance(event, Finish | BlockStop) for event in events)
    assert failure_of(calls(first(0, '{"a":1}'))).code == "stream-cut"
