"""What is left of a plan: the windows that vendors tell of, and whether a key should be left alone.

A window is a vendor's count of something that comes back at a time: requests, tokens, a share of a
subscription.  What is known of it is a hint, read off headers, errors and quota addresses
(:mod:`aimux.routing.quota_headers`, ``quota_errors``, ``quota_reports``), and hints age: one whose reset
has passed counts as free again, none is believed for longer than :data:`TRUST_S`, and one that is older
than :data:`FRESH_S` says so, so that somebody may look whether it still holds.

Windows are kept by (provider, key label) where the vendor counts by account, and by model where it
counts by model.  Times are Unix seconds and are given by the caller.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, Final, NamedTuple

from aimux.routing.span import span
from aimux.routing.state import Key, State, Value

ROOM: Final = "quota"

TRUST_S: Final = 8 * 86400.0
"""Longer than the longest window that vendors have, a week; a reset further away is not believed."""

FRESH_S: Final = 3600.0
"""Plans are renewed and windows reset by hand: after this a hint deserves a second look."""

UNSAID_S: Final = 600.0
"""How long "used up" is believed of a vendor that does not say until when."""

SKEW_S: Final = 300.0
"""A hint from further in the future is from before our clock was put back: it says nothing."""

MAX_WINDOWS: Final = 16
"""Of one account or model; vendors have up to six."""

_LENGTHS_S: Final = {"minute": 60.0, "hour": 3600.0, "day": 86400.0}
_RATES: Final = ("requests", "tokens", "input-tokens", "output-tokens")


def keys_of(provider: str, label: str, model: str) -> tuple[Key, Key]:
    """Where the windows of a key's account are kept, and those of one of its models."""
    return (ROOM, provider, label, ""), (ROOM, provider, label, model)


class Window(NamedTuple):
    """One window as it was last seen.

    ``name`` is the vendor's in our spelling: ``requests``, ``tokens``, ``input-tokens``,
    ``output-tokens`` (each also with ``-minute``, ``-hour``, ``-day`` or ``-month``), ``5h``, ``7d``,
    ``week``, ``day``, ``month``, ``credits``, ``plan``.  ``used`` is a share and may be over 1.
    ``state`` is what the vendor says itself: ``allowed``, ``warning``, ``rejected`` or nothing.
    ``of_model`` marks a window that the vendor counts by model.
    """

    name: str
    used: float | None = None
    remaining: float | None = None
    limit: float | None = None
    resets_at_s: float | None = None
    state: str = ""
    seen_at_s: float = 0.0
    of_model: bool = False


_FIELDS: Final = len(Window._fields)


class Spent(NamedTuple):
    """A key that should be left alone.

    ``hard``: the vendor would refuse.  Otherwise the window is within the reserve that is kept.
    ``stale``: it was seen so long ago that one request may go there to see whether it still holds.
    """

    until_s: float
    words: str
    hard: bool
    stale: bool = False


def counted(
    name: str,
    limit: float | None,
    remaining: float | None,
    resets_at_s: float | None,
    now_s: float,
) -> Window:
    """A model's window that is told in numbers, one of which may be missing."""
    used = None
    if limit is not None and remaining is not None:
        used = max(0.0, 1 - remaining / limit) if limit > 0 else 1.0
    return Window(name, used, remaining, limit, resets_at_s, "", now_s, of_model=True)


class Quotas:
    """The windows of all keys."""

    __slots__ = ("_state",)

    def __init__(self, state: State) -> None:
        self._state = state

    def note(
        self, provider: str, label: str, model: str, windows: Iterable[Window], now_s: float
    ) -> None:
        """Takes in what a vendor has just said; a window takes the place of the one of its name."""
        account: list[Window] = []
        own: list[Window] = []
        for window in windows:
            (own if window.of_model else account).append(window)
        if account:
            self._merge((ROOM, provider, label, ""), account, now_s)
        if own:
            self._merge((ROOM, provider, label, model), own, now_s)

    def windows(self, provider: str, label: str, now_s: float, model: str = "") -> list[Window]:
        """The windows of a key's account as they stand now; with a model, those of that model."""
        value = self._state.get((ROOM, provider, label, model), now_s)
        return [current(each, now_s) for each in _unpacked(value)]

    def told(self, provider: str, now_s: float) -> list[tuple[str, str, Window]]:
        """All that is known of a provider, for people: key label, model or nothing, window."""
        return [
            (key[2], key[3], current(window, now_s))
            for key, value in sorted(self._state.room(ROOM, now_s).items())
            if key[1] == provider
            for window in _unpacked(value)
        ]

    def verdict(
        self, provider: str, label: str, model: str, reserve: float, now_s: float
    ) -> Spent | None:
        """Whether a key should be left alone for a model now, and until when.

        ``reserve`` is the share of each plan window that is to stay free; limits by the minute have
        none, they come back before anybody else could be asked.
        """
        found: Spent | None = None
        for value in self._state.read(keys_of(provider, label, model), now_s):
            if value is None or len(value) % _FIELDS:
                continue
            for at in range(0, len(value), _FIELDS):
                if not _suspect(value, at, reserve):
                    continue
                spent = _spent(Window._make(value[at : at + _FIELDS]), reserve, now_s)
                if spent is not None and (found is None or _weight(spent) > _weight(found)):
                    found = spent
        return found

    def forget(self, provider: str, now_s: float) -> None:
        """Forgets a provider whose keys or address have changed."""
        for key in self._state.room(ROOM, now_s):
            if key[1] == provider:
                self._state.drop(key)

    def _merge(self, key: tuple[str, ...], news: list[Window], now_s: float) -> None:
        names = {window.name for window in news}
        kept = (each for each in _unpacked(self._state.get(key, now_s)) if each.name not in names)
        value: list[Any] = []
        for window in [*news, *kept][:MAX_WINDOWS]:
            value += window
        self._state.put(key, tuple(value), now_s + TRUST_S)


def current(window: Window, now_s: float) -> Window:
    """A window as it stands now: free again when its reset has passed, or when nobody would believe
    any more that it is used up.
    """
    if window.resets_at_s is not None and window.resets_at_s <= now_s:
        return window._replace(used=0.0, remaining=window.limit, resets_at_s=None, state="")
    if _end(window) <= now_s and (_closed(window) or window.used is not None):
        return window._replace(used=None, remaining=None, state="")
    return window


def is_stale(window: Window, now_s: float) -> bool:
    """Whether a window was seen so long ago that it deserves a second look."""
    return now_s - window.seen_at_s > FRESH_S


def subject(name: str) -> str:
    """A window in words: "its 5-hour window"."""
    if name in _SUBJECTS:
        return _SUBJECTS[name]
    if found := _SPAN.fullmatch(name):
        unit = "hour" if found[2] == "h" else "day"
        part = f" for {found[3]}" if found[3] else ""
        return f"its {int(found[1])}-{unit} window{part}"
    kind, _, period = name.rpartition("-")
    if kind in _RATES:
        return f"its limit of {kind.replace('-', ' ')} a {period}"
    return f"its window {name!r}"


_SUBJECTS: Final = {
    "requests": "its limit of requests",
    "tokens": "its limit of tokens",
    "input-tokens": "its limit of input tokens",
    "output-tokens": "its limit of output tokens",
    "day": "its daily window",
    "week": "its weekly window",
    "month": "its monthly window",
    "credits": "its credit",
    "plan": "its plan",
}
_SPAN: Final = re.compile(r"(\d{1,4})([hd])(?:[_-]([a-z0-9]{1,16}))?")


def _unpacked(value: Value | None) -> Iterator[Window]:
    """The windows of an entry; one of another version of aimux says nothing."""
    if value is None or len(value) % _FIELDS:
        return
    for at in range(0, len(value), _FIELDS):
        yield Window._make(value[at : at + _FIELDS])


def _suspect(value: Value, at: int, reserve: float) -> bool:
    """Whether a window deserves a look: nearly all are far from used up, and this is asked of each
    candidate of each request.
    """
    used, remaining = value[at + 1], value[at + 2]
    return (
        (used is not None and used >= 1 - reserve)
        or value[at + 5] == "rejected"
        or (remaining is not None and remaining <= 0)
    )


def _closed(window: Window) -> bool:
    """Whether the vendor would refuse: it says so, or there is nothing left and it says nothing."""
    if window.state:
        return window.state == "rejected"
    spent = window.used is not None and window.used >= 1
    return spent or (window.remaining is not None and window.remaining <= 0)


def _end(window: Window) -> float:
    """Until when a window is believed."""
    until_s = window.resets_at_s
    if until_s is None:
        until_s = window.seen_at_s + _LENGTHS_S.get(window.name.rpartition("-")[2], UNSAID_S)
    return min(until_s, window.seen_at_s + TRUST_S)


def _spent(window: Window, reserve: float, now_s: float) -> Spent | None:
    hard = _closed(window)
    if not hard and (
        window.used is None
        or reserve <= 0
        or window.used < 1 - reserve
        or window.name.startswith(_RATES)
    ):
        return None
    until_s = _end(window)
    if until_s <= now_s or window.seen_at_s > now_s + SKEW_S:
        return None
    return Spent(until_s, _words(window, now_s, hard=hard), hard, is_stale(window, now_s))


def _weight(spent: Spent) -> tuple[bool, float]:
    return spent.hard, spent.until_s


def _words(window: Window, now_s: float, *, hard: bool) -> str:
    if hard and window.name == "plan" and window.of_model:
        return "its plan does not include this model"
    if hard and window.name == "credits" and window.of_model:
        return "its credit or plan does not reach for this model"
    what = "used up" if hard else f"{int(100 * (window.used or 0))} % used"
    words = f"{subject(window.name)} is {what}"
    if window.resets_at_s is not None:
        words += f", resets in {span(window.resets_at_s - now_s)}"
    return words
