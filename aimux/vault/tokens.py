"""Tokens that aimux itself hands out: for clients of the gateway and for its own command line."""

from __future__ import annotations

import hashlib
import secrets
from pathlib import Path
from typing import Final

from aimux.vault.private import create_private
from aimux.vault.secret import Secret

TOKEN_BYTES: Final = 32


def new_token(kind: str) -> Secret:
    """A fresh token, such as ``aimux-client-...``: the prefix lets leak scanners find it."""
    return Secret(f"aimux-{kind}-{secrets.token_urlsafe(TOKEN_BYTES)}")


def token_hash(token: str) -> bytes:
    """What is kept and compared in place of a token: its SHA-256, 32 bytes."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


def ensure_token(path: Path, kind: str) -> Secret:
    """The token in a file, made (0600) if it is not there or is empty.

    Two processes that start at once get the same one.
    """
    found = read_token(path)
    if found is not None:
        return found
    create_private(path, new_token(kind).reveal() + "\n")
    found = read_token(path)
    if found is None:  # an empty file, left by a full disk; never one that somebody has just made
        path.unlink(missing_ok=True)
        create_private(path, new_token(kind).reveal() + "\n")
    return Secret(path.read_text(encoding="ascii").strip())


def read_token(path: Path) -> Secret | None:
    """The token in a file, or None if there is none."""
    try:
        text = path.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        return None
    return Secret(text) if text else None
