"""Requests as clients of Responses write them, Codex above all (reference 1.3.2, 1.3.3, 1.5.3)."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from tests.support.generate.conversations import PNG
from tests.support.generate.schemas import PLAIN, SCHEMAS
from tests.support.generate.some import OBJECTS, one, record, some_of
from tests.support.generate.texts import IDS, LOOSE_ARGUMENTS, NAMES, PLAIN_NAMES, texts

_TEXTS = texts(halves=True)
_INPUT_TEXT = record(type="input_text", text=_TEXTS)
_MEDIA = one(
    {"type": "input_image", "image_url": f"data:image/png;base64,{PNG}", "detail": "high"},
    {"type": "input_image", "image_url": "https://a.example/a.png"},
    {"type": "input_image", "file_id": "file-1"},
    {
        "type": "input_file",
        "file_data": "data:application/pdf;base64,JVBERi0xLjQK",
        "filename": "a.pdf",
    },
    {"type": "input_file", "file_url": "https://a.example/a.pdf"},
)
_F = {"type": "function", "name": "f"}
_OUTPUT_TEXT = record(type="output_text", text=_TEXTS, annotations=[]) | record(
    type="output_text", text=_TEXTS
)
_OUTPUT = (
    _TEXTS | st.lists(_INPUT_TEXT | _MEDIA, max_size=2) | one('[{"type":"input_text","text":"x"}]')
)
_NAMESPACE = {
    "type": "namespace", "name": "ns", "description": "d",
    "tools": [
        {"type": "function", "name": "f", "parameters": PLAIN, "strict": False},
        {"type": "custom", "name": "exec"},
    ],
}  # fmt: skip


def _items(carriers: list[str], ids: st.SearchStrategy[str]) -> st.SearchStrategy[dict[str, Any]]:
    states = st.sampled_from([None, "gAAAAABnative", "aimux1.broken", *carriers])
    summaries = st.lists(record(type="summary_text", text=_TEXTS), max_size=2)
    texts_ = one(None, []) | st.lists(record(type="reasoning_text", text=_TEXTS), max_size=1)
    return st.one_of(
        record(role="user", content=_TEXTS | st.lists(_INPUT_TEXT | _MEDIA, max_size=3)),
        record(type="message", role=one("developer", "system"), content=st.lists(_INPUT_TEXT, max_size=2)),
        record(type="message", role="assistant", id="msg_1", status="completed", phase="commentary",
               content=st.lists(_OUTPUT_TEXT | one({"type": "refusal", "refusal": "no"}), max_size=2)),
        record(type="message", role="assistant", content=_TEXTS),
        record(type="reasoning", id="rs_1", summary=summaries, content=texts_, encrypted_content=states),
        record(type="function_call", call_id=ids, name=NAMES, arguments=LOOSE_ARGUMENTS),
        record(type="function_call", call_id=ids, name=one("f", "exec"), namespace="ns", id="fc_1",
               arguments=LOOSE_ARGUMENTS, status="completed"),
        record(type="function_call_output", call_id=ids, output=_OUTPUT),
        record(type="function_call_output", call_id=ids | IDS, output=_OUTPUT),
        record(type="custom_tool_call", call_id=ids, name=PLAIN_NAMES, input=_TEXTS),
        record(type="custom_tool_call_output", call_id=ids, output=_OUTPUT),
        record(type="tool_search_call", call_id=ids, execution="client", arguments=OBJECTS,
               status="completed"),
        record(type="tool_search_output", call_id=ids, execution="client", status="completed",
               tools=[_NAMESPACE]),
        one({"type": "additional_tools", "role": "developer", "tools": [_NAMESPACE]},
            {"type": "web_search_call", "id": "ws_1", "status": "completed",
             "action": {"type": "search", "query": "q"}},
            {"type": "local_shell_call", "call_id": "call_sh", "id": "lsh_1", "status": "completed",
             "action": {"type": "exec", "command": ["ls"], "env": {}}},
            {"type": "local_shell_call_output", "call_id": "call_sh", "output": "x"},
            {"type": "configuration_update", "reasoning": {"effort": "low"}}),
    )  # fmt: skip


_FUNCTION = st.builds(
    lambda name, more: {"type": "function", "name": name, **more},
    NAMES,
    some_of({
        "description": _TEXTS, "parameters": SCHEMAS | st.none(), "strict": one(True, False, None),
        "defer_loading": st.booleans(),
    }),
)  # fmt: skip
_OTHER_TOOLS = one(
    _NAMESPACE,
    {"type": "custom", "name": "apply_patch", "format": {
        "type": "grammar", "syntax": "lark", "definition": "start: /a/"}},
    {"type": "tool_search", "execution": "client", "parameters": {"type": "object", "properties": {}}},
    {"type": "web_search", "external_web_access": False},
    {"type": "web_search_preview", "user_location": {"type": "approximate", "country": "DE"}},
    {"type": "local_shell"},
    {"type": "file_search", "vector_store_ids": ["v"]},
)  # fmt: skip
_FIELDS = {
    "instructions": one("Be terse.", "", None),
    "tools": st.lists(_FUNCTION | _FUNCTION | _OTHER_TOOLS, max_size=3),
    "tool_choice": one("auto", "none", "required", {"type": "function", "name": "f"},
                       {"type": "custom", "name": "apply_patch"},
                       {"type": "allowed_tools", "mode": "auto", "tools": [_F]}),
    "parallel_tool_calls": st.booleans(),
    "max_output_tokens": one(1, 16, 1000, 128_000, None),
    "temperature": one(0, 0.7, 1.7, None),
    "top_p": one(0.9, None),
    "reasoning": one({"effort": "medium", "summary": "auto"}, {"effort": "none"}, {}, None,
                     {"effort": "xhigh", "context": "all_turns"}),
    "text": one({"verbosity": "low"}, {"format": {"type": "json_object"}}, {"format": {"type": "text"}})
    | record(format=record(type="json_schema", name="answer", schema=SCHEMAS, strict=st.booleans())),
    "include": one(["reasoning.encrypted_content"], [], None),
    "store": one(False, True),
    "stream": st.booleans(),
    "prompt_cache_key": one("k-1"),
    "client_metadata": one({"x": "y"}),
    "metadata": one({"a": "b"}),
    "service_tier": one("auto", "flex"),
    "truncation": one("auto", "disabled"),
    "user": one("u-1"),
    "safety_identifier": one("s-1"),
    "top_logprobs": one(3),
}  # fmt: skip


@st.composite
def bodies(draw: st.DrawFn, carriers: list[str]) -> dict[str, Any]:
    """Bodies for ``/v1/responses``."""
    ids = st.sampled_from(draw(st.lists(IDS, min_size=1, max_size=2)))
    items = st.lists(_items(carriers, ids), min_size=1, max_size=6)
    asked = draw(_TEXTS if draw(st.integers(0, 7)) == 7 else items)
    return {"model": "asked", "input": asked, **draw(some_of(_FIELDS))}
