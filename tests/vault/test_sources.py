"""From references to keys."""

import os
import shlex
import sys
import textwrap
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
    VaultCorrupt,
    VaultError,
    VaultLocked,
)
from aimux.vault import external
from aimux.vault.access import Access
from aimux.vault.keyring import Keyring
from aimux.vault.record import StoredKey
from aimux.vault.secret import Secret
from aimux.vault.sources import read_keys
from aimux.vault.store import put
from tests.support.keyrings import keyring_environment
from tests.support.patience import PATIENCE_S

HOST = frozenset({"api.z.ai:443"})
ELSEWHERE = frozenset({"evil.example:443"})
KEY = Secret("sk-test-canary-1")


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    return Paths(tmp_path / "config.toml", tmp_path)


def read(
    paths: Paths,
    *references: str,
    environ: dict[str, str],
    hosts: frozenset[str] = HOST,
    passphrase: str | None = None,
) -> list[Secret | VaultError]:
    wanted = {parse_key_reference(each): hosts for each in references}
    given = Secret(passphrase) if passphrase else None
    found = read_keys(wanted, paths, limit_s=PATIENCE_S, passphrase=given, environ=environ)
    return [found[each] for each in wanted]


def store(reference: str, stored: StoredKey, paths: Paths, environ: dict[str, str]) -> None:
    put(parse_key_reference(reference), stored, paths, access=Access(environ, PATIENCE_S))


def test_nothing_wanted_nothing_read(paths: Paths) -> None:
    """An empty question has an empty answer."""
    assert read_keys({}, paths) == {}


def test_every_kind_of_reference_gives_its_key(paths: Paths, tmp_path: Path) -> None:
    """In one call, in the order asked."""
    environ = keyring_environment("Kept", tmp_path, ZAI_API_KEY="sk-test-env")
    store("keyring:zai", StoredKey(Secret("sk-test-keyring"), HOST), paths, environ)
    store("vault:zai", StoredKey(Secret("sk-test-vault"), HOST), paths, environ)
    (tmp_path / "key").write_text("sk-test-file\n")
    (tmp_path / "key").chmod(0o600)
    references = (
        "command:echo sk-test-command",
        "file:key",
        "env:ZAI_API_KEY",
        "vault:zai",
        "keyring:zai",
    )

    found = read(paths, *references, environ=environ)

    assert [each.reveal() for each in found if isinstance(each, Secret)] == [
        "sk-test-command",
        "sk-test-file",
        "sk-test-env",
        "sk-test-vault",
        "sk-test-keyring",
    ]


def test_the_process_environment_is_the_usual_one(
    paths: Paths, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The daemon does not pass one."""
    monkeypatch.setenv("MY_KEY_FOR_TESTS", KEY.reveal())
    reference = KeyReference("env", "MY_KEY_FOR_TESTS")

    assert read_keys({reference: HOST}, paths) == {reference: KEY}


def test_one_keys_trouble_is_not_anothers(paths: Paths, tmp_path: Path) -> None:
    """Each has its own reason; none is raised."""
    environ = keyring_environment("Locked", tmp_path, GOOD="sk-test-good", BAD="your-api-key")

    found = read(
        paths,
        "keyring:zai",
        "vault:zai",
        "env:GOOD",
        "env:BAD",
        "env:NONE",
        "file:none",
        "command:false",
        environ=environ,
    )

    assert [type(each) for each in found] == [
        KeyringLocked,
        KeyMissing,
        Secret,
        KeyRefused,
        KeyMissing,
        KeyMissing,
        KeyMissing,
    ]


@pytest.mark.parametrize("scheme", ["keyring", "vault"])
def test_a_stored_key_goes_to_its_hosts_only(paths: Paths, tmp_path: Path, scheme: str) -> None:
    """Whoever changes base_url does not get the key; the error names both and the cure."""
    environ = keyring_environment("Kept", tmp_path)
    name = f"{scheme}:zai/main"
    store(name, StoredKey(KEY, HOST | {"api.zai.example:443"}), paths, environ)

    assert read(paths, name, environ=environ) == [KEY]
    assert read(paths, name, environ=environ, hosts=frozenset()) == [KEY]
    for foreign in (ELSEWHERE, HOST | ELSEWHERE, frozenset({"api.z.ai:80"})):
        (problem,) = read(paths, name, environ=environ, hosts=foreign)

        assert isinstance(problem, KeyHostMismatch)
        assert "not for " + ", ".join(foreign - HOST) in problem.message
        command = "aimux keys set zai/main" + (" --vault" if scheme == "vault" else "")
        assert str(problem.hint).endswith(command)


def test_a_key_bound_to_no_host_goes_nowhere(paths: Paths, tmp_path: Path) -> None:
    """An empty list is a binding too."""
    environ = keyring_environment("Kept", tmp_path)
    store("vault:zai", StoredKey(KEY, frozenset()), paths, environ)

    (problem,) = read(paths, "vault:zai", environ=environ)

    assert isinstance(problem, KeyHostMismatch)
    assert "was stored for no host" in problem.message


def test_a_bare_key_of_another_program_fits_any_host(paths: Paths, tmp_path: Path) -> None:
    """It was put there by somebody who knew where it goes."""
    environ = keyring_environment("Kept", tmp_path)
    Keyring(environ, 30.0).write("zai/default", Secret("sk-test-bare\n"))

    assert read(paths, "keyring:zai", environ=environ, hosts=ELSEWHERE) == [Secret("sk-test-bare")]


@pytest.mark.parametrize("scheme", ["keyring", "vault"])
def test_what_is_not_there_is_missing_with_the_command_to_type(
    paths: Paths, tmp_path: Path, scheme: str
) -> None:
    """The default label is not written out; a key that cannot be one is refused alike."""
    environ = keyring_environment("Kept", tmp_path)
    store(f"{scheme}:zai/bad", StoredKey(Secret("your-api-key")), paths, environ)
    flag = " --vault" if scheme == "vault" else ""

    missing, other, bad = read(
        paths, f"{scheme}:zai", f"{scheme}:zai/spare", f"{scheme}:zai/bad", environ=environ
    )

    assert isinstance(missing, KeyMissing)
    assert missing.hint == f"aimux keys set zai{flag}"
    assert isinstance(other, KeyMissing)
    assert other.hint == f"aimux keys set zai/spare{flag}"
    assert isinstance(bad, KeyRefused)
    assert bad.hint == f"aimux keys set zai/bad{flag}"


def test_a_locked_vault_locks_its_keys_and_opens_by_passphrase(
    paths: Paths, tmp_path: Path
) -> None:
    """What is not in it at all is missing, locked or not."""
    environ = keyring_environment("Kept", tmp_path)
    sealing = Access({**environ, "AIMUX_VAULT_PASSPHRASE": "open sesame"})
    put(parse_key_reference("vault:zai"), StoredKey(KEY, HOST), paths, access=sealing)

    locked, _ = read(paths, "vault:zai", "vault:none", environ=environ)
    alone = read(paths, "vault:none", environ=environ)
    opened = read(paths, "vault:zai", environ=environ, passphrase="open sesame")

    assert isinstance(locked, VaultLocked)
    assert isinstance(alone[0], KeyMissing)
    assert opened == [KEY]


def test_a_broken_vault_breaks_only_its_own_keys(paths: Paths, tmp_path: Path) -> None:
    """The environment's key is still there."""
    paths.vault.write_bytes(b"broken")
    environ = keyring_environment("Kept", tmp_path, GOOD=KEY.reveal())

    broken, good = read(paths, "vault:zai", "env:GOOD", environ=environ)

    assert isinstance(broken, VaultCorrupt)
    assert good == KEY


def test_the_keyring_is_not_touched_for_keys_that_are_elsewhere(
    paths: Paths, tmp_path: Path
) -> None:
    """No dialog for somebody who keeps all keys in variables."""
    begun = tmp_path / "begun"
    environ = keyring_environment("Hanging", tmp_path, GOOD=KEY.reveal(), BEGUN=str(begun))

    assert read(paths, "env:GOOD", environ=environ) == [KEY]
    assert not begun.exists()


def test_slow_sources_are_waited_for_together(
    paths: Paths, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two commands wait until the other and a hanging keyring have begun, too."""
    monkeypatch.setattr(external, "COMMAND_LIMIT_S", PATIENCE_S)
    environ = keyring_environment("Hanging", tmp_path, BEGUN=str(tmp_path / "keyring"))
    code = """
        import pathlib, sys, time
        here = pathlib.Path(sys.argv[1])
        (here / sys.argv[2]).touch()
        while len(list(here.glob("keyring"))) + len(list(here.glob("command-*"))) < 3:
            time.sleep(0.01)
        print("sk-test-1")
        """
    slow = [sys.executable, "-I", "-c", textwrap.dedent(code), str(tmp_path)]
    wanted = {
        KeyReference("keyring", "zai/default"): HOST,
        KeyReference("command", shlex.join([*slow, "command-a"])): HOST,
        KeyReference("command", shlex.join([*slow, "command-b"])): HOST,
    }

    found = list(read_keys(wanted, paths, limit_s=5.0, environ=environ).values())

    assert [type(each) for each in found] == [KeyringLocked, Secret, Secret]


def test_commands_do_not_see_what_env_references_hold(paths: Paths, tmp_path: Path) -> None:
    """A variable that is read as a key is a key, whatever its name."""
    environ = {"PATH": os.environ["PATH"], "ODD_NAME": KEY.reveal()}
    command = "command:" + shlex.join(
        [sys.executable, "-I", "-c", "import os; print('sk-test-' + str('ODD_NAME' in os.environ))"]
    )

    key, told = read(paths, "env:ODD_NAME", command, environ=environ)

    assert key == KEY
    assert told == Secret("sk-test-False")


def test_no_keyring_is_unavailable(paths: Paths, tmp_path: Path) -> None:
    """Told for each key that is kept there."""
    environ = keyring_environment("keyring.backends.fail.Keyring", tmp_path)

    found = read(paths, "keyring:zai", "keyring:openai", environ=environ)

    assert [type(each) for each in found] == [KeyringUnavailable, KeyringUnavailable]
