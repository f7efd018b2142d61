"""Who asks, and for what: tokens, paths, methods, foreign hosts, foreign pages."""

from __future__ import annotations

from typing import Final

import pytest

from aimux.model.request import WireFormat
from tests.support.answers import ANTHROPIC, GEMINI, OPENAI_CHAT, OPENAI_RESPONSES
from tests.system.bad_input.door import GOOD_BODY, PATHS, Door, said


@pytest.mark.parametrize("token", ["wrong", "aimux-client-wrong", "x" * 4000, "\xe9", " "])
@pytest.mark.parametrize("wire_format", WireFormat)
def test_a_wrong_token_is_refused(door: Door, wire_format: WireFormat, token: str) -> None:
    """401, told not to try again, and the token is not repeated."""
    reply = door.post(PATHS[wire_format], GOOD_BODY, token=token)

    assert reply.status == 401
    assert token not in said(wire_format, reply) or token == " "
    assert reply.headers["x-should-retry"] == "false"


@pytest.mark.parametrize("wire_format", WireFormat)
def test_no_token_is_refused(door: Door, wire_format: WireFormat) -> None:
    """401, and the message says what is needed."""
    head = door.head("POST", PATHS[wire_format], f"Content-Length: {len(GOOD_BODY)}")
    lines = [line for line in head.split(b"\r\n") if not line.startswith(b"Authorization")]

    reply = door.send(b"\r\n".join(lines) + GOOD_BODY)

    assert reply.status == 401
    assert "token" in said(wire_format, reply)


@pytest.mark.parametrize(
    ("path", "wire_format"),
    [
        ("/v1/messages/nothing", ANTHROPIC),
        ("/anthropic/v1/nothing", ANTHROPIC),
        ("/v1beta/nothing", GEMINI),
        ("/v1beta/models/m:noSuchMethod", GEMINI),
        ("/v1/chat/nothing", OPENAI_CHAT),
        ("/v1/responses/nothing/nothing", OPENAI_RESPONSES),
        ("/v1/nothing", OPENAI_CHAT),
        ("/", OPENAI_CHAT),
        ("/nothing", OPENAI_CHAT),
        ("//v1/messages", OPENAI_CHAT),
        ("/v1/../aimux/v1/status", OPENAI_CHAT),
        ("/%2e%2e/%2e%2e/etc/passwd", OPENAI_CHAT),
    ],
)
def test_an_unknown_path_is_not_found(door: Door, path: str, wire_format: WireFormat) -> None:
    """404 (or 405 where it exists for reading), in the dialect that the path suggests."""
    reply = door.post(path, GOOD_BODY)

    assert reply.status in {404, 405}
    assert said(wire_format, reply)


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH"])
@pytest.mark.parametrize("wire_format", WireFormat)
def test_a_wrong_method_is_said_to_be_wrong(
    door: Door, wire_format: WireFormat, method: str
) -> None:
    """405, in the asker's dialect; reading Gemini's path asks for a model that is not there."""
    head = door.head(method, PATHS[wire_format], f"Content-Length: {len(GOOD_BODY)}")

    reply = door.send(head + GOOD_BODY, method)

    assert reply.status == (404 if method == "GET" and wire_format is GEMINI else 405)
    assert said(wire_format, reply)


FOREIGN_HOSTS: Final = (
    "evil.example",
    "evil.example:24689",
    "127.0.0.1.evil.example",
    "localhost.evil.example",
    "127.0.0.1@evil.example",
    "0.0.0.0",
    "",
)


@pytest.mark.parametrize("host", FOREIGN_HOSTS)
@pytest.mark.parametrize(
    "path", [*PATHS.values(), "/health", "/v1/models", "/aimux/v1/status", "/no"]
)
def test_a_foreign_host_is_misdirected(door: Door, path: str, host: str) -> None:
    """421 on every path, whatever the token: the page of a rebound name gets nothing."""
    method = "POST" if path in PATHS.values() else "GET"
    head = door.head(method, path, f"Host: {host}", f"Content-Length: {len(GOOD_BODY)}")

    reply = door.send(head + GOOD_BODY, method)

    assert reply.status in {421, 400} if not host else reply.status == 421
    assert reply.json["error"]["message"]


@pytest.mark.parametrize(
    "hosts", [(), ("Host: 127.0.0.1", "Host: evil.example")], ids=["none", "two"]
)
def test_no_host_and_two_hosts_are_refused(door: Door, hosts: tuple[str, ...]) -> None:
    """RFC 9112, 3.2: 400 for either; 421 says the same."""
    head = door.head("POST", PATHS[ANTHROPIC], "Host: x", f"Content-Length: {len(GOOD_BODY)}")
    lines = [line for line in head.split(b"\r\n") if not line.startswith(b"Host")]
    lines[1:1] = [host.encode() for host in hosts]

    reply = door.send(b"\r\n".join(lines) + GOOD_BODY)

    assert reply.status in {400, 421}


@pytest.mark.parametrize(
    "line",
    [
        "Origin: https://evil.example",
        "Origin: null",
        "Origin: http://localhost:1",
        "Sec-Fetch-Site: cross-site",
        "Sec-Fetch-Site: same-site",
    ],
)
@pytest.mark.parametrize("path", [*PATHS.values(), "/aimux/v1/status", "/v1/models"])
def test_a_foreign_page_is_forbidden(door: Door, path: str, line: str) -> None:
    """403 on every path, also for a preflight, and no header permits it anything."""
    for method in ("POST", "OPTIONS", "GET"):
        head = door.head(method, path, line, f"Content-Length: {len(GOOD_BODY)}")

        reply = door.send(head + GOOD_BODY, method)

        assert reply.status == 403
        assert not [name for name in reply.headers if name.startswith("access-control-")]
