"""The cells as a table for people, and beneath it what failed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from tests.agents.cell import Outcome

Cells = Mapping[tuple[str, str], Outcome]
WIDTH = 18


def table(cells: Cells, agents: list[str], formats: list[str]) -> str:
    """Agents downwards, formats across."""
    rows = [["", *formats]]
    rows += [[agent, *(_cell(cells.get((agent, each))) for each in formats)] for agent in agents]
    lines = ["".join(f"{text:<{WIDTH}}" for text in row).rstrip() for row in rows]
    return "\n".join([*lines, *_reasons(cells)])


def _cell(outcome: Outcome | None) -> str:
    if outcome is None:
        return "not tried"
    return f"{'FAILED' if outcome.reasons else 'ok'} {outcome.seconds:.1f} s"


def _reasons(cells: Cells) -> Iterator[str]:
    for (agent, wire_format), outcome in cells.items():
        if outcome.reasons:
            yield f"\n{agent} at {wire_format}:"
        for reason in outcome.reasons:
            yield f"  {reason}"
