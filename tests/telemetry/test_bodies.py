"""What is said, kept on a real disk with real encryption: how long, how much, and when not."""

from __future__ import annotations

import contextlib
import logging
import os
import stat
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from aimux.config.schema import ReplaySettings
from aimux.errors import KeyringLocked, VaultCorrupt, VaultError, VaultLocked
from aimux.model.request import WireFormat
from aimux.telemetry import bodies as bodies_module
from aimux.telemetry.bodies import Bodies
from aimux.telemetry.bodies_file import (
    MOST_BYTES,
    NotKept,
    Said,
    read_kept,
    sweep,
    sweep_leftovers,
    write_said,
)
from aimux.vault.secret import Secret
from tests.support.daemon import until

MATERIAL = bytes(range(32))
KEY = Secret(MATERIAL.hex())
PROMPT = b'{"model":"m","messages":"canary of a prompt"}'
NOW = 1_794_000_000.0


def settings(**more: Any) -> ReplaySettings:
    return ReplaySettings(**({"keep": True, "lifetime": "1h", "max_mb": 1} | more))


def said(number: int = 1, *answer: bytes, request: bytes | None = PROMPT) -> Said:
    made = Said(
        f"ax_{number:020x}",
        NOW,
        WireFormat.ANTHROPIC,
        "m",
        stream=True,
        array=False,
        query="beta=true",
        headers={"anthropic-version": "2023-06-01"},
        request=request,
        status=200,
        kind="text/event-stream",
    )
    for piece in answer:
        made.add(piece)
    return made


def file_of(folder: Path, number: int) -> Path:
    return folder / f"ax_{number:020x}.body"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "state" / "bodies"


@contextlib.contextmanager
def running(folder: Path, key: Callable[[], Secret] = lambda: KEY, **more: Any) -> Iterator[Bodies]:
    made = Bodies(folder, settings(**more), key, clock=lambda: NOW)
    made.start()
    try:
        yield made
    finally:
        made.stop()


# ---------------------------------------------------------------- one file


def test_what_is_written_is_read(folder: Path) -> None:
    """Everything of it; the file is its owner's alone, and nothing in it can be read without the key."""
    pieces = (b"event: a\n\n", b"canary of an answer", b"")
    size = write_said(folder, said(1, *pieces), MATERIAL)
    path = file_of(folder, 1)
    kept = read_kept(folder, path.stem, MATERIAL)

    assert (kept.request, kept.answer) == (PROMPT, b"".join(pieces))
    assert (kept.id, kept.at_s, kept.format, kept.model) == (
        path.stem,
        NOW,
        WireFormat.ANTHROPIC,
        "m",
    )
    assert (kept.stream, kept.array, kept.query, kept.status) == (True, False, "beta=true", 200)
    assert (kept.kind, kept.headers) == ("text/event-stream", {"anthropic-version": "2023-06-01"})
    content = path.read_bytes()
    assert len(content) == size
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    for word in (b"canary", b"anthropic", b"messages", b"ax_"):
        assert word not in content


def test_a_wrong_key_a_changed_byte_a_cut_file_another_name(folder: Path) -> None:
    """None of them opens, and what is wrong is told apart."""
    write_said(folder, said(1, b"answer"), MATERIAL)
    path = file_of(folder, 1)
    whole = path.read_bytes()
    with pytest.raises(VaultLocked):
        read_kept(folder, path.stem, bytes(32))
    for content in (whole[:-1], whole[:40], b"", whole[:-1] + bytes([whole[-1] ^ 1])):
        path.write_bytes(content)
        with pytest.raises(VaultCorrupt):
            read_kept(folder, path.stem, MATERIAL)
    file_of(folder, 2).write_bytes(whole)
    with pytest.raises(VaultLocked):
        read_kept(folder, file_of(folder, 2).stem, MATERIAL)


@pytest.mark.parametrize("identity", ["ax_" + "0" * 20, "../../config", "", "ax_" + "G" * 20])
def test_what_is_not_there(folder: Path, identity: str) -> None:
    """Unknown ids, and what is no id at all: no other file is ever opened."""
    with pytest.raises(NotKept):
        read_kept(folder, identity, MATERIAL)


def test_what_is_too_large_is_noted(folder: Path) -> None:
    """Request and answer each by itself; at the limit it is kept, and beyond it nothing is held."""
    at_limit = said(1, b"x" * (MOST_BYTES - 1), b"y")
    beyond = said(2, b"x" * MOST_BYTES, b"y", b"z")
    large = said(3, b"small", request=None)
    assert beyond.answer == []
    for each in (at_limit, beyond, large):
        write_said(folder, each, MATERIAL)

    kept = [read_kept(folder, each.id, MATERIAL) for each in (at_limit, beyond, large)]
    assert [each.answer and len(each.answer) for each in kept] == [MOST_BYTES, None, 5]
    assert [each.request and len(each.request) for each in kept] == [len(PROMPT)] * 2 + [None]


def test_nothing_is_copied() -> None:
    """What passes by is held as it is."""
    pieces = [b"one piece", b"another"]
    made = said(1, *pieces)
    assert [a is b for a, b in zip(made.answer, pieces, strict=True)] == [True, True]
    assert made.request is PROMPT
    assert made.held_bytes == len(PROMPT) + sum(map(len, pieces))


# ---------------------------------------------------------------- how long, how much


def test_deleted_by_age_and_then_by_size(folder: Path) -> None:
    """A moved clock: at the end of the lifetime, not before; of the others the oldest first."""
    for number in range(4):
        write_said(folder, said(number, b"x" * 600_000), MATERIAL)
        os.utime(file_of(folder, number), (NOW + number, NOW + number))
    (folder / "notes.txt").write_text("somebody else's")
    there = lambda: [number for number in range(4) if file_of(folder, number).exists()]  # noqa: E731

    sweep(folder, 3600, 100, NOW + 3599)
    assert there() == [0, 1, 2, 3]
    sweep(folder, 3600, 100, NOW + 3600)
    assert there() == [1, 2, 3]
    left = sweep(folder, 3600, 1, NOW)
    assert there() == [3]
    assert left == file_of(folder, 3).stat().st_size
    assert sweep(folder, 3600, 1, NOW + 10_000) == 0
    assert [each.name for each in folder.iterdir()] == ["notes.txt"]


def test_what_a_killed_writer_has_left(folder: Path) -> None:
    """Its unfinished file goes; all others stay."""
    write_said(folder, said(), MATERIAL)
    (folder / f".{file_of(folder, 2).name}.abc").write_bytes(b"half")
    sweep_leftovers(folder)
    assert [each.name for each in folder.iterdir()] == [file_of(folder, 1).name]


# ---------------------------------------------------------------- the writer


def test_the_writer_keeps_to_the_size(folder: Path) -> None:
    """While it writes, not half a minute later."""
    with running(folder) as bodies:
        for number in range(6):
            bodies.take(said(number, b"x" * 400_000))
    files = list(folder.iterdir())
    assert 0 < sum(each.stat().st_size for each in files) <= 2**20
    assert list(bodies.notices()) == []


def test_off_is_nothing_at_all(folder: Path) -> None:
    """No thread, no folder, no question for a key; turned on, it begins."""

    def never() -> Secret:
        raise AssertionError("asked for a key")

    with running(folder, never, keep=False) as bodies:
        assert not [each for each in threading.enumerate() if each.name == "bodies"]
        assert not folder.exists()
    with running(folder, keep=False) as bodies:
        bodies.configure(settings())
        bodies.take(said())
    assert file_of(folder, 1).exists()


def test_what_is_left_is_deleted_also_when_nothing_is_kept_any_more(folder: Path) -> None:
    """Its lifetime ends as promised."""
    write_said(folder, said(), MATERIAL)
    os.utime(file_of(folder, 1), (NOW - 3601, NOW - 3601))
    with running(folder, keep=False):
        until(lambda: not file_of(folder, 1).exists())


def test_without_a_key_nothing_is_kept_and_one_warning_says_so(
    folder: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Told at the start, not with the first request; asked for again, and then it works."""
    found: list[VaultError | Secret] = [KeyringLocked("the keyring is locked")]

    def key() -> Secret:
        match found[0]:
            case Secret() as secret:
                return secret
            case problem:
                raise problem

    monkeypatch.setattr(bodies_module, "RETRY_S", 0.0)
    with caplog.at_level(logging.WARNING), running(folder, key) as bodies:
        until(lambda: bool(list(bodies.notices())))
        for number in range(3):
            bodies.take(said(number))
        until(lambda: bodies.dropped == 3)
        assert list(bodies.notices()) == [
            "what is said is not kept for replay: the keyring is locked"
        ]
        assert not folder.exists()
        found[0] = KEY
        bodies.take(said(7))
        until(file_of(folder, 7).exists)
    assert [each.getMessage() for each in caplog.records] == [
        "what is said is not kept for replay: the keyring is locked"
    ]


def test_a_folder_that_cannot_be_written_is_told_once(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A file stands in its place; when it is gone, it goes on.  Nothing of what was said is logged."""
    folder.parent.mkdir()
    folder.write_text("in the way")
    with caplog.at_level(logging.DEBUG), running(folder) as bodies:
        for number in range(3):
            bodies.take(said(number, b"canary of an answer"))
        until(lambda: bodies.dropped == 3)
        folder.unlink()
        bodies.take(said(4))
        until(file_of(folder, 4).exists)
    assert len(caplog.records) == 1
    assert "canary" not in caplog.text


def test_a_bug_ends_nothing_and_repeats_no_word(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """An exchange that cannot be written is given up; those behind it are kept."""
    broken = said(1)
    broken.headers = {"canary": {1, 2}}  # type: ignore[dict-item]
    with caplog.at_level(logging.DEBUG), running(folder) as bodies:
        bodies.take(broken)
        bodies.take(said(2))
        until(file_of(folder, 2).exists)
    assert (bodies.dropped, len(caplog.records)) == (1, 1)
    assert "canary" not in caplog.text
    assert not file_of(folder, 1).exists()


def test_more_than_can_be_held_is_given_up_and_counted(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By bytes and by number; what is held is freed again."""
    monkeypatch.setattr(bodies_module, "MOST_WAITING_BYTES", 1000)
    monkeypatch.setattr(bodies_module, "MOST_WAITING", 3)
    bodies = Bodies(folder, settings(), lambda: KEY, clock=lambda: NOW)
    bodies.take(said(1, b"x" * 900))
    bodies.take(said(2, b"x" * 900))
    assert bodies.dropped == 1
    for number in range(3, 7):
        bodies.take(said(number, request=b"x"))
    assert bodies.dropped == 3
    assert [*bodies.notices()] == [
        "3 exchanges were not kept for replay: it could not keep up with them"
    ]
    bodies.start()
    until(file_of(folder, 4).exists)
    bodies.take(said(8, b"x" * 900))
    bodies.stop()
    assert file_of(folder, 8).exists()
