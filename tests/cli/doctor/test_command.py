"""``aimux doctor`` as it is typed: one daemon for all, on a terminal, in a pipe, as JSON."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.command import COLUMNS, Command
from tests.support.daemon import Home, end
from tests.support.script import Answer
from tests.support.terminal import on_terminal
from tests.support.upstream import FakeUpstream

KEY = "canary+/=8f3a5b9c7d1e2f4a6b8c0d2e4f6a8b0c"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """A daemon with one provider that lists two models; its port is told to the configuration."""
    with FakeUpstream() as upstream:
        upstream.always("*", Answer(pieces=(b'{"data": [{"id": "m1"}, {"id": "m2"}]}',)))
        made = Home(tmp_path_factory.mktemp("doctor") / "home")
        made.folder.mkdir(mode=0o700)
        bin_folder = made.folder.parent / "bin"
        bin_folder.mkdir()
        (bin_folder / "aimux").write_text(f"#!{sys.executable}\n")
        (bin_folder / "aimux").chmod(0o700)
        made.extra |= {"TEST_KEY": KEY, "PATH": f"{bin_folder}:/usr/bin:/bin"}
        made.configure(upstream.url)
        made.paths.config.chmod(0o600)
        made.start()
        yield made
        end(made)


@pytest.fixture
def aimux(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Command:
    """The command in an empty home."""
    tmp_path.chmod(0o700)
    return Command(tmp_path, monkeypatch, capsys)


def rows(text: str) -> list[list[str]]:
    return [line.split("\t") for line in text.splitlines()]


def when_calm(home: Home, *arguments: str, **extra: str) -> subprocess.CompletedProcess[str]:
    """What the command says once the machine is not too busy for the daemon, which is a warning."""
    done = home.aimux("doctor", *arguments, extra=extra)
    for _ in range(10):
        if "event loop is" not in done.stdout:
            break
        done = home.aimux("doctor", *arguments, extra=extra)
    return done


def test_all_is_well(home: Home) -> None:
    """Exit code 0, one line for each finding, and the words on stderr."""
    done = when_calm(home)

    assert done.returncode == 0, done.stdout
    assert done.stderr == "all is well\n"
    found = rows(done.stdout)
    assert {"ok", "note"} == {row[0] for row in found}
    assert ["ok", "providers", "up takes env:TEST_KEY (2 models)", ""] in found
    assert {row[1] for row in found} >= {
        "version", "service", "config", "daemon", "port", "open files", "files", "disk", "keyring",
        "providers", "ledger", "log", "clients",
    }  # fmt: skip
    assert KEY not in done.stdout + done.stderr


def test_as_json(home: Home) -> None:
    """The same, for programs."""
    done = when_calm(home, "--json")
    told = json.loads(done.stdout)

    assert (done.returncode, done.stderr) == (0, "")
    assert (told["schema"], told["ok"]) == (1, True)
    assert set(told["findings"][0]) == {"subject", "state", "what", "mend"}


def test_the_door_holds(home: Home) -> None:
    """Every attack on the real daemon; it still answers, and nothing of it is in the ledger."""
    before = home.admin.status()["requests"]
    done = home.aimux("doctor", "--security", "--json")
    told = json.loads(done.stdout)

    states = {each["state"] for each in told["findings"]}
    assert done.returncode == 0, [each for each in told["findings"] if each["state"] == "failed"]
    assert states <= {"ok", "note"}
    attacks = [each["what"] for each in told["findings"] if each["subject"] == "door"]
    assert len(attacks) > 60
    assert all(each.startswith("held: ") for each in attacks)
    assert "held: the name rebound.example (421)" in attacks
    assert home.admin.status()["requests"] == before


def test_a_daemon_that_asks_for_no_token(home: Home) -> None:
    """Its door is open by choice: told once, and the rest is still tried."""
    text = home.paths.config.read_text()
    home.paths.config.write_text(text.replace("[server]", '[server]\nauth = "none"'))
    home.aimux("reload")
    try:
        done = home.aimux("doctor", "--security", "--json")
    finally:
        home.paths.config.write_text(text)
        home.aimux("reload")

    trouble = [each for each in json.loads(done.stdout)["findings"] if each["state"] != "ok"]
    assert done.returncode == 1
    assert [each["what"] for each in trouble if each["state"] != "note"] == [
        'server.auth is "none": every program of this machine can spend your keys'
    ]


def test_no_leaks(home: Home) -> None:
    """Three keys, searched for in every file; then one is planted."""
    done = home.aimux("doctor", "--leaks")
    planted = home.paths.logs / "planted.log"
    planted.write_text(f"x {KEY}")
    planted.chmod(0o600)
    leaked = home.aimux("doctor", "--leaks")
    planted.unlink()

    assert done.returncode == 0, done.stdout
    assert re.match(r"ok\tleaks\tnone of 3 keys in \d+ files", done.stdout)
    assert leaked.returncode == 1
    assert rows(leaked.stdout) == [
        ["failed", "leaks", f"{planted} holds env:TEST_KEY (at byte 2)",
         f"aimux keys set up, then: aimux stop && rm {planted}"]
    ]  # fmt: skip


def test_a_report_without_secrets(home: Home) -> None:
    """What one pastes: findings, configuration and the log's complaints; no key, no home folder."""
    with home.paths.log.open("a") as log:
        log.write(json.dumps({"ts": "2026", "level": "warning", "message": f"hm {KEY}"}) + "\n")

    done = when_calm(home, "--report", HOME=str(home.folder))

    assert done.returncode == 0
    assert "read it before you paste it" in done.stderr
    assert "## Findings: all is well" in done.stdout
    assert 'format = "anthropic"' in done.stdout
    assert '"message": "hm ********"' in done.stdout
    assert KEY not in done.stdout
    assert str(home.folder) not in done.stdout
    assert home.token not in done.stdout


def test_report_and_json_exclude_each_other(aimux: Command) -> None:
    """One is for people, the other for programs."""
    result = aimux("doctor", "--report", "--json")

    assert result.code == 2
    assert "--report is text" in json.loads(result.out)["error"]["message"]


def test_nothing_is_there_yet(aimux: Command) -> None:
    """An empty home: what is missing, each with what to type, and exit code 1."""
    result = aimux("doctor")

    assert result.code == 1
    assert ["warning", "daemon", "aimux is not running", "aimux start"] in rows(result.out)
    assert ["warning", "config", "no provider is configured and enabled", "aimux init"] in rows(
        result.out
    )
    # one failure more where an aimux of whoever runs this listens at the usual port
    assert result.err.removeprefix("1 failure, ") == "2 warnings\n"


def test_an_empty_home_can_be_reported_and_attacked_in_vain(aimux: Command) -> None:
    """There is no daemon to attack and no log to quote."""
    assert "nothing to attack: aimux is not running" in aimux("doctor", "--security").out
    assert "daemon: aimux is not running" in aimux("doctor", "--report").out
    assert "none of 0 keys" in aimux("doctor", "--leaks").out


def test_it_fits_a_terminal(aimux: Command) -> None:
    """80 columns but for what is to be typed, which is never broken."""
    aimux.config = "[server]\nport = 'x'\n"
    result = aimux.on_terminal("doctor")

    typed = re.compile(r"^ {21}(?:chmod|rm|export|aimux) ")
    wide = [
        line for line in result.out.splitlines() if len(line) > COLUMNS and not typed.match(line)
    ]
    assert wide == []
    assert "\x1b" not in result.out
    assert any(line.startswith("failed   config      ") for line in result.out.splitlines())


def test_colours_on_a_real_terminal(home: Home) -> None:
    """States in colours where a person looks; NO_COLOR is heeded."""
    environ: dict[str, Any] = {**home.environ, "COLUMNS": "80"}
    shown = []
    for more in ({}, {"NO_COLOR": "1"}):
        argv = [sys.executable, "-m", "aimux", "doctor"]
        with on_terminal(argv, {**environ, **more}, home.folder) as terminal:
            assert terminal.end() in {0, 1}  # a busy machine is a warning
            shown.append(terminal.shown)

    assert "\x1b[32mok" in shown[0]
    assert "\x1b" not in shown[1]
    assert "ok       daemon" in shown[1]
