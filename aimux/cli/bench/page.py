"""How the figures of ``aimux bench`` look: a table, lines for a pipe, or one JSON object."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any, Final

from aimux import __version__
from aimux.cli import output
from aimux.cli.bench.figures import Comparison, Way
from aimux.cli.bench.rounds import Effort

HEADINGS: Final = ("REQUEST", "WAY", "P50 MS", "P90 MS", "P99 MS", "ADDED MS", "REQUESTS/S")

PROVIDER: Final = "a provider on this machine that answers at once"

_NOTES: Final = """\
Times run from sending a request to the last byte of its answer, one at a time;
REQUESTS/S is with {concurrency} at a time. The answers come from
{provider}: what is added is aimux's own
work, not a vendor's. Sender, aimux and provider shared {cores}."""
"""What the figures mean; no line is longer than 80 columns."""


def show(comparisons: Sequence[Comparison], effort: Effort, *, as_json: bool) -> None:
    """Prints the figures, and for people what they mean."""
    if as_json:
        output.data_json(shape(comparisons, effort))
        return
    if sys.stdout.isatty():
        output.words()
    output.table(HEADINGS, list(_rows(comparisons)))
    output.words()
    for each in comparisons:
        output.words(f"{each.name:<12}{each.what}")
    notes = _NOTES.format(concurrency=effort.concurrency, provider=PROVIDER, cores=_cores())
    output.words(f"\n{notes}")


def shape(comparisons: Sequence[Comparison], effort: Effort) -> dict[str, Any]:
    """All figures, and what they were measured on."""
    return {
        "aimux": __version__,
        "provider": PROVIDER,
        "machine": {
            "system": platform.system(),
            "architecture": platform.machine(),
            "python": platform.python_version(),
            "cores": os.cpu_count(),
        },
        "duration_s": effort.duration_s,
        "rounds": effort.rounds,
        "concurrency": effort.concurrency,
        "requests": [{**asdict(each), "added_ms": each.added_ms} for each in comparisons],
    }


def _rows(comparisons: Sequence[Comparison]) -> Iterator[tuple[str, ...]]:
    for each in comparisons:
        yield _row(each.name, "direct", each.direct, "")
        yield _row(each.name, "aimux", each.aimux, _ms(each.added_ms))


def _row(name: str, way: str, figures: Way, added: str) -> tuple[str, ...]:
    whole = figures.whole
    times = [_ms(value) for value in (whole.p50_ms, whole.p90_ms, whole.p99_ms)]
    numbers = (*times, added, f"{figures.requests_per_s:.0f}")
    if not sys.stdout.isatty():
        return (name, way, *numbers)
    aligned = [text.rjust(len(head)) for head, text in zip(HEADINGS[2:], numbers, strict=True)]
    return (name, way, *aligned)


def _ms(value: float) -> str:
    return f"{value:.2f}"


def _cores() -> str:
    count = os.cpu_count() or 1
    return "one core" if count == 1 else f"{count} cores"
