"""``aimux logs``: which lines, in which form, over rotations."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from aimux.cli import logs as logs_module
from aimux.cli.logs import Tail, Wanted, last, readable
from aimux.errors import UsageError
from tests.support.command import Command

TS = "2026-11-23T01:02:03.456Z"


@pytest.fixture(autouse=True)
def _utc(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()


@pytest.fixture
def command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Command:
    return Command(tmp_path, monkeypatch, capsys, {"TZ": "UTC"})


@pytest.fixture
def closing() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def append(path: Path, text: str) -> None:
    with path.open("a") as file:
        file.write(text)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    (tmp_path / "logs").mkdir()
    return tmp_path / "logs" / "aimux.log"


def entry(message: str, level: str = "info", **fields: Any) -> str:
    line = {"ts": TS, "level": level, "logger": "aimux", "message": message, **fields}
    return json.dumps(line) + "\n"


def test_readable() -> None:
    """Local time, level, message, fields that are known; a traceback below."""
    text = readable(
        {
            "ts": TS,
            "level": "error",
            "logger": "aimux",
            "message": "failed",
            "request_id": "ax_1",
            "status": 200,
            "unknown": None,
            "traceback": "Traceback\n  x\n",
        }
    )

    assert text == "11-23 01:02:03.456 ERROR   failed request_id=ax_1 status=200\nTraceback\n  x"


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ({}, "         "),
        (
            {"ts": "yesterday", "level": "odd", "message": "a\x1b[2J"},
            "yesterday ODD     a\ufffd[2J",
        ),
    ],
)
def test_readable_of_strangers(line: dict[str, Any], text: str) -> None:
    """Lines of another program or time are shown as well as can be."""
    assert readable(line) == text


def test_last_lines(command: Command, log: Path) -> None:
    """The last N, oldest first."""
    log.write_text("".join(entry(f"line {number}") for number in range(5)))

    shown = command("logs", "-n", "2")
    none = command("logs", "-n", "0")
    raw = command("logs", "-n", "1", "--json")

    assert shown.out.splitlines() == [
        "11-23 01:02:03.456 INFO    line 3",
        "11-23 01:02:03.456 INFO    line 4",
    ]
    assert none.out == ""
    assert json.loads(raw.out)["message"] == "line 4"
    assert raw.out == entry("line 4")


@pytest.mark.parametrize(
    ("level", "seen"),
    [
        ("debug", ["d", "i", "w", "e", "c", "?"]),
        ("info", ["i", "w", "e", "c", "?"]),
        ("warning", ["w", "e", "c", "?"]),
        ("error", ["e", "c", "?"]),
    ],
)
def test_level(level: str, seen: list[str]) -> None:
    """That level and graver; a line that does not say its level is always shown."""
    names = {"d": "debug", "i": "info", "w": "warning", "e": "error", "c": "critical", "?": "odd"}
    wanted = Wanted(level=level)

    shown = [message for message, name in names.items() if wanted.takes(entry(message, name))]

    assert shown == seen


def test_level_of_text_lines() -> None:
    """``logging.format = "text"``: the second word is the level."""
    wanted = Wanted(level="warning")

    assert not wanted.takes(f"{TS} INFO    aimux: hello")
    assert wanted.takes(f"{TS} WARNING aimux: hello\x07")
    assert wanted.form(f"{TS} WARNING aimux: hello\x07") == f"{TS} WARNING aimux: hello\ufffd"
    assert wanted.takes("Traceback (most recent call last):")
    assert wanted.takes("")


def test_request(command: Command, log: Path) -> None:
    """Only the lines of one request, in JSON and in text."""
    log.write_text(
        entry("a", request_id="ax_1")
        + entry("b", request_id="ax_2")
        + entry("c")
        + f"{TS} INFO aimux: d request_id=ax_1\n"
        + f"{TS} INFO aimux: e request_id=ax_2\n"
    )

    shown = command("logs", "--request", "ax_1").out

    assert shown.splitlines() == [
        "11-23 01:02:03.456 INFO    a request_id=ax_1",
        f"{TS} INFO aimux: d request_id=ax_1",
    ]


@pytest.mark.parametrize("line", ["[1, 2]\n", "3\n", "plain\n"])
def test_lines_that_are_no_objects(command: Command, log: Path, line: str) -> None:
    """Whatever else stands in the file is shown as it is."""
    log.write_text(line)

    assert command("logs").out == line


def test_older_files_when_the_newest_is_short(command: Command, log: Path) -> None:
    """After a rotation the lines before it are still the last ones."""
    log.write_text(entry("e"))
    log.with_name("aimux.log.1").write_text(entry("c") + entry("d"))
    log.with_name("aimux.log.2").write_text(entry("a") + entry("b"))

    def messages(count: int) -> str:
        lines = command("logs", "-n", str(count), "--json").out.splitlines()
        return "".join(json.loads(line)["message"] for line in lines)

    assert [messages(count) for count in (1, 2, 4, 9)] == ["e", "de", "bcde", "abcde"]


def test_no_log(command: Command) -> None:
    """Before the first start there is none; that is no failure."""
    done = command("logs")

    assert (done.code, done.out) == (0, "")
    assert "there is no log yet" in done.err


def test_level_that_is_none(command: Command) -> None:
    """A wrong level says which there are."""
    done = command("logs", "--level", "loud")

    assert done.code == 2
    assert "one of debug, info, warning, error" in done.err
    with pytest.raises(UsageError):
        Wanted(level="critical")


def test_tail_over_rotations(tmp_path: Path, closing: ExitStack) -> None:
    """Lines are given once and whole, over a rotation, a cut, and a file that comes later."""
    path = tmp_path / "log"
    tail = Tail(path)
    closing.callback(tail.close)
    seen = [list(tail.lines())]

    path.write_text("one\ntw")
    seen.append(list(tail.lines()))
    with path.open("a") as file:
        file.write("o\nthree\n")
    path.rename(tmp_path / "log.1")
    path.write_text("four\n")
    seen.append(list(tail.lines()))
    with path.open("r+") as file:
        file.truncate(0)
        file.write("5\n")
    seen.append(list(tail.lines()))
    path.unlink()
    seen.append(list(tail.lines()))

    assert seen == [[], ["one"], ["two", "three", "four"], ["5"], []]


def test_file_that_goes_while_it_is_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A rotation between two looks is no failure."""
    path = tmp_path / "log"
    path.write_text("one\n")
    tail = Tail(path)
    changed = tail._changed

    def changed_and_gone() -> bool:
        result = changed()
        path.unlink(missing_ok=True)
        return result

    monkeypatch.setattr(tail, "_changed", changed_and_gone)

    assert list(tail.lines()) == []


def test_bytes_that_are_no_text(tmp_path: Path, closing: ExitStack) -> None:
    """A torn character is shown as such."""
    path = tmp_path / "log"
    path.write_bytes(b"caf\xc3\n")

    tail = Tail(path)
    closing.callback(tail.close)

    assert last(path, tail, Wanted(), 5) == ["caf\ufffd"]


def test_follow(command: Command, log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What comes is shown as it comes, also from a new file; Ctrl-C ends it without a word."""
    monkeypatch.setattr(logs_module, "_POLL_S", 0.01)
    log.write_text(entry("before"))
    steps = [
        lambda: append(log, entry("during") + entry("hidden", "debug")),
        lambda: (log.rename(log.with_name("aimux.log.1")), log.write_text(entry("after"))),
    ]

    def sleep(_: float) -> None:
        if not steps:
            raise KeyboardInterrupt
        steps.pop(0)()

    monkeypatch.setattr(logs_module.time, "sleep", sleep)

    done = command("logs", "-f", "--json", "--level", "info")

    assert (done.code, done.err) == (0, "")
    assert [json.loads(line)["message"] for line in done.out.splitlines()] == [
        "before",
        "during",
        "after",
    ]


def test_follow_before_there_is_a_log(
    command: Command, log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One may wait for a log that does not exist yet."""
    steps = [lambda: log.write_text(entry("first"))]

    def sleep(_: float) -> None:
        if not steps:
            raise KeyboardInterrupt
        steps.pop(0)()

    monkeypatch.setattr(logs_module.time, "sleep", sleep)

    done = command("logs", "-f")

    assert done.out == "11-23 01:02:03.456 INFO    first\n"


def test_colours(command: Command, log: Path) -> None:
    """Warnings and errors stand out on a terminal."""
    log.write_text(entry("careful", "warning") + entry("calm"))
    command.environ["NO_COLOR"] = ""

    shown = command.on_terminal("logs").out.splitlines()

    assert shown == [
        "\x1b[33m11-23 01:02:03.456 WARNING careful\x1b[0m",
        "11-23 01:02:03.456 INFO    calm",
    ]
