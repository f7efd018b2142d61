"""What is known of an exchange, while it runs and afterwards: facts, no content.

The most recent ones are kept in memory for ``aimux status``, ``aimux demo`` and whoever asks why.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from typing import Final, Literal

from aimux.admin.rehearsed import finite
from aimux.admin.shapes import AttemptShape, ExchangeShape, RankShape
from aimux.errors import AimuxError
from aimux.model.loss import Loss
from aimux.model.request import WireFormat
from aimux.model.response import UNKNOWN, Usage
from aimux.routing.plan import Decision
from aimux.routing.verdict import Signal, words_of
from aimux.wire.codec import Operation

Outcome = Literal["open", "ok", "client_error", "upstream_error", "cut", "client_gone", "rejected"]

MAX_DROPPED_CHARS: Final = 1000
"""Of ``x-aimux-dropped``: some proxies refuse longer headers."""

_UNTELLING: Final = frozenset({"answer.continued", "prompt.truncated", "usage.estimated"})

KEPT: Final = 500
"""Exchanges kept in memory, about 2 KB each."""


@dataclass(slots=True)
class AttemptRecord:
    """One attempt; times are ``time.monotonic`` (the loop's own clock may count in milliseconds)."""

    provider: str
    model: str
    key: str | None
    began: float
    ended: float | None = None
    first_event: float | None = None
    status: int | None = None
    outcome: str = "open"
    error: str | None = None
    translate_s: float = 0.0
    """Own work: writing the request, and where formats differ reading the answer."""
    retry_after_s: float | None = None
    """How long the provider asked to wait, where it did."""

    def shape(self, now: float) -> AttemptShape:
        """The attempt as the admin API tells it."""
        first = None if self.first_event is None else _ms(self.first_event - self.began)
        return AttemptShape(
            provider=self.provider,
            model=self.model,
            key=self.key,
            status=self.status,
            outcome=self.outcome,
            verdict=_WORDS.get(self.outcome),
            error=self.error,
            first_event_ms=first,
            duration_ms=_ms((now if self.ended is None else self.ended) - self.began),
        )


@dataclass(slots=True)
class Record:
    """One exchange; ``began`` and ``ended`` are monotonic seconds, ``started_at`` is the wall's clock."""

    id: str
    began: float
    started_at: float
    client: str = ""
    """The agent's name where it is known, else that of its token."""
    token: str = ""
    """The name of the client token."""
    project: str | None = None
    format: WireFormat | None = None
    operation: Operation = Operation.GENERATE
    asked_model: str = ""
    stream: bool = False
    decision: Decision | None = None
    attempts: list[AttemptRecord] = field(default_factory=list)
    provider: str | None = None
    model: str | None = None
    mode: str | None = None
    status: int = 0
    outcome: Outcome = "open"
    error: str | None = None
    losses: tuple[Loss, ...] = ()
    """What translation could not carry to the provider that answered, and from it."""
    usage: Usage = UNKNOWN
    cost_usd: float | None = None
    """What the answer has cost; None is unknown, never free.  Filled in after the last byte."""
    cost_source: str = "unknown"
    """Who says so: ``config.toml``, the date of the catalogue's row, ``vendor``, or ``unknown``."""
    cache_loss_tokens: int = 0
    """Tokens that were warm at another target and had to be read anew."""
    cache_loss_usd: float | None = None
    """What that has cost; None where nothing was lost or a price is unknown."""
    cache_loss_cause: str = ""
    """``failover``, ``rule`` or ``strategy``; empty where nothing was lost."""
    first_event: float | None = None
    ended: float | None = None
    parse_s: float = 0.0
    """Own work: reading the request, once its body is here."""
    route_s: float = 0.0
    """Own work: what it asks for and who shall answer."""

    @property
    def tells_prompt(self) -> bool:
        """Whether the usage says what the whole prompt takes: counted, once, and nothing of it cut off."""
        return not self.losses or all(each.code not in _UNTELLING for each in self.losses)

    def headers(self) -> list[tuple[str, str]]:
        """What aimux says of the exchange to its client, as far as it is known now."""
        headers = [("x-aimux-request-id", self.id), ("x-aimux-attempts", str(len(self.attempts)))]
        if self.decision is not None:
            headers.append(("x-aimux-route", self.decision.route))
        if self.provider and self.model and self.mode:
            headers += [
                ("x-aimux-provider", self.provider),
                ("x-aimux-model", self.model),
                ("x-aimux-mode", self.mode),
            ]
        if self.losses:
            headers.append(("x-aimux-dropped", self._dropped()))
        return headers

    def _dropped(self) -> str:
        """The codes of what was lost, each once, as far as a header should be long."""
        codes = ",".join(dict.fromkeys(loss.code for loss in self.losses))
        return codes if len(codes) <= MAX_DROPPED_CHARS else codes[:MAX_DROPPED_CHARS] + "..."

    def failed(self, outcome: Outcome, error: AimuxError) -> None:
        """Notes how the exchange failed."""
        self.outcome = outcome
        self.error = f"{error.code}: {error.message}"

    def log_fields(self) -> dict[str, object]:
        """The line of the log: what one greps for; what is not known is left out."""
        fields: dict[str, object] = {
            "request_id": self.id,
            "client": self.client,
            "format": self.format,
            "asked_model": self.asked_model,
            "route": self.decision.route if self.decision else None,
            "provider": self.provider,
            "model": self.model,
            "mode": self.mode,
            "stream": self.stream,
            "attempts": len(self.attempts),
            "status": self.status,
            "outcome": self.outcome,
            "error": self.error,
            "dropped": self._dropped() if self.losses else None,
            "input_tokens": self.usage.input_tokens,
            "output_tokens": self.usage.output_tokens,
            "cache_read_tokens": self.usage.cache_read_tokens,
            "cost_usd": _rounded(self.cost_usd),
            "cache_loss_usd": _rounded(self.cache_loss_usd),
            "first_event_ms": _ms_between(self.began, self.first_event),
            "duration_ms": _ms_between(self.began, self.ended),
        }
        return {name: value for name, value in fields.items() if value is not None}

    def shape(self, now: float) -> ExchangeShape:
        """The exchange as the admin API tells it."""
        decision = self.decision or _UNDECIDED
        return ExchangeShape(
            id=self.id,
            started_at=datetime.fromtimestamp(self.started_at, UTC).isoformat(
                timespec="milliseconds"
            ),
            client=self.client,
            format=str(self.format or ""),
            asked_model=self.asked_model,
            route=decision.route,
            rule=decision.rule,
            strategy=decision.strategy,
            candidates=list(decision.candidates),
            ranks=[
                RankShape(target=each.candidate.name, score=finite(each.score), words=each.words)
                for each in decision.ranks
            ],
            refusals=[{"target": each.target, "reason": each.reason} for each in decision.refusals],
            notes=list(decision.notes),
            session=decision.session,
            config_generation=decision.generation,
            estimated_tokens=decision.input_tokens,
            provider=self.provider,
            model=self.model,
            mode=self.mode,
            stream=self.stream,
            status=self.status,
            outcome=self.outcome,
            error=self.error,
            attempts=[attempt.shape(now) for attempt in self.attempts],
            dropped=[
                {"code": loss.code, "severity": loss.severity.name.lower(), "words": loss.words}
                for loss in self.losses
            ],
            input_tokens=self.usage.input_tokens,
            output_tokens=self.usage.output_tokens,
            cache_read_tokens=self.usage.cache_read_tokens,
            cache_write_tokens=self.usage.cache_write_tokens,
            reasoning_tokens=self.usage.reasoning_tokens,
            cost_usd=self.cost_usd,
            cost_source=self.cost_source,
            cache_loss_usd=self.cache_loss_usd,
            cache_loss_tokens=self.cache_loss_tokens,
            cache_loss_cause=self.cache_loss_cause,
            first_event_ms=_ms_between(self.began, self.first_event),
            duration_ms=_ms_between(self.began, self.ended),
        )


_UNDECIDED: Final = Decision("", "", (), (), strategy="")
_WORDS: Final = {
    "client_gone": "the client left",
    "outrun": "another target began to answer first",
    **{signal.value: words_of(signal) for signal in Signal},
}


def _rounded(usd: float | None) -> float | None:
    return None if usd is None else round(usd, 8)


def _ms(seconds: float) -> float:
    """Milliseconds to the thousandth; ``round`` would cost four times as much."""
    return int(seconds * 1_000_000 + 0.5) / 1000


def _ms_between(began: float, ended: float | None) -> float | None:
    return None if ended is None else _ms(ended - began)


class Recent:
    """The latest exchanges by id, oldest forgotten first.  ``clock`` is the one of their records."""

    __slots__ = ("_clock", "_records", "on_begin")

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._records: OrderedDict[str, Record] = OrderedDict()
        self.on_begin: Callable[[Record], None] | None = None
        """Who is shown each exchange as it begins, while somebody looks."""

    def add(self, record: Record) -> None:
        """Takes an exchange in as soon as it begins."""
        self._records[record.id] = record
        if len(self._records) > KEPT:
            self._records.popitem(last=False)
        if self.on_begin is not None:
            self.on_begin(record)

    def open(self) -> list[Record]:
        """Those that have not ended, oldest first."""
        return [each for each in self._records.values() if each.ended is None]

    def newest(self, count: int) -> list[ExchangeShape]:
        """The latest ones, newest first."""
        now = self._clock()
        return [record.shape(now) for record in islice(reversed(self._records.values()), count)]

    def find(self, request_id: str) -> ExchangeShape | None:
        """One exchange; ``last`` is the newest.  None if it is not known or not any more."""
        if request_id == "last":
            return next(iter(self.newest(1)), None)
        record = self._records.get(request_id)
        return None if record is None else record.shape(self._clock())
