"""The admin API: what is answered, and how errors are."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from aimux.admin.api import MOST_EXCHANGES, routes
from aimux.errors import ConfigError, NoCandidate, Problem, VaultLocked
from aimux.model.request import WireFormat
from aimux.routing.rehearsal import Script
from aimux.vault.secret import Secret


class Recent:
    """Three exchanges."""

    def __init__(self) -> None:
        self.asked: list[int] = []
        self.ids = ["ax_3", "ax_2", "ax_1"]

    def newest(self, most: int) -> list[Any]:
        self.asked.append(most)
        return [{"id": each} for each in self.ids[:most]]

    def find(self, identity: str) -> Any:
        return {"id": identity} if identity in self.ids else None


class Gateway:
    """What the API asks of a gateway."""

    def __init__(self) -> None:
        self.in_flight = 2
        self.recent = Recent()
        self.rehearsed: list[tuple[Script, int | None]] = []
        self.refuses: Exception | None = None

    async def rehearse(self, script: Script, minute_of_week: int | None) -> Any:
        self.rehearsed.append((script, minute_of_week))
        if self.refuses:
            raise self.refuses
        return {"summary": "would ask a/m"}

    def reset(self, provider: str) -> Any:
        return {"provider": provider, "ended": [], "windows": 0} if provider == "a/b c" else None


class Control:
    """A daemon that notes what it is told."""

    def __init__(self) -> None:
        self.told: list[object] = []
        self.fails: Exception | None = None

    def ping(self) -> Any:
        return {"aimux": "1", "instance": "i", "pid": 3}

    def status(self) -> Any:
        return {"state": "running"}

    async def reload(self) -> Any:
        if self.fails:
            raise self.fails
        return {"generation": 2, "changes": [], "restart_needed": []}

    async def reload_tokens(self) -> int:
        if self.fails:
            raise self.fails
        return 3

    def shutdown(self, drain_s: float | None) -> float:
        self.told.append(drain_s)
        return 120.0

    def alerts(self) -> Any:
        return [{"number": 1}]

    async def test_alert(self, number: int | None) -> Any:
        self.told.append(number)
        return [{"place": "log", "problem": None}]

    async def unlock(self, passphrase: Secret) -> None:
        if self.fails:
            raise self.fails
        self.told.append(passphrase.reveal())


@pytest.fixture
def gateway() -> Gateway:
    return Gateway()


@pytest.fixture
def control() -> Control:
    return Control()


@pytest.fixture
async def api(gateway: Gateway, control: Control) -> AsyncIterator[TestClient[Any, Any]]:
    app = web.Application()
    register: Callable[[web.Application], None] = routes(gateway, control)
    register(app)
    async with TestClient(TestServer(app)) as client:
        yield client


async def told(response: Any) -> tuple[int, Any]:
    return response.status, await response.json()


@pytest.mark.parametrize(
    ("path", "answer"),
    [
        ("ping", {"aimux": "1", "instance": "i", "pid": 3}),
        ("status", {"state": "running"}),
        ("exchanges?limit=2", {"exchanges": [{"id": "ax_3"}, {"id": "ax_2"}]}),
        ("alerts", {"alerts": [{"number": 1}]}),
        ("exchanges/last", {"id": "ax_3"}),
        ("exchanges/ax_1", {"id": "ax_1"}),
    ],
)
async def test_get(api: Any, path: str, answer: object) -> None:
    """Each address gives its shape, and is never cached."""
    response = await api.get(f"/aimux/v1/{path}")

    assert await told(response) == (200, answer)
    assert response.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("path", "body", "answer"),
    [
        ("reload", {}, {"generation": 2, "changes": [], "restart_needed": []}),
        ("tokens/reload", {}, {"tokens": 3}),
        ("shutdown", {"drain_s": None}, {"in_flight": 2, "drain_s": 120.0}),
        ("shutdown", {}, {"in_flight": 2, "drain_s": 120.0}),
        ("alerts/test", {"alert": 2}, {"told": [{"place": "log", "problem": None}]}),
        ("alerts/test", {}, {"told": [{"place": "log", "problem": None}]}),
        ("vault/unlock", {"passphrase": "open"}, {"unlocked": True}),
        ("routes/test", {"format": "anthropic", "request": "{}"}, {"summary": "would ask a/m"}),
        ("providers/a%2Fb%20c/reset", {}, {"provider": "a/b c", "ended": [], "windows": 0}),
    ],
)
async def test_post(api: Any, path: str, body: object, answer: object) -> None:
    """Each command is done and answered."""
    response = await api.post(f"/aimux/v1/{path}", json=body)

    assert await told(response) == (200, answer)


async def test_what_control_is_told(api: Any, control: Control) -> None:
    """Seconds arrive as seconds, a passphrase as it is."""
    await api.post("/aimux/v1/shutdown", json={"drain_s": 0})
    await api.post("/aimux/v1/shutdown", json={"drain_s": 1.5})
    await api.post("/aimux/v1/vault/unlock", json={"passphrase": "open"})

    assert control.told == [0.0, 1.5, "open"]


async def test_a_request_that_is_not_sent(api: Any, gateway: Gateway) -> None:
    """It arrives as it was written, with all that is said of it."""
    body = {
        "format": "gemini",
        "request": '{"contents": "\u00e9"}',
        "model": "g",
        "stream": True,
        "headers": {"X-Team": "blue"},
        "client": "codex",
        "minute_of_week": 61,
    }

    await api.post("/aimux/v1/routes/test", json=body)

    script = Script(
        '{"contents": "\u00e9"}'.encode(), WireFormat.GEMINI, "g", True, {"x-team": "blue"}, "codex"
    )
    assert gateway.rehearsed == [(script, 61)]


async def test_what_its_client_would_be_told(api: Any, gateway: Gateway) -> None:
    """The status and the code of the gateway itself."""
    gateway.refuses = NoCandidate("nobody is left", hint="see aimux status")

    code, body = await told(
        await api.post("/aimux/v1/routes/test", json={"format": "anthropic", "request": "{}"})
    )

    assert code == 503
    assert body["error"] == {
        "code": "no-candidate",
        "message": "nobody is left",
        "hint": "see aimux status",
    }


async def test_empty_body_is_an_empty_object(api: Any) -> None:
    """A POST that says nothing is fine where nothing has to be said."""
    response = await api.post("/aimux/v1/reload", headers={"content-type": "application/json"})

    assert response.status == 200


@pytest.mark.parametrize(
    ("path", "request_", "refusal"),
    [
        ("reload", {"data": "{}"}, (415, "content-type must be application/json")),
        ("reload", {"data": b"x=1"}, (415, "content-type must be application/json")),
        (
            "reload",
            {"data": b"{", "headers": {"content-type": "application/json"}},
            (400, "no JSON"),
        ),
        ("reload", {"json": [1]}, (400, "must be a JSON object")),
        ("shutdown", {"json": {"drain_s": "soon"}}, (400, "drain_s must be a number")),
        ("shutdown", {"json": {"drain_s": -1}}, (400, "drain_s must be a number")),
        ("shutdown", {"json": {"drain_s": True}}, (400, "drain_s must be a number")),
        ("shutdown", {"json": {"drain_s": 1e9}}, (400, "drain_s must be a number")),
        ("alerts/test", {"json": {"alert": "1"}}, (400, "alert must be a whole number")),
        ("alerts/test", {"json": {"alert": True}}, (400, "alert must be a whole number")),
        ("vault/unlock", {"json": {}}, (400, "passphrase must be a text")),
        ("vault/unlock", {"json": {"passphrase": ""}}, (400, "passphrase must be a text")),
        ("vault/unlock", {"json": {"passphrase": 3}}, (400, "passphrase must be a text")),
        ("routes/test", {"data": "{}"}, (415, "content-type must be application/json")),
        ("routes/test", {"json": {"format": "anthropic"}}, (400, "request must be the body")),
        ("providers/a/reset", {"data": "{}"}, (415, "content-type must be application/json")),
        ("providers/a/reset", {"json": {}}, (404, "the running daemon has no provider 'a'")),
    ],
)
async def test_bad_posts(
    api: Any, control: Control, path: str, request_: dict[str, Any], refusal: tuple[int, str]
) -> None:
    """What is not what was expected is refused, and nothing is done."""
    code, body = await told(await api.post(f"/aimux/v1/{path}", **request_))

    assert code == refusal[0]
    assert refusal[1] in body["error"]["message"]
    assert control.told == []


@pytest.mark.parametrize("limit", ["x", "-1", "1.5", "", "9999999999", "\u0663"])
async def test_bad_limit(api: Any, limit: str) -> None:
    """A limit that is no whole number is refused."""
    code, body = await told(await api.get("/aimux/v1/exchanges", params={"limit": limit}))

    assert code == 400
    assert "limit must be a whole number" in body["error"]["message"]


async def test_limits(api: Any, gateway: Gateway) -> None:
    """Without a limit some are given; nobody gets more than there is room for."""
    await api.get("/aimux/v1/exchanges")
    await api.get("/aimux/v1/exchanges?limit=999999")

    assert gateway.recent.asked == [50, MOST_EXCHANGES]


@pytest.mark.parametrize(
    ("identity", "message"), [("ax_9", "no request 'ax_9'"), ("last", "no request yet")]
)
async def test_unknown_exchange(api: Any, gateway: Gateway, identity: str, message: str) -> None:
    """An exchange that is not remembered is a 404 that says what to type."""
    gateway.recent.ids = []

    code, body = await told(await api.get(f"/aimux/v1/exchanges/{identity}"))

    assert code == 404
    assert message in body["error"]["message"]
    assert "aimux requests" in body["error"]["hint"]


async def test_refused_reload_lists_problems(api: Any, control: Control) -> None:
    """409 with every problem as a text."""
    control.fails = ConfigError((Problem("config.toml", 1, 2, "server.port", "is odd"),))

    code, body = await told(await api.post("/aimux/v1/reload", json={}))

    assert code == 409
    assert body["error"]["code"] == "config-invalid"
    assert body["error"]["problems"] == ["config.toml:1:2: server.port: is odd"]


async def test_wrong_passphrase(api: Any, control: Control) -> None:
    """The vault's refusal keeps its code and status."""
    control.fails = VaultLocked("the passphrase is not the right one")

    code, body = await told(await api.post("/aimux/v1/vault/unlock", json={"passphrase": "x"}))

    assert code == 503
    assert body["error"]["code"] == "vault-locked"


async def test_bug(api: Any, control: Control, caplog: pytest.LogCaptureFixture) -> None:
    """A bug is told as one, without its text, which goes to the log."""
    control.fails = RuntimeError("inner secrets")

    with caplog.at_level(logging.ERROR):
        code, body = await told(await api.post("/aimux/v1/reload", json={}))

    assert code == 500
    assert body["error"]["code"] == "internal"
    assert "inner secrets" not in str(body)
    assert "inner secrets" in caplog.text
