"""What routing remembers goes over a restart, and no damage to its file keeps a daemon from starting."""

from __future__ import annotations

import asyncio
import json
import logging
import stat
from pathlib import Path

import pytest

from aimux.daemon.remembered import MAX_BYTES, Remembering, recall, remember
from aimux.routing.circuits import STRIKES, Circuits
from aimux.routing.rests import Rest, Rests
from aimux.routing.state import MemoryState
from aimux.telemetry.redact import Redactor
from aimux.vault.secret import Secret
from tests.support.patience import PATIENCE_S

NOW_S = 1_000.0


def troubled() -> MemoryState:
    """A state with an open circuit and a key that rests."""
    state = MemoryState()
    Circuits(state).failed(("a", "m"), STRIKES, "503", NOW_S, lambda: 0.5)
    Rests(state).rest_key("a", "one", Rest(NOW_S + 100, "429"), NOW_S)
    return state


def test_it_comes_back(tmp_path: Path) -> None:
    """Rests hold; circuits are tried at once; the file is its owner's alone."""
    path = tmp_path / "routing.json"
    remember(path, troubled(), NOW_S, Redactor())
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    state = recall(path, NOW_S + 1)
    assert Rests(state).of_key("a", "one", NOW_S + 1) == Rest(NOW_S + 100, "429")
    assert Circuits(state).enter(("a", "m"), NOW_S + 1)
    assert not Circuits(state).enter(("a", "m"), NOW_S + 1)


@pytest.mark.parametrize("key", ['canary+/="8f3a5b9c7d', "sk-ant-api03-" + "x8Kq2" * 12])
def test_a_key_in_a_model_s_name_is_not_kept(key: str, tmp_path: Path) -> None:
    """Neither one of ours nor one that looks like one; sessions and all else are kept."""
    path, redactor = tmp_path / "routing.json", Redactor()
    redactor.hide([Secret('canary+/="8f3a5b9c7d')])
    state = troubled()
    state.put(("warm", "default+claude-code:5e5510f0-0000-4000-8000-00000000beef"), (1,), NOW_S + 9)
    expected = state.dump(NOW_S)
    Circuits(state).failed(("a", key), STRIKES, "404", NOW_S, lambda: 0.5)

    remember(path, state, NOW_S, redactor)

    assert json.loads(path.read_bytes()) == {"version": 1, "state": expected}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b'{"version":2,"state":[]}',
        b'{"version":1,"state":7}',
        b"[" * 10_000,
        b"\xff",
    ],
)
def test_a_damaged_file_is_as_good_as_none(content: bytes, tmp_path: Path) -> None:
    """The daemon starts all the same, and knows nothing."""
    path = tmp_path / "routing.json"
    path.write_bytes(content)
    assert recall(path, NOW_S).dump(NOW_S) == []


def test_neither_a_missing_nor_a_huge_file_is_read(tmp_path: Path) -> None:
    """The second cannot be ours."""
    path = tmp_path / "routing.json"
    assert recall(path, NOW_S).dump(NOW_S) == []
    with path.open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    assert recall(path, NOW_S).dump(NOW_S) == []


async def test_it_is_written_after_changes_and_only_then(tmp_path: Path) -> None:
    """Looked at in every turn of the loop here, every ten seconds in a daemon."""
    path = tmp_path / "routing.json"
    state = troubled()
    keeping = asyncio.create_task(
        Remembering(path, state, Redactor()).keep(lambda: NOW_S, every_s=0)
    )
    for _ in range(50):
        await asyncio.sleep(0)
    assert not path.exists()
    state.put(("warm", "s"), (1,), NOW_S + 50)
    async with asyncio.timeout(PATIENCE_S):
        while not path.exists():
            await asyncio.sleep(0)
    assert b"warm" in path.read_bytes()
    keeping.cancel()


def test_a_disk_that_refuses_is_told_of_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """And once more when it has been well in between."""
    folder = tmp_path / "file"
    folder.write_bytes(b"")
    state = troubled()
    remembering = Remembering(folder / "routing.json", state, Redactor())
    with caplog.at_level(logging.WARNING):
        remembering.write(NOW_S)
        remembering.write(NOW_S)
        assert len(caplog.records) == 1
        folder.unlink()
        remembering.write(NOW_S)
        assert (folder / "routing.json").exists()
