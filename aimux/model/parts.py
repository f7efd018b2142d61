"""What messages and answers are made of: parts, the same on both sides of a conversation.

A part says what it means, not how a format writes it.  Text of any kind is ``str`` without lone
surrogates; the arguments of a call are kept as the JSON text they were written as, so that numbers,
escapes and the order of keys survive a translation.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class OpaqueKind(StrEnum):
    """What an opaque value is, and so which format's slot it fits."""

    ANTHROPIC_SIGNATURE = "anthropic.signature"
    """``thinking.signature``: binds the text of its block, which must go back unchanged."""
    ANTHROPIC_REDACTED = "anthropic.redacted"
    """``redacted_thinking.data``: thinking without a text."""
    OPENAI_REASONING = "openai.reasoning"
    """``encrypted_content`` of a ``reasoning`` item."""
    GEMINI_SIGNATURE = "gemini.signature"
    """``thoughtSignature`` of the part it came with."""
    REASONING_DETAILS = "reasoning.details"
    """OpenRouter's and MiniMax's ``reasoning_details``: a JSON list, to be sent back as it was."""
    TEXT = "text"
    """No state: it only says who wrote the thinking it stands with."""


@dataclass(frozen=True, slots=True)
class Opaque:
    """State of a model that only its issuer can read, and that goes back to nobody else.

    ``issuer`` is the provider's name in the configuration, empty where the client's own format says it
    and nobody knows who issued it.  ``model`` is the issuer's.  ``text`` is the thinking that the state
    binds, for a client that does not keep it; empty where the part beside it has it.
    """

    kind: OpaqueKind
    value: str
    issuer: str = ""
    model: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Citation:
    """A source of a stretch of text.  ``start`` and ``end`` are characters (code points) of the text
    it belongs to; -1 is the whole of it.
    """

    url: str
    title: str = ""
    cited_text: str = ""
    start: int = -1
    end: int = -1


@dataclass(frozen=True, slots=True)
class Text:
    """Words of anybody."""

    text: str
    citations: tuple[Citation, ...] = ()
    state: Opaque | None = None
    """Gemini signs text too."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """The model's words on why it will not answer."""

    text: str


@dataclass(frozen=True, slots=True)
class Thinking:
    """What a model thought before it spoke.  ``text`` is empty where the vendor shows none."""

    text: str
    state: Opaque | None = None


class CallKind(StrEnum):
    """How a tool takes its input and who gave it its form."""

    FUNCTION = "function"
    """A JSON object."""
    CUSTOM = "custom"
    """Raw text of any form (Responses ``custom``)."""
    TOOL_SEARCH = "tool_search"
    """The client's search for deferred tools (Responses ``tool_search`` executed by the client)."""
    LOCAL_SHELL = "local_shell"
    SHELL = "shell"
    APPLY_PATCH = "apply_patch"


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A model wants a tool of the client to run.

    ``arguments`` is JSON text as it was written, which may be no JSON at all when a model or a limit
    cut it; for CUSTOM it is the raw input.  ``state`` is Gemini's signature of this very call.
    """

    id: str
    name: str
    arguments: str = ""
    kind: CallKind = CallKind.FUNCTION
    namespace: str = ""
    state: Opaque | None = None


class MediaKind(StrEnum):
    """What a medium is to a model."""

    IMAGE = "image"
    DOCUMENT = "document"
    AUDIO = "audio"
    VIDEO = "video"


@dataclass(frozen=True, slots=True)
class Media:
    """An image, a document, a sound.  Exactly one of ``data`` (standard base64 without white space),
    ``url``, ``file_id`` (of the client's vendor) and ``text`` (a plain-text document) is set.

    ``media_type`` is lower case and without parameters; empty where only a URL is known.
    """

    kind: MediaKind
    media_type: str = ""
    data: str = ""
    url: str = ""
    file_id: str = ""
    text: str = ""
    name: str = ""
    """Title or file name."""
    context: str = ""
    """What the client says about a document."""
    detail: str = ""
    """OpenAI's low, high, auto, original."""


@dataclass(frozen=True, slots=True)
class ToolResult:
    """What a tool gave back.  ``name`` is the tool's, where the format says it or the call is known."""

    call_id: str
    content: tuple[Text | Media, ...] = ()
    is_error: bool = False
    name: str = ""
    kind: CallKind = CallKind.FUNCTION


@dataclass(frozen=True, slots=True)
class Hit:
    """One result of a web search."""

    url: str
    title: str = ""
    age: str = ""


@dataclass(frozen=True, slots=True)
class WebSearch:
    """A search that a provider ran by itself, with what it found.  ``error`` is the vendor's code for
    a search that failed; Anthropic's words (``unavailable``, ``max_uses_exceeded``, ...).
    """

    id: str
    query: str = ""
    hits: tuple[Hit, ...] = ()
    error: str = ""


@dataclass(frozen=True, slots=True)
class Unsupported:
    """Content that the neutral model has no word for.  Whoever must write it raises
    ``UnsupportedContent``: content is never left out in silence.
    """

    what: str
    """Its type, in the vendor's word."""
    path: str
    """Where it stands in the client's request, such as ``messages[3].content[0]``."""


Part = Text | Refusal | Thinking | ToolCall | ToolResult | Media | WebSearch | Unsupported
"""All of them; a user says Text, Media and ToolResult, a model the others too."""
