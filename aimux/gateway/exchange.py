"""One client request from its plan to its end: the only place that goes across floors.

plan -> steps -> attempt -> verdict -> attempt ... -> commit -> relay -> end
                                                      ^
                                                      the first byte of an answer goes to the
                                                      client; from here on nobody else is asked,
                                                      and a failure is told in the stream
"""

from __future__ import annotations

import asyncio
import random
import time
from typing import Final

from aiohttp import web

from aimux.errors import InvalidRequest, UpstreamError, UpstreamStatus
from aimux.gateway.answer import Answer
from aimux.gateway.attempt import Attempt, Conversation, Failed, signal_of_error, timed_out
from aimux.gateway.dialect import error_headers, status_for, translated_status
from aimux.gateway.fleet import Fleet
from aimux.gateway.ingress import Ingress
from aimux.gateway.record import AttemptRecord, Record
from aimux.gateway.snapshot import Snapshot
from aimux.gateway.watchdog import Watchdog
from aimux.routing.plan import Candidate, Plan
from aimux.routing.steps import Step, left_after, steps
from aimux.routing.verdict import TABLE, Again, Blame, Signal
from aimux.wire.codec import Mode, Operation
from aimux.wire.formats import CODECS
from aimux.wire.unsearched import unsearched

MAX_ATTEMPTS: Final = 4
"""Over all candidates and keys: whoever waits for an answer does not wait for a fifth failure."""

PAUSE_S: Final = 0.5
"""Before the same key is asked again; up to as much again at random on top, so that exchanges that
failed together do not return together.
"""

NO_COUNT: Final = "no-count-tokens"
"""The quirk of a provider that does not count tokens."""

MAX_CLIENT_WAIT_S: Final = 60.0
"""A longer rest is not told to the client as ``retry-after``: it would sit and wait."""


class Exchange:
    """One request of one client.  Made for it, used once."""

    __slots__ = ("_answer", "_fleet", "_record", "_shared", "_snapshot", "_watchdog")

    def __init__(
        self,
        fleet: Fleet,
        snapshot: Snapshot,
        request: web.Request,
        ingress: Ingress,
        record: Record,
    ) -> None:
        self._fleet = fleet
        self._snapshot = snapshot
        self._record = record
        self._watchdog = watchdog = Watchdog(fleet.watch, snapshot.config.server.heartbeat)
        self._answer = answer = Answer(request, CODECS[ingress.format], watchdog, record)
        if ingress.stream and not ingress.array:
            watchdog.on_silence = answer.break_silence
        self._shared = Conversation(
            request, ingress, fleet.client, answer, watchdog, record, fleet.loop.time
        )

    async def run(self, plan: Plan) -> web.StreamResponse:
        """Asks until one answers; the response, sent to its end or ready to be sent.

        Raises:
            ClientGone: the client has left; nothing more can be told to it.
        """
        counts = self._shared.ingress.operation is Operation.COUNT_TOKENS
        try:
            failure = await (self._count(plan) if counts else self._ask(plan))
            if failure is None:
                self._record.outcome = "ok"
            elif self._answer.ended:  # the upstream's own error event was its last
                self._record.failed("upstream_error", failure.error)
            elif self._answer.committed:
                self._record.failed("cut", failure.error)
                await self._answer.break_off(failure.error)
            else:
                await self._tell(failure)
            return self._answer.response
        finally:
            self._watchdog.rest()
            self._answer.close()

    def cut(self) -> None:
        """Ends the exchange now; its client is told so in its dialect."""
        self._watchdog.cut()

    async def _ask(self, plan: Plan) -> Failed | None:
        """Takes the steps of the plan until one answers or nobody may be asked any more.

        Of several failures the first one counts: it is the one of whom the plan preferred.
        """
        step, *left = steps(plan, self._snapshot.labels, self._fleet.health, time.monotonic())
        first: Failed | None = None
        repeated = False
        while True:
            failure = await self._attempt(step)
            if failure is None or self._answer.committed:
                return failure
            row = TABLE[failure.signal]
            if row.blame is Blame.CALLER:
                return failure
            if first is None or first.signal is Signal.UNSUPPORTED:
                first = failure
            if len(self._record.attempts) >= MAX_ATTEMPTS:
                return first
            others = left_after(step, row, left)
            again = row.again is Again.FIRST or (row.again is Again.LAST and not others)
            if again and not repeated:
                repeated = True
                await self._pause(failure)
            elif others:
                step, *left = others
                repeated = False
            else:
                return first

    async def _pause(self, failure: Failed) -> None:
        """Before the same key is asked again: as long as it said, else a little."""
        if failure.signal is Signal.CUT:
            return  # an idle connection that was closed under us; a fresh one is as good as any
        self._watchdog.pause()
        wait_s = failure.retry_after_s
        if wait_s is None or wait_s > PAUSE_S * 4:
            wait_s = PAUSE_S
        await asyncio.sleep(wait_s + random.random() * PAUSE_S)  # noqa: S311 -- not a secret

    async def _attempt(self, step: Step) -> Failed | None:
        """One attempt, recorded, with whatever ended it turned into a failure."""
        candidate = step.candidate
        provider = candidate.provider
        record = AttemptRecord(provider.name, candidate.model, step.label or None, time.monotonic())
        self._record.attempts.append(record)
        credential = self._snapshot.credential(provider.name, step.label)
        load = self._fleet.load_of(provider.name)
        self._watchdog.pause()  # waiting for a place is nobody's slowness
        try:
            await load.enter(provider.max_concurrent)
            try:
                failure = await Attempt(self._shared, candidate, credential, record).run()
            finally:
                load.leave()
        except (UpstreamError, InvalidRequest) as problem:
            failure = Failed(signal_of_error(problem), problem)
        except asyncio.CancelledError:
            phase = self._watchdog.claim()
            if not phase:
                record.outcome = "client_gone"
                raise
            failure = timed_out(phase, provider)
        finally:
            record.ended = time.monotonic()
        if failure is None:
            record.outcome = "ok"
            self._fleet.answered(step)
            self._calibrate(candidate)
            return None
        record.outcome, record.error = failure.signal.value, failure.error.message
        if self._shared.ingress.operation is Operation.GENERATE:  # a count that fails says little
            self._fleet.failed(step, failure.signal, failure.error, time.monotonic())
        return failure

    def _calibrate(self, candidate: Candidate) -> None:
        """What the prompt took makes the next guess better."""
        record, ingress = self._record, self._shared.ingress
        tokens = record.usage.input_tokens
        if tokens and ingress.operation is Operation.GENERATE and not record.estimated:
            self._fleet.billed(candidate, ingress, tokens)

    async def _count(self, plan: Plan) -> Failed | None:
        """Asks the candidate who would answer the request, once; where it does not say, a guess is made,
        and marked as one.
        """
        step = steps(plan, self._snapshot.labels, self._fleet.health, time.monotonic())[0]
        candidate = step.candidate
        if candidate.mode is Mode.RELAY and NO_COUNT not in candidate.target.quirks:
            failure = await self._attempt(step)
            if failure is None or TABLE[failure.signal].blame is Blame.CALLER:
                return failure
        record, ingress = self._record, self._shared.ingress
        record.provider, record.model, record.status = candidate.provider.name, candidate.model, 200
        body = CODECS[ingress.format].write_count(self._fleet.guessed(candidate, ingress))
        headers = [("content-type", "application/json"), ("x-aimux-estimated", "true")]
        self._answer.reply(200, headers, body or b"{}")
        return None

    def _say_unsearched(self) -> bool:
        """Answers a request for nothing but a search that nobody can do; whether it is one."""
        ingress, record = self._shared.ingress, self._record
        body = unsearched(ingress)
        if body is None:
            return False
        record.status = 200
        kind = "text/event-stream; charset=utf-8" if ingress.stream else "application/json"
        self._answer.reply(200, [("content-type", kind)], body)
        return True

    async def _tell(self, failure: Failed) -> None:
        """Nobody is left: the failure goes to the client, as it came where it came as a reply."""
        record, error = self._record, failure.error
        row = TABLE[failure.signal]
        ours = row.blame is Blame.CALLER or failure.signal is Signal.UNSUPPORTED
        record.failed("client_error" if ours else "upstream_error", error)
        if self._answer.started:  # heartbeats have gone out: the status is said already
            await self._answer.break_off(error)
            return
        if (
            isinstance(error, UpstreamError)
            and error.retry_after_s is None
            and 0 < row.rest_s <= MAX_CLIENT_WAIT_S
        ):
            error.retry_after_s = row.rest_s
        format_ = self._shared.ingress.format
        if failure.signal is Signal.UNSUPPORTED and self._say_unsearched():
            return
        if failure.reply is None:
            vendors = isinstance(error, UpstreamStatus)
            record.status = (translated_status if vendors else status_for)(error, format_)
            body = CODECS[format_].error_body(error, record.id)
            self._answer.reply(record.status, error_headers(error), body)
        else:
            reply = failure.reply
            record.status = reply.status
            said = {name.lower() for name, _ in reply.headers}
            more = [] if row.blame is Blame.CALLER else error_headers(error)
            headers = reply.headers + [pair for pair in more if pair[0] not in said]
            self._answer.reply(reply.status, headers, reply.body)
