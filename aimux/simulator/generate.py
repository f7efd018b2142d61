"""Requests as coding agents make them, from a seed.

A session is a person with an agent: turns with prompts that grow by what tools have brought, seconds
apart; now and then a pause in which the person reads, and sometimes one in which every cache goes cold.
When a prompt has grown too long it is shortened.  Beside the turns there are small helper calls, and
some turns start subagents with prompts of their own.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from aimux.simulator.dice import Dice
from aimux.simulator.trace import Row

LARGE: Final = "claude-sonnet-4-5"
SMALL: Final = "claude-haiku-4-5"


class Workload(NamedTuple):
    """What is asked for.  Sessions begin evenly within ``hours``; shares are of turns or sessions."""

    sessions: int = 12
    hours: float = 8.0
    least_turns: int = 10
    most_turns: int = 60
    large: str = LARGE
    small: str = SMALL
    helpers: float = 0.12
    subagents: float = 0.03
    reading: float = 0.12
    """Turns before which a person reads for a minute or two."""
    away: float = 0.03
    """Turns before which a person is away for longer than caches live."""
    thinking: float = 0.3
    images: float = 0.02
    longest: int = 150_000
    """Tokens at which a prompt is shortened."""


def generate(load: Workload, seed: int) -> tuple[Row, ...]:
    """The requests of a workload, conversation after conversation; the same ones for the same seed."""
    dice = Dice(seed)
    rows: list[Row] = []
    for number in range(load.sessions):
        at_s = (number + dice()) / load.sessions * load.hours * 3600
        rows += _session(f"s{number + 1:03}", round(at_s, 1), load, dice)
    return tuple(rows)


def _session(name: str, at_s: float, load: Workload, dice: Dice) -> Iterator[Row]:
    thinks = dice.happens(load.thinking)
    prompt = round(dice.between(12_000, 22_000))
    turns = round(dice.between(load.least_turns, load.most_turns))
    project = f"/src/project{1 + int(dice() * 4)}"
    passed_s = 0.0
    helped = False
    for turn in range(turns):
        think_s = _pause(load, dice) if turn else 0.0
        answer = max(20, round(dice.around(260, 0.8)))
        passed_s += think_s + 3 + answer / 50
        yield Row(
            session=name,
            project=project,
            model=load.large,
            input_tokens=prompt,
            output_tokens=answer,
            at_s=None if turn else at_s,
            think_s=think_s,
            thinking=thinks,
            images=dice.happens(load.images),
        )
        if not turn or dice.happens(load.helpers):
            yield Row(
                session=name,
                project=project,
                model=load.small,
                input_tokens=round(dice.around(900, 0.6)) + 40,
                output_tokens=max(4, round(dice.around(30, 0.6))),
                at_s=None if helped else at_s + passed_s,
                think_s=round(passed_s, 1) if helped else 0.0,
                helper=True,
            )
            helped, passed_s = True, 0.0 if helped else passed_s
        if turn and dice.happens(load.subagents):
            yield from _subagent(name, f"a{turn}", at_s + passed_s, load, dice)
        prompt += answer + round(dice.around(1_400, 1.0))
        if prompt > load.longest:
            prompt = round(dice.between(18_000, 26_000))


def _subagent(session: str, agent: str, at_s: float, load: Workload, dice: Dice) -> Iterator[Row]:
    prompt = round(dice.between(6_000, 12_000))
    for turn in range(round(dice.between(3, 9))):
        answer = max(20, round(dice.around(220, 0.7)))
        yield Row(
            session=session,
            agent=agent,
            model=load.large,
            input_tokens=prompt,
            output_tokens=answer,
            at_s=None if turn else round(at_s, 1),
            think_s=round(dice.between(0.5, 4.0), 1) if turn else 0.0,
        )
        prompt += answer + round(dice.around(1_500, 0.9))


def _pause(load: Workload, dice: Dice) -> float:
    """Seconds before a turn: a tool runs, a person reads, or nobody is there."""
    lot = dice()
    if lot < load.away:
        return round(dice.between(330, 2400), 1)
    if lot < load.away + load.reading:
        return round(dice.between(20, 180), 1)
    return round(dice.around(3.0, 0.9), 1)
