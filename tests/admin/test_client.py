"""The admin client: each way in which a daemon can fail to answer has its own words."""

from __future__ import annotations

import fcntl
import json
import os
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from aimux import __version__
from aimux.admin.client import AdminClient, found_daemon
from aimux.admin.presence import Presence, write_presence
from aimux.config.paths import Paths
from aimux.errors import ConfigError, DaemonError, NotRunning, TimedOut, UnknownPath, VaultLocked
from aimux.vault.secret import Secret
from tests.support.script import CUT, FOREVER, Answer, Gate, Pause
from tests.support.upstream import FakeUpstream

API = "/aimux/v1"
INSTANCE = "0011aabb"


@pytest.fixture
def paths(tmp_path: Path) -> Iterator[Paths]:
    """A home whose lock is held, as by a daemon."""
    made = Paths(config=tmp_path / "config.toml", state=tmp_path)
    descriptor = os.open(made.lock, os.O_RDWR | os.O_CREAT)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    made.admin_token.write_text("aimux-admin-test\n")
    yield made
    os.close(descriptor)


def presence(url: str) -> Presence:
    address = url.removeprefix("http://")
    return Presence(os.getpid(), "1", INSTANCE, address, url, "2026-01-01T00:00:00Z", __version__)


def answering(body: object, status: int = 200) -> Answer:
    return Answer(status=status, pieces=(json.dumps(body).encode(),))


@pytest.fixture
def daemon(paths: Paths, upstream: FakeUpstream) -> FakeUpstream:
    """A server that answers a ping as the daemon of that home."""
    write_presence(paths, presence(upstream.url))
    upstream.always(f"{API}/ping", answering({"aimux": "x", "instance": INSTANCE, "pid": 1}))
    return upstream


def test_not_running(tmp_path: Path) -> None:
    """Nobody holds the lock: not running, whatever daemon.json says."""
    paths = Paths(config=tmp_path / "config.toml", state=tmp_path)
    write_presence(paths, presence("http://127.0.0.1:1"))

    with pytest.raises(NotRunning, match="aimux is not running") as refused:
        AdminClient.connect(paths)

    assert refused.value.hint == "start it with: aimux start"


def test_starting(paths: Paths) -> None:
    """The lock is held and nothing published: it is starting."""
    with pytest.raises(TimedOut, match="starting"):
        found_daemon(paths)


def test_token_gone(paths: Paths, daemon: FakeUpstream) -> None:
    """A deleted token is said, with what makes another one."""
    paths.admin_token.unlink()

    with pytest.raises(DaemonError, match=r"admin.token' is gone") as refused:
        AdminClient.connect(paths)

    assert "aimux restart" in (refused.value.hint or "")


def test_connect(paths: Paths, daemon: FakeUpstream, monkeypatch: pytest.MonkeyPatch) -> None:
    """The daemon answers; the token is sent, and no proxy is asked."""
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")

    found = AdminClient.connect(paths)

    assert found.presence.instance == INSTANCE
    assert daemon.requests[0].header("authorization") == "Bearer aimux-admin-test"


def test_nobody_listens(paths: Paths) -> None:
    """The process lives and its address is dead."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{bound.getsockname()[1]}"
        write_presence(paths, presence(url))
        with pytest.raises(TimedOut, match=f"{url} cannot be reached: Connection refused") as found:
            AdminClient.connect(paths)

    assert "aimux stop --now" in (found.value.hint or "")


def test_silent(daemon: FakeUpstream) -> None:
    """The process lives, listens and says nothing."""
    daemon.script(f"{API}/ping", Answer(before=(FOREVER,)))

    with pytest.raises(TimedOut, match=r"did not answer within 0\.05 s"):
        AdminClient(presence(daemon.url), Secret("t"))._call("GET", "/ping", limit_s=0.05)


def test_breaks_off(daemon: FakeUpstream) -> None:
    """It dies in the middle of its answer."""
    daemon.script(f"{API}/ping", Answer(pieces=(b'{"a', CUT, b'":1}')))

    with pytest.raises(TimedOut, match="broke off its answer"):
        AdminClient(presence(daemon.url), Secret("t")).ping()


@pytest.mark.parametrize(
    "answer",
    [
        answering({"aimux": "x", "instance": "another", "pid": 1}),
        answering({"error": {"code": "unauthorized", "message": "no"}}, 401),
        answering({"error": "forbidden"}, 403),
        answering({}, 421),
        answering([1, 2]),
        Answer(pieces=(b"<html>hello</html>",)),
        Answer(pieces=(b"SSH-2.0-OpenSSH\r\n",), framing="bare", before=(b"nonsense\r\n\r\n",)),
    ],
    ids=["instance", "401", "403", "421", "list", "html", "no-http"],
)
def test_somebody_else(paths: Paths, daemon: FakeUpstream, answer: Answer) -> None:
    """Another program at the daemon's address is called that."""
    daemon.script(f"{API}/ping", answer)

    with pytest.raises(DaemonError, match="another program answers at") as refused:
        AdminClient.connect(paths)

    assert type(refused.value) is DaemonError


def test_calls(paths: Paths, daemon: FakeUpstream) -> None:
    """Each method asks its address and gives what was answered."""
    daemon.script(f"{API}/status", answering({"state": "running"}))
    daemon.script(f"{API}/reload", answering({"generation": 2}))
    daemon.script(f"{API}/tokens/reload", answering({"tokens": 4}))
    daemon.script(f"{API}/shutdown", answering({"in_flight": 3, "drain_s": 5.0}))
    daemon.script(f"{API}/exchanges", *[answering({"exchanges": [{"id": "a"}]})] * 2)
    daemon.script(f"{API}/exchanges/*", answering({"id": "a/b"}))
    daemon.script(f"{API}/vault/unlock", answering({"unlocked": True}))
    client = AdminClient.connect(paths)

    results: list[Any] = [
        client.status(),
        client.reload(),
        client.shutdown(5),
        client.exchanges(),
        client.exchanges(7),
        client.exchange("a/b"),
    ]
    client.unlock(Secret("open sesame"))
    results.append(client.reload_tokens())

    assert results == [
        {"state": "running"},
        {"generation": 2},
        {"in_flight": 3, "drain_s": 5.0},
        [{"id": "a"}],
        [{"id": "a"}],
        {"id": "a/b"},
        4,
    ]
    sent = daemon.requests[1:]
    assert [each.target for each in sent] == [
        f"{API}/status",
        f"{API}/reload",
        f"{API}/shutdown",
        f"{API}/exchanges",
        f"{API}/exchanges?limit=7",
        f"{API}/exchanges/a%2Fb",
        f"{API}/vault/unlock",
        f"{API}/tokens/reload",
    ]
    assert json.loads(sent[2].body) == {"drain_s": 5}
    assert json.loads(sent[6].body) == {"passphrase": "open sesame"}
    assert sent[1].header("content-type") == "application/json"


def test_errors_are_raised_as_their_kind(paths: Paths, daemon: FakeUpstream) -> None:
    """What the daemon refuses is raised as if it had happened here."""
    daemon.script(
        f"{API}/reload",
        answering(
            {"error": {"code": "config-invalid", "message": "m", "problems": ["a:1:1: b: c"]}}, 409
        ),
    )
    daemon.script(
        f"{API}/vault/unlock", answering({"error": {"code": "vault-locked", "message": "no"}}, 503)
    )
    daemon.script(
        f"{API}/exchanges/x",
        answering({"error": {"code": "unknown-path", "message": "gone", "hint": "list"}}, 404),
    )
    client = AdminClient.connect(paths)

    with pytest.raises(ConfigError) as refused:
        client.reload()
    with pytest.raises(VaultLocked, match="no"):
        client.unlock(Secret("x"))
    with pytest.raises(UnknownPath, match="gone"):
        client.exchange("x")

    assert [str(each) for each in refused.value.problems] == ["a:1:1: b: c"]


@pytest.mark.parametrize(
    ("version", "kind", "text"),
    [("0.0.1", DaemonError, "the daemon is version 0.0.1"), (__version__, DaemonError, "nothing")],
)
def test_older_daemon(daemon: FakeUpstream, version: str, kind: type[Exception], text: str) -> None:
    """What an older daemon does not know is explained by its age; otherwise it is our mistake.  It is
    its door that answers, in the words of a vendor.
    """
    error = {"message": "there is nothing there", "type": "not_found_error", "code": None}
    daemon.script(f"{API}/status", answering({"error": error}, 404))
    client = AdminClient(replace(presence(daemon.url), version=version), Secret("t"))

    with pytest.raises(kind, match=text):
        client.status()


def test_ipv6_address() -> None:
    """A bracketed address is taken apart rightly."""
    connection = AdminClient(presence("http://[::1]:81"), Secret("t"))._connection(1)

    assert (connection.host, connection.port) == ("::1", 81)


def test_one_took_over_while_we_asked(paths: Paths, upstream: FakeUpstream) -> None:
    """The address is the same, the daemon another one, and by then its name is published."""
    write_presence(paths, presence(upstream.url))
    gate = Gate()
    body = json.dumps({"aimux": "x", "instance": "successor", "pid": 1}).encode()
    upstream.always(f"{API}/ping", Answer(pieces=(Pause(gate), body)))

    with ThreadPoolExecutor() as pool:
        connecting = pool.submit(AdminClient.connect, paths)
        gate.wait_reached()
        write_presence(paths, replace(presence(upstream.url), instance="successor"))
        gate.open()
        client = connecting.result()

    assert client.presence.instance == "successor"
