"""Measures what ledger and metrics take of relay throughput.

    python -m tests.bench.memory [--quick] [--json]

Two daemons, one of them without either (``bare``), are measured one right after the other, in alternating
order; the cost is the median over the rounds.  The writer of the ledger works behind the requests, so a
measurement ends only when it has had time to write.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Final

from aimux.cli.bench.load import measure, send
from aimux.daemon.ready import READY_FD
from aimux.telemetry.ledger import APART_S
from tests.bench.figures import CONNECTIONS, FULL, QUICK, WARM_UP_REQUESTS, Effort, Goal
from tests.bench.subjects import ROOT, Home, Subject, home, python_server, running_daemon
from tests.bench.workload import Workload, workloads

COST: Final = Goal(0.05)
NO_LEDGER: Final = "\n[ledger]\nenabled = false\n"


@dataclass(frozen=True, slots=True)
class Cost:
    """What one workload pays: of throughput and of processor time, each as a share."""

    workload: str
    throughput: float
    processor: float


@contextmanager
def bare_daemon(place: Home) -> Iterator[Subject]:
    """A daemon that counts nothing, for as long as the context lasts."""
    config = place.folder / "aimux" / "config.toml"
    config.write_text(config.read_text() + NO_LEDGER)
    reading, writing = os.pipe()
    with subprocess.Popen(
        [sys.executable, "-m", "tests.bench.bare"],
        cwd=ROOT,
        env={**place.environment, READY_FD: str(writing)},
        pass_fds=(writing,),
        stderr=subprocess.DEVNULL,
    ) as process:
        os.close(writing)
        with os.fdopen(reading) as pipe:
            told = json.loads(pipe.readline())
        assert told["ready"], told
        try:
            yield running_daemon(place)
        finally:
            process.terminate()


def cost_of(kind: Workload, daemon: Subject, bare: Subject, effort: Effort) -> Cost:
    """Measures both daemons in turn."""
    rounds = []
    for turn in range(effort.rounds):
        order = (daemon, bare) if turn % 2 else (bare, daemon)
        seen = {id(each): _seen(each, kind, effort) for each in order}
        rounds.append((*seen[id(daemon)], *seen[id(bare)]))
    throughput = statistics.median(1 - with_ / without for with_, _, without, _ in rounds)
    processor = statistics.median(1 - without / with_ for _, with_, _, without in rounds)
    return Cost(kind.name, round(throughput, 3), round(processor, 3))


def _seen(subject: Subject, kind: Workload, effort: Effort) -> tuple[float, float]:
    """Requests a second, and processor milliseconds a request, those behind it included."""
    send(subject.target, kind.shot, count=WARM_UP_REQUESTS, connections=CONNECTIONS)
    before = subject.cpu_s()
    sample = measure(subject.target, kind.shot, connections=CONNECTIONS, seconds=2 * effort.seconds)
    time.sleep(1.5 * APART_S)
    return sample.requests_per_s, (subject.cpu_s() - before) * 1000 / sample.requests


def main() -> None:
    """Reads the command line and prints."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.memory", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="shorter rounds, fewer of them")
    parser.add_argument("--json", action="store_true", help="all figures as JSON")
    options = parser.parse_args()
    effort = QUICK if options.quick else FULL
    with (
        python_server("upstream") as upstream,
        home(upstream.target.port) as place,
        home(upstream.target.port) as other,
    ):
        place.aimux("start")
        with bare_daemon(other) as bare:
            daemon = running_daemon(place)
            costs = [cost_of(kind, daemon, bare, effort) for kind in workloads()]
    if options.json:
        print(json.dumps([asdict(each) for each in costs], indent=2))
        return
    print(f"{'ledger and metrics take':<24}{'of throughput':>14}{'of cpu':>9}")
    for each in costs:
        mark = "ok" if COST.met(each.throughput) else "MISSED"
        print(
            f"{each.workload:<24}{each.throughput:>13.1%} {each.processor:>8.1%}"
            f"  {mark} (<= {COST.bound:.0%})"
        )


if __name__ == "__main__":
    main()
