"""An exchange as telemetry sees it: what it reads of the gateway's record.

This floor is below the gateway, so it says here what it needs, and the record fits.  Times are
monotonic seconds, ``started_at`` is Unix time.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from aimux.model.request import WireFormat
from aimux.model.response import Usage
from aimux.routing.plan import Decision
from aimux.wire.codec import Operation


class AttemptFacts(Protocol):
    """One attempt; ``outcome`` is ``ok``, ``open``, ``outrun``, ``client_gone`` or a signal's name."""

    provider: str
    model: str
    key: str | None
    began: float
    ended: float | None
    first_event: float | None
    status: int | None
    outcome: str
    translate_s: float


class ExchangeFacts(Protocol):
    """One exchange that has ended."""

    id: str
    began: float
    started_at: float
    ended: float | None
    first_event: float | None
    client: str
    project: str | None
    format: WireFormat | None
    operation: Operation
    asked_model: str
    stream: bool
    decision: Decision | None
    provider: str | None
    model: str | None
    mode: str | None
    error: str | None
    usage: Usage
    parse_s: float
    route_s: float

    @property
    def attempts(self) -> Sequence[AttemptFacts]:
        """All of them, in the order in which they began."""

    @property
    def outcome(self) -> str:
        """How it ended, as the gateway says."""


def cost_usd(exchange: ExchangeFacts) -> float | None:
    """What an exchange cost in US dollars; None where nobody knows."""
    cost: float | None = getattr(exchange, "cost_usd", None)
    return cost


def cache_loss_usd(exchange: ExchangeFacts) -> float | None:
    """What was paid again because a warm cache was left; None where nobody knows."""
    loss: float | None = getattr(exchange, "cache_loss_usd", None)
    return loss
