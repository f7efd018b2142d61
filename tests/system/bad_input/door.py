"""The daemon's socket, spoken to without an HTTP library: one would refuse to send most of this."""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
from dataclasses import dataclass
from typing import Any, Final

from aimux.model.request import WireFormat
from tests.support.answers import ANTHROPIC, GEMINI, OPENAI_CHAT, OPENAI_RESPONSES, answer
from tests.support.daemon import Home
from tests.support.patience import PATIENCE_S
from tests.support.upstream import FakeUpstream

MAX_BODY_MB: Final = 2
PATHS: Final = {
    ANTHROPIC: "/v1/messages",
    OPENAI_CHAT: "/v1/chat/completions",
    OPENAI_RESPONSES: "/v1/responses",
    GEMINI: "/v1beta/models/m:generateContent",
}
GOOD_BODY: Final = b'{"model":"m","max_tokens":9,"messages":[]}'


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body, which must say that it is JSON."""
        assert self.headers["content-type"].startswith("application/json"), self
        return json.loads(self.body)


class Door:
    """The daemon's socket."""

    def __init__(self, home: Home, upstream: FakeUpstream) -> None:
        self.home, self.upstream = home, upstream
        self.host, _, port = home.presence.address.partition(":")
        self.port = int(port)

    def open(self) -> socket.socket:
        """A connection."""
        return socket.create_connection((self.host, self.port), timeout=PATIENCE_S)

    def head(self, method: str, target: str, *lines: str, token: str | None = None) -> bytes:
        """A request's head with Host and a token; ``lines`` may say otherwise."""
        names = {line.partition(":")[0].lower() for line in lines}
        more = [f"Host: {self.host}:{self.port}"] if "host" not in names else []
        more.append(f"Authorization: Bearer {token or self.home.token}")
        if "content-type" not in names:
            more.append("Content-Type: application/json")
        return "\r\n".join([f"{method} {target} HTTP/1.1", *more, *lines, "", ""]).encode("latin-1")

    def post(self, target: str, body: bytes, *lines: str, token: str | None = None) -> Reply:
        """Posts a body with its right length."""
        length = f"Content-Length: {len(body)}"
        return self.send(self.head("POST", target, length, *lines, token=token) + body)

    def send(self, data: bytes, method: str = "POST") -> Reply:
        """Sends bytes and reads one answer."""
        with self.open() as client:
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                client.sendall(data)  # who refuses early need not read all of it
            return read_reply(client, method)

    def is_well(self) -> bool:
        """Whether an ordinary request is still answered as it should be."""
        reply = self.post(PATHS[ANTHROPIC], GOOD_BODY)
        return reply.status == 200 and reply.body == answer(ANTHROPIC).body


def read_reply(client: socket.socket, method: str = "POST") -> Reply:
    """One answer from a connection."""
    response = http.client.HTTPResponse(client, method=method)
    response.begin()
    headers = {name.lower(): value for name, value in response.getheaders()}
    return Reply(response.status, headers, response.read())


def rest_of(client: socket.socket) -> bytes:
    """What comes until the other side closes."""
    received = b""
    with contextlib.suppress(ConnectionResetError):
        while data := client.recv(65536):
            received += data
    return received


def said(wire_format: WireFormat, reply: Reply) -> str:
    """The message of an error, which must have the shape of its dialect and carry the request's id."""
    body = reply.json
    assert reply.headers["x-aimux-request-id"]
    match wire_format:
        case WireFormat.ANTHROPIC:
            assert body["type"] == "error"
            assert body["request_id"]
            assert set(body["error"]) >= {"type", "message"}
        case WireFormat.OPENAI_CHAT | WireFormat.OPENAI_RESPONSES:
            assert set(body["error"]) >= {"message", "type", "param", "code"}
        case WireFormat.GEMINI:
            assert body["error"]["code"] == reply.status
            assert body["error"]["status"].isupper()
    return str(body["error"]["message"])
