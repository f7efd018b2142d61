"""What is shipped: the wheel holds all that aimux needs, and says of itself what is true."""

from __future__ import annotations

import email
import importlib.util
import re
import subprocess
import sys
import tarfile
import zipfile
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Final

import pytest

import aimux

ROOT: Final = Path(__file__).parents[1]


def _build(kind: str, folder: Path, root: Path = ROOT) -> Path:
    """Builds without network and without isolation; the build backend comes with the dev extra."""
    if importlib.util.find_spec("hatchling") is None:
        pytest.skip("needs hatchling: pip install -e '.[dev]'")
    command = [sys.executable, "-m", "hatchling", "build", "-t", kind, "-d", str(folder)]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (built,) = folder.iterdir()
    return built


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel as pip would install it."""
    return _build("wheel", tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def names(wheel: Path) -> list[str]:
    """What is in the wheel."""
    with zipfile.ZipFile(wheel) as archive:
        return archive.namelist()


def test_every_module_and_data_file_is_in_the_wheel(names: list[str]) -> None:
    """All of aimux/, and each once."""
    ours = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "aimux").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }

    assert ours <= set(names)
    assert "aimux/py.typed" in names
    assert len(names) == len(set(names))


@pytest.mark.parametrize("folder", ["completions", "service-templates"])
def test_shared_folders_are_in_the_wheel(names: list[str], folder: str) -> None:
    """Files that stand beside the package in a checkout stand inside it when installed."""
    there = {path.name for path in (ROOT / folder).iterdir()}

    assert there
    assert {f"aimux/_data/{folder}/{name}" for name in there} <= set(names)


def test_the_catalogue_is_in_the_wheel(names: list[str]) -> None:
    """Without it no preset is known."""
    assert {"aimux/catalogue/providers.toml", "aimux/catalogue/models.json"} <= set(names)


def test_nothing_else_is_in_the_wheel(names: list[str]) -> None:
    """No tests, no caches, no configuration of tools."""
    tops = {name.partition("/")[0] for name in names}

    assert tops == {"aimux", f"aimux-{aimux.__version__}.dist-info"}
    assert not [name for name in names if name.endswith((".pyc", ".bak", ".orig", ".toml.lock"))]


def test_the_wheel_says_what_it_is(wheel: Path, names: list[str]) -> None:
    """Version, licence, Python, and the one command."""
    info = f"aimux-{aimux.__version__}.dist-info"
    with zipfile.ZipFile(wheel) as archive:
        metadata = email.message_from_bytes(archive.read(f"{info}/METADATA"))
        entry_points = archive.read(f"{info}/entry_points.txt").decode()

    assert metadata["Version"] == aimux.__version__
    assert metadata["License-Expression"] == "MIT"
    assert metadata["Requires-Python"] == ">=3.11"
    assert metadata["Description-Content-Type"] == "text/markdown"
    assert f"{info}/licenses/LICENSE" in names
    assert entry_points.split() == ["[console_scripts]", "aimux", "=", "aimux.__main__:main"]


@pytest.fixture(scope="module")
def sdist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The source archive."""
    return _build("sdist", tmp_path_factory.mktemp("sdist"))


def test_a_wheel_of_the_source_archive_is_the_same(
    wheel: Path, sdist: Path, tmp_path: Path
) -> None:
    """Whoever builds from it gets what is published, byte for byte."""
    with tarfile.open(sdist) as archive:
        archive.extractall(tmp_path, filter="data")
    (tmp_path / "built").mkdir()
    again = _build("wheel", tmp_path / "built", tmp_path / f"aimux-{aimux.__version__}")

    assert again.name == wheel.name
    assert again.read_bytes() == wheel.read_bytes()


def test_the_source_archive_can_be_tested(sdist: Path) -> None:
    """Packagers build from it and run the tests in it."""
    prefix = f"aimux-{aimux.__version__}"
    with tarfile.open(sdist) as archive:
        names = set(archive.getnames())

    wanted = ["aimux/__main__.py", "tests/conftest.py", "CHANGELOG.md", "LICENSE"]
    wanted += [f"docs/{each.name}" for each in (ROOT / "docs").iterdir()]
    assert {f"{prefix}/{name}" for name in wanted} <= names
    assert any(name.startswith(f"{prefix}/completions/") for name in names)


def test_the_version_stands_in_one_place() -> None:
    """aimux/__init__.py; everything else reads it from there."""
    assert re.fullmatch(r"\d+\.\d+\.\d+(?:(?:a|b|rc)\d+)?", aimux.__version__)
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")

    assert f'"{aimux.__version__}"' not in text
    holders = [
        path
        for path in (ROOT / "aimux").rglob("*.py")
        if f'"{aimux.__version__}"' in path.read_text(encoding="utf-8")
    ]
    assert holders == [ROOT / "aimux" / "__init__.py"]


# ---------------------------------------------------------------- the changelog

CHANGELOG: Final = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
SECTIONS: Final = {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}


def test_the_changelog_begins_with_what_is_unreleased() -> None:
    """Keep a Changelog: a title, then the newest first."""
    headings = re.findall(r"^## (.+)$", CHANGELOG, re.MULTILINE)

    assert CHANGELOG.startswith("# Changelog\n")
    assert headings[0] == "[Unreleased]"


def test_every_release_has_a_number_and_a_date() -> None:
    """Newest first, each later than the next."""
    headings = re.findall(r"^## (.+)$", CHANGELOG, re.MULTILINE)[1:]
    releases = [
        re.fullmatch(r"\[(\d+)\.(\d+)\.(\d+)\] - (\d{4}-\d\d-\d\d)", each) for each in headings
    ]

    assert all(releases), headings
    found = [
        (tuple(map(int, each.groups()[:3])), date.fromisoformat(each[4]))
        for each in releases
        if each
    ]
    assert all(newer[0] > older[0] and newer[1] >= older[1] for newer, older in pairwise(found))


def test_every_section_has_a_known_name_and_entries() -> None:
    """No empty headings, no invented ones."""
    parts = re.split(r"^### (.+)$", CHANGELOG, flags=re.MULTILINE)

    assert set(parts[1::2]) <= SECTIONS
    assert all(re.search(r"^- \S", body, re.MULTILINE) for body in parts[2::2])
