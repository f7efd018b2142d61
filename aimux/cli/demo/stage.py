"""The stage of the demo, and of what else needs one: a temporary home with a real daemon in it, and how
both go away again.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final

from aimux.config.paths import Paths, find_paths, make_private_folder
from aimux.errors import DaemonError, UserError
from aimux.vault.secret import Secret

if TYPE_CHECKING:
    from psutil import Process  # type: ignore[import-untyped]  # it ships no types

    from aimux.admin.shapes import ExchangeShape

CONFIGURATION: Final = """\
# What aimux demo runs on. A configuration of your own looks much the same.
version = 1

[server]
port = 0                        # any that is free

[providers.demo]
preset = "demo"                 # built in: a provider that needs neither key nor network
keys = []

[routing]
default = ["demo/demo-thinker"] # who answers when no rule matches
"""

START_S: Final = 30.0
"""A start takes half a second; a machine that is busy, or has just come up, may need a lot more."""

_ENDING_S: Final = 2.0
"""How long the daemon may take to end by itself."""

_RECORDED_S: Final = 1.0
"""An exchange is recorded right behind its last byte."""


class Stage:
    """A home and its daemon.  :meth:`close` may be called at any moment, and must be at the end.

    ``command`` is the one whose stage it is.  ``configuration`` is asked for the text of config.toml once
    the stage is open: a process that it starts ends with the stage.
    """

    def __init__(
        self, command: str = "demo", configuration: Callable[[], str] = lambda: CONFIGURATION
    ) -> None:
        self.start_s = 0.0
        """Seconds from the order to start until the daemon was ready."""
        self.url = ""
        self._command = command
        self._configuration = configuration
        self._home: Path | None = None
        self._others: set[int] = set()
        self._environment: dict[str, str] = {}

    def open(self) -> None:
        """Makes the home and starts the daemon.

        Raises:
            AimuxError: it did not start; :meth:`close` clears away what there is.
        """
        from aimux.daemon.launch import start_daemon

        self._others = {child.pid for child in _children()}
        self._home = self._new_home()
        self._move_in(self._home)
        began = time.monotonic()
        status = start_daemon(self._paths, overrides={"server.port": 0}, wait_s=START_S)
        self.start_s = time.monotonic() - began
        self.url = f"http://{status['address']}"

    @property
    def client_token(self) -> Secret:
        """What a client has to show to this daemon."""
        from aimux.vault.tokens import read_token

        token = read_token(self._paths.client_token)
        if token is None:
            raise DaemonError(f"the daemon made no client token at {self._paths.client_token}")
        return token

    def exchange(self, request_id: str) -> ExchangeShape:
        """What the daemon recorded of an exchange that has just ended.

        Raises:
            DaemonError: it has gone away in the meantime.
        """
        from aimux.admin.client import AdminClient

        deadline = time.monotonic() + _RECORDED_S
        try:
            client = AdminClient.connect(self._paths)
            while (found := client.exchange(request_id))["outcome"] == "open":
                if time.monotonic() > deadline:
                    break
                time.sleep(0.01)
        except DaemonError as problem:
            raise DaemonError(
                "the daemon went away before it told what became of the request",
                hint=f"try again: aimux {self._command}",
            ) from problem
        return found

    def close(self) -> None:
        """Ends the daemon and removes the home; does nothing the second time."""
        if self._home is None:
            return
        self._end_daemon()
        shutil.rmtree(self._home, ignore_errors=True)
        self._move_out()
        self._home = None

    # ------------------------------------------------------------ inside

    @property
    def _paths(self) -> Paths:
        return find_paths({"AIMUX_HOME": str(self._home)})

    def _move_in(self, home: Path) -> None:
        """Hides the person's own settings from this process, and writes the configuration."""
        ours = [name for name in os.environ if name.startswith("AIMUX_") and name != "AIMUX_DEBUG"]
        self._environment = {name: os.environ.pop(name) for name in ours}
        os.environ["AIMUX_HOME"] = str(home)
        text = self._configuration()
        try:
            make_private_folder(home)
            (home / "config.toml").write_text(text, encoding="ascii")
        except OSError as problem:
            reason = f"{str(home)!r} cannot be written: {problem.strerror}"
            raise self._no_room(reason) from problem

    def _move_out(self) -> None:
        os.environ.pop("AIMUX_HOME", None)
        os.environ.update(self._environment)

    def _end_daemon(self) -> None:
        """Ends what was started since :meth:`open`, and takes it off the process table.

        By signal, not by asking: a daemon that is only just being born, or hangs, cannot be asked.
        """
        import psutil

        left = [child for child in _children() if child.pid not in self._others]
        for end in (psutil.Process.terminate, psutil.Process.kill):
            for child in left:
                with contextlib.suppress(psutil.NoSuchProcess):
                    end(child)
            _, left = psutil.wait_procs(left, timeout=_ENDING_S)

    def _new_home(self) -> Path:
        """A name for a folder that does not exist yet: known before the folder is made, so that no
        signal can come between its making and our knowing of it.
        """
        try:
            return Path(tempfile.gettempdir()) / f"aimux-{self._command}-{secrets.token_hex(8)}"
        except FileNotFoundError as problem:
            raise self._no_room(
                "there is no folder for temporary files that can be written"
            ) from problem

    def _no_room(self, message: str) -> UserError:
        return UserError(message, hint=f"name another folder: TMPDIR=~/tmp aimux {self._command}")


def _children() -> list[Process]:
    """The processes that this one has started and that have not ended."""
    import psutil

    return list(psutil.Process().children())
