"""One client request from its plan to its end: the only place that goes across floors.

plan -> pursuit -> attempt -> verdict -> attempt ... -> commit -> relay -> end
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

from aimux.errors import BudgetSpent, ClientGone, InvalidRequest, UpstreamError, UpstreamStatus
from aimux.gateway.answer import Answer, Answering
from aimux.gateway.attempt import Attempt, Conversation, Failed, signal_of_error, timed_out
from aimux.gateway.bill import bill, cost_of
from aimux.gateway.dialect import error_headers, status_for, translated_status
from aimux.gateway.fleet import Fleet
from aimux.gateway.ingress import Ingress
from aimux.gateway.race import Ended, Race
from aimux.gateway.record import AttemptRecord, Record
from aimux.gateway.snapshot import Snapshot
from aimux.gateway.watchdog import Watchdog
from aimux.model.response import UNKNOWN, Usage
from aimux.routing.budget import Hold
from aimux.routing.plan import Candidate, Plan, Step
from aimux.routing.pursuit import Pursuit, Try
from aimux.routing.router import Spent
from aimux.routing.verdict import TABLE, Blame, Fault, Signal
from aimux.wire.codec import Mode, Operation
from aimux.wire.formats import CODECS
from aimux.wire.unsearched import unsearched

RETRY_COUNT: Final = "x-stainless-retry-count"
"""In which the official SDKs say how often they have sent a request before."""

NO_COUNT: Final = "no-count-tokens"
"""The quirk of a provider that does not count tokens."""

MAX_REASON_CHARS: Final = 300
"""Of a failure's reason, as it is remembered and shown."""

MAX_CLIENT_WAIT_S: Final = 60.0
"""A longer rest is not told to the client as ``retry-after``: it would sit and wait."""


class Exchange:
    """One request of one client.  Made for it, used once."""

    __slots__ = ("_answer", "_fleet", "_record", "_shared", "_snapshot", "_watchdog")

    def __init__(  # noqa: PLR0913 -- one that makes the answer, beside what every exchange has
        self,
        fleet: Fleet,
        snapshot: Snapshot,
        request: web.Request,
        ingress: Ingress,
        record: Record,
        *,
        answering: Answering = Answer,
    ) -> None:
        """``answering`` makes the client's side of it."""
        self._fleet = fleet
        self._snapshot = snapshot
        self._record = record
        self._watchdog = watchdog = Watchdog(fleet.watch, snapshot.config.server.heartbeat)
        self._answer = answer = answering(request, CODECS[ingress.format], watchdog, record)
        if ingress.stream and not ingress.array:
            watchdog.on_silence = answer.break_silence
        self._shared = Conversation(
            request,
            ingress,
            fleet.client,
            answer,
            watchdog,
            record,
            fleet.loop.time,
            fleet.router.quotas,
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
            if not counts:
                bill(self._record, plan, self._record.started_at)

    def cut(self) -> None:
        """Ends the exchange now; its client is told so in its dialect."""
        self._watchdog.cut()

    async def _ask(self, plan: Plan) -> Failed | None:
        """Asks whom the pursuit names until one answers or nobody may be asked any more."""
        fleet, failures = self._fleet, list[Failed]()
        pursuit = Pursuit(plan, fleet.router, random.random)
        if self._shared.request.headers.get(RETRY_COUNT, "0") != "0":
            fleet.router.retries.came_again(fleet.now_s())
        while (attempt := pursuit.next(fleet.now_s())) is not None:
            if attempt.pause_s and (cut := await self._pause(attempt)) is not None:
                return cut
            if not failures and self._may_hedge(plan, attempt.step):
                ended = await self._race(plan, pursuit, attempt.step)
            else:
                failure = await self._attempt(attempt.step, plan, self._shared)
                ended = [Ended(attempt.step, failure, self._answer.committed)]
            for step, failure, won in ended:
                if failure is None:
                    return None
                if won:
                    self._bear(plan, step, failure)
                    return failure
                failures.append(failure)
                pursuit.failed(self._fault(step, failure), fleet.now_s(), step)
        return failures[pursuit.told]

    async def _pause(self, attempt: Try) -> Failed | None:
        """Waits before an attempt; whoever leaves meanwhile gives up the place that was kept for it.  A
        failure is the end of the daemon.
        """
        self._watchdog.wait()
        try:
            await asyncio.sleep(attempt.pause_s)
        except asyncio.CancelledError:
            self._fleet.router.abandoned(attempt.step, self._fleet.now_s())
            phase = self._watchdog.claim()
            if not phase:
                raise
            return timed_out(phase, attempt.step.candidate.provider)
        return None

    def _may_hedge(self, plan: Plan, first: Step) -> bool:
        """Whether a slow beginning may be hedged: the route wants it, it can be paid, and no warm cache
        speaks for the first one.
        """
        hedge = plan.hedge
        if hedge is None or plan.cached.get(first.candidate.place):
            return False
        self._fleet.router.hedges.earn(plan.decision.route, hedge.share)
        return len(plan.steps) > 1

    async def _race(self, plan: Plan, pursuit: Pursuit, first: Step) -> list[Ended]:
        """The first step, and beside it another one if it is slow; who has failed, then who has won."""
        assert plan.hedge is not None  # noqa: S101 -- _may_hedge has looked
        fleet, route = self._fleet, plan.decision.route
        race = Race(self._shared, fleet.watch, self._snapshot.config.server.heartbeat)
        self._watchdog.wait()  # each attempt has a watchdog of its own
        race.start(first, lambda shared: self._attempt(first, plan, shared))
        try:
            if not await race.decided(plan.hedge.after) and fleet.router.hedges.take(route):
                second = pursuit.beside(fleet.now_s())
                if second is not None:
                    race.start(second, lambda shared: self._attempt(second, plan, shared))
            return await race.ended()
        except asyncio.CancelledError:
            phase = self._watchdog.claim()
            await race.stop()
            if not phase:
                raise
            return [Ended(first, timed_out(phase, first.candidate.provider), won=True)]
        finally:
            await race.stop()

    def _bear(self, plan: Plan, step: Step, failure: Failed) -> None:
        """A failure after the first byte went out counts as any other."""
        fault = self._fault(step, failure)
        self._fleet.router.failed(plan, step, fault, self._fleet.now_s(), random.random)

    def _fault(self, step: Step, failure: Failed) -> Fault:
        """A failure as routing sees it.  Its reason is kept on the disk and shown by commands, and vendors
        repeat keys in their errors.
        """
        if TABLE[failure.signal].blame not in {Blame.CALLER, Blame.NOBODY}:
            self._fleet.load_of(step.candidate.provider.name).failures += 1
        reason = self._snapshot.redactor.text(failure.error.message)
        return Fault(failure.signal, failure.retry_after_s, reason[:MAX_REASON_CHARS])

    async def _attempt(self, step: Step, plan: Plan, shared: Conversation) -> Failed | None:
        """One attempt, recorded, with whatever ended it turned into a failure."""
        candidate, fleet = step.candidate, self._fleet
        provider = candidate.provider
        record = AttemptRecord(provider.name, candidate.model, step.label or None, time.monotonic())
        try:
            hold = self._reserve(plan, candidate)
        except BudgetSpent as spent:
            return Failed(Signal.BUDGET, spent)
        first = all(each.provider != provider.name for each in self._record.attempts)
        fleet.router.asks(step, shared.ingress.features, fleet.now_s(), first=first)
        self._record.attempts.append(record)
        credential = self._snapshot.credential(provider.name, step.label)
        load = fleet.load_of(provider.name)
        shared.watchdog.pause()  # waiting for a place is nobody's slowness
        attempt: Attempt | None = None
        try:
            await load.enter(provider.max_concurrent)
            try:
                attempt = Attempt(shared, candidate, credential, record)
                failure = await attempt.run()
            finally:
                load.leave()
        except (UpstreamError, InvalidRequest) as problem:
            failure = Failed(signal_of_error(problem), problem)
        except asyncio.CancelledError:
            phase = shared.watchdog.claim()
            if not phase:
                outrun = shared.race is not None and shared.race.outrun()
                record.outcome = "outrun" if outrun else "client_gone"
                fleet.router.abandoned(step, fleet.now_s())
                raise
            failure = timed_out(phase, provider)
        except ClientGone:
            record.outcome = "client_gone"
            fleet.router.abandoned(step, fleet.now_s())
            raise
        finally:
            record.ended = time.monotonic()
            if hold is not None:
                self._pay(hold, candidate, attempt.usage if attempt else UNKNOWN, record)
        if failure is None:
            record.outcome = "ok"
            self._learn(step, plan, record)
            return None
        record.outcome, record.error = failure.signal.value, failure.error.message
        record.retry_after_s = failure.retry_after_s
        return failure

    def _reserve(self, plan: Plan, candidate: Candidate) -> Hold | None:
        """Takes what an attempt will cost out of the budgets; None where there are none.

        Raises:
            BudgetSpent: others have spent it since the plan was made.
        """
        purse, fleet = plan.purse, self._fleet
        if purse is None:
            return None
        return fleet.router.budgets.reserve(purse, candidate, fleet.now_s())

    def _pay(self, hold: Hold, candidate: Candidate, usage: Usage, record: AttemptRecord) -> None:
        """Settles with the budgets what an attempt has cost.  An answer that had begun and of which
        nobody says what it took is paid as it was estimated: its provider bills it.  So is a hedge that
        was outrun.
        """
        fleet, now_s = self._fleet, self._fleet.now_s()
        cost_usd = cost_of(candidate, usage, self._record.started_at).usd
        if cost_usd is None and record.first_event is None and record.outcome != "outrun":
            fleet.router.budgets.release(hold, now_s)
            return
        for notice in fleet.router.budgets.settle(hold, cost_usd, now_s):
            fleet.tell(notice)

    def _learn(self, step: Step, plan: Plan, record: AttemptRecord) -> None:
        """What an answer teaches: who is well, what is cached where, how fast it was, what it took."""
        ingress, fleet = self._shared.ingress, self._fleet
        if ingress.operation is Operation.COUNT_TOKENS:  # no model has worked for it
            return
        if ingress.operation is Operation.EMBED:
            fleet.router.well(step, fleet.now_s())
            return
        first = record.first_event
        spent = Spent(
            self._record.usage,
            None if first is None else first - record.began,
            (record.ended or record.began) - record.began,
        )
        fleet.router.answered(step, plan, ingress.features, spent, fleet.now_s())
        self._calibrate(step.candidate)

    def _calibrate(self, candidate: Candidate) -> None:
        """What the prompt took makes the next guess better."""
        record, ingress = self._record, self._shared.ingress
        tokens = record.usage.input_tokens
        if tokens and ingress.operation is Operation.GENERATE and record.tells_prompt:
            self._fleet.billed(candidate, ingress, tokens)

    async def _count(self, plan: Plan) -> Failed | None:
        """Asks the candidate who would answer the request, once; where it does not say, a guess is made,
        and marked as one.
        """
        step = (*plan.steps, *plan.resort)[0]
        candidate = step.candidate
        if candidate.mode is Mode.RELAY and NO_COUNT not in candidate.target.quirks:
            failure = await self._attempt(step, plan, self._shared)
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
        ours = row.blame is Blame.CALLER or failure.signal in {Signal.UNSUPPORTED, Signal.BUDGET}
        record.failed("client_error" if ours else "upstream_error", error)
        if self._answer.started:  # heartbeats have gone out: the status is said already
            await self._answer.break_off(error)
            return
        if (
            isinstance(error, UpstreamError)
            and error.retry_after_s is None
            and 0 < row.client_s <= MAX_CLIENT_WAIT_S
        ):
            error.retry_after_s = row.client_s
        format_ = self._shared.ingress.format
        if failure.signal is Signal.UNSUPPORTED and self._say_unsearched():
            return
        if failure.reply is None:
            vendors = isinstance(error, UpstreamStatus)
            record.status = (translated_status if vendors else status_for)(error, format_)
            body = CODECS[format_].error_body(error, record.id)
            headers = [*error_headers(error), *failure.limits]
            self._answer.reply(record.status, headers, body)
        else:
            reply = failure.reply
            record.status = reply.status
            said = {name.lower() for name, _ in reply.headers}
            more = [] if row.blame is Blame.CALLER else error_headers(error)
            headers = reply.headers + [pair for pair in more if pair[0] not in said]
            self._answer.reply(reply.status, headers, reply.body)
