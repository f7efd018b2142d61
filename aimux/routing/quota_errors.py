"""What an error of an upstream tells of its windows: the vendor's own code, its words, its details.

The codecs have read the error already (:class:`~aimux.wire.codec.Reported`); its body is looked into
again only where it has the marks of something that only one vendor says.

Where the codes were read (2026-11): Z.AI's from docs.z.ai and docs.bigmodel.cn, api-code, and from
errors as people met them; MiniMax's from platform.minimax.io, errorcode, and likewise.  1302, 1303, 1305,
1312 (Z.AI) and 1002 (MiniMax) are short waits and no windows.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from typing import Any, Final

from aimux.errors import ErrorKind
from aimux.routing.quota import Window
from aimux.routing.quota_headers import moment, number, windows_of
from aimux.wire.codec import Reported
from aimux.wire.errorkinds import mapping
from aimux.wire.gemini.errors import error_in

_CODES: Final = {  # code -> (window, whether it is the model's); None: its words name the window
    "1113": ("credits", True),  # Z.AI: no balance, or the model is outside of the plan
    "1304": ("day", True),  # Z.AI: today's calls of this interface are used up
    "1308": (None, False),  # Z.AI: "Usage limit reached for 5 hour. Your limit will reset at ..."
    "1309": ("plan", False),  # Z.AI: the plan has ended
    "1310": ("week", False),  # Z.AI: "Weekly/Monthly Limit Exhausted. Your limit will reset at ..."
    "1311": ("plan", True),  # Z.AI: the plan does not include the model
    "1008": ("credits", False),  # MiniMax: insufficient balance
    "2056": (
        None,
        False,
    ),  # MiniMax: "5-hour usage limit reached for Token Plan ..., resets at ..."
}

_KINDS: Final = frozenset(
    {ErrorKind.RATE_LIMIT, ErrorKind.BILLING, ErrorKind.PERMISSION, ErrorKind.UPSTREAM}
)

_CODE_IN_WORDS: Final = re.compile(r"^\[([0-9]{4})\]|\(([0-9]{4})\)$")
_NOTHING_AT_ALL: Final = "(0/0 used)"
"""MiniMax's way to say that a plan does not have what was asked for."""

_WINDOW: Final = re.compile(
    r"\b([0-9]{1,3})[ -](hour|day|week|month)|\b(weekly|monthly)", re.IGNORECASE
)
_RESET: Final = re.compile(
    r"resets? at ([0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}"
    r"(?:\.[0-9]{1,9})?(?:Z|[+-][0-9]{2}:[0-9]{2})?)",
    re.IGNORECASE,
)
_CHINA: Final = timezone(timedelta(hours=8))

_DAILY_WAIT_S: Final = 600.0
_PACIFIC_MIDNIGHT_S: Final = 8 * 3600
"""Midnight in California in winter, in seconds of the UTC day; in summer it is an hour earlier."""


def windows_of_error(said: Reported, body: bytes, now_s: float) -> tuple[Window, ...]:
    """The windows that an error closes; none where it speaks of something else."""
    if said.kind not in _KINDS:
        return ()
    if b"QuotaFailure" in body:
        return _google(body, said.wait_s, now_s)
    if b"X-RateLimit-Reset" in body:
        return _openrouter(body, said.message, now_s)
    if said.code == "usage_limit_reached":
        return (_codex(body, now_s),)
    code = said.code if said.code in _CODES else _code_in(said.message)
    if code in _CODES:
        return (_coded(code, said.message, now_s),)
    return (_closed("credits", now_s),) if said.kind is ErrorKind.BILLING else ()


def _closed(
    name: str, now_s: float, resets_at_s: float | None = None, *, own: bool = False
) -> Window:
    return Window(name, resets_at_s=resets_at_s, state="rejected", seen_at_s=now_s, of_model=own)


# ---------------------------------------------------------------- codes


def _code_in(message: str) -> str:
    found = _CODE_IN_WORDS.search(message)
    return (found[1] or found[2]) if found else ""


def _coded(code: str, message: str, now_s: float) -> Window:
    if _NOTHING_AT_ALL in message:
        return _closed("plan", now_s, own=True)
    name, own = _CODES[code]
    return _closed(name or _named(message), now_s, _reset_in(message, now_s), own=own)


def _named(message: str) -> str:
    """The window that an error's words name, as the quota addresses name it: ``5h``, ``week``."""
    found = _WINDOW.search(message)
    if found is None:
        return "plan"
    if found[3]:
        return found[3].lower().removesuffix("ly")
    count, unit = int(found[1]), found[2].lower()
    if unit in {"week", "month"} and count == 1:
        return unit
    return f"{count * {'week': 7, 'month': 30}.get(unit, 1)}{'h' if unit == 'hour' else 'd'}"


def _reset_in(message: str, now_s: float) -> float | None:
    """When an error's words say that a window resets.

    Z.AI writes no zone.  It was seen to mean China's; where that has passed already it means UTC.
    """
    found = _RESET.search(message)
    if found is None:
        return None
    try:
        when = datetime.fromisoformat(found[1])
    except ValueError:
        return None
    if when.tzinfo is None:
        in_china_s = when.replace(tzinfo=_CHINA).timestamp()
        return in_china_s if in_china_s > now_s else moment(found[1])
    return when.timestamp()


# ---------------------------------------------------------------- details


def _google(body: bytes, wait_s: float | None, now_s: float) -> tuple[Window, ...]:
    """``QuotaFailure`` names each quota; its ``RetryInfo`` is seconds even where a day is used up."""
    return tuple(
        window
        for detail in _list(error_in(body).get("details"))
        for violation in _list(mapping(detail).get("violations"))
        if (window := _violated(mapping(violation), wait_s, now_s)) is not None
    )


def _violated(violation: dict[str, Any], wait_s: float | None, now_s: float) -> Window | None:
    quota = str(violation.get("quotaId") or "")
    kind = "input-tokens" if "InputTokens" in quota else "requests"
    if "PerDay" in quota:
        period, resets_at_s = "day", _pacific_midnight(now_s)
        if wait_s is not None and wait_s >= _DAILY_WAIT_S:
            resets_at_s = now_s + wait_s
    elif "PerMinute" in quota:
        period, resets_at_s = "minute", now_s + (60.0 if wait_s is None else wait_s)
    else:
        return None
    closed = _closed(f"{kind}-{period}", now_s, resets_at_s, own="PerModel" in quota)
    return closed._replace(limit=number(violation.get("quotaValue")))


def _pacific_midnight(now_s: float) -> float:
    return now_s + 86400 - (now_s - _PACIFIC_MIDNIGHT_S) % 86400


def _openrouter(body: bytes, message: str, now_s: float) -> tuple[Window, ...]:
    """Headers of the one that was asked, told in the body: 20 a minute and 50 a day of free models."""
    told = mapping(mapping(error_in(body).get("metadata")).get("headers"))
    headers = {str(name).lower(): str(value) for name, value in told.items()}
    period = "-day" if "per-day" in message else "-minute" if "per-min" in message else ""
    return tuple(
        window._replace(name=window.name + period) for window in windows_of(headers, now_s)
    )


def _codex(body: bytes, now_s: float) -> Window:
    """ChatGPT's plan; which of its windows it is, the headers of the same answer tell."""
    error = error_in(body)
    resets_at_s = moment(error.get("resets_at"))
    seconds = number(error.get("resets_in_seconds"))
    if resets_at_s is None and seconds is not None:
        resets_at_s = now_s + seconds
    return _closed("plan", now_s, resets_at_s)


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
