"""From what a person has to the 32 bytes that AES-256 wants.

A passphrase is guessable, so it goes through Argon2id (RFC 9106), which makes every guess cost 64 MiB
and a tenth of a second; where the build of ``cryptography`` lacks it, through scrypt (RFC 7914).  A
key file holds 256 random bits already and only goes through HKDF (RFC 5869), so that two vaults with
one key file still have different keys.

The parameters stand in the vault's header and are read from a file that somebody else may have
written.  Both ends are guarded: less than the floor would make guessing cheap, more than the ceiling
would make opening the vault a way to exhaust the machine.
"""

from __future__ import annotations

import binascii
import unicodedata
from base64 import b64decode
from dataclasses import dataclass
from typing import Any, ClassVar, Final, assert_never

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf import argon2, hkdf, scrypt

from aimux.errors import VaultCorrupt, VaultLocked

KEY_BYTES: Final = 32
SALT_BYTES: Final = 16
_INFO: Final = b"aimux vault key 1"
_MAX_MEMORY_KIB: Final = 512 * 1024
_MIB: Final = 1024


@dataclass(frozen=True, slots=True)
class Argon2id:
    """Argon2id; 64 MiB, 3 passes, 4 lanes cost 0.13 s on the machine it was measured on."""

    name: ClassVar[str] = "argon2id"
    salt: bytes
    memory_kib: int = 64 * _MIB
    iterations: int = 3
    lanes: int = 4


@dataclass(frozen=True, slots=True)
class Scrypt:
    """scrypt with cost 2**17, block size 8: 128 MiB."""

    name: ClassVar[str] = "scrypt"
    salt: bytes
    cost: int = 2**17
    block: int = 8
    parallel: int = 1


@dataclass(frozen=True, slots=True)
class KeyFile:
    """HKDF-SHA256 over the random bytes of a key file."""

    name: ClassVar[str] = "key-file"
    salt: bytes


Derivation = Argon2id | Scrypt | KeyFile
"""How a vault's key is made; a passphrase goes with the first two."""


def derived_key(derivation: Derivation, material: bytes) -> bytes:
    """The 32 bytes of key that the material (passphrase or key file) gives.

    Raises:
        VaultLocked: this machine cannot compute it.
    """
    try:
        match derivation:
            case Argon2id(salt, memory_kib, iterations, lanes):
                return argon2.Argon2id(
                    salt=salt,
                    length=KEY_BYTES,
                    memory_cost=memory_kib,
                    iterations=iterations,
                    lanes=lanes,
                ).derive(material)
            case Scrypt(salt, cost, block, parallel):
                return scrypt.Scrypt(salt, KEY_BYTES, cost, block, parallel).derive(material)
            case KeyFile(salt):
                return hkdf.HKDF(SHA256(), KEY_BYTES, salt, _INFO).derive(material)
            case _:
                assert_never(derivation)
    except UnsupportedAlgorithm as problem:
        raise VaultLocked(
            f"the installed cryptography package has no {derivation.name}",
            hint="install it from its own wheel: pip install --upgrade cryptography",
        ) from problem
    except MemoryError as problem:
        raise VaultLocked("there is not enough free memory to open the vault") from problem


def passphrase_derivation(salt: bytes) -> Argon2id | Scrypt:
    """The derivation for a new vault with a passphrase: the best that this build has."""
    try:
        argon2.Argon2id(salt=salt, length=KEY_BYTES, memory_cost=8 * 4, iterations=1, lanes=4)
    except UnsupportedAlgorithm:
        return Scrypt(salt)
    return Argon2id(salt)


def passphrase_material(passphrase: str) -> bytes:
    """The bytes of a passphrase, the same however the keyboard composes its accents (NFKC)."""
    return unicodedata.normalize("NFKC", passphrase).encode("utf-8", "surrogateescape")


def key_file_material(content: bytes) -> bytes | None:
    """The 32 bytes in a key file (raw, or as a line of hex or base64), None if it has no key.

    32 bytes that can all be typed are taken for somebody's passphrase, not for a key.
    """
    typed = all(0x20 <= byte < 0x7F or byte in b"\t\r\n" for byte in content)
    if not typed:
        return content if len(content) == KEY_BYTES else None
    text = content.decode("ascii").strip()
    try:
        material = bytes.fromhex(text) if len(text) == 2 * KEY_BYTES else _base64(text)
    except ValueError:
        return None
    return material if len(material) == KEY_BYTES else None


def _base64(text: str) -> bytes:
    try:
        return b64decode(text, validate=True)
    except binascii.Error as problem:
        raise ValueError("not base64") from problem


# ---------------------------------------------------------------- in the file


def derivation_fields(derivation: Derivation) -> dict[str, Any]:
    """The header's ``kdf`` as it stands in the file, but for the salt."""
    match derivation:
        case Argon2id(_, memory_kib, iterations, lanes):
            numbers = {"memory_kib": memory_kib, "iterations": iterations, "lanes": lanes}
        case Scrypt(_, cost, block, parallel):
            numbers = {"cost": cost, "block": block, "parallel": parallel}
        case KeyFile():
            numbers = {}
        case _:
            assert_never(derivation)
    return {"name": derivation.name, **numbers}


def read_derivation(fields: dict[str, Any], salt: bytes) -> Derivation:
    """The derivation that the header's ``kdf`` describes.

    Raises:
        VaultCorrupt: an unknown one, or numbers under the floor or over the ceiling.
    """
    match fields:
        case {"name": "argon2id", "memory_kib": int(m), "iterations": int(t), "lanes": int(p)} if (
            len(fields) == 4 and _whole(m, t, p)
        ):
            _within("memory_kib", m, 19 * _MIB, _MAX_MEMORY_KIB)  # OWASP's least: 19 MiB, 2 passes
            _within("iterations", t, 2, 16)
            _within("lanes", p, 1, 16)
            return Argon2id(salt, m, t, p)
        case {"name": "scrypt", "cost": int(n), "block": int(r), "parallel": int(p)} if (
            len(fields) == 4 and _whole(n, r, p) and n.bit_count() == 1
        ):
            _within("cost", n, 2**15, 2**20)
            _within("block", r, 8, 16)
            _within("parallel", p, 1, 4)
            _within("cost x block", n * r // 8, 0, _MAX_MEMORY_KIB)  # 128 bytes x n x r, in KiB
            return Scrypt(salt, n, r, p)
        case {"name": "key-file"} if len(fields) == 1:
            return KeyFile(salt)
    raise VaultCorrupt("the vault's header names no way to derive its key that aimux knows")


def _whole(*numbers: object) -> bool:
    """Whether they are integers and no booleans, which Python counts among them."""
    return all(type(number) is int for number in numbers)


def _within(name: str, value: int, least: int, most: int) -> None:
    if not least <= value <= most:
        raise VaultCorrupt(f"the vault's header has {name} = {value}; {least} to {most} is allowed")
