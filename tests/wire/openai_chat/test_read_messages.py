"""A client's conversation, read as it is."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aimux.errors import InvalidRequest
from aimux.model.parts import (
    CallKind,
    Media,
    MediaKind,
    Opaque,
    OpaqueKind,
    Part,
    Refusal,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
    Unsupported,
)
from aimux.model.request import Message, Role
from aimux.wire.jsontext import scan
from aimux.wire.opaque import seal_base64
from tests.wire.openai_chat.asked import CODEC, USER, lost, read

PNG = base64.b64encode(b"\x89PNG\r\n\x1a\nrest").decode()
PDF = base64.b64encode(b"%PDF-1.7 rest").decode()
IMAGE, DOCUMENT = MediaKind.IMAGE, MediaKind.DOCUMENT


def parts_of(message: dict[str, Any]) -> tuple[Part, ...]:
    """The parts of one message behind another."""
    [_, said] = read(messages=[USER, message]).messages
    return said.parts


def user(*content: Any) -> tuple[Part, ...]:
    """The parts of a user's content."""
    return parts_of({"role": "user", "content": list(content)})


def assistant(**fields: Any) -> tuple[Part, ...]:
    """The parts of an assistant's message."""
    return parts_of({"role": "assistant", **fields})


def call(name: str = "f", arguments: Any = "{}", slot: str = "") -> Any:
    """An entry of tool_calls."""
    function = {"name": name, "arguments": arguments}
    entry = {"id": f"call_{name}", "type": "function", "function": function}
    extra = {"extra_content": {"google": {"thought_signature": slot}}} if slot else {}
    return {**entry, **extra}


def test_instructions_at_the_beginning_are_the_systems() -> None:
    """Edges 253 and 254: all of them in order; later ones stay where they are."""
    request = read(
        messages=[
            {"role": "system", "content": "a"},
            {"role": "developer", "content": [{"type": "text", "text": "b"}, "c"]},
            {"role": "system", "content": ""},
            USER,
            {"role": "system", "content": "d"},
        ]
    )

    assert request.system == (Text("a"), Text("b"), Text("c"))
    assert request.messages == (
        Message(Role.USER, (Text("?"),)),
        Message(Role.SYSTEM, (Text("d"),)),
    )


def test_instructions_alone_are_a_request() -> None:
    """Edge 255: whoever needs a user makes one."""
    request = read(messages=[{"role": "system", "content": "a"}])

    assert (request.system, request.messages) == ((Text("a"),), ())


def test_messages_are_neither_merged_nor_repaired() -> None:
    """Edges 256, 257, 259: that is done for a target, when it is known."""
    request = read(
        messages=[
            USER, USER,
            {"role": "tool", "tool_call_id": "nobody's", "content": "x"},
            {"role": "assistant", "tool_calls": [call()]},
            USER,
        ]
    )  # fmt: skip

    roles = [Role.USER, Role.USER, Role.USER, Role.ASSISTANT, Role.USER]
    assert [message.role for message in request.messages] == roles


@pytest.mark.parametrize(
    ("content", "part"),
    [
        ({"type": "text", "text": "a"}, Text("a")),
        ({"type": "input_text", "text": "a"}, Text("a")),
        ("a", Text("a")),
        (
            {"type": "image_url", "image_url": {"url": f"data:image/jpg;base64,{PNG}", "detail": "low"}},
            Media(IMAGE, "image/png", data=PNG, detail="low"),
        ),
        ({"type": "image_url", "image_url": {"url": "https://x"}}, Media(IMAGE, url="https://x")),
        ({"type": "image_url", "image_url": "https://x"}, Media(IMAGE, url="https://x")),
        (
            {"type": "image_url", "image_url": {"url": f"data:application/pdf;base64,{PDF}"}},
            Media(DOCUMENT, "application/pdf", data=PDF),
        ),
        (
            {"type": "input_audio", "input_audio": {"data": "AAAA", "format": "wav"}},
            Media(MediaKind.AUDIO, "audio/wav", data="AAAA"),
        ),
        (
            {"type": "input_audio", "input_audio": {"data": "AAAA", "format": "mp3"}},
            Media(MediaKind.AUDIO, "audio/mp3", data="AAAA"),
        ),
        (
            {"type": "input_audio", "input_audio": {"data": "data:audio/wav;base64,AAAA"}},
            Media(MediaKind.AUDIO, "audio/wav", data="AAAA"),
        ),
        pytest.param(
            {"type": "file", "file": {"file_data": PDF, "filename": "a.pdf"}},
            Media(DOCUMENT, "application/pdf", data=PDF, name="a.pdf"),
            id="edge-269",
        ),
        (
            {"type": "file", "file": {"file_data": f"data:application/pdf;base64,{PDF}"}},
            Media(DOCUMENT, "application/pdf", data=PDF),
        ),
        (
            {"type": "file", "file": {"file_data": "data:text/plain,hi", "filename": "a.txt"}},
            Media(DOCUMENT, "text/plain", text="hi", name="a.txt"),
        ),
        ({"type": "file", "file": {"file_id": "file-1"}}, Media(DOCUMENT, file_id="file-1")),
        (
            {"type": "video_url", "video_url": {"url": "https://x"}},
            Media(MediaKind.VIDEO, url="https://x"),
        ),
        ({"type": "hologram", "x": 1}, Unsupported("hologram", "messages[1].content[0]")),
        ({"type": "refusal", "refusal": "x"}, Unsupported("refusal", "messages[1].content")),
    ],
)  # fmt: skip
def test_what_a_user_says(content: Any, part: Part) -> None:
    """Every type of content; none vanishes."""
    assert user(content) == (part,)


@pytest.mark.parametrize("content", [None, "", []])
def test_no_content_is_none(content: Any) -> None:
    """Edge 260: an empty message is read as one."""
    assert parts_of({"role": "assistant", "content": content}) == ()


def test_text_is_without_halves_of_characters() -> None:
    """Edge 357."""
    raw = b'{"messages":[{"role":"user","content":"a\\ud83d"},{"role":"user","content":"\\ud83d\\ude00"}]}'
    request = CODEC.read_request(scan(raw), "m", stream=False)

    assert [message.parts for message in request.messages] == [
        (Text("a\ufffd"),), (Text("\U0001f600"),)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("fields", "parts"),
    [
        ({"content": "a"}, (Text("a"),)),
        pytest.param(
            {"content": [{"type": "text", "text": "a"}, {"type": "refusal", "refusal": "no"}]},
            (Text("a"), Refusal("no")),
            id="edge-261",
        ),
        ({"content": None, "refusal": "no"}, (Refusal("no"),)),
        (
            {"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "r"}]}, "a"]},
            (Thinking("r"), Text("a")),
        ),
        ({"content": [{"type": "thinking", "thinking": "r"}]}, (Thinking("r"),)),
        ({"audio": {"id": "audio_1"}}, (Unsupported("audio", "messages[1].audio"),)),
        pytest.param(
            {"reasoning_content": "r", "content": "a"}, (Thinking("r"), Text("a")), id="edge-287"
        ),
        ({"reasoning": "r", "reasoning_content": ""}, (Thinking("r"),)),
        (
            {"reasoning": "r", "reasoning_details": [{"type": "reasoning.text", "text": "r"}]},
            (
                Thinking(
                    "r",
                    Opaque(OpaqueKind.REASONING_DETAILS, '[{"type":"reasoning.text","text":"r"}]'),
                ),
            ),
        ),
        (
            {"reasoning_details": [{"text": "r", "x": 1.50}, 7]},
            (Thinking("r", Opaque(OpaqueKind.REASONING_DETAILS, '[{"text":"r","x":1.5},7]')),),
        ),
        (
            {"content": "a", "tool_calls": [call("f", '{"x": 1.0}')]},
            (Text("a"), ToolCall("call_f", "f", '{"x": 1.0}')),
        ),
        ({"tool_calls": [call(arguments="{broken")]}, (ToolCall("call_f", "f", "{broken"),)),
        pytest.param(
            {"tool_calls": [call(arguments="")]}, (ToolCall("call_f", "f", "{}"),), id="edge-263"
        ),
        ({"tool_calls": [call(arguments=None)]}, (ToolCall("call_f", "f", "{}"),)),
        ({"tool_calls": [call(arguments={"x": [1]})]}, (ToolCall("call_f", "f", '{"x":[1]}'),)),
        (
            {"tool_calls": [{"type": "function", "function": {"name": "f"}}]},
            (ToolCall("", "f", "{}"),),
        ),
        (
            {"tool_calls": [{"id": "c", "type": "custom", "custom": {"name": "p", "input": "*"}}]},
            (ToolCall("c", "p", "*", CallKind.CUSTOM),),
        ),
        (
            {"function_call": {"name": "f", "arguments": "{}"}},
            (ToolCall("", "f", "{}"),),
        ),
    ],
)  # fmt: skip
def test_what_an_assistant_said(fields: dict[str, Any], parts: tuple[Part, ...]) -> None:
    """Thinking, text, refusal, calls: in this order."""
    assert assistant(**fields) == parts


def test_arguments_keep_their_spelling() -> None:
    """Edges 351 and 352: also where they came as an object."""
    raw = (
        b'{"messages":[{"role":"assistant","tool_calls":[{"id":"c","type":"function","function":'
        b'{"name":"f","arguments":{"b":1.0,"a":1e3,"n":12345678901234567890123}}}]}]}'
    )
    [message] = CODEC.read_request(scan(raw), "m", stream=False).messages

    arguments = '{"b":1.0,"a":1e3,"n":12345678901234567890123}'
    assert message.parts == (ToolCall("c", "f", arguments),)


# ---------------------------------------------------------------- carriers

CLAUDE = Opaque(OpaqueKind.ANTHROPIC_SIGNATURE, "sig", "claude", "m")
GOOGLE = Opaque(OpaqueKind.GEMINI_SIGNATURE, "c2ln", "google", "m")
BARE = Opaque(OpaqueKind.GEMINI_SIGNATURE, "c2ln")


def bound(text: str) -> Opaque:
    """Claude's state with the thinking it binds."""
    return Opaque(OpaqueKind.ANTHROPIC_SIGNATURE, "sig", "claude", "m", text)


def sealed(text: str) -> str:
    """Its carrier."""
    return seal_base64(CLAUDE, text)


@pytest.mark.parametrize(
    ("slots", "parts"),
    [
        pytest.param(["c2ln"], [ToolCall("call_f", "f", "{}", state=BARE)], id="bare"),
        pytest.param(
            [seal_base64(GOOGLE)], [ToolCall("call_f", "f", "{}", state=GOOGLE)], id="google's"
        ),
        pytest.param(
            [sealed("r")],
            [Thinking("r", bound("r")), Text("a"), ToolCall("call_f", "f", "{}")],
            id="before-the-text",
        ),
        pytest.param(
            [f"{sealed('r')},{sealed('s')};,{seal_base64(GOOGLE)}"],
            [
                Thinking("r", bound("r")), Text("a"), Thinking("s", bound("s")),
                ToolCall("call_f", "f", "{}", state=GOOGLE),
            ],
            id="all-there-is",
        ),
        pytest.param(
            [sealed("r") + ",c2ln"],
            [Thinking("r", bound("r")), Text("a"), ToolCall("call_f", "f", "{}", state=BARE)],
            id="a-bare-one-behind",
        ),
        pytest.param(
            ["", sealed("r")],
            [
                Text("a"), ToolCall("call_f", "f", "{}"), Thinking("r", bound("r")),
                ToolCall("call_g", "g", "{}"),
            ],
            id="on-the-second-call",
        ),
        pytest.param([sealed("r")[:-8]], [ToolCall("call_f", "f", "{}")], id="broken"),
        pytest.param([sealed("r")[:-8] + ","], [ToolCall("call_f", "f", "{}")], id="broken-list"),
    ],
)  # fmt: skip
def test_states_come_back_in_their_places(slots: list[str], parts: list[Part]) -> None:
    """Thinking where it stood, a call's own state on the call; what does not open is left out."""
    fields = {
        "content": "a",
        "reasoning_content": "all of it",
        "tool_calls": [call(name, slot=slot) for name, slot in zip("fg", slots, strict=False)],
    }
    thinks = any(isinstance(part, Thinking) for part in parts)
    before: list[Part] = [] if thinks else [Thinking("all of it"), Text("a")]

    assert assistant(**fields) == (*before, *parts)


# ---------------------------------------------------------------- results


@pytest.mark.parametrize(
    ("message", "parts"),
    [
        (
            {"role": "tool", "tool_call_id": "c", "content": "x"},
            (ToolResult("c", (Text("x"),)),),
        ),
        ({"role": "tool", "tool_call_id": "c", "content": ""}, (ToolResult("c"),)),
        ({"role": "tool", "tool_call_id": "c"}, (ToolResult("c"),)),
        ({"role": "tool", "content": "x"}, (ToolResult("", (Text("x"),)),)),
        (
            {"role": "tool", "tool_call_id": "c", "content": [
                {"type": "text", "text": "x"}, {"type": "image_url", "image_url": {"url": "https://y"}}]},
            (ToolResult("c", (Text("x"), Media(IMAGE, url="https://y"))),),
        ),
        (
            {"role": "tool", "tool_call_id": "c", "content": {"x": 1}},
            (ToolResult("c", (Text('{"x":1}'),)),),
        ),
        (
            {"role": "tool", "tool_call_id": "c", "content": [{"type": "hologram"}]},
            (ToolResult("c"), Unsupported("hologram", "messages[1].content[0]")),
        ),
        (
            {"role": "function", "name": "f", "content": "x"},
            (ToolResult("", (Text("x"),), name="f"),),
        ),
    ],
)  # fmt: skip
def test_what_a_tool_gave_back(message: dict[str, Any], parts: tuple[Part, ...]) -> None:
    """Never guessed to be an error."""
    assert parts_of(message) == parts


@pytest.mark.parametrize(
    ("message", "loss"),
    [
        pytest.param(
            {**USER, "name": "bob"}, ("unknown_field.dropped", "messages[0].name"), id="edge-291"
        ),
        ({"role": "tool", "tool_call_id": "c", "name": "f"},
         ("unknown_field.dropped", "messages[0].name")),
        ({"role": "assistant", "content": "a", "prefix": True},
         ("unknown_field.dropped", "messages[0].prefix")),
        ({"role": "assistant", "tool_calls": [{**call(), "odd": 1}]},
         ("unknown_field.dropped", "messages[0].tool_calls[0].odd")),
        ({"role": "user", "content": [{"type": "text", "text": "a", "cache_control": {}}]},
         ("cache_control.dropped", "messages[0].content[0].cache_control")),
        ({"role": "user", "content": [{"type": "text", "text": "a", "prompt_cache_breakpoint": {}}]},
         ("cache_control.dropped", "messages[0].content[0].prompt_cache_breakpoint")),
    ],
)  # fmt: skip
def test_fields_that_nobody_reads_are_reported(
    message: dict[str, Any], loss: tuple[str, str]
) -> None:
    """With their place."""
    assert lost(read(messages=[message])) == [loss]


@pytest.mark.parametrize(
    ("messages", "param"),
    [
        (None, "messages"),
        ([], "messages"),
        ("hi", "messages"),
        ([7], "messages[0]"),
        ([{}], "messages[0].role"),
        ([{"role": 7}], "messages[0].role"),
        ([{"role": "robot"}], "messages[0].role"),
        ([{"role": "user", "content": 7}], "messages[0].content"),
        ([{"role": "user", "content": [7]}], "messages[0].content[0]"),
        ([{"role": "user", "content": [{}]}], "messages[0].content[0].type"),
        ([{"role": "user", "content": [{"type": "text", "text": 7}]}], "messages[0].content[0].text"),
        ([{"role": "user", "content": [{"type": "image_url"}]}],
         "messages[0].content[0].image_url.url"),
        ([{"role": "user", "content": [{"type": "image_url", "image_url": 7}]}],
         "messages[0].content[0].image_url"),
        ([{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "data:x"}}]}],
         "messages[0].content[0].image_url.url"),
        ([{"role": "user", "content": [{"type": "input_audio", "input_audio": {"data": "AAAA"}}]}],
         "messages[0].content[0].input_audio.format"),
        ([{"role": "user", "content": [{"type": "file", "file": {"file_data": "*"}}]}],
         "messages[0].content[0].file.file_data"),
        ([{"role": "user", "content": [{"type": "file", "file": {}}]}],
         "messages[0].content[0].file.file_id"),
        ([{"role": "system", "content": [{"type": "image_url", "image_url": "https://x"}]}],
         "messages[0].content"),
        ([{"role": "assistant", "content": [{"type": "thinking", "thinking": [{"text": 7}]}]}],
         "messages[0].content[0].thinking[0].text"),
        ([{"role": "assistant", "tool_calls": 7}], "messages[0].tool_calls"),
        ([{"role": "assistant", "tool_calls": [7]}], "messages[0].tool_calls[0]"),
        ([{"role": "assistant", "tool_calls": [{}]}], "messages[0].tool_calls[0].function.name"),
        ([{"role": "assistant", "tool_calls": [{"type": "custom"}]}],
         "messages[0].tool_calls[0].custom.name"),
        ([{"role": "assistant", "function_call": 7}], "messages[0].function_call"),
        ([{"role": "assistant", "reasoning_content": 7}], "messages[0].reasoning_content"),
        ([{"role": "assistant", "reasoning_details": 7}], "messages[0].reasoning_details"),
        ([{"role": "tool", "tool_call_id": 7}], "messages[0].tool_call_id"),
        ([{"role": "function"}], "messages[0].name"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(messages: Any, param: str) -> None:
    """A 400 that says where."""
    with pytest.raises(InvalidRequest) as caught:
        read(messages=messages)

    assert caught.value.param == param


# ---------------------------------------------------------------- anything at all

RICH: Any = {
    "model": "m",
    "messages": [
        {"role": "system", "content": [{"type": "text", "text": "s"}]},
        {"role": "user", "name": "n", "content": [
            {"type": "text", "text": "a", "cache_control": {"type": "ephemeral"}},
            {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PNG}"}},
            {"type": "file", "file": {"file_data": PDF, "filename": "x"}},
            {"type": "input_audio", "input_audio": {"data": "AAAA", "format": "wav"}},
        ]},
        {"role": "assistant", "content": None, "reasoning_content": "r", "tool_calls": [
            call(slot=sealed("r")), {"id": "c", "type": "custom", "custom": {"name": "p", "input": "x"}}],
         "reasoning_details": [{"type": "reasoning.text", "text": "r"}]},
        {"role": "tool", "tool_call_id": "c", "content": [{"type": "text", "text": "x"}]},
        {"role": "assistant", "function_call": {"name": "f", "arguments": "{}"}},
        {"role": "function", "name": "f", "content": "x"},
    ],
    "tools": [{"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}},
              {"type": "custom", "custom": {"name": "p", "format": {
                  "type": "grammar", "grammar": {"syntax": "lark", "definition": "x"}}}}],
    "functions": [{"name": "g"}],
    "tool_choice": {"type": "allowed_tools", "allowed_tools": {
        "mode": "auto", "tools": [{"type": "function", "function": {"name": "f"}}]}},
    "response_format": {"type": "json_schema", "json_schema": {"name": "n", "schema": {}}},
    "stop": ["a"], "max_tokens": 5, "temperature": 0.5, "seed": 1, "n": 1, "modalities": ["text"],
    "stream_options": {"include_usage": True}, "reasoning_effort": "low", "verbosity": "low",
    "web_search_options": {"user_location": {"approximate": {"city": "x"}}}, "user": "u",
    "parallel_tool_calls": True, "service_tier": "flex", "metadata": {"a": "b"},
}  # fmt: skip

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=()), max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["type", "text", "role", "content", "name", "url", "function", "\ud83d"]),
        inner, max_size=3,
    ),
    max_leaves=6,
)  # fmt: skip


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Where anything stands in a value."""
    inner = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    return [path, *(place for key, each in inner for place in places(each, (*path, key)))]


def replaced(value: Any, path: tuple[Any, ...], by: Any) -> Any:
    """A value with another at one place."""
    if not path:
        return by
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = replaced(value[path[0]], path[1:], by)
    return copy


@settings(max_examples=100)
@given(st.sampled_from(places(RICH)[1:]), VALUES)
def test_any_value_at_any_place_is_read_or_refused(path: tuple[Any, ...], value: Any) -> None:
    """No other exception, whatever the JSON is; what is read holds no half of a character."""
    document = scan(json.dumps(replaced(RICH, path, value)).encode())
    refused: InvalidRequest | None = None
    try:
        messages = CODEC.read_request(document, "m", stream=False).messages
    except InvalidRequest as problem:
        refused, messages = problem, ()

    assert refused is None or refused.param
    for part in (part for message in messages for part in message.parts):
        if isinstance(part, Text | Thinking | Refusal):
            part.text.encode()


def test_what_is_rich_can_be_read() -> None:
    """So that the test above changes something that is right."""
    request = CODEC.read_request(scan(json.dumps(RICH).encode()), "m", stream=True)

    assert len(request.messages) == 5
    assert len(request.tools) == 4
