"""The door: every route, every way to knock."""

from __future__ import annotations

import asyncio
import json

import pytest
from aiohttp import web

from aimux.admin.api import routes
from aimux.gateway.app import Gateway
from tests.support import answers
from tests.support.answers import ANTHROPIC
from tests.support.gateway import ADMIN_TOKEN, TOKEN, Served, open_gateway, provider, snapshot_of
from tests.support.upstream import FakeUpstream

OPEN = {
    *((method, path) for method in ("GET", "HEAD") for path in ("/health", "/health/ready")),
    ("HEAD", "/"),
    ("HEAD", "/api/hello"),
}


def all_routes() -> list[tuple[str, str]]:
    """Every method and path that the daemon serves, with names filled in."""

    async def enumerate_routes() -> list[tuple[str, str]]:
        gateway = Gateway(snapshot_of([]), instance="x")
        app = gateway.application(routes(gateway, object()))  # type: ignore[arg-type]  # never called
        found = []
        for route in app.router.routes():
            assert route.resource is not None
            path = route.resource.canonical.replace("{model}", "m").replace(
                "{method}", "countTokens"
            )
            found.append((route.method, path.replace("{id}", "last").replace("{name}", "n")))
        return found

    return asyncio.run(enumerate_routes())


ROUTES = all_routes()


async def knock(served: Served, method: str, path: str, **headers: str) -> int:
    """The status of a request with these headers and no others of ours."""
    given = {"content-type": "application/json"} if method == "POST" else {}
    given |= {name.replace("_", "-"): value for name, value in headers.items()}
    data = b'{"model":"m"}' if method == "POST" else None
    async with served.session.request(method, served.url + path, data=data, headers=given) as got:
        assert "access-control-allow-origin" not in got.headers
        return got.status


async def test_no_route_opens_without_its_token() -> None:
    """Each route of the table refuses a request without a token, and one with the other's token."""
    async with open_gateway() as served:
        for method, path in ROUTES:
            wrong = TOKEN if path.startswith("/aimux/") else ADMIN_TOKEN
            for headers in ({}, {"authorization": f"Bearer {wrong}"}, {"x-api-key": ""}):
                status = await knock(served, method, path, **headers)

                if (method, path) in OPEN:
                    assert status in {200, 503}, (method, path)
                else:
                    assert status == 401, (method, path, headers)


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"host": "evil.example"}, 421),
        ({"host": "evil.example:24689"}, 421),
        ({"host": "127.0.0.1.evil.example"}, 421),
        ({"host": "localhost@evil.example"}, 421),
        ({"host": ""}, 421),
        ({"host": "10.0.0.1"}, 421),
        ({"origin": "https://evil.example"}, 403),
        ({"origin": "null"}, 403),
        ({"origin": "http://localhost:1"}, 403),
        ({"sec_fetch_site": "cross-site"}, 403),
        ({"sec_fetch_site": "same-site"}, 403),
    ],
)
async def test_foreign_pages_are_refused_everywhere(headers: dict[str, str], expected: int) -> None:
    """Also where no token is needed, also with the right token."""
    async with open_gateway() as served:
        for method, path in ROUTES:
            token = ADMIN_TOKEN if path.startswith("/aimux/") else TOKEN
            status = await knock(
                served, method, path, **{"authorization": f"Bearer {token}", **headers}
            )

            assert status == expected, (method, path)


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:99", "127.0.0.1:1", "[::1]", "box.lan:5"])
async def test_our_own_names_are_welcome(host: str) -> None:
    """Loopback names at any port (it may be forwarded), and those of the configuration."""
    async with open_gateway((), {"server": {"allowed_hosts": ["box.lan"]}}) as served:
        assert await knock(served, "GET", "/health", host=host) == 200


async def test_our_own_page_is_welcome() -> None:
    """The origin of this very address, as the dashboard's requests have it."""
    async with open_gateway() as served:
        status = await knock(
            served, "GET", "/health", origin=served.url, sec_fetch_site="same-origin"
        )

    assert status == 200


async def test_addresses_are_accepted_where_remote_access_is() -> None:
    """A rebound page sends a name; an address can only be typed."""
    settings = {"server": {"host": "0.0.0.0", "allow_remote": True}}
    async with open_gateway((), settings) as served:
        assert await knock(served, "GET", "/health", host="192.168.1.7:24689") == 200
        assert await knock(served, "GET", "/health", host="[fe80::1]") == 200
        assert await knock(served, "GET", "/health", host="evil.example") == 421


@pytest.mark.parametrize(
    "headers",
    [
        {"authorization": f"Bearer {TOKEN}"},
        {"authorization": f"bearer {TOKEN}"},
        {"x_api_key": TOKEN},
        {"x_goog_api_key": TOKEN},
        {"authorization": "Bearer something-else", "x_api_key": TOKEN},
    ],
)
async def test_a_token_is_accepted_where_sdks_put_it(headers: dict[str, str]) -> None:
    """One function for all styles: any of them, also beside a stranger's."""
    async with open_gateway() as served:
        assert await knock(served, "GET", "/v1/models", **headers) == 200
        assert await knock(served, "GET", f"/v1/models?key={TOKEN}") == 200


async def test_a_token_is_compared_whole() -> None:
    """No prefix, no extension, no other case."""
    async with open_gateway() as served:
        for wrong in (TOKEN[:-1], TOKEN + "x", TOKEN.upper(), "Bearer", " "):
            assert await knock(served, "GET", "/v1/models", x_api_key=wrong) == 401


async def test_without_authentication_a_form_is_still_refused(upstream: FakeUpstream) -> None:
    """With auth = "none" only JSON is accepted: a page can send a form anywhere without asking."""
    upstream.always("/v1/messages", answers.answer(ANTHROPIC))
    async with open_gateway([provider("a", upstream)], {"server": {"auth": "none"}}) as served:
        plain = await knock(served, "POST", "/v1/messages", content_type="text/plain")
        good = await knock(served, "POST", "/v1/messages")

    assert (plain, good) == (415, 200)


async def test_errors_are_in_the_askers_format() -> None:
    """Whoever asks is told in words it can read, with an id to look for, and not to come back."""
    async with open_gateway() as served:
        cases = {
            "/v1/messages": lambda e: e["error"]["type"] == "authentication_error",
            "/v1/chat/completions": lambda e: e["error"]["code"] == "invalid_api_key",
            "/v1/responses": lambda e: e["error"]["code"] == "invalid_api_key",
            "/v1beta/models/m:generateContent": lambda e: e["error"]["status"] == "UNAUTHENTICATED",
        }
        for path, right in cases.items():
            async with served.session.post(served.url + path, data=b"{}") as got:
                said = json.loads(await got.read())

                assert right(said), path
                assert got.headers["x-aimux-request-id"] in json.dumps(said)
                assert got.headers["x-should-retry"] == "false"
                assert "aimux env" in json.dumps(said)


async def test_unknown_addresses_and_methods() -> None:
    """With a token one is told what is wrong; without one, only that one is needed."""
    async with open_gateway() as served:
        for path, status in (("/v1/nothing", 404), ("/v1/v1/messages", 404), ("/", 405)):
            got = await served.get(path)

            assert got.status == status
            assert b"error" in got.body
        assert (await served.get("/v1/messages")).status == 405
        assert await knock(served, "GET", "/v1/nothing") == 401


async def test_a_bug_is_told_without_its_text(caplog: pytest.LogCaptureFixture) -> None:
    """The caller gets a fixed text and the id; the log has the traceback."""

    async def broken(_: web.Request) -> web.Response:
        raise RuntimeError("sk-test-secret-inside")

    gateway = Gateway(snapshot_of([]), instance="x")
    app = gateway.application(lambda app: app.router.add_get("/v1/broken", broken) and None)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = "http://{}:{}".format(*runner.addresses[0][:2])
    import aiohttp

    async with (
        aiohttp.ClientSession() as session,
        session.get(url + "/v1/broken", headers={"x-api-key": TOKEN}) as got,
    ):
        text = await got.text()
    await runner.cleanup()

    assert got.status == 500
    assert "sk-test-secret-inside" not in text
    assert got.headers["x-aimux-request-id"] in text
    assert "sk-test-secret-inside" in caplog.text
