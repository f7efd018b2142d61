"""The attacks of ``--security``: what a web page, another user or another machine would try.

Each is one request, written byte for byte, since libraries would not send most of them.  The door has
held where the answer is one of the refusals, or there is none at all; where no header of it permits
another origin anything; where it leads nowhere else; and where it does not tell a token.

None of them would change anything if it got through: the only one that changes state tells the daemon to
read its client tokens anew.
"""

from __future__ import annotations

import contextlib
import http.client
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from aimux.admin.shapes import API

PATIENCE_S: Final = 3.0
MODELS: Final = "/v1/models"
STATUS: Final = f"{API}/status"
TELLING: Final = f"{API}/tokens/reload"

NO_TOKEN: Final = frozenset({401})
FOREIGN_NAME: Final = frozenset({400, 421})
FOREIGN_PAGE: Final = frozenset({403})
NO_WAY: Final = frozenset({400, 401, 403, 404, 405, 415, 421})
NOT_JSON: Final = frozenset({415})
TOO_MUCH: Final = frozenset({400, 413, 414, 431})

Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Attack:
    """One request and the statuses that refuse it.  ``host`` None sends no Host header at all."""

    words: str
    target: str
    refusals: frozenset[int]
    headers: Headers = ()
    method: str = "GET"
    host: str | None = ""
    body: bytes = b""
    needs_auth: bool = False
    """Whether it is refused only where callers need a token."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one; ``hole`` is empty where the door held."""

    attack: Attack
    status: int | None
    hole: str


def attacks(client: str, admin: str, port: int) -> Iterator[Attack]:
    """All attacks; ``client`` and ``admin`` are real tokens, as a curious program may have found one."""
    yield from _tokens(client, admin)
    yield from _names(client)
    yield from _pages(client, admin, port)
    yield from _paths(client)
    yield from _framing(client)


def _bearer(token: str) -> tuple[str, str]:
    return "authorization", f"Bearer {token}"


def _tokens(client: str, admin: str) -> Iterator[Attack]:
    wrong = client[:-4] + ("aaaa" if not client.endswith("aaaa") else "bbbb")
    yield Attack("no token", MODELS, NO_TOKEN, needs_auth=True)
    yield Attack("a wrong token", MODELS, NO_TOKEN, (_bearer(wrong),), needs_auth=True)
    yield Attack("an empty token", MODELS, NO_TOKEN, (_bearer(""),), needs_auth=True)
    yield Attack("a part of the token", MODELS, NO_TOKEN, (_bearer(client[:-1]),), needs_auth=True)
    yield Attack("a wrong token in the address", f"{MODELS}?key={wrong}", NO_TOKEN, needs_auth=True)
    yield Attack(
        "the admin token as a client's", MODELS, NO_TOKEN, (_bearer(admin),), needs_auth=True
    )
    yield Attack("a request to a model without a token", "/v1/messages", NO_TOKEN,
                 (("content-type", "application/json"),), "POST", body=b"{}", needs_auth=True)  # fmt: skip
    yield Attack("the admin API without a token", STATUS, NO_TOKEN)
    yield Attack("the admin API with a client's token", STATUS, NO_TOKEN, (_bearer(client),))
    yield Attack("metrics without a token", "/metrics", NO_TOKEN, needs_auth=True)


def _names(client: str) -> Iterator[Attack]:
    """DNS rebinding: the page's own name, or one that begins or ends like ours."""
    own = (_bearer(client),)
    for name in (
        "rebound.example", "127.0.0.1.example", "localhost.example", "example.localhost",
        "127.0.0.1@rebound.example", "127.0.0.1:1@rebound.example", "localhost#.example",
        "127.0.0.1 rebound.example", "127.1", "2130706433", "0x7f.1",
    ):  # fmt: skip
        yield Attack(f"the name {name}", MODELS, FOREIGN_NAME, own, host=name)
    yield Attack("no name", MODELS, FOREIGN_NAME, own, host=None)
    yield Attack("an empty name", MODELS, FOREIGN_NAME, (("host", ""), *own), host=None)
    two = (("host", "rebound.example"), *own)
    yield Attack("two names", MODELS, FOREIGN_NAME, two)
    yield Attack(
        "a foreign name to the open address", "/health", FOREIGN_NAME, host="rebound.example"
    )
    yield Attack(
        "another place in the request line", f"http://rebound.example{STATUS}", NO_WAY, own
    )


def _pages(client: str, admin: str, port: int) -> Iterator[Attack]:
    """Web pages: another origin, its preflight, a form that needs none."""
    for origin in (
        "https://page.example", "null", "file://", f"https://127.0.0.1:{port}",
        "http://127.0.0.1:1", "http://localhost.example",
    ):  # fmt: skip
        own = (("origin", origin), _bearer(client))
        yield Attack(f"a page of {origin}", MODELS, FOREIGN_PAGE, own)
    page = ("origin", "https://page.example")
    asks = ("access-control-request-method", "POST")
    yield Attack("a page's preflight", "/v1/messages", NO_WAY, (page, asks), "OPTIONS")
    yield Attack("a page's preflight to the admin API", STATUS, NO_WAY, (page, asks), "OPTIONS")
    site = (("sec-fetch-site", "cross-site"), _bearer(client))
    yield Attack("a link on another site", MODELS, FOREIGN_PAGE, site)
    for kind in (
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
    ):
        form = (("content-type", kind), _bearer(admin))
        yield Attack(f"a form as {kind}", TELLING, NOT_JSON, form, "POST", body=b"{}")


def _paths(client: str) -> Iterator[Attack]:
    """Ways to the admin API, or to a file, that a rule about paths might not see."""
    own = (_bearer(client),)
    for target in (
        f"/v1/..{STATUS}", f"/health/..{STATUS}", f"/health/%2e%2e{STATUS}",
        "//aimux/v1/status", "/aimux//v1/status", "/%61imux/v1/status", "/aimux%2fv1/status",
        "/aimux/v1/%73tatus", "/AIMUX/v1/status", "/aimux/v1/status/", "/aimux/v1;/status",
        "/aimux/v1/./status", "/aimux\\v1\\status", "/anthropic/aimux/v1/status",
        "/../../../../etc/passwd", "/%2e%2e/%2e%2e/admin.token", "/admin.token", "/static/../admin.token",
        "//page.example/", "/\\page.example/", "/v1/messages/",
    ):  # fmt: skip
        yield Attack(f"the path {target}", target, NO_WAY, own)
    changed = (("x-http-method-override", "GET"), ("content-type", "application/json"), *own)
    yield Attack("a changed method", STATUS, NO_WAY, changed, "POST")
    yield Attack("TRACE", MODELS, NO_WAY, own, "TRACE")


def _framing(client: str) -> Iterator[Attack]:
    """Requests that two readers would take for different ones, and such as are too much."""
    own = (_bearer(client), ("content-type", "application/json"))
    both = (*own, ("content-length", "4"), ("transfer-encoding", "chunked"))
    yield Attack("two lengths", "/v1/messages", TOO_MUCH, both, "POST", body=b"0\r\n\r\n")
    large = (("x-large", "a" * 2**17), _bearer(client))
    yield Attack("a header of 128 KiB", MODELS, TOO_MUCH, large)
    yield Attack("an address of 128 KiB", f"{MODELS}?{'a' * 2**17}", TOO_MUCH, own)


# ---------------------------------------------------------------- sending one


def tried(attack: Attack, address: tuple[str, int], tokens: tuple[str, ...]) -> Outcome:
    """Sends an attack; an answer that does not come is as good as a refusal."""
    try:
        with contextlib.closing(socket.create_connection(address, PATIENCE_S)) as connection:
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                connection.sendall(_bytes(attack, address))
            answer = http.client.HTTPResponse(connection, method=attack.method)
            with contextlib.closing(answer):
                answer.begin()
                content = answer.read(2**16)
    except (OSError, http.client.HTTPException):
        return Outcome(attack, None, "")
    return Outcome(attack, answer.status, _hole(attack, answer, content, tokens))


def _hole(
    attack: Attack, answer: http.client.HTTPResponse, content: bytes, tokens: tuple[str, ...]
) -> str:
    """What is wrong with an answer."""
    permits = [
        name for name, _ in answer.getheaders() if name.lower().startswith("access-control-")
    ]
    if permits:
        return f"it permits other origins ({permits[0]})"
    if answer.getheader("location") is not None:
        return "it leads elsewhere"
    if any(token.encode() in content for token in tokens):
        return "it tells a token"
    if answer.status not in attack.refusals:
        return f"it was answered with {answer.status}"
    return ""


def _bytes(attack: Attack, address: tuple[str, int]) -> bytes:
    lines = [f"{attack.method} {attack.target} HTTP/1.1"]
    if attack.host is not None:
        host = f"[{address[0]}]" if ":" in address[0] else address[0]
        lines.append(f"host: {attack.host or f'{host}:{address[1]}'}")
    lines += [f"{name}: {value}" for name, value in attack.headers]
    if attack.body and not any(name == "content-length" for name, _ in attack.headers):
        lines.append(f"content-length: {len(attack.body)}")
    lines += ["connection: close", "", ""]
    return "\r\n".join(lines).encode("latin-1") + attack.body
