"""What routing may ask of a request: facts of exact fields, each read when it is asked for, once.

A request without rules and without strategies pays for none of them.  The history is looked at as
undecoded values; only what a fact rests on is read.  What is malformed is not there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final, Generic, TypeVar, overload

from aimux.errors import InvalidRequest
from aimux.model.parts import MediaKind
from aimux.model.request import WireFormat
from aimux.routing.facts.history import History
from aimux.routing.facts.looks import decoded, mapping, spelled
from aimux.routing.facts.media import Media, media_of
from aimux.routing.facts.settings import OFF, max_output_tokens, structured, thinking
from aimux.routing.facts.tools import Declared, declared, is_empty_list
from aimux.routing.plan import Demand, Task
from aimux.wire.codec import Operation
from aimux.wire.estimate import estimated_tokens
from aimux.wire.jsontext import Document, scan, stands_in, values
from aimux.wire.opaque import carrier_mark

LONG_CONTEXT_SUFFIX: Final = "[1m]"
"""Claude Code marks a model's name so when it wants the large window; no vendor knows it."""
CLAUDE_CODE: Final = "claude-code"
LONG_TOKENS: Final = 60_000
"""Prompts above are a task of their own."""
MAX_HEADER_CHARS: Final = 16_384
"""More of a header is not read."""

HISTORY: Final = {
    WireFormat.ANTHROPIC: "messages",
    WireFormat.OPENAI_CHAT: "messages",
    WireFormat.OPENAI_RESPONSES: "input",
    WireFormat.GEMINI: "contents",
}
_SIGNATURES: Final = {
    WireFormat.ANTHROPIC: (b'"signature"', b'"redacted_thinking"'),
    WireFormat.OPENAI_CHAT: (b'"thought_signature"', b'"reasoning_details"'),
    WireFormat.OPENAI_RESPONSES: (b'"encrypted_content"',),
    WireFormat.GEMINI: (b'"thoughtSignature"', b'"thought_signature"'),
}
_CACHE_HOUR: Final = re.compile(rb'"ttl"[ \t\r\n]*:[ \t\r\n]*"1h"')

_ANSWERS: Final = {
    Task.HELPER: 150,
    Task.CHAT: 600,
    Task.TOOLS: 400,
    Task.THINKING: 1200,
    Task.LONG: 900,
}
"""Tokens of a usual answer, a guess: agents' turns are mostly a sentence and a call."""

T = TypeVar("T")


class fact(Generic[T]):  # noqa: N801 -- used as a decorator, like property
    """A property that is computed when it is first asked for; no lock, since a request has one task."""

    def __init__(self, compute: Callable[[Any], T]) -> None:
        self._compute = compute
        self._name = compute.__name__
        self.__doc__ = compute.__doc__

    @overload
    def __get__(self, owner: None, kind: type) -> fact[T]: ...
    @overload
    def __get__(self, owner: Features, kind: type) -> T: ...
    def __get__(self, owner: Features | None, kind: type) -> T | fact[T]:
        """Computed once: the instance's own value hides this one from then on."""
        if owner is None:
            return self
        value = self._compute(owner)
        owner.__dict__[self._name] = value
        return value


class Features:
    """One request.

    ``asked`` is the model as the request names it.  ``headers`` are asked for by lower-case names.
    ``clients`` are the names that a rule may know the client by: its agent's and its token's.
    ``target`` is the value of ``x-aimux-target``, ``token`` the name of the client's token.
    """

    __slots__ = (
        "__dict__", "asked", "clients", "document", "format", "headers", "operation", "stream", "target",
        "token",
    )  # fmt: skip

    def __init__(  # noqa: PLR0913 -- what a request consists of
        self,
        document: Document,
        format: WireFormat,  # noqa: A002 -- as Inquiry calls it
        model: str,
        *,
        stream: bool = False,
        headers: Mapping[str, str],
        clients: tuple[str, ...] = (),
        operation: Operation = Operation.GENERATE,
        target: str | None = None,
        token: str = "",
    ) -> None:
        self.document = document
        self.format = format
        self.asked = model
        self.stream = stream
        self.headers = headers
        self.clients = clients
        self.operation = operation
        self.target = target
        self.token = token

    # ------------------------------------------------------------ the model

    @fact
    def model(self) -> str:
        """The model without Claude Code's mark."""
        return self.asked.removesuffix(LONG_CONTEXT_SUFFIX)

    @property
    def long_context(self) -> bool:
        """Whether the name has that mark: the large window is wanted."""
        return self.asked.endswith(LONG_CONTEXT_SUFFIX)

    # ------------------------------------------------------------ what is in the body

    @fact
    def body(self) -> Document:
        """The request itself: Gemini's question for a count may hold it in a field."""
        document = self.document
        if self.format is not WireFormat.GEMINI:
            return document
        inner = document.text(spelled(document, "generateContentRequest"))
        try:
            return scan(inner) if inner else document
        except InvalidRequest:
            return document

    @fact
    def history(self) -> History:
        """The messages."""
        return History(self.body, HISTORY[self.format])

    @fact
    def thinking(self) -> str:
        """``off``, an effort (``minimal``, ``low``, ``medium``, ``high``, ``xhigh``, ``max``), or ``on``
        where how much is the model's to say.
        """
        return thinking(self.format, self.body, self.history)

    @fact
    def structured_output(self) -> bool:
        """Whether the answer must follow a schema."""
        return structured(self.format, self.body, self.history)

    @fact
    def max_output_tokens(self) -> int | None:
        """How long the answer may be at most; None where that is not said."""
        return max_output_tokens(self.format, self.body)

    @fact
    def _media(self) -> Media:
        return media_of(self.format, self.history)

    @property
    def images(self) -> bool:
        """Whether there are images, also in results of tools."""
        return MediaKind.IMAGE in self._media.anywhere

    @property
    def images_last(self) -> bool:
        """Whether there are some in the user's last turn: these must be seen by who answers, those
        before may become notes.
        """
        return MediaKind.IMAGE in self._media.last

    @property
    def documents(self) -> bool:
        """Whether there are documents; those of plain text are text."""
        return MediaKind.DOCUMENT in self._media.anywhere

    @property
    def documents_last(self) -> bool:
        """Whether there are some in the user's last turn."""
        return MediaKind.DOCUMENT in self._media.last

    @fact
    def _declared(self) -> Declared:
        return declared(self.format, self.body, self.history)

    @property
    def tools(self) -> frozenset[str]:
        """The names of the tools that the client runs."""
        return self._declared.names

    @property
    def has_tools(self) -> bool:
        """Whether there are any."""
        return bool(self._declared.names)

    @property
    def web_search(self) -> bool:
        """Whether the provider may or shall search the web.  Codex asks so with every request."""
        return self._declared.search

    @property
    def only_web_search(self) -> bool:
        """Whether the request is for nothing but a search."""
        return self._declared.only_search

    @property
    def bytes(self) -> int:
        """The size of the body.  A prompt has never more tokens than bytes, but for a dozen."""
        return len(self.document.raw)

    @fact
    def input_tokens(self) -> int:
        """The prompt's tokens, a guess."""
        return estimated_tokens(self.document, self.format)

    @property
    def guessed_tokens(self) -> int | None:
        """The same, where somebody has asked for it."""
        guess: int | None = self.__dict__.get("input_tokens")
        return guess

    @fact
    def signed(self) -> bool:
        """Whether the history may hold state that only its issuer can read: a look at the bytes."""
        holds = self.history.holds
        return any(map(holds, _SIGNATURES[self.format])) or holds(carrier_mark(self.format))

    @fact
    def cache_hour(self) -> bool:
        """Whether something of the prompt is to be cached for an hour, in Anthropic's words."""
        raw = self.document.raw
        if self.format is not WireFormat.ANTHROPIC or not stands_in(raw, b'"1h"'):
            return False
        return _CACHE_HOUR.search(raw) is not None

    # ------------------------------------------------------------ who asks, and what for

    def header(self, name: str) -> str | None:
        """A header by its lower-case name."""
        return self.headers.get(name)

    @property
    def project(self) -> str | None:
        """The project's path, as the client names it."""
        return self.headers.get("x-aimux-project")

    @property
    def subagent(self) -> bool:
        """Whether an agent asks that another agent has started; only Claude Code says so."""
        return "x-claude-code-agent-id" in self.headers

    @fact
    def compaction(self) -> bool:
        """Whether Codex has its history shortened."""
        said = self.headers.get("x-codex-turn-metadata", "")
        if "compaction" not in said or len(said) > MAX_HEADER_CHARS:
            return False
        metadata = mapping(decoded(said.encode("utf-8", "replace")))
        return metadata.get("request_kind") == "compaction"

    @fact
    def helper(self) -> bool:
        """Whether this is one of Claude Code's small calls beside the conversation: a title, a search, a
        judgement, a summary by the small model.
        """
        if self.format is not WireFormat.ANTHROPIC or CLAUDE_CODE not in self.clients:
            return False
        if self.max_output_tokens == 1:  # asks whether the plan still answers
            return True
        if self.has_tools or self._says_thinking:
            return False
        if "haiku" in self.model.lower() or self.only_web_search:
            return True
        judges = bool(values(self.body.text("stop_sequences")))
        return judges or (self.structured_output and is_empty_list(self.body))

    @property
    def _says_thinking(self) -> bool:
        """Whether the field is there and not off; an effort alone does not make a helper's call large."""
        return self.body.size("thinking") > 0 and self.thinking != OFF

    @fact
    def task(self) -> Task:
        """The kind of work, for what is learned of targets."""
        if self.helper:
            return Task.HELPER
        if self.input_tokens > LONG_TOKENS:
            return Task.LONG
        if self.thinking != OFF:
            return Task.THINKING
        return Task.TOOLS if self.has_tools else Task.CHAT

    @fact
    def demand(self) -> Demand:
        """What the request will take, a guess."""
        usual, most = _ANSWERS[self.task], self.max_output_tokens
        return Demand(self.input_tokens, usual if most is None else min(usual, most), self.task)
