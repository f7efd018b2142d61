"""Metrics for Prometheus: what is counted (``telemetry.tally``) and what is (:class:`Live`), as samples.

The samples are made when somebody asks, by collectors of our own: an object of prometheus-client for each
series would cost every exchange a microsecond or two for each of its twenty numbers.  The names are those
of OpenTelemetry's GenAI conventions (``gen_ai_*``) and our own (``aimux_*``); ``gen_ai_provider_name`` is
the provider's name in the configuration, of which two may be one vendor's.

The only module that imports prometheus-client, and only when it is asked.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from aimux.telemetry.resources import Process
from aimux.telemetry.tally import KINDS, Histogram, Tally

if TYPE_CHECKING:
    from prometheus_client import Metric

REJECTS: Final = ("host", "origin", "token", "size")
RELOADS: Final = ("ok", "refused")
BREAKER: Final[Mapping[str, int]] = {"closed": 0, "half-open": 1, "probing": 1, "open": 2}

_OPERATION: Final = "chat"
_GEN_AI: Final = ("gen_ai_operation_name", "gen_ai_provider_name", "gen_ai_request_model")
_PLACE: Final = ("provider", "model")


@dataclass(frozen=True, slots=True)
class Live:
    """What stands as it is, now."""

    version: str
    generation: int = 0
    draining: bool = False
    in_flight: Mapping[str, int] = field(default_factory=dict)
    """Attempts under way, by provider."""
    exchanges: int = 0
    """Exchanges under way."""
    breakers: Mapping[tuple[str, str], str] = field(default_factory=dict)
    """By provider and model; those that are closed need not be there."""
    keys: Mapping[tuple[str, str], bool] = field(default_factory=dict)
    """Whether a key can be used, by provider and label."""
    retries: Mapping[str, float] = field(default_factory=dict)
    """Retries that may be made now, by provider; ``all`` for all together."""
    quotas: Mapping[tuple[str, str], tuple[float | None, float | None]] = field(
        default_factory=dict
    )
    """Share used and seconds to the reset, by account and window."""
    budgets: Mapping[tuple[str, str], float] = field(default_factory=dict)
    """US dollars that are left, by budget and window."""
    log_dropped: int = 0
    reloads: Mapping[str, int] = field(default_factory=dict)
    rejects: Mapping[str, int] = field(default_factory=dict)
    process: Process | None = None


def exposition(tally: Tally, live: Live, accept: str) -> tuple[bytes, str]:
    """All metrics in the form that ``accept`` asks for, and its content type.

    May be called in a thread of its own while the loop goes on counting.
    """
    from prometheus_client import CollectorRegistry
    from prometheus_client.exposition import choose_encoder

    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Collector(tally, live))
    encode, content_type = choose_encoder(accept)
    return encode(registry), content_type


class _Collector:
    """What a registry asks for samples."""

    def __init__(self, tally: Tally, live: Live) -> None:
        self._tally = tally
        self._live = live

    def collect(self) -> Iterator[Metric]:
        """Every family, also those without a sample."""
        yield from _counted(self._tally)
        yield from _by_target(self._tally)
        yield from _routing(self._tally, self._live)
        yield from _daemon(self._live)
        if self._live.process is not None:
            yield from _process(self._live.process)


Rows = Iterable[tuple[Sequence[str], float]]


def _family(kind: str, name: str, words: str, labels: Sequence[str], rows: Rows) -> Metric:
    """A family whose series are one number each."""
    from prometheus_client import Metric
    from prometheus_client.samples import Sample

    family = Metric(name.removesuffix("_total") if kind == "counter" else name, words, kind)
    family.samples = [
        Sample(name, dict(zip(labels, values, strict=True)), value) for values, value in rows
    ]
    return family


def _counter(name: str, words: str, labels: Sequence[str], rows: Rows) -> Metric:
    return _family("counter", name, words, labels, rows)


def _gauge(name: str, words: str, labels: Sequence[str], rows: Rows) -> Metric:
    return _family("gauge", name, words, labels, rows)


def _single(name: str, words: str, value: float) -> Metric:
    return _gauge(name, words, (), [((), value)])


def _histogram(
    name: str,
    words: str,
    labels: Sequence[str],
    rows: Iterable[tuple[Sequence[str], Histogram]],
) -> Metric:
    from prometheus_client import Metric
    from prometheus_client.samples import Sample

    family = Metric(name, words, "histogram")
    bucket = f"{name}_bucket"
    for values, histogram in rows:
        own = dict(zip(labels, values, strict=True))
        counts, total = list(histogram.counts), histogram.total
        below = 0
        for bound, count in zip((*histogram.bounds, None), counts, strict=True):
            below += count
            edge = "+Inf" if bound is None else repr(bound)
            family.samples.append(Sample(bucket, {**own, "le": edge}, below))
        family.samples += [Sample(f"{name}_count", own, below), Sample(f"{name}_sum", own, total)]
    return family


# ---------------------------------------------------------------- exchanges


def _counted(tally: Tally) -> Iterator[Metric]:
    yield _counter(
        "aimux_requests_total",
        "Requests of clients that have ended.",
        ("client", "dialect", "model", "route", "outcome"),
        list(tally.requests.items()),
    )
    yield _counter(
        "aimux_attempts_total",
        "Requests to providers that have ended.",
        (*_PLACE, "outcome", "error_type"),
        list(tally.attempts.items()),
    )
    yield _counter(
        "aimux_fallbacks_total",
        "Times that another provider was asked because one had failed.",
        ("from_provider", "to_provider", "cause"),
        list(tally.fallbacks.items()),
    )
    yield _counter(
        "aimux_stream_aborts_total",
        "Answers that ended before their end, after their first byte.",
        ("provider", "cause"),
        list(tally.aborts.items()),
    )
    yield _histogram(
        "aimux_overhead_seconds",
        "Own work of an exchange by phase; total is their sum.",
        ("phase",),
        [((phase,), each) for phase, each in tally.overhead.items()],
    )
    yield _counter(
        "aimux_cache_loss_usd_total",
        "US dollars paid again because a warm prompt cache was left, as far as prices are known.",
        (),
        [((), tally.cache_loss_usd)],
    )


def _by_target(tally: Tally) -> Iterator[Metric]:
    targets = list(tally.targets.items())
    yield _histogram(
        "aimux_time_to_first_event_seconds",
        "From an attempt's beginning to the first event of its answer.",
        _PLACE,
        [(place, target.first_s) for place, target in targets],
    )
    yield _counter(
        "aimux_tokens_total",
        "Tokens that providers have counted; input includes what was read from and written to caches.",
        (*_PLACE, "kind"),
        [
            ((*place, kind), count)
            for place, target in targets
            for kind, count in zip(KINDS, target.tokens, strict=True)
        ],
    )
    yield _counter(
        "aimux_cost_usd_total",
        "US dollars that answers have cost, as far as prices are known.",
        _PLACE,
        [(place, target.cost_usd) for place, target in targets],
    )
    yield _histogram(
        "gen_ai_client_token_usage",
        "Tokens of an answer.",
        (*_GEN_AI, "gen_ai_token_type"),
        [
            ((_OPERATION, *place, kind), each)
            for place, target in targets
            for kind, each in (("input", target.tokens_in), ("output", target.tokens_out))
        ],
    )
    yield _histogram(
        "gen_ai_client_operation_duration_seconds",
        "A request to a provider; what its error was, aimux_attempts_total says.",
        (*_GEN_AI, "error_type"),
        [
            ((_OPERATION, *place, error), each)
            for place, target in targets
            for error, each in (("", target.ok_s), ("_OTHER", target.failed_s))
        ],
    )
    for name, words, slot in (
        (
            "gen_ai_client_operation_time_to_first_chunk_seconds",
            "From a request to a provider to the first event of its answer.",
            "first_s",
        ),
        (
            "gen_ai_server_request_duration_seconds",
            "A request of a client that a provider has begun to answer.",
            "server_s",
        ),
        (
            "gen_ai_server_time_to_first_token_seconds",
            "From a client's request to the first event of its answer.",
            "server_first_s",
        ),
        (
            "gen_ai_server_time_per_output_token_seconds",
            "Time for each token of an answer behind its first event.",
            "per_token_s",
        ),
    ):
        rows = [((_OPERATION, *place), getattr(target, slot)) for place, target in targets]
        yield _histogram(name, words, _GEN_AI, rows)


# ---------------------------------------------------------------- what stands


def _routing(tally: Tally, live: Live) -> Iterator[Metric]:
    yield _gauge(
        "aimux_inflight",
        "Requests to a provider that are under way.",
        ("provider",),
        [((name,), count) for name, count in live.in_flight.items()],
    )
    states = dict.fromkeys(tally.known.places(), "closed") | dict(live.breakers)
    yield _gauge(
        "aimux_breaker_state",
        "The circuit of a provider's model: 0 closed, 1 half-open, 2 open.",
        _PLACE,
        [(place, BREAKER[state]) for place, state in states.items()],
    )
    yield _gauge(
        "aimux_key_up",
        "Whether a key can be used.",
        ("provider", "key_name"),
        [(key, float(up)) for key, up in live.keys.items()],
    )
    yield _gauge(
        "aimux_retry_budget_remaining",
        "Retries that may be made now.",
        ("scope",),
        [((scope,), left) for scope, left in live.retries.items()],
    )
    yield _gauge(
        "aimux_quota_used_ratio",
        "Share of a plan's window that is used, as the vendor has told.",
        ("account", "window"),
        [(key, used) for key, (used, _) in live.quotas.items() if used is not None],
    )
    yield _gauge(
        "aimux_quota_reset_seconds",
        "Time until a plan's window begins anew.",
        ("account", "window"),
        [(key, reset) for key, (_, reset) in live.quotas.items() if reset is not None],
    )
    yield _gauge(
        "aimux_budget_remaining_usd",
        "US dollars that are left of a budget.",
        ("budget", "window"),
        list(live.budgets.items()),
    )


def _daemon(live: Live) -> Iterator[Metric]:
    python = ".".join(map(str, sys.version_info[:3]))
    yield _gauge(
        "aimux_build_info",
        "What runs; always 1.",
        ("version", "python"),
        [((live.version, python), 1)],
    )
    yield _single(
        "aimux_exchanges_inflight", "Requests of clients that are under way.", live.exchanges
    )
    yield _single("aimux_draining", "Whether the daemon is about to end.", float(live.draining))
    yield _single(
        "aimux_config_generation", "How often a configuration was taken.", live.generation
    )
    yield _counter(
        "aimux_config_reload_total",
        "Reloads by result.",
        ("result",),
        [((each,), live.reloads.get(each, 0)) for each in RELOADS],
    )
    yield _counter(
        "aimux_security_rejects_total",
        "Requests refused at the door.",
        ("reason",),
        [((each,), live.rejects.get(each, 0)) for each in REJECTS],
    )
    yield _counter(
        "aimux_log_dropped_total",
        "Lines of the log that could not be written.",
        (),
        [((), live.log_dropped)],
    )


def _process(process: Process) -> Iterator[Metric]:
    yield _counter("process_cpu_seconds_total", "Processor time.", (), [((), process.cpu_s)])
    yield _single("process_start_time_seconds", "Unix time of the start.", process.started_at_s)
    yield _single("process_resident_memory_bytes", "Resident memory.", process.memory_bytes)
    yield _single("process_open_fds", "Open files.", process.open_files)
    yield _single("process_max_fds", "Most files that may be open.", process.most_files)
    yield _single("aimux_connections", "Open network connections.", process.connections)
    yield _single("aimux_tasks", "Tasks in the event loop.", process.tasks)
    yield _single("aimux_threads", "Threads.", process.threads)
    yield _gauge(
        "aimux_event_loop_lag_seconds",
        "How late the event loop's timers are: the smoothed value, and the worst of the last minute.",
        ("stat",),
        [(("smoothed",), process.lag_s), (("worst",), process.worst_lag_s)],
    )
    yield _counter(
        "aimux_gc_collections_total",
        "Runs of the garbage collector.",
        ("generation",),
        [((str(number),), count) for number, count in enumerate(process.collections)],
    )
