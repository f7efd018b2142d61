"""What went wrong, as one word of a closed vocabulary, by whose fault it was.

Ledger, metrics and alerts use the same words, so that a number seen in one can be looked up in the
others.  A new kind of failure gets one of these, or ``_OTHER``; the exact verdict stands beside it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Final, Protocol

from aimux.routing.verdict import Signal


class ErrorType(StrEnum):
    """The whole vocabulary."""

    CALLER_BAD_REQUEST = "caller_bad_request"
    CALLER_CONTEXT_LENGTH = "caller_context_length"
    CALLER_CONTENT_POLICY = "caller_content_policy"
    CALLER_DISCONNECTED = "caller_disconnected"
    POLICY_BUDGET = "policy_budget"
    POLICY_RATE_LIMIT = "policy_rate_limit"
    POLICY_FORBIDDEN_DESTINATION = "policy_forbidden_destination"
    PROVIDER_AUTH = "provider_auth"
    PROVIDER_BILLING = "provider_billing"
    PROVIDER_QUOTA_WINDOW = "provider_quota_window"
    PROVIDER_RATE_LIMIT = "provider_rate_limit"
    PROVIDER_OVERLOADED = "provider_overloaded"
    PROVIDER_5XX = "provider_5xx"
    PROVIDER_TIMEOUT_CONNECT = "provider_timeout_connect"
    """No connection: none within the limit, or none at all."""
    PROVIDER_TIMEOUT_TTFT = "provider_timeout_ttft"
    PROVIDER_IDLE = "provider_idle"
    """It began and then took too long, in silence or not."""
    PROVIDER_STREAM_CUT = "provider_stream_cut"
    PROVIDER_PROTOCOL = "provider_protocol"
    NETWORK_OFFLINE = "network_offline"
    AIMUX_INTERNAL = "aimux_internal"
    OTHER = "_OTHER"


PLAN_WAIT_S: Final = 600.0
"""A 429 that asks for so long a wait speaks of a plan's window: limits by the minute never do."""

_OF_SIGNAL: Final[Mapping[Signal, ErrorType]] = {
    Signal.CONNECT: ErrorType.PROVIDER_TIMEOUT_CONNECT,
    Signal.CONNECT_TIMEOUT: ErrorType.PROVIDER_TIMEOUT_CONNECT,
    Signal.BAD_REQUEST: ErrorType.CALLER_BAD_REQUEST,
    Signal.UNSUPPORTED: ErrorType.CALLER_BAD_REQUEST,
    Signal.CONTEXT_OVERFLOW: ErrorType.CALLER_CONTEXT_LENGTH,
    Signal.TOO_LARGE: ErrorType.CALLER_CONTEXT_LENGTH,
    Signal.REFUSAL: ErrorType.CALLER_CONTENT_POLICY,
    Signal.BUDGET: ErrorType.POLICY_BUDGET,
    Signal.BILLING: ErrorType.PROVIDER_BILLING,
    Signal.AUTH: ErrorType.PROVIDER_AUTH,
    Signal.MODEL_UNKNOWN: ErrorType.OTHER,
    Signal.TRANSIENT: ErrorType.PROVIDER_OVERLOADED,
    Signal.BAD_CALL: ErrorType.PROVIDER_PROTOCOL,
    Signal.RATE_SHORT: ErrorType.PROVIDER_RATE_LIMIT,
    Signal.RATE_LONG: ErrorType.PROVIDER_RATE_LIMIT,
    Signal.SERVER_ERROR: ErrorType.PROVIDER_5XX,
    Signal.OVERLOADED: ErrorType.PROVIDER_OVERLOADED,
    Signal.FIRST_EVENT_TIMEOUT: ErrorType.PROVIDER_TIMEOUT_TTFT,
    Signal.TOTAL_TIMEOUT: ErrorType.PROVIDER_IDLE,
    Signal.PROTOCOL: ErrorType.PROVIDER_PROTOCOL,
    Signal.CUT: ErrorType.PROVIDER_STREAM_CUT,
    Signal.IDLE: ErrorType.PROVIDER_IDLE,
    Signal.ENDING: ErrorType.AIMUX_INTERNAL,
}

OF_ATTEMPT: Final[Mapping[str, ErrorType | None]] = {
    **{signal.value: type_ for signal, type_ in _OF_SIGNAL.items()},
    "ok": None,
    "outrun": None,
    "client_gone": ErrorType.CALLER_DISCONNECTED,
}
"""Of everything that an attempt can end with; None where nothing went wrong."""

_OF_CODE: Final[Mapping[str, ErrorType]] = {
    "client-gone": ErrorType.CALLER_DISCONNECTED,
    "no-network": ErrorType.NETWORK_OFFLINE,
    "no-candidate": ErrorType.OTHER,
    "draining": ErrorType.AIMUX_INTERNAL,
    "internal": ErrorType.AIMUX_INTERNAL,
    "unauthorized": ErrorType.CALLER_BAD_REQUEST,
    "model-forbidden": ErrorType.POLICY_FORBIDDEN_DESTINATION,
    "forbidden": ErrorType.POLICY_FORBIDDEN_DESTINATION,
    "foreign-host": ErrorType.POLICY_FORBIDDEN_DESTINATION,
    "invalid-request": ErrorType.CALLER_BAD_REQUEST,
    "unsupported-content": ErrorType.CALLER_BAD_REQUEST,
    "unknown-path": ErrorType.CALLER_BAD_REQUEST,
    "unknown-model": ErrorType.CALLER_BAD_REQUEST,
    "method-not-allowed": ErrorType.CALLER_BAD_REQUEST,
    "too-large": ErrorType.CALLER_BAD_REQUEST,
    "unsupported-encoding": ErrorType.CALLER_BAD_REQUEST,
    "not-translatable": ErrorType.CALLER_BAD_REQUEST,
}
"""Of exchanges that ended before anybody was asked, by ``AimuxError.code``."""

_OF_CODE_BEGINNING: Final = (
    ("budget", ErrorType.POLICY_BUDGET),
    ("loop", ErrorType.POLICY_RATE_LIMIT),
    ("key", ErrorType.PROVIDER_AUTH),
    ("vault", ErrorType.PROVIDER_AUTH),
)


class FailedAttempt(Protocol):
    """What has to be known of an attempt."""

    @property
    def outcome(self) -> str:
        """``ok``, a signal's value, ``outrun``, ``client_gone``."""
        ...

    @property
    def error(self) -> str | None:
        """Its error's message."""
        ...

    @property
    def retry_after_s(self) -> float | None:
        """How long its provider asked to wait."""
        ...


def type_of_attempt(outcome: str, retry_after_s: float | None = None) -> ErrorType | None:
    """The word for how an attempt ended; None where nothing went wrong."""
    if outcome == Signal.RATE_LONG and (retry_after_s or 0.0) >= PLAN_WAIT_S:
        return ErrorType.PROVIDER_QUOTA_WINDOW
    return OF_ATTEMPT.get(outcome, ErrorType.OTHER)


def type_of_exchange(
    outcome: str, error: str | None, attempts: Sequence[FailedAttempt]
) -> ErrorType | None:
    """The word for how an exchange ended; None where it was answered.

    ``error`` is ``code: message`` as the record has it.  Where attempts were made it is the word of
    the one whose error the client was told, which need not be the last one.
    """
    if outcome == "ok":
        return None
    if outcome == "client_gone":
        return ErrorType.CALLER_DISCONNECTED
    code, _, message = (error or "").partition(": ")
    if outcome == "rejected" or not attempts:
        return _type_of_code(code)
    told = next((each for each in reversed(attempts) if each.error == message), attempts[-1])
    return type_of_attempt(told.outcome, told.retry_after_s) or ErrorType.AIMUX_INTERNAL


def _type_of_code(code: str) -> ErrorType:
    if not code:
        return ErrorType.AIMUX_INTERNAL  # it ended without an error of ours: a bug
    found = _OF_CODE.get(code)
    if found is not None:
        return found
    starts = (each for start, each in _OF_CODE_BEGINNING if code.startswith(start))
    return next(starts, ErrorType.OTHER)
