"""The blocks of an answer as they grow, each with the events of its kind.

    block                  item
    Text, Refusal          a part of a message; a run of them is one message
    Thinking               reasoning, its text as one summary, its state on ``done``
    ToolCall               the call of its kind, behind a reasoning item that carries its state
    WebSearch, Media       an item that comes whole

Nothing is added for a block that says nothing: text and thinking begin with their first piece.
"""

from __future__ import annotations

from typing import Final, assert_never

from aimux.model.parts import (
    CallKind,
    Citation,
    Media,
    MediaKind,
    Opaque,
    Refusal,
    Text,
    Thinking,
    ToolCall,
    WebSearch,
)
from aimux.model.response import AnswerPart
from aimux.wire.openai_responses.items import (
    PREFIXES,
    Item,
    annotation,
    call_item,
    encrypted,
    image_item,
    search_item,
)
from aimux.wire.openai_responses.lines import Growth
from aimux.wire.openai_responses.outgoing import Block, Outgoing, Quiet


def begun(out: Outgoing, part: AnswerPart) -> Block:
    """A block that begins, with what of it is known already."""
    match part:
        case Text(text):
            return _grown(Words(out, "output_text"), text)
        case Refusal(text):
            out.refused = True
            return _grown(Words(out, "refusal"), text)
        case Thinking(text):
            return _grown(Thought(out), text)
        case ToolCall():
            return _grown(Call(out, part), part.arguments)
        case WebSearch():
            return Search(out, part)
        case Media(MediaKind.IMAGE, data=data) if data:
            return Image(out, part)
        case Media():
            return _grown(Words(out, "output_text"), _named(part))
        case _:
            assert_never(part)


def _grown(block: Block, text: str) -> Block:
    if text:
        block.grow(text)
    return block


def _named(medium: Media) -> str:
    """A medium that no item can hold, in words."""
    return f"[{medium.kind}: {medium.url or medium.name or medium.media_type}]"


class Words(Quiet):
    """A part of a message: text with its sources, or a refusal."""

    def __init__(self, out: Outgoing, type_: str) -> None:
        super().__init__(out)
        self._is_text = type_ == "output_text"
        self._type = type_
        self._chars = 0
        self._sources: list[Item] = []
        self._growth: Growth | None = None

    def grow(self, text: str) -> None:
        """A piece; the first one begins the item."""
        growth = self._growth or self._begin()
        self._pieces.append(text)
        self._chars += len(text)
        self._lines.delta(growth, text)

    def _begin(self) -> Growth:
        message = self._out.message()
        self._message = message
        self._place = {
            "item_id": message.item["id"],
            "output_index": len(self._out.output),
            "content_index": len(message.content),
        }
        self._event("response.content_part.added", part=self._part(""))
        tail = b',"logprobs":[]' if self._is_text else b""
        self._growth = Growth(f"response.{self._type}.delta", tail=tail, **self._place)
        return self._growth

    def _event(self, type_: str, **fields: object) -> None:
        self._lines.event(type_, **self._place, **fields)

    def _part(self, text: str) -> Item:
        if not self._is_text:
            return {"type": "refusal", "refusal": text}
        sources = list(self._sources)
        return {"type": "output_text", "text": text, "annotations": sources, "logprobs": []}

    def cite(self, citation: Citation) -> None:
        """A source of the text so far."""
        if self._growth is None or not self._is_text or not citation.url:
            return
        source = annotation(citation, self._chars)
        at = len(self._sources)
        self._sources.append(source)
        self._event("response.output_text.annotation.added", annotation_index=at, annotation=source)

    def stop(self) -> None:
        """The part is complete; the message may go on."""
        if self._growth is None:
            return
        text = "".join(self._pieces)
        if self._is_text:
            self._event("response.output_text.done", text=text, logprobs=[])
        else:
            self._event("response.refusal.done", refusal=text)
        part = self._part(text)
        self._event("response.content_part.done", part=part)
        self._message.content.append(part)


class Thought(Quiet):
    """Reasoning.  Its text is a summary, which is what this format shows."""

    def __init__(self, out: Outgoing) -> None:
        super().__init__(out)
        self._state: Opaque | None = None
        self._growth: Growth | None = None

    def grow(self, text: str) -> None:
        """A piece; the first one begins the item."""
        growth = self._growth or self._begin()
        self._pieces.append(text)
        self._lines.delta(growth, text)

    def _begin(self) -> Growth:
        self._item = self._out.add("rs_", {"type": "reasoning", "summary": []})
        place = {
            "item_id": self._item["id"],
            "output_index": len(self._out.output),
            "summary_index": 0,
        }
        self._place = place
        part = {"type": "summary_text", "text": ""}
        self._lines.event("response.reasoning_summary_part.added", **place, part=part)
        self._growth = Growth("response.reasoning_summary_text.delta", **place)
        return self._growth

    def sign(self, state: Opaque) -> None:
        """The state, which is said when the item is done."""
        self._state = state

    def stop(self) -> None:
        """The item is done; without text there is one only for a state."""
        if self._growth is None:
            if self._state is not None:
                self._out.keep(self._state)
            return
        text = "".join(self._pieces)
        part = {"type": "summary_text", "text": text}
        self._lines.event("response.reasoning_summary_text.done", **self._place, text=text)
        self._lines.event("response.reasoning_summary_part.done", **self._place, part=part)
        item = self._item | {"summary": [part]}
        if self._state is not None and self._out.encrypts:
            item["encrypted_content"] = encrypted(self._state)
        self._out.done(item)


_STREAMED: Final = {  # kind -> how its deltas are named, and the field that holds all of them
    CallKind.FUNCTION: ("response.function_call_arguments", "arguments"),
    CallKind.CUSTOM: ("response.custom_tool_call_input", "input"),
}


class Call(Quiet):
    """A call.  Functions and custom tools stream what they get; the others come whole when done."""

    def __init__(self, out: Outgoing, call: ToolCall) -> None:
        super().__init__(out)
        self._call = call
        if call.state is not None:
            out.keep(call.state)
        shell = {**call_item(call, ""), "status": "in_progress"}
        self._item = out.add(PREFIXES[call.kind], shell, call.id)
        self._place = {"item_id": self._item["id"], "output_index": len(out.output)}
        self._growth: Growth | None = None
        if call.kind in _STREAMED:
            self._growth = Growth(f"{_STREAMED[call.kind][0]}.delta", **self._place)

    def grow(self, text: str) -> None:
        """A piece of its input."""
        self._pieces.append(text)
        if self._growth is not None:
            self._lines.delta(self._growth, text)

    def stop(self) -> None:
        """The input is complete; a function without any gets an empty object."""
        if self._call.kind is CallKind.FUNCTION and not self._pieces:
            self.grow("{}")
        arguments = "".join(self._pieces)
        if self._call.kind in _STREAMED:
            name, field = _STREAMED[self._call.kind]
            self._lines.event(f"{name}.done", **self._place, **{field: arguments})
        whole = call_item(self._call, arguments)
        self._out.done({**self._item, **whole, "status": "completed"})


class Search(Quiet):
    """A search that the provider ran."""

    def __init__(self, out: Outgoing, search: WebSearch) -> None:
        super().__init__(out)
        whole = search_item(search)
        item = out.add("ws_", {**whole, "status": "in_progress"})
        place = {"item_id": item["id"], "output_index": len(out.output)}
        for step in ("in_progress", "searching", "completed"):
            self._lines.event(f"response.web_search_call.{step}", **place)
        out.done(item | {"status": whole["status"]})


class Image(Quiet):
    """An image that the model made."""

    def __init__(self, out: Outgoing, medium: Media) -> None:
        super().__init__(out)
        whole = image_item(medium)
        item = out.add("ig_", {**whole, "status": "in_progress", "result": None})
        out.done(item | {"status": whole["status"], "result": whole["result"]})
