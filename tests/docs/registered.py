"""Prints what a daemon would serve, as ``[["GET", "/health"], ...]``.

    python -m tests.docs.registered

A daemon begins as it always does, in a home of its own, and ends where its application is complete and
before it listens: nothing but the daemon itself knows all that is registered on it.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Callable
from typing import Any

from aiohttp import web

from aimux.config.paths import find_paths
from aimux.daemon.run import run_foreground
from aimux.gateway.app import Gateway


class Enough(BaseException):
    """The application is there; no ``except`` of the daemon is meant."""

    def __init__(self, application: web.Application) -> None:
        super().__init__()
        self.application = application


def main() -> int:
    """Begins the daemon and prints its addresses."""
    with tempfile.TemporaryDirectory(prefix="aimux-docs-") as home:
        _stop_at(Gateway.application)
        try:
            run_foreground(find_paths({"AIMUX_HOME": home}), {"server.port": 0})
        except Enough as found:
            print(json.dumps(addresses(found.application)))
    return 0


def addresses(application: web.Application) -> list[tuple[str, str]]:
    """Method and path of every route, HEAD only where there is no GET."""
    found = [
        (route.method, route.resource.canonical)
        for route in application.router.routes()
        if route.resource is not None
    ]
    return [each for each in found if each[0] != "HEAD" or ("GET", each[1]) not in found]


def _stop_at(whole: Callable[..., web.Application]) -> None:
    def application(self: Gateway, *register: Any) -> web.Application:
        raise Enough(whole(self, *register))

    Gateway.application = application  # type: ignore[method-assign]  # in a process of its own


if __name__ == "__main__":
    sys.exit(main())
