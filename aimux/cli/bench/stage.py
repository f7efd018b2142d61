"""The stage of ``aimux bench``: the demo's, with another provider in a process of its own."""

from __future__ import annotations

import select
import subprocess
import sys
from typing import Final

from aimux.cli.demo.stage import START_S, Stage
from aimux.errors import StartFailed

CONFIGURATION: Final = """\
# What aimux bench measures. Everything but the two providers is as it is by default.
version = 1

[server]
port = 0                        # any that is free

[providers.bench]
format = "anthropic"
base_url = "http://127.0.0.1:{port}"
keys = []

[providers.chat]                # the same one in another format
format = "openai-chat"
base_url = "http://127.0.0.1:{port}/v1"
keys = []

[routing]
default = ["bench/*"]
"""

_ENDING_S: Final = 2.0
"""How long the provider may take to end by itself."""


class ProviderProcess:
    """The provider.  It ends when its stdin does, and so also when this process is killed."""

    def __init__(self) -> None:
        self.port = 0
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> int:
        """Starts it; the port where it answers.

        Raises:
            StartFailed: it does not.
        """
        # -P: a module in the folder where the command was typed is not taken for one of Python's;
        # a session of its own: Ctrl-C is for us alone
        command = [sys.executable, "-P", "-m", "aimux.cli.bench.provider"]
        try:
            self._process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
            )
        except OSError as problem:
            raise _not_started(f"{sys.executable!r} cannot be started: {problem}") from problem
        self.port = self._told_port(self._process)
        return self.port

    def close(self) -> None:
        """Ends it, if it was ever started."""
        process, self._process = self._process, None
        if process is None:
            return
        with process:  # closes the pipes, and waits
            try:
                process.communicate(timeout=_ENDING_S)
            except subprocess.TimeoutExpired:
                process.kill()

    def _told_port(self, process: subprocess.Popen[bytes]) -> int:
        told = process.stdout
        if told is None or not select.select([told], [], [], START_S)[0]:
            raise _not_started(f"the provider says nothing after {START_S:g} s")
        line = told.readline()
        if not line.strip().isdigit():
            raise _not_started("the provider ended before it was ready")
        return int(line)


def bench_stage(provider: ProviderProcess) -> Stage:
    """A stage whose daemon knows the provider, which is started when the stage is opened."""
    return Stage("bench", lambda: CONFIGURATION.format(port=provider.start()))


def _not_started(message: str) -> StartFailed:
    return StartFailed(message, hint="try again: aimux bench")
