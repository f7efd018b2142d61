"""Who looks at the dashboard: one-time codes, and the sessions that they become.

    aimux dashboard --admin token--> a code, shown to nobody but the browser, behind the # of an address
    the page --code, once, within a minute--> a session, in a cookie that no script can read

Codes and sessions are kept as hashes, in memory: nothing on the disk lets anybody in, and a restart of
the daemon ends all of them.  Both are bounded; the oldest goes first.
"""

from __future__ import annotations

import secrets
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

from aiohttp import web

from aimux.vault.tokens import token_hash

CODE_S: Final = 60.0
SESSION_S: Final = 12 * 3600.0
MOST_CODES: Final = 16
MOST_SESSIONS: Final = 64
CODE_BYTES: Final = 16
SESSION_BYTES: Final = 32

_COOKIE: Final = "aimux_session"


class Visitors:
    """All codes and sessions of one daemon; ``clock`` never goes back."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._codes: OrderedDict[bytes, float] = OrderedDict()
        self._sessions: OrderedDict[bytes, float] = OrderedDict()
        self.leaving: list[Callable[[bytes], None]] = []
        """Who is told that a session has ended."""

    def new_code(self) -> str:
        """A code that opens one session, within a minute."""
        return _given(self._codes, CODE_BYTES, self._clock() + CODE_S, MOST_CODES)[0]

    def enter(self, code: str) -> str | None:
        """The session that a code opens; None where it is wrong, used or too old."""
        until = self._codes.pop(token_hash(code), None)
        if until is None or until <= self._clock():
            return None
        session, put_out = _given(
            self._sessions, SESSION_BYTES, self._clock() + SESSION_S, MOST_SESSIONS
        )
        for each in put_out:
            self._tell(each)
        return session

    def known(self, session: str) -> bytes | None:
        """The session's hash, by which it is known here; None where there is none, or none any more."""
        digest = token_hash(session)
        return digest if self.is_open(digest) else None

    def is_open(self, digest: bytes) -> bool:
        """Whether a session goes on."""
        until = self._sessions.get(digest)
        if until is None:
            return False
        if until <= self._clock():
            self.leave(digest)
            return False
        return True

    def leave(self, digest: bytes) -> None:
        """Ends a session."""
        if self._sessions.pop(digest, None) is not None:
            self._tell(digest)

    def _tell(self, digest: bytes) -> None:
        for tell in self.leaving:
            tell(digest)


def _given(
    held: OrderedDict[bytes, float], size: int, until: float, most: int
) -> tuple[str, list[bytes]]:
    """A fresh secret that is held as its hash, and the hashes that had to make room."""
    text = secrets.token_urlsafe(size)
    held[token_hash(text)] = until
    return text, [held.popitem(last=False)[0] for _ in range(len(held) - most)]


VISITORS: Final = web.AppKey("visitors", Visitors)


def cookie_name(request: web.BaseRequest) -> str:
    """Cookies know no ports: two daemons of one machine would take each other's away."""
    port = request.headers.get("host", "").rpartition("]")[2].rpartition(":")[2]
    return f"{_COOKIE}_{port}" if port.isascii() and port.isdigit() else _COOKIE


def visitor_of(request: web.Request) -> bytes | None:
    """The open session that a request's cookie names."""
    visitors, session = request.app.get(VISITORS), request.cookies.get(cookie_name(request))
    return visitors.known(session) if visitors is not None and session else None
