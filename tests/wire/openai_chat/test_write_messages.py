"""What a provider is sent: the conversation."""

from __future__ import annotations

from typing import Any

import pytest

from aimux.errors import UnsupportedContent
from aimux.model.parts import (
    Citation,
    Hit,
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
    WebSearch,
)
from aimux.model.request import Message, Request, Role
from aimux.wire.openai_chat import OpenAIChat
from aimux.wire.target import Target, Written

CODEC = OpenAIChat()
IMAGE, DOCUMENT, AUDIO = MediaKind.IMAGE, MediaKind.DOCUMENT, MediaKind.AUDIO
PLAIN = Target("mine", "m")
OPENAI = Target("mine", "m", "openai")
MISTRAL = Target("mine", "m", "mistral")
READER = Target("mine", "m", "deepseek", quirks=frozenset({"reasoning-content-field"}))
USER = Message(Role.USER, (Text("?"),))


def write(*messages: Message, target: Target = PLAIN, system: tuple[str, ...] = ()) -> Written:
    """A conversation."""
    request = Request("m", messages, system=tuple(map(Text, system)))
    return CODEC.write_request(request, target)


def messages_of(*messages: Message, **more: Any) -> list[dict[str, Any]]:
    """The messages it becomes."""
    found: list[dict[str, Any]] = write(*messages, **more).body["messages"]
    return found


def user(*parts: Part) -> Message:
    """A message of the user's."""
    return Message(Role.USER, parts)


def turn(*parts: Part, target: Target = PLAIN) -> dict[str, Any]:
    """What a turn of the assistant becomes, with another behind it."""
    return messages_of(Message(Role.ASSISTANT, parts), USER, target=target)[0]


def lost(*parts: Part, target: Target = PLAIN) -> list[str]:
    """What is lost of such a turn."""
    written = write(Message(Role.ASSISTANT, parts), USER, target=target)
    return [loss.code for loss in written.losses]


def test_the_follow_up_of_the_reference() -> None:
    """Appendix A: text and calls in one message, each result in one of its own right behind it."""
    said = messages_of(
        USER,
        Message(
            Role.ASSISTANT, (Text("T1"), ToolCall("a", "f", '{"x":1}'), ToolCall("b", "g", "{}"))
        ),
        user(
            ToolResult("a", (Text("r1"),)),
            ToolResult("b", (Text("r2"),), is_error=True),
            Text("and now?"),
        ),
        system=("s1", "s2"),
    )

    assert said == [
        {"role": "system", "content": "s1\n\ns2"},
        {"role": "user", "content": "?"},
        {
            "role": "assistant",
            "content": "T1",
            "tool_calls": [
                {"id": "a", "type": "function", "function": {"name": "f", "arguments": '{"x":1}'}},
                {"id": "b", "type": "function", "function": {"name": "g", "arguments": "{}"}},
            ],
        },
        {"role": "tool", "tool_call_id": "a", "content": "r1"},
        {"role": "tool", "tool_call_id": "b", "content": "[tool error] r2"},
        {"role": "user", "content": "and now?"},
    ]


def test_instructions_in_the_middle_stay_there() -> None:
    """Where the rules let them (edge 253)."""
    middle = Message(Role.SYSTEM, (Text("a"), Text("b")))

    assert messages_of(USER, middle, target=OPENAI)[1] == {"role": "system", "content": "a\n\nb"}


# ---------------------------------------------------------------- the user


@pytest.mark.parametrize(
    ("parts", "content"),
    [
        ([Text("a")], "a"),
        ([Text("a"), Text("b")], [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]),
        (
            [Media(IMAGE, "image/png", data="AAAA", detail="low")],
            [{"type": "image_url", "image_url": {
                "url": "data:image/png;base64,AAAA", "detail": "low"}}],
        ),
        (
            [Media(IMAGE, url="https://x")],
            [{"type": "image_url", "image_url": {"url": "https://x"}}],
        ),
        pytest.param(
            [Media(DOCUMENT, "application/pdf", data="AAAA", name="a.pdf")],
            [{"type": "file", "file": {
                "filename": "a.pdf", "file_data": "data:application/pdf;base64,AAAA"}}],
            id="edge-212",
        ),
        (
            [Media(DOCUMENT, "application/pdf", data="AAAA")],
            [{"type": "file", "file": {
                "filename": "document.pdf", "file_data": "data:application/pdf;base64,AAAA"}}],
        ),
        (
            [Media(AUDIO, "audio/mp3", data="AAAA")],
            [{"type": "input_audio", "input_audio": {"data": "AAAA", "format": "mp3"}}],
        ),
        ([Media(DOCUMENT, text="x", name="a.txt", context="why")], "a.txt\nwhy\n```\nx\n```"),
        ([Media(DOCUMENT, text="a ```` b")], "`````\na ```` b\n`````"),
    ],
)  # fmt: skip
def test_what_a_user_says(parts: list[Part], content: Any) -> None:
    """A text where it is one, parts where it is more."""
    assert messages_of(user(*parts)) == [{"role": "user", "content": content}]


def test_a_document_of_text_is_reported() -> None:
    """It is no longer a document."""
    losses = write(user(Media(DOCUMENT, text="x", name="a.txt"))).losses

    assert [(loss.code, loss.detail) for loss in losses] == [("document.textified", "a.txt")]


@pytest.mark.parametrize(
    "part",
    [
        Media(IMAGE, file_id="file-1"),
        Media(DOCUMENT, file_id="file-1"),
        Media(DOCUMENT, url="https://x"),
        Media(AUDIO, url="https://x"),
        Media(MediaKind.VIDEO, url="https://x"),
        Media(MediaKind.VIDEO, "video/mp4", data="AAAA"),
        Unsupported("hologram", "messages[0].content[0]"),
        Thinking("r"),
    ],
)
def test_what_cannot_be_said_is_refused(part: Part) -> None:
    """Edge 268 and its like: content is never left out in silence."""
    with pytest.raises(UnsupportedContent):
        write(user(part))


def test_unknown_content_is_refused_with_its_place() -> None:
    """For the client's 400."""
    with pytest.raises(UnsupportedContent) as caught:
        write(user(Unsupported("hologram", "messages[0].content[0]")))

    assert caught.value.param == "messages[0].content[0]"


# ---------------------------------------------------------------- results


@pytest.mark.parametrize(
    ("result", "content"),
    [
        (ToolResult("a", (Text("x"), Text("y"))), "x\ny"),
        pytest.param(ToolResult("a"), "(no output)", id="edge-207"),
        (ToolResult("a", (Text("\n"),)), "(no output)"),
        (ToolResult("a", (Text("x"),), is_error=True), "[tool error] x"),
        (ToolResult("a", (Text("Error: x"),), is_error=True), "Error: x"),
        (ToolResult("a", (Text("<tool_use_error>x"),), is_error=True), "<tool_use_error>x"),
        (ToolResult("a", is_error=True), "[tool error] (no output)"),
        (ToolResult("a", (Media(DOCUMENT, text="x", name="n"),)), "n\n```\nx\n```"),
    ],
)
def test_what_a_tool_gave_back(result: ToolResult, content: str) -> None:
    """One text, which says by itself that the tool failed."""
    expected = {"role": "tool", "tool_call_id": "a", "content": content}

    assert messages_of(user(result)) == [expected]


def test_a_folded_failure_is_reported() -> None:
    """The mark became words."""
    losses = write(user(ToolResult("a", (Text("x"),), is_error=True))).losses

    assert [loss.code for loss in losses] == ["tool_result.is_error_folded"]


def test_an_image_in_a_result_has_no_place() -> None:
    """Edge 211: the rules have it moved before."""
    with pytest.raises(UnsupportedContent):
        write(user(ToolResult("a", (Media(IMAGE, url="https://x"),))))


# ---------------------------------------------------------------- the assistant


@pytest.mark.parametrize(
    ("parts", "content"),
    [
        ([Text("a"), Text("b")], "ab"),
        ([Text("a"), Refusal("no")], "ano"),
        (
            [WebSearch("s", "q", (Hit("https://x", "t"), Hit("https://y", "u"))), Text("a")],
            '[searched the web for "q": t - https://x; u - https://y]\na',
        ),
        ([WebSearch("s", "q", error="unavailable")], '[searched the web for "q": unavailable]\n'),
        ([WebSearch("s", "q")], '[searched the web for "q": nothing found]\n'),
        ([Media(IMAGE, "image/png", data="AAAA")], "[image left out]"),
    ],
)
def test_what_an_assistant_said(parts: list[Part], content: str) -> None:
    """All its text in one field."""
    assert turn(*parts) == {"role": "assistant", "content": content}


def test_a_refusal_is_openais_field() -> None:
    """Others know only text."""
    said = turn(Refusal("no"), target=OPENAI)

    assert said == {"role": "assistant", "content": "", "refusal": "no"}


def test_calls_alone_have_no_content() -> None:
    """Null, as the vendor itself writes; arguments there are always."""
    said = turn(ToolCall("a", "f", ""))

    assert said["content"] is None
    assert said["tool_calls"][0]["function"]["arguments"] == "{}"


@pytest.mark.parametrize(
    ("part", "code"),
    [
        (Text("a", (Citation("https://x"),)), "citations.dropped"),
        (WebSearch("s", "q"), "citations.dropped"),
        (Media(IMAGE, url="https://x"), "image.unsupported"),
        (Thinking("r"), "thinking.dropped_foreign"),
    ],
)
def test_what_is_left_behind_is_reported(part: Part, code: str) -> None:
    """Once each."""
    assert lost(part, Text("b")) == [code]


def test_a_turn_of_which_nothing_is_left_is_none() -> None:
    """Edge 217: vendors want content or calls."""
    assert messages_of(Message(Role.ASSISTANT, (Thinking("r"),)), USER) == [
        {"role": "user", "content": "?"}
    ]


def test_what_only_a_user_says_is_refused() -> None:
    """A result in a turn of the assistant is a mistake of ours."""
    with pytest.raises(UnsupportedContent):
        write(Message(Role.ASSISTANT, (ToolResult("a"),)))


# ---------------------------------------------------------------- thinking


def own(kind: OpaqueKind = OpaqueKind.TEXT, value: str = "") -> Opaque:
    """State that this provider issued."""
    return Opaque(kind, value, "mine", "m")


@pytest.mark.parametrize(
    "quirk",
    ["reasoning-content-field", "reasoning-field", "reasoning-replay", "reasoning-in-think-tags"],
)
def test_thinking_goes_back_where_it_is_read(quirk: str) -> None:
    """Edges 287 and 292: in the vanilla spelling; the accent renames it."""
    target = Target("mine", "m", quirks=frozenset({quirk}))
    said = turn(Thinking("r", own()), Text("a"), Thinking("s"), target=target)

    assert said == {"role": "assistant", "content": "a", "reasoning_content": "r\n\ns"}


def test_thinking_goes_nowhere_else() -> None:
    """Edge 215: never as text, which models would imitate."""
    assert turn(Thinking("r", own()), Text("a")) == {"role": "assistant", "content": "a"}


def test_empty_thinking_is_an_empty_field() -> None:
    """Edge 293: a vendor that wants the field wants it empty, too; edge 297: nothing is made up."""
    call = ToolCall("a", "f", "{}")

    assert turn(Thinking("", own()), call, target=READER)["reasoning_content"] == ""
    assert "reasoning_content" not in turn(call, target=READER)


def test_thinking_alone_is_a_turn() -> None:
    """Where it is read."""
    said = turn(Thinking("r", own()), target=READER)

    assert said == {"role": "assistant", "content": "", "reasoning_content": "r"}


def test_details_go_back_as_they_were() -> None:
    """Edge 325: the list, joined by index where an answer was cut into two thoughts."""
    first = own(OpaqueKind.REASONING_DETAILS, '[{"type":"reasoning.text","text":"r","index":0}]')
    second = own(
        OpaqueKind.REASONING_DETAILS,
        '[{"type":"reasoning.text","text":"s","index":0},{"type":"x","data":"d","index":1}]',
    )
    said = turn(Thinking("r", first), Text("a"), Thinking("s", second), target=READER)

    assert said["reasoning_details"] == [
        {"type": "reasoning.text", "text": "rs", "index": 0},
        {"type": "x", "data": "d", "index": 1},
    ]
    assert "reasoning_content" not in said


@pytest.mark.parametrize("value", ["", "{", "{}", "[]"])
def test_details_that_are_none_are_text(value: str) -> None:
    """A state that does not hold what it should."""
    said = turn(Thinking("r", own(OpaqueKind.REASONING_DETAILS, value)), target=READER)

    assert said["reasoning_content"] == "r"


def test_mistrals_thinking_goes_back_among_the_parts() -> None:
    """From where it came; only what it wrote itself."""
    said = turn(Thinking("r", own()), Text("a"), target=MISTRAL)
    thinking = {"type": "thinking", "thinking": [{"type": "text", "text": "r"}]}

    assert said["content"] == [thinking, {"type": "text", "text": "a"}]
    assert turn(Thinking("r", own()), target=MISTRAL)["content"] == [thinking]
    assert lost(Thinking("r"), target=MISTRAL) == ["thinking.dropped_foreign"]


GOOGLE = Target("mine", "m", "gemini", quirks=frozenset({"thought-signatures"}))


@pytest.mark.parametrize(
    ("target", "state", "slot"),
    [
        (PLAIN, own(OpaqueKind.GEMINI_SIGNATURE, "c2ln"), "c2ln"),
        (GOOGLE, Opaque(OpaqueKind.GEMINI_SIGNATURE, "c2ln"), "c2ln"),
        (PLAIN, Opaque(OpaqueKind.GEMINI_SIGNATURE, "c2ln"), None),
        (PLAIN, own(OpaqueKind.OPENAI_REASONING, "gAAA"), None),
    ],
)
def test_a_calls_signature(target: Target, state: Opaque, slot: str | None) -> None:
    """Back to where it was made, if anybody knows that; a stranger would refuse the field."""
    call = ToolCall("a", "f", "{}", state=state)
    entry = turn(call, target=target)["tool_calls"][0]

    assert entry.get("extra_content") == (
        None if slot is None else {"google": {"thought_signature": slot}}
    )
    assert lost(call, target=target) == ([] if slot else ["thinking.dropped_foreign"])


@pytest.mark.parametrize(
    ("vendor", "mark"), [("mistral", "prefix"), ("deepseek", "prefix"), ("moonshot", "partial")]
)
def test_the_beginning_of_an_answer_is_marked(vendor: str, mark: str) -> None:
    """Edges 238 and 317: the last message, and only where it is the assistant's."""
    begun = Message(Role.ASSISTANT, (Text("{"),))
    target = Target("mine", "m", vendor)

    assert messages_of(USER, begun, target=target)[-1] == {
        "role": "assistant", "content": "{", mark: True
    }  # fmt: skip
    assert all(mark not in each for each in messages_of(begun, USER, target=target))


def test_a_beginning_without_anything_marks_nothing() -> None:
    """The message before it is the user's."""
    begun = Message(Role.ASSISTANT, (Thinking("r"),))

    assert messages_of(USER, begun, target=MISTRAL) == [{"role": "user", "content": "?"}]
