"""The configuration in the dashboard: seen, tried out, changed, and taken back.

    edits -> draft (file as it would be, its problems, a diff) -> written -> reload -> kept for undo
                                                                      `-> refused: the file is put back

Nothing is written over a change that somebody made by hand: each request says of which file it was made
(its etag), and where that is another one now, the answer is a conflict with what has changed since.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from aiohttp import web

from aimux.admin.answers import answering, as_json, json_body, to_its_end
from aimux.admin.problems import error_shape
from aimux.admin.shapes import API, AppliedShape, ConfigShape, FaultShape, ReloadShape
from aimux.config.draft import Draft, diff_of, draft, etag_of, shown_text
from aimux.config.earlier import Earlier, read_earlier, write_earlier
from aimux.config.edit import HEAD, current_content, replace_file
from aimux.config.effective import effective_data, effective_settings
from aimux.config.load import Loaded
from aimux.config.masked import masked_data
from aimux.config.paths import Paths
from aimux.config.shape import config_schema
from aimux.errors import (
    AimuxError,
    ConfigConflict,
    ConfigError,
    InvalidRequest,
    Problem,
    UnknownPath,
)

MOST_BYTES: Final = 4 * 2**20
MOST_SHOWN: Final = 8
"""Files that are remembered to say what has changed since somebody saw them."""

Load = Callable[[], Loaded]
Reload = Callable[[], Awaitable[ReloadShape]]


class _Refused(Exception):
    """A change that is not made, with all that its answer tells."""

    def __init__(self, status: int, problem: AimuxError, **more: object) -> None:
        super().__init__(status)
        self.status = status
        self.problem = problem
        self.body = {**error_shape(problem), **more}


class Editing:
    """The configuration of one daemon.

    ``load`` reads it as the daemon does, ``reload`` applies it; ``paths`` say where it and its earlier
    texts are.
    """

    def __init__(self, paths: Paths, load: Load, reload: Reload) -> None:
        self._path = paths.config
        self._earlier = paths.earlier_configs
        self._load = load
        self._reload = reload
        self._shown: OrderedDict[str, bytes] = OrderedDict()
        self._turn = asyncio.Lock()

    def register(self, app: web.Application) -> None:
        """Adds the addresses."""
        app.router.add_get(f"{API}/config", answering(self.show))
        app.router.add_get(f"{API}/config/schema", answering(self.schema))
        app.router.add_post(f"{API}/config/preview", answering(self._refusable(self.preview)))
        app.router.add_post(f"{API}/config/apply", answering(self._refusable(self.apply)))
        app.router.add_post(f"{API}/config/undo", answering(self._refusable(self.undo)))

    def _refusable(
        self, handler: Callable[[web.Request], Awaitable[object]]
    ) -> Callable[[web.Request], Awaitable[object]]:
        async def answer(request: web.Request) -> object:
            try:
                return await handler(request)
            except _Refused as refused:
                return as_json(refused.body, refused.status)

        return answer

    # ------------------------------------------------------------ seen

    async def show(self, request: web.Request) -> object:  # noqa: ARG002 -- the router's signature
        """ConfigShape."""
        content, shape = await asyncio.to_thread(self._look)
        self._remember(content)
        return shape

    async def schema(self, request: web.Request) -> object:  # noqa: ARG002 -- the router's signature
        """The JSON Schema."""
        return config_schema()

    def _look(self) -> tuple[bytes, ConfigShape]:
        content = current_content(self._path)
        text = shown_text(content)
        shape = ConfigShape(
            path=str(self._path),
            etag=etag_of(content),
            text=text,
            masked=text is None or text.encode() != content.replace(b"\r\n", b"\n"),
            values={},
            origins={},
            problems=[],
            warnings=[],
            undo=[each.at for each in read_earlier(self._earlier)],
        )
        try:
            loaded = self._load()
        except ConfigError as error:
            shape["problems"] = list(map(_fault, error.problems))
        else:
            shape["values"] = masked_data(effective_data(loaded))
            shape["origins"] = {
                each.key: {"origin": each.origin.kind, "detail": each.origin.detail}
                for each in effective_settings(loaded)
            }
            shape["warnings"] = list(map(_fault, loaded.warnings))
        return content, shape

    # ------------------------------------------------------------ changed

    async def preview(self, request: web.Request) -> object:
        """What a change would make of the file; nothing is written."""
        made = await self._draft(await json_body(request, MOST_BYTES))
        return {
            "diff": await asyncio.to_thread(made.diff),
            "problems": list(map(_fault, made.problems)),
            "etag": made.etag,
        }

    async def apply(self, request: web.Request) -> object:
        """Writes a change and applies it; both or neither."""
        return await to_its_end(self._apply(await json_body(request, MOST_BYTES)))

    async def _apply(self, body: Mapping[str, Any]) -> AppliedShape:
        async with self._turn:
            made = await self._draft(body)
            if made.problems:
                raise _wrong(made.problems)
            told = await self._written(made.before, made.after)
            entry = Earlier(_now(), made.before.decode(), etag_of(made.after))
            if made.after != made.before:
                await asyncio.to_thread(self._keep, entry)
        return self._applied(told, made.before, made.after)

    async def change(self, edits: list[dict[str, object]]) -> ReloadShape:
        """A change that another room makes to the file as it is now; it can be taken back as well.

        Raises:
            ConfigError, ConfigConflict: it cannot be made; nothing has changed.
        """
        try:
            return await self._apply({"etag": etag_of(await self._current()), "edits": edits})
        except _Refused as refused:
            raise refused.problem from None

    async def undo(self, request: web.Request) -> object:
        """Takes the last change back, if the file is still what it made of it."""
        await json_body(request, MOST_BYTES)
        return await to_its_end(self._undo())

    async def _undo(self) -> AppliedShape:
        async with self._turn:
            entries = await asyncio.to_thread(read_earlier, self._earlier)
            if not entries:
                raise UnknownPath("there is no change to take back", hint="aimux config edit")
            last, before = entries[-1], await self._current()
            after = (last.text or HEAD).encode()
            if etag_of(before) != last.after:
                raise _conflict(before, diff_of(before, after))
            told = await self._written(before, after)
            await asyncio.to_thread(write_earlier, self._earlier, entries[:-1])
        return self._applied(told, before, after)

    async def _draft(self, body: Mapping[str, Any]) -> Draft:
        """The draft that a request describes.

        Raises:
            _Refused: it was made of another file than there is now.
        """
        etag, edits = body.get("etag"), body.get("edits")
        if not isinstance(etag, str):
            raise InvalidRequest("etag must be that of the file the edits are for", param="etag")
        if not isinstance(edits, list) or not all(isinstance(each, dict) for each in edits):
            raise InvalidRequest("edits must be a list of objects", param="edits")
        try:
            current = await self._current()
            if etag_of(current) != etag:
                raise _conflict(current, self._since(etag, current))
            made = await asyncio.to_thread(draft, self._path, edits)
        except ConfigError as error:
            raise _wrong(error.problems) from None
        if made.etag != etag:
            raise _conflict(made.before, self._since(etag, made.before))
        self._remember(made.before)
        return made

    async def _written(self, before: bytes, after: bytes) -> ReloadShape:
        """Replaces the file and reloads; where that is refused, the file is put back.

        Raises:
            _Refused: it was, or somebody was faster.
        """
        try:
            await asyncio.to_thread(replace_file, self._path, after, before=before)
        except ConfigConflict:
            current = await self._current()
            raise _conflict(current, diff_of(before, current)) from None
        except ConfigError as error:
            raise _wrong(error.problems) from None
        try:
            return await self._reload()
        except AimuxError as problem:
            await asyncio.to_thread(_put_back, self._path, before, after)
            if isinstance(problem, ConfigError):
                raise _wrong(problem.problems) from None
            raise

    def _applied(self, told: ReloadShape, before: bytes, after: bytes) -> AppliedShape:
        self._remember(after)
        return AppliedShape(**told, etag=etag_of(after), diff=diff_of(before, after))

    def _keep(self, entry: Earlier) -> None:
        write_earlier(self._earlier, [*read_earlier(self._earlier), entry])

    async def _current(self) -> bytes:
        return await asyncio.to_thread(current_content, self._path)

    def _remember(self, content: bytes) -> None:
        self._shown[etag_of(content)] = content
        self._shown.move_to_end(etag_of(content))
        if len(self._shown) > MOST_SHOWN:
            self._shown.popitem(last=False)

    def _since(self, etag: str, current: bytes) -> str:
        """What has changed since somebody saw the file of an etag; nothing where that is forgotten."""
        seen = self._shown.get(etag)
        return "" if seen is None else diff_of(seen, current)


def _put_back(path: Path, before: bytes, after: bytes) -> None:
    if before:
        replace_file(path, before, before=after)
    elif current_content(path) == after:
        path.unlink()


def _conflict(current: bytes, diff: str) -> _Refused:
    problem = ConfigConflict(
        "the file was changed meanwhile, by hand or by a command",
        hint="look at what has changed and make your change again",
    )
    return _Refused(409, problem, diff=diff, etag=etag_of(current))


def _wrong(problems: tuple[Problem, ...]) -> _Refused:
    error = ConfigError(problems, hint="nothing was written")
    return _Refused(422, error, problems=list(map(_fault, problems)))


def _fault(problem: Problem) -> FaultShape:
    return FaultShape(
        key=problem.key,
        line=problem.line,
        column=problem.column,
        what=problem.message,
        allowed=problem.allowed,
        suggestion=problem.suggestion,
    )


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
