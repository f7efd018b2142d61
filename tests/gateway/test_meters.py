"""``GET /metrics`` over a socket: every series from the start, exact counts after traffic, bounded labels."""

from __future__ import annotations

import asyncio
import dataclasses
import time
from collections.abc import Iterator, Mapping
from typing import Any, Final

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as open_families
from prometheus_client.parser import text_string_to_metric_families as families

from aimux.errors import Unauthorized
from aimux.gateway.meters import TOGETHER, known_of
from aimux.routing.circuits import STRIKES
from aimux.routing.quota import Window
from aimux.routing.rests import Rest
from aimux.telemetry.tally import MOST_SERIES
from tests.gateway.test_relay import FORMATS
from tests.support import answers
from tests.support.answers import ANTHROPIC
from tests.support.gateway import ADMIN_TOKEN, TOKEN, Served, open_gateway, provider, snapshot_of
from tests.support.upstream import FakeUpstream, Gate, Pause

ASK: Final = b'{"model":"m","stream":true}'
SETTINGS: Final = {
    "routing": {"default": ["a/*", "b/*"]},
    "models": {"fast": {"targets": ["b/small"]}},
    "routes": [{"name": "night", "match": {"model": "n*"}, "targets": ["fast"]}],
}
Series = dict[tuple[str, frozenset[tuple[str, str]]], float]


@pytest.fixture
def second() -> Iterator[FakeUpstream]:
    """Another upstream."""
    with FakeUpstream() as server:
        yield server


async def scraped(served: Served, **headers: str) -> Series:
    """All samples, by name and labels; a sample that comes twice is an error."""
    reply = await served.get("/metrics", **headers)
    assert reply.status == 200
    found: Series = {}
    for family in families(reply.body.decode()):
        for sample in family.samples:
            key = sample.name, frozenset(sample.labels.items())
            assert key not in found, key
            found[key] = sample.value
    return found


def total(series: Series, name: str, **labels: str) -> float:
    """The sum of the series of a name that have these labels; at least one must have."""
    wanted = set(labels.items())
    values = [value for (each, own), value in series.items() if each == name and wanted <= own]
    assert values, (name, labels)
    return sum(values)


COUNTED: Final = (
    "aimux_requests_total", "aimux_attempts_total", "aimux_fallbacks_total",
    "aimux_stream_aborts_total", "aimux_tokens_total", "aimux_cost_usd_total",
    "aimux_cache_loss_usd_total", "aimux_security_rejects_total", "aimux_config_reload_total",
    "aimux_log_dropped_total", "aimux_overhead_seconds_count", "gen_ai_client_token_usage_count",
    "gen_ai_client_operation_duration_seconds_count",
    "gen_ai_client_operation_time_to_first_chunk_seconds_count",
    "gen_ai_server_request_duration_seconds_count",
    "gen_ai_server_time_to_first_token_seconds_count",
    "gen_ai_server_time_per_output_token_seconds_count",
    "aimux_time_to_first_event_seconds_count",
)  # fmt: skip


async def test_every_series_is_there_from_the_start(
    upstream: FakeUpstream, second: FakeUpstream
) -> None:
    """All counts are zero before the first request, and traffic of every kind adds no series."""
    upstream.script(
        "/v1/messages",
        answers.failure(ANTHROPIC, 529),
        answers.failure(ANTHROPIC, 529),
        answers.failure(ANTHROPIC, 529),
        answers.failure(ANTHROPIC, 400),
    )
    upstream.always("/v1/messages", answers.answer(ANTHROPIC, stream=True))
    second.always("/v1/messages", answers.answer(ANTHROPIC, stream=True))
    both = [provider("a", upstream, models=["m"]), provider("b", second, models=["small"])]
    async with open_gateway(both, SETTINGS) as served:
        before = await scraped(served)
        for body in (ASK, ASK, b'{"model":"fast","stream":true}', b'{"model":"x/y"}', b"no JSON"):
            await served.post("/v1/messages", body)
        await served.settled()
        after = await scraped(served)

    for name in COUNTED:
        assert total(before, name) == 0, name
    assert before.keys() == after.keys()
    assert total(after, "aimux_requests_total") == 5


async def test_exact_counts(upstream: FakeUpstream, second: FakeUpstream) -> None:
    """What the upstreams have seen is what is counted, by provider, model, outcome and kind."""
    upstream.script("/v1/messages", *[answers.failure(ANTHROPIC, 529)] * 3)
    upstream.always("/v1/messages", answers.answer(ANTHROPIC, stream=True))
    second.always("/v1/messages", answers.answer(ANTHROPIC, stream=True))
    both = [provider("a", upstream, models=["m"]), provider("b", second, models=["small"])]
    async with open_gateway(both, SETTINGS) as served:
        for _ in range(4):
            reply = await served.post("/v1/messages", ASK, user_agent="claude-cli/2.0")
            assert reply.status == 200
        usage = [each.usage for each in served.gateway.recent._records.values()]
        series = await scraped(served)

    asked = {"client": "claude-code", "dialect": "anthropic", "model": "m", "route": "default"}
    failed = len(upstream.requests) - total(
        series, "aimux_attempts_total", provider="a", outcome="ok"
    )
    assert total(series, "aimux_requests_total", outcome="ok", **asked) == 4
    assert total(series, "aimux_requests_total") == 4
    assert total(series, "aimux_attempts_total", provider="a") == len(upstream.requests)
    assert total(series, "aimux_attempts_total", provider="b") == len(second.requests)
    assert failed == 3
    assert (
        total(
            series,
            "aimux_attempts_total",
            provider="a",
            model="m",
            outcome="failed",
            error_type="provider_overloaded",
        )
        == 3
    )
    assert (
        total(
            series,
            "aimux_fallbacks_total",
            from_provider="a",
            to_provider="b",
            cause="provider_overloaded",
        )
        == len(second.requests)
        > 0
    )
    for kind in ("input", "output"):
        wanted = sum(getattr(each, f"{kind}_tokens") for each in usage)
        assert wanted > 0
        assert total(series, "aimux_tokens_total", kind=kind) == wanted
        assert total(series, "gen_ai_client_token_usage_sum", gen_ai_token_type=kind) == wanted
    assert total(series, "gen_ai_server_request_duration_seconds_count") == 4
    assert total(series, "aimux_time_to_first_event_seconds_count") == 4
    assert total(series, "aimux_overhead_seconds_count", phase="total") == 4
    parts = sum(
        total(series, "aimux_overhead_seconds_sum", phase=phase)
        for phase in ("parse", "route", "translate")
    )
    assert 0 < parts == pytest.approx(total(series, "aimux_overhead_seconds_sum", phase="total"))


async def test_made_up_names_are_other(upstream: FakeUpstream) -> None:
    """Whoever makes up names of models, clients or targets adds no series."""
    upstream.always("/v1/messages", answers.answer(ANTHROPIC))
    async with open_gateway(
        [provider("a", upstream, models=["m"])], {"routing": {"default": ["a/*"]}}
    ) as served:
        before = await scraped(served)
        for number in range(20):
            await served.post(
                "/v1/messages", b'{"model":"made-up-%d"}' % number, user_agent=f"x{number}"
            )
            await served.post("/v1/messages", b'{"model":"a/made-up-%d"}' % number)
        await served.post("/v1/messages", b'{"model":"a/m"}')
        after = await scraped(served)

    assert before.keys() == after.keys()
    assert total(after, "aimux_requests_total", model="other") == 40
    assert total(after, "aimux_requests_total", model="m", route="direct") == 1
    assert total(after, "aimux_attempts_total", provider="a", model="other", outcome="ok") == 40


async def test_a_reload_brings_series_and_takes_them_away(
    upstream: FakeUpstream, second: FakeUpstream
) -> None:
    """New providers are there at zero, gone ones are gone, counts of the others stay."""
    upstream.always("/v1/messages", answers.answer(ANTHROPIC))
    second.always("/v1/messages", answers.answer(ANTHROPIC))
    old = [provider("a", upstream), provider("b", second)]
    async with open_gateway(old, {"routing": {"default": ["a/m", "b/m"]}}) as served:
        await served.post("/v1/messages", b'{"model":"m"}')
        new = snapshot_of(
            [provider("a", upstream), provider("c", second)],
            {"routing": {"default": ["a/m", "c/n"]}},
        )
        served.gateway.swap(dataclasses.replace(new, generation=2))
        after = await scraped(served)

    assert total(after, "aimux_attempts_total", provider="a", outcome="ok") == 1
    assert total(after, "aimux_attempts_total", provider="c", model="n") == 0
    assert total(after, "aimux_config_generation") == 2
    assert not [own for _, own in after if ("provider", "b") in own]


async def test_rejects_are_counted(upstream: FakeUpstream) -> None:
    """By reason: a wrong token, another host, another origin, a body that is too large."""
    settings = {"server": {"max_body_mb": 1}}
    async with open_gateway([provider("a", upstream)], settings) as served:
        await served.post("/v1/messages", b"{}", x_api_key="wrong")
        await served.post("/v1/messages", b"{}", host="evil.example")
        await served.post("/v1/messages", b"{}", origin="http://evil.example")
        await served.post("/v1/messages", b" " * (2**20 + 1))
        series = await scraped(served)

    for reason in ("token", "host", "origin", "size"):
        assert total(series, "aimux_security_rejects_total", reason=reason) == 1


@pytest.mark.parametrize(
    ("token", "status"), [(TOKEN, 200), (ADMIN_TOKEN, 200), ("wrong", 401), ("", 401)]
)
async def test_who_may_ask(token: str, status: int) -> None:
    """The client token and the admin token; nobody without one."""
    async with open_gateway() as served:
        reply = await served.get("/metrics", authorization=f"Bearer {token}")

        assert reply.status == status
        if status == 401:
            assert Unauthorized.code.encode() not in reply.body or b"aimux_" not in reply.body
        admin = await served.get("/aimux/v1/ping", authorization=f"Bearer {TOKEN}")
        assert admin.status == 401


OPEN = "application/openmetrics-text; version=1.0.0"


@pytest.mark.parametrize(
    ("accept", "content_type", "last"),
    [
        ("", "text/plain; version=0.0.4; charset=utf-8", "\n"),
        ("text/plain", "text/plain; version=0.0.4; charset=utf-8", "\n"),
        (f"{OPEN},text/plain;q=0.5", f"{OPEN}; charset=utf-8", "# EOF\n"),
    ],
)
async def test_forms(upstream: FakeUpstream, accept: str, content_type: str, last: str) -> None:
    """The text format, and OpenMetrics for who asks for it; both say the same."""
    upstream.always("/v1/messages", answers.answer(ANTHROPIC))
    async with open_gateway([provider("a", upstream)], SETTINGS_A) as served:
        await served.post("/v1/messages", b'{"model":"m"}')
        headers = {"accept": accept} if accept else {}
        reply = await served.get("/metrics", **headers)

    text = reply.body.decode()
    assert reply.headers["content-type"].startswith(content_type.partition("; charset")[0])
    assert reply.headers["cache-control"] == "no-store"
    assert text.endswith(last)
    read = open_families if accept.startswith(OPEN) else families
    names = {family.name for family in read(text)}
    assert {"gen_ai_client_token_usage", "aimux_overhead_seconds"} <= names


SETTINGS_A: Final = {"routing": {"default": ["a/m"]}}


@pytest.mark.parametrize("format_", FORMATS)
async def test_translation_is_measured(format_: Any, upstream: FakeUpstream) -> None:
    """Every pair has its time for translation."""
    upstream.always("*", answers.answer(format_, stream=True))
    async with open_gateway([provider("a", upstream, format_)], SETTINGS_A) as served:
        await served.post(
            "/v1/chat/completions",
            b'{"model":"m","stream":true,"messages":[{"role":"user","content":"hi"}]}',
        )
        await served.settled()
        series = await scraped(served)

    assert total(series, "aimux_overhead_seconds_sum", phase="translate") > 0
    assert total(series, "aimux_requests_total", dialect="openai-chat", outcome="ok") == 1


def test_a_large_configuration_has_bearable_zeros() -> None:
    """However many routes, models and clients there are, the zeros of requests stay within bounds."""
    settings: Mapping[str, Any] = {
        "models": {f"m{number}": {"targets": [f"a/x{number}"]} for number in range(30)},
        "routes": [{"name": f"r{number}", "targets": ["a/*"]} for number in range(12)],
    }
    known = known_of(snapshot_of([provider("a", "http://127.0.0.1:9")], settings))

    assert len(list(known.requests())) <= MOST_SERIES


async def test_what_stands(upstream: FakeUpstream) -> None:
    """Circuits, keys, retries, quotas and what is under way, as they are when they are asked for."""
    gate = Gate()
    held = answers.answer(ANTHROPIC)
    upstream.always("/v1/messages", dataclasses.replace(held, before=(Pause(gate),)))
    both = [provider("a", upstream), provider("b", upstream), provider("c", upstream, keys=())]
    settings = {"routing": {"default": ["a/m", "b/m", "c/m"]}}
    no_key = {"a": snapshot_of(both).credentials["a"]}
    async with open_gateway(both, settings, credentials=no_key) as served:
        router, now_s = served.gateway.fleet.router, served.gateway.fleet.now_s()
        asking = asyncio.create_task(served.post("/v1/messages", b'{"model":"m"}'))
        await gate.reached()
        router.circuits.failed(("b", "m"), STRIKES, "x", now_s, lambda: 0.5)
        router.circuits.failed(("b", "made-up"), STRIKES, "x", now_s, lambda: 0.5)
        windows = [
            Window("5h", 0.5, resets_at_s=now_s + 100, seen_at_s=now_s),
            Window("credits", remaining=3.0, seen_at_s=now_s),
            Window("requests", 0.9, seen_at_s=now_s, of_model=True),
        ]
        router.quotas.note("a", "default", "m", windows, now_s)
        during = await scraped(served)
        gate.open()
        await asking
        router.rests.rest_key("a", "default", Rest(now_s + 60, "x", "cooling"), now_s)
        after = await scraped(served)

    assert total(during, "aimux_inflight", provider="a") == 1
    assert total(during, "aimux_exchanges_inflight") == 1
    assert total(after, "aimux_inflight") == total(after, "aimux_exchanges_inflight") == 0
    assert total(during, "aimux_breaker_state", provider="b", model="m") == 2
    assert total(during, "aimux_breaker_state", provider="b", model="other") == 2
    assert total(during, "aimux_breaker_state", provider="a") == 0
    assert total(during, "aimux_key_up", provider="a", key_name="default") == 1
    assert total(after, "aimux_key_up", provider="a", key_name="default") == 0
    assert total(during, "aimux_key_up", provider="b", key_name="none") == 0
    assert not [own for name, own in during if name == "aimux_key_up" and ("provider", "c") in own]
    assert total(during, "aimux_retry_budget_remaining", scope="c") == 3
    used = {own: value for (name, own), value in during.items() if name == "aimux_quota_used_ratio"}
    assert used == {frozenset({("account", "a/default"), ("window", "5h")}): 0.5}
    assert 90 < total(during, "aimux_quota_reset_seconds", window="5h") <= 100


async def test_what_waits_is_counted_by_the_time_it_is_read(upstream: FakeUpstream) -> None:
    """However few or many there were; nothing is counted twice."""
    upstream.always("/v1/messages", answers.answer(ANTHROPIC))
    async with open_gateway([provider("a", upstream)], SETTINGS_A) as served:
        for _ in range(TOGETHER + 3):
            await served.post("/v1/messages", b'{"model":"m"}')
        one = total(await scraped(served), "aimux_requests_total")
        two = total(await scraped(served), "aimux_requests_total")
        seen = served.meters.windows.seen(time.monotonic(), 600).requests

    assert one == two == seen == TOGETHER + 3
