"""Where the files are, and how they are written."""

import stat
from pathlib import Path

import pytest

from aimux.config import paths as paths_module
from aimux.config.paths import find_paths, make_private_folder, write_private


def test_one_folder_holds_everything(tmp_path) -> None:
    """AIMUX_HOME, for tests and throw-away runs."""
    paths = find_paths({"AIMUX_HOME": str(tmp_path)})

    assert paths.config == tmp_path / "config.toml"
    assert {
        paths.lock,
        paths.daemon,
        paths.admin_token,
        paths.client_token,
        paths.tokens,
        paths.vault,
    } == {
        tmp_path / name
        for name in (
            "aimux.lock",
            "daemon.json",
            "admin.token",
            "client.token",
            "tokens.json",
            "vault.aimux",
        )
    }
    assert paths.log == tmp_path / "logs" / "aimux.log"


def test_the_configuration_can_be_elsewhere(tmp_path) -> None:
    """AIMUX_CONFIG names it alone; a relative path is made whole."""
    paths = find_paths({"AIMUX_HOME": str(tmp_path), "AIMUX_CONFIG": "other.toml"})

    assert paths.config == Path.cwd() / "other.toml"
    assert paths.state == tmp_path


def test_the_platforms_folders_are_used_otherwise(monkeypatch) -> None:
    """Of the environment that is asked for; the default is the process's own."""
    monkeypatch.delenv("AIMUX_HOME", raising=False)
    monkeypatch.delenv("AIMUX_CONFIG", raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", "/x/config")
    monkeypatch.setenv("XDG_STATE_HOME", "/x/state")

    paths = find_paths()

    assert paths.config.name == "config.toml"
    assert paths.state.name == "aimux"
    assert find_paths({}) == paths


def test_new_folders_are_private_and_old_ones_stay(tmp_path) -> None:
    """AIMUX_HOME=/tmp must not close /tmp."""
    tmp_path.chmod(0o755)

    make_private_folder(tmp_path / "a" / "b")
    make_private_folder(tmp_path)

    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o755
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "a" / "b").stat().st_mode) == 0o700


def test_a_failed_write_leaves_nothing_behind(tmp_path, monkeypatch) -> None:
    """Neither a changed file nor a temporary one."""
    path = tmp_path / "file"
    path.write_bytes(b"old")

    def failing(descriptor: int) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(paths_module.os, "fsync", failing)

    with pytest.raises(OSError, match="Input/output"):
        write_private(path, b"new")

    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]
