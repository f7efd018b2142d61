"""Storing, listing, removing, moving."""

from pathlib import Path

import pytest

from aimux.config.keyref import KeyReference, parse_key_reference
from aimux.config.paths import Paths
from aimux.errors import (
    KeyHostMismatch,
    KeyMissing,
    KeyRefused,
    KeyringLocked,
    KeyringUnavailable,
    UsageError,
    VaultLocked,
)
from aimux.vault.access import Access
from aimux.vault.keyring import Keyring
from aimux.vault.record import StoredKey
from aimux.vault.secret import Secret
from aimux.vault.sources import read_keys
from aimux.vault.store import list_keys, move_key, put, remove_key, store_key
from tests.support.keyrings import keyring_environment

HOST = frozenset({"api.z.ai:443"})
KEY = Secret("sk-test-canary-1")
IN_KEYRING = KeyReference("keyring", "zai/default")
IN_VAULT = KeyReference("vault", "zai/default")


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    return Paths(tmp_path / "config.toml", tmp_path)


def access(backend: str, home: Path, **more: str) -> Access:
    return Access(keyring_environment(backend, home, **more), 30.0)


def read(reference: KeyReference, paths: Paths, way: Access) -> object:
    return read_keys({reference: HOST}, paths, limit_s=30.0, environ=way.environ)[reference]


def test_a_key_goes_into_the_keyring(paths: Paths, tmp_path: Path) -> None:
    """Bound to its hosts; no vault is made."""
    way = access("Kept", tmp_path)

    assert store_key("zai", "default", KEY, HOST, paths, access=way) == IN_KEYRING

    assert read(IN_KEYRING, paths, way) == KEY
    assert not paths.vault.exists()


@pytest.mark.parametrize(
    "backend",
    [
        "keyring.backends.fail.Keyring",
        "keyring.backends.null.Keyring",
        "PlaintextKeyring",
        "Forgetful",
        "Telltale",
        "no_such_module.Keyring",
    ],
)
def test_without_a_keyring_that_keeps_secrets_it_goes_into_the_vault(
    paths: Paths, tmp_path: Path, backend: str
) -> None:
    """Where it went is told; nothing is in the clear."""
    way = access(backend, tmp_path)

    assert store_key("zai", "default", KEY, HOST, paths, access=way) == IN_VAULT

    assert read(IN_VAULT, paths, way) == KEY
    for each in tmp_path.iterdir():
        assert KEY.reveal().encode() not in each.read_bytes()


@pytest.mark.parametrize("backend", ["Locked", "NotInitialised"])
def test_a_locked_keyring_is_no_reason_to_use_the_vault(
    paths: Paths, tmp_path: Path, backend: str
) -> None:
    """The person decides: unlock it, or --vault."""
    with pytest.raises(KeyringLocked) as caught:
        store_key("zai", "default", KEY, HOST, paths, access=access(backend, tmp_path))

    assert "aimux keys set zai/default --vault" in str(caught.value.hint)
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_stored_when_the_vault_does_not_open(paths: Paths, tmp_path: Path) -> None:
    """No keyring, and a vault whose passphrase is not known."""
    way = access("keyring.backends.fail.Keyring", tmp_path, AIMUX_VAULT_PASSPHRASE="right")
    store_key("zai", "default", KEY, HOST, paths, access=way)
    before = paths.vault.read_bytes()

    with pytest.raises(VaultLocked):
        store_key(
            "zai",
            "spare",
            KEY,
            HOST,
            paths,
            access=access("keyring.backends.fail.Keyring", tmp_path),
        )

    assert paths.vault.read_bytes() == before


@pytest.mark.parametrize("reference", [IN_KEYRING, IN_VAULT])
def test_a_key_is_removed_from_where_it_is(
    paths: Paths, tmp_path: Path, reference: KeyReference
) -> None:
    """The second time there is nothing."""
    way = access("Kept", tmp_path)
    put(reference, StoredKey(KEY, HOST), paths, access=way)

    assert remove_key(reference, paths, access=way) is True
    assert remove_key(reference, paths, access=way) is False
    assert isinstance(read(reference, paths, way), KeyMissing)


def test_what_is_not_ours_is_not_removed(paths: Paths, tmp_path: Path) -> None:
    """A variable, a file and a program are somebody else's."""
    for text in ("env:X", "file:x", "command:x"):
        with pytest.raises(UsageError, match="keeps no key"):
            remove_key(parse_key_reference(text), paths, access=access("Kept", tmp_path))


def test_the_list_says_what_is_the_matter_with_each_key(paths: Paths, tmp_path: Path) -> None:
    """Every state, in the order asked; what is in the vault and not asked for comes last."""
    way = access("Kept", tmp_path, GOOD="sk-test-good", BAD="your-api-key")
    for name, hosts in {
        "keyring:zai": HOST,
        "keyring:moved": frozenset({"old.example:443"}),
        "keyring:bare": None,
        "vault:spare": HOST,
        "vault:unused": HOST,
    }.items():
        put(parse_key_reference(name), StoredKey(KEY, hosts), paths, access=way)
    wanted = [
        "keyring:zai",
        "keyring:moved",
        "keyring:bare",
        "keyring:none",
        "vault:spare",
        "env:GOOD",
        "env:BAD",
    ]

    entries = list_keys({parse_key_reference(each): HOST for each in wanted}, paths, access=way)

    assert [(str(each.reference), each.state) for each in entries] == [
        ("keyring:zai/default", "ready"),
        ("keyring:moved/default", "other host"),
        ("keyring:bare/default", "unbound"),
        ("keyring:none/default", "missing"),
        ("vault:spare/default", "ready"),
        ("env:GOOD", "ready"),
        ("env:BAD", "refused"),
        ("vault:unused/default", "ready"),
    ]
    assert [each.hosts for each in entries[:4]] == [HOST, {"old.example:443"}, None, None]
    assert [each.problem is None for each in entries] == [
        each.state in {"ready", "unbound"} for each in entries
    ]
    assert "canary" not in repr(entries)


@pytest.mark.parametrize(
    ("backend", "state"),
    [("Locked", "locked"), ("keyring.backends.fail.Keyring", "unavailable")],
)
def test_the_list_tells_locked_from_unavailable(
    paths: Paths, tmp_path: Path, backend: str, state: str
) -> None:
    """A locked vault is locked too; its names are known."""
    sealing = access("Kept", tmp_path, AIMUX_VAULT_PASSPHRASE="right")
    put(IN_VAULT, StoredKey(KEY, HOST), paths, access=sealing)

    entries = list_keys({IN_KEYRING: HOST}, paths, access=access(backend, tmp_path))

    assert [(each.reference, each.state) for each in entries] == [
        (IN_KEYRING, state),
        (IN_VAULT, "locked"),
    ]


def test_a_broken_vault_is_told_for_the_keys_in_it(paths: Paths, tmp_path: Path) -> None:
    """It does not stop the list."""
    paths.vault.write_bytes(b"broken")

    (entry,) = list_keys({IN_VAULT: HOST}, paths, access=access("Kept", tmp_path))

    assert (entry.state, entry.problem and entry.problem.code) == ("refused", "vault-corrupt")


# ---------------------------------------------------------------- moving


@pytest.mark.parametrize(("source", "to"), [(IN_VAULT, IN_KEYRING), (IN_KEYRING, IN_VAULT)])
def test_a_key_is_copied_with_its_hosts(
    paths: Paths, tmp_path: Path, source: KeyReference, to: KeyReference
) -> None:
    """It keeps the binding it had; the source is left for the caller; twice does no harm."""
    way = access("Kept", tmp_path)
    put(source, StoredKey(KEY, HOST | {"second:443"}), paths, access=way)

    for _ in range(2):
        move_key(source, to, HOST, paths, access=way)

    (entry,) = [e for e in list_keys({to: HOST}, paths, access=way) if e.reference == to]
    assert entry.hosts == HOST | {"second:443"}
    assert read(source, paths, way) == KEY


@pytest.mark.parametrize("source", ["env:GOOD", "vault:bare"])
def test_an_unbound_key_is_bound_when_it_moves(paths: Paths, tmp_path: Path, source: str) -> None:
    """To the hosts of the provider that uses it."""
    way = access("Kept", tmp_path, GOOD=KEY.reveal())
    put(parse_key_reference("vault:bare"), StoredKey(KEY), paths, access=way)

    move_key(parse_key_reference(source), IN_KEYRING, HOST, paths, access=way)

    entry = list_keys({IN_KEYRING: HOST}, paths, access=way)[0]
    assert (entry.state, entry.hosts) == ("ready", HOST)


def test_a_key_of_another_host_does_not_move(paths: Paths, tmp_path: Path) -> None:
    """Moving must not launder a binding."""
    way = access("Kept", tmp_path)
    put(IN_VAULT, StoredKey(KEY, frozenset({"old.example:443"})), paths, access=way)

    with pytest.raises(KeyHostMismatch):
        move_key(IN_VAULT, IN_KEYRING, HOST, paths, access=way)

    assert Keyring(way.environ, 30.0).read([IN_KEYRING.name]) == {IN_KEYRING.name: None}


def test_another_key_is_not_overwritten(paths: Paths, tmp_path: Path) -> None:
    """Both are kept, and the person chooses."""
    way = access("Kept", tmp_path)
    put(IN_VAULT, StoredKey(KEY, HOST), paths, access=way)
    put(IN_KEYRING, StoredKey(Secret("sk-test-other"), HOST), paths, access=way)

    with pytest.raises(KeyRefused, match="another key is already kept"):
        move_key(IN_VAULT, IN_KEYRING, HOST, paths, access=way)

    assert read(IN_KEYRING, paths, way) == Secret("sk-test-other")


def test_a_key_does_not_move_into_what_does_not_open(paths: Paths, tmp_path: Path) -> None:
    """Locked and unavailable keyrings refuse it."""
    way = access("Kept", tmp_path)
    put(IN_VAULT, StoredKey(KEY, HOST), paths, access=way)
    for backend, error in {
        "Locked": KeyringLocked,
        "keyring.backends.fail.Keyring": KeyringUnavailable,
    }.items():
        with pytest.raises(error):
            move_key(IN_VAULT, IN_KEYRING, HOST, paths, access=access(backend, tmp_path))
