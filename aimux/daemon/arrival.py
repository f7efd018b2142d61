"""What a starting daemon is given: by the command that started it, by the service manager, by the daemon
before it.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, MutableMapping
from dataclasses import dataclass
from typing import Self

from aimux.config.paths import Paths
from aimux.daemon.notify import STORED, Notifier, handed_down
from aimux.daemon.port import bound, is_wanted
from aimux.daemon.ready import ReadyPipe
from aimux.daemon.succession import SUCCEED, Gone, Predecessor
from aimux.errors import StartFailed


@dataclass(frozen=True, slots=True)
class Listeners:
    """Who waits to hear what becomes of us: the command that started us, the service manager.

    Named by the environment and taken out of it, so that no child inherits them.
    """

    pipe: ReadyPipe
    notifier: Notifier
    given: list[tuple[str, socket.socket]]
    """What the manager listens on for us, by name."""
    succeeds: str = ""
    """The drain limit of the daemon that we shall take over from; empty: from none."""
    before: Predecessor | None = None
    """The daemon that we take over from."""

    @classmethod
    def of(cls, environ: MutableMapping[str, str]) -> Self:
        """Those that the environment names."""
        return cls(
            ReadyPipe.inherited(environ),
            Notifier(environ),
            handed_down(environ),
            environ.pop(SUCCEED, ""),
        )

    def predecessor(self, paths: Paths) -> Predecessor | None:
        """The daemon that we shall take over from, if it answers."""
        return Predecessor.asked(paths.handover, self.succeeds) if self.succeeds else None

    def bound(self, host: str, port: int) -> socket.socket:
        """The socket to listen on: of the daemon before us or of the service manager, if theirs is for this
        address; else one of our own, which the manager is asked to keep.

        Raises:
            PortInUse, DaemonError: the address is not to be had.
        """
        if self.before:
            if is_wanted(self.before.listening, host, port):
                return self.before.listening
            self.before.listening.close()
        found: socket.socket | None = None
        for name, given in self.given:
            if found is None and is_wanted(given, host, port):
                found = given
                continue
            given.close()
            if name == STORED:
                self.notifier.unstore()  # for an address that is not the configuration's any more
        if found is None:
            found = bound(host, port)
            self.notifier.store(found)
        return found

    def begin_taking_over(self) -> None:
        """What the daemon before us remembers can be read then.

        Raises:
            StartFailed: it has ended, or another took over from it.
        """
        if self.before:
            _done(self.before.yielding)

    def take_over(self, listening: socket.socket) -> None:
        """The daemon before us listens no more then, and the service manager hears us.

        Raises:
            StartFailed: it has ended, or another took over from it.
        """
        if self.before:
            _done(self.before.taken)
            if listening is not self.before.listening:
                self.notifier.unstore()
                self.notifier.store(listening)


def _done(step: Callable[[], None]) -> None:
    try:
        step()
    except Gone as problem:
        raise StartFailed(
            f"the daemon that ran did not hand over: {problem}", hint="aimux restart"
        ) from problem
