"""Whether requests have to be searched for the state of other providers."""

from __future__ import annotations

import stat
from pathlib import Path

from aimux.gateway.carried import Carried


def test_it_is_known_for_ever(tmp_path: Path) -> None:
    """From the first translation on, also after a restart."""
    path = tmp_path / "translated"
    first = Carried(path)
    before = first.ever

    first.note()
    first.note()

    assert (before, first.ever, Carried(path).ever) == (False, True, True)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_without_a_place_nothing_is_taken_for_granted() -> None:
    """It is searched."""
    assert Carried().ever


def test_a_disk_that_does_not_write_changes_nothing(tmp_path: Path) -> None:
    """For this daemon it is known all the same."""
    carried = Carried(tmp_path / "gone" / "translated")
    carried.note()

    assert carried.ever
