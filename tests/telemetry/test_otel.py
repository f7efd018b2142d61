"""Traces: what arrives at a collector on a real socket."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from aimux.gateway.record import AttemptRecord, Record
from aimux.model.request import WireFormat
from aimux.model.response import Usage
from aimux.routing.plan import Decision
from aimux.telemetry import otel
from aimux.telemetry.otel import ENDPOINTS, MOST_WAITING, Tracing
from aimux.wire.codec import Operation
from tests.support.upstream import Answer, FakeUpstream

PROTOBUF = (("content-type", "application/x-protobuf"),)


@pytest.fixture
def collector(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeUpstream]:
    """A receiver of OTLP over HTTP, and the environment that names it."""
    with FakeUpstream() as server:
        server.always("/v1/traces", Answer(200, PROTOBUF, (b"",)))
        monkeypatch.setenv(ENDPOINTS[0], server.url)
        yield server


def record(**more: Any) -> Record:
    settings: dict[str, Any] = {
        "client": "codex",
        "format": WireFormat.ANTHROPIC,
        "asked_model": "fast",
        "stream": True,
        "decision": Decision("fast", "night", (), (), session="s1"),
        "attempts": [
            AttemptRecord("a", "m", "main", 50.0, 51.0, status=529, outcome="overloaded"),
            AttemptRecord("b", "n", "main", 51.5, 54.0, 52.0, status=200, outcome="ok"),
        ],
        "provider": "b",
        "model": "n",
        "mode": "relay",
        "status": 200,
        "outcome": "ok",
        "usage": Usage(100, 20, 60, None, 7),
        "first_event": 52.0,
        "ended": 54.5,
        "project": "/p",
        **more,
    }
    return Record("ax_1", 49.5, 1_700_000_000.0, **settings)


def spans(collector: FakeUpstream) -> list[Any]:
    """All spans that have arrived, the exchange's first."""
    found = []
    for request in collector.requests:
        message = ExportTraceServiceRequest.FromString(request.body)
        for resource in message.resource_spans:
            names = {each.key: each.value.string_value for each in resource.resource.attributes}
            assert names["service.name"] == "aimux"
            found += [span for scope in resource.scope_spans for span in scope.spans]
    return sorted(found, key=lambda each: (bool(each.parent_span_id), each.start_time_unix_nano))


def attributes(span: Any) -> dict[str, Any]:
    return {
        each.key: getattr(each.value, each.value.WhichOneof("value")) for each in span.attributes
    }


def traced(*records: Record) -> Tracing:
    tracing = Tracing()
    for each in records:
        tracing.observe(each)
    tracing.close(20)
    return tracing


def test_one_span_for_the_exchange_and_one_for_each_attempt(collector: FakeUpstream) -> None:
    """With the recorded times, names and numbers."""
    traced(record())

    parent, first, second = spans(collector)

    assert [each.name for each in (parent, first, second)] == ["chat fast", "chat m", "chat n"]
    assert {first.parent_span_id, second.parent_span_id} == {parent.span_id}
    assert {each.trace_id for each in (first, second)} == {parent.trace_id}
    assert [
        (each.start_time_unix_nano / 1e9 - 1.7e9, each.end_time_unix_nano / 1e9 - 1.7e9)
        for each in (parent, first, second)
    ] == [
        (pytest.approx(0.0), pytest.approx(5.0)),
        (pytest.approx(0.5), pytest.approx(1.5)),
        (pytest.approx(2.0), pytest.approx(4.5)),
    ]
    assert [each.status.code for each in (parent, first, second)] == [0, 2, 0]
    assert attributes(parent) == {
        "gen_ai.operation.name": "chat",
        "gen_ai.request.model": "fast",
        "gen_ai.request.stream": True,
        "gen_ai.provider.name": "b",
        "gen_ai.response.model": "n",
        "gen_ai.response.time_to_first_chunk": 2.5,
        "gen_ai.conversation.id": "s1",
        "gen_ai.usage.input_tokens": 100,
        "gen_ai.usage.output_tokens": 20,
        "gen_ai.usage.cache_read.input_tokens": 60,
        "gen_ai.usage.reasoning.output_tokens": 7,
        "aimux.request_id": "ax_1",
        "aimux.client": "codex",
        "aimux.outcome": "ok",
        "aimux.mode": "relay",
        "aimux.project": "/p",
        "aimux.decision.cause": "night",
    }
    assert attributes(first) == {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "a",
        "gen_ai.request.model": "m",
        "gen_ai.original.model": "fast",
        "gen_ai.request.stream": True,
        "aimux.attempt": 1,
        "aimux.outcome": "overloaded",
        "aimux.account": "a/main",
        "http.response.status_code": 529,
        "error.type": "provider_overloaded",
    }
    assert attributes(second)["gen_ai.response.time_to_first_chunk"] == 0.5


@pytest.mark.parametrize(
    ("more", "name", "error"),
    [
        ({"format": WireFormat.GEMINI}, "generate_content fast", None),
        ({"operation": Operation.EMBED}, "embeddings fast", None),
        ({"operation": Operation.COUNT_TOKENS}, "count_tokens fast", None),
        (
            {"outcome": "rejected", "error": "too-large: secret words", "attempts": []},
            "chat fast",
            "too-large",
        ),
        (
            {
                "outcome": "client_gone",
                "error": None,
                "ended": None,
                "attempts": [],
                "decision": None,
                "provider": None,
                "model": None,
                "mode": None,
                "project": None,
                "first_event": None,
                "asked_model": "",
            },
            "chat",
            "_OTHER",
        ),
    ],
)
def test_kinds(collector: FakeUpstream, more: dict[str, Any], name: str, error: str | None) -> None:
    """Each operation has its name; an error is its code, and no words of it leave."""
    traced(record(**more))

    parent = spans(collector)[0]

    assert parent.name == name
    assert attributes(parent).get("error.type") == error
    assert parent.status.code == (2 if error else 0)
    assert not [each for each in collector.requests if b"secret words" in each.body]


def test_a_broken_record_costs_its_own_span_only(
    collector: FakeUpstream, caplog: pytest.LogCaptureFixture
) -> None:
    """The next one is traced."""
    broken: Any = object()
    traced(broken, record())

    assert len(spans(collector)) == 3
    assert "a span could not be made" in caplog.text


def test_what_cannot_wait_is_counted(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Where the thread stands still, the loop does not; it is said once."""
    monkeypatch.setattr(Tracing, "_run", lambda _: None)
    tracing = Tracing()
    for _ in range(MOST_WAITING + 3):
        tracing.observe(record())

    assert tracing.dropped == 3
    assert caplog.text.count("some have none") == 1


def test_a_library_that_refuses(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A setting that it does not take is told, and nothing else happens."""

    def refuse() -> None:
        raise ValueError("no")

    monkeypatch.setattr(otel, "_provider", refuse)
    traced(record())

    assert "traces cannot be sent" in caplog.text


@pytest.mark.parametrize(
    ("environ", "installed", "sends", "says"),
    [
        ({}, True, False, False),
        ({}, False, False, False),
        ({ENDPOINTS[0]: ""}, True, False, False),
        ({ENDPOINTS[0]: "http://127.0.0.1:4318"}, True, True, False),
        ({ENDPOINTS[1]: "http://127.0.0.1:4318/v1/traces"}, True, True, False),
        ({ENDPOINTS[0]: "http://127.0.0.1:4318"}, False, False, True),
    ],
)
def test_only_where_it_is_wanted(
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    *,
    environ: dict[str, str],
    installed: bool,
    sends: bool,
    says: bool,
) -> None:
    """An endpoint and the extra; that the extra is missing is said."""
    caplog.set_level(logging.WARNING)
    if not installed:
        monkeypatch.setattr("importlib.util.find_spec", lambda _: None)

    assert otel.wanted(environ) is sends
    assert ("aimux[otel]" in caplog.text) is says
