"""HTTP that is broken, slow or only unusual."""

from __future__ import annotations

import contextlib
import http.client
import io
import re
import socket
import threading
import time
import zlib
from typing import Final

import pytest

from tests.support.answers import ANTHROPIC, OPENAI_CHAT, answer
from tests.support.patience import PATIENCE_S
from tests.system.bad_input.door import GOOD_BODY, PATHS, Door, read_reply, rest_of

"""A head that does not get on is given up by then (the daemon's own limit is about half)."""

BROKEN: Final = {
    "two framings": "Content-Length: 5\r\nTransfer-Encoding: chunked",
    "two lengths": "Content-Length: 5\r\nContent-Length: 6",
    "negative length": "Content-Length: -5",
    "signed length": "Content-Length: +5",
    "no length": "Content-Length: five",
    "unknown coding": "Transfer-Encoding: chunked, gzip",
    "folded header": "X-A: 1\r\n 2",
    "space before colon": "X-A : 1",
    "nul in header": "X-A: a\x00b",
    "bare cr": "X-A: a\rb",
    "no name": ": a",
    "header too large": "X-A: " + "a" * 200_000,
    "too many headers": "\r\n".join(f"X-{number}: {'a' * 500}" for number in range(2000)),
}


@pytest.mark.parametrize("lines", BROKEN.values(), ids=BROKEN)
def test_broken_http_is_refused_and_the_connection_closed(door: Door, lines: str) -> None:
    """A 4xx that says why, and nothing of what follows is taken for another request."""
    smuggled = door.head("POST", PATHS[ANTHROPIC], f"Content-Length: {len(GOOD_BODY)}") + GOOD_BODY
    request = door.head("POST", PATHS[ANTHROPIC], lines) + b"0\r\n\r\n" + smuggled

    with door.open() as client:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            client.sendall(request)
        reply = read_reply(client)
        rest = rest_of(client)

    assert 400 <= reply.status < 500
    assert reply.json["error"]["message"]
    assert rest == b""


@pytest.mark.parametrize(
    "line",
    [
        "",
        "POST",
        "POST /v1/messages",
        "POST /v1/messages HTTP/9.9",
        "BREW / HTTP/1.1",
        "\x16\x03\x01\x02",
    ],
)
def test_what_is_not_http_is_refused(door: Door, line: str) -> None:
    """A 4xx or a closed connection; TLS spoken to a plain port is the common case."""
    with door.open() as client:
        client.sendall(line.encode("latin-1") + b"\r\n\r\n")
        client.shutdown(socket.SHUT_WR)
        answered = rest_of(client)

    # without a version a request is HTTP/0.9's, whose Host nobody can name
    assert answered == b"" or re.match(rb"HTTP/(?:0\.9|1\.[01]) 4", answered)


def test_a_head_that_does_not_get_on_is_given_up(door: Door) -> None:
    """Slow heads do not hold connections for ever, and nobody else waits for them."""
    started = time.monotonic()
    with door.open() as slow:
        slow.settimeout(PATIENCE_S)
        slow.sendall(b"POST /v1/messages HTTP/1.1\r\nHost: 127.0.0.1\r\nX-A: ")
        dripping = threading.Event()
        dripper = threading.Thread(target=_drip, args=(slow, dripping))
        dripper.start()
        door.upstream.always("*", answer(ANTHROPIC))
        assert door.is_well()
        door.upstream.forget()
        try:
            rest_of(slow)
        finally:
            dripping.set()
            dripper.join()

    assert time.monotonic() - started < PATIENCE_S


def _drip(client: socket.socket, enough: threading.Event) -> None:
    """One byte a second: never idle, never done."""
    with contextlib.suppress(OSError):
        while not enough.wait(1.0):
            client.sendall(b"a")


def test_many_broken_connections_at_once(door: Door) -> None:
    """A hundred clients that leave in the middle of a body do no harm."""
    clients = [door.open() for _ in range(100)]
    for client in clients:
        client.sendall(door.head("POST", PATHS[ANTHROPIC], "Content-Length: 1000") + b'{"model"')
    for client in clients:
        client.close()


# ---------------------------------------------------------------- unusual, but right


def test_pipelined_requests_are_answered_in_order(served: Door) -> None:
    """Two requests in one packet get two whole answers."""
    served.upstream.forget()
    served.upstream.always("/v1/messages", answer(ANTHROPIC))
    served.upstream.always("/v1/chat/completions", answer(OPENAI_CHAT))
    length = f"Content-Length: {len(GOOD_BODY)}"
    first = served.head("POST", PATHS[ANTHROPIC], length) + GOOD_BODY
    second = served.head("POST", PATHS[OPENAI_CHAT], length, "Connection: close") + GOOD_BODY

    with served.open() as client:
        client.sendall(first + second)
        received = rest_of(client)

    replies = []
    stream = _Replayed(received)
    for _ in range(2):
        response = http.client.HTTPResponse(stream)  # type: ignore[arg-type]  # all it needs is makefile
        response.begin()
        replies.append((response.status, response.read()))
    assert replies == [(200, answer(ANTHROPIC).body), (200, answer(OPENAI_CHAT).body)]


class _Replayed(io.BytesIO):
    """Bytes that were received, for http.client to read several answers from."""

    def makefile(self, *_: object) -> io.BytesIO:
        """What http.client asks a socket for."""
        return self

    def close(self) -> None:
        """Stays open: the next answer is read on."""


def test_gzip_and_chunks_are_read(served: Door) -> None:
    """A compressed, chunked request of the right size is an ordinary one."""
    served.upstream.forget()
    served.upstream.always("*", answer(ANTHROPIC))
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    packed = packer.compress(GOOD_BODY) + packer.flush()
    head = served.head(
        "POST", PATHS[ANTHROPIC], "Content-Encoding: gzip", "Transfer-Encoding: chunked"
    )
    half = len(packed) // 2
    chunks = [b"%x\r\n%b\r\n" % (len(part), part) for part in (packed[:half], packed[half:])]

    reply = served.send(head + b"".join(chunks) + b"0\r\n\r\n")

    assert reply.status == 200
    received = served.upstream.wait(1)
    assert received.body == GOOD_BODY
    assert received.header("content-encoding") is None


def test_a_lone_surrogate_goes_through_as_it_came(served: Door) -> None:
    """Agents send them (half an emoji cut off); it is legal JSON and none of our business."""
    served.upstream.forget()
    served.upstream.always("*", answer(ANTHROPIC))
    body = b'{"model":"m","messages":[{"role":"user","content":"half \\ud83d"}]}'

    reply = served.post(PATHS[ANTHROPIC], body)

    assert reply.status == 200
    assert served.upstream.wait(1).body == body


def test_the_log_has_a_line_for_what_was_refused(served: Door) -> None:
    """By the id that the client was given."""
    reply = served.post(PATHS[ANTHROPIC], b"hello")

    wanted = reply.headers["x-aimux-request-id"]
    deadline = time.monotonic() + PATIENCE_S
    while not any(line.get("request_id") == wanted for line in served.home.log()):
        assert time.monotonic() < deadline, "no line of the log has the id"
        time.sleep(0.05)
