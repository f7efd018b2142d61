"""Measures aimux against the floor on this machine.

    python -m tests.bench [--quick] [--json]

Starts the fake upstream, the floor and a real daemon (``aimux start`` in a temporary home, logging on)
and prints the figures.  The exit code is 0 whether or not the goals are met: a machine that does
something else at the same time is no judge.
"""

from __future__ import annotations

import argparse
import json
import sys

from tests.bench.figures import (
    FULL,
    QUICK,
    TINY,
    Effort,
    Figures,
    command_times,
    compare,
    growth,
    memory,
)
from tests.bench.planning import plain_time_us, planning_times_us
from tests.bench.report import table
from tests.bench.subjects import home, python_server
from tests.bench.translation import first_times_ms, request_times_ms
from tests.bench.workload import workloads


def run(effort: Effort) -> Figures:
    """Starts everything, measures everything, stops everything."""
    figures = Figures()
    small, *_ = kinds = workloads()
    with (
        python_server("upstream") as upstream,
        python_server("floor", f"http://127.0.0.1:{upstream.target.port}") as floor,
        home(upstream.target.port) as place,
    ):
        aimux = command_times(place, figures, effort)
        for kind in kinds:
            print(f"measuring: {kind.name}", file=sys.stderr)
            figures.comparisons.append(compare(kind, upstream, floor, aimux, effort))
        memory(place, aimux, small, figures, effort)
        growth(aimux, kinds[-1].shot, figures, effort)
        figures.translate_ms = request_times_ms(effort.commands * 20)
        figures.first_translate_ms = first_times_ms(effort.commands * 20)
        figures.planning_us = planning_times_us(effort.commands * 40)
        figures.plain_planning_us = plain_time_us(effort.commands * 40)
    return figures


def main() -> None:
    """Reads the command line and prints."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="shorter rounds, fewer of them")
    parser.add_argument("--tiny", action="store_true", help="only to see that it works")
    parser.add_argument("--json", action="store_true", help="all figures as JSON")
    options = parser.parse_args()
    figures = run(TINY if options.tiny else QUICK if options.quick else FULL)
    print(json.dumps(figures.as_json(), indent=2) if options.json else table(figures))


if __name__ == "__main__":
    main()
