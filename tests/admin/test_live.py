"""The events of the dashboard, over real sockets, while a fake upstream answers."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from aimux.admin import live as room
from aimux.admin import stream as stream_room
from aimux.admin.live import Live
from aimux.admin.visitors import Visitors
from tests.support.answers import ANTHROPIC, answer, failure, path, slowly
from tests.support.face import QUICK, Face, open_face
from tests.support.gateway import ADMIN_TOKEN, provider
from tests.support.patience import PATIENCE_S
from tests.support.script import Pause
from tests.support.upstream import FakeUpstream

BODY = b'{"model":"m","max_tokens":5,"messages":[{"role":"user","content":"hi"}]}'
STREAM = BODY[:-1] + b',"stream":true}'
PROVIDER: dict[str, Any] = {"name": "up", "cooling_s": None, "troubles": []}


@pytest.fixture
async def face(upstream: FakeUpstream, tmp_path: Path) -> AsyncIterator[Face]:
    async with open_face(tmp_path, [provider("up", upstream)]) as opened:
        await opened.log_in()
        yield opened


async def until(condition: Any) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not condition():
            await asyncio.sleep(0.005)


async def test_what_comes_first(face: Face) -> None:
    """How soon to come again, and how things stand."""
    async with face.looking() as events:
        _, kind, data = await events.next()

    assert events.raw[0] == "retry: 2000\n\n"
    assert kind == "status"
    assert data == face.control.told


async def test_an_exchange_from_its_beginning_to_its_end(
    face: Face, upstream: FakeUpstream
) -> None:
    """Open, then answering, then over, with ids that rise."""
    upstream.script(path(ANTHROPIC), slowly(answer(ANTHROPIC, stream=True), Pause(0.05)))
    async with face.looking() as events:
        asking = asyncio.ensure_future(face.served.post("/v1/messages", STREAM))
        seen = [await events.next("exchange")]
        while seen[-1][2]["outcome"] == "open":
            seen.append(await events.next("exchange"))
        await asking
    shapes = [each[2] for each in seen]

    assert len({each["id"] for each in shapes}) == 1
    assert shapes[0]["outcome"] == "open"
    assert any(each["provider"] == "up" and each["outcome"] == "open" for each in shapes)
    assert shapes[-1]["outcome"] == "ok"
    assert shapes[-1]["output_tokens"]
    assert shapes[-1] == json.loads(json.dumps(face.served.last))
    numbers = [each[0] for each in seen]
    assert numbers == sorted(set(numbers))


async def test_one_that_was_open_before(face: Face, upstream: FakeUpstream) -> None:
    """Its end is told to whoever came in between."""
    upstream.script(path(ANTHROPIC), slowly(answer(ANTHROPIC, stream=True), Pause(0.05)))
    asking = asyncio.ensure_future(face.served.post("/v1/messages", STREAM))
    await upstream.arrival()
    async with face.looking() as events:
        while (await events.next("exchange"))[2]["outcome"] != "ok":
            pass
    await asking


async def test_what_providers_say_stays_a_text(face: Face, upstream: FakeUpstream) -> None:
    """Markup and line ends of an error, in a model's name, and a key that is repeated: JSON on one line,
    and no key.
    """
    words = "<script>alert(1)</script>\n\nevent: reset\ndata: sk-test-up-default"
    upstream.script(path(ANTHROPIC), failure(ANTHROPIC, 400, words))
    model = "<img src=x onerror=alert(1)>\nid: 9"
    body = json.dumps({**json.loads(BODY), "model": model}).encode()
    async with face.looking() as events:
        await face.served.post("/v1/messages", body)
        while (told := await events.next())[2].get("outcome") in {None, "open"}:
            assert told[1] != "reset"
        raw = events.raw[-1]

    assert told[2]["asked_model"] == model
    assert "<script>" in told[2]["error"]
    assert "sk-test-up-default" not in "".join(events.raw)
    assert raw.count("\n") == 4
    assert raw.count("\ndata: ") == 1


async def test_the_status_is_told_when_it_changes(face: Face) -> None:
    """Not for what never stands still: measurements, and what counts down."""
    face.control.told = {"state": "running", "uptime_s": 1.0, "providers": [{**PROVIDER}]}
    async with face.looking() as events:
        await events.next("status")
        trouble = {"what": "key", "for_s": 9.0}
        cooling = {**PROVIDER, "cooling_s": 9.0, "troubles": [trouble]}
        face.control.told = {"state": "running", "uptime_s": 2.0, "providers": [cooling]}
        assert (await events.next("status"))[2]["providers"] == [cooling]
        cooler = {**PROVIDER, "cooling_s": 8.0, "troubles": [{**trouble, "for_s": 8.0}]}
        face.control.told = {"state": "running", "uptime_s": 3.0, "providers": [cooler]}
        await asyncio.sleep(0.1)
        face.control.told = {"state": "draining", "uptime_s": 4.0, "providers": [cooler]}

        assert (await events.next("status"))[2]["state"] == "draining"


async def test_an_alert_is_told_when_its_state_changes(face: Face) -> None:
    """Not when its value does."""
    quiet = {"number": 1, "state": "quiet", "since": None, "value": 0.1}
    face.control.firing = [quiet]
    async with face.looking() as events:
        await events.next("status")
        face.control.firing = [{**quiet, "value": 0.2}]
        await asyncio.sleep(0.05)
        face.control.firing = [{**quiet, "state": "firing", "since": "now"}]

        assert (await events.next("alert"))[2]["state"] == "firing"


async def test_a_bug_in_the_status_does_not_end_the_stream(face: Face) -> None:
    """The next second is another one."""
    async with face.looking() as events:
        await events.next("status")
        face.control.told = {"state": "broken"}  # no providers: a bug
        await asyncio.sleep(0.05)
        face.control.told = {"state": "running", "providers": [PROVIDER]}

        assert (await events.next("status"))[2]["providers"] == [PROVIDER]


async def test_going_on_where_one_was(face: Face, upstream: FakeUpstream) -> None:
    """What happened meanwhile comes first, and nothing twice."""
    upstream.always(path(ANTHROPIC), answer(ANTHROPIC))
    async with face.looking() as events:
        await events.next("status")
        await face.served.post("/v1/messages", BODY)
        while (last := await events.next("exchange"))[2]["outcome"] != "ok":
            pass
    await face.served.post("/v1/messages", BODY)
    await face.served.settled()
    missed = face.served.last["id"]
    async with face.looking(last_event_id=str(last[0])) as again:
        number, kind, data = await again.next()

    assert number > last[0]
    assert kind == "exchange"
    assert data["id"] == missed


@pytest.mark.parametrize("seen", ["1", "99999999999999999", "x", "-1", "\u0663", "9" * 40])
async def test_an_id_that_nobody_reaches_back_to(face: Face, seen: str) -> None:
    """Of another daemon, of long ago, or none at all: everything has to be asked for anew."""
    async with face.looking(last_event_id=seen) as events:
        _, kind, data = await events.next()

        assert kind == "reset"
        assert data == {"reason": "what was missed is gone"}
        assert (await events.next())[1] == "status"


async def test_silence_is_broken(upstream: FakeUpstream, tmp_path: Path) -> None:
    """By a comment, which no browser makes an event of."""
    pace = QUICK._replace(heartbeat_s=0.05)
    async with open_face(tmp_path, pace=pace) as face:
        await face.log_in()
        async with face.looking() as events:
            await events.next("status")
            async with asyncio.timeout(PATIENCE_S):
                line = await events.response.content.readuntil(b"\n\n")

    assert line == room.HEARTBEAT


async def test_nobody_looks_nothing_is_done(upstream: FakeUpstream, tmp_path: Path) -> None:
    """Neither before the first viewer nor a while after the last."""
    upstream.always(path(ANTHROPIC), answer(ANTHROPIC))
    pace = QUICK._replace(linger_s=0.05)
    async with open_face(tmp_path, [provider("up", upstream)], pace=pace) as face:
        await face.log_in()
        asked: list[int] = []
        real = face.control.status
        face.control.status = lambda: asked.append(1) or real()  # type: ignore[method-assign,func-returns-value]
        await face.served.post("/v1/messages", BODY)
        assert not face.live._over
        assert face.served.gateway.recent.on_begin is None
        async with face.looking() as events:
            seen, *_ = await events.next("status")
        await until(lambda: face.live._task is None)
        told = len(asked)
        await face.served.post("/v1/messages", BODY)
        await asyncio.sleep(0.1)

        assert len(asked) == told
        assert not face.live._seen
        assert not face.live._over
        async with face.looking(last_event_id=str(seen)) as events:
            assert (await events.next())[1] == "reset"


async def test_logging_out_ends_the_stream(face: Face) -> None:
    """The session's own at once; a program's with the token, and other sessions', go on."""
    other = face.visitors.enter(face.visitors.new_code())
    name = face.cookie.partition("=")[0]
    async with (
        face.looking() as mine,
        face.looking(cookie=f"{name}={other}") as theirs,
        face.looking(authorization=f"Bearer {ADMIN_TOKEN}", cookie="") as program,
    ):
        for each in (mine, theirs, program):
            await each.next("status")
        await face.send("POST", "/aimux/v1/logout", {})

        assert await mine.ends()
        face.control.told = {"state": "draining", "providers": []}
        assert (await theirs.next("status"))[2]["state"] == "draining"
        assert (await program.next("status"))[2]["state"] == "draining"


async def test_a_session_that_ends_by_itself(tmp_path: Path) -> None:
    """Its stream ends with it."""
    now_s = 1000.0

    def clock() -> float:
        return now_s

    async with open_face(tmp_path, visitors=Visitors(clock)) as face:
        await face.log_in()
        async with face.looking() as events:
            await events.next("status")
            now_s += 12 * 3600

            assert await events.ends()


async def test_the_daemon_ends(face: Face) -> None:
    """All streams end at once and in good order, and no other one begins."""
    async with face.looking() as one, face.looking() as other:
        await one.next("status")
        face.live.close()

        assert await one.ends()
        assert await other.ends()
        assert (await face.full("GET", "/aimux/v1/events"))[0] == 204
    assert face.live._task is None


async def test_one_who_does_not_read(face: Face, monkeypatch: pytest.MonkeyPatch) -> None:
    """Is let go, its connection is cut, and nobody else waits for it."""
    monkeypatch.setattr(stream_room, "MOST_WAITING", 2_000_000)
    host, port = face.url.removeprefix("http://").split(":")
    slow = socket.socket()
    slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    slow.connect((host, int(port)))
    head = f"GET /aimux/v1/events HTTP/1.1\r\nhost: {host}:{port}\r\ncookie: {face.cookie}\r\n\r\n"
    slow.sendall(head.encode())
    await until(lambda: face.live.stream.viewers)
    (theirs,) = face.live.stream.viewers
    async with face.looking() as quick:
        await quick.next("status")
        while theirs in face.live.stream.viewers:
            face.live.stream.add("status", b'{"big": "%s"}' % (b"x" * 200_000))
            face.live.stream.flush()
            assert (await quick.next("status"))[1] == "status"
        transport = theirs.on_end.__self__._transport  # type: ignore[attr-defined]
        await until(transport.is_closing)
        assert len(face.live.stream.viewers) == 1
    slow.close()


async def test_fifty_viewers_cost_one_writing(face: Face, upstream: FakeUpstream) -> None:
    """Each event is written down once, whoever looks."""
    upstream.always(path(ANTHROPIC), answer(ANTHROPIC))
    written: list[object] = []
    real = Live._written

    def counted(self: Live, shape: object) -> bytes:
        written.append(shape)
        return real(self, shape)

    async with face.looking() as first:
        await first.next("status")
        others = [face.looking() for _ in range(49)]
        opened = [await each.__aenter__() for each in others]
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Live, "_written", counted)
            await asyncio.gather(*(face.served.post("/v1/messages", BODY) for _ in range(10)))
            over = 0
            while over < 10:
                over += (await first.next("exchange"))[2]["outcome"] == "ok"
        for events in opened:
            over = 0
            while over < 10:
                over += (await events.next("exchange"))[2]["outcome"] == "ok"
        for each in others:
            await each.__aexit__(None, None, None)

    await until(lambda: not face.live.stream.viewers)
    assert 10 <= len(written) <= 10 * 5
