"""``aimux service`` without a service: what it prints, and what it says."""

from __future__ import annotations

import json
import plistlib
from pathlib import Path

import pytest

from aimux.cli.service import _screen
from aimux.daemon.service.kinds import State
from tests.support.command import Command


@pytest.fixture
def command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Command:
    return Command(tmp_path, monkeypatch, capsys, {"XDG_RUNTIME_DIR": str(tmp_path)})


def test_print_systemd(command: Command) -> None:
    """The unit as it would be installed; with the socket when it is wished for."""
    command.config = "[server]\nport = 4711\n"

    plain = command("service", "print", "--for", "systemd")
    with_socket = command("service", "print", "--for", "systemd", "--socket")

    assert (plain.code, plain.err) == (0, "")
    assert f"Environment=AIMUX_HOME={command.home} " in plain.out
    assert "ListenStream" not in plain.out
    assert with_socket.out.startswith(plain.out)
    assert "ListenStream=127.0.0.1:4711" in with_socket.out


def test_print_launchd(command: Command) -> None:
    """The agent, to be read by plistlib; its time to end follows the configuration."""
    command.config = '[server]\ndrain_timeout = "10s"\n'

    done = command("service", "print", "--for", "launchd")

    assert plistlib.loads(done.out.encode())["ExitTimeOut"] == 30
    assert list(command.home.iterdir()) == [command.home / "config.toml"]


def test_no_such_kind(command: Command) -> None:
    """Which there are is said."""
    done = command("service", "print", "--for", "upstart")

    assert done.code == 2
    assert "one of systemd, launchd" in done.err


def test_a_bad_configuration_installs_nothing(command: Command) -> None:
    """It would be a service that cannot start."""
    command.config = "[server]\nprot = 1\n"

    done = command("service", "install")

    assert done.code == 2
    assert not (command.home / ".config").exists()


def test_status_of_nothing(command: Command) -> None:
    """Exit code 3, as of a daemon that does not run; JSON has every key."""
    shown = command("service", "status")
    told = command("service", "status", "--json")

    assert shown.code == told.code == 3
    assert "install it with: aimux service install" in shown.out
    shape = json.loads(told.out)
    assert (shape["installed"], shape["pid"], shape["state"]) == (False, None, "not installed")


def test_screen() -> None:
    """One line for each fact."""
    path, facts = Path("/u"), {"lingers": True}
    state = State(
        "systemd", path, True, "/aimux", True, "active (running)", 7, 2, "listening", facts
    )

    assert _screen(state) == [
        "systemd  active (running)",
        "  file      /u",
        "  process   pid 7, restarted 2 times",
        "  says      listening",
        "  at login  yes",
        "  facts     lingers",
    ]
    once = _screen(State("systemd", path, True, "/aimux", False, "x", 7, 1))
    assert "  process   pid 7, restarted once" in once
    assert "  at login  no: aimux service install" in once


def test_launchd_is_told_of_no_failure(command: Command) -> None:
    """Launchd starts whatever fails again and again; a bad configuration will not mend itself."""
    command.config = "[server]\nprot = 1\n"
    by_hand = command("start", "--foreground")
    command.environ["XPC_SERVICE_NAME"] = "io.aimux.daemon"

    by_launchd = command("start", "--foreground")

    assert (by_hand.code, by_launchd.code) == (2, 0)
    assert by_launchd.err == by_hand.err


def test_variables_of_the_shell_are_not_seen(command: Command) -> None:
    """A service has another environment: which variables it would miss is said, and where they go."""
    command.config = (
        '[providers.zai]\npreset = "zai"\nkeys = ["env:ZAI_KEY", "keyring:zai/work"]\n'
        '[providers.other]\npreset = "openai"\nkeys = ["env:OTHER_KEY"]\n'
    )
    for name in ("systemctl", "systemd-run", "systemd-analyze"):
        program = command.home / "bin" / name
        program.parent.mkdir(exist_ok=True)
        program.write_text("#!/bin/sh\n")
        program.chmod(0o755)
    command.environ["PATH"] = f"{command.home}/bin:/usr/bin:/bin"

    done = command("service", "install", "--no-start")
    gone = command("service", "uninstall")
    nothing = command("service", "uninstall")

    unit = command.home / ".config" / "systemd" / "user" / "aimux.service"
    assert done.code == 0, done.err
    assert str(unit) in done.out.splitlines()
    assert "(OTHER_KEY, ZAI_KEY)" in done.err
    assert "service.env" in done.err
    assert (gone.code, gone.err) == (0, "removed\n")
    assert str(unit) in gone.out.splitlines()
    assert nothing.err == "there is no service of aimux here\n"
