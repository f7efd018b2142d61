"""The vault's envelope: AES-256-GCM, pure.  No file, no clock, and chance is an argument.

    {"format": "aimux-vault", "version": 1, "cipher": "aes-256-gcm",
     "kdf": {"name": "argon2id", ..., "salt": ...},
     "manifest": {"nonce": ..., "ciphertext": ...},
     "records": {"zai/default": {"nonce": ..., "ciphertext": ...}, ...}}

Each record is sealed under its own random 96-bit nonce, with the header and its own name as
associated data: a record put under another name, or a header with other numbers, does not open.
Names are readable, contents are not.

A record proves itself, but not that it is the newest or that none is gone.  So the manifest, sealed
like a record under the empty name, lists every name with its nonce: leaving a record out, or putting
an older one back, is noticed.  An older *whole* file is not; nothing inside a file can tell that.

The manifest also answers whether the key is right, which an empty vault could not do otherwise.  A
manifest that does not open means VaultLocked: a wrong key and a changed header look the same.  A
record that does not open beneath a manifest that did means VaultCorrupt.

Everything is sealed anew at each change.  With random nonces a key is good for 2**32 seals (NIST SP
800-38D, 8.3); a vault of fifty keys changed daily uses that up after 200,000 years.
"""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from aimux.errors import VaultCorrupt, VaultLocked
from aimux.vault.derivation import (
    SALT_BYTES,
    Derivation,
    derivation_fields,
    read_derivation,
)

VERSION: Final = 1
NONCE_BYTES: Final = 12
MAX_NAME_CHARACTERS: Final = 200
_TAG_BYTES: Final = 16
_FORMAT: Final = "aimux-vault"
_CIPHER: Final = "aes-256-gcm"
_MANIFEST: Final = ""


@dataclass(frozen=True, slots=True)
class Sealed:
    """Something encrypted; the ciphertext ends with its 16-byte tag."""

    nonce: bytes
    ciphertext: bytes


@dataclass(frozen=True, slots=True)
class Envelope:
    """A vault as it is on the disk: how its key is made, and what is sealed with it."""

    derivation: Derivation
    manifest: Sealed
    records: Mapping[str, Sealed]


def seal(
    contents: Mapping[str, bytes], derivation: Derivation, key: bytes, nonce: Callable[[], bytes]
) -> Envelope:
    """The contents, encrypted.  ``nonce`` gives 12 fresh random bytes at each call.

    Raises:
        ValueError: a name that :func:`parse` would not take back; the caller is at fault.
    """
    if not all(_is_name(name) for name in contents):
        raise ValueError("a record's name is not printable, empty or too long")
    header = _header(derivation)
    records = {
        name: encrypt(key, nonce(), content, header, name)
        for name, content in sorted(contents.items())
    }
    manifest = encrypt(key, nonce(), _manifest_text(records), header, _MANIFEST)
    return Envelope(derivation, manifest, records)


def unseal(envelope: Envelope, key: bytes) -> dict[str, bytes]:
    """The contents of an envelope.

    Raises:
        VaultLocked: the key is another one, or the header was changed.
        VaultCorrupt: a record was changed, exchanged, taken away or put back.
    """
    header = _header(envelope.derivation)
    try:
        listed = decrypt(key, envelope.manifest, header, _MANIFEST)
    except InvalidTag:
        raise VaultLocked("the vault does not open with this passphrase or key file") from None
    if listed != _manifest_text(envelope.records):
        raise VaultCorrupt("the vault's records are not the ones that were stored")
    return {name: _opened(key, sealed, header, name) for name, sealed in envelope.records.items()}


def _opened(key: bytes, sealed: Sealed, header: bytes, name: str) -> bytes:
    try:
        return decrypt(key, sealed, header, name)
    except InvalidTag:
        raise VaultCorrupt(f"the vault's record {name!r} was changed") from None


def encrypt(key: bytes, nonce: bytes, content: bytes, header: bytes, name: str) -> Sealed:
    """Something sealed under a fresh nonce; it opens with the same header and name and no others."""
    return Sealed(nonce, AESGCM(key).encrypt(nonce, content, _associated(header, name)))


def decrypt(key: bytes, sealed: Sealed, header: bytes, name: str) -> bytes:
    """What was sealed.

    Raises:
        InvalidTag: the key, the header or the name is another one, or it was changed.
    """
    return AESGCM(key).decrypt(sealed.nonce, sealed.ciphertext, _associated(header, name))


def _associated(header: bytes, name: str) -> bytes:
    """The header's length first, so that no header and name run together into another pair."""
    return len(header).to_bytes(4, "big") + header + name.encode()


def _manifest_text(records: Mapping[str, Sealed]) -> bytes:
    return _canonical({name: _text(sealed.nonce) for name, sealed in records.items()})


# ---------------------------------------------------------------- bytes


def dump(envelope: Envelope) -> bytes:
    """The envelope as the file's content."""
    fields = {
        **_header_fields(envelope.derivation),
        "manifest": _sealed_fields(envelope.manifest),
        "records": {name: _sealed_fields(each) for name, each in envelope.records.items()},
    }
    return json.dumps(fields, indent=1).encode() + b"\n"


def parse(content: bytes) -> Envelope:
    """The envelope in a file's content; nothing is decrypted yet.

    Raises:
        VaultCorrupt: it is no vault, a part of one, or one of a later version.
    """
    match _decoded(content):
        case {
            "format": str(form),
            "version": int(version),
            "cipher": str(cipher),
            "kdf": dict(kdf),
            "manifest": manifest,
            "records": dict(records),
            **rest,
        } if form == _FORMAT and not rest:
            if version is True or version != VERSION or cipher != _CIPHER:
                raise VaultCorrupt(f"the vault is of version {version}, which aimux cannot read")
            return Envelope(
                _read_kdf(kdf),
                _read_sealed(manifest),
                {_read_name(name): _read_sealed(each) for name, each in records.items()},
            )
    raise VaultCorrupt("the file is not a vault")


def _decoded(content: bytes) -> object:
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        raise VaultCorrupt("the vault's file is not whole") from None


def _header(derivation: Derivation) -> bytes:
    return _canonical(_header_fields(derivation))


def _header_fields(derivation: Derivation) -> dict[str, Any]:
    kdf = {**derivation_fields(derivation), "salt": _text(derivation.salt)}
    return {"format": _FORMAT, "version": VERSION, "cipher": _CIPHER, "kdf": kdf}


def _read_kdf(fields: dict[str, Any]) -> Derivation:
    salt = _bytes(fields.get("salt"))
    if len(salt) != SALT_BYTES:
        raise VaultCorrupt("the vault's header has a salt of the wrong length")
    return read_derivation({k: v for k, v in fields.items() if k != "salt"}, salt)


def _sealed_fields(sealed: Sealed) -> dict[str, str]:
    return {"nonce": _text(sealed.nonce), "ciphertext": _text(sealed.ciphertext)}


def _read_sealed(fields: object) -> Sealed:
    match fields:
        case {"nonce": nonce, "ciphertext": ciphertext, **rest} if not rest:
            sealed = Sealed(_bytes(nonce), _bytes(ciphertext))
            if len(sealed.nonce) == NONCE_BYTES and len(sealed.ciphertext) >= _TAG_BYTES:
                return sealed
    raise VaultCorrupt("the vault has a record that is not whole")


def _is_name(name: str) -> bool:
    """Whether it can be shown and sealed: no lone surrogates, no control characters."""
    return name.isprintable() and 0 < len(name) <= MAX_NAME_CHARACTERS


def _read_name(name: str) -> str:
    if not _is_name(name):
        raise VaultCorrupt("the vault has a record without a proper name")
    return name


def _canonical(fields: Mapping[str, Any]) -> bytes:
    return json.dumps(fields, sort_keys=True, separators=(",", ":")).encode()


def _text(content: bytes) -> str:
    return b64encode(content).decode("ascii")


def _bytes(text: object) -> bytes:
    """The bytes of a base64 text in its one proper form."""
    if isinstance(text, str):
        try:
            content = b64decode(text, validate=True)
        except ValueError:
            raise VaultCorrupt("the vault holds a text that is not base64") from None
        if _text(content) == text:
            return content
    raise VaultCorrupt("the vault holds a text that is not base64")
