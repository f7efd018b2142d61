"""Sends a request that was kept through the running daemon's own gateway, as its client did."""

from __future__ import annotations

import http.client
import time
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from urllib.parse import quote

from aimux.errors import DaemonError, TimedOut
from aimux.model.request import WireFormat

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aimux.config.paths import Paths
    from aimux.telemetry.bodies_file import Kept

SILENCE_S: Final = 1800.0
"""The daemon has limits of its own; an answer that is not streamed is silent until it is there."""

RECORDED_S: Final = 5.0
_LOOK_S: Final = 0.05
_PIECE: Final = 65536

_PATHS: Final[Mapping[WireFormat, str]] = {
    WireFormat.ANTHROPIC: "/v1/messages",
    WireFormat.OPENAI_CHAT: "/v1/chat/completions",
    WireFormat.OPENAI_RESPONSES: "/v1/responses",
}


class Sent(NamedTuple):
    """What became of it: the new exchange's id, the status, and whether the answer came whole."""

    id: str
    status: int
    whole: bool


def headers_of(kept: Kept, target: str | None) -> dict[str, str]:
    """The headers to send it with again, without a token."""
    from aimux.routing.session import REPLAYS

    headers = dict(kept.headers)
    if target is not None:
        headers["x-aimux-target"] = target
    headers[REPLAYS] = kept.id
    headers["content-type"] = "application/json"
    return headers


def resend(paths: Paths, kept: Kept, target: str | None) -> Sent:
    """Sends it and reads the answer to its end.

    Raises:
        NotRunning: there is no daemon.
        DaemonError: it went away, or its client token is gone.
    """
    from aimux.admin.client import AdminClient
    from aimux.vault.tokens import read_token

    presence = AdminClient.connect(paths).presence
    token = read_token(paths.client_token)
    if token is None:
        raise DaemonError("the client token is gone", hint="aimux restart makes another one")
    headers = headers_of(kept, target) | {"authorization": f"Bearer {token.reveal()}"}
    connection = http.client.HTTPConnection(presence.address, timeout=SILENCE_S)
    try:
        connection.request("POST", _path(kept), kept.request, headers)
        response = connection.getresponse()
        whole = _read(response)
        return Sent(response.getheader("x-aimux-request-id") or "", response.status, whole)
    except TimeoutError as problem:
        raise TimedOut(f"the daemon said nothing for {SILENCE_S:g} s") from problem
    except (OSError, http.client.HTTPException) as problem:
        raise DaemonError(
            "the daemon went away before the answer was whole", hint="see why with: aimux logs"
        ) from problem
    finally:
        connection.close()


def _read(response: http.client.HTTPResponse) -> bool:
    """Reads the answer; whether it ended as it should."""
    try:
        while response.read(_PIECE):
            pass
    except http.client.IncompleteRead:
        return False
    return True


def _path(kept: Kept) -> str:
    if kept.format is not WireFormat.GEMINI:
        path = _PATHS[kept.format]
    else:
        method = "streamGenerateContent" if kept.stream else "generateContent"
        path = f"/v1beta/models/{quote(kept.model, safe='/')}:{method}"
    return f"{path}?{kept.query}" if kept.query else path


def recorded(paths: Paths, identity: str) -> dict[str, Any] | None:
    """What is known of the new exchange: from the ledger once it is there, else from the daemon."""
    from aimux.cli.ledger_access import of_the_daemon, opened_ledger

    deadline = time.monotonic() + RECORDED_S
    while time.monotonic() < deadline:
        with opened_ledger(paths) as ledger:
            found = None if ledger is None else ledger.exchange(identity)
            if found is not None:
                return found
            if ledger is None:
                break
        time.sleep(_LOOK_S)
    return of_the_daemon(paths, identity)
