"""The end of the log, read backwards."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from aimux.telemetry import log_tail
from aimux.telemetry.log_tail import Wanted, newest


def line(number: int, level: str = "info", **more: object) -> str:
    return json.dumps({"ts": "t", "level": level, "message": f"line {number}", **more}) + "\n"


def numbers(log: Path, limit: int, wanted: Wanted | None = None) -> list[int]:
    return [
        int(str(each["message"]).split()[-1]) for each in newest(log, wanted or Wanted(), limit)
    ]


@pytest.mark.parametrize("block", [1, 7, 64, 1000, 1 << 16])
def test_lines_of_any_length_across_blocks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, block: int
) -> None:
    """Wherever a block begins, also within a character."""
    monkeypatch.setattr(log_tail, "BLOCK", block)
    log = tmp_path / "aimux.log"
    log.write_text("".join(line(n, words="\u00e9\u20ac" * n) for n in range(9)), "utf-8")

    assert numbers(log, 4) == [5, 6, 7, 8]
    assert numbers(log, 100) == list(range(9))
    assert newest(log, Wanted(), 1)[0]["words"] == "\u00e9\u20ac" * 8


def test_it_goes_on_in_the_files_before(tmp_path: Path) -> None:
    """As far as there are any."""
    log = tmp_path / "aimux.log"
    (tmp_path / "aimux.log.2").write_text(line(1) + line(2))
    (tmp_path / "aimux.log.1").write_text(line(3) + line(4))
    log.write_text(line(5) + line(6))

    assert numbers(log, 3) == [4, 5, 6]
    assert numbers(log, 100) == [1, 2, 3, 4, 5, 6]
    assert newest(tmp_path / "none", Wanted(), 5) == []


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (Wanted("warning"), [2, 3, 5]),
        (Wanted("error"), [3, 5]),
        (Wanted(request="ax_1"), [1, 3, 4]),
        (Wanted(request="ax_1", level="error"), [3]),
        (Wanted(text="SAID"), [3]),
        (Wanted(text="nothing"), []),
    ],
)
def test_what_is_wanted(tmp_path: Path, wanted: Wanted, found: list[int]) -> None:
    """By level, by request and by text; a line that does not say its level is always shown."""
    log = tmp_path / "aimux.log"
    log.write_text(
        line(1, request_id="ax_1")
        + line(2, "warning", request_id="ax_12")
        + line(3, "error", request_id="ax_1", error="it said no")
        + "2026-11-30T12:00:00 INFO in text of ax_1 4\n"
        + '[1, "no object", 5\n'
    )

    assert numbers(log, 100, wanted) == found


def test_nobody_waits_for_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A search that finds nothing ends."""
    monkeypatch.setattr(log_tail, "MOST_READ", 500)
    monkeypatch.setattr(log_tail, "BLOCK", 100)
    log = tmp_path / "aimux.log"
    log.write_text(line(0, words="rare") + "".join(line(n) for n in range(1, 50)))

    assert numbers(log, 100, Wanted(text="rare")) == []
