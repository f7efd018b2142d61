"""The providers of a trace: what an attempt gives at a moment.

Everything follows from the trace, the seed and what has been asked before: which prefixes are cached
where, how full a vendor's buckets are, how much of a plan's window is used.  Whether an attempt meets an
outage is decided when it is sent; one that is under way is not broken by one that begins later, but for
``cut``.

How long a target takes for a request depends on the request and the target alone, not on when it is
asked or how often, so that one can say afterwards what the best choice would have been.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from math import ceil
from types import MappingProxyType
from typing import Final, NamedTuple

from aimux.catalogue.provider import PriceFacts
from aimux.errors import ErrorKind, UpstreamStatus
from aimux.model.request import WireFormat
from aimux.model.response import Usage
from aimux.routing.affinity import LEAST_TOKENS
from aimux.routing.plan import Candidate, Place, Step
from aimux.routing.verdict import Signal
from aimux.simulator.dice import factor, lot
from aimux.simulator.trace import Errand, Outage, TargetWorld, Trace
from aimux.wire.errorkinds import status_of_kind
from aimux.wire.formats import CODECS

ROUND_TRIP_S: Final = 0.15
"""Until an error comes."""
REFUSED_S: Final = 0.02
HOURS_5_S: Final = 5 * 3600.0
WEEK_S: Final = 7 * 86400.0
CACHED_WEIGHT: Final = 0.1
"""What a token that is read from the cache counts in a plan."""
BLOCKING: Final = frozenset({"refuse", "error", "overloaded", "hang", "rate-limit", "drop", "cut"})


class Answered(NamedTuple):
    """An answer: when its first event and its end come, seconds after it was asked for.

    One that is ``cut`` breaks off at its end.
    """

    first_event_s: float
    ends_s: float
    usage: Usage
    headers: Mapping[str, str]
    cut: bool = False


class Turned(NamedTuple):
    """An error of HTTP, as it comes.  ``spent`` marks a plan's window that was used up."""

    after_s: float
    status: int
    headers: Mapping[str, str]
    body: bytes
    spent: bool = False


class Broken(NamedTuple):
    """A failure of the connection; ``after_s`` is infinite for one that says nothing at all."""

    after_s: float
    signal: Signal


Outcome = Answered | Turned | Broken


@dataclass(slots=True)
class _Window:
    """A window of a plan: it begins with the first request after the last one's end."""

    name: str
    length_s: float
    limit: int
    used: float = 0.0
    ends_s: float = 0.0

    def at(self, now_s: float) -> float:
        """The share that is used."""
        return self.used / self.limit if self.ends_s > now_s else 0.0

    def take(self, tokens: float, now_s: float) -> None:
        """A request takes some."""
        if self.ends_s <= now_s:
            self.used, self.ends_s = 0.0, now_s + self.length_s
        self.used += tokens


@dataclass(slots=True)
class _Bucket:
    """A minute's worth that fills evenly."""

    most: int
    left: float
    at_s: float = 0.0

    def now(self, now_s: float) -> float:
        """What is in it."""
        return min(self.most, self.left + (now_s - self.at_s) * self.most / 60)

    def wait_s(self, amount: float, now_s: float) -> float:
        """Until so much is in it."""
        return max(0.0, (min(amount, self.most) - self.now(now_s)) * 60 / self.most)

    def take(self, amount: float, now_s: float) -> None:
        """Takes so much."""
        self.left, self.at_s = self.now(now_s) - amount, now_s


@dataclass(slots=True)
class _Account:
    """What a vendor counts for one key."""

    windows: list[_Window] = field(default_factory=list)
    requests: _Bucket | None = None
    tokens: _Bucket | None = None
    in_flight: int = 0

    def buckets(self, tokens: int) -> Iterator[tuple[str, _Bucket, float]]:
        """The buckets with their names and what a request takes of them."""
        if self.requests is not None:
            yield "requests", self.requests, 1
        if self.tokens is not None:
            yield "tokens", self.tokens, tokens


class World:
    """All targets of a trace.  One for each run: it remembers."""

    def __init__(self, trace: Trace, seed: int) -> None:
        self._trace = trace
        self._seed = seed
        self._begins_s = trace.begins_s
        self._entries: dict[Place, tuple[str, TargetWorld] | None] = {}
        self._accounts: dict[tuple[str, str], _Account] = {}
        self._cached: dict[str, dict[Step, tuple[int, float]]] = {}
        self._asked: dict[tuple[int, Place], int] = {}

    # ------------------------------------------------------------ facts

    def of(self, place: Place) -> TargetWorld | None:
        """How a target behaves; None for one of which the trace says nothing."""
        entry = self._entry(place)
        return None if entry is None else entry[1]

    def _entry(self, place: Place) -> tuple[str, TargetWorld] | None:
        if place not in self._entries:
            names = (f"{place[0]}/{place[1]}", f"{place[0]}/*")
            targets = self._trace.targets
            self._entries[place] = next(
                ((name, targets[name]) for name in names if name in targets), None
            )
        return self._entries[place]

    def price(self, candidate: Candidate) -> PriceFacts:
        """What a target costs in this world."""
        world = self.of(candidate.place)
        if world is None or world.price is None:
            return candidate.facts.price
        said = world.price
        return PriceFacts(said.input, said.output, said.cache_read, said.cache_write)

    def lifetime_s(self, candidate: Candidate) -> float:
        """How long its caches live."""
        world = self.of(candidate.place)
        if world is None or world.cache_lifetime_s is None:
            return candidate.provider.cache_lifetime_s
        return world.cache_lifetime_s

    def takes(self, candidate: Candidate, errand: Errand) -> bool:
        """Whether a prompt fits in a target's window."""
        context = candidate.facts.context
        return context is None or errand.row.input_tokens <= context

    def first_event_s(
        self,
        candidate: Candidate,
        errand: Errand,
        cached: int,
        now_s: float,
        *,
        lucky: bool = False,
    ) -> float:
        """Seconds to the first event.  Who is lucky meets no slowness that not everybody meets."""
        world = self.of(candidate.place) or TargetWorld()
        uncached = errand.row.input_tokens - cached
        noise = factor(self._seed, world.noise, "first", errand.number, *candidate.place)
        slow = self._slowness(candidate.place, errand, now_s, lucky=lucky)
        return (world.first_event_s + world.per_ktoken_s * uncached / 1000) * noise * slow

    def _slowness(self, place: Place, errand: Errand, now_s: float, *, lucky: bool) -> float:
        slow = 1.0
        for number, outage in self.outages(place, now_s):
            if outage.kind == "slow" and (
                outage.share >= 1 or (not lucky and self._meets(place, errand, number, outage, 0))
            ):
                slow = max(slow, outage.factor)
        return slow

    def outages(self, place: Place, now_s: float) -> Iterator[tuple[int, Outage]]:
        """The outages of a target at a moment, with their numbers."""
        world = self.of(place)
        at_s = now_s - self._begins_s
        for number, outage in enumerate(world.outages if world else ()):
            if outage.from_s <= at_s < outage.until_s:
                yield number, outage

    def _meets(self, place: Place, errand: Errand, number: int, outage: Outage, times: int) -> bool:
        if outage.share >= 1:
            return True
        return lot(self._seed, "out", errand.number, *place, number, times) < outage.share

    # ------------------------------------------------------------ caches

    def cached(self, errand: Errand, step: Step, now_s: float) -> int:
        """Tokens of a prompt that are in a target's cache."""
        tokens, until_s = self._cached.get(errand.conversation, {}).get(step, (0, 0.0))
        return min(tokens, errand.row.input_tokens) if until_s > now_s else 0

    def warm(self, errand: Errand, now_s: float) -> dict[Step, int]:
        """Where something of a prompt is cached, and how much."""
        steps = self._cached.get(errand.conversation, {})
        return {step: held for step in steps if (held := self.cached(errand, step, now_s))}

    def _keep(self, errand: Errand, step: Step, now_s: float) -> None:
        tokens = errand.row.input_tokens
        if tokens >= LEAST_TOKENS:
            until_s = now_s + self.lifetime_s(step.candidate)
            self._cached.setdefault(errand.conversation, {})[step] = (tokens, until_s)

    # ------------------------------------------------------------ asked

    def would_answer(self, errand: Errand, step: Step, now_s: float) -> bool:
        """Whether a target would answer now, for all that an outage may decide by lot."""
        place = step.candidate.place
        if any(outage.kind in BLOCKING for _, outage in self.outages(place, now_s)):
            return False
        if not self.takes(step.candidate, errand):
            return False
        return self._turned_away(errand, step, now_s, take=False) is None

    def ask(self, errand: Errand, step: Step, now_s: float) -> Outcome:
        """What comes of an attempt that is sent now."""
        place = step.candidate.place
        times = self._asked.get((errand.number, place), 0)
        self._asked[errand.number, place] = times + 1
        cut = False
        for number, outage in self.outages(place, now_s):
            if outage.kind == "slow" or not self._meets(place, errand, number, outage, times):
                continue
            if outage.kind == "cut":
                cut = True
                continue
            return _broken(outage, step.candidate)
        if not self.takes(step.candidate, errand):
            return _too_long(errand, step.candidate)
        turned = self._turned_away(errand, step, now_s, take=True)
        return turned or self._answer(errand, step, now_s, cut=cut)

    def entered(self, step: Step, change: int) -> None:
        """A request begins (1) or ends (-1) at the vendor."""
        self._account(step).in_flight += change

    def _answer(self, errand: Errand, step: Step, now_s: float, *, cut: bool) -> Answered:
        candidate, row = step.candidate, errand.row
        world = self.of(candidate.place) or TargetWorld()
        cached = self.cached(errand, step, now_s)
        first_s = self.first_event_s(candidate, errand, cached, now_s)
        noise = factor(self._seed, world.noise, "rate", errand.number, *candidate.place)
        slow = self._slowness(candidate.place, errand, now_s, lucky=False)
        length_s = row.output_tokens / world.tokens_per_s * noise * slow
        self._keep(errand, step, now_s + first_s)
        written = row.input_tokens - cached if self.price(candidate).cache_write else 0
        usage = Usage(row.input_tokens, row.output_tokens, cached, written)
        account = self._account(step)
        for window in account.windows:
            fresh = row.input_tokens - cached + row.output_tokens
            window.take(fresh + cached * CACHED_WEIGHT, now_s)
        headers = _plan_headers(world, account, now_s) | _limit_headers(candidate, account, now_s)
        return Answered(first_s, first_s + length_s / (2 if cut else 1), usage, headers, cut)

    # ------------------------------------------------------------ limits

    def _turned_away(
        self, errand: Errand, step: Step, now_s: float, *, take: bool
    ) -> Turned | None:
        candidate = step.candidate
        entry = self._entry(candidate.place)
        if entry is None:
            return None
        world, account = entry[1], self._account(step)
        spent = [window for window in account.windows if window.at(now_s) >= 1]
        if spent:
            wait_s = max(window.ends_s for window in spent) - now_s
            words = f"the {spent[0].name} limit of this plan is reached"
            headers = _plan_headers(world, account, now_s)
            turned = _turned(candidate, ErrorKind.RATE_LIMIT, words, wait_s, headers)
            return turned._replace(spent=True)
        most = world.limits.concurrent
        if most is not None and account.in_flight > most:  # the one that asks is counted already
            words = "too many requests at the same time"
            return _turned(candidate, ErrorKind.RATE_LIMIT, words, 1.0)
        waits = [
            bucket.wait_s(amount, now_s)
            for _, bucket, amount in account.buckets(errand.row.input_tokens)
        ]
        if any(waits):
            headers = _limit_headers(candidate, account, now_s)
            words = "the limit of a minute is reached"
            return _turned(candidate, ErrorKind.RATE_LIMIT, words, max(waits), headers)
        if take:
            for _, bucket, amount in account.buckets(errand.row.input_tokens):
                bucket.take(amount, now_s)
        return None

    def _account(self, step: Step) -> _Account:
        entry = self._entry(step.candidate.place)
        name, world = entry or ("", TargetWorld())
        account = self._accounts.get((name, step.label))
        if account is None:
            account = self._accounts[name, step.label] = _account_of(world)
        return account


def _account_of(world: TargetWorld) -> _Account:
    account = _Account()
    if world.plan is not None:
        if world.plan.tokens_5h is not None:
            account.windows.append(_Window("5h", HOURS_5_S, world.plan.tokens_5h))
        if world.plan.tokens_week is not None:
            account.windows.append(_Window("7d", WEEK_S, world.plan.tokens_week))
    if world.limits.requests_per_minute is not None:
        most = world.limits.requests_per_minute
        account.requests = _Bucket(most, most)
    if world.limits.tokens_per_minute is not None:
        most = world.limits.tokens_per_minute
        account.tokens = _Bucket(most, most)
    return account


# ---------------------------------------------------------------- what is said


def _broken(outage: Outage, candidate: Candidate) -> Turned | Broken:
    wait_s = outage.retry_after_s
    match outage.kind:
        case "refuse":
            return Broken(REFUSED_S, Signal.CONNECT)
        case "hang":
            return Broken(float("inf"), Signal.FIRST_EVENT_TIMEOUT)
        case "drop":
            return Broken(ROUND_TRIP_S, Signal.CUT)
        case "overloaded":
            return _turned(candidate, ErrorKind.OVERLOADED, "overloaded", wait_s)
        case "rate-limit":
            return _turned(candidate, ErrorKind.RATE_LIMIT, "too many requests", wait_s)
        case _:
            return _turned(candidate, ErrorKind.UPSTREAM, "bad gateway", wait_s)


def _too_long(errand: Errand, candidate: Candidate) -> Turned:
    tokens, most = errand.row.input_tokens, candidate.facts.context
    words = f"prompt is too long: {tokens} tokens > {most} maximum (context_length_exceeded)"
    return _turned(candidate, ErrorKind.CONTEXT_OVERFLOW, words, None)


def _turned(
    candidate: Candidate,
    kind: ErrorKind,
    words: str,
    wait_s: float | None,
    headers: Mapping[str, str] = MappingProxyType({}),
) -> Turned:
    """An error as the vendor writes it."""
    status = status_of_kind(kind)
    error = UpstreamStatus(words, status=status, kind=kind, provider=candidate.provider.name)
    body = CODECS[candidate.format].error_body(error, "simulated")
    said = dict(headers)
    if wait_s is not None:
        said["retry-after"] = str(max(1, ceil(wait_s)))
    return Turned(ROUND_TRIP_S, status, said, body)


def _plan_headers(world: TargetWorld, account: _Account, now_s: float) -> dict[str, str]:
    """What a vendor says of its plan with every answer."""
    if world.plan is None or world.plan.says == "nothing":
        return {}
    said: dict[str, str] = {}
    if world.plan.says == "codex":
        for place, window in zip(("primary", "secondary"), account.windows, strict=False):
            name = f"x-codex-{place}"
            said[f"{name}-used-percent"] = f"{100 * min(1.0, window.at(now_s)):.1f}"
            said[f"{name}-window-minutes"] = f"{window.length_s / 60:.0f}"
            said[f"{name}-reset-at"] = f"{window.ends_s:.0f}"
        return said
    unified = "anthropic-ratelimit-unified"
    for window in account.windows:
        used = window.at(now_s)
        said[f"{unified}-{window.name}-utilization"] = f"{used:.4f}"
        said[f"{unified}-{window.name}-reset"] = f"{window.ends_s:.0f}"
        said[f"{unified}-{window.name}-status"] = "rejected" if used >= 1 else "allowed"
    spent = any(window.at(now_s) >= 1 for window in account.windows)
    said[f"{unified}-status"] = "rejected" if spent else "allowed"
    return said


def _limit_headers(candidate: Candidate, account: _Account, now_s: float) -> dict[str, str]:
    """What a vendor says of its limits by the minute with every answer."""
    said: dict[str, str] = {}
    for kind, bucket, _ in account.buckets(0):
        left = bucket.now(now_s)
        full_s = (bucket.most - left) * 60 / bucket.most
        values = {"limit": str(bucket.most), "remaining": str(max(0, int(left)))}
        if candidate.format is WireFormat.ANTHROPIC:
            when = datetime.fromtimestamp(ceil(now_s + full_s), UTC)
            values["reset"] = when.strftime("%Y-%m-%dT%H:%M:%SZ")
            said |= {f"anthropic-ratelimit-{kind}-{what}": text for what, text in values.items()}
        else:
            values["reset"] = f"{full_s:.3f}s"
            said |= {f"x-ratelimit-{what}-{kind}": text for what, text in values.items()}
    return said
