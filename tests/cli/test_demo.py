"""``aimux demo`` as a stranger runs it: the real command, the real daemon, and what is left of them."""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import json
import os
import pty
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import psutil  # type: ignore[import-untyped]  # it ships no types
import pytest

pytestmark = pytest.mark.system

LIMIT_S = 30.0
"""How long anything may take on a busy machine."""

INTERRUPTED = {130, -signal.SIGINT}
"""What a shell calls 130.  CPython ends itself by the signal when an interrupt came up through an
``exec`` of text, as in the making of a dataclass, even if it was caught later; and a second interrupt
may come when the interpreter itself is on its way out.
"""

_PR_SET_CHILD_SUBREAPER = 36


@dataclass
class Theatre:
    """A place of its own for one run: its temporary folder, its user's home, its orphans."""

    folder: Path
    others: frozenset[int]
    started: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def temporary(self) -> Path:
        return self.folder / "tmp"

    @property
    def environ(self) -> dict[str, str]:
        kept = ("PATH", "LANG", "COVERAGE_PROCESS_START", "COVERAGE_PROCESS_CONFIG")
        return {
            **{name: os.environ[name] for name in kept if name in os.environ},
            "HOME": str(self.folder / "home"),
            "TMPDIR": str(self.temporary),
            "TERM": "xterm",
        }

    def start(
        self,
        *arguments: str,
        extra: Mapping[str, str] | None = None,
        stdout: int = subprocess.PIPE,
    ) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            [sys.executable, "-m", "aimux", "demo", *arguments],
            env={**self.environ, **(extra or {})},
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=subprocess.PIPE,
            cwd=self.folder,
        )
        self.started.append(process)
        return process

    def run(self, *arguments: str, extra: Mapping[str, str] | None = None) -> Ran:
        process = self.start(*arguments, extra=extra)
        out, err = process.communicate(timeout=LIMIT_S)
        return Ran(process.returncode, out.decode(), err.decode())

    def sabotage(self, line: str) -> dict[str, str]:
        """Environment in which the daemon (and only it) runs a line of Python before anything."""
        place = self.folder / "site"
        place.mkdir()
        text = f"import sys\nif 'start' in sys.orig_argv:\n    import time\n    {line}\n"
        (place / "sitecustomize.py").write_text(text)
        return {"PYTHONPATH": str(place)}

    def home(self) -> Path | None:
        return next(iter(self.temporary.glob("aimux-demo-*")), None)

    def daemon_pid(self) -> int:
        home = self.home()
        assert home
        return int(json.loads((home / "daemon.json").read_text())["pid"])

    def has(self, name: str) -> bool:
        home = self.home()
        return bool(home and (home / name).exists())

    def orphans(self) -> list[psutil.Process]:
        known = self.others | {process.pid for process in self.started}
        return [child for child in psutil.Process().children() if child.pid not in known]

    def assert_clean(self) -> None:
        """No file, no folder, and no process but those that the test itself has started."""
        assert [child.cmdline() for child in self.orphans()] == []
        assert list(self.temporary.iterdir()) == []
        assert list((self.folder / "home").iterdir()) == []


@dataclass(frozen=True)
class Ran:
    """What a run printed and how it ended."""

    code: int
    out: str
    err: str


@pytest.fixture
def theatre(tmp_path: Path) -> Iterator[Theatre]:
    """Orphans become children of this process (on Linux), where they can be seen and ended."""
    for name in ("tmp", "home"):
        (tmp_path / name).mkdir()
    theatre = Theatre(tmp_path, frozenset(child.pid for child in psutil.Process().children()))
    adopts = sys.platform == "linux"
    if adopts:
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1)
    try:
        yield theatre
    finally:
        for process in theatre.started:
            process.kill()
            process.communicate()
        for child in theatre.orphans():
            with contextlib.suppress(psutil.NoSuchProcess):
                child.kill()
                child.wait(LIMIT_S)
        if adopts:
            ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 0)


def until(happened: Callable[[], object]) -> None:
    deadline = time.monotonic() + LIMIT_S
    while not happened():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.002)


def read_until(process: subprocess.Popen[bytes], text: bytes) -> bytes:
    """Reads what is printed up to a text; the rest stays in the pipe."""
    assert process.stdout
    seen = b""
    while text not in seen:
        piece = os.read(process.stdout.fileno(), 4096)
        assert piece, f"{text!r} was never printed"
        seen += piece
    return seen


def test_in_a_pipe_it_shows_everything_and_leaves_nothing(theatre: Theatre) -> None:
    """Data on stdout without colours or wrapping, words on stderr, exit code 0, no leftovers.

    The settings of a real aimux and a proxy in the environment change nothing.
    """
    began = time.monotonic()
    ran = theatre.run(
        "--prompt",
        'What is "this"?',
        extra={
            "AIMUX_SERVER__PORT": "1",
            "AIMUX_CONFIG": str(theatre.folder / "nowhere.toml"),
            "AIMUX_HOME": str(theatre.folder / "nowhere"),
            "http_proxy": "http://127.0.0.1:9",
            "HTTP_PROXY": "http://127.0.0.1:9",
        },
    )

    assert ran.code == 0, ran.err
    assert time.monotonic() - began < LIMIT_S / 2
    assert 'You asked: "What is "this"?"' in ran.out
    assert "\x1b" not in ran.out + ran.err
    for line in ("provider   demo", "model      demo-thinker", "mode       relay", "tokens     "):
        assert line in ran.out
    assert "no rule matched claude-sonnet-5-5" in ran.out
    assert "first token after" in ran.out
    assert "aimux providers add anthropic" in ran.err
    assert "error" not in ran.err
    theatre.assert_clean()


def test_json_is_the_answer_and_the_figures(theatre: Theatre) -> None:
    """One object, for programs; nothing else on either stream."""
    ran = theatre.run("--json")
    facts = json.loads(ran.out)

    assert (ran.code, ran.err) == (0, "")
    assert facts["provider"] == "demo"
    assert facts["model"] == "demo-thinker"
    assert (facts["mode"], facts["route"], facts["attempts"]) == ("relay", "default", 1)
    assert "I am the demo provider" in facts["answer"]
    assert facts["thinking"]
    said = facts["thinking"], facts["answer"]
    assert facts["output_tokens"] == sum(-(-len(text) // 4) for text in said)
    assert facts["input_tokens"] > 0
    assert 0 < facts["first_token_ms"] < facts["duration_ms"]
    assert facts["request_id"]
    theatre.assert_clean()


@pytest.mark.parametrize("colours", [True, False])
def test_on_a_terminal_of_80_columns(theatre: Theatre, colours: bool) -> None:
    """Wrapped at the terminal's width; thinking dimmed unless NO_COLOR says otherwise."""
    reading, writing = pty.openpty()
    fcntl.ioctl(writing, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    extra = {} if colours else {"NO_COLOR": "1"}
    process = theatre.start(extra=extra, stdout=writing)
    os.close(writing)
    out = b""
    with contextlib.suppress(OSError):  # Linux says EIO when the other end is closed
        while piece := os.read(reading, 4096):
            out += piece
    os.close(reading)
    assert process.wait(LIMIT_S) == 0
    plain = out.decode()
    for code in ("\x1b[2m", "\x1b[36m", "\x1b[0m"):
        plain = plain.replace(code, "")

    assert ("\x1b[2m" in out.decode()) is colours
    assert "\x1b" not in plain
    assert max(len(line.rstrip("\r")) for line in plain.split("\n")) <= 80
    theatre.assert_clean()


MOMENTS: dict[str, Callable[[Theatre, subprocess.Popen[bytes]], object]] = {
    "the home is made": lambda theatre, _: until(theatre.home),
    "the daemon is spawned": lambda theatre, _: until(lambda: theatre.has("logs/daemon.out")),
    "the daemon has its lock": lambda theatre, _: until(lambda: theatre.has("aimux.lock")),
    "the daemon listens": lambda theatre, _: until(lambda: theatre.has("daemon.json")),
    "it thinks": lambda _, process: read_until(process, b"thinking"),
    "it answers": lambda _, process: read_until(process, b"You asked"),
}


@pytest.mark.parametrize("moment", MOMENTS)
def test_ctrl_c_leaves_nothing_behind(theatre: Theatre, moment: str) -> None:
    """At any moment: interrupted, no traceback, no process, no file."""
    process = theatre.start()
    MOMENTS[moment](theatre, process)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=LIMIT_S)

    assert process.returncode in INTERRUPTED
    assert b"Traceback" not in err
    theatre.assert_clean()


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129)], ids=["TERM", "HUP"]
)
def test_so_do_the_other_signals(theatre: Theatre, number: signal.Signals, code: int) -> None:
    """A closed terminal, a stopped service: cleared away, and said with the usual code."""
    process = theatre.start()
    read_until(process, b"answer")
    process.send_signal(number)
    process.communicate(timeout=LIMIT_S)

    assert process.returncode == code
    theatre.assert_clean()


def test_impatience_does_not_stop_the_cleaning(theatre: Theatre) -> None:
    """Ctrl-C again and again, while everything is being cleared away."""
    process = theatre.start()
    read_until(process, b"thinking")
    while process.poll() is None:
        process.send_signal(signal.SIGINT)
        time.sleep(0.005)
    process.communicate()

    assert process.returncode in INTERRUPTED
    theatre.assert_clean()


def test_a_daemon_that_hangs_at_birth_is_ended_by_ctrl_c(theatre: Theatre) -> None:
    """Nobody has to wait for a start that does not come."""
    process = theatre.start(extra=theatre.sabotage("time.sleep(600)"))
    until(lambda: theatre.has("logs/daemon.out"))
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=LIMIT_S)

    assert process.returncode in INTERRUPTED
    theatre.assert_clean()


def test_a_start_that_fails_says_why(theatre: Theatre) -> None:
    """The daemon's own last words, exit code 1, nothing left."""
    ran = theatre.run(extra=theatre.sabotage("raise SystemExit('the stage is on fire')"))

    assert ran.code == 1
    assert "the stage is on fire" in ran.err
    assert "provider" not in ran.out
    theatre.assert_clean()


def test_a_daemon_that_is_killed_is_an_honest_error(theatre: Theatre) -> None:
    """Killed with -9 in the middle of the answer: never a success."""
    process = theatre.start()
    read_until(process, b"answer")
    os.kill(theatre.daemon_pid(), signal.SIGKILL)
    out, err = process.communicate(timeout=LIMIT_S)

    assert process.returncode == 1
    assert b"went away before the answer was whole" in err
    assert b"tokens" not in out
    theatre.assert_clean()


def test_a_broken_pipe_is_no_success_and_leaves_nothing(theatre: Theatre) -> None:
    """``aimux demo | head -1``."""
    process = theatre.start()
    assert process.stdout
    read_until(process, b"you")
    process.stdout.close()
    assert process.stderr
    err = process.stderr.read()

    assert process.wait(LIMIT_S) != 0
    assert b"Traceback" not in err
    assert b"bug" not in err
    theatre.assert_clean()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--prompt", ""], "the prompt is empty"),
        (["--prompt", " \n"], "the prompt is empty"),
        (["--prompt"], "requires an argument"),
        (["hello"], "unexpected extra argument"),
        (["--promt", "x"], "--prompt"),
    ],
)
def test_a_wrong_call_starts_nothing(theatre: Theatre, arguments: list[str], said: str) -> None:
    """Exit code 2 and what was meant."""
    ran = theatre.run(*arguments)

    assert ran.code == 2
    assert said in ran.err
    theatre.assert_clean()


def test_whatever_is_asked_comes_back(theatre: Theatre) -> None:
    """Text of any kind, even bytes that are no text, goes through and drives no terminal."""
    ran = theatre.run("--prompt", "\u65e5\u672c \x1b[2J \udcff \U0001f642 'quoted'")

    assert ran.code == 0, ran.err
    assert "\u65e5\u672c" in ran.out
    assert "\x1b" not in ran.out
    theatre.assert_clean()
