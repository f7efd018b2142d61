"""A conversation as items for a provider."""

from __future__ import annotations

from typing import Any

import pytest

from aimux.errors import UnsupportedContent
from aimux.model.parts import (
    CallKind,
    Citation,
    Hit,
    Media,
    MediaKind,
    Opaque,
    OpaqueKind,
    Refusal,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
    Unsupported,
    WebSearch,
)
from aimux.model.request import Message, Role
from tests.wire.openai_responses.asking import (
    OWN,
    PROVIDER,
    assistant,
    items_of,
    lost,
    request,
    user,
)

PNG = Media(MediaKind.IMAGE, "image/png", "iVBORw0KGgo=")
IMAGE = {"type": "input_image", "detail": "auto", "image_url": "data:image/png;base64,iVBORw0KGgo="}
STATE = Opaque(OpaqueKind.OPENAI_REASONING, "gAAAA1", "p", "m")
REASONING = {
    "type": "reasoning",
    "summary": [{"type": "summary_text", "text": "hm"}],
    "encrypted_content": "gAAAA1",
}


def said(role: str, *content: dict[str, Any]) -> dict[str, Any]:
    """A message."""
    return {"type": "message", "role": role, "content": list(content)}


def words(text: str) -> dict[str, Any]:
    """A text of the user's."""
    return {"type": "input_text", "text": text}


def spoken(text: str) -> dict[str, Any]:
    """A text of the assistant's."""
    return {"type": "output_text", "text": text, "annotations": []}


def called(id_: str = "call_1", arguments: str = "{}") -> dict[str, Any]:
    """A call of a function."""
    return {"type": "function_call", "call_id": id_, "name": "f", "arguments": arguments}


def given(output: Any, id_: str = "call_1") -> dict[str, Any]:
    """What it gave back."""
    return {"type": "function_call_output", "call_id": id_, "output": output}


def test_the_turns_of_an_agent() -> None:
    """Edge 151: in order, and no item has an id of its own."""
    assert items_of(
        user(Text("look"), PNG),
        assistant(Text("a"), ToolCall("call_1", "f", "{}"), ToolCall("call_2", "f", '{"x":1.0}')),
        user(ToolResult("call_1", (Text("r1"),)), ToolResult("call_2", (Text("r2"),)), Text("?")),
        Message(Role.SYSTEM, (Text("be brief"),)),
        assistant(Text("b"), Refusal("no")),
    ) == [
        said("user", words("look"), IMAGE),
        said("assistant", spoken("a")),
        called(),
        called("call_2", '{"x":1.0}'),
        given("r1"),
        given("r2", "call_2"),
        said("user", words("?")),
        said("developer", words("be brief")),
        said("assistant", spoken("b"), {"type": "refusal", "refusal": "no"}),
    ]


# ---------------------------------------------------------------- reasoning


def test_reasoning_stands_before_what_it_led_to() -> None:
    """A message that is under way ends before it."""
    assert items_of(
        assistant(
            Thinking("hm", STATE),
            Text("a"),
            Thinking("", STATE),
            Thinking("hm", STATE),
            ToolCall("call_1", "f", "{}"),
        ),
        user(ToolResult("call_1", (Text("r"),))),
    ) == [
        REASONING,
        said("assistant", spoken("a")),
        {**REASONING, "summary": []},
        REASONING,
        called(),
        given("r"),
    ]


@pytest.mark.parametrize(
    "parts",
    [
        pytest.param((Thinking("hm"), Text("a")), id="no-state"),
        pytest.param(
            (Thinking("hm", Opaque(OpaqueKind.ANTHROPIC_SIGNATURE, "s")), Text("a")), id="edge-152"
        ),
        pytest.param(
            (Thinking("hm", Opaque(OpaqueKind.OPENAI_REASONING, "")), Text("a")), id="empty"
        ),
        pytest.param((Text("a"), Thinking("hm", STATE)), id="led-to-nothing"),
    ],
)
def test_reasoning_that_the_vendor_would_refuse_is_left_out(parts: tuple[Any, ...]) -> None:
    """And reported, once."""
    asked = request(assistant(*parts), assistant(*parts))

    assert items_of(*asked.messages) == [said("assistant", spoken("a"))] * 2
    assert lost(asked) == ["thinking.dropped_foreign"]


# ---------------------------------------------------------------- calls and results


@pytest.mark.parametrize(
    ("arguments", "written", "losses"),
    [
        ('{"x": 1.0}', '{"x": 1.0}', []),
        ("", "{}", []),
        (" null ", "{}", []),
        pytest.param("{oops", '{"_raw":"{oops"}', ["stream.repaired"], id="edge-262"),
        ("[1]", '{"value":[1]}', ["stream.repaired"]),
    ],
)
def test_arguments_are_an_object(arguments: str, written: str, losses: list[str]) -> None:
    """Text that is one stays as it was written."""
    asked = request(assistant(ToolCall("call_1", "f", arguments)))

    assert items_of(*asked.messages) == [called(arguments=written)]
    assert lost(asked) == losses


@pytest.mark.parametrize(
    ("result", "output", "losses"),
    [
        (ToolResult("call_1"), "", []),
        (ToolResult("call_1", (Text("a"), Text("b"))), "a\nb", []),
        pytest.param(
            ToolResult("call_1", (Text("see"), PNG)), [words("see"), IMAGE], [], id="edge-145"
        ),
        (
            ToolResult("call_1", (Text("a"),), is_error=True),
            "[tool error] a",
            ["tool_result.is_error_folded"],
        ),
        (
            ToolResult("call_1", (Text("Error: a"),), is_error=True),
            "Error: a",
            ["tool_result.is_error_folded"],
        ),
        (
            ToolResult("call_1", (Text("<tool_use_error>a"),), is_error=True),
            "<tool_use_error>a",
            ["tool_result.is_error_folded"],
        ),
        (ToolResult("call_1", is_error=True), "[tool error]", ["tool_result.is_error_folded"]),
        (
            ToolResult("call_1", (PNG,), is_error=True),
            [words("[tool error]"), IMAGE],
            ["tool_result.is_error_folded"],
        ),
    ],
)
def test_a_result(result: ToolResult, output: object, losses: list[str]) -> None:
    """A string where it is only text; the format has no mark of failure."""
    asked = request(user(result))

    assert items_of(*asked.messages) == [given(output)]
    assert lost(asked) == losses


@pytest.mark.parametrize(
    ("call", "result", "items"),
    [
        (
            ToolCall("c", "p", "*** x", CallKind.CUSTOM, "ns"),
            ToolResult("c", (Text("ok"),), kind=CallKind.CUSTOM),
            [
                {
                    "type": "custom_tool_call",
                    "call_id": "c",
                    "name": "p",
                    "input": "*** x",
                    "namespace": "ns",
                },
                {"type": "custom_tool_call_output", "call_id": "c", "output": "ok"},
            ],
        ),
        (
            ToolCall("c", "tool_search", '{"q":1.0}', CallKind.TOOL_SEARCH),
            ToolResult("c", (Text("Tools loaded: f"),), kind=CallKind.TOOL_SEARCH),
            [
                {
                    "type": "tool_search_call",
                    "call_id": "c",
                    "execution": "client",
                    "arguments": {"q": 1.0},
                },
                {"type": "tool_search_output", "call_id": "c", "execution": "client", "tools": []},
            ],
        ),
        (
            ToolCall("c", "shell", '{"commands":["ls"]}', CallKind.SHELL),
            ToolResult("c", (Text('[{"stdout":"a"}]'),), kind=CallKind.SHELL),
            [
                {"type": "shell_call", "call_id": "c", "action": {"commands": ["ls"]}},
                {"type": "shell_call_output", "call_id": "c", "output": [{"stdout": "a"}]},
            ],
        ),
        (
            ToolCall("c", "shell", "oops", CallKind.SHELL),
            ToolResult("c", (Text("a"),), is_error=True, kind=CallKind.SHELL),
            [
                {"type": "shell_call", "call_id": "c", "action": {"commands": []}},
                {
                    "type": "shell_call_output",
                    "call_id": "c",
                    "output": [
                        {
                            "stdout": "[tool error] a",
                            "stderr": "",
                            "outcome": {"type": "exit", "exit_code": 1},
                        }
                    ],
                },
            ],
        ),
        (
            ToolCall("c", "local_shell", '{"command":["ls"]}', CallKind.LOCAL_SHELL),
            ToolResult("c", (Text("a"),), kind=CallKind.LOCAL_SHELL),
            [
                {
                    "type": "local_shell_call",
                    "call_id": "c",
                    "action": {"type": "exec", "command": ["ls"], "env": {}},
                },
                {"type": "local_shell_call_output", "call_id": "c", "id": "c", "output": "a"},
            ],
        ),
        (
            ToolCall("c", "apply_patch", '{"type":"delete_file","path":"a"}', CallKind.APPLY_PATCH),
            ToolResult("c", (PNG,), is_error=True, kind=CallKind.APPLY_PATCH),
            [
                {
                    "type": "apply_patch_call",
                    "call_id": "c",
                    "operation": {"type": "delete_file", "path": "a", "diff": ""},
                },
                {
                    "type": "apply_patch_call_output",
                    "call_id": "c",
                    "status": "failed",
                    "output": '[{"type":"input_text","text":"[tool error]"},{"type":"input_image",'
                    '"detail":"auto","image_url":"data:image/png;base64,iVBORw0KGgo="}]',
                },
            ],
        ),
    ],
)
def test_calls_of_the_vendors_own_kinds(
    call: ToolCall, result: ToolResult, items: list[dict[str, Any]]
) -> None:
    """Each with the output of its kind."""
    assert items_of(assistant(call), user(result), target=OWN) == items


# ---------------------------------------------------------------- content


@pytest.mark.parametrize(
    ("medium", "item"),
    [
        (
            Media(MediaKind.IMAGE, url="http://a", detail="low"),
            {"type": "input_image", "detail": "low", "image_url": "http://a"},
        ),
        (
            Media(MediaKind.DOCUMENT, "application/pdf", "JVBERg=="),
            {
                "type": "input_file",
                "filename": "document.pdf",
                "file_data": "data:application/pdf;base64,JVBERg==",
            },
        ),
        (
            Media(MediaKind.DOCUMENT, "application/x", "JVBERg==", name="a.x"),
            {
                "type": "input_file",
                "filename": "a.x",
                "file_data": "data:application/x;base64,JVBERg==",
            },
        ),
        (Media(MediaKind.DOCUMENT, url="http://a"), {"type": "input_file", "file_url": "http://a"}),
        (
            Media(MediaKind.DOCUMENT, "text/plain", text="a```b", name="n", context="c"),
            words("Document: n\nc\n````\na```b\n````"),
        ),
        (Media(MediaKind.DOCUMENT, "text/plain", text="a"), words("Document:\n```\na\n```")),
        (
            Media(MediaKind.AUDIO, "audio/wav", "UklGRg=="),
            {"type": "input_audio", "input_audio": {"data": "UklGRg==", "format": "wav"}},
        ),
    ],
)
def test_media(medium: Media, item: dict[str, Any]) -> None:
    """Natively, also in a tool's result."""
    assert items_of(user(medium)) == [said("user", item)]
    result = items_of(user(ToolResult("call_1", (Text("a"), medium))))
    assert result == [given([words("a"), item])]


def test_a_file_that_the_vendor_keeps() -> None:
    """Only where the id is one of the vendor's."""
    image = Media(MediaKind.IMAGE, file_id="file-1")
    document = Media(MediaKind.DOCUMENT, file_id="file-2")

    assert items_of(user(image, document), target=OWN) == [
        said(
            "user",
            {"type": "input_image", "detail": "auto", "file_id": "file-1"},
            {"type": "input_file", "file_id": "file-2"},
        )
    ]


@pytest.mark.parametrize(
    ("part", "target"),
    [
        (Media(MediaKind.IMAGE, file_id="file-1"), PROVIDER),
        (Media(MediaKind.IMAGE, file_id="file_011Claude"), OWN),
        (Media(MediaKind.AUDIO, "audio/ogg", "T2dnUw=="), OWN),
        (Media(MediaKind.AUDIO, url="http://a"), OWN),
        (Media(MediaKind.VIDEO, "video/mp4", "AAAA"), OWN),
        (Unsupported("hologram", "x[1]"), OWN),
    ],
)
def test_content_that_cannot_be_said_is_refused(part: Any, target: Any) -> None:
    """Edge 268: it is not left out in silence."""
    with pytest.raises(UnsupportedContent) as caught:
        items_of(user(part), target=target)

    assert caught.value.hint
    assert caught.value.param == (part.path if isinstance(part, Unsupported) else None)


def test_what_only_a_user_may_hold_is_refused_of_the_assistant() -> None:
    """A result there is no word of this format."""
    with pytest.raises(UnsupportedContent, match="ToolResult"):
        items_of(assistant(ToolResult("c")))


def test_an_image_that_the_assistant_made_is_shown_by_the_user() -> None:
    """The assistant has no place for one; reasoning before it leads to nothing."""
    asked = request(assistant(Text("a"), Thinking("", STATE), PNG, Text("b")))

    assert items_of(*asked.messages) == [
        said("assistant", spoken("a")),
        said("user", IMAGE),
        said("assistant", spoken("b")),
    ]
    assert lost(asked) == ["thinking.dropped_foreign"]


def test_a_search_of_an_earlier_turn_is_told_in_words() -> None:
    """With what it found."""
    search = WebSearch("s", "q", (Hit("http://a", "A"), Hit("http://b")))
    asked = request(assistant(search))

    assert items_of(*asked.messages) == [
        said("assistant", spoken('[searched the web for "q": A - http://a; http://b]'))
    ]
    assert lost(asked) == ["citations.dropped"]


def test_sources_of_a_text_go_with_it() -> None:
    """Those on the web; without a place they are of the whole text."""
    text = Text("abc", (Citation("u", "t", start=1, end=2), Citation("v"), Citation("", "file")))
    (item,) = items_of(assistant(text))

    assert item["content"][0]["annotations"] == [
        {"type": "url_citation", "start_index": 1, "end_index": 2, "url": "u", "title": "t"},
        {"type": "url_citation", "start_index": 0, "end_index": 3, "url": "v", "title": ""},
    ]
