"""A fake daemon for the pages: a real server that serves ``aimux/web`` and answers as the admin API does.

    with FakeDaemon(folder) as daemon:
        page.goto(daemon.login_url())
        daemon.tell("exchange", told.opened("req_1"))      # to everybody who listens

Files and their policy are served by the real ``admin.pages``, the configuration by the real
``admin.editing`` on a real file, so that diffs, problems and conflicts are what aimux makes of them.
What the pages asked for stands in ``asked``.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Final, Self

from aiohttp import web

from aimux.admin import pages
from aimux.admin.editing import Editing
from aimux.admin.shapes import API, ReloadShape
from aimux.config.load import Loaded, load_config
from aimux.config.paths import Paths
from aimux.routing.sentences import told_routes
from tests.browser import told
from tests.support.patience import PATIENCE_S

WEB: Final = Path(__file__).parents[2] / "aimux" / "web"
COOKIE: Final = "aimux_session_0"

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class FakeDaemon:
    """The server and all that it knows; every test may change what it tells."""

    def __init__(self, folder: Path, *, port: int = 0) -> None:
        self.port = port
        self.config = folder / "config.toml"
        self.config.write_text(told.CONFIG, encoding="utf-8")
        self.status = told.status()
        self.exchanges = told.afternoon()
        self.alerts = told.alerts()
        self.sessions = told.sessions()
        self.rehearsal = told.rehearsal()
        self.logs = told.log_lines()
        self.logged_in = True
        self.codes = {"once"}
        self.asked: list[tuple[str, str, Any]] = []
        self.generation = 4
        self._events: list[tuple[int, str, str]] = []
        self._listeners: set[asyncio.Queue[tuple[int, str, str] | None]] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._runner: web.AppRunner | None = None

    # ------------------------------------------------------------ life

    def __enter__(self) -> Self:
        self._thread.start()
        self._in_loop(self._start())
        return self

    def __exit__(self, *_: object) -> None:
        self.go_away()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(PATIENCE_S)
        self._loop.close()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    def go_away(self) -> None:
        """Nobody answers any more."""
        if self._runner:
            self._in_loop(self._stop())

    def come_back(self) -> None:
        """The same daemon on the same port."""
        self._in_loop(self._start())

    def tell(self, name: str, shape: object) -> None:
        """Sends an event to every page that listens, and keeps it for those that come back."""
        self._loop.call_soon_threadsafe(self._tell, name, json.dumps(shape))

    def _tell(self, name: str, data: str) -> None:
        event = (len(self._events) + 1, name, data)
        self._events.append(event)
        for each in self._listeners:
            each.put_nowait(event)

    def _in_loop(self, work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(PATIENCE_S)

    async def _start(self) -> None:
        self._runner = web.AppRunner(self._app(), access_log=None, shutdown_timeout=0.2)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self.port, reuse_address=True)
        await site.start()
        self.port = self._runner.addresses[0][1]

    async def _stop(self) -> None:
        for each in self._listeners:
            each.put_nowait(None)
        assert self._runner
        runner, self._runner = self._runner, None
        await runner.cleanup()

    # ------------------------------------------------------------ addresses

    def _app(self) -> web.Application:
        app = web.Application(middlewares=[self._guard])
        get, post = app.router.add_get, app.router.add_post
        pages.routes(WEB, lambda: True)(app)
        paths = Paths(config=self.config, state=self.config.parent)
        Editing(paths, self._load, self._reload).register(app)
        post(f"{API}/login", self._login)
        post(f"{API}/logout", self._logout)
        get(f"{API}/events", self._stream)
        answers: dict[str, Callable[[web.Request], object]] = {
            "/ping": lambda _: {"aimux": "0.3.0", "instance": "i-1", "pid": 1},
            "/status": lambda _: self.status,
            "/exchanges": lambda _: {"exchanges": self.exchanges},
            "/exchanges/{id}": lambda asked: self._found(asked.match_info["id"]),
            "/alerts": lambda _: {"alerts": self.alerts},
            "/sessions": lambda _: {"sessions": self.sessions},
            "/usage": lambda asked: _usage(asked.query["by"]),
            "/usage/series": lambda asked: told.series(
                asked.query["by"], asked.query["bucket"], asked.query["since"]
            ),
            "/ledger": self._ledger,
            "/ledger/{id}": self._recorded,
            "/routes": lambda _: told_routes(self._load().config),
            "/catalogue": lambda _: told.catalogue(),
            "/logs": self._logs,
        }
        for path, answer in answers.items():
            get(API + path, _json(answer))
        post(f"{API}/alerts/test", _json(lambda _: {"told": [{"place": "log", "problem": None}]}))
        post(f"{API}/providers/{{name}}/reset", _json(self._reset))
        post(
            f"{API}/providers/{{name}}/test",
            _json(
                lambda _: {
                    "ok": True,
                    "words": "12 models are listed",
                    "models": 12,
                    "ms": 212.0,
                    "checks": [],
                }
            ),
        )
        post(f"{API}/routes/test", _json(lambda _: self.rehearsal))
        post(
            f"{API}/reload", _json(lambda _: {"generation": 5, "changed": [], "restart_needed": []})
        )
        app.router.add_put(f"{API}/providers/{{name}}/keys/{{label}}", _json(self._keep))
        app.router.add_delete(
            f"{API}/providers/{{name}}/keys/{{label}}", _json(lambda _: {"removed": True})
        )
        return app

    @web.middleware
    async def _guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path.startswith(API):
            reads_itself = request.path.startswith(f"{API}/config/")
            body = b"" if reads_itself else await request.read()
            self.asked.append((request.method, request.path_qs, json.loads(body) if body else None))
            if request.method != "GET" and request.content_type != "application/json":
                return _refusal(
                    415, "unsupported_encoding", "content-type must be application/json"
                )
            allowed = self.logged_in and request.cookies.get(COOKIE) == "good"
            if not allowed and not request.path.endswith("/login"):
                return _refusal(401, "unauthorized", "log in first")
        else:
            self.asked.append((request.method, request.path, None))
        return await handler(request)

    def login_url(self) -> str:
        """An address that logs in."""
        self.codes.add("again")
        return f"{self.url}/#login=again"

    async def _login(self, request: web.Request) -> web.Response:
        code = (await request.json())["code"]
        if code not in self.codes:
            return _refusal(401, "unauthorized", "this code is not known")
        self.codes.discard(code)
        answer = web.json_response({"logged_in": True})
        answer.set_cookie(COOKIE, "good", httponly=True, samesite="Strict")
        return answer

    async def _logout(self, request: web.Request) -> web.Response:
        answer = web.json_response({})
        answer.del_cookie(COOKIE)
        return answer

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse(headers={"content-type": "text/event-stream"})
        await answer.prepare(request)
        queue: asyncio.Queue[tuple[int, str, str] | None] = asyncio.Queue()
        after = int(request.headers.get("last-event-id", len(self._events)))
        for event in self._events[after:]:
            queue.put_nowait(event)
        self._listeners.add(queue)
        await answer.write(b": hello\n\n")
        with contextlib.suppress(ConnectionError):
            while event := await queue.get():
                number, name, data = event
                await answer.write(f"id: {number}\nevent: {name}\ndata: {data}\n\n".encode())
        self._listeners.discard(queue)
        return answer

    # ------------------------------------------------------------ what is told

    def _found(self, identity: str) -> object:
        for each in self.exchanges:
            if each["id"] == identity:
                return each
        raise web.HTTPNotFound(
            text=json.dumps(
                {
                    "error": {
                        "code": "unknown_path",
                        "message": f"no request {identity!r} is remembered",
                        "hint": "aimux requests lists those that are",
                    }
                }
            ),
            content_type="application/json",
        )

    def _ledger(self, request: web.Request) -> object:
        query = request.query
        found = [told.recorded(each, 100 - place) for place, each in enumerate(self.exchanges)]
        found = [each for each in found if each["outcome"] != "open"]
        for name in ("provider", "client", "session", "outcome"):
            if name in query:
                found = [each for each in found if each[name] == query[name]]
        if "q" in query:
            found = [each for each in found if query["q"] in json.dumps(each)]
        if "before" in query:
            found = [each for each in found if each["number"] < int(query["before"])]
        page = found[:20]
        return {"exchanges": page, "next": page[-1]["number"] if len(found) > 20 else None}

    def _recorded(self, request: web.Request) -> object:
        facts: Any = self._found(request.match_info["id"])
        story = list(told.STORY) if facts["id"] == "req_failover" else ["It was answered."]
        return {**told.recorded(facts, 7), "story": story}

    def _logs(self, request: web.Request) -> object:
        query = request.query
        found = self.logs
        ranks = ["debug", "info", "warning", "error"]
        if level := query.get("level"):
            least = ranks.index(level)
            found = [each for each in found if ranks.index(each["level"]) >= least]
        if wanted := query.get("request"):
            found = [each for each in found if each.get("request_id") == wanted]
        if text := query.get("q"):
            found = [each for each in found if text in json.dumps(each)]
        return {"lines": found[-int(query.get("limit", "200")) :]}

    def _keep(self, request: web.Request) -> object:
        key = f"{request.match_info['name']}/{request.match_info['label']}"
        return {"reference": f"keyring:{key}", "where": "keyring"}

    def _reset(self, request: web.Request) -> object:
        return {"provider": request.match_info["name"], "ended": [{}], "windows": 0}

    # ------------------------------------------------------------ the configuration

    def _load(self) -> Loaded:
        return load_config(self.config, environ={})

    async def _reload(self) -> ReloadShape:
        self.generation += 1
        return {"generation": self.generation, "changes": [], "restart_needed": []}


def _usage(by: str) -> object:
    rows = told.usage(by)
    total = {**told.usage_row("total", 1.0), "requests": sum(each["requests"] for each in rows)}
    return {
        "rows": rows,
        "total": total,
        "since": told.ago(604_800),
        "by": by,
        "missing": 0,
        "missing_at_least": False,
    }


def _json(answer: Callable[[web.Request], object]) -> Handler:
    async def handle(request: web.Request) -> web.StreamResponse:
        return web.json_response(answer(request))

    return handle


def _refusal(status: int, code: str, message: str, hint: str | None = None) -> web.Response:
    return web.json_response(
        {"error": {"code": code, "message": message, "hint": hint}}, status=status
    )
