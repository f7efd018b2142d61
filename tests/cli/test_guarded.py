"""However a command ends, a person is told in words and a script gets its code."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from aimux.__main__ import main
from aimux.cli.guarded import INTERRUPTED, asks_for_json, guarded
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


@pytest.mark.parametrize(
    ("typed", "wanted"),
    [
        ("", False),
        ("status", False),
        ("status --json", True),
        ("--json status", True),
        ("why --last --json", True),
        ("run claude-code --json", False),
        ("run -- claude-code --json", False),
        ("models -- --json", False),
        ("models --json -- x", True),
    ],
)
def test_whether_json_is_asked_for(typed: str, wanted: bool) -> None:
    """By the command, not by what it hands on."""
    assert asks_for_json(typed.split()) == wanted


@pytest.mark.parametrize(
    "typed",
    [
        "status --json",
        "why --last --json",
        "why --session s --json",
        "providers show nobody --json",
        "config get server.nothing --json",
        "routes test --json",
        "routes test --model nobody/m --json",
        "alerts test --json",
        "replay ax_1 --json",
        "diff ax_1 ax_2 --json",
        "keys list --jsn --json",
        "nothing --json",
        "import litellm nowhere.yaml --json",
        "usage --since nonsense --json",
        "tokens add x --budget nonsense --json",
        "connect nobody --json",
        "stop --timeout nonsense --json",
        "start --port 99999999 --json",
        "restart --wait nonsense --json",
        "reload --json",
        "logs --json --since nonsense",
    ],
)
def test_an_error_in_json(
    typed: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where JSON was asked for, nothing else is on stdout, and no word on stderr."""
    monkeypatch.setenv("AIMUX_HOME", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")

    code = main(typed.split())

    out, err = capsys.readouterr()
    told = json.loads(out)["error"]
    assert code > 0
    assert told["code"] in {each.code for each in every_error()}
    assert told["message"]
    assert err == ""


def every_error(root: type[AimuxError] = AimuxError) -> list[type[AimuxError]]:
    return [root, *(each for kind in root.__subclasses__() for each in every_error(kind))]


def test_every_problem_of_a_configuration_in_json(capsys: pytest.CaptureFixture[str]) -> None:
    """As the admin API tells it."""

    def command() -> int:
        raise ConfigError((Problem("f", 2, 3, "a.b", "is wrong"),), hint="do this")

    assert guarded(command, as_json=True) == 2
    assert json.loads(capsys.readouterr().out) == {
        "error": {
            "code": "config-invalid",
            "message": "the configuration has 1 problem",
            "hint": "do this",
            "problems": ["f:2:3: a.b: is wrong"],
        }
    }


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
