"""``aimux why --session`` as rows: exact for a pipe, for people within 80 columns where there are no more."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from typing import Any, Final

from aimux.cli import output
from aimux.cli.fit import is_wide, short_error, short_target
from aimux.telemetry.story import recent_time, session_lines

_HEADINGS: Final = ("TIME", "ID", "TARGET", "OUTCOME", "IN", "OUT", "COST", "SWITCH")
_EXACT: Final = ("started_at", "id", "input_tokens", "output_tokens", "cost_usd")


def show_session(exchanges: Sequence[dict[str, Any]]) -> None:
    """A line for each exchange; why its target changed stands behind it, or below it in a narrow terminal."""
    lines = list(session_lines(exchanges))
    if not sys.stdout.isatty():
        output.table((), list(_exact(exchanges, lines)))
    elif is_wide():
        output.table(_HEADINGS, lines)
    else:
        rows = [
            (recent_time(when), identity, short_target(target), short_error(outcome), cost)
            for when, identity, target, outcome, _, _, cost, _ in lines
        ]
        _show_narrow(rows, [line[-1] for line in lines])


def _exact(
    exchanges: Sequence[dict[str, Any]], lines: Sequence[tuple[str, ...]]
) -> Iterator[tuple[str, ...]]:
    """An empty cell is unknown."""
    for facts, (_, _, target, outcome, *_, switch) in zip(exchanges, lines, strict=True):
        when, identity, *numbers = ("" if facts[key] is None else str(facts[key]) for key in _EXACT)
        yield (when, identity, target, outcome, *numbers, switch)


def _show_narrow(rows: Sequence[tuple[str, ...]], switches: Sequence[str]) -> None:
    headings = (*_HEADINGS[:4], "COST")
    widths = [max(map(len, column)) for column in zip(headings, *rows, strict=True)]
    output.data(output.styled(output.columns(headings, widths), "dim"))
    for row, switch in zip(rows, switches, strict=True):
        output.data(output.columns([output.printable(cell) for cell in row], widths))
        if switch:
            output.data(f"  {output.printable(switch)}")
