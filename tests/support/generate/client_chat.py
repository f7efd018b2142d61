"""Requests as clients of Chat Completions write them (reference 1.2.2, 1.2.3)."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from tests.support.generate.conversations import PNG
from tests.support.generate.schemas import SCHEMAS
from tests.support.generate.some import one, record, some_of
from tests.support.generate.texts import IDS, LOOSE_ARGUMENTS, NAMES, PLAIN_NAMES, texts

_TEXTS = texts(halves=True)
_PDF = "data:application/pdf;base64,JVBERi0xLjQK"
_TEXT = record(type="text", text=_TEXTS)
_PARTS = st.one_of(
    _TEXT,
    _TEXT,
    one(
        {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PNG}", "detail": "low"}},
        {"type": "image_url", "image_url": {"url": "https://a.example/a.png"}},
        {"type": "image_url", "image_url": {"url": "DATA:image/jpg;charset=utf-8;base64,/9j/4AAQ"}},
        {"type": "file", "file": {"file_data": _PDF, "filename": "a.pdf"}},
        {"type": "file", "file": {"file_id": "file-1"}},
        {"type": "input_audio", "input_audio": {"data": "UklGRg==", "format": "wav"}},
    ),
)  # fmt: skip


def _turns(carriers: list[str], ids: st.SearchStrategy[str]) -> st.SearchStrategy[dict[str, Any]]:
    extra = st.sampled_from(carriers).map(lambda each: {"google": {"thought_signature": each}})
    function = record(name=NAMES, arguments=LOOSE_ARGUMENTS)
    call = st.one_of(
        record(id=ids, type="function", function=function),
        record(id=ids, type="function", function=function),
        record(id=ids, type="function", function=function, extra_content=extra),
        record(id=ids, type="custom", custom=record(name=PLAIN_NAMES, input=_TEXTS)),
    )
    said = (
        st.none() | _TEXTS | st.lists(_TEXT | one({"type": "refusal", "refusal": "no"}), max_size=2)
    )
    assistant = some_of(
        {
            "tool_calls": st.lists(call, max_size=3),
            "reasoning_content": _TEXTS,
            "refusal": one(None, "no"),
            "name": one("n"),
            "function_call": one(None, {"name": "f", "arguments": "{}"}),
        }
    )
    return st.one_of(
        record(role="user", content=_TEXTS | st.lists(_PARTS, max_size=3)),
        st.builds(
            lambda content, more: {"role": "assistant", "content": content, **more}, said, assistant
        ),
        st.builds(
            lambda content, more: {"role": "assistant", "content": content, **more}, said, assistant
        ),
        record(role="tool", tool_call_id=ids | IDS, content=_TEXTS | st.lists(_TEXT, max_size=2)),
        record(role="tool", tool_call_id=ids, content=_TEXTS),
        record(role=one("system", "developer"), content=_TEXTS | st.lists(_TEXT, max_size=2)),
        record(role="function", name="f", content=_TEXTS),
    )


_FUNCTION = st.builds(
    lambda name, more: {"type": "function", "function": {"name": name, **more}},
    NAMES,
    some_of({"description": _TEXTS, "parameters": SCHEMAS, "strict": one(True, False, None)}),
)
_CUSTOM = one(
    {"type": "custom", "custom": {"name": "apply_patch", "description": "d"}},
    {"type": "custom", "custom": {"name": "g", "format": {
        "type": "grammar", "grammar": {"syntax": "lark", "definition": "start: /a/"}}}},
)  # fmt: skip
_SCHEMA_FORMAT = record(
    type="json_schema",
    json_schema=record(name="answer", schema=SCHEMAS, strict=one(True, False, None)),
)
_FIELDS = {
    "tools": st.lists(_FUNCTION | _FUNCTION | _CUSTOM, max_size=3),
    "tool_choice": one("auto", "none", "required", {"type": "function", "function": {"name": "f"}},
                       {"type": "allowed_tools", "allowed_tools": {"mode": "auto", "tools": [
                           {"type": "function", "function": {"name": "f"}}]}}),
    "parallel_tool_calls": st.booleans(),
    "max_tokens": one(1, 1000, 128_000, None),
    "max_completion_tokens": one(1000),
    "temperature": one(0, 0.7, 1.7, None),
    "top_p": one(0.9, 1),
    "presence_penalty": one(0.5),
    "frequency_penalty": one(-0.5),
    "seed": one(7),
    "stop": one("END", ["END"], [], None, ["a", "b", "c", "d"], " "),
    "n": one(1, None),
    "logprobs": one(False, True),
    "logit_bias": one({"50256": -100}),
    "response_format": one({"type": "text"}, {"type": "json_object"}) | _SCHEMA_FORMAT,
    "reasoning_effort": one("none", "minimal", "low", "high", "max"),
    "verbosity": one("low", "high"),
    "stream": st.booleans(),
    "stream_options": one({"include_usage": True}, {"include_usage": False}, None),
    "user": one("u-1", "u" * 200),
    "safety_identifier": one("s-1"),
    "prompt_cache_key": one("k-1"),
    "service_tier": one("auto", "flex", "priority"),
    "metadata": one({"a": "b"}),
    "store": st.booleans(),
    "functions": one([{"name": "f", "parameters": {"type": "object", "properties": {}}}]),
    "web_search_options": one({}),
    "modalities": one(["text"]),
    "prediction": one({"type": "content", "content": "x"}),
    "top_k": one(5),
}  # fmt: skip


@st.composite
def bodies(draw: st.DrawFn, carriers: list[str]) -> dict[str, Any]:
    """Bodies for ``/v1/chat/completions``."""
    ids = st.sampled_from(draw(st.lists(IDS, min_size=1, max_size=2)))
    messages = draw(st.lists(_turns(carriers, ids), min_size=1, max_size=6))
    return {"model": "asked", "messages": messages, **draw(some_of(_FIELDS))}
