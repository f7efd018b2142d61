"""The envelope: what it keeps, and what it notices."""

import base64
import json
from collections.abc import Callable
from itertools import count
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from hypothesis import given
from hypothesis import strategies as st

from aimux.errors import VaultCorrupt, VaultError, VaultLocked
from aimux.vault.crypto import MAX_NAME_CHARACTERS, Envelope, dump, parse, seal, unseal
from aimux.vault.derivation import Argon2id, KeyFile, Scrypt, derived_key

SALT = bytes(range(16))
DERIVATION = KeyFile(SALT)
KEY = derived_key(DERIVATION, bytes(range(32)))
CONTENTS = {"zai/default": b"sk-test-one", "zai/spare": b"sk-test-two", "openai/default": b""}

KNOWN = b"""{
 "format": "aimux-vault",
 "version": 1,
 "cipher": "aes-256-gcm",
 "kdf": {
  "name": "key-file",
  "salt": "AAECAwQFBgcICQoLDA0ODw=="
 },
 "manifest": {
  "nonce": "AAAAAAAAAAAAAAAB",
  "ciphertext": "ksT1hRcEjNvoi3vrd3sECKSyciv5O4qSmFrmpIde3Hn2iaLB7ee8gVmOWjTn9Uz38Ng="
 },
 "records": {
  "zai/default": {
   "nonce": "AAAAAAAAAAAAAAAA",
   "ciphertext": "GIN/VRmKGFEyDT8tq7l+3Z1Hvm+s+G9ILQxCveE="
  }
 }
}
"""


def counting_nonces() -> Callable[[], bytes]:
    numbers = count()
    return lambda: next(numbers).to_bytes(12, "big")


def sealed(contents: dict[str, bytes] = CONTENTS) -> Envelope:
    return seal(contents, DERIVATION, KEY, counting_nonces())


def test_a_known_vault_is_written_byte_by_byte() -> None:
    """The format on the disk does not change by accident: vaults of today open tomorrow."""
    envelope = seal({"zai/default": b"sk-test-known"}, DERIVATION, KEY, counting_nonces())

    assert dump(envelope) == KNOWN
    assert unseal(parse(KNOWN), KEY) == {"zai/default": b"sk-test-known"}


def test_a_known_record_opens_by_the_documented_recipe() -> None:
    """AES-256-GCM; associated data: length of the header, the header, the record's name."""
    header = (
        b'{"cipher":"aes-256-gcm","format":"aimux-vault","kdf":{"name":"key-file",'
        b'"salt":"AAECAwQFBgcICQoLDA0ODw=="},"version":1}'
    )
    record = json.loads(KNOWN)["records"]["zai/default"]
    ciphertext = base64.b64decode(record["ciphertext"])
    gcm = modes.GCM(base64.b64decode(record["nonce"]), ciphertext[-16:])

    opener = Cipher(algorithms.AES256(KEY), gcm).decryptor()
    opener.authenticate_additional_data(len(header).to_bytes(4, "big") + header + b"zai/default")
    content = opener.update(ciphertext[:-16]) + opener.finalize()

    assert content == b"sk-test-known"


names = st.text(min_size=1, max_size=MAX_NAME_CHARACTERS).filter(str.isprintable)
vaults = st.dictionaries(names, st.binary(max_size=300), max_size=6)


@given(vaults, st.binary(min_size=32, max_size=32))
def test_what_is_sealed_is_unsealed(contents: dict[str, bytes], key: bytes) -> None:
    """Through memory and through the file."""
    envelope = seal(contents, DERIVATION, key, counting_nonces())

    assert parse(dump(envelope)) == envelope
    assert unseal(parse(dump(envelope)), key) == contents


@given(vaults)
def test_no_content_is_readable(contents: dict[str, bytes]) -> None:
    """Names are in the clear, contents are not."""
    contents = {name: b"canary-" + content for name, content in contents.items()}

    assert b"canary-" not in dump(seal(contents, DERIVATION, KEY, counting_nonces()))


@given(st.data())
def test_a_changed_byte_is_noticed_or_changes_nothing(data: st.DataObject) -> None:
    """No bit of the file can be turned so that other contents come out."""
    content = bytearray(dump(sealed()))
    place = data.draw(st.integers(0, len(content) - 1))
    content[place] ^= data.draw(st.integers(1, 255))
    try:
        opened = unseal(parse(bytes(content)), KEY)
    except VaultError:
        return

    assert opened == CONTENTS


@given(st.integers(0, len(KNOWN) - 2))
def test_a_truncated_file_is_corrupt(length: int) -> None:
    """Every length but the whole one."""
    with pytest.raises(VaultCorrupt):
        parse(KNOWN[:length])


def test_every_record_has_its_own_nonce() -> None:
    """One for each record and one for the manifest; sealing again takes new ones."""
    taken: list[bytes] = []
    fresh = counting_nonces()

    def nonce() -> bytes:
        taken.append(fresh())
        return taken[-1]

    for _ in range(3):
        seal(CONTENTS, DERIVATION, KEY, nonce)

    assert len(taken) == len(set(taken)) == 3 * (len(CONTENTS) + 1)


@pytest.mark.parametrize(
    ("name", "problem"), [("", "empty"), ("a\n", ""), ("\ud800", ""), ("x" * 201, "")]
)
def test_a_name_that_could_not_be_read_back_is_not_sealed(name: str, problem: str) -> None:
    """The caller is at fault, and finds out before the vault is replaced."""
    with pytest.raises(ValueError, match="name"):
        seal({name: b""}, DERIVATION, KEY, counting_nonces())


# ---------------------------------------------------------------- what an attacker may do


def changed(change: Callable[[dict[str, Any]], object]) -> Envelope:
    fields = json.loads(dump(sealed()))
    change(fields)
    return parse(json.dumps(fields).encode())


def swap(records: dict[str, Any], one: str, other: str) -> None:
    records[one], records[other] = records[other], records[one]


def exchange_ciphertexts(fields: dict[str, Any]) -> None:
    one, other = fields["records"]["zai/default"], fields["records"]["zai/spare"]
    one["ciphertext"], other["ciphertext"] = other["ciphertext"], one["ciphertext"]


def older_record(fields: dict[str, Any]) -> None:
    nonces = (number.to_bytes(12, "big") for number in count(1000))
    older = seal(CONTENTS, DERIVATION, KEY, lambda: next(nonces))
    fields["records"]["zai/default"] = json.loads(dump(older))["records"]["zai/default"]


CORRUPTIONS: dict[str, Callable[[dict[str, Any]], object]] = {
    "records swapped": lambda f: swap(f["records"], "zai/default", "zai/spare"),
    "ciphertexts swapped under their nonces": exchange_ciphertexts,
    "record renamed": lambda f: f["records"].update(other=f["records"].pop("zai/spare")),
    "record copied": lambda f: f["records"].update(other=f["records"]["zai/spare"]),
    "record removed": lambda f: f["records"].pop("zai/spare"),
    "all records removed": lambda f: f["records"].clear(),
    "an older version of a record": older_record,
}


@pytest.mark.parametrize("case", CORRUPTIONS)
def test_records_that_are_not_the_stored_ones_are_corrupt(case: str) -> None:
    """Each record proves itself, and the manifest proves that all are there and current."""
    with pytest.raises(VaultCorrupt):
        unseal(changed(CORRUPTIONS[case]), KEY)


def test_a_wrong_key_is_locked() -> None:
    """Also for a vault without any record."""
    for contents in (CONTENTS, {}):
        with pytest.raises(VaultLocked):
            unseal(sealed(contents), bytes(32))


@pytest.mark.parametrize(
    "kdf",
    [
        {"name": "key-file", "salt": base64.b64encode(bytes(16)).decode()},
        {
            "name": "argon2id",
            "memory_kib": 19 * 1024,
            "iterations": 2,
            "lanes": 1,
            "salt": base64.b64encode(SALT).decode(),
        },
    ],
)
def test_a_changed_header_is_locked_even_for_the_right_key(kdf: dict[str, Any]) -> None:
    """The header is associated data: a downgraded derivation opens nothing."""
    envelope = changed(lambda fields: fields.update(kdf=kdf))

    with pytest.raises(VaultLocked):
        unseal(envelope, KEY)


@pytest.mark.parametrize("derivation", [Argon2id(SALT, 19 * 1024, 2, 1), Scrypt(SALT, 2**15)])
def test_a_passphrase_vault_opens_with_its_passphrase_alone(derivation: Argon2id | Scrypt) -> None:
    """The whole way, with the least parameters that are allowed."""
    key = derived_key(derivation, b"the right one")
    envelope = parse(dump(seal(CONTENTS, derivation, key, counting_nonces())))

    assert unseal(envelope, derived_key(envelope.derivation, b"the right one")) == CONTENTS
    with pytest.raises(VaultLocked):
        unseal(envelope, derived_key(envelope.derivation, b"the wrong one"))


# ---------------------------------------------------------------- what a file may hold


def with_field(*path: str, value: object) -> bytes:
    fields = json.loads(KNOWN)
    here = fields
    for part in path[:-1]:
        here = here[part]
    here[path[-1]] = value
    return json.dumps(fields).encode()


RECORD = {"nonce": "AAAAAAAAAAAAAAAA", "ciphertext": base64.b64encode(bytes(16)).decode()}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\0" * 100,
        b"null",
        b"[]",
        b"{}",
        b"[" * 100_000,
        b'"\xff"',
        b'{"format": ' + b"9" * 5000 + b"}",
        with_field("format", value="other"),
        with_field("version", value=2),
        with_field("version", value=True),
        with_field("version", value="1"),
        with_field("cipher", value="aes-128-gcm"),
        with_field("more", value=1),
        with_field("kdf", value=[]),
        with_field("kdf", "salt", value=None),
        with_field("kdf", "salt", value="AAAA"),
        with_field("kdf", "salt", value="not base64!"),
        with_field("kdf", "salt", value="AAECAwQFBgcICQoLDA0ODx=="),
        with_field("manifest", value=None),
        with_field("manifest", "nonce", value="AAAA"),
        with_field("manifest", "ciphertext", value="AAAA"),
        with_field("manifest", "more", value=1),
        with_field("records", value=[]),
        with_field("records", "zai/default", value="x"),
        with_field("records", "", value=RECORD),
        with_field("records", "a\nb", value=RECORD),
        with_field("records", "\ud800", value=RECORD),
        with_field("records", "x" * 201, value=RECORD),
    ],
)
def test_what_is_not_a_vault_is_corrupt(content: bytes) -> None:
    """Garbage, other files, later versions, records that are not whole, names that cannot be."""
    with pytest.raises(VaultCorrupt):
        parse(content)
