"""The load of ``aimux bench`` and who answers it: every whole answer is counted, and nothing else."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

import pytest

from aimux.cli.bench import load, stage
from aimux.cli.bench.answers import ANSWER_BYTES, EVENTS
from aimux.cli.bench.load import Target, measure, send
from aimux.cli.bench.provider import CHAT_STREAM, STREAM, WHOLE
from aimux.cli.bench.shots import LARGE_BYTES, SMALL_BYTES, TOOLS, Kind, Shot, kinds
from aimux.cli.bench.stage import ProviderProcess
from aimux.errors import ConnectFailed, StartFailed, StreamCut, UpstreamProtocol, UpstreamTimeout
from aimux.vault.secret import Secret
from tests.support.answers import ANTHROPIC, answer, cut, failure
from tests.support.patience import PATIENCE_S
from tests.support.upstream import Answer, FakeUpstream

TOKEN = Secret("sk-test-bench")
WHOLE_JSON = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}"


@pytest.fixture
def provider() -> Iterator[ProviderProcess]:
    provider = ProviderProcess()
    with closing(provider):
        provider.start()
        yield provider


@contextmanager
def serving(serve: Callable[[socket.socket], object]) -> Iterator[Target]:
    """A server for one connection, in a thread."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def accepted() -> None:
            connection, _ = listener.accept()
            with connection:
                serve(connection)

        thread = threading.Thread(target=accepted)
        thread.start()
        try:
            yield Target(listener.getsockname()[1], TOKEN)
        finally:
            thread.join()


def received(connection: socket.socket, size: int) -> None:
    """Reads so many bytes, or what there is until the other side closes."""
    while size > 0 and (data := connection.recv(min(size, 65536))):
        size -= len(data)


def test_what_is_sent_and_answered_has_the_promised_sizes() -> None:
    """1 KB, 80 KB with tools, 200 events, bodies that are JSON; directly the provider's own format."""
    small, agent, stream, translated = kinds()
    bodies = [json.loads(each.aimux.body) for each in kinds()]

    assert [len(each.aimux.body) for each in kinds()] == [
        SMALL_BYTES, LARGE_BYTES, SMALL_BYTES, SMALL_BYTES
    ]  # fmt: skip
    assert [len(body["tools"]) for body in bodies] == [0, TOOLS, 0, 0]
    assert [body["stream"] for body in bodies] == [False, False, True, True]
    assert [each.direct == each.aimux for each in (small, agent, stream)] == [True] * 3
    assert translated.direct.path == "/v1/chat/completions"
    assert len(b"".join(WHOLE).partition(b"\r\n\r\n")[2]) == ANSWER_BYTES
    assert b"".join(STREAM).count(b"event: ") == EVENTS
    assert b"".join(CHAT_STREAM).count(b"data: ") == EVENTS
    assert STREAM[0].count(b"text_delta") >= 1


@pytest.mark.parametrize("kind", kinds(), ids=lambda kind: kind.name)
def test_every_whole_answer_is_counted(provider: ProviderProcess, kind: Kind) -> None:
    """So many as were asked for; over time at least one, and the first of a connection never."""
    target = Target(provider.port, TOKEN)
    counted = send(target, kind.direct, count=10, connections=3)
    more = send(target, kind.direct, count=1, connections=3)
    least = measure(target, kind.direct, connections=2, seconds=0.0)
    timed = measure(target, kind.direct, connections=2, seconds=0.05)

    assert [each.requests for each in (counted, more, least)] == [10, 1, 1]
    assert timed.requests > 1
    assert timed.requests_per_s == timed.requests / timed.seconds
    for sample in (counted, timed):
        pairs = zip(sorted(sample.first_byte_ms), sorted(sample.total_ms), strict=True)
        assert all(0 < first <= whole for first, whole in pairs)


@pytest.mark.parametrize(
    ("bad", "problem"),
    [
        (failure(ANTHROPIC, 529), UpstreamProtocol),
        (cut(answer(ANTHROPIC, stream=True), after=2), StreamCut),
        (Answer(headers=(), pieces=(b"data: 1\n\n",), framing="chunked"), StreamCut),
    ],
    ids=["status", "cut", "unfinished"],
)
def test_a_bad_answer_is_never_counted(
    upstream: FakeUpstream, bad: Answer, problem: type[Exception]
) -> None:
    """A server that fails fast does not look fast."""
    upstream.always("*", bad)

    with pytest.raises(problem):
        send(Target(upstream.port, TOKEN), Shot(b"{}"), count=2, connections=1)


def test_nobody_there_is_an_error() -> None:
    """Nothing is connected to, and nothing left open."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

    with pytest.raises(ConnectFailed, match=str(port)):
        send(Target(port, TOKEN), Shot(b"{}"), count=1, connections=1)


def test_silence_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that takes a request and says nothing."""
    monkeypatch.setattr(load, "PATIENCE_S", 0.05)
    with (
        serving(lambda connection: received(connection, 10_000)) as target,
        pytest.raises(UpstreamTimeout),
    ):
        send(target, Shot(b"{}"), count=1, connections=1)


def test_a_request_that_does_not_fit_at_once_is_sent_in_pieces() -> None:
    """The server begins to read late, and answers in small pieces."""
    shot = Shot(b"x" * 20_000_000)
    rest = threading.Event()

    def late(connection: socket.socket) -> None:
        rest.wait(PATIENCE_S)
        received(connection, len(target.request(shot)))
        for place in range(len(WHOLE_JSON)):
            connection.sendall(WHOLE_JSON[place : place + 1])

    with serving(late) as target:
        threading.Timer(0.1, rest.set).start()
        sample = send(target, shot, count=1, connections=1)

    assert sample.requests == 1


@pytest.mark.parametrize("size", [1, 20_000_000], ids=["while reading", "while sending"])
def test_a_connection_that_is_reset_is_an_error(size: int) -> None:
    """Closed with bytes unread: the system says so by an error."""
    with serving(lambda connection: connection.recv(1)) as target, pytest.raises(StreamCut):
        send(target, Shot(b"x" * size), count=1, connections=1)


def test_the_provider_finds_the_end_of_a_request(provider: ProviderProcess) -> None:
    """However it is cut, with a body or without."""
    request = b"POST /v1/messages HTTP/1.1\r\nContent-Length: 4\r\n\r\nabcd"
    size = len(b"".join(WHOLE))
    with socket.create_connection(("127.0.0.1", provider.port), 10) as connection:
        for part in (request[:20], request[20:-2], request[-2:]):
            connection.sendall(part)
        received(connection, size)
        connection.sendall(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
        assert connection.recv(size).startswith(WHOLE[0][:17])


def test_the_provider_stops_talking_to_whoever_left(provider: ProviderProcess) -> None:
    """It goes on answering others."""
    *_, streamed, _ = kinds()
    target = Target(provider.port, TOKEN)
    for _ in range(5):
        with socket.create_connection(("127.0.0.1", provider.port)) as connection:
            connection.sendall(target.request(streamed.direct))

    assert send(target, streamed.direct, count=1, connections=1).requests == 1


def test_a_provider_that_was_never_started_closes() -> None:
    """There is nothing to end; and twice does no harm."""
    provider = ProviderProcess()
    provider.close()
    provider.start()
    provider.close()
    provider.close()


@pytest.mark.parametrize(
    ("program", "said"),
    [
        ("/nowhere/python", "cannot be started"),
        ("import time; time.sleep(60)", "says nothing"),
        ("raise SystemExit", "ended before it was ready"),
        ("print('hello')", "ended before it was ready"),
    ],
)
def test_a_provider_that_does_not_start_is_an_error(
    monkeypatch: pytest.MonkeyPatch, program: str, said: str
) -> None:
    """Its reason and what to type, and it is ended."""
    monkeypatch.setattr(stage, "START_S", 0.2 if "sleep" in program else 10.0)
    monkeypatch.setattr(stage, "_ENDING_S", 0.1)
    spawn = subprocess.Popen

    def instead(_: list[str], **options: int) -> subprocess.Popen[bytes]:
        if program.startswith("/"):
            return spawn([program], **options)  # type: ignore[call-overload,no-any-return]
        return spawn([sys.executable, "-c", program], **options)  # type: ignore[call-overload,no-any-return]

    monkeypatch.setattr(subprocess, "Popen", instead)
    provider = ProviderProcess()
    with closing(provider), pytest.raises(StartFailed, match=said) as problem:
        provider.start()

    assert problem.value.hint == "try again: aimux bench"
