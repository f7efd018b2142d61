"""``tokens.json``: the client tokens that a person has made, each as its hash with what it permits.

A token itself is shown once, when it is made, and kept nowhere.  The file is written at once or not at
all, and by one process at a time.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from aimux.config.paths import make_private_folder, write_private
from aimux.errors import KeyMissing, UsageError, VaultCorrupt
from aimux.vault.private import MAX_PRIVATE_BYTES, read_private
from aimux.vault.secret import Secret
from aimux.vault.tokens import new_token, token_hash

VERSION: Final = 1
RESERVED: Final = frozenset({"default", "anonymous", "admin"})
"""Names of callers that have no row here."""

Window = Literal["day", "week", "month", "session"]
WINDOWS: Final[tuple[Window, ...]] = ("day", "week", "month", "session")


@dataclass(frozen=True, slots=True)
class ClientToken:
    """One token.  ``created_s`` and ``expires_s`` are Unix seconds; without the latter it holds until it
    is revoked.  ``models`` are globs over the names that it may ask for; none: all.
    """

    name: str
    digest: bytes
    """Its SHA-256."""
    created_s: float
    expires_s: float | None = None
    limit_usd: float | None = None
    window: Window = "day"
    models: tuple[str, ...] = ()

    def has_expired(self, now_s: float) -> bool:
        """Whether its time is over."""
        return self.expires_s is not None and now_s >= self.expires_s


def read_clients(path: Path) -> tuple[ClientToken, ...]:
    """The tokens in a file, in the order in which they were made; none where there is no file.

    Raises:
        KeyRefused: others may read or write the file.
        VaultCorrupt: it cannot be understood.
    """
    try:
        content = read_private(path)
    except KeyMissing:
        if path.exists():
            raise
        return ()
    try:
        whole = json.loads(content)
        if whole["version"] != VERSION:
            raise ValueError("another version")
        tokens = tuple(map(_of_row, whole["tokens"]))
        if len({each.name for each in tokens}) != len(tokens):
            raise ValueError("two of one name")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as problem:
        raise VaultCorrupt(
            f"the file {str(path)!r} holds no client tokens",
            hint="move it aside; the tokens in it have to be made anew: aimux tokens create NAME",
        ) from problem
    return tokens


def add_client(path: Path, token: ClientToken) -> tuple[ClientToken, Secret]:
    """Makes a token and keeps its hash; the row as it was written, and the token, which nobody can tell
    again.  ``digest`` of what is given does not count.

    Raises:
        UsageError: the name is taken, or there are too many.
        KeyRefused, VaultCorrupt: as :func:`read_clients`.
    """
    secret = new_token("client")
    made = ClientToken(
        token.name,
        token_hash(secret.reveal()),
        token.created_s,
        token.expires_s,
        token.limit_usd,
        token.window,
        token.models,
    )
    with _alone(path):
        known = read_clients(path)
        if token.name in RESERVED or any(each.name == token.name for each in known):
            raise UsageError(
                f"there is a client token named {token.name!r} already",
                hint=f"take another name, or first: aimux tokens revoke {token.name}"
                if token.name not in RESERVED
                else "take another name",
            )
        _write(path, (*known, made))
    return made, secret


def remove_client(path: Path, name: str) -> bool:
    """Forgets a token; whether there was one of that name.

    Raises:
        KeyRefused, VaultCorrupt: as :func:`read_clients`.
    """
    with _alone(path):
        known = read_clients(path)
        left = tuple(each for each in known if each.name != name)
        if len(left) == len(known):
            return False
        _write(path, left)
    return True


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Two commands at once must not lose one's token: the second waits for the first."""
    make_private_folder(path.parent)
    descriptor = os.open(path.with_name(f".{path.name}.lock"), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _write(path: Path, tokens: tuple[ClientToken, ...]) -> None:
    whole = {"version": VERSION, "tokens": [_row(each) for each in tokens]}
    content = (json.dumps(whole, indent=1) + "\n").encode()
    if len(content) > MAX_PRIVATE_BYTES:
        raise UsageError("there are too many client tokens", hint="aimux tokens revoke NAME")
    write_private(path, content)


def _row(token: ClientToken) -> dict[str, Any]:
    return {
        "name": token.name,
        "sha256": token.digest.hex(),
        "created_s": token.created_s,
        "expires_s": token.expires_s,
        "limit_usd": token.limit_usd,
        "window": token.window,
        "models": list(token.models),
    }


def _of_row(row: Any) -> ClientToken:
    """A token out of the file.

    Raises:
        ValueError, KeyError, TypeError: it is none.  What limits a token is never passed over.
    """
    digest = bytes.fromhex(row["sha256"])
    models = row["models"]
    name = row["name"]
    if len(digest) != 32 or not isinstance(name, str) or not name or row["window"] not in WINDOWS:
        raise ValueError(name)
    if not isinstance(models, list) or not all(isinstance(each, str) for each in models):
        raise ValueError(models)
    return ClientToken(
        name,
        digest,
        _number(row["created_s"]) or 0.0,
        _number(row["expires_s"]),
        _number(row["limit_usd"]),
        row["window"],
        tuple(models),
    )


def _number(value: Any) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(value)
    return float(value)
