"""Tokens that aimux itself hands out: for clients of the gateway and for its own command line."""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
from pathlib import Path

from aimux.config.paths import make_private_folder
from aimux.vault.secret import Secret

TOKEN_BYTES = 32


def new_token(kind: str) -> Secret:
    """A fresh token, such as ``aimux-client-...``: the prefix lets leak scanners find it."""
    return Secret(f"aimux-{kind}-{secrets.token_urlsafe(TOKEN_BYTES)}")


def token_hash(token: str) -> bytes:
    """What is kept and compared in place of a token: its SHA-256, 32 bytes."""
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).digest()


def ensure_token(path: Path, kind: str) -> Secret:
    """The token in a file, made (0600) if it is not there.

    Two processes that start at once get the same one: the file is created exclusively under a
    temporary name and linked into place.
    """
    found = read_token(path)
    if found is not None:
        return found
    make_private_folder(path.parent)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(new_token(kind).reveal() + "\n")
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(temporary, path)
    finally:
        temporary.unlink()
    return Secret(path.read_text(encoding="ascii").strip())


def read_token(path: Path) -> Secret | None:
    """The token in a file, or None if there is none."""
    try:
        text = path.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        return None
    return Secret(text) if text else None
