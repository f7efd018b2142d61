"""What vendors' quota addresses answer, by the shape of the answer.

Read (2026-11): Synthetic's from dev.synthetic.new and answers that public code keeps as tests; Z.AI's is
not documented, its shape is from such code; OpenRouter's from openrouter.ai/docs, limits.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from aimux.routing.quota import Window, counted
from aimux.routing.quota_headers import moment, number
from aimux.wire.errorkinds import mapping

_HOURS: Final = 3
_WEEKS: Final = 6
"""Z.AI's units of time, as far as limits on models have them."""


def windows_of_report(value: Any, now_s: float) -> tuple[Window, ...]:
    """The windows of an account, from the decoded answer of a quota address; none if it is strange."""
    whole = mapping(value)
    data = mapping(whole.get("data"))
    if isinstance(data.get("limits"), list):
        return tuple(_zai(data["limits"], now_s))
    if "limit_remaining" in data:
        return tuple(_openrouter(data, now_s))
    return tuple(_synthetic(whole, now_s))


def _synthetic(whole: dict[str, Any], now_s: float) -> Iterator[Window]:
    """Windows that fill up again bit by bit: a time is known only for the next bit, and it says
    something only when nothing is left.
    """
    rolling = mapping(whole.get("rollingFiveHourLimit"))
    limit, remaining = number(rolling.get("max")), number(rolling.get("remaining"))
    if limit and remaining is not None:
        limited = rolling.get("limited") is True
        tick_s = moment(rolling.get("nextTickAt")) if limited or remaining <= 0 else None
        state = "rejected" if limited else ""
        used = max(0.0, 1 - remaining / limit)
        yield Window("5h", used, remaining, limit, tick_s, state, now_s)
    else:
        yield from _old_synthetic(mapping(whole.get("subscription")), now_s)
    weekly = mapping(whole.get("weeklyTokenLimit"))
    percent = number(weekly.get("percentRemaining"))
    if percent is not None:
        yield Window(
            "week",
            max(0.0, 1 - percent / 100),
            _money(weekly.get("remainingCredits")),
            _money(weekly.get("maxCredits")),
            moment(weekly.get("nextRegenAt")) if percent <= 0 else None,
            "",
            now_s,
        )


def _old_synthetic(subscription: dict[str, Any], now_s: float) -> Iterator[Window]:
    """The plan from before the rolling window: so many requests in five hours."""
    limit, requests = number(subscription.get("limit")), number(subscription.get("requests"))
    if limit is not None and limit >= 1 and requests is not None:
        resets_at_s = moment(subscription.get("renewsAt"))
        yield Window(
            "5h", requests / limit, max(0.0, limit - requests), limit, resets_at_s, "", now_s
        )


def _money(value: object) -> float | None:
    """``$23.99`` as a number."""
    return number(value.removeprefix("$")) if isinstance(value, str) else number(value)


def _zai(limits: list[Any], now_s: float) -> Iterator[Window]:
    """Limits on models; ``TIME_LIMIT`` is that of the plan's own tools.  Only the share is taken: the
    numbers beside it were seen not to fit it.
    """
    for each in limits:
        told = mapping(each)
        unit, percent = told.get("unit"), number(told.get("percentage"))
        if told.get("type") == "TIME_LIMIT" or unit not in (_HOURS, _WEEKS) or percent is None:
            continue
        name = "week" if unit == _WEEKS else f"{number(told.get('number')) or 5:.0f}h"
        resets_at_s = moment(told.get("nextResetTime"))
        yield Window(name, used=percent / 100, resets_at_s=resets_at_s, seen_at_s=now_s)


def _openrouter(data: dict[str, Any], now_s: float) -> Iterator[Window]:
    """What the owner allows the key to spend, in US dollars; null is no limit."""
    limit, remaining = number(data.get("limit")), number(data.get("limit_remaining"))
    if limit is not None:
        yield counted("credits", limit, remaining, None, now_s)._replace(of_model=False)
