"""Tools that a provider ran by itself: their blocks in an answer and in a history.

A call (``server_tool_use``, ``mcp_tool_use``) and its result stand in the same turn of the assistant.
A search of the web has a word in the neutral model; in a history, and for all other tools, what was
done is told in words: as a call of the client's it would need a result of the client's.
"""

from __future__ import annotations

import hashlib
from typing import Any, Final

from aimux.model.parts import Citation, Hit, WebSearch
from aimux.wire import jsontext
from aimux.wire.anthropic.state import PLACEHOLDER
from aimux.wire.errorkinds import mapping
from aimux.wire.jsontext import mended

_PREFIX: Final = "srvtoolu_"
_ERRORS: Final = frozenset({
    "invalid_tool_input", "unavailable", "max_uses_exceeded", "too_many_requests", "query_too_long",
    "request_too_large",
})  # fmt: skip
_MAX_TOLD: Final = 20_000
"""Characters of a result that are told: a fetched page may be longer than the conversation."""


def _said(value: object) -> str:
    return mended(value) if isinstance(value, str) else ""


def _items(value: object) -> list[dict[str, Any]]:
    return [mapping(each) for each in value] if isinstance(value, list) else []


def web_search(id_: str, query: str, content: object) -> WebSearch:
    """A search with what its result block holds."""
    if isinstance(content, dict):
        return WebSearch(id_, query, error=_said(content.get("error_code")) or "unavailable")
    hits = (
        Hit(_said(each.get("url")), _said(each.get("title")), _said(each.get("page_age")))
        for each in _items(content)
    )
    return WebSearch(id_, query, tuple(hit for hit in hits if hit.url))


def search_blocks(search: WebSearch) -> tuple[dict[str, Any], dict[str, Any]]:
    """A search as the block of its call, with its input, and that of its result."""
    id_ = search.id
    if not (id_.startswith(_PREFIX) and id_.isascii() and id_.replace("_", "").isalnum()):
        id_ = _PREFIX + hashlib.sha256(id_.encode("utf-8", "replace")).hexdigest()[:24]
    content: object = [
        {
            "type": "web_search_result",
            "url": hit.url,
            "title": hit.title,
            "encrypted_content": PLACEHOLDER,
            "page_age": hit.age or None,
        }
        for hit in search.hits
    ]
    if search.error:
        code = search.error if search.error in _ERRORS else "unavailable"
        content = {"type": "web_search_tool_result_error", "error_code": code}
    call = {
        "type": "server_tool_use",
        "id": id_,
        "name": "web_search",
        "input": {"query": search.query},
    }
    return call, {"type": "web_search_tool_result", "tool_use_id": id_, "content": content}


def told(search: WebSearch) -> str:
    """A search of an earlier turn, in words."""
    found = "; ".join(f"{hit.title} - {hit.url}" if hit.title else hit.url for hit in search.hits)
    outcome = f"it failed: {search.error}" if search.error else found or "nothing was found"
    return f"[searched the web for {jsontext.text_of(search.query)}: {outcome}]"


class Served:
    """The calls of one turn of a history, until their results come."""

    __slots__ = ("_calls",)

    def __init__(self) -> None:
        self._calls: dict[str, dict[str, Any]] = {}

    def call(self, block: dict[str, Any]) -> None:
        """A call."""
        self._calls[_said(block.get("id"))] = block

    def result(self, block: dict[str, Any]) -> str:
        """What was done, in words."""
        id_ = _said(block.get("tool_use_id"))
        call = self._calls.pop(id_, {})
        content = block.get("content")
        if block.get("type") == "web_search_tool_result":
            query = _said(mapping(call.get("input")).get("query"))
            return told(web_search(id_, query, content))
        name = _name(call) or _said(block.get("type")).removesuffix("_tool_result")
        return f"[{name} was run with {_input(call)} and gave {_gave(content)}]"

    def unanswered(self) -> list[str]:
        """Calls that have no result, in words."""
        calls, self._calls = self._calls, {}
        return [f"[{_name(each)} was run with {_input(each)}]" for each in calls.values()]


def _name(call: dict[str, Any]) -> str:
    return _said(call.get("name"))


def _input(call: dict[str, Any]) -> str:
    return jsontext.text_of(call.get("input") or {})


def _gave(content: object) -> str:
    """A result: its words where it is nothing but words."""
    blocks = _items(content)
    if blocks and all(each.get("type") == "text" for each in blocks):
        words = "\n".join(_said(each.get("text")) for each in blocks)
    else:
        words = content if isinstance(content, str) else jsontext.text_of(content)
    return words if len(words) <= _MAX_TOLD else f"{words[:_MAX_TOLD]}..."


def citation_of(value: object) -> Citation | None:
    """A citation of the web; None for one of a document, which has no address."""
    said = mapping(value)
    url = _said(said.get("url"))
    if said.get("type") != "web_search_result_location" or not url:
        return None
    return Citation(url, _said(said.get("title")), _said(said.get("cited_text")))


def citation_object(citation: Citation, text: str) -> dict[str, Any]:
    """A citation as the vendor writes it; ``text`` is that of its block."""
    cited = citation.cited_text
    if not cited and 0 <= citation.start < citation.end:
        cited = text[citation.start : citation.end]
    return {
        "type": "web_search_result_location",
        "url": citation.url,
        "title": citation.title or None,
        "encrypted_index": PLACEHOLDER,
        "cited_text": cited,
    }
