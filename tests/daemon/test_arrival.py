"""What a starting daemon is given, and which of it it takes."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from aimux.config.paths import Paths
from aimux.daemon.arrival import Listeners
from aimux.daemon.notify import STORED, Notifier
from aimux.daemon.ready import ReadyPipe
from aimux.daemon.succession import CONFIGURED, SUCCEED, Predecessor
from aimux.errors import StartFailed

HOST = "127.0.0.1"


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[socket.socket]:
    """A service manager that hears what it is told."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as made:
        made.bind(str(tmp_path / "s"))
        made.setblocking(False)
        yield made


def listeners(manager: socket.socket, *given: tuple[str, socket.socket]) -> Listeners:
    notifier = Notifier({"NOTIFY_SOCKET": manager.getsockname()})
    return Listeners(ReadyPipe(None), notifier, list(given))


def heard(manager: socket.socket) -> list[str]:
    """The first word of everything that was said."""
    found = []
    while True:
        try:
            found.append(manager.recv(4096).decode().partition("=")[0])
        except BlockingIOError:
            return found


def port_of(listening: socket.socket) -> int:
    return int(listening.getsockname()[1])


def test_our_own_is_given_to_the_manager(manager: socket.socket) -> None:
    """Nothing was given: we take the address, and the manager keeps it for the next one."""
    with listeners(manager).bound(HOST, 0) as own:
        assert port_of(own)

    assert heard(manager) == ["FDSTORE"]


@pytest.mark.parametrize("name", [STORED, "aimux.socket"])
def test_what_the_manager_has_is_taken(manager: socket.socket, name: str) -> None:
    """The first that is for our address; a second one of the same is closed."""
    one = socket.create_server((HOST, 0))
    two = socket.socket(fileno=os.dup(one.fileno()))

    with listeners(manager, (name, one), ("other", two)).bound(HOST, port_of(one)) as found:
        assert found is one
        assert two.fileno() == -1

    assert heard(manager) == []


def test_what_is_for_another_address_is_closed(manager: socket.socket) -> None:
    """The port has changed: the manager gives up its copy, and gets the new one."""
    with socket.create_server((HOST, 0)) as free:
        port = port_of(free)
    old = socket.create_server((HOST, 0))

    with listeners(manager, (STORED, old)).bound(HOST, port) as found:
        assert port_of(found) == port
        assert old.fileno() == -1

    assert heard(manager) == ["FDSTOREREMOVE", "FDSTORE"]


def test_whom_to_follow(tmp_path: Path) -> None:
    """Only where the environment says so, which it then says no more; and only one who answers."""
    paths = Paths(config=tmp_path / "c", state=tmp_path)
    environ = {SUCCEED: CONFIGURED, "OTHER": "kept"}

    found = Listeners.of(environ)

    assert environ == {"OTHER": "kept"}
    assert found.succeeds == CONFIGURED
    assert found.predecessor(paths) is None
    assert Listeners.of(environ).predecessor(paths) is None


@pytest.mark.parametrize("same", [True, False])
def test_taking_over(manager: socket.socket, same: bool) -> None:
    """The socket of the one before, where the address is the same; the manager follows where it is not."""
    ours, its = socket.socketpair()
    inherited = socket.create_server((HOST, 0))
    port = port_of(inherited) if same else 0
    with socket.create_server((HOST, 0)) as free:
        port = port or port_of(free)
    made = listeners(manager)
    taking = Listeners(
        made.pipe, made.notifier, [], CONFIGURED, Predecessor(ours, inherited, -1, CONFIGURED)
    )
    its.sendall(b"yielded\n")
    taking.begin_taking_over()
    with taking.bound(HOST, port) as listening:
        assert (listening is inherited) is same
        heard(manager)
        its.sendall(b"gone\n")
        taking.take_over(listening)
        assert heard(manager) == ([] if same else ["FDSTOREREMOVE", "FDSTORE"])
        its.close()
        with pytest.raises(StartFailed, match="did not hand over"):
            taking.take_over(listening)
    ours.close()


def test_nobody_before(manager: socket.socket) -> None:
    """Then there is nothing to take over."""
    made = listeners(manager)
    with socket.create_server((HOST, 0)) as listening:
        made.begin_taking_over()
        made.take_over(listening)

    assert heard(manager) == []
