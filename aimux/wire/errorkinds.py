"""HTTP statuses and error texts as kinds of error: what all formats share."""

from __future__ import annotations

import re
from typing import Any, Final

from aimux.errors import ErrorKind
from aimux.wire.durations import PIECE, seconds_of

_BY_STATUS: Final = {
    400: ErrorKind.INVALID_REQUEST,
    401: ErrorKind.AUTH_UPSTREAM,
    402: ErrorKind.BILLING,
    403: ErrorKind.PERMISSION,
    404: ErrorKind.NOT_FOUND,
    408: ErrorKind.TIMEOUT,
    413: ErrorKind.TOO_LARGE,
    429: ErrorKind.RATE_LIMIT,
    503: ErrorKind.OVERLOADED,
    504: ErrorKind.TIMEOUT,
    529: ErrorKind.OVERLOADED,
}

_STATUS_OF: Final = {
    ErrorKind.INVALID_REQUEST: 400,
    ErrorKind.CONTEXT_OVERFLOW: 400,
    ErrorKind.REFUSED: 400,
    ErrorKind.AUTH_CLIENT: 401,
    ErrorKind.AUTH_UPSTREAM: 401,
    ErrorKind.PERMISSION: 403,
    ErrorKind.BILLING: 402,
    ErrorKind.NOT_FOUND: 404,
    ErrorKind.TOO_LARGE: 413,
    ErrorKind.RATE_LIMIT: 429,
    ErrorKind.OVERLOADED: 529,
    ErrorKind.TIMEOUT: 504,
    ErrorKind.UPSTREAM: 502,
    ErrorKind.BAD_CALL: 500,
    ErrorKind.UNAVAILABLE: 503,
    ErrorKind.NOT_IMPLEMENTED: 501,
    ErrorKind.INTERNAL: 500,
}

# Wordings of a prompt that is too long, of many vendors (reference: protocols, 2.16).
_OVERFLOW: Final = re.compile(
    r"prompt is too long|input is too long for requested model|exceeds the context window"
    r"|input token count .{0,40}exceeds the maximum|maximum prompt length is \d"
    r"|token count of \d+ exceeds the limit of \d"
    r"|reduce the length of the messages|maximum context length (?:is|of) \d"
    r"|exceeds the available context size|greater than the context length"
    r"|context window exceeds limit|exceeded model token limit"
    r"|too large for model with \d+ maximum context length"
    r"|context_length_exceeded|model_context_window_exceeded",
    re.IGNORECASE,
)

_BILLING: Final = re.compile(
    r"credit balance is too low|insufficient_quota|insufficient balance|credit_balance_exhausted"
    r"|spend_limit_reached|exceeded your current quota|billing_error|billing_not_active",
    re.IGNORECASE,
)

_REFUSED: Final = re.compile(
    r"content_policy_violation|content_filter|ResponsibleAIPolicyViolation|PROHIBITED_CONTENT"
    r"|potentially violating our usage policy|flagged by our (?:safety|moderation)",
    re.IGNORECASE,
)

_BAD_KEY: Final = re.compile(r"API_KEY_INVALID|API key not valid|invalid_api_key", re.IGNORECASE)


_WAIT: Final = re.compile(
    rf"(?:try again|retry)(?: in| after)? ((?:{PIECE}[ ,]{{0,2}})+)", re.IGNORECASE
)


def wait_in(text: str) -> float | None:
    """Seconds that an error's words ask to wait: "Please try again in 1.2s" (OpenAI, 2026-10), "in
    7m12.5s" (Groq).
    """
    found = _WAIT.search(text)
    return None if found is None else seconds_of(found[1])


def kind_of_status(status: int) -> ErrorKind:
    """The kind that a status alone suggests; one that is no error's says nothing of the caller."""
    if status in _BY_STATUS:
        return _BY_STATUS[status]
    return ErrorKind.INVALID_REQUEST if 400 <= status < 500 else ErrorKind.UPSTREAM


def status_of_kind(kind: ErrorKind) -> int:
    """The status an error of a kind would have had, for one that came inside an answer."""
    return _STATUS_OF[kind]


def kind_of(status: int, text: str) -> ErrorKind:
    """The kind that a status and the error's own text suggest together.

    The text decides only where one status stands for several things: a 400 may be a prompt that is
    too long, an empty account or a bad key, and a 429 an empty account.
    """
    if status in {400, 403, 413, 422, 429, 500} and _BILLING.search(text):
        return ErrorKind.BILLING
    if status in {400, 413, 422, 500} and _OVERFLOW.search(text):
        return ErrorKind.CONTEXT_OVERFLOW
    if status in {400, 403, 422} and _REFUSED.search(text):
        return ErrorKind.REFUSED
    if status == 400 and _BAD_KEY.search(text):
        return ErrorKind.AUTH_UPSTREAM
    return kind_of_status(status)


def excerpt(body: bytes, limit: int = 200) -> str:
    """The beginning of a body that is no error of any known form, as printable text."""
    text = body[: limit * 4].decode("utf-8", "replace").strip()[:limit]
    return "".join(c if c.isprintable() else " " for c in text) or "an empty body"


def number(value: Any) -> int | None:
    """A count of tokens, or None for what is no count."""
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def billed_usd(usage: dict[str, Any]) -> float | None:
    """What OpenRouter says beside the tokens that it has taken, in US dollars; with a key of the user's
    own at the vendor behind it, what that one takes is beside it (openrouter.ai, usage accounting, 2026-10).
    """
    cost = _amount(usage.get("cost"))
    if cost is None or usage.get("is_byok") is not True:
        return cost
    beside = _amount(mapping(usage.get("cost_details")).get("upstream_inference_cost"))
    return None if beside is None else cost + beside


def _amount(value: Any) -> float | None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number and 0 <= value < 1e6 else None


def mapping(value: Any) -> dict[str, Any]:
    """An object, or an empty one for what is none."""
    return value if isinstance(value, dict) else {}


# ---------------------------------------------------------------- Google's details, in two formats

_DELAY: Final = re.compile(r"(\d{1,8}(?:\.\d{1,9})?)s")


def delay_in(details: object) -> float | None:
    """``RetryInfo.retryDelay`` among the details, such as ``32s`` (google.rpc, error_details.proto)."""
    for detail in details if isinstance(details, list) else ():
        delay = mapping(detail).get("retryDelay")
        if isinstance(delay, str) and (found := _DELAY.fullmatch(delay)):
            return float(found[1])
    return None


def counts_quota(details: object) -> bool:
    """Whether the details name a quota that is used up: one of a minute or a day, and no empty account,
    though the sentence is "You exceeded your current quota, please check your plan and billing".
    """
    return any(
        "QuotaFailure" in str(mapping(detail).get("@type"))
        for detail in (details if isinstance(details, list) else ())
    )
