"""A real daemon: metrics over its port, alerts that fire in its log and at a web address with TLS."""

from __future__ import annotations

import contextlib
import hmac
import json
import stat
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from aimux.telemetry.otel import ENDPOINTS
from tests.support.answers import ANTHROPIC, answer
from tests.support.certificates import self_signed
from tests.support.daemon import Home, until
from tests.support.upstream import Answer, FakeUpstream
from tests.telemetry.test_otel import attributes, collector, spans

__all__ = ["collector"]


def metrics(home: Home, token: str) -> dict[str, float]:
    """Sums by name of sample."""
    with contextlib.closing(home.connection()) as connection:
        connection.request("GET", "/metrics", headers={"authorization": f"Bearer {token}"})
        response = connection.getresponse()
        text = response.read().decode()
    assert response.status == 200, text
    sums: dict[str, float] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            sums[sample.name] = sums.get(sample.name, 0) + sample.value
    return sums


def test_metrics(home: Home, upstream: FakeUpstream) -> None:
    """Process, door, reloads and exchanges; both tokens open it."""
    upstream.always("/v1/messages", answer(ANTHROPIC))
    home.extra["TEST_KEY"] = "sk-test-1"
    home.configure(upstream.url)
    home.start()
    before = metrics(home, home.token)
    with home.asking({"model": "m"}) as reply:
        assert reply.status == 200
        reply.read()
    home.admin.reload()
    home.write("nonsense = 1")
    home.aimux("reload")
    after = metrics(home, home.paths.admin_token.read_text().strip())

    assert before["aimux_requests_total"] == 0
    assert after["aimux_requests_total"] == 1
    assert after["aimux_config_reload_total"] == 2
    assert after["aimux_config_generation"] == 2
    assert after["aimux_build_info"] == 1
    assert 10 * 2**20 < after["process_resident_memory_bytes"] < 2**30
    assert 5 < after["process_open_fds"] < after["process_max_fds"]
    assert after["aimux_connections"] >= 1
    assert after["aimux_tasks"] >= 3
    assert home.admin.status()["recent"]["requests_per_min"] == 0.2


def test_alerts(home: Home, tmp_path: Path) -> None:
    """Listed, tested, fired once; signed with a secret that only we can read."""
    context, authority = self_signed(tmp_path)
    with FakeUpstream(tls=context) as receiver:
        receiver.always("/hook", Answer(204))
        home.extra["SSL_CERT_FILE"] = str(authority)
        places = json.dumps(["log", f"webhook:{receiver.url}/hook"])
        home.write(
            f'[[alerts]]\nwhen = "memory_mb > 1"\nnotify = {places}\n\n'
            '[[alerts]]\nwhen = "error_rate > 0.2 for 5m"\n'
        )
        home.start()
        tested = home.aimux("alerts", "test", "--json")
        until(lambda: len(receiver.requests) == 2)
        listed = home.aimux("alerts", "list")
        as_json = json.loads(home.aimux("alerts", "list", "--json").stdout)
        wrong = home.aimux("alerts", "test", "7")
        status = home.admin.status()

    assert [each["problem"] for each in json.loads(tested.stdout)] == [None, None]
    assert [each["state"] for each in as_json] == ["firing", "quiet"]
    assert as_json[1]["value"] is None
    first, second = listed.stdout.splitlines()
    assert first.split("\t")[:2] == ["1", "firing"]
    assert second.split("\t")[:3] == ["2", "quiet", "unknown"]
    assert wrong.returncode == 2
    assert "there is no alert 7" in wrong.stderr
    assert any("memory_mb > 1" in notice for notice in status["notices"])
    secret = home.paths.webhook_secret
    assert stat.S_IMODE(secret.stat().st_mode) == 0o600
    for got, is_test in zip(receiver.requests, (True, False), strict=True):
        signed = f"{got.header('x-aimux-timestamp')}.".encode() + got.body
        expected = hmac.digest(secret.read_text().strip().encode(), signed, "sha256").hex()
        assert got.header("x-aimux-signature") == f"sha256={expected}"
        assert json.loads(got.body)["test"] is is_test
    fired = [each for each in home.log() if each["message"].startswith("alert: memory_mb > 1")]
    assert len(fired) == 1


def test_a_place_that_cannot_be_told(home: Home) -> None:
    """Is named with its reason, and the command fails."""
    home.write('[[alerts]]\nwhen = "requests > 0"\nnotify = ["log", "desktop"]\n')
    home.start()
    tested = home.aimux("alerts", "test", "1")

    assert tested.returncode == 1
    assert tested.stdout.splitlines() == [
        "log\tsent",
        "desktop\tthere is no desktop here, or no notify-send",
    ]
    assert "not told: desktop" in tested.stderr


def test_no_alerts(home: Home) -> None:
    """Nothing is configured: said, with where to write them; a test has nobody to tell."""
    home.start()
    listed = home.aimux("alerts", "list")

    assert (listed.returncode, listed.stdout) == (0, "")
    assert "no alerts are configured" in listed.stderr
    assert "[[alerts]]" in listed.stderr


def test_a_daemon_traces(home: Home, upstream: FakeUpstream, collector: FakeUpstream) -> None:
    """A real one: the span is there when it has ended, and nothing of what was said is in it."""
    upstream.always("/v1/messages", answer(ANTHROPIC))
    home.extra |= {"TEST_KEY": "sk-test-1", ENDPOINTS[0]: collector.url}
    home.configure(upstream.url)
    home.start()
    with home.asking({"model": "m", "messages": [{"role": "user", "content": "h0peless"}]}) as got:
        got.read()
    home.stop()

    parent, child = spans(collector)
    assert (parent.name, child.name) == ("chat m", "chat m")
    assert attributes(child)["gen_ai.provider.name"] == "up"
    whole = b"".join(each.body for each in collector.requests)
    assert b"h0peless" not in whole
    assert b"sk-test-1" not in whole
    assert home.token.encode() not in whole
