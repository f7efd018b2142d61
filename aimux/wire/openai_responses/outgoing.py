"""The items of an answer as a client gets them.

What makes clients lose answers: deltas before their item is added, items that are never done, an id that
changes between the two, a gap in ``output_index`` (edge 128, 129, 133, 134).  So an item gets its place
and its id when it is added, one is open at a time, and what is done is what was added with more in it.
"""

from __future__ import annotations

from typing import Protocol

from aimux.model.parts import Citation, Opaque
from aimux.wire.openai_responses.items import Item, encrypted, item_id
from aimux.wire.openai_responses.lines import Lines
from aimux.wire.target import Audience


class Block(Protocol):
    """A block under way."""

    def grow(self, text: str) -> None:
        """A piece of it."""

    def cite(self, citation: Citation) -> None:
        """A source of its text."""

    def sign(self, state: Opaque) -> None:
        """Its opaque state."""

    def stop(self) -> None:
        """It is complete."""


class Outgoing:
    """The items of one answer.  ``output`` are those that are done; ``encrypts`` tells whether the
    client keeps encrypted reasoning, ``refused`` whether the model has.
    """

    def __init__(self, lines: Lines, audience: Audience, response_id: str) -> None:
        self.lines = lines
        self.encrypts = bool(audience.request.echo.get("encrypted"))
        self.output: list[Item] = []
        self.refused = False
        self._response_id = response_id
        self._message: Message | None = None

    def add(self, prefix: str, item: Item, *seed: object) -> Item:
        """Announces an item, and gives it with its id."""
        self.close_message()
        place = len(self.output)
        whole = {"id": item_id(prefix, *(seed or (self._response_id, place))), **item}
        self.lines.event("response.output_item.added", output_index=place, item=whole)
        return whole

    def done(self, item: Item) -> None:
        """The item that was announced last is complete."""
        place = len(self.output)
        self.lines.event("response.output_item.done", output_index=place, item=item)
        self.output.append(item)

    def keep(self, state: Opaque) -> None:
        """A state that no text belongs to, as reasoning that says nothing."""
        if self.encrypts:
            item = self.add("rs_", {"type": "reasoning", "summary": []})
            self.done(item | {"encrypted_content": encrypted(state)})

    def message(self) -> Message:
        """The message under way."""
        if self._message is None:
            self._message = Message(self)
        return self._message

    def close_message(self, status: str = "completed") -> None:
        """The message under way, if there is one, is complete."""
        if self._message is not None:
            message, self._message = self._message, None
            self.done(message.item | {"status": status, "content": message.content})


class Message:
    """A message that is open; ``content`` are its complete parts."""

    def __init__(self, out: Outgoing) -> None:
        shell = {"type": "message", "status": "in_progress", "role": "assistant", "content": []}
        self.item = out.add("msg_", shell)
        self.content: list[Item] = []


class Quiet:
    """A block to which only some of the events come."""

    def __init__(self, out: Outgoing) -> None:
        self._out = out
        self._lines = out.lines
        self._pieces: list[str] = []

    def grow(self, text: str) -> None:
        """Only some blocks grow."""

    def cite(self, citation: Citation) -> None:
        """Only a text has sources."""

    def sign(self, state: Opaque) -> None:
        """Only thinking has a slot for a state that comes at its end."""

    def stop(self) -> None:
        """Nothing is left to say."""
