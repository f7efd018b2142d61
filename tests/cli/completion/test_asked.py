"""``aimux __complete``: what there is, said quickly, and nothing on trouble."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest

from aimux.cli.completion.asked import KINDS
from tests.support.command import Command
from tests.support.daemon import Home
from tests.system.test_hot_path import HEAVY, imported

CONFIG = """
alerts = [{ when = "requests > 5" }]

[providers.zai]
preset = "zai"
keys = ["keyring:zai/work", "vault:zai/spare", "env:ZAI_API_KEY"]

[providers.local]
base_url = "http://127.0.0.1:1/v1"

[providers.local.models."qwen3-coder:30b"]
context = 1

[models.fast]
targets = ["zai/glm-5.3"]

[[routes]]
name = "long"
targets = ["zai/glm-5.3", "fast"]

[budgets.daily]
limit_usd = 20
"""

LISTED = {"version": 1, "providers": {"local": {"models": {"listed-1": {}}}}}
TOKENS = {"version": 1, "tokens": [{"name": "ann"}]}


@pytest.fixture
def command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Command:
    made = Command(tmp_path, monkeypatch, capsys)
    made.config = CONFIG
    (tmp_path / "models.json").write_text(json.dumps(LISTED))
    (tmp_path / "tokens.json").write_text(json.dumps(TOKENS))
    ledger = sqlite3.connect(tmp_path / "ledger.sqlite3")
    ledger.execute("CREATE TABLE exchanges (n, id, asked_model, provider, status, session, client)")
    ledger.execute("INSERT INTO exchanges VALUES (1, 'ax_1', 'm', 'zai', 200, 's-1', 'codex')")
    ledger.execute("INSERT INTO exchanges VALUES (2, 'ax_2', 'm 2', NULL, 503, NULL, 'codex')")
    ledger.commit()
    ledger.close()
    return made


@pytest.mark.parametrize(
    ("kind", "some"),
    [
        ("providers", ["zai\tzai", "local\thttp://127.0.0.1:1/v1"]),
        ("presets", ["anthropic\tAnthropic"]),
        (
            "models",
            ["fast\ta public name", "glm-5.3\tzai", "qwen3-coder:30b\tlocal", "listed-1\tlocal"],
        ),
        (
            "targets",
            ["fast\ta public name", "zai/glm-5.3", "local/qwen3-coder:30b", "local/listed-1"],
        ),
        ("keys", ["zai/work\tkeyring", "zai/spare\tvault", "local/default\tkeyring"]),
        ("requests", ["ax_2\tm 2 nobody 503", "ax_1\tm zai 200"]),
        ("sessions", ["s-1\tcodex"]),
        ("routes", ["long\tzai/glm-5.3, fast"]),
        ("budgets", ["daily\t$20 a day"]),
        ("alerts", ["1\trequests > 5"]),
        ("tokens", ["ann\ta client token"]),
        ("clients", ["ann\ta client token"]),
        (
            "settings",
            ["providers.zai.preset\tset in the file", "budgets.daily.limit_usd\tset in the file"],
        ),
    ],
)
def test_kinds(command: Command, kind: str, some: list[str]) -> None:
    """One value a line, with a tab before what it is."""
    done = command("__complete", kind)

    assert (done.code, done.err) == (0, "")
    lines = done.out.splitlines()
    assert [line for line in some if line not in lines] == []
    assert len(lines) == len(set(lines))
    assert "env:" not in done.out


def test_no_key_that_needs_quotes(command: Command) -> None:
    """A shell takes the quotes away that the key would need."""
    assert "qwen3" not in command("__complete", "settings").out


def test_nothing_that_would_end_a_word(command: Command) -> None:
    """What cannot be typed as one word is not offered."""
    command.config = '[providers."a b"]\n[providers."c\\u0007"]\n[providers.d]\npreset = "x\\ty"\n'

    assert command("__complete", "providers").out == "d\tx y\n"


@pytest.mark.parametrize("kind", KINDS)
def test_silent_in_an_empty_home(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], kind: str
) -> None:
    """Neither config, nor ledger, nor tokens."""
    done = Command(tmp_path, monkeypatch, capsys)("__complete", kind)

    assert (done.code, done.err) == (0, "")
    assert bool(done.out) == (kind == "presets")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "config", ["[providers\n", "providers = 3\n", '[providers]\nzai = "x"\n', "routes = [3]\n"]
)
@pytest.mark.parametrize("kind", ["providers", "keys", "routes", "nonsense"])
def test_silent_on_trouble(command: Command, config: str, kind: str) -> None:
    """A file that is being edited is no reason to shout."""
    command.config = config
    (command.home / "tokens.json").write_text("{")
    (command.home / "ledger.sqlite3").write_text("no database")

    assert command("__complete", kind).err == ""
    assert command("__complete", "tokens") == command("__complete", "requests")
    assert command("__complete").code == 0


@pytest.mark.parametrize("kind", ["providers", "models", "requests", "tokens"])
def test_light(tmp_path: Path, kind: str) -> None:
    """None of the heavy libraries: a key press must be answered before the next."""
    names, done = imported(Home(tmp_path), "__complete", kind)

    assert done.returncode == 0
    assert "tomllib" in names
    assert names & (HEAVY | {"platformdirs", "http", "logging", "psutil", "tomlkit"}) == set()
