"""Who rests until a time it was told: keys that were refused or used up, models that do not exist.

A rest is known beforehand, unlike an open circuit: a provider has said "in 40 seconds", a key was
refused, a model is unknown.  A key that is refused again and again rests longer each time, ten minutes
up to a day: it is dead, and a person has to act.  Rests are told to those who ask and end by themselves,
by a success, by ``aimux providers reset``, or when the key or the address has changed.
"""

from __future__ import annotations

from typing import Final, Literal, NamedTuple

from aimux.routing.state import Key, State

MOST_S: Final = 24 * 3600.0
"""No provider is believed that it will be away for longer; it is asked again after a day."""

Kind = Literal["cooling", "dead"]

_MEMORY_S: Final = 3600.0
"""How long it is remembered that there was a rest, for the next one to be longer."""


def key_of_key(provider: str, label: str) -> Key:
    """Where the rest of a provider's key is kept."""
    return ("key", provider, label)


def key_of_model(provider: str, model: str) -> Key:
    """Where the rest of a provider's model is kept."""
    return ("model", provider, model)


class Rest(NamedTuple):
    """Somebody rests until ``until_s`` because of ``reason``; ``times`` counts refusals in a row."""

    until_s: float
    reason: str
    kind: Kind = "cooling"
    times: int = 1


class Rests:
    """Rests by (provider, key label) and by (provider, model)."""

    __slots__ = ("_state",)

    def __init__(self, state: State) -> None:
        self._state = state

    def of_key(self, provider: str, label: str, now_s: float) -> Rest | None:
        """The rest of a key, if it rests now."""
        return self._current(key_of_key(provider, label), now_s)

    def of_model(self, provider: str, model: str, now_s: float) -> Rest | None:
        """The rest of a model at a provider, if it rests now."""
        return self._current(key_of_model(provider, model), now_s)

    def rest_key(self, provider: str, label: str, rest: Rest, now_s: float) -> None:
        """Lets a key rest; a rest is prolonged, never shortened."""
        self._rest(key_of_key(provider, label), rest, now_s)

    def rest_model(self, provider: str, model: str, rest: Rest, now_s: float) -> None:
        """Lets a model rest; a rest is prolonged, never shortened."""
        self._rest(key_of_model(provider, model), rest, now_s)

    def succeeded(self, provider: str, model: str, label: str) -> None:
        """An answer came: neither the key nor the model needs rest."""
        self._state.drop(key_of_key(provider, label))
        self._state.drop(key_of_model(provider, model))

    def reset(self, provider: str, now_s: float) -> int:
        """Ends every rest of a provider; how many there were."""
        ended = 0
        for room in ("key", "model"):
            for key in self._state.room(room, now_s):
                if key[1] == provider:
                    ended += self._current(key, now_s) is not None
                    self._state.drop(key)
        return ended

    def of_provider(self, provider: str, now_s: float) -> dict[tuple[str, str], Rest]:
        """All that rest now, by room (``key`` or ``model``) and name; for people."""
        return {
            (room, key[2]): rest
            for room in ("key", "model")
            for key in self._state.room(room, now_s)
            if key[1] == provider and (rest := self._current(key, now_s))
        }

    def _rest(self, key: tuple[str, ...], rest: Rest, now_s: float) -> None:
        value = self._state.get(key, now_s)
        before = None if value is None else Rest._make(value)
        until_s = rest.until_s
        times = 1
        if rest.kind == "dead" and before is not None and before.kind == "dead":
            times = before.times + 1
            until_s = now_s + (rest.until_s - now_s) * 2 ** min(before.times, 8)
        until_s = min(until_s, now_s + MOST_S)
        if before is not None and before.until_s >= until_s:
            return
        self._state.put(key, rest._replace(until_s=until_s, times=times), until_s + _MEMORY_S)

    def _current(self, key: tuple[str, ...], now_s: float) -> Rest | None:
        value = self._state.get(key, now_s)
        if value is None:
            return None
        rest = Rest._make(value)
        return rest if rest.until_s > now_s else None
