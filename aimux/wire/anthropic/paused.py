"""Answers that pause, and how they are gone on with.

Where Anthropic runs tools of its own for long it ends an answer with ``pause_turn``.  The conversation
is sent again then, with what has been said as the assistant's last turn, and the next answer goes on
where that one stopped.  What goes back are the blocks as they came: results of a search and thinking
are opaque to everybody but the vendor.
"""

from __future__ import annotations

from typing import Any, Final

from aimux.model.events import Event
from aimux.wire import jsontext, sse
from aimux.wire.anthropic.reader import AnthropicReader
from aimux.wire.codec import MAX_CONTINUATIONS
from aimux.wire.errorkinds import mapping
from aimux.wire.target import Target

Block = dict[str, Any]

_GROWS: Final = {
    "text_delta": "text",
    "thinking_delta": "thinking",
    "signature_delta": "signature",
    "input_json_delta": "partial_json",
}
"""The deltas that append a text, and where they have it."""


class Turn:
    """The blocks of the assistant's turn as they come."""

    __slots__ = ("_blocks", "_open", "_pieces", "_reason", "_unclear")

    def __init__(self) -> None:
        self._blocks: list[Block] = []
        self._open: dict[object, Block] = {}
        self._pieces: dict[object, list[str]] = {}
        self._reason: object = None
        self._unclear = False
        """Something came that nobody knows how to say again."""

    def hear(self, event: Block) -> None:
        """One event of the stream."""
        index = event.get("index")
        match event.get("type"):
            case "content_block_start":
                block = self._open[index] = dict(mapping(event.get("content_block")))
                self._blocks.append(block)
            case "content_block_delta":
                self._grow(index, mapping(event.get("delta")))
            case "content_block_stop":
                self._close(index)
            case "message_delta":
                self._reason = mapping(event.get("delta")).get("stop_reason") or self._reason
            case _:
                pass

    def whole(self, message: Block) -> None:
        """A whole message."""
        self._blocks += map(mapping, message["content"])
        self._reason = message.get("stop_reason")

    def _grow(self, index: object, delta: Block) -> None:
        kind = str(delta.get("type"))
        block, field = self._open.get(index), _GROWS.get(kind)
        if block is None:
            self._unclear = True
        elif kind == "citations_delta":
            block["citations"] = [*(block.get("citations") or []), delta.get("citation")]
        elif field is None or not isinstance(piece := delta.get(field), str):
            self._unclear = True
        elif field == "partial_json":
            self._pieces.setdefault(index, []).append(piece)
        else:
            block[field] = (block.get(field) or "") + piece

    def _close(self, index: object) -> None:
        block = self._open.pop(index, None)
        text = "".join(self._pieces.pop(index, ()))
        if block is None or not text:
            return
        given = jsontext.object_text(text)
        self._unclear = self._unclear or given is None
        block["input"] = jsontext.verbatim(given or "{}")

    def paused(self) -> list[Block] | None:
        """What is to go back; None where the turn has not paused, or waits for the client's tools."""
        calls = any(block.get("type") == "tool_use" for block in self._blocks)
        if self._reason != "pause_turn" or calls or self._unclear or self._open:
            return None
        kept = [
            block
            for block in self._blocks
            if block.get("type") != "text" or str(block.get("text")).strip()
        ]
        if kept and kept[-1].get("type") == "text":  # as the vendor wants a last turn to be
            kept[-1] = {**kept[-1], "text": kept[-1]["text"].rstrip()}
        return kept or None

    def resume(self) -> None:
        """More of it comes."""
        self._reason = None


class PausingReader(AnthropicReader):
    """The reader of an answer that may pause; ``asked`` is the request."""

    __slots__ = ("_asked", "_resumed", "_turn")

    def __init__(self, target: Target, asked: bytes) -> None:
        super().__init__(target)
        self._asked = asked
        self._turn = Turn()
        self._resumed = 0

    def read(self, block: bytes) -> list[Event]:
        """The events that a block completes."""
        for _, event in sse.decoded(block):
            if isinstance(event, dict):
                self._turn.hear(event)
        return super().read(block)

    def whole(self, answer: Any) -> list[Event]:
        """The events of an answer that came whole."""
        events = super().whole(answer)
        self._turn.whole(answer)
        return events

    def more(self) -> bytes | None:
        """The conversation with what has been said so far, in all of the answers together."""
        content = self._turn.paused()
        if content is None or self._resumed == MAX_CONTINUATIONS:
            return None
        body = jsontext.loads_exactly(self._asked)
        messages = list(body["messages"])
        if messages[-1]["role"] == "assistant":  # the client had written its beginning
            content = [*messages.pop()["content"], *content]
        messages.append({"role": "assistant", "content": content})
        return jsontext.body_of({**body, "messages": messages})

    def resume(self) -> None:
        """What comes now belongs to the same answer."""
        super().resume()
        self._turn.resume()
        self._resumed += 1
