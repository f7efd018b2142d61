"""``aimux bench`` as a stranger runs it: the real command, daemon and provider, and what is left of them.

How fast anything is, is not asked here.
"""

from __future__ import annotations

import json
import os
import signal
import statistics
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil  # type: ignore[import-untyped]  # it ships no types
import pytest

from aimux.cli.bench.page import HEADINGS, PROVIDER
from aimux.cli.bench.shots import kinds
from tests.support.patience import PATIENCE_S
from tests.support.theatre import INTERRUPTED, Theatre, opened, read_until, until

pytestmark = pytest.mark.system

SHORT = ("--duration", "100ms")
LONG = ("--duration", "10m")
"""For what is ended before."""
WAYS = ("direct", "aimux")
KINDS = [kind.name for kind in kinds()]
MODULE = "aimux.cli.bench.provider"


@pytest.fixture
def theatre(tmp_path: Path) -> Iterator[Theatre]:
    with opened("bench", tmp_path) as theatre:
        yield theatre


def provider_pid(process: subprocess.Popen[bytes]) -> int:
    """The process that answers."""
    children = psutil.Process(process.pid).children()
    return next(int(child.pid) for child in children if MODULE in child.cmdline())


def test_in_a_pipe_it_is_lines_of_tabs_and_leaves_nothing(theatre: Theatre) -> None:
    """Two lines for each kind without headings, words on stderr, exit code 0, no leftovers.

    The settings of a real aimux and a proxy in the environment change nothing.
    """
    ran = theatre.run(
        *SHORT,
        extra={
            "AIMUX_SERVER__PORT": "1",
            "AIMUX_CONFIG": str(theatre.folder / "nowhere.toml"),
            "AIMUX_HOME": str(theatre.folder / "nowhere"),
            "http_proxy": "http://127.0.0.1:9",
            "HTTP_PROXY": "http://127.0.0.1:9",
        },
    )
    rows = [line.split("\t") for line in ran.out.splitlines()]

    assert ran.code == 0, ran.err
    assert [row[:2] for row in rows] == [[name, way] for name in KINDS for way in WAYS]
    assert {len(row) for row in rows} == {len(HEADINGS)}
    for direct, aimux in zip(rows[::2], rows[1::2], strict=True):
        assert all(float(cell) >= 0 for row in (direct, aimux) for cell in (*row[2:5], row[6]))
        assert direct[5] == ""
        assert float(aimux[5]) == pytest.approx(float(aimux[2]) - float(direct[2]), abs=0.011)
    assert "\x1b" not in ran.out + ran.err
    assert PROVIDER in ran.err
    assert "8 at a time" in ran.err
    assert [line for line in ran.err.splitlines() if len(line) > 80] == []
    assert [name for name in KINDS if f"\n{name} " not in ran.err] == []
    theatre.assert_clean()


def test_json_is_all_figures(theatre: Theatre) -> None:
    """One object, consistent in itself, on stdout; progress is for stderr."""
    ran = theatre.run(*SHORT, "--concurrency", "2", "--json")
    found = json.loads(ran.out)

    assert ran.code == 0, ran.err
    assert set(found) == {
        "aimux", "provider", "machine", "duration_s", "rounds", "concurrency", "requests"
    }  # fmt: skip
    assert (found["provider"], found["duration_s"], found["concurrency"]) == (PROVIDER, 0.1, 2)
    assert set(found["machine"]) == {"system", "architecture", "python", "cores"}
    assert [each["name"] for each in found["requests"]] == KINDS
    for each in found["requests"]:
        assert set(each) == {"name", "what", *WAYS, "added_ms"}
        for way in (each["direct"], each["aimux"]):
            first, whole = (tuple(way[name].values()) for name in ("first_byte", "whole"))
            assert 0 < first[0] <= first[1] <= first[2]
            assert whole[0] <= whole[1] <= whole[2]
            assert all(early <= late for early, late in zip(first, whole, strict=True))
            assert way["timed"] >= found["rounds"] == len(way["rounds_per_s"])
            assert way["requests_per_s"] == statistics.median(way["rounds_per_s"]) > 0
        medians = (each[way]["whole"]["p50_ms"] for way in reversed(WAYS))
        assert each["added_ms"] == pytest.approx(next(medians) - next(medians), abs=0.0011)
    theatre.assert_clean()


@pytest.mark.parametrize("colours", [True, False])
def test_on_a_terminal_of_80_columns(theatre: Theatre, colours: bool) -> None:
    """A table with headings, dimmed unless NO_COLOR says otherwise."""
    ran = theatre.on_terminal(*SHORT, extra={} if colours else {"NO_COLOR": "1"})
    lines = ran.out.replace("\x1b[2m", "").replace("\x1b[0m", "").splitlines()

    assert ran.code == 0, ran.err
    assert ("\x1b[2m" in ran.out) is colours
    assert "\x1b" not in "".join(lines)
    assert lines[0].split("  ")[0].strip() == HEADINGS[0]
    assert len(lines) == 1 + 2 * len(KINDS)
    assert max(map(len, lines)) <= 80
    theatre.assert_clean()


MOMENTS: dict[str, Callable[[Theatre, subprocess.Popen[bytes]], object]] = {
    "the provider runs": lambda _, process: until(
        lambda: len(psutil.Process(process.pid).children())
    ),
    "the daemon has its lock": lambda theatre, _: until(lambda: theatre.has("aimux.lock")),
    "it measures": lambda _, process: read_until(process.stderr, b"round 1"),
}


@pytest.mark.parametrize("moment", MOMENTS)
def test_ctrl_c_leaves_nothing_behind(theatre: Theatre, moment: str) -> None:
    """At any moment: interrupted, no traceback, no figure, no process, no file."""
    process = theatre.start(*LONG)
    MOMENTS[moment](theatre, process)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=PATIENCE_S)

    assert process.returncode in INTERRUPTED
    assert b"Traceback" not in err
    assert out == b""
    theatre.assert_clean()


def test_so_does_the_end_of_a_terminal(theatre: Theatre) -> None:
    """Cleared away, and said with the usual code."""
    process = theatre.start(*LONG)
    read_until(process.stderr, b"measuring")
    process.send_signal(signal.SIGHUP)
    process.communicate(timeout=PATIENCE_S)

    assert process.returncode == 128 + signal.SIGHUP
    theatre.assert_clean()


@pytest.mark.parametrize("victim", ["daemon", "provider"])
def test_what_is_killed_under_way_is_an_error(theatre: Theatre, victim: str) -> None:
    """Killed with -9 while it is measured: no figures, exit code 1, nothing left."""
    process = theatre.start(*LONG)
    read_until(process.stderr, b"measuring")
    os.kill(theatre.daemon_pid() if victim == "daemon" else provider_pid(process), signal.SIGKILL)
    out, err = process.communicate(timeout=PATIENCE_S)

    assert process.returncode == 1
    assert b"not every request was answered" in err
    assert b"Traceback" not in err
    assert out == b""
    theatre.assert_clean()


def test_the_provider_ends_with_whoever_started_it(theatre: Theatre) -> None:
    """Killed with -9, the command can clear nothing away; the provider notices by itself."""
    process = theatre.start(*LONG)
    read_until(process.stderr, b"measuring")
    provider = psutil.Process(provider_pid(process))
    daemon = theatre.daemon_pid()
    process.kill()
    process.communicate()

    if provider.is_running():
        provider.wait(PATIENCE_S)
    os.kill(daemon, signal.SIGTERM)


@pytest.mark.parametrize(
    ("word", "said"),
    [("start", "the stage is on fire"), (MODULE, "the provider ended before it was ready")],
    ids=["daemon", "provider"],
)
def test_a_start_that_fails_says_why(theatre: Theatre, word: str, said: str) -> None:
    """Exit code 1, nothing left."""
    ran = theatre.run(extra=theatre.sabotage("raise SystemExit('the stage is on fire')", word))

    assert ran.code == 1
    assert said in ran.err
    assert "measuring" not in ran.err
    theatre.assert_clean()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--duration", "0"], "--duration is no time at all"),
        (["--duration", "soon"], "--duration takes a time such as 10s"),
        (["--duration"], "requires an argument"),
        (["--concurrency", "0"], "--concurrency"),
        (["--concurrency", "many"], "--concurrency"),
        (["-c", "129"], "128"),
        (["http://127.0.0.1"], "unexpected extra argument"),
    ],
)
def test_a_wrong_call_starts_nothing(theatre: Theatre, arguments: list[str], said: str) -> None:
    """Exit code 2 and what was meant."""
    ran = theatre.run(*arguments)

    assert ran.code == 2
    assert said in ran.err
    assert "starting" not in ran.err
    theatre.assert_clean()
