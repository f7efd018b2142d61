"""One schema under work, and what is remembered while a tree of them is walked."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from aimux.wire import jsontext
from aimux.wire.schema.grammar import Grammar
from aimux.wire.schema.refs import References
from aimux.wire.schema.words import STRUCTURE

MAX_DEPTH: Final = 64
"""Schemas within schemas; what is deeper becomes an open schema.  Python's stack bears far more."""
MAX_NODES: Final = 5_000
"""Nodes after which references are no longer followed: a few lines of them can stand for millions."""
_MAX_HINT_CHARS: Final = 200


@dataclass(slots=True)
class Work:
    """The way of one whole schema into one dialect."""

    grammar: Grammar
    refs: References
    lost: list[str] = field(default_factory=list)
    fits: bool = True
    entered: list[str] = field(default_factory=list)
    """References whose targets stand in their place, from the root down to the node above."""
    nodes: int = 0
    moved: bool = False
    """The root is another than it was, so that pointers into it lead astray."""

    def note(self, path: str, word: str) -> None:
        """Notes that a word is gone, with little of the meaning."""
        self.lost.append(f"{path}: {word}" if path else word)

    def lose(self, path: str, word: str) -> None:
        """Notes that a word is gone."""
        self.note(path, word)
        if word in STRUCTURE and self.grammar.strict:
            self.fits = False

    def leads_astray(self, ref: object) -> bool:
        """Whether a reference that is kept as it stands would lead nowhere, or to something else."""
        local = self.refs.local(ref)
        if local == "#" or self.refs.defined(ref):
            return False
        if local and "/" not in local:
            return False  # an anchor, wherever it may be
        return self.moved or self.refs.target(ref) is None

    def count(self) -> bool:
        """Counts a node; False where it has become too much to go on in every direction."""
        self.nodes += 1
        return self.nodes <= MAX_NODES


@dataclass(slots=True)
class Node:
    """One schema that is being changed.  ``words`` is a copy of its own; what stands under them is not."""

    work: Work
    words: dict[str, Any]
    path: str = ""
    depth: int = 0
    hints: list[str] = field(default_factory=list)
    entered: list[str] = field(default_factory=list)
    """References whose targets have become part of it."""

    @property
    def grammar(self) -> Grammar:
        """The dialect."""
        return self.work.grammar

    @property
    def is_root(self) -> bool:
        """Whether it is the whole schema."""
        return self.depth == 0

    def takes(self, word: str) -> bool:
        """Whether the dialect has a word."""
        return self.grammar.words is None or word in self.grammar.words

    def tell(self, word: str, value: object) -> None:
        """A constraint is gone, and the description says it from now on."""
        self.work.lose(self.path, word)
        self.hints.append(f"{word}: {_said(value)}")

    def lose(self, word: str) -> None:
        """Takes a word out and tells it."""
        self.tell(word, self.words.pop(word))

    def drop(self, word: str) -> None:
        """Takes out a word whose value makes no sense."""
        del self.words[word]
        self.work.lose(self.path, word)

    def finished(self) -> dict[str, Any]:
        """The schema, its description with the hints."""
        if self.hints:
            said = "; ".join(dict.fromkeys(self.hints))
            about = self.words.get("description")
            self.words["description"] = f"{about} ({said})" if about else said
            self.hints = []
        return self.words


def _said(value: object) -> str:
    """A value in a hint."""
    try:
        text = value if isinstance(value, str) else jsontext.text_of(value)
    except RecursionError:
        return "..."
    return text if len(text) <= _MAX_HINT_CHARS else f"{text[:_MAX_HINT_CHARS]}..."
