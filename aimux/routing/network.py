"""Whether there is a network at all.

Two providers that cannot be reached within two seconds are no two broken providers: the laptop is on a
train.  Then no circuit counts it, and what was counted for it in those two seconds is taken back; models
on this machine take over where the route has one; and whoever has none is told so at once instead of
after a timeout for each provider.  Only those who have been missed themselves are left alone for it: two
may be broken after all, and a third one well.  One request every two seconds is let through to see; the
first answer from anywhere outside ends it.

What is known here is this machine's own affair and is shared with nobody.
"""

from __future__ import annotations

from typing import Final, NamedTuple

TOGETHER_S: Final = 2.0
PROBE_EVERY_S: Final = 2.0
BELIEVED_S: Final = 120.0
"""Without a new sign of it, absence is not believed for longer."""


class _Miss(NamedTuple):
    provider: str
    model: str
    at_s: float
    strikes: int


class Network:
    """What is known of the way out."""

    __slots__ = ("_last_s", "_missed", "_misses", "_probe_s", "offline_since_s")

    def __init__(self) -> None:
        self._misses: list[_Miss] = []
        self._missed: set[str] = set()
        self._last_s = 0.0
        self._probe_s = 0.0
        self.offline_since_s: float | None = None
        """Unix seconds; None while there is a network, as far as anybody knows."""

    def offline(self, now_s: float) -> bool:
        """Whether nothing outside can be reached."""
        if self.offline_since_s is None:
            return False
        if now_s - self._last_s > BELIEVED_S:
            self.reached()
            return False
        return True

    def leaves_out(self, provider: str, now_s: float) -> bool:
        """Whether nothing outside can be reached, this provider as little as the others."""
        return self.offline(now_s) and provider in self._missed

    def missed(
        self, provider: str, model: str, strikes: int, now_s: float
    ) -> list[tuple[str, str, int]] | None:
        """A provider outside could not be reached.

        Returns None where it counts against the provider as any failure does; else, with no network,
        it does not, and the list is what has been counted wrongly: provider, model, strikes.
        """
        self._last_s = now_s
        if self.offline(now_s):
            self._missed = self._missed | {provider}
            return []
        recent = [miss for miss in self._misses if now_s - miss.at_s <= TOGETHER_S]
        self._misses = [*recent, _Miss(provider, model, now_s, strikes)]
        if all(miss.provider == provider for miss in recent):
            return None
        self.offline_since_s = recent[0].at_s
        self._probe_s = now_s
        self._misses = []
        self._missed = {provider, *(miss.provider for miss in recent)}
        return [(miss.provider, miss.model, miss.strikes) for miss in recent]

    def reached(self) -> None:
        """Somebody outside has answered, whatever it said."""
        if self.offline_since_s is not None or self._misses:
            self.offline_since_s = None
            self._misses = []

    def may_look(self, now_s: float) -> bool:
        """Whether a request may go out to see whether the network is back; one every two seconds."""
        if now_s - self._probe_s < PROBE_EVERY_S:
            return False
        self._probe_s = now_s
        return True
