"""From a request to a plan.

    features -> rule -> ladder -> who fits -> who can answer now -> strategy -> affinity -> keys => Plan

A target that cannot take the request is left out; one that rests, is used up or fails at the moment is
put behind all others; every refusal has its reason in the ``Decision``.  The same code plans for the
gateway, for ``aimux routes test`` and for the simulator.
"""

from __future__ import annotations

import hashlib
from collections.abc import Container, Mapping, Sequence
from typing import Final, NamedTuple

from aimux.errors import NoNetwork
from aimux.routing import loops
from aimux.routing.affinity import pinned, settled
from aimux.routing.candidates import Ladder, Routes
from aimux.routing.cost import lost_prefix_usd, usd
from aimux.routing.features import Features
from aimux.routing.fit import misfit
from aimux.routing.paying import payable
from aimux.routing.plan import (
    Candidate,
    Chance,
    Decision,
    Moment,
    Place,
    Plan,
    Ranked,
    Refusal,
    Step,
)
from aimux.routing.pursuit import MAX_PAUSE_S
from aimux.routing.router import Router
from aimux.routing.session import session_of, told_session
from aimux.routing.span import span
from aimux.routing.state import Key
from aimux.routing.strategy import View, order, order_groups
from aimux.routing.trouble import Trouble, Troubles
from aimux.routing.verdict import SHORT_WAIT_S

_Awake = Mapping[tuple[str, str], Sequence[Step]]
"""By place, with which of its keys a candidate can answer now, in the order of the configuration."""

_PLAIN: Final = frozenset({"priority"})
_LEARNING: Final = frozenset({"fastest", "adaptive"})


def plan(
    router: Router, routes: Routes, features: Features, moment: Moment, chance: Chance
) -> Plan:
    """Whom to ask for a request, in order, and why.

    Raises:
        ClientError, NoCandidate: as ``Routes.ladder``.
        ModelForbidden: the client's token does not permit it.
        Looping: the conversation repeats itself.
        BudgetSpent: the budgets cannot pay for it anywhere.
        NoNetwork: nothing outside this machine can be reached, nobody in the route is on it, and another
            request looks already whether that has changed.
    """
    return _Planning(router, routes, features, moment, chance).plan()


class _Behind(NamedTuple):
    """A candidate with one of its keys that is put behind the others."""

    trouble: Trouble
    step: Step

    @property
    def order(self) -> tuple[bool, float]:
        """Those who are able first, then whoever is back first."""
        return not self.trouble.able, self.trouble.until_s


class _Planning:
    """The planning of one request."""

    __slots__ = (
        "_behind",
        "_chance",
        "_features",
        "_moment",
        "_notes",
        "_offline",
        "_refusals",
        "_router",
        "_routes",
        "_session",
    )

    def __init__(
        self,
        router: Router,
        routes: Routes,
        features: Features,
        moment: Moment,
        chance: Chance,
    ) -> None:
        self._router = router
        self._routes = routes
        self._features = features
        self._moment = moment
        self._chance = chance
        self._offline = router.network.offline(moment.now_s)
        self._notes: list[str] = []
        self._refusals: list[Refusal] = []
        self._behind: list[_Behind] = []
        self._session = ""

    def plan(self) -> Plan:
        """The plan; see :func:`plan`."""
        features, settings = self._features, self._routes.config.routing
        self._routes.permits.check(features)
        ladder = self._routes.ladder(features, self._moment)
        state, now_s = self._router.state, self._moment.now_s
        mark = loops.guard(features, state, now_s) if settings.loop_guard else None
        if ladder.alone is not None:
            planned = self._alone(ladder, ladder.alone, mark)
            if planned is not None:
                return planned
        self._refusals.extend(ladder.refusals)
        session = session_of(features)
        paid = payable(self._router, self._routes, features, ladder, session, self._moment)
        ladder = paid.ladder
        self._refusals.extend(paid.refusals)
        self._notes.extend(paid.notes)
        if self._has_choice(ladder) and settings.sticky == "session":
            self._session = session
        awake = self._awake(ladder)
        if not awake:
            self._look_for_a_network()
        behind = [each.step.candidate.place for each in self._behind]
        cached = self._cached([*awake, *behind] if behind else awake)
        ranks = self._at_home(self._ranked(ladder, awake, cached), cached)
        ordered = [rank.candidate for rank in ranks]
        steps = [step for each in ordered for step in awake[each.place]]
        if len(steps) > len(ordered) and self._session:  # somebody has several keys
            steps = [step for each in ordered for step in self._in_turn(awake[each.place])]
        self._behind.sort(key=lambda each: each.order)
        second_usd = settings.minute_usd / 60
        wait_s = self._waits(steps, cached, second_usd)
        resort = tuple(each.step for each in self._behind if each.step not in steps[:1])
        if self._behind:
            ordered = list(dict.fromkeys([step.candidate for step in (*steps, *resort)]))
        learns = not _LEARNING.isdisjoint(ladder.strategies)
        return Plan(
            steps=tuple(steps),
            decision=Decision(
                asked_model=features.asked,
                route=ladder.route,
                candidates=tuple([each.name for each in ordered]),
                refusals=tuple(self._refusals),
                rule=ladder.rule,
                strategy=ladder.strategy,
                ranks=ranks if ladder.strategies != _PLAIN else (),
                notes=tuple(self._notes),
                session=session,
                generation=self._routes.generation,
                input_tokens=features.guessed_tokens,
                order=tuple(ordered),
            ),
            resort=resort,
            wait_s=wait_s,
            session=self._session,
            cached=cached,
            task=features.demand.task if learns else None,
            failover_on=ladder.failover_on,
            hedge=ladder.hedge,
            second_usd=second_usd,
            prompt_bytes=features.bytes,
            mark=mark,
            purse=paid.purse,
            left=self._router.affinity.left(self._session, cached, self._moment.now_s),
        )

    def _alone(self, ladder: Ladder, step: Step, mark: Key | None) -> Plan | None:
        """The plan where there is nothing to choose and nothing speaks against the only step; None where
        something does.  It is the usual one on a machine with one provider, and costs next to nothing.
        """
        candidate, features = step.candidate, self._features
        watched = ladder.watched[candidate.place]
        if not self._router.state.lacks(watched, self._moment.now_s):
            return None
        if (
            self._offline
            or self._routes.budgets
            or ladder.limited
            or ladder.strategies != _PLAIN
            or misfit(candidate, features, self._router.calibration) is not None
        ):
            return None
        decision = Decision(
            features.asked,
            ladder.route,
            (candidate.name,),
            ladder.refusals,
            ladder.rule,
            session=told_session(features),
            generation=self._routes.generation,
            input_tokens=features.guessed_tokens,
            order=(candidate,),
        )
        return Plan(
            (step,),
            decision,
            failover_on=ladder.failover_on,
            prompt_bytes=features.bytes,
            mark=mark,
        )

    def _has_choice(self, ladder: Ladder) -> bool:
        """Whether there is more than one target or key at all, so that staying means something."""
        if len(ladder.candidates) > 1:
            return True
        return len(self._routes.labels.get(ladder.candidates[0].provider.name, ())) > 1

    # ------------------------------------------------------------ who can

    def _fitting(self, ladder: Ladder) -> Sequence[Candidate]:
        """The candidates that can take the request; where none can, all of them, the largest window
        first: guesses may be wrong, and the one who is asked says best what does not fit.
        """
        calibration, features = self._router.calibration, self._features
        fitting = []
        for candidate in ladder.candidates:
            reason = misfit(candidate, features, calibration)
            if reason is None:
                fitting.append(candidate)
            else:
                self._refusals.append(Refusal(candidate.name, reason))
        if fitting:
            return fitting
        self._notes.append("no target can take this request; the likeliest is asked all the same")
        return sorted(ladder.candidates, key=lambda each: -(each.facts.context or 0))

    def _awake(self, ladder: Ladder) -> _Awake:
        """Who can take the request and answer now; the others are put behind.

        Mostly nothing speaks against anybody, which is seen in two looks.
        """
        well = not (ladder.limited or self._offline) and self._router.state.lacks(
            ladder.all_watched, self._moment.now_s
        )
        if ladder.floor.takes(self._features):
            if well:
                return ladder.steps
            fitting: Sequence[Candidate] = ladder.candidates
        else:
            fitting = self._fitting(ladder)
        if well:
            return {each.place: ladder.steps[each.place] for each in fitting}
        troubles = Troubles(
            self._router, self._routes, self._features, self._moment, offline=self._offline
        )
        return {
            each.place: steps
            for each in fitting
            if (steps := self._awake_steps(each, ladder, troubles))
        }

    def _awake_steps(
        self, candidate: Candidate, ladder: Ladder, troubles: Troubles
    ) -> Sequence[Step]:
        """The keys with which a candidate can answer now; those that cannot are put behind."""
        steps, watched = ladder.steps[candidate.place], ladder.watched[candidate.place]
        labels = [step.label for step in steps]
        well = self._router.state.lacks(watched, self._moment.now_s)
        trouble = None if well and not self._offline else troubles.of_target(candidate)
        trouble = trouble or troubles.of_limits(candidate)
        if trouble is not None:
            self._put_behind(candidate, labels, trouble)
            return []
        if well:
            return steps
        found = {label: troubles.of_key(candidate, label) for label in labels}
        awake = [Step(candidate, label) for label, each in found.items() if each is None]
        for label, each in found.items():
            if each is not None:
                self._put_behind(candidate, (label,), each, of_key=len(labels) > 1)
        return awake

    def _put_behind(
        self,
        candidate: Candidate,
        labels: Sequence[str],
        trouble: Trouble,
        *,
        of_key: bool = False,
    ) -> None:
        whose = f"key {labels[0]}: " if of_key else ""
        wait_s = max(0.0, trouble.until_s - self._moment.now_s)
        words = f"{whose}{trouble.reason}" + (f" (for {span(wait_s)} more)" if wait_s else "")
        self._refusals.append(Refusal(candidate.name, words))
        for label in labels:
            self._behind.append(_Behind(trouble, Step(candidate, label)))

    def _look_for_a_network(self) -> None:
        """Nobody is awake.  Without a network one request now and then looks whether it is back; the
        others are left to whoever is on this machine, even if it rests.

        Raises:
            NoNetwork: nobody is.
        """
        here = [each for each in self._behind if each.step.candidate.provider.local]
        if self._offline and len(here) < len(self._behind):
            outside = [each for each in self._behind if not each.step.candidate.provider.local]
            if self._router.network.may_look(self._moment.now_s):
                self._notes.append("there is no network: this request looks whether it is back")
                self._behind = [outside[0], *here]
                return
            if not here:
                names = ", ".join(
                    dict.fromkeys(each.step.candidate.provider.name for each in outside)
                )
                raise NoNetwork(
                    f"there is no network: none of {names} can be reached",
                    retry_after_s=2.0,
                    hint="a provider on this machine in the same route would take over",
                )
            self._behind = here
        self._notes.append("nobody is well at the moment: whoever is back first is asked")

    # ------------------------------------------------------------ in which order

    def _ranked(
        self,
        ladder: Ladder,
        awake: _Awake,
        cached: Mapping[tuple[str, str], int],
    ) -> tuple[Ranked, ...]:
        if awake is ladder.steps:
            candidates, ranks = ladder.candidates, ladder.ranks
        else:
            candidates = tuple([steps[0].candidate for steps in awake.values()])
            ranks = tuple(map(Ranked, candidates))
        if len(candidates) < 2 or (ladder.strategy == "priority" and not ladder.groups):
            return ranks
        settings, router = self._routes.config.routing, self._router
        view = View(
            self._features.demand,
            router.performance,
            router.busy,
            cached,
            router.state,
            self._moment.now_s,
            self._chance,
            ladder.route,
            settings.explore,
            settings.minute_usd,
        )
        if not ladder.groups:
            return order(ladder.strategy, candidates, view)
        return order_groups(ladder.groups, candidates, view)

    def _cached(self, places: Container[Place]) -> dict[Place, int]:
        """How much of the session is warm at each of these places; those with nothing left out."""
        if not self._session:
            return {}
        return self._router.affinity.warm_tokens(self._session, places, self._moment.now_s)

    def _at_home(
        self, ranks: tuple[Ranked, ...], cached: Mapping[tuple[str, str], int]
    ) -> tuple[Ranked, ...]:
        """The order with the conversation's own target first, where it has one."""
        if not self._session or len(ranks) < 2:
            return ranks
        if cached:
            home = settled(ranks, cached)
            if home[0] is not ranks[0]:
                candidate = home[0].candidate
                tokens = cached[candidate.place]
                self._notes.append(
                    f"stays with {candidate}: {tokens:,} tokens of it are cached there"
                )
            return home
        last = self._router.affinity.last(self._session, self._moment.now_s)
        if last is None or not self._features.signed:
            return ranks
        home = pinned(ranks, last)
        if home[0] is not ranks[0]:
            self._notes.append(f"returns to {home[0].candidate}, who signed its thinking")
        return home

    def _in_turn(self, steps: Sequence[Step]) -> Sequence[Step]:
        """A candidate with its several keys: the one whose cache holds the session first, else one that
        the session always gets as long as it is there, so that sessions spread and each stays.
        """
        now_s, affinity = self._moment.now_s, self._router.affinity
        warm = affinity.warm(self._session, steps[0].candidate, now_s)
        own = warm.label if warm else ""
        return sorted(steps, key=lambda each: (each.label != own, _draw(self._session, each.label)))

    def _waits(
        self, steps: list[Step], cached: Mapping[tuple[str, str], int], second_usd: float
    ) -> float:
        """Seconds to wait before the first step.

        Where the warmest target rests for a moment and leaving it would cost more than the wait, it is
        put first.  Where nobody is awake, a rest of two seconds at most is waited out.
        """
        now_s = self._moment.now_s
        if not steps:
            first = self._behind[0]
            wait_s = max(0.0, first.trouble.until_s - now_s)
            return wait_s if wait_s <= SHORT_WAIT_S else 0.0
        other = steps[0].candidate
        here = cached.get(other.place, 0)
        for each in self._behind:
            wait_s = each.trouble.until_s - now_s
            candidate = each.step.candidate
            lost = cached.get(candidate.place, 0) - here
            if lost <= 0 or not 0 < wait_s <= MAX_PAUSE_S or not self._only_rests(each):
                continue
            lost_usd = lost_prefix_usd(other.facts.price, lost)
            if lost_usd > wait_s * second_usd:
                steps.insert(0, each.step)
                self._notes.append(
                    f"waits {wait_s:.1f} s for {candidate}: leaving its cache would cost "
                    f"{usd(lost_usd)}"
                )
                return wait_s
        return 0.0

    def _only_rests(self, behind: _Behind) -> bool:
        """Whether somebody will be well again at a time that was told, and has not just failed."""
        place = behind.step.candidate.place
        return self._router.circuits.standing(place, self._moment.now_s) is None


def _draw(session: str, label: str) -> bytes:
    """Rendezvous hashing: each session draws a lot for each key, and the lowest one is its own."""
    return hashlib.blake2b(f"{session}\0{label}".encode(), digest_size=8).digest()
