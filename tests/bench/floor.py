"""The floor: the smallest honest proxy on aiohttp and uvloop, which aimux is compared with.

    python -m tests.bench.floor UPSTREAM_URL      prints the port it listens on

Honest means: it does what no relay can leave out (hop-by-hop headers dropped, the client's credentials
replaced by the provider's, streams passed on chunk by chunk with back-pressure) in the way aiohttp's
documentation shows, and does not know anything that a relay would not know.  It has no routing, no log,
no checks, no accounting: the distance between it and aimux is what those cost.
"""

from __future__ import annotations

import asyncio
import sys
from typing import Final

import aiohttp
import uvloop
from aiohttp import web
from multidict import CIMultiDict

_NOT_FORWARDED: Final = frozenset(
    {
        "host",
        "connection",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "content-length",
        "authorization",
        "x-api-key",
    }
)


def forwarded(headers: CIMultiDict[str]) -> CIMultiDict[str]:
    """The headers that go on to the other side."""
    pairs = ((name, value) for name, value in headers.items() if name.lower() not in _NOT_FORWARDED)
    return CIMultiDict(pairs)


class Floor:
    """One handler for every path."""

    def __init__(self, base_url: str, session: aiohttp.ClientSession) -> None:
        self._base_url = base_url
        self._session = session

    async def relay(self, request: web.Request) -> web.StreamResponse:
        """Passes a request on and its answer back."""
        headers = forwarded(CIMultiDict(request.headers))
        headers["x-api-key"] = "sk-test-bench"
        async with self._session.request(
            request.method,
            self._base_url + request.raw_path,
            data=await request.read(),
            headers=headers,
            allow_redirects=False,
        ) as answer:
            kept = forwarded(CIMultiDict(answer.headers))
            if answer.content_type != "text/event-stream":
                return web.Response(status=answer.status, headers=kept, body=await answer.read())
            response = web.StreamResponse(status=answer.status, headers=kept)
            await response.prepare(request)
            async for chunk in answer.content.iter_any():
                await response.write(chunk)
            await response.write_eof()
            return response


async def _serve(base_url: str) -> None:
    connector = aiohttp.TCPConnector(limit=0)
    skipped = ("User-Agent", "Accept", "Accept-Encoding")
    async with aiohttp.ClientSession(
        connector=connector, auto_decompress=False, skip_auto_headers=skipped
    ) as session:
        application = web.Application(client_max_size=64 * 2**20)
        application.router.add_route("*", "/{path:.*}", Floor(base_url, session).relay)
        runner = web.AppRunner(application, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0, backlog=1024).start()
        print(runner.addresses[0][1], flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run(_serve(sys.argv[1]))
