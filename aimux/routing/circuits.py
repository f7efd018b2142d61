"""Who is left alone for a while because it fails: a circuit for each model of each provider.

    closed --- five strikes in a row, or more than half of ten and more within a minute ---> open
    open   --- its time is over -------------------------------------------------------> half-open
    half-open: one real request is let through; its end decides: closed, or open for twice as long

The first time a circuit opens it stays so for 15 seconds, then 30, 60 ... up to five minutes, give or
take a fifth by chance, so that gateways which saw the same failure do not return together.  A strike is a
failure of the provider; what it is worth stands in the verdict table.  The caller's mistakes, the key's
rests and clients that leave never count; a stream that breaks in the middle does.

An open circuit puts a candidate behind the others, it never takes the last one away.  Probing costs
money, so nothing is asked only to see whether it works.

What is remembered of a target begins with its first failure and ends ten minutes after its last one: a
healthy target costs nothing but a look into a dictionary.
"""

from __future__ import annotations

from typing import Final, Literal, NamedTuple

from aimux.routing.plan import Chance, Place
from aimux.routing.state import Key, State

STRIKES: Final = 5
SHARE: Final = 0.5
LEAST_ASKED: Final = 10
WINDOW_S: Final = 60.0
FIRST_OPEN_S: Final = 15.0
MOST_OPEN_S: Final = 300.0
PROBE_S: Final = 180.0
"""A probe that has not ended by then is taken as lost: another one may go."""
_MEMORY_S: Final = 600.0
_ROOM: Final = "circuit"


def key_of(place: Place) -> Key:
    """Where the circuit of a target is kept."""
    return (_ROOM, *place)


class Circuit(NamedTuple):
    """What is remembered of a target that has failed.  Times are Unix seconds, 0 is never.

    ``asked`` and ``failed`` count within the window that began at ``since_s``; ``before_asked`` and
    ``before_failed`` are those of the window before it, of which less and less counts.
    """

    strikes: int = 0
    since_s: float = 0.0
    asked: int = 0
    failed: int = 0
    before_asked: int = 0
    before_failed: int = 0
    openings: int = 0
    open_until_s: float = 0.0
    probe_until_s: float = 0.0
    reason: str = ""

    @property
    def open(self) -> bool:
        """Whether it has opened and nothing has closed it since; half-open is open, too."""
        return self.open_until_s > 0


class Standing(NamedTuple):
    """An open or half-open circuit for people and plans: until when, and why."""

    state: Literal["open", "half-open", "probing"]
    until_s: float
    reason: str


class Circuits:
    """All circuits, by provider and model."""

    __slots__ = ("_state",)

    def __init__(self, state: State) -> None:
        self._state = state

    def standing(self, place: Place, now_s: float) -> Standing | None:
        """Why a target should be left alone; None while its circuit is closed."""
        circuit = self._of(place, now_s)
        if circuit is None or not circuit.open:
            return None
        if circuit.open_until_s > now_s:
            return Standing("open", circuit.open_until_s, circuit.reason)
        if circuit.probe_until_s > now_s:
            return Standing("probing", circuit.probe_until_s, circuit.reason)
        return Standing("half-open", now_s, circuit.reason)

    def enter(self, place: Place, now_s: float) -> bool:
        """A request is about to go to a target; whether its circuit lets it through.

        At a half-open circuit the first one becomes the probe.
        """
        circuit = self._of(place, now_s)
        if circuit is None or not circuit.open:
            return True
        if circuit.open_until_s > now_s or circuit.probe_until_s > now_s:
            return False
        self._put(place, circuit._replace(probe_until_s=now_s + PROBE_S), now_s)
        return True

    def withdraw(self, place: Place, now_s: float) -> None:
        """A request has ended without a word on the target's health (the client left, the key or the
        request was at fault): if it was the probe, another one may go.
        """
        circuit = self._of(place, now_s)
        if circuit is not None and circuit.probe_until_s:
            self._put(place, circuit._replace(probe_until_s=0.0), now_s)

    def succeeded(self, place: Place, now_s: float) -> None:
        """A target has answered whole: its circuit closes."""
        circuit = self._of(place, now_s)
        if circuit is None:
            return
        counted = _counted(circuit, now_s, failed=False)
        closed = counted._replace(strikes=0, openings=0, open_until_s=0.0, probe_until_s=0.0)
        self._put(place, closed, now_s)

    def failed(  # noqa: PLR0913 -- what a failure is
        self,
        place: Place,
        strikes: int,
        reason: str,
        now_s: float,
        chance: Chance,
        *,
        probes: bool = True,
    ) -> None:
        """A target has failed; enough of it opens its circuit, and a failed probe opens it again.

        ``probes`` is false for a request that went out earlier or as the last resort: while a probe is
        under way it decides nothing.
        """
        circuit = _counted(self._of(place, now_s) or Circuit(since_s=now_s), now_s, failed=True)
        circuit = circuit._replace(strikes=circuit.strikes + strikes, reason=reason)
        if circuit.open and circuit.open_until_s > now_s:
            pass  # asked all the same, as the last one there was: that it fails is known
        elif circuit.probe_until_s > now_s and not probes:
            pass  # the probe will say more
        elif circuit.open or _too_many(circuit, now_s):
            pause_s = min(FIRST_OPEN_S * 2**circuit.openings, MOST_OPEN_S)
            circuit = circuit._replace(
                openings=min(circuit.openings + 1, 16),
                open_until_s=now_s + pause_s * (0.8 + 0.4 * chance()),
                probe_until_s=0.0,
            )
        self._put(place, circuit, now_s)

    def forgive(self, place: Place, strikes: int, now_s: float) -> None:
        """Takes strikes back: it was the network, not the target.  Where they have opened its circuit, it
        is closed again.
        """
        circuit = self._of(place, now_s)
        if circuit is None:
            return
        left = max(0, circuit.strikes - strikes)
        forgiven = circuit._replace(strikes=left, failed=max(0, circuit.failed - 1))
        if circuit.open and left < STRIKES <= circuit.strikes:
            forgiven = forgiven._replace(openings=0, open_until_s=0.0, probe_until_s=0.0)
        self._put(place, forgiven, now_s)

    def reset(self, provider: str, now_s: float) -> int:
        """Forgets all of a provider; how many circuits that were."""
        places = [key for key in self._state.room(_ROOM, now_s) if key[1] == provider]
        for key in places:
            self._state.drop(key)
        return len(places)

    def rearm(self, now_s: float) -> None:
        """After a restart open circuits are half-open: time has passed that nobody watched."""
        for key, value in self._state.room(_ROOM, now_s).items():
            circuit = Circuit._make(value)
            if circuit.open:
                until_s = min(circuit.open_until_s, now_s)
                self._put(
                    (key[1], key[2]),
                    circuit._replace(open_until_s=until_s, probe_until_s=0.0),
                    now_s,
                )

    def of_provider(self, provider: str, now_s: float) -> dict[str, Standing]:
        """The circuits of a provider that are not closed, by model; for people."""
        found: dict[str, Standing] = {}
        for key in self._state.room(_ROOM, now_s):
            if key[1] == provider and (standing := self.standing((key[1], key[2]), now_s)):
                found[key[2]] = standing
        return found

    def _of(self, place: Place, now_s: float) -> Circuit | None:
        value = self._state.get(key_of(place), now_s)
        return None if value is None else Circuit._make(value)

    def _put(self, place: Place, circuit: Circuit, now_s: float) -> None:
        until_s = max(now_s, circuit.open_until_s) + _MEMORY_S
        self._state.put(key_of(place), circuit, until_s)


def _counted(circuit: Circuit, now_s: float, *, failed: bool) -> Circuit:
    """The circuit with one more request in its window."""
    age = now_s - circuit.since_s
    if age >= 2 * WINDOW_S:
        circuit = circuit._replace(
            since_s=now_s, asked=0, failed=0, before_asked=0, before_failed=0
        )
    elif age >= WINDOW_S:
        circuit = circuit._replace(
            since_s=circuit.since_s + WINDOW_S,
            asked=0,
            failed=0,
            before_asked=circuit.asked,
            before_failed=circuit.failed,
        )
    return circuit._replace(asked=circuit.asked + 1, failed=circuit.failed + failed)


def _too_many(circuit: Circuit, now_s: float) -> bool:
    if circuit.strikes >= STRIKES:
        return True
    left = 1 - (now_s - circuit.since_s) / WINDOW_S  # of the window before, as much still counts
    asked = circuit.asked + circuit.before_asked * left
    return asked >= LEAST_ASKED and circuit.failed + circuit.before_failed * left > SHARE * asked
