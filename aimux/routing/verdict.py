"""What a failed attempt means: one table.

Whose fault it was decides everything.  What is the caller's never goes to another provider: one bad
prompt would be sent to every vendor and would cool them all.  429 is a key's, 529 a provider's.  A
long wait is a state, not a sleep.

"Again" is one more attempt with the same key: at once and before anybody else is asked (FIRST: the
failure was of this connection, not of the provider, and leaving would cost the warm cache), after a
pause when nobody else is left (LAST), or not at all.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from enum import StrEnum
from typing import Final

from aimux.errors import ErrorKind


class Blame(StrEnum):
    """Whose fault a failure was."""

    CALLER = "caller"
    KEY = "key"
    ACCOUNT = "account"
    MODEL = "model"
    PROVIDER = "provider"
    NOBODY = "nobody"


class Again(StrEnum):
    """When the same key is tried once more."""

    FIRST = "first"
    LAST = "last"
    NEVER = "never"


class Signal(StrEnum):
    """What an attempt ended with, told apart as far as the table needs it."""

    CONNECT = "connect"
    BAD_REQUEST = "bad_request"
    UNSUPPORTED = "unsupported"
    """This target cannot be told what the client said; nothing was sent."""
    CONTEXT_OVERFLOW = "context_overflow"
    TOO_LARGE = "too_large"
    BILLING = "billing"
    AUTH = "auth"
    MODEL_UNKNOWN = "model_unknown"
    TRANSIENT = "transient"
    RATE_SHORT = "rate_short"
    RATE_LONG = "rate_long"
    SERVER_ERROR = "server_error"
    OVERLOADED = "overloaded"
    FIRST_EVENT_TIMEOUT = "first_event_timeout"
    TOTAL_TIMEOUT = "total_timeout"
    PROTOCOL = "protocol"
    CUT = "cut"
    ENDING = "ending"


@dataclass(frozen=True, slots=True)
class Row:
    """What follows from a signal, as long as nothing of the answer has reached the client.

    ``rest_s`` is how long the blamed one rests when it does not say so itself.
    """

    blame: Blame
    again: Again
    other_key: bool
    other_provider: bool
    rest_s: float = 0.0


_SHORT_WAIT_S: Final = 2.0
"""A 429 that asks for no more than this is waited out once; a longer one is a state."""

TABLE: Final[Mapping[Signal, Row]] = {
    # signal                            blame          again        other key, other provider
    Signal.CONNECT: Row(Blame.PROVIDER, Again.LAST, False, True, rest_s=5.0),
    Signal.BAD_REQUEST: Row(Blame.CALLER, Again.NEVER, False, False),
    Signal.CONTEXT_OVERFLOW: Row(Blame.CALLER, Again.NEVER, False, False),
    Signal.TOO_LARGE: Row(Blame.CALLER, Again.NEVER, False, False),
    Signal.UNSUPPORTED: Row(Blame.NOBODY, Again.NEVER, False, True),
    Signal.BILLING: Row(Blame.ACCOUNT, Again.NEVER, True, True, rest_s=600.0),
    Signal.AUTH: Row(Blame.KEY, Again.NEVER, True, True, rest_s=600.0),
    Signal.MODEL_UNKNOWN: Row(Blame.MODEL, Again.NEVER, False, True, rest_s=600.0),
    Signal.TRANSIENT: Row(Blame.NOBODY, Again.FIRST, True, True),
    Signal.RATE_SHORT: Row(Blame.KEY, Again.FIRST, True, True, rest_s=1.0),
    Signal.RATE_LONG: Row(Blame.KEY, Again.NEVER, True, True, rest_s=60.0),
    Signal.SERVER_ERROR: Row(Blame.PROVIDER, Again.LAST, True, True, rest_s=5.0),
    Signal.OVERLOADED: Row(Blame.PROVIDER, Again.LAST, False, True, rest_s=5.0),
    Signal.FIRST_EVENT_TIMEOUT: Row(Blame.PROVIDER, Again.NEVER, False, True, rest_s=15.0),
    Signal.TOTAL_TIMEOUT: Row(Blame.PROVIDER, Again.NEVER, False, False),
    Signal.PROTOCOL: Row(Blame.PROVIDER, Again.NEVER, False, True, rest_s=15.0),
    Signal.CUT: Row(Blame.PROVIDER, Again.FIRST, False, True, rest_s=5.0),
    Signal.ENDING: Row(Blame.NOBODY, Again.NEVER, False, False),  # the daemon itself ends
}

_BY_KIND: Final = {
    ErrorKind.CONTEXT_OVERFLOW: Signal.CONTEXT_OVERFLOW,
    ErrorKind.TOO_LARGE: Signal.TOO_LARGE,
    ErrorKind.BILLING: Signal.BILLING,
    ErrorKind.AUTH_CLIENT: Signal.AUTH,
    ErrorKind.AUTH_UPSTREAM: Signal.AUTH,
    ErrorKind.OVERLOADED: Signal.OVERLOADED,
}


def signal_of(status: int, kind: ErrorKind, retry_after_s: float | None) -> Signal:
    """The signal of an error that an upstream answered with.

    The kind was read off its body and is more exact than the status where they differ; a 403 is the
    key's, a 404 the model's (our paths are right, so it is no address), 503 an endpoint's.
    """
    if kind is ErrorKind.RATE_LIMIT or (status == 429 and kind is not ErrorKind.BILLING):
        short = retry_after_s is not None and retry_after_s <= _SHORT_WAIT_S
        return Signal.RATE_SHORT if short else Signal.RATE_LONG
    if kind in _BY_KIND and not (status == 503 and kind is ErrorKind.OVERLOADED):
        return _BY_KIND[kind]
    match status:
        case 401 | 403:
            return Signal.AUTH
        case 404:
            return Signal.MODEL_UNKNOWN
        case 408 | 409 | 425:
            return Signal.TRANSIENT
        case _ if status >= 500:
            return Signal.SERVER_ERROR
        case _ if 300 <= status < 400:
            return Signal.PROTOCOL
        case _:
            return Signal.BAD_REQUEST


def retry_after_s(headers: Mapping[str, str], now_s: float) -> float | None:
    """Seconds the upstream asks to wait, or None where it does not say.

    ``retry-after-ms`` comes first, then ``retry-after`` as seconds or as a date (RFC 9110, 10.2.3).
    ``now_s`` is the Unix time.  What cannot be read says nothing; a date that has passed is 0.
    """
    milliseconds = headers.get("retry-after-ms")
    if milliseconds is not None and (seconds := _number(milliseconds)) is not None:
        return seconds / 1000
    text = headers.get("retry-after")
    if text is None:
        return None
    if (seconds := _number(text)) is not None:
        return seconds
    try:
        date = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    if date.tzinfo is None:  # asctime's form has no zone; every date of HTTP is in GMT
        date = date.replace(tzinfo=UTC)
    return max(0.0, date.timestamp() - now_s)


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if 0 <= value < 10**9 else None
