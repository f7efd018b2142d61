"""An answer whose bytes are kept as they go to the client, where the configuration wants that.

Another class and not a condition, so that it costs nothing where nothing is kept.  Nothing is copied:
what is kept are the pieces that were sent.
"""

from __future__ import annotations

import time
from functools import partial
from typing import Final

from aiohttp import web
from multidict import CIMultiDictProxy

from aimux.errors import AimuxError, InvalidRequest
from aimux.gateway.answer import Answer, Answering
from aimux.gateway.headers import goes_to_provider
from aimux.gateway.ingress import Ingress
from aimux.gateway.record import Record
from aimux.gateway.watchdog import Watchdog
from aimux.routing.plan import Moment
from aimux.routing.rules import Rule
from aimux.telemetry.bodies import Bodies
from aimux.telemetry.bodies_file import MOST_BYTES, Said
from aimux.wire.codec import Codec, Operation

_OURS: Final = "x-aimux-"
_ONCE: Final = frozenset(
    {
        "idempotency-key",
        "x-client-request-id",
        "traceparent",
        "tracestate",
        "x-stainless-retry-count",
    }
)
"""Headers that belong to one sending, and not to what is sent."""


def kept_answer(bodies: Bodies | None, keeps: Rule, ingress: Ingress, moment: Moment) -> Answering:
    """What makes the client's side of an exchange: one that keeps, if the conditions hold."""
    if bodies is None or ingress.operation is not Operation.GENERATE:
        return Answer
    try:
        wanted = keeps.matches(ingress.features, moment)
    except InvalidRequest:  # a condition on something that cannot be read, and need not be
        return Answer
    return partial(KeptAnswer, bodies, ingress) if wanted else Answer


class KeptAnswer(Answer):
    """The response to one client, kept with the request that it answers."""

    __slots__ = ("_bodies", "_said")

    def __init__(  # noqa: PLR0913, PLR0917 -- the answer's own four and what it keeps
        self,
        bodies: Bodies,
        ingress: Ingress,
        request: web.Request,
        codec: Codec,
        watchdog: Watchdog,
        record: Record,
    ) -> None:
        super().__init__(request, codec, watchdog, record)
        raw = ingress.document.raw
        self._bodies = bodies
        self._said = Said(
            id=record.id,
            at_s=time.time(),
            format=ingress.format,
            model=ingress.model,
            stream=ingress.stream,
            array=ingress.array,
            query=ingress.query,
            headers=_headers(request.headers),
            request=raw if len(raw) <= MOST_BYTES else None,
        )

    async def say(self, piece: bytes) -> None:
        """Sends a piece of the answer, and keeps it."""
        await super().say(piece)
        self._said.add(piece)

    async def end(self, last: bytes) -> None:
        """Sends what is left, and keeps it."""
        await super().end(last)
        if last:
            self._said.add(last)

    async def break_off(self, error: AimuxError) -> None:
        """Ends a response that will not be completed; the event that says so is kept."""
        failing = self.failing

        def noted(error: AimuxError, request_id: str) -> bytes:
            event = failing(error, request_id)
            self._said.add(event)
            return event

        self.failing = noted
        await super().break_off(error)

    async def _beat(self) -> None:
        await super()._beat()
        self._said.add(self._codec.heartbeat)

    def close(self) -> None:
        """Ends the heartbeat, and hands over what was said."""
        super().close()
        said, response = self._said, self._response
        if response is not None:
            said.status = response.status
            said.kind = response.headers.get("content-type", "")
            said.encoding = response.headers.get("content-encoding", "")
            if isinstance(response, web.Response) and isinstance(response.body, bytes):
                said.add(response.body)  # it goes out whole, with its head
        self._bodies.take(said)


def _headers(headers: CIMultiDictProxy[str]) -> dict[str, str]:
    """Those that a replay needs: no token is among them."""
    return {
        name.lower(): value
        for name, value in headers.items()
        if (goes_to_provider(name) or name.lower().startswith(_OURS)) and name.lower() not in _ONCE
    }
