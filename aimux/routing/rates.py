"""Our own limits toward a provider: requests and tokens a minute.

Each is a bucket that holds a minute's worth and fills evenly.  A request takes one request and its prompt
as guessed; what it really took is settled afterwards and may leave the bucket in debt.  A provider whose
buckets are empty is put behind the others until there is enough again; nobody is refused for it while
somebody else can answer.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from aimux.catalogue.provider import OwnLimits
from aimux.routing.state import State

NO_LIMITS: Final = OwnLimits()


class Buckets(NamedTuple):
    """What was left at a time."""

    requests: float
    tokens: float
    at_s: float


class Rates:
    """The buckets of all providers."""

    __slots__ = ("_state",)

    def __init__(self, state: State) -> None:
        self._state = state

    def wait_s(self, provider: str, limits: OwnLimits, tokens: int, now_s: float) -> float:
        """Seconds until a request of so many tokens fits; 0 when it does now.

        One that is larger than a whole minute's worth fits when the bucket is full.
        """
        if limits == NO_LIMITS:
            return 0.0
        left = self._left(provider, limits, now_s)
        wait_s = 0.0
        if limits.requests_per_minute is not None:
            wait_s = (1 - left.requests) * 60 / limits.requests_per_minute
        if limits.tokens_per_minute is not None:
            wanted = min(tokens, limits.tokens_per_minute)
            wait_s = max(wait_s, (wanted - left.tokens) * 60 / limits.tokens_per_minute)
        return max(0.0, wait_s)

    def take(self, provider: str, limits: OwnLimits, tokens: int, now_s: float) -> None:
        """A request of so many tokens goes out."""
        self._change(provider, limits, 1, tokens, now_s)

    def settle(self, provider: str, limits: OwnLimits, more_tokens: int, now_s: float) -> None:
        """It took so many tokens more than was guessed, or fewer."""
        self._change(provider, limits, 0, more_tokens, now_s)

    def _change(
        self, provider: str, limits: OwnLimits, requests: int, tokens: int, now_s: float
    ) -> None:
        if limits == NO_LIMITS:
            return
        left = self._left(provider, limits, now_s)
        changed = Buckets(left.requests - requests, left.tokens - tokens, now_s)
        self._state.put(("rate", provider), changed, now_s + 600)

    def _left(self, provider: str, limits: OwnLimits, now_s: float) -> Buckets:
        most_requests = float(limits.requests_per_minute or 0)
        most_tokens = float(limits.tokens_per_minute or 0)
        value = self._state.get(("rate", provider), now_s)
        if value is None:
            return Buckets(most_requests, most_tokens, now_s)
        left = Buckets._make(value)
        minutes = max(0.0, now_s - left.at_s) / 60
        return Buckets(
            min(most_requests, left.requests + most_requests * minutes),
            min(most_tokens, left.tokens + most_tokens * minutes),
            now_s,
        )
