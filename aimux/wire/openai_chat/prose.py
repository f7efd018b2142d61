"""What an answer says in words: thinking, text and refusal, each a block while it lasts.

One is open at a time.  Words of another sort close it and open their own, so that thinking which comes
after text is a new block where it stands.  All share one key among the blocks, since none outlives the
next.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from aimux.model.parts import Media, Opaque, OpaqueKind, Refusal, Text, Thinking
from aimux.wire.blocks import LIVE, Blocks
from aimux.wire.openai_chat.content import citations_in, images_in, said_in
from aimux.wire.openai_chat.details import Details, shown_in, tells
from aimux.wire.openai_chat.halves import Halves
from aimux.wire.target import Target
from aimux.wire.thinktags import ThinkTags

Sort = type[Text] | type[Thinking] | type[Refusal]

THOUGHTS: Final = ("reasoning_content", "reasoning", "reasoning_text")
"""The fields in which vendors give thinking.  Where two are there they say the same: one counts."""

_UNOPENED: Final = "implicit-think-tag"
"""To be chosen where a template has written the opening tag: the message begins inside (edge 79)."""

_IN_TAGS: Final = frozenset({"reasoning-in-think-tags", "split-think-tags", _UNOPENED})
"""What a vendor does, and what somebody may choose for any other."""


class Prose:
    """The words of one answer, as blocks of ``blocks``."""

    __slots__ = (
        "_authorship", "_blocks", "_details", "_halves", "_sort", "_tags", "_target", "_texts",
        "refused",
    )  # fmt: skip

    def __init__(self, blocks: Blocks, target: Target) -> None:
        self._blocks = blocks
        self._target = target
        self._sort: Sort | None = None
        """Of the words that are open."""
        self._texts = 0
        self._halves = Halves()
        self._details: Details | None = None
        self._authorship = Opaque(OpaqueKind.TEXT, "", target.provider, target.model)
        in_tags = not target.quirks.isdisjoint(_IN_TAGS)
        self._tags = ThinkTags(implicit_open=_UNOPENED in target.quirks) if in_tags else None
        self.refused = False
        """Words of refusal were among them."""

    @property
    def is_plain(self) -> bool:
        """Whether text is text, with no thinking written into it."""
        return self._tags is None

    def think(self, delta: dict[str, Any]) -> None:
        """The thinking in a delta, in whichever field it is."""
        thought = _thought(delta)
        details = delta.get("reasoning_details")
        if isinstance(details, list) and tells(details):
            self._switch(Thinking)
            if self._details is None:
                self._details = Details()
            self._details.add(details)
            thought = thought or shown_in(details)
        self._grow(Thinking, thought)

    def speak(self, text: str) -> None:
        """More text, with the thinking that the vendor writes into it."""
        if self._tags is None:
            self._grow(Text, text)
        else:
            self._split(self._tags.feed(text))

    def parts(self, content: list[Any]) -> None:
        """Content as an array of parts."""
        for said in said_in(content, self._blocks.lost):
            match said:
                case Text(text):
                    self.speak(text)
                case Media():
                    self._show(said)
                case _:
                    self._grow(type(said), said.text)

    def refuse(self, text: str) -> None:
        """More words of refusal."""
        self._grow(Refusal, text)

    def images(self, images: list[Any]) -> None:
        """Images that stand beside the content."""
        for image in images_in(images, self._blocks.lost):
            self._show(image)

    def cite(self, annotations: list[Any]) -> None:
        """Sources of the text that is open.  Their ranges count in the whole message: where that is
        more than one text of ours, they are of all of it.
        """
        lost = self._blocks.lost
        if self._sort is not Text:
            if annotations:
                lost.add("citations.dropped")
            return
        for citation in citations_in(annotations, lost):
            known = citation if self._texts == 1 else replace(citation, start=-1, end=-1)
            self._blocks.cite(LIVE, known)

    def stop(self) -> None:
        """Something else begins, or the answer ends; what was held back of the text goes before it."""
        if self._tags is not None:
            tags, self._tags = self._tags, None
            self._split(tags.end())
        self._close()

    def _split(self, pieces: list[tuple[bool, str]]) -> None:
        for thinks, piece in pieces:
            self._grow(Thinking if thinks else Text, piece)

    def _show(self, image: Media) -> None:
        self._close()
        self._blocks.whole(image)

    def _grow(self, sort: Sort, text: str) -> None:
        if not text:
            return
        if self._sort is not sort:
            self._switch(sort)
        if self._halves.waiting or not text.isascii():
            text = self._halves.whole(text)
        self._blocks.add(LIVE, text)

    def _switch(self, sort: Sort) -> None:
        if self._sort is sort:
            return
        self._close()
        self._sort = sort
        self._blocks.open(LIVE, sort(""))
        self._texts += sort is Text
        self.refused = self.refused or sort is Refusal

    def _close(self) -> None:
        sort, self._sort = self._sort, None
        if sort is None:
            return
        self._blocks.add(LIVE, self._halves.rest())
        if sort is Thinking:
            details, self._details = self._details, None
            state = details.state(self._target) if details else self._authorship
            self._blocks.sign(LIVE, state)
        self._blocks.close(LIVE)


def _thought(delta: dict[str, Any]) -> str:
    for field in THOUGHTS:
        value = delta.get(field)
        if value and isinstance(value, str):
            return value
    return ""
