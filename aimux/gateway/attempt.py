"""One attempt: one candidate, one key, one request to an upstream, and its answer relayed.

It ends in one of two ways.  The client has got what there was to get, well or badly; or the attempt has
failed while the client had got nothing of an answer, and then a :class:`Failed` says how, so that the
verdict table can say whether somebody else may be asked.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import aiohttp
from aiohttp import web
from multidict import CIMultiDictProxy

from aimux.catalogue.provider import Provider
from aimux.errors import (
    AimuxError,
    ConnectFailed,
    ErrorKind,
    InvalidRequest,
    StreamCut,
    UnsupportedContent,
    UpstreamError,
    UpstreamProtocol,
    UpstreamStatus,
    UpstreamTimeout,
)
from aimux.gateway.answer import Answer
from aimux.gateway.headers import foreign_headers, request_headers, response_headers
from aimux.gateway.ingress import Ingress
from aimux.gateway.record import AttemptRecord, Record
from aimux.gateway.watchdog import ENDING, Watchdog
from aimux.model.loss import Loss
from aimux.routing.plan import Candidate
from aimux.routing.verdict import Signal, retry_after_s, signal_of
from aimux.upstream.auth import auth_headers
from aimux.upstream.client import Call, UpstreamClient, address, egress, explained
from aimux.vault.secret import Credential
from aimux.wire.codec import Mode, Reported
from aimux.wire.errorkinds import status_of_kind
from aimux.wire.formats import CODECS
from aimux.wire.transcode import Transcoder

MAX_ERROR_BYTES: Final = 2**20
"""Most of an upstream's error body that is read and passed on."""

OVERFLOW_WITHOUT_WORDS: Final = "overflow-without-words"
"""The quirk of a provider that refuses a prompt that is too long with an empty body."""

NO_BETAS: Final = "messages-no-betas"
"""The quirk of a provider that does not know Anthropic's betas: field and header go together."""
_BETA: Final = "anthropic-beta"

FIRST_EVENT_S: Final = 60.0
FIRST_EVENT_THINKING_S: Final = 180.0
"""Without a setting: a model that thinks is silent for minutes before it says anything."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An upstream's error as it came, to be passed on unmodified when nobody else is left: agents
    match on its wording.
    """

    status: int
    headers: list[tuple[str, str]]
    body: bytes


@dataclass(frozen=True, slots=True)
class Failed:
    """An attempt that failed."""

    signal: Signal
    error: AimuxError
    reply: Reply | None = None

    @property
    def retry_after_s(self) -> float | None:
        """How long the upstream asks to wait, if it does."""
        return self.error.retry_after_s if isinstance(self.error, UpstreamError) else None


@dataclass(slots=True)
class Conversation:
    """What all attempts of one exchange share."""

    request: web.Request
    ingress: Ingress
    client: UpstreamClient
    answer: Answer
    watchdog: Watchdog
    record: Record
    clock: Callable[[], float]
    """The loop's clock, in seconds."""


class Attempt:
    """Made for one candidate and one key, used once."""

    __slots__ = ("_candidate", "_credential", "_record", "_shared", "_transcoder")

    def __init__(
        self,
        shared: Conversation,
        candidate: Candidate,
        credential: Credential | None,
        record: AttemptRecord,
    ) -> None:
        self._shared = shared
        self._candidate = candidate
        self._credential = credential
        self._record = record
        self._transcoder = Transcoder(shared.ingress, candidate.format, candidate.target)

    async def run(self) -> Failed | None:
        """Sends the request and relays the answer; None when the client has got all of it.

        Raises:
            UpstreamError: the transport or the stream broke; whether the client had got something by
                then, its answer knows.
            InvalidRequest: the request cannot be translated for this candidate; nothing was sent.
            ClientGone: the client has left.
        """
        shared, candidate = self._shared, self._candidate
        provider = candidate.provider
        limits = provider.timeouts
        shared.watchdog.attempt(limits.first_event_s or _first_event_s(candidate), limits.total_s)
        upstream = await shared.client.send(self._call())
        whole = False
        try:
            self._record.status = upstream.status
            if upstream.status >= 300:
                return await self._refused(upstream)
            failure = await self._relay(upstream)
            whole = True
        except (aiohttp.ClientError, OSError) as problem:
            raise explained(problem, provider.name) from problem
        finally:
            shared.record.usage = self._transcoder.usage
            if self._transcoder.estimated:
                shared.record.losses += (Loss("usage.estimated"),)
            if whole:
                upstream.release()
            else:
                upstream.close()  # stop paying for what nobody will read
        return failure

    def _call(self) -> Call:
        provider, ingress = self._candidate.provider, self._shared.ingress
        transcoder = self._transcoder
        endpoint = provider.endpoints[self._candidate.format]
        path = transcoder.path
        if path is None:
            raise UpstreamProtocol(f"{provider.name} has no address for {ingress.operation}")
        body = transcoder.request()
        self._shared.record.losses = transcoder.losses
        headers = self._shared.request.headers
        auth = auth_headers(endpoint, self._credential)
        foreign = transcoder.mode is Mode.TRANSLATE
        dropped = _BETA if NO_BETAS in self._candidate.target.quirks else ""
        return Call(
            provider=provider.name,
            url=address(endpoint.base_url, path, transcoder.query(ingress.query)),
            headers=foreign_headers(endpoint.format, headers, auth, provider.headers)
            if foreign
            else request_headers(headers, auth, provider.headers, dropped),
            body=body,
            egress=egress(provider.proxy, provider.ca_file),
            connect_s=provider.timeouts.connect_s,
        )

    async def _refused(self, upstream: aiohttp.ClientResponse) -> Failed:
        """An answer with an error status, read and understood."""
        provider = self._candidate.provider
        body = await _read(upstream, MAX_ERROR_BYTES)
        if upstream.status < 400:
            redirect = UpstreamProtocol(
                f"{provider.name}: it redirects, which aimux does not follow",
                provider=provider.name,
                hint="set its base_url to where it redirects, if that is the vendor's own address",
            )
            return Failed(Signal.PROTOCOL, redirect)
        said = CODECS[self._candidate.format].read_error(upstream.status, body)
        wordless = upstream.status in {400, 413} and not body.strip()
        if wordless and OVERFLOW_WITHOUT_WORDS in self._candidate.target.quirks:
            said = Reported(ErrorKind.CONTEXT_OVERFLOW, "the prompt is longer than its window")
        wait_s = retry_after_s(upstream.headers, time.time())
        if wait_s is None:
            wait_s = said.wait_s
        signal = signal_of(upstream.status, said.kind, wait_s)
        error = _status_error(provider, said, upstream.status, wait_s)
        if self._transcoder.mode is Mode.TRANSLATE:
            return Failed(signal, error)
        reply = Reply(upstream.status, response_headers(upstream.headers), body)
        return Failed(signal, error, reply)

    async def _relay(self, upstream: aiohttp.ClientResponse) -> Failed | None:
        """Passes the answer on as it comes."""
        transcoder, answer, watchdog = self._transcoder, self._shared.answer, self._shared.watchdog
        headers = upstream.headers
        transcoder.begin(headers.get("content-type", ""), headers.get("content-encoding", ""))
        read, feed, clock = upstream.content.readany, transcoder.feed, self._shared.clock
        while chunk := await read():
            watchdog.heard = clock()
            ready = feed(chunk)
            if not answer.committed:
                if transcoder.error is not None:
                    return _reported(transcoder.error, self._candidate.provider)
                if not transcoder.begun:
                    continue
                self._commit(upstream)
                await answer.commit(upstream.status, self._headers(headers))
            if ready:
                await answer.say(ready)
        last = transcoder.finish()
        if answer.committed:
            await answer.end(last)
        elif transcoder.error is None:
            self._commit(upstream)
            await answer.commit_whole(upstream.status, self._headers(headers), last)
        if transcoder.error is not None:
            return _reported(transcoder.error, self._candidate.provider)
        return None

    def _headers(self, upstream: CIMultiDictProxy[str]) -> list[tuple[str, str]]:
        content_type = self._transcoder.content_type
        headers = response_headers(upstream, foreign=self._transcoder.mode is Mode.TRANSLATE)
        if content_type is None:
            return headers
        kept = [pair for pair in headers if not pair[0].lower().startswith("content-")]
        return [("content-type", content_type), *kept]

    def _commit(self, upstream: aiohttp.ClientResponse) -> None:
        """From here on the answer is this attempt's."""
        shared, provider = self._shared, self._candidate.provider
        record = shared.record
        self._record.first_event = record.first_event = time.monotonic()
        record.provider, record.model = provider.name, self._candidate.model
        record.mode = self._transcoder.mode.value
        record.status = upstream.status
        shared.answer.failing = self._transcoder.fail
        shared.watchdog.begun(provider.timeouts.idle_s, stream=self._transcoder.streaming)


async def _read(upstream: aiohttp.ClientResponse, limit_bytes: int) -> bytes:
    """A body, as far as the limit."""
    pieces: list[bytes] = []
    size = 0
    while size < limit_bytes and (piece := await upstream.content.readany()):
        pieces.append(piece)
        size += len(piece)
    return b"".join(pieces)


def _first_event_s(candidate: Candidate) -> float:
    facts = candidate.provider.models.get(candidate.model)
    thinks = facts is None or facts.capabilities is None or "thinking" in facts.capabilities
    return FIRST_EVENT_THINKING_S if thinks else FIRST_EVENT_S


def _status_error(
    provider: Provider, said: Reported, status: int, wait_s: float | None
) -> UpstreamStatus:
    return UpstreamStatus(
        f"{provider.name}: {said.message}",
        status=status,
        kind=said.kind,
        provider=provider.name,
        retry_after_s=wait_s,
    )


def _reported(said: Reported, provider: Provider) -> Failed:
    """An error that came inside an answer with status 200."""
    status = status_of_kind(said.kind)
    return Failed(signal_of(status, said.kind, None), _status_error(provider, said, status, None))


def signal_of_error(error: UpstreamError | InvalidRequest) -> Signal:
    """The signal of a transport that failed, or of a request that could not be written."""
    match error:
        case UnsupportedContent():
            return Signal.UNSUPPORTED
        case InvalidRequest():
            return Signal.BAD_REQUEST
        case UpstreamTimeout(phase="connect"):
            return Signal.CONNECT
        case UpstreamTimeout(phase="first_event"):
            return Signal.FIRST_EVENT_TIMEOUT
        case UpstreamTimeout(phase="total"):
            return Signal.TOTAL_TIMEOUT
        case UpstreamStatus():
            return signal_of(error.http_status, error.kind, error.retry_after_s)
        case UpstreamProtocol():
            return Signal.PROTOCOL
        case ConnectFailed():
            return Signal.CONNECT
        case _:
            return Signal.CUT


def timed_out(phase: str, provider: Provider) -> Failed:
    """The failure of an attempt that a limit has ended, or the end of the daemon."""
    if phase == ENDING:
        return Failed(Signal.ENDING, StreamCut("aimux ends before the answer is complete"))
    what = {
        "first_event": "it did not begin to answer within the time limit",
        "idle": "it fell silent in the middle of its answer",
        "total": "its answer took longer than the time limit",
    }[phase]
    error = UpstreamTimeout(f"{provider.name}: {what}", phase=phase, provider=provider.name)
    return Failed(signal_of_error(error), error)
