"""What must never be in the tree, and what every file of it has."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final

import pytest

from aimux.keyshapes import KEY_SHAPE

pytestmark = pytest.mark.untraced  # nothing of ours runs, and a million lines are looked at

ROOT: Final = Path(__file__).parents[1]
MAX_FILE_BYTES: Final = 200_000
MAX_MODULE_LINES: Final = 500
"""Beyond this a module has two subjects."""
LEFTOVERS: Final = frozenset({".bak", ".orig", ".rej", ".swp", ".tmp", ".log", ".pyc"})
_UNTRACKED: Final = frozenset({"__pycache__", ".venv", ".git", "build", "dist"})

# Written so that they do not find themselves.  Ann is made up.
_MACHINE_PATH: Final = re.compile(r"(?<![\w.])/(?:[r]oot|[h]ome/(?!ann/)\w+|[U]sers/\w+|[w]ork)/")
_REGISTRY: Final = re.compile(
    r"[i]ndex-url|//[\w.-]*(?:[p]ypi|[p]ythonhosted|[n]pmjs|[a]rtifactory|[d]evpi|[v]erdaccio)[\w.-]*"
)
_AUTHORSHIP: Final = re.compile(
    r"[c]o-authored-by:|[g]enerated (?:by|with) (?:an? )?(?:ai|llm|claude|gpt)", re.IGNORECASE
)


def _files() -> list[Path]:
    """Every file that is or would be committed; in an unpacked archive every file there is."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout
        found = [ROOT / name for name in listed.decode().split("\0") if name]
    except (OSError, subprocess.CalledProcessError):
        found = [path for path in ROOT.rglob("*") if not _UNTRACKED & set(path.parts)]
    return sorted(path for path in found if path.is_file())


FILES: Final = _files()
MODULES: Final = [path for path in FILES if path.suffix == ".py"]


@cache
def _text(path: Path) -> str:
    """A file as text, each line ended by a line feed."""
    return "\n".join(path.read_bytes().decode("utf-8", "replace").splitlines())


def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def _matches(pattern: re.Pattern[str], files: list[Path]) -> Iterator[tuple[str, str]]:
    """What matches within a line, and where it stands."""
    pattern = re.compile(pattern.pattern, pattern.flags | re.MULTILINE)
    for path in files:
        for match in pattern.finditer(_text(path)):
            number = _text(path).count("\n", 0, match.start()) + 1
            yield f"{path.relative_to(ROOT)}:{number}", match[0]


def _found(pattern: re.Pattern[str], files: list[Path]) -> list[str]:
    return [place for place, _ in _matches(pattern, files)]


def test_there_is_something_to_look_at() -> None:
    """The other tests here would be content with nothing."""
    assert ROOT / "aimux" / "errors.py" in MODULES
    assert len(MODULES) > 50


def test_no_file_names_a_place_on_somebody_s_machine() -> None:
    """A path that exists on one machine only."""
    assert _found(_MACHINE_PATH, FILES) == []


def test_no_file_names_a_package_registry() -> None:
    """Which one is used is the machine's own business."""
    assert _found(_REGISTRY, FILES) == []


def test_no_file_tells_how_it_was_written() -> None:
    """It tells what it does."""
    assert _found(_AUTHORSHIP, FILES) == []


def test_no_key_outside_the_tests() -> None:
    """Not even an expired one: whoever greps for keys must find none."""
    shipped = [path for path in FILES if "tests" not in path.relative_to(ROOT).parts]

    assert _found(KEY_SHAPE, shipped) == []


def test_keys_in_the_tests_say_what_they_are() -> None:
    """A key-shaped text of a test is visibly made up."""
    made_up = re.compile(
        r"test|canary|fake|example|abcdef|0123|1234|aaaa|xxxx|secret|AAAA|wrong|\{", re.IGNORECASE
    )
    tests = [path for path in FILES if "tests" in path.relative_to(ROOT).parts]
    suspicious = [place for place, key in _matches(KEY_SHAPE, tests) if not made_up.search(key)]

    assert suspicious == []


def test_no_file_is_too_large() -> None:
    """What is larger is data that belongs elsewhere."""
    assert [path for path in FILES if path.stat().st_size > MAX_FILE_BYTES] == []


def test_no_module_is_too_long() -> None:
    """One module, one subject; tests may have long tables."""
    lengths = {
        path.relative_to(ROOT).as_posix(): len(path.read_text(encoding="utf-8").splitlines())
        for path in MODULES
    }
    shipped = {name: lines for name, lines in lengths.items() if name.startswith("aimux/")}

    assert {name: lines for name, lines in shipped.items() if lines > MAX_MODULE_LINES} == {}


def test_nothing_was_left_behind() -> None:
    """Backups, rejects, logs."""
    assert [path for path in FILES if path.suffix in LEFTOVERS or path.name.endswith("~")] == []


def test_no_conflict_was_committed() -> None:
    """The marks that a merge leaves."""
    assert _found(re.compile(r"^(?:<{7} |>{7} |={7}$)"), FILES) == []


def test_every_module_says_what_it_is() -> None:
    """Its first statement is a docstring; the reader's first question is answered first."""
    assert [path for path in MODULES if not ast.get_docstring(_tree(path))] == []


def test_every_part_a_test_needs_is_installed_by_ci() -> None:
    """``need(program, package)`` and the list in .ci/run name the same things."""
    parts = set(
        re.findall(r'^  "([\w.+-]+:[\w.+-]+)"$', (ROOT / ".ci" / "run").read_text(), re.MULTILINE)
    )
    needed = {
        ":".join(str(each.value) for each in call.args if isinstance(each, ast.Constant))
        for path in MODULES
        if "need(" in _text(path)
        for call in ast.walk(_tree(path))
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "need"
    }

    needed.discard("")  # a table of shells, each its own package
    assert needed
    assert needed <= parts


README_COMMANDS: Final = (
    "python3 -m venv .venv && .venv/bin/pip install . && .venv/bin/aimux demo",
    "python3 -m venv .venv && .venv/bin/pip install -e '.[dev]' && .venv/bin/pytest",
)


def test_the_readme_has_the_two_commands() -> None:
    """They are all that a stranger types; .ci/run runs the second."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    run = (ROOT / ".ci" / "run").read_text(encoding="utf-8")

    assert [command for command in README_COMMANDS if command not in readme] == []
    assert "python3 -m venv .venv && .venv/bin/pip install --quiet -e '.[dev]'" in run
    assert ".venv/bin/pytest" in run
