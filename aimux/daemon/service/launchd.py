"""The launchd agent of macOS: ``io.aimux.daemon``.

launchd knows success and failure and no other exit codes, so a daemon with a bad configuration ends with
0 there (``cli.daemon``) instead of being started every ten seconds.  ``bootout`` returns before the
agent is gone; to bootstrap it in that moment fails.
"""

from __future__ import annotations

import os
import plistlib
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from aimux.config.paths import Paths, make_private_folder
from aimux.daemon.service.kinds import (
    Installed,
    State,
    Wishes,
    environment,
    program,
)
from aimux.errors import ServiceFailed
from aimux.resources import folder

LABEL: Final = "io.aimux.daemon"
LIMIT_S: Final = 200.0
GONE_S: Final = 150.0
"""How long an agent may take to be gone: its open requests finish first."""
_POLL_S: Final = 0.1
_MARGIN_S: Final = 20


@dataclass(frozen=True, slots=True)
class Launchd:
    """The agent of one home, in the session of the user."""

    paths: Paths
    environ: Mapping[str, str]
    manager: str = "launchd"
    hands_over: bool = False

    @property
    def path(self) -> Path:
        """The agent."""
        return Path(self.environ["HOME"]) / "Library" / "LaunchAgents" / f"{LABEL}.plist"

    @property
    def _domain(self) -> str:
        return f"gui/{os.getuid()}"

    @property
    def _target(self) -> str:
        return f"{self._domain}/{LABEL}"

    def plist(self, wishes: Wishes) -> dict[str, Any]:
        """The agent as a dictionary."""
        template = folder("service-templates") / f"{LABEL}.plist"
        agent: dict[str, Any] = plistlib.loads(template.read_bytes())
        output = str(self.paths.logs / "daemon.out")
        agent["ProgramArguments"] = [*program(self.environ), "start", "--foreground"]
        agent["EnvironmentVariables"] = environment(self.paths)
        agent["ExitTimeOut"] = int(wishes.drain_s) + _MARGIN_S
        agent["StandardOutPath"] = agent["StandardErrorPath"] = output
        return agent

    def text(self, wishes: Wishes) -> str:
        """The agent as it is written."""
        return plistlib.dumps(self.plist(wishes), sort_keys=False).decode()

    def serves(self) -> bool:
        """Whether the agent is installed, and for this home."""
        return self._agent().get("EnvironmentVariables") == environment(self.paths)

    def state(self) -> State:
        """How the agent is; without a manager that can be asked, only whether it is installed."""
        if not self.path.exists():
            return State(self.manager, self.path, installed=False, facts={"for_this_home": False})
        match self._agent().get("ProgramArguments"):
            case [str(starts), *_]:
                pass
            case _:
                starts = ""
        facts = {"for_this_home": self.serves()}
        there = State(self.manager, self.path, True, starts, enabled=True, facts=facts)
        try:
            done = self._run("print", self._target)
        except ServiceFailed as problem:
            return replace(there, state="unknown", says=problem.message)
        if done.returncode:
            return replace(there, state="not loaded")
        lines = (line.strip().partition(" = ") for line in done.stdout.splitlines())
        shown = {key: value for key, separator, value in lines if separator}
        pid = shown.get("pid", "")
        return replace(
            there,
            state=shown.get("state", "unknown"),
            pid=int(pid) if pid.isdigit() else None,
            restarts=max(0, int(shown.get("runs", "1")) - 1),
        )

    def _agent(self) -> dict[str, Any]:
        """What the installed file says; empty where there is none that can be read."""
        try:
            agent = plistlib.loads(self.path.read_bytes())
        except (OSError, plistlib.InvalidFileException, ValueError):
            return {}
        return agent if isinstance(agent, dict) else {}

    def install(self, wishes: Wishes) -> Installed:
        """Writes the agent and gives it to launchd, which starts it."""
        if wishes.socket or wishes.linger:
            raise ServiceFailed(
                "launchd agents know neither --socket nor --linger",
                hint="leave them out; the agent starts when you log in",
            )
        make_private_folder(self.paths.logs)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        text = self.text(wishes)
        if not self.path.exists() or self.path.read_text(encoding="utf-8") != text:
            self._boot_out()
            self.path.write_text(text, encoding="utf-8")
            self.path.chmod(0o644)
        if wishes.start:
            self.start()
        return Installed((self.path,), ("it starts when you log in",))

    def uninstall(self) -> tuple[Path, ...]:
        """Ends the agent and takes its file away."""
        if not self.path.exists():
            return ()
        self._boot_out()
        self.path.unlink()
        return (self.path,)

    def start(self) -> None:
        """Loads the agent, which starts it, or starts the one that is loaded."""
        if self._is_loaded():
            self._checked("kickstart", self._target)
            return
        self._checked("enable", self._target)
        self._checked("bootstrap", self._domain, str(self.path))

    def stop(self) -> None:
        """Ends the agent until the next login or start."""
        self._boot_out()

    def restart(self) -> None:
        """Ends the agent's process and starts another."""
        if not self._is_loaded():
            self.start()
            return
        self._checked("kickstart", "-k", self._target)

    def _is_loaded(self) -> bool:
        return self._run("print", self._target).returncode == 0

    def _boot_out(self) -> None:
        """Returns when the agent is gone."""
        if not self._is_loaded():
            return
        self._run("bootout", self._target)
        deadline = time.monotonic() + GONE_S
        while self._is_loaded():
            if time.monotonic() > deadline:
                raise ServiceFailed(f"launchd has not ended {LABEL} after {GONE_S:g} s")
            time.sleep(_POLL_S)

    def _checked(self, *arguments: str) -> None:
        done = self._run(*arguments)
        if done.returncode:
            raise ServiceFailed(
                f"launchctl {arguments[0]} failed: {done.stderr.strip()}",
                hint=f"see more with: launchctl print {self._target}",
            )

    def _run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        try:
            return subprocess.run(
                ["launchctl", *arguments],  # noqa: S607 -- as the user finds it
                env=dict(self.environ),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=LIMIT_S,
                check=False,
            )
        except FileNotFoundError as problem:
            raise ServiceFailed("this machine has no launchctl", hint="aimux start") from problem
        except subprocess.TimeoutExpired as problem:
            raise ServiceFailed(f"launchctl has not ended after {LIMIT_S:g} s") from problem
