"""What the ledger knows, for the dashboard: sums, plots, pages of exchanges, and one with its story.

The file is read in threads, by connections of their own that live as long as one question: the loop has
others to serve, and the writer is not disturbed.
"""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, cast

from aiohttp import web

from aimux.admin.answers import Hide, answering, one_of, text_of, whole_number
from aimux.admin.api import Recent
from aimux.admin.shapes import API
from aimux.errors import InvalidRequest, TimedOut, UnknownPath, UsageError
from aimux.telemetry.ledger_file import opened_for_reading
from aimux.telemetry.ledger_pages import Bucket, Wanted, page, series
from aimux.telemetry.ledger_queries import BY, LedgerReader, Missing, Sum
from aimux.telemetry.ledger_schema import DIMENSIONS, NewerLedger
from aimux.telemetry.story import add_words, story
from aimux.telemetry.usage import since_of, sum_shape, total_of, whole_hour

MOST_ROWS: Final = 500
LIKELY_ROWS: Final = 100
MOST_SUMS: Final = 1000
LEAST_SINCE_S: Final = 400 * 86_400
"""How far back a plot by day reaches at most."""


class Recorded:
    """The questions."""

    def __init__(self, ledger: Path, recent: Recent, instance: str, hide: Hide) -> None:
        """``recent`` has what is not written yet, or never is; ``instance`` is the daemon that runs."""
        self._path = ledger
        self._recent = recent
        self._instance = instance
        self._hide = hide

    def register(self, app: web.Application) -> None:
        """Adds the addresses."""
        app.router.add_get(f"{API}/usage", answering(self.usage))
        app.router.add_get(f"{API}/usage/series", answering(self.series))
        app.router.add_get(f"{API}/ledger", answering(self.page))
        app.router.add_get(f"{API}/ledger/{{id}}", answering(self.exchange))

    # ------------------------------------------------------------ sums

    async def usage(self, request: web.Request) -> object:
        """UsageShape."""
        since_ms, by = _since(request), one_of(request, "by", "provider", BY)

        def ask(reader: LedgerReader) -> object:
            missing = reader.missing(since_ms, self._instance)
            return _usage(since_ms, by, reader.usage(since_ms, by), missing)

        return await self._reading(ask, _usage(since_ms, by, [], Missing()))

    async def series(self, request: web.Request) -> object:
        """SeriesShape."""
        by = one_of(request, "by", "provider", (*DIMENSIONS, "all"))
        bucket = cast("Bucket", one_of(request, "bucket", "day", ("hour", "day")))
        until_s = int(time.time())
        since_s = max(_since(request) // 1000, until_s - LEAST_SINCE_S)

        def ask(connection: sqlite3.Connection) -> dict[str, Any]:
            return series(connection, since_s, until_s, by, bucket)

        return await self._asking(ask, {"times": [], "series": {}})

    # ------------------------------------------------------------ exchanges

    async def page(self, request: web.Request) -> object:
        """PageShape."""
        names = ("provider", "model", "client", "project", "session", "outcome")
        wanted = Wanted(
            limit=max(1, whole_number(request, "limit", LIKELY_ROWS, MOST_ROWS)),
            before=whole_number(request, "before", 0, 10**9),
            exact={name: text_of(request, name) for name in names},
            text=text_of(request, "q"),
        )

        def ask(connection: sqlite3.Connection) -> object:
            exchanges, following = page(connection, wanted)
            return {"exchanges": exchanges, "next": following}

        return await self._asking(ask, {"exchanges": [], "next": None})

    async def exchange(self, request: web.Request) -> object:
        """What the ledger has of one, else what is remembered of it, each with its story."""
        identity = request.match_info["id"]
        facts = cast(
            "dict[str, Any] | None",
            await self._reading(lambda reader: reader.exchange(identity), None),
        )
        remembered = self._recent.find(facts["id"] if facts else identity)
        if facts is None:
            if remembered is None:
                raise UnknownPath(
                    f"no request {identity[:100]!r} is recorded", hint="aimux requests lists them"
                )
            facts = dict(remembered)
        elif remembered is not None:
            add_words(facts, dict(remembered))
        hidden = cast("dict[str, Any]", self._hide(facts))
        return {**hidden, "story": list(story(hidden))}

    # ------------------------------------------------------------ the file

    async def _reading(self, ask: Callable[[LedgerReader], object], nothing: object) -> object:
        def read() -> object:
            with contextlib.closing(LedgerReader(self._path)) as reader:
                return self._hide(ask(reader))

        return await _aside(read, nothing)

    async def _asking(self, ask: Callable[[sqlite3.Connection], object], nothing: object) -> object:
        def read() -> object:
            with contextlib.closing(opened_for_reading(self._path)) as connection:
                return self._hide(ask(connection))

        return await _aside(read, nothing)


def _usage(since_ms: int, by: str, sums: list[Sum], missing: Missing) -> dict[str, Any]:
    return {
        "since": whole_hour(since_ms),
        "by": by,
        "rows": [sum_shape(each) for each in sums[:MOST_SUMS]],
        "total": sum_shape(total_of(sums)),
        "missing": missing.count,
        "missing_at_least": missing.at_least,
    }


async def _aside(read: Callable[[], object], nothing: object) -> object:
    """What a thread reads; ``nothing`` where there is no ledger.

    Raises:
        TimedOut: the file cannot be read now.
    """
    try:
        return await asyncio.to_thread(read)
    except FileNotFoundError:
        return nothing
    except (sqlite3.Error, OSError, NewerLedger) as problem:
        raise TimedOut(
            f"the ledger cannot be read now: {problem}", hint="see why with: aimux status"
        ) from problem


def _since(request: web.Request) -> int:
    try:
        return since_of(text_of(request, "since") or "7d")
    except UsageError as problem:
        raise InvalidRequest(problem.message.removeprefix("--"), param="since") from None
