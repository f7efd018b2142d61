"""A transcript as a file: what is there, what is typed, what is seen.

    # Words for whoever reads it.
    -- aimux/config.toml --          a file of the home, down to a line of two hyphens
    [server]
    port = 0
    --
    * the daemon runs                something that happens; see ``events``
    $ aimux status                   what is typed
    > yes                            what is answered to its questions
      aimux <version>  running       two spaces: stdout
    ! hint: aimux stop               stderr
    [exit 3]                         how it ended, where that is not 0

Only the lines below a ``$`` are written anew.  They end where a line begins otherwise, so that every
line of output begins with two characters of ours: columns stay below each other.

What is typed may have variables, a key through a pipe and a pipe behind it, as in a shell:
``NO_COLOR=1 aimux status``, ``echo KEY | aimux keys set zai --stdin``, ``aimux status | cat``.
Behind what is long stands how much of it is shown: ``aimux config schema  # the first 3 lines``.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

OUT: Final = "  "
ERR: Final = "! "
_PIPE: Final = " | cat"
_GROUPS: Final = tuple(
    (name,)
    for name in [
        "alerts",
        "completion",
        "config",
        "keys",
        "providers",
        "routes",
        "service",
        "tokens",
    ]
)
_CHANGING: Final = frozenset(
    ["start", "stop", "restart", "reload", "replay", "reset", "connect", "disconnect", "create"]
)
"""Commands with ``--json`` after which something is otherwise."""
_OUTPUT: Final = ("  ", "!", "[exit ")
_FILE: Final = re.compile(r"-- (\S+) --")
_FIRST: Final = re.compile(r"  # the first (\d+) lines$")
_STYLE: Final = re.compile(r"<(?:bold|dim|red|green|yellow|cyan|/)>")


@dataclass(slots=True)
class Step:
    """Lines of the file that are kept, and what was seen after them.

    A step is a command (``typed`` is its line), an event, a file, or nothing but words.
    """

    kept: list[str]
    typed: str = ""
    answers: list[str] = field(default_factory=list)
    event: str = ""
    path: str = ""
    content: str = ""
    seen: list[str] = field(default_factory=list)

    @property
    def is_piped(self) -> bool:
        """Whether its output goes into a pipe."""
        return self.typed.endswith(_PIPE)

    @property
    def changes(self) -> bool:
        """Whether something may be otherwise afterwards."""
        return bool(_CHANGING.intersection(self.command))

    @property
    def is_data(self) -> bool:
        """Whether it is for programs: a terminal and its colours make no difference."""
        return self.is_piped or "--json" in self.line.arguments

    @property
    def line(self) -> Line:
        """What is typed, taken apart."""
        return Line.read(self.typed)

    @property
    def command(self) -> tuple[str, ...]:
        """The command without what it is given: its first word, of a group the first two."""
        words = self.line.arguments[: 2 if self.line.arguments[:1] in _GROUPS else 1]
        return tuple(each for each in words if not each.startswith("-"))

    @property
    def most(self) -> int | None:
        """How many lines of it are shown; None for all."""
        found = _FIRST.search(self.kept[0])
        return int(found[1]) if found else None


@dataclass(frozen=True, slots=True)
class Line:
    """A command line."""

    arguments: tuple[str, ...]
    variables: Mapping[str, str]
    stdin: str | None

    @classmethod
    def read(cls, typed: str) -> Line:
        """Takes it apart as a shell would."""
        words = shlex.split(typed.removesuffix(_PIPE))
        stdin = None
        if words[0] == "echo":
            stdin = f"{words[1]}\n"
            assert words[2] == "|", typed
            words = words[3:]
        variables = {}
        while "=" in words[0]:
            name, _, value = words.pop(0).partition("=")
            variables[name] = value
        assert words[0] == "aimux", typed
        return cls(tuple(words[1:]), variables, stdin)


def read(text: str) -> list[Step]:
    """The steps of a file."""
    steps: list[Step] = []
    lines = iter(text.splitlines())
    below = False
    for line in lines:
        if below and (line.startswith("> ") or line == ">"):
            steps[-1].kept.append(line)
            steps[-1].answers.append(line[2:])
        elif below and (not line or line.startswith(_OUTPUT)):
            steps[-1].seen.append(line)
        elif line.startswith("$ "):
            below = True
            steps.append(Step([line], typed=_FIRST.sub("", line[2:])))
        else:
            below = False
            steps.append(_other(line, lines))
    for step in steps:
        while step.seen and not step.seen[-1]:
            step.seen.pop()
    return steps


def _other(line: str, lines: Iterable[str]) -> Step:
    if line.startswith("* "):
        return Step([line], event=line[2:])
    if file := _FILE.fullmatch(line):
        content = []
        for each in lines:
            if each == "--":
                break
            content.append(each)
        return Step([line, *content, "--"], path=file[1], content="\n".join([*content, ""]))
    assert not line or line.startswith("#"), f"what is this line? {line}"
    return Step([line])


def written(steps: Iterable[Step]) -> str:
    """The file of these steps: an empty line behind every command."""
    lines: list[str] = []
    for step in steps:
        lines += step.kept
        if step.typed:
            lines += [*step.seen, ""]
    return "\n".join(lines).rstrip("\n") + "\n"


def plain(line: str) -> str:
    """A line of output as it is without colours."""
    return _STYLE.sub("", line)


def twin(steps: Sequence[Step], number: int) -> Step | None:
    """The same command with a pipe behind it, if it is the next one."""
    following = next((each for each in steps[number + 1 :] if each.typed), None)
    same = following is not None and following.typed == steps[number].typed + _PIPE
    return following if same else None


def in_a_pipe(steps: Sequence[Step], number: int) -> list[str]:
    """What a command shows whose stdout goes into a pipe.

    That is what its twin says, else the same as on the terminal, of which only stdout loses its colours.
    """
    if other := twin(steps, number):
        return other.seen
    return [plain(line) if line.startswith(OUT) else line for line in steps[number].seen]
