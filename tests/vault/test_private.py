"""Files that only their owner may read."""

import os

import pytest

from aimux.errors import KeyMissing, KeyRefused
from aimux.vault.private import MAX_PRIVATE_BYTES, create_private, read_private


def test_a_private_file_is_read(tmp_path) -> None:
    """0600 and 0400 are private; a link to such a file is as good."""
    path, link = tmp_path / "key", tmp_path / "link"
    path.write_bytes(b"x")
    link.symlink_to(path)
    for mode in (0o600, 0o400):
        path.chmod(mode)

        assert read_private(path) == b"x"
        assert read_private(link) == b"x"


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o601, 0o644, 0o666])
def test_a_file_that_others_may_touch_is_refused_with_the_cure(tmp_path, mode: int) -> None:
    """Reading, writing, or executing by anybody else."""
    path = tmp_path / "my key"
    path.write_bytes(b"x")
    path.chmod(mode)

    with pytest.raises(KeyRefused) as caught:
        read_private(path)

    assert caught.value.hint == f"chmod 600 '{path}'"


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to give a file away")
def test_somebody_elses_file_is_refused(tmp_path) -> None:
    """Its owner could exchange it."""
    path = tmp_path / "key"
    path.write_bytes(b"x")
    path.chmod(0o600)
    os.chown(path, 1234, 1234)

    with pytest.raises(KeyRefused, match="another user"):
        read_private(path)


def test_what_is_not_a_file_is_refused_without_waiting(tmp_path) -> None:
    """A folder, and a pipe that nobody writes into."""
    os.mkfifo(tmp_path / "pipe", 0o600)
    (tmp_path / "folder").mkdir(mode=0o700)
    for name in ("pipe", "folder"):
        with pytest.raises(KeyRefused, match="is not a file"):
            read_private(tmp_path / name)


def test_a_file_that_cannot_be_had_is_missing(tmp_path) -> None:
    """Not there, beneath a file, in a loop, with an impossible name."""
    (tmp_path / "file").touch()
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    for name, text in {
        "nothing": "there is no file",
        "file/below": "Not a directory",
        "loop": "symbolic links",
        "zero\0byte": "not a file's name",
    }.items():
        with pytest.raises(KeyMissing, match=text):
            read_private(tmp_path / name)


def test_a_large_file_is_refused(tmp_path) -> None:
    """A key is small; a wrong path must not fill the memory."""
    path = tmp_path / "key"
    path.write_bytes(b"x" * (MAX_PRIVATE_BYTES + 1))
    path.chmod(0o600)

    with pytest.raises(KeyRefused, match="too large"):
        read_private(path)


def test_create_private_never_overwrites(tmp_path) -> None:
    """The first one's content stays; nothing else is left in the folder."""
    path = tmp_path / "vault.key"

    create_private(path, "first\n")
    create_private(path, "second\n")

    assert path.read_text() == "first\n"
    assert [each.name for each in tmp_path.iterdir()] == ["vault.key"]
