"""Reload and drain: what happens to requests while the daemon changes or ends."""

from __future__ import annotations

import http.client
import json
import signal
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.support.answers import ANTHROPIC, answer, events, path
from tests.support.daemon import Home, until
from tests.support.patience import PATIENCE_S
from tests.support.script import Answer, Gate, Pause
from tests.support.upstream import FakeUpstream

WHOLE = {"model": "m", "max_tokens": 10, "messages": [{"role": "user", "content": "hi"}]}
STREAM = {**WHOLE, "stream": True}
BROKEN = b"<broken off>"
KEY = "sk-test-canary-0123456789abcdefghij"


def ready_home(home: Home, upstream: FakeUpstream, more: str = "") -> Home:
    """A daemon that runs, with the fake upstream behind it."""
    home.extra["TEST_KEY"] = KEY
    home.configure(upstream.url, more=more)
    home.start()
    return home


def gated(gate: Gate) -> Answer:
    """A streamed answer that stops in its middle until the gate opens; its client has the first words."""
    begun, rest = events(ANTHROPIC)[:3], events(ANTHROPIC)[3:]
    headers = (("content-type", "text/event-stream"),)
    return Answer(headers=headers, pieces=(*begun, Pause(gate), *rest), framing="chunked")


def rest_of(response: http.client.HTTPResponse) -> bytes:
    """What still came; a body that broke off is marked."""
    try:
        return response.read()
    except http.client.IncompleteRead as broken:
        return broken.partial + BROKEN


def is_honest(body: bytes) -> bool:
    """A cut stream ends with an error event and then breaks off; it never looks complete."""
    told = b"event: error" in body and body.endswith(BROKEN)
    return told and b"message_stop" not in body


@pytest.mark.measured
def test_reload_tells_what_changed(home: Home, upstream: FakeUpstream) -> None:
    """The diff in words; what waits for a restart is listed and not applied."""
    ready_home(home, upstream)
    home.configure(upstream.url, more='[providers.spare]\npreset = "demo"\n')
    text = home.paths.config.read_text().replace("[server]", '[server]\nheartbeat = "20s"')
    home.paths.config.write_text(text.replace("port = 0", "port = 4444"))
    before = home.admin.status()

    done = home.aimux("reload")
    again = home.aimux("reload", "--json")
    status = home.admin.status()

    assert before["config_changed_on_disk"]
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "server.heartbeat 10s -> 20s",
        "providers: +spare",
        "keys: spare has a key",
    ]
    assert "waiting for a restart: server.port" in done.stderr
    assert json.loads(again.stdout) == {
        "generation": 3,
        "changes": [],
        "restart_needed": ["server.port"],
    }
    assert not status["config_changed_on_disk"]
    assert status["config_generation"] == 3
    assert any("server.port" in notice for notice in status["notices"])


def test_bad_reload_keeps_the_old(home: Home, upstream: FakeUpstream) -> None:
    """All problems, exit 2, and the daemon goes on as it was; status says that the file differs."""
    ready_home(home, upstream)
    upstream.always(path(ANTHROPIC), answer(ANTHROPIC))
    home.write('[server]\nport = "x"\nhots = 1\n')

    done = home.aimux("reload")
    with home.asking(WHOLE) as response:
        code = response.status
    status = home.admin.status()

    assert done.returncode == 2
    assert "the configuration has 2 problems" in done.stderr
    assert f"{home.paths.config}:2:" in done.stderr
    assert f"{home.paths.config}:3:" in done.stderr
    assert code == 200
    assert status["config_generation"] == 1
    assert status["config_changed_on_disk"]
    assert any("the last reload was refused" in notice for notice in status["notices"])


@pytest.mark.measured
def test_hangup_reloads_under_load_and_drops_nothing(home: Home, upstream: FakeUpstream) -> None:
    """Ten reloads while four clients ask without a pause: every request is answered."""
    ready_home(home, upstream)
    upstream.always(path(ANTHROPIC), answer(ANTHROPIC))
    ended = threading.Event()

    def client() -> Counter[int]:
        seen: Counter[int] = Counter()
        while not ended.is_set():
            with home.asking(WHOLE) as response:
                response.read()
                seen[response.status] += 1
        return seen

    with ThreadPoolExecutor(4) as pool:
        clients = [pool.submit(client) for _ in range(4)]
        try:
            for generation in range(2, 12):
                home.signal(signal.SIGHUP)
                until(lambda wanted=generation: generation_of(home) >= wanted)
        finally:
            ended.set()
        seen = sum((each.result() for each in clients), Counter[int]())

    assert home.admin.status()["config_generation"] == 11
    assert set(seen) == {200}
    assert seen[200] > 20


def generation_of(home: Home) -> int:
    """The generation that the daemon runs with."""
    return home.admin.status()["config_generation"]


def test_open_stream_keeps_its_snapshot(home: Home, upstream: FakeUpstream) -> None:
    """A stream goes on to its end though its provider is taken out meanwhile."""
    ready_home(home, upstream)
    gate = Gate()
    upstream.script(path(ANTHROPIC), gated(gate))

    with home.asking(STREAM) as response:
        gate.wait_reached()
        home.write("")
        done = home.aimux("reload")
        gate.open()
        body = response.read()

    assert "providers: -up" in done.stdout
    assert body.endswith(b'data: {"type":"message_stop"}\n\n')


def test_stop_lets_streams_end(home: Home, upstream: FakeUpstream) -> None:
    """While one stream is open new requests get 503 with retry-after; then the daemon ends."""
    ready_home(home, upstream)
    gate = Gate()
    upstream.script(path(ANTHROPIC), gated(gate))

    with home.asking(STREAM) as response:
        gate.wait_reached()
        stopping = home.spawn("stop")
        until(lambda: home.admin.status()["state"] == "draining")
        with home.asking(WHOLE) as refused:
            status, wait = refused.status, refused.getheader("retry-after")
        gate.open()
        body = response.read()
    _, told = stopping.communicate(timeout=PATIENCE_S)

    assert status in {503, 529}
    assert wait
    assert body.endswith(b'data: {"type":"message_stop"}\n\n')
    assert stopping.returncode == 0
    assert b"waiting up to 120 s for 1 open request" in told
    assert b"stopped (drained 1 request in " in told
    assert not home.is_running


@pytest.mark.measured
def test_stop_after_its_limit(home: Home, upstream: FakeUpstream) -> None:
    """When the limit has passed the stream is cut, honestly, and the count says so."""
    ready_home(home, upstream)
    upstream.script(path(ANTHROPIC), gated(Gate()))

    with home.asking(STREAM) as response:
        until(lambda: home.admin.status()["in_flight"] == 1)
        done = home.aimux("stop", "--timeout", "500ms")
        body = rest_of(response)

    assert done.returncode == 0, done.stderr
    assert "stopped (cut 1 request)" in done.stderr
    assert is_honest(body)


@pytest.mark.measured
def test_second_signal_does_not_wait(home: Home, upstream: FakeUpstream) -> None:
    """SIGTERM drains; another one cuts what is left, at once."""
    ready_home(home, upstream)
    upstream.script(path(ANTHROPIC), gated(Gate()))

    with home.asking(STREAM) as response:
        until(lambda: home.admin.status()["in_flight"] == 1)
        home.signal(signal.SIGTERM)
        until(lambda: home.admin.status()["state"] == "draining")
        home.signal(signal.SIGTERM)
        until(lambda: not home.is_running, 5)
        body = rest_of(response)

    assert is_honest(body)
    last = home.log()[-1]
    assert (last["message"], last["drained"], last["cut"]) == ("ended", 0, 1)


@pytest.mark.measured
def test_stop_now(home: Home, upstream: FakeUpstream) -> None:
    """``stop --now`` waits for nobody, also when another stop is waiting."""
    ready_home(home, upstream)
    upstream.script(path(ANTHROPIC), gated(Gate()))

    with home.asking(STREAM) as response:
        until(lambda: home.admin.status()["in_flight"] == 1)
        waiting = home.spawn("stop")
        until(lambda: home.admin.status()["state"] == "draining")
        done = home.aimux("stop", "--now")
        body = rest_of(response)
    waiting.communicate(timeout=PATIENCE_S)

    assert done.returncode == 0, done.stderr
    assert "stopped" in done.stderr
    assert is_honest(body)
    assert waiting.returncode == 0
    assert not home.is_running


def test_demo_provider_comes_with_a_reload(home: Home) -> None:
    """The built-in provider is opened when the configuration first asks for it."""
    home.start()
    home.write('[providers.demo]\npreset = "demo"\n\n[routing]\ndefault = ["demo/*"]\n')

    done = home.aimux("reload")
    with home.asking({**WHOLE, "model": "demo-fast"}) as response:
        body = json.loads(response.read())

    assert done.returncode == 0, done.stderr
    assert body["type"] == "message", body
