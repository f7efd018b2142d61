"""What is typed wrong is told as every other error is, and help breaks off in no sentence."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from aimux.cli.app import tree
from aimux.cli.group import summary
from tests.docs.commands import walk
from tests.support.command import Command


@pytest.fixture
def command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Command:
    return Command(tmp_path, monkeypatch, capsys)


@pytest.mark.parametrize(
    ("typed", "message", "hint"),
    [
        ("stat", "no such command 'stat'; did you mean 'start', 'status', 'restart'?", "aimux"),
        ("keys lst", "no such command 'lst'; did you mean 'list', 'set'?", "aimux keys"),
        ("status --jsno", "no such option: --jsno; did you mean --json?", "aimux status"),
        ("why --session", "option '--session' requires an argument", "aimux why"),
        ("start --port x", "invalid value for '--port': it must be a whole number", "aimux start"),
        ("start --port -1", "invalid value for '--port': it must be 0 or more", "aimux start"),
        ("start --port 65536", "invalid value for '--port': it must be 65535 or less", "aimux start"),
        ("config get", "missing argument 'KEY'", "aimux config get"),
        ("keys migrate x", "got unexpected extra arguments (x)", "aimux keys migrate"),
        ("--nonsense", "no such option: --nonsense", "aimux"),
    ],
)  # fmt: skip
def test_what_is_typed_wrong(command: Command, typed: str, message: str, hint: str) -> None:
    """What is wrong, and whose help tells more; exit code 2, and nothing on stdout."""
    done = command(*typed.split())

    assert (done.code, done.out) == (2, "")
    assert done.err == f"error: {message}\n  hint: see what it takes: {hint} -h\n"


def test_a_group_alone_shows_its_help(command: Command) -> None:
    """On stderr, since nothing was asked for."""
    done = command("keys")

    assert (done.code, done.out) == (2, "")
    assert done.err == command("keys", "-h").out


def test_nothing_is_broken_off(command: Command) -> None:
    """No line of the help of a group ends in dots, or is wider than a terminal."""
    for path, each in walk(tree(), "aimux"):
        if getattr(each, "commands", None):
            shown = command(*path.split()[1:], "-h").out
            lines = shown.partition("Commands:\n")[2].splitlines()
            assert len(lines) == len(each.commands), path
            assert [line for line in lines if not re.fullmatch(r"  \S+ +[A-Z].*\w\.", line)] == []
            assert max(map(len, lines)) <= 80


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Short. More of it.", "Short."),
        ("It is so: this; that.\n\nMore.", "It is so: this; that."),
        ("It is rather long; and it goes on, and on.", "It is rather long."),
        ("It is rather long: it goes on, and on and on.", "It is rather long."),
        ("It is rather long, and it goes on and on.", "It is rather long."),
    ],
)
def test_a_summary(text: str, shown: str) -> None:
    """The first sentence; where it does not fit, what stands before its first break."""
    assert summary(text, 25) == shown
