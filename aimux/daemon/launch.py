"""Starting the daemon from a command: spawn, wait for the ready pipe, tell what happened.

The configuration is validated here first, so that its problems are shown at once and nothing is
started.  The child belongs to nobody: its own session, no terminal, its output in ``daemon.out``.
"""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from aimux.admin.client import AdminClient
from aimux.admin.presence import Presence, is_alive, is_held, read_presence
from aimux.admin.problems import error_from
from aimux.admin.shapes import StatusShape
from aimux.config.load import load_config
from aimux.config.paths import Paths, make_private_folder
from aimux.daemon.ready import READY_FD
from aimux.daemon.service.found import serving
from aimux.daemon.service.kinds import Service, environment
from aimux.errors import (
    AimuxError,
    AlreadyRunning,
    DaemonError,
    InternalError,
    StartFailed,
    TimedOut,
    UsageError,
)

LAST_LINES: Final = 20
OUTPUT_LIMIT_BYTES: Final = 2**20
"""``daemon.out`` holds what dying daemons said; beyond this it begins anew."""

PORT: Final = "server.port"
NO_MORE: Final[Mapping[str, str]] = {}


class LaunchShape(StatusShape):
    """The daemon's status after ``start``, and whether it had been running before.

    ``not_applied`` names the options that a daemon which was already running did not take over;
    ``service`` is the manager that runs it, where one does.
    """

    already_running: bool
    not_applied: list[str]
    service: str | None


def start_daemon(
    paths: Paths, *, overrides: Mapping[str, object] | None = None, wait_s: float = 10.0
) -> LaunchShape:
    """Starts the daemon of this home and returns when it answers; one that runs is left as it is.

    Where a service is installed for this home, its manager starts it.  ``overrides`` are settings that
    stand above the file, by dotted key.

    Raises:
        ConfigError: the configuration has problems; nothing was started.
        UsageError: there are overrides, which a service cannot follow.
        ServiceFailed: its manager could not start it.
        PortInUse: another program has the address.
        StartFailed: it ended before it was ready; its own reason.
        TimedOut: it is not ready after ``wait_s``; it goes on trying.
    """
    overrides = overrides or {}
    load_config(paths.config, environ=os.environ, overrides=overrides)
    deadline = time.monotonic() + wait_s
    if is_held(paths.lock):
        return _running(paths, overrides, deadline)
    service = service_for(paths, overrides)
    if service is not None:
        service.start()
        return found_running(paths, wait_s)
    attempt = Attempt.spawned(paths, overrides)
    try:
        attempt.wait_ready(wait_s)
    except AlreadyRunning:
        return _running(paths, overrides, deadline)  # somebody else was quicker
    return found_running(paths, wait_s)


def service_for(paths: Paths, overrides: Mapping[str, object]) -> Service | None:
    """The service that runs the daemon of this home, if there is one.

    Raises:
        UsageError: an option was given that it cannot follow.
    """
    service = serving(paths)
    if service is not None and overrides:
        raise UsageError(
            f"aimux is run by {service.manager}, which gives it no options",
            hint="aimux config set server.port PORT, then: aimux restart",
        )
    return service


class SuccessionShape(LaunchShape):
    """A daemon that has taken over: from which process, and how many requests that one still answers."""

    replaced_pid: int
    finishing: int


def succeed_daemon(
    paths: Paths,
    *,
    overrides: Mapping[str, object],
    wait_s: float,
    drain_s: float | None,
    spawned_by_it: bool = False,
) -> SuccessionShape | None:
    """Lets a new daemon take over from the one that runs, which finishes what it has open.

    None if that one cannot be followed without a gap: there is none, it is of an earlier version, or it
    does not answer.  ``spawned_by_it``: it starts the new one itself, where a service manager has put it,
    and goes by the configured limit unless ``drain_s`` is 0.

    Raises:
        StartFailed, PortInUse, ConfigError: the new one's own reason; the old one goes on.
        TimedOut: it is not ready after ``wait_s``.
    """
    try:
        before = AdminClient.connect(paths)
        finishing = before.status()["in_flight"]
    except DaemonError:
        return None
    if not paths.handover.exists():
        return None
    old = before.presence
    if spawned_by_it:
        os.kill(old.pid, signal.SIGUSR2)
        _wait_followed(paths, old, wait_s)
        if drain_s == 0 and is_alive(old):
            os.kill(old.pid, signal.SIGTERM)  # it is ending: another signal means at once
    else:
        from aimux.daemon.succession import CONFIGURED, SUCCEED  # asyncio: a start needs none

        drain = CONFIGURED if drain_s is None else str(drain_s)
        attempt = Attempt.spawned(paths, overrides, {SUCCEED: drain})
        try:
            attempt.wait_ready(wait_s)
        except AlreadyRunning:
            return None  # it has not handed over
    found = found_running(paths, wait_s)
    return {**found, "replaced_pid": old.pid, "finishing": finishing}


def _wait_followed(paths: Paths, old: Presence, wait_s: float) -> None:
    deadline = time.monotonic() + wait_s
    while (now := read_presence(paths)) is None or now.instance == old.instance:
        if time.monotonic() > deadline:
            raise TimedOut(
                f"no other daemon has taken over after {wait_s:g} s; aimux (pid {old.pid}) goes on",
                hint="see why with: aimux logs",
            )
        time.sleep(0.05)


def found_running(paths: Paths, wait_s: float) -> LaunchShape:
    """The daemon that has just been started, once it answers.

    Raises:
        TimedOut: it does not, within ``wait_s``.
    """
    return _launched(paths, time.monotonic() + wait_s, already_running=False)


def _running(paths: Paths, overrides: Mapping[str, object], deadline: float) -> LaunchShape:
    found = _launched(paths, deadline, already_running=True)
    return {**found, "not_applied": _ignored(found["address"], overrides)}


def _launched(paths: Paths, deadline: float, *, already_running: bool) -> LaunchShape:
    service = serving(paths)
    return {
        **_status_by(paths, deadline),
        "already_running": already_running,
        "not_applied": [],
        "service": service.manager if service else None,
    }


def _status_by(paths: Paths, deadline: float) -> StatusShape:
    """The status of a daemon that may still be starting itself."""
    while True:
        try:
            return AdminClient.connect(paths).status()
        except TimedOut:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


def _ignored(address: str, overrides: Mapping[str, object]) -> list[str]:
    """The options that a running daemon does not follow, as they were typed."""
    same_port = (0, int(address.rpartition(":")[2]))
    return [
        f"--port {value}" if key == PORT else f"{key} = {value}"
        for key, value in overrides.items()
        if not (key == PORT and value in same_port)
    ]


@dataclass(slots=True)
class Attempt:
    """One daemon that was started and has not said yet what became of it."""

    process: subprocess.Popen[bytes]
    pipe: int
    output: Path
    output_from: int
    log: Path

    @classmethod
    def spawned(
        cls, paths: Paths, overrides: Mapping[str, object], more: Mapping[str, str] = NO_MORE
    ) -> Attempt:
        """Starts the process, with ``more`` in its environment.

        Raises:
            StartFailed: its log folder cannot be written, or there is no Python.
        """
        output = paths.logs / "daemon.out"
        try:
            sink, begins = _opened(output)
        except OSError as problem:
            raise StartFailed(
                f"{str(output)!r} cannot be written: {problem.strerror}",
                hint="the folder must be yours, and its disk not full",
            ) from problem
        reading, writing = os.pipe()
        try:
            process = subprocess.Popen(
                _command(overrides),
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=sink,
                cwd="/",
                env={**_environment(paths, overrides, writing), **more},
                pass_fds=(writing,),
                start_new_session=True,
            )
        except OSError as problem:
            os.close(reading)
            raise StartFailed(
                f"{sys.executable!r} cannot be started: {problem.strerror}",
                hint="is the Python that aimux was installed with still there?",
            ) from problem
        finally:
            os.close(writing)
            os.close(sink)
        return cls(process, reading, output, begins, paths.log)

    def wait_ready(self, wait_s: float) -> None:
        """Returns when the daemon answers.

        Raises:
            AlreadyRunning: another one was quicker.
            StartFailed, PortInUse, ConfigError: its own reason.
            TimedOut: it says nothing; it is left to go on.
        """
        try:
            line = self._line(wait_s)
        finally:
            os.close(self.pipe)
        if line:
            told = json.loads(line)
            self._forget()
            if not told["ready"]:
                raise _reason(told)
            return
        raise self._death()

    def _line(self, wait_s: float) -> bytes:
        """What came through the pipe up to the line's end; nothing if the process is dead."""
        deadline = time.monotonic() + wait_s
        content = b""
        while not content.endswith(b"\n"):
            left_s = deadline - time.monotonic()
            if left_s <= 0 or not select.select([self.pipe], [], [], left_s)[0]:
                self._forget()
                raise TimedOut(
                    f"aimux (pid {self.process.pid}) is not ready after {wait_s:g} s; it goes on",
                    hint=f"look again with: aimux status; its log is {str(self.log)!r}",
                )
            piece = os.read(self.pipe, 65536)
            if not piece:
                return b""
            content += piece
        return content

    def _death(self) -> StartFailed:
        code = self.process.wait()
        how = f"signal {-code}" if code < 0 else f"exit code {code}"
        said = self._last_lines()
        text = f"aimux ended before it was ready ({how})"
        if said:
            text += "; the last it said:\n" + "\n".join(f"    {line}" for line in said)
        return StartFailed(text, hint=f"its log is {str(self.log)!r}")

    def _last_lines(self) -> list[str]:
        """The end of what this attempt printed; earlier attempts stand above it in the file."""
        with self.output.open("rb") as file:
            file.seek(self.output_from)
            lines = file.read().decode("utf-8", "replace").splitlines()
        return lines[-LAST_LINES:]

    def _forget(self) -> None:
        """The child is meant to outlive us: Popen must not warn of it when it is collected."""
        self.process.returncode = 0


def _opened(output: Path) -> tuple[int, int]:
    """The file of the child's output and the size it has now."""
    make_private_folder(output.parent)
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
    sink = os.open(output, flags, 0o600)
    size = os.fstat(sink).st_size
    if size > OUTPUT_LIMIT_BYTES:
        os.ftruncate(sink, 0)
        size = 0
    return sink, size


def _command(overrides: Mapping[str, object]) -> list[str]:
    # -P: a module in the folder where the command was typed is not taken for one of Python's
    command = [sys.executable, "-P", "-m", "aimux", "start", "--foreground"]
    if PORT in overrides:
        command += ["--port", str(overrides[PORT])]
    return command


def _environment(paths: Paths, overrides: Mapping[str, object], pipe: int) -> dict[str, str]:
    """Ours, with exactly these paths; settings that have no option travel as variables."""
    settings = {
        "AIMUX_" + key.upper().replace(".", "__"): _text(value)
        for key, value in overrides.items()
        if key != PORT
    }
    return {
        **os.environ,
        **environment(paths),
        READY_FD: str(pipe),
        **settings,
    }


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _reason(told: Mapping[str, Any]) -> AimuxError:
    """What the child said; a reason without a kind of its own is a failed start."""
    problem = error_from(told)
    if problem.code == AlreadyRunning.code:
        return AlreadyRunning(problem.message)
    if type(problem) in {DaemonError, InternalError}:
        return StartFailed(problem.message, hint=problem.hint)
    return problem
