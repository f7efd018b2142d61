"""Where a transcript takes place: a home of its own, a provider that is told what to say, a daemon.

A transcript is run in three ways, each time from the beginning in a place of its own:

    terminal    as it is written
    no-color    NO_COLOR=1: the same without colours
    pipe        stdout of every command goes into a pipe
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Final, Literal

import pytest

from aimux.cli import keyprompt
from aimux.daemon.launch import Attempt
from aimux.daemon.service import found, systemd
from tests.support.daemon import Home, end
from tests.support.patience import PATIENCE_S
from tests.support.upstream import FakeUpstream
from tests.transcripts import screen
from tests.transcripts.script import OUT, Step
from tests.transcripts.words import coloured, steady

Way = Literal["terminal", "no-color", "pipe"]
WAYS: Final[Sequence[Way]] = ("terminal", "no-color", "pipe")

UPSTREAM: Final = "<upstream>"
"""Where the provider is."""
ID: Final = "<id>"
"""The last request that an event has sent, in a command."""


@dataclass(slots=True)
class Stage:
    """One run of a transcript."""

    folder: Path
    upstream: FakeUpstream
    around: contextlib.ExitStack
    way: Way
    variables: dict[str, str] = field(default_factory=dict)
    """What an event has set."""
    last_id: str = ""
    """Of the last request that an event has sent."""

    @property
    def home(self) -> Home:
        """The aimux of this place."""
        return Home(self.folder / "aimux")

    @property
    def environ(self) -> dict[str, str]:
        """The variables of every command; no program of the machine is on its PATH."""
        kept = ("LANG", "PYTHONPATH", "COVERAGE_PROCESS_START", "COVERAGE_PROCESS_CONFIG")
        return {
            **{name: os.environ[name] for name in kept if name in os.environ},
            "HOME": str(self.folder),
            "AIMUX_HOME": str(self.folder / "aimux"),
            "PATH": str(self.folder / "bin"),
            "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
            "TERM": "xterm",
            "COLUMNS": "80",
            "TZ": "UTC",
            **({"NO_COLOR": "1"} if self.way == "no-color" else {}),
            **self.variables,
        }

    def write(self, path: str, content: str) -> None:
        """Puts a file into the home; one that begins as a program does is made one."""
        place = self.folder / path
        place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        place.write_text(self._filled(content), encoding="utf-8")
        place.chmod(0o700 if content.startswith("#!") else 0o600)

    def _filled(self, text: str) -> str:
        return text.replace(UPSTREAM, self.upstream.url).replace(ID, self.last_id)

    def type(self, step: Step) -> list[str]:
        """Runs a command; the lines that are seen, as a transcript has them."""
        line = step.line
        shown = screen.run(
            [self._filled(each) for each in line.arguments],
            {**self.environ, **line.variables},
            answers=step.answers,
            stdin=line.stdin,
            piped=step.is_piped or self.way == "pipe",
        )
        if "--json" in line.arguments:
            check_json(step.typed, shown.text(OUT))
        return self._lines(step, shown)

    def _lines(self, step: Step, shown: screen.Screen) -> list[str]:
        known = {
            str(self.folder): "<home>",
            str(Path(sys.executable).parent): "<bin>",
            self.upstream.url: UPSTREAM,
        }
        live = self.home.paths.daemon.exists() or step.command in {("demo",), ("bench",)}
        lines = [
            (stream, steady(coloured(text), known, live=live)) for stream, text in shown.lines()
        ]
        spaces = [text for _, text in lines if text.endswith(" ")]
        assert not spaces or step.answers, f"{step.typed}: spaces at the end of {spaces[0]!r}"
        if step.most is not None and len(lines) > step.most:
            lines = [*lines[: step.most], (OUT, "...")]
        told = [f"{stream}{text}".rstrip() for stream, text in lines]
        return [*told, *([f"[exit {shown.code}]"] if shown.code else [])]


def check_json(typed: str, text: str) -> None:
    """What ``--json`` prints is one value, or one a line, and nothing else."""
    if not text:
        return
    try:
        json.loads(text)
    except ValueError:
        for line in text.splitlines():
            json.loads(line)
    assert "\x1b" not in text, f"{typed}: colours in JSON"


@contextlib.contextmanager
def opened(way: Way) -> Iterator[Stage]:
    """A stage; whatever runs there is ended with it.

    Its path is as long on every machine, so that what is wrapped is wrapped in the same place.
    """
    with (
        tempfile.TemporaryDirectory(prefix="aimux-", dir="/tmp") as folder,
        FakeUpstream() as upstream,
        contextlib.ExitStack() as around,
    ):
        stage = Stage(Path(folder).resolve(), upstream, around, way)
        stage.home.folder.mkdir(mode=0o700)
        around.callback(end, stage.home)
        around.enter_context(_in(stage.folder))
        patch = around.enter_context(pytest.MonkeyPatch.context())
        patch.setattr(found, "sys", SimpleNamespace(platform="linux"))
        patch.setattr(systemd, "LINGERS", stage.folder / "linger")
        # said after a second, which a busy machine takes to start the process that asks the keyring
        patch.setattr(keyprompt, "_tell_waiting", lambda: None)
        ready = Attempt.wait_ready
        patch.setattr(
            Attempt, "wait_ready", lambda self, wait_s: ready(self, max(wait_s, PATIENCE_S))
        )
        # the command of this shell is this one
        stage.write("bin/aimux", f"#!{sys.executable}\n")
        yield stage


@contextlib.contextmanager
def _in(folder: Path) -> Iterator[None]:
    """Works in a folder, in Greenwich."""
    zone = os.environ.get("TZ")
    with contextlib.chdir(folder):
        os.environ["TZ"] = "UTC"
        time.tzset()
        try:
            yield
        finally:
            os.environ.pop("TZ")
            if zone is not None:
                os.environ["TZ"] = zone
            time.tzset()
