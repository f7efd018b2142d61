"""The fake vendor: an HTTP server that hears a request strictly and says what the model says.

Standard library only, one thread a connection.  It keeps every request with its answer and with what was
wrong; a stream goes out in pieces that respect neither events nor characters.
"""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final, Self

from tests.agents.model import Model
from tests.agents.task import STEPS, THOUGHTS
from tests.agents.vendors import KEY, Vendor
from tests.agents.words import Json, Refused, Request

CARRIERS: Final = (b"aimux1.", b"YWltdXgx")
"""How state that aimux keeps in a client's slots begins, as it is and as base64."""
_PIECE_BYTES: Final = 61
_CREDENTIALS: Final = ("authorization", "x-api-key", "x-goog-api-key", "api-key")


@dataclass(slots=True)
class Exchange:
    """One request and what became of it."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes
    status: int = 0
    answer: bytes = b""
    step: int | None = None
    """Which step of the script was answered; None for a helper request."""
    faults: list[str] = field(default_factory=list)

    @property
    def what(self) -> str:
        """Its step in words."""
        if self.step is None:
            return "helper"
        return STEPS[self.step].name if self.step < len(STEPS) else "beyond the script"


class Upstream:
    """One vendor with the scripted model, on a port of its own; a context manager."""

    def __init__(self, vendor: Vendor, model: Model, foreign_token: str = "") -> None:
        """``foreign_token`` is the client's own, which must never come here."""
        self.vendor = vendor
        self.model = model
        self.foreign_token = foreign_token
        self.exchanges: list[Exchange] = []
        self._lock = threading.Lock()
        upstream = self

        class Handler(_Handler):
            owner = upstream

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.05,), daemon=True
        )

    @property
    def url(self) -> str:
        """The base address that a client of this vendor is given."""
        return f"http://127.0.0.1:{self._server.server_address[1]}{self.vendor.base}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)

    def enter(self, exchange: Exchange) -> int:
        """Keeps an exchange; returns its number, from 1."""
        with self._lock:
            self.exchanges.append(exchange)
            return len(self.exchanges)

    # ------------------------------------------------------------ answers

    def answer(self, exchange: Exchange, serial: int) -> Iterator[bytes]:
        """Decides what a request gets: its first item is the head's content type, the rest the body."""
        path, _, query = exchange.target.partition("?")
        if exchange.method in {"GET", "HEAD"}:
            yield from _json(self.vendor.listing if path.endswith("/models") else {})
            return
        if self.vendor.is_counted(path):
            yield from _json(self.vendor.count)
            return
        exchange.status = 400
        try:
            yield from self._generated(exchange, path, query, serial)
        except Refused as problem:
            exchange.faults.append(problem.message)
            yield from _json(self.vendor.refusal(problem))
        except (AttributeError, KeyError, TypeError, ValueError, IndexError) as problem:
            # A shape that no check foresaw: the vendor's own 400 would be as unspecific.
            exchange.faults.append(f"malformed: {problem!r}")
            yield from _json(self.vendor.refusal(Refused("the request is malformed")))

    def _generated(self, exchange: Exchange, path: str, query: str, serial: int) -> Iterator[bytes]:
        if not self.vendor.is_asked(path):
            exchange.status = 404
            raise Refused(f"{exchange.method} {path} is not there")
        self._guard(exchange)
        body = _document(exchange.body)
        request = Request(path, query, exchange.headers, body, exchange.body)
        heard = self.vendor.hear(request, THOUGHTS)
        said = self.model.answer(heard)
        exchange.step, exchange.status = said.step, 200
        exchange.faults += said.faults
        if not heard.streams:
            yield from _json(self.vendor.whole(said.reply, heard, serial))
            return
        yield b"text/event-stream; charset=utf-8"
        yield from self.vendor.stream(said.reply, heard, serial)

    def _guard(self, exchange: Exchange) -> None:
        """What no vendor checks, and no gateway may do."""
        if any(mark in exchange.body for mark in CARRIERS):
            raise Refused("a carrier came: state that aimux should have opened or dropped")
        if self.foreign_token and self.foreign_token in str(exchange.headers):
            raise Refused("the client's own token came")
        keys = [exchange.headers[name] for name in _CREDENTIALS if name in exchange.headers]
        if not keys or any(key.removeprefix("Bearer ") != KEY for key in keys):
            exchange.status = 401
            raise Refused(f"the key is not the vendor's: {sorted(exchange.headers)}")


def _json(value: Any) -> Iterator[bytes]:
    yield b"application/json"
    yield json.dumps(value, ensure_ascii=False).encode()


def _document(body: bytes) -> Json:
    try:
        document = json.loads(body)
    except ValueError as problem:
        raise Refused(f"the body is not JSON: {problem}") from problem
    if not isinstance(document, dict):
        raise Refused("the body is not an object")
    return document


class _Handler(http.server.BaseHTTPRequestHandler):
    """Reads requests and writes answers; one a connection."""

    protocol_version = "HTTP/1.1"
    owner: Upstream

    def handle_one(self) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        exchange = Exchange(self.command, self.path, headers, self._body(), status=200)
        serial = self.owner.enter(exchange)
        kind, *parts = self.owner.answer(exchange, serial)
        exchange.answer = b"".join(parts)
        self.send_response(exchange.status)
        self.send_header("content-type", kind.decode())
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        if self.command == "HEAD":
            return
        for start in range(0, len(exchange.answer), _PIECE_BYTES):
            piece = exchange.answer[start : start + _PIECE_BYTES]
            self.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece))
        self.wfile.write(b"0\r\n\r\n")

    do_GET = do_HEAD = do_POST = handle_one  # noqa: N815 -- the library's names

    def _body(self) -> bytes:
        if "chunked" not in self.headers.get("transfer-encoding", "").lower():
            return self.rfile.read(int(self.headers.get("content-length") or 0))
        chunks: list[bytes] = []
        while size := int(self.rfile.readline().partition(b";")[0], 16):
            chunks.append(self.rfile.read(size + 2)[:-2])
        while self.rfile.readline() not in {b"\r\n", b""}:
            pass
        return b"".join(chunks)

    def log_message(self, *_: object) -> None:
        """Says nothing: what came is kept."""
