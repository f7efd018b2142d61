"""The address the daemon listens on, and who has it when it is not to be had.

The port is taken or refused, never changed in silence: clients have it in their settings.
"""

from __future__ import annotations

import contextlib
import errno
import http.client
import ipaddress
import socket
from typing import Final

from aimux.admin.shapes import API
from aimux.errors import DaemonError, PortInUse
from aimux.telemetry.resources import Listener, listener_on

_PROBE_S: Final = 0.5


def bound(host: str, port: int) -> socket.socket:
    """A socket bound to the address; not listening yet.

    Raises:
        PortInUse: another program has it; the message says which, where the system tells us.
        DaemonError: the host is none of this machine's, or the port needs more rights.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except OSError as problem:
        raise DaemonError(
            f"{host!r} is no address of this machine: {problem.strerror}",
            hint='set server.host, usually to "127.0.0.1"',
        ) from problem
    taken = socket.socket(family, kind, protocol)
    try:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(address)
        taken.listen(1024)
    except OSError as problem:
        taken.close()
        raise _refused(host, port, problem) from problem
    return taken


def is_wanted(given: socket.socket, host: str, port: int) -> bool:
    """Whether a socket that was handed to us listens where the configuration wants it; port 0 is any."""
    try:
        resolved = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][4]
        there = given.getsockname()
        listens = given.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
    except OSError:
        return False
    return bool(listens) and there[0] == resolved[0] and port in {0, there[1]}


def address_of(bound_socket: socket.socket) -> str:
    """host:port of a bound socket."""
    host, port = bound_socket.getsockname()[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def url_of(bound_socket: socket.socket) -> str:
    """What a client on this machine calls the address; a wildcard becomes loopback."""
    host, port = bound_socket.getsockname()[:2]
    with contextlib.suppress(ValueError):
        at = ipaddress.ip_address(host)
        if at.is_unspecified:
            host = "127.0.0.1" if at.version == 4 else "::1"
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _refused(host: str, port: int, problem: OSError) -> DaemonError:
    if problem.errno == errno.EADDRINUSE:
        return port_in_use(host, port)
    if problem.errno == errno.EACCES:
        return DaemonError(
            f"port {port} needs more rights than this user has",
            hint="take a port above 1023: aimux config set server.port 24689",
        )
    return DaemonError(
        f"cannot listen on {host}:{port}: {problem.strerror}",
        hint='set server.host, usually to "127.0.0.1"',
    )


def port_in_use(host: str, port: int) -> PortInUse:
    """The error that says who has the port, and both ways out."""
    other_port = f"aimux config set server.port {port + 1 if port < 65535 else port - 1}"
    who = listener_on(port) or Listener(None)
    if who.pid is not None:
        command = f": {who.command}" if who.command else ""
        return PortInUse(
            f"port {port} is used by {who.name or 'a process'} "
            f"(pid {who.pid}, user {who.user or 'unknown'}){command}",
            hint=f"stop it (kill {who.pid}), or choose another port: {other_port}",
        )
    if _is_aimux(host, port):
        return PortInUse(
            f"port {port} is used by another aimux, one with another AIMUX_HOME or user",
            hint=f"stop that one, or choose another port: {other_port}",
        )
    return PortInUse(
        f"port {port} is used by a process that is not to be seen, probably another user's",
        hint=f"see it with: sudo ss -ltnp 'sport = :{port}'; or choose another port: {other_port}",
    )


def _is_aimux(host: str, port: int) -> bool:
    """Whether an aimux answers there: even a refusal of it has its mark.  Its process is hidden from
    other users and from its own, so that nothing else can tell.
    """
    connection = http.client.HTTPConnection(host, port, timeout=_PROBE_S)
    try:
        connection.request("GET", f"{API}/ping")
        return connection.getresponse().getheader("x-aimux-request-id") is not None
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
