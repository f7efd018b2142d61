"""The keyring behind a process: refused, locked, hanging, forgetful, dying."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from aimux.errors import KeyringLocked, KeyringUnavailable, VaultError
from aimux.vault.keyring import Keyring
from aimux.vault.secret import Secret
from tests.support.keyrings import keyring_environment
from tests.support.patience import PATIENCE_S

pytestmark = pytest.mark.measured

TEXT = Secret("sk-test-canary-text")


def keyring(backend: str, home: Path, limit_s: float = PATIENCE_S) -> Keyring:
    return Keyring(keyring_environment(backend, home), limit_s)


def test_what_is_written_is_read_by_the_next_process(tmp_path: Path) -> None:
    """Under the service aimux and the name of provider and label."""
    ring = keyring("Kept", tmp_path)

    ring.write("zai/default", TEXT)

    assert ring.read(["zai/default", "zai/other"]) == {"zai/default": TEXT, "zai/other": None}
    kept = json.loads((tmp_path / "keyring.json").read_text())
    assert kept == {"aimux:zai/default": TEXT.reveal()}


def test_what_is_removed_is_gone(tmp_path: Path) -> None:
    """Whether there was something is told."""
    ring = keyring("Kept", tmp_path)
    ring.write("zai/default", TEXT)

    assert ring.delete("zai/default") is True
    assert ring.delete("zai/default") is False
    assert ring.read(["zai/default"]) == {"zai/default": None}


def test_nothing_asked_starts_no_process(tmp_path: Path) -> None:
    """No keys in the keyring, no keyring."""
    assert keyring("no.such.module", tmp_path).read([]) == {}


REFUSED = {
    "keyring.backends.null.Keyring": "keeps keys in the clear or not at all",
    "PlaintextKeyring": "keeps keys in the clear or not at all",
    "Harmless": "keeps keys in the clear or not at all",
    "AllPlaintext": "keeps keys in the clear or not at all",
    "keyring.backends.fail.Keyring": "no keyring",
    "EmptyChain": "no keyring",
    "no_such_module.Keyring": "cannot be loaded (ModuleNotFoundError)",
    "keyrings_for_tests.NoSuchClass": "cannot be loaded (AttributeError)",
    "keyring.backends.macOS.Keyring": "cannot be loaded (RuntimeError)",
    "Dying": "ended with status 7",
    "Telltale": "the keyring failed (RuntimeError)",
}


def test_the_keyring_has_a_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The class that keeps the keys; one that keeps none, or does not start, is an error."""
    assert keyring("Kept", tmp_path).backend() == "keyrings_for_tests.Kept"
    with pytest.raises(KeyringUnavailable, match="no keyring"):
        keyring("keyring.backends.fail.Keyring", tmp_path).backend()
    monkeypatch.setattr(sys, "executable", str(tmp_path / "nowhere"))
    with pytest.raises(KeyringUnavailable, match="did not start"):
        keyring("Kept", tmp_path).backend()


@pytest.mark.parametrize("backend", REFUSED)
def test_a_keyring_that_keeps_no_secrets_is_unavailable(backend: str, tmp_path: Path) -> None:
    """Reading and writing fail alike, nothing is written, and the vault is offered."""
    if backend.endswith("macOS.Keyring") and sys.platform == "darwin":
        pytest.skip("it is available here")
    ring = keyring(backend, tmp_path)

    found = ring.read(["zai/default"])["zai/default"]
    with pytest.raises(KeyringUnavailable) as caught:
        ring.write("zai/default", TEXT)

    assert isinstance(found, KeyringUnavailable)
    for problem in (found, caught.value):
        assert REFUSED[backend] in problem.message
        assert "--vault" in str(problem.hint)
        assert "canary" not in f"{problem!r}{problem.hint}"
    assert list(tmp_path.iterdir()) == []


def test_plaintext_in_a_chain_is_passed_over(tmp_path: Path) -> None:
    """The member behind it that keeps secrets is used, for writing too."""
    shared = tmp_path / "keyring.json"
    ring = keyring("Mixed", tmp_path)

    ring.write("zai/default", TEXT)

    assert ring.read(["zai/default"]) == {"zai/default": TEXT}
    assert ring.delete("zai/default") is True
    assert shared.exists()


@pytest.mark.parametrize("backend", ["Locked", "NotInitialised"])
def test_a_locked_keyring_is_locked_and_not_unavailable(backend: str, tmp_path: Path) -> None:
    """The difference decides whether the vault may be used."""
    ring = keyring(backend, tmp_path)

    found = ring.read(["zai/default"])["zai/default"]
    with pytest.raises(KeyringLocked):
        ring.write("zai/default", TEXT)
    with pytest.raises(KeyringLocked):
        ring.delete("zai/default")

    assert isinstance(found, KeyringLocked)
    assert found.hint == "unlock your login keyring, then: aimux reload"


def test_a_hanging_keyring_is_left_within_the_limit(tmp_path: Path) -> None:
    """The daemon goes on; no process stays."""
    ring = keyring("Hanging", tmp_path, limit_s=2.0)
    before = psutil.Process().children()
    started = time.monotonic()

    found = ring.read(["zai/default", "zai/other"])

    assert time.monotonic() - started < PATIENCE_S
    assert [type(each) for each in found.values()] == [KeyringLocked, KeyringLocked]
    assert str(found["zai/default"]) == "the keyring did not answer within 2 s"
    assert not [
        child
        for child in psutil.Process().children()
        if child not in before and child.status() != psutil.STATUS_ZOMBIE
    ]


def test_a_hang_at_one_key_does_not_lose_those_before(tmp_path: Path) -> None:
    """Answers come one by one."""
    keyring("Kept", tmp_path).write("zai/default", TEXT)

    found = keyring("HangingAtSlow", tmp_path, limit_s=4.0).read(
        ["zai/default", "slow/default", "later/default"]
    )

    assert found["zai/default"] == TEXT
    assert isinstance(found["slow/default"], KeyringLocked)
    assert isinstance(found["later/default"], KeyringLocked)


def test_a_keyring_that_forgets_is_found_out(tmp_path: Path) -> None:
    """Another process reads back what was written."""
    with pytest.raises(KeyringUnavailable, match="did not keep"):
        keyring("Forgetful", tmp_path).write("zai/default", TEXT)


def test_a_keyring_that_does_not_remove_is_found_out(tmp_path: Path) -> None:
    """A key that should be gone and is not must be told."""
    ring = keyring("Stubborn", tmp_path)
    ring.write("zai/default", TEXT)

    with pytest.raises(KeyringUnavailable, match="still has"):
        ring.delete("zai/default")


def test_a_keyring_that_closes_meanwhile_is_locked(tmp_path: Path) -> None:
    """Written, and not readable afterwards: not known to be kept."""
    with pytest.raises(KeyringLocked):
        keyring("Closing", tmp_path).write("zai/default", TEXT)


def test_removing_from_a_keyring_that_closes_meanwhile_is_locked(tmp_path: Path) -> None:
    """The second process cannot see whether it is gone."""
    keyring("Kept", tmp_path).write("zai/default", TEXT)
    environ = keyring_environment("Kept", tmp_path)
    (tmp_path / "keyrings_turn.py").write_text(
        "import os, pathlib\n"
        "from keyrings_for_tests import Kept, KeyringLocked\n"
        "class Turn(Kept):\n"
        "    def get_password(self, service, name):\n"
        "        mark = pathlib.Path(os.environ['HOME'], 'mark')\n"
        "        if mark.exists():\n"
        "            raise KeyringLocked('closed')\n"
        "        mark.touch()\n"
        "        return super().get_password(service, name)\n"
    )
    environ["PYTHONPATH"] += f"{os.pathsep}{tmp_path}"
    environ["PYTHON_KEYRING_BACKEND"] = "keyrings_turn.Turn"

    with pytest.raises(KeyringLocked):
        Keyring(environ, 30.0).delete("zai/default")


def test_a_secret_service_that_cannot_be_probed_is_asked(tmp_path: Path) -> None:
    """The secretstorage package is not there, as where libsecret is reached through gi."""
    (tmp_path / "secretstorage.py").write_text("raise ImportError")
    environ = keyring_environment("LikeLibsecret", tmp_path)
    environ["PYTHONPATH"] += f"{os.pathsep}{tmp_path}"

    assert Keyring(environ, 30.0).read(["zai/default"]) == {"zai/default": None}


def test_without_a_bus_there_is_no_keyring(tmp_path: Path) -> None:
    """A server, a container, ssh: found out quickly, by the real keyring package."""
    environ = keyring_environment("none", tmp_path, XDG_RUNTIME_DIR=str(tmp_path))
    del environ["PYTHON_KEYRING_BACKEND"], environ["PYTHONPATH"]

    found = Keyring(environ, 30.0).read(["zai/default"])["zai/default"]

    assert isinstance(found, KeyringUnavailable)
    assert "no keyring" in str(found)


def test_a_process_that_does_not_start_is_unavailable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The interpreter was removed by an upgrade, say."""
    monkeypatch.setattr(sys, "executable", str(tmp_path / "gone"))

    found = keyring("Kept", tmp_path).read(["zai/default"])["zai/default"]

    assert isinstance(found, KeyringUnavailable)
    assert "did not start: No such file" in str(found)


def test_the_folder_one_stands_in_is_not_searched_for_modules(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A checkout with a keyring.py or a json.py in it gets no key."""
    for name in ("keyring", "json", "signal"):
        (tmp_path / f"{name}.py").write_text("import os; os._exit(9)")
    monkeypatch.chdir(tmp_path)
    ring = keyring("Kept", tmp_path)

    ring.write("zai/default", TEXT)

    assert ring.read(["zai/default"]) == {"zai/default": TEXT}


def test_the_session_bus_is_found_where_systemd_puts_it(tmp_path: Path) -> None:
    """Without DBUS_SESSION_BUS_ADDRESS, as after ssh: the socket is asked, which nobody answers."""
    runtime = Path("/tmp") / f"aimux-bus-{os.getpid()}"
    runtime.mkdir(mode=0o700)
    try:
        with socket.socket(socket.AF_UNIX) as bus:
            bus.bind(str(runtime / "bus"))
            bus.listen()
            bus.settimeout(PATIENCE_S)
            environ = keyring_environment("none", tmp_path, XDG_RUNTIME_DIR=str(runtime))
            del environ["PYTHON_KEYRING_BACKEND"]

            found = Keyring(environ, 2.0).read(["zai/default"])["zai/default"]

            bus.accept()[0].close()
    finally:
        shutil.rmtree(runtime)
    assert isinstance(found, VaultError)


def test_a_process_whose_parent_is_gone_ends_by_itself(tmp_path: Path) -> None:
    """After kill -9 of the daemon no process is left waiting for a dialog."""
    request = {
        "limit_s": 0.2,
        "probe": True,
        "service": "aimux",
        "requests": [{"do": "get", "name": "zai/default"}],
    }
    ended = subprocess.run(
        [sys.executable, "-P", "-m", "aimux.vault.keyring_process"],
        input=json.dumps(request).encode(),
        env=keyring_environment("Hanging", tmp_path),
        capture_output=True,
        timeout=PATIENCE_S,
        check=False,
    )

    assert ended.returncode == -14
