"""The vault's file: whole, private, and shared by several writers."""

import fcntl
import json
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from aimux.errors import VaultCorrupt, VaultLocked
from aimux.vault.file import MAX_VAULT_BYTES, VaultFile
from aimux.vault.secret import Secret
from aimux.vault.unlocking import Unlocking

ONE, TWO = Secret("sk-test-canary-one"), Secret("sk-test-canary-two")


def vault(home: Path, passphrase: str | None = None, **more: float) -> VaultFile:
    given = Secret(passphrase) if passphrase else None
    return VaultFile(home / "vault.aimux", Unlocking(home / "vault.key", {}, given), **more)


def test_there_is_nothing_in_a_vault_that_is_not_there(tmp_path: Path) -> None:
    """Reading, listing and removing make nothing."""
    found = vault(tmp_path)

    assert (found.exists(), found.needs_passphrase()) == (False, False)
    assert (found.read(), found.names(), found.remove("zai/default")) == ({}, (), False)
    assert list(tmp_path.iterdir()) == []


def test_records_are_added_replaced_and_removed(tmp_path: Path) -> None:
    """Another process, without anything but the folder, sees the same."""
    vault(tmp_path).write("zai/default", ONE)
    vault(tmp_path).write("zai/spare", ONE)
    vault(tmp_path).write("zai/default", TWO)

    assert vault(tmp_path).read() == {"zai/default": TWO, "zai/spare": ONE}
    assert vault(tmp_path).names() == ("zai/default", "zai/spare")
    assert vault(tmp_path).remove("zai/default") is True
    assert vault(tmp_path).remove("zai/default") is False
    assert vault(tmp_path).read() == {"zai/spare": ONE}


def test_every_file_of_it_is_private_and_holds_no_key(tmp_path: Path) -> None:
    """0600 in a folder of 0700; the keys are nowhere in the clear."""
    home = tmp_path / "state"

    vault(home).write("zai/default", ONE)

    assert home.stat().st_mode & 0o777 == 0o700
    assert {each.name for each in home.iterdir()} == {
        "vault.aimux",
        "vault.aimux.lock",
        "vault.key",
    }
    for each in home.iterdir():
        assert each.stat().st_mode & 0o777 == 0o600
        assert b"canary" not in each.read_bytes()


def test_a_passphrase_opens_its_vault_and_no_other_does(tmp_path: Path) -> None:
    """Names can be listed without it; nothing is changed by a wrong one."""
    vault(tmp_path, "the right one").write("zai/default", ONE)
    before = (tmp_path / "vault.aimux").read_bytes()

    assert vault(tmp_path, "the right one").read() == {"zai/default": ONE}
    assert vault(tmp_path).needs_passphrase() is True
    assert vault(tmp_path).names() == ("zai/default",)
    for given, text in ((None, "the vault is locked"), ("the wrong one", "does not open with")):
        with pytest.raises(VaultLocked, match=text) as caught:
            vault(tmp_path, given).read()
        with pytest.raises(VaultLocked):
            vault(tmp_path, given).write("zai/other", TWO)
        with pytest.raises(VaultLocked):
            vault(tmp_path, given).remove("zai/default")
        assert caught.value.hint == "aimux keys unlock, or set AIMUX_VAULT_PASSPHRASE"
    assert (tmp_path / "vault.aimux").read_bytes() == before
    assert not (tmp_path / "vault.key").exists()


def test_a_wrong_variable_does_not_shut_out_the_right_passphrase(tmp_path: Path) -> None:
    """What `aimux keys unlock` gives is tried after the environment's."""
    vault(tmp_path, "the right one").write("zai/default", ONE)
    environ = {"AIMUX_VAULT_PASSPHRASE": "stale"}
    opening = Unlocking(tmp_path / "vault.key", environ, Secret("the right one"))

    assert VaultFile(tmp_path / "vault.aimux", opening).read() == {"zai/default": ONE}


def test_a_vault_whose_key_file_is_lost_is_locked(tmp_path: Path) -> None:
    """The hint says where it belongs; no new key file is made over the loss."""
    vault(tmp_path).write("zai/default", ONE)
    (tmp_path / "vault.key").unlink()

    with pytest.raises(VaultLocked) as caught:
        vault(tmp_path).write("zai/other", TWO)

    assert str(tmp_path / "vault.key") in str(caught.value.hint)
    assert not (tmp_path / "vault.key").exists()


@pytest.mark.parametrize("content", [b"", b"{}", b"\0" * 4096, b" " * (MAX_VAULT_BYTES + 1)])
def test_what_is_not_a_vault_is_not_overwritten(tmp_path: Path, content: bytes) -> None:
    """It may be repaired, or a wrong file; the hint says how to begin anew."""
    path = tmp_path / "vault.aimux"
    path.write_bytes(content)
    found = vault(tmp_path)
    for act in (found.read, found.names, lambda: found.write("a/b", ONE)):
        with pytest.raises(VaultCorrupt) as caught:
            act()
        assert f"mv {path} {path}.broken" in str(caught.value.hint)
    assert path.read_bytes() == content


def test_a_changed_record_is_corrupt_and_not_overwritten(tmp_path: Path) -> None:
    """What the envelope notices reaches the person with a hint."""
    vault(tmp_path).write("zai/default", ONE)
    vault(tmp_path).write("zai/spare", TWO)
    path = tmp_path / "vault.aimux"
    fields = json.loads(path.read_text())
    records = fields["records"]
    records["zai/default"], records["zai/spare"] = records["zai/spare"], records["zai/default"]
    path.write_text(json.dumps(fields))

    with pytest.raises(VaultCorrupt) as caught:
        vault(tmp_path).write("zai/default", ONE)

    assert f"mv {path}" in str(caught.value.hint)
    assert json.loads(path.read_text()) == fields


def test_a_vault_that_cannot_be_read_is_locked(tmp_path: Path) -> None:
    """A folder in its place, say."""
    (tmp_path / "vault.aimux").mkdir()

    with pytest.raises(VaultLocked, match="cannot be read: Is a directory"):
        vault(tmp_path).read()


def test_a_write_that_did_not_happen_is_found_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every write is read back; some network disks acknowledge what they lose."""
    monkeypatch.setattr(Path, "replace", lambda source, target: None)

    with pytest.raises(VaultCorrupt, match="did not keep"):
        vault(tmp_path).write("zai/default", ONE)


def test_a_linked_vault_stays_a_link(tmp_path: Path) -> None:
    """People keep their files elsewhere and link them."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (tmp_path / "vault.aimux").symlink_to(elsewhere / "kept")

    vault(tmp_path).write("zai/default", ONE)

    assert (tmp_path / "vault.aimux").is_symlink()
    assert vault(tmp_path).read() == {"zai/default": ONE}


# ---------------------------------------------------------------- several writers


def test_writers_at_once_lose_nothing(tmp_path: Path) -> None:
    """Also while the vault is made: its first writers agree on one key."""
    names = [f"p{number}/default" for number in range(24)]

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda name: vault(tmp_path).write(name, Secret(name)), names))

    assert vault(tmp_path).read() == {name: Secret(name) for name in names}


class Meddler:
    """While a passphrase is being chosen, another process makes the vault with another one."""

    def __init__(self, home: Path) -> None:
        self._home = home

    def existing(self) -> Secret:
        return Secret("theirs")

    def chosen(self) -> Secret:
        vault(self._home, "theirs").write("their/key", TWO)
        return Secret("ours")


def test_a_vault_that_appears_meanwhile_keeps_its_key(tmp_path: Path) -> None:
    """Ours is sealed with theirs; neither record is lost."""
    opening = Unlocking(tmp_path / "vault.key", {}, None, Meddler(tmp_path))

    VaultFile(tmp_path / "vault.aimux", opening).write("our/key", ONE)

    assert vault(tmp_path, "theirs").read() == {"their/key": TWO, "our/key": ONE}


def test_a_lock_that_is_not_given_back_is_an_error(tmp_path: Path) -> None:
    """After a time limit; reading needs no lock."""
    vault(tmp_path).write("zai/default", ONE)
    holder = os.open(tmp_path / "vault.aimux.lock", os.O_RDWR)
    fcntl.flock(holder, fcntl.LOCK_EX)

    with pytest.raises(VaultLocked, match="another program"):
        vault(tmp_path, lock_limit_s=0.1).write("zai/default", TWO)

    assert vault(tmp_path).read() == {"zai/default": ONE}
    os.close(holder)


def test_what_a_killed_writer_left_is_swept_away(tmp_path: Path) -> None:
    """Half-written files do not pile up; other files stay."""
    (tmp_path / ".vault.aimux.abc123").write_bytes(b"half")
    (tmp_path / ".vault.aimux.folder").mkdir()
    (tmp_path / ".other").touch()

    vault(tmp_path).write("zai/default", ONE)

    left = {each.name for each in tmp_path.iterdir()}
    assert ".vault.aimux.abc123" not in left
    assert {".vault.aimux.folder", ".other"} <= left


WRITER = """
import sys
from pathlib import Path
from aimux.vault.file import VaultFile
from aimux.vault.secret import Secret
from aimux.vault.unlocking import Unlocking
home = Path(sys.argv[1])
vault = VaultFile(home / "vault.aimux", Unlocking(home / "vault.key", {}))
number = 0
while True:
    vault.write(f"p{number % 5}/default", Secret(f"sk-test-{number}"))
    print(number, flush=True)
    number += 1
"""


def test_a_writer_that_is_killed_leaves_a_whole_vault(tmp_path: Path) -> None:
    """After kill -9 at any moment: what was acknowledged is there, and the lock is free."""
    for moment in range(6):
        with subprocess.Popen(
            [sys.executable, "-c", WRITER, str(tmp_path)], stdout=subprocess.PIPE, text=True
        ) as writer:
            assert writer.stdout is not None
            writer.stdout.readline()
            time.sleep(0.013 * moment)  # another moment of its loop each time
            writer.send_signal(signal.SIGKILL)
            told = [int(line) for line in writer.stdout.read().split()]

        contents = vault(tmp_path).read()
        if told:
            last = told[-1]
            assert contents[f"p{last % 5}/default"] == Secret(f"sk-test-{last}")
        vault(tmp_path, lock_limit_s=5.0).write("after/kill", ONE)
        assert vault(tmp_path).read()["after/kill"] == ONE
