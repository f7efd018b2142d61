"""The keyring process against a real Secret Service."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from aimux.config.keyref import KeyReference
from aimux.config.paths import Paths
from aimux.errors import KeyringLocked
from aimux.vault.access import Access
from aimux.vault.keyring import Keyring
from aimux.vault.secret import Secret
from aimux.vault.sources import read_keys
from aimux.vault.store import list_keys, store_key
from tests.support.patience import PATIENCE_S
from tests.support.secretservice import lock_collection, secret_service, skip_if_still_locked

pytestmark = pytest.mark.secretservice

HOSTS = frozenset({"api.z.ai:443"})
REFERENCE = KeyReference("keyring", "zai/default")


@pytest.fixture
def session(tmp_path: Path) -> Iterator[dict[str, str]]:
    """A session whose login collection is unlocked."""
    with secret_service(tmp_path, unlocked=True) as environ:
        skip_if_still_locked(Keyring(environ, PATIENCE_S).read(["probe"])["probe"])
        yield environ


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    return Paths(tmp_path / "config.toml", tmp_path)


def test_a_key_is_stored_read_and_removed(session: dict[str, str]) -> None:
    """The whole life of an item."""
    ring = Keyring(session, PATIENCE_S)
    text = Secret("sk-test-canary")

    ring.write("zai/default", text)

    assert ring.read(["zai/default", "zai/none"]) == {"zai/default": text, "zai/none": None}
    assert ring.delete("zai/default") is True
    assert ring.delete("zai/default") is False


def test_a_stored_key_goes_to_its_host_only(session: dict[str, str], paths: Paths) -> None:
    """The keyring comes first, and the binding is kept in it."""
    access = Access(session, PATIENCE_S)

    reference = store_key("zai", "default", Secret("sk-test-canary"), HOSTS, paths, access=access)

    assert reference == REFERENCE
    assert not paths.vault.exists()
    for hosts, ready in ((HOSTS, True), (HOSTS | {"evil.example:443"}, False)):
        found = read_keys({REFERENCE: hosts}, paths, limit_s=PATIENCE_S, environ=session)[REFERENCE]
        assert (found == Secret("sk-test-canary")) is ready


def test_a_key_that_another_program_stored_is_unbound(
    session: dict[str, str], paths: Paths
) -> None:
    """`keyring set aimux zai/default` works, and is told."""
    subprocess.run(
        [sys.executable, "-P", "-m", "keyring", "set", "aimux", "zai/default"],
        env=session,
        input=b"sk-test-foreign\n",
        check=True,
        timeout=60,
        stderr=subprocess.DEVNULL,
    )

    (entry,) = list_keys({REFERENCE: HOSTS}, paths, access=Access(session, PATIENCE_S))

    assert (entry.state, entry.hosts) == ("unbound", None)


@pytest.mark.parametrize("dialog", [False, True])
def test_a_locked_collection_is_locked(session: dict[str, str], paths: Paths, dialog: bool) -> None:
    """Neither reading nor storing waits for ever, and the vault does not take its place."""
    ring = Keyring(session, PATIENCE_S)
    ring.write("zai/default", Secret("sk-test-canary"))
    lock_collection(session)
    access = Access(session, limit_s=8.0, dialog=dialog)

    found = access.keyring().read(["zai/default"])["zai/default"]
    with pytest.raises(KeyringLocked) as caught:
        store_key("zai", "default", Secret("sk-test-other"), HOSTS, paths, access=access)

    assert isinstance(found, KeyringLocked)
    assert "aimux keys set zai/default --vault" in str(caught.value.hint)
    assert not paths.vault.exists()


def test_a_service_without_a_collection_is_not_set_up(tmp_path: Path) -> None:
    """It is there, so it counts as locked; the text says what is the matter."""
    with secret_service(tmp_path, unlocked=False) as environ:
        found = Keyring(environ, PATIENCE_S).read(["zai/default"])["zai/default"]

    assert isinstance(found, KeyringLocked)
    assert "no default collection" in str(found)
