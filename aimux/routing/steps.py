"""The order in which an exchange asks: candidates by their plan, each with its keys in turn.

Whoever rests comes behind all who do not, the one whose rest ends first before the others.  After a
failure the verdict's row says who may still be asked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from aimux.routing.health import Health
from aimux.routing.plan import Candidate, Plan
from aimux.routing.verdict import Row


class Step(NamedTuple):
    """One candidate with one of its keys; ``label`` is empty where no key is needed."""

    candidate: Candidate
    label: str


def steps(
    plan: Plan, labels: Mapping[str, Sequence[str]], health: Health, now_s: float
) -> tuple[Step, ...]:
    """All steps of a plan in order; ``labels`` are the labels of each provider's usable keys."""
    awake: list[Step] = []
    resting: list[tuple[float, Step]] = []
    for candidate in plan.candidates:
        name = candidate.provider.name
        for label in labels.get(name) or ("",):
            step = Step(candidate, label)
            rest = health.rest_of(candidate, (label,) if label else (), now_s)
            if rest is None:
                awake.append(step)
            else:
                resting.append((rest.until_s, step))
    if not resting:
        return tuple(awake)
    resting.sort(key=lambda each: each[0])
    return (*awake, *(step for _, step in resting))


def left_after(failed: Step, row: Row, rest: Sequence[Step]) -> tuple[Step, ...]:
    """The steps that may still be taken after one has failed in the way of a row."""
    name = failed.candidate.provider.name
    return tuple(
        step
        for step in rest
        if (row.other_key if step.candidate.provider.name == name else row.other_provider)
        or (_other_model(step, failed) and row.other_provider)
    )


def _other_model(step: Step, failed: Step) -> bool:
    """Another model of the same provider is somebody else: what ails one may spare the other."""
    return step.candidate.model != failed.candidate.model
