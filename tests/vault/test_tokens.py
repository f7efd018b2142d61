"""Tokens that aimux hands out itself."""

import hashlib
import stat
from concurrent.futures import ThreadPoolExecutor

import pytest

from aimux.keyshapes import looks_like_key
from aimux.vault.tokens import ensure_token, new_token, read_token, token_hash


def test_a_token_has_256_bits_and_a_shape_that_scanners_find() -> None:
    """Two are never the same, and the log's redaction knows the shape."""
    one, other = new_token("client"), new_token("client")

    assert one != other
    assert one.reveal().startswith("aimux-client-")
    assert len(one.reveal()) >= 13 + 43
    assert looks_like_key(one.reveal())


def test_a_token_is_kept_as_its_sha256() -> None:
    """Surrogates, which a header may hold, are hashed like anything else."""
    assert token_hash("abc") == hashlib.sha256(b"abc").digest()
    assert len(token_hash("\udcff\ud800")) == 32


def test_a_token_is_made_once_and_for_its_owner_alone(tmp_path) -> None:
    """The second call gives the first one's token; folder and file are private."""
    path = tmp_path / "deep" / "admin.token"

    token = ensure_token(path, "admin")

    assert ensure_token(path, "admin") == token
    assert read_token(path) == token
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert [each.name for each in path.parent.iterdir()] == ["admin.token"]


def test_many_that_start_at_once_get_the_same_token(tmp_path) -> None:
    """The file is linked into place, so that one wins and the others read it."""
    path = tmp_path / "admin.token"

    with ThreadPoolExecutor(8) as pool:
        tokens = list(pool.map(lambda _: ensure_token(path, "admin").reveal(), range(32)))

    assert len(set(tokens)) == 1


@pytest.mark.parametrize("left", ["", "\n"])
def test_an_empty_file_is_no_token(tmp_path, left: str) -> None:
    """What a full disk left behind is replaced, not used."""
    path = tmp_path / "admin.token"
    path.write_text(left)

    assert read_token(path) is None
    assert ensure_token(path, "admin").reveal().startswith("aimux-admin-")


def test_no_file_is_no_token(tmp_path) -> None:
    """Nothing is made by asking."""
    assert read_token(tmp_path / "admin.token") is None
    assert list(tmp_path.iterdir()) == []
