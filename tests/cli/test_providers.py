"""``aimux providers``: what a person types, what is written, what is said."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.command import COLUMNS, Command, clean_environment
from tests.support.daemon import Home, end
from tests.support.keyrings import FAKES
from tests.support.patience import PATIENCE_S
from tests.support.terminal import on_terminal
from tests.support.upstream import Answer, FakeUpstream

KEY = "sk-test-0123456789abcdefghijklmnop"
SHAPED_KEY = "sk-ant-" + "a1b2c3d4e5f6" * 3
LIST = Answer(pieces=(b'{"data": [{"id": "m1"}, {"id": "m2"}]}',))
OK = Answer(pieces=(b'{"id": "x"}',))


@pytest.fixture
def aimux(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Command:
    """The command in an empty home."""
    return Command(tmp_path, monkeypatch, capsys)


def written(aimux: Command) -> dict[str, Any]:
    return tomllib.loads(aimux.config)


def one_provider(upstream: FakeUpstream, name: str = "up", keys: str = '["env:UP_KEY"]') -> str:
    return f'[providers.{name}]\nformat = "openai-chat"\nbase_url = "{upstream.url}/v1"\nkeys = {keys}\n'


# ---------------------------------------------------------------- catalog


def test_the_catalogue_is_listed(aimux: Command) -> None:
    """One line for each preset, with the key's usual variable."""
    lines = aimux("providers", "catalog").out.splitlines()

    assert "anthropic\tAnthropic\tanthropic\tANTHROPIC_API_KEY" in lines
    assert "ollama\tOllama (this machine)\topenai-chat,anthropic\tnone needed" in lines
    assert len(lines) >= 17


def test_the_catalogue_as_json_has_source_and_date(aimux: Command) -> None:
    """A program can see how old a row is."""
    rows = json.loads(aimux("providers", "catalog", "--json").out)

    assert all(row["source"] and row["date"] for row in rows)
    assert {"zai-coding", "demo"} <= {row["name"] for row in rows}


# ---------------------------------------------------------------- add


@pytest.mark.parametrize(
    ("arguments", "settings"),
    [
        (["anthropic"], {"preset": "anthropic"}),
        (["work", "--preset", "zai"], {"preset": "zai"}),
        (["ollama"], {"preset": "ollama"}),
        (["demo"], {"preset": "demo"}),
        (["zai", "--format", "openai-chat"], {"preset": "zai", "format": "openai-chat"}),
        (["groq", "--key-env", "MY_KEY"], {"preset": "groq", "keys": ["env:MY_KEY"]}),
        (["ollama", "--key-env", "MY_KEY"], {"preset": "ollama", "keys": ["env:MY_KEY"]}),
        (["anthropic", "--no-key"], {"preset": "anthropic", "keys": []}),
        (
            ["local", "--base-url", "http://127.0.0.1:8000/v1/", "--format", "openai-chat"],
            {"format": "openai-chat", "base_url": "http://127.0.0.1:8000/v1", "keys": []},
        ),
        (
            ["far", "--base-url", "https://x.example", "--format", "anthropic"],
            {"format": "anthropic", "base_url": "https://x.example"},
        ),
        (
            ["zai", "--base-url", "http://[::1]:8/a"],
            {"preset": "zai", "base_url": "http://[::1]:8/a", "keys": []},
        ),
        (
            ["far", "--preset", "ollama", "--base-url", "https://x.example/v1"],
            {"preset": "ollama", "base_url": "https://x.example/v1"},
        ),
        (
            ["lan", "--base-url", "https://x.example/v1", "--format", "openai-chat", "--no-key"],
            {"format": "openai-chat", "base_url": "https://x.example/v1", "keys": []},
        ),
    ],
)
def test_what_is_typed_is_written_and_no_more(
    aimux: Command, arguments: list[str], settings: dict[str, Any]
) -> None:
    """The table of the provider holds what the preset does not say; the first one is the default."""
    result = aimux("providers", "add", *arguments)

    name = arguments[0]
    assert result.code == 0
    assert result.out == ""
    assert written(aimux)["providers"] == {name: settings}
    target = "demo/demo-thinker" if name == "demo" else f"{name}/*"
    assert written(aimux)["routing"] == {"default": [target]}
    assert f"aimux providers test {name}" in result.err
    assert "aimux start" in result.err


def test_a_second_provider_does_not_become_the_default(aimux: Command) -> None:
    """Where requests go is changed by nobody's accident, and comments stay."""
    aimux.config = (
        '# mine\n[providers.demo] # try\npreset = "demo"\n\n[routing]\ndefault = ["demo/*"]\n'
    )

    result = aimux("providers", "add", "ollama")

    assert written(aimux)["routing"]["default"] == ["demo/*"]
    assert aimux.config.startswith("# mine\n[providers.demo] # try\n")
    assert "no route matches" not in result.err


@pytest.mark.parametrize(
    ("arguments", "words", "hint"),
    [
        (["zia"], "'zia' is no preset", "did you mean 'zai'?"),
        (["mine"], "give --preset, or --base-url and --format", "aimux providers catalog"),
        (["mine", "--preset", "anthropc"], "no preset 'anthropc'", "did you mean 'anthropic'?"),
        (["mine", "--preset", "qqqqqq"], "no preset 'qqqqqq'", "aimux providers catalog"),
        (["mine", "--base-url", "https://x.example/v1"], "which format", "openai-chat"),
        (["zai", "--format", "openai"], "no format 'openai'", "did you mean 'openai-chat'?"),
        (["zai", "--format", "zzz"], "(allowed: anthropic, openai-chat,", ""),
        (["bad name", "--preset", "zai"], "a provider's name must be", ""),
        (["", "--preset", "zai"], "a provider's name must be", ""),
        (["zai", "--key-env", "$KEY"], "without $", "--key-env MY_API_KEY"),
        (["zai", "--key-env", "A", "--key-stdin"], "exclude each other", ""),
        (["zai", "--no-key", "--key-stdin"], "exclude each other", ""),
        (["zai", "--base-ulr", "x"], "there is no option '--base-ulr'", "--help"),
        (
            ["zai", "--base-url", "https://x.example/v1/messages"],
            "must not end in '/v1/messages': aimux adds that; did you mean 'https://x.example'?",
            "nothing was written",
        ),
        (["zai", "--base-url", "x.example"], "providers.zai.base_url", "nothing was written"),
        (["zai", "--base-url", "http://[::1"], "providers.zai.base_url", "nothing was written"),
        (["cerebras", "--format", "gemini"], "does not speak 'gemini'", "nothing was written"),
    ],
)
def test_a_slip_is_told_and_writes_nothing(
    aimux: Command, arguments: list[str], words: str, hint: str
) -> None:
    """Exit code 2, what is wrong, what to type."""
    result = aimux("providers", "add", *arguments)

    assert result.code == 2
    assert words in result.err
    assert hint in result.err
    assert aimux.config == ""


@pytest.mark.parametrize(
    "arguments",
    [
        ["zai", SHAPED_KEY],
        ["zai", "--key", SHAPED_KEY],
        ["zai", f"--key={SHAPED_KEY}"],
        ["zai", f"--api-key={SHAPED_KEY}"],
        ["zai", "--key-env", SHAPED_KEY],
        ["zai", "--preset", SHAPED_KEY],
        ["zai", "--format", SHAPED_KEY],
        ["zai", "--base-url", f"https://x.example/?key={SHAPED_KEY}"],
        [SHAPED_KEY, "--preset", "zai"],
        ["zai", "some-vendors-key-without-a-known-shape"],
        ["zai", "--some-vendors-key-without-a-known-shape"],
    ],
)
def test_a_key_on_the_command_line_is_refused_and_not_repeated(
    aimux: Command, arguments: list[str]
) -> None:
    """Every program can read another's arguments; ours do not end up in a log as well."""
    result = aimux("providers", "add", *arguments)

    assert result.code == 2
    assert "does not belong on the command line" in result.err
    assert SHAPED_KEY not in result.err + result.out
    assert "without-a-known-shape" not in result.err
    assert aimux.config == ""


def test_a_provider_is_not_added_twice(aimux: Command) -> None:
    """Adding over a provider would lose its settings."""
    aimux("providers", "add", "zai")
    before = aimux.config

    result = aimux("providers", "add", "zai", "--format", "openai-chat")

    assert result.code == 2
    assert "configured already" in result.err
    assert "aimux keys set zai" in result.err
    assert aimux.config == before


def test_a_piped_key_is_stored_for_the_vendors_host_and_shown_nowhere(aimux: Command) -> None:
    """Without a keyring it goes into the vault, and the file says where; it is never printed."""
    result = aimux("providers", "add", "cerebras", "--key-stdin", stdin=f"{KEY}\n")

    assert result.code == 0
    assert "for api.cerebras.ai:443 only" in result.err
    assert written(aimux)["providers"]["cerebras"]["keys"] == ["vault:cerebras/default"]
    assert KEY not in result.err + aimux.config
    assert not any(
        KEY.encode() in path.read_bytes() for path in aimux.home.iterdir() if path.is_file()
    )
    assert aimux("providers", "list").out.split("\t")[3] == "vault"


def with_keyring(aimux: Command, backend: str) -> None:
    aimux.environ |= {
        "PYTHONPATH": str(FAKES),
        "PYTHON_KEYRING_BACKEND": f"keyrings_for_tests.{backend}",
        "KEYRING_FOR_TESTS": str(aimux.home / "keyring.json"),
    }


def test_in_the_usual_place_a_key_needs_no_line(aimux: Command) -> None:
    """The keyring is where a key is looked for anyway; removing the provider removes it."""
    with_keyring(aimux, "Kept")

    added = aimux("providers", "add", "cerebras", "--key-stdin", stdin=KEY)
    listed = aimux("providers", "list").out
    removed = aimux("providers", "remove", "cerebras", "--yes")

    assert "stored its key as keyring:cerebras/default" in added.err
    assert listed.split("\t")[3] == "keyring"
    assert "removed its key keyring:cerebras/default" in removed.err


def test_a_locked_keyring_is_told_from_a_missing_key(aimux: Command) -> None:
    """The key may well be there; exit code 4 from the test, and how to open it."""
    with_keyring(aimux, "Locked")
    aimux.config = '[providers.zai]\npreset = "zai"\n'

    listed = aimux("providers", "list").out
    tested = aimux("providers", "test")

    assert listed.split("\t")[3] == "locked"
    assert tested.code == 4


def test_warnings_of_other_providers_are_not_repeated(aimux: Command) -> None:
    """What is doubtful elsewhere was said when it was added."""
    aimux("providers", "add", "lan", "--base-url", "http://10.0.0.9/v1", "--format", "openai-chat")

    assert "unencrypted" not in aimux("providers", "add", "ollama").err


def test_a_key_for_a_provider_that_needs_none_is_named_in_the_file(aimux: Command) -> None:
    """A server on one's own machine may still want one."""
    aimux("providers", "add", "lmstudio", "--key-stdin", stdin=KEY)

    assert written(aimux)["providers"]["lmstudio"]["keys"] == ["vault:lmstudio/default"]


@pytest.mark.parametrize("key", ["", "\n", "two words", "<your-key>", f"ZAI_API_KEY={KEY}"])
def test_what_cannot_be_a_key_is_refused_before_anything_is_written(
    aimux: Command, key: str
) -> None:
    """Exit code 4; the text is not repeated."""
    result = aimux("providers", "add", "zai", "--key-stdin", stdin=key)

    assert result.code == 4
    assert KEY not in result.err
    assert aimux.config == ""


def test_a_key_that_cannot_be_kept_leaves_a_provider_without_one(aimux: Command) -> None:
    """The provider is there, the reason is told, and the key is not lost in silence."""
    (aimux.home / "vault.aimux").write_bytes(b"no vault")

    result = aimux("providers", "add", "zai", "--key-stdin", stdin=KEY)

    assert result.code == 4
    assert "was added without its key" in result.err
    assert written(aimux)["providers"] == {"zai": {"preset": "zai"}}


def test_without_a_terminal_nobody_is_asked(aimux: Command) -> None:
    """A script gets a provider without a key, and is told how to give it one."""
    result = aimux("providers", "add", "zai")

    assert result.code == 0
    assert "it has no key yet" in result.err
    assert "aimux keys set zai" in result.err


def test_a_key_in_the_environment_is_pointed_out(aimux: Command) -> None:
    """Whoever exported the vendor's variable has the key at hand."""
    aimux.environ["ZAI_API_KEY"] = KEY

    result = aimux("providers", "add", "zai")

    assert "$ZAI_API_KEY is set here" in result.err
    assert KEY not in result.err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["zai-coding"], "officially supported tools only"),
        (["zai", "--key-env", "NOT_SET"], "NOT_SET is not set here"),
        (
            ["lan", "--base-url", "http://10.0.0.9/v1", "--format", "openai-chat"],
            "unencrypted",
        ),
        (["lan", "--base-url", "http://127.0.0.1:1", "--format", "openai-chat"], "has no path"),
    ],
)
def test_what_a_user_must_know_is_said(aimux: Command, arguments: list[str], words: str) -> None:
    """Terms of a plan, a missing variable, an address that is doubtful."""
    result = aimux("providers", "add", *arguments)

    assert result.code == 0
    assert words in result.err


def test_a_variable_that_is_set_is_not_warned_about(aimux: Command) -> None:
    """A warning without cause teaches to ignore warnings."""
    aimux.environ["MY_KEY"] = KEY

    assert "is not set" not in aimux("providers", "add", "zai", "--key-env", "MY_KEY").err


# ---------------------------------------------------------------- a real terminal


def at_terminal(home: Path, arguments: list[str], *answers: tuple[str, str]) -> tuple[int, str]:
    """Runs the real command on a terminal; of each pair the second is typed when the first appears."""
    argv = [sys.executable, "-m", "aimux", *arguments]
    with on_terminal(argv, clean_environment(home), home) as terminal:
        for prompt, typed in answers:
            terminal.expect(prompt)
            terminal.type(typed)
        return terminal.end(), terminal.shown


def test_on_a_terminal_the_key_is_asked_for_and_not_shown(tmp_path: Path) -> None:
    """What is typed at the prompt is not echoed and ends in the store."""
    code, shown = at_terminal(
        tmp_path,
        ["providers", "add", "cerebras"],
        ("key of cerebras (hidden", KEY),
        ("new passphrase", ""),
    )

    assert code == 0
    assert "stored its key as vault:cerebras/default" in shown
    assert KEY not in shown


def test_an_empty_answer_adds_the_provider_without_a_key(tmp_path: Path) -> None:
    """One may have no key at hand."""
    code, shown = at_terminal(
        tmp_path, ["providers", "add", "cerebras"], ("key of cerebras (hidden", "")
    )

    assert code == 0
    assert "it has no key yet" in shown


def test_removing_asks_first(tmp_path: Path) -> None:
    """No is an answer, and the default."""
    (tmp_path / "config.toml").write_text('[providers.demo]\npreset = "demo"\n')

    code, shown = at_terminal(tmp_path, ["providers", "remove", "demo"], ("[y/N]", ""))

    assert code == 2
    assert "was not removed" in shown
    assert "demo" in (tmp_path / "config.toml").read_text()


def test_a_table_fits_80_columns(aimux: Command) -> None:
    """The widest address is shortened, nothing else is cut."""
    aimux.config = "".join(
        f'[providers.{name}]\npreset = "{name}"\n'
        for name in ("anthropic", "gemini", "zai-coding", "demo")
    )

    lines = aimux.on_terminal("providers", "list").out.splitlines()

    assert lines[0].split() == ["NAME", "FORMATS", "ADDRESS", "KEY", "MODELS", "STATE"]
    assert max(map(len, lines)) <= COLUMNS
    assert "gemini +1" in lines[2]
    assert "(built in)" in lines[4]


def test_the_catalogue_fits_80_columns(aimux: Command) -> None:
    """Everything that one looks for in it is visible."""
    lines = aimux.on_terminal("providers", "catalog").out.splitlines()

    assert max(map(len, lines)) <= COLUMNS


# ---------------------------------------------------------------- list and show


def test_no_provider_is_no_error(aimux: Command) -> None:
    """A new user is told what to type."""
    result = aimux("providers", "list")

    assert (result.code, result.out) == (0, "")
    assert "aimux providers catalog" in result.err
    assert json.loads(aimux("providers", "list", "--json").out) == []


@pytest.mark.parametrize(
    ("keys", "shown"),
    [
        ("[]", "none needed"),
        ('["env:SET"]', "env:SET"),
        ('["env:UNSET"]', "missing"),
        ('["env:UNSET", "env:SET", "env:SET2"]', "env:SET +1"),
        ('["keyring:up/default"]', "no keyring"),
        ('["command:touch ran"]', "not looked at"),
        ('["file:/dev/null"]', "refused"),
    ],
)
def test_the_list_says_where_the_key_is_or_why_there_is_none(
    aimux: Command, upstream: FakeUpstream, keys: str, shown: str
) -> None:
    """No key is shown, and no program is run to show a list."""
    aimux.environ |= {"SET": KEY, "SET2": KEY}
    aimux.config = one_provider(upstream, keys=keys)

    result = aimux("providers", "list")

    assert result.out.rstrip("\n").split("\t") == [
        "up", "openai-chat", f"{upstream.url}/v1", shown, "0", "enabled",
    ]  # fmt: skip
    assert not Path("ran").exists()


def test_the_list_as_json(aimux: Command) -> None:
    """Every key is there; what no daemon says is null."""
    aimux.config = '[providers.zai]\npreset = "zai"\nenabled = false\nkeys = ["env:UNSET"]\n'

    row = json.loads(aimux("providers", "list", "--json").out)[0]

    assert (row["name"], row["preset"], row["enabled"]) == ("zai", "zai", False)
    assert row["formats"]["openai-chat"] == {
        "base_url": "https://api.z.ai/api/paas/v4", "auth": "bearer"
    }  # fmt: skip
    assert row["keys"] == [{"reference": "env:UNSET", "state": "missing"}]
    assert (row["health"], row["usable"]) == (None, None)


def test_show_says_everything_of_one_provider(aimux: Command) -> None:
    """Addresses, keys, quirks in words, source, and where it is used."""
    aimux.config = (
        '[providers.zai]\npreset = "zai"\nkeys = ["env:UNSET"]\nquirks = ["tool-input-array", "own"]\n'
        '[models.fast]\ntargets = ["zai/glm-4.7"]\n'
    )

    result = aimux("providers", "show", "zai")

    facts = result.out.splitlines()
    assert "anthropic\thttps://api.z.ai/api/anthropic (key as authorization: Bearer)" in facts
    assert "key\tenv:UNSET: missing" in facts
    assert any(fact.startswith("key problem\t") for fact in facts)
    assert any(fact.startswith("quirk\ttool-input-array: a tool call's input") for fact in facts)
    assert "quirk\town: ?" in facts
    assert "read on\t2026-08-19" in facts
    assert "used by\tmodel 'fast' [zai/glm-4.7]" in facts
    used = json.loads(aimux("providers", "show", "zai", "--json").out)["used_by"]
    assert used == ["model 'fast' [zai/glm-4.7]"]


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ('[providers.a]\nformat = "anthropic"\nbase_url = "https://x.example"\n',
         "anthropic\thttps://x.example (key as x-api-key)"),
        ('[providers.a]\nformat = "anthropic"\nbase_url = "http://localhost:1"\nkeys = []\n',
         "anthropic\thttp://localhost:1 (no key is sent)"),
        ('[providers.a]\npreset = "demo"\nenabled = false\n', "gemini\t(built in)"),
        ('[providers.a]\npreset = "demo"\nenabled = false\n', "state\tdisabled"),
    ],
)  # fmt: skip
def test_show_of_providers_with_and_without_preset(aimux: Command, config: str, words: str) -> None:
    """Who has no preset has no vendor's facts; who needs no key is said so."""
    aimux.config = config

    facts = aimux("providers", "show", "a").out.splitlines()

    assert words in facts
    assert "used by\tnothing yet" in facts


@pytest.mark.parametrize("command", ["show", "test", "enable", "disable", "remove"])
@pytest.mark.parametrize(
    ("name", "words", "hint"),
    [
        ("dmeo", "there is no provider 'dmeo'", "did you mean 'demo'?"),
        ("qqqq", "there is no provider 'qqqq'", "aimux providers list"),
        ("zai", "provider 'zai' is not configured", "aimux providers add zai"),
        (SHAPED_KEY, "there is no provider of that name", "aimux providers list"),
    ],
)
def test_a_name_that_nobody_has_is_told(
    aimux: Command, command: str, name: str, words: str, hint: str
) -> None:
    """Exit code 2 with what was probably meant."""
    aimux.config = '[providers.demo]\npreset = "demo"\n'

    result = aimux("providers", command, name)

    assert result.code == 2
    assert words in result.err
    assert hint in result.err
    assert SHAPED_KEY not in result.err


@pytest.mark.parametrize(
    "arguments",
    [["list"], ["show", "a"], ["test"], ["enable", "a"], ["remove", "a"], ["add", "zai"]],
)
def test_a_broken_file_stops_every_command(aimux: Command, arguments: list[str]) -> None:
    """All problems with their lines, exit code 2, and the file as it was."""
    aimux.config = '[providers.a]\npreset = "nobody"\nbad = 1\n'
    before = aimux.config

    result = aimux("providers", *arguments)

    assert result.code == 2
    assert "config.toml:2:" in result.err
    assert "config.toml:3:" in result.err
    assert aimux.config == before


# ---------------------------------------------------------------- test


def test_a_provider_that_answers_is_fine(aimux: Command, upstream: FakeUpstream) -> None:
    """The free list of models is asked, once, and nothing else."""
    upstream.always("/v1/models", LIST)
    aimux.environ["UP_KEY"] = KEY
    aimux.config = one_provider(upstream)

    result = aimux("providers", "test")

    name, key, call, outcome, latency_ms, models = result.out.rstrip("\n").split("\t")
    assert (name, key, call, outcome, models) == ("up", "env:UP_KEY", "models list", "ok", "2")
    assert int(latency_ms) >= 0
    assert result.code == 0
    assert [each.header("authorization") for each in upstream.requests] == [f"Bearer {KEY}"]


@pytest.mark.parametrize(
    ("keys", "answers", "code", "outcomes"),
    [
        ('["env:UP_KEY"]', [Answer(401)], 5, ["unauthorized"]),
        ('["env:UP_KEY"]', [Answer(500)], 5, ["server-error"]),
        ('["env:UNSET"]', [], 4, ["key-missing"]),
        ('["env:UP_KEY", "env:UNSET"]', [LIST], 4, ["ok", "key-missing"]),
        ('["env:UP_KEY", "env:UNSET"]', [Answer(401)], 5, ["unauthorized", "key-missing"]),
        ('["env:UP_KEY", "env:UP_KEY2"]', [LIST, Answer(403)], 5, ["ok", "forbidden"]),
        ('["command:printf sk-test-1234567890"]', [LIST], 0, ["ok"]),
        ("[]", [LIST], 0, ["ok"]),
        ("[]", [Answer(404)], 5, ["not-found"]),
    ],
)
def test_the_exit_code_says_who_is_at_fault(  # noqa: PLR0917 -- a table of four columns
    aimux: Command,
    upstream: FakeUpstream,
    keys: str,
    answers: list[Answer],
    code: int,
    outcomes: list[str],
) -> None:
    """5 when a provider failed, 4 when a key is missing; each key is tried."""
    upstream.script("/v1/models", *answers)
    aimux.environ |= {"UP_KEY": KEY, "UP_KEY2": KEY + "2"}
    aimux.config = one_provider(upstream, keys=keys)

    result = aimux("providers", "test", "--json")

    assert result.code == code
    assert [each["outcome"] for each in json.loads(result.out)] == outcomes
    assert len(upstream.requests) == len(answers)


def test_a_failure_is_shown_with_what_to_do(aimux: Command, upstream: FakeUpstream) -> None:
    """The reason stands in the table, the hint below."""
    upstream.always("/v1/models", Answer(401))
    aimux.environ["UP_KEY"] = KEY
    aimux.config = one_provider(upstream)

    result = aimux("providers", "test", "up")

    assert "\tthe key is refused (401)\t" in result.out
    assert "up: put in another one: aimux keys set up" in result.err
    assert KEY not in result.out + result.err


def test_a_missing_key_is_shown_with_what_to_do(aimux: Command, upstream: FakeUpstream) -> None:
    """No call is made without the key that it needs."""
    aimux.config = one_provider(upstream)

    result = aimux("providers", "test", "up")

    assert result.out.startswith("up\tenv:UP_KEY\tnot made\t")
    assert "UP_KEY" in result.err
    assert upstream.requests == []


def test_enabled_providers_are_tested_and_a_disabled_one_when_named(
    aimux: Command, upstream: FakeUpstream
) -> None:
    """Who is switched off is left alone, unless one asks for it."""
    upstream.always("/v1/models", LIST)
    aimux.config = (
        one_provider(upstream, "on", "[]")
        + one_provider(upstream, "off", "[]")
        + "enabled = false\n"
        '[providers.demo]\npreset = "demo"\n'
    )

    everyone = aimux("providers", "test").out.splitlines()
    named = aimux("providers", "test", "off").out.splitlines()

    assert [line.split("\t")[0] for line in everyone] == ["on", "demo"]
    assert [line.split("\t")[0] for line in named] == ["off"]


def test_with_nothing_to_test_one_is_told_what_to_type(aimux: Command) -> None:
    """Exit code 2: there is no provider to ask."""
    result = aimux("providers", "test")

    assert result.code == 2
    assert "aimux providers add NAME" in result.err


@pytest.mark.parametrize(
    ("facts", "arguments", "model"),
    [
        ("", ["--model", "mine"], "mine"),
        ("[providers.up.models.first]\n[providers.up.models.second]\n", [], "first"),
        (
            "[providers.up.models]\ndear = {price = {output = 9}}\nunknown = {}\n"
            "cheap = {price = {output = 0.5}}\n",
            [],
            "cheap",
        ),
    ],
)
def test_a_paid_call_says_its_model(
    aimux: Command, upstream: FakeUpstream, facts: str, arguments: list[str], model: str
) -> None:
    """One token of the model that was named, or of the cheapest that is known."""
    upstream.always("/v1/models", LIST)
    upstream.always("/v1/chat/completions", OK)
    aimux.config = one_provider(upstream, keys="[]") + facts

    result = aimux("providers", "test", "up", "--paid", *arguments)

    lines = [line.split("\t") for line in result.out.splitlines()]
    assert result.code == 0
    assert [line[2] for line in lines] == ["models list", f"one token of {model}"]
    assert json.loads(upstream.wait(2).body)["model"] == model


def test_no_paid_call_without_the_word(aimux: Command, upstream: FakeUpstream) -> None:
    """Nothing is spent that was not asked for, not even after a failed list."""
    upstream.always("*", Answer(500))
    aimux.config = one_provider(upstream, keys="[]")

    aimux("providers", "test", "up")
    result = aimux("providers", "test", "up", "--paid", "--model", "m")

    assert result.code == 5
    assert {each.path for each in upstream.requests} == {"/v1/models"}


def test_a_provider_without_a_list_is_proved_by_the_paid_call(
    aimux: Command, upstream: FakeUpstream
) -> None:
    """Some vendors have no list of models; that is no failure then."""
    upstream.always("/v1/models", Answer(404))
    upstream.script("/v1/chat/completions", OK, Answer(400))
    aimux.config = one_provider(upstream, keys="[]")

    good = aimux("providers", "test", "up", "--paid", "--model", "m")
    bad = aimux("providers", "test", "up", "--paid", "--model", "m")

    assert (good.code, good.out.split("\t")[2]) == (0, "one token of m")
    assert (bad.code, len(bad.out.splitlines())) == (5, 2)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["up", "--paid"], "no model of 'up' is known to call"),
        (["up", "--model", "m"], "--model is for the paid call"),
        (["--paid", "--model", "m"], "--model needs the name of its provider"),
        (["up", "--timeout", "5"], "--timeout must be a duration in quotes"),
    ],
)
def test_a_test_that_cannot_be_meant_is_refused(
    aimux: Command, upstream: FakeUpstream, arguments: list[str], words: str
) -> None:
    """Before any call is made."""
    aimux.config = one_provider(upstream, keys="[]")

    result = aimux("providers", "test", *arguments)

    assert result.code == 2
    assert words in result.err
    assert upstream.requests == []


# ---------------------------------------------------------------- enable, disable, remove


def test_a_provider_is_switched_off_and_on(aimux: Command) -> None:
    """Twice is no error."""
    aimux.config = '[providers.demo] # mine\npreset = "demo"\n'

    said = [
        aimux("providers", command, "demo").err
        for command in ("disable", "disable", "enable", "enable")
    ]

    assert said == [
        "provider 'demo' is disabled\n",
        "provider 'demo' is disabled already\n",
        "provider 'demo' is enabled\n",
        "provider 'demo' is enabled already\n",
    ]
    assert written(aimux)["providers"]["demo"]["enabled"] is True
    assert aimux.config.startswith("[providers.demo] # mine\n")


USED = """\
[providers.a]
preset = "demo"
[providers.b]
preset = "demo"
"""


@pytest.mark.parametrize(
    ("uses", "words", "left"),
    [
        ('[routing]\ndefault = ["a/*", "b/*"]\n', "routing.default [a/*, b/*]",
         {"routing": {"default": ["b/*"]}}),
        ('[routing]\ndefault = ["a/*"]\n', "routing.default [a/*]", {"routing": {"default": []}}),
        ('[models.fast]\ntargets = ["b/m", "a/m"]\n', "model 'fast' [b/m, a/m]",
         {"models": {"fast": {"targets": ["b/m"]}}}),
        ('[[routes]]\nname = "r"\ntargets = ["a/m", "b/m", "a/n"]\n', "route 'r' [a/m, b/m, a/n]",
         {"routes": [{"name": "r", "targets": ["b/m"]}]}),
        ('[budgets.day]\nscope = "all"\nlimit_usd = 1\nat_limit = "degrade"\ntargets = ["a/m", "b/m"]\n',
         "budget 'day' [a/m, b/m]", None),
    ],
)  # fmt: skip
def test_a_provider_in_use_is_removed_only_with_yes(
    aimux: Command, uses: str, words: str, left: dict[str, Any] | None
) -> None:
    """Refused with the list of uses; --yes takes it out of the lists too."""
    aimux.config = USED + uses

    refused = aimux("providers", "remove", "a")
    before = written(aimux)
    removed = aimux("providers", "remove", "a", "--yes")

    assert refused.code == 2
    assert words in refused.err
    assert "aimux providers remove a --yes" in refused.err
    assert "a" in before["providers"]
    assert removed.code == 0
    assert f"taken out of {words}" in removed.err
    assert list(written(aimux)["providers"]) == ["b"]
    if left is not None:
        assert {key: written(aimux)[key] for key in left} == left


@pytest.mark.parametrize(
    ("uses", "cure"),
    [
        ('[models."fast.one"]\ntargets = ["a/m"]\n', 'aimux config unset models."fast.one"'),
        ('[[routes]]\nname = "r"\ntargets = ["a/m"]\n', "aimux config edit"),
        ('[budgets.day]\nscope = "provider:a"\nlimit_usd = 1\n', "aimux config unset budgets.day"),
    ],
)
@pytest.mark.parametrize("yes", [[], ["--yes"]])
def test_a_list_is_never_left_empty(aimux: Command, uses: str, cure: str, yes: list[str]) -> None:
    """Where nothing would remain a person decides; the command to type is named."""
    aimux.config = USED + uses
    before = aimux.config

    result = aimux("providers", "remove", "a", *yes)

    assert result.code == 2
    assert cure in result.err
    assert aimux.config == before


def test_without_a_terminal_removing_needs_yes(aimux: Command) -> None:
    """A script says what it means."""
    aimux.config = USED

    result = aimux("providers", "remove", "a")

    assert result.code == 2
    assert "aimux providers remove a --yes" in result.err


@pytest.mark.parametrize(("flags", "kept"), [([], False), (["--keep-key"], True)])
def test_a_provider_takes_its_stored_key_along(
    aimux: Command, flags: list[str], kept: bool
) -> None:
    """Unless one wants to keep it."""
    aimux("providers", "add", "zai", "--key-stdin", stdin=KEY)
    aimux.config = aimux.config.replace('default = ["zai/*"]', "default = []")

    result = aimux("providers", "remove", "zai", "--yes", *flags)
    aimux.config = '[providers.zai]\npreset = "zai"\nkeys = ["vault:zai/default"]\n'

    assert ("removed its key vault:zai/default" in result.err) is not kept
    assert aimux("providers", "list").out.split("\t")[3] == ("vault" if kept else "missing")


def test_a_key_that_another_provider_names_stays(aimux: Command) -> None:
    """Two providers may share one key."""
    aimux("providers", "add", "zai", "--key-stdin", stdin=KEY)
    aimux.config += '[providers.plan]\npreset = "zai-coding"\nkeys = ["vault:zai/default"]\n'

    result = aimux("providers", "remove", "zai", "--yes")

    assert "removed its key" not in result.err
    assert aimux("providers", "list").out.split("\t")[3] == "vault"


def test_keys_that_aimux_does_not_keep_are_left_alone(aimux: Command) -> None:
    """A variable or a file of the user's is the user's; a key that is not there is no matter."""
    aimux.config = (
        '[providers.a]\npreset = "zai"\n'
        'keys = ["env:K", "vault:other/default", "vault:a/default"]\n'
    )

    result = aimux("providers", "remove", "a", "--yes")

    assert result.code == 0
    assert "removed its key" not in result.err


def test_a_key_that_cannot_be_removed_is_told(aimux: Command) -> None:
    """The provider is gone; what is left of it is named."""
    aimux.config = '[providers.a]\npreset = "zai"\nkeys = ["vault:a/default"]\n'
    (aimux.home / "vault.aimux").write_bytes(b"no vault")

    result = aimux("providers", "remove", "a", "--yes")

    assert result.code == 0
    assert "its key vault:a/default could not be removed: " in result.err


# ---------------------------------------------------------------- while a daemon runs


@pytest.fixture
def running(tmp_path: Path, aimux: Command) -> Iterator[Home]:
    """A daemon with two providers of its own, in the home of the command."""
    home = Home(tmp_path)
    home.write(USED + "[routing]\ndefault = ['b/*']\n")
    home.start()
    yield home
    end(home)


@pytest.mark.system
def test_the_list_shows_what_a_daemon_says(aimux: Command, running: Home) -> None:
    """Health comes from whoever sends the requests."""
    lines = aimux("providers", "list").out.splitlines()
    row = json.loads(aimux("providers", "list", "--json").out)[0]

    assert [line.split("\t")[-1] for line in lines] == ["ok", "ok"]
    assert row["usable"] is True
    assert row["health"] in {"ok", "unknown"}


@pytest.mark.system
def test_after_a_change_a_running_daemon_is_told_or_one_is_told_how(
    aimux: Command, running: Home
) -> None:
    """Nothing is reloaded behind one's back; --reload does it at once."""
    hinted = aimux("providers", "disable", "a").err
    before = {each["name"]: each["enabled"] for each in running.admin.status()["providers"]}
    reloaded = aimux("providers", "add", "ollama", "--reload").err
    after = {each["name"]: each["enabled"] for each in running.admin.status()["providers"]}

    assert "the running daemon does not know it yet: aimux reload" in hinted
    assert before == {"a": True, "b": True}
    assert "reloaded: " in reloaded
    assert "aimux start" not in reloaded
    assert after == {"a": False, "b": True, "ollama": True}


# ---------------------------------------------------------------- the whole program


def test_the_real_program_adds_lists_and_removes(tmp_path: Path) -> None:
    """As a script would use it: data on stdout, words on stderr, exit codes."""

    def run(*arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "aimux", "providers", *arguments],
            input=stdin, env=clean_environment(tmp_path), capture_output=True, text=True,
            timeout=PATIENCE_S, check=False,
        )  # fmt: skip

    added = run("add", "zai", "--key-stdin", stdin=KEY)
    listed = run("list", "--json")
    refused = run("add", "zai", SHAPED_KEY)
    removed = run("remove", "zai", "--yes")

    assert (added.returncode, added.stdout) == (0, "")
    assert json.loads(listed.stdout)[0]["keys"][0]["state"] == "ready"
    assert refused.returncode == 2
    assert SHAPED_KEY not in refused.stderr + refused.stdout
    assert removed.returncode == 0
