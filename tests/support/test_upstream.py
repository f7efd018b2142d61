"""The fake upstream does what its script says: what the other tests rest on."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import http.client
import socket
from pathlib import Path

import pytest

from tests.support.certificates import self_signed
from tests.support.gateway import open_gateway
from tests.support.patience import PATIENCE_S
from tests.support.upstream import (
    CUT,
    FOREVER,
    RESET,
    SILENCE,
    Answer,
    FakeUpstream,
    Gate,
    Pause,
    Piece,
)


def _send(upstream: FakeUpstream, request: bytes, limit_s: float = PATIENCE_S) -> socket.socket:
    client = socket.create_connection(("127.0.0.1", upstream.port), timeout=limit_s)
    client.sendall(request)
    return client


def _read_all(client: socket.socket) -> bytes:
    with client:
        received = b""
        while data := client.recv(65536):
            received += data
        return received


def test_a_request_is_recorded_byte_for_byte(upstream: FakeUpstream) -> None:
    """Method, target, header order and case, and body are kept as they came."""
    upstream.script("/v1/x", Answer(pieces=(b'{"a":1}',), framing="close"))
    head = b"POST /v1/x?beta=true HTTP/1.1\r\nHost: a\r\nX-B:  two \r\nx-a: 1\r\nContent-Length: 3\r\n\r\n"

    answer = _read_all(_send(upstream, head + b"abc"))

    received = upstream.wait(1)
    assert received.head == head
    assert (received.method, received.target, received.path) == ("POST", "/v1/x?beta=true", "/v1/x")
    assert received.headers[1:3] == [("X-B", "two"), ("x-a", "1")]
    assert received.body == b"abc"
    assert received.answered
    assert not received.client_gone
    assert answer == (
        b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n\r\n"
        + b'{"a":1}'
    )


def test_a_chunked_request_is_put_together(upstream: FakeUpstream) -> None:
    """Chunk sizes, extensions and trailers do not stand in the body."""
    upstream.always("*", Answer(framing="close"))
    head = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"

    _read_all(_send(upstream, head + b"3;x=1\r\nabc\r\n2\r\nde\r\n0\r\nx-t: 1\r\n\r\n"))

    assert upstream.wait(1).body == b"abcde"


def test_answers_are_taken_in_order_then_the_default(upstream: FakeUpstream) -> None:
    """A queue belongs to its path; a path without a script is told so; connections are reused."""
    upstream.always("/a/*", Answer(pieces=(b"default",)))
    upstream.script("/a/*", Answer(pieces=(b"first",)), Answer(529, pieces=(b"second",)))
    client = http.client.HTTPConnection("127.0.0.1", upstream.port, timeout=PATIENCE_S)

    answers = []
    for path in ("/a/1", "/b", "/a/2?x=1", "/a/1"):
        client.request("GET", path)
        response = client.getresponse()
        answers.append((response.status, response.read()))
    client.close()

    assert answers == [
        (200, b"first"),
        (404, b"no answer is scripted for /b"),
        (529, b"second"),
        (200, b"default"),
    ]
    assert {received.connection for received in upstream.requests} == {1}


@pytest.mark.parametrize(
    ("framing", "wire"),
    [
        ("length", b"content-length: 4\r\n\r\nabcd"),
        ("chunked", b"transfer-encoding: chunked\r\n\r\n2\r\nab\r\n2\r\ncd\r\n0\r\n\r\n"),
        ("close", b"connection: close\r\n\r\nabcd"),
        ("bare", b"x: y\r\n\r\nabcd"),
    ],
)
def test_framing(upstream: FakeUpstream, framing: str, wire: bytes) -> None:
    """Each framing is on the wire as named."""
    answer = Answer(headers=(("x", "y"),), pieces=(b"ab", b"cd"), framing=framing, keep_alive=False)  # type: ignore[arg-type]  # a table of names
    upstream.script("/", answer)

    got = _read_all(_send(upstream, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"))

    assert got.endswith(wire)
    assert answer.body == b"abcd"


def test_a_gate_holds_the_answer_until_the_test_opens_it(upstream: FakeUpstream) -> None:
    """What stands before a gate is with the client while what stands behind it is not sent."""
    gate = Gate()
    upstream.script("/", Answer(pieces=(b"one", Pause(gate), b"two"), framing="close"))
    client = _send(upstream, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    gate.wait_reached()
    before = client.recv(65536)
    client.settimeout(0.05)
    with pytest.raises(TimeoutError):
        client.recv(1)
    client.settimeout(PATIENCE_S)

    gate.open()
    gate.open()

    assert before.endswith(b"one")
    assert _read_all(client) == b"two"


@pytest.mark.parametrize("framing", ["length", "chunked"])
def test_a_cut_ends_the_connection_in_the_middle(upstream: FakeUpstream, framing: str) -> None:
    """The length counts what is never sent; a chunked answer lacks its end."""
    answer = Answer(pieces=(b"ab", CUT, b"cd"), framing=framing)  # type: ignore[arg-type]  # a table of names
    upstream.script("/", answer)

    got = _read_all(_send(upstream, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"))

    assert answer.body == b"ab"
    assert got.endswith(b"content-length: 4\r\n\r\nab" if framing == "length" else b"2\r\nab\r\n")
    assert not upstream.wait(1).client_gone


@pytest.mark.parametrize("before", [(RESET,), (Pause(0.01), RESET)])
def test_a_reset_is_a_reset(upstream: FakeUpstream, before: tuple[Piece, ...]) -> None:
    """The client's read fails; it does not see an end."""
    upstream.script("/", Answer(before=before))
    client = _send(upstream, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")

    with client, pytest.raises(ConnectionResetError):
        client.recv(1)


def test_silence_and_an_early_close_are_noticed(upstream: FakeUpstream) -> None:
    """A request that is never answered is recorded, and so is the client that gave up."""
    upstream.script("/", SILENCE)
    client = _send(upstream, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    received = upstream.wait(1)
    assert not received.client_gone

    client.close()

    received.wait_gone()
    assert received.sent_bytes == 0


async def test_it_serves_async_tests(upstream: FakeUpstream) -> None:
    """The waiting calls have awaitable twins that do not block the loop."""
    gate = Gate()
    upstream.script("/", Answer(pieces=(b"x", Pause(gate), FOREVER)))
    reader, writer = await asyncio.open_connection("127.0.0.1", upstream.port)
    writer.write(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    received = await upstream.arrival(1)
    await gate.reached()
    head = await reader.readuntil(b"\r\n\r\n")

    gate.open()
    writer.close()
    await writer.wait_closed()
    await received.departure()

    assert head.startswith(b"HTTP/1.1 200 OK\r\n")


def test_an_answer_may_come_before_the_body(upstream: FakeUpstream) -> None:
    """``reads_body=False`` answers at the head; ``before`` is written as it is."""
    early = Answer(
        413, before=(b"HTTP/1.1 103 Early Hints\r\n\r\n",), reads_body=False, keep_alive=False
    )
    upstream.script("/", early)

    got = _read_all(_send(upstream, b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99\r\n\r\n"))

    assert got.startswith(b"HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 413 ")
    assert upstream.wait(1).body == b""


def test_a_client_that_does_not_read_stops_the_writing(upstream: FakeUpstream) -> None:
    """``sent_bytes`` stands still: back-pressure can be seen."""
    gate = Gate()
    piece = b"x" * 1_000_000
    upstream.script("/", Answer(pieces=(piece,) * 50 + (Pause(gate),), framing="close"))
    with _send(upstream, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n") as client:
        received = upstream.wait(1)
        with pytest.raises(AssertionError, match="no answer reached"):
            gate.wait_reached(0.2)
        halted = received.sent_bytes
        client.recv(1)

    assert halted < 40_000_000


def test_it_can_be_restarted_and_dropped(upstream: FakeUpstream) -> None:
    """A second upstream on the port of a closed one is a restart; idle connections can be closed."""
    upstream.always("/", Answer())
    client = _send(upstream, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    while not client.recv(65536).endswith(b"{}"):
        pass

    upstream.drop_connections()

    assert _read_all(client) == b""
    other = FakeUpstream()
    other.start().close()
    with FakeUpstream(port=other.port) as again:
        assert again.url == f"http://127.0.0.1:{other.port}"
        with pytest.raises(OSError, match=r"in use"):
            FakeUpstream(port=again.port).start()


@pytest.mark.parametrize("secured", [False, True])
def test_a_connection_that_comes_as_it_closes_is_closed(tmp_path: Path, secured: bool) -> None:
    """However far asyncio is with it: accepted, not yet heard of, or in the middle of a handshake."""
    tls = self_signed(tmp_path)[0] if secured else None
    for _ in range(20):
        with FakeUpstream(tls=tls) as upstream:
            client = socket.create_connection(("127.0.0.1", upstream.port), timeout=PATIENCE_S)
        with client, contextlib.suppress(ConnectionResetError):  # it was not even accepted
            assert client.recv(1) == b""
    gc.collect()  # a socket that nobody owns is a warning, which is an error


async def test_a_gateway_closes_a_connection_that_comes_as_it_closes() -> None:
    """The same, turn by turn of the loop."""
    for turns in range(5):
        async with open_gateway() as served:
            address = ("127.0.0.1", int(served.url.rpartition(":")[2]))
            client = socket.create_connection(address)
            for _ in range(turns):
                await asyncio.sleep(0)
        client.close()
    gc.collect()
