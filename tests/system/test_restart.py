"""Restart without a gap: nothing is refused, nothing is cut, and a successor that fails changes nothing."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import socket
import sqlite3
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from aimux.daemon.succession import CONFIGURED, Predecessor
from tests.support.answers import ANTHROPIC, answer, path
from tests.support.daemon import SSE, Home, until
from tests.support.script import Gate
from tests.support.upstream import FakeUpstream
from tests.system.test_reload import STREAM, WHOLE, gated, ready_home


def is_there(pid: int) -> bool:
    """Whether a process lives; one that has ended and is not collected does not."""
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


PAUSE_S = 0.002
"""Between two requests: without it the load takes the processor from the daemons that are to start."""


@dataclass
class Load:
    """Requests without end, each answer counted: half over connections that are kept, half over new ones."""

    home: Home
    told: Counter[str] = field(default_factory=Counter)
    ending: threading.Event = field(default_factory=threading.Event)

    def run(self, keep: bool) -> None:
        connection = self.home.connection()
        headers = {**SSE, "authorization": f"Bearer {self.home.token}"}
        while not self.ending.wait(PAUSE_S):
            try:
                connection.request("POST", "/v1/messages", json.dumps(WHOLE), headers)
                response = connection.getresponse()
                whole = b"message" in response.read()
                self.told[f"{response.status}" if whole else "cut"] += 1
            except (OSError, http.client.HTTPException) as problem:
                self.told[repr(problem)] += 1
                connection.close()
            if not keep:
                connection.close()
        connection.close()


@pytest.mark.untraced
def test_ten_restarts_under_load(home: Home, upstream: FakeUpstream) -> None:
    """Zero refused, zero cut; a stream that was begun before the first ends after the last."""
    upstream.always(path(ANTHROPIC), answer(ANTHROPIC))
    ready_home(home, upstream)
    gate = Gate()
    upstream.script(path(ANTHROPIC), gated(gate))
    load = Load(home)
    pids = [home.presence.pid]

    with home.asking(STREAM) as long, ThreadPoolExecutor() as pool:
        gate.wait_reached()
        workers = [pool.submit(load.run, keep) for keep in (True, False)]
        for _ in range(10):
            before = sum(load.told.values())
            done = home.aimux("restart", "--wait", "30s")
            assert done.returncode == 0, done.stderr
            assert home.presence.pid not in pids
            pids.append(home.presence.pid)
            until(lambda before=before: sum(load.told.values()) > before + 5)
        load.ending.set()
        for each in workers:
            each.result()
        assert is_there(pids[0])
        gate.open()
        body = long.read()

    assert set(load.told) == {"200"}, load.told
    assert b"message_stop" in body
    until(lambda: not any(map(is_there, pids[:-1])))
    home.stop()
    exchanges = sum(load.told.values()) + 1
    with contextlib.closing(sqlite3.connect(home.paths.ledger)) as ledger:
        assert ledger.execute("SELECT count(*) FROM exchanges").fetchone() == (exchanges,)
        runs = ledger.execute("SELECT sum(begun), sum(recorded), sum(dropped) FROM runs").fetchone()
        assert runs == (exchanges, exchanges, 0)
        assert ledger.execute("SELECT DISTINCT ended FROM runs").fetchall() == [("stopped",)]


@pytest.mark.measured
def test_what_is_said(home: Home, upstream: FakeUpstream) -> None:
    """Who has taken over, on which address, and what the one before still does."""
    gate = Gate()
    upstream.script(path(ANTHROPIC), gated(gate))
    ready_home(home, upstream)
    first = home.presence
    with home.asking(STREAM) as response:
        gate.wait_reached()
        done = home.aimux("restart")
        gate.open()
        response.read()

    assert done.returncode == 0, done.stderr
    assert home.presence.address == first.address
    assert done.stderr.splitlines() == [
        f"aimux is running (pid {home.presence.pid}, {first.url})",
        f"the one before (pid {first.pid}) finishes 1 open request and ends",
    ]
    second = home.presence
    told = json.loads(home.aimux("restart", "--json").stdout)
    assert (told["replaced_pid"], told["finishing"]) == (second.pid, 0)
    assert told["pid"] == home.presence.pid
    assert "handed over" in [line["message"] for line in home.log()]


def test_the_successor_has_the_new_configuration(home: Home, upstream: FakeUpstream) -> None:
    """Also another port, which nobody can be handed: the old one is closed."""
    ready_home(home, upstream)
    first = home.presence
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

    done = home.aimux("restart", "--port", str(port))

    assert done.returncode == 0, done.stderr
    assert home.presence.address == f"127.0.0.1:{port}"
    host, _, before = first.address.rpartition(":")
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((host, int(before)))


@pytest.mark.measured
def test_a_successor_that_fails_changes_nothing(home: Home, upstream: FakeUpstream) -> None:
    """Its reason is told; the daemon that ran answers as before, and can be followed later."""
    upstream.always(path(ANTHROPIC), answer(ANTHROPIC))
    ready_home(home, upstream)
    first = home.presence
    with socket.create_server(("127.0.0.1", 0)) as taken:
        failed = home.aimux("restart", "--port", str(taken.getsockname()[1]))

    assert failed.returncode == 1
    assert "is used by" in failed.stderr
    assert home.presence == first
    with home.asking(WHOLE) as response:
        assert response.status == 200
    assert home.aimux("restart").returncode == 0
    assert home.presence.pid != first.pid


@pytest.mark.measured
def test_a_successor_that_dies_half_way(home: Home, upstream: FakeUpstream) -> None:
    """It had been given everything and was gone before it listened: the daemon goes on, and remembers."""
    upstream.always(path(ANTHROPIC), answer(ANTHROPIC))
    ready_home(home, upstream)
    first = home.presence
    successor = Predecessor.asked(home.paths.handover, CONFIGURED)
    assert successor
    successor.yielding()
    successor.close()
    successor.listening.close()
    os.close(successor.lock)
    until(lambda: any("has given up" in line["message"] for line in home.log()))
    home.paths.routing.unlink()

    with home.asking(WHOLE) as response:
        assert response.status == 200
        response.read()
    home.aimux("stop")

    assert not home.is_running
    assert not home.paths.handover.exists()
    assert home.paths.routing.exists()
    until(lambda: not is_there(first.pid))


@pytest.mark.measured
def test_a_kept_connection_is_closed_behind_an_answer(home: Home, upstream: FakeUpstream) -> None:
    """It still answers, says ``connection: close``, and the daemon that has nothing left ends."""
    upstream.always(path(ANTHROPIC), answer(ANTHROPIC))
    ready_home(home, upstream)
    first = home.presence
    headers = {**SSE, "authorization": f"Bearer {home.token}"}
    with contextlib.closing(home.connection()) as kept:
        kept.request("GET", "/health")
        assert kept.getresponse().read()
        assert kept.sock
        assert home.aimux("restart").returncode == 0
        assert is_there(first.pid)
        kept.request("POST", "/v1/messages", json.dumps(WHOLE), headers)
        response = kept.getresponse()
        assert (response.status, response.getheader("connection")) == (200, "close")
        assert b"message" in response.read()

    until(lambda: not is_there(first.pid))


@pytest.mark.parametrize("arguments", [("--now",), ("--timeout", "100ms")])
def test_restart_does_not_wait_for_ever(
    home: Home, upstream: FakeUpstream, arguments: tuple[str, ...]
) -> None:
    """What is open beyond the limit is cut, with an error event, and the old daemon is gone."""
    gate = Gate()
    upstream.script(path(ANTHROPIC), gated(gate))
    ready_home(home, upstream)
    first = home.presence
    with home.asking(STREAM) as response:
        gate.wait_reached()
        done = home.aimux("restart", *arguments)
        body = b""
        with contextlib.suppress(http.client.IncompleteRead):
            body = response.read()
        gate.open()

    assert done.returncode == 0, done.stderr
    assert b"message_stop" not in body
    until(lambda: not is_there(first.pid))
    assert home.aimux("status").returncode == 0


def test_stop_now_ends_the_one_before_too(home: Home, upstream: FakeUpstream) -> None:
    """Who does not want to wait does not want to wait for either."""
    gate = Gate()
    upstream.script(path(ANTHROPIC), gated(gate))
    ready_home(home, upstream)
    first = home.presence
    with home.asking(STREAM):
        gate.wait_reached()
        assert home.aimux("restart").returncode == 0
        assert is_there(first.pid)
        assert home.aimux("stop", "--now").returncode == 0
        until(lambda: not is_there(first.pid))
        gate.open()


@pytest.mark.measured
def test_a_daemon_that_cannot_hand_over(home: Home, upstream: FakeUpstream) -> None:
    """One of an earlier version has no such address: it is stopped, and then another is started."""
    ready_home(home, upstream)
    first = home.presence
    until(home.paths.handover.exists)
    home.paths.handover.unlink()

    done = home.aimux("restart")

    assert done.returncode == 0, done.stderr
    assert done.stderr.startswith("stopped\naimux is running (pid ")
    assert home.presence.pid != first.pid


@pytest.mark.measured
def test_a_signal_makes_a_successor(home: Home, upstream: FakeUpstream) -> None:
    """SIGUSR2, as service managers' own tools can send it."""
    ready_home(home, upstream)
    first = home.presence

    os.kill(first.pid, signal.SIGUSR2)

    until(lambda: home.presence.pid != first.pid)
    until(lambda: not is_there(first.pid))
    assert home.presence.address == first.address
    assert home.aimux("status").returncode == 0
