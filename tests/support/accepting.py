"""Ends the listening of an asyncio server so that no connection is lost between two turns of its loop.

asyncio accepts a connection in three turns: in the first the listening socket is readable and hands out
the connection's socket, in the second a task makes its transport, in the third the protocol hears of it.
``Server.close`` between the first and the second makes that transport fail half made (``_attach``
asserts that the server still listens, CPython 3.11, asyncio/base_events.py): nobody owns the socket, and
the garbage collector complains of it whenever it comes by, in whatever test runs then.
"""

from __future__ import annotations

import asyncio


async def stop_accepting(server: asyncio.Server) -> None:
    """Accepts nothing more, and returns when what was accepted has reached its protocol.

    What still waits in the listening socket is refused when the server closes, which is the next step.
    """
    loop = asyncio.get_running_loop()
    for listening in server.sockets:
        loop.remove_reader(listening.fileno())
    for _ in ("the transport", "the protocol"):
        await asyncio.sleep(0)
