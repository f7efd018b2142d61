"""tokens.json: hashes only, private, written at once, and what is no good in it limits nobody less."""

from __future__ import annotations

import json
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from aimux.errors import KeyMissing, KeyRefused, UsageError, VaultCorrupt
from aimux.vault.clients import RESERVED, ClientToken, add_client, read_clients, remove_client
from aimux.vault.tokens import token_hash

FULL = ClientToken("ci", b"", 1000.0, 2000.0, 5.0, "week", ("claude-*", "fast"))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "home" / "tokens.json"


def test_a_token_is_told_once_and_kept_as_its_hash(path: Path) -> None:
    """No byte of the file is of the token; file and folder are private."""
    made, secret = add_client(path, FULL)

    assert made.digest == token_hash(secret.reveal())
    assert read_clients(path) == (made,)
    assert (made.name, made.expires_s, made.limit_usd, made.window, made.models) == (
        "ci", 2000.0, 5.0, "week", ("claude-*", "fast"),
    )  # fmt: skip
    assert secret.reveal().removeprefix("aimux-client-") not in path.read_text()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_there_is_one_of_each_name(path: Path) -> None:
    """And none of those that aimux uses itself."""
    add_client(path, FULL)
    before = path.read_bytes()
    for name in ("ci", *RESERVED):
        with pytest.raises(UsageError, match="already"):
            add_client(path, ClientToken(name, b"", 0.0))
    assert path.read_bytes() == before


def test_a_revoked_token_is_gone(path: Path) -> None:
    """The others stay; one that is not there is said."""
    add_client(path, FULL)
    other, _ = add_client(path, ClientToken("other", b"", 0.0))

    assert remove_client(path, "ci")
    assert read_clients(path) == (other,)
    assert not remove_client(path, "ci")


def test_two_commands_at_once_lose_nothing(path: Path) -> None:
    """The second waits for the first."""
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: add_client(path, ClientToken(f"t{n}", b"", 0.0)), range(24)))

    assert {each.name for each in read_clients(path)} == {f"t{n}" for n in range(24)}


def test_no_file_is_no_token(path: Path) -> None:
    """That is how it is before the first one is made."""
    assert read_clients(path) == ()


def test_a_file_that_others_can_read_is_refused(path: Path) -> None:
    """Whoever can write it makes tokens."""
    add_client(path, FULL)
    path.chmod(0o644)
    with pytest.raises(KeyRefused, match="other users"):
        read_clients(path)


def test_a_folder_in_its_place(path: Path) -> None:
    """It is there and cannot be read: not the same as none."""
    path.mkdir(parents=True)
    with pytest.raises((KeyRefused, KeyMissing)):
        read_clients(path)


ROW: dict[str, Any] = {
    "name": "ci", "sha256": "00" * 32, "created_s": 1, "expires_s": None, "limit_usd": 5,
    "window": "day", "models": [],
}  # fmt: skip


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "7",
        '{"version": 2, "tokens": []}',
        '{"version": 1}',
        '{"version": 1, "tokens": [7]}',
        *(
            json.dumps({"version": 1, "tokens": [{**ROW, **wrong}]})
            for wrong in (
                {"sha256": "zz"},
                {"sha256": "00"},
                {"name": ""},
                {"name": 7},
                {"window": "year"},
                {"models": "claude-*"},
                {"models": [7]},
                {"limit_usd": "5"},
                {"limit_usd": True},
                {"expires_s": "soon"},
            )
        ),
        json.dumps({"version": 1, "tokens": [{k: v for k, v in ROW.items() if k != "limit_usd"}]}),
        json.dumps({"version": 1, "tokens": [ROW, ROW]}),
    ],
)
def test_what_is_no_list_of_tokens(path: Path, content: str) -> None:
    """Nothing of it is used: a limit that is not understood must not be none."""
    path.parent.mkdir()
    path.write_text(content)
    path.chmod(0o600)
    with pytest.raises(VaultCorrupt, match="holds no client tokens"):
        read_clients(path)


def test_too_many(path: Path) -> None:
    """The file stays one that can be read."""
    with pytest.raises(UsageError, match="too many"):
        add_client(path, ClientToken("x", b"", 0.0, models=("m" * 70_000,)))


@pytest.mark.parametrize(
    ("expires_s", "now_s", "over"), [(None, 9e9, False), (5, 4.9, False), (5, 5, True)]
)
def test_its_time(expires_s: float | None, now_s: float, over: bool) -> None:
    """Both sides of the end."""
    assert ClientToken("x", b"", 0.0, expires_s).has_expired(now_s) is over
