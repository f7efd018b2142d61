"""The demo provider's socket: loopback only, a random port, a random key.

Nothing is served without the key, and nothing but the addresses in ``_routes``.  When a client goes
away its handler is cancelled, so nothing is said to nobody.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from typing import Final, Protocol

from aiohttp import web

from aimux.errors import (
    AimuxError,
    InvalidRequest,
    MethodNotAllowed,
    TooLarge,
    Unauthorized,
    UnknownModel,
    UnknownPath,
)
from aimux.model.request import WireFormat
from aimux.upstream.demo import anthropic, gemini, openai_chat, openai_responses
from aimux.upstream.demo.answer import Answer, answer
from aimux.upstream.demo.frame import Frame
from aimux.upstream.demo.question import CREATED_S, MODELS, JsonObject, Question
from aimux.vault.secret import Secret
from aimux.vault.tokens import new_token, token_hash
from aimux.wire import jsontext
from aimux.wire.formats import CODECS

MAX_BODY_BYTES: Final = 64 * 2**20
"""As much as aimux itself takes by default."""

_CLOSING_S: Final = 0.05
"""How long open answers are waited for at the end; aimux has let them finish before that."""

_GEMINI_MODEL: Final = "/v1beta/models/{model:[^:]+}"
_JSON: Final = "application/json"
_EVENTS: Final = "text/event-stream"

_MODEL: Final[JsonObject] = {
    "object": "model",
    "type": "model",
    "created": CREATED_S,
    "created_at": "2026-01-01T00:00:00Z",
    "owned_by": "aimux",
}
"""What is the same of every model in ``/v1/models``."""

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Dialect(Protocol):
    """One wire format, as its module speaks it."""

    def read(self, model: str, body: JsonObject) -> Question:
        """The question in a body."""

    def whole(self, question: Question, answer: Answer) -> JsonObject:
        """The answer in one piece."""

    def stream(self, question: Question, answer: Answer) -> Iterator[Frame]:
        """The answer event by event."""


class DemoServer:
    """The demo provider, while it is open.

    ``pace`` stretches the pauses between words: 1 is a natural rhythm, 0 is none.  ``key`` is taken
    as a bearer token or in the header of each vendor's own library.  ``speaking`` counts the streams
    that are being spoken now.
    """

    def __init__(self, *, pace: float = 1.0) -> None:
        self.key: Secret = new_token("demo")
        self.speaking = 0
        self._key_hash = token_hash(self.key.reveal())
        self._pace = pace
        application = web.Application(client_max_size=MAX_BODY_BYTES, middlewares=[self._guard])
        application.add_routes(self._routes())
        self._runner = web.AppRunner(
            application,
            access_log=None,
            handle_signals=False,
            handler_cancellation=True,
            shutdown_timeout=_CLOSING_S,
        )

    async def start(self) -> str:
        """Opens the socket; the base URL, ``http://127.0.0.1:PORT``.  :meth:`close` it."""
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        host, port = self._runner.addresses[0][:2]
        return f"http://{host}:{port}"

    async def close(self) -> None:
        """Ends what is being said and closes the socket; more than once does no harm."""
        await self._runner.cleanup()

    def _routes(self) -> list[web.RouteDef]:
        return [
            web.get("/v1/models", _models, allow_head=False),
            web.post("/v1/messages", partial(self._speak, anthropic)),
            web.post("/v1/messages/count_tokens", partial(_count, anthropic.count)),
            web.post("/v1/chat/completions", partial(self._speak, openai_chat)),
            web.post("/v1/responses", partial(self._speak, openai_responses)),
            web.get("/v1beta/models", _gemini_models, allow_head=False),
            web.post(f"{_GEMINI_MODEL}:generateContent", partial(self._speak, gemini)),
            web.post(f"{_GEMINI_MODEL}:streamGenerateContent", self._speak_gemini_stream),
            web.post(f"{_GEMINI_MODEL}:countTokens", partial(_count, gemini.count)),
        ]

    @web.middleware
    async def _guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Lets in who has the key, and says every refusal in the format of the address."""
        try:
            self._check_key(request)
            return await _served(request, handler)
        except AimuxError as problem:
            answer_id = _answer_id(request.path, b"")
            body = CODECS[_format_of(request.path)].error_body(problem, f"req_{answer_id}")
            return _json_response(body, answer_id, problem.http_status)

    def _check_key(self, request: web.Request) -> None:
        headers = request.headers
        bearer = headers.get("authorization", "").removeprefix("Bearer ")
        shown = headers.get("x-api-key") or headers.get("x-goog-api-key") or bearer
        if not hmac.compare_digest(token_hash(shown), self._key_hash):
            raise Unauthorized("the demo provider takes only the key that aimux has for it")

    async def _speak(self, dialect: Dialect, request: web.Request) -> web.StreamResponse:
        """Answers whole, or streamed where the body says ``"stream": true``."""
        question, said = await _heard(dialect, request)
        match question.body.get("stream"):
            case None | False:
                return _json_response(jsontext.dumps(dialect.whole(question, said)), said.id)
            case True:
                return await self._say(request, dialect.stream(question, said), said.id)
            case _:
                raise InvalidRequest("stream: must be true or false", param="stream")

    async def _speak_gemini_stream(self, request: web.Request) -> web.StreamResponse:
        """Gemini streams by the address, and as events only where ``alt=sse`` is asked for."""
        question, said = await _heard(gemini, request)
        if request.query.get("alt") == "sse":
            return await self._say(request, gemini.stream(question, said), said.id)
        return await self._say(request, gemini.array(question, said), said.id, _JSON)

    async def _say(
        self, request: web.Request, frames: Iterator[Frame], answer_id: str, kind: str = _EVENTS
    ) -> web.StreamResponse:
        headers = {"content-type": kind, "cache-control": "no-cache", **_named(answer_id)}
        response = web.StreamResponse(headers=headers)
        self.speaking += 1
        try:
            await response.prepare(request)
            for frame in frames:
                if frame.pause_s * self._pace:
                    await asyncio.sleep(frame.pause_s * self._pace)
                await response.write(frame.payload)
            await response.write_eof()
        finally:
            self.speaking -= 1
        return response


async def _served(request: web.Request, handler: Handler) -> web.StreamResponse:
    """The handler's answer, with aiohttp's own refusals as ours."""
    try:
        return await handler(request)
    except web.HTTPNotFound as problem:
        raise UnknownPath(f"the demo provider has no address {request.path!r}") from problem
    except web.HTTPMethodNotAllowed as problem:
        raise MethodNotAllowed(f"{request.method} is not for {request.path!r}") from problem
    except web.HTTPRequestEntityTooLarge as problem:
        raise TooLarge(f"the body is larger than {MAX_BODY_BYTES} bytes") from problem


async def _heard(dialect: Dialect, request: web.Request) -> tuple[Question, Answer]:
    """The question in a request, and its answer."""
    raw = await request.read()
    body = _object(raw)
    question = dialect.read(_known_model(request, body), body)
    return question, answer(question, _answer_id(request.path, raw))


async def _count(
    count: Callable[[str, JsonObject], JsonObject], request: web.Request
) -> web.Response:
    raw = await request.read()
    body = _object(raw)
    counted = count(_known_model(request, body), body)
    return _json_response(jsontext.dumps(counted), _answer_id(request.path, raw))


async def _models(request: web.Request) -> web.Response:
    """The models in one shape that both Anthropic's and OpenAI's libraries read."""
    entries = [_MODEL | {"id": name, "display_name": name} for name in MODELS]
    ends = {"has_more": False, "first_id": MODELS[0], "last_id": MODELS[-1]}
    body = jsontext.dumps({"object": "list", "data": entries} | ends)
    return _json_response(body, _answer_id(request.path, b""))


async def _gemini_models(request: web.Request) -> web.Response:
    return _json_response(jsontext.dumps(gemini.models()), _answer_id(request.path, b""))


def _object(raw: bytes) -> JsonObject:
    try:
        body = jsontext.loads(raw)
    except ValueError as problem:
        raise InvalidRequest("the body is not JSON") from problem
    if not isinstance(body, dict):
        raise InvalidRequest("the body must be a JSON object")
    return body


def _known_model(request: web.Request, body: JsonObject) -> str:
    """The model asked for: in the address (Gemini) or in the body."""
    model = request.match_info.get("model", body.get("model"))
    if not isinstance(model, str) or not model:
        raise InvalidRequest("model: field required", param="model")
    if model not in MODELS:
        raise UnknownModel(f"the demo provider has no model {model!r}, only {' and '.join(MODELS)}")
    return model


def _answer_id(path: str, raw: bytes) -> str:
    """24 digits that are the same for the same request."""
    return hashlib.sha256(path.encode("utf-8", "surrogateescape") + b"\n" + raw).hexdigest()[:24]


def _named(answer_id: str) -> dict[str, str]:
    """The request's id in the headers where the vendors' libraries look for it."""
    return {"request-id": f"req_{answer_id}", "x-request-id": f"req_{answer_id}"}


def _json_response(body: bytes, answer_id: str, status: int = 200) -> web.Response:
    return web.Response(body=body, status=status, content_type=_JSON, headers=_named(answer_id))


def _format_of(path: str) -> WireFormat:
    """The format that an address belongs to; OpenAI's where it says nothing."""
    if path.startswith("/v1beta/"):
        return WireFormat.GEMINI
    if path.startswith("/v1/messages"):
        return WireFormat.ANTHROPIC
    return WireFormat.OPENAI_CHAT
