"""The conversation of two daemons: what changes hands, and what happens when either breaks off."""

from __future__ import annotations

import asyncio
import fcntl
import os
import socket
import stat
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from aimux.admin.presence import is_held
from aimux.daemon import succession
from aimux.daemon.succession import CONFIGURED, Gone, Offer, Predecessor
from tests.support.patience import PATIENCE_S

Held = tuple[Offer, "Noted", asyncio.Task[None]]


class Noted:
    """Notes what the old daemon is told to do."""

    def __init__(self) -> None:
        self.steps: list[object] = []

    def yield_up(self) -> None:
        self.steps.append("yield")

    def resume(self) -> None:
        self.steps.append("resume")

    async def hand_over(self, pid: int, drain_s: float | None) -> None:
        self.steps.append((pid, drain_s))

    def hurry(self) -> None:
        self.steps.append("hurry")


@pytest.fixture
async def standing(tmp_path: Path) -> AsyncIterator[Held]:
    """An old daemon: a listening socket, a lock, and the offer of both."""
    lock = os.open(tmp_path / "lock", os.O_RDWR | os.O_CREAT)
    fcntl.flock(lock, fcntl.LOCK_EX)
    estate = Noted()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        offer = Offer(tmp_path / "handover.sock", listening, lock)
        task = asyncio.create_task(offer.stand(estate))
        await until(offer.path.exists)
        yield offer, estate, task
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    os.close(lock)


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not condition():
            await asyncio.sleep(0.005)


async def asked(offer: Offer, drain: str = CONFIGURED) -> Predecessor:
    found = await asyncio.to_thread(Predecessor.asked, offer.path, drain)
    assert found
    return found


@pytest.mark.parametrize(("drain", "drain_s"), [(CONFIGURED, None), ("2.5", 2.5), ("0.0", 0.0)])
async def test_everything_changes_hands(standing: Held, drain: str, drain_s: float | None) -> None:
    """The same socket and the same lock; the steps in their order; the limit of the drain."""
    offer, estate, task = standing
    mode = stat.S_IMODE(offer.path.stat().st_mode)

    new = await asked(offer, drain)
    with new.listening:
        assert new.listening.getsockname() == offer.listening.getsockname()
        assert not new.listening.get_inheritable()
        assert not os.get_inheritable(new.lock)
    assert os.fstat(new.lock).st_ino == os.fstat(offer.lock).st_ino
    assert estate.steps == []
    await asyncio.to_thread(new.yielding)
    assert estate.steps == ["yield"]
    await asyncio.to_thread(new.taken)
    assert estate.steps == ["yield", (os.getpid(), drain_s)]
    assert offer.handed_over
    offer.withdraw()
    assert offer.path.exists()
    new.hurry()
    await asyncio.wait_for(task, PATIENCE_S)
    new.close()
    os.close(new.lock)

    assert estate.steps[2:] == ["hurry"]
    assert mode == 0o600


async def test_the_lock_is_held_at_every_moment(standing: Held, tmp_path: Path) -> None:
    """When the old one lets go of its copy, the new one still holds it."""
    offer, _, _ = standing
    new = await asked(offer)
    new.listening.close()
    copy = os.dup(offer.lock)
    os.close(offer.lock)
    os.dup2(copy, offer.lock)
    os.close(copy)

    assert is_held(tmp_path / "lock")
    new.close()
    os.close(new.lock)


@pytest.mark.parametrize("yielded", [False, True])
async def test_a_successor_that_dies(
    standing: Held, caplog: pytest.LogCaptureFixture, yielded: bool
) -> None:
    """Everything is as before, and the next one is served."""
    offer, estate, _ = standing
    first = await asked(offer)
    if yielded:
        await asyncio.to_thread(first.yielding)
    for close in (first.close, first.listening.close, lambda: os.close(first.lock)):
        close()
    await until(lambda: "has given up: it has ended" in caplog.text)

    second = await asked(offer)
    await asyncio.to_thread(second.yielding)
    second.close()
    second.listening.close()
    os.close(second.lock)

    assert not offer.handed_over
    assert estate.steps[:2] == (["yield", "resume"] if yielded else ["yield"])
    await until(lambda: estate.steps[-1] == "resume")
    offer.withdraw()
    assert not offer.path.exists()


async def test_a_successor_that_is_too_slow(
    standing: Held, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """It is not waited for for ever."""
    monkeypatch.setattr(succession, "START_S", 0.05)
    offer, estate, _ = standing

    new = await asked(offer)
    await until(lambda: "has given up: no answer" in caplog.text)
    with pytest.raises(Gone):
        await asyncio.to_thread(new.yielding)
    new.close()
    new.listening.close()
    os.close(new.lock)

    assert estate.steps == []


async def test_nonsense(standing: Held, caplog: pytest.LogCaptureFixture) -> None:
    """Whoever does not say hello gets nothing."""
    offer, estate, _ = standing
    line = socket.socket(socket.AF_UNIX)
    line.connect(str(offer.path))
    line.sendall(b"give\n")

    assert await asyncio.to_thread(line.recv, 10) == b""
    line.close()
    assert estate.steps == []
    assert "it says b'give" in caplog.text


async def test_somebody_else_s_process(standing: Held, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another user is not even listened to."""
    monkeypatch.setattr(succession, "_peer", lambda _: None)
    offer, estate, _ = standing

    assert await asyncio.to_thread(Predecessor.asked, offer.path, CONFIGURED) is None
    assert estate.steps == []


def test_peers(monkeypatch: pytest.MonkeyPatch) -> None:
    """By the kernel's word; where it does not give it, the address alone must do."""
    one, other = socket.socketpair()
    with one, other:
        assert succession._peer(one) == os.getpid()
        monkeypatch.setattr(succession.os, "getuid", lambda: 4711)
        assert succession._peer(one) is None
        monkeypatch.delattr(socket, "SO_PEERCRED")
        assert succession._peer(one) == 0


def test_nobody_to_follow(tmp_path: Path) -> None:
    """No address, or one that nobody is behind."""
    path = tmp_path / "handover.sock"
    assert Predecessor.asked(path, CONFIGURED) is None

    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))
    assert Predecessor.asked(path, CONFIGURED) is None


def test_one_that_ends_between(tmp_path: Path) -> None:
    """It says something else, or nothing any more."""
    mine, its = socket.socketpair()
    with socket.socket() as listening:
        new = Predecessor(mine, listening, -1, CONFIGURED)
        its.sendall(b"what?\n")
        with pytest.raises(Gone, match="what"):
            new.yielding()
        its.close()
        with pytest.raises(Gone):
            new.taken()
        new.hurry()  # nobody hears it
        new.close()


async def test_a_folder_with_a_long_name(tmp_path: Path) -> None:
    """An address has about a hundred bytes; a home may lie deeper."""
    deep = tmp_path / ("d" * 120)
    deep.mkdir()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        offer = Offer(deep / "handover.sock", listening, 0)
        task = asyncio.create_task(offer.stand(Noted()))
        await until(offer.path.exists)
        new = await asked(offer)
        new.close()
        new.listening.close()
        os.close(new.lock)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    assert [each.name for each in deep.iterdir()] == ["handover.sock"]


async def test_no_place_for_the_address(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Then a restart stops and starts, which is said in the log and is no reason to fail."""
    with caplog.at_level("INFO"), socket.create_server(("127.0.0.1", 0)) as listening:
        await Offer(tmp_path / "missing" / "handover.sock", listening, 0).stand(Noted())

    assert "a restart will not be seamless" in caplog.text
