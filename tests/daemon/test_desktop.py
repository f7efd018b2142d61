"""Messages on the desktop: by programs that stand in for the system's."""

from __future__ import annotations

from pathlib import Path

import pytest

from aimux.daemon.desktop import command, show


def program(folder: Path, name: str, script: str) -> dict[str, str]:
    """A program of that name, and an environment that finds it."""
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o700)
    return {"PATH": f"{folder}:/usr/bin:/bin", "DISPLAY": ":0"}


@pytest.mark.parametrize(
    ("environ", "shown"),
    [
        ({"DISPLAY": ":0"}, True),
        ({"WAYLAND_DISPLAY": "wayland-0"}, True),
        ({"DBUS_SESSION_BUS_ADDRESS": "unix:path=/x"}, True),
        ({}, False),
        ({"DISPLAY": ""}, False),
    ],
)
def test_only_where_there_is_a_desktop(
    tmp_path: Path, environ: dict[str, str], shown: bool
) -> None:
    """A server without a session has nobody who would see it."""
    path = program(tmp_path, "notify-send", "")["PATH"]

    found = command("aimux", "--text", {"PATH": path, **environ}, "linux")

    assert (found is not None) == shown
    if found:
        assert found[-3:] == ["--", "aimux", "--text"]


def test_macos(tmp_path: Path) -> None:
    """The text is an argument of the script, never part of it."""
    environ = program(tmp_path, "osascript", "")

    found = command("aimux", '" & evil', environ, "darwin")

    assert found is not None
    assert found[0].endswith("osascript")
    assert found[-2:] == ["aimux", '" & evil']
    assert command("aimux", "x", {"PATH": ""}, "darwin") is None


async def test_shown(tmp_path: Path) -> None:
    """The program gets title and text; what it says of itself is told."""
    good = program(tmp_path, "notify-send", f'printf "%s|" "$@" > {tmp_path}/got')
    assert await show("aimux", "alert: x", good) == ""
    assert (tmp_path / "got").read_text() == "--app-name=aimux|--|aimux|alert: x|"

    bad = program(tmp_path, "notify-send", "exit 3")
    assert await show("aimux", "x", bad) == "its program ended with 3"

    (tmp_path / "notify-send").write_text("#!/no/such/shell\n")
    assert await show("aimux", "x", bad) == "its program failed (FileNotFoundError)"
    assert await show("aimux", "x", {"PATH": ""}) == "there is no desktop here, or no notify-send"
