"""What a failed attempt means: one table.

Whose fault it was decides everything.  What is the caller's never goes to another provider: one bad
prompt would be sent to every vendor and would cool them all.  429 is a key's, 529 a provider's model's.
A long wait is a state, not a sleep.

"Again" is one more attempt with the same key: at once and before anybody else is asked (FIRST: the
failure was of this connection, not of the provider, and leaving would cost the warm cache), before
anybody else if leaving costs more than waiting (WEIGH), when nobody else is left (LAST), or not at all.

"Strikes" count against the circuit of the provider's model (``routing.circuits``), which opens at five:
a failure that keeps a person waiting for a minute weighs more than one that is told at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from enum import IntEnum, StrEnum
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
    WEIGH = "weigh"
    LAST = "last"
    NEVER = "never"


class Other(StrEnum):
    """Whether another target may be asked."""

    YES = "yes"
    NO = "no"
    LARGER = "larger"
    """One with a larger window, where the route allows it."""
    OPTED = "opted"
    """Where the route allows it."""


class Certainty(IntEnum):
    """How sure it is that a failed attempt did nothing."""

    NOT_SENT = 0
    """No connection: nothing was done and nothing will be billed."""
    POSSIBLY_ACCEPTED = 1
    """The request went out and nothing came back: it may be worked on, and billed."""
    STARTED = 2
    """An answer came, be it an error."""


class Signal(StrEnum):
    """What an attempt ended with, told apart as far as the table needs it."""

    CONNECT = "connect"
    CONNECT_TIMEOUT = "connect_timeout"
    BAD_REQUEST = "bad_request"
    UNSUPPORTED = "unsupported"
    """This target cannot be told what the client said; nothing was sent."""
    BUDGET = "budget"
    """The budgets cannot pay for this target; nothing was sent."""
    CONTEXT_OVERFLOW = "context_overflow"
    TOO_LARGE = "too_large"
    REFUSAL = "refusal"
    """The provider's policy forbids what is asked."""
    BILLING = "billing"
    AUTH = "auth"
    MODEL_UNKNOWN = "model_unknown"
    TRANSIENT = "transient"
    BAD_CALL = "bad_call"
    """The model wrote a tool call that its vendor could not read; the next may be well."""
    RATE_SHORT = "rate_short"
    RATE_LONG = "rate_long"
    SERVER_ERROR = "server_error"
    OVERLOADED = "overloaded"
    FIRST_EVENT_TIMEOUT = "first_event_timeout"
    TOTAL_TIMEOUT = "total_timeout"
    PROTOCOL = "protocol"
    CUT = "cut"
    IDLE = "idle"
    """It fell silent in the middle of its answer."""
    ENDING = "ending"


@dataclass(frozen=True, slots=True)
class Row:
    """What follows from a signal, as long as nothing of the answer has reached the client.

    ``rest_s`` is how long the blamed key, account or model rests when it does not say so itself; 0 is
    not at all.  ``pause_s`` is how long one waits before the same key is asked again, doubled each
    time; ``times`` is how often.  ``client_s`` is how long the client is asked to wait when all have
    failed; 0 tells it not to come back.
    """

    blame: Blame
    again: Again
    other_key: bool
    other: Other
    strikes: int = 0
    rest_s: float = 0.0
    pause_s: float = 0.0
    times: int = 1
    client_s: float = 0.0


SHORT_WAIT_S: Final = 2.0
"""A 429 that asks for no more than this is waited out once; a longer one is a state."""

_CALLER: Final = Row(Blame.CALLER, Again.NEVER, other_key=False, other=Other.NO)

TABLE: Final[Mapping[Signal, Row]] = {
    # signal: blame, again, other key, other target
    Signal.CONNECT: Row(Blame.PROVIDER, Again.FIRST, False, Other.YES, strikes=1, client_s=5.0),
    Signal.CONNECT_TIMEOUT: Row(
        Blame.PROVIDER, Again.NEVER, False, Other.YES, strikes=2, client_s=5.0
    ),
    Signal.BAD_REQUEST: _CALLER,
    Signal.CONTEXT_OVERFLOW: Row(Blame.CALLER, Again.NEVER, False, Other.LARGER),
    Signal.TOO_LARGE: Row(Blame.CALLER, Again.NEVER, False, Other.LARGER),
    Signal.REFUSAL: Row(Blame.CALLER, Again.NEVER, False, Other.OPTED),
    Signal.UNSUPPORTED: Row(Blame.NOBODY, Again.NEVER, False, Other.YES),
    Signal.BUDGET: Row(Blame.NOBODY, Again.NEVER, False, Other.YES),
    Signal.BILLING: Row(Blame.ACCOUNT, Again.NEVER, True, Other.YES, rest_s=600.0),
    Signal.AUTH: Row(Blame.KEY, Again.NEVER, True, Other.YES, rest_s=600.0),
    Signal.MODEL_UNKNOWN: Row(Blame.MODEL, Again.NEVER, False, Other.YES, rest_s=600.0),
    Signal.TRANSIENT: Row(Blame.NOBODY, Again.FIRST, True, Other.YES, pause_s=0.25, client_s=1.0),
    Signal.BAD_CALL: Row(Blame.NOBODY, Again.FIRST, False, Other.YES, client_s=1.0),
    Signal.RATE_SHORT: Row(
        Blame.KEY, Again.FIRST, True, Other.YES, rest_s=1.0, pause_s=0.5, client_s=1.0
    ),
    Signal.RATE_LONG: Row(Blame.KEY, Again.NEVER, True, Other.YES, rest_s=60.0, client_s=60.0),
    Signal.SERVER_ERROR: Row(
        Blame.PROVIDER, Again.WEIGH, True, Other.YES, strikes=1, pause_s=0.5, client_s=5.0
    ),
    Signal.OVERLOADED: Row(
        Blame.MODEL, Again.WEIGH, False, Other.YES, strikes=1, pause_s=1.0, times=2, client_s=5.0
    ),
    Signal.FIRST_EVENT_TIMEOUT: Row(
        Blame.PROVIDER, Again.NEVER, False, Other.YES, strikes=3, client_s=15.0
    ),
    Signal.TOTAL_TIMEOUT: Row(Blame.PROVIDER, Again.NEVER, False, Other.NO, strikes=1),
    Signal.PROTOCOL: Row(Blame.PROVIDER, Again.NEVER, False, Other.YES, strikes=2, client_s=15.0),
    Signal.CUT: Row(Blame.PROVIDER, Again.FIRST, False, Other.YES, strikes=1, client_s=5.0),
    Signal.IDLE: Row(Blame.PROVIDER, Again.NEVER, False, Other.NO, strikes=2),
    Signal.ENDING: Row(Blame.NOBODY, Again.NEVER, False, Other.NO),  # the daemon itself ends
}

_CERTAINTY: Final = {
    Signal.CONNECT: Certainty.NOT_SENT,
    Signal.CONNECT_TIMEOUT: Certainty.NOT_SENT,
    Signal.UNSUPPORTED: Certainty.NOT_SENT,
    Signal.BUDGET: Certainty.NOT_SENT,
    Signal.CUT: Certainty.POSSIBLY_ACCEPTED,
    Signal.FIRST_EVENT_TIMEOUT: Certainty.POSSIBLY_ACCEPTED,
    Signal.TOTAL_TIMEOUT: Certainty.POSSIBLY_ACCEPTED,
}

_BY_KIND: Final = {
    ErrorKind.CONTEXT_OVERFLOW: Signal.CONTEXT_OVERFLOW,
    ErrorKind.TOO_LARGE: Signal.TOO_LARGE,
    ErrorKind.REFUSED: Signal.REFUSAL,
    ErrorKind.BILLING: Signal.BILLING,
    ErrorKind.AUTH_CLIENT: Signal.AUTH,
    ErrorKind.AUTH_UPSTREAM: Signal.AUTH,
    ErrorKind.OVERLOADED: Signal.OVERLOADED,
    ErrorKind.BAD_CALL: Signal.BAD_CALL,
}


_WORDS: Final = {
    Signal.CONNECT: "no connection",
    Signal.CONNECT_TIMEOUT: "no connection in time",
    Signal.BAD_REQUEST: "the request is not valid there",
    Signal.UNSUPPORTED: "it cannot be told what the request says",
    Signal.CONTEXT_OVERFLOW: "the prompt is too long for it",
    Signal.TOO_LARGE: "the request is too large for it",
    Signal.REFUSAL: "its policy forbids what is asked",
    Signal.BUDGET: "the budget does not reach for it",
    Signal.BILLING: "its account cannot pay",
    Signal.AUTH: "its key was refused",
    Signal.MODEL_UNKNOWN: "it does not know the model",
    Signal.TRANSIENT: "a passing failure",
    Signal.BAD_CALL: "the model wrote a call that cannot be read",
    Signal.RATE_SHORT: "too many requests for a moment",
    Signal.RATE_LONG: "too many requests, or the plan is used up",
    Signal.SERVER_ERROR: "an error of its own",
    Signal.OVERLOADED: "it is overloaded",
    Signal.FIRST_EVENT_TIMEOUT: "no answer began in time",
    Signal.TOTAL_TIMEOUT: "the answer took too long",
    Signal.PROTOCOL: "its answer means nothing",
    Signal.CUT: "the connection was cut",
    Signal.IDLE: "it fell silent in the middle",
    Signal.ENDING: "aimux was stopped",
}
_FOLLOWS: Final = {
    Blame.CALLER: "the request is at fault",
    Blame.KEY: "the key rests",
    Blame.ACCOUNT: "the account rests",
    Blame.MODEL: "counts against the model there",
    Blame.PROVIDER: "counts against the model there",
}


def words_of(signal: Signal) -> str:
    """What a signal means and who bears it, in a few words."""
    row = TABLE[signal]
    rests = row.blame is Blame.MODEL and row.rest_s > 0
    follows = "the model rests there" if rests else _FOLLOWS.get(row.blame)
    return f"{_WORDS[signal]}; {follows}" if follows else _WORDS[signal]


@dataclass(frozen=True, slots=True)
class Fault:
    """How an attempt failed, as far as routing cares: the signal, how long the upstream asks to wait
    (None: it does not say), and the reason in words.
    """

    signal: Signal
    retry_after_s: float | None = None
    reason: str = ""

    @property
    def row(self) -> Row:
        """What follows from it."""
        return TABLE[self.signal]

    @property
    def certainty(self) -> Certainty:
        """How sure it is that nothing was done."""
        return _CERTAINTY.get(self.signal, Certainty.STARTED)


def signal_of(status: int, kind: ErrorKind, retry_after_s: float | None) -> Signal:
    """The signal of an error that an upstream answered with.

    The kind was read off its body and is more exact than the status where they differ; a 403 is the
    key's, a 404 the model's (our paths are right, so it is no address), 503 an endpoint's.
    """
    if kind is ErrorKind.RATE_LIMIT or (status == 429 and kind is not ErrorKind.BILLING):
        short = retry_after_s is not None and retry_after_s <= SHORT_WAIT_S
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
