"""What every kind of service has in common."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from aimux.config.paths import Paths


@dataclass(frozen=True, slots=True)
class Wishes:
    """What ``service install`` was asked for.

    ``address`` is host:port of the configuration, ``drain_s`` how long its stop may take;
    ``programs`` says whether keys are read by programs, which may write anywhere in the home.
    """

    address: str
    drain_s: float
    start: bool = True
    linger: bool = False
    socket: bool = False
    programs: bool = False


@dataclass(frozen=True, slots=True)
class Installed:
    """Which files there are now, and what the person should know."""

    files: tuple[Path, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class State:
    """How the service is; ``says`` is its own last word on itself."""

    manager: str
    path: Path
    installed: bool
    program: str = ""
    """What its file starts; empty where the file says nothing of the kind."""
    enabled: bool = False
    state: str = "not installed"
    pid: int | None = None
    restarts: int = 0
    says: str = ""
    facts: Mapping[str, object] = field(default_factory=dict)
    """What only this kind of manager has."""

    @property
    def is_active(self) -> bool:
        """Whether the manager has a process of it."""
        return self.pid is not None


class Service(Protocol):
    """One manager of services, for one home.

    Every method raises ServiceFailed when the manager refuses, with its own reason.
    """

    @property
    def manager(self) -> str:
        """Its name for people: ``systemd``."""
        ...

    @property
    def hands_over(self) -> bool:
        """Whether another process may become the daemon under it, while the old one still lives."""
        ...

    def text(self, wishes: Wishes) -> str:
        """What would be installed."""
        ...

    def install(self, wishes: Wishes) -> Installed:
        """Writes, enables and starts it; what is right already is left as it is."""
        ...

    def uninstall(self) -> tuple[Path, ...]:
        """Stops it and takes its files away; which ones there were."""
        ...

    def state(self) -> State:
        """How it is."""
        ...

    def serves(self) -> bool:
        """Whether it is installed, and for this home."""
        ...

    def start(self) -> None:
        """Starts it; returns when it is ready."""
        ...

    def stop(self) -> None:
        """Ends it, and what would start it again."""
        ...

    def restart(self) -> None:
        """Ends it and starts it anew."""
        ...


def program(environ: Mapping[str, str], argv: Sequence[str] = ()) -> list[str]:
    """The command that stays right over upgrades: the link that installers put on the path, before the
    script of a virtual environment, before the interpreter.
    """
    begun = Path((argv or sys.argv)[0])
    home = Path(environ.get("HOME", "/nonexistent"))
    beside = Path(sys.executable).with_name("aimux")
    linked = home / ".local" / "bin" / "aimux"
    candidates = [begun] if begun.is_absolute() and begun.name == "aimux" else []
    if linked.exists() and linked.resolve() == beside.resolve():
        candidates.append(linked)
    for each in (*candidates, beside):
        if os.access(each, os.X_OK) and each.is_file():
            return [str(each)]
    return [sys.executable, "-P", "-m", "aimux"]


def environment(paths: Paths) -> dict[str, str]:
    """The variables that lead the daemon to exactly this home."""
    return {
        "AIMUX_HOME": str(paths.state),
        "AIMUX_CONFIG": str(paths.config),
        "PYTHONUNBUFFERED": "1",
    }
