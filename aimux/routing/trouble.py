"""What speaks against a target or one of its keys at the moment, and until when.

A circuit that is open, a rest that was asked for, a plan that is spent or nearly so, a limit of our own, no
network.  Whoever has such a trouble is put behind the others; nobody is left out for it.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from aimux.routing.candidates import Routes
from aimux.routing.features import Features
from aimux.routing.plan import Candidate, Moment
from aimux.routing.router import Router

HELPER_RESERVE: Final = 5.0
"""Small helper calls leave a plan at this many times the reserve: the conversation itself goes on."""

LONG_SPENT_S: Final = 6 * 3600.0
LOOK_AGAIN_S: Final = 600.0
"""How often a request goes to a plan that is said to be spent for longer than six hours, where that word
is old: the vendor may have renewed it, or the owner bought more.
"""

NO_NETWORK: Final = "there is no network"


class Trouble(NamedTuple):
    """Why somebody is put behind the others, and until when.

    ``able`` is who would answer all the same and is only to be spared: a plan's reserve, a limit of
    our own.  Where nobody else is well, these are asked before those who would fail.
    """

    until_s: float
    reason: str
    able: bool = False


class Troubles:
    """Those that matter to one request."""

    __slots__ = ("_features", "_moment", "_offline", "_router", "_routes")

    def __init__(
        self, router: Router, routes: Routes, features: Features, moment: Moment, *, offline: bool
    ) -> None:
        self._router = router
        self._routes = routes
        self._features = features
        self._moment = moment
        self._offline = offline

    def of_target(self, candidate: Candidate) -> Trouble | None:
        """Until when a target should be left alone, whatever the key, and why."""
        router, provider, now_s = self._router, candidate.provider, self._moment.now_s
        if self._offline and not provider.local and router.network.leaves_out(provider.name, now_s):
            return Trouble(now_s, NO_NETWORK)
        standing = router.circuits.standing(candidate.place, now_s)
        if standing is not None and standing.state != "half-open":
            words = f"its circuit is {standing.state}: {standing.reason}"
            return Trouble(standing.until_s, words)
        rest = router.rests.of_model(*candidate.place, now_s)
        if rest is not None:
            return Trouble(rest.until_s, rest.reason)
        return None

    def of_limits(self, candidate: Candidate) -> Trouble | None:
        """Until when our own limits spare a target."""
        provider, now_s = candidate.provider, self._moment.now_s
        limits = provider.limits
        if limits.requests_per_minute is None and limits.tokens_per_minute is None:
            return None
        tokens = self._features.input_tokens
        wait_s = self._router.rates.wait_s(provider.name, limits, tokens, now_s)
        if wait_s <= 0:
            return None
        words = "its own limit in the configuration is used up"
        return Trouble(now_s + wait_s, words, able=True)

    def of_key(self, candidate: Candidate, label: str) -> Trouble | None:
        """Until when a key should be left alone, and why."""
        router, now_s = self._router, self._moment.now_s
        rest = router.rests.of_key(candidate.provider.name, label, now_s)
        if rest is not None:
            return Trouble(rest.until_s, rest.reason)
        return self._of_quota(candidate, label)

    def _of_quota(self, candidate: Candidate, label: str) -> Trouble | None:
        """Until when a key's plan should be left alone, and why.

        The reserve for helpers is looked at first: as long as a plan is not within it, nobody has to know
        whether this is a helper's call, for which a body must be read.
        """
        own = candidate.provider.quota_reserve
        reserve = self._routes.config.routing.quota_reserve if own is None else own
        verdict, now_s = self._router.quotas.verdict, self._moment.now_s
        name, model = candidate.place
        spent = verdict(name, label, model, min(0.9, reserve * HELPER_RESERVE), now_s)
        if spent is not None and not spent.hard and not self._features.helper:
            spent = verdict(name, label, model, reserve, now_s)
        if spent is None:
            return None
        long = spent.stale and spent.hard and spent.until_s - now_s > LONG_SPENT_S
        if long and self._looks_again(name, label):
            return None
        return Trouble(spent.until_s, spent.words, able=not spent.hard)

    def _looks_again(self, name: str, label: str) -> bool:
        """Whether this request may see if an old hint still holds; one now and then."""
        state, now_s, key = self._router.state, self._moment.now_s, ("look", name, label)
        if state.get(key, now_s) is not None:
            return False
        state.put(key, (now_s,), now_s + LOOK_AGAIN_S)
        return True
