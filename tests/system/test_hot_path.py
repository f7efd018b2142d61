"""Hot commands import next to nothing, and say the same as the command tree does."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from tests.support.daemon import Home

HEAVY = {"typer", "rich", "pydantic", "aiohttp", "asyncio", "keyring", "cryptography"}


def imported(home: Home, *arguments: str) -> tuple[set[str], subprocess.CompletedProcess[str]]:
    """The top-level names of all modules that a command imports."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "aimux", *arguments],
        env={k: v for k, v in home.environ.items() if not k.startswith("COVERAGE")},
        capture_output=True,
        text=True,
        check=False,
    )
    names = re.findall(r"^import time:.*\|\s*([\w.]+)$", done.stderr, re.MULTILINE)
    return {name.partition(".")[0] for name in names}, done


@pytest.mark.parametrize("command", [("--version",), ("status",), ("status", "--json")])
def test_light(home: Home, command: tuple[str, ...]) -> None:
    """What is asked by prompts and scripts imports none of the heavy libraries."""
    home.start()

    names, done = imported(home, *command)

    assert done.returncode == 0
    assert "json" in names or command == ("--version",)
    assert names & HEAVY == set()


def test_light_when_not_running(home: Home) -> None:
    """The same when there is nothing to ask."""
    names, done = imported(home, "status")

    assert done.returncode == 3
    assert names & HEAVY == set()


@pytest.mark.parametrize("command", ["start", "stop"])
def test_lighter(home: Home, command: str) -> None:
    """Both do without the command tree; a start has to read the configuration."""
    if command == "stop":
        home.start()

    names, done = imported(home, command)

    assert done.returncode == 0
    assert names & HEAVY == ({"pydantic"} if command == "start" else set())


def test_a_daemon_imports_what_it_is_asked_for() -> None:
    """Neither the library of metrics nor that of traces before the first scrape, or ever."""
    script = "import sys, aimux.daemon.run; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )

    assert "aimux.telemetry.otel" in done.stdout.split()
    assert {"prometheus_client", "opentelemetry"} & set(done.stdout.split()) == set()


def test_heavy_is_seen(home: Home) -> None:
    """The measure works: the command tree does import typer."""
    names, _ = imported(home, "--help")

    assert "typer" in names


TREE = """
import sys
from aimux.cli.app import run
from aimux.cli.guarded import asks_for_json, guarded
typed = sys.argv[1:]
sys.exit(guarded(lambda: run(typed), as_json=asks_for_json(typed)))
"""


@pytest.mark.parametrize("running", [True, False])
@pytest.mark.parametrize("command", [("status",), ("status", "--json")])
def test_both_ways_are_one(home: Home, command: tuple[str, ...], *, running: bool) -> None:
    """The short cut and the command tree print the same and end alike."""
    if running:
        home.start()

    fast = home.aimux(*command)
    slow = subprocess.run(
        [sys.executable, "-c", TREE, *command],
        env=home.environ,
        capture_output=True,
        text=True,
        check=False,
    )

    assert fast.returncode == slow.returncode
    assert steady(fast.stdout) == steady(slow.stdout)
    assert fast.stderr == slow.stderr


def steady(text: str) -> str:
    """The text without what changes from one moment to the next."""
    text = re.sub(
        r'("uptime_s"|"memory_mb"|"open_files"|"tasks"|"threads"|"connections"|"loop_lag_ms"): [\d.]+',
        r"\1",
        text,
    )
    return re.sub(r"up \d+ s, \d+ MiB, \d+ open files, \d+ tasks(, \d+ ms late)?", "", text)
