"""Parcels: what is sealed comes back, and nothing else does."""

from __future__ import annotations

import os

import pytest

from aimux.errors import VaultCorrupt, VaultLocked
from aimux.vault.parcel import PIECE_BYTES, open_parcel, seal_parcel

KEY = bytes(range(32))
NAME = "ax_00000000000000000001"
FIRST = b'{"head": 1}'


def sealed(*rest: bytes, name: str = NAME, key: bytes = KEY) -> list[bytes]:
    return list(seal_parcel(FIRST, rest, name, key, os.urandom))


@pytest.mark.parametrize(
    ("rest", "pieces"),
    [
        ((), 1),
        ((b"",), 1),
        ((b"a", b"", b"bc"), 2),
        ((b"x" * PIECE_BYTES,), 2),
        ((b"x" * PIECE_BYTES, b"y"), 3),
        ((b"x" * (PIECE_BYTES - 1), b"yz", b"w" * 2 * PIECE_BYTES), 5),
    ],
    ids=["none", "empty", "small", "one", "one-and-a-byte", "across"],
)
def test_what_is_sealed_comes_back(rest: tuple[bytes, ...], pieces: int) -> None:
    """However it was cut; no piece is larger than it may be; two parcels of it have nothing in common."""
    written = sealed(*rest)

    assert open_parcel(b"".join(written), NAME, KEY) == (FIRST, b"".join(rest))
    assert len(written) == 1 + pieces
    assert max(map(len, written)) <= PIECE_BYTES + 32
    assert not set(sealed(*rest)) & set(written)


def test_another_key_is_told_from_a_change() -> None:
    """A wrong key opens nothing; what stands under another name is not its."""
    content = b"".join(sealed(b"rest"))
    with pytest.raises(VaultLocked):
        open_parcel(content, NAME, bytes(32))
    with pytest.raises(VaultLocked):
        open_parcel(content, NAME[:-1] + "2", KEY)


def test_every_cut_is_noticed() -> None:
    """A file that ends anywhere before its end does not open, also where a piece ends."""
    content = b"".join(sealed(b"rest of it"))
    for length in range(len(content)):
        with pytest.raises((VaultCorrupt, VaultLocked)):
            open_parcel(content[:length], NAME, KEY)
    with pytest.raises(VaultCorrupt):
        open_parcel(content + b"\0", NAME, KEY)


def test_every_changed_byte_is_noticed() -> None:
    """Of the mark, the salt, a length, a nonce, a text, a tag."""
    content = b"".join(sealed(b"rest of it"))
    for place in range(len(content)):
        changed = bytearray(content)
        changed[place] ^= 0x10
        with pytest.raises((VaultCorrupt, VaultLocked)):
            open_parcel(bytes(changed), NAME, KEY)


def test_a_later_piece_that_does_not_open_is_no_matter_of_the_key() -> None:
    """Left out, exchanged or changed: the key is right, and that is said."""
    head, first, *more = sealed(b"a" * PIECE_BYTES, b"b" * PIECE_BYTES, b"c")
    for order in (
        [first, more[1], more[0], more[2]],
        [first, *more[1:]],
        [first, *more[:-1]],
        [first],
    ):
        with pytest.raises(VaultCorrupt):
            open_parcel(head + b"".join(order), NAME, KEY)
