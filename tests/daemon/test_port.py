"""The address: taken, or refused with the name of who has it."""

from __future__ import annotations

import errno
import os
import re
import socket

import pytest

from aimux.daemon import port as port_module
from aimux.daemon.port import address_of, bound, is_wanted, port_in_use, url_of
from aimux.errors import DaemonError, PortInUse
from aimux.telemetry.resources import Listener
from tests.support.script import Answer
from tests.support.upstream import FakeUpstream


@pytest.mark.parametrize(
    ("host", "address", "url"),
    [
        ("127.0.0.1", r"127\.0\.0\.1:\d+", r"http://127\.0\.0\.1:\d+"),
        ("localhost", r"(127\.0\.0\.1|\[::1\]):\d+", r"http://(127\.0\.0\.1|\[::1\]):\d+"),
        ("0.0.0.0", r"0\.0\.0\.0:\d+", r"http://127\.0\.0\.1:\d+"),
    ],
)
def test_bound(host: str, address: str, url: str) -> None:
    """A free port is found; clients call a wildcard by its loopback name."""
    with bound(host, 0) as taken:
        assert re.fullmatch(address, address_of(taken))
        assert re.fullmatch(url, url_of(taken))


class SixSocket:
    """A socket bound to an address of IPv6, which this machine may not have."""

    def __init__(self, host: str) -> None:
        self.host = host

    def getsockname(self) -> tuple[str, int, int, int]:
        return (self.host, 81, 0, 0)


@pytest.mark.parametrize(
    ("host", "address", "url"),
    [("::1", "[::1]:81", "http://[::1]:81"), ("::", "[::]:81", "http://[::1]:81")],
)
def test_ipv6(host: str, address: str, url: str) -> None:
    """Addresses of IPv6 stand in brackets."""
    six = SixSocket(host)

    assert address_of(six) == address  # type: ignore[arg-type]  # stands for a socket
    assert url_of(six) == url  # type: ignore[arg-type]  # stands for a socket


def test_restart_on_the_same_port() -> None:
    """A port that was just in use can be taken again at once."""
    with bound("127.0.0.1", 0) as first:
        port = first.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)), first.accept()[0]:
            pass

    with bound("127.0.0.1", port) as second:
        assert second.getsockname()[1] == port


def test_taken_by_a_process_we_see() -> None:
    """The process is named, with both ways out."""
    with bound("127.0.0.1", 0) as first:
        port = first.getsockname()[1]
        with pytest.raises(
            PortInUse, match=f"port {port} is used by .* \\(pid {os.getpid()}, user "
        ):
            bound("127.0.0.1", port)


def test_taken_by_an_aimux(upstream: FakeUpstream, monkeypatch: pytest.MonkeyPatch) -> None:
    """An aimux hides its process and is known by the mark on its refusals."""
    monkeypatch.setattr(port_module, "listener_on", lambda _: Listener(None))
    upstream.always("*", Answer(status=401, headers=(("x-aimux-request-id", "ax_1"),)))

    found = port_in_use("127.0.0.1", upstream.port)

    assert "another aimux" in found.message


def test_taken_by_another_user(upstream: FakeUpstream, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that we may not see: how to see it."""
    monkeypatch.setattr(port_module, "listener_on", lambda _: Listener(None))
    upstream.always("*", Answer(status=404))

    found = port_in_use("127.0.0.1", upstream.port)

    assert "not to be seen" in found.message
    assert f"sudo ss -ltnp 'sport = :{upstream.port}'" in (found.hint or "")


def test_gone_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    """The other one may have left when we look: still an answer, no crash."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        found = port_in_use("127.0.0.1", free.getsockname()[1])

    assert "is used by" in found.message


def test_last_port(monkeypatch: pytest.MonkeyPatch) -> None:
    """The port proposed instead exists."""
    monkeypatch.setattr(port_module, "listener_on", lambda _: Listener(7))

    found = port_in_use("127.0.0.1", 65535)

    assert found.message == "port 65535 is used by a process (pid 7, user unknown)"
    assert "server.port 65534" in (found.hint or "")


@pytest.mark.parametrize(
    ("host", "text"),
    [
        ("no such host", "is no address of this machine"),
        ("192.0.2.1", "cannot listen on 192.0.2.1"),
    ],
)
def test_host_of_somebody_else(host: str, text: str) -> None:
    """A host that is no address, or another machine's."""
    with pytest.raises(DaemonError, match=text) as refused:
        bound(host, 0)

    assert "127.0.0.1" in (refused.value.hint or "")


def test_port_of_the_system() -> None:
    """A port for which the user has no right."""
    refused = port_module._refused("127.0.0.1", 80, OSError(errno.EACCES, "Permission denied"))

    assert "port 80 needs more rights" in refused.message


def test_a_socket_that_was_handed_down() -> None:
    """It is taken when it listens where the configuration wants; port 0 is content with any."""
    with bound("127.0.0.1", 0) as given, socket.socket() as deaf:
        port = given.getsockname()[1]
        deaf.bind(("127.0.0.1", 0))

        assert is_wanted(given, "127.0.0.1", port)
        assert is_wanted(given, "127.0.0.1", 0)
        assert not is_wanted(given, "127.0.0.1", port - 1)
        assert not is_wanted(given, "0.0.0.0", port)
        assert not is_wanted(given, "no such host.invalid", port)
        assert not is_wanted(deaf, "127.0.0.1", 0)
