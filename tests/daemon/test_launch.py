"""Starting and ending from a command, piece by piece; whole daemons are in tests/system."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from aimux.admin.presence import Presence, read_presence, write_presence
from aimux.config.paths import Paths
from aimux.daemon import end as end_module
from aimux.daemon import launch as launch_module
from aimux.daemon.end import begin_end
from aimux.daemon.instance import AlreadyRunning, Instance
from aimux.daemon.launch import OUTPUT_LIMIT_BYTES, Attempt, start_daemon
from aimux.errors import ConfigError, PortInUse, StartFailed, TimedOut
from aimux.telemetry.resources import open_files, process_start
from tests.support.script import Answer
from tests.support.upstream import FakeUpstream


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    return Paths(config=tmp_path / "config.toml", state=tmp_path)


def attempt(paths: Paths, said: bytes, *, ends: bool = True) -> Attempt:
    """An attempt whose child is this program: it says what it is told, and ends or stays."""
    reading, writing = os.pipe()
    os.write(writing, said)
    paths.logs.mkdir()
    output = paths.logs / "daemon.out"
    output.write_text("earlier\n" + "".join(f"line {number}\n" for number in range(30)))
    program = "import os; os._exit(3)" if ends else "input()"
    process = subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE)
    if ends:
        os.close(writing)
    return Attempt(process, reading, output, len("earlier\n"), paths.log)


def told(code: str, message: str = "why") -> bytes:
    error = {"code": code, "message": message, "hint": "what to do"}
    return json.dumps({"ready": False, "error": error}).encode() + b"\n"


@pytest.mark.parametrize(
    ("said", "kind", "message"),
    [
        (told("port-in-use"), PortInUse, "why"),
        (told("config-invalid"), ConfigError, "the configuration has 1 problem"),
        (told("start-failed"), StartFailed, "why"),
        (told("daemon"), StartFailed, "why"),
        (told("internal"), StartFailed, "why"),
        (told("already-running"), AlreadyRunning, "why"),
        (told("timed-out"), TimedOut, "why"),
    ],
)
def test_reason_of_the_child(
    paths: Paths, said: bytes, kind: type[Exception], message: str
) -> None:
    """What the child said is raised as its own kind."""
    child = attempt(paths, said)

    with pytest.raises(kind, match=message) as raised:
        child.wait_ready(10)
    reap(child)

    assert type(raised.value) is kind


def test_ready(paths: Paths) -> None:
    """A child that is ready is left to itself."""
    child = attempt(paths, b'{"ready": true}\n')

    child.wait_ready(10)

    reap(child)


def test_death_without_a_word(paths: Paths) -> None:
    """The last lines of this attempt, not all, and none of an earlier one."""
    child = attempt(paths, b"")

    with pytest.raises(StartFailed) as raised:
        child.wait_ready(10)
    close(child)

    text = raised.value.message
    assert text.startswith("aimux ended before it was ready (exit code 3); the last it said:\n")
    assert text.count("\n") == 20
    assert "    line 29" in text
    assert "line 9\n" not in text
    assert "earlier" not in text


def test_death_in_the_middle_of_a_word(paths: Paths) -> None:
    """Half a line is none."""
    child = attempt(paths, b'{"ready"')

    with pytest.raises(StartFailed):
        child.wait_ready(10)
    close(child)


def test_killed(paths: Paths) -> None:
    """A child that was killed is told from one that ended."""
    child = attempt(paths, b"")
    close(child)
    child.process = subprocess.Popen(["/bin/sh", "-c", "kill -9 $$"], stdin=subprocess.PIPE)

    with pytest.raises(StartFailed, match=r"before it was ready \(signal 9\)"):
        child.wait_ready(10)
    close(child)


def test_not_ready_in_time(paths: Paths) -> None:
    """A child that says nothing is left to go on, and it is said where to look."""
    child = attempt(paths, b"", ends=False)

    with pytest.raises(TimedOut, match=r"is not ready after 0\.05 s; it goes on") as raised:
        child.wait_ready(0.05)
    running = process_start(child.process.pid)
    reap(child)

    assert running
    assert "aimux status" in (raised.value.hint or "")
    assert str(paths.log) in (raised.value.hint or "")


def close(child: Attempt) -> None:
    assert child.process.stdin
    child.process.stdin.close()
    child.process.wait()


def reap(child: Attempt) -> None:
    """Ends a child that was left to itself."""
    assert child.process.stdin
    child.process.stdin.close()
    os.waitpid(child.process.pid, 0)


def test_problems_start_nothing(paths: Paths) -> None:
    """With a bad configuration nothing is started and nothing made."""
    paths.config.write_text("[server]\nprot = 1\n")

    with pytest.raises(ConfigError):
        start_daemon(paths)

    assert sorted(path.name for path in paths.state.iterdir()) == ["config.toml"]


def test_log_folder_in_the_way(paths: Paths) -> None:
    """A log that cannot be written is said before anything is started."""
    paths.logs.write_text("a file in the way")

    with pytest.raises(StartFailed, match=r"daemon.out' cannot be written: Not a directory"):
        start_daemon(paths)


def test_program_that_cannot_be_started(paths: Paths, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is left open when there is no Python to start."""
    monkeypatch.setattr(launch_module.sys, "executable", "/nobody/has/this")
    before = open_files()

    with pytest.raises(StartFailed, match="'/nobody/has/this' cannot be started: No such file"):
        start_daemon(paths)

    assert open_files() == before


def test_output_begins_anew(paths: Paths) -> None:
    """What dying daemons said does not grow for ever."""
    paths.logs.mkdir()
    output = paths.logs / "daemon.out"
    output.write_bytes(b"x" * (OUTPUT_LIMIT_BYTES + 1))

    sink, begins = launch_module._opened(output)
    os.close(sink)

    assert begins == 0
    assert output.stat().st_size == 0


def test_settings_travel(paths: Paths) -> None:
    """A port is an option; other settings are variables, written as TOML would."""
    overrides = {"server.port": 0, "server.dashboard": False, "logging.level": "debug"}

    command = launch_module._command(overrides)
    environ = launch_module._environment(paths, overrides, 7)

    assert command[1:] == ["-P", "-m", "aimux", "start", "--foreground", "--port", "0"]
    assert environ["AIMUX_SERVER__DASHBOARD"] == "false"
    assert environ["AIMUX_LOGGING__LEVEL"] == "debug"
    assert environ["AIMUX_HOME"] == str(paths.state)
    assert environ["AIMUX_CONFIG"] == str(paths.config)
    assert "AIMUX_SERVER__PORT" not in environ


@pytest.mark.parametrize(
    ("overrides", "ignored"),
    [
        ({}, []),
        ({"server.port": 0}, []),
        ({"server.port": 4711}, []),
        ({"server.port": 4712}, ["--port 4712"]),
        ({"logging.level": "debug"}, ["logging.level = debug"]),
    ],
)
def test_options_a_running_daemon_did_not_take(
    overrides: dict[str, object], ignored: list[str]
) -> None:
    """A port that is the same, or any, is no difference."""
    assert launch_module._ignored("127.0.0.1:4711", overrides) == ignored


def test_no_port_no_option(paths: Paths) -> None:
    """Without a port there is no option for one."""
    assert launch_module._command({})[1:] == ["-P", "-m", "aimux", "start", "--foreground"]


def test_one_that_starts_for_ever(paths: Paths) -> None:
    """Another daemon that holds the lock and never listens: waited for, then said."""
    held = Instance.take(paths)

    with pytest.raises(TimedOut, match="starting"):
        start_daemon(paths, wait_s=0.1)
    held.release()


# ---------------------------------------------------------------- the end


def published(paths: Paths, pid: int, start: str) -> None:
    url = "http://127.0.0.1:9"
    write_presence(paths, Presence(pid, start, "x", "127.0.0.1:9", url, "", ""))


def test_nothing_to_end(paths: Paths) -> None:
    """Nobody holds the lock."""
    assert begin_end(paths, None) is None


def test_daemon_that_is_starting_is_waited_for(
    paths: Paths, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stop right behind a start waits until there is somebody to be told; not for ever."""
    held = Instance.take(paths)
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        mark = process_start(child.pid) or ""
        threading.Timer(0.1, published, (paths, child.pid, mark)).start()

        ending = begin_end(paths, None)
        child.wait()
    paths.daemon.unlink()
    monkeypatch.setattr(end_module, "STARTING_S", 0.1)
    with pytest.raises(TimedOut, match="starting"):
        begin_end(paths, None)
    held.release()

    assert ending
    assert child.returncode == -signal.SIGTERM


def test_daemon_that_ends_by_itself(paths: Paths, upstream: FakeUpstream) -> None:
    """It may go while it is being asked: then there is nothing to end."""
    held = Instance.take(paths)
    url = upstream.url
    write_presence(paths, Presence(1, "1", "x", "127.0.0.1:9", url, "", ""))
    paths.admin_token.write_text("aimux-admin-test")
    gone = json.dumps({"error": {"code": "not-running", "message": "gone"}}).encode()
    upstream.always("*", Answer(status=500, pieces=(gone,)))

    ending = begin_end(paths, None)
    held.release()

    assert ending is None


def test_stranger_with_the_same_pid_is_left_alone(paths: Paths) -> None:
    """A pid that belongs to another process by now gets no signal."""
    held = Instance.take(paths)
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as stranger:
        published(paths, stranger.pid, "1")

        with pytest.raises(TimedOut, match="not the one it published"):
            begin_end(paths, 0)
        alive = stranger.poll() is None
        stranger.communicate(b"\n")
    held.release()

    assert alive


@pytest.mark.parametrize(("drain_s", "signals"), [(None, "1"), (0, "2")])
def test_silent_daemon_gets_signals(paths: Paths, drain_s: float | None, signals: str) -> None:
    """Without an answer the verified process gets one signal to drain, two not to."""
    held = Instance.take(paths)
    program = (
        "import signal, sys, time\n"
        "seen = []\n"
        "signal.signal(signal.SIGTERM, lambda *_: seen.append(1))\n"
        "print('there', flush=True)\n"
        "end = time.monotonic() + 10\n"
        f"while len(seen) < {signals} and time.monotonic() < end: time.sleep(0.005)\n"
        "print(len(seen))\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout
        child.stdout.readline()
        published(paths, child.pid, process_start(child.pid) or "")

        ending = begin_end(paths, drain_s)
        seen = child.communicate()[0]
    threading.Timer(0.1, held.release).start()
    assert ending
    ended = ending.wait(kill=False)

    assert seen == f"{signals}\n"
    assert ended.was_running
    assert (ended.drained, ended.cut, ended.killed) == (0, 0, False)


def test_daemon_that_does_not_end(paths: Paths, monkeypatch: pytest.MonkeyPatch) -> None:
    """After its limit it is said; only ``--now`` kills."""
    monkeypatch.setattr(end_module, "GRACE_S", 0.1)
    monkeypatch.setattr(end_module, "_COUNT_S", 0.01)
    held = Instance.take(paths)
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        published(paths, child.pid, process_start(child.pid) or "")
        presence = read_presence(paths)
        assert presence
        ending = end_module.Ending(paths, presence, None, 2, 0.1)

        with pytest.raises(TimedOut, match="has not ended after") as refused:
            ending.wait(kill=False)
        alive = child.poll() is None
        ended = ending.wait(kill=True)
        code = child.wait()
    held.release()

    assert alive
    assert "aimux stop --now" in (refused.value.hint or "")
    assert (ended.killed, ended.cut, ended.drained) == (True, 2, 0)
    assert code == -signal.SIGKILL


def test_process_that_is_gone_already(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that ends between our look and our signal does no harm."""
    child = subprocess.Popen([sys.executable, "-c", "pass"])
    child.wait()
    monkeypatch.setattr(end_module, "is_alive", lambda _: True)

    assert end_module._signalled(Presence(child.pid, "1", "", "", "", "", ""), signal.SIGTERM)
