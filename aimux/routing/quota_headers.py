"""What the headers of a response tell of a vendor's windows.

Each family of headers has one reader and a few names that give it away; a response without any of them
costs as many lookups as there are such names.  What cannot be read says nothing and never raises.

Where the families were read (2026-11): Anthropic's own from its API reference; the unified windows of
its subscriptions from public code that watches them (none are documented; names seen in responses of
2026-09); ``x-ratelimit-*`` from OpenAI's and Groq's pages on rate limits; by the minute and the day from
Cerebras's page on rate limits and, with ``req``, from responses of Mistral; ``x-ratelimitbysize-*`` from
older responses of Mistral; ``x-codex-*`` from Codex and the proxies that read it; the bare three from
OpenRouter, where the reset is in milliseconds.  Synthetic, Z.AI and MiniMax send none.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Final, NamedTuple

from aimux.routing.quota import Window, counted
from aimux.wire.durations import seconds_of

MAX_DURATION: Final = 40
"""Characters of a length of time; a longer one is none."""

Headers = Mapping[str, str]
Reader = Callable[[Headers, float], list[Window]]


def windows_of(headers: Headers, now_s: float) -> tuple[Window, ...]:
    """The windows that a response tells of; ``headers`` find their names in lower case."""
    found: list[Window] = []
    last: Reader | None = None
    for name, read in _SIGNS:
        if name in headers and read is not last:
            found += read(headers, now_s)
            last = read
    return tuple(found)


# ---------------------------------------------------------------- values


def number(text: object) -> float | None:
    """A count, a share or a sum of money, as a number or a text; None for what is none."""
    if text is True or text is False:
        return None
    try:
        value = float(text)  # type: ignore[arg-type]  # what it does not take is no number
    except (TypeError, ValueError, OverflowError):
        return None
    return value if 0 <= value < 10**15 else None


def moment(text: object) -> float | None:
    """A time in Unix seconds or milliseconds, or as RFC 3339; without a zone it is UTC."""
    value = number(text)
    if value is not None:
        value = value / 1000 if value > 10**11 else value
        return value if value > 10**9 else None  # a smaller one is no time of this century
    if not isinstance(text, str):
        return None
    try:
        when = datetime.fromisoformat(text)
        return (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None


def _get(headers: Headers, name: str) -> float | None:
    text = headers.get(name)
    return None if text is None else number(text)


def _after(headers: Headers, name: str, now_s: float) -> float | None:
    text = headers.get(name)
    seconds = seconds_of(text) if text is not None and len(text) <= MAX_DURATION else None
    return None if seconds is None else now_s + seconds


class _Row(NamedTuple):
    """A window in the names of its three headers."""

    window: str
    limit: str
    remaining: str
    reset: str


def _table(headers: Headers, now_s: float, rows: tuple[_Row, ...]) -> list[Window]:
    """The windows of these rows; resets are durations."""
    found: list[Window] = []
    for row in rows:
        limit, remaining = _get(headers, row.limit), _get(headers, row.remaining)
        if limit is not None or remaining is not None:
            resets_at_s = _after(headers, row.reset, now_s)
            found.append(counted(row.window, limit, remaining, resets_at_s, now_s))
    return found


# ---------------------------------------------------------------- Anthropic


_ANTHROPIC: Final = tuple(
    _Row(kind, *(f"anthropic-ratelimit-{kind}-{each}" for each in ("limit", "remaining", "reset")))
    for kind in ("requests", "tokens", "input-tokens", "output-tokens")
)


def _anthropic(headers: Headers, now_s: float) -> list[Window]:
    """Limits by the minute, counted by model; their resets are times."""
    found: list[Window] = []
    for row in _ANTHROPIC:
        limit, remaining = _get(headers, row.limit), _get(headers, row.remaining)
        if limit is not None or remaining is not None:
            resets_at_s = moment(headers.get(row.reset))
            found.append(counted(row.window, limit, remaining, resets_at_s, now_s))
    return found


_UNIFIED: Final = "anthropic-ratelimit-unified-"
_UNIFIED_PART: Final = re.compile(r"([0-9]{1,3}[hd](?:[_-][a-z0-9]{1,16})?)-(?:utilization|status)")
_STATES: Final = {"allowed": "allowed", "allowed_warning": "warning", "rejected": "rejected"}
_CLAIMS: Final = {
    "five_hour": "5h",
    "seven_day": "7d",
    "seven_day_opus": "7d_opus",
    "seven_day_sonnet": "7d_sonnet",
    "seven_day_overage_included": "7d_oi",
}


def _unified(headers: Headers, now_s: float) -> list[Window]:
    """The windows of a subscription: ``5h`` and ``7d`` of the account, ``7d_*`` of a group of models.

    Which windows there are is not fixed, so that they are looked for.  One that is ``rejected`` while
    requests go on at extra cost is a warning, no refusal.
    """
    size = len(_UNIFIED)
    told = {
        name[size:].lower(): value
        for name, value in headers.items()
        if name[:1] in "aA" and name[:size].lower() == _UNIFIED
    }
    overall = _STATES.get(told.get("status", ""), "")
    goes_on = overall in {"allowed", "warning"} or told.get("overage-in-use") == "true"
    found: dict[str, Window] = {}
    for key in told:
        if (part := _UNIFIED_PART.fullmatch(key)) and (name := part[1]) not in found:
            state = _STATES.get(told.get(f"{name}-status", ""), "")
            if goes_on and state in {"rejected", ""}:
                state = "warning" if state else overall
            used, reset = number(told.get(f"{name}-utilization")), told.get(f"{name}-reset")
            own = _is_of_models(name)
            found[name] = Window(name, used, None, None, moment(reset), state, now_s, own)
    refused = any(window.state == "rejected" for window in found.values())
    if overall == "rejected" and not goes_on and not refused:
        name = _CLAIMS.get(told.get("representative-claim", ""), "plan")
        window = found.get(name) or Window(name, seen_at_s=now_s, of_model=_is_of_models(name))
        resets_at_s = window.resets_at_s or moment(told.get("reset"))
        found[name] = window._replace(state="rejected", resets_at_s=resets_at_s)
    return list(found.values())


def _is_of_models(name: str) -> bool:
    return "_" in name or "-" in name


# ---------------------------------------------------------------- OpenAI and those who do alike


def _row(window: str, dimension: str) -> _Row:
    names = (f"x-ratelimit-{each}-{dimension}" for each in ("limit", "remaining", "reset"))
    return _Row(window, *names)


_OPENAI: Final = (_row("requests", "requests"), _row("tokens", "tokens"))
_PERIODS: Final = tuple(
    _row(f"{ours}-{period}", f"{theirs}-{period}")
    for theirs, ours in (("requests", "requests"), ("req", "requests"), ("tokens", "tokens"))
    for period in ("minute", "hour", "day", "month")
)
_BY_SIZE: Final = (
    _Row(
        "tokens-minute",
        "x-ratelimitbysize-limit-minute",
        "x-ratelimitbysize-remaining-minute",
        "ratelimitbysize-reset",
    ),
    _Row("tokens-month", "x-ratelimitbysize-limit-month", "x-ratelimitbysize-remaining-month", ""),
)


def _openai(headers: Headers, now_s: float) -> list[Window]:
    """OpenAI's, and Groq's, whose requests are those of a day; by model."""
    return _table(headers, now_s, _OPENAI)


def _periods(headers: Headers, now_s: float) -> list[Window]:
    """Cerebras's and Mistral's: the period stands in the name; Mistral writes ``req``, without resets."""
    return _table(headers, now_s, _PERIODS)


def _by_size(headers: Headers, now_s: float) -> list[Window]:
    """Mistral's older ones, in tokens; the reset is the minute's."""
    return _table(headers, now_s, _BY_SIZE)


def _bare(headers: Headers, now_s: float) -> list[Window]:
    """OpenRouter's: free models, in requests; the reset is a time."""
    limit, remaining = _get(headers, "x-ratelimit-limit"), _get(headers, "x-ratelimit-remaining")
    if limit is None and remaining is None:
        return []
    resets_at_s = moment(headers.get("x-ratelimit-reset"))
    return [counted("requests", limit, remaining, resets_at_s, now_s)]


# ---------------------------------------------------------------- Codex


def _codex(headers: Headers, now_s: float) -> list[Window]:
    """The two windows of a ChatGPT plan, in per cent; with credits it goes on when they are used up."""
    goes_on = headers.get("x-codex-credits-has-credits", "").lower() == "true"
    found: list[Window] = []
    for place in ("primary", "secondary"):
        percent = _get(headers, f"x-codex-{place}-used-percent")
        if percent is None:
            continue
        resets_at_s = moment(headers.get(f"x-codex-{place}-reset-at"))
        if resets_at_s is None:
            resets_at_s = _after(headers, f"x-codex-{place}-reset-after-seconds", now_s)
        found.append(
            Window(
                _length(_get(headers, f"x-codex-{place}-window-minutes")) or place,
                used=percent / 100,
                resets_at_s=resets_at_s,
                state="allowed" if goes_on else "",
                seen_at_s=now_s,
            )
        )
    return found


def _length(minutes: float | None) -> str | None:
    """The name of a window of so many minutes."""
    if not minutes:
        return None
    hours = minutes / 60
    return f"{hours / 24:.0f}d" if hours >= 24 else f"{hours:.0f}h" if hours >= 1 else "minute"


_SIGNS: Final[tuple[tuple[str, Reader], ...]] = (
    ("anthropic-ratelimit-unified-status", _unified),
    ("anthropic-ratelimit-unified-5h-status", _unified),
    ("anthropic-ratelimit-requests-limit", _anthropic),
    ("anthropic-ratelimit-tokens-limit", _anthropic),
    ("x-ratelimit-limit-requests", _openai),
    ("x-ratelimit-limit-tokens", _openai),
    ("x-ratelimit-limit-tokens-minute", _periods),
    ("x-ratelimit-limit-req-minute", _periods),
    ("x-ratelimitbysize-limit-minute", _by_size),
    ("x-codex-primary-used-percent", _codex),
    ("x-ratelimit-reset", _bare),
)
"""What gives a family away; signs of the same one stand together."""
