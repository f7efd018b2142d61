"""One attempt: one candidate, one key, one request to an upstream, and its answer relayed.

An answer that the upstream pauses is gone on with by a further request of the same attempt.

It ends in one of two ways.  The client has got what there was to get, well or badly; or the attempt has
failed while the client had got nothing of an answer, and then a :class:`Failed` says how, so that the
verdict table can say whether somebody else may be asked.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

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
from aimux.gateway.headers import (
    foreign_headers,
    foreign_response_headers,
    request_headers,
    response_headers,
)
from aimux.gateway.ingress import Ingress
from aimux.gateway.record import AttemptRecord, Record
from aimux.gateway.watchdog import ENDING, Watchdog
from aimux.model.loss import Loss
from aimux.model.response import Usage
from aimux.routing.plan import Candidate
from aimux.routing.quota import Quotas, Window
from aimux.routing.quota_errors import windows_of_error
from aimux.routing.quota_headers import windows_of
from aimux.routing.verdict import Signal, retry_after_s, signal_of
from aimux.upstream.auth import auth_headers
from aimux.upstream.client import Call, UpstreamClient, address, egress, explained
from aimux.vault.secret import Credential
from aimux.wire import ratelimits
from aimux.wire.codec import Mode, Reported
from aimux.wire.errorkinds import status_of_kind
from aimux.wire.formats import CODECS
from aimux.wire.transcode import Transcoder
from aimux.wire.unfinished import unfinished
from aimux.wire.window import cut_in_silence

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
    limits: tuple[tuple[str, str], ...] = ()
    """What is left of the provider's limits, in headers that the client knows, where there is no reply."""

    @property
    def retry_after_s(self) -> float | None:
        """How long the upstream asks to wait, if it does."""
        return self.error.retry_after_s if isinstance(self.error, UpstreamError) else None


class Claims(Protocol):
    """Decides which of several attempts has the answer."""

    def claim(self, runner: Conversation, /) -> Conversation:
        """The first one that asks has it; what it goes on with."""

    def outrun(self) -> bool:
        """Whether the attempt that asks has lost."""


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
    quotas: Quotas
    race: Claims | None = None
    """Where several attempts are under way at once, who decides between them."""


class Attempt:
    """Made for one candidate and one key, used once."""

    __slots__ = ("_candidate", "_credential", "_cut", "_more", "_record", "_shared", "_transcoder")

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
        self._cut: tuple[Loss, ...] = ()
        """What a server that cuts in silence may have left out of the prompt."""
        self._more: bytes | None = None
        """The body of the request that goes on with an answer that has paused."""

    @property
    def usage(self) -> Usage:
        """What the upstream has said that its answer took, as far as it has."""
        return self._transcoder.usage

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
        began = time.perf_counter()
        try:
            call = self._call()
        finally:
            self._record.translate_s = time.perf_counter() - began
        try:
            failure = await self._ask(call)
            while self._more is not None:
                call, self._more = call._replace(body=self._more), None
                self._wait_again()
                failure = await self._ask(call)
        finally:
            self._shared.record.usage = self._transcoder.usage
            self._note_losses()
        return failure

    def _note_losses(self) -> None:
        """What has not crossed, as far as it is known now."""
        self._shared.record.losses = self._transcoder.losses + self._cut

    async def _ask(self, call: Call) -> Failed | None:
        """One request, its answer relayed."""
        upstream = await self._shared.client.send(call)
        whole = False
        try:
            self._record.status = upstream.status
            self._heard(windows_of(upstream.headers, now_s := time.time()), now_s)
            if upstream.status >= 300:
                return await self._refused(upstream)
            failure = await self._relay(upstream)
            whole = True
        except (aiohttp.ClientError, OSError) as problem:
            raise explained(problem, self._candidate.provider.name) from problem
        finally:
            if whole:
                upstream.release()
            else:
                upstream.close()  # stop paying for what nobody will read
        return failure

    def _wait_again(self) -> None:
        """For the first event of a further answer as long as for the first one."""
        watchdog, limits = self._shared.watchdog, self._candidate.provider.timeouts
        first_event_s = limits.first_event_s or _first_event_s(self._candidate)
        if self._shared.answer.committed:
            longer_s = max(first_event_s, limits.idle_s)
            watchdog.begun(longer_s, stream=self._transcoder.streaming)
        else:
            watchdog.again(first_event_s)

    def _call(self) -> Call:
        provider, ingress = self._candidate.provider, self._shared.ingress
        transcoder = self._transcoder
        endpoint = provider.endpoints[self._candidate.format]
        path = transcoder.path
        if path is None:
            raise UpstreamProtocol(f"{provider.name} has no address for {ingress.operation}")
        body = transcoder.request()
        self._cut = cut_in_silence(ingress, self._candidate.target)
        self._note_losses()
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

    async def _refused(self, upstream: aiohttp.ClientResponse) -> Failed | None:
        """An answer with an error status, read and understood; None where it is none to the client."""
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
        now_s = time.time()
        self._heard(windows_of_error(said, body, now_s), now_s)
        wait_s = retry_after_s(upstream.headers, now_s)
        if wait_s is None:
            wait_s = said.wait_s
        if wait_s is None and said.kind is ErrorKind.RATE_LIMIT:
            wait_s = ratelimits.wait_s(upstream.headers, now_s)
        signal = signal_of(upstream.status, said.kind, wait_s)
        error = _status_error(provider, said, upstream.status, wait_s)
        foreign = self._transcoder.mode is Mode.TRANSLATE
        if foreign and await self._answered_without_words(upstream, said):
            return None
        if foreign or said.kind is ErrorKind.BAD_CALL:
            limits = self._limits(upstream.headers)
            return Failed(
                signal, error, limits=limits
            )  # Groq's is a 400, at which agents give up (edge 311)
        reply = Reply(upstream.status, response_headers(upstream.headers), body)
        return Failed(signal, error, reply)

    async def _answered_without_words(
        self, upstream: aiohttp.ClientResponse, said: Reported
    ) -> bool:
        """Gives the client its answer where the model has used up its limit before it said anything."""
        answer, ingress = self._shared.answer, self._shared.ingress
        if answer.committed or ingress.array:
            return False
        body = unfinished(ingress, upstream.status, said)
        if body is None:
            return False
        self._commit(upstream)
        self._shared.record.status = 200
        kind = "text/event-stream; charset=utf-8" if ingress.stream else "application/json"
        await answer.commit_whole(200, [("content-type", kind)], body)
        return True

    async def _relay(self, upstream: aiohttp.ClientResponse) -> Failed | None:
        """Passes the answer on as it comes."""
        transcoder, answer, watchdog = self._transcoder, self._shared.answer, self._shared.watchdog
        headers = upstream.headers
        transcoder.begin(headers.get("content-type", ""), headers.get("content-encoding", ""))
        read, feed, clock = upstream.content.readany, transcoder.feed, self._shared.clock
        if transcoder.mode is Mode.TRANSLATE:
            feed = self._timed_feed
        while chunk := await read():
            watchdog.heard = clock()
            ready = feed(chunk)
            if not answer.committed:
                if transcoder.error is not None:
                    return self._reported(transcoder.error)
                if not transcoder.begun:
                    continue
                self._commit(upstream)
                await answer.commit(upstream.status, self._headers(headers))
            if ready:
                await answer.say(ready)
        return await self._concluded(upstream)

    def _timed_feed(self, chunk: bytes) -> bytes:
        began = time.perf_counter()
        ready = self._transcoder.feed(chunk)
        self._record.translate_s += time.perf_counter() - began
        return ready

    async def _concluded(self, upstream: aiohttp.ClientResponse) -> Failed | None:
        """The upstream has ended its answer: what is left of it, and whether there is more to ask for."""
        transcoder, answer = self._transcoder, self._shared.answer
        began = time.perf_counter()
        last = transcoder.finish()
        self._record.translate_s += time.perf_counter() - began
        self._more = transcoder.continuation()
        if self._more is not None:
            if last:
                await self._say(upstream, last)
        elif answer.committed:
            await answer.end(last)
        elif transcoder.error is None:
            self._commit(upstream)
            await answer.commit_whole(upstream.status, self._headers(upstream.headers), last)
        if transcoder.error is not None:
            return self._reported(transcoder.error)
        return None

    async def _say(self, upstream: aiohttp.ClientResponse, ready: bytes) -> None:
        """What the end of an answer has brought that is not the last one."""
        answer = self._shared.answer
        if not answer.committed:
            self._commit(upstream)
            await answer.commit(upstream.status, self._headers(upstream.headers))
        await answer.say(ready)

    def _reported(self, said: Reported) -> Failed:
        """An error that came inside an answer with status 200."""
        self._heard(windows_of_error(said, b"", now_s := time.time()), now_s)
        status = status_of_kind(said.kind)
        error = _status_error(self._candidate.provider, said, status, said.wait_s)
        return Failed(signal_of(status, said.kind, said.wait_s), error)

    def _heard(self, windows: tuple[Window, ...], now_s: float) -> None:
        """Notes what the upstream has told of its windows."""
        if windows:
            label = self._credential.label if self._credential else ""
            candidate = self._candidate
            self._shared.quotas.note(
                candidate.provider.name, label, candidate.model, windows, now_s
            )

    def _headers(self, upstream: CIMultiDictProxy[str]) -> list[tuple[str, str]]:
        content_type = self._transcoder.content_type
        if self._transcoder.mode is Mode.TRANSLATE:
            headers = [*foreign_response_headers(upstream), *self._limits(upstream)]
        else:
            headers = response_headers(upstream)
        if content_type is None:
            return headers
        kept = [pair for pair in headers if not pair[0].lower().startswith("content-")]
        return [("content-type", content_type), *kept]

    def _limits(self, upstream: CIMultiDictProxy[str]) -> tuple[tuple[str, str], ...]:
        client = self._shared.ingress.format
        provider = self._candidate.format
        return tuple(ratelimits.translated(upstream, provider, client, time.time()))

    def _commit(self, upstream: aiohttp.ClientResponse) -> None:
        """From here on the answer is this attempt's."""
        if self._shared.race is not None:
            self._shared = self._shared.race.claim(self._shared)
        shared, provider = self._shared, self._candidate.provider
        record = shared.record
        self._record.first_event = record.first_event = time.monotonic()
        record.provider, record.model = provider.name, self._candidate.model
        record.mode = self._transcoder.mode.value
        record.status = upstream.status
        self._note_losses()
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
    capabilities = candidate.facts.capabilities
    thinks = capabilities is None or "thinking" in capabilities
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


def signal_of_error(error: UpstreamError | InvalidRequest) -> Signal:
    """The signal of a transport that failed, or of a request that could not be written."""
    match error:
        case UnsupportedContent():
            return Signal.UNSUPPORTED
        case InvalidRequest():
            return Signal.BAD_REQUEST
        case UpstreamTimeout(phase="connect"):
            return Signal.CONNECT_TIMEOUT
        case UpstreamTimeout(phase="first_event"):
            return Signal.FIRST_EVENT_TIMEOUT
        case UpstreamTimeout(phase="total"):
            return Signal.TOTAL_TIMEOUT
        case UpstreamTimeout(phase="idle"):
            return Signal.IDLE
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
