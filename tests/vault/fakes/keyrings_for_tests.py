"""Keyring backends for tests, chosen by PYTHON_KEYRING_BACKEND in a child process."""

import json
import os
import sys
import time
from pathlib import Path

from keyring.backend import KeyringBackend
from keyring.backends.chainer import ChainerBackend
from keyring.errors import InitError, KeyringLocked, PasswordDeleteError


class Kept(KeyringBackend):
    """Works: keeps its items in the file that KEYRING_FOR_TESTS names."""

    priority = 5

    def _items(self):
        path = Path(os.environ["KEYRING_FOR_TESTS"])
        return json.loads(path.read_text()) if path.exists() else {}

    def _keep(self, items):
        Path(os.environ["KEYRING_FOR_TESTS"]).write_text(json.dumps(items))

    def get_password(self, service, username):
        return self._items().get(f"{service}:{username}")

    def set_password(self, service, username, password):
        self._keep({**self._items(), f"{service}:{username}": password})

    def delete_password(self, service, username):
        items = self._items()
        if items.pop(f"{service}:{username}", None) is None:
            raise PasswordDeleteError("no such item")
        self._keep(items)


class Stubborn(Kept):
    """Says that it removed, and did not."""

    def delete_password(self, service, username):
        pass


class Forgetful(KeyringBackend):
    """Keeps what it is given for as long as its process lives."""

    priority = 5
    items = {}  # noqa: RUF012 -- one for the class is what it is

    def get_password(self, service, username):
        return self.items.get(username)

    def set_password(self, service, username, password):
        self.items[username] = password


class Closing(Kept):
    """Takes a key, and is locked when it is asked for it."""

    def get_password(self, service, username):
        raise KeyringLocked("closed meanwhile")

    def delete_password(self, service, username):
        pass


class Hanging(KeyringBackend):
    """Waits for a dialog that nobody answers; the file that BEGUN names shows that it does."""

    priority = 5

    def get_password(self, service, username):
        if begun := os.environ.get("BEGUN"):
            Path(begun).touch()
        time.sleep(60)

    def set_password(self, service, username, password):
        time.sleep(60)


class HangingAtSlow(Kept):
    """Hangs at one item and no other."""

    def get_password(self, service, username):
        if username == "slow/default":
            time.sleep(60)
        return super().get_password(service, username)


class Locked(KeyringBackend):
    """A keyring that does not open."""

    priority = 5

    def get_password(self, service, username, password=None):
        raise KeyringLocked("Failed to unlock the collection!")

    set_password = delete_password = get_password


class NotInitialised(Locked):
    """What SecretService raises when a collection cannot be made."""

    def get_password(self, service, username, password=None):
        raise InitError("Prompt dismissed..")

    set_password = get_password


class PlaintextKeyring(Kept):
    """Named like the one of keyrings.alt."""


class Harmless(PlaintextKeyring):
    """Inherits from a plaintext keyring under another name."""


class Mixed(ChainerBackend):
    """A chain in which a plaintext keyring comes first."""

    priority = 10
    backends = [PlaintextKeyring(), Kept()]  # noqa: RUF012 -- what the chainer computes otherwise


class AllPlaintext(ChainerBackend):
    """A chain with nothing that keeps secrets."""

    priority = 10
    backends = [PlaintextKeyring(), Harmless()]  # noqa: RUF012 -- the same


class EmptyChain(ChainerBackend):
    """A chain of nothing."""

    priority = 10
    backends = []  # noqa: RUF012 -- the same


class Telltale(KeyringBackend):
    """Prints what it is given, and raises with it."""

    priority = 5

    def get_password(self, service, username):
        print("sk-test-canary-in-stdout", flush=True)
        raise RuntimeError("sk-test-canary-in-exception")

    def set_password(self, service, username, password):
        print(password, flush=True)
        raise RuntimeError(password)


class Dying(KeyringBackend):
    """Takes its process along."""

    priority = 5

    def get_password(self, service, username, password=None):
        os._exit(7)

    set_password = get_password


class LikeLibsecret(Kept):
    """Believed to be the libsecret backend, which is on the Secret Service too."""

    __module__ = "keyring.backends.libsecret"


class Nosy(Kept):
    """Writes down what its process shows to others."""

    def __init__(self):
        super().__init__()
        shown = [" ".join(sys.orig_argv), *(f"{k}={v}" for k, v in os.environ.items())]
        with Path(os.environ["HOME"], "seen").open("a") as file:
            file.write("\n".join(shown))
