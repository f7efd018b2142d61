"""The items that answers and histories are made of, in the vendor's shape (SDK types 3.54, 2026-11).

Kinds of call differ only in how they write their input: a function as JSON text, a custom tool as raw
text, a search for tools as a JSON value, the three tools of the vendor's own as an action of theirs.
For these three the neutral arguments are the action without its ``type``, which has one value.
"""

from __future__ import annotations

import hashlib
from typing import Any, Final, assert_never

from aimux.model.parts import (
    CallKind,
    Citation,
    Hit,
    Media,
    MediaKind,
    Opaque,
    OpaqueKind,
    ToolCall,
    WebSearch,
)
from aimux.wire import jsontext, opaque
from aimux.wire.errorkinds import mapping

Item = dict[str, Any]

PREFIXES: Final = {
    CallKind.FUNCTION: "fc_",
    CallKind.CUSTOM: "ctc_",
    CallKind.TOOL_SEARCH: "tsc_",
    CallKind.LOCAL_SHELL: "lsh_",
    CallKind.SHELL: "sh_",
    CallKind.APPLY_PATCH: "apc_",
}
CALL_TYPES: Final = {
    CallKind.FUNCTION: "function_call",
    CallKind.CUSTOM: "custom_tool_call",
    CallKind.TOOL_SEARCH: "tool_search_call",
    CallKind.LOCAL_SHELL: "local_shell_call",
    CallKind.SHELL: "shell_call",
    CallKind.APPLY_PATCH: "apply_patch_call",
}
KINDS: Final = {type_: kind for kind, type_ in CALL_TYPES.items()}

OWN_NAMES: Final = {
    CallKind.TOOL_SEARCH: "tool_search",
    CallKind.LOCAL_SHELL: "local_shell",
    CallKind.SHELL: "shell",
    CallKind.APPLY_PATCH: "apply_patch",
}
"""Of the tools that the vendor knows by their type alone."""

_ACTIONS: Final[dict[CallKind, tuple[str, Item]]] = {
    CallKind.LOCAL_SHELL: ("action", {"type": "exec", "command": [], "env": {}}),
    CallKind.SHELL: ("action", {"commands": []}),
    CallKind.APPLY_PATCH: ("operation", {"type": "update_file", "path": "", "diff": ""}),
}
"""Where such a call has its input, and what of it must be there."""


def item_id(prefix: str, *seed: object) -> str:
    """The id of an item, which its seed determines."""
    said = "\0".join(map(str, seed)).encode("utf-8", "surrogatepass")
    return prefix + hashlib.sha256(said).hexdigest()[:24]


def call_item(call: ToolCall, arguments: str) -> Item:
    """A call with its input, without id and status; ``arguments`` is empty while they are to come."""
    kind = call.kind
    item: Item = {"type": CALL_TYPES[kind], "call_id": call.id}
    match kind:
        case CallKind.FUNCTION:
            item |= {"name": call.name, "arguments": arguments}
        case CallKind.CUSTOM:
            item |= {"name": call.name, "input": arguments}
        case CallKind.TOOL_SEARCH:
            item |= {"execution": "client", "arguments": _value_in(arguments)}
        case _:
            place, needed = _ACTIONS[kind]
            item[place] = needed | _mapping_in(arguments)
    if call.namespace:
        item["namespace"] = call.namespace
    return item


def _value_in(text: str) -> object:
    """Arguments as a value whose numbers keep their spelling; what is no object has none that a client
    could search with.
    """
    whole = jsontext.object_text(text)
    return {} if whole is None else jsontext.verbatim(whole)


def _mapping_in(text: str) -> Item:
    try:
        return mapping(jsontext.loads(text))
    except ValueError:
        return {}


def call_of(item: Item) -> ToolCall | None:
    """The call that an item is; None for any other item, and for a search that the vendor ran."""
    kind = KINDS.get(str(item.get("type")))
    if kind is None or (kind is CallKind.TOOL_SEARCH and item.get("execution") == "server"):
        return None
    id_ = item.get("call_id") or item.get("id")
    name, namespace = item.get("name"), item.get("namespace")
    return ToolCall(
        id_ if isinstance(id_, str) else "",
        OWN_NAMES.get(kind) or (name if isinstance(name, str) else ""),
        arguments_of(item, kind),
        kind,
        namespace if isinstance(namespace, str) else "",
    )


def arguments_of(item: Item, kind: CallKind) -> str:
    """The input of a call as neutral arguments; a value where a text belongs is written as one."""
    match kind:
        case CallKind.FUNCTION | CallKind.TOOL_SEARCH:
            value = item.get("arguments")
        case CallKind.CUSTOM:
            value = item.get("input")
        case CallKind.APPLY_PATCH:
            value = item.get("operation")
        case CallKind.LOCAL_SHELL | CallKind.SHELL:
            value = {key: v for key, v in mapping(item.get("action")).items() if key != "type"}
        case _:
            assert_never(kind)
    if value is None:
        return ""
    return value if isinstance(value, str) else jsontext.text_of(value)


def search_item(search: WebSearch) -> Item:
    """A search that the provider ran, without id."""
    sources = [{"type": "url", "url": hit.url} for hit in search.hits]
    return {
        "type": "web_search_call",
        "status": "failed" if search.error else "completed",
        "action": {
            "type": "search",
            "query": search.query,
            "queries": [search.query],
            "sources": sources,
        },
    }


def search_of(item: Item) -> WebSearch:
    """The search in a ``web_search_call``; of a page that was opened, its address is the query."""
    action = mapping(item.get("action"))
    queries = action.get("queries")
    named = [action.get(key) for key in ("query", "pattern", "url")]
    asked = [*named, *(queries if isinstance(queries, list) else [])]
    sources = action.get("sources")
    hits = [mapping(each) for each in sources] if isinstance(sources, list) else []
    return WebSearch(
        str(item.get("id") or ""),
        next((each for each in asked if isinstance(each, str) and each), ""),
        tuple(
            Hit(hit["url"], str(hit.get("title") or ""))
            for hit in hits
            if isinstance(hit.get("url"), str)
        ),
        "unavailable" if item.get("status") == "failed" else "",
    )


def words_of_search(search: WebSearch) -> str:
    """A search of an earlier turn in words, for whoever did not run it."""
    hits = "; ".join(f"{hit.title} - {hit.url}" if hit.title else hit.url for hit in search.hits)
    return f'[searched the web for "{search.query}"{": " if hits else ""}{hits}]'


def image_item(medium: Media) -> Item:
    """An image that the model made, without id."""
    form = medium.media_type.removeprefix("image/") or "png"
    return {
        "type": "image_generation_call",
        "status": "completed",
        "result": medium.data,
        "output_format": form,
    }


def image_of(item: Item) -> Media | None:
    """The image in an ``image_generation_call``, where it has one."""
    result, form = item.get("result"), item.get("output_format")
    if not isinstance(result, str) or not result:
        return None
    form = form if isinstance(form, str) and form else "png"
    return Media(MediaKind.IMAGE, f"image/{form}", data=result)


def annotation(citation: Citation, text_chars: int) -> Item:
    """A source of a text of so many characters."""
    return {
        "type": "url_citation",
        "start_index": max(citation.start, 0),
        "end_index": citation.end if citation.end >= 0 else text_chars,
        "url": citation.url,
        "title": citation.title,
    }


def encrypted(state: Opaque) -> str:
    """A state in the slot of ``encrypted_content``: the vendor's own as it came, another's sealed."""
    if state.kind is OpaqueKind.OPENAI_REASONING and not state.issuer:
        return state.value
    return opaque.seal(state)
