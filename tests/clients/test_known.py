"""Names, programs and versions of the clients."""

from __future__ import annotations

from pathlib import Path

import pytest

from aimux.clients.known import CLIENTS, client_named, program_of, versions
from aimux.errors import UsageError
from aimux.routing.agents import AGENTS


def program(path: Path, script: str) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return str(path)


def test_the_clients_are_those_that_rules_know() -> None:
    """By the same names."""
    assert set(CLIENTS) == AGENTS


@pytest.mark.parametrize("word", ["codex", "claude", "claude-code", "gemini", "gemini-cli"])
def test_a_client_is_named_by_its_name_or_its_program(word: str) -> None:
    """People say either."""
    assert word in {client_named(word).name, client_named(word).program}


def test_others_are_not_known() -> None:
    """The hint has those that are."""
    with pytest.raises(UsageError, match="cursor") as problem:
        client_named("cursor")
    assert str(problem.value.hint) == "one of claude-code, codex, gemini-cli, opencode"


def test_where_a_program_is(tmp_path: Path) -> None:
    """On the path of the person's environment."""
    found = program(tmp_path / "bin" / "codex", "")

    assert program_of(CLIENTS["codex"], {"PATH": str(tmp_path / "bin")}) == found
    assert program_of(CLIENTS["codex"], {"PATH": str(tmp_path)}) is None


def test_versions_are_read_where_programs_are_installed(tmp_path: Path) -> None:
    """Without starting one that need not be: each way a program is installed."""
    wrong = "echo 9.9.9; exit 1"
    npm = program(tmp_path / "lib" / "codex" / "bin" / "codex.js", wrong)
    (tmp_path / "lib" / "codex" / "package.json").write_text('{"version": "0.171.0"}')
    linked = tmp_path / "bin" / "codex"
    linked.parent.mkdir()
    linked.symlink_to(npm)

    found = versions(
        {
            "npm": str(linked),
            "named": program(tmp_path / "share" / "versions" / "2.1.197", wrong),
            "cellar": program(tmp_path / "Cellar" / "codex" / "0.170.1" / "bin" / "codex", wrong),
            "asked": program(tmp_path / "opt" / "x" / "y" / "gemini", "echo v0.61.0-nightly.1"),
            "silent": program(tmp_path / "opt" / "x" / "z" / "gemini", "exit 1"),
            "gone": str(tmp_path / "gone" / "x" / "y" / "gemini"),
        }
    )

    assert found == {
        "npm": "0.171.0",
        "named": "2.1.197",
        "cellar": "0.170.1",
        "asked": "0.61.0-nightly.1",
        "silent": "",
        "gone": "",
    }
    assert versions({}) == {}
