"""The demo's one request: what any program on Anthropic's API would send, read event by event."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Generator, Iterator
from typing import Any, Final, Literal
from urllib.parse import urlsplit

from aimux.errors import DaemonError, TimedOut, UpstreamError, UpstreamProtocol
from aimux.vault.secret import Secret

ASKED_MODEL: Final = "claude-sonnet-5-5"
"""What a coding agent asks for; the routing decides who answers to that name."""

MAX_TOKENS: Final = 4096

_SILENCE_S: Final = 15.0
"""The daemon itself breaks a silence sooner than this."""

_MOST_OF_AN_ERROR: Final = 200
"""Characters shown of an error that is not in the expected shape."""

Kind = Literal["thinking", "answer"]


class Call:
    """One streamed ``POST /v1/messages``.  The attributes are filled while :meth:`pieces` is read."""

    def __init__(self, url: str, token: Secret, prompt: str) -> None:
        self._address = urlsplit(url)
        self._token = token
        self._prompt = prompt
        self._ended = False
        self.said: dict[Kind, str] = {"thinking": "", "answer": ""}
        self.headers: dict[str, str] = {}
        """Of the answer, names in lower case."""
        self.first_s: float | None = None
        """Seconds until the first piece."""
        self.total_s = 0.0

    @property
    def request_id(self) -> str:
        """The name that aimux gave this exchange."""
        return self.headers.get("x-aimux-request-id", "")

    def pieces(self) -> Generator[tuple[Kind, str]]:
        """The answer as it comes; when this ends without an error, it came whole.

        Raises:
            UpstreamError: it was answered with an error.
            DaemonError: the daemon went away before the answer was whole.
        """
        began = time.monotonic()
        for event in self._events():
            for kind, text in _said(event):
                self.first_s = self.first_s or time.monotonic() - began
                self.said[kind] += text
                yield kind, text
            self.total_s = time.monotonic() - began
        if not self._ended:
            raise _went_away()

    def _events(self) -> Iterator[dict[str, Any]]:
        """The events, those that break the silence among them; the last one is ``message_stop``.

        The stream is read to its very end: who closes earlier is recorded as gone.
        """
        for line in self._lines():
            if not line.startswith(b"data:"):
                continue
            event = _event(line.removeprefix(b"data:"))
            if event["type"] == "error":
                raise UpstreamError(f"the answer ended with an error: {_message(event)}")
            self._ended = event["type"] == "message_stop"
            yield event

    def _lines(self) -> Iterator[bytes]:
        connection = http.client.HTTPConnection(
            self._address.hostname or "", self._address.port, timeout=_SILENCE_S
        )
        try:
            response = self._send(connection)
            while line := response.readline():
                yield line
        except TimeoutError as problem:
            raise TimedOut(f"the daemon said nothing for {_SILENCE_S:g} s") from problem
        except (OSError, http.client.HTTPException) as problem:
            raise _went_away() from problem
        finally:
            connection.close()

    def _send(self, connection: http.client.HTTPConnection) -> http.client.HTTPResponse:
        connection.request("POST", "/v1/messages", _body(self._prompt), self._request_headers())
        response = connection.getresponse()
        self.headers = {name.lower(): value for name, value in response.getheaders()}
        if response.status != 200:
            raise UpstreamError(f"aimux answered {response.status}: {_reason(response.read())}")
        return response

    def _request_headers(self) -> dict[str, str]:
        return {
            "x-api-key": self._token.reveal(),
            "anthropic-version": "2023-06-01",
            "content-type": "application/json",
        }


def _body(prompt: str) -> bytes:
    message = {"role": "user", "content": prompt}
    return json.dumps(
        {
            "model": ASKED_MODEL,
            "max_tokens": MAX_TOKENS,
            "stream": True,
            "messages": [message],
        }
    ).encode()


def _said(event: dict[str, Any]) -> Iterator[tuple[Kind, str]]:
    """What an event adds to the thinking or to the answer; most add nothing."""
    match event:
        case {"type": "content_block_delta", "delta": {"thinking": str(text)}}:
            yield "thinking", text
        case {"type": "content_block_delta", "delta": {"text": str(text)}}:
            yield "answer", text
        case _:
            return


def _event(text: bytes) -> dict[str, Any]:
    """An event of the stream; it has a ``type``."""
    try:
        event = json.loads(text)
    except ValueError:
        event = None
    if not isinstance(event, dict) or not isinstance(event.get("type"), str):
        raise UpstreamProtocol("the answer holds something that is no event")
    return event


def _reason(body: bytes) -> str:
    """The message of an error body, or its beginning when it is none."""
    try:
        return _message(json.loads(body))
    except ValueError:
        return body[:_MOST_OF_AN_ERROR].decode("utf-8", "replace")


def _message(error: object) -> str:
    match error:
        case {"error": {"message": str(text)}}:
            return text
        case _:
            return json.dumps(error)[:_MOST_OF_AN_ERROR]


def _went_away() -> DaemonError:
    return DaemonError(
        "the daemon went away before the answer was whole",
        hint="try again; if it happens again, AIMUX_DEBUG=1 aimux demo and report what it prints",
    )
