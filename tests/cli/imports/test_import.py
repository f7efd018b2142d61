"""``aimux config import``: real files of three gateways, and what becomes of them."""

from __future__ import annotations

import json
import sqlite3
import tomllib
from pathlib import Path
from typing import Any

import pytest

from aimux.cli import keyprompt
from aimux.cli.imports.ccr import plain_json
from aimux.cli.imports.found import Account, Found, whole
from aimux.config.paths import Paths
from aimux.vault.access import Access
from tests.support.command import Command
from tests.support.keyrings import keyring_environment

FILES = Path(__file__).parent / "files"
SECRETS = ("sk-test-", "AIza-test", "vk-test")


@pytest.fixture
def aimux(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Command:
    """The command in an empty home."""
    monkeypatch.chdir(tmp_path)
    return Command(tmp_path, monkeypatch, capsys)


def imported(aimux: Command, source: str, file: str) -> dict[str, Any]:
    """The configuration that came of it, which holds and has no key in it."""
    result = aimux("config", "import", source, str(FILES / file))
    assert result.code == 0, result.err
    assert not any(secret in aimux.config + result.out + result.err for secret in SECRETS)
    assert aimux("config", "check").code == 0
    return tomllib.loads(aimux.config)


def kept(aimux: Command) -> dict[str, str]:
    """The keys in the vault: there is no keyring here."""
    paths = Paths(config=aimux.home / "config.toml", state=aimux.home)
    records = Access({}).vault(paths).read()
    return {name: json.loads(each.reveal())["key"] for name, each in records.items()}


# ---------------------------------------------------------------- claude-code-router


def test_ccr(aimux: Command) -> None:
    """Version 2: presets by address, the five cases as rules, keys in the vault."""
    config = imported(aimux, "ccr", "ccr.json")

    assert config["providers"] == {
        "openrouter": {
            "preset": "openrouter",
            "proxy": "http://proxy.example:7890",
            "keys": ["vault:openrouter/default"],
        },
        "deepseek": {
            "preset": "deepseek",
            "proxy": "http://proxy.example:7890",
            "keys": ["env:DEEPSEEK_API_KEY"],
        },
        "ollama": {"preset": "ollama"},
        "gemini": {"preset": "gemini", "proxy": "http://proxy.example:7890"},
        "silicon-flow": {
            "format": "openai-chat",
            "base_url": "https://api.siliconflow.example/v1",
            "proxy": "http://proxy.example:7890",
            "keys": ["vault:silicon-flow/default"],
            "models": {"moonshotai/Kimi-K2-Instruct": {"max_output": 16384}},
        },
        "relay": {
            "format": "anthropic",
            "base_url": "https://relay.example",
            "proxy": "http://proxy.example:7890",
            "keys": ["vault:relay/default"],
        },
    }
    assert [(each["name"], each["match"], each["targets"]) for each in config["routes"]] == [
        ("long-context", {"min_input_tokens": 80000}, ["openrouter/google/gemini-2.5-pro"]),
        ("background", {"model": "*claude*haiku*"}, ["ollama/qwen2.5-coder:latest"]),
        ("web-search", {"web_search": True}, ["gemini/gemini-2.5-flash"]),
        ("thinking", {"thinking": "on"}, ["deepseek/deepseek-reasoner"]),
    ]
    assert config["routing"] == {
        "default": ["deepseek/deepseek-chat", "silicon-flow/moonshotai/Kimi-K2-Instruct"]
    }
    assert kept(aimux)["openrouter/default"] == "sk-test-openrouter-0123456789"
    assert set(kept(aimux)) == {"openrouter/default", "silicon-flow/default", "relay/default"}
    for told in (
        "#   Providers 'broken': has no address",
        "#   Providers 'gemini'.api_key: the key is a placeholder, not a real key",
        "#   Router.image: 'nobody,vision' names no provider of the file",
        "#   HOST: aimux has an address of its own: server.host",
        "#   CUSTOM_ROUTER_PATH: there is no code",
        "# transformers deepseek: aimux does what they do itself",
    ):
        assert told in aimux.config


V3: dict[str, Any] = {
    "Providers": [
        {
            "name": "zai",
            "baseUrl": "https://api.z.ai/api/coding/paas/v4",
            "type": "openai_chat_completions",
            "apiKey": "sk-test-zai-one-0123456789",
            "credentials": [
                {"apiKey": "sk-test-zai-two-0123456789"},
                {"apiKey": "sk-test-zai-off-0123456789", "enabled": False},
            ],
            "models": ["glm-5"],
            "modelMetadata": {
                "glm-5": {"contextWindow": 200000, "maxOutputTokens": 32000, "pricing": {"x": 1}},
                "odd": "text",
            },
            "extraHeaders": {"a": "b"},
        },
        {"name": "old", "baseUrl": "https://old.example/v1", "enabled": False, "models": []},
        {
            "name": "vertex",
            "baseUrl": "https://v.example/v1",
            "transformer": {"use": ["vertex-gemini", 5]},
        },
    ],
    "Router": {
        "fallback": {"mode": "model-chain", "models": ["zai/glm-5", "nobody/x"]},
        "rules": [
            {"name": "opus", "type": "condition", "enabled": True,
             "condition": {"left": "request.body.model", "operator": "contains", "right": "opus"},
             "rewrite": {"key": "model", "value": "zai/glm-5"},
             "fallback": {"mode": "model-chain", "models": ["old/m"]}},
            {"name": "long", "type": "condition",
             "condition": {"left": "request.tokenCount", "operator": ">", "right": "100000"},
             "rewrites": [{"key": "request.body.model", "operation": "set", "value": "zai/glm-5"}]},
            {"name": "team", "type": "condition", "target": "zai/glm-5",
             "condition": {"left": "request.header.x-team", "operator": "==", "right": "a"}},
            {"name": "gpt", "type": "model-prefix", "pattern": "gpt-", "target": "zai/glm-5"},
            {"name": "opus", "type": "model-prefix", "pattern": "o", "target": "zai/glm-5"},
            {"name": "script", "type": "script", "script": {"file": "x.js"}},
            {"name": "more", "type": "condition", "target": "zai/glm-5",
             "condition": {"left": "model", "operator": "==", "right": "x"},
             "rewrites": [{"key": "temperature", "value": "0"}]},
            {"name": "off", "type": "model-prefix", "enabled": False},
        ],
    },
    "plugins": [{"id": "x"}],
}  # fmt: skip


def test_ccr_3(aimux: Command, tmp_path: Path) -> None:
    """Version 3 keeps it in SQLite, with keys in a pool and rules of one condition."""
    database = tmp_path / "config.sqlite"
    connection = sqlite3.connect(database)
    connection.execute("CREATE TABLE app_config (key TEXT, value_json TEXT, updated_at TEXT)")
    connection.execute("INSERT INTO app_config VALUES ('default', ?, '')", [json.dumps(V3)])
    connection.commit()
    connection.close()

    config = imported(aimux, "ccr", str(database))

    assert config["providers"]["zai"] == {
        "preset": "zai-coding",
        "keys": ["vault:zai/default", "vault:zai/2"],
        "models": {"glm-5": {"context": 200000, "max_output": 32000}},
    }
    assert config["providers"]["old"]["enabled"] is False
    assert [(each["name"], each["match"], each["targets"]) for each in config["routes"]] == [
        ("opus", {"model": "*opus*"}, ["zai/glm-5", "old/m"]),
        ("long", {"min_input_tokens": 100001}, ["zai/glm-5"]),
        ("team", {"header": {"x-team": "a"}}, ["zai/glm-5"]),
        ("gpt", {"model": "gpt-*"}, ["zai/glm-5"]),
        ("opus-2", {"model": "o*"}, ["zai/glm-5"]),
    ]
    assert config["routing"]["default"] == ["zai/glm-5"]
    assert kept(aimux) == {
        "zai/default": "sk-test-zai-one-0123456789",
        "zai/2": "sk-test-zai-two-0123456789",
    }
    for told in ("'script': cannot be said", "'more': cannot be said", "'off': is not in use",
                 "Vertex AI is not spoken", "the catalogue's prices hold", "extraHeaders",
                 "aimux has no plug-ins"):  # fmt: skip
        assert told in aimux.config


@pytest.mark.parametrize(
    ("source", "meant"),
    [
        ('{"a": 1, // x\n "b": [1, 2,],}', '{"a": 1,  "b": [1, 2]}'),
        ('{"u": "http://x/*y*/,}", /* c, */ "v": ",]"}', '{"u": "http://x/*y*/,}",  "v": ",]"}'),
        ('{"a": [1, /* last */ ]}', '{"a": [1   ]}'),
    ],
)
def test_json_with_comments(source: str, meant: str) -> None:
    """Texts are left alone, whatever they hold."""
    assert json.loads(plain_json(source)) == json.loads(meant)


# ---------------------------------------------------------------- litellm


def test_litellm(aimux: Command) -> None:
    """Vendors become providers, public names public models, fallbacks further targets."""
    config = imported(aimux, "litellm", "litellm.yaml")

    assert config["providers"] == {
        "anthropic": {
            "preset": "anthropic",
            "keys": ["env:ANTHROPIC_API_KEY"],
            "models": {
                "claude-sonnet-4-5": {
                    "context": 200000,
                    "max_output": 64000,
                    "price": {"input": 3.0, "output": 15.0},
                }
            },
        },
        "groq": {
            "preset": "groq",
            "limits": {"requests_per_minute": 30, "tokens_per_minute": 6000},
            "keys": ["vault:groq/default", "vault:groq/2"],
        },
        "cerebras": {"preset": "cerebras", "keys": ["vault:cerebras/default"]},
        "ollama": {"preset": "ollama"},
        "box": {"format": "openai-chat", "base_url": "https://box.example/v1"},
        "mistral": {"preset": "mistral", "keys": ["env:MISTRAL_API_KEY"]},
    }
    assert config["models"] == {
        "sonnet": {"targets": ["anthropic/claude-sonnet-4-5", "fast"]},
        "fast": {
            "targets": ["groq/openai/gpt-oss-120b", "cerebras/gpt-oss-120b"],
            "strategy": "fastest",
        },
        "local": {
            "targets": ["ollama/qwen3-coder:30b", "sonnet"],
            "failover_on": ["context-overflow"],
        },
        "box": {"targets": ["box/my-model"]},
        "gpt-4": {"targets": ["fast"]},
    }
    assert config["routing"] == {"default": ["mistral/*"]}
    assert kept(aimux)["groq/2"] == "sk-test-groq-two-0123456789"
    for told in (
        "the vendor of 'azure/gpt-4o-eu' is not one that aimux can ask",
        "model_list[3].rpm: groq has one limit for all its models",
        "model_list[5].api_key: the key is a placeholder",
        "model_list[2].litellm_params.stream_timeout",
        "fallbacks: 'fast' or all that stand behind it",
        "fallbacks: 'gone' or all that stand behind it",
        "model_group_alias: 'lost' leads nowhere",
        "general_settings.master_key: clients get tokens of aimux",
        "router_settings.num_retries",
        "litellm_settings.drop_params",
        "environment_variables",
    ):
        assert told in " ".join(aimux.config.replace("\n#", "").split()), told


def test_an_unknown_strategy_is_told(aimux: Command, tmp_path: Path) -> None:
    """The order of the file holds then; wildcards mean any model; addresses from variables do not cross."""
    file = tmp_path / "c.yaml"
    file.write_text(
        "model_list:\n"
        "- {model_name: a, litellm_params: {model: gpt-5, api_base: os.environ/BASE}}\n"
        "- {model_name: b, litellm_params: {model: gpt-5, api_key: os.environ/K}}\n"
        "- {model_name: b, litellm_params: {model: openai_like/x, api_base: 'http://h.example:1/v1'}}\n"
        "- {model_name: '*', litellm_params: {model: 'xai/*'}}\n"
        "- {model_name: c, litellm_params: {model: openai_like/x}}\n"
        "router_settings: {routing_strategy: of-my-own}\n"
    )

    config = imported(aimux, "litellm", str(file))

    assert list(config["providers"]) == ["openai", "h", "xai"]
    assert config["models"] == {"b": {"targets": ["openai/gpt-5", "h/x"]}}
    assert "'of-my-own' is not known" in aimux.config


# ---------------------------------------------------------------- CLIProxyAPI


def test_cliproxyapi(aimux: Command) -> None:
    """Keys of one address are one provider; aliases are public models."""
    config = imported(aimux, "cliproxyapi", "cliproxyapi.yaml")
    proxy = "http://proxy.example:7890"

    assert config["providers"] == {
        "anthropic": {"preset": "anthropic", "proxy": proxy, "keys": ["vault:anthropic/default"]},
        "relay": {
            "format": "anthropic",
            "base_url": "https://relay.example",
            "headers": {"X-Custom": "yes"},
            "keys": ["vault:relay/default"],
        },
        "codex": {
            "format": "openai-responses",
            "base_url": "https://codex.example/v1",
            "proxy": proxy,
            "keys": ["vault:codex/default"],
        },
        "gemini": {
            "preset": "gemini",
            "proxy": proxy,
            "keys": ["vault:gemini/default", "vault:gemini/2"],
            "models": {"gemini-2.5-flash": {"context": 1048576}},
        },
        "openrouter": {
            "preset": "openrouter",
            "proxy": proxy,
            "keys": ["vault:openrouter/default", "vault:openrouter/2"],
        },
        "off": {
            "format": "openai-chat",
            "base_url": "https://off.example/v1",
            "enabled": False,
            "proxy": proxy,
            "keys": ["vault:off/default"],
        },
    }
    assert config["models"] == {
        "flash": {"targets": ["gemini/gemini-2.5-flash"]},
        "kimi": {"targets": ["openrouter/moonshotai/kimi-k2:free"]},
        "pool": {
            "targets": ["openrouter/z-ai/glm-5", "openrouter/deepseek/v3"],
            "strategy": "round-robin",
        },
        "bare": {"targets": ["openrouter/bare"]},
    }
    assert config["routing"] == {
        "default": ["anthropic/*", "relay/*", "codex/*", "gemini/*", "openrouter/*"],
        "strategy": "priority",
        "sticky": "session",
    }
    for told in (
        "claude-api-key[1].proxy-url: only HTTP proxies without a password",
        "claude-api-key[1].headers: those that hold keys",
        "gemini-api-key[0].prefix",
        "gemini-api-key[0].excluded-models",
        "openai-compatibility[0].api-key-entries: a proxy belongs to a provider",
        "openai-compatibility[2]: has no address",
        "vertex-api-key: Vertex AI is not spoken",
        "api-keys: clients get tokens of aimux",
        "auth-dir: logins of subscriptions",
        "request-retry: has no counterpart",
    ):
        assert told in " ".join(aimux.config.replace("\n#", "").split()), told


@pytest.mark.parametrize(
    ("routing", "expected"),
    [
        ("{strategy: random}", {}),
        ("{session-affinity: false}", {"sticky": "none"}),
    ],
)
def test_cliproxyapi_s_routing(
    aimux: Command, tmp_path: Path, routing: str, expected: dict[str, str]
) -> None:
    """What is not known is told, what is said is taken."""
    file = tmp_path / "c.yaml"
    file.write_text(
        "claude-api-key:\n- {api-key: sk-test-claude-0123456789}\n- {base-url: 'ftp://x'}\n"
        f"routing: {routing}\n"
    )

    config = imported(aimux, "cliproxyapi", str(file))

    assert config["routing"] == {"default": ["anthropic/*"], **expected}
    assert ("'random' is not known" in aimux.config) is ("random" in routing)


# ---------------------------------------------------------------- beside what is there


def test_beside_a_configuration_nothing_is_written_unasked(aimux: Command) -> None:
    """It is shown; with --write it stands behind the old text, which stays byte for byte."""
    mine = (
        '# mine\n[providers.deepseek] # keep\npreset = "deepseek"\n\n[models.x]\n'
        'targets = ["deepseek/y"]\n\n[[routes]]\nname = "thinking"\n'
        'match = { stream = true }\ntargets = ["x"]\n\n'
        '[routing]\ndefault = ["deepseek/*"]\n'
    )
    aimux.config = mine
    arguments = ("config", "import", "ccr", str(FILES / "ccr.json"))

    shown = aimux(*arguments)

    assert (shown.code, aimux.config) == (0, mine)
    assert "[providers.deepseek-2]" in shown.out
    assert "nothing was written; the same with --write" in shown.err
    assert "a key would be stored as keyring:relay/default" in shown.err
    assert not (aimux.home / "vault.aimux").exists()

    written = aimux(*arguments, "--write")

    assert written.code == 0, written.err
    assert f"{FILES / 'ccr.json'} still has the keys in the clear" in written.err
    assert aimux.config.startswith(mine)
    assert (aimux.home / "config.toml.bak").read_text() == mine
    config = tomllib.loads(aimux.config)
    assert list(config["providers"])[:3] == ["deepseek", "openrouter", "deepseek-2"]
    assert config["routes"][-1]["name"] == "thinking-2"
    assert config["routes"][-1]["targets"] == ["deepseek-2/deepseek-reasoner"]
    assert config["routing"] == {"default": ["deepseek/*"]}
    assert "aimux config set routing.default deepseek-2/deepseek-chat" in written.err
    assert aimux("config", "check").code == 0


def test_public_models_that_are_there_stay(aimux: Command) -> None:
    """The name is the user's already."""
    aimux.config = (
        '[providers.demo]\npreset = "demo"\n[models.fast]\ntargets = ["demo/demo-fast"]\n'
    )

    result = aimux("config", "import", "litellm", str(FILES / "litellm.yaml"), "--write")

    assert result.code == 0, result.err
    assert tomllib.loads(aimux.config)["models"]["fast"] == {"targets": ["demo/demo-fast"]}
    assert "not taken over: models.fast: is there already" in result.err
    assert tomllib.loads(aimux.config)["routing"] == {"default": ["mistral/*"]}


def test_a_dry_run(aimux: Command) -> None:
    """Also where there is nothing yet."""
    result = aimux("config", "import", "ccr", str(FILES / "ccr.json"), "--dry-run")

    assert (result.code, aimux.config) == (0, "")
    assert tomllib.loads(result.out)["routing"]["default"][0] == "deepseek/deepseek-chat"


def test_as_json(aimux: Command) -> None:
    """For programs: what would be, then what is."""
    arguments = ("config", "import", "litellm", str(FILES / "litellm.yaml"), "--json")
    before = json.loads(aimux(*arguments, "--dry-run").out)
    after = json.loads(aimux(*arguments).out)

    assert (before["written"], after["written"]) == (False, True)
    assert before["keys"][0] == {"key": "groq/default", "stored": None, "problem": None}
    assert after["keys"][0]["stored"] == "vault:groq/default"
    assert after["providers"] == ["anthropic", "groq", "cerebras", "ollama", "box", "mistral"]
    assert any("master_key" in each for each in after["unmapped"])
    assert not any(secret in json.dumps([before, after]) for secret in SECRETS)


def test_a_key_that_cannot_be_kept(aimux: Command) -> None:
    """The configuration stands; the key's own trouble is told, and exit code 4."""
    aimux.environ["AIMUX_VAULT_KEY_FILE"] = "/nowhere/key"
    result = aimux("config", "import", "ccr", str(FILES / "ccr.json"))

    assert result.code == 4
    assert "the key of openrouter/default could not be kept" in result.err
    assert "[providers.openrouter]" in aimux.config


def test_a_result_that_would_not_hold_is_not_written(aimux: Command, tmp_path: Path) -> None:
    """Every problem of it is told."""
    file = tmp_path / "c.yaml"
    file.write_text(
        "claude-api-key:\n- {api-key: sk-test-claude-0123456789, headers: {'bad name': x}}\n"
    )
    result = aimux("config", "import", "cliproxyapi", str(file))

    assert (result.code, aimux.config) == (2, "")
    assert "nothing was written; what stands above" in result.err
    assert "[providers.anthropic]" in result.out
    told = json.loads(aimux("config", "import", "cliproxyapi", str(file), "--json").out)
    assert told["error"]["code"] == "config-invalid"
    assert len(told["error"]["problems"]) == 1


@pytest.mark.parametrize(
    ("source", "content", "words"),
    [
        ("ccr", b"{", "is no JSON"),
        ("ccr", b"[]", "holds no object"),
        ("ccr", b"{}", "has no Providers"),
        ("ccr", b"SQLite format 3\0 but no more", "is no configuration of claude-code-router 3"),
        ("litellm", b"a: [", "is no YAML (line 1, column 5)"),
        ("litellm", b"- a", "holds no table"),
        ("litellm", b"a: 1", "has no model_list"),
        ("litellm", b"a: !!python/object:os.system x", "is no YAML"),
        ("litellm", b"a: &a [1]\nb: [" + b"*a, " * 1500 + b"]", "holds no table"),
        ("litellm", b"#" * (4 * 2**20 + 1), "is too large"),
        ("litellm", b"\xff\xfe\x00", "is no YAML"),
        ("cliproxyapi", b"port: 1", "has no keys of CLIProxyAPI"),
        ("cliproxyapi", None, "cannot be read: No such file"),
    ],
)
def test_files_that_are_something_else(
    aimux: Command, tmp_path: Path, source: str, content: bytes | None, words: str
) -> None:
    """Said in one line, with exit code 2; nothing is written."""
    file = tmp_path / "file"
    if content is not None:
        file.write_bytes(content)

    result = aimux("config", "import", source, str(file))

    assert (result.code, aimux.config) == (2, "")
    assert words in result.err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("other", "x"), "'other' cannot be imported from"),
        (("env", "x"), "env takes no file"),
        (("env",), "no key of a known vendor"),
        (("litellm",), "which file?"),
        (("ccr",), "which file?"),
    ],
)
def test_wrong_usage(aimux: Command, arguments: tuple[str, ...], words: str) -> None:
    """What is missing, and what to type."""
    result = aimux("config", "import", *arguments)

    assert result.code == 2
    assert words in result.err


def test_ccr_is_found_where_it_keeps_its_file(aimux: Command) -> None:
    """Without a file's name."""
    folder = aimux.home / ".claude-code-router"
    folder.mkdir()
    (folder / "config.json").write_bytes((FILES / "ccr.json").read_bytes())

    assert aimux("config", "import", "ccr").code == 0
    assert "[providers.openrouter]" in aimux.config


# ---------------------------------------------------------------- what lies about

KEY = "sk-test-0123456789abcdefghijklmnop"


def lay(home: Path, name: str, value: Any) -> None:
    path = home / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(value if isinstance(value, str) else json.dumps(value))


def test_keys_of_the_shell_and_of_agents(aimux: Command) -> None:
    """Each at its vendor, once; logins and what leads to aimux are left alone."""
    aimux.environ |= {
        "GROQ_API_KEY": KEY,
        "ZAI_API_KEY": "your-api-key",
        "GOOGLE_API_KEY": f"{KEY}1",
        "OPENAI_API_KEY": f"{KEY}2",
        "OPENAI_BASE_URL": "https://other.example/v1",
        "ANTHROPIC_BASE_URL": "http://127.0.0.1:24689",
        "ANTHROPIC_AUTH_TOKEN": "aimux-client-test-0123456789abcdef0123",
    }
    z_ai = {
        "ANTHROPIC_BASE_URL": "https://api.z.ai/api/anthropic",
        "ANTHROPIC_AUTH_TOKEN": f"{KEY}3",
    }
    lay(aimux.home, ".claude/settings.json", {"env": {**z_ai, "ANTHROPIC_API_KEY": f"{KEY}4"}})
    lay(aimux.home, ".claude/.credentials.json", {"claudeAiOauth": {}})
    lay(aimux.home, ".codex/auth.json", {"OPENAI_API_KEY": f"{KEY}5", "tokens": {"id_token": "x"}})
    lay(aimux.home, ".gemini/.env", f"GEMINI_API_KEY={KEY}1\n")
    lay(aimux.home, ".gemini/oauth_creds.json", {})
    opencode = {
        "groq": {"type": "api", "key": f"{KEY}6"},
        "anthropic": {"type": "oauth", "access": "x"},
        "zai-coding-plan": {"type": "api", "key": f"{KEY}7"},
        "unknown": {"type": "api", "key": "x"},
    }
    lay(aimux.home, ".local/share/opencode/auth.json", opencode)

    result = aimux("config", "import", "env")

    assert result.code == 0, result.err
    assert kept(aimux) == {
        "groq/default": KEY,
        "groq/2": f"{KEY}6",
        "gemini/default": f"{KEY}1",
        "zai/default": f"{KEY}3",
        "anthropic/default": f"{KEY}4",
        "openai/default": f"{KEY}5",
        "zai-coding/default": f"{KEY}7",
    }
    config = tomllib.loads(aimux.config)
    assert config["routing"]["default"][0] == "groq/*"
    assert KEY not in aimux.config + result.out + result.err
    assert "# a key was in $GROQ_API_KEY" in aimux.config
    assert "not taken over: $ZAI_API_KEY: the key is a placeholder" in result.err
    assert result.err.count("a login of the agent's own, left alone") == 3


def test_agents_that_keep_their_files_elsewhere(aimux: Command, tmp_path: Path) -> None:
    """Where their own variables say so; what lies below the home then is somebody else's."""
    for variable in ("CLAUDE_CONFIG_DIR", "CODEX_HOME", "GEMINI_CLI_HOME", "XDG_DATA_HOME"):
        aimux.environ[variable] = str(tmp_path / variable)
    lay(tmp_path, "CLAUDE_CONFIG_DIR/settings.json", {"env": {"ANTHROPIC_API_KEY": f"{KEY}1"}})
    lay(tmp_path, "CLAUDE_CONFIG_DIR/.credentials.json", {"claudeAiOauth": {}})
    lay(tmp_path, "CODEX_HOME/auth.json", {"OPENAI_API_KEY": f"{KEY}2", "tokens": {"id": "x"}})
    lay(tmp_path, "GEMINI_CLI_HOME/.gemini/.env", f"GEMINI_API_KEY={KEY}3\n")
    lay(tmp_path, "GEMINI_CLI_HOME/.gemini/oauth_creds.json", {})
    lay(tmp_path, "XDG_DATA_HOME/opencode/auth.json", {"groq": {"type": "api", "key": f"{KEY}4"}})
    lay(aimux.home, ".gemini/.env", f"GEMINI_API_KEY={KEY}5\n")
    lay(aimux.home, ".claude/.credentials.json", {"claudeAiOauth": {}})

    result = aimux("config", "import", "env")

    assert result.code == 0, result.err
    assert kept(aimux) == {
        "anthropic/default": f"{KEY}1",
        "openai/default": f"{KEY}2",
        "gemini/default": f"{KEY}3",
        "groq/default": f"{KEY}4",
    }
    assert result.err.count("a login of the agent's own, left alone") == 3


def test_a_proxy_with_a_password_is_not_taken(aimux: Command, tmp_path: Path) -> None:
    """Its address would stand in the file."""
    provider = {"name": "a", "api_base_url": "https://a.example/v1", "api_key": KEY}
    lay(tmp_path, "c.json", {"Providers": [provider], "PROXY_URL": "http://u:secret@p.example"})

    config = imported(aimux, "ccr", str(tmp_path / "c.json"))

    assert "proxy" not in config["providers"]["a"]
    assert "PROXY_URL: only HTTP proxies" in aimux.config
    assert "secret" not in aimux.config


def test_a_keyring_needs_no_reference(
    aimux: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where there is a keyring, its usual place is the default; a second key is named."""
    monkeypatch.setattr(keyprompt, "access_for_person", lambda: Access(limit_s=30.0))
    aimux.environ |= {
        name: value
        for name, value in keyring_environment("Kept", tmp_path).items()
        if name.startswith(("PYTHON", "KEYRING"))
    }
    config = imported(aimux, "litellm", "litellm.yaml")

    assert "keys" not in config["providers"]["cerebras"]
    assert config["providers"]["groq"]["keys"] == ["keyring:groq/default", "keyring:groq/2"]
    assert "sk-test-cerebras-0123456789" in (tmp_path / "keyring.json").read_text()


@pytest.mark.parametrize(
    ("value", "number"),
    [(5, 5), ("1e6", 1_000_000), (2.0, 2), (True, None), ("x", None), (0, None), (-1, None),
     (float("inf"), None), ([], None)],
)  # fmt: skip
def test_numbers_of_foreign_files(value: object, number: int | None) -> None:
    """Positive ones, however they are written."""
    assert whole(value) == number


def test_names_are_fit_and_free() -> None:
    """Letters and digits; never a key that somebody took for a name; counted where they are taken."""
    found = Found("x", [Account("a"), Account("provider")])

    assert [found.free_name(each) for each in ("a", "b c", "--", KEY, "y" * 99)] == [
        "a-2", "b-c", "provider-2", "provider-2", "y" * 40
    ]  # fmt: skip
    assert found.account("a") is found.accounts[0]
    assert found.account("b") is None
