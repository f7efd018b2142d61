"""``aimux init``: what is written, what is asked, where keys go."""

from __future__ import annotations

import json
import re
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from aimux.config.paths import Paths
from aimux.vault.access import Access
from tests.support.command import Command, clean_environment
from tests.support.daemon import Home, end
from tests.support.terminal import Terminal, on_terminal

KEY = "sk-test-0123456789abcdefghijklmnop"


@pytest.fixture
def aimux(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Command:
    """The command in an empty home."""
    monkeypatch.chdir(tmp_path)
    return Command(tmp_path, monkeypatch, capsys)


def kept(home: Path) -> dict[str, str]:
    records = Access({}).vault(Paths(config=home / "config.toml", state=home)).read()
    return {name: json.loads(each.reveal())["key"] for name, each in records.items()}


def written(aimux: Command) -> dict[str, Any]:
    assert aimux("config", "check").code == 0
    return tomllib.loads(aimux.config)


# ---------------------------------------------------------------- by flags


def test_nothing_is_there(aimux: Command) -> None:
    """A commented file without a provider, and what to type."""
    result = aimux("init")

    assert (result.code, result.out) == (0, "")
    assert written(aimux) == {"version": 1, "server": {}}
    steps = [line for line in result.err.splitlines() if re.match(r"  \d\. ", line)]
    assert [step.split("  ")[1] for step in steps] == [
        "1. aimux providers add NAME",
        "2. aimux start",
        "3. aimux run claude-code",
    ]


@pytest.mark.parametrize("arguments", [(), ("--provider", "zai", "--provider", "ollama")])
def test_what_is_commented_out_is_valid(aimux: Command, arguments: tuple[str, ...]) -> None:
    """Every line of it, with its mark taken away, and all of them together."""
    aimux("init", *arguments)
    lines = aimux.config.splitlines()
    setting = re.compile(r"# (?=\[|[a-z_]+ = )|#$")
    aimux.config = "\n".join(setting.sub("", line) for line in lines) + "\n"

    assert aimux("config", "check").err.count("problem") == 0
    config = written(aimux)
    assert config["server"]["port"] == 24689
    assert {"budgets", "alerts", "routes", "models", "routing"} <= set(config)


def test_keys_stay_in_their_variables_where_nobody_is_asked(aimux: Command) -> None:
    """Those in settings of agents are told and left alone."""
    aimux.environ["ZAI_API_KEY"] = KEY
    (aimux.home / ".gemini").mkdir()
    (aimux.home / ".gemini" / ".env").write_text(f"GEMINI_API_KEY={KEY}1\n")

    result = aimux("init")

    assert written(aimux)["providers"] == {"zai": {"preset": "zai", "keys": ["env:ZAI_API_KEY"]}}
    assert written(aimux)["routing"] == {"default": ["zai/*"]}
    assert "aimux init --yes moves it into the keyring" in result.err
    assert not (aimux.home / "vault.aimux").exists()
    assert "3. aimux connect claude-code" in result.err


def test_yes_moves_every_key(aimux: Command) -> None:
    """Into the vault here: there is no keyring."""
    aimux.environ["ZAI_API_KEY"] = KEY
    (aimux.home / ".gemini").mkdir()
    (aimux.home / ".gemini" / ".env").write_text(f"GEMINI_API_KEY={KEY}1\n")

    result = aimux("init", "--yes")

    assert written(aimux)["providers"] == {
        "zai": {"preset": "zai", "keys": ["vault:zai/default"]},
        "gemini": {"preset": "gemini", "keys": ["vault:gemini/default"]},
    }
    assert kept(aimux.home) == {"zai/default": KEY, "gemini/default": f"{KEY}1"}
    assert "the key of zai is copied: take it out of your shell's files" in result.err
    assert KEY not in result.err + aimux.config


@pytest.mark.parametrize(
    ("arguments", "environ", "stdin", "provider", "keys"),
    [
        (("--provider", "zai"), {}, "", {"preset": "zai"}, {}),
        (("--provider", "ollama"), {}, "", {"preset": "ollama"}, {}),
        (("--provider", "demo"), {}, "", {"preset": "demo"}, {}),
        (("--provider", "zai", "--key-env", "MY_KEY"), {}, "",
         {"preset": "zai", "keys": ["env:MY_KEY"]}, {}),
        (("--provider", "zai", "--key-stdin"), {}, f"{KEY}\n",
         {"preset": "zai", "keys": ["vault:zai/default"]}, {"zai/default": KEY}),
        (("--provider", "zai"), {"ZAI_API_KEY": KEY, "GROQ_API_KEY": KEY}, "",
         {"preset": "zai", "keys": ["env:ZAI_API_KEY"]}, {}),
        (("--provider", "zai", "--yes"), {"ZAI_API_KEY": KEY}, "",
         {"preset": "zai", "keys": ["vault:zai/default"]}, {"zai/default": KEY}),
        (("--provider", "zai", "--keep-keys"), {"ZAI_API_KEY": KEY}, "",
         {"preset": "zai", "keys": ["env:ZAI_API_KEY"]}, {}),
    ],
)  # fmt: skip
def test_by_flags(  # noqa: PLR0917 -- one table
    aimux: Command,
    arguments: tuple[str, ...],
    environ: dict[str, str],
    stdin: str,
    provider: dict[str, Any],
    keys: dict[str, str],
) -> None:
    """The provider that was named, and no other."""
    aimux.environ |= environ
    result = aimux("init", *arguments, stdin=stdin)

    name = arguments[1]
    assert result.code == 0, result.err
    assert written(aimux)["providers"] == {name: provider}
    target = "demo/demo-thinker" if name == "demo" else f"{name}/*"
    assert written(aimux)["routing"] == {"default": [target]}
    assert kept(aimux.home) == keys
    lacking = provider == {"preset": "zai"}
    assert (f"aimux keys set {name}" in result.err) is lacking


def test_a_configuration_that_is_there_stays(aimux: Command) -> None:
    """Unless one says otherwise; then it stays beside the new one."""
    aimux.config = "# mine\nversion = 1\n"

    refused = aimux("init")
    assert (refused.code, aimux.config) == (2, "# mine\nversion = 1\n")
    assert "aimux init --force" in refused.err

    assert aimux("init", "--force", "--provider", "demo").code == 0
    assert "[providers.demo]" in aimux.config
    assert (aimux.home / "config.toml.bak").read_text() == "# mine\nversion = 1\n"


def test_a_key_that_cannot_be_kept(aimux: Command) -> None:
    """The configuration is there; exit code 4 and the reason."""
    aimux.environ |= {"AIMUX_VAULT_KEY_FILE": "/nowhere/key", "ZAI_API_KEY": KEY}
    result = aimux("init", "--yes")

    assert result.code == 4
    assert "the key of zai/default could not be kept" in result.err
    assert written(aimux)["providers"] == {"zai": {"preset": "zai"}}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--provider", "zay"), "did you mean 'zai'?"),
        (("--provider", "something-else"), "aimux providers add NAME"),
        (("--key-stdin",), "whose key is it?"),
        (("--provider", "zai", "--provider", "groq", "--key-env", "A"), "whose key is it?"),
        (("--provider", "zai", "--key-stdin", "--key-env", "A"), "exclude each other"),
        (("--provider", "zai", "--key-env", "$A"), "without $"),
        (("--yes", "--keep-keys"), "leave one of them out"),
        (("--provider", KEY), "does not belong on the command line"),
        (("--provider", "zai", "--key-stdin"), "the key is empty"),
    ],
)
def test_wrong_usage(aimux: Command, arguments: tuple[str, ...], words: str) -> None:
    """Nothing is written."""
    result = aimux("init", *arguments)

    assert result.code in {2, 4}
    assert aimux.config == ""
    assert words in result.err
    assert KEY not in result.err


# ---------------------------------------------------------------- the wizard

Play = Callable[[Terminal], None]


def wizard(home: Path, play: Play, *arguments: str, **environ: str) -> tuple[int, str]:
    """A person before a terminal: what came of it, and all that was shown."""
    argv = [sys.executable, "-m", "aimux", "init", *arguments]
    with on_terminal(argv, clean_environment(home, **environ), home) as terminal:
        play(terminal)
        return terminal.end(), terminal.shown


def test_keys_that_are_there_are_offered(tmp_path: Path) -> None:
    """Each by its place; yes moves it, no leaves it in its variable."""

    def refuse(terminal: Terminal) -> None:
        terminal.expect("copy the key in $ZAI_API_KEY")
        terminal.type("n")
        terminal.expect("next:")

    accepted = wizard(tmp_path, refuse, ZAI_API_KEY=KEY)
    config = tomllib.loads((tmp_path / "config.toml").read_text())
    assert (accepted[0], config["providers"]["zai"]["keys"]) == (0, ["env:ZAI_API_KEY"])

    def play_moving(terminal: Terminal) -> None:
        terminal.expect("copy the key in $ZAI_API_KEY into the keyring? [Y/n]")
        terminal.type("")
        terminal.expect("new passphrase (hidden):")
        terminal.type("")
        terminal.expect("next:")

    code, shown = wizard(tmp_path, play_moving, "--force", ZAI_API_KEY=KEY)
    config = tomllib.loads((tmp_path / "config.toml").read_text())
    assert (code, config["providers"]["zai"]["keys"]) == (0, ["vault:zai/default"])
    assert kept(tmp_path) == {"zai/default": KEY}
    assert KEY not in shown


def test_providers_are_asked_for(tmp_path: Path) -> None:
    """Until an empty line; a wrong name and a key that can be none are asked for again."""

    def play(terminal: Terminal) -> None:
        terminal.expect("provider (empty: none yet):")
        terminal.type("zay")
        terminal.expect("did you mean 'zai'?")
        terminal.type("zai")
        terminal.expect("key of zai (hidden; empty for later):")
        terminal.type("your-api-key")
        terminal.expect("is a placeholder")
        terminal.expect("key of zai", times=2)
        terminal.type(KEY)
        terminal.expect("provider (empty when done):")
        terminal.type("ollama")
        terminal.expect("provider (empty when done):", times=2)
        terminal.type("groq")
        terminal.expect("key of groq")
        terminal.type("")
        terminal.expect("provider (empty when done):", times=3)
        terminal.type("")
        terminal.expect("new passphrase (hidden):")
        terminal.type("")
        terminal.expect("next:")

    code, shown = wizard(tmp_path, play)

    config = tomllib.loads((tmp_path / "config.toml").read_text())
    assert code == 0, shown
    assert config["providers"] == {
        "zai": {"preset": "zai", "keys": ["vault:zai/default"]},
        "ollama": {"preset": "ollama"},
        "groq": {"preset": "groq"},
    }
    assert config["routing"]["default"] == ["zai/*", "ollama/*", "groq/*"]
    assert kept(tmp_path) == {"zai/default": KEY}
    assert KEY not in shown
    assert "\x1b" not in shown


def test_three_wrong_keys_are_enough(tmp_path: Path) -> None:
    """The provider is there without one, and it is said how it gets it."""

    def play(terminal: Terminal) -> None:
        for number in range(3):
            terminal.expect("key of zai (hidden", times=number + 1)
            terminal.type("xxx")
        terminal.expect("next:")

    code, shown = wizard(tmp_path, play, "--provider", "zai")

    assert code == 0
    assert "give zai its key: aimux keys set zai" in shown


def test_ctrl_c_writes_nothing(tmp_path: Path) -> None:
    """Exit code 130."""

    def play(terminal: Terminal) -> None:
        terminal.expect("provider (empty: none yet):")
        terminal.press("c")

    assert wizard(tmp_path, play)[0] == 130
    assert not (tmp_path / "config.toml").exists()


def test_it_starts_at_once(tmp_path: Path) -> None:
    """From nothing to a daemon that answers, by flags alone."""
    home = Home(tmp_path / "home")
    home.folder.mkdir(mode=0o700)
    try:
        done = home.aimux("init", "--provider", "demo")
        home.start("--port", "0")
        body = {"model": "x", "max_tokens": 9, "messages": [{"role": "user", "content": "hi"}]}
        with home.asking(body) as answer:
            status = answer.status
            answer.read()
    finally:
        end(home)

    assert (done.returncode, status) == (0, 200)
