"""What the system says of processes."""

from __future__ import annotations

import os
import socket
import subprocess
import sys

import psutil
import pytest

from aimux.telemetry import resources
from aimux.telemetry.resources import (
    Listener,
    listener_on,
    memory_mb,
    open_files,
    parent_name,
    process_start,
    shown_command,
)


def test_own_process() -> None:
    """Memory and open files of this process."""
    before = open_files()
    with socket.socket():
        during = open_files()

    assert during == before + 1
    assert 5 < memory_mb() < 4000


def test_listener_is_named() -> None:
    """The process that listens on a port is found, with its user and command."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        found = listener_on(server.getsockname()[1])

    assert found is not None
    assert found.pid == os.getpid()
    assert found.user == psutil.Process().username()
    assert found.command


def test_nobody_listens() -> None:
    """A port that is only bound, or free, has no listener."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        assert listener_on(bound.getsockname()[1]) is None


@pytest.mark.parametrize("problem", [psutil.AccessDenied(), psutil.NoSuchProcess(1)])
def test_connections_that_are_not_shown(
    monkeypatch: pytest.MonkeyPatch, problem: psutil.Error
) -> None:
    """Where the system does not tell, there is a listener without a name."""

    def refuse(**_: str) -> None:
        raise problem

    monkeypatch.setattr(psutil, "net_connections", refuse)

    assert listener_on(1) == Listener(None)


def test_process_of_another_user(monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection without a process, and a process that tells nothing of itself."""

    def refuse(_: int) -> None:
        raise psutil.AccessDenied

    assert resources._described(None) == Listener(None)
    monkeypatch.setattr(psutil, "Process", refuse)
    assert resources._described(7) == Listener(7)


def test_process_start_tells_processes_apart() -> None:
    """The same process has the same mark, another one has another, a dead one has none."""
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    alive = process_start(child.pid)
    same = process_start(child.pid)
    child.communicate(b"\n")

    assert alive
    assert alive == same
    assert process_start(child.pid) is None
    assert process_start(os.getpid()) != alive


def test_process_start_without_proc(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there is no /proc, psutil's time is the mark."""
    monkeypatch.setattr(resources, "_HAS_PROC", False)

    assert process_start(os.getpid()) == f"{psutil.Process().create_time():.2f}"
    assert process_start(2**22 + 1) is None


def test_parent_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """The program that started this one; nothing where it cannot be known."""
    known = parent_name()

    def no_parent(_: object) -> None:
        return None

    def refuse(_: object) -> None:
        raise psutil.AccessDenied

    monkeypatch.setattr(psutil.Process, "parent", no_parent)
    without = parent_name()
    monkeypatch.setattr(psutil.Process, "parent", refuse)
    refused = parent_name()

    assert known
    assert without == ""
    assert refused == ""


@pytest.mark.parametrize(
    ("arguments", "shown"),
    [
        (["node", "ccr.js"], "node ccr.js"),
        (["x", "sk-test-0123456789abcdefghijklmn"], "x ********"),
        (["x", "--api-key", "hunter2", "y"], "x --api-key ******** y"),
        (["x", "--token=hunter2"], "x --token=********"),
        (["x", "--auth", "--port", "1"], "x --auth --port 1"),
        (["x", "y" * 200], "x " + "y" * 155 + "..."),
    ],
)
def test_shown_command(arguments: list[str], shown: str) -> None:
    """A command line is shown without its secrets, and shortened."""
    assert shown_command(arguments) == shown
