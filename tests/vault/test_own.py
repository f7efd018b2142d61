"""Keys of aimux's own: where they are kept, and when none is made."""

from __future__ import annotations

from pathlib import Path

import pytest

from aimux.config.keyref import KeyReference
from aimux.config.paths import Paths
from aimux.errors import KeyHostMismatch, KeyMissing, KeyRefused, KeyringLocked, VaultCorrupt
from aimux.vault.access import Access
from aimux.vault.own import BODIES, ensure_own_key, own_keys, own_material
from aimux.vault.record import StoredKey
from aimux.vault.secret import Secret
from aimux.vault.sources import read_keys
from aimux.vault.store import put
from tests.support.keyrings import keyring_environment

NONE = "keyring.backends.fail.Keyring"


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    return Paths(tmp_path / "config.toml", tmp_path)


def access(backend: str, home: Path) -> Access:
    return Access(keyring_environment(backend, home), 30.0)


@pytest.mark.parametrize("backend", ["Kept", NONE])
def test_made_once_and_found_again(backend: str, paths: Paths, tmp_path: Path) -> None:
    """In the keyring, and in the vault where there is none; 32 bytes."""
    way = access(backend, tmp_path)
    with pytest.raises(KeyMissing):
        own_keys(BODIES, paths, way)

    made = ensure_own_key(BODIES, paths, way)

    assert ensure_own_key(BODIES, paths, way) == made
    assert own_keys(BODIES, paths, way) == [made]
    assert len(own_material(made)) == 32
    assert paths.vault.exists() == (backend == NONE)


def test_it_goes_to_no_provider(paths: Paths, tmp_path: Path) -> None:
    """A configuration that names it as a key gets an error for whatever host."""
    way = access("Kept", tmp_path)
    ensure_own_key(BODIES, paths, way)
    reference = KeyReference("keyring", BODIES)
    wanted = {reference: frozenset({"api.example.org:443"})}

    assert isinstance(
        read_keys(wanted, paths, limit_s=30.0, environ=way.environ)[reference], KeyHostMismatch
    )


def test_none_is_made_while_a_place_that_may_have_it_is_locked(
    paths: Paths, tmp_path: Path
) -> None:
    """Else what was kept before could not be opened any more."""
    with pytest.raises(KeyringLocked):
        ensure_own_key(BODIES, paths, access("Locked", tmp_path))
    assert not paths.vault.exists()

    paths.vault.write_text("no vault")
    with pytest.raises(VaultCorrupt):
        ensure_own_key(BODIES, paths, access("Kept", tmp_path))


def test_both_where_a_keyring_came_later(paths: Paths, tmp_path: Path) -> None:
    """The keyring's first; what the vault's has encrypted can still be opened."""
    old = ensure_own_key(BODIES, paths, access(NONE, tmp_path))
    way = access("Kept", tmp_path)
    assert ensure_own_key(BODIES, paths, way) == old  # none is made beside it
    new = Secret("1f" * 32)
    put(KeyReference("keyring", BODIES), StoredKey(new, frozenset()), paths, access=way)

    assert own_keys(BODIES, paths, way) == [new, old]


@pytest.mark.parametrize("text", ["not-hexadecimal", "ab" * 31, "ab" * 33])
def test_what_is_no_key(text: str) -> None:
    """Somebody else has put it there."""
    with pytest.raises(KeyRefused):
        own_material(Secret(text))
