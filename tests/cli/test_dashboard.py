"""``aimux dashboard`` where there is no daemon, and where there is a screen."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from aimux.cli.dashboard import can_open
from tests.support.command import Command


@pytest.fixture
def aimux(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Command:
    return Command(tmp_path, monkeypatch, capsys)


def test_no_daemon(aimux: Command) -> None:
    """It says so, and what to type."""
    done = aimux("dashboard", "--print")

    assert done.code == 3
    assert done.out == ""
    assert "aimux is not running" in done.err
    assert "aimux start" in done.err


@pytest.mark.parametrize(
    ("environ", "can"),
    [
        ({}, False),
        ({"DISPLAY": ":0"}, True),
        ({"WAYLAND_DISPLAY": "wayland-0"}, True),
        ({"DISPLAY": ":0", "SSH_CONNECTION": "1 2 3 4"}, False),
        ({"BROWSER": "firefox", "SSH_CONNECTION": "1 2 3 4"}, True),
    ],
)
def test_where_a_browser_can_be_seen(
    environ: dict[str, str], can: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where there is a screen that is ours."""
    monkeypatch.setattr(sys, "platform", "linux")

    assert can_open(environ) is can
