"""One request from its plan to an answer or to the end of what may be tried: a machine without I/O.

    pursuit = Pursuit(plan, brain, chance)
    while attempt := pursuit.next(now_s):
        ... wait attempt.pause_s, ask attempt.step; it answers, or:
        pursuit.failed(fault, now_s)

The verdict table says what a failure allows; here it is decided what is done:

- The same key again comes first after a failure of the connection, or where leaving would cost more
  than waiting; else when nobody else is left.  It is paid out of the retry budget.
- A request that may have been accepted is sent to the same place again once in a pursuit, and never
  when it is a long prompt for a model on this machine: that would be computed twice.
- At a half-open circuit one request is let through; the others pass by.  A circuit that has just opened
  is not asked again before those who are well.
- Those who rest or whose circuits are open come last, but they come: refusing helps nobody.
- At most four attempts may have been accepted by somebody, and eight are made at all.  Nobody is asked
  again when that would take the last one from a target that is well and has not been asked.

When it is over, ``told`` is the failure to tell the client: the first, of whom the plan preferred, unless
it was only that a target could not be told what the client said; the caller's own mistake before all.

A hedge is one more attempt while another is under way (:meth:`Pursuit.beside`); each that fails is told
with its step.
"""

from __future__ import annotations

from collections import deque
from typing import Final, NamedTuple, Protocol

from aimux.routing.cost import lost_prefix_usd
from aimux.routing.plan import Chance, Plan, Step
from aimux.routing.verdict import (
    SHORT_WAIT_S,
    Again,
    Blame,
    Certainty,
    Fault,
    Other,
    Row,
    Signal,
)

MAX_ACCEPTED: Final = 4
"""Attempts that somebody may have worked on: whoever waits does not wait for a fifth failure."""

MAX_ATTEMPTS: Final = 8

MAX_PAUSE_S: Final = 30.0
"""No pause within a request is longer, whatever leaving would cost."""

LONG_PROMPT_TOKENS: Final = 20_000
"""A prompt that a model on this machine takes long to read."""


class Try(NamedTuple):
    """What to do next: wait so long, then ask."""

    step: Step
    pause_s: float = 0.0


class Brain(Protocol):
    """What a pursuit needs of the router."""

    def admits(self, step: Step, now_s: float) -> bool:
        """Whether a step's circuit lets it through now; at a half-open one it becomes the probe."""

    def asks_again(self, step: Step, now_s: float) -> bool:
        """Takes a retry out of the budgets; False where one of them is spent."""

    def failed(self, plan: Plan, step: Step, fault: Fault, now_s: float, chance: Chance) -> None:
        """A step of a plan has failed; whoever is at fault bears it."""


class Pursuit:
    """Made for one request, used once."""

    __slots__ = (
        "_again",
        "_brain",
        "_chance",
        "_failures",
        "_left",
        "_plan",
        "_repeats",
        "_resort",
        "_risked",
        "_step",
        "accepted",
        "attempts",
        "told",
        "unsupported",
    )

    def __init__(self, plan: Plan, brain: Brain, chance: Chance) -> None:
        self._plan = plan
        self._brain = brain
        self._chance = chance
        self._left = deque(plan.steps)
        self._resort = deque(plan.resort)
        self._again: Try | None = None
        self._step: Step | None = None
        self._repeats = 0
        self._risked = False
        self._failures = 0
        self.attempts = 0
        self.accepted = 0
        self.told = 0
        """Which of the failures is the client's to know, counted from 0 as they came."""
        self.unsupported = True
        """Whether all failures so far were of targets that cannot be told what the client said."""

    def next(self, now_s: float) -> Try | None:
        """What to do next; None when there is nothing left that may be done."""
        again, self._again = self._again, None
        if again is not None and not self._brain.admits(again.step, now_s) and self._left:
            again = None
        if again is None:
            step = self._next_step(now_s)
            if step is None:
                return None
            self._repeats = 0
            wait_s = self._plan.wait_s if self.attempts == 0 else 0.0
            again = Try(step, wait_s)
        self._step = again.step
        self.attempts += 1
        return again

    def beside(self, now_s: float) -> Step | None:
        """Another target to ask while the latest attempt goes on; None where there is none that is
        well, or no attempt left.
        """
        if self.attempts >= MAX_ATTEMPTS or self.accepted + 1 >= MAX_ACCEPTED:
            return None
        under_way = self._step
        for step in self._left:
            if under_way is not None and step.candidate.place == under_way.candidate.place:
                continue
            if self._brain.admits(step, now_s):
                self._left.remove(step)
                self.attempts += 1
                return step
        return None

    def failed(self, fault: Fault, now_s: float, step: Step | None = None) -> None:
        """The attempt has failed before anything of an answer reached the client; ``step`` says which,
        where two were under way.
        """
        step = step or self._step
        assert step is not None  # noqa: S101 -- next() comes first
        index = self._failures
        self._failures += 1
        if fault.certainty is not Certainty.NOT_SENT:
            self.accepted += 1
        self._brain.failed(self._plan, step, fault, now_s, self._chance)
        row = fault.row
        if row.blame is Blame.CALLER or (
            self.unsupported and fault.signal is not Signal.UNSUPPORTED
        ):
            self.told, self.unsupported = index, False
        self._left = self._permitted(self._left, step, row, fault.signal)
        self._resort = self._permitted(self._resort, step, row, fault.signal)
        if self.attempts >= MAX_ATTEMPTS or self.accepted >= MAX_ACCEPTED:
            self._left.clear()
            self._resort.clear()
            return
        self._again = self._repeat(step, fault, now_s)

    # ------------------------------------------------------------ whom to ask

    def _next_step(self, now_s: float) -> Step | None:
        """The next one whose circuit lets it through; when there is none, whoever rests."""
        while self._left:
            step = self._left.popleft()
            if self._brain.admits(step, now_s):
                return step
            self._resort.append(step)
        if not self._resort:
            return None
        step = self._resort.popleft()
        self._brain.admits(step, now_s)  # asked in any case; it is the probe where one may go
        return step

    def _permitted(self, steps: deque[Step], failed: Step, row: Row, signal: Signal) -> deque[Step]:
        """Those of the steps that may still be taken after a failure in the way of a row."""
        if not steps:
            return steps
        name, model = failed.candidate.place
        match row.other:
            case Other.NO:
                others = False
            case Other.YES:
                others = True
            case Other.OPTED:
                others = "refusal" in self._plan.failover_on
            case _:
                others = "context-overflow" in self._plan.failover_on
        larger = row.other is Other.LARGER
        return deque(
            step
            for step in steps
            if (
                row.other_key
                if step.candidate.place == (name, model)
                else others and (not larger or _is_larger(step, failed, signal))
            )
        )

    # ------------------------------------------------------------ the same one again

    def _repeat(self, step: Step, fault: Fault, now_s: float) -> Try | None:
        """One more attempt with the same key, if that is what is best now."""
        row = fault.row
        if row.again is Again.NEVER or self._repeats >= row.times or not self._spares_one():
            return None
        pause_s = self._pause_s(row, fault)
        if pause_s is None:
            return None
        if self._left and not self._comes_first(step, fault, pause_s):
            return None
        if fault.certainty is Certainty.POSSIBLY_ACCEPTED:
            if self._risked or self._is_heavy(step):
                return None
            self._risked = True
        if not self._brain.asks_again(step, now_s):
            return None
        self._repeats += 1
        return Try(step, pause_s)

    def _spares_one(self) -> bool:
        """Whether one more attempt leaves one for each target that has not been asked yet."""
        others = len({step.candidate.place for step in self._left})
        if not others:
            return True
        return self.accepted + others < MAX_ACCEPTED and self.attempts + others < MAX_ATTEMPTS

    def _pause_s(self, row: Row, fault: Fault) -> float | None:
        """How long to wait before that; None where it is too long to be waited out."""
        said_s = fault.retry_after_s
        pause_s = row.pause_s * 2**self._repeats if said_s is None else said_s
        if pause_s > MAX_PAUSE_S:
            return None
        return min(pause_s + row.pause_s * self._chance(), MAX_PAUSE_S)

    def _comes_first(self, step: Step, fault: Fault, pause_s: float) -> bool:
        """Whether the same one is asked again before anybody else who is left."""
        again = fault.row.again
        if again is Again.FIRST:  # but nobody waits for long at one door while another is open
            return (fault.retry_after_s or 0.0) <= SHORT_WAIT_S
        return again is Again.WEIGH and self._staying_is_cheaper(step, pause_s)

    def _staying_is_cheaper(self, step: Step, pause_s: float) -> bool:
        """Whether the lost cache costs more than the wait is worth."""
        cached = self._plan.cached.get(step.candidate.place, 0)
        if not cached:
            return False
        other = self._left[0].candidate
        lost = cached - self._plan.cached.get(other.place, 0)
        return lost_prefix_usd(other.facts.price, lost) > pause_s * self._plan.second_usd

    def _is_heavy(self, step: Step) -> bool:
        """Whether a model on this machine would read a long prompt twice."""
        return step.candidate.provider.local and self._plan.prompt_bytes > LONG_PROMPT_TOKENS * 4


def _is_larger(step: Step, failed: Step, signal: Signal) -> bool:
    """Whether a target reads more than the one for which the prompt was too long."""
    if signal is Signal.TOO_LARGE:  # of bytes, which nobody publishes: another provider
        return step.candidate.provider.name != failed.candidate.provider.name
    window, had = step.candidate.facts.context, failed.candidate.facts.context
    return window is not None and (had is None or window > had)
