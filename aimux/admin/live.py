"""``GET /aimux/v1/events``: what happens, as it happens, for whoever has a dashboard open.

    status     at the beginning, and when it has changed, once a second at most
    exchange   when one begins, when something of it changes, when it has ended
    alert      when one changes its state
    reset      what was missed is gone: ask for everything anew

While nobody looks nothing of this is done: an exchange that begins or ends costs one comparison.  It goes
on for a while after the last viewer has left, so that one who comes back at once has missed nothing.

What happens to an exchange is seen by looking: five times a second those that are open are compared with
what was last told of them.  So the gateway need not tell each step, and of ten steps in a moment only
the last is written down.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple, Protocol

from aiohttp import web

from aimux.admin.answers import answering
from aimux.admin.shapes import API, AlertShape, ExchangeShape, StatusShape
from aimux.admin.stream import Stream, reset
from aimux.admin.visitors import Visitors, visitor_of
from aimux.telemetry.redact import Redactor
from aimux.wire import jsontext

logger = logging.getLogger(__name__)


class Pace(NamedTuple):
    """How often what is done, in seconds."""

    tick_s: float = 0.2
    """Exchanges are looked at."""
    status_s: float = 1.0
    heartbeat_s: float = 15.0
    linger_s: float = 30.0
    """After the last viewer has left."""
    slow_s: float = 5.0
    """For the last words to a viewer; one who has not read them then is cut off."""


RETRY: Final = b"retry: 2000\n\n"
HEARTBEAT: Final = b": still here\n\n"
HEADERS: Final = {
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
}
_RESTLESS: Final = frozenset(
    {"uptime_s", "memory_mb", "open_files", "connections", "tasks", "threads", "loop_lag_ms"}
)
"""What of a status is never the same twice: it goes along and is no reason to tell it."""


class Told(Protocol):
    """An exchange's record, as ``gateway.record`` keeps it."""

    @property
    def id(self) -> str: ...  # noqa: D102 -- the fields of gateway.record
    @property
    def ended(self) -> float | None: ...  # noqa: D102
    @property
    def provider(self) -> str | None: ...  # noqa: D102
    @property
    def status(self) -> int: ...  # noqa: D102
    @property
    def first_event(self) -> float | None: ...  # noqa: D102
    @property
    def decision(self) -> object: ...  # noqa: D102
    @property
    def attempts(self) -> Any: ...  # noqa: D102
    def shape(self, now: float) -> ExchangeShape: ...  # noqa: D102


class Recent(Protocol):
    """The exchanges that are remembered."""

    on_begin: Callable[[Any], None] | None

    def open(self) -> Any:
        """Those that have not ended."""
        ...


class Control(Protocol):
    """What is asked of the daemon."""

    def status(self) -> StatusShape:
        """The whole state."""
        ...

    def alerts(self) -> list[AlertShape]:
        """All alerts."""
        ...


class Live:
    """The events of one daemon.  ``follow`` tells it whom to look at, once there is somebody."""

    def __init__(
        self,
        visitors: Visitors,
        redactor: Redactor,
        pace: Pace = Pace(),  # noqa: B008 -- a constant
    ) -> None:
        self._pace = pace
        self.stream = Stream(time.time_ns() // 1_000_000)
        self._visitors = visitors
        self._redactor = redactor
        self._recent: Recent | None = None
        self._control: Control | None = None
        self._task: asyncio.Task[None] | None = None
        self._seen: dict[str, tuple[Told, object]] = {}
        """Open exchanges, each with what was last told of it."""
        self._over: list[Told] = []
        self._status: Mapping[str, Any] = {}
        self._alerts: dict[int, tuple[str, str | None]] = {}
        self._closed = False
        visitors.leaving.append(self._log_out)

    def follow(self, recent: Recent, control: Control) -> None:
        """Whom to look at."""
        self._recent, self._control = recent, control

    def observe(self, record: Told) -> None:
        """An exchange has ended."""
        if self._task is not None:
            self._over.append(record)

    def register(self, app: web.Application) -> None:
        """Adds the address."""
        app.router.add_get(f"{API}/events", answering(self.events), allow_head=False)
        app.on_shutdown.append(self._on_shutdown)

    def close(self) -> None:
        """Ends all streams, and lets no other one begin."""
        self._closed = True
        for viewer in tuple(self.stream.viewers):
            self.stream.leave(viewer)
        self._sleep()

    # ------------------------------------------------------------ one viewer

    async def events(self, request: web.Request) -> web.StreamResponse:
        """One viewer's stream, for as long as it looks."""
        response = web.StreamResponse(headers=HEADERS)
        if self._closed:
            return web.Response(status=204)  # to an EventSource: do not come again
        self._wake()
        opening = self._opening(request.headers.get("last-event-id", ""))
        viewer = self.stream.enter(visitor_of(request))
        cut = _Cut(request, self._pace.slow_s)
        viewer.on_end = cut.soon
        try:
            await response.prepare(request)
            await response.write(opening)
            while piece := await viewer.next():
                await response.write(piece)
        except ConnectionError:
            pass  # it has left
        finally:
            self.stream.leave(viewer)
            cut.spare()
        return response

    def _opening(self, last_seen: str) -> bytes:
        """What a viewer gets first: what it has missed, and how things stand."""
        self._tell_changes()
        missed: bytes | None = b""
        if last_seen:
            numeric = last_seen.isascii() and last_seen.isdigit() and len(last_seen) < 20
            missed = self.stream.since(int(last_seen)) if numeric else None
        if missed is None:
            missed = reset("what was missed is gone", self.stream.last)
        status = b"id: %d\nevent: status\ndata: %s\n\n" % (self.stream.last, self._status_now())
        return RETRY + missed + status

    def _log_out(self, session: bytes) -> None:
        for viewer in tuple(self.stream.viewers):
            if viewer.session == session:
                self.stream.leave(viewer)

    async def _on_shutdown(self, _: web.Application) -> None:
        self.close()

    # ------------------------------------------------------------ looking

    def _wake(self) -> None:
        if self._task is not None or self._recent is None:
            return
        self._recent.on_begin = self._begun
        for record in self._recent.open():
            self._seen[record.id] = record, _state(record)
        self._alerts = self._alert_states()
        self._task = asyncio.get_running_loop().create_task(self._look())

    def _sleep(self) -> None:
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
        if self._recent is not None:
            self._recent.on_begin = None
        self._seen.clear()
        self._over.clear()
        self._status = {}
        self.stream.forget()

    def _begun(self, record: Told) -> None:
        self._seen[record.id] = record, None

    async def _look(self) -> None:
        """Until nobody has looked for a while."""
        pace = self._pace
        silent_s = since_status_s = alone_s = 0.0
        while alone_s < pace.linger_s:
            await asyncio.sleep(pace.tick_s)
            alone_s = 0.0 if self.stream.viewers else alone_s + pace.tick_s
            since_status_s += pace.tick_s
            told = False
            try:
                if since_status_s >= pace.status_s:
                    since_status_s = 0.0
                    self._look_around()
                told = self._tell_changes()
            except Exception:  # a bug of ours costs these events, not the stream
                logger.exception("events could not be told")
            silent_s = 0.0 if told else silent_s + pace.tick_s
            if silent_s >= pace.heartbeat_s:
                silent_s = 0.0
                self.stream.say(HEARTBEAT)
        self._task = None  # this one ends by itself
        self._sleep()

    def _tell_changes(self) -> bool:
        """Tells what has changed of exchanges since the last time; whether anything was told."""
        now = time.monotonic()
        for record, before in tuple(self._seen.values()):
            state = _state(record)
            if record.ended is None and state != before:
                self._seen[record.id] = record, state
                self._tell("exchange", record.shape(now))
        for record in self._over:
            self._seen.pop(record.id, None)
            self._tell("exchange", record.shape(now))
        self._over.clear()
        return self.stream.flush()

    def _look_around(self) -> None:
        """What is looked at once a second: the status, alerts, and whether sessions are still open."""
        if not self.stream.viewers:
            return
        for viewer in tuple(self.stream.viewers):
            if viewer.session is not None:
                self._visitors.is_open(viewer.session)
        self._tell_alerts()
        before = self._status
        data = self._status_now()
        if self._status != before:
            self.stream.add("status", data)

    def _status_now(self) -> bytes:
        if self._control is None:
            return b"{}"
        status = self._control.status()
        self._status = _settled(status)
        return self._written(status)

    def _tell_alerts(self) -> None:
        if self._control is None:
            return
        alerts = self._control.alerts()
        before, self._alerts = self._alerts, _states(alerts)
        for each in alerts:
            number = each["number"]
            if before.get(number) != self._alerts[number]:
                self._tell("alert", each)

    def _alert_states(self) -> dict[int, tuple[str, str | None]]:
        return {} if self._control is None else _states(self._control.alerts())

    def _tell(self, kind: str, shape: object) -> None:
        self.stream.add(kind, self._written(shape))

    def _written(self, shape: object) -> bytes:
        """As JSON on one line, without secrets: providers repeat keys in their errors."""
        text = jsontext.dumps(shape)
        if self._redactor.is_clean(text.decode()):
            return text
        return jsontext.dumps(self._redactor.value(shape))


class _Cut:
    """Ends the connection of a viewer to whom nothing more is said, and who may not even read that."""

    def __init__(self, request: web.Request, after_s: float) -> None:
        self._transport = request.transport
        self._after_s = after_s
        self._timer: asyncio.TimerHandle | None = None

    def soon(self) -> None:
        """Unless it has read everything by then."""
        if self._transport is not None:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(self._after_s, self._transport.abort)

    def spare(self) -> None:
        """It has."""
        if self._timer is not None:
            self._timer.cancel()


def _settled(status: StatusShape) -> Mapping[str, Any]:
    """What of a status is worth telling when it changes: no measurement, and nothing that counts down."""
    settled: dict[str, Any] = {k: each for k, each in status.items() if k not in _RESTLESS}
    settled["providers"] = [
        {
            **each,
            "cooling_s": each["cooling_s"] is not None,
            "troubles": [{**trouble, "for_s": 0} for trouble in each["troubles"]],
        }
        for each in status["providers"]
    ]
    return settled


def _states(alerts: list[AlertShape]) -> dict[int, tuple[str, str | None]]:
    return {each["number"]: (each["state"], each["since"]) for each in alerts}


def _state(record: Told) -> object:
    """What of an open exchange is worth telling when it changes."""
    attempts = record.attempts
    last = attempts[-1].outcome if attempts else ""
    decided = record.decision is not None
    return decided, len(attempts), last, record.provider, record.status, record.first_event
