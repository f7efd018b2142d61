"""Connecting and disconnecting: with real files, for every client, whatever was there before."""

from __future__ import annotations

import errno
import json
import os
import re
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from aimux.clients.connection import state_of
from aimux.clients.journal import read_journal
from aimux.clients.known import CLIENTS
from aimux.errors import ConfigConflict, UserError
from tests.clients.conftest import TOKEN, URL, Person

CLAUDE, CODEX = ".claude/settings.json", ".codex/config.toml"
DOTENV, GEMINI = ".gemini/.env", ".gemini/settings.json"
OPENCODE = ".config/opencode/opencode.json"
FILES = {CLAUDE, CODEX, DOTENV, GEMINI, OPENCODE}

BEFORE: dict[str, tuple[str, dict[str, str]]] = {
    "claude, nothing": ("claude-code", {}),
    "claude, empty": ("claude-code", {CLAUDE: ""}),
    "claude, hollow": ("claude-code", {CLAUDE: "{ }"}),
    "claude, other settings": (
        "claude-code",
        {CLAUDE: '{\n  "model": "opus",\n  "permissions": {"allow": ["Bash(ls:*)"]}\n}\n'},
    ),
    "claude, empty env": ("claude-code", {CLAUDE: '{\n    "env": {\n    },\n    "x": 1\n}'}),
    "claude, another vendor's": (
        "claude-code",
        {
            CLAUDE: '{\n\t"env": {"ANTHROPIC_BASE_URL": "https://api.example/anthropic",\n'
            '\t\t"ANTHROPIC_AUTH_TOKEN": "sk-test-0123456789",  // mine\n'
            '\t\t"FOO": "\\u00e9"},\n\t"z": [1,2 ,3]\n}'
        },
    ),
    "claude, a login": ("claude-code", {".claude/.credentials.json": '{"claudeAiOauth": {}}'}),
    "codex, nothing": ("codex", {}),
    "codex, comments": (
        "codex",
        {
            CODEX: "# mine\nmodel = 'gpt-5.5'   # the best\nmodel_provider = \"other\" # for now\n\n"
            '[model_providers.other]\nname = "o"\nbase_url = "https://o.example/v1"\n\n'
            '[projects."/x"]\ntrust_level = "trusted"\n'
        },
    ),
    "codex, no newline": ("codex", {CODEX: '[tools]\nweb_search = true # "yes"'}),
    "codex, windows": ("codex", {CODEX: '[a]\r\nb = """\r\nx\r\n"""\r\n'}),
    "codex, inline providers": (
        "codex",
        {CODEX: 'model_providers = { other = { name = "o" } }\nmodel = "m"\n'},
    ),
    "codex, a login": ("codex", {".codex/auth.json": '{"tokens": {}}', CODEX: "\n\n"}),
    "gemini, nothing": ("gemini-cli", {}),
    "gemini, a login": (
        "gemini-cli",
        {
            GEMINI: '{\n  // mine\n  "security": {"auth": {"selectedType": "oauth-personal"}},\n}\n',
            ".gemini/oauth_creds.json": "{}",
        },
    ),
    "gemini, env": (
        "gemini-cli",
        {
            DOTENV: "# keys\nexport GEMINI_API_KEY='AIza-test' # mine\nOTHER=\"a\nb\"",
            GEMINI: '{"security": {}}',
        },
    ),
    "opencode, nothing": ("opencode", {}),
    "opencode, comments": (
        "opencode",
        {
            OPENCODE: '{\n  "$schema": "https://opencode.ai/config.json",\n  // mine\n'
            '  "model": "anthropic/claude-x",\n  "provider": {\n    "anthropic": {}, // c\n  },\n}\n'
        },
    ),
    "opencode, jsonc": ("opencode", {OPENCODE + "c": "// c\n{\n}\n", OPENCODE: "{}"}),
}


@pytest.mark.parametrize(("client", "files"), BEFORE.values(), ids=BEFORE)
def test_undone_to_the_byte(person: Person, client: str, files: dict[str, str]) -> None:
    """Nothing else was edited: every file is as it was, what was not there is gone."""
    for name, text in files.items():
        person.write(name, text)
    before = person.tree()

    changes = person.connect(client)
    connected = person.tree()
    undone = person.disconnect(client)

    assert changes
    assert connected != before
    assert person.tree() == before
    assert undone
    assert all(each.restored and not each.left for each in undone)
    assert not person.paths.connections.exists()
    assert not person.paths.backups.exists()


def user_edit(text: str, name: str) -> str:
    """What a person adds: at the beginning, and at the end where the form allows for it."""
    if name.endswith((".json", ".jsonc")):
        return re.sub(r"\{", '{\n "first": 1,', text, count=1)
    if name.endswith(".toml"):
        return (
            'first = "1"\n'
            + text
            + ("" if text.endswith("\n") or not text else "\n")
            + "[last]\nx = 1\n"
        )
    return "FIRST=1\n" + text + ("" if text.endswith("\n") or not text else "\n") + "LAST=1\n"


EDITED = {
    name: (client, files)
    for name, (client, files) in BEFORE.items()
    if any(each in FILES and text.strip(" {}\n") for each, text in files.items())
}


@pytest.mark.parametrize(("client", "files"), EDITED.values(), ids=EDITED)
def test_other_edits_stay_and_the_rest_is_as_before(
    person: Person, client: str, files: dict[str, str]
) -> None:
    """What a person wrote in between is there, byte for byte as if there had been no aimux."""
    for name, text in files.items():
        person.write(name, text)
    expected = {
        name: user_edit(text, name).encode() if text.strip(" {}\n") else text.encode()
        for name, text in files.items()
    }

    person.connect(client)
    for name, text in files.items():
        if text.strip(" {}\n"):
            now = (person.home / name).read_bytes().decode()
            person.write(name, user_edit(now, name))
    undone = person.disconnect(client)

    assert {name: person.tree()[name] for name in files} == expected
    assert undone
    assert not any(each.left for each in undone)


def test_what_somebody_else_set_is_left_and_told(person: Person) -> None:
    """A value that is not ours any more is somebody's; the file as it was is kept."""
    path = person.write(CLAUDE, '{"env": {"ANTHROPIC_BASE_URL": "https://a.example"}, "x": 1}')
    person.connect("claude-code")
    path.write_text(path.read_text().replace(URL, "https://b.example"))

    (undone,) = person.disconnect("claude-code") or []

    assert json.loads(path.read_text()) == {
        "env": {"ANTHROPIC_BASE_URL": "https://b.example"},
        "x": 1,
    }
    assert undone.left == (("env", "ANTHROPIC_BASE_URL"),)
    assert not undone.restored
    assert "a.example" in Path(undone.backup).read_text()


def test_rewritten_by_the_client_itself(person: Person) -> None:
    """Claude Code writes its settings anew in its own layout; what was before comes back in value."""
    path = person.write(CLAUDE, '{"env": {"ANTHROPIC_API_KEY": "sk-test-0123456789"}}')
    person.connect("claude-code")
    data = json.loads(path.read_text()) | {"theme": "dark"}
    path.write_text(json.dumps(data, indent=2))

    person.disconnect("claude-code")

    assert json.loads(path.read_text()) == {
        "env": {"ANTHROPIC_API_KEY": "sk-test-0123456789"},
        "theme": "dark",
    }


def test_values_that_a_person_took_out_stay_out(person: Person) -> None:
    """And the table that came with them goes when it is empty."""
    path = person.write(CLAUDE, '{"x": 1}')
    person.connect("claude-code")
    data = json.loads(path.read_text())
    del data["env"]["ANTHROPIC_BASE_URL"]
    path.write_text(json.dumps(data))

    assert state_of(read_journal(person.paths)["claude-code"], URL) == "changed"
    person.disconnect("claude-code")

    assert json.loads(path.read_text()) == {"x": 1}


def test_a_file_that_came_with_us_stays_where_others_wrote_into_it(person: Person) -> None:
    """Theirs is all that is left in it."""
    person.connect("claude-code")
    path = person.home / CLAUDE
    path.write_text(json.dumps(json.loads(path.read_text()) | {"theme": "dark"}))

    (undone,) = person.disconnect("claude-code") or []

    assert json.loads(path.read_text()) == {"theme": "dark"}
    assert not undone.restored


def test_what_others_put_beside_ours_stays(person: Person) -> None:
    """In the tables that came with us as well."""
    person.connect("claude-code")
    person.connect("codex")
    claude, codex = person.home / CLAUDE, person.home / CODEX
    data = json.loads(claude.read_text())
    data["env"]["MINE"] = "1"
    claude.write_text(json.dumps(data))
    codex.write_text(f"{codex.read_text()}mine = 1\n")

    person.disconnect("claude-code")
    person.disconnect("codex")

    assert json.loads(claude.read_text()) == {"env": {"MINE": "1"}}
    assert tomllib.loads(codex.read_text()) == {"model_providers": {"aimux": {"mine": 1}}}


def test_another_model_of_ours_is_ours(person: Person) -> None:
    """It has no meaning without us, and what was before comes back."""
    path = person.write(OPENCODE, '{"model": "a/b"}')
    person.connect("opencode")
    path.write_text(path.read_text().replace("aimux/glm-5.3", "aimux/other"))

    (undone,) = person.disconnect("opencode") or []

    assert json.loads(path.read_text()) == {"model": "a/b"}
    assert undone.left == ()


def test_undone_in_two_steps(person: Person) -> None:
    """One file could not be; the other one is not looked at twice."""
    person.write(DOTENV, "GEMINI_API_KEY=x\n")
    path = person.write(GEMINI, "{}")
    before = person.tree()
    person.connect("gemini-cli")
    connected = path.read_bytes()
    path.write_text("{")
    with pytest.raises(UserError):
        person.disconnect("gemini-cli")
    path.write_bytes(connected)

    undone = person.disconnect("gemini-cli") or []

    assert person.tree() == before
    assert all(each.restored for each in undone)


def test_a_full_disk(person: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is changed and nothing is left beside the file."""
    person.write(CLAUDE, "{}")
    before = person.tree()
    synced = os.fsync

    def full(descriptor: int) -> None:
        if ".claude" in str(Path(f"/proc/self/fd/{descriptor}").readlink()):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        synced(descriptor)

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(UserError, match="No space left on device"):
        person.connect("claude-code")

    assert person.tree() == before


def test_the_owner_is_kept(person: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a file that is another user's: root may connect for somebody."""
    path = person.write(CLAUDE, "{}")
    monkeypatch.setattr("aimux.clients.settingsfile.os.geteuid", lambda: os.getuid() + 1)

    person.connect("claude-code")

    assert path.stat().st_uid == os.getuid()


def test_a_file_that_is_gone_is_nothing_to_undo(person: Person) -> None:
    """Whoever deleted it meant it."""
    person.connect("codex")
    (person.home / CODEX).unlink()

    (undone,) = person.disconnect("codex") or []

    assert undone.restored
    assert not (person.home / CODEX).exists()


def test_again_changes_nothing(person: Person) -> None:
    """Connected twice is connected."""
    person.write(CODEX, "# mine\n")
    before = person.tree()
    person.connect("codex")
    connected = person.tree()

    assert person.connect("codex") == []
    assert person.tree() == connected
    person.disconnect("codex")
    assert person.tree() == before


@pytest.mark.parametrize("client", CLIENTS)
def test_another_address_and_back(person: Person, client: str) -> None:
    """Connecting again never takes what is ours for what was before."""
    person.write(CLAUDE, '{\n  "x": 1\n}\n')
    before = person.tree()
    person.connect(client)
    assert state_of(read_journal(person.paths)[client], "http://127.0.0.1:9") == "elsewhere"

    changes = person.connect(client, "http://127.0.0.1:9")

    assert changes
    assert all("127.0.0.1:9" in str(each.value) for each in changes)
    assert state_of(read_journal(person.paths)[client], "http://127.0.0.1:9") == "connected"
    person.disconnect(client)
    assert person.tree() == before


def test_connecting_again_after_somebody_edited(person: Person) -> None:
    """Their edits are what was before; ours is not."""
    path = person.write(CODEX, "a = 1\n")
    person.connect("codex")
    path.write_text("# theirs\n" + path.read_text().replace(URL, "https://other.example"))

    person.connect("codex")
    assert tomllib.loads(path.read_text())["model_providers"]["aimux"]["base_url"] == f"{URL}/v1"
    (undone,) = person.disconnect("codex") or []

    assert undone.restored
    found = path.read_text()
    assert found.startswith("# theirs\na = 1\n")
    assert tomllib.loads(found)["model_providers"] == {
        "aimux": {"base_url": "https://other.example/v1"}
    }


BROKEN = [
    ("claude-code", CLAUDE, b'{"a": }', "line 1, column 7: a value is expected"),
    ("claude-code", CLAUDE, b"[]", "an object"),
    ("codex", CODEX, b"a = \n", "line 1, column 5"),
    ("opencode", OPENCODE, b'{"a": "\xff"}', "not UTF-8 at byte 7"),
    ("claude-code", CLAUDE, b'{"env": "x"}', "env is no table"),
    ("codex", CODEX, b"model_providers = 3\n", "model_providers is no table"),
]


@pytest.mark.parametrize(("client", "name", "content", "words"), BROKEN)
def test_broken_files_are_refused(
    person: Person, client: str, name: str, content: bytes, words: str
) -> None:
    """With the place in them, and untouched."""
    path = person.write(name, "")
    path.write_bytes(content)

    with pytest.raises(UserError, match=re.escape(words)) as problem:
        person.connect(client)

    assert "nothing was changed" in problem.value.message
    assert problem.value.hint
    assert path.read_bytes() == content
    assert not person.paths.connections.exists()


def test_broken_since(person: Person) -> None:
    """It stays connected until the file can be read again."""
    path = person.write(CLAUDE, "{}")
    person.connect("claude-code")
    path.write_text("{")

    with pytest.raises(UserError, match="is broken"):
        person.disconnect("claude-code")

    assert "claude-code" in read_journal(person.paths)


def test_links_and_modes_are_kept(person: Person) -> None:
    """A link to a folder of dotfiles stays one, and who may read the file stays as it was."""
    target = person.write("dotfiles/claude.json", '{"x": 1}')
    target.chmod(0o640)
    link = person.home / CLAUDE
    link.parent.mkdir()
    link.symlink_to(Path("..") / "dotfiles" / "claude.json")
    before = person.tree()

    person.connect("claude-code")

    assert link.is_symlink()
    assert TOKEN in target.read_text()
    assert target.stat().st_mode & 0o777 == 0o640
    person.disconnect("claude-code")
    assert person.tree() == before
    assert target.stat().st_mode & 0o777 == 0o640


def test_new_files_are_for_their_owner_alone(person: Person) -> None:
    """They hold a token, and so does what is remembered of what was there before."""
    person.write(CODEX, 'x = "sk-test-0123456789"\n')
    person.connect("claude-code")
    person.connect("codex")

    kept = [person.paths.connections, *person.paths.backups.rglob("config.toml")]
    assert len(kept) == 2
    assert [path.stat().st_mode & 0o777 for path in (person.home / CLAUDE, *kept)] == [0o600] * 3


def test_read_only_is_refused(person: Person) -> None:
    """Whoever made it so (a package manager, a person) meant it."""
    path = person.write(GEMINI, "{}")
    path.chmod(0o444)

    with pytest.raises(UserError, match="is read-only; nothing was changed"):
        person.connect("gemini-cli")

    assert list(person.tree()) == [GEMINI]
    assert not person.paths.connections.exists()


def test_what_cannot_be_written_is_told(person: Person) -> None:
    """A folder where the file should be, or a file where its folder should be."""
    (person.home / CLAUDE).mkdir(parents=True)
    person.write(".codex", "")

    with pytest.raises(UserError, match="cannot be read"):
        person.connect("claude-code")
    with pytest.raises(UserError, match="cannot be read: Not a directory"):
        person.connect("codex")


def test_what_cannot_be_written_in_the_end(person: Person) -> None:
    """A name that is too long to be written beside."""
    person.environ["CODEX_HOME"] = str(person.home / ("d" * 250) / ("x" * 300))

    with pytest.raises(UserError, match="File name too long"):
        person.connect("codex")


def test_changed_between_reading_and_writing(
    person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody else is never overwritten."""
    path = person.write(CLAUDE, "{}")
    with_backup: Callable[..., object] = __import__(
        "aimux.clients.connection", fromlist=["_with_backup"]
    )._with_backup

    def late(*arguments: object) -> object:
        path.write_text('{"theirs": 1}')
        return with_backup(*arguments)

    monkeypatch.setattr("aimux.clients.connection._with_backup", late)
    with pytest.raises(ConfigConflict):
        person.connect("claude-code")
    assert path.read_text() == '{"theirs": 1}'

    person.disconnect("claude-code")
    assert path.read_text() == '{"theirs": 1}'


def test_without_its_backup(person: Person) -> None:
    """What stood before each value is known without it."""
    person.write(CLAUDE, '{"env": {"ANTHROPIC_BASE_URL": "https://a.example"}}')
    before = person.tree()
    person.connect("claude-code")
    for each in person.paths.backups.rglob("*.json"):
        each.write_text("damaged")

    person.disconnect("claude-code")

    assert person.tree() == before


def test_nothing_is_written_on_trial(person: Person) -> None:
    """The changes are told and that is all."""
    changes = person.connect("codex", dry_run=True)

    assert next(".".join(each.path) for each in changes) == "model_provider"
    assert person.tree() == {}
    assert not person.paths.state.exists()


def test_not_connected(person: Person) -> None:
    """Nothing is known of it and nothing is done."""
    assert person.disconnect("codex") is None
    assert state_of(None, URL) == "no"


@pytest.mark.parametrize(
    ("content", "words"), [("{", "cannot be understood"), ('{"clients": {"x": 1}}', "understood")]
)
def test_a_damaged_journal_is_told(person: Person, content: str, words: str) -> None:
    """With where the files as they were can be found."""
    person.paths.state.mkdir()
    person.paths.connections.write_text(content)

    with pytest.raises(UserError, match=words) as problem:
        read_journal(person.paths)
    assert str(person.paths.backups) in str(problem.value.hint)


def test_a_journal_that_cannot_be_read_is_told(person: Person) -> None:
    """A folder in its place."""
    person.paths.connections.mkdir(parents=True)

    with pytest.raises(UserError, match="cannot be read"):
        read_journal(person.paths)


@pytest.mark.parametrize(
    ("variable", "client", "name"),
    [
        ("CLAUDE_CONFIG_DIR", "claude-code", "settings.json"),
        ("CODEX_HOME", "codex", "config.toml"),
        ("GEMINI_CLI_HOME", "gemini-cli", ".gemini/.env"),
        ("XDG_CONFIG_HOME", "opencode", "opencode/opencode.json"),
    ],
)
def test_folders_of_the_clients_own(person: Person, variable: str, client: str, name: str) -> None:
    """Where a variable says that the settings are, they are."""
    person.environ[variable] = str(person.home / "elsewhere")

    person.connect(client)
    assert f"elsewhere/{name}" in person.tree()
    person.disconnect(client)
    assert person.tree() == {}
