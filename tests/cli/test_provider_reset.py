"""``aimux providers reset``: what it says it has ended."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from aimux.cli.provider_reset import told
from tests.support.command import Command


def trouble(what: str, which: str, state: str, for_s: float, reason: str = "") -> dict[str, Any]:
    return {"what": what, "which": which, "state": state, "reason": reason, "for_s": for_s}


@pytest.mark.parametrize(
    ("ended", "windows", "lines"),
    [
        ([], 0, []),
        (
            [trouble("circuit", "glm-5.3", "open", 75.0, "500 internal error")],
            0,
            [
                "zai: the circuit of glm-5.3 was open (500 internal error), it would have lasted 1 min more"
            ],
        ),
        (
            [trouble("circuit", "m", "half-open", 0.0)],
            0,
            ["zai: the circuit of m was half-open"],
        ),
        (
            [trouble("key", "work", "dead", 600.0, "401"), trouble("model", "m", "cooling", 5.0)],
            1,
            [
                "zai: key work was taken for dead (401), it would have lasted 10 min more",
                "zai: model m rested, it would have lasted 5 s more",
                "zai: what was known of 1 plan window is forgotten",
            ],
        ),
        ([], 3, ["zai: what was known of 3 plan windows is forgotten"]),
    ],
)
def test_what_was_ended(ended: list[Any], windows: int, lines: list[str]) -> None:
    """Each trouble, how long it would have lasted, and what is forgotten of plans."""
    assert told({"provider": "zai", "ended": ended, "windows": windows}) == lines


@pytest.mark.parametrize("arguments", [(), ("zai", "--all")])
def test_one_or_all(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: tuple[str, ...],
) -> None:
    """Which is meant has to be said."""
    done = Command(tmp_path, monkeypatch, capsys)("providers", "reset", *arguments)

    assert done.code == 2
    assert "name one provider, or say --all" in done.err
