"""The benchmark measures what it says; no speed is asserted here."""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
import urllib.request

import pytest

from aimux.cli.bench.answers import ANSWER_BYTES, EVENTS
from aimux.cli.bench.load import send
from aimux.cli.bench.provider import CHAT_STREAM, STREAM, WHOLE
from tests.bench.figures import Comparison, Figures, Goal, Latency
from tests.bench.memory import bare_daemon
from tests.bench.paint import paints_ms
from tests.bench.planning import CANDIDATES, PLAIN, STRATEGIES, Bench
from tests.bench.report import table
from tests.bench.subjects import KEY, ROOT, home, python_server
from tests.bench.upstream import CHAT_SHORT, SHORT
from tests.bench.workload import SHORT_EVENTS, Workload, workloads
from tests.support.answers import ANTHROPIC, answer
from tests.support.upstream import FakeUpstream

pytestmark = pytest.mark.untraced  # what is measured runs as it does in earnest


def test_the_workloads_have_the_promised_sizes() -> None:
    """1 KB, 80 KB, 200 events, and bodies that are JSON."""
    bodies = [each.shot.body for each in workloads()]

    assert [len(body) for body in bodies] == [1024, 81920, 1024, 1024]
    assert [json.loads(body)["stream"] for body in bodies] == [False, False, True, True]
    assert len(b"".join(WHOLE).partition(b"\r\n\r\n")[2]) == ANSWER_BYTES
    assert b"".join(STREAM).count(b"event: ") == EVENTS
    assert b"".join(SHORT).count(b"event: ") == SHORT_EVENTS
    assert b"".join(CHAT_STREAM).count(b"data: ") == EVENTS
    assert b"".join(CHAT_SHORT).count(b"data: ") == SHORT_EVENTS
    assert SHORT[0].count(b"content_block_delta") == 2  # event and data of the first text


@pytest.mark.parametrize("kind", workloads(), ids=lambda kind: kind.name)
def test_load_upstream_and_floor_work_together(kind: Workload) -> None:
    """Every request that is sent is counted once its whole answer is there."""
    with (
        python_server("upstream") as upstream,
        python_server("floor", f"http://127.0.0.1:{upstream.target.port}") as floor,
    ):
        shot, latency = kind.floor or kind.shot, kind.floor_latency or kind.latency
        direct = send(upstream.target, shot, count=20, connections=4)
        through = send(floor.target, latency, count=8, connections=2)
        used_s, memory_mb = floor.cpu_s(), floor.memory_mb()

    assert (direct.requests, through.requests) == (20, 8)
    assert all(
        first <= whole for first, whole in zip(through.first_byte_ms, through.total_ms, strict=True)
    )
    assert used_s > 0
    assert memory_mb > 1


def test_the_floor_is_honest(upstream: FakeUpstream) -> None:
    """It relays bytes, forwards end-to-end headers, and swaps the credentials: a relay's duty."""
    streamed = answer(ANTHROPIC, stream=True)
    upstream.script("/v1/messages", streamed)
    headers = {"x-api-key": "sk-test-client", "anthropic-beta": "b1", "te": "trailers"}

    with python_server("floor", upstream.url) as floor:
        client = http.client.HTTPConnection("127.0.0.1", floor.target.port, timeout=10)
        client.request("POST", "/v1/messages?beta=true", b'{"x": 1}', headers)
        response = client.getresponse()
        body = response.read()
        client.close()

    received = upstream.wait(1)
    assert body == streamed.body
    assert response.headers["request-id"] == "req_fake1"
    assert (received.target, received.body) == ("/v1/messages?beta=true", b'{"x": 1}')
    assert received.header("x-api-key") == KEY
    assert received.header("anthropic-beta") == "b1"
    assert received.header("te") is None


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_planning_is_measured_at_its_dearest(strategy: str) -> None:
    """The last rule holds, everybody may be asked, and the conversation is warm at one of them."""
    bench = Bench(strategy)
    made = bench.plan(bench.features())

    assert (made.decision.route, made.decision.strategy) == ("r9", strategy)
    assert len(made.steps) == CANDIDATES
    assert made.cached[bench.made.steps[0].candidate.place] == 18_000
    assert made.decision.refusals == ()
    plain = Bench(PLAIN)
    assert len(plain.plan(plain.features()).steps) == 1


def test_the_report_marks_goals_and_fits_a_terminal() -> None:
    """A missed goal is said; no line is longer than 80 columns."""
    latency = {name: Latency(0.1, 0.2, 0.3) for name in ("direct", "floor")}
    latency["aimux"] = Latency(1.2, 2.0, 3.0)
    row = Comparison("200-event stream", 0.6, 123456, 65432, 0.53, [0.53], 12.345, 23.456, latency)
    text = table(
        Figures(
            [row], 0.5, 55.0, 250.0, 50.0, 80.0, planning_us={"priority": 151.0}, requests=123456
        )
    )

    assert "0.53  MISSED (>= 0.6)" in text
    assert "1.100  MISSED (<= 1)" in text
    assert "0.50 s   ok (<= 1)" in text
    assert "151.00 us  MISSED (<= 150)" in text
    assert "250.00 ms  MISSED (<= 200)" in text
    assert max(map(len, text.splitlines())) <= 80
    assert Goal(2.0).met(2.0)
    assert not Goal(2.0, at_least=True).met(1.9)


@pytest.mark.system
def test_the_whole_benchmark_runs() -> None:
    """One tiny run with a real daemon finds every figure; how fast is not asked."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench", "--tiny", "--json"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert [row["workload"] for row in found["comparisons"]] == [kind.name for kind in workloads()]
    assert all(row["aimux_per_s"] > 0 for row in found["comparisons"])
    assert found["requests"] >= 50
    assert len(found["goals"]) == 15
    assert set(found["planning_us"]) == set(STRATEGIES)
    assert found["plain_planning_us"] > 0


def test_the_ledgers_benchmark_runs() -> None:
    """A small ledger answers every question; how fast is not asked."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.ledger", "--rows", "1500", "--once", "--json"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["rows"] == 1500
    assert all(value > 0 for value in found.values())


def test_a_bare_daemon_relays_and_counts_nothing() -> None:
    """So that what ledger and metrics cost is measured against the same daemon without either."""
    kind, *_ = workloads()
    with python_server("upstream") as upstream, home(upstream.target.port) as place:
        with bare_daemon(place) as bare:
            send(bare.target, kind.shot, count=5, connections=1)
            status = json.loads(place.aimux("status", "--json"))
            asked = urllib.request.Request(
                f"{status['url']}/metrics", headers={"x-api-key": bare.target.token.reveal()}
            )
            with urllib.request.urlopen(asked) as response:
                counted = [line for line in response if line.startswith(b"aimux_requests_total{")]
        assert status["requests"] == 5
        assert {line.rpartition(b" ")[2].strip() for line in counted} == {b"0.0"}
        assert not (place.folder / "aimux" / "ledger.sqlite3").exists()


def test_a_first_paint_is_measured() -> None:
    """In a real browser; how soon is not asked."""
    cold, warm = paints_ms(1)

    assert all(0 < each < 60_000 for each in (*cold, *warm))
