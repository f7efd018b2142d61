"""How fast and how reliable each target is, learned from what it answered.

Kept per target and task in a :class:`~aimux.routing.state.State`, and per target over all tasks for
tasks of which little is known.  Everything is a sum in which older answers count less: half after
``HALF_LIFE_S`` seconds, whether or not others came meanwhile.  A sum never holds more than
``MOST_WEIGHT`` answers, so that a thousand quick ones of the last hour do not outvote the slow ones
of this minute.

The time to the first event is a straight line over the part of the prompt that is not in the cache (a
fixed wait and seconds per 1,000 tokens, by least squares); the rest of an answer takes its tokens at
the rate of earlier ones.  All estimates begin at a prior with the weight of about one answer, so that a
single odd one never makes an extreme, and return to it when there was no answer for a long time.

Two gateways that write at the same moment lose one of two answers; that is no harm to an average.

What has been read is remembered for ``FRESH_S``: within a second sums fade by a thousandth, and a busy
gateway asks for the same speeds with each plan.  An answer that comes here is seen at once, one that
another gateway has put into a shared state a second later.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from aimux.routing.plan import Demand, Place, Task
from aimux.routing.state import State, Value

ROOM: Final = "speed"
ALL_TASKS: Final = "all"
HALF_LIFE_S: Final = 600.0
KEPT_S: Final = 86_400.0
"""After its last answer a target is forgotten; its weight is nothing long before, its date is told."""
MOST_WEIGHT: Final = 32.0
ENOUGH: Final = 1.0
"""Weight from which a task is judged by its own answers, and not by those to all tasks."""
FAINT: Final = 0.1
"""Weight below which what was measured gives way to what is assumed of anybody, bit by bit: half an hour
after a single answer, an hour and a half after many."""
FRESH_S: Final = 1.0
MOST_FRESH: Final = 1_000
"""Targets that are remembered per task; a request may name any model."""
LONGEST_S: Final = 600.0
"""A longer wait is counted as this one: it says no more, and would outvote too much."""
HIGHEST_RATE: Final = 5_000.0
"""Output tokens per second: an answer that arrives in one piece tells no higher one."""

# What is assumed of a target that nobody has measured, and with which weight.
FIRST_EVENT_S: Final = 1.5
PER_KTOKEN_S: Final = 0.05
TOKENS_PER_S: Final = 50.0
SUCCESS: Final = 0.95
_SUCCESS_WEIGHT: Final = 2.0
_PRIOR_GOOD: Final = SUCCESS * _SUCCESS_WEIGHT
_PRIOR_S: Final = 1.0
"""Seconds of output at the assumed rate."""
_PRIOR_N: Final = 0.5
"""Answers on the assumed line: half of them to an empty prompt, half to one of 20,000 tokens."""
_PRIOR_KTOKENS: Final = 20.0
_PRIOR_X: Final = _PRIOR_N / 2 * _PRIOR_KTOKENS
_PRIOR_XX: Final = _PRIOR_X * _PRIOR_KTOKENS
_PRIOR_Y: Final = _PRIOR_N * FIRST_EVENT_S + _PRIOR_X * PER_KTOKEN_S
_PRIOR_XY: Final = _PRIOR_X * (FIRST_EVENT_S + _PRIOR_KTOKENS * PER_KTOKEN_S)


class Learned(NamedTuple):
    """Sums over the answers of a target to a task, faded to ``at_s``, the time of the last one.

    ``fixed_s``, ``per_ktoken_s`` and ``tokens_per_s`` are the estimates that follow from the sums:
    they change when an answer comes, and are read with every plan.  ``n`` to ``xy`` are the sums of
    the line: x in 1,000 uncached tokens, y in seconds to the first event.
    """

    at_s: float
    good: float
    bad: float
    fixed_s: float
    per_ktoken_s: float
    tokens_per_s: float
    n: float
    x: float
    xx: float
    y: float
    xy: float
    tokens: float
    output_s: float


@dataclass(frozen=True, slots=True)
class Speed:
    """What is expected of a target, and how much it rests on.  No tuple: it is made once in a second and
    read with every plan, and CPython has a short way to read a slot, none to take a NamedTuple apart.

    ``weight`` counts faded answers and failures, 0 for a target that nobody has measured; ``seen_s``
    is the time of the last one in Unix seconds, None where there is none.
    """

    fixed_s: float
    per_ktoken_s: float
    tokens_per_s: float
    success: float
    weight: float
    seen_s: float | None

    def first_event_s(self, uncached_tokens: int) -> float:
        """Seconds to the first event for a prompt with so much that no cache holds."""
        return self.fixed_s + self.per_ktoken_s * uncached_tokens / 1000

    def expected_s(self, uncached_tokens: float, output_tokens: float) -> float:
        """Seconds to the end of the answer, if it succeeds."""
        return (
            self.fixed_s
            + self.per_ktoken_s * uncached_tokens / 1000
            + output_tokens / self.tokens_per_s
        )


_make: Final = tuple.__new__
"""A NamedTuple from a tuple, without the call that names its fields: half the time."""

_Answer = tuple[float, float, float, float, float, float, float]
"""What one answer adds to the sums: good, bad, n, x, y, tokens, output_s."""
_FAILURE: Final[_Answer] = (0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0)

UNMEASURED: Final = Speed(FIRST_EVENT_S, PER_KTOKEN_S, TOKENS_PER_S, SUCCESS, 0.0, None)


class Performance:
    """What was learned of all targets; all of it is in the state."""

    __slots__ = ("_fresh", "_since_s", "_state")

    def __init__(self, state: State) -> None:
        self._state = state
        self._fresh: dict[str, dict[Place, Speed]] = {each.value: {} for each in Task}
        """By task and place, read at ``_since_s`` or within ``FRESH_S`` after it."""
        self._since_s = 0.0

    def answered(  # noqa: PLR0913  (what is known of an answer)
        self,
        place: Place,
        task: Task,
        *,
        first_event_s: float | None,
        duration_s: float | None,
        uncached_tokens: int | None,
        output_tokens: int | None,
        now_s: float,
    ) -> None:
        """Learns of an answer that came to its end; None is what nobody knows.

        ``first_event_s`` and ``duration_s`` count from the sending of the request.  An answer that
        came as a whole has no ``first_event_s``; as much of its duration as is usual there is taken
        for the wait, and the rest for the output.
        """
        n = x = y = tokens = output_s = 0.0
        if first_event_s is not None and uncached_tokens is not None:
            n = 1.0
            x = uncached_tokens / 1000 if uncached_tokens > 0 else 0.0
            y = min(max(first_event_s, 0.0), LONGEST_S)
        if output_tokens and duration_s is not None:
            if first_event_s is None:
                usual = self.speed(place, task, now_s)
                first_event_s = usual.first_event_s(uncached_tokens or 0)
            tokens = float(output_tokens)
            output_s = max(duration_s - first_event_s, tokens / HIGHEST_RATE)
        self._learn(place, task, (1.0, 0.0, n, x, y, tokens, output_s), now_s)

    def failed(self, place: Place, task: Task, now_s: float) -> None:
        """Learns of a failure that was the target's own fault."""
        self._learn(place, task, _FAILURE, now_s)

    def speed(self, place: Place, task: Task, now_s: float) -> Speed:
        """What is expected of a target for a task."""
        return self.speeds((place,), task, now_s)[0]

    def speeds(self, places: Sequence[Place], task: Task, now_s: float) -> list[Speed]:
        """What is expected of several targets for a task, as it was at most ``FRESH_S`` ago."""
        fresh = self._fresh
        if not self._since_s <= now_s < self._since_s + FRESH_S:
            self._since_s = now_s
            for each in fresh.values():
                each.clear()
        known = fresh[task.value]
        try:
            return [known[place] for place in places]
        except KeyError:
            self._read(known, places, task, now_s)
            return [known[place] for place in places]

    def _read(
        self, known: dict[Place, Speed], places: Sequence[Place], task: Task, now_s: float
    ) -> None:
        """Reads what is not known, in one or two readings of the state.

        A task with little evidence of its own is judged by all tasks of the target.
        """
        if len(known) > MOST_FRESH:
            known.clear()
        new = [place for place in places if place not in known]
        read = self._state.read
        values = read([(ROOM, *place, task.value) for place in new], now_s)
        thin = [index for index, value in enumerate(values) if _weight(value, now_s) < ENOUGH]
        if thin:
            keys = [(ROOM, *new[index], ALL_TASKS) for index in thin]
            for index, value in zip(thin, read(keys, now_s), strict=True):
                if value is not None:
                    values[index] = value
        known.update(zip(new, [_speed(value, now_s) for value in values], strict=True))

    def expected_s(self, place: Place, demand: Demand, cached_tokens: int, now_s: float) -> float:
        """Seconds to the end of a request of which ``cached_tokens`` are warm there, if it succeeds."""
        uncached = max(demand.input_tokens - cached_tokens, 0)
        return self.speed(place, demand.task, now_s).expected_s(uncached, demand.output_tokens)

    def _learn(self, place: Place, task: Task, answer: _Answer, now_s: float) -> None:
        state = self._state
        for name in (task.value, ALL_TASKS):
            key = (ROOM, place[0], place[1], name)
            state.put(key, _added(state.get(key, now_s), answer, now_s), now_s + KEPT_S)
        for fresh in self._fresh.values():
            fresh.pop(place, None)


def _added(value: Value | None, answer: _Answer, now_s: float) -> Learned:
    """Faded sums with one more answer in them; what cannot be read counts as never learned."""
    good, bad, n, x, y, tokens, output_s = answer
    xx, xy = x * x, x * y
    if value is not None:
        try:
            at_s, old_good, old_bad, _, _, _, *old = value
            weight = old_good + old_bad
            keep = 0.5 ** ((now_s - at_s) / HALF_LIFE_S) if now_s > at_s else 1.0
            if weight * keep > MOST_WEIGHT - 1:
                keep = (MOST_WEIGHT - 1) / weight
            old_n, old_x, old_xx, old_y, old_xy, old_tokens, old_output_s = old
            good += old_good * keep
            bad += old_bad * keep
            n += old_n * keep
            x += old_x * keep
            xx += old_xx * keep
            y += old_y * keep
            xy += old_xy * keep
            tokens += old_tokens * keep
            output_s += old_output_s * keep
        except (TypeError, ValueError):
            return _added(None, answer, now_s)
    fixed, slope = _line(n + _PRIOR_N, x + _PRIOR_X, xx + _PRIOR_XX, y + _PRIOR_Y, xy + _PRIOR_XY)
    rate = (tokens + TOKENS_PER_S * _PRIOR_S) / (output_s + _PRIOR_S)
    return _make(
        Learned,
        (now_s, good, bad, fixed, slope, rate, n, x, xx, y, xy, tokens, output_s),
    )


def _line(n: float, x: float, xx: float, y: float, xy: float) -> tuple[float, float]:
    """The straight line through what was measured and what is assumed, neither part below 0.

    The assumed points lie at two sizes, so that the divisor is above 0 whatever was measured.
    """
    slope = (n * xy - x * y) / (n * xx - x * x)
    if slope < 0:
        return y / n, 0.0
    fixed = (y - slope * x) / n
    if fixed < 0:
        return 0.0, xy / xx
    return fixed, slope


def _weight(value: Value | None, now_s: float) -> float:
    """How many answers sums of some age are worth now."""
    if value is None:
        return 0.0
    try:
        weight: float = value[1] + value[2]
        at_s = value[0]
        return weight * 0.5 ** ((now_s - at_s) / HALF_LIFE_S) if now_s > at_s else weight
    except (TypeError, LookupError):
        return 0.0


def _speed(value: Value | None, now_s: float) -> Speed:
    """What sums of some age tell now; of what cannot be read, what is assumed of anybody."""
    if value is None:
        return UNMEASURED
    try:
        at_s, good, bad, fixed, slope, rate = value[:6]
        keep = 0.5 ** ((now_s - at_s) / HALF_LIFE_S) if now_s > at_s else 1.0
        good *= keep
        weight = good + bad * keep
        if weight < FAINT:
            trust = weight / FAINT
            fixed = FIRST_EVENT_S + (fixed - FIRST_EVENT_S) * trust
            slope = PER_KTOKEN_S + (slope - PER_KTOKEN_S) * trust
            rate = TOKENS_PER_S + (rate - TOKENS_PER_S) * trust
        success = (good + _PRIOR_GOOD) / (weight + _SUCCESS_WEIGHT)
        return Speed(fixed, slope, rate, success, weight, at_s)
    except (TypeError, ValueError):
        return UNMEASURED
