"""Whose conversation a request belongs to: a short text that stays the same from turn to turn.

The first of these that a request has:

    Claude Code     x-claude-code-session-id, else the session in metadata.user_id; a subagent, which
                    has a prompt of its own, by its id as well
    Codex           thread-id, then session-id
    a replay        by what it replays, apart from the conversation that this came from
    any client      x-session-id, prompt_cache_key, Responses' conversation
    nobody's id     a hash of the instructions and of what the user said first

Two clients never share a conversation, whatever ids they send: their names stand before it.  What a
client writes is not trusted: an id that is long, strange or looks like a key is hashed, so that a
session can be shown and logged.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, Final

from aimux.errors import InvalidRequest
from aimux.keyshapes import looks_like_key
from aimux.model.request import WireFormat
from aimux.routing.facts.looks import decoded, mapping, spelled, table_of, text_in, value_of
from aimux.routing.features import Features
from aimux.wire.codec import Operation
from aimux.wire.jsontext import body_of

MAX_ID_CHARS: Final = 64
_MAX_USER_ID_CHARS: Final = 4096
_PLAIN: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
REPLAYS: Final = "x-aimux-replays"
"""Names the exchange of which a request is a replay."""

_EXCHANGE: Final = re.compile(r"ax_[0-9a-f]{20}")
_HEADERS: Final = ("thread-id", "session-id", "x-session-id")
_OLDER_FORM: Final = "_session_"
"""Of Claude Code's user_id: ``user_<hash>_account_<id>_session_<id>``."""
_INSTRUCTIONS: Final = {
    WireFormat.ANTHROPIC: "system",
    WireFormat.OPENAI_RESPONSES: "instructions",
    WireFormat.GEMINI: "systemInstruction",
}
"""Where they stand if not among the messages."""
_MARKS: Final = frozenset({"cache_control", "prompt_cache_breakpoint"})
"""What moves from message to message as a conversation grows."""


def told_session(features: Features) -> str:
    """The same as far as a header says it, which costs nothing: for requests with whom nothing has to
    be decided.
    """
    replayed = _replayed(features)
    if replayed:
        return _scoped(features, replayed)
    id_ = features.header("x-claude-code-session-id")
    if id_:
        return _scoped(features, _of_agent(features, id_))
    id_ = next(filter(None, map(features.header, _HEADERS)), None)
    return _scoped(features, _short(id_)) if id_ else ""


def session_of(features: Features) -> str:
    """The conversation, as ``client:id``; empty where there is none to speak of."""
    if features.operation is Operation.EMBED:
        return ""
    id_ = _given(features) or _hashed(features)
    return _scoped(features, id_)


def _scoped(features: Features, id_: str) -> str:
    """An id with its client's name before it."""
    whose = _whose(features.clients)
    return f"{whose}:{id_}" if id_ and whose else id_


def _of_agent(features: Features, id_: str) -> str:
    """Claude Code's id, with the one of the subagent that asks."""
    agent = features.header("x-claude-code-agent-id")
    return f"{_short(id_)}/{_short(agent)}" if agent else _short(id_)


@lru_cache(maxsize=256)
def _whose(clients: tuple[str, ...]) -> str:
    return _short("+".join(clients))


@lru_cache(maxsize=4096)
def _short(said: str) -> str:
    """A text that is short and plain, or its hash."""
    if len(said) <= MAX_ID_CHARS and _is_plain(said):
        return said
    return hashlib.sha256(said.encode("utf-8", "replace")).hexdigest()[:24]


def _is_plain(said: str) -> bool:
    return not said or all(
        _PLAIN.fullmatch(part) is not None and not looks_like_key(part) for part in said.split("+")
    )


# ---------------------------------------------------------------- ids that a client gives


def _given(features: Features) -> str:
    replayed = _replayed(features)
    if replayed:
        return replayed
    id_ = features.header("x-claude-code-session-id") or _of_user_id(features)
    if id_:
        return _of_agent(features, id_)
    named = next(filter(None, map(features.header, _HEADERS)), None)
    return _short(named or _in_body(features))


def _replayed(features: Features) -> str:
    """What a replay is known by: it belongs to no conversation, and takes none along to its target."""
    replayed = features.header(REPLAYS)
    return f"replay/{replayed}" if replayed and _EXCHANGE.fullmatch(replayed) else ""


def _of_user_id(features: Features) -> str:
    """The session that Claude Code writes where an opaque text belongs, today as JSON."""
    if features.format is not WireFormat.ANTHROPIC:
        return ""
    said = table_of(features.body, "metadata").get("user_id")
    if not isinstance(said, str) or len(said) > _MAX_USER_ID_CHARS:
        return ""
    if not said.startswith("{"):
        return said.rpartition(_OLDER_FORM)[2] if _OLDER_FORM in said else ""
    session = mapping(decoded(said.encode("utf-8", "replace"))).get("session_id")
    return session if isinstance(session, str) else ""


def _in_body(features: Features) -> str:
    if features.format not in {WireFormat.OPENAI_CHAT, WireFormat.OPENAI_RESPONSES}:
        return ""
    body = features.body
    conversation = value_of(body, "conversation")
    said = (value_of(body, "prompt_cache_key"), conversation, mapping(conversation).get("id"))
    return next((each for each in said if isinstance(each, str) and each), "")


# ---------------------------------------------------------------- a conversation by its beginning


def _hashed(features: Features) -> str:
    """A hash of the instructions and the first words of the user; empty where the user says nothing.

    Marks of caches are left out, and a lone text counts as the string that it is: both change while a
    conversation goes on.
    """
    *instructions, first = [None, *_beginning(features)]
    if not first:
        return ""
    try:
        written = body_of([features.format, *map(_unmarked, instructions), _unmarked(first)])
    except (ValueError, InvalidRequest):  # too large a number, too deep
        return ""
    return hashlib.sha256(written).hexdigest()[:24]


def _beginning(features: Features) -> Iterator[Any]:
    """Instructions, and what the user says first as the last of them; an empty one for nothing."""
    body = features.body
    if key := _INSTRUCTIONS.get(features.format):
        yield value_of(body, spelled(body, key))
    if features.format is WireFormat.OPENAI_RESPONSES and not features.history.messages:
        yield value_of(body, "input")
        return
    name = "parts" if features.format is WireFormat.GEMINI else "content"
    for message in features.history.messages:
        role = text_in(message, "role")
        if role == "user" or (not role and name == "parts"):
            yield decoded(message.get(name))
            return
        if role in {"system", "developer"}:
            yield decoded(message.get(name))
    yield None


def _unmarked(content: Any) -> Any:
    if not isinstance(content, list):
        return content
    if len(content) == 1 and isinstance(content[0], dict):
        text = content[0].get("text")
        if isinstance(text, str):
            return text
    return [
        {key: each for key, each in part.items() if key not in _MARKS}
        if isinstance(part, dict)
        else part
        for part in content
    ]
