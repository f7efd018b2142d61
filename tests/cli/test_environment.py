"""``aimux env``: the right variables, and quoting that real shells agree with."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from aimux.cli import environment
from aimux.cli.environment import FORMS, variables
from aimux.telemetry import resources
from tests.support.command import Command, published
from tests.support.parts import need

NASTY = "a'b\"c$HOME`id`\\ %PATH% ;&|<>*?#!~\u00e9"
"""No token looks like this; quoting must not depend on that."""


@pytest.fixture
def command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Command:
    return Command(tmp_path, monkeypatch, capsys)


@pytest.fixture
def running(command: Command) -> Iterator[str]:
    """A daemon that has published itself at this address."""
    with published(command.home) as url:
        yield url


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish", "dash"])
def test_real_shells(shell: str) -> None:
    """What a shell has after ``eval`` is exactly what was meant, whatever characters it has."""
    program = need(shell, shell)
    text = FORMS.get(shell, FORMS["bash"])({"AIMUX_TOKEN": NASTY, "EMPTY": ""})
    script = f"eval {shlex.quote(text)}" if shell != "fish" else text

    done = subprocess.run(
        [program, "-c", f"{script}\nenv"],
        env={"PATH": os.environ["PATH"], "HOME": "/nonexistent", "LANG": "C.UTF-8"},
        capture_output=True,
        text=True,
        check=True,
    )

    assert f"AIMUX_TOKEN={NASTY}" in done.stdout.splitlines()
    assert "EMPTY=" in done.stdout.splitlines()


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_eval_as_documented(shell: str, command: Command, running: str) -> None:
    """``eval "$(aimux env)"`` in bash and zsh, ``aimux env | source`` in fish."""
    program = need(shell, shell)
    text = command("env", "--shell", shell).out
    script = "cat | source; env" if shell == "fish" else 'eval "$(cat)"; env'

    done = subprocess.run(
        [program, "-c", script],
        input=text,
        env={"PATH": os.environ["PATH"], "HOME": "/nonexistent"},
        capture_output=True,
        text=True,
        check=True,
    )

    found = dict(line.split("=", 1) for line in done.stdout.splitlines() if "=" in line)
    assert found["AIMUX_URL"] == running
    assert found["OPENAI_BASE_URL"] == f"{running}/v1"
    assert found["ANTHROPIC_API_KEY"] == ""


@pytest.mark.parametrize(
    ("shell", "text"),
    [
        ("pwsh", "$env:A = 'it''s $x'\n$env:B = ''"),
        ("cmd", 'set "A=it\'s $x"\nset "B="'),
        ("dotenv", "A=\"it's \\$x\"\nB=''"),
        ("json", '{\n  "A": "it\'s $x",\n  "B": ""\n}'),
    ],
)
def test_other_forms(shell: str, text: str) -> None:
    """The forms for which there is no shell here."""
    assert FORMS[shell]({"A": "it's $x", "B": ""}) == text


def test_percent_in_cmd() -> None:
    """In a batch file a percent sign begins a variable."""
    assert FORMS["cmd"]({"A": "50%"}) == 'set "A=50%%"'


def test_variables_of_each_client() -> None:
    """Each client's own names, with or without /v1 as its SDK takes it."""
    url, token = "http://127.0.0.1:1", "t"
    own = {"AIMUX_URL": url, "AIMUX_TOKEN": token}
    openai = {"OPENAI_BASE_URL": f"{url}/v1", "OPENAI_API_KEY": token}

    assert variables(url, token, ()) == own
    assert variables(url, token, ("claude-code",)) == own | {
        "ANTHROPIC_BASE_URL": url,
        "ANTHROPIC_AUTH_TOKEN": token,
        "ANTHROPIC_API_KEY": "",
    }
    assert variables(url, token, ("codex",)) == own | openai
    assert variables(url, token, ("opencode",)) == own | openai
    assert variables(url, token, ("gemini-cli",)) == own | {
        "GOOGLE_GEMINI_BASE_URL": url,
        "GEMINI_API_KEY": token,
    }


def test_all_clients_by_default(command: Command, running: str) -> None:
    """Without ``--client`` there is everything, ours first; nothing but code on stdout."""
    done = command("env", "--shell", "json")
    one = command("env", "--shell", "json", "--client", "gemini-cli")

    found = json.loads(done.out)
    assert (done.code, done.err) == (0, "")
    assert list(found)[:2] == ["AIMUX_URL", "AIMUX_TOKEN"]
    assert found["AIMUX_TOKEN"] == (command.home / "client.token").read_text().strip()
    assert {"ANTHROPIC_BASE_URL", "OPENAI_BASE_URL", "GOOGLE_GEMINI_BASE_URL"} <= set(found)
    assert "OPENAI_BASE_URL" not in json.loads(one.out)


@pytest.mark.parametrize(
    ("config", "url"),
    [
        (None, "http://127.0.0.1:24689"),
        ("[server]\nport = 5555\n", "http://127.0.0.1:5555"),
        ('[server]\nhost = "::1"\nport = 5555\n', "http://[::1]:5555"),
        (
            '[server]\nhost = "0.0.0.0"\nport = 5555\nallow_remote = true\n',
            "http://127.0.0.1:5555",
        ),
    ],
)
def test_without_a_daemon(command: Command, config: str | None, url: str) -> None:
    """The configured address is known; that nobody answers there is said on stderr."""
    if config:
        command.config = config

    done = command("env", "--shell", "json")

    assert done.code == 0
    assert json.loads(done.out)["AIMUX_URL"] == url
    assert "aimux is not running" in done.err
    assert "aimux start" in done.err


@pytest.mark.parametrize(
    ("config", "arguments", "code", "text"),
    [
        ("[server]\nport = 0\n", (), 3, "its port is chosen at its start"),
        ("[server]\nprot = 1\n", (), 2, "the configuration has 1 problem"),
        ("version = 1\n", ("--shell", "tcsh"), 2, "bash, zsh, fish, pwsh, cmd, dotenv, json"),
        ("version = 1\n", ("--client", "cursor"), 2, "claude-code, codex, gemini-cli, opencode"),
    ],
)
def test_refusals(
    command: Command, config: str, arguments: tuple[str, ...], code: int, text: str
) -> None:
    """Nothing on stdout, so that ``eval`` does nothing, and the reason on stderr."""
    command.config = config

    done = command("env", *arguments)

    assert (done.code, done.out) == (code, "")
    assert text in done.err


def test_token_of_another_user(command: Command, running: str) -> None:
    """A token that cannot be read is said with its path."""
    (command.home / "client.token").mkdir()

    done = command("env")

    assert done.code == 1
    assert "client.token' cannot be read" in done.err


@pytest.mark.parametrize(
    ("parent", "login", "form"),
    [
        ("fish", "/bin/bash", "fish"),
        ("-zsh", "/bin/bash", "bash"),
        ("pwsh.exe", "", "pwsh"),
        ("python3", "/usr/bin/fish", "fish"),
        ("sh", "/usr/bin/fish", "bash"),
        ("make", "/bin/tcsh", "bash"),
        ("", "", "bash"),
    ],
)
def test_own_shell(monkeypatch: pytest.MonkeyPatch, parent: str, login: str, form: str) -> None:
    """The shell that runs the command, else the login shell, else any POSIX shell."""
    monkeypatch.setattr(resources, "parent_name", lambda: parent)
    monkeypatch.setenv("SHELL", login)

    assert environment._form(None) is FORMS[form]
