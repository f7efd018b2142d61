"""The tools that a request declares, as the wire reads them: by name those that the client runs, and
apart from them the searches that a provider shall run.

A hosted tool of any other kind is no tool here: a request goes on without it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Final, NamedTuple

from aimux.model.request import WireFormat
from aimux.routing.facts.history import History
from aimux.routing.facts.looks import Fields, decoded, either, items, text_in
from aimux.routing.facts.recalled import Recalled
from aimux.wire.anthropic.built_in import built_in
from aimux.wire.anthropic.read_tools import PLACEHOLDER
from aimux.wire.gemini.fields import spelled as both_spellings
from aimux.wire.jsontext import Document, Undecoded, members, objects, texts, values
from aimux.wire.openai_responses.items import OWN_NAMES

_SEARCH: Final = "web_search"


class Declared(NamedTuple):
    """What is declared.  ``names`` has a tool of a namespace by both of its names, ``space__name`` and
    the bare one.  ``searches`` counts what the wire reads as a web search; ``search`` is also set where
    a vendor's own kind of one is asked for in a format that has no common word for it.
    """

    names: frozenset[str]
    searches: int
    search: bool

    @property
    def only_search(self) -> bool:
        """Whether the request is for nothing but a search (see :mod:`aimux.wire.unsearched`)."""
        return self.searches == 1 and not self.names


_NOTHING: Final = Declared(frozenset(), 0, search=False)


def declared(format_: WireFormat, document: Document, history: History) -> Declared:
    """All tools of a request; some formats declare more among the messages."""
    listed = _LISTED[format_](document, "tools")
    beside = _told(_BESIDE[format_](document, history))
    if beside is _NOTHING:
        return listed
    return Declared(
        listed.names | beside.names,
        listed.searches + beside.searches,
        listed.search or beside.search,
    )


def _told(found: Iterable[str]) -> Declared:
    found = tuple(found)
    if not found:
        return _NOTHING
    searches = found.count(_COUNTED)
    return Declared(frozenset(found) - _NO_NAMES, searches, searches > 0 or _VENDORS in found)


# A reader gives names; a search is one of these, which no tool can be named.
_COUNTED: Final = "\0search"
_VENDORS: Final = "\0vendor's search"
_NO_NAMES: Final = frozenset({"", _COUNTED, _VENDORS})


def _anthropic(tools: bytes) -> Iterable[str]:
    """Claude Code's are many and nearly all its own, so there is a short way for those."""
    named = texts(tools, "type", "name")
    if named is None or not _OWN_KINDS.issuperset([kind for kind, _ in named]):
        return _anthropic_one_by_one(tools)
    return [name for _, name in named if name and name != PLACEHOLDER]


def _anthropic_one_by_one(tools: bytes) -> Iterator[str]:
    for tool in objects(tools):
        kind = text_in(tool, "type")
        if kind in _OWN_KINDS:
            name = text_in(tool, "name")
            yield "" if name == PLACEHOLDER else name
        elif kind.startswith("web_search_"):
            yield _COUNTED
        else:
            whole = {key: decoded(value) for key, value in tool.items()}
            yield from (function.name for function in built_in(whole))


_OWN_KINDS: Final = frozenset({None, "", "custom"})


def _chat(tools: bytes) -> Iterator[str]:
    for tool in objects(tools):
        kind = text_in(tool, "type")
        if kind in {"function", "custom"}:
            yield text_in(_inside(tool, kind), "name")
        elif kind.startswith(_SEARCH):
            yield _VENDORS


def _chat_beside(document: Document, history: History) -> Iterator[str]:
    del history
    for function in objects(document.text("functions")):
        yield text_in(function, "name")
    if document.text("web_search_options").startswith(b"{"):
        yield _COUNTED


def _responses(tools: bytes | Undecoded | None, space: str = "") -> Iterator[str]:
    for tool in objects(tools or b"[]"):
        kind = text_in(tool, "type")
        if kind == "namespace":
            yield from _responses(tool.get("tools"), text_in(tool, "name"))
        elif kind.startswith(_SEARCH):
            yield _COUNTED
        elif name := _name(tool, kind):
            yield name
            if space:
                yield f"{space}__{name}"


_DECLARING: Final = ("additional_tools", "tool_search_output")
"""Items of Responses that bring tools along."""


def _responses_beside(document: Document, history: History) -> Iterator[str]:
    del document
    if not history.may_hold(*map(str.encode, _DECLARING)):
        return
    for item in history.messages:
        if text_in(item, "type") in _DECLARING:
            yield from _responses(item.get("tools"))


def _name(tool: Fields, kind: str) -> str:
    """The name of a tool that the client runs; those of the vendor's own have none but their type's."""
    if kind in {"function", "custom"}:
        return text_in(tool, "name")
    if kind == "tool_search" and text_in(tool, "execution") != "client":
        return ""
    if kind == "shell" and text_in(_inside(tool, "environment"), "type") not in {"", "local"}:
        return ""
    return kind if kind in _OWN else ""


_OWN: Final = frozenset(OWN_NAMES.values())


def _gemini(tools: bytes) -> Iterator[str]:
    for tool in items(tools):
        functions = either(tool, "functionDeclarations")
        for function in items(functions):
            yield text_in(function, "name")
        for name, value in tool.items():
            if name in _GEMINI_SEARCHES and bytes(memoryview(value)[:1]) == b"{":
                yield _COUNTED


_GEMINI_SEARCHES: Final = both_spellings("googleSearch", "googleSearchRetrieval")


def _nothing_beside(document: Document, history: History) -> tuple[str, ...]:
    del document, history
    return ()


def _inside(fields: Fields, name: str) -> Fields:
    held = fields.get(name)
    return {} if held is None else members(held)


def _listed(read: Callable[[bytes], Iterable[str]]) -> Recalled[Declared]:
    return Recalled(lambda tools: _told(read(tools)))


_LISTED: Final[dict[WireFormat, Recalled[Declared]]] = {
    WireFormat.ANTHROPIC: _listed(_anthropic),
    WireFormat.OPENAI_CHAT: _listed(_chat),
    WireFormat.OPENAI_RESPONSES: _listed(_responses),
    WireFormat.GEMINI: _listed(_gemini),
}
"""What is declared under ``tools``."""

_BESIDE: Final[dict[WireFormat, Callable[[Document, History], Iterable[str]]]] = {
    WireFormat.ANTHROPIC: _nothing_beside,
    WireFormat.OPENAI_CHAT: _chat_beside,
    WireFormat.OPENAI_RESPONSES: _responses_beside,
    WireFormat.GEMINI: _nothing_beside,
}
"""Names that stand elsewhere."""


def is_empty_list(document: Document) -> bool:
    """Whether ``tools`` is there and has nothing in it."""
    raw = document.text("tools")
    return raw.startswith(b"[") and not values(raw)
