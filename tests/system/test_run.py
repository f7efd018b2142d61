"""``aimux run``: a real daemon, and a program that tells how it was started."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.daemon import Home, end
from tests.support.patience import PATIENCE_S

CLIENT = f"""\
#!{sys.executable}
import json, os, signal, sys
print(json.dumps({{"pid": os.getpid(), "argv": sys.argv[1:], "environ": dict(os.environ)}}), flush=True)
if "wait" in sys.argv:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(43))
    print("ready", flush=True)
    signal.pause()
sys.exit(42)
"""
CONFIG = """\
[server]
port = 0

[providers.demo]
preset = "demo"

[[routes]]
name = "work"
match = { header = { "x-aimux-profile" = "w*" } }
targets = ["demo/demo-fast"]
"""


def with_clients(made: Home) -> Home:
    """A home with a ``claude`` and a ``codex`` in it."""
    made.write(CONFIG)
    folder = made.folder / "bin"
    folder.mkdir()
    for name in ("claude", "codex"):
        (folder / name).write_text(CLIENT)
        (folder / name).chmod(0o755)
    made.extra["PATH"] = f"{folder}{os.pathsep}{os.environ['PATH']}"
    return made


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """One whose daemon runs, for all tests that leave nothing behind in it."""
    made = Home(tmp_path_factory.mktemp("run") / "home")
    made.folder.mkdir(mode=0o700)
    with_clients(made).start()
    yield made
    for process in made.processes:
        process.communicate()
    end(made)


@pytest.mark.measured
def test_run(home: Home) -> None:
    """The daemon is started, the client gets variables and arguments, its exit code is ours."""
    with_clients(home)
    first = home.aimux("run", "claude-code", "-p", "--profile", "hers", "-h")
    second = home.aimux("run", "--profile", "work", "codex", "exec", "hi")
    told, with_profile = json.loads(first.stdout), json.loads(second.stdout)
    environ = told["environ"]

    assert (first.returncode, second.returncode) == (42, 42)
    assert first.stderr.startswith("aimux is running (pid ")
    assert second.stderr == ""
    assert told["argv"] == ["-p", "--profile", "hers", "-h"]
    assert environ["ANTHROPIC_BASE_URL"] == environ["AIMUX_URL"] == home.presence.url
    assert environ["ANTHROPIC_AUTH_TOKEN"] == environ["AIMUX_TOKEN"] == home.token
    assert environ["ANTHROPIC_API_KEY"] == ""
    assert with_profile["argv"][-2:] == ["exec", "hi"]
    assert 'http_headers={"x-aimux-profile"="work"}' in "".join(with_profile["argv"])
    assert home.token not in "".join(with_profile["argv"])
    assert sorted(each.name for each in home.folder.glob(".*")) == []


def test_the_client_is_the_process_that_was_started(running: Home) -> None:
    """The same pid, so that signals and the terminal are its own."""
    process = running.spawn("run", "claude", "wait")
    assert process.stdout is not None
    told = json.loads(process.stdout.readline())
    assert process.stdout.readline() == b"ready\n"

    process.send_signal(signal.SIGTERM)

    assert told["pid"] == process.pid
    assert process.wait(PATIENCE_S) == 43


def test_settings_that_lead_elsewhere_are_beaten(running: Home) -> None:
    """By a file of ours, for its owner alone; theirs is not touched."""
    settings = running.folder / ".claude" / "settings.json"
    settings.parent.mkdir()
    settings.write_text('{"env": {"ANTHROPIC_BASE_URL": "https://api.example"}}')
    before = settings.read_bytes()

    told = json.loads(running.aimux("run", "claude", "hi").stdout)

    hers = running.aimux("run", "claude", "--settings", "x")

    assert json.loads(hers.stdout)["argv"] == ["--settings", "x"]
    assert "sets ANTHROPIC_BASE_URL and beats aimux" in hers.stderr
    option, path, rest = told["argv"]
    assert (option, rest) == ("--settings", "hi")
    assert json.loads(Path(path).read_text())["env"]["ANTHROPIC_BASE_URL"] == running.presence.url
    assert Path(path).stat().st_mode & 0o777 == 0o600
    assert settings.read_bytes() == before
    settings.unlink()


def test_a_daemon_that_cannot_start(home: Home) -> None:
    """Then nothing is started at all; the reason and the exit code are those of ``start``."""
    with_clients(home).write("[server]\nprot = 1\n")

    done = home.aimux("run", "claude")

    assert (done.returncode, done.stdout) == (2, "")
    assert "did you mean 'port'" in done.stderr


def test_connected_by_one_and_asked_by_another(running: Home) -> None:
    """What connecting wrote leads to the daemon that runs: asked as the client would."""
    running.aimux("connect", "claude")
    env = json.loads((running.folder / ".claude" / "settings.json").read_text())["env"]

    done = subprocess.run(
        [sys.executable, "-c", ASK, env["ANTHROPIC_BASE_URL"], env["ANTHROPIC_AUTH_TOKEN"]],
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=True,
    )

    assert done.stdout == "200\n"
    assert running.aimux("disconnect", "--all").returncode == 0
    assert not (running.folder / ".claude" / "settings.json").exists()


ASK = """
import sys, urllib.request
request = urllib.request.Request(sys.argv[1] + "/v1/models")
request.add_header("authorization", "Bearer " + sys.argv[2])
print(urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request).status)
"""
