"""Runs real agents through a real aimux at every upstream format, and prints which of them get through.

The agents come from npm; what is missing is said and not tried.  Each runs once a cell, in an empty home
and a scratch project, asked to do a task of several turns; behind aimux a scripted model plays the
vendor, and is as strict as the vendor is (tests/agents/strict).  Nothing leaves the machine.  The exit
code is 1 when a cell failed, 2 when none was tried.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from tests.agents.agents import AGENTS
from tests.agents.cell import Outcome, try_cell
from tests.agents.table import table
from tests.agents.vendors import VENDORS


def main() -> int:
    """Reads the command line, runs the cells, prints the table."""
    options = _options()
    with tempfile.TemporaryDirectory(prefix="aimux-agents-") as scratch:
        folder = Path(options.keep or scratch).resolve()
        cells = _cells(options, folder)
    print(table(cells, list(AGENTS), list(VENDORS)))
    if options.keep:
        print(f"\nwhat was heard and said is in {folder}")
    if not cells:
        return 2
    return int(any(outcome.reasons for outcome in cells.values()))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.agents",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--agent",
        nargs="+",
        choices=AGENTS,
        default=list(AGENTS),
        metavar="NAME",
        help=", ".join(AGENTS),
    )
    parser.add_argument(
        "--format",
        nargs="+",
        choices=VENDORS,
        default=list(VENDORS),
        metavar="NAME",
        help=", ".join(VENDORS),
    )
    parser.add_argument(
        "--agents-dir", type=Path, help="where npm has installed them, if not on PATH"
    )
    parser.add_argument("--model", help="the model that the agent asks for, instead of its own")
    parser.add_argument("--keep", type=Path, help="an empty folder for everything heard and said")
    options = parser.parse_args()
    if options.keep and options.keep.exists() and any(options.keep.iterdir()):
        parser.error(f"{options.keep} is not empty")
    return options


def _cells(options: argparse.Namespace, folder: Path) -> dict[tuple[str, str], Outcome]:
    cells: dict[tuple[str, str], Outcome] = {}
    for name in options.agent:
        agent = AGENTS[name]
        program = agent.find(options.agents_dir and options.agents_dir.resolve())
        if program is None:
            print(f"{name} is not there: npm install {agent.package}", file=sys.stderr)
            continue
        for wire_format in options.format:
            print(f"{name} at {wire_format} ...", file=sys.stderr, flush=True)
            place = folder / f"{name}-{wire_format}"
            cells[name, wire_format] = try_cell(
                agent, program, wire_format, place, options.model or agent.model
            )
    return cells


if __name__ == "__main__":
    sys.exit(main())
