"""The script: what the model thinks, says and asks for, turn by turn, and what it expects to hear.

It knows no format and no agent.  Which turn it is stands in the history: the model is asked with all that
has happened, so it can be played by a server that remembers nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from tests.agents.project import GLYPHS, MISSING, NOTES, NOTES_TEXT, PICTURE, damage, flaw, plain
from tests.agents.words import Result, Turn

MARK: Final = "garden-of-glyphs-4b7d"
PROMPT: Final = (
    f"Task {MARK}: print {GLYPHS} in the shell, read {NOTES} and {PICTURE}, "
    "try what fails, then report. \u5ead\u3092\u898b\u3066 \U0001f33f"
)


class Deed(Enum):
    """What a tool is for."""

    RUN = auto()
    READ = auto()
    LOOK = auto()


@dataclass(frozen=True, slots=True)
class Ask:
    """One thing that the model wants done: a command to run, a file to read or to look at."""

    deed: Deed
    what: str
    fault: Callable[[Result], str]
    """What is wrong with the result; empty when nothing is."""
    fails: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """One turn of the model; without asks it is the last."""

    name: str
    thought: str
    says: tuple[str, ...]
    asks: tuple[Ask, ...] = ()


def _holds(expected: str) -> Callable[[Result], str]:
    def fault(result: Result) -> str:
        return "" if expected in plain(result.text) else f"no {expected!r} in {result.text[:120]!r}"

    return fault


def _shows_the_picture(result: Result) -> str:
    if not result.images:
        return f"no image came, only {result.text[:120]!r}"
    return "; ".join(filter(None, map(flaw, result.images)))


_SORRY: Final = re.compile(r"\bno\b|not |n't|enoent|missing|fail|error", re.IGNORECASE)


def _is_missed(result: Result) -> str:
    said = result.failed or _SORRY.search(result.text.replace(MISSING, ""))
    return "" if said else f"nothing says that the file is missing: {result.text[:120]!r}"


_FAILING: Final = "printf 'lantern %s\\n' went-out >&2; exit 3"

STEPS: Final = (
    Step(
        "glyphs and notes",
        thought="Two files at once. \u8003\u3048\u308b\u2026 \U0001f914",
        says=("I read both ", "files, \u4e21\u65b9\u3068\u3082", "."),
        asks=(
            Ask(Deed.RUN, f"cat {GLYPHS}", lambda result: damage(result.text)),
            Ask(Deed.READ, NOTES, _holds(NOTES_TEXT.strip())),
        ),
    ),
    Step(
        "picture",
        thought="Now the picture: \u201clook\u201d first.",
        says=("The picture ", "next."),
        asks=(Ask(Deed.LOOK, PICTURE, _shows_the_picture),),
    ),
    Step(
        "failing command",
        thought="This command will fail.",
        says=("Something that fails.",),
        asks=(Ask(Deed.RUN, _FAILING, _holds("lantern went-out"), fails=True),),
    ),
    Step(
        "missing file",
        thought="And a file that is not there: \u7121\u3044.",
        says=("And a file that does not exist.",),
        asks=(Ask(Deed.READ, MISSING, _is_missed, fails=True),),
    ),
    Step(
        "report",
        thought="All is seen.",
        says=(
            "Report: the garden is in order, ",
            "\u5ead\u306f\u7f8e\u3057\u3044; ",
            "\U0001f469\u200d",
            "\U0001f33e plants cafe",
            "\u0301 and \u05e9\u05dc",
            "\u05d5\u05dd, mark ",
            "0451, two failures seen.",
        ),
    ),
)
THOUGHTS: Final = tuple(step.thought for step in STEPS)
REPORT: Final = "".join(STEPS[-1].says)


def next_step(turns: list[Turn]) -> int:
    """The index of the step that a history leads to; beyond the script when it has too much."""
    calls, done = sum(len(turn.calls) for turn in turns), 0
    for index, step in enumerate(STEPS):
        if calls <= done:
            return index
        done += len(step.asks)
    return len(STEPS)


def faults(turns: list[Turn], marked: frozenset[str] = frozenset()) -> Iterator[str]:
    """What is wrong with a history, in words.

    ``marked`` are the steps whose failure the agent marks as one, so that the mark must have come
    where the format has one.
    """
    for step, turn in zip(STEPS, turns, strict=False):
        if "".join(step.says).strip() != turn.text.strip():
            yield f"{step.name}: the model's own words came back as {turn.text!r}"
        if len(turn.calls) != len(step.asks):
            yield f"{step.name}: {len(step.asks)} calls came back as {len(turn.calls)}"
            continue
        for ask, result in zip(step.asks, _with_loose(turn), strict=True):
            if fault := ask.fault(result):
                yield f"{step.name}: {fault}"
            if result.failed is not None and result.failed != (step.name in marked):
                yield f"{step.name}: its result is marked as {'failed' if result.failed else 'fine'}"


def _with_loose(turn: Turn) -> Iterator[Result]:
    """The results; images that came beside them count for the last."""
    *first, last = turn.results
    yield from first
    yield Result(last.text, (*last.images, *turn.loose), last.failed)
