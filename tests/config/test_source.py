"""Reading the file: each way in which it can be no configuration has its own words."""

import os
import stat
from pathlib import Path

import pytest

from aimux.config import source
from aimux.config.source import parse, read_source
from aimux.errors import ConfigError, Problem


def refusal(path: Path) -> tuple[Problem, ...]:
    with pytest.raises(ConfigError) as caught:
        read_source(path)
    return caught.value.problems


@pytest.mark.parametrize(
    ("content", "place", "message"),
    [
        (b"a = 1\nb = \xff\n", (2, 5), "is not UTF-8 here; save it as UTF-8"),
        (
            "a = 1".encode("utf-16"),
            (1, 1),
            "is not UTF-8 here; save it as UTF-8",
        ),
        (
            b"\xef\xbb\xbfa = 1\n",
            (1, 1),
            "begins with a byte order mark; save it as UTF-8 without one",
        ),
        (b"", (0, 0), "is empty; remove it to run on defaults, or write version = 1"),
        (b" \n\n", (0, 0), "is empty; remove it to run on defaults, or write version = 1"),
    ],
)
def test_what_is_no_text(tmp_path, content, place, message) -> None:
    """The place is that of the first byte that is wrong."""
    path = tmp_path / "config.toml"
    path.write_bytes(content)

    assert [((each.line, each.column), each.message) for each in refusal(path)] == [
        (place, message)
    ]


def test_comments_alone_are_a_file(tmp_path) -> None:
    """A file with everything commented out means the defaults."""
    path = tmp_path / "config.toml"
    path.write_text("# nothing yet\n")

    assert read_source(path).data == {}


def test_what_is_no_file(tmp_path) -> None:
    """A folder, a pipe, a file behind a file."""
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "file").write_text("a = 1")

    assert refusal(tmp_path)[0].message == "is a folder, not a file"
    assert refusal(tmp_path / "pipe")[0].message == "is not a regular file"
    assert refusal(tmp_path / "file" / "x")[0].message == "cannot be read: Not a directory"


def test_what_may_not_be_read(tmp_path) -> None:
    """The system's own reason; root may read everything but a process's memory from its beginning."""
    path, reason = tmp_path / "config.toml", "Permission denied"
    path.write_text("a = 1")
    path.chmod(0)
    if os.geteuid() == 0:
        path, reason = Path("/proc/self/mem"), "Input/output error"

    assert refusal(path)[0].message == f"cannot be read: {reason}"


def seen_with(path: Path, **changed: int) -> os.stat_result:
    """What the system says of a file, with something said differently."""
    seen = list(path.stat())
    for field, value in changed.items():
        seen[getattr(stat, field)] = value
    return os.stat_result(seen)


def test_what_belongs_to_somebody_else_is_refused(tmp_path) -> None:
    """Its owner could run programs through it; root could anyway."""
    path = tmp_path / "config.toml"
    path.write_text("a = 1")

    problems, _ = source._permissions(path, seen_with(path, ST_UID=os.geteuid() + 1))

    assert [each.message for each in problems] == [
        f"belongs to another user, who could run programs through it: chown {os.geteuid()} {path}"
    ]
    assert source._permissions(path, seen_with(path, ST_UID=0)) == ((), ())


def test_a_group_with_the_users_number_is_private(tmp_path) -> None:
    """With umask 002 every file looks like that; nobody is warned for it."""
    path = tmp_path / "config.toml"
    path.write_text("a = 1")
    path.chmod(0o660)

    found = source._permissions(path, seen_with(path, ST_GID=os.geteuid()))

    assert found == ((), ())


def test_modes_mean_nothing_on_windows(tmp_path, monkeypatch) -> None:
    """There the file has an access list that nobody asks."""
    path = tmp_path / "config.toml"
    path.write_text("a = 1")
    path.chmod(0o666)
    monkeypatch.setattr(source.os, "name", "nt")

    found = source._permissions(path, path.stat())

    monkeypatch.undo()
    assert found == ((), ())


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        ("port: 80", (1, 5), "a key needs '=' and a value behind it"),
        ("port", (1, 5), "a key needs '=' and a value behind it"),
        ("a = 1\nport =", (2, 7), "the file ends where a value belongs"),
        ("port =\na = 1", (1, 7), "no value of TOML; texts need quotes, true and false are in lower case"),
        (
            "level = info",
            (1, 12),
            "something stands behind the value; texts need quotes, a line holds one setting",
        ),
        (
            "on = True",
            (1, 6),
            "no value of TOML; texts need quotes, true and false are in lower case",
        ),
        (
            "[models.gpt:5]",
            (1, 12),
            "a name in a header needs quotes when it holds more than letters, digits, - and _",
        ),
        ("[[routes]", (1, 9), "the header of an array of tables ends in ]]"),
        ("= 1", (1, 1), "neither a setting nor a table's header"),
        ("a.= 1", (1, 3), "a key is missing, or needs quotes"),
        ("a = 1979-02-30", (1, 5), "no date or time that exists"),
        ('a = "\\x41"', (1, 8), "a backslash in double quotes is doubled, or use single quotes"),
        ('a = "\\uZZZZ"', (1, 8), "no escape that TOML knows; write \\\\ for a backslash"),
        ('a = "\\uD800"', (1, 12), "no character has this number"),
        ('a = "x', (1, 7), "a text is opened and not closed"),
        ("a = '''x", (1, 9), "a text is opened and not closed"),
        ('a = "x\nb = 1', (1, 7), "a character that may not stand here; is a quote missing?"),
        ("a = 'x\nb = 'y'", (1, 7), "a control character or the end of the line stands within a text"),
        ("a = [1 2]", (1, 8), "a list is opened with [ and not closed, or a comma is missing"),
        ("a = {b = 1", (1, 11), "a table is opened with { and not closed, or a comma is missing"),
        ("a = {b = 1, b = 2}", (1, 1), "a key is given twice"),
        ("[x]\n  a = 1\n  a = 2\n", (3, 3), "the same key stands above already"),
        ("[x]\n[y]\n[x]\n", (3, 1), "the table x stands above already"),
        ('[x."y z"]\n[x."y z"]\n', (2, 1), "the table x.y z stands above already"),
        ("a = [1]\n[[a]]", (2, 1), "a table or list in brackets is complete; nothing can be added to it"),
        ("[a]\nb.c = 1\n[a.b.d]\n[a]", (4, 1), "the table a stands above already"),
        ("[a.b]\nx=1\n[a]\nb.c = 1", (4, 1), "the same table is written in another way above"),
    ],
)  # fmt: skip
def test_what_is_no_toml(text, place, message) -> None:
    """One problem, where it was typed."""
    with pytest.raises(ConfigError) as caught:
        parse(text, "f")

    assert [((each.line, each.column), each.message) for each in caught.value.problems] == [
        (place, message)
    ]
    assert caught.value.hint is not None


def test_an_unknown_reason_is_passed_on() -> None:
    """A later Python may have reasons of its own; a key in them is blotted out."""
    key = "sk-test-0123456789abcdefghijklmnop"

    assert source._reason("Something new (at line 1, column 2)") == "Something new"
    assert source._reason(f"Something {key} (at end of document)") == "Something ********"
    assert (
        source._reason(f"Cannot declare ('{key}',) twice")
        == "the table ******** stands above already"
    )


def test_brackets_without_end_are_refused() -> None:
    """Deeper than Python can follow."""
    with pytest.raises(ConfigError) as caught:
        parse("a = " + "[" * 100_000, "f")

    assert [str(each) for each in caught.value.problems] == ["f: is nested too deeply"]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("a = 9223372036854775808", (1, 5)),
        ("a = -9223372036854775809", (1, 5)),
        (f"b = 1\na = [1, 0x{'f' * 5000}]", (2, 9)),
        (f"a = {'9' * 5000}", (0, 0)),
    ],
)
def test_numbers_beyond_64_bits_are_refused(text, place) -> None:
    """TOML wants no more, and Python does not even print the longest."""
    with pytest.raises(ConfigError) as caught:
        parse(text, "f")

    assert [((each.line, each.column), each.message) for each in caught.value.problems] == [
        (place, "holds a whole number beyond 64 bits")
    ]


def test_numbers_of_64_bits_are_read() -> None:
    """The greatest and the least."""
    text = "a = 9223372036854775807\nb = -9223372036854775808"

    assert parse(text, "f") == {"a": 2**63 - 1, "b": -(2**63)}


def test_a_syntax_error_is_told_with_the_problems_of_the_file(tmp_path) -> None:
    """Who may write it is known even when it cannot be read as TOML."""
    path = tmp_path / "config.toml"
    path.write_text("a =")
    path.chmod(0o606)

    assert [each.line for each in refusal(path)] == [0, 1]
