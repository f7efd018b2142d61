"""How much may be tried again: a fifth of what is asked, and a little more.

Retries multiply what a provider in trouble has to bear, and what is paid.  So each provider has a budget
for being asked again by a request that it has failed already, and all of them together have one: 20 % of
the requests of the last seconds, and three besides, because a laptop makes few.  A client that says it
asks again itself (``x-stainless-retry-count``) has used up part of it.

Going to another provider that is well costs nothing of it: it is asked once, as it would have been had
one known before.

Counts fade with a half-life of ten seconds; they are this process's own.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

SHARE: Final = 0.2
FLOOR: Final = 3.0
HALF_LIFE_S: Final = 10.0

_ALL: Final = ""


class _Account:
    __slots__ = ("asked", "at_s", "retried")

    def __init__(self, now_s: float) -> None:
        self.asked = 0.0
        self.retried = 0.0
        self.at_s = now_s

    def fade(self, now_s: float) -> None:
        elapsed_s = now_s - self.at_s
        if elapsed_s > 0:
            left = 0.5 ** (elapsed_s / HALF_LIFE_S)
            self.asked *= left
            self.retried *= left
            self.at_s = now_s

    @property
    def room(self) -> bool:
        return self.retried + 1 <= FLOOR + SHARE * self.asked


class Retries:
    """The budgets of all providers, and the one of all together."""

    __slots__ = ("_accounts",)

    def __init__(self) -> None:
        self._accounts: dict[str, _Account] = {}

    def asked(self, provider: str, now_s: float) -> None:
        """A request goes to a provider for the first time."""
        for name in (provider, _ALL):
            self._of(name, now_s).asked += 1

    def came_again(self, now_s: float) -> None:
        """A client sends a request that has failed it before."""
        self._of(_ALL, now_s).retried += 1

    def take(self, provider: str, now_s: float) -> bool:
        """Takes one retry at a provider out of both budgets; False where one of them is spent."""
        accounts = [self._of(name, now_s) for name in (provider, _ALL)]
        if not all(account.room for account in accounts):
            return False
        for account in accounts:
            account.retried += 1
        return True

    def left(self, providers: Iterable[str], now_s: float) -> dict[str, float]:
        """Retries that may be made now, by provider; ``all`` is for all together."""
        left = {}
        for scope, name in (("all", _ALL), *((each, each) for each in providers)):
            account = self._accounts.get(name) or _Account(now_s)
            account.fade(now_s)
            left[scope] = max(0.0, FLOOR + SHARE * account.asked - account.retried)
        return left

    def _of(self, name: str, now_s: float) -> _Account:
        account = self._accounts.get(name)
        if account is None:
            account = self._accounts[name] = _Account(now_s)
        account.fade(now_s)
        return account
