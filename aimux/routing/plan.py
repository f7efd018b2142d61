"""What is to be tried for one request, in which order, and why: the result of routing.

A ``Plan`` is made before the first byte goes out and never changes; the ``Decision`` in it is what
``aimux why`` tells.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

from aimux.catalogue.provider import ModelFacts, Provider
from aimux.model.request import WireFormat
from aimux.wire.codec import Mode
from aimux.wire.target import Target as WireTarget


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

    ``target`` is what the wire has to know of it.
    """

    provider: Provider
    model: str
    format: WireFormat
    mode: Mode
    target: WireTarget = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Made once, with the plan, and not for every request."""
        facts = self.facts
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

    @property
    def facts(self) -> ModelFacts:
        """What is known of the model."""
        return self.provider.model(self.model)

    def __str__(self) -> str:
        return f"{self.provider.name}/{self.model}"


@dataclass(frozen=True, slots=True)
class Refusal:
    """A target that was left out, and the reason in words for a person."""

    target: str
    reason: str


@dataclass(frozen=True, slots=True)
class Decision:
    """Why these candidates in this order.

    ``route`` is the rule's name: ``default``, ``direct`` (the request named its target), or a
    public model's or a route's name.
    """

    asked_model: str
    route: str
    candidates: tuple[str, ...]
    refusals: tuple[Refusal, ...]


@dataclass(frozen=True)
class Plan:
    """Candidates in the order in which they are tried; at least one."""

    candidates: tuple[Candidate, ...]
    decision: Decision

    @cached_property
    def translates(self) -> bool:
        """Whether one of them is asked in another format than the client's."""
        return any(each.mode is Mode.TRANSLATE for each in self.candidates)
