"""The rotating file: sizes, modes, and what others do to it meanwhile."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

import pytest

from aimux.telemetry import rotate
from aimux.telemetry.rotate import RotatingFile


def contents(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in sorted(folder.iterdir())}


@pytest.mark.parametrize(
    ("keep", "left"),
    [
        (0, {"log": "4444\n"}),
        (1, {"log": "4444\n", "log.1": "3333\n"}),
        (2, {"log": "4444\n", "log.1": "3333\n", "log.2": "2222\n"}),
        (9, {"log": "4444\n", "log.1": "3333\n", "log.2": "2222\n", "log.3": "1111\n"}),
    ],
)
def test_rotation_keeps_so_many(tmp_path: Path, keep: int, left: dict[str, str]) -> None:
    """Each write that would not fit goes into a new file; the oldest are forgotten."""
    file = RotatingFile(tmp_path / "log", max_bytes=6, keep_files=keep)

    for line in (b"1111\n", b"2222\n", b"3333\n", b"4444\n"):
        file.write(line)
    file.close()

    assert contents(tmp_path) == left


def test_fits_exactly(tmp_path: Path) -> None:
    """A file may be as large as the limit, not larger."""
    file = RotatingFile(tmp_path / "log", max_bytes=10, keep_files=1)

    file.write(b"1111\n")
    file.write(b"2222\n")
    file.close()

    assert contents(tmp_path) == {"log": "1111\n2222\n"}


def test_batch_larger_than_the_limit(tmp_path: Path) -> None:
    """A batch is never cut: it makes one file that is too large."""
    file = RotatingFile(tmp_path / "log", max_bytes=3, keep_files=1)

    file.write(b"too large\n")
    file.close()

    assert contents(tmp_path) == {"log": "too large\n"}


def test_fewer_kept_after_a_change(tmp_path: Path) -> None:
    """Files beyond a lowered ``keep_files`` go with the next rotation."""
    file = RotatingFile(tmp_path / "log", max_bytes=6, keep_files=3)
    for line in (b"1111\n", b"2222\n", b"3333\n", b"4444\n"):
        file.write(line)

    file.keep_files = 1
    file.write(b"5555\n")
    file.close()

    assert contents(tmp_path) == {"log": "5555\n", "log.1": "4444\n"}


def test_private(tmp_path: Path) -> None:
    """0600 in a 0700 folder, whatever the umask is."""
    old = os.umask(0)
    try:
        file = RotatingFile(tmp_path / "a" / "b" / "log", max_bytes=100, keep_files=1)
        file.write(b"x\n")
        file.close()
    finally:
        os.umask(old)

    assert stat.S_IMODE((tmp_path / "a" / "b" / "log").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "a" / "b").stat().st_mode) == 0o700


def test_moved_or_deleted_by_others(tmp_path: Path) -> None:
    """A file that another program took away is made again."""
    file = RotatingFile(tmp_path / "log", max_bytes=100, keep_files=1)
    file.write(b"1\n")
    (tmp_path / "log").rename(tmp_path / "moved")

    file.write(b"2\n")
    (tmp_path / "log").unlink()
    file.write(b"3\n")
    file.close()

    assert contents(tmp_path) == {"log": "3\n", "moved": "1\n"}


def test_link_is_not_followed(tmp_path: Path) -> None:
    """A link planted in place of the log does not lead our lines elsewhere."""
    (tmp_path / "log").symlink_to(tmp_path / "elsewhere")

    with pytest.raises(OSError, match="symbolic link") as refused:
        RotatingFile(tmp_path / "log", max_bytes=100, keep_files=1).write(b"x\n")

    assert refused.value.errno == errno.ELOOP
    assert not (tmp_path / "elsewhere").exists()


def test_full_disk_leaves_no_joined_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a write that went through only in part, the next one begins on a line of its own."""
    file = RotatingFile(tmp_path / "log", max_bytes=1000, keep_files=1)
    real = os.write

    def half(descriptor: int, content: bytes) -> int:
        if len(content) <= 4:
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(descriptor, content[:4])

    with monkeypatch.context() as patched:
        patched.setattr(rotate.os, "write", half)
        with pytest.raises(OSError, match="No space"):
            file.write(b"a long line\n")
    file.write(b"next\n")
    file.close()

    assert (tmp_path / "log").read_text() == "a long l\nnext\n"
