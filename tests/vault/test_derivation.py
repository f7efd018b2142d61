"""From a passphrase or a key file to 32 bytes."""

import base64
import hashlib
import hmac

import pytest
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.kdf import argon2

from aimux.errors import VaultCorrupt, VaultLocked
from aimux.vault.derivation import (
    Argon2id,
    Derivation,
    KeyFile,
    Scrypt,
    derivation_fields,
    derived_key,
    key_file_material,
    passphrase_derivation,
    passphrase_material,
    read_derivation,
)

SALT = bytes(range(16))
MATERIAL = bytes(range(0xC0, 0xE0))


def test_argon2id_gives_what_the_reference_implementation_gives() -> None:
    """Computed with the reference C library through argon2-cffi 25.1: m=64 MiB, t=3, p=4."""
    key = derived_key(Argon2id(SALT), b"correct horse battery staple")

    assert key.hex() == "853b272a44db1421c02962669a55eb0994f3cab385ed1c4c79253eee19bab49e"


def test_scrypt_gives_the_vector_of_its_rfc() -> None:
    """RFC 7914, section 12, the third vector; its first 32 bytes."""
    key = derived_key(Scrypt(b"SodiumChloride", 16384, 8, 1), b"pleaseletmein")

    assert key.hex() == "7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2"


def test_the_default_scrypt_agrees_with_the_standard_library() -> None:
    """Two implementations, one key."""
    key = derived_key(Scrypt(SALT), b"a passphrase")

    assert key == hashlib.scrypt(
        b"a passphrase", salt=SALT, n=2**17, r=8, p=1, dklen=32, maxmem=2**28
    )


def test_a_key_file_goes_through_hkdf() -> None:
    """RFC 5869 in two lines of the standard library."""
    extracted = hmac.digest(SALT, MATERIAL, "sha256")
    expected = hmac.digest(extracted, b"aimux vault key 1\x01", "sha256")

    assert derived_key(KeyFile(SALT), MATERIAL) == expected
    assert derived_key(KeyFile(SALT[::-1]), MATERIAL) != expected


class _Refusing:
    """A build of cryptography without Argon2id (OpenSSL before 3.2), or a machine without memory."""

    def __init__(self, problem: Exception) -> None:
        self._problem = problem

    def __call__(self, **_: object) -> object:
        raise self._problem


def test_without_argon2id_a_new_vault_uses_scrypt(monkeypatch: pytest.MonkeyPatch) -> None:
    """The header records which, so that the vault opens elsewhere too."""
    assert passphrase_derivation(SALT) == Argon2id(SALT)

    monkeypatch.setattr(argon2, "Argon2id", _Refusing(UnsupportedAlgorithm("no")))

    assert passphrase_derivation(SALT) == Scrypt(SALT)


@pytest.mark.parametrize(
    ("problem", "text"),
    [(UnsupportedAlgorithm("no"), "has no argon2id"), (MemoryError(), "not enough free memory")],
)
def test_a_machine_that_cannot_derive_says_so(
    monkeypatch: pytest.MonkeyPatch, problem: Exception, text: str
) -> None:
    """It is locked, not corrupt: another machine opens it."""
    monkeypatch.setattr(argon2, "Argon2id", _Refusing(problem))

    with pytest.raises(VaultLocked, match=text):
        derived_key(Argon2id(SALT), b"x")


def test_a_passphrase_is_the_same_however_it_was_composed() -> None:
    """One keyboard sends e with an accent, another e and then the accent."""
    assert passphrase_material("caf\u00e9") == passphrase_material("cafe\u0301")
    assert passphrase_material("\udcff") == b"\xff"


@pytest.mark.parametrize(
    "content",
    [
        MATERIAL,
        MATERIAL.hex().encode(),
        MATERIAL.hex().upper().encode() + b"\n",
        base64.b64encode(MATERIAL) + b"\r\n",
    ],
)
def test_a_key_file_is_raw_or_hex_or_base64(content: bytes) -> None:
    """What `head -c 32`, `openssl rand -hex 32` and `openssl rand -base64 32` write."""
    assert key_file_material(content) == MATERIAL


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\n",
        b"hunter2\n",
        b"thirty-one characters long text" + b"\n",
        b"a passphrase of thirty-two bytes",
        MATERIAL[:31],
        MATERIAL + b"\n",
        b"0" * 62,
        b"zz" * 32,
        base64.b64encode(MATERIAL[:16]),
    ],
)
def test_what_is_not_32_random_bytes_is_no_key_file(content: bytes) -> None:
    """A short passphrase in a file would be used without any stretching."""
    assert key_file_material(content) is None


@pytest.mark.parametrize(
    "derivation",
    [
        Argon2id(SALT),
        Argon2id(SALT, 19 * 1024, 2, 1),
        Argon2id(SALT, 512 * 1024, 16, 16),
        Scrypt(SALT),
        Scrypt(SALT, 2**15, 8, 4),
        KeyFile(SALT),
    ],
)
def test_a_derivation_survives_the_file(derivation: Derivation) -> None:
    """What is written is read, up to both ends of what is allowed."""
    assert read_derivation(derivation_fields(derivation), SALT) == derivation


ARGON2ID = {"name": "argon2id", "memory_kib": 65536, "iterations": 3, "lanes": 4}
SCRYPT = {"name": "scrypt", "cost": 2**17, "block": 8, "parallel": 1}


@pytest.mark.parametrize(
    "fields",
    [
        ARGON2ID | {"memory_kib": 8},
        ARGON2ID | {"memory_kib": 19 * 1024 - 1},
        ARGON2ID | {"memory_kib": 2**32},
        ARGON2ID | {"memory_kib": 512 * 1024 + 1},
        ARGON2ID | {"iterations": 1},
        ARGON2ID | {"iterations": 17},
        ARGON2ID | {"lanes": 0},
        ARGON2ID | {"lanes": 17},
        ARGON2ID | {"lanes": True},
        ARGON2ID | {"lanes": 4.0},
        ARGON2ID | {"name": "argon2d"},
        ARGON2ID | {"more": 1},
        SCRYPT | {"cost": 2**14},
        SCRYPT | {"cost": 2**17 + 1},
        SCRYPT | {"cost": 2**21},
        SCRYPT | {"cost": 0},
        SCRYPT | {"cost": -(2**17)},
        SCRYPT | {"block": 7},
        SCRYPT | {"block": 17},
        SCRYPT | {"cost": 2**20, "block": 16},
        SCRYPT | {"parallel": 5},
        SCRYPT | {"parallel": True},
        {"name": "key-file", "more": 1},
        {"name": "none"},
        {"name": None},
        {},
    ],
)
def test_weak_and_ruinous_parameters_are_refused(fields: dict[str, object]) -> None:
    """Under the floor guessing is cheap; over the ceiling opening exhausts the machine."""
    with pytest.raises(VaultCorrupt):
        read_derivation(fields, SALT)
