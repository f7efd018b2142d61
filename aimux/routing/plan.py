"""What is to be tried for one request, in which order, and why: the result of routing.

A ``Plan`` is made before the first byte goes out and never changes; the ``Decision`` in it is what
``aimux why`` tells.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from aimux.catalogue.provider import ModelFacts, Provider
from aimux.config.schema import Hedge
from aimux.model.request import WireFormat
from aimux.routing.calendar import Calendar
from aimux.wire.codec import Mode
from aimux.wire.target import Target as WireTarget

if TYPE_CHECKING:
    from aimux.routing.budget import Purse

Chance = Callable[[], float]
"""Gives a number from 0 up to 1: chance is an argument, like time."""

Place = tuple[str, str]
"""A target by the names of its provider and model: what is remembered of it is remembered under these."""


class Moment(NamedTuple):
    """When a request is planned: Unix seconds, and the minute of the local week (0 is Monday 00:00)."""

    now_s: float
    minute_of_week: int = 0
    calendar: Calendar | None = None
    """The local day, week and month; without one, those of UTC."""


class Task(StrEnum):
    """What kind of work a request is, for what is learned of targets: they differ by it."""

    HELPER = "helper"
    """A small call beside the conversation: a title, a classifier, a summary of a page."""
    CHAT = "chat"
    TOOLS = "tools"
    THINKING = "thinking"
    LONG = "long"
    """A prompt of more than 60,000 tokens, whatever else it is."""


class Demand(NamedTuple):
    """What a request will take, as far as strategies weigh it; both numbers are guesses."""

    input_tokens: int
    output_tokens: int
    task: Task


@dataclass(frozen=True, slots=True)
class Target:
    """``provider/model`` as it stands in the configuration or in a request; ``*`` keeps the model."""

    provider: str
    model: str

    def __str__(self) -> str:
        return f"{self.provider}/{self.model}"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A target that could answer this request: which model, in which format, in which mode.

    ``target`` is what the wire has to know of it; ``place`` is provider and model by name: what is
    remembered of a target is remembered under these.  ``rates`` are US dollars per token of input that
    nobody has cached and of output, None where they are unknown or depend on size or hour.
    """

    provider: Provider = field(compare=False)
    model: str
    format: WireFormat
    mode: Mode
    target: WireTarget = field(init=False, repr=False, compare=False)
    facts: ModelFacts = field(init=False, repr=False, compare=False)
    place: tuple[str, str] = field(init=False, repr=False)
    name: str = field(init=False, repr=False, compare=False)
    rates: tuple[float, float] | None = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Made once, with the plan, and not for every request."""
        facts = self.provider.model(self.model)
        target = WireTarget(
            provider=self.provider.name,
            model=self.model,
            vendor=self.provider.preset or "",
            context_tokens=facts.context,
            max_output_tokens=facts.max_output,
            capabilities=facts.capabilities,
            quirks=frozenset(self.provider.quirks),
        )
        object.__setattr__(self, "target", target)
        object.__setattr__(self, "facts", facts)
        object.__setattr__(self, "place", (self.provider.name, self.model))
        object.__setattr__(self, "name", f"{self.provider.name}/{self.model}")
        object.__setattr__(self, "rates", None if facts.tiers else facts.price.rates)

    def __hash__(self) -> int:
        """By what tells candidates of one plan apart; planning asks for it often."""
        return hash(self.place)

    def __str__(self) -> str:
        return self.name


class Step(NamedTuple):
    """One candidate with one of its keys; ``label`` is empty where no key is needed."""

    candidate: Candidate
    label: str


class Ranked(NamedTuple):
    """A candidate with what its strategy says of it; lower scores are asked first.

    ``form`` is filled in with ``values``, where there are any, or asked, when somebody wants to read it.
    """

    candidate: Candidate
    score: float | None = None
    form: str | Callable[[Candidate], str] = ""
    values: tuple[object, ...] = ()

    @property
    def words(self) -> str:
        """Why it has its place, for a person."""
        form = self.form
        if not isinstance(form, str):
            return form(self.candidate)
        return form % self.values if self.values else form


@dataclass(frozen=True, slots=True)
class Refusal:
    """A target that was left out or put behind all others, and the reason in words for a person."""

    target: str
    reason: str


class Decision(NamedTuple):
    """Why these candidates in this order.

    ``route`` is the rule's name: ``default``, ``direct`` (the request named its target), or a
    public model's or a route's name; ``rule`` says the rule's conditions.  ``notes`` are sentences on
    what else had a say: a warm cache, a spent plan, no network.  ``input_tokens`` is the guess where
    one was needed.  ``order`` are the candidates themselves, for what they are and what they cost.
    """

    asked_model: str
    route: str
    candidates: tuple[str, ...]
    refusals: tuple[Refusal, ...]
    rule: str = ""
    strategy: str = "priority"
    ranks: tuple[Ranked, ...] = ()
    notes: tuple[str, ...] = ()
    session: str = ""
    generation: int = 0
    input_tokens: int | None = None
    order: tuple[Candidate, ...] = ()


class Plan(NamedTuple):
    """Whom to ask, in order; at least one step in ``steps`` and ``resort`` together.

    ``steps`` are those who can answer now, ``resort`` those who rest or fail at the moment: they are
    asked when nobody else is left.  ``wait_s`` is how long to wait before the first one, where waiting
    for a warm cache is cheaper than leaving it.  ``cached`` is how many tokens of the prompt are warm
    at a target; ``second_usd`` what a second of waiting is worth.
    """

    steps: tuple[Step, ...]
    decision: Decision
    resort: tuple[Step, ...] = ()
    wait_s: float = 0.0
    session: str = ""
    cached: Mapping[tuple[str, str], int] = MappingProxyType({})
    task: Task | None = None
    """What kind of work it is, where speeds are learned."""
    failover_on: tuple[str, ...] = ()
    hedge: Hedge | None = None
    second_usd: float = 0.0
    prompt_bytes: int = 0
    mark: tuple[str, ...] | None = None
    """Under what equal requests of the session are counted, for the loop guard."""
    purse: Purse | None = None
    """What the request is paid from, where there are budgets."""
    left: tuple[tuple[str, str], int] | None = None
    """Where the session was last and how much of it is warm there, where the rule does not lead there
    any more."""

    @property
    def candidates(self) -> tuple[Candidate, ...]:
        """The candidates in the order in which they are tried, each once."""
        return tuple(dict.fromkeys(step.candidate for step in (*self.steps, *self.resort)))

    @property
    def translates(self) -> bool:
        """Whether one of them is asked in another format than the client's."""
        return any(step.candidate.mode is Mode.TRANSLATE for step in (*self.steps, *self.resort))
