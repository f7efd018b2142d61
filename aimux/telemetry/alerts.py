"""When an alert fires and when it is over: a machine without a clock of its own.

    quiet --true--> waiting --for its duration--> firing --not true--> fading --for as long--> quiet

A rule fires once and is over once: one that comes and goes within its duration is neither new nor over, and
without a duration it is over after a minute without it.  A value that nobody knows (an error rate
without requests) is no reason to fire, nor to go on firing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

from aimux.config.conditions import Condition

LEAST_FADING_S: Final = 60.0

State = Literal["quiet", "waiting", "firing", "fading"]
Values = Callable[[Condition], float | None]
"""The value that a condition compares, now."""


class Rule(NamedTuple):
    """One rule of the configuration, and where it is told."""

    condition: Condition
    notify: tuple[str, ...] = ("log",)


class News(NamedTuple):
    """A rule that has begun to fire, or is over; ``value`` is None where nobody knows it any more."""

    rule: Rule
    firing: bool
    value: float | None
    at_s: float
    since_s: float
    """When what is told began: the condition's first moment, before its duration."""


@dataclass(slots=True)
class Standing:
    """How a rule stands; ``since_s`` is when that state began."""

    rule: Rule
    state: State = "quiet"
    value: float | None = None
    since_s: float | None = None
    began_s: float = 0.0

    def look(self, value: float | None, now_s: float) -> News | None:
        """Takes a value; what there is to tell."""
        self.value = value
        condition = self.rule.condition
        true = condition.true_of(value)
        match self.state:
            case "quiet" if true:
                self._now("waiting", now_s)
                self.began_s = now_s
            case "waiting" if not true:
                self._now("quiet", now_s)
            case "firing" if not true:
                self._now("fading", now_s)
            case "fading" if true:
                self._now("firing", now_s)
            case _:
                pass
        lasted_s = now_s - (now_s if self.since_s is None else self.since_s)
        if self.state == "waiting" and lasted_s >= condition.for_s:
            self._now("firing", now_s)
            return News(self.rule, True, value, now_s, self.began_s)
        if self.state == "fading" and lasted_s >= (condition.for_s or LEAST_FADING_S):
            self._now("quiet", now_s)
            return News(self.rule, False, value, now_s, self.began_s)
        return None

    def _now(self, state: State, now_s: float) -> None:
        self.state, self.since_s = state, now_s


class Alerts:
    """All rules, in the order of the configuration."""

    __slots__ = ("standings",)

    def __init__(self, rules: Iterable[Rule] = ()) -> None:
        self.standings = [Standing(rule) for rule in rules]

    def follow(self, rules: Iterable[Rule]) -> None:
        """Other rules hold; those that were there before stand as they stood."""
        before = {each.rule: each for each in self.standings}
        self.standings = [before.pop(rule) if rule in before else Standing(rule) for rule in rules]

    def look(self, values: Values, now_s: float) -> list[News]:
        """Looks at all rules; what there is to tell.  ``now_s`` is Unix time that never goes back."""
        news = [each.look(values(each.rule.condition), now_s) for each in self.standings]
        return [each for each in news if each is not None]
