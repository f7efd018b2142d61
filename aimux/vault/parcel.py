r"""Something large, encrypted with a key of aimux's own: AES-256-GCM in pieces.

    aimux-parcel 1\n | salt (16) | length (4) nonce (12) ciphertext | length nonce ciphertext | ...

Each parcel has a key of its own, derived from the one that is kept and its salt as that of a vault with a
key file is (``derivation``).  Each piece is sealed by the vault's ``crypto`` under a random nonce, with
the beginning of the file, the parcel's name, the piece's number and whether it is the last one as
associated data: a parcel under another name, a piece changed, left out, exchanged or cut off at the end
does not open.  Pieces are small because a thread that encrypts holds up all others meanwhile.

The first piece tells whether the key is right: where it does not open, the key is another one or the
beginning was changed, and nobody can tell which; a later one means that the parcel was changed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Final

from cryptography.exceptions import InvalidTag

from aimux.errors import VaultCorrupt, VaultLocked
from aimux.vault import crypto
from aimux.vault.crypto import NONCE_BYTES, Sealed
from aimux.vault.derivation import SALT_BYTES, KeyFile, derived_key

PIECE_BYTES: Final = 2**20
"""Most of a piece, but for the first one, which its writer chooses."""

_MAGIC: Final = b"aimux-parcel 1\n"
_LENGTH_BYTES: Final = 4
_TAG_BYTES: Final = 16


def seal_parcel(
    first: bytes,
    rest: Iterable[bytes],
    name: str,
    material: bytes,
    chance: Callable[[int], bytes],
) -> Iterator[bytes]:
    """The file, a piece at a time.  ``chance`` gives so many fresh random bytes."""
    salt = chance(SALT_BYTES)
    header = _MAGIC + salt
    key = derived_key(KeyFile(salt), material)
    yield header
    waiting, number = first, 0
    for piece in _pieces(rest):
        yield _written(waiting, key, chance(NONCE_BYTES), header, _name(name, number, last=False))
        waiting, number = piece, number + 1
    yield _written(waiting, key, chance(NONCE_BYTES), header, _name(name, number, last=True))


def open_parcel(content: bytes, name: str, material: bytes) -> tuple[bytes, bytes]:
    """The first piece, and all others together.

    Raises:
        VaultLocked: it was sealed with another key, or its beginning was changed.
        VaultCorrupt: it is no parcel, not whole, or was changed.
    """
    start = len(_MAGIC) + SALT_BYTES
    header = content[:start]
    if not header.startswith(_MAGIC) or len(header) != start:
        raise VaultCorrupt("the file is not one that aimux has encrypted")
    key = derived_key(KeyFile(header[len(_MAGIC) :]), material)
    sealed = list(_read(content, start))
    opened: list[bytes] = []
    for number, each in enumerate(sealed):
        last = number == len(sealed) - 1
        try:
            opened.append(crypto.decrypt(key, each, header, _name(name, number, last=last)))
        except InvalidTag:
            if number == 0 and not _opens(key, each, header, _name(name, number, last=not last)):
                raise VaultLocked("it was encrypted with another key, or was changed") from None
            raise VaultCorrupt("the encrypted file was changed or is not whole") from None
    return opened[0], b"".join(opened[1:])


def _opens(key: bytes, sealed: Sealed, header: bytes, name: str) -> bool:
    """Whether the key is right after all, and only what stands behind the first piece is not."""
    try:
        crypto.decrypt(key, sealed, header, name)
    except InvalidTag:
        return False
    return True


def _name(name: str, number: int, *, last: bool) -> str:
    return f"{name}/{number}/{'end' if last else 'more'}"


def _written(piece: bytes, key: bytes, nonce: bytes, header: bytes, name: str) -> bytes:
    sealed = crypto.encrypt(key, nonce, piece, header, name)
    size = len(nonce) + len(sealed.ciphertext)
    return b"".join((size.to_bytes(_LENGTH_BYTES, "big"), nonce, sealed.ciphertext))


def _read(content: bytes, at: int) -> Iterator[Sealed]:
    """The sealed pieces; at least one.

    Raises:
        VaultCorrupt: the file ends inside one, or before the first.
    """
    view = memoryview(content)
    while True:
        size = int.from_bytes(view[at : at + _LENGTH_BYTES], "big")
        begin, end = at + _LENGTH_BYTES, at + _LENGTH_BYTES + size
        if size < NONCE_BYTES + _TAG_BYTES or end > len(content):
            raise VaultCorrupt("the encrypted file is not whole")
        yield Sealed(
            bytes(view[begin : begin + NONCE_BYTES]), bytes(view[begin + NONCE_BYTES : end])
        )
        at = end
        if at == len(content):
            return


def _pieces(parts: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes in pieces of the one size, the last one smaller."""
    waiting: list[memoryview] = []
    size = 0
    for part in parts:
        view = memoryview(part)
        while size + len(view) >= PIECE_BYTES:
            cut = PIECE_BYTES - size
            yield b"".join((*waiting, view[:cut]))
            waiting, size, view = [], 0, view[cut:]
        if view:
            waiting.append(view)
            size += len(view)
    if waiting:
        yield b"".join(waiting)
