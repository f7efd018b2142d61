"""A conversation as ``contents``: roles, calls, results, signatures, media."""

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
from aimux.wire.gemini.write_contents import STAND_IN
from aimux.wire.target import Target
from tests.wire.gemini.forms import (
    FIRST,
    PNG,
    SECOND,
    THIRD,
    asked,
    contents,
    lost,
    model,
    signature,
    user,
    written,
)

IMAGE = Media(MediaKind.IMAGE, "image/png", data=PNG)
OWN = signature("c2ln", THIRD.provider, THIRD.model)


def said(*parts: Part | str, target: Target = THIRD) -> Any:
    """What one turn of the model becomes."""
    (content,) = contents(model(*parts), target=target)
    assert content["role"] == "model"
    return content["parts"]


def test_a_round_of_tools() -> None:
    """Appendix A: results in a content of their own, in the order of the calls, then the user's words."""
    conversation = contents(
        user("Q"),
        model("T1", ToolCall("a", "f", '{"x":1}', state=OWN), ToolCall("b", "g", "")),
        user(
            ToolResult("a", (Text("r1"),), name="f"),
            ToolResult("b", (Text("r2"),), is_error=True, name="g"),
            "next",
        ),
    )

    assert conversation == [
        {"role": "user", "parts": [{"text": "Q"}]},
        {
            "role": "model",
            "parts": [
                {"text": "T1"},
                {
                    "functionCall": {"name": "f", "args": {"x": 1}, "id": "a"},
                    "thoughtSignature": "c2ln",
                },
                {"functionCall": {"name": "g", "args": {}, "id": "b"}},
            ],
        },
        {
            "role": "user",
            "parts": [
                {"functionResponse": {"name": "f", "response": {"output": "r1"}, "id": "a"}},
                {"functionResponse": {"name": "g", "response": {"error": "r2"}, "id": "b"}},
            ],
        },
        {"role": "user", "parts": [{"text": "next"}]},
    ]


def test_before_the_third_generation_there_are_no_ids_and_no_stand_ins() -> None:
    """It refuses the ones and does not ask for the others; a signature of its own is kept."""
    own = signature("c2ln", SECOND.provider, SECOND.model)
    conversation = contents(
        model(ToolCall("a", "f", "{}", state=own), ToolCall("b", "g", "{}")),
        model(ToolCall("c", "h", "{}")),
        user(ToolResult("a", name="f")),
        target=SECOND,
    )

    assert conversation == [
        {
            "role": "model",
            "parts": [
                {"functionCall": {"name": "f", "args": {}}, "thoughtSignature": "c2ln"},
                {"functionCall": {"name": "g", "args": {}}},
            ],
        },
        {"role": "model", "parts": [{"functionCall": {"name": "h", "args": {}}}]},
        {
            "role": "user",
            "parts": [{"functionResponse": {"name": "f", "response": {"output": ""}}}],
        },
    ]


@pytest.mark.parametrize(
    ("state", "slot"),
    [
        pytest.param(OWN, "c2ln", id="its-own"),
        pytest.param(signature("c2ln"), "c2ln", id="edge-170-nobody-knows-whose"),
        pytest.param(signature("c2ln", THIRD.provider), "c2ln", id="of-any-model"),
        pytest.param(
            signature("c2ln", THIRD.provider, "gemini-3-flash"), STAND_IN, id="another-models"
        ),
        pytest.param(signature("c2ln", "vertex", THIRD.model), STAND_IN, id="another-providers"),
        pytest.param(Opaque(OpaqueKind.TEXT, "", THIRD.provider), STAND_IN, id="no-signature"),
        pytest.param(None, STAND_IN, id="none"),
    ],
)
def test_the_first_call_is_signed(state: Opaque | None, slot: str) -> None:
    """Edge 169: with what belongs there, or the stand-in; the others of the turn only with their own."""
    calls = said(ToolCall("a", "f", "{}", state=state), ToolCall("b", "f", "{}", state=None))

    assert [call.get("thoughtSignature") for call in calls] == [slot, None]


def test_a_later_call_keeps_its_own() -> None:
    """Every step of a loop has one, and the stand-in only is reported."""
    request = asked(
        model(ToolCall("a", "f", "{}"), ToolCall("b", "f", "{}", state=OWN)),
        user(ToolResult("a"), ToolResult("b")),
        model(ToolCall("c", "f", "{}", state=OWN)),
    )
    body = written(request)
    calls = [
        part for each in body.body["contents"] if each["role"] == "model" for part in each["parts"]
    ]

    assert [call.get("thoughtSignature") for call in calls] == [STAND_IN, "c2ln", "c2ln"]
    assert lost(body) == ["signature.replaced"]


@pytest.mark.parametrize(
    ("arguments", "args", "repaired"),
    [
        pytest.param("", {}, False, id="edge-263"),
        pytest.param(" null ", {}, False, id="null"),
        pytest.param('{"a":"\ud83d"}', {"a": "\ufffd"}, False, id="half-a-character"),
        pytest.param('{"a', {"_raw": '{"a'}, True, id="edge-262"),
        pytest.param("[1]", {"value": [1]}, True, id="a-list"),
        pytest.param('"{\\"a\\":1}"', {"a": 1}, False, id="encoded-twice"),
        pytest.param('"x"', {"value": "x"}, True, id="a-text"),
    ],
)
def test_arguments_are_an_object(arguments: str, args: Any, repaired: bool) -> None:
    """Whatever a model or a limit has left of them; a repair is reported."""
    body = written(asked(model(ToolCall("a", "f", arguments, state=OWN))))

    assert body.body["contents"][0]["parts"][0]["functionCall"]["args"] == args
    assert lost(body) == ["stream.repaired"] * repaired


def test_results_say_what_was_called() -> None:
    """Edge 173: looked up by the id of the call, else as the result says."""
    conversation = contents(
        model(ToolCall("a", "f", "{}", state=OWN)),
        user(ToolResult("a"), ToolResult("b", name="g")),
    )

    names = [part["functionResponse"]["name"] for part in conversation[1]["parts"]]
    assert names == ["f", "g"]


@pytest.mark.parametrize(
    ("content", "response"),
    [
        pytest.param((), {"response": {"output": ""}}, id="nothing"),
        pytest.param((Text("a"), Text("b")), {"response": {"output": "a\nb"}}, id="two-texts"),
        pytest.param(
            (Text('{"error":1}'),), {"response": {"output": '{"error":1}'}}, id="json-stays-text"
        ),
        pytest.param(
            (Text("see"), IMAGE),
            {
                "response": {"output": "see"},
                "parts": [{"inlineData": {"mimeType": "image/png", "data": PNG}}],
            },
            id="an-image",
        ),
        pytest.param(
            (Media(MediaKind.DOCUMENT, "text/plain", text="D", name="n"),),
            {"response": {"output": "[n]\nD"}},
            id="a-text-document",
        ),
    ],
)
def test_what_a_tool_gave_back(content: Any, response: Any) -> None:
    """Always an object, never the result's own keys."""
    _, results = contents(model(ToolCall("a", "f", "{}")), user(ToolResult("a", content)))

    assert results["parts"] == [{"functionResponse": {"name": "f", "id": "a", **response}}]


@pytest.mark.parametrize(
    ("part", "meant"),
    [
        pytest.param(Refusal("no"), [{"text": "no"}], id="refusal"),
        pytest.param(Refusal(""), [], id="a-refusal-without-words"),
        pytest.param(Text(""), [], id="empty-text"),
        pytest.param(
            Text("", state=OWN), [{"text": "", "thoughtSignature": "c2ln"}], id="a-signature-alone"
        ),
        pytest.param(
            Text("a", state=OWN), [{"text": "a", "thoughtSignature": "c2ln"}], id="a-signed-text"
        ),
        pytest.param(
            Text("a", state=signature("x", "other")), [{"text": "a"}], id="signed-elsewhere"
        ),
        pytest.param(
            IMAGE, [{"inlineData": {"mimeType": "image/png", "data": PNG}}], id="an-image"
        ),
        pytest.param(
            Media(MediaKind.DOCUMENT, "application/pdf", file_id="gs://b/x"),
            [{"fileData": {"fileUri": "gs://b/x", "mimeType": "application/pdf"}}],
            id="a-file",
        ),
        pytest.param(
            Media(MediaKind.VIDEO, url="https://www.youtube.com/watch?v=x"),
            [{"fileData": {"fileUri": "https://www.youtube.com/watch?v=x"}}],
            id="a-video",
        ),
        pytest.param(
            Media(MediaKind.DOCUMENT, "text/plain", text="D", name="n", context="c"),
            [{"text": "[n]\nc\nD"}],
            id="a-text-document",
        ),
        pytest.param(
            WebSearch("s", "q", (Hit("https://a.example", "A"), Hit("https://b.example"))),
            [{"text": '[searched the web for "q": A - https://a.example; https://b.example]'}],
            id="a-search",
        ),
        pytest.param(
            WebSearch("s", "q", error="unavailable"),
            [{"text": '[searched the web for "q": unavailable]'}],
            id="a-search-that-failed",
        ),
        pytest.param(
            WebSearch("s", "q"),
            [{"text": '[searched the web for "q": nothing found]'}],
            id="in-vain",
        ),
    ],
)
def test_parts(part: Part, meant: Any) -> None:
    """Any but calls and results."""
    assert said("x", part)[1:] == meant


@pytest.mark.parametrize(
    ("thinking", "codes"),
    [
        pytest.param(Thinking("R", Opaque(OpaqueKind.TEXT, "", "google", "m")), [], id="its-own"),
        pytest.param(Thinking("R", OWN), [], id="its-own-signed"),
        pytest.param(Thinking("R"), ["thinking.dropped_foreign"], id="nobodys"),
        pytest.param(
            Thinking("R", Opaque(OpaqueKind.ANTHROPIC_SIGNATURE, "s")),
            ["thinking.dropped_foreign"],
            id="anothers",
        ),
    ],
)
def test_thoughts_stay_behind(thinking: Thinking, codes: list[str]) -> None:
    """Gemini reads none; a turn of nothing else is none."""
    body = written(asked(user("a"), model(thinking)))

    assert body.body["contents"] == [{"role": "user", "parts": [{"text": "a"}]}]
    assert lost(body) == codes


@pytest.mark.parametrize(
    ("part", "code"),
    [
        (Text("a", (Citation("https://a.example"),)), "citations.dropped"),
        (WebSearch("s", "q"), "citations.dropped"),
        (Media(MediaKind.DOCUMENT, "text/plain", text="D"), "document.textified"),
    ],
)
def test_what_is_reported(part: Part, code: str) -> None:
    """Of content that crosses in another form."""
    assert lost(written(asked(model(part)))) == [code]


@pytest.mark.parametrize(
    "part",
    [
        pytest.param(Media(MediaKind.IMAGE, url="https://x.example/a.png"), id="an-address"),
        pytest.param(Media(MediaKind.IMAGE, file_id="file_1"), id="another-vendors-file"),
        pytest.param(Unsupported("hologram", "messages[0]"), id="an-unknown-part"),
    ],
)
@pytest.mark.parametrize("target", [THIRD, FIRST], ids=["third", "first"])
def test_what_gemini_cannot_be_told(part: Part, target: Target) -> None:
    """Edge 265: aimux fetches nothing."""
    with pytest.raises(UnsupportedContent) as caught:
        contents(user(part), target=target)
    assert caught.value.hint


def test_calls_and_results_on_the_wrong_side_are_written_all_the_same() -> None:
    """Nothing that was said is lost, whoever calls."""
    conversation = contents(user(ToolCall("a", "f", "{}")), model(ToolResult("a")))

    assert [[*part] for each in conversation for part in each["parts"]] == [
        ["functionCall", "thoughtSignature"],
        ["functionResponse"],
    ]
