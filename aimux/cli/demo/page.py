"""How the demo looks: labels on the left, words on the right, as they come.

On a terminal the words are wrapped at its width and the thinking is dimmed.  In a pipe nothing is
wrapped and nothing coloured; the labels say what is what there too.  ``--json`` is one object.
"""

from __future__ import annotations

import re
import shutil
import sys
import unicodedata
from collections.abc import Iterator
from dataclasses import asdict
from typing import Final, Self

from aimux.cli import output
from aimux.cli.demo.call import Kind
from aimux.cli.demo.figures import Figures

_LABEL_CELLS: Final = 11
_MARGIN: Final = "  "
_MOST_CELLS: Final = 96
"""Longer lines are hard to read."""
_FEWEST_CELLS: Final = 24

_ITEM: Final = re.compile(r"\n|[^\S\n]+|\S+")
"""A line break, a space between words, or a word."""

_MODES: Final = {
    "relay": "relay: passed on byte for byte, but for the model's name",
    "patch": "patch: the provider's accent was taken care of",
    "translate": "translate: from one wire format to another and back",
}

_FAREWELL: Final = "It took no key and no network, and nothing is left of it. Now for real:"
_NEXT: Final = (
    ("aimux init", "finds your keys, or asks for one"),
    ("aimux start", "the daemon, in the background"),
    ("aimux run claude", "or codex, opencode, with no change to their settings"),
)


def cells(text: str) -> int:
    """How many columns of a terminal a text takes."""
    wide = sum(unicodedata.east_asian_width(c) in "WF" for c in text)
    return len(text) + wide - sum(bool(unicodedata.combining(c)) for c in text)


class Paragraph:
    """Text that arrives in pieces, wrapped behind a margin word by word.

    A word is given out when the space behind it has come, so that it never breaks in two; without a
    ``width`` (columns for the text) nothing is wrapped.
    """

    def __init__(self, indent: str, width: int | None) -> None:
        self._indent = indent
        self._width = width
        self._used = 0
        self._space = ""
        self._waiting = ""
        self._breaks = 0

    def add(self, text: str) -> str:
        """What can be shown now."""
        items = _ITEM.findall(self._waiting + text)
        self._waiting = items.pop() if items and not items[-1].isspace() else ""
        return "".join(self._shown(item) for item in items)

    def end(self) -> str:
        """The last word; white space at the end is left out."""
        last, self._waiting = self._waiting, ""
        return self._shown(last) if last else ""

    def _shown(self, item: str) -> str:
        if item == "\n":
            self._breaks, self._space = self._breaks + 1, ""
            return ""
        if item.isspace():
            if self._used and not self._breaks:
                self._space += item.replace("\t", "    ")
            return ""
        return "".join(self._placed(part) for part in self._parts(item))

    def _parts(self, word: str) -> Iterator[str]:
        """The word, cut where it is longer than a line."""
        if self._width is None or cells(word) <= self._width:
            yield word
            return
        part = ""
        for character in word:
            if cells(part + character) > self._width:
                yield part
                part = ""
            part += character
        yield part

    def _placed(self, word: str) -> str:
        gap, self._space = self._space, ""
        if not self._breaks and not self._fits(gap + word):
            self._breaks = 1
        if self._breaks:
            gap, self._breaks, self._used = "\n" * self._breaks + self._indent, 0, 0
            self._used = cells(word)
            return gap + word
        self._used += cells(gap + word)
        return gap + word

    def _fits(self, text: str) -> bool:
        return self._width is None or not self._used or self._used + cells(text) <= self._width


class TerminalPage:
    """The demo on a terminal or in a pipe; ``columns`` is the terminal's width, None for a pipe."""

    def __init__(self, columns: int | None) -> None:
        self._width = None
        if columns is not None:
            room = min(columns, _MOST_CELLS) - _LABEL_CELLS - len(_MARGIN) - 1
            self._width = max(room, _FEWEST_CELLS)
        self._open: tuple[Kind, Paragraph] | None = None

    @classmethod
    def of_stdout(cls) -> Self:
        """The page for where stdout leads."""
        return cls(shutil.get_terminal_size().columns if sys.stdout.isatty() else None)

    def asked(self, prompt: str) -> None:
        """Shows the question while the daemon starts."""
        output.data()
        self._row("you", output.printable(prompt))
        output.piece("")

    def opened(self, url: str, start_s: float) -> None:
        """Shows where the daemon listens."""
        self._row("aimux", f"a real daemon at {url}, ready in {start_s:.1f} s")

    def piece(self, kind: Kind, text: str) -> None:
        """Shows a piece of the answer."""
        if self._open is None or self._open[0] != kind:
            self._end_paragraph()
            output.data()
            output.piece(_label(kind))
            self._open = kind, self._paragraph()
        self._show(self._open[1].add(output.printable(text)))

    def told(self, facts: Figures) -> None:
        """Shows the figures."""
        self._end_paragraph()
        output.data()
        self._row("provider", f"{facts.provider}, built into aimux; a real one goes in its place")
        self._row("model", f"{facts.model}; the program asked for {facts.asked_model}")
        self._row("mode", _MODES.get(facts.mode, facts.mode))
        self._row("speed", _speed(facts))
        self._row("tokens", _tokens(facts))
        self._row("route", facts.why)

    def closed(self) -> None:
        """Says how to go on."""
        output.words()
        output.words(f"{_MARGIN}{_FAREWELL}")
        output.words()
        for command, meaning in _NEXT:
            shown = output.styled(command, "bold", sys.stderr) + " " * (20 - len(command))
            output.words(f"{_MARGIN}  {shown}{meaning}")
        output.words()

    def _row(self, name: str, text: str) -> None:
        paragraph = self._paragraph()
        output.data(_label(name) + paragraph.add(text) + paragraph.end())

    def _paragraph(self) -> Paragraph:
        return Paragraph(" " * (_LABEL_CELLS + len(_MARGIN)), self._width)

    def _show(self, text: str) -> None:
        if self._open and text:
            output.piece(output.styled(text, "dim") if self._open[0] == "thinking" else text)

    def _end_paragraph(self) -> None:
        if self._open:
            self._show(self._open[1].end())
            output.data()
        self._open = None


class JsonPage:
    """The demo as one JSON object, printed when the answer is whole and everything is gone."""

    def __init__(self) -> None:
        self._facts: Figures | None = None

    def asked(self, prompt: str) -> None:
        """Says nothing yet."""

    def opened(self, url: str, start_s: float) -> None:
        """Says nothing yet."""

    def piece(self, kind: Kind, text: str) -> None:
        """Says nothing yet."""

    def told(self, facts: Figures) -> None:
        """Keeps the figures."""
        self._facts = facts

    def closed(self) -> None:
        """Prints everything."""
        if self._facts:
            output.data_json(asdict(self._facts))


def _label(name: str) -> str:
    return _MARGIN + output.styled(name, "cyan") + " " * (_LABEL_CELLS - len(name))


def _speed(facts: Figures) -> str:
    first = "unknown" if facts.first_token_ms is None else f"{facts.first_token_ms:.0f} ms"
    return f"first token after {first}, the last after {facts.duration_ms / 1000:.1f} s"


def _tokens(facts: Figures) -> str:
    counts = (facts.input_tokens, facts.output_tokens)
    read, written = ("unknown" if count is None else str(count) for count in counts)
    thought = f", {facts.reasoning_tokens} of them thinking" if facts.reasoning_tokens else ""
    return f"{read} in, {written} out{thought}"
