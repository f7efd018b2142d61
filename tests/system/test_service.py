"""The service in a real systemd user manager: everything that is said to it, and what it does about it."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import socket
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.support.answers import ANTHROPIC, path
from tests.support.daemon import Home, until
from tests.support.patience import PATIENCE_S
from tests.support.script import Gate
from tests.support.upstream import FakeUpstream
from tests.support.usermanager import UserManager, user_manager
from tests.system.test_reload import STREAM, gated


@pytest.fixture(scope="module")
def manager(tmp_path_factory: pytest.TempPathFactory) -> Iterator[UserManager]:
    """One manager for all tests; the folder of its sockets has a short name, as they must."""
    home = tmp_path_factory.mktemp("home")
    with (
        tempfile.TemporaryDirectory(prefix="aimux-") as short,
        user_manager(home, Path(short) / "run") as found,
    ):
        yield found


@pytest.fixture
def served(manager: UserManager, tmp_path: Path) -> Iterator[Home]:
    """A home whose daemon may become a service; afterwards it is none."""
    made = Home(tmp_path / "home", extra=manager.environ)
    made.folder.mkdir(mode=0o700)
    made.write("")
    yield made
    made.aimux("service", "uninstall", limit_s=60)
    manager.systemctl("reset-failed")


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


def test_life_of_a_service(served: Home, manager: UserManager) -> None:
    """Installed, ready, reloaded, stopped, started and gone, by systemctl's own account."""
    first = served.aimux("service", "install")
    assert first.returncode == 0, first.stderr
    assert "aimux is run by systemd: active (running)" in first.stderr
    assert "--linger" in first.stderr
    assert manager.shown("StatusText") == f"listening on {served.presence.url}"
    assert manager.shown("MainPID") == str(served.presence.pid)
    assert manager.shown("UnitFileState") == "enabled"
    assert manager.shown("WatchdogTimestampMonotonic") != "0"

    again = served.aimux("service", "install")
    assert again.returncode == 0, again.stderr
    assert manager.shown("MainPID") == str(served.presence.pid)

    told = served.aimux("service", "status", "--json")
    shape = json.loads(told.stdout)
    assert told.returncode == 0
    assert (shape["installed"], shape["enabled"], shape["for_this_home"]) == (True, True, True)
    assert (shape["pid"], shape["restarts"]) == (served.presence.pid, 0)
    assert f"pid {served.presence.pid}" in served.aimux("service", "status").stdout

    assert manager.systemctl("reload", "aimux.service") == ""
    assert manager.shown("StatusText") == "generation 2"

    address = served.presence.address
    stopped = served.aimux("stop")
    assert (stopped.returncode, stopped.stderr) == (0, "stopped\n")
    assert manager.shown("ActiveState") == "inactive"
    host, _, port = address.rpartition(":")
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((host, int(port)))
    assert served.aimux("service", "status").returncode == 3

    started = served.aimux("start")
    assert started.returncode == 0, started.stderr
    assert ", by systemd)" in started.stderr
    assert manager.shown("MainPID") == str(served.presence.pid)
    assert "aimux is already running" in served.aimux("start").stderr

    gone = served.aimux("service", "uninstall")
    assert gone.returncode == 0, gone.stderr
    assert not served.is_running
    assert list(served_folder(manager).rglob("aimux.service*")) == []
    assert served.aimux("service", "uninstall").stderr == "there is no service of aimux here\n"


def test_restart_hands_over_within_the_unit(
    served: Home, manager: UserManager, upstream: FakeUpstream
) -> None:
    """Another main process in the same unit, while the one before finishes: nothing has failed."""
    gate = Gate()
    upstream.script(path(ANTHROPIC), gated(gate))
    served.configure(upstream.url, key=None)
    served.aimux("service", "install")
    before = served.presence
    with served.asking(STREAM) as response:
        gate.wait_reached()
        done = served.aimux("restart")
        assert done.returncode == 0, done.stderr
        assert f"(pid {before.pid}) finishes 1 open request" in done.stderr
        after = served.presence
        assert after.pid != before.pid
        assert after.address == before.address
        assert manager.shown("MainPID") == str(after.pid)
        gate.open()
        assert b"message_stop" in response.read()
    until(lambda: not Path(f"/proc/{before.pid}").exists())

    assert manager.shown("ActiveState") == "active"
    assert manager.shown("NRestarts") == "0"
    assert manager.shown("StatusText") == f"listening on {after.url}"
    assert manager.systemctl("reload", "aimux.service") == ""
    assert manager.shown("StatusText") == "generation 2"
    os.kill(after.pid, signal.SIGKILL)  # its parent is gone, and yet it is missed
    until(lambda: manager.shown("NRestarts") == "1")
    until(lambda: served.is_running and served.paths.daemon.exists())


@pytest.mark.parametrize("verb", ["stop", "restart"])
def test_now_is_now(served: Home, manager: UserManager, upstream: FakeUpstream, verb: str) -> None:
    """What is open is cut, and a daemon that ends with 1 for it is not taken for one that has crashed."""
    gate = Gate()
    upstream.script(path(ANTHROPIC), gated(gate))
    served.configure(upstream.url, key=None)
    served.aimux("service", "install")
    before = served.presence
    with served.asking(STREAM) as response:
        gate.wait_reached()
        done = served.aimux(verb, "--now")
        with pytest.raises(http.client.IncompleteRead):
            response.read()
        gate.open()

    assert done.returncode == 0, done.stderr
    until(lambda: not Path(f"/proc/{before.pid}").exists())
    assert served.is_running is (verb == "restart")
    assert manager.shown("NRestarts") == "0"


def test_a_limit_does_not_reach_a_service(served: Home) -> None:
    """It is said, and nothing is done."""
    served.aimux("service", "install")
    before = served.presence

    done = served.aimux("restart", "--timeout", "1s")

    assert done.returncode == 2
    assert "server.drain_timeout" in done.stderr
    assert served.presence == before


def test_systemctl_restart(served: Home, manager: UserManager) -> None:
    """The plain way: the port stays open, because the manager holds it."""
    served.aimux("service", "install")
    before = served.presence

    assert manager.systemctl("restart", "aimux.service") == ""

    assert served.presence.address == before.address
    assert served.presence.pid != before.pid


def test_sandbox(served: Home, manager: UserManager) -> None:
    """Both tiers, as far as this machine has them; and the daemon works inside."""
    done = served.aimux("service", "install")
    assert done.returncode == 0, done.stderr

    status = Path(f"/proc/{served.presence.pid}/status").read_text()
    shown = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
    assert shown["NoNewPrivs"] == "1"
    assert shown["Seccomp"] == "2"
    sandboxed = json.loads(served.aimux("service", "status", "--json").stdout)["sandboxed"]
    assert sandboxed != ("user namespaces do not work here" in done.stderr)
    own, its = (Path(f"/proc/{pid}/ns/user") for pid in (os.getpid(), served.presence.pid))
    assert (own.readlink() != its.readlink()) is sandboxed
    assert served.aimux("reload").returncode == 0


def test_a_bad_configuration_does_not_loop(served: Home, manager: UserManager) -> None:
    """Exit 2 is final, and the reason is what the manager shows; ``start`` says all of it."""
    assert served.aimux("service", "install").returncode == 0
    served.aimux("stop")
    served.write("[server]\nprot = 1\n")

    by_us = served.aimux("start")
    by_systemctl = manager.systemctl("start", "aimux.service")

    assert by_us.returncode == 2
    assert "did you mean 'port'?" in by_us.stderr
    assert "failed" in by_systemctl.lower()
    assert manager.shown("ExecMainStatus") == "2"
    assert manager.shown("NRestarts") == "0"
    assert manager.shown("StatusText") == "the configuration has 1 problem"
    examined = served.aimux("doctor").stdout
    assert "systemd has given up on it: the configuration has 1 problem" in examined


def test_a_taken_port_is_told(served: Home, manager: UserManager) -> None:
    """The daemon's own reason reaches the person through the manager."""
    assert served.aimux("service", "install", "--no-start").returncode == 0
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        served.write(f"[server]\nport = {port}\n")

        done = served.aimux("start")

    assert done.returncode == 1
    assert f"port {port} is used by" in done.stderr
    assert "journalctl" in done.stderr


def test_killed_and_started_again(served: Home, manager: UserManager) -> None:
    """After kill -9 the port never closes: the manager holds it, and the next daemon takes it."""
    served.aimux("service", "install")
    before = served.presence

    os.kill(before.pid, signal.SIGKILL)
    with contextlib.closing(served.connection()) as asked:
        asked.request("GET", "/health")
        answered = asked.getresponse().status

    assert answered == 200
    assert served.presence.instance != before.instance
    assert served.presence.address == before.address
    assert manager.shown("NRestarts") == "1"


def test_a_stuck_loop_is_ended(served: Home, manager: UserManager) -> None:
    """A daemon that does not turn any more is killed by the watchdog and comes again."""
    served.aimux("service", "install", "--no-start")
    with dropin(manager, "WatchdogSec=500ms\nWatchdogSignal=SIGKILL\nRestartSec=50ms"):
        assert served.aimux("start").returncode == 0
        before = served.presence
        time.sleep(1.2)  # longer than the watchdog waits: it is petted
        assert served.presence == before

        os.kill(before.pid, signal.SIGSTOP)
        until(lambda: manager.shown("NRestarts") == "1")
        until(lambda: served.paths.daemon.exists() and served.presence.instance != before.instance)


def test_socket(served: Home, manager: UserManager) -> None:
    """With the socket the port is there before the daemon, and ``stop`` stops both."""
    port = _free_port()
    served.write(f"[server]\nport = {port}\n")
    done = served.aimux("service", "install", "--socket", "--no-start")
    assert done.returncode == 0, done.stderr
    manager.systemctl("start", "aimux.socket")
    assert not served.is_running

    with socket.create_connection(("127.0.0.1", port)) as first:
        first.sendall(b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        first.settimeout(PATIENCE_S)
        assert first.recv(4096).startswith(b"HTTP/1.1 200")
    assert served.presence.address == f"127.0.0.1:{port}"

    assert served.aimux("stop").returncode == 0
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port))


def test_a_locked_keyring_is_no_reason_to_die(served: Home, manager: UserManager) -> None:
    """At boot nobody has unlocked it: the provider is degraded, the unit is active."""
    served.write('[providers.zai]\npreset = "zai"\n')

    done = served.aimux("service", "install")

    assert done.returncode == 0, done.stderr
    assert manager.shown("ActiveState") == "active"
    (provider,) = served.admin.status()["providers"]
    assert provider["key_problem"]


def test_stop_waits_for_streams(served: Home, manager: UserManager, upstream: FakeUpstream) -> None:
    """A plain ``systemctl stop`` drains for longer than the unit allows: the daemon asks for more."""
    gate = Gate()
    upstream.script(path(ANTHROPIC), gated(gate))
    served.configure(upstream.url, key=None)
    served.aimux("service", "install", "--no-start")
    with dropin(manager, "TimeoutStopSec=500ms"):
        served.aimux("start")
        with served.asking(STREAM) as response, ThreadPoolExecutor() as pool:
            gate.wait_reached()
            stopping = pool.submit(manager.systemctl, "stop", "aimux.service")
            until(lambda: manager.shown("StatusText") == "finishing 1 requests")
            time.sleep(1)  # twice what the unit allows
            gate.open()
            body = response.read()
            said = stopping.result()

    assert b"message_stop" in body
    assert said == ""
    assert manager.shown("Result") == "success"


def test_started_by_hand_is_not_installed_over(served: Home) -> None:
    """Two daemons would fight over the port."""
    served.start()

    done = served.aimux("service", "install")
    served.stop()

    assert done.returncode == 2
    assert "started by hand" in done.stderr


def test_options_do_not_reach_a_service(served: Home, manager: UserManager) -> None:
    """A port on the command line would be forgotten at the next start."""
    served.aimux("service", "install", "--no-start")

    done = served.aimux("start", "--port", "1")

    assert done.returncode == 2
    assert "aimux config set server.port" in done.stderr


def test_another_home_is_not_the_service(served: Home, tmp_path: Path) -> None:
    """A throw-away home beside the service starts its own daemon."""
    served.aimux("service", "install", "--no-start")
    other = Home(tmp_path / "other", extra=served.extra)
    other.folder.mkdir(mode=0o700)
    other.write("")

    started = other.aimux("start")
    other.stop()

    assert started.returncode == 0
    assert "by systemd" not in started.stderr
    assert not served.is_running


@contextlib.contextmanager
def dropin(manager: UserManager, text: str) -> Iterator[None]:
    """What a person adds to the unit; it is theirs, and stays until they take it away."""
    path = served_folder(manager) / "aimux.service.d" / "own.conf"
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"[Service]\n{text}\n")
    manager.systemctl("daemon-reload")
    yield
    path.unlink()


def served_folder(manager: UserManager) -> Path:
    return Path(manager.environ["HOME"]) / ".config" / "systemd" / "user"
