"""The texts of systemd: what systemd itself says of them, and homes with difficult names."""

from __future__ import annotations

import os
import pwd
import subprocess
import sys
from pathlib import Path

import pytest

from aimux.config.paths import Paths
from aimux.daemon.service import kinds, unit
from aimux.daemon.service import systemd as systemd_module
from aimux.daemon.service.found import service_of, serving
from aimux.daemon.service.kinds import State, Wishes, program
from aimux.daemon.service.systemd import Systemd
from aimux.errors import ServiceFailed
from tests.support.parts import need

WISHES = Wishes(address="127.0.0.1:24689", drain_s=120)
NASTY = 'it\'s "50%" $HOME; #1'


def paths_in(folder: Path) -> Paths:
    return Paths(config=folder / "config" / "config.toml", state=folder / "state")


def verified(folder: Path, name: str) -> str:
    """What ``systemd-analyze verify`` finds; it ends with 0 whatever it finds."""
    done = subprocess.run(
        [need("systemd-analyze", "systemd"), "verify", "--user", "--man=no", str(folder / name)],
        env={"XDG_RUNTIME_DIR": str(folder), "HOME": str(folder), "PATH": "/usr/bin:/bin"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    return done.stderr


@pytest.mark.parametrize("name", ["plain", NASTY])
def test_systemd_finds_nothing(tmp_path: Path, name: str) -> None:
    """Unit, sandbox and socket: not a word on stderr."""
    paths = paths_in(tmp_path / name)
    command = tmp_path / "two words" / "aimux"  # of quotes in it systemd would have none
    command.parent.mkdir()
    command.touch(0o755)
    (tmp_path / "aimux.service").write_text(unit.unit(paths, [str(command)]))
    (tmp_path / "aimux.service.d").mkdir()
    (tmp_path / "aimux.service.d" / "10-sandbox.conf").write_text(unit.sandbox(paths))
    (tmp_path / "aimux.socket").write_text(unit.socket_unit("127.0.0.1:24689"))

    assert verified(tmp_path, "aimux.service") == ""
    assert verified(tmp_path, "aimux.socket") == ""


def test_systemd_would_find_something(tmp_path: Path) -> None:
    """The test above can fail."""
    text = unit.unit(paths_in(tmp_path), [sys.executable])
    (tmp_path / "aimux.service").write_text(text.replace("KillMode=mixed", "KilMode=mixed"))

    assert "KilMode" in verified(tmp_path, "aimux.service")


def test_nothing_is_left_unfilled(tmp_path: Path) -> None:
    """What stands between at signs was replaced, and nothing else was."""
    paths = paths_in(tmp_path)
    whole = "".join(
        [unit.unit(paths, ["/x/aimux"]), unit.sandbox(paths), unit.socket_unit("[::1]:1")]
    )

    signs = {line.partition("=")[2] for line in whole.splitlines() if "@" in line}
    assert signs == {"@system-service"}
    assert "ExecStart=/x/aimux start --foreground\n" in whole
    assert "ListenStream=[::1]:1\n" in whole
    assert f"EnvironmentFile=-{tmp_path}/config/service.env\n" in whole


@pytest.mark.parametrize(
    ("line", "program"),
    [
        ("ExecStart=/x/aimux start", "/x/aimux"),
        ('ExecStart="/two words/100%% \\\\ \\"it\\"" start', '/two words/100% \\ "it"'),
        ("ExecStart = -@:%h/bin/aimux", f"{Path.home()}/bin/aimux"),
        ("ExecStart=\nType=notify", ""),
        ("Type=notify", ""),
    ],
)
def test_what_a_unit_starts(line: str, program: str) -> None:
    """Whoever wrote it."""
    assert unit.started(f"[Service]\n{line}\n") == program


def test_what_our_unit_starts(tmp_path: Path) -> None:
    """Read back as it was written."""
    command = str(tmp_path / NASTY / "aimux")

    assert unit.started(unit.unit(paths_in(tmp_path), [command, "x"])) == command


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("plain", "plain"),
        ("two words", '"two words"'),
        ('a"b\\c', '"a\\"b\\\\c"'),
        ("50%", "50%%"),
        ("", '""'),
        ("a;b", '"a;b"'),
    ],
)
def test_quoted(text: str, word: str) -> None:
    """By systemd.syntax(7)."""
    assert unit.quoted(text) == word


def test_one_folder_for_all_is_named_once(tmp_path: Path) -> None:
    """With AIMUX_HOME the configuration and the state are in one."""
    text = unit.sandbox(Paths(config=tmp_path / "config.toml", state=tmp_path))

    assert f"ReadWritePaths={tmp_path}\n" in text


# ---------------------------------------------------------------- the command


def test_program_prefers_the_link(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What installers keep over upgrades, then the script beside Python, then Python itself."""
    python = tmp_path / "venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    monkeypatch.setattr(kinds.sys, "executable", str(python))
    environ = {"HOME": str(tmp_path)}
    assert program(environ, ["x"]) == [str(python), "-P", "-m", "aimux"]

    script = python.with_name("aimux")
    script.touch(0o755)
    assert program(environ, ["x"]) == [str(script)]

    link = tmp_path / ".local" / "bin" / "aimux"
    link.parent.mkdir(parents=True)
    link.symlink_to(script)
    assert program(environ, ["x"]) == [str(link)]

    typed = tmp_path / "aimux"
    typed.touch(0o755)
    assert program(environ, [str(typed)]) == [str(typed)]
    assert program(environ, ["/nowhere/aimux"]) == [str(link)]


# ---------------------------------------------------------------- a machine without a manager


def test_state_without_a_manager(tmp_path: Path) -> None:
    """Whether it is installed can be seen; how it is cannot."""
    paths = paths_in(tmp_path)
    service = Systemd(
        paths, {"HOME": str(tmp_path), "PATH": str(tmp_path), "XDG_RUNTIME_DIR": "/x"}
    )
    facts = dict.fromkeys(("for_this_home", "sandboxed", "socket", "lingers"), False)
    assert service.state() == State("systemd", service.path, installed=False, facts=facts)
    assert not service.serves()

    service.path.parent.mkdir(parents=True)
    service.path.write_text(service.text(WISHES))

    state = service.state()
    assert (state.installed, state.state, state.is_active) == (True, "unknown", False)
    assert "this machine has no systemctl" in state.says
    assert service.serves()
    assert not Systemd(paths_in(tmp_path / "other"), service.environ).serves()


SAYINGS = [
    (
        "Failed to connect to bus: No medium found",
        {},
        "no systemd user manager",
        "log in as this user",
    ),
    ("Failed to connect to bus: x", {"SUDO_USER": "ann"}, "under sudo", "without sudo"),
    ("Unit is bad.\nsecond line", {}, "Unit is bad.", "journalctl --user -u aimux.service"),
    ("", {}, "systemctl show-environment failed", "journalctl"),
]


@pytest.mark.parametrize(("said", "more", "message", "hint"), SAYINGS)
def test_refusals(tmp_path: Path, said: str, more: dict[str, str], message: str, hint: str) -> None:
    """What systemctl says, and what to do about it; nothing was written."""
    systemctl = tmp_path / "systemctl"
    systemctl.write_text(f"#!/bin/sh\nprintf '%s' '{said}' >&2\nexit 1\n")
    systemctl.chmod(0o755)
    service = Systemd(
        paths_in(tmp_path), {"HOME": str(tmp_path), "PATH": f"{tmp_path}:/bin", **more}
    )

    with pytest.raises(ServiceFailed, match=message) as caught:
        service.install(WISHES)

    assert hint in (caught.value.hint or "")
    assert not service.path.exists()
    assert not service.paths.state.exists()


def test_a_folder_of_units_elsewhere(tmp_path: Path) -> None:
    """XDG_CONFIG_HOME, where it is absolute."""
    paths, home = paths_in(tmp_path), {"HOME": "/h"}

    assert str(Systemd(paths, home).folder) == "/h/.config/systemd/user"
    assert str(Systemd(paths, {**home, "XDG_CONFIG_HOME": "/c"}).folder) == "/c/systemd/user"
    assert str(Systemd(paths, {**home, "XDG_CONFIG_HOME": "c"}).folder) == "/h/.config/systemd/user"


@pytest.mark.parametrize(("platform", "manager"), [("darwin", "launchd"), ("linux", "systemd")])
def test_the_kind_of_this_platform(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, platform: str, manager: str
) -> None:
    """Launchd on macOS, systemd on all others; none serves a home that has none."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr("aimux.daemon.service.found.sys.platform", platform)

    assert service_of(paths_in(tmp_path)).manager == manager
    assert serving(paths_in(tmp_path)) is None


# ---------------------------------------------------------------- machines that say no

PROGRAMS = ("systemctl", "systemd-run", "systemd-analyze", "loginctl")


def machine(folder: Path, **answers: str) -> Systemd:
    """A home on a machine whose programs note how they are asked and answer with a line of shell."""
    (folder / "bin").mkdir()
    for name in PROGRAMS:
        program = folder / "bin" / name
        answer = answers.get(name.replace("-", "_"), "true")
        program.write_text(f'#!/bin/sh\necho "{name} $*" >>"{folder}/asked"\n{answer}\n')
        program.chmod(0o755)
    return Systemd(paths_in(folder), {"HOME": str(folder), "PATH": f"{folder}/bin:/usr/bin:/bin"})


@pytest.mark.parametrize(
    ("answers", "wish", "note", "sandboxed"),
    [
        ({}, {}, "aimux service install --linger", True),
        ({"systemd_run": "exit 226"}, {}, "user namespaces do not work here", False),
        ({}, {"programs": True}, "keys are read by programs", False),
        (
            {"systemd_analyze": "echo aimux.service:3: odd >&2"},
            {},
            "systemd: aimux.service:3: odd",
            True,
        ),
    ],
)
def test_what_is_explained(
    tmp_path: Path, answers: dict[str, str], wish: dict[str, bool], note: str, sandboxed: bool
) -> None:
    """What the machine has not, and why something was left out."""
    service = machine(tmp_path, **answers)

    installed = service.install(Wishes(address="127.0.0.1:1", drain_s=1, **wish))

    assert any(note in each for each in installed.notes)
    assert (service.dropin in installed.files) is sandboxed
    assert service.dropin.exists() is sandboxed
    assert {each.stat().st_mode & 0o777 for each in installed.files} == {0o644}


def test_what_is_not_wished_for_any_more_goes(tmp_path: Path) -> None:
    """A second install without the socket takes it away; a person's own drop-in stays."""
    service = machine(tmp_path)
    service.install(Wishes(address="127.0.0.1:1", drain_s=1, socket=True))
    own = service.dropin.with_name("own.conf")
    own.touch()
    assert service.socket.exists()

    service.install(Wishes(address="127.0.0.1:1", drain_s=1, programs=True))
    gone = service.uninstall()

    assert gone == (service.path,)
    assert not service.socket.exists()
    assert own.exists()


def test_linger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is asked for, and what follows from it for the keyring is said."""
    service = machine(tmp_path)
    monkeypatch.setattr(systemd_module, "LINGERS", tmp_path)
    (tmp_path / pwd.getpwuid(os.getuid()).pw_name).touch()

    installed = service.install(Wishes(address="127.0.0.1:1", drain_s=1, linger=True))

    assert "loginctl enable-linger" in (tmp_path / "asked").read_text()
    assert any("before anybody has unlocked a keyring" in each for each in installed.notes)
    assert service.state().facts["lingers"] is True


def test_linger_is_refused(tmp_path: Path) -> None:
    """Who may permit it is said."""
    service = machine(tmp_path, loginctl="echo Access denied >&2; exit 1")

    with pytest.raises(ServiceFailed, match="Access denied") as refused:
        service.install(Wishes(address="127.0.0.1:1", drain_s=1, linger=True))

    assert "as root: loginctl enable-linger" in (refused.value.hint or "")


def test_without_the_program_that_verifies(tmp_path: Path) -> None:
    """Then nothing is found; the unit is installed all the same."""
    service = machine(tmp_path)
    (tmp_path / "bin" / "systemd-analyze").unlink()
    bare = Systemd(service.paths, {**service.environ, "PATH": f"{tmp_path}/bin"})

    assert bare._verified() == []


def test_a_manager_that_hangs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is given up."""
    monkeypatch.setattr(systemd_module, "LIMIT_S", 0.05)

    with pytest.raises(ServiceFailed, match="has not ended after"):
        machine(tmp_path, systemctl="exec sleep 5").stop()


def test_the_usual_folder_of_the_bus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Su and cron do not say it; it is there all the same."""
    monkeypatch.setattr(systemd_module, "RUNTIMES", tmp_path)
    (tmp_path / str(os.getuid())).mkdir()

    assert machine(tmp_path)._environ()["XDG_RUNTIME_DIR"] == f"{tmp_path}/{os.getuid()}"
