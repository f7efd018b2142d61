"""Blocks of a client's history, as parts."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from aimux.errors import InvalidRequest
from aimux.model.parts import (
    Citation,
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
from aimux.model.request import FunctionTool
from aimux.wire import jsontext
from aimux.wire.opaque import seal, seal_base64
from tests.wire.anthropic.asking import CODEC, codes, read, said, turn

PNG = base64.b64encode(b"\x89PNG\r\n\x1a\nrest").decode()
PDF = base64.b64encode(b"%PDF-1.7 rest").decode()
IMAGE, DOCUMENT = MediaKind.IMAGE, MediaKind.DOCUMENT


def source(kind: str, **fields: Any) -> dict[str, Any]:
    """An image or a document from a source."""
    return {"type": kind, "source": fields}


MEDIA: list[Any] = [
    pytest.param(
        source("image", type="base64", media_type="image/png", data=PNG),
        [Media(IMAGE, "image/png", data=PNG)],
        id="image",
    ),
    pytest.param(
        source("image", type="base64", data=PNG), [Media(IMAGE, "image/png", data=PNG)], id="no-type"
    ),
    pytest.param(
        source("image", type="url", url="https://a.example/b.png"),
        [Media(IMAGE, url="https://a.example/b.png")],
        id="image-url",
    ),
    pytest.param(
        source("image", type="url", url=f"data:image/png;base64,{PNG}"),
        [Media(IMAGE, "image/png", data=PNG)],
        id="image-data-url",
    ),
    pytest.param(source("image", type="file", file_id="f1"), [Media(IMAGE, file_id="f1")], id="file"),
    pytest.param(
        {**source("document", type="base64", media_type="application/pdf", data=PDF), "title": "T"},
        [Media(DOCUMENT, "application/pdf", data=PDF, name="T")],
        id="edge-212-pdf",
    ),
    pytest.param(
        {**source("document", type="text", media_type="text/plain", data="words"), "context": "C"},
        [Media(DOCUMENT, "text/plain", text="words", context="C")],
        id="edge-212-text",
    ),
    pytest.param(
        source("document", type="url", url="https://a.example/b.pdf"),
        [Media(DOCUMENT, "application/pdf", url="https://a.example/b.pdf")],
        id="pdf-url",
    ),
    pytest.param(source("document", type="text", data=""), [], id="empty-text"),
    pytest.param(
        source("document", type="content", content="words"),
        [Media(DOCUMENT, "text/plain", text="words")],
        id="content-string",
    ),
    pytest.param(
        {
            **source(
                "document",
                type="content",
                content=[
                    {"type": "text", "text": "words"},
                    source("image", type="base64", media_type="image/png", data=PNG),
                ],
            ),
            "title": "T",
        },
        [Media(DOCUMENT, "text/plain", text="words", name="T"), Media(IMAGE, "image/png", data=PNG)],
        id="content-blocks",
    ),
    pytest.param(
        {
            "type": "search_result",
            "title": "T",
            "source": "https://a.example",
            "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}],
        },
        [Text("T\nhttps://a.example\n\na\nb")],
        id="search-result",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("block", "parts"), MEDIA)
def test_media_in_a_message(block: dict[str, Any], parts: list[Part]) -> None:
    """Every kind of source."""
    assert turn(block) == tuple(parts)


@pytest.mark.parametrize(("block", "parts"), MEDIA)
def test_media_in_a_result(block: dict[str, Any], parts: list[Part]) -> None:
    """Edge 211: the same inside what a tool gave back."""
    result = {"type": "tool_result", "tool_use_id": "a", "content": [block]}

    assert turn(result) == (ToolResult("a", tuple(parts)),)  # type: ignore[arg-type]  # texts and media


@pytest.mark.parametrize(
    "block",
    [
        source("image", type="base64", media_type="image/png", data="?"),
        source("image", type="base64", media_type="image/png", data=7),
        source("image", type="url"),
        source("image", type="url", url="data:image/png;base64,?"),
        source("image", type="file"),
        source("image", type="of_a_new_kind"),
        {"type": "image"},
        source("document", type="content", content=[{"type": "audio"}]),
        source("document", type="content", content=7),
        {"type": "document", "source": {"type": "text"}},
        {"type": "search_result", "content": [{"type": "text"}]},
    ],
)
def test_media_that_cannot_be_read_are_refused(block: dict[str, Any]) -> None:
    """With the place where they stand."""
    with pytest.raises(InvalidRequest) as caught:
        turn(block)

    assert str(caught.value.param).startswith("messages[0].content[0].")


@pytest.mark.parametrize(
    ("result", "parts"),
    [
        pytest.param({"content": "out"}, (ToolResult("a", (Text("out"),)),), id="string"),
        pytest.param({}, (ToolResult("a"),), id="edge-207"),
        pytest.param({"content": None}, (ToolResult("a"),), id="edge-207-null"),
        pytest.param({"content": []}, (ToolResult("a"),), id="edge-207-empty"),
        pytest.param(
            {"content": "bad", "is_error": True},
            (ToolResult("a", (Text("bad"),), is_error=True),),
            id="is-error",
        ),
        pytest.param(
            {"content": [{"type": "tool_reference", "tool_name": "WebSearch"}]},
            (ToolResult("a", (Text("Tool loaded: WebSearch"),)),),
            id="edge-208",
        ),
        pytest.param(
            {"content": [{"type": "browser_state", "tabs": [{"tab_id": "1"}]}]},
            (ToolResult("a", (Text('[the browser: {"tabs":[{"tab_id":"1"}]}]'),)),),
            id="browser-state",
        ),
        pytest.param(
            {"content": [{"type": "text", "text": "b"}, {"type": "of_a_new_kind"}]},
            (
                ToolResult("a", (Text("b"),)),
                Unsupported("of_a_new_kind", "messages[0].content[0].content[1]"),
            ),
            id="unknown-inside",
        ),
    ],
)
def test_results(result: dict[str, Any], parts: tuple[Part, ...]) -> None:
    """What a tool gave back, also nothing."""
    assert turn({"type": "tool_result", "tool_use_id": "a", **result}) == parts


@pytest.mark.parametrize(
    ("given", "arguments"),
    [
        ('{"x":1.0,"y":1e3,"z":10000000000000000000000}', '{"x":1.0,"y":1e3,"z":10000000000000000000000}'),
        ("{ }", "{}"),
        ("null", "{}"),
        ('{"b":1,"a":"\\u00e9"}', '{"b":1,"a":"\u00e9"}'),
        ("[1.50]", "[1.50]"),
        ('"x"', '"x"'),
        ('{"x":"\\ud83d\\ude00","y":1.0}', '{"x":"\U0001f600","y":1.0}'),
        ('{"x":["\\ud800"],"\\uDC00":1}', '{"x":["\ufffd"],"\ufffd":1}'),
    ],
)  # fmt: skip
def test_arguments_are_kept_as_they_are_written(given: str, arguments: str) -> None:
    """Edges 351 and 352: numbers in their spelling, keys in their order."""
    call = f'{{"type":"tool_use","id":"a","name":"f","input":{given}}}'
    body = f'{{"messages":[{{"role":"assistant","content":[{call}]}}]}}'.encode()
    request = CODEC.read_request(jsontext.scan(body), "m", stream=False)

    assert request.messages[0].parts == (ToolCall("a", "f", arguments),)


def test_a_call_of_a_toolset_has_its_namespace() -> None:
    """``toolset_name`` tells whose member it is."""
    block = {
        "type": "tool_use",
        "id": "a",
        "name": "key",
        "input": {"text": "x"},
        "toolset_name": "computer",
    }

    assert said(block) == (ToolCall("a", "key", '{"text":"x"}', namespace="computer"),)


SIGNED = Opaque(OpaqueKind.OPENAI_REASONING, "gAAAA", "oa", "gpt")
GOOGLE = Opaque(OpaqueKind.GEMINI_SIGNATURE, "sig", "google", "gemini-3")
WROTE = Opaque(OpaqueKind.TEXT, "", "zai", "glm", text="thought")


def thinking(text: str, signature: object = "") -> dict[str, Any]:
    """A block of thinking."""
    return {"type": "thinking", "thinking": text, "signature": signature}


def redacted(data: str) -> dict[str, Any]:
    """A block of nothing but state."""
    return {"type": "redacted_thinking", "data": data}


CALL = {"type": "tool_use", "id": "a", "name": "f", "input": {}}
TEXT = {"type": "text", "text": "t"}


def call(state: Opaque | None = None) -> ToolCall:
    """What CALL means."""
    return ToolCall("a", "f", "{}", state=state)


@pytest.mark.parametrize(
    ("blocks", "parts"),
    [
        pytest.param(
            [thinking("R", "EqQB")],
            [Thinking("R", Opaque(OpaqueKind.ANTHROPIC_SIGNATURE, "EqQB"))],
            id="native",
        ),
        pytest.param(
            [redacted("Eabc")],
            [Thinking("", Opaque(OpaqueKind.ANTHROPIC_REDACTED, "Eabc"))],
            id="edge-104-native",
        ),
        pytest.param([thinking("R")], [Thinking("R")], id="edge-122"),
        pytest.param([thinking("R", None)], [Thinking("R")], id="no-signature"),
        pytest.param([thinking("")], [], id="nothing"),
        pytest.param([thinking("R", seal(SIGNED))], [Thinking("R", SIGNED)], id="carrier"),
        pytest.param([thinking("", seal(WROTE))], [Thinking("thought", WROTE)], id="omitted"),
        pytest.param([redacted(seal(SIGNED, "R"))], [Thinking(
            "R", Opaque(OpaqueKind.OPENAI_REASONING, "gAAAA", "oa", "gpt", text="R"))], id="redacted"),
        pytest.param([thinking("R", seal(SIGNED) + "x")], [Thinking("R")], id="broken-carrier"),
        pytest.param([redacted(seal(SIGNED)[:-1])], [], id="broken-carrier-alone"),
        pytest.param([redacted(seal(GOOGLE)), CALL], [call(GOOGLE)], id="signature-of-a-call"),
        pytest.param([redacted(seal_base64(GOOGLE)), CALL], [call(GOOGLE)], id="twice-base64"),
        pytest.param([thinking("R", seal(GOOGLE)), CALL], [call(GOOGLE)], id="beside-thinking"),
        pytest.param(
            [redacted(seal(GOOGLE)), thinking("R"), TEXT],
            [Thinking("R"), Text("t", state=GOOGLE)],
            id="waits-for-a-text",
        ),
        pytest.param([TEXT, redacted(seal(GOOGLE))], [Text("t", state=GOOGLE)], id="of-the-text-before"),
        pytest.param(
            [TEXT, redacted(seal(GOOGLE)), redacted(seal(GOOGLE)), CALL],
            [Text("t", state=GOOGLE), call(GOOGLE)],
            id="two-in-a-row",
        ),
        pytest.param([redacted(seal(GOOGLE))], [Text("", state=GOOGLE)], id="alone"),
        pytest.param(
            [TEXT, thinking("R"), redacted(seal(GOOGLE))],
            [Text("t", state=GOOGLE), Thinking("R")],
            id="of-the-text-further-before",
        ),
        pytest.param(
            [thinking("R"), redacted(seal(GOOGLE))],
            [Thinking("R"), Text("", state=GOOGLE)],
            id="of-no-text",
        ),
        pytest.param(
            [redacted(seal(GOOGLE)), CALL, redacted(seal(GOOGLE))],
            [call(GOOGLE), Text("", state=GOOGLE)],
            id="one-too-many",
        ),
    ],
)  # fmt: skip
def test_state_that_the_client_has_kept(blocks: list[Any], parts: list[Part]) -> None:
    """Bare is the format's own; a carrier says whose; what is broken is dropped, its text is not."""
    assert said(*blocks) == tuple(parts)


def searched(content: object, **call: Any) -> list[dict[str, Any]]:
    """A search of an earlier turn."""
    use = {
        "type": "server_tool_use",
        "id": "srvtoolu_1",
        "name": "web_search",
        "input": {"query": "q"},
    }
    found = {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": content}
    return [{**use, **call}, found]


HIT = {
    "type": "web_search_result", "url": "https://a.example", "title": "A", "encrypted_content": "E"
}  # fmt: skip


@pytest.mark.parametrize(
    ("blocks", "text"),
    [
        pytest.param(
            searched([HIT, {**HIT, "title": ""}]),
            '[searched the web for "q": A - https://a.example; https://a.example]',
            id="hits",
        ),
        pytest.param(searched([]), '[searched the web for "q": nothing was found]', id="no-hits"),
        pytest.param(
            searched({"type": "web_search_tool_result_error", "error_code": "unavailable"}),
            '[searched the web for "q": it failed: unavailable]',
            id="error",
        ),
        pytest.param(
            searched([])[1:], '[searched the web for "": nothing was found]', id="without-its-call"
        ),
        pytest.param(
            [
                {"type": "server_tool_use", "id": "s", "name": "code_execution", "input": {"code": "1"}},
                {"type": "code_execution_tool_result", "tool_use_id": "s", "content": {"stdout": "1"}},
            ],
            '[code_execution was run with {"code":"1"} and gave {"stdout":"1"}]',
            id="code",
        ),
        pytest.param(
            [
                {"type": "mcp_tool_use", "id": "s", "name": "f", "server_name": "x", "input": {}},
                {"type": "mcp_tool_result", "tool_use_id": "s", "content": [{"type": "text", "text": "a"},
                                                                          {"type": "text", "text": "b"}]},
            ],
            "[f was run with {} and gave a\nb]",
            id="mcp",
        ),
        pytest.param(
            [{"type": "mcp_tool_result", "tool_use_id": "s", "content": "x" * 30_000}],
            "[mcp was run with {} and gave " + "x" * 20_000 + "...]",
            id="long",
        ),
        pytest.param(
            [*searched([])[:1], *searched([], id="srvtoolu_2")[:1], *searched([])[1:]],
            '[searched the web for "q": nothing was found]',
            id="two-calls",
        ),
        pytest.param(
            [{"type": "server_tool_use", "id": "s", "name": "web_fetch", "input": {"url": "u"}}],
            '[web_fetch was run with {"url":"u"}]',
            id="edge-113-unanswered",
        ),
    ],
)  # fmt: skip
def test_tools_that_anthropic_ran_are_told_in_words(blocks: list[Any], text: str) -> None:
    """Edge 106: as calls of the client's they would need results."""
    assert said(*blocks)[0] == Text(text)


def test_server_results_are_reported() -> None:
    """Their citations are gone."""
    messages = [{"role": "assistant", "content": searched([HIT])}]

    assert codes(read({"messages": messages})) == [("citations.dropped", "messages[0].content[1]")]


def test_citations_of_the_web_stay() -> None:
    """Others have no address elsewhere."""
    web = {
        "type": "web_search_result_location", "url": "https://a.example", "title": None,
        "encrypted_index": "E", "cited_text": "c",
    }  # fmt: skip
    page = {"type": "page_location", "document_index": 0, "cited_text": "c"}
    block = {"type": "text", "text": "t", "citations": [web, page]}
    request = read({"messages": [{"role": "assistant", "content": [block]}]})

    cited = (Citation("https://a.example", "", "c"),)
    assert request.messages[0].parts == (Text("t", cited),)
    assert codes(request) == [("citations.dropped", "messages[0].content[0].citations")]


@pytest.mark.parametrize(
    ("role", "block", "parts", "code"),
    [
        ("user", {"type": "container_upload", "file_id": "f"},
         (Unsupported("container_upload", "messages[0].content[0]"),), None),
        ("user", {"type": "of_a_new_kind"}, (Unsupported("of_a_new_kind", "messages[0].content[0]"),), None),
        ("assistant", {"type": "compaction", "content": "short"}, (Text("short"),), None),
        ("assistant", {"type": "compaction", "encrypted_content": "E"},
         (Unsupported("compaction", "messages[0].content[0]"),), None),
        ("assistant", {"type": "fallback", "from": {}}, (), "unknown_block.dropped"),
        ("assistant", {"type": "mcp_tool_listing"}, (), "unknown_block.dropped"),
        ("user", {"type": "image", "source": {"type": "url", "url": "https://a.example"}, "transformations": {
            "oversized_image": "error"}}, (Media(IMAGE, url="https://a.example"),), "unknown_field.dropped"),
        ("user", {"type": "document", "citations": {"enabled": True}, "source": {
            "type": "text", "data": "a"}}, (Media(DOCUMENT, "text/plain", text="a"),), "citations.dropped"),
        ("user", {"type": "document", "citations": {"enabled": False}, "source": {
            "type": "text", "data": "a"}}, (Media(DOCUMENT, "text/plain", text="a"),), None),
    ],
)  # fmt: skip
def test_blocks_that_are_rare(
    role: str, block: dict[str, Any], parts: tuple[Part, ...], code: str | None
) -> None:
    """The client's content never vanishes; the vendor's own marks may, and say so."""
    request = read({"messages": [{"role": role, "content": [block]}]})

    assert request.messages[0].parts == parts
    assert [each for each, _ in codes(request)] == ([code] if code else [])


def test_half_a_character_is_mended() -> None:
    """Edge 357: vendors refuse it."""
    half = {"type": "object", "title": "c\ud83d", "minProperties": 1}
    body = {
        "system": "a\ud83d",
        "messages": [{"role": "user", "content": "b\ud83d"}],
        "tools": [{"name": "f", "input_schema": half}],
        "output_config": {"format": {"type": "json_schema", "schema": half}},
    }
    request = read(body)
    tool = request.tools[0]

    assert request.system == (Text("a\ufffd"),)
    assert request.messages[0].parts == (Text("b\ufffd"),)
    assert isinstance(tool, FunctionTool)
    assert tool.schema == {"type": "object", "title": "c\ufffd", "minProperties": 1}
    assert request.output is not None
    assert request.output.schema == tool.schema


def test_citations_that_all_stay_are_no_loss() -> None:
    """Nothing was left out."""
    web = {"type": "web_search_result_location", "url": "https://a.example", "cited_text": "c"}
    block = {"type": "text", "text": "t", "citations": [web]}

    assert codes(read({"messages": [{"role": "assistant", "content": [block]}]})) == []


def test_tools_that_were_found_or_called_are_open() -> None:
    """A reference of the client's search, one of Anthropic's, or a call: all name it."""
    names = ("referenced", "searched", "called", "hidden")
    tools = [{"name": n, "input_schema": {"type": "object"}, "defer_loading": True} for n in names]
    found = [{"type": "tool_reference", "tool_name": "searched"}, {"tool_name": 7}]
    messages = [
        {
            "role": "assistant",
            "content": [
                {"type": "tool_search_tool_result", "tool_use_id": "s", "content": {
                    "type": "tool_search_tool_search_result", "tool_references": found}},
                {"type": "tool_use", "id": "b", "name": "called", "input": {}},
            ],
        },
        {
            "role": "user",
            "content": [{"type": "tool_result", "tool_use_id": "b", "content": [
                {"type": "tool_reference", "tool_name": "referenced"}]}],
        },
    ]  # fmt: skip
    request = read({"tools": tools, "messages": messages})

    opened = {t.name: t.found for t in request.tools if isinstance(t, FunctionTool)}
    assert opened == {"referenced": True, "searched": True, "called": True, "hidden": False}


def test_marks_of_what_to_cache_are_one_loss() -> None:
    """Edges 223 and 225: wherever they stand, and however many."""
    mark = {"cache_control": {"type": "ephemeral"}}
    messages = [
        {"role": "user", "content": [{**TEXT, **mark}, {"type": "tool_result", "tool_use_id": "a", **mark}]},
        {"role": "system", "content": [{**TEXT, **mark}]},
    ]  # fmt: skip
    everywhere = read({"messages": messages, "system": [{**TEXT, **mark}]})
    inside = {"type": "tool_result", "tool_use_id": "a", "content": [{**TEXT, **mark}]}

    assert codes(everywhere) == [("cache_control.dropped", "")]
    for body in (
        {"messages": [{"role": "user", "content": [inside]}]},
        {"messages": [{"role": "system", "content": [{**TEXT, **mark}]}]},
        {"tools": [{"name": "f", **mark}]},
    ):
        assert codes(read(body)) == [("cache_control.dropped", "")]
    assert (
        codes(read({"messages": [{"role": "user", "content": [{**TEXT, "cache_control": None}]}]}))
        == []
    )


def test_a_long_history_is_read_in_a_time_that_grows_with_it() -> None:
    """Edge 358: nothing is looked at twice."""
    messages = [
        each
        for n in range(3000)
        for each in (
            {"role": "user", "content": [{"type": "text", "text": f"{n}"}]},
            {"role": "system", "content": "now", "clear_at": "next_user_message"},
            {"role": "assistant", "content": "ok"},
        )
    ]
    request = CODEC.read_request(
        jsontext.scan(json.dumps({"messages": messages}).encode()), "m", stream=False
    )

    assert len(request.messages) == 6001
