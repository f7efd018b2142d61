"""Who may look at the dashboard: codes, sessions, and what a browser must say of itself."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from aimux.admin import visitors as rooms
from aimux.admin.login import MOST_WAITING
from aimux.admin.visitors import Visitors
from tests.support.face import Face, open_face
from tests.support.gateway import ADMIN_TOKEN, TOKEN


class Clock:
    """A clock that a test moves."""

    now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def face(tmp_path: Path, clock: Clock) -> AsyncIterator[Face]:
    async with open_face(tmp_path, visitors=Visitors(clock)) as opened:
        yield opened


async def code_of(face: Face) -> str:
    status, made = await face.send("POST", "/aimux/v1/login-codes", {}, ADMIN_TOKEN)
    assert status == 200
    assert made["expires_s"] == 60
    return str(made["code"])


async def test_a_code_becomes_a_session_once(face: Face) -> None:
    """The cookie is out of reach of scripts, of other sites, and of other addresses of ours."""
    code = await code_of(face)

    status, headers, _ = await face.full("POST", "/aimux/v1/login", {"code": code})
    again = await face.send("POST", "/aimux/v1/login", {"code": code})

    assert status == 200
    cookie = headers["set-cookie"]
    port = face.url.rpartition(":")[2]
    assert cookie.startswith(f"aimux_session_{port}=")
    for word in ("HttpOnly", "SameSite=Strict", "Path=/aimux/v1", "Max-Age=43200"):
        assert word in cookie
    assert headers["cache-control"] == "no-store"
    assert again[0] == 401
    assert again[1]["error"]["code"] == "unauthorized"


@pytest.mark.parametrize("body", [{}, {"code": ""}, {"code": 7}, {"code": None}])
async def test_what_is_no_code(face: Face, body: object) -> None:
    """It is said which field is wrong."""
    status, told = await face.send("POST", "/aimux/v1/login", body)

    assert status == 400
    assert "code must be a text" in told["error"]["message"]


async def test_the_session_takes_the_place_of_the_token(face: Face) -> None:
    """For what is asked and for what is changed; its end is the end of it."""
    await face.log_in()

    assert (await face.get("/aimux/v1/ping"))[0] == 200
    assert (await face.send("POST", "/aimux/v1/reload", {}))[0] == 200
    assert await face.send("POST", "/aimux/v1/logout", {}) == (200, {"left": True})
    assert (await face.get("/aimux/v1/ping"))[0] == 401
    face.cookie = ""
    assert (await face.send("POST", "/aimux/v1/logout", {}))[0] == 401


async def test_a_session_opens_the_admin_api_and_nothing_else(face: Face) -> None:
    """No request to a model, no metrics, no other session."""
    await face.log_in()

    assert (await face.send("POST", "/v1/messages", {}))[0] == 401
    assert (await face.full("GET", "/metrics"))[0] == 401
    assert (await face.send("POST", "/aimux/v1/login-codes", {}))[0] == 401


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"sec_fetch_site": "same-origin"}, 200),
        ({"sec_fetch_site": "none", "origin": "URL"}, 200),
        ({"sec_fetch_site": "cross-site"}, 403),
        ({"sec_fetch_site": "same-site"}, 403),
        ({"sec_fetch_site": "same-origin", "origin": "https://evil.example"}, 403),
        ({"sec_fetch_site": "same-origin", "origin": "null"}, 403),
        ({"sec_fetch_site": "same-origin", "host": "evil.example"}, 421),
        ({"sec_fetch_site": "same-origin", "content_type": "text/plain"}, 415),
        ({"sec_fetch_site": "same-origin", "content_type": "multipart/form-data"}, 415),
    ],
)
async def test_what_a_browser_must_say(face: Face, headers: dict[str, str], status: int) -> None:
    """A change needs JSON, and proof that it comes from our own page."""
    await face.log_in()
    given = {name: face.url if value == "URL" else value for name, value in headers.items()}

    got, told = await face.send("POST", "/aimux/v1/reload", {}, **given)

    assert got == status
    assert got == 200 or set(told["error"]) == {"code", "message", "hint"}


async def test_a_cookie_alone_changes_nothing(face: Face) -> None:
    """A browser sends it by itself, so a request that does not say whose it is does not count."""
    await face.log_in()
    bare = {"cookie": face.cookie, "content-type": "application/json"}

    async with face.served.session.post(face.url + "/aimux/v1/reload", headers=bare) as got:
        assert got.status == 403
    async with face.served.session.get(face.url + "/aimux/v1/ping", headers=bare) as got:
        assert got.status == 200


async def test_codes_and_sessions_end(face: Face, clock: Clock) -> None:
    """A code after a minute, a session after half a day; neither a moment before."""
    late, early = await code_of(face), await code_of(face)
    clock.now_s += 59.9
    assert (await face.send("POST", "/aimux/v1/login", {"code": early}))[0] == 200
    clock.now_s += 0.1
    assert (await face.send("POST", "/aimux/v1/login", {"code": late}))[0] == 401

    await face.log_in()
    clock.now_s += rooms.SESSION_S - 0.1
    assert (await face.get("/aimux/v1/ping"))[0] == 200
    clock.now_s += 0.1
    assert (await face.get("/aimux/v1/ping"))[0] == 401


async def test_both_are_bounded(face: Face) -> None:
    """The oldest has to go; who looks with it is told."""
    codes = [await code_of(face) for _ in range(rooms.MOST_CODES + 1)]
    assert face.visitors.enter(codes[0]) is None
    first = face.visitors.enter(codes[1])
    assert first
    gone: list[bytes] = []
    face.visitors.leaving.append(gone.append)

    for _ in range(rooms.MOST_SESSIONS):
        assert face.visitors.enter(face.visitors.new_code())

    assert face.visitors.known(first) is None
    assert len(gone) == 1


async def test_guessing_keeps_nobody_out(face: Face) -> None:
    """Wrong codes wait, as many as may; a right one does not."""
    import asyncio

    wrong = [
        asyncio.ensure_future(face.send("POST", "/aimux/v1/login", {"code": f"guess-{number}"}))
        for number in range(MOST_WAITING + 4)
    ]
    await face.log_in()

    assert {status for status, _ in await asyncio.gather(*wrong)} == {401}
    assert (await face.get("/aimux/v1/ping"))[0] == 200


async def test_a_body_nobody_needs_is_not_read(face: Face) -> None:
    """The login needs no token, so it takes no more than a code is long."""
    status, told = await face.send("POST", "/aimux/v1/login", {"code": "x" * 5000})

    assert status == 413
    assert told["error"]["code"] == "too-large"


async def test_the_wrong_tokens(face: Face) -> None:
    """A client's token, an empty cookie, another daemon's cookie: 401 in the admin API's own shape."""
    for headers in ({}, {"cookie": "aimux_session=x"}, {"x_api_key": TOKEN}):
        status, told = await face.get("/aimux/v1/ping", **headers)

        assert status == 401
        assert told["error"]["code"] == "unauthorized"
        assert "aimux dashboard" in told["error"]["hint"]


async def test_no_dashboard_no_codes(tmp_path: Path) -> None:
    """What the configuration does not want cannot be entered."""
    async with open_face(tmp_path, settings={"server": {"dashboard": False}}) as face:
        status, told = await face.send("POST", "/aimux/v1/login-codes", {}, ADMIN_TOKEN)

    assert status == 404
    assert told["error"]["message"] == "the dashboard is switched off"
