"""The door: who may speak to aimux at all.  Wrapped around the whole application, so that no route can
be forgotten.

    Host        names a loopback name, an IP address of ours, or one of ``server.allowed_hosts``;
                a page that rebinds its own name to 127.0.0.1 still sends its own name
    Origin      is absent (a program) or the origin of this very address (our own page)
    Fetch site  is absent, ``same-origin`` or ``none``; whatever it is for whoever opens the page ``/``
                itself, which may be linked to and holds no data
    token       the admin token below /aimux/v1, that or a client token for /metrics, a client token
                elsewhere; none for /health, for the probes by which agents warm up a connection, and
                for the dashboard's files and its login
    cookie      of a dashboard's session, in place of the admin token; a request that changes something
                must then say itself that it comes from a page of this very address

There is no CORS: no header of aimux ever permits another origin anything.
"""

from __future__ import annotations

import hmac
import ipaddress
import re
import time
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from aiohttp import web

from aimux.admin.pages import WEB
from aimux.admin.shapes import API
from aimux.admin.visitors import visitor_of
from aimux.config.schema import ServerSettings
from aimux.errors import Forbidden, ForeignHost, Unauthorized, UnsupportedEncoding
from aimux.gateway.snapshot import Snapshot
from aimux.vault.tokens import token_hash

ANONYMOUS: Final = "anonymous"
ADMIN: Final = "admin"
METRICS: Final = "/metrics"

_HOST: Final = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::\d{1,5})?")
_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "[::1]"})
_OPEN_PATHS: Final = frozenset({"/health", "/health/ready"})
_PROBES: Final = frozenset({"/", "/api/hello"})
_PAGE: Final = "/"
_LOGIN: Final = f"{API}/login"
_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})


def admit(request: web.Request, snapshot: Snapshot) -> str:
    """The name of the client that sends a request.

    Raises:
        ForeignHost: the Host header names somebody else.
        Forbidden: a page of another origin sends it.
        Unauthorized: it has no token, or none that is known.
        UnsupportedEncoding: it changes something and is not JSON, where only that tells it from a
            form of a web page.
    """
    server = snapshot.config.server
    check_host(request, server)
    check_origin(request)
    path = request.path
    if path in _OPEN_PATHS or (path in _PROBES and request.method == "HEAD"):
        return ANONYMOUS
    if path.startswith(WEB) or (path == _PAGE and request.method == "GET"):
        return ANONYMOUS
    if path == API or path.startswith(API + "/"):
        _require_json(request)
        return ANONYMOUS if path == _LOGIN else _admin(request, snapshot)
    if path == METRICS and _is_admin(request, snapshot):
        return ADMIN
    if server.auth == "none":
        _require_json(request)
        return ANONYMOUS
    return _client(request, snapshot)


def check_host(request: web.BaseRequest, server: ServerSettings) -> None:
    """Refuses a request whose Host is not ours."""
    hosts = request.headers.getall("host", [])
    name = _name_in(hosts[0]) if len(hosts) == 1 else ""
    if name in _LOOPBACK or name in server.allowed_hosts:
        return
    if server.allow_remote and _is_address(name):
        return  # a rebound page sends a name, never an address
    raise ForeignHost(
        f"the Host header {', '.join(hosts)[:100]!r} is not a name of this gateway",
        hint="use http://127.0.0.1 or add the name to server.allowed_hosts",
    )


@lru_cache(maxsize=64)
def _name_in(host: str) -> str:
    """The name in a Host header, in lower case and without its port; empty where it has no such form."""
    match = _HOST.fullmatch(host.lower())
    return match[1] if match else ""


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        return False
    return True


def check_origin(request: web.BaseRequest) -> None:
    """Refuses a request that a browser sends for a page of another origin."""
    origin = request.headers.get("origin")
    if origin is not None and origin.lower() != f"http://{request.headers['host'].lower()}":
        raise Forbidden(f"requests from web pages of {origin[:100]!r} are not accepted")
    site = request.headers.get("sec-fetch-site", "none")
    if site not in {"none", "same-origin"} and not _opens_page(request):
        raise Forbidden("requests from web pages of other sites are not accepted")


def _opens_page(request: web.BaseRequest) -> bool:
    """Whether a browser is led to the dashboard, by a link or by the file of ``aimux dashboard``."""
    mode = request.headers.get("sec-fetch-mode")
    return request.method == "GET" and request.path == _PAGE and mode == "navigate"


def _require_json(request: web.BaseRequest) -> None:
    if request.method not in _SAFE and request.content_type != "application/json":
        raise UnsupportedEncoding(
            "the request must have content-type application/json", hint="set the header"
        )


def _tokens(request: web.BaseRequest) -> Iterator[str]:
    """Every token a request presents: agents send one in two places, or an old one beside it."""
    headers = request.headers
    scheme, _, bearer = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        yield bearer.strip()
    for name in ("x-api-key", "x-goog-api-key"):
        if name in headers:
            yield headers[name].strip()
    if "key" in request.query:
        yield request.query["key"]


def _is_admin(request: web.BaseRequest, snapshot: Snapshot) -> bool:
    known = snapshot.admin_token
    return bool(known) and any(
        hmac.compare_digest(token_hash(token), known) for token in _tokens(request)
    )


def _admin(request: web.Request, snapshot: Snapshot) -> str:
    if _is_admin(request, snapshot):
        return ADMIN
    if visitor_of(request) is None:
        raise Unauthorized(
            "the admin API needs the admin token, or a session of the dashboard",
            hint="use the aimux command; it knows the token, and aimux dashboard logs in",
        )
    # A browser sends the cookie by itself, so the request has to prove whose page it comes from: that
    # what is said is true, ``check_origin`` has seen.
    headers = request.headers
    if request.method not in _SAFE and not ("origin" in headers or "sec-fetch-site" in headers):
        raise Forbidden("a session's request must say that it comes from the dashboard's own page")
    return ADMIN


def _client(request: web.BaseRequest, snapshot: Snapshot) -> str:
    given = False
    for token in _tokens(request):
        given = True
        digest = token_hash(token)
        for known, name in snapshot.client_tokens.items():
            if hmac.compare_digest(digest, known):
                row = snapshot.tokens.get(name)
                if row is None or not row.has_expired(time.time()):
                    return name
                raise Unauthorized(
                    "this client token has expired",
                    hint="ask for another: aimux tokens create NAME",
                )
    problem = "this client token is not known" if given else "a client token is needed"
    raise Unauthorized(problem, hint="aimux env prints the token for this machine")
