"""Every command is seen as the transcripts say, in every way; and every command has one."""

from __future__ import annotations

import itertools
import json
import re
from dataclasses import replace
from typing import Any

import pytest

from aimux.cli.app import tree as commands
from tests.docs.commands import walk
from tests.transcripts.play import FILES, FOLDER, play, steps_of, unlike
from tests.transcripts.script import Line, Step, in_a_pipe, plain, read, written
from tests.transcripts.stage import WAYS, Way, check_json
from tests.transcripts.words import coloured, steady

pytestmark = pytest.mark.system


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", FILES)
def test_what_is_seen(name: str, way: Way) -> None:
    """On a terminal as it is written, without colours the same, and in a pipe what is said of that."""
    steps = steps_of(name)

    played = play(steps, way)

    if way == "terminal":
        told = written(steps)
        assert written(played) == told, f"see it with: python -m tests.transcripts {name}"
    assert [(each.typed, each.seen) for each in unlike(steps, played, way)] == []


# ---------------------------------------------------------------- nothing is left out


def _all() -> list[Line]:
    return [step.line for name in FILES for step in steps_of(name) if step.typed]


def _commands() -> list[tuple[str, Any]]:
    tree = walk(commands(), "aimux")
    return [(path, each) for path, each in tree if not getattr(each, "commands", None)]


def _lines_of(path: str) -> list[Line]:
    words = tuple(path.split()[1:])
    return [line for line in _all() if line.arguments[: len(words)] == words]


def test_every_command_has_a_transcript() -> None:
    """Whoever adds a command writes down how it looks, at its best and not only its help."""
    lacking = [
        path
        for path, _ in _commands()
        if not [each for each in _lines_of(path) if "-h" not in each.arguments]
    ]

    assert len(_commands()) > 50
    assert lacking == []


def test_every_command_that_has_json_shows_it() -> None:
    """The same for programs."""
    lacking = [
        path
        for path, command in _commands()
        if any("--json" in each.opts for each in command.params)
        and not [each for each in _lines_of(path) if "--json" in each.arguments]
    ]

    assert lacking == []


def test_every_group_shows_its_help() -> None:
    """The groups, which do nothing else."""
    tree = walk(commands(), "aimux")
    groups = [path for path, each in tree if getattr(each, "commands", None)]
    asked = {" ".join(("aimux", *line.arguments)) for line in _all()}

    assert [each for each in groups if not {f"{each} -h", f"{each} --help"} & asked] == []


@pytest.mark.parametrize("name", FILES)
def test_a_file_is_as_it_would_be_written(name: str) -> None:
    """So that writing it anew changes what is seen and nothing else."""
    text = (FOLDER / name).read_text(encoding="utf-8")

    assert written(read(text)) == text
    assert [line for line in text.splitlines() if line != line.rstrip()] == []


@pytest.mark.parametrize("name", FILES)
def test_a_table_fits_a_terminal_of_80_columns(name: str) -> None:
    """From its headings on, which are dim, to the next words; a long text of a provider's own is none."""
    wide = [
        (step.typed, line)
        for step in steps_of(name)
        if step.typed and not step.is_piped and "COLUMNS" not in step.line.variables
        for line in _table(step.seen)
        if len(line) > 80
    ]

    assert wide == []


def _table(seen: list[str]) -> list[str]:
    """The table in what is seen, if there is one."""
    heading = next((n for n, line in enumerate(seen) if re.match("  <dim>(  )?[A-Zp]", line)), None)
    if heading is None:
        return []
    table = itertools.takewhile(bool, seen[heading:])
    rows = [plain(line)[2:] for line in table if line.startswith("  ")]
    return [line.replace("<home>", "x" * 19).replace("<port>", "x" * 5) for line in rows]


# ---------------------------------------------------------------- what is compared

SAID = """\
# Words.
-- aimux/config.toml --
[server]
port = 0
--
$ NO_COLOR= aimux config get server.port
  0

$ aimux config path --all  # the first 2 lines
  <dim>FILE          PATH</>
  config        <home>/aimux/config.toml
  ...

$ echo yes | aimux nothing | cat
> no
! Usage: aimux [OPTIONS] COMMAND [ARGS]...
[exit 2]
"""


def test_a_file_is_read() -> None:
    """What is kept, what is typed and what is seen are told apart."""
    words, file, get, path, nothing = read(SAID)

    assert words.kept == ["# Words."]
    assert (file.path, file.content) == ("aimux/config.toml", "[server]\nport = 0\n")
    assert get.line == Line(("config", "get", "server.port"), {"NO_COLOR": ""}, None)
    assert (path.most, path.typed) == (2, "aimux config path --all")
    assert nothing.line == Line(("nothing",), {}, "yes\n")
    assert (nothing.is_piped, nothing.answers) == (True, ["no"])
    assert nothing.seen == ["! Usage: aimux [OPTIONS] COMMAND [ARGS]...", "[exit 2]"]
    assert written(read(SAID)) == SAID


def test_a_line_that_is_nothing_is_an_error() -> None:
    """Output that has lost its two spaces is not taken for words."""
    with pytest.raises(AssertionError, match="what is this line"):
        read("$ aimux status\nit runs\n")


@pytest.mark.parametrize("way", WAYS)
def test_a_change_is_seen(way: Way) -> None:
    """Another text, another stream, another colour and another exit code."""
    steps = read("$ aimux config get server.prot\n")
    steps = play(steps)
    assert steps[0].seen == [
        "! <red>error</>: there is no setting 'server.prot'",
        "!   <cyan>hint</>: did you mean server.port?",
        "[exit 2]",
    ]
    seen = play(steps, way)
    assert unlike(steps, seen, way) == []

    for old, other in (("prot", "port"), ("! ", "  "), ("exit 2", "exit 1")):
        said = [replace(steps[0], seen=[each.replace(old, other, 1) for each in steps[0].seen])]
        assert unlike(said, seen, way) == seen
    if way != "no-color":
        said = [replace(steps[0], seen=[each.replace("red", "green") for each in steps[0].seen])]
        assert unlike(said, seen, way) == seen


def test_a_pipe_has_its_own_words_or_the_same() -> None:
    """A command with ``| cat`` behind another says what that other shows in a pipe."""
    table = Step(["$ aimux x"], typed="aimux x", seen=["  <dim>A  B</>", "! <red>no</>"])
    piped = replace(table, kept=["$ aimux x | cat"], typed="aimux x | cat", seen=["  a\tb"])

    assert in_a_pipe([table, piped], 0) == ["  a\tb"]
    assert in_a_pipe([table, replace(piped, typed="aimux y | cat")], 0) == [
        "  A  B",
        "! <red>no</>",
    ]
    assert unlike([table], [replace(table, seen=["  a\tb"])], "pipe") != []
    elsewhere = replace(piped, kept=["$ aimux x y | cat"], typed="aimux x y | cat")
    steps = [table, table, elsewhere]
    assert unlike(steps, [replace(table, seen=["  a\tb"]), *steps[1:]], "pipe") == []
    assert plain("  <green>ok</> <pid> <bold>x</>") == "  ok <pid> x"


# ---------------------------------------------------------------- what varies


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("pid 4711, up 3 s", "pid <pid>, up <span>"),
        ('  "pid": 12,', '  "pid": <number>,'),
        ("http://127.0.0.1:45678/x", "http://127.0.0.1:<port>/x"),
        ("127.0.0.1:24689 and 127.0.0.1:4711", "127.0.0.1:24689 and 127.0.0.1:4711"),
        ("ax_0198c0ffee0198c0ffee  a/m", "<id>                     a/m"),
        ("ax_00000000000000000001", "ax_00000000000000000001"),
        ("aimux-client-" + "x" * 43 + " ", "<token> "),
        ("2026-12-01 03:56  all", "<time>            all"),
        ("2026-11-06 21:20:01", "2026-11-06 21:20:01"),
        ("/tmp/x/config.toml", "<home>/config.toml"),
        ("7 s  5 ms", "<span>  <span>"),
    ],
)
def test_what_varies_becomes_a_word(line: str, shown: str) -> None:
    """The columns behind it stay where they are, if there is room."""
    assert steady(line, {"/tmp/x": "<home>"}, live=True) == shown


def test_times_that_were_written_down_stay() -> None:
    """Where nothing really happens."""
    assert steady("took 2.0 s", {}, live=False) == "took 2.0 s"


def test_colours_are_readable() -> None:
    """And what is more than a colour is an error."""
    assert coloured("\x1b[31mno\x1b[0m") == "<red>no</>"
    with pytest.raises(AssertionError, match="more than a colour"):
        coloured("\x1b[2J")
    with pytest.raises(KeyError):
        coloured("\x1b[35mno\x1b[0m")


def test_what_is_not_json_is_an_error() -> None:
    """The player looks at what ``--json`` prints."""
    check_json("x", '{"a": 1}\n')
    check_json("x", '{"a": 1}\n{"a": 2}\n')
    check_json("x", "")
    with pytest.raises(json.JSONDecodeError):
        check_json("x", "a\n")
