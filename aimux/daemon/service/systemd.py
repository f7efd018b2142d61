"""The systemd user unit: ``aimux.service``, its sandbox, and its socket where one is wanted.

A user manager lives from the first login to the last logout, or from boot on where the user "lingers".
It is reached over a bus in ``XDG_RUNTIME_DIR``, which su and cron do not set.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from aimux.config.paths import Paths, make_private_folder
from aimux.daemon.service import unit
from aimux.daemon.service.kinds import Installed, State, Wishes, program
from aimux.errors import ServiceFailed

UNIT: Final = "aimux.service"
SOCKET: Final = "aimux.socket"
WANTED_BY: Final = "default.target"

LIMIT_S: Final = 200.0
"""For one command of systemctl: a stop waits until open requests have finished."""

_SHOWN: Final = (
    "ActiveState", "SubState", "MainPID", "NRestarts", "StatusText", "Result",
)  # fmt: skip

_NO_FACTS: Final = dict.fromkeys(("for_this_home", "sandboxed", "socket", "lingers"), False)
"""Of a unit that is not there."""

RUNTIMES: Final = Path("/run/user")
LINGERS: Final = Path("/var/lib/systemd/linger")


@dataclass(frozen=True, slots=True)
class Systemd:
    """The unit of one home, with the user's own manager."""

    paths: Paths
    environ: Mapping[str, str]
    manager: str = "systemd"
    hands_over: bool = True

    @property
    def folder(self) -> Path:
        """Where the user's own units are."""
        base = self.environ.get("XDG_CONFIG_HOME", "")
        home = Path(base) if base.startswith("/") else Path(self.environ["HOME"]) / ".config"
        return home / "systemd" / "user"

    @property
    def path(self) -> Path:
        """The unit."""
        return self.folder / UNIT

    @property
    def dropin(self) -> Path:
        """The sandbox; what a person has beside it in that folder is theirs."""
        return self.folder / f"{UNIT}.d" / "10-sandbox.conf"

    @property
    def socket(self) -> Path:
        """The socket."""
        return self.folder / SOCKET

    # ------------------------------------------------------------ what is there

    def text(self, wishes: Wishes) -> str:
        """The unit, and the socket where one is wanted."""
        told = unit.unit(self.paths, program(self.environ))
        return f"{told}\n\n{unit.socket_unit(wishes.address)}" if wishes.socket else told

    def serves(self) -> bool:
        """Whether the unit is installed, and for this home."""
        try:
            lines = self.path.read_text(encoding="utf-8").splitlines()
        except OSError:
            return False
        return f"Environment={unit.assignments(self.paths)}" in lines

    def state(self) -> State:
        """How the unit is; without a manager that can be asked, only whether it is installed."""
        if not self.path.exists():
            return State(self.manager, self.path, installed=False, facts=_NO_FACTS)
        starts = unit.started(self.path.read_text(encoding="utf-8", errors="replace"))
        there = State(self.manager, self.path, True, starts, enabled=self._is_enabled())
        facts = {
            "for_this_home": self.serves(),
            "sandboxed": self.dropin.exists(),
            "socket": self.socket.exists(),
            "lingers": self._lingers(),
        }
        try:
            lines = self._systemctl("show", UNIT, f"--property={','.join(_SHOWN)}").splitlines()
        except ServiceFailed as problem:
            return replace(there, state="unknown", says=problem.message, facts=facts)
        shown = dict(line.partition("=")[::2] for line in lines)
        result = shown.get("Result", "")
        state = f"{shown.get('ActiveState', 'unknown')} ({shown.get('SubState', '')})"
        return replace(
            there,
            state=state if result in {"", "success"} else f"{state}, {result}",
            pid=int(shown.get("MainPID") or 0) or None,
            restarts=int(shown.get("NRestarts") or 0),
            says=shown.get("StatusText", ""),
            facts=facts,
        )

    # ------------------------------------------------------------ what is done

    def install(self, wishes: Wishes) -> Installed:
        """Writes the files, has them read, enables and starts the unit."""
        self._systemctl("show-environment")  # before anything is written: is there a manager?
        make_private_folder(self.paths.state)
        make_private_folder(self.paths.config.parent)
        notes: list[str] = []
        files = {self.path: unit.unit(self.paths, program(self.environ))}
        if wishes.socket:
            files[self.socket] = unit.socket_unit(wishes.address)
        if self._may_sandbox(wishes, notes):
            files[self.dropin] = unit.sandbox(self.paths)
        for path, text in files.items():
            _write(path, text)
        for path in {self.socket, self.dropin} - set(files):
            path.unlink(missing_ok=True)
        notes += self._verified()
        self._systemctl("daemon-reload")
        self._systemctl("enable", UNIT, *([SOCKET] if wishes.socket else []))
        if wishes.linger:
            self._linger()
        if wishes.start:
            self.start()
        return Installed(tuple(files), tuple(notes + self._explained()))

    def uninstall(self) -> tuple[Path, ...]:
        """Stops and disables the unit, and takes its files away; drop-ins of a person stay."""
        there = tuple(each for each in (self.path, self.dropin, self.socket) if each.exists())
        if not there:
            return ()
        self.stop()
        self._systemctl("disable", UNIT, *([SOCKET] if self.socket in there else []))
        for each in there:
            each.unlink()
        with contextlib.suppress(OSError):
            self.dropin.parent.rmdir()
        self._systemctl("daemon-reload")
        return there

    def start(self) -> None:
        """Starts the unit; returns when the daemon has said that it is ready.

        Raises:
            ServiceFailed: it did not come up; the daemon's own last word is the reason.
        """
        self._begin("start")

    def restart(self) -> None:
        """Ends the daemon and starts it anew; the manager holds the listening socket in between.

        Raises:
            ServiceFailed: it did not come up again.
        """
        self._begin("restart")

    def _begin(self, verb: str) -> None:
        with contextlib.suppress(ServiceFailed):
            self._systemctl("reset-failed", UNIT)
        if self.socket.exists():
            self._systemctl("start", SOCKET)
        try:
            self._systemctl(verb, UNIT)
        except ServiceFailed as problem:
            state = self.state()
            raise ServiceFailed(
                f"systemd could not start aimux ({state.state}): {state.says or problem.message}",
                hint=f"see more with: journalctl --user -u {UNIT} -n 30",
            ) from problem

    def stop(self) -> None:
        """Stops the socket first: it would start the daemon again with the next connection."""
        if self.socket.exists():
            self._systemctl("stop", SOCKET)
        self._systemctl("stop", UNIT)

    # ------------------------------------------------------------ parts

    def _may_sandbox(self, wishes: Wishes, notes: list[str]) -> bool:
        """Whether mounts of its own work for a service here; some kernels and distributions forbid it."""
        if wishes.programs:
            notes.append(
                "keys are read by programs (command:), which may have to write into your home: "
                "it is not made read-only"
            )
            return False
        probe = ["systemd-run", "--user", "--wait", "--quiet", "--collect"]
        probe += [
            "-p",
            "PrivateUsers=yes",
            "-p",
            "ProtectSystem=strict",
            "-p",
            "ProtectHome=read-only",
        ]
        done = self._run([*probe, "/bin/true"])
        if done.returncode:
            notes.append("user namespaces do not work here: the home is not made read-only")
        return done.returncode == 0

    def _verified(self) -> list[str]:
        """What systemd finds wrong with the files; it says so on stderr and ends with 0."""
        try:
            done = self._run(["systemd-analyze", "verify", "--user", "--man=no", str(self.path)])
        except ServiceFailed:
            return []
        return [f"systemd: {line}" for line in done.stderr.splitlines() if UNIT in line]

    def _explained(self) -> list[str]:
        if self._lingers():
            return [
                "it starts with the machine, before anybody has unlocked a keyring: keys there are "
                "tried again every 30 s, and after an unlock at once with: aimux reload"
            ]
        return [
            "it starts when you log in and ends with your last session; from boot on: "
            "aimux service install --linger"
        ]

    def _is_enabled(self) -> bool:
        """By the link that enabling makes: it can be seen without a manager."""
        return (self.folder / f"{WANTED_BY}.wants" / UNIT).is_symlink()

    def _lingers(self) -> bool:
        return (LINGERS / pwd.getpwuid(os.getuid()).pw_name).exists()

    def _linger(self) -> None:
        done = self._run(["loginctl", "enable-linger"])
        if done.returncode:
            raise ServiceFailed(
                f"it cannot be started at boot: {done.stderr.strip()}",
                hint=f"ask for it as root: loginctl enable-linger {pwd.getpwuid(os.getuid()).pw_name}",
            )

    def _systemctl(self, *arguments: str) -> str:
        done = self._run(["systemctl", "--user", "--no-pager", *arguments])
        if done.returncode:
            raise self._refusal(done.stderr.strip() or f"systemctl {arguments[0]} failed")
        return done.stdout

    def _refusal(self, said: str) -> ServiceFailed:
        if self.environ.get("SUDO_USER"):
            return ServiceFailed(
                f"under sudo there is no user manager to ask: {said}",
                hint="run it as yourself, without sudo",
            )
        if "connect to bus" in said or "No medium found" in said:
            return ServiceFailed(
                f"there is no systemd user manager to ask: {said}",
                hint="log in as this user (not with su), or start it otherwise: aimux start",
            )
        return ServiceFailed(said.splitlines()[0], hint=f"journalctl --user -u {UNIT} -n 30")

    def _run(self, command: list[str]) -> subprocess.CompletedProcess[str]:
        try:
            return subprocess.run(
                command,
                env=self._environ(),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=LIMIT_S,
                check=False,
            )
        except FileNotFoundError as problem:
            raise ServiceFailed(
                f"this machine has no {command[0]}",
                hint="start aimux otherwise, such as with @reboot in a crontab: aimux start",
            ) from problem
        except subprocess.TimeoutExpired as problem:
            raise ServiceFailed(f"{command[0]} has not ended after {LIMIT_S:g} s") from problem

    def _environ(self) -> dict[str, str]:
        """Ours, with the folder of the user's bus where it is known but not said."""
        found = {**self.environ, "LC_ALL": "C"}
        usual = RUNTIMES / str(os.getuid())
        if not found.get("XDG_RUNTIME_DIR") and usual.is_dir():
            found["XDG_RUNTIME_DIR"] = str(usual)
        return found


def _write(path: Path, text: str) -> None:
    """Replaces a file that is other; units are no secret, and others' tools read them."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")
        path.chmod(0o644)
