"""A child process has an end."""

import os
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from aimux.vault.child import MAX_OUTPUT_BYTES, Patience, environment_without_keys, run_child
from tests.support.patience import PATIENCE_S

ENVIRON = {"PATH": os.environ["PATH"]}
SOON = Patience(20.0)


def python(code: str) -> list[str]:
    return [sys.executable, "-I", "-c", code]


def test_a_child_is_heard_to_its_end() -> None:
    """Both outputs and the status are there, and stdin was given whole."""
    code = "import sys; d=sys.stdin.read(); print(len(d)); sys.stderr.write('no'); sys.exit(3)"

    outcome = run_child(python(code), ENVIRON, SOON, b"x" * 300_000)

    assert (outcome.end, outcome.status) == ("ended", 3)
    assert (outcome.output, outcome.errors) == (b"300000\n", b"no")


def test_a_child_without_stdin_does_not_wait_for_one() -> None:
    """Its stdin is at its end at once, not the terminal's."""
    outcome = run_child(python("import sys; print(repr(sys.stdin.read()))"), ENVIRON, SOON)

    assert outcome.output == b"''\n"


def test_a_child_that_does_not_listen_is_no_error() -> None:
    """It ends before its stdin is written; what it said counts."""
    outcome = run_child(["/bin/echo", "deaf"], ENVIRON, SOON, b"x" * 2**20)

    assert (outcome.end, outcome.status, outcome.output) == ("ended", 0, b"deaf\n")


def test_a_child_that_takes_too_long_is_killed() -> None:
    """What it had said before is kept."""
    code = "import time; print('begun', flush=True); time.sleep(60)"
    started = time.monotonic()

    outcome = run_child(python(code), ENVIRON, Patience(1.0))

    assert (outcome.end, outcome.status, outcome.output) == ("timeout", -9, b"begun\n")
    assert time.monotonic() - started < PATIENCE_S


def test_the_whole_group_is_killed(tmp_path: Path) -> None:
    """A grandchild does not stay behind and keep the pipes open."""
    outcome = run_child(["/bin/sh", "-c", "sleep 61 & echo $!; wait"], ENVIRON, Patience(0.5))

    assert outcome.end == "timeout"
    assert _is_gone(int(outcome.output))


def test_a_child_that_has_closed_its_pipes_is_still_waited_for() -> None:
    """Silence is not the end."""
    closes = "import os, time; os.close(1); os.close(2); time.sleep({}); os._exit(4)"

    assert run_child(python(closes.format(0.3)), ENVIRON, SOON).status == 4
    assert run_child(python(closes.format(60)), ENVIRON, Patience(0.5)).end == "timeout"


def test_a_grandchild_that_keeps_the_pipes_is_not_waited_for() -> None:
    """Programs start agents that live on; the answer is complete when the child has ended."""
    outcome = run_child(["/bin/sh", "-c", "sleep 62 & echo $!"], ENVIRON, SOON)

    left = psutil.Process(int(outcome.output))
    assert outcome.end == "ended"
    assert left.is_running()
    left.kill()


def test_a_flood_is_stopped() -> None:
    """Output is not collected without end, on either side."""
    for redirect in ("", ">&2"):
        outcome = run_child(["/bin/sh", "-c", f"yes {redirect}"], ENVIRON, SOON)

        assert outcome.end == "flood"
        assert len(outcome.output) + len(outcome.errors) < 2 * MAX_OUTPUT_BYTES


def test_waiting_is_told_once_and_only_when_it_takes_long() -> None:
    """After a second."""
    told: list[float] = []
    started = time.monotonic()
    patience = Patience(2.0, lambda: told.append(time.monotonic() - started))

    run_child(["/bin/echo"], ENVIRON, patience)
    assert told == []
    run_child(["/bin/sleep", "60"], ENVIRON, patience)

    assert len(told) == 1


def test_a_child_is_killed_when_the_wait_is_interrupted(tmp_path: Path) -> None:
    """Ctrl-C at "waiting for the keyring dialog"."""
    note = tmp_path / "pid"

    def interrupt() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_child(
            ["/bin/sh", "-c", f"echo $$ > {note}; exec sleep 63"],
            ENVIRON,
            Patience(20.0, interrupt),
        )

    assert _is_gone(int(note.read_text()))


def test_a_program_that_is_not_there_is_an_oserror() -> None:
    """The caller knows best how to say it."""
    with pytest.raises(FileNotFoundError):
        run_child(["no-such-program-for-tests"], ENVIRON, SOON)


def test_the_environment_of_a_child_holds_no_keys() -> None:
    """By name: vendors' variables, the vault's own, and those that references are read from."""
    environ = {
        "PATH": "/bin",
        "ZAI_API_KEY": "sk-test-1",
        "zai_api_key": "sk-test-2",
        "ANTHROPIC_AUTH_TOKEN": "sk-test-3",
        "AIMUX_VAULT_PASSPHRASE": "hunter2",
        "AIMUX_VAULT_KEY_FILE": "/k",
        "MY_OWN": "sk-test-4",
        "OP_SERVICE_ACCOUNT_TOKEN": "needed by `op read`",
    }

    left = environment_without_keys(environ, frozenset({"MY_OWN"}))

    assert left.keys() == {"PATH", "OP_SERVICE_ACCOUNT_TOKEN"}


def test_an_outcome_does_not_show_what_was_said() -> None:
    """Its repr may end in a traceback."""
    assert "sk-test-canary" not in repr(run_child(["/bin/echo", "sk-test-canary"], ENVIRON, SOON))


def _is_gone(pid: int) -> bool:
    """Whether the process ends within a few seconds."""
    try:
        psutil.Process(pid).wait(PATIENCE_S)
    except psutil.NoSuchProcess:
        return True
    except (psutil.TimeoutExpired, subprocess.TimeoutExpired):
        return False
    return True
