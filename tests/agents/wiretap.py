"""A listener on the wire between an agent and aimux: passes every byte on, and keeps it.

It knows no HTTP, so it changes nothing; each connection leaves two files, what the agent sent and what it
was answered.
"""

from __future__ import annotations

import contextlib
import itertools
import socket
import socketserver
import threading
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit


class Wiretap:
    """Listens on a port of its own for a server on another; a context manager."""

    def __init__(self, url: str, folder: Path) -> None:
        """Stands before the server at ``url``."""
        behind_it = urlsplit(url)
        address = (str(behind_it.hostname), int(behind_it.port or 80))
        folder.mkdir(parents=True, exist_ok=True)
        numbers = itertools.count(1)

        class Handler(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                stem = f"connection-{next(numbers):02d}"
                with socket.create_connection(address) as behind:
                    asking = threading.Thread(
                        target=_pump,
                        args=(self.request, behind, folder / f"{stem}.asked"),
                        daemon=True,
                    )
                    asking.start()
                    _pump(behind, self.request, folder / f"{stem}.answered")
                    asking.join(5)

        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.05,), daemon=True
        )

    @property
    def url(self) -> str:
        """Where the agent is pointed."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)


def _pump(source: socket.socket, sink: socket.socket, record: Path) -> None:
    """Passes on what comes until it ends, then ends the other side as well."""
    with record.open("wb") as kept, contextlib.suppress(OSError):
        while data := source.recv(65536):
            kept.write(data)
            kept.flush()
            sink.sendall(data)
    with contextlib.suppress(OSError):
        sink.shutdown(socket.SHUT_WR)
