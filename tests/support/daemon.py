"""A real daemon in a home of its own, driven by the real command.

    def test_it_answers(home):
        home.configure(upstream.url)
        home.start()
        answer = home.request("POST", "/v1/messages", {...})

Every process that a test starts is ended by the fixture, however the test ends.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from aimux.admin.client import AdminClient
from aimux.admin.presence import Presence, is_held, read_presence
from aimux.config.paths import Paths, make_private_folder
from aimux.daemon.ready import READY_FD
from tests.support import forked
from tests.support.patience import PATIENCE_S

_READY = 3
_PATIENTLY = ("--wait", f"{PATIENCE_S:.0f}s")
_OF_A_START = {("start",), ("restart",), ("run",), ("service",)}
"""Commands that start a process, or become one."""

SSE = {"content-type": "application/json", "anthropic-version": "2023-06-01"}


@dataclass
class Home:
    """One AIMUX_HOME and whatever runs in it."""

    folder: Path
    extra: dict[str, str] = field(default_factory=dict)
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def paths(self) -> Paths:
        """Its files."""
        return Paths(config=self.folder / "config.toml", state=self.folder)

    @property
    def environ(self) -> dict[str, str]:
        """A clean environment: nothing of the developer's own aimux, keys or keyring gets in."""
        kept = ("PATH", "LANG", "COVERAGE_PROCESS_START", "COVERAGE_PROCESS_CONFIG", "PYTHONPATH")
        return {
            **{name: os.environ[name] for name in kept if name in os.environ},
            "HOME": str(self.folder),
            "AIMUX_HOME": str(self.folder),
            "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
            **self.extra,
        }

    # ------------------------------------------------------------ configuration

    def write(self, text: str) -> None:
        """Replaces config.toml; the port is any free one unless the text says otherwise."""
        if "[server]" not in text:
            text = f"[server]\nport = 0\n\n{text}"
        self.paths.config.write_text(text, encoding="utf-8")

    def configure(self, url: str, *, key: str | None = "env:TEST_KEY", more: str = "") -> None:
        """One provider ``up`` of Anthropic's format at a fake upstream, and the default route."""
        keys = f"[{json.dumps(key)}]" if key else "[]"
        self.write(
            f'[providers.up]\nformat = "anthropic"\nbase_url = "{url}"\nkeys = {keys}\n\n'
            f'[routing]\ndefault = ["up/*"]\n\n{more}'
        )

    # ------------------------------------------------------------ commands

    def aimux(
        self,
        *arguments: str,
        limit_s: float = 2 * PATIENCE_S,
        extra: Mapping[str, str] | None = None,
    ) -> subprocess.CompletedProcess[str]:
        """Runs a command to its end; a restart is waited for longer than a person would."""
        environ = {**self.environ, **(extra or {})}
        if not _is_fresh(environ) and arguments[:1] not in _OF_A_START:
            return forked.run(arguments, environ, limit_s)
        if arguments[:1] == ("restart",) and "--wait" not in arguments:
            arguments = (*arguments, *_PATIENTLY)
        return subprocess.run(
            [sys.executable, "-m", "aimux", *arguments],
            env=environ,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=limit_s,
            check=False,
        )

    def spawn(self, *arguments: str) -> subprocess.Popen[bytes]:
        """Starts a command and does not wait for it."""
        process = subprocess.Popen(
            [sys.executable, "-m", "aimux", *arguments],
            env=self.environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        self.processes.append(process)
        return process

    def start(self, *arguments: str) -> Presence:
        """Starts the daemon in the background, as ``aimux start`` does; it must succeed."""
        environ = {**self.environ, READY_FD: str(_READY)}
        if _is_fresh(environ):
            done = self.aimux("start", *_PATIENTLY, *arguments)
            assert done.returncode == 0, done.stderr
            return self.presence
        make_private_folder(self.paths.logs)
        (self.paths.logs / "daemon.out").touch(0o600)
        reading, writing = os.pipe()
        with (
            open(os.devnull, "rb") as nothing,  # noqa: PTH123
            (self.paths.logs / "daemon.out").open("ab") as sink,
            os.fdopen(reading, "rb") as pipe,
        ):
            descriptors = {0: nothing.fileno(), 1: sink.fileno(), 2: sink.fileno(), _READY: writing}
            command = ("start", "--foreground", *arguments)
            forked.mother().fork(command, environ, descriptors, session=True).leave()
            os.close(writing)
            told = json.loads(pipe.readline() or "{}")
        assert told.get("ready"), told
        return self.presence

    def stop(self) -> None:
        """Stops the daemon at once, if there is one."""
        self.aimux("stop", "--now")

    # ------------------------------------------------------------ the daemon

    @property
    def presence(self) -> Presence:
        """What the daemon says of itself."""
        found = read_presence(self.paths)
        assert found, "no daemon.json"
        return found

    @property
    def is_running(self) -> bool:
        """Whether a daemon holds the lock."""
        return is_held(self.paths.lock)

    @property
    def admin(self) -> AdminClient:
        """The admin API."""
        return AdminClient.connect(self.paths)

    @property
    def token(self) -> str:
        """The client token."""
        return self.paths.client_token.read_text().strip()

    def signal(self, number: signal.Signals) -> None:
        """Sends a signal to the daemon."""
        os.kill(self.presence.pid, number)

    def connection(self) -> http.client.HTTPConnection:
        """A connection to the gateway."""
        return http.client.HTTPConnection(self.presence.address, timeout=PATIENCE_S)

    @contextlib.contextmanager
    def asking(
        self, body: object, path: str = "/v1/messages"
    ) -> Iterator[http.client.HTTPResponse]:
        """Sends a request and gives its answer, still to be read."""
        with contextlib.closing(self.connection()) as connection:
            headers = {**SSE, "authorization": f"Bearer {self.token}"}
            connection.request("POST", path, json.dumps(body), headers)
            yield connection.getresponse()

    def log(self) -> list[dict[str, Any]]:
        """The lines of the log that have been written whole."""
        if not self.paths.log.exists():
            return []
        whole = self.paths.log.read_text("utf-8").split("\n")[:-1]
        return [json.loads(line) for line in whole]


_AT_IMPORT = ("COVERAGE_PROCESS_START", "COVERAGE_PROCESS_CONFIG", "SSL_CERT_FILE")
"""Variables that are heeded when something is imported."""


def _is_fresh(environ: Mapping[str, str]) -> bool:
    """Whether a process must import everything itself."""
    return any(name in environ for name in _AT_IMPORT)


def until(condition: Callable[[], bool], limit_s: float = PATIENCE_S) -> None:
    """Waits for something that another process does."""
    deadline = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    """A fresh home; what runs in it is ended with the test."""
    made = Home(tmp_path / "home")
    made.folder.mkdir(mode=0o700)
    made.write("")
    yield made
    for process in made.processes:
        if process.poll() is None:
            process.kill()
        process.communicate()
    end(made)


def end(home: Home) -> None:
    """Ends the daemon of a home without waiting for streams; the hard way if it must be."""
    found = read_presence(home.paths)
    for number in (signal.SIGTERM, signal.SIGTERM, signal.SIGKILL):
        if found is None or not home.is_running:
            return
        with contextlib.suppress(ProcessLookupError):
            os.kill(found.pid, number)
        with contextlib.suppress(AssertionError):
            until(lambda: not home.is_running, 2)
