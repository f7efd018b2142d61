"""``aimux connect, disconnect, clients`` as a person sees them: on a terminal, in a pipe, as JSON."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.command import Command, published

PROGRAMS = {"claude": "2.1.197", "codex": "0.171.0"}
CONFIG = """\
[server]
port = 4711

[providers.zai]
preset = "zai"
keys = []

[routing]
default = ["zai/glm-4.6"]
"""


@pytest.fixture
def aimux(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Command:
    """The command in a home where two clients are installed, started in a project of its own."""
    command = Command(tmp_path, monkeypatch, capsys)
    command.config = CONFIG
    for name, version in PROGRAMS.items():
        package = tmp_path / "npm" / name
        package.mkdir(parents=True)
        (package / "package.json").write_text(json.dumps({"version": version}))
        (package / name).write_text("#!/bin/sh\n")
        (package / name).chmod(0o755)
    command.environ["PATH"] = ":".join(str(tmp_path / "npm" / name) for name in PROGRAMS)
    project = tmp_path / "project"
    project.mkdir()
    monkeypatch.chdir(project)
    return command


@pytest.fixture
def running(aimux: Command) -> Iterator[str]:
    with published(aimux.home) as url:
        yield url


def said(text: str, aimux: Command) -> str:
    """With the home as ``~``, so that it can be written down."""
    return text.replace(str(aimux.home), "~")


CONNECT_CLAUDE = """\
~/.claude/settings.json
  + env.ANTHROPIC_BASE_URL = http://127.0.0.1:4711
  + env.ANTHROPIC_AUTH_TOKEN = (hidden)
  + env.ANTHROPIC_API_KEY = ""
  + env.CLAUDE_CODE_ENABLE_GATEWAY_MODEL_DISCOVERY = 1
  + env.ANTHROPIC_DEFAULT_OPUS_MODEL = claude-opus-4-8
  + env.ANTHROPIC_DEFAULT_OPUS_MODEL_NAME = GLM-4.6 (zai)
  + env.ANTHROPIC_DEFAULT_SONNET_MODEL = claude-sonnet-4-6
  + env.ANTHROPIC_DEFAULT_SONNET_MODEL_NAME = GLM-4.6 (zai)
  + env.ANTHROPIC_DEFAULT_HAIKU_MODEL = claude-haiku-4-5
  + env.ANTHROPIC_DEFAULT_HAIKU_MODEL_NAME = GLM-4.6 (zai)
"""


def test_connect(aimux: Command, running: str) -> None:
    """What is written goes to stdout, words to stderr; the same on a terminal; no token is shown."""
    trial = aimux.on_terminal("connect", "claude", "--dry-run")
    done = aimux("connect", "claude")
    again = aimux("connect", "claude-code")

    assert said(trial.out, aimux) == CONNECT_CLAUDE
    assert said(trial.err, aimux) == "nothing was written\n"
    assert (done.code, said(done.out, aimux)) == (0, CONNECT_CLAUDE)
    assert said(done.err, aimux) == (
        "Claude Code is connected; start it anew\n"
        "  hint: undo it at any time: aimux disconnect claude-code\n"
    )
    assert (again.code, again.out) == (0, "")
    assert again.err.startswith("Claude Code is connected already\n")


def test_connect_as_json(aimux: Command, running: str) -> None:
    """One object; a value that is secret is not in it."""
    (aimux.home / ".codex").mkdir()
    (aimux.home / ".codex" / "config.toml").write_text('model_provider = "o"\n')

    done = json.loads(said(aimux("connect", "codex", "--json").out, aimux))

    assert (done["client"], done["url"], done["written"]) == ("codex", running, True)
    assert done["changes"][0] == {
        "file": "~/.codex/config.toml",
        "setting": "model_provider",
        "was_set": True,
        "value": "aimux",
    }
    assert {each["setting"]: each["value"] for each in done["changes"]}[
        "model_providers.aimux.experimental_bearer_token"
    ] == "(hidden)"


def test_what_is_said_besides(aimux: Command, running: str) -> None:
    """That it is not installed, what leads it elsewhere, and who can read its file now."""
    path = aimux.home / ".gemini" / ".env"
    path.parent.mkdir()
    path.write_text("")
    path.chmod(0o644)
    aimux.environ["GEMINI_API_KEY"] = "x"

    done = aimux("connect", "gemini-cli")

    assert said(done.err, aimux).splitlines() == [
        "Gemini CLI is connected; start it anew",
        "warning: Gemini CLI is not installed",
        "  hint: npm install -g @google/gemini-cli",
        "warning: the shell: GEMINI_API_KEY beats ~/.gemini/.env",
        "  hint: unset GEMINI_API_KEY",
        "warning: ~/.gemini/.env holds a token now and can be read by other users",
        "  hint: chmod 600 ~/.gemini/.env",
        "  hint: undo it at any time: aimux disconnect gemini-cli",
    ]


def test_an_address_that_passes_is_told(aimux: Command, running: str) -> None:
    """A client that is connected for good needs a port for good."""
    aimux.config = CONFIG.replace("4711", "0")

    done = aimux("connect", "codex")

    assert f"{running} is not what the configuration says" in done.err
    assert "hint: aimux config set server.port 4711" in done.err


def test_long_values_are_cut(aimux: Command, running: str) -> None:
    """A list of models is counted, a long name shortened."""
    done = aimux("connect", "opencode", "--dry-run")
    lines = done.out.splitlines()

    assert any(line.startswith("  + provider.aimux.models = (") for line in lines)
    assert max(map(len, lines)) <= 80 + len(str(aimux.home))


CLIENTS = """\
CLIENT       PROGRAM              VERSION  CONNECTED  CONFLICTS
claude-code  ~/npm/claude/claude  2.1.197  yes        -
codex        ~/npm/codex/codex    0.171.0  no         -
gemini-cli   not installed        -        no         1
opencode     not installed        -        no         -
"""


def test_clients(aimux: Command, running: str) -> None:
    """A table on a terminal, tabs in a pipe, everything as JSON."""
    aimux("connect", "claude-code")
    aimux.environ["GOOGLE_API_KEY"] = "x"

    shown = aimux.on_terminal("clients")
    piped = aimux("clients")
    rows = json.loads(said(aimux("clients", "--json").out, aimux))

    assert shown.out == CLIENTS
    assert shown.err.splitlines() == [
        "warning: gemini-cli: the shell: GOOGLE_API_KEY is used instead of GEMINI_API_KEY",
        "  hint: unset GOOGLE_API_KEY",
    ]
    assert piped.out.splitlines()[0] == "claude-code\t~/npm/claude/claude\t2.1.197\tyes\t-"
    assert rows[0]["connected"] == "connected"
    assert rows[0]["files"] == ["~/.claude/settings.json"]
    assert rows[2] == {
        "name": "gemini-cli",
        "title": "Gemini CLI",
        "program": None,
        "version": None,
        "install": "npm install -g @google/gemini-cli",
        "connected": "no",
        "since": None,
        "files": [],
        "conflicts": [
            {
                "place": "the shell",
                "what": "GOOGLE_API_KEY is used instead of GEMINI_API_KEY",
                "mend": "unset GOOGLE_API_KEY",
            }
        ],
    }


def test_colours(aimux: Command, running: str) -> None:
    """On a terminal the headings are dim, with NO_COLOR they are not."""
    aimux.environ["NO_COLOR"] = ""
    plain = aimux("clients").out

    assert aimux.on_terminal("clients").out.startswith("\x1b[2mCLIENT")
    assert "\x1b" not in plain


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ("[server]\nport = 5555\n", "to another address"),
        ("[server]\nport = 4711\n", "yes"),
        ("[server]\nport = 0\n", "yes"),
        ("[server]\nprot = 1\n", "yes"),
    ],
)
def test_clients_of_another_address(aimux: Command, config: str, words: str) -> None:
    """An address that is not known is nothing to complain of."""
    with published(aimux.home):
        aimux("connect", "codex")
    aimux.config = config

    shown = aimux.on_terminal("clients")

    assert words in shown.out.splitlines()[2]
    assert ("hint: aimux connect codex" in shown.err) == (words != "yes")


def test_disconnect(aimux: Command, running: str) -> None:
    """One, then all; what is not connected is said so and is no failure."""
    aimux("connect", "claude-code")
    aimux("connect", "codex")
    aimux("connect", "gemini-cli")

    one = aimux("disconnect", "claude")
    again = aimux("disconnect", "claude")
    rest = aimux("disconnect", "--all")
    none = aimux("disconnect", "--all")

    assert said(one.err, aimux) == ("Claude Code: ~/.claude/settings.json is as it was before\n")
    assert (again.code, again.err) == (0, "Claude Code is not connected\n")
    assert said(rest.err, aimux).splitlines() == [
        "Codex: ~/.codex/config.toml is as it was before",
        "Gemini CLI: ~/.gemini/.env is as it was before",
        "Gemini CLI: ~/.gemini/settings.json is as it was before",
    ]
    assert none.err == "no client is connected\n"
    assert not list(aimux.home.glob(".c*"))


def test_disconnect_as_json(aimux: Command, running: str) -> None:
    """What became of each file."""
    aimux("connect", "codex")

    done = json.loads(said(aimux("disconnect", "codex", "--json").out, aimux))
    again = json.loads(aimux("disconnect", "codex", "--json").out)

    assert done == {
        "codex": {
            "was_connected": True,
            "files": [{"file": "~/.codex/config.toml", "as_before": True, "left": []}],
        }
    }
    assert again == {"codex": {"was_connected": False, "files": []}}


def test_what_was_left_is_told(aimux: Command, running: str) -> None:
    """With the copy of the file as it was."""
    path = aimux.home / ".codex" / "config.toml"
    path.parent.mkdir()
    path.write_text('model_provider = "o"\n')
    aimux("connect", "codex")
    path.write_text(path.read_text().replace('model_provider = "aimux"', 'model_provider = "p"'))

    done = aimux("disconnect", "codex")

    assert said(done.err, aimux).splitlines() == [
        "Codex: ~/.codex/config.toml is without aimux, your changes kept",
        "warning: model_provider was changed since and was left as it is",
        "  hint: the file as it was is kept: ~/connections/codex/config.toml",
    ]


def test_one_that_cannot_be_undone_does_not_keep_the_others(aimux: Command, running: str) -> None:
    """All are tried; the exit code tells."""
    for client in ("claude-code", "codex", "gemini-cli"):
        aimux("connect", client)
    (aimux.home / ".claude" / "settings.json").write_text("{")
    (aimux.home / ".codex" / "config.toml").write_text("=")

    done = aimux("disconnect", "--all")

    assert done.code == 2
    assert done.err.count("is broken") == 2
    assert "Gemini CLI: " in done.err


def test_without_daemon_and_configuration(aimux: Command) -> None:
    """Both are gone for good; so may the journal be."""
    with published(aimux.home):
        aimux("connect", "codex")
        aimux("connect", "claude-code")
    (aimux.home / "config.toml").write_text("[[[")
    (aimux.home / "daemon.json").unlink()

    done = aimux("disconnect", "codex")
    (aimux.home / "connections.json").unlink()
    shutil.rmtree(aimux.home / "connections", ignore_errors=True)
    rest = aimux("disconnect", "--all")

    assert (done.code, rest.code) == (0, 0)
    assert "as it was before" in done.err
    assert "without aimux" in rest.err
    assert "aimux-client" not in (aimux.home / ".claude" / "settings.json").read_text()


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("connect", "cursor"), 2, "no client 'cursor' is known"),
        (("disconnect",), 2, "name a client, or give --all"),
        (("disconnect", "codex", "--all"), 2, "name a client, or give --all"),
        (("run", "cursor"), 2, "no client 'cursor' is known"),
        (("run", "gemini-cli"), 127, "npm install -g @google/gemini-cli"),
        (("run", "--profile", "x", "codex"), 2, "no rule is for the profile 'x'\n"),
    ],
)
def test_refusals(
    aimux: Command, running: str, arguments: tuple[str, ...], code: int, words: str
) -> None:
    """With what to do; nothing on stdout."""
    done = aimux(*arguments)

    assert (done.code, done.out) == (code, "")
    assert words in done.err


def test_profiles_that_there_are_are_named(aimux: Command, running: str) -> None:
    """Those that rules ask for."""
    aimux.config = CONFIG + (
        '\n[[routes]]\nname = "w"\nmatch = { header = { X-Aimux-Profile = "work" } }\n'
        'targets = ["zai/glm-4.6"]\n'
    )

    done = aimux("run", "--profile", "play", "codex")

    assert "no rule is for the profile 'play'; there are 'work'" in done.err


def test_a_program_that_cannot_be_started(aimux: Command, running: str) -> None:
    """It is there, and it is none."""
    (aimux.home / "npm" / "codex" / "codex").write_bytes(b"\x7fELF")

    done = aimux("run", "codex")

    assert done.code == 126
    assert "cannot be started: Exec format error" in done.err
