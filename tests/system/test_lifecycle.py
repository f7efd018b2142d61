"""Start, stop, status, restart: texts and exit codes of the real command with a real daemon."""

from __future__ import annotations

import json
import os
import signal
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.daemon import Home, until
from tests.support.patience import PATIENCE_S


@pytest.mark.measured
def test_start_status_stop(home: Home) -> None:
    """The life of a daemon: started when ready, seen by status, gone after stop."""
    started = home.aimux("start")
    shown = home.aimux("status")
    told = home.aimux("status", "--json")
    stopped = home.aimux("stop")
    after = home.aimux("status")

    assert started.returncode == 0
    assert started.stdout == ""
    assert "aimux is running (pid " in started.stderr
    assert shown.returncode == 0
    assert "running" in shown.stdout
    assert told.returncode == 0
    assert json.loads(told.stdout)["schema"] == 1
    assert stopped.returncode == 0
    assert stopped.stderr == "stopped\n"
    assert after.returncode == 3
    assert "aimux start" in after.stderr
    assert not home.paths.daemon.exists()


def test_status_json_has_every_key(home: Home) -> None:
    """``status --json`` is StatusShape, no more and no less."""
    from aimux.admin.shapes import StatusShape

    home.start()

    told = json.loads(home.aimux("status", "--json").stdout)

    assert set(told) == set(StatusShape.__annotations__)
    assert told["state"] == "running"
    assert told["url"] == home.presence.url
    assert told["address"] == home.presence.address
    assert told["pid"] == home.presence.pid


@pytest.mark.parametrize(
    ("command", "code", "text"),
    [
        (("status",), 3, "hint: start it with: aimux start"),
        (("stop",), 0, "aimux is not running"),
        (("stop", "--now"), 0, "aimux is not running"),
        (("reload",), 3, "aimux is not running"),
        (("logs",), 0, "there is no log yet"),
        (("start", "--port", "70000"), 2, "65535"),
        (("start", "--wait", "soon"), 2, "--wait takes a time such as 10s"),
        (("stop", "--timeout", "-1s"), 2, "--timeout takes a time"),
        (("stop", "--now", "--timeout", "5s"), 2, "exclude each other"),
        (("logs", "--level", "loud"), 2, "debug, info, warning, error"),
    ],
)
def test_without_a_daemon(home: Home, command: tuple[str, ...], code: int, text: str) -> None:
    """Every command says what is the matter, with its exit code."""
    done = home.aimux(*command)

    assert done.returncode == code, done.stderr
    assert text in done.stderr


def test_status_json_without_a_daemon(home: Home) -> None:
    """A program that asks for JSON gets JSON for the error too."""
    done = home.aimux("status", "--json")

    assert done.returncode == 3
    assert json.loads(done.stdout)["error"]["code"] == "not-running"


def test_already_running(home: Home) -> None:
    """A second start changes nothing, says so, and names what it did not apply."""
    first = home.start()

    again = home.aimux("start")
    other_port = home.aimux("start", "--port", "1")

    assert again.returncode == 0
    assert f"aimux is already running (pid {first.pid}, {first.url}, up " in again.stderr
    assert "not applied" not in again.stderr
    assert other_port.returncode == 0
    assert "not applied to the daemon that runs: --port 1" in other_port.stderr
    assert "aimux restart --port 1" in other_port.stderr
    assert home.presence == first


@pytest.mark.measured
def test_foreground_beside_a_running_daemon(home: Home) -> None:
    """A second daemon in the foreground gives way in peace."""
    first = home.start()

    done = home.aimux("start", "--foreground")

    assert done.returncode == 0
    assert f"aimux is already running (pid {first.pid}" in done.stderr


def test_two_starts_at_once(home: Home) -> None:
    """Of two starts one makes the daemon; both end well and name the same process."""
    both = [home.spawn("start", "--wait", "20s", "--json") for _ in range(2)]

    answers = [each.communicate(timeout=PATIENCE_S) for each in both]

    assert [each.returncode for each in both] == [0, 0], answers
    told = [json.loads(out) for out, _ in answers]
    assert {each["pid"] for each in told} == {home.presence.pid}
    assert sorted(each["already_running"] for each in told) == [False, True]


@pytest.mark.measured
def test_port_in_use_names_the_process(home: Home) -> None:
    """A taken port is never changed in silence: who has it is said, without its secrets."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        holder = subprocess.Popen(
            [
                sys.executable,
                "-c",
                "import sys; sys.stdin.read()",
                "sk-test-abcdefghijklmnopqrstuv",
            ],
            stdin=subprocess.PIPE,
            pass_fds=(taken.fileno(),),
        )
    try:
        done = home.aimux("start", "--port", str(port))
    finally:
        holder.communicate()

    assert done.returncode == 1
    assert f"port {port} is used by" in done.stderr
    assert f"pid {holder.pid}" in done.stderr
    assert f"kill {holder.pid}" in done.stderr
    assert f"aimux config set server.port {port + 1}" in done.stderr
    assert "sk-test-abc" not in done.stderr
    assert not home.is_running


def test_port_in_use_by_another_aimux(home: Home, tmp_path: Path) -> None:
    """Another aimux hides its process, and is recognised all the same."""
    first = home.start()
    other = Home(tmp_path / "other")

    done = other.aimux("start", "--port", first.address.rpartition(":")[2])

    assert done.returncode == 1
    assert "aimux" in done.stderr
    assert not other.is_running


@pytest.mark.measured
def test_bad_config_starts_nothing(home: Home) -> None:
    """All problems at once, with their places; no process, no lock, no log."""
    home.write('[server]\nport = "80"\nhots = "x"\n\n[providers.a]\npreset = "nobody"\n')

    for command in (("start",), ("start", "--foreground")):
        done = home.aimux(*command)

        assert done.returncode == 2
        assert f"{home.paths.config}:2:" in done.stderr
        assert f"{home.paths.config}:3:" in done.stderr
        assert f"{home.paths.config}:6:" in done.stderr
    assert not home.is_running
    assert not home.paths.logs.exists()


def test_crash_reason_is_shown(home: Home, tmp_path: Path) -> None:
    """A daemon that dies before it can speak: the last lines of this attempt, and only of this one."""
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "uvloop.py").write_text(
        "import os\nos.write(2, b'uvloop is broken today\\n')\nos._exit(7)\n"
    )
    home.paths.logs.mkdir()
    (home.paths.logs / "daemon.out").write_text("from an earlier attempt\n")

    done = home.aimux("start", extra={"PYTHONPATH": str(tmp_path / "broken")})

    assert done.returncode == 1
    assert "aimux ended before it was ready (exit code 7)" in done.stderr
    assert "uvloop is broken today" in done.stderr
    assert "earlier attempt" not in done.stderr
    assert str(home.paths.log) in done.stderr


@pytest.mark.measured
def test_bug_at_start_is_told(home: Home, tmp_path: Path) -> None:
    """A bug of ours at the start: its name to the terminal, its traceback to the log."""
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "uvloop.py").write_text("raise RuntimeError('no loop today')\n")

    done = home.aimux("start", extra={"PYTHONPATH": str(tmp_path / "broken")})

    assert done.returncode == 1
    assert "RuntimeError" in done.stderr
    assert "no loop today" in home.log()[-1]["traceback"]


@pytest.mark.measured
def test_kill_and_clean_start(home: Home) -> None:
    """After kill -9 the left files deceive nobody, and the next start is as any other."""
    first = home.start()
    os.kill(first.pid, signal.SIGKILL)
    until(lambda: not home.is_running)

    dead = home.aimux("status")
    left = home.paths.daemon.exists()
    second = home.start()

    assert dead.returncode == 3
    assert left
    assert second.instance != first.instance
    assert home.aimux("status").returncode == 0


def test_files_are_private(home: Home) -> None:
    """Every file 0600, every folder 0700."""
    home.start()

    modes = {
        path.name: stat.S_IMODE(path.stat().st_mode)
        for path in home.folder.rglob("*")
        if path != home.paths.config
    }

    assert {"aimux.lock", "daemon.json", "admin.token", "client.token", "logs"} <= set(modes)
    for name, mode in modes.items():
        assert mode == (0o700 if (home.folder / name).is_dir() else 0o600), name


def test_restart_keeps_the_daemon_when_the_file_is_bad(home: Home) -> None:
    """A bad file must not take the service down."""
    first = home.start()
    home.write("[server]\nprot = 0\n")

    done = home.aimux("restart")

    assert done.returncode == 2
    assert home.presence == first
    assert home.is_running


@pytest.mark.measured
def test_restart(home: Home) -> None:
    """Another process, with the configuration as it is now."""
    first = home.start()

    done = home.aimux("restart")

    assert done.returncode == 0, done.stderr
    assert home.presence.pid != first.pid
    assert done.stderr.startswith("aimux is running (pid ")
    assert f"the one before (pid {first.pid}) ends" in done.stderr


def test_restart_of_nothing(home: Home) -> None:
    """Restarting what does not run starts it."""
    done = home.aimux("restart")

    assert done.returncode == 0, done.stderr
    assert done.stderr.startswith("aimux is running (pid ")


def test_json_of_start_and_stop(home: Home) -> None:
    """Programs get what happened as JSON."""
    started = json.loads(home.aimux("start", "--json").stdout)
    again = json.loads(home.aimux("start", "--json").stdout)
    stopped = json.loads(home.aimux("stop", "--json").stdout)
    nothing = json.loads(home.aimux("stop", "--json").stdout)

    assert (started["already_running"], again["already_running"]) == (False, True)
    assert started["pid"] == again["pid"]
    assert (stopped["was_running"], stopped["drained"], stopped["cut"]) == (True, 0, 0)
    assert not nothing["was_running"]


@pytest.mark.measured
def test_foreground_logs_to_stderr_and_ends_on_interrupt(home: Home) -> None:
    """The form for service managers: readable lines on stderr, Ctrl-C ends it well."""
    process = home.spawn("start", "--foreground")
    until(home.paths.daemon.exists)

    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=PATIENCE_S)

    assert process.returncode == 0
    assert out == b""
    assert b"aimux listens" in err
    assert b"ended" in err


@pytest.mark.measured
def test_stop_of_a_silent_daemon(home: Home) -> None:
    """A daemon that does not answer any more is ended through its verified process."""
    first = home.start()
    os.kill(first.pid, signal.SIGSTOP)

    done = home.aimux("stop", "--now", limit_s=60)

    assert done.returncode == 0, done.stderr
    assert "it had to be killed" in done.stderr
    assert not home.is_running


def test_no_core_dumps(home: Home) -> None:
    """The daemon leaves no core with keys in it."""
    first = home.start()

    limits = Path(f"/proc/{first.pid}/limits").read_text()

    core = next(line for line in limits.splitlines() if line.startswith("Max core file size"))
    assert core.split()[4:6] == ["0", "0"]
