"""The processes of a benchmark: the upstream, the floor, and a real daemon in a home of its own."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psutil  # type: ignore[import-untyped]  # it ships no types

from aimux.cli.bench.load import Target
from aimux.vault.secret import Secret

ROOT: Final = Path(__file__).parents[2]
AIMUX: Final = Path(sys.executable).with_name("aimux")
PATIENCE_S: Final = 30.0
KEY: Final = "sk-test-bench"

_CONFIG: Final = """\
version = 1

[server]
port = 0

[logging]
level = "info"

[providers.bench]
format = "anthropic"
base_url = "http://127.0.0.1:{port}"
keys = ["env:BENCH_KEY"]

[providers.chat]
format = "openai-chat"
base_url = "http://127.0.0.1:{port}/v1"
keys = ["env:BENCH_KEY"]

[routing]
default = ["bench/*"]
"""


@dataclass(frozen=True, slots=True)
class Subject:
    """A server under measurement."""

    name: str
    target: Target
    process: psutil.Process

    def cpu_s(self) -> float:
        """Processor time it has used so far."""
        times = self.process.cpu_times()
        return float(times.user + times.system)

    def memory_mb(self) -> float:
        """Resident memory."""
        return float(self.process.memory_info().rss) / 2**20


@contextmanager
def python_server(name: str, *arguments: str) -> Iterator[Subject]:
    """A module of this package as a process; it says its port on its first line."""
    command = [sys.executable, "-m", f"tests.bench.{name}", *arguments]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            yield Subject(name, Target(int(line), Secret(KEY)), psutil.Process(process.pid))
        finally:
            process.terminate()


class Home:
    """A folder with everything of one aimux, and commands run in it."""

    def __init__(self, folder: Path, upstream_port: int) -> None:
        self.folder = folder
        self.environment = {
            **{name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ},
            "HOME": str(folder),
            "AIMUX_HOME": str(folder / "aimux"),
            "BENCH_KEY": KEY,
            "NO_COLOR": "1",
        }
        config = folder / "aimux" / "config.toml"
        config.parent.mkdir(mode=0o700)
        config.write_text(_CONFIG.format(port=upstream_port))
        config.chmod(0o600)

    def aimux(self, *arguments: str) -> str:
        """What a command prints; its complaint as an error when it fails."""
        done = subprocess.run(
            [AIMUX, *arguments],
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"aimux {' '.join(arguments)}: {done.returncode}: {done.stderr}")
        return done.stdout

    def seconds(self, *arguments: str) -> float:
        """Wall time of a command."""
        start = time.perf_counter()
        self.aimux(*arguments)
        return time.perf_counter() - start


@contextmanager
def home(upstream_port: int) -> Iterator[Home]:
    """A temporary home; a daemon that still runs in it is stopped at the end."""
    with tempfile.TemporaryDirectory(prefix="aimux-bench-") as folder:
        place = Home(Path(folder), upstream_port)
        try:
            yield place
        finally:
            place.aimux("stop", "--now")


def running_daemon(place: Home) -> Subject:
    """The daemon that was started in a home."""
    pid = json.loads(place.aimux("status", "--json"))["pid"]
    words = shlex.split(place.aimux("env", "--shell", "bash").replace("export ", ""), comments=True)
    values = dict(word.rstrip(";").split("=", 1) for word in words if "=" in word)
    port = int(values["AIMUX_URL"].rpartition(":")[2])
    return Subject("aimux", Target(port, Secret(values["AIMUX_TOKEN"])), psutil.Process(pid))
