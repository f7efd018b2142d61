"""However a command ends, a person is told in words and a script gets its code."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from aimux.cli.guarded import INTERRUPTED, guarded
from aimux.errors import AimuxError, ConfigError, KeyMissing, NotRunning, Problem, UsageError
from tests.support.command import clean_environment


@pytest.mark.parametrize(
    ("raised", "code", "words"),
    [
        (UsageError("what", hint="do this"), 2, ["error: what", "hint: do this"]),
        (NotRunning("not there"), 3, ["error: not there"]),
        (KeyMissing("no key"), 4, ["error: no key"]),
        (
            ConfigError((Problem("f", 2, 3, "a.b", "is wrong", "x, y", "x"),)),
            2,
            ["1 problem", "f:2:3: a.b: is wrong (allowed: x, y); did you mean 'x'?"],
        ),
        (KeyboardInterrupt(), INTERRUPTED, []),
        (BrokenPipeError(), 0, []),
        (PermissionError(13, "Permission denied", "/x"), 1, ["'/x': Permission denied"]),
        (OSError("odd"), 1, ["the system refuses: odd"]),
        (RuntimeError("oops"), 1, ["aimux has a bug: RuntimeError: oops", "AIMUX_DEBUG=1"]),
    ],
)
def test_each_failure_has_its_code_and_words(
    raised: BaseException, code: int, words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """Never a traceback."""

    def command() -> int:
        raise raised

    ended = guarded(command)

    said = capsys.readouterr().err
    assert ended == code
    assert all(each in said for each in words)
    assert "Traceback" not in said


def test_a_bug_shows_its_traceback_when_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """For whoever mends it."""
    monkeypatch.setenv("AIMUX_DEBUG", "1")

    def command() -> int:
        raise RuntimeError("oops")

    with pytest.raises(RuntimeError):
        guarded(command)


def test_success_is_the_commands_own_code() -> None:
    """Nothing is added."""
    assert guarded(lambda: 7) == 7
    assert issubclass(UsageError, AimuxError)


@pytest.mark.parametrize(
    ("redirection", "code", "words"),
    [
        (">&-", 0, ""),
        (">&- 2>&-", 0, ""),
        (">/dev/full", 1, "No space left on device"),
        ("| true", 0, ""),
    ],
)
def test_a_stdout_that_takes_nothing(
    redirection: str, code: int, words: str, tmp_path: Path
) -> None:
    """Closed, full, or a pipe that nobody reads: no bug, no traceback."""
    line = f"'{sys.executable}' -m aimux config schema {redirection}"
    ended = subprocess.run(
        ["/bin/sh", "-c", line],
        env=clean_environment(tmp_path),
        capture_output=True,
        text=True,
        check=False,
    )

    assert ended.returncode == code
    assert words in ended.stderr
    assert "bug" not in ended.stderr
    assert "Traceback" not in ended.stderr
