"""Traces for OpenTelemetry, where somebody collects them: the extra ``aimux[otel]``.

Only where ``OTEL_EXPORTER_OTLP_ENDPOINT`` (or ``..._TRACES_ENDPOINT``) is set and the extra is installed.
One span for each exchange and below it one for each attempt, by the conventions for generative AI; made of
the record after the last byte, with the times that it has, in a thread of its own.  The loop does no more
than hand the record over.  What was said is never in a span; neither are messages of errors, which may
repeat it.

The only module that imports opentelemetry, and only in that thread.
"""

from __future__ import annotations

import importlib.util
import logging
import queue
import threading
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Final

from aimux import __version__
from aimux.model.request import WireFormat
from aimux.telemetry.facts import AttemptFacts, ExchangeFacts, cost_usd
from aimux.telemetry.tally import ERROR_TYPES
from aimux.wire.codec import Operation

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.trace import Span, Tracer

ENDPOINTS: Final = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
MOST_WAITING: Final = 2048
"""Records; where the thread does not keep up, those that follow are dropped and counted."""
EXPORT_S: Final = 5.0

Attribute = str | bool | int | float

logger = logging.getLogger(__name__)


def wanted(environ: Mapping[str, str]) -> bool:
    """Whether traces are to be sent; that the extra is missing is said in the log."""
    if not any(environ.get(name) for name in ENDPOINTS):
        return False
    if _installed():
        return True
    logger.warning(
        "traces are configured (%s), and the extra is not installed: pip install 'aimux[otel]'",
        " or ".join(ENDPOINTS),
    )
    return False


def _installed() -> bool:
    try:
        found = importlib.util.find_spec("opentelemetry.exporter.otlp.proto.http.trace_exporter")
    except ImportError:
        return False
    return found is not None


class Tracing:
    """Makes spans of exchanges; an observer of the gateway."""

    def __init__(self) -> None:
        self.dropped = 0
        """Exchanges of which no span was made."""
        self._records: queue.SimpleQueue[ExchangeFacts | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="otel", daemon=True)
        self._thread.start()

    def observe(self, exchange: ExchangeFacts) -> None:
        """An exchange has ended."""
        if self._records.qsize() >= MOST_WAITING:
            if not self.dropped:
                logger.warning(
                    "exchanges come faster than their traces can be made; some have none"
                )
            self.dropped += 1
        else:
            self._records.put(exchange)

    def close(self, limit_s: float = EXPORT_S) -> None:
        """Sends what waits, at most so long; blocks."""
        self._records.put(None)
        self._thread.join(limit_s)

    def _run(self) -> None:
        try:
            provider = _provider()
        except Exception:  # a setting that the library does not like
            logger.exception("traces cannot be sent")
            return
        tracer = provider.get_tracer("aimux", __version__)
        while (exchange := self._records.get()) is not None:
            try:
                trace(tracer, exchange)
            except Exception:  # one exchange without a span, and the next with one
                logger.exception("a span could not be made")
        provider.shutdown()


def _provider() -> TracerProvider:
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    resource = Resource.create({"service.name": "aimux", "service.version": __version__})
    provider = TracerProvider(resource=resource, shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(timeout=EXPORT_S)))
    return provider


def trace(tracer: Tracer, exchange: ExchangeFacts) -> None:
    """Makes the spans of one exchange."""
    from opentelemetry.trace import SpanKind, set_span_in_context

    operation = _operation(exchange)
    parent = tracer.start_span(
        f"{operation} {exchange.asked_model}".strip(),
        kind=SpanKind.CLIENT,
        start_time=_ns(exchange, exchange.began),
        attributes=dict(_of_exchange(exchange, operation)),
    )
    context = set_span_in_context(parent)
    for number, attempt in enumerate(exchange.attempts, 1):
        span = tracer.start_span(
            f"{operation} {attempt.model}",
            context=context,
            kind=SpanKind.CLIENT,
            start_time=_ns(exchange, attempt.began),
            attributes=dict(_of_attempt(exchange, attempt, operation, number)),
        )
        _end(span, exchange, attempt.ended, failed=attempt.outcome not in {"ok", "outrun"})
    _end(parent, exchange, exchange.ended, failed=exchange.outcome != "ok")


def _end(span: Span, exchange: ExchangeFacts, at: float | None, *, failed: bool) -> None:
    from opentelemetry.trace import Status, StatusCode

    if failed:
        span.set_status(Status(StatusCode.ERROR))
    ended = exchange.began if exchange.ended is None else exchange.ended
    span.end(_ns(exchange, ended if at is None else at))


def _ns(exchange: ExchangeFacts, at: float) -> int:
    """A monotonic time of an exchange as Unix nanoseconds."""
    return int((exchange.started_at + at - exchange.began) * 1e9)


def _operation(exchange: ExchangeFacts) -> str:
    match exchange.operation:
        case Operation.EMBED:
            return "embeddings"
        case Operation.COUNT_TOKENS:
            return "count_tokens"
        case Operation.GENERATE:
            return "generate_content" if exchange.format is WireFormat.GEMINI else "chat"


def _of_exchange(exchange: ExchangeFacts, operation: str) -> Iterator[tuple[str, Attribute]]:
    yield "gen_ai.operation.name", operation
    yield "gen_ai.request.model", exchange.asked_model
    yield "gen_ai.request.stream", exchange.stream
    yield "aimux.request_id", exchange.id
    yield "aimux.client", exchange.client
    yield "aimux.outcome", exchange.outcome
    if exchange.provider is not None:
        yield "gen_ai.provider.name", exchange.provider
    if exchange.model is not None:
        yield "gen_ai.response.model", exchange.model
    if exchange.mode is not None:
        yield "aimux.mode", exchange.mode
    if exchange.project is not None:
        yield "aimux.project", exchange.project
    decision = exchange.decision
    if decision is not None:
        yield "aimux.decision.cause", decision.route
        if decision.session:
            yield "gen_ai.conversation.id", decision.session
    if exchange.first_event is not None:
        yield "gen_ai.response.time_to_first_chunk", exchange.first_event - exchange.began
    if exchange.outcome != "ok":
        code = (exchange.error or "").partition(":")[0]
        yield "error.type", code or "_OTHER"
    yield from _usage(exchange)


def _usage(exchange: ExchangeFacts) -> Iterator[tuple[str, Attribute]]:
    usage = exchange.usage
    for name, count in (
        ("input_tokens", usage.input_tokens),
        ("output_tokens", usage.output_tokens),
        ("cache_read.input_tokens", usage.cache_read_tokens),
        ("cache_creation.input_tokens", usage.cache_write_tokens),
        ("reasoning.output_tokens", usage.reasoning_tokens),
    ):
        if count is not None:
            yield f"gen_ai.usage.{name}", count
    cost = cost_usd(exchange)
    if cost is not None:
        yield "aimux.cost_usd", cost


def _of_attempt(
    exchange: ExchangeFacts, attempt: AttemptFacts, operation: str, number: int
) -> Iterator[tuple[str, Attribute]]:
    yield "gen_ai.operation.name", operation
    yield "gen_ai.provider.name", attempt.provider
    yield "gen_ai.request.model", attempt.model
    yield "gen_ai.original.model", exchange.asked_model
    yield "gen_ai.request.stream", exchange.stream
    yield "aimux.attempt", number
    yield "aimux.outcome", attempt.outcome
    if attempt.key is not None:
        yield "aimux.account", f"{attempt.provider}/{attempt.key}"
    if attempt.status is not None:
        yield "http.response.status_code", attempt.status
    if attempt.first_event is not None:
        yield "gen_ai.response.time_to_first_chunk", attempt.first_event - attempt.began
    if attempt.outcome not in {"ok", "outrun"}:
        yield "error.type", ERROR_TYPES.get(attempt.outcome, "_OTHER")
