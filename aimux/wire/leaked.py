"""Calls that a weak model writes into its text, made calls again.  Only for who chooses it: the quirk
``repair-leaked-calls``.

    text  --opener-->  candidate  --a whole call of a declared tool-->  the text's block ends, a call
                                  --anything else-->                    text after all, unchanged

What stands between an opener and the end of the call is held back, and so is the beginning of what
could become an opener; everything else passes at once.  A candidate is read by the grammar of its form
(:mod:`aimux.wire.leakforms`) and given up at the first character that cannot belong to it.  In a code fence
and behind a backtick nothing is a call: an answer may be about calls.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from aimux.model.events import (
    BlockStart,
    BlockStop,
    Cite,
    Delta,
    Event,
    Failure,
    Finish,
    Sign,
    Start,
)
from aimux.model.parts import Text, ToolCall
from aimux.model.response import AnswerPart, FinishReason
from aimux.wire import leakforms
from aimux.wire.leakforms import Candidate

_LINE_CHARS = 16
"""How much of a line is looked at to see that it opens or closes a fence."""

_MOST_WHITE = 1024
"""White space longer than this is text, whatever comes behind it."""


class LeakedCalls:
    """One answer.  The events keep their grammar: blocks are numbered anew."""

    __slots__ = (
        "_candidate", "_fenced", "_held", "_in_text", "_last", "_line", "_names", "_number", "_open",
        "_part", "_repaired", "_schemas", "_split", "_white",
    )  # fmt: skip

    def __init__(
        self, tool_names: frozenset[str], schemas: Mapping[str, Mapping[str, Any]] | None = None
    ) -> None:
        """``tool_names`` are those of the tools that are declared at the provider.  ``schemas``, by
        name, tell which arguments are texts, for forms that do not say it.
        """
        self._names = tool_names
        self._schemas = schemas or {}
        self._number = -1
        self._repaired = False
        self._in_text = False
        self._part = Text("")
        self._clear()

    def _clear(self) -> None:
        """The state of one block of text."""
        self._held = ""
        self._candidate: Candidate | None = None
        self._open = False
        self._split = False
        self._white = ""
        self._line = ""
        self._last = ""
        self._fenced = False

    def feed(self, events: Iterable[Event]) -> list[Event]:
        """The events with the calls that they hold."""
        out: list[Event] = []
        for event in events:
            if self._in_text:
                self._within_text(event, out)
            else:
                self._elsewhere(event, out)
        return out

    # ------------------------------------------------------------ the stream

    def _elsewhere(self, event: Event, out: list[Event]) -> None:
        match event:
            case BlockStart(_, Text() as part):
                self._in_text = True
                self._part = replace(part, text="")
                self._clear()
                self._look(part.text, out)
            case BlockStart(_, part):
                self._begin(part, out)
            case Finish(reason=FinishReason.END_TURN) if self._repaired:
                out.append(event._replace(reason=FinishReason.TOOL_USE))
            case Start() | Finish() | Failure():
                out.append(event)
            case _:
                out.append(event._replace(block=self._number))

    def _within_text(self, event: Event, out: list[Event]) -> None:
        match event:
            case Delta(_, text):
                self._look(text, out)
            case Cite() | Sign():
                self._mark(event, out)
            case BlockStop():
                self._settle(out)
                self._in_text = False
                if self._open:
                    out.append(BlockStop(self._number))
            case _:
                self._settle(out)
                out.append(event)

    def _mark(self, event: Cite | Sign, out: list[Event]) -> None:
        """A mark of text that became a call has lost what it marked."""
        if not self._open and not self._split:
            self._begin(self._part, out)
            self._open = True
        if self._open:
            out.append(event._replace(block=self._number))

    def _begin(self, part: AnswerPart, out: list[Event]) -> None:
        self._number += 1
        out.append(BlockStart(self._number, part))

    # ------------------------------------------------------------ text

    def _look(self, text: str, out: list[Event]) -> None:
        """Looks for calls as far as the text can be told from them."""
        self._held += text
        while self._held:
            if self._candidate is None and not self._found(out):
                return
            assert self._candidate is not None  # noqa: S101 -- one has been found
            calls = self._candidate.look(self._held)
            if calls is None:
                return
            end, self._candidate = self._candidate.end, None
            if calls:
                self._call(calls, out)
            else:
                self._say(self._held[:1], out)
                end = 1
            self._held = self._held[end:]

    def _found(self, out: list[Event]) -> bool:
        """Says what stands before the first opener; whether there is one."""
        while opener := leakforms.OPENER.search(self._held):
            self._say(self._held[: opener.start()], out)
            self._held = self._held[opener.start() :]
            if not self._is_quoted():
                self._candidate = Candidate(opener[0], self._names, self._schemas)
                return True
            self._say(self._held[:1], out)
            self._held = self._held[1:]
        keep = leakforms.undecided(self._held)
        self._say(self._held[: len(self._held) - keep], out)
        self._held = self._held[len(self._held) - keep :]
        return False

    def _settle(self, out: list[Event]) -> None:
        """The text is over: whatever is still undecided is text."""
        while self._held:
            self._candidate = None
            self._say(self._held[:1], out)
            held, self._held = self._held[1:], ""
            self._look(held, out)
        if self._open or self._split:
            return
        self._begin(self._part, out)
        self._open = True
        if self._white:
            out.append(Delta(self._number, self._white))

    def _say(self, text: str, out: list[Event]) -> None:
        """Text that is no call.  White space alone is no block: it waits for what comes."""
        if not text:
            return
        self._note(text)
        if not self._open:
            self._white += text
            if len(self._white) <= _MOST_WHITE and not self._white.strip():
                return
            text, self._white = self._white, ""
            self._begin(self._part, out)
            self._open = True
        out.append(Delta(self._number, text))

    def _call(self, calls: list[ToolCall], out: list[Event]) -> None:
        if self._open:
            out.append(BlockStop(self._number))
        for call in calls:
            self._begin(replace(call, arguments=""), out)
            out += (Delta(self._number, call.arguments), BlockStop(self._number))
        self._open = False
        self._white = self._line = self._last = ""
        self._split = self._repaired = True
        self._part = Text("")

    # ------------------------------------------------------------ quotations

    def _note(self, text: str) -> None:
        """Follows the lines of the text into fences of code and out of them."""
        self._last = text[-1]
        first, *others = text.split("\n")
        if len(self._line) < _LINE_CHARS:
            self._line += first[:_LINE_CHARS]
        for line in others:
            self._fenced ^= self._is_fence()
            self._line = line[:_LINE_CHARS]

    def _is_fence(self) -> bool:
        return self._line.lstrip().startswith(("```", "~~~"))

    def _is_quoted(self) -> bool:
        return self._fenced or self._is_fence() or self._last == "`"
