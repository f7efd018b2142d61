"""What a client asks for, independent of how it is written on the wire."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from aimux.model.loss import Loss
from aimux.model.parts import CallKind, Part, Text


class WireFormat(StrEnum):
    """The four formats aimux speaks, on both sides; the values are those of the configuration."""

    ANTHROPIC = "anthropic"
    OPENAI_CHAT = "openai-chat"
    OPENAI_RESPONSES = "openai-responses"
    GEMINI = "gemini"


class Role(StrEnum):
    """Who speaks."""

    USER = "user"
    """Also what tools give back."""
    ASSISTANT = "assistant"
    SYSTEM = "system"
    """Instructions in the middle of a conversation; those at its beginning are ``Request.system``."""


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of a conversation, its parts in order."""

    role: Role
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class FunctionTool:
    """A tool that the client runs.

    ``schema`` is the JSON Schema of its arguments as it came; None where the client gave none.
    ``strict`` is None where the client did not say.  A ``deferred`` tool is declared and not shown to
    the model until a search has found it; ``found`` tells that one has, somewhere in the history.
    ``kind`` and ``namespace`` are those that calls of it carry; ``grammar`` is what a CUSTOM tool's
    input must follow, in words for a model.
    """

    name: str
    description: str = ""
    schema: Mapping[str, Any] | None = None
    strict: bool | None = None
    deferred: bool = False
    found: bool = False
    kind: CallKind = CallKind.FUNCTION
    namespace: str = ""
    grammar: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class WebSearchTool:
    """A search that the provider runs by itself."""

    allowed_domains: tuple[str, ...] = ()
    blocked_domains: tuple[str, ...] = ()
    max_uses: int | None = None
    location: Mapping[str, str] = field(default_factory=dict)
    """Any of city, region, country, timezone."""


Tool = FunctionTool | WebSearchTool


class Choice(StrEnum):
    """Whether the model must call."""

    AUTO = "auto"
    NONE = "none"
    ANY = "any"
    TOOL = "tool"


@dataclass(frozen=True, slots=True)
class ToolChoice:
    """Which tools may or must be called.

    ``name`` (with ``namespace``) is set for TOOL.  ``allowed`` names the only tools that count; empty
    is all of them.  ``parallel`` is None where the client did not say.
    """

    choice: Choice = Choice.AUTO
    name: str = ""
    namespace: str = ""
    allowed: tuple[str, ...] = ()
    parallel: bool | None = None


@dataclass(frozen=True, slots=True)
class Sampling:
    """How the answer is drawn and where it ends; None is the provider's own default."""

    max_output_tokens: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    presence_penalty: float | None = None
    frequency_penalty: float | None = None
    seed: int | None = None
    stop: tuple[str, ...] = ()


class Effort(StrEnum):
    """How much a model shall think, over all vendors."""

    OFF = "off"
    MINIMAL = "minimal"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    XHIGH = "xhigh"
    MAX = "max"
    AUTO = "auto"
    """As much as the model sees fit."""


@dataclass(frozen=True, slots=True)
class Reasoning:
    """What the client says about thinking.

    ``effort`` None is silence: the vendor's default holds.  ``budget_tokens`` is set where the client
    gave a number, with ``effort`` derived from it.  ``shown`` is whether the client wants to read the
    thinking: False for ``display: omitted`` and thinking that is off, None where it did not say.
    """

    effort: Effort | None = None
    budget_tokens: int | None = None
    shown: bool | None = None


@dataclass(frozen=True, slots=True)
class OutputFormat:
    """The answer must be JSON; ``schema`` None is any JSON object."""

    schema: Mapping[str, Any] | None = None
    name: str = ""
    description: str = ""
    strict: bool | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """One request.

    As read from a client it may be sloppy: calls without results, results without calls, roles in any
    order.  :func:`aimux.wire.adapt.adapt` makes it valid for a target before a codec writes it.
    """

    model: str
    messages: tuple[Message, ...]
    system: tuple[Text, ...] = ()
    tools: tuple[Tool, ...] = ()
    tool_choice: ToolChoice = field(default_factory=ToolChoice)
    sampling: Sampling = field(default_factory=Sampling)
    reasoning: Reasoning = field(default_factory=Reasoning)
    output: OutputFormat | None = None
    stream: bool = False
    user: str = ""
    """Who the end user is, in the client's opaque word."""
    session: str = ""
    """What marks requests of one conversation, for a provider's prompt cache."""
    tier: str = ""
    """default, flex, priority or fast; empty where the client did not say."""
    verbosity: str = ""
    """low, medium, high."""
    echo: Mapping[str, Any] = field(default_factory=dict)
    """What the client's own format needs again when the answer is written; no business of others."""
    losses: tuple[Loss, ...] = ()
    """What reading has left behind."""
