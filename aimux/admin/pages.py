"""The dashboard's files: read once, kept with their gzip, served to whoever asks by our own name.

They hold no data, so they need no login; what they show comes from the admin API, which does.  The
policy lets them load nothing from elsewhere and run nothing that is not a file of ours: whatever a
provider or a model says stays a text even if a page forgot to treat it as one.
"""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from aiohttp import web

from aimux.errors import UnknownPath

WEB: Final = "/web/"
POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "font-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)
HEADERS: Final = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-cache",
    "vary": "accept-encoding",
}
TYPES: Final = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".json": "application/json",
    ".txt": "text/plain; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".ico": "image/x-icon",
    ".woff2": "font/woff2",
    ".webmanifest": "application/manifest+json",
}
"""What is served; a file of another kind is none of the dashboard's."""

LEAST_ZIPPED: Final = 512
"""Bytes; below, the head of an answer is most of it."""


@dataclass(frozen=True, slots=True)
class Page:
    """One file; ``zipped`` is None where that would save nothing."""

    content: bytes
    zipped: bytes | None
    etag: str
    type: str


def routes(folder: Path, shown: Callable[[], bool]) -> Callable[[web.Application], None]:
    """Registers ``/`` and ``/web/``; ``shown`` is whether the configuration wants them."""
    pages = Pages(folder)

    async def serve(request: web.Request) -> web.StreamResponse:
        if not shown():
            raise switched_off()
        name = request.match_info.get("path", "index.html")
        page = pages.find(name)
        if page is None:
            raise UnknownPath(f"the dashboard has no file {name[:200]!r}")
        return answer(request, page)

    def register(app: web.Application) -> None:
        app.router.add_get("/", serve, allow_head=False)
        app.router.add_get(WEB + "{path:.+}", serve)

    return register


def switched_off() -> UnknownPath:
    """What is said in place of the dashboard where the configuration wants none."""
    hint = "switch it on: aimux config set server.dashboard true; then: aimux reload"
    return UnknownPath("the dashboard is switched off", hint=hint)


class Pages:
    """The files below a folder.  Only names that were there at the first look are known: no path that a
    client sends is ever looked up on the disk.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._names: dict[str, Path] | None = None
        self._kept: dict[str, Page] = {}

    def find(self, name: str) -> Page | None:
        """A file by its path below the folder; None where there is none."""
        if self._names is None:
            self._names = {
                each.relative_to(self._folder).as_posix(): each
                for each in self._folder.rglob("*")
                if each.suffix in TYPES and each.is_file()
            }
        path = self._names.get(name)
        if path is None:
            return None
        if name not in self._kept:
            self._kept[name] = _read(path)
        return self._kept[name]


def _read(path: Path) -> Page:
    content = path.read_bytes()
    zipped = None
    if len(content) >= LEAST_ZIPPED and path.suffix not in {".png", ".woff2"}:
        zipped = gzip.compress(content, 9, mtime=0)
    digest = hashlib.sha256(content).hexdigest()[:32]
    return Page(content, zipped, digest, TYPES[path.suffix])


def answer(request: web.BaseRequest, page: Page) -> web.Response:
    """The file, or word that the browser has it."""
    wants_zip = "gzip" in request.headers.get("accept-encoding", "").lower()
    zipped = page.zipped if wants_zip else None
    headers = {**HEADERS, "etag": f'"{page.etag}{"-gz" if zipped else ""}"'}
    asked = request.headers.get("if-none-match", "")
    if page.etag in asked:
        return web.Response(status=304, headers=headers)
    headers["content-type"] = page.type
    if zipped:
        headers["content-encoding"] = "gzip"
    return web.Response(body=zipped or page.content, headers=headers)
