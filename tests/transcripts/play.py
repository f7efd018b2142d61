"""Plays a transcript: everything that its file says, in order, and what was seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from tests.transcripts.events import EVENTS
from tests.transcripts.script import Step, in_a_pipe, plain, read, twin
from tests.transcripts.stage import Way, opened

FOLDER: Final = Path(__file__).parent
FILES: Final = tuple(sorted(path.name for path in FOLDER.glob("*.txt")))


def steps_of(name: str) -> list[Step]:
    """What a file says."""
    return read((FOLDER / name).read_text(encoding="utf-8"))


def play(steps: list[Step], way: Way = "terminal") -> list[Step]:
    """The same steps with what is seen now; what another way has shown already is not run again."""
    played = []
    with opened(way) as stage:
        for number, step in enumerate(steps):
            seen: list[str] = []
            if step.event:
                EVENTS[step.event](stage)
            elif step.path:
                stage.write(step.path, step.content)
            elif step.typed and _is_seen_already(steps, number, way):
                seen = _told(steps, number, way)
            elif step.typed:
                seen = stage.type(step)
            played.append(replace(step, seen=seen))
    return played


def _is_seen_already(steps: Sequence[Step], number: int, way: Way) -> bool:
    """Whether the run on a terminal has shown it: data, and in a pipe what has a twin there."""
    step = steps[number]
    if way == "terminal" or step.changes:
        return False
    in_pipe = twin(steps, number) is not None or _is_told(steps, number)
    return step.is_data or (way == "pipe" and in_pipe)


def unlike(steps: Sequence[Step], played: Sequence[Step], way: Way) -> list[Step]:
    """What is seen otherwise than the file says of this way."""
    return [
        now
        for number, now in enumerate(played)
        if now.seen != _told(steps, number, way) and not (way == "pipe" and _is_told(steps, number))
    ]


def _told(steps: Sequence[Step], number: int, way: Way) -> list[str]:
    if way == "pipe":
        return in_a_pipe(steps, number)
    seen = steps[number].seen
    return seen if way == "terminal" else [plain(line) for line in seen]


def _is_told(steps: Sequence[Step], number: int) -> bool:
    """Whether another place of the file says how this command looks in a pipe."""
    step = steps[number]
    if not step.typed or step.is_piped or twin(steps, number):
        return False
    return any(each.is_piped and each.command == step.command for each in steps if each.typed)
