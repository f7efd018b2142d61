"""A real systemd user manager of our own, without systemd as the first process.

It has its own home and its own folder of sockets; units of the machine are not touched.  What it needs
of the machine is the folder by which programs know that systemd is there; root makes it, and it stays:
tests that run beside each other need it as well.
"""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.parts import need
from tests.support.patience import PATIENCE_S

MANAGER = Path("/lib/systemd/systemd")
BOOTED = Path("/run/systemd/system")
ROOMS = tuple(Path("/run/systemd") / name for name in ("unit-root", "propagate", "incoming"))
"""What mounts of a unit's own need; a machine that was booted has them."""


@dataclass(frozen=True, slots=True)
class UserManager:
    """The manager; ``environ`` leads commands to it."""

    environ: dict[str, str]

    def systemctl(self, *arguments: str) -> str:
        """What a command says, whatever its exit code."""
        command = ["systemctl", "--user", "--no-pager", *arguments]
        done = subprocess.run(
            command,
            env=self.environ,
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE_S,
        )
        return (done.stdout + done.stderr).strip()

    def shown(self, name: str, unit: str = "aimux.service") -> str:
        """One property of a unit."""
        return self.systemctl("show", unit, f"--property={name}", "--value")


@contextmanager
def user_manager(home: Path, runtime: Path) -> Iterator[UserManager]:
    """Runs one as long as the block lasts."""
    need("systemd-analyze", "systemd")
    try:
        BOOTED.mkdir(parents=True, exist_ok=True)
        rooms = _rooms(runtime.parent.name)
    except PermissionError:
        pytest.skip("needs root: a folder in /run and a control group are made")
    for each in ROOMS:
        each.mkdir(exist_ok=True)
    runtime.mkdir(mode=0o700)
    kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
    environ = {**kept, "HOME": str(home), "XDG_RUNTIME_DIR": str(runtime)}
    manager = UserManager(environ)
    entering = [
        'for room do echo $$ >"$room/cgroup.procs" || exit 9; done',
        f"exec {MANAGER} --user",
    ]
    process = subprocess.Popen(
        ["/bin/sh", "-c", "\n".join(entering), "sh", *map(str, rooms)],
        env=environ,
        stderr=subprocess.DEVNULL,
    )
    try:
        deadline = time.monotonic() + PATIENCE_S
        while manager.systemctl("is-system-running") not in {"running", "degraded"}:
            assert time.monotonic() < deadline, "the user manager does not come up"
            time.sleep(0.05)
        yield manager
    finally:
        manager.systemctl("exit")
        try:
            process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        for room in rooms:
            for each in sorted(room.rglob("*/"), key=lambda path: -len(path.parts)):
                each.rmdir()
            room.rmdir()


def _rooms(name: str) -> list[Path]:
    """A control group of its own in each hierarchy that systemd uses: two managers in one would each take
    the other's processes for left-overs.
    """
    made = []
    for line in Path("/proc/self/cgroup").read_text().splitlines():
        number, names, path = line.split(":", 2)
        if number != "0" and names != "name=systemd":
            continue
        for top in ("unified", "") if number == "0" else ("systemd",):
            room = Path("/sys/fs/cgroup", top, path.lstrip("/"), name)
            if (room.parent / "cgroup.procs").exists():
                room.mkdir()
                made.append(room)
                break
    return made
