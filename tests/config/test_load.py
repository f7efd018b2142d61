"""Loading: all problems at once, each at its place; and what a good file gives."""

import hashlib
import os
import stat
import textwrap
from pathlib import Path

import pytest

import aimux.config.load
from aimux.config.load import Origin, load_config
from aimux.errors import ConfigError, Problem

TWELVE_FAULTS = """\
version = 2
[server]
port = "8000"
listne = "127.0.0.1"
auth = "tokn"
drain_timeout = 90

[providers.zai]
preset = "zia"
keys = ["ZAI_API_KEY"]

[providers."my box"]
preset = "ollama"

[models.fast]
targets = ["zai/glm-4.7", "zay/glm-4.7"]

[[routes]]
match = { tools = 5 }
targets = []
"""

TWELVE_PROBLEMS = [
    ((1, 11), "version", "version 2 was written for a later aimux; this one reads version 1"),
    ((3, 8), "server.port", "must be a whole number from 0 to 65535, not the text '8000'"),
    ((4, 1), "server.listne", "unknown key 'listne'"),
    ((5, 8), "server.auth", "cannot be 'tokn'"),
    ((6, 17), "server.drain_timeout", 'must be a duration in quotes, such as "500ms"'),
    ((9, 10), "providers.zai.preset", "'zia' is not in the catalogue"),
    ((10, 9), "providers.zai.keys.0", "must begin with one of keyring:, vault:, env:"),
    ((12, 12), 'providers."my box"', "'my box' must be a name of letters, digits"),
    ((16, 27), "models.fast.targets.1", "no provider is named 'zay'"),
    ((18, 3), "routes.0.name", "is missing; it must be a name"),
    ((19, 19), "routes.0.match.tools", "must be true or false, or a list of texts, not 5"),
    ((20, 11), "routes.0.targets", "must not be empty"),
]


def problems_of(path: Path, text: str | None = None, **options) -> tuple[Problem, ...]:
    if text is not None:
        path.write_text(text)
        path.chmod(0o600)
    with pytest.raises(ConfigError) as caught:
        load_config(path, **{"environ": {}, **options})
    return caught.value.problems


def test_every_problem_is_told_at_once_and_at_its_place(tmp_path) -> None:
    """Twelve kinds of faults: twelve problems, sorted, each where the mistake was typed."""
    found = problems_of(tmp_path / "config.toml", TWELVE_FAULTS)

    assert [((each.line, each.column), each.key) for each in found] == [
        (place, key) for place, key, _ in TWELVE_PROBLEMS
    ]
    for problem, (_, _, message) in zip(found, TWELVE_PROBLEMS, strict=True):
        assert problem.message.startswith(message)
        assert problem.file == str(tmp_path / "config.toml")


def test_a_problem_names_what_is_allowed_and_what_was_meant(tmp_path) -> None:
    """Choices are listed; the nearest one is offered."""
    found = {
        each.key: (each.allowed, each.suggestion)
        for each in problems_of(tmp_path / "config.toml", TWELVE_FAULTS)
    }

    assert found["server.auth"] == ("token, none", "token")
    assert found["providers.zai.preset"][1] == "zai"
    assert found["providers.zai.keys.0"][1] == "env:ZAI_API_KEY"
    assert found["models.fast.targets.1"][1] == "zai/glm-4.7"


def test_without_a_file_the_defaults_hold(tmp_path) -> None:
    """A first start needs no configuration."""
    loaded = load_config(tmp_path / "none.toml", environ={})

    assert not loaded.exists
    assert loaded.digest == ""
    assert loaded.config.server.port == 24689
    assert dict(loaded.origins) == {}
    assert loaded.warnings == ()


def test_the_page_of_the_product_is_a_valid_file(tmp_path) -> None:
    """Every section in one file, as a user would write it."""
    path = tmp_path / "config.toml"
    path.write_text(EVERYTHING)

    config = load_config(path, environ={}).config

    assert config.server.drain_timeout == 120
    assert config.providers["local"].models["qwen3-coder:30b"].context == 65536
    assert config.routes[1].match.min_input_tokens == 200_000
    assert config.routing.default == ("anthropic/*", "zai/glm-5.3")
    assert config.budgets["daily"].limit_usd == 20
    assert config.alerts[0].notify[2] == "webhook:https://example.org/hook"


def test_the_digest_is_that_of_the_bytes(tmp_path) -> None:
    """What reload compares, and what an edit relies on."""
    path = tmp_path / "config.toml"
    path.write_bytes(b"version = 1\r\n")

    assert load_config(path, environ={}).digest == hashlib.sha256(b"version = 1\r\n").hexdigest()


def test_a_flag_wins_over_the_environment_and_that_over_the_file(tmp_path) -> None:
    """And each value knows who set it."""
    path = tmp_path / "config.toml"
    path.write_text('[server]\nport = 1\nhost = "::1"\nheartbeat = "5s"\n')
    environ = {"AIMUX_SERVER__PORT": "2", "AIMUX_SERVER__HOST": "127.0.0.2"}

    loaded = load_config(path, environ=environ, overrides={"server.port": 3})

    assert (loaded.config.server.port, loaded.config.server.host) == (3, "127.0.0.2")
    assert dict(loaded.origins) == {
        "server.port": Origin("flag", "server.port"),
        "server.host": Origin("environment", "AIMUX_SERVER__HOST"),
        "server.heartbeat": Origin("file", "config.toml:4"),
    }
    assert len(loaded.origins) == 3


def test_a_wrong_flag_or_variable_is_a_problem_without_a_line(tmp_path) -> None:
    """It is told before those of the file, which is not where the mistake is."""
    found = problems_of(
        tmp_path / "config.toml",
        "version = 3\n",
        environ={"AIMUX_SERVER__PORT": "many"},
        overrides={"logging.level": "loud"},
    )

    assert [str(each) for each in found[:2]] == [
        "AIMUX_SERVER__PORT (environment): server.port: must be a whole number from 0 to 65535,"
        " not the text 'many'",
        "command line: logging.level: cannot be 'loud' (allowed: debug, info, warning, error)",
    ]
    assert (found[2].line, found[2].column) == (1, 11)


def test_a_variable_wins_over_a_faulty_value(tmp_path) -> None:
    """The file's value is not used then."""
    path = tmp_path / "config.toml"
    path.write_text("[server]\nport = 99999\n")

    loaded = load_config(path, environ={"AIMUX_SERVER__PORT": "9"})

    assert loaded.config.server.port == 9


def test_a_variable_below_a_broken_table_leaves_the_file_its_fault(tmp_path) -> None:
    """``server = 5`` is what is to be put right."""
    found = problems_of(tmp_path / "c.toml", "server = 5\n", environ={"AIMUX_SERVER__PORT": "9"})

    assert [str(each) for each in found] == [
        f"{tmp_path / 'c.toml'}:1:10: server: must be a table, not 5"
    ]


def test_without_a_file_a_wrong_flag_has_the_file_for_nothing(tmp_path) -> None:
    """A fault that no file holds has no line."""
    found = problems_of(tmp_path / "none.toml", overrides={"server.host": "10.0.0.5"})

    assert [str(each) for each in found] == [
        "command line: server.host: '10.0.0.5' can be reached from other machines;"
        " it needs allow_remote = true"
    ]


def test_doubts_are_warnings_and_do_not_stop_anything(tmp_path) -> None:
    """In file order, behind those of the file itself and the environment."""
    path = tmp_path / "config.toml"
    path.write_text(
        '[server]\nauth = "none"\n[providers.box]\nformat = "openai-chat"\n'
        'base_url = "http://10.0.0.7:8000"\nkeys = []\n'
    )

    loaded = load_config(path, environ={"AIMUX_SERVER__PROT": "1"})

    assert [str(each).replace(str(path), "F") for each in loaded.warnings] == [
        "AIMUX_SERVER__PROT (environment): is ignored: it names no setting;"
        " did you mean 'AIMUX_SERVER__PORT'?",
        "F:2:8: server.auth: every program on this machine can use your keys",
        "F:5:12: providers.box.base_url: prompts and keys go to '10.0.0.7' unencrypted;"
        " use https:// if it can",
        "F:5:12: providers.box.base_url: has no path;"
        " most servers of this format want /v1 at its end",
    ]


def test_a_good_file_is_not_scanned_for_places(tmp_path, monkeypatch) -> None:
    """A start does not pay for error texts; origins are worked out when asked for."""
    path = tmp_path / "config.toml"
    path.write_text("[server]\nport = 1\n")
    scans: list[str] = []
    for module in (aimux.config.load, aimux.config.origin):
        real = module.Positions
        monkeypatch.setattr(
            module, "Positions", lambda text, real=real: scans.append(text) or real(text)
        )

    loaded = load_config(path, environ={})

    assert scans == []
    assert loaded.origins["server.port"].detail == "config.toml:2"
    assert list(loaded.origins) == ["server.port"]
    assert len(scans) == 1


KEY = "sk-test-0123456789abcdefghijklmnop"


@pytest.mark.parametrize(
    ("text", "place", "key"),
    [
        (f'[providers.zai]\npreset = "zai"\nkeys = ["{KEY}"]', (3, 9), "providers.zai.keys.0"),
        (f'[providers.zai]\npreset = "zai"\napi_key = "{KEY}"', (3, 11), "providers.zai.api_key"),
        (f'[providers.zai]\npreset = "{KEY}"', (2, 10), "providers.zai.preset"),
        (f'[server]\nhost = "{KEY}"', (2, 8), "server.host"),
        (
            f'[providers.a]\nformat = "gemini"\nbase_url = "https://a.example/{KEY}"',
            (3, 12),
            "providers.a.base_url",
        ),
        (
            f'[providers.zai]\npreset = "zai"\nheaders = {{ Authorization = "Bearer {KEY}" }}',
            (3, 29),
            "providers.zai.headers.Authorization",
        ),
        (f'[routing]\ndefault = ["{KEY}/x"]', (2, 12), "routing.default.0"),
        (f'[models.m]\ntargets = ["{KEY}"]', (2, 12), "models.m.targets.0"),
        (f'[[alerts]]\nwhen = "{KEY} > 1"', (2, 8), "alerts.0.when"),
        (
            f'[models."{KEY}"]\ntargets = ["m"]\n[models.m]\ntargets=["m"]',
            (1, 9),
            "models.********",
        ),
    ],
)
def test_a_key_is_found_wherever_it_stands_and_never_repeated(tmp_path, text, place, key) -> None:
    """One problem for it, which says where keys belong."""
    found = problems_of(tmp_path / "config.toml", text)

    told = [each for each in found if "looks like a key" in each.message]
    assert [((each.line, each.column), each.key) for each in told] == [(place, key)]
    assert "aimux keys set" in told[0].message
    assert KEY not in "\n".join(map(str, found))
    assert len([each for each in found if each.key == key]) == 1


def test_a_key_in_an_unknown_section_is_found_too(tmp_path) -> None:
    """The unknown key is told beside it."""
    found = problems_of(tmp_path / "config.toml", f'[zai]\n[zai.x]\nsecret = "{KEY}"\n')

    assert [(each.line, each.key) for each in found] == [(1, "zai"), (3, "zai.x.secret")]


@pytest.mark.parametrize(
    "text",
    [
        '[providers.zai]\npreset = "zai"\nkeys = "hunter2"',
        '[providers.zai]\npreset = "zai"\nkeys = ["hunter2"]',
        '[providers.zai]\npreset = "zai"\napi_key = "hunter2"',
        '[providers.zai]\npreset = "zai"\nheaders = { x-api-key = "hunter2" }',
        '[providers.zai]\npreset = "zai"\nbase_url = "https://me:hunter2@a.example"',
        '[providers.zai]\npreset = "zai"\nbase_url = "ftp://me:hunter2@a.example"',
        '[providers.zai]\npreset = "zai"\nproxy = "http://me:hunter2@a.example"',
        '[providers.zai]\npreset = "zai"\nproxy = "me:hunter2"',
        '[[alerts]]\nwhen = "requests > 1"\nnotify = ["webhook:http://a.example/hunter2"]',
        '[providers.zai]\npreset = "zai"\nkeys = ["env:${hunter2}"]',
    ],
)
def test_what_may_be_a_secret_is_not_repeated(tmp_path, text) -> None:
    """Where people put keys, a value is never shown, whatever it looks like."""
    found = problems_of(tmp_path / "config.toml", text)

    assert len(found) == 1
    assert "hunter2" not in str(found[0])


def test_text_of_the_file_stays_a_text(tmp_path) -> None:
    """An error leaves no pydantic error behind it, whose text would hold the values."""
    path = tmp_path / "config.toml"
    path.write_text('[server]\nport = "x"\n')
    with pytest.raises(ConfigError) as caught:
        load_config(path, environ={})

    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


def test_problems_of_the_file_and_in_it_are_told_together(tmp_path) -> None:
    """A file that everybody can write is refused, and its other faults are told as well."""
    path = tmp_path / "config.toml"
    path.write_text("server = 1\n")
    path.chmod(0o602)

    found = problems_of(path)

    assert [(each.line, each.key) for each in found] == [(0, ""), (1, "server")]
    assert found[0].message == (
        f"can be written by everybody, who could run programs through it: chmod 600 {path}"
    )


def test_a_group_that_is_not_ones_own_is_warned_of(tmp_path) -> None:
    """A shared group can write it: no refusal, a word."""
    path = tmp_path / "config.toml"
    path.write_text("version = 1\n")
    path.chmod(0o660)
    others = {65534} if os.geteuid() == 0 else set(os.getgroups()) - {os.geteuid()}
    if not others:  # a user in no group but its own cannot make such a file, and needs no warning
        return
    os.chown(path, -1, others.pop())

    warnings = load_config(path, environ={}).warnings

    assert [each.message for each in warnings] == [f"can be written by its group: chmod 600 {path}"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o660


EVERYTHING = textwrap.dedent(
    """\
    version = 1

    [server]
    host = "127.0.0.1"
    port = 24689
    auth = "token"
    allowed_hosts = ["box.local"]
    max_body_mb = 64
    drain_timeout = "120s"
    heartbeat = "10s"
    dashboard = true

    [logging]
    level = "info"
    format = "json"
    max_file_mb = 20
    keep_files = 5

    [providers.anthropic]
    preset = "anthropic"

    [providers.zai]
    preset = "zai"
    keys = ["keyring:zai/main", "env:ZAI_API_KEY"]
    formats = { anthropic = "https://api.z.ai/api/anthropic", "openai-chat" = "https://z.ai/v4" }

    [providers.local]
    format = "openai-chat"
    base_url = "http://127.0.0.1:11434/v1"
    keys = []
    max_concurrent = 2
    timeouts = { connect = "2s", first_event = "90s" }
    limits = { requests_per_minute = 60 }
    headers = { X-Team = "red" }

    [providers.local.models."qwen3-coder:30b"]
    context = 65536
    max_output = 8192
    capabilities = ["tools"]
    price = { input = 0, output = 0.5 }

    [models.fast]
    targets = ["local/gpt-oss-120b", "zai/glm-4.5-air"]

    [[routes]]
    name = "background"
    match = { model = "claude-*haiku*", tools = ["bash"], time = "mon-fri 09:00-17:00" }
    targets = ["fast", "local/qwen3-coder:30b"]
    strategy = "priority"

    [[routes]]
    name = "long"
    match = { min_input_tokens = 200_000, model = ["a", "b"], header = { x-a = "*" } }
    targets = ["anthropic/claude-sonnet-5-5"]

    [routing]
    default = ["anthropic/*", "zai/glm-5.3"]
    sticky = "session"

    [budgets.daily]
    scope = "provider:zai"
    limit_usd = 20
    window = "day"
    at_limit = "degrade"
    targets = ["local/x"]

    [[alerts]]
    when = "error_rate > 0.2 for 5m"
    notify = ["log", "desktop", "webhook:https://example.org/hook"]
    """
)
