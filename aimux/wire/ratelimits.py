"""What is left of a provider's limits, in the headers by which the client's own vendor says it.

OpenAI (and whoever speaks its formats) tells how long it takes until a limit is whole again, Anthropic
when it is (reference: protocols, 2.16).  Requests and tokens are counted by both.  Limits of a
subscription have no word elsewhere and stay behind, and so does what is counted by one of them only.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Final

from aimux.model.request import WireFormat
from aimux.wire.durations import duration_of, seconds_of

MAX_WAIT_S: Final = 4_294_967.0
"""Clients count milliseconds in 32 bits."""

_KINDS: Final = ("requests", "tokens")
_COUNTS: Final = ("limit", "remaining")
_OPENAI: Final = frozenset({WireFormat.OPENAI_CHAT, WireFormat.OPENAI_RESPONSES})

Headers = list[tuple[str, str]]
_Naming = Callable[[str, str], str]


def translated(
    headers: Mapping[str, str], provider: WireFormat, client: WireFormat, now_s: float
) -> Headers:
    """The headers for a client of another format; none where one of the two formats has no such.

    ``headers`` find their names in any case; ``now_s`` is the Unix time.  What cannot be read is left
    out.
    """
    if provider in _OPENAI and client is WireFormat.ANTHROPIC:
        return _named(headers, _openai, _anthropic, now_s)
    if provider is WireFormat.ANTHROPIC and client in _OPENAI:
        return _named(headers, _anthropic, _openai, now_s)
    if provider in _OPENAI and client in _OPENAI:
        return _named(headers, _openai, _openai, now_s)
    return []


def wait_s(headers: Mapping[str, str], now_s: float) -> float | None:
    """How long it is until the limits that are used up are whole again, for an error that says no wait
    otherwise; None where none is said to be used up.
    """
    waits = [
        wait
        for name in (_openai, _anthropic)
        for kind in _KINDS
        if headers.get(name("remaining", kind)) == "0"
        and (wait := _until_reset(headers, name("reset", kind), now_s)) is not None
    ]
    return max(waits, default=None)


def _openai(what: str, kind: str) -> str:
    return f"x-ratelimit-{what}-{kind}"


def _anthropic(what: str, kind: str) -> str:
    return f"anthropic-ratelimit-{kind}-{what}"


def _named(headers: Mapping[str, str], old: _Naming, new: _Naming, now_s: float) -> Headers:
    found: Headers = []
    for kind in _KINDS:
        for what in _COUNTS:
            count = headers.get(old(what, kind), "")
            if count.isascii() and count.isdigit():
                found.append((new(what, kind), count))
        wait = _until_reset(headers, old("reset", kind), now_s)
        if wait is not None:
            said = _date(now_s + wait) if new is _anthropic else duration_of(wait)
            found.append((new("reset", kind), said))
    return found


def _until_reset(headers: Mapping[str, str], name: str, now_s: float) -> float | None:
    """Seconds until a limit is whole again, whether a date or a duration says it."""
    text = headers.get(name, "")
    wait = seconds_of(text)
    if wait is None:
        wait = _seconds_until(text, now_s)
    return wait if wait is not None and wait <= MAX_WAIT_S else None


def _seconds_until(date: str, now_s: float) -> float | None:
    try:
        moment = datetime.fromisoformat(date)
    except ValueError:
        return None
    return None if moment.tzinfo is None else max(0.0, moment.timestamp() - now_s)


def _date(moment_s: float) -> str:
    """RFC 3339, in whole seconds, none too early."""
    return datetime.fromtimestamp(math.ceil(moment_s), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
