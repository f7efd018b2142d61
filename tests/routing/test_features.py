"""The facts of a request by table: in each format something that has it, something that has not, and
something malformed, which has not either.
"""

from __future__ import annotations

import base64
import json
from typing import Any, Final

import pytest

from aimux.model.request import WireFormat
from aimux.routing.features import Features, fact
from aimux.routing.plan import Demand, Task
from aimux.wire.codec import Operation
from aimux.wire.jsontext import scan
from tests.support.answers import ANTHROPIC, GEMINI, OPENAI_CHAT, OPENAI_RESPONSES

A, C, R, G = ANTHROPIC, OPENAI_CHAT, OPENAI_RESPONSES, GEMINI
PNG: Final = base64.b64encode(b"\x89PNG\r\n\x1a\nrest of it" + bytes(300)).decode()
PDF: Final = base64.b64encode(b"%PDF-1.7 rest of it" + bytes(300)).decode()
WORDS: Final = base64.b64encode(b"only words").decode()
PNG_URL: Final = f"data:image/png;base64,{PNG}"
PDF_URL: Final = f"data:application/pdf;base64,{PDF}"
ADDRESS: Final = "https://a.example/it"
SCHEMA: Final = {"type": "json_schema", "schema": {"type": "object"}}


def features(
    format_: WireFormat,
    body: dict[str, Any] | bytes,
    model: str = "m",
    *,
    headers: dict[str, str] | None = None,
    clients: tuple[str, ...] = (),
    operation: Operation = Operation.GENERATE,
) -> Features:
    """The facts of a body."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Features(
        scan(raw), format_, model, headers=headers or {}, clients=clients, operation=operation
    )


# ---------------------------------------------------------------- the model and who asks


def test_the_model_without_its_mark() -> None:
    """Claude Code's suffix says that the large window is wanted."""
    marked, bare = features(A, {}, "claude-opus-5[1m]"), features(A, {}, "claude-opus-5")

    assert (marked.asked, marked.model, marked.long_context) == (
        "claude-opus-5[1m]", "claude-opus-5", True,
    )  # fmt: skip
    assert (bare.model, bare.long_context) == ("claude-opus-5", False)


def test_a_fact_is_computed_once() -> None:
    """And only when it is asked for."""
    asked = features(A, {"messages": [{"role": "user", "content": "hi"}]})
    assert "history" not in asked.__dict__

    assert asked.history.messages is asked.history.messages
    assert isinstance(Features.history, fact)


def test_headers() -> None:
    """The project, the subagent, and any other."""
    headers = {"x-aimux-project": "/srv/x", "x-claude-code-agent-id": "a", "x-b": "c"}
    asked, bare = features(A, {}, headers=headers), features(A, {})

    assert (asked.project, asked.subagent, asked.header("x-b")) == ("/srv/x", True, "c")
    assert (bare.project, bare.subagent, bare.header("x-b")) == (None, False, None)


@pytest.mark.parametrize(
    ("said", "compacts"),
    [
        ('{"request_kind":"compaction"}', True),
        ('{"request_kind":"turn","note":"compaction"}', False),
        ('{"request_kind":"turn"}', False),
        ('["compaction"]', False),
        ('{"request_kind":"compaction"', False),
        ('{"x":"' + "x" * 20_000 + '","request_kind":"compaction"}', False),
        (None, False),
    ],
)
def test_compaction(said: str | None, compacts: bool) -> None:
    """Codex says so in a header."""
    headers = {} if said is None else {"x-codex-turn-metadata": said}

    assert features(R, {"input": "x"}, headers=headers).compaction is compacts


# ---------------------------------------------------------------- thinking


def middle(*efforts: Any) -> dict[str, Any]:
    """Instructions in the middle that name efforts."""
    turns = [{"role": "system", "content": "x", "output_config": {"effort": e}} for e in efforts]
    return {"messages": [{"role": "user", "content": "x"}, *turns]}


def updated(*settings: dict[str, Any]) -> dict[str, Any]:
    """Items that change settings."""
    return {"input": [{"type": "configuration_update", **each} for each in settings]}


@pytest.mark.parametrize(
    ("format_", "body", "thinking"),
    [
        (A, {}, "off"),
        (A, {"thinking": {"type": "adaptive"}}, "on"),
        (A, {"thinking": {"type": "adaptive"}, "output_config": {"effort": "max"}}, "max"),
        (A, {"thinking": {"type": "disabled"}, "output_config": {"effort": "max"}}, "off"),
        (A, {"thinking": {"type": "enabled", "budget_tokens": 1024}}, "low"),
        (A, {"thinking": {"type": "enabled", "budget_tokens": 31999}, "max_tokens": 32000}, "high"),
        (A, {"thinking": {"type": "between_tools"}}, "off"),
        (A, {"thinking": {"type": "adaptive"}, **middle("low", "xhigh")}, "xhigh"),
        (A, {"thinking": {"type": "adaptive"}, **middle("low", 7)}, "low"),
        (A, {"thinking": "yes"}, "off"),
        (A, {"thinking": {"type": 5}}, "off"),
        (C, {}, "off"),
        (C, {"reasoning_effort": "minimal"}, "minimal"),
        (C, {"reasoning_effort": "none"}, "off"),
        (C, {"reasoning_effort": "default"}, "off"),
        (C, {"reasoning_effort": 5}, "off"),
        (R, {}, "off"),
        (R, {"reasoning": {"effort": "high"}}, "high"),
        (R, {"reasoning": {"effort": "none", "summary": "auto"}}, "off"),
        (R, {"reasoning": {"summary": "auto"}}, "on"),
        (R, {"reasoning": {"effort": "high"}, **updated({"reasoning": {"effort": "low"}}, {})}, "low"),
        (R, {"reasoning": {"effort": "high"}, **updated({"reasoning": 5})}, "high"),
        (R, {"reasoning": "high"}, "off"),
        (G, {}, "off"),
        (G, {"generationConfig": {"thinkingConfig": {"thinkingLevel": "HIGH"}}}, "high"),
        (G, {"generation_config": {"thinking_config": {"thinking_budget": 0}}}, "off"),
        (G, {"generationConfig": {"thinkingConfig": {"thinkingBudget": -1}}}, "on"),
        (G, {"generationConfig": {"thinkingConfig": {"includeThoughts": True}}}, "on"),
        (G, {"generationConfig": {"thinkingConfig": {"thinkingLevel": "ALL"}}}, "off"),
        (G, {"generationConfig": {"thinkingConfig": 5}}, "off"),
        (G, {"generationConfig": 5}, "off"),
    ],
)  # fmt: skip
def test_thinking(format_: WireFormat, body: dict[str, Any], thinking: str) -> None:
    """Off, how much, or on."""
    assert features(format_, body).thinking == thinking


# ---------------------------------------------------------------- the answer


@pytest.mark.parametrize(
    ("format_", "body", "structured"),
    [
        (A, {}, False),
        (A, {"output_config": {"format": SCHEMA}}, True),
        (A, {"output_format": SCHEMA}, True),
        (A, {"output_config": {"effort": "low"}}, False),
        (A, {"output_config": {"format": "json_schema"}}, False),
        (C, {}, False),
        (C, {"response_format": {"type": "json_schema", "json_schema": {}}}, True),
        (C, {"response_format": {"type": "json_object"}}, False),
        (C, {"response_format": "json_schema"}, False),
        (R, {}, False),
        (R, {"text": {"format": SCHEMA}}, True),
        (R, {"text": {"format": {"type": "text"}}}, False),
        (R, {"text": {"format": {"type": "text"}}, **updated({"text": {"format": SCHEMA}}, {})}, True),
        (R, {"text": {"format": SCHEMA}, **updated({"text": {"format": {"type": "text"}}})}, False),
        (R, {"text": 5}, False),
        (G, {}, False),
        (G, {"generationConfig": {"responseSchema": {}}}, True),
        (G, {"generationConfig": {"responseMimeType": "application/json", "responseJsonSchema": {}}}, True),
        (G, {"generationConfig": {"response_mime_type": "application/json"}}, False),
        (G, {"generationConfig": {"responseMimeType": "text/x.enum", "responseSchema": {}}}, False),
        (G, {"generationConfig": {"responseMimeType": 5, "responseSchema": {}}}, False),
        (G, {"generationConfig": {"responseSchema": "x"}}, False),
    ],
)  # fmt: skip
def test_structured_output(format_: WireFormat, body: dict[str, Any], structured: bool) -> None:
    """A schema for the answer; any JSON is none."""
    assert features(format_, body).structured_output is structured


@pytest.mark.parametrize(
    ("format_", "body", "length"),
    [
        (A, {"max_tokens": 5}, 5),
        (A, {"max_tokens": -5}, None),
        (A, {"max_tokens": True}, None),
        (A, {}, None),
        (C, {"max_tokens": 5, "max_completion_tokens": 6}, 6),
        (C, {"max_tokens": 5, "max_completion_tokens": "6"}, 5),
        (C, {"max_tokens": 5.5}, None),
        (R, {"max_output_tokens": 5}, 5),
        (R, {"max_output_tokens": [5]}, None),
        (G, {"generationConfig": {"maxOutputTokens": 5}}, 5),
        (G, {"generation_config": {"max_output_tokens": "5"}}, 5),
        (G, {"generationConfig": {"maxOutputTokens": "5k"}}, None),
        (G, {"generationConfig": {"maxOutputTokens": None}}, None),
    ],
)  # fmt: skip
def test_max_output_tokens(format_: WireFormat, body: dict[str, Any], length: int | None) -> None:
    """How long the answer may be."""
    assert features(format_, body).max_output_tokens == length


# ---------------------------------------------------------------- tools

SEARCH: Final = {"type": "web_search_20250305", "name": "web_search", "max_uses": 8}
SPACE: Final = {
    "type": "namespace",
    "name": "ns",
    "tools": [{"type": "function", "name": "f"}, {"type": "custom", "name": "g"}],
}


def added(*tools: Any) -> dict[str, Any]:
    """An item of Responses with tools."""
    return {"type": "additional_tools", "tools": list(tools)}


FUNCTION: Final = {"type": "function", "function": {"name": "f", "parameters": {}}}


@pytest.mark.parametrize(
    ("format_", "body", "names", "searches"),
    [
        (A, {}, (), ""),
        (A, {"tools": []}, (), ""),
        (A, {"tools": [{"name": "f"}, {"type": "custom", "name": "g"}]}, ("f", "g"), ""),
        (A, {"tools": [{"name": "DeferredToolPlaceholder", "defer_loading": True}]}, (), ""),
        (A, {"tools": [{"type": "bash_20250124", "name": "bash"}]}, ("bash",), ""),
        (A, {"tools": [{"type": "code_execution_20250825", "name": "code_execution"}]}, (), ""),
        (A, {"tools": [SEARCH]}, (), "only"),
        (A, {"tools": [SEARCH, {"name": "f"}]}, ("f",), "also"),
        (A, {"tools": [SEARCH, SEARCH]}, (), "also"),
        (A, {"tools": [5, {"name": 5}, {"type": 5, "name": "f"}, {}]}, ("f",), ""),
        (A, {"tools": {"name": "f"}}, (), ""),
        (C, {}, (), ""),
        (C, {"tools": [FUNCTION, {"type": "custom", "custom": {"name": "g"}}]}, ("f", "g"), ""),
        (C, {"functions": [{"name": "old"}]}, ("old",), ""),
        (C, {"web_search_options": {}}, (), "only"),
        (C, {"tools": [FUNCTION], "web_search_options": {}}, ("f",), "also"),
        (C, {"tools": [{"type": "web_search", "web_search": {"enable": True}}]}, (), "also"),
        (C, {"tools": [{"type": "function"}, {"type": "function", "function": 5}, {"type": "x"}]}, (), ""),
        (C, {"web_search_options": None}, (), ""),
        (R, {"input": "x"}, (), ""),
        (R, {"tools": [{"type": "custom", "name": "f"}, {"type": "apply_patch"}]}, ("apply_patch", "f"), ""),
        (R, {"tools": [SPACE]}, ("f", "g", "ns__f", "ns__g"), ""),
        (R, {"tools": [{"type": "tool_search", "execution": "client"}]}, ("tool_search",), ""),
        (R, {"tools": [{"type": "tool_search"}]}, (), ""),
        (R, {"tools": [{"type": "shell"}, {"type": "local_shell"}]}, ("local_shell", "shell"), ""),
        (R, {"tools": [{"type": "shell", "environment": {"type": "container"}}]}, (), ""),
        (R, {"tools": [{"type": "web_search", "external_web_access": True}]}, (), "only"),
        (R, {"tools": [{"type": "web_search_preview"}], "input": [added(SPACE)]},
         ("f", "g", "ns__f", "ns__g"), "also"),
        (R, {"input": [{**added({"type": "custom", "name": "h"}), "type": "tool_search_output"}]},
         ("h",), ""),
        (R, {"input": [{"type": "additional_tools"}, added({"type": "namespace"}, {"type": "custom"}, 5)]},
         (), ""),
        (G, {}, (), ""),
        (G, {"tools": [{"functionDeclarations": [{"name": "f"}, {"name": "g"}]}]}, ("f", "g"), ""),
        (G, {"tools": {"function_declarations": {"name": "f"}}}, ("f",), ""),
        (G, {"tools": [{"googleSearch": {}}]}, (), "only"),
        (G, {"tools": [{"google_search_retrieval": {}, "functionDeclarations": [{"name": "f"}]}]},
         ("f",), "also"),
        (G, {"tools": [{"googleSearch": None}, {"codeExecution": {}}]}, (), ""),
        (G, {"tools": ["x", {"functionDeclarations": [5, {"name": None}]}]}, (), ""),
    ],
)  # fmt: skip
def test_tools(
    format_: WireFormat, body: dict[str, Any], names: tuple[str, ...], searches: str
) -> None:
    """By name what the client runs, and whether the provider shall search: also, or only that."""
    asked = features(format_, body)

    assert tuple(sorted(asked.tools)) == names
    assert asked.has_tools is bool(names)
    assert asked.web_search is bool(searches)
    assert asked.only_web_search is (searches == "only")


# ---------------------------------------------------------------- media


def base64_source(data: str, media_type: str = "") -> dict[str, Any]:
    """A source of Anthropic's."""
    return {"type": "base64", "media_type": media_type, "data": data}


def block(kind: str, source: Any) -> dict[str, Any]:
    """A block of Anthropic's."""
    return {"type": kind, "source": source}


IMAGE: Final = block("image", base64_source(PNG, "image/png"))


@pytest.mark.parametrize(
    ("part", "kind"),
    [
        (IMAGE, "image"),
        (block("image", {"type": "url", "url": ADDRESS}), "image"),
        (block("image", {"type": "url", "url": PDF_URL}), "document"),
        (block("image", {"type": "file", "file_id": "f"}), "image"),
        (block("image", base64_source(PDF, "image/png")), "document"),
        (block("image", base64_source("!!!!", "image/png")), ""),
        (block("image", {"type": "nothing"}), ""),
        (block("image", 5), ""),
        ({"type": "image", "source": None}, ""),
        (block("document", base64_source(PDF)), "document"),
        (block("document", base64_source(WORDS, "text/plain")), ""),
        (block("document", {"type": "text", "data": "words"}), ""),
        (block("document", {"type": "content", "content": [IMAGE, {"type": "text", "text": "x"}]}), "image"),
        (block("document", {"type": "content", "content": "words"}), ""),
        ({"type": "tool_result", "tool_use_id": "t", "content": "\"source\""}, ""),
        ({"type": "tool_result", "tool_use_id": "t"}, ""),
        ({"type": "text", "text": "an \"image\" with a \"source\""}, ""),
    ],
)  # fmt: skip
def test_media_of_anthropic(part: dict[str, Any], kind: str) -> None:
    """Blocks, and blocks in results."""
    check(A, {"messages": [{"role": "user", "content": [part]}]}, kind)


@pytest.mark.parametrize(
    ("part", "kind"),
    [
        ({"type": "image_url", "image_url": {"url": PNG_URL}}, "image"),
        ({"type": "image_url", "image_url": ADDRESS}, "image"),
        ({"type": "image_url", "image_url": {"url": PDF_URL}}, "document"),
        ({"type": "image_url", "image_url": {"url": "data:image/svg+xml,%3Csvg%3E"}}, "image"),
        ({"type": "image_url", "image_url": {"url": "data:text/plain,words"}}, ""),
        ({"type": "image_url", "image_url": {"url": f"data:;base64,{PNG[:-1]}%3D"}}, "image"),
        ({"type": "image_url", "image_url": {"url": 5}}, ""),
        ({"type": "image_url"}, ""),
        ({"type": "file", "file": {"file_data": PDF_URL}}, "document"),
        ({"type": "file", "file": {"file_data": PDF, "filename": "a.pdf"}}, "document"),
        ({"type": "file", "file": {"file_data": PNG_URL}}, "image"),
        ({"type": "file", "file": {"file_id": "f"}}, "document"),
        ({"type": "file", "file": {"file_data": WORDS}}, ""),
        ({"type": "file", "file": {}}, ""),
        ({"type": "text", "text": "image_url"}, ""),
        ("a bare text", ""),
    ],
)  # fmt: skip
def test_media_of_chat(part: Any, kind: str) -> None:
    """Parts of the user and of a tool's result."""
    check(C, {"messages": [{"role": "user", "content": [part]}]}, kind)
    call = {"id": "t", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    result = {"role": "tool", "tool_call_id": "t", "content": [part]}
    check(C, {"messages": [{"role": "assistant", "tool_calls": [call]}, result]}, kind)


@pytest.mark.parametrize(
    ("part", "kind"),
    [
        ({"type": "input_image", "image_url": PNG_URL}, "image"),
        ({"type": "input_image", "file_id": "f"}, "image"),
        ({"type": "input_image", "image_url": {"url": PNG_URL}}, ""),
        ({"type": "input_image"}, ""),
        ({"type": "input_file", "file_data": PDF_URL}, "document"),
        ({"type": "input_file", "file_data": WORDS}, ""),
        ({"type": "input_file", "file_url": ADDRESS}, "document"),
        ({"type": "input_file", "file_id": "f"}, "document"),
        ({"type": "input_text", "text": "input_image"}, ""),
    ],
)
def test_media_of_responses(part: dict[str, Any], kind: str) -> None:
    """Parts of a message and of an output, also where the output is the text of an array."""
    call = {"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"}

    def output(value: Any) -> dict[str, Any]:
        return {"input": [call, {"type": "function_call_output", "call_id": "c", "output": value}]}

    check(R, {"input": [{"role": "user", "content": [part]}]}, kind)
    check(R, output([part]), kind)
    check(R, output(json.dumps([part])), kind)
    check(R, output(json.dumps([part, {"type": "another"}])), "")
    check(R, output(f"[no array: {json.dumps(part)}"), "")
    check(R, {"input": [call, {"type": "function_call_output", "call_id": "c"}]}, "")


@pytest.mark.parametrize(
    ("part", "kind"),
    [
        ({"inlineData": {"mimeType": "image/png", "data": PNG}}, "image"),
        ({"inline_data": {"mime_type": "application/pdf", "data": PDF}}, "document"),
        ({"inlineData": {"mimeType": "audio/wav", "data": WORDS}}, ""),
        ({"inlineData": {"mimeType": "text/plain", "data": WORDS}}, ""),
        ({"inlineData": {"data": 5}}, ""),
        ({"inlineData": "x"}, ""),
        ({"fileData": {"mimeType": "image/png", "fileUri": ADDRESS}}, "image"),
        ({"file_data": {"file_uri": ADDRESS}}, "document"),
        ({"fileData": {"fileUri": "https://youtu.be/x"}}, ""),
        ({"fileData": {"mimeType": "image/png"}}, ""),
        ({"text": 'inlineData"'}, ""),
    ],
)
def test_media_of_gemini(part: dict[str, Any], kind: str) -> None:
    """Parts of the user, alone or in a list, and of a function's response."""
    check(G, {"contents": [{"role": "user", "parts": [part]}]}, kind)
    check(G, {"contents": [{"parts": part}]}, kind)
    call = {"functionCall": {"name": "f"}}
    if "text" not in part:
        response = {"functionResponse": {"name": "f", "response": {}, "parts": [part]}}
        check(G, {"contents": [{"role": "model", "parts": [call, response]}]}, kind)
    inner = {"contents": [{"parts": [part]}]}
    check(G, {"generateContentRequest": inner}, kind)


def test_turns_within_a_content() -> None:
    """Gemini's: a call in the user's content is the model's, and what follows the user's again."""
    call, image = (
        {"functionCall": {"name": "f"}},
        {"inlineData": {"mimeType": "image/png", "data": PNG}},
    )
    answer = {"functionResponse": {"name": "f", "response": {}, "parts": [image]}}

    def last(*parts: Any, role: str = "user") -> bool:
        return features(G, {"contents": [{"role": role, "parts": list(parts)}]}).images_last

    assert last(image)
    assert not last(image, call)
    assert last(call, image)
    assert last(call, answer, role="model")
    assert last(call, answer, {"text": "it is"}, role="model")
    assert not last(
        call, {"text": "and?"}, {"functionResponse": {"name": "f"}}, image, role="model"
    )


def check(format_: WireFormat, body: dict[str, Any], kind: str) -> None:
    """The kind is there, in the last turn too, and the other one is not."""
    asked = features(format_, body)

    assert asked.images is asked.images_last is (kind == "image"), body
    assert asked.documents is asked.documents_last is (kind == "document"), body


def test_an_escaped_letter_hides_nothing() -> None:
    """Nobody writes so, but nobody may be let past a rule by it."""
    raw = json.dumps({"messages": [{"role": "user", "content": [IMAGE]}]}).encode()
    escaped = raw.replace(b'"source"', b'"sourc\\u0065"')

    assert features(A, escaped).images
    assert not features(A, b'{"messages":[{"role":"user","content":"\\u001b[0m"}]}').images


def test_a_long_beginning_may_end_anywhere() -> None:
    """Data of which only the beginning is read, cut in the middle of escapes."""
    for shift in range(14):
        url = "data:image/png;x=" + "y" * (180 + shift) + "\U0001f600" * 30 + ";base64," + PNG
        for ascii_only in (True, False):
            body = {
                "messages": [{"role": "user", "content": [{"type": "image_url", "image_url": url}]}]
            }
            raw = json.dumps(body, ensure_ascii=ascii_only).encode()

            assert not features(C, raw).images  # what it holds begins too late to be seen
    number = {"messages": [{"role": "user", "content": [block("image", base64_source([5] * 200))]}]}  # type: ignore[arg-type]
    assert not features(A, number).images


CALL: Final = {"type": "tool_use", "id": "t", "name": "f", "input": {}}
SEEN: Final = {"type": "tool_result", "tool_use_id": "t", "content": [IMAGE]}


@pytest.mark.parametrize(
    ("turns", "last"),
    [
        ([("user", [IMAGE])], True),
        ([("user", [IMAGE]), ("assistant", "seen"), ("user", "and?")], False),
        ([("user", [IMAGE]), ("assistant", "I see a")], True),
        ([("user", [IMAGE]), ("user", "what is it?")], False),
        ([("user", [IMAGE]), ("user", "")], True),
        ([("user", [IMAGE]), ("user", [{"type": "text", "text": ""}])], True),
        ([("user", "x"), ("assistant", [CALL]), ("user", [SEEN])], True),
        ([("user", "x"), ("assistant", [CALL]), ("user", [SEEN, {"type": "text", "text": "go"}])], True),
        ([("user", "x"), ("assistant", [CALL]), ("user", [SEEN]), ("user", "go")], False),
        ([("user", "x"), ("assistant", [CALL]), ("user", ""), ("user", [SEEN])], True),
        ([("user", [IMAGE]), ("assistant", [CALL])], False),
        ([("user", [IMAGE]), ("assistant", [CALL]), ("system", "x")], False),
        ([("assistant", [IMAGE])], False),
        ([("nobody", [IMAGE])], False),
    ],
)  # fmt: skip
def test_the_last_turn(turns: list[tuple[str, Any]], last: bool) -> None:
    """The user's last one, with the results of the calls before it (see wire.adapt)."""
    body = {"messages": [{"role": role, "content": content} for role, content in turns]}

    assert features(A, body).images
    assert features(A, body).images_last is last


# ---------------------------------------------------------------- size, state, caches


def test_sizes() -> None:
    """Bytes of the body and tokens of the prompt."""
    asked = features(A, {"messages": [{"role": "user", "content": "word " * 1000}]})

    assert asked.bytes == len(asked.document.raw)
    assert 1200 < asked.input_tokens < 1400


@pytest.mark.parametrize(
    ("format_", "message", "signed"),
    [
        (A, {"role": "assistant", "content": [{"type": "thinking", "signature": "x"}]}, True),
        (A, {"role": "assistant", "content": [{"type": "redacted_thinking", "data": "x"}]}, True),
        (A, {"role": "user", "content": "x"}, False),
        (C, {"role": "assistant", "reasoning_details": []}, True),
        (C, {"role": "assistant", "content": "YWltdXgx"}, True),
        (C, {"role": "assistant", "content": "x"}, False),
        (R, {"type": "reasoning", "encrypted_content": "x"}, True),
        (R, {"type": "reasoning"}, False),
        (G, {"role": "model", "parts": [{"text": "x", "thoughtSignature": "x"}]}, True),
        (G, {"role": "model", "parts": [{"text": "x"}]}, False),
    ],
)
def test_signed(format_: WireFormat, message: dict[str, Any], signed: bool) -> None:
    """State of a provider in the history, or a carrier of some."""
    key = {A: "messages", C: "messages", R: "input", G: "contents"}[format_]

    assert features(format_, {key: [message]}).signed is signed


@pytest.mark.parametrize(
    ("format_", "body", "hour"),
    [
        (A, {"cache_control": {"type": "ephemeral", "ttl": "1h"}}, True),
        (A, {"cache_control": {"type": "ephemeral", "ttl": "5m"}}, False),
        (A, {"model": "1h"}, False),
        (C, {"cache_control": {"type": "ephemeral", "ttl": "1h"}}, False),
    ],
)
def test_cache_hour(format_: WireFormat, body: dict[str, Any], hour: bool) -> None:
    """A prompt that is to be kept for an hour."""
    assert features(format_, body).cache_hour is hour


# ---------------------------------------------------------------- what the work is

TITLE: Final = {"tools": [], "output_config": {"format": SCHEMA}, "max_tokens": 32000}
CLAUDE_CODE: Final = ("claude-code",)


@pytest.mark.parametrize(
    ("body", "model", "helper"),
    [
        (TITLE, "claude-sonnet-5", True),
        ({**TITLE, "thinking": {"type": "disabled"}}, "claude-sonnet-5", True),
        ({**TITLE, "thinking": {"type": "adaptive"}}, "claude-sonnet-5", False),
        ({**TITLE, "tools": [{"name": "f"}]}, "claude-sonnet-5", False),
        ({"output_config": {"format": SCHEMA}}, "claude-sonnet-5", False),
        ({"tools": []}, "claude-sonnet-5", False),
        ({"tools": [SEARCH]}, "claude-sonnet-5", True),
        ({"tools": [SEARCH, {"name": "f"}]}, "claude-sonnet-5", False),
        ({"messages": []}, "claude-haiku-4-5", True),
        ({"tools": [{"name": "f"}]}, "claude-haiku-4-5", False),
        ({"stop_sequences": ["</block>"]}, "claude-sonnet-5", True),
        ({"stop_sequences": []}, "claude-sonnet-5", False),
        ({"max_tokens": 1, "tools": [{"name": "f"}]}, "claude-sonnet-5", True),
        ({}, "claude-sonnet-5", False),
    ],
)  # fmt: skip
def test_helper(body: dict[str, Any], model: str, helper: bool) -> None:
    """Claude Code's small calls; anybody else's are what they are."""
    assert features(A, body, model, clients=CLAUDE_CODE).helper is helper
    assert not features(A, body, model).helper
    assert not features(C, body, model, clients=CLAUDE_CODE).helper


@pytest.mark.parametrize(
    ("body", "task", "output"),
    [
        ({"messages": [{"role": "user", "content": "hi"}]}, Task.CHAT, 600),
        ({"tools": [{"name": "f"}]}, Task.TOOLS, 400),
        ({"tools": [{"name": "f"}], "max_tokens": 50}, Task.TOOLS, 50),
        ({"tools": [{"name": "f"}], "thinking": {"type": "adaptive"}}, Task.THINKING, 1200),
        ({"messages": [{"role": "user", "content": "word " * 60_000}]}, Task.LONG, 900),
        (TITLE, Task.HELPER, 150),
    ],
)
def test_demand(body: dict[str, Any], task: Task, output: int) -> None:
    """What it will take, and what kind of work it is."""
    asked = features(A, body, clients=CLAUDE_CODE)

    assert asked.demand == Demand(asked.input_tokens, output, task)


def test_a_count_that_holds_a_request_badly() -> None:
    """Gemini's question for a count: what stands in its field is no request."""
    asked = features(
        G, {"generateContentRequest": 5, "contents": []}, operation=Operation.COUNT_TOKENS
    )

    assert asked.body is asked.document
    assert features(G, {"generate_content_request": {"tools": []}}).body.keys() == ["tools"]


def test_a_number_that_nobody_can_hold() -> None:
    """Well formed JSON all the same."""
    raw = b'{"max_tokens":' + b"9" * 5000 + b',"tools":[{"name":' + b"9" * 5000 + b"}]}"

    assert features(A, raw).max_output_tokens is None
    assert features(A, raw).tools == frozenset()


def test_an_item_that_is_nobody_s_turn_does_not_end_one() -> None:
    """What Responses has besides messages, calls and results."""
    image = {"type": "input_image", "image_url": PNG_URL}
    items = [
        {"type": "message", "role": "user", "content": [image]},
        {"type": "configuration_update", "reasoning": {"effort": "low"}},
    ]

    asked = features(R, {"input": items})

    assert (asked.images, asked.images_last) == (True, True)
