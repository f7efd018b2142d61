"""The ready pipe: how a daemon tells the command that started it that it is ready, or why not.

The parent hands down the writing end as ``AIMUX_READY_FD``.  One line of JSON comes back:
``{"ready": true, ...}`` with the address, or ``{"ready": false, "error": {...}}`` with the reason.
The end of the pipe without a line means that the process died before it could say anything.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Mapping, MutableMapping
from typing import Final

from aimux.admin.problems import error_shape
from aimux.errors import AimuxError

READY_FD: Final = "AIMUX_READY_FD"


class ReadyPipe:
    """The writing end; without one, everything is said to nobody."""

    def __init__(self, descriptor: int | None) -> None:
        self._descriptor = descriptor

    @classmethod
    def inherited(cls, environ: MutableMapping[str, str]) -> ReadyPipe:
        """The end named by the environment, which then names it no longer.

        It is kept from children: one that lives on would keep the parent waiting.
        """
        named = environ.pop(READY_FD, "")
        if not named.isdigit():
            return cls(None)
        try:
            os.set_inheritable(int(named), False)
        except OSError:
            return cls(None)
        return cls(int(named))

    @property
    def is_open(self) -> bool:
        """Whether somebody waits to hear."""
        return self._descriptor is not None

    def ready(self, facts: Mapping[str, object]) -> None:
        """Says that the daemon answers."""
        self._say({"ready": True, **facts})

    def failed(self, problem: AimuxError) -> None:
        """Says why there will be no daemon; after ``ready`` it says nothing."""
        self._say({"ready": False, **error_shape(problem)})

    def _say(self, line: Mapping[str, object]) -> None:
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is None:
            return
        with contextlib.suppress(OSError):  # the parent may have stopped waiting
            os.write(descriptor, (json.dumps(line) + "\n").encode())
        os.close(descriptor)
