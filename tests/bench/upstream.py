"""The fake upstream: the provider of ``aimux bench``, with two more models.

    python -m tests.bench.upstream [PORT]      prints the port it listens on

A request for the model ``bench-short`` gets nine events, one a write: what the time to the first byte is
measured with, since the two hundred keep three processes on two cores waiting for one another.  One for
``bench-huge-N`` in Chat Completions gets N writes of about 50 KB each.
"""

from __future__ import annotations

import sys
from typing import Final

import uvloop

from aimux.cli.bench.answers import answer_events, chat_events, streamed_answer
from aimux.cli.bench.provider import CHAT_LINE, CHAT_STREAM, STREAMS, Answering, listening
from tests.bench.workload import HUGE_MODEL, HUGE_WRITE_EVENTS, SHORT_EVENTS, SHORT_MODEL

SHORT: Final = streamed_answer(answer_events(SHORT_EVENTS), events_per_write=1)
CHAT_SHORT: Final = streamed_answer(chat_events(SHORT_EVENTS), events_per_write=1)
HUGE: Final = b"".join(CHAT_STREAM[1:3]) * (HUGE_WRITE_EVENTS // 8)


class Upstream(Answering):
    """One connection; requests come one after the other."""

    def answer(self, request: bytes) -> None:
        """By the model that is asked for, else as the provider does."""
        chat = request.startswith(CHAT_LINE)
        if chat and HUGE_MODEL.encode() in request:
            _, _, writes = request.partition(HUGE_MODEL.encode())
            self.transport.write(CHAT_STREAM[0])
            self._pour(int(writes[: writes.index(b'"')]))
        elif SHORT_MODEL in request and (chat or request.endswith(STREAMS)):
            self.send(CHAT_SHORT if chat else SHORT)
        else:
            super().answer(request)

    def _pour(self, writes: int) -> None:
        """So many large writes, each when the one before has been taken."""
        if self.transport.is_closing():
            return
        if self.transport.get_write_buffer_size() > len(HUGE):
            self.loop.call_later(0.001, self._pour, writes)
        elif writes:
            self.transport.write(HUGE)
            self.loop.call_soon(self._pour, writes - 1)
        else:
            self.transport.write(CHAT_STREAM[-1])


async def _serve(port: int) -> None:
    server = await listening(Upstream, port)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(_serve(int(sys.argv[1]) if len(sys.argv) > 1 else 0))
