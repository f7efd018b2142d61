"""The blocks of a Messages stream while they come.

Text opens its block when there is some: an empty one is no part of an answer.  What a citation is for
may come behind it, so it is told at the end of its block.  A search that the vendor runs is told when
its result is there; other tools of the vendor are not told at all.

Where a block is not closed, text and thinking end where the next block begins; should more of them
come all the same, it is a block of its own.  A call ends with the message: half a call is of no use.

Whatever is not told is reported: blocks and deltas of unknown kinds, calls without a name, citations of
documents, and what other tools of the vendor have done.
"""

from __future__ import annotations

from typing import Any, ClassVar, Final

from aimux.model.events import Event
from aimux.model.parts import Citation, OpaqueKind, Text, Thinking, ToolCall
from aimux.wire import jsontext
from aimux.wire.anthropic.response import said, state_of
from aimux.wire.anthropic.served import citation_of, web_search
from aimux.wire.blocks import Blocks
from aimux.wire.errorkinds import mapping
from aimux.wire.target import Target

_RESULT: Final = "_tool_result"
_CALLED: Final = frozenset({"mcp_tool_use"})
"""What the vendor calls; its result says that it was called."""


class _Open:
    """A block under way.  ``kind`` is its type; ``input`` is what its start says of a call's input,
    ``pieces`` what has come of it since.
    """

    __slots__ = ("citations", "grown", "id", "input", "kind", "pieces", "signature")

    def __init__(self, kind: str, block: dict[str, Any]) -> None:
        self.kind = kind
        self.id = said(block.get("id"))
        self.input = block.get("input")
        self.pieces: list[str] = []
        self.signature: object = block.get("signature")
        self.citations: list[Citation] = []
        self.grown = False


class Content:
    """The blocks of one answer.  ``out`` is what they have come to since it was last taken."""

    __slots__ = ("_blocks", "_last", "_open", "_queries", "_target", "called", "lost")

    def __init__(self, target: Target) -> None:
        self._target = target
        self._blocks = Blocks()
        self.lost = self._blocks.lost
        self._open: dict[int, _Open] = {}
        self._last = 0
        self._queries: dict[str, str] = {}
        self.called = False
        """There is a call of the client's tools among them."""

    def take(self) -> list[Event]:
        """The events since the last time."""
        return self._blocks.take()

    @property
    def number(self) -> int:
        """Of the block that is open."""
        return self._blocks.number

    def say(self, event: Event) -> None:
        """An event that is of no block."""
        self._blocks.out.append(event)

    def start(self, event: dict[str, Any]) -> None:
        """``content_block_start``."""
        block = mapping(event.get("content_block"))
        kind = str(block.get("type"))
        index = self._index(event, fresh=True)
        for other, under_way in tuple(self._open.items()):
            if other == index or under_way.kind != "tool_use":
                self._close(other)
        self._last = index
        self._open[index] = opened = _Open(kind, block)
        start = self._STARTS.get(kind)
        if start is not None:
            start(self, index, opened, block)
        elif kind not in _CALLED:
            served = kind.endswith(_RESULT)
            self.lost.add("server_tool.untold" if served else "unknown_block.dropped", kind)

    def _index(self, event: dict[str, Any], *, fresh: bool = False) -> int:
        index = event.get("index")
        if isinstance(index, int):
            return index
        return self._last + 1 if fresh else self._last

    def _start_text(self, index: int, opened: _Open, block: dict[str, Any]) -> None:
        self._cited(opened, block.get("citations"))
        self._add_text(index, opened, said(block.get("text")))

    def _start_thinking(self, index: int, opened: _Open, block: dict[str, Any]) -> None:
        self._blocks.open(index, Thinking(""))
        self._grow(index, opened, said(block.get("thinking")))

    def _start_redacted(self, index: int, opened: _Open, block: dict[str, Any]) -> None:
        opened.signature = block.get("data")
        self._blocks.open(index, Thinking(""))

    def _start_call(self, index: int, opened: _Open, block: dict[str, Any]) -> None:
        name = said(block.get("name"))
        if not name:
            self.lost.add("call.nameless")
            opened.kind = ""
            return
        self.called = True
        toolset = said(block.get("toolset_name"))
        self._blocks.open(index, ToolCall(opened.id, name, namespace=toolset))

    def _start_served(self, index: int, opened: _Open, block: dict[str, Any]) -> None:
        """Its input is collected; nothing is told before the result."""

    def _start_result(self, index: int, opened: _Open, block: dict[str, Any]) -> None:
        del index, opened
        id_ = said(block.get("tool_use_id"))
        query = self._queries.get(id_, "")
        self._blocks.whole(web_search(id_, query, block.get("content")))

    def _start_compaction(self, index: int, opened: _Open, block: dict[str, Any]) -> None:
        self._add_text(index, opened, said(block.get("content")))

    def grow(self, event: dict[str, Any]) -> None:
        """``content_block_delta``."""
        delta = event.get("delta")
        index = self._index(event)
        opened = self._open.get(index)
        if not isinstance(delta, dict):
            return
        kind = str(delta.get("type"))
        if opened is None:
            opened = self._reopened(index, kind)
            if opened is None:
                return
        grow = self._DELTAS.get((opened.kind, kind))
        if grow is not None:
            grow(self, index, opened, delta)
        elif opened.kind in self._STARTS:
            self.lost.add("unknown_block.dropped", kind)

    def _reopened(self, index: int, delta: str) -> _Open | None:
        """More of a block that was taken for complete, or was never begun."""
        kind = {"text_delta": "text", "thinking_delta": "thinking"}.get(delta)
        if kind is None:
            if delta == "input_json_delta":
                self.lost.add("call.nameless")
            return None
        self.start({"index": index, "content_block": {"type": kind}})
        return self._open[index]

    def _text_delta(self, index: int, opened: _Open, delta: dict[str, Any]) -> None:
        text = delta.get("text")
        if isinstance(text, str):
            self._add_text(index, opened, text)

    def _thinking_delta(self, index: int, opened: _Open, delta: dict[str, Any]) -> None:
        text = delta.get("thinking")
        if isinstance(text, str):
            self._grow(index, opened, text)

    def _signature_delta(self, index: int, opened: _Open, delta: dict[str, Any]) -> None:
        del index
        opened.signature = delta.get("signature")

    def _input_delta(self, index: int, opened: _Open, delta: dict[str, Any]) -> None:
        piece = delta.get("partial_json")
        if isinstance(piece, dict):
            piece = jsontext.text_of(piece)
        if isinstance(piece, str):
            self._grow(index, opened, piece)

    def _served_delta(self, index: int, opened: _Open, delta: dict[str, Any]) -> None:
        del index
        opened.pieces.append(said(delta.get("partial_json")))

    def _citations_delta(self, index: int, opened: _Open, delta: dict[str, Any]) -> None:
        del index
        self._cited(opened, [delta.get("citation")])

    def _compaction_delta(self, index: int, opened: _Open, delta: dict[str, Any]) -> None:
        self._add_text(index, opened, said(delta.get("content")))

    def _cited(self, opened: _Open, citations: object) -> None:
        for each in citations if isinstance(citations, list) else ():
            citation = citation_of(each)
            if citation is not None:
                opened.citations.append(citation)
            elif each:
                self.lost.add("citations.dropped", mapping(each).get("type"))

    def _add_text(self, index: int, opened: _Open, text: str) -> None:
        if text and not opened.grown:
            self._blocks.open(index, Text(""))
        self._grow(index, opened, text)

    def _grow(self, index: int, opened: _Open, text: str) -> None:
        if text:
            opened.grown = True
            self._blocks.add(index, text)

    def stop(self, event: dict[str, Any]) -> None:
        """``content_block_stop``."""
        self._close(self._index(event))

    def whole(self, block: object) -> None:
        """A block of an answer that came whole."""
        self.start({"content_block": block})
        self.stop({})

    def close_all(self) -> None:
        """No block goes on."""
        for index in tuple(self._open):
            self._close(index)

    def _close(self, index: int) -> None:
        opened = self._open.pop(index, None)
        if opened is None:
            return
        match opened.kind:
            case "tool_use" if not opened.grown:
                given = opened.input
                self._blocks.add(index, jsontext.text_of({} if given is None else given))
            case "thinking":
                self._sign(index, opened, OpaqueKind.ANTHROPIC_SIGNATURE)
            case "redacted_thinking":
                self._sign(index, opened, OpaqueKind.ANTHROPIC_REDACTED)
            case "server_tool_use":
                self._queries[opened.id] = _query(opened)
            case _ if opened.grown:
                for citation in opened.citations:
                    self._blocks.cite(index, citation)
            case _:
                pass
        self._blocks.close(index)

    def _sign(self, index: int, opened: _Open, kind: OpaqueKind) -> None:
        state = state_of(opened.signature, kind, self._target)
        if state is not None:
            self._blocks.sign(index, state)

    _STARTS: ClassVar = {
        "text": _start_text,
        "thinking": _start_thinking,
        "redacted_thinking": _start_redacted,
        "tool_use": _start_call,
        "server_tool_use": _start_served,
        "web_search_tool_result": _start_result,
        "compaction": _start_compaction,
    }
    _DELTAS: ClassVar = {
        ("text", "text_delta"): _text_delta,
        ("text", "citations_delta"): _citations_delta,
        ("thinking", "thinking_delta"): _thinking_delta,
        ("thinking", "signature_delta"): _signature_delta,
        ("tool_use", "input_json_delta"): _input_delta,
        ("server_tool_use", "input_json_delta"): _served_delta,
        ("compaction", "compaction_delta"): _compaction_delta,
    }
    """By the type of a block and that of its delta."""


def _query(opened: _Open) -> str:
    """What a search looks for, by its pieces or by its start."""
    text = "".join(opened.pieces)
    try:
        given = jsontext.loads(text) if text else opened.input
    except ValueError:
        return ""
    return said(mapping(given).get("query"))
