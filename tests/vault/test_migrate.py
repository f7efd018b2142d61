"""Moving all keys into one place."""

from pathlib import Path

import pytest

from aimux.catalogue.resolve import resolve_providers
from aimux.config.keyref import parse_key_reference
from aimux.config.load import load_config
from aimux.config.paths import Paths
from aimux.errors import ConfigError, KeyMissing, KeyRefused
from aimux.vault.access import Access
from aimux.vault.migrate import Migration, migrate
from aimux.vault.record import StoredKey
from aimux.vault.secret import Secret
from aimux.vault.sources import read_keys
from aimux.vault.store import Place, put
from tests.support.keyrings import keyring_environment

HOST = frozenset({"local.example:443"})
CONFIG = """\
version = 1

# mine
[providers.one]
format = "openai-chat"
base_url = "https://local.example/v1"
keys = ["vault:one", "env:ONE_KEY", "file:one.key"]   # in this order

[providers.two]
format = "openai-chat"
base_url = "https://local.example/v1"
"""


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    (tmp_path / "config.toml").write_text(CONFIG)
    (tmp_path / "config.toml").chmod(0o600)
    return Paths(tmp_path / "config.toml", tmp_path)


@pytest.fixture
def access(tmp_path: Path) -> Access:
    return Access(keyring_environment("Kept", tmp_path, ONE_KEY="sk-test-env"), 30.0)


def run(to: Place, paths: Paths, access: Access) -> Migration:
    providers = resolve_providers(load_config(paths.config, environ={}).config)
    return migrate(to, providers, paths, access)


def keys_of(name: str, paths: Paths) -> tuple[str, ...]:
    providers = resolve_providers(load_config(paths.config, environ={}).config)
    return tuple(map(str, providers[name].keys))


def moved(migration: Migration) -> list[tuple[str, str]]:
    return [(str(source), str(target)) for source, target in migration.moved]


def test_keys_move_into_the_keyring(paths: Paths, access: Access) -> None:
    """Vault and variable; the configuration names the new places and keeps its comments."""
    put(
        parse_key_reference("vault:one"), StoredKey(Secret("sk-test-1"), HOST), paths, access=access
    )

    migration = run("keyring", paths, access)

    assert moved(migration) == [
        ("vault:one/default", "keyring:one/default"),
        ("env:ONE_KEY", "keyring:one/one_key"),
    ]
    assert migration.problems == []
    assert keys_of("one", paths) == ("keyring:one/default", "keyring:one/one_key", "file:one.key")
    assert "# mine" in paths.config.read_text()
    wanted = {parse_key_reference(each): HOST for each in keys_of("one", paths)[:2]}
    found = read_keys(wanted, paths, limit_s=30.0, environ=access.environ)
    assert list(found.values()) == [Secret("sk-test-1"), Secret("sk-test-env")]
    assert access.vault(paths).names() == ()


def test_keys_move_back_into_the_vault(paths: Paths, access: Access) -> None:
    """The default list of a provider is written out when it changes."""
    put(
        parse_key_reference("keyring:two"),
        StoredKey(Secret("sk-test-2"), HOST),
        paths,
        access=access,
    )

    migration = run("vault", paths, access)

    assert ("keyring:two/default", "vault:two/default") in moved(migration)
    assert keys_of("two", paths) == ("vault:two/default",)
    assert access.keyring().read(["two/default"]) == {"two/default": None}


def test_what_cannot_move_stays_and_does_not_hold_up_the_others(
    paths: Paths, access: Access
) -> None:
    """A missing key, and one whose place is taken."""
    put(
        parse_key_reference("keyring:one/one_key"),
        StoredKey(Secret("sk-test-other"), HOST),
        paths,
        access=access,
    )

    migration = run("keyring", paths, access)

    assert moved(migration) == []
    assert [(str(source), type(problem)) for source, problem in migration.problems] == [
        ("vault:one/default", KeyMissing),
        ("env:ONE_KEY", KeyRefused),
    ]
    assert paths.config.read_text() == CONFIG


def test_keys_are_not_removed_when_the_configuration_cannot_be_changed(
    paths: Paths, access: Access
) -> None:
    """Then they are in both places, and the old one is still the one that is used."""
    put(
        parse_key_reference("vault:one"), StoredKey(Secret("sk-test-1"), HOST), paths, access=access
    )
    providers = resolve_providers(load_config(paths.config, environ={}).config)
    paths.config.write_text("version = 2\n")

    with pytest.raises(ConfigError):
        migrate("keyring", providers, paths, access)

    assert access.vault(paths).names() == ("one/default",)
    assert access.keyring().read(["one/default"])["one/default"] is not None
