"""The count that outlives its process: in memory, else beside the ledger, never in somebody else's file."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from aimux.telemetry.ledger_tally import MOST_LEFT, Count, Tally, read_counts

ONE, TWO = "a" * 16, "b" * 16


@pytest.fixture
def memory(tmp_path: Path) -> Path:
    made = tmp_path / "memory"
    made.mkdir()
    return made


@pytest.fixture
def state(tmp_path: Path) -> Path:
    made = tmp_path / "state"
    made.mkdir()
    return made


def count(tally: Tally, times: int) -> None:
    for _ in range(times):
        tally.begin()


@pytest.mark.parametrize("there", [True, False])
def test_it_is_left_behind(state: Path, memory: Path, *, there: bool) -> None:
    """With a file system that is memory and without one; the next one finds it and begins at zero."""
    if not there:
        memory.rmdir()
    with Tally(state, ONE, memory) as tally:
        count(tally, 300)
        assert read_counts(state, memory) == (Count(ONE, 300),)
        [file] = (memory if there else state).iterdir()
        assert stat.S_IMODE(file.stat().st_mode) == 0o600

    after = Tally(state, TWO, memory)
    assert after.left == (Count(ONE, 300),)
    assert read_counts(state, memory) == (Count(TWO, 0), Count(ONE, 300))
    after.settled()
    assert read_counts(state, memory) == (Count(TWO, 0),)
    after.remove()
    assert read_counts(state, memory) == ()
    assert list(state.iterdir()) == []


def test_each_home_has_its_own(tmp_path: Path, memory: Path) -> None:
    """Several daemons of one user."""
    with Tally(tmp_path / "x", ONE, memory) as x, Tally(tmp_path / "y", TWO, memory) as y:
        count(x, 1)
        count(y, 2)
        assert read_counts(tmp_path / "x", memory) == (Count(ONE, 1),)
        assert read_counts(tmp_path / "y", memory) == (Count(TWO, 2),)


@pytest.mark.parametrize("kind", ["link", "readable", "folder"])
def test_what_others_have_put_there_is_not_touched(
    state: Path, memory: Path, tmp_path: Path, kind: str
) -> None:
    """A link to a file of ours, a file that others can read or write, no file at all: the count is kept
    beside the ledger.
    """
    with Tally(state, ONE, memory):
        [place] = memory.iterdir()
    place.unlink()
    victim = tmp_path / "victim"
    victim.write_bytes(b"precious")
    if kind == "link":
        place.symlink_to(victim)
    elif kind == "readable":
        place.write_bytes(b"precious")
        place.chmod(0o666)
    else:
        place.mkdir()
    with Tally(state, TWO, memory) as tally:
        count(tally, 5)

    assert read_counts(state, memory) == (Count(TWO, 5),)
    assert (state / "ledger.count").exists()
    assert victim.read_bytes() == b"precious"
    if kind == "readable":
        assert place.read_bytes() == b"precious"


def test_without_any_place_it_counts_in_the_process(tmp_path: Path, memory: Path) -> None:
    """A state folder that is not there."""
    memory.rmdir()
    tally = Tally(tmp_path / "nowhere", ONE, memory)
    count(tally, 3)
    tally.remove()

    assert tally.begun == 3


@pytest.mark.parametrize("content", [b"", b"short", b"\xff" * 24])
def test_nonsense_is_no_count(state: Path, memory: Path, content: bytes) -> None:
    """A file that was not written by us."""
    memory.rmdir()
    (state / "ledger.count").write_bytes(content)
    (state / "ledger.count").chmod(0o600)

    assert read_counts(state, memory) == ()


def test_leave(state: Path, memory: Path) -> None:
    """The file is the successor's then: its count is not written over, and not taken away."""
    old = Tally(state, "a" * 16, memory)
    old.begin()
    old.leave()
    with Tally(state, "b" * 16, memory) as new:
        new.begin()
        new.begin()
        old.begin()
        old.remove()

        assert new.left == (Count("a" * 16, 1),)
        assert read_counts(state, memory)[0] == Count("b" * 16, 2)
    assert old.begun == 2


def test_killed_before_the_books_are_closed(state: Path, memory: Path) -> None:
    """What one had left behind is left behind again, as often as that happens."""
    for number in range(1, MOST_LEFT + 5):
        with Tally(state, f"{number:016}", memory) as tally:
            count(tally, number)
            assert len(tally.left) == min(number - 1, MOST_LEFT)

    last = read_counts(state, memory)
    assert last[:2] == (Count(f"{number:016}", number), Count(f"{number - 1:016}", number - 1))
    assert len(last) == MOST_LEFT + 1


@pytest.mark.parametrize("there", [True, False])
def test_settled_where_nothing_was_left(state: Path, memory: Path, *, there: bool) -> None:
    """Also when nothing can be counted any more."""
    if not there:
        memory.rmdir()
    tally = Tally(state, ONE, memory)
    count(tally, 2)
    tally.settled()
    assert read_counts(state, memory) == (Count(ONE, 2),)
    tally.close()
    tally.settled()
    assert read_counts(state, memory) == (Count(ONE, 2),)
