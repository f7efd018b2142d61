"""What leads a client elsewhere although it is connected: each is named with its place."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from aimux.clients import claude_code, codex, gemini_cli
from aimux.clients.client import Surroundings
from aimux.clients.known import CLIENTS
from tests.clients.conftest import Person

ENV = {"ANTHROPIC_BASE_URL": "https://a.example"}
VERTEX = {"CLAUDE_CODE_USE_VERTEX": "1"}
BOTH_WORDS = "ANTHROPIC_API_KEY and ANTHROPIC_AUTH_TOKEN are both set, both are sent"
BOTH = {"ANTHROPIC_API_KEY": "a", "ANTHROPIC_AUTH_TOKEN": "b"}

CASES: dict[str, tuple[str, dict[str, str], dict[str, object], list[tuple[str, str]]]] = {
    "claude: both keys in the shell": (
        "claude-code", BOTH, {}, [("the shell", BOTH_WORDS)],
    ),
    "claude: an emptied one is none": (
        "claude-code", BOTH | {"ANTHROPIC_API_KEY": ""}, {}, [],
    ),
    "claude: both keys in the settings": (
        "claude-code", {}, {".claude/settings.json": {"env": BOTH}},
        [("~/.claude/settings.json", BOTH_WORDS)],
    ),
    "claude: another service": (
        "claude-code", VERTEX | {"CLAUDE_CODE_USE_BEDROCK": "0"},
        {".claude/settings.json": {"env": VERTEX}},
        [
            ("~/.claude/settings.json", "CLAUDE_CODE_USE_VERTEX leads to another service"),
            ("the shell", "CLAUDE_CODE_USE_VERTEX leads to another service"),
        ],
    ),
    "claude: the project": (
        "claude-code", {}, {"project/.claude/settings.local.json": {"env": ENV}},
        [("~/project/.claude/settings.local.json", "ANTHROPIC_BASE_URL beats your own settings")],
    ),
    "claude: nothing of ours": (
        "claude-code", {}, {"project/.claude/settings.json": {"env": {"X": "1"}}}, [],
    ),
    "codex: the project": (
        "codex", {}, {"project/.codex/config.toml": 'model_provider = "o"\n'},
        [("~/project/.codex/config.toml", "model_provider = 'o' beats yours")],
    ),
    "codex: a profile": (
        "codex", {},
        {".codex/config.toml": 'profile = "p"\n[profiles.p]\nmodel_provider = "o"\n'},
        [("~/.codex/config.toml, profile 'p'", "model_provider = 'o' beats yours")],
    ),
    "codex: ours": ("codex", {}, {"project/.codex/config.toml": 'model_provider = "aimux"\n'}, []),
    "gemini: the shell": (
        "gemini-cli",
        {"GEMINI_API_KEY": "a", "GOOGLE_API_KEY": "b", "GOOGLE_GENAI_USE_VERTEXAI": "true"}, {},
        [
            ("the shell", "GEMINI_API_KEY beats ~/.gemini/.env"),
            ("the shell", "GOOGLE_API_KEY is used instead of GEMINI_API_KEY"),
            ("the shell", "GOOGLE_GENAI_USE_VERTEXAI leads to another service"),
        ],
    ),
    "gemini: the project": (
        "gemini-cli", {},
        {
            "project/.env": "A=1\n",
            "project/.gemini/settings.json": {
                "security": {"auth": {"selectedType": "oauth-personal"}}
            },
        },
        [
            ("~/project/.env", "it is read instead of ~/.gemini/.env"),
            (
                "~/project/.gemini/settings.json",
                "security.auth.selectedType = 'oauth-personal' beats yours",
            ),
        ],
    ),
    "opencode: the project": (
        "opencode", {}, {"project/opencode.json": {"model": "a/b", "provider": {"aimux": {}}}},
        [
            ("~/project/opencode.json", "model = 'a/b' beats yours"),
            ("~/project/opencode.json", "provider.aimux is described there too"),
        ],
    ),
    "opencode: variables": (
        "opencode",
        {
            "OPENCODE_CONFIG": "{home}/o.json",
            "OPENCODE_CONFIG_DIR": "{home}/dir",
            "OPENCODE_CONFIG_CONTENT": '{"model": "c/d"}',
        },
        {"o.json": {"model": "a/b"}, "dir/opencode.json": {"model": "e/f"}},
        [
            ("~/o.json", "model = 'a/b' beats yours"),
            ("~/dir/opencode.json", "model = 'e/f' beats yours"),
            ("the shell's OPENCODE_CONFIG_CONTENT", "model = 'c/d' beats yours"),
        ],
    ),
    "opencode: no settings": ("opencode", {"OPENCODE_CONFIG_CONTENT": "["}, {}, []),
}  # fmt: skip


@pytest.mark.parametrize(("client", "environ", "files", "expected"), CASES.values(), ids=CASES)
def test_conflicts(
    person: Person,
    client: str,
    environ: dict[str, str],
    files: dict[str, object],
    expected: list[tuple[str, str]],
) -> None:
    """Each with where it stands and what it does, and with what to do."""
    home = str(person.home)
    person.environ |= {name: each.replace("{home}", home) for name, each in environ.items()}
    for name, content in files.items():
        person.write(name, content if isinstance(content, str) else json.dumps(content))

    found = list(CLIENTS[client].conflicts(person.around))

    assert [
        (each.place.replace(home, "~"), each.what.replace(home, "~")) for each in found
    ] == expected
    assert all(each.mend for each in found)


@pytest.mark.parametrize("client", CLIENTS)
def test_a_connected_client_is_at_peace(person: Person, client: str) -> None:
    """What we write is no conflict; nothing above the repository's root is looked at."""
    person.write(".env", "A=1\n")
    person.write("opencode.json", '{"model": "a/b"}')
    person.connect(client)

    assert list(CLIENTS[client].conflicts(person.around)) == []


@pytest.mark.parametrize(
    ("module", "name", "client", "content"),
    [
        (claude_code, "MANAGED", "claude-code", json.dumps({"env": ENV})),
        (codex, "MANAGED", "codex", 'model_provider = "o"\n'),
        (
            gemini_cli,
            "SYSTEM",
            "gemini-cli",
            '{"security": {"auth": {"selectedType": "vertex-ai"}}}',
        ),
    ],
)
def test_what_the_machine_s_owner_has_set(
    person: Person,
    monkeypatch: pytest.MonkeyPatch,
    module: object,
    *,
    name: str,
    client: str,
    content: str,
) -> None:
    """It beats everything."""
    path = person.write("managed", content)
    monkeypatch.setattr(module, name, path if client == "codex" else (path,))

    (found,) = CLIENTS[client].conflicts(person.around)

    assert found.place == str(path)


def test_up_to_the_repository_s_root(person: Person) -> None:
    """A folder with ``.git`` is the last one that is looked at."""
    outside, inside = person.root / "outside", person.root / "outside" / "repository" / "below"
    inside.mkdir(parents=True)
    (inside.parent / ".git").mkdir()
    (outside / ".env").write_text("A=1\n")
    around = Surroundings({}, person.home, inside)

    assert [folder.name for folder in around.upward()] == ["below", "repository"]
    assert list(CLIENTS["gemini-cli"].conflicts(around)) == []
    assert Path("/") in list(Surroundings({}, person.home, outside).upward())
