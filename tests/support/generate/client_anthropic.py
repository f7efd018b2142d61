"""Requests as Anthropic's clients write them (reference 1.1.3 to 1.1.8, 1.5.1)."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from tests.support.generate.conversations import PNG
from tests.support.generate.schemas import SCHEMAS
from tests.support.generate.some import OBJECTS, one, record, some_of
from tests.support.generate.texts import IDS, NAMES, PLAIN_NAMES, texts

_TEXTS = texts(halves=True)
_CACHE = {"type": "ephemeral", "ttl": "1h"}
_TEXT = record(type="text", text=_TEXTS) | record(type="text", text=_TEXTS, cache_control=_CACHE)
_IMAGE = one(
    {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PNG}},
    {"type": "image", "source": {"type": "url", "url": "https://a.example/a.png"}},
    {"type": "image", "source": {"type": "file", "file_id": "file_1"}},
)
_DOCUMENT = one(
    {"type": "document", "title": "T", "context": "C",
     "source": {"type": "base64", "media_type": "application/pdf", "data": "JVBERi0xLjQK"}},
    {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "some"}},
    {"type": "document", "source": {"type": "content", "content": "some"}},
    {"type": "document", "source": {"type": "url", "url": "https://a.example/a.pdf"},
     "citations": {"enabled": True}},
    {"type": "search_result", "source": "s", "title": "t", "content": [{"type": "text", "text": "x"}]},
)  # fmt: skip
_REFERENCE = PLAIN_NAMES.map(lambda name: {"type": "tool_reference", "tool_name": name})
_RESULT_CONTENT = _TEXTS | st.lists(_TEXT | _IMAGE | _DOCUMENT | _REFERENCE, max_size=2)


@st.composite
def _results(draw: st.DrawFn, ids: st.SearchStrategy[str]) -> dict[str, Any]:
    more = some_of(
        {"content": _RESULT_CONTENT, "is_error": st.booleans(), "cache_control": one(_CACHE)}
    )
    return {"type": "tool_result", "tool_use_id": draw(ids), **draw(more)}


_SEARCHED = one(
    {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": "q"}},
    {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": [
        {"type": "web_search_result", "url": "https://a.example", "title": "A", "encrypted_content": "x"}]},
    {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1",
     "content": {"type": "web_search_tool_result_error", "error_code": "unavailable"}},
)  # fmt: skip


def _turns(carriers: list[str], ids: st.SearchStrategy[str]) -> st.SearchStrategy[dict[str, Any]]:
    signatures = st.sampled_from(["", "EqQBCgIYAhIM", "invented", "aimux1.broken", *carriers])
    user = st.one_of(_TEXT, _TEXT, _IMAGE, _DOCUMENT, _results(ids), _results(IDS))
    assistant = st.one_of(
        _TEXT,
        record(type="tool_use", id=ids, name=NAMES, input=OBJECTS),
        record(type="thinking", thinking=_TEXTS, signature=signatures),
        record(type="redacted_thinking", data=signatures),
        _SEARCHED,
    )
    system = record(role="system", content=_TEXTS | st.lists(_TEXT, max_size=2)) | record(
        role="system", content=_TEXTS, output_config={"effort": "high"}
    )
    return st.one_of(
        record(role="user", content=_TEXTS | st.lists(user, max_size=3)),
        record(role="assistant", content=_TEXTS | st.lists(assistant, max_size=4)),
        system,
    )


_TOOLS = st.lists(
    st.one_of(
        record(name=NAMES, input_schema=SCHEMAS),
        record(name=PLAIN_NAMES, input_schema=SCHEMAS, description=_TEXTS, strict=st.booleans(),
               defer_loading=st.booleans(), cache_control=_CACHE, input_examples=[{"x": 1}]),
        one({"type": "web_search_20250305", "name": "web_search", "max_uses": 8},
            {"type": "bash_20250124", "name": "bash"},
            {"type": "code_execution_20250825", "name": "code_execution"},
            {"type": "text_editor_20250728", "name": "str_replace_based_edit_tool"}),
    ),
    max_size=3,
)  # fmt: skip
_FIELDS = {
    "system": one("Be terse.", "", [{"type": "text", "text": "x-anthropic-billing-header: cc_version=2;"},
                                    {"type": "text", "text": "Be terse.", "cache_control": _CACHE}]),
    "tools": _TOOLS,
    "tool_choice": one({"type": "auto"}, {"type": "any", "disable_parallel_tool_use": True},
                       {"type": "none"}, {"type": "tool", "name": "f"}),
    "thinking": one({"type": "adaptive", "display": "omitted"}, {"type": "adaptive"}, {"type": "disabled"},
                    {"type": "enabled", "budget_tokens": 31999}, {"type": "between_tools"}),
    "output_config": st.one_of(
        one({"effort": "medium"}, {"effort": "max"}),
        record(format=record(type="json_schema", schema=SCHEMAS)),
    ),
    "metadata": one({"user_id": '{"device_id":"d","account_uuid":"","session_id":"s-1"}'},
                    {"user_id": "u" * 300}),
    "stop_sequences": one([], ["END"], [" ", ""], ["a", "b", "c", "d", "e", "f"]),
    "temperature": one(0, 0.5, 1.0),
    "top_p": one(0.9),
    "top_k": one(40),
    "service_tier": one("auto", "standard_only"),
    "speed": one("fast", "standard"),
    "context_management": one({"edits": [{"type": "clear_thinking_20251015", "keep": "all"}]}),
    "stream": st.booleans(),
    "safeguards": one([]),
    "cache_control": one(_CACHE),
}  # fmt: skip


@st.composite
def bodies(draw: st.DrawFn, carriers: list[str]) -> dict[str, Any]:
    """Bodies for ``/v1/messages``."""
    ids = st.sampled_from(draw(st.lists(IDS, min_size=1, max_size=2)))
    messages = draw(st.lists(_turns(carriers, ids), min_size=1, max_size=5))
    limit = draw(one(1, 1000, 128_000))
    return {"model": "asked", "max_tokens": limit, "messages": messages, **draw(some_of(_FIELDS))}
