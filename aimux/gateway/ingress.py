"""A client's request, read once and understood as far as routing needs it."""

from __future__ import annotations

import time
import zlib
from collections.abc import Callable
from typing import Final

from aiohttp import web

from aimux.errors import InvalidRequest, TooLarge, UnsupportedEncoding
from aimux.model.request import WireFormat
from aimux.routing.agents import agent_named
from aimux.routing.features import Features
from aimux.wire.codec import Operation
from aimux.wire.inquiry import Inquiry, named_model, wants_stream
from aimux.wire.jsontext import scan

_READABLE_ENCODINGS: Final = frozenset({"", "identity", "gzip", "deflate"})
_UTF_8: Final = frozenset({"utf-8", "utf8", "us-ascii"})


class Ingress(Inquiry):
    """One request with what HTTP says of it.  ``query`` is as it was written, without a token in it;
    ``target`` is the value of ``x-aimux-target``, ``features`` what rules may look at; ``whole_at`` is when
    the body was here (``time.perf_counter``).
    """

    __slots__ = ("features", "query", "target", "whole_at")

    features: Features
    query: str
    target: str | None
    whole_at: float


async def read_request(
    request: web.Request, format_: WireFormat, operation: Operation, limit_bytes: int
) -> Ingress:
    """The request, whole.

    Raises:
        TooLarge: the body is over the limit, as sent or decoded.
        UnsupportedEncoding: its encoding or charset is not one that can be read.
        InvalidRequest: it is not JSON, or lacks what every request has.
    """
    try:
        body = await read_body(request, limit_bytes)
    except web.RequestPayloadError as problem:
        raise InvalidRequest("the body cannot be read: it is cut or badly framed") from problem
    whole_at = time.perf_counter()
    document = scan(body)
    if format_ is WireFormat.GEMINI:
        model = request.match_info["model"]
        stream = request.match_info["method"] == "streamGenerateContent"
    else:
        model = named_model(document)
        stream = wants_stream(document)
    query = _without_token(request.rel_url.raw_query_string)
    array = stream and format_ is WireFormat.GEMINI and "alt=sse" not in query
    ingress = Ingress(format_, document, model, operation=operation, stream=stream, array=array)
    ingress.query = query
    ingress.whole_at = whole_at
    ingress.target = request.headers.get("x-aimux-target")
    return ingress


def features_of(request: web.Request, ingress: Ingress, agent: str, token: str) -> Features:
    """What routing may know of a request; ``agent`` and ``token`` are the names of who sends it."""
    return Features(
        document=ingress.document,
        format=ingress.format,
        model=ingress.model,
        stream=ingress.stream,
        headers=request.headers,
        clients=(agent, token),
        operation=ingress.operation,
        target=ingress.target,
        token=token,
    )


def agent_of(request: web.Request) -> str | None:
    """The coding agent that sends a request, by the name it gives itself."""
    return agent_named(request.headers.get("user-agent", ""))


def _without_token(query: str) -> str:
    if "key=" not in query:
        return query
    return "&".join(part for part in query.split("&") if not part.startswith("key="))


async def read_body(request: web.Request, limit_bytes: int) -> bytes:
    """The body, decompressed.  The limit holds for what is sent and for what it expands to."""
    _check_encoding(request)
    if (request.content_length or 0) > limit_bytes:
        raise _too_large(limit_bytes)
    unpack = _unpacker(request.headers.get("content-encoding", "").lower(), limit_bytes)
    read = request.content.readany
    pieces: list[bytes] = []
    size = 0
    while piece := await read():
        if unpack is not None:
            piece = unpack(piece, limit_bytes - size)
        size += len(piece)
        if size > limit_bytes:
            raise _too_large(limit_bytes)
        pieces.append(piece)
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)


def _unpacker(encoding: str, limit_bytes: int) -> Callable[[bytes, int], bytes] | None:
    """A function that expands a piece, to at most one byte more than there is room for."""
    if encoding in {"", "identity"}:
        return None
    stream = zlib.decompressobj(
        47
    )  # gzip or zlib, told apart by the header (zlib manual, inflateInit2)

    def unpack(piece: bytes, room_bytes: int) -> bytes:
        try:
            expanded = stream.decompress(piece, room_bytes + 1)
        except zlib.error as problem:
            raise InvalidRequest("the body cannot be unpacked: its encoding is broken") from problem
        if stream.unconsumed_tail:
            raise _too_large(limit_bytes)
        return expanded

    return unpack


def _check_encoding(request: web.Request) -> None:
    encoding = request.headers.get("content-encoding", "").lower()
    if encoding not in _READABLE_ENCODINGS:
        raise UnsupportedEncoding(
            f"content-encoding {encoding[:40]!r} is not read here", hint="send identity or gzip"
        )
    charset = request.charset
    if charset is not None and charset.lower() not in _UTF_8:
        raise UnsupportedEncoding(f"charset {charset[:40]!r} is not read here", hint="send UTF-8")


def _too_large(limit_bytes: int) -> TooLarge:
    return TooLarge(
        f"the request is larger than {limit_bytes // 2**20} MiB",
        hint="raise server.max_body_mb if that is meant",
    )
