"""``contents`` of a client's request: roles, parts, results, and the state that it has kept."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from aimux.errors import InvalidRequest
from aimux.model.parts import (
    Media,
    MediaKind,
    Opaque,
    OpaqueKind,
    Part,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
    Unsupported,
)
from aimux.model.request import Message, Role
from aimux.wire import jsontext
from aimux.wire.opaque import seal_base64
from tests.wire.gemini.forms import CODEC, PNG, codes, model, read, read_parts, signature, user

A_SIGNATURE = Opaque(OpaqueKind.ANTHROPIC_SIGNATURE, "sig", "claude", "opus")
G_SIGNATURE = Opaque(OpaqueKind.GEMINI_SIGNATURE, "c2ln", "google", "gemini-3")
ONLY_TEXT = Opaque(OpaqueKind.TEXT, "", "deepseek", "v4")

CALL = {"functionCall": {"id": "c1", "name": "f", "args": {"x": 1}}}


@pytest.mark.parametrize(
    ("contents", "messages"),
    [
        pytest.param([{"role": "user", "parts": [{"text": "a"}]}], [user("a")], id="a-user"),
        pytest.param([{"parts": [{"text": "a"}]}], [user("a")], id="no-role"),
        pytest.param({"parts": [{"text": "a"}]}, [user("a")], id="no-list"),
        pytest.param({"parts": {"text": "a"}}, [user("a")], id="one-part"),
        pytest.param("a", [user("a")], id="a-text"),
        pytest.param({"parts": ["a", "b"]}, [user("a", "b")], id="parts-that-are-text"),
        pytest.param(
            [{"role": "function", "parts": [{"functionResponse": {"name": "f"}}]}],
            [user(ToolResult("", name="f"))],
            id="the-old-role-of-results",
        ),
        pytest.param(
            [{"parts": [{"text": "a"}]}, {"parts": [{"text": "b"}]}],
            [user("a"), user("b")],
            id="two-of-the-user",
        ),
        pytest.param(
            [{"role": "system", "parts": [{"text": "a"}]}],
            [Message(Role.SYSTEM, (Text("a"),))],
            id="instructions-in-the-middle",
        ),
        pytest.param(
            [{"parts": [{"text": "a"}]}, {"parts": []}, {"parts": [{"text": ""}]}],
            [user("a")],
            id="contents-of-nothing",
        ),
        pytest.param(
            [{"parts": [{"text": "a"}, CALL, {"text": "b"}]}],
            [user("a"), model(ToolCall("c1", "f", '{"x":1}')), user("b")],
            id="a-call-in-the-users-content",
        ),
        pytest.param(
            [{"role": "model", "parts": [CALL, {"functionResponse": {"id": "c1", "name": "f"}}]}],
            [model(ToolCall("c1", "f", '{"x":1}')), user(ToolResult("c1", name="f"))],
            id="a-result-in-the-models-content",
        ),
    ],
)
def test_who_says_what(contents: Any, messages: list[Message]) -> None:
    """A missing role is the user's; calls are the model's and results the user's wherever they stand."""
    assert list(read({"contents": contents}).messages) == messages


@pytest.mark.parametrize(
    ("part", "meant"),
    [
        pytest.param({"text": "a"}, Text("a"), id="text"),
        pytest.param({"text": "a\ud83d"}, Text("a\ufffd"), id="edge-357"),
        pytest.param({"text": "a\u0000b"}, Text("a\u0000b"), id="edge-356"),
        pytest.param({"text": "R", "thought": True}, Thinking("R"), id="a-thought"),
        pytest.param(
            {"text": "R", "thought": True, "thoughtSignature": "c2ln"},
            Thinking("R", signature("c2ln")),
            id="a-signed-thought",
        ),
        pytest.param({"text": "a", "thought": False}, Text("a"), id="no-thought"),
        pytest.param(
            {"text": "a", "thoughtSignature": "c2ln"},
            Text("a", state=signature("c2ln")),
            id="a-signed-text",
        ),
        pytest.param(
            {"function_call": {"name": "f"}, "thought_signature": "c2ln"},
            ToolCall("", "f", "{}", state=signature("c2ln")),
            id="snake-case",
        ),
        pytest.param(
            {"functionCall": {"name": "f", "args": None, "id": None}, "text": None},
            ToolCall("", "f", "{}"),
            id="nulls-are-nothing",
        ),
        pytest.param(
            {"executableCode": {"language": "PYTHON", "code": "print(1)\n"}},
            Text("\n```python\nprint(1)\n```\n"),
            id="code",
        ),
        pytest.param(
            {"executableCode": {"language": "LANGUAGE_UNSPECIFIED", "code": "a ``` b"}},
            Text("\n````\na ``` b\n````\n"),
            id="code-with-a-fence",
        ),
        pytest.param(
            {"codeExecutionResult": {"outcome": "OUTCOME_OK", "output": "1\n"}},
            Text("\n```\n1\n```\n"),
            id="its-outcome",
        ),
        pytest.param(
            {"inlineData": {"mimeType": "image/jpg", "data": PNG, "displayName": "x"}},
            Media(MediaKind.IMAGE, "image/png", data=PNG, name="x"),
            id="an-image-of-the-wrong-type",
        ),
        pytest.param(
            {"inline_data": {"mime_type": "audio/wav", "data": "AAEC_-8"}},
            Media(MediaKind.AUDIO, "audio/wav", data="AAEC/+8="),
            id="a-sound-in-url-safe-base64",
        ),
        pytest.param(
            {"inlineData": {"mimeType": "text/plain", "data": base64.b64encode(b"hi").decode()}},
            Media(MediaKind.DOCUMENT, "text/plain", text="hi"),
            id="a-text-document",
        ),
        pytest.param(
            {"fileData": {"mimeType": "application/pdf", "fileUri": "https://x.example/a.pdf"}},
            Media(MediaKind.DOCUMENT, "application/pdf", url="https://x.example/a.pdf"),
            id="a-document-elsewhere",
        ),
        pytest.param(
            {"fileData": {"mimeType": "image/png", "fileUri": "gs://b/a.png"}},
            Media(MediaKind.IMAGE, "image/png", file_id="gs://b/a.png"),
            id="a-file-of-googles",
        ),
        pytest.param(
            {"fileData": {"fileUri": "https://youtu.be/x"}},
            Media(MediaKind.VIDEO, url="https://youtu.be/x"),
            id="a-video",
        ),
        pytest.param(
            {"fileData": {"fileUri": f"data:image/png;base64,{PNG}"}},
            Media(MediaKind.IMAGE, "image/png", data=PNG),
            id="a-data-url",
        ),
        pytest.param(
            {"toolCall": {"toolType": "GOOGLE_SEARCH_WEB"}},
            Unsupported("toolCall", "contents[0].parts[0]"),
            id="a-call-of-googles-own",
        ),
        pytest.param(
            {"hologram": {}}, Unsupported("hologram", "contents[0].parts[0]"), id="an-unknown-part"
        ),
    ],
)
def test_what_a_part_means(part: dict[str, Any], meant: Part) -> None:
    """In either spelling."""
    assert read_parts(part) == (meant,)


@pytest.mark.parametrize(
    ("response", "text", "is_error"),
    [
        pytest.param({"output": "ok"}, "ok", False, id="output"),
        pytest.param({"output": {"a": 1}}, '{"a":1}', False, id="an-object-of-output"),
        pytest.param({"output": ""}, "", False, id="empty-output"),
        pytest.param({"error": "no"}, "no", True, id="error"),
        pytest.param({"error": {"code": 1.50}}, '{"code":1.5}', True, id="an-object-of-error"),
        pytest.param({"output": "a", "error": "b"}, '{"output":"a","error":"b"}', False, id="both"),
        pytest.param({"result": 3}, '{"result":3}', False, id="any-other"),
        pytest.param({}, "", False, id="nothing"),
        pytest.param(None, "", False, id="missing"),
    ],
)
def test_what_a_tool_gave_back(response: Any, text: str, is_error: bool) -> None:
    """By the vendor's convention; what does not follow it is the result as a whole."""
    (result,) = read_parts(
        {"functionResponse": {"id": "c1", "name": "f", "response": response}}, role="user"
    )

    content = (Text(text),) if text else ()
    assert result == ToolResult("c1", content, is_error=is_error, name="f")


def test_media_of_a_result() -> None:
    """Behind its words."""
    blob = {"inlineData": {"mimeType": "image/png", "data": PNG}}
    link = {"fileData": {"mimeType": "image/png", "fileUri": "https://x.example/i.png"}}
    value = {"name": "f", "response": {"output": "see"}, "parts": [blob, link]}
    (result,) = read_parts({"functionResponse": value}, role="user")

    assert isinstance(result, ToolResult)
    assert result.content == (
        Text("see"),
        Media(MediaKind.IMAGE, "image/png", data=PNG),
        Media(MediaKind.IMAGE, "image/png", url="https://x.example/i.png"),
    )


@pytest.mark.parametrize(
    ("args", "kept"),
    [
        pytest.param('{"b":1.0,"a":1e3}', '{"b":1.0,"a":1e3}', id="edge-351"),
        pytest.param(
            '{"n":12345678901234567890123}', '{"n":12345678901234567890123}', id="edge-352"
        ),
        pytest.param(
            '{ "z" : [ ] , "a" : "\\u00e9" }', '{"z":[],"a":"\u00e9"}', id="order-of-keys"
        ),
    ],
)
def test_arguments_keep_their_spelling(args: str, kept: str) -> None:
    """Numbers and the order of keys, not white space."""
    raw = f'{{"contents":[{{"role":"model","parts":[{{"functionCall":{{"name":"f","args":{args}}}}}]}}]}}'
    request = CODEC.read_request(jsontext.scan(raw.encode()), "m", stream=False)

    assert request.messages == (model(ToolCall("", "f", kept)),)


def test_no_ids_are_made_up() -> None:
    """Edge 175: results find calls of one name by their order, which only the whole conversation tells."""
    call, result = {"functionCall": {"name": "f", "args": {}}}, {"functionResponse": {"name": "f"}}
    request = read(
        {"contents": [{"role": "model", "parts": [call, call]}, {"parts": [result, result]}]}
    )

    assert request.messages == (
        model(ToolCall("", "f", "{}"), ToolCall("", "f", "{}")),
        user(ToolResult("", name="f"), ToolResult("", name="f")),
    )


# ---------------------------------------------------------------- state


def carrier(state: Opaque, text: str = "") -> str:
    """What our writer gave the client."""
    return seal_base64(state, text)


@pytest.mark.parametrize(
    ("parts", "meant"),
    [
        pytest.param(
            [{**CALL, "thoughtSignature": carrier(G_SIGNATURE)}],
            [ToolCall("c1", "f", '{"x":1}', state=G_SIGNATURE)],
            id="geminis-own-on-a-call",
        ),
        pytest.param(
            [{"text": "a", "thoughtSignature": carrier(G_SIGNATURE)}],
            [Text("a", state=G_SIGNATURE)],
            id="geminis-own-on-a-text",
        ),
        pytest.param(
            [{"text": "a"}, {"text": "", "thoughtSignature": "c2ln"}],
            [Text("a", state=signature("c2ln"))],
            id="behind-a-text",
        ),
        pytest.param(
            [{"text": "", "thoughtSignature": "c2ln"}, CALL],
            [ToolCall("c1", "f", '{"x":1}', state=signature("c2ln"))],
            id="edge-171-before-a-call",
        ),
        pytest.param(
            [{"thoughtSignature": "c2ln"}, {"text": "a"}],
            [Text("a", state=signature("c2ln"))],
            id="before-a-text",
        ),
        pytest.param(
            [{**CALL, "thoughtSignature": carrier(A_SIGNATURE, "R")}],
            [Thinking("R", A_SIGNATURE), ToolCall("c1", "f", '{"x":1}')],
            id="another-providers",
        ),
        pytest.param(
            [{"text": "a"}, {**CALL, "thoughtSignature": carrier(ONLY_TEXT, "R")}],
            [Thinking("R", ONLY_TEXT), Text("a"), ToolCall("c1", "f", '{"x":1}')],
            id="thinking-came-before-the-words",
        ),
        pytest.param(
            [CALL, {"text": "b"}, {"text": "", "thoughtSignature": carrier(A_SIGNATURE, "R")}],
            [ToolCall("c1", "f", '{"x":1}'), Thinking("R", A_SIGNATURE), Text("b")],
            id="and-behind-the-last-call",
        ),
        pytest.param(
            [
                {"text": "R", "thought": True},
                {"text": "1", "thought": True},
                {"text": "a"},
                {**CALL, "thoughtSignature": carrier(A_SIGNATURE, "R1")},
            ],
            [Thinking("R1", A_SIGNATURE), Text("a"), ToolCall("c1", "f", '{"x":1}')],
            id="a-client-that-keeps-thoughts-too",
        ),
        pytest.param(
            [{**CALL, "thoughtSignature": carrier(A_SIGNATURE, "R")[:-8]}],
            [ToolCall("c1", "f", '{"x":1}')],
            id="a-broken-carrier",
        ),
        pytest.param(
            [{"text": "", "thoughtSignature": "c2ln"}, {"text": "R", "thought": True}],
            [Thinking("R")],
            id="a-signature-of-nothing",
        ),
        pytest.param(
            [{"text": "", "thought": True}, {"text": "a"}], [Text("a")], id="a-thought-of-nothing"
        ),
    ],
)
def test_where_kept_state_goes(parts: list[Any], meant: list[Part]) -> None:
    """Gemini's to its part, another provider's back into thinking."""
    assert list(read_parts(*parts)) == meant


def test_a_users_part_carries_no_thinking() -> None:
    """Whatever stands in its slot."""
    part = {"text": "a", "thoughtSignature": carrier(A_SIGNATURE, "R")}

    assert read_parts(part, role="user") == (Text("a"),)


def test_the_pieces_of_a_chat_are_one_turn() -> None:
    """The SDK's chats keep a content for every event of a stream."""
    pieces = [
        {"text": "R", "thought": True},
        {"text": "Hel"},
        {"text": "lo"},
        CALL,
        {"text": "x"},
        {"text": "y", "thoughtSignature": "c2ln"},
    ]
    request = read({"contents": [{"role": "model", "parts": [piece]} for piece in pieces]})

    assert request.messages == (
        model(
            Thinking("R"),
            Text("Hello"),
            ToolCall("c1", "f", '{"x":1}'),
            Text("xy", state=signature("c2ln")),
        ),
    )


def test_two_texts_of_one_content_stay_two() -> None:
    """Only the border between two contents can have cut a text."""
    assert read_parts({"text": "a"}, {"text": "b"}) == (Text("a"), Text("b"))


# ---------------------------------------------------------------- what cannot be


@pytest.mark.parametrize(
    ("contents", "param"),
    [
        pytest.param([], "contents", id="nothing"),
        pytest.param(None, "contents", id="missing"),
        pytest.param([7], "contents[0]", id="a-number"),
        pytest.param(
            [{"role": "nobody", "parts": ["a"]}], "contents[0].role", id="an-unknown-role"
        ),
        pytest.param([{"role": 7}], "contents[0].role", id="a-role-that-is-none"),
        pytest.param([{"parts": [7]}], "contents[0].parts[0]", id="a-part-that-is-none"),
        pytest.param([{"parts": [{}]}], "contents[0].parts[0]", id="a-part-of-nothing"),
        pytest.param([{"parts": [{"text": 1.5}]}], "contents[0].parts[0].text", id="text"),
        pytest.param(
            [{"parts": [{"text": "a", "thought": "yes"}]}],
            "contents[0].parts[0].thought",
            id="thought",
        ),
        pytest.param(
            [{"parts": [{"thoughtSignature": 7}]}],
            "contents[0].parts[0].thoughtSignature",
            id="signature",
        ),
        pytest.param(
            [{"parts": [{"functionCall": {"args": {}}}]}],
            "contents[0].parts[0].functionCall.name",
            id="a-call-of-nothing",
        ),
        pytest.param(
            [{"parts": [{"functionCall": {"name": "f", "args": []}}]}],
            "contents[0].parts[0].functionCall.args",
            id="args",
        ),
        pytest.param(
            [{"parts": [{"functionResponse": {"response": "x"}}]}],
            "contents[0].parts[0].functionResponse.response",
            id="a-result-that-is-no-object",
        ),
        pytest.param(
            [{"parts": [{"inlineData": {"data": "!"}}]}],
            "contents[0].parts[0].inlineData",
            id="no-base64",
        ),
        pytest.param(
            [{"parts": [{"fileData": {}}]}],
            "contents[0].parts[0].fileData.fileUri",
            id="no-address",
        ),
        pytest.param(
            [{"parts": [{"functionResponse": {"parts": [{}]}}]}],
            "contents[0].parts[0].functionResponse.parts[0].fileData.fileUri",
            id="a-result-with-a-part-of-nothing",
        ),
    ],
)
def test_what_cannot_be_understood(contents: Any, param: str) -> None:
    """It is said where it stands."""
    with pytest.raises(InvalidRequest) as caught:
        read({"contents": contents})

    assert caught.value.param == param


def test_a_number_beyond_every_float_beside_half_a_character() -> None:
    """The one thing that JSON can say and we cannot say again."""
    raw = (
        rb'{"contents":[{"parts":[{"functionCall":{"name":"f","args":{"a":1e999,"b":"\ud83d"}}}]}]}'
    )

    with pytest.raises(InvalidRequest) as caught:
        CODEC.read_request(jsontext.scan(raw), "m", stream=False)
    assert caught.value.param == "contents[0].parts[0].functionCall.args"


def test_fields_that_nobody_knows_are_reported() -> None:
    """Each with its place."""
    part = {"text": "a", "videoMetadata": {}}
    call = {"functionCall": {"name": "f", "willContinue": True}}
    request = read({"contents": [{"x": 1, "parts": [part, call]}]})

    assert codes(request) == ["unknown_field.dropped"] * 3
    assert [loss.path for loss in request.losses] == [
        "contents[0].x",
        "contents[0].parts[0].videoMetadata",
        "contents[0].parts[1].functionCall.willContinue",
    ]
