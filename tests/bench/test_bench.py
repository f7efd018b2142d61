"""The benchmark measures what it says; no speed is asserted here."""

from __future__ import annotations

import http.client
import json
import subprocess
import sys

import pytest

from tests.bench.figures import Comparison, Figures, Goal, Latency
from tests.bench.load import BadAnswer, Target, percentile, send
from tests.bench.report import table
from tests.bench.subjects import ROOT, python_server
from tests.bench.upstream import CHAT_LONG, CHAT_SHORT, LONG, SHORT, WHOLE
from tests.bench.workload import ANSWER_BYTES, EVENTS, SHORT_EVENTS, Shot, Workload, workloads
from tests.support.answers import ANTHROPIC, answer, cut, failure
from tests.support.upstream import Answer, FakeUpstream


def test_the_workloads_have_the_promised_sizes() -> None:
    """1 KB, 80 KB, 200 events, and bodies that are JSON."""
    bodies = [each.shot.body for each in workloads()]

    assert [len(body) for body in bodies] == [1024, 81920, 1024, 1024]
    assert [json.loads(body)["stream"] for body in bodies] == [False, False, True, True]
    assert len(WHOLE.partition(b"\r\n\r\n")[2]) == ANSWER_BYTES
    assert b"".join(LONG).count(b"event: ") == EVENTS
    assert b"".join(SHORT).count(b"event: ") == SHORT_EVENTS
    assert b"".join(CHAT_LONG).count(b"data: ") == EVENTS
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


@pytest.mark.parametrize(
    "bad",
    [
        failure(ANTHROPIC, 529),
        cut(answer(ANTHROPIC, stream=True), after=2),
        Answer(headers=(), pieces=(b"data: 1\n\n",), framing="chunked"),
    ],
    ids=["status", "cut", "unfinished"],
)
def test_a_bad_answer_is_never_counted(upstream: FakeUpstream, bad: Answer) -> None:
    """A server that fails fast does not look fast."""
    upstream.always("*", bad)

    with pytest.raises(BadAnswer):
        send(Target(upstream.port), Shot(b"{}"), count=2, connections=1)


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
    assert received.header("x-api-key") == "sk-test-bench"
    assert received.header("anthropic-beta") == "b1"
    assert received.header("te") is None


def test_percentiles_are_nearest_rank() -> None:
    """Of 1..100, the 50th percentile is 51 and the 99th 100; of one value it is that value."""
    values = [float(value) for value in range(100, 0, -1)]

    assert (percentile(values, 50), percentile(values, 99), percentile([7.0], 99)) == (51, 100, 7)


def test_the_report_marks_goals_and_fits_a_terminal() -> None:
    """A missed goal is said; no line is longer than 80 columns."""
    latency = {name: Latency(0.1, 0.2, 0.3) for name in ("direct", "floor")}
    latency["aimux"] = Latency(1.2, 2.0, 3.0)
    row = Comparison("200-event stream", 0.6, 123456, 65432, 0.53, [0.53], 12.345, 23.456, latency)
    text = table(Figures([row], 0.5, 55.0, 250.0, 50.0, 80.0, requests=123456))

    assert "0.53  MISSED (>= 0.6)" in text
    assert "1.100  MISSED (<= 1)" in text
    assert "0.50 s   ok (<= 1)" in text
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
    assert len(found["goals"]) == 14
