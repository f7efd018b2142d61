"""``aimux demo`` as a stranger runs it: the real command, the real daemon, and what is left of them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.patience import PATIENCE_S
from tests.support.theatre import INTERRUPTED, Theatre, opened, read_until, until

pytestmark = pytest.mark.system


@pytest.fixture
def theatre(tmp_path: Path) -> Iterator[Theatre]:
    with opened("demo", tmp_path) as theatre:
        yield theatre


@pytest.mark.measured
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
    assert time.monotonic() - began < PATIENCE_S / 2
    assert 'You asked: "What is "this"?"' in ran.out
    assert "\x1b" not in ran.out + ran.err
    for line in ("provider   demo", "model      demo-thinker", "mode       relay", "tokens     "):
        assert line in ran.out
    assert "no rule matched claude-sonnet-5-5" in ran.out
    assert "first token after" in ran.out
    assert "aimux run claude" in ran.err
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
    ran = theatre.on_terminal(extra={} if colours else {"NO_COLOR": "1"})
    plain = ran.out
    for code in ("\x1b[2m", "\x1b[36m", "\x1b[0m"):
        plain = plain.replace(code, "")

    assert ran.code == 0
    assert ("\x1b[2m" in ran.out) is colours
    assert "\x1b" not in plain
    assert max(len(line.rstrip("\r")) for line in plain.split("\n")) <= 80
    theatre.assert_clean()


MOMENTS: dict[str, Callable[[Theatre, subprocess.Popen[bytes]], object]] = {
    "the home is made": lambda theatre, _: until(theatre.home),
    "the daemon is spawned": lambda theatre, _: until(lambda: theatre.has("logs/daemon.out")),
    "the daemon has its lock": lambda theatre, _: until(lambda: theatre.has("aimux.lock")),
    "the daemon listens": lambda theatre, _: until(lambda: theatre.has("daemon.json")),
    "it thinks": lambda _, process: read_until(process.stdout, b"thinking"),
    "it answers": lambda _, process: read_until(process.stdout, b"You asked"),
}


@pytest.mark.parametrize("moment", MOMENTS)
def test_ctrl_c_leaves_nothing_behind(theatre: Theatre, moment: str) -> None:
    """At any moment: interrupted, no traceback, no process, no file."""
    process = theatre.start()
    MOMENTS[moment](theatre, process)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=PATIENCE_S)

    assert process.returncode in INTERRUPTED
    assert b"Traceback" not in err
    theatre.assert_clean()


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129)], ids=["TERM", "HUP"]
)
def test_so_do_the_other_signals(theatre: Theatre, number: signal.Signals, code: int) -> None:
    """A closed terminal, a stopped service: cleared away, and said with the usual code."""
    process = theatre.start()
    read_until(process.stdout, b"answer")
    process.send_signal(number)
    process.communicate(timeout=PATIENCE_S)

    assert process.returncode == code
    theatre.assert_clean()


def test_impatience_does_not_stop_the_cleaning(theatre: Theatre) -> None:
    """Ctrl-C again and again, while everything is being cleared away."""
    process = theatre.start()
    read_until(process.stdout, b"thinking")
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
    process.communicate(timeout=PATIENCE_S)

    assert process.returncode in INTERRUPTED
    theatre.assert_clean()


@pytest.mark.measured
def test_a_start_that_fails_says_why(theatre: Theatre) -> None:
    """The daemon's own last words, exit code 1, nothing left."""
    ran = theatre.run(extra=theatre.sabotage("raise SystemExit('the stage is on fire')"))

    assert ran.code == 1
    assert "the stage is on fire" in ran.err
    assert "provider" not in ran.out
    theatre.assert_clean()


@pytest.mark.measured
def test_a_daemon_that_is_killed_is_an_honest_error(theatre: Theatre) -> None:
    """Killed with -9 in the middle of the answer: never a success."""
    process = theatre.start()
    read_until(process.stdout, b"answer")
    os.kill(theatre.daemon_pid(), signal.SIGKILL)
    out, err = process.communicate(timeout=PATIENCE_S)

    assert process.returncode == 1
    assert b"went away before the answer was whole" in err
    assert b"tokens" not in out
    theatre.assert_clean()


def test_a_broken_pipe_is_no_success_and_leaves_nothing(theatre: Theatre) -> None:
    """``aimux demo | head -1``."""
    process = theatre.start()
    assert process.stdout
    read_until(process.stdout, b"you")
    process.stdout.close()
    assert process.stderr
    err = process.stderr.read()

    assert process.wait(PATIENCE_S) != 0
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
