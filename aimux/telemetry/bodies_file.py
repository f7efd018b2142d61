"""One exchange with what was said in it, as one encrypted file; how many of these are kept, and how long.

The name is the exchange's id, which is what the file is sealed under as well: renamed, it does not open.
The first piece of the parcel tells what HTTP said of the exchange; behind it are the request's bytes and
then the answer's, as the client got them.
"""

from __future__ import annotations

import contextlib
import json
import re
import secrets
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from aimux.config.paths import write_private
from aimux.errors import AimuxError, VaultCorrupt
from aimux.model.request import WireFormat

MOST_BYTES: Final = 16 * 2**20
"""Of a request and of an answer each; what is larger is noted and not kept."""

_ID: Final = re.compile(r"ax_[0-9a-f]{20}")
_ENDING: Final = ".body"
_MIB: Final = 2**20


class NotKept(AimuxError):
    """There is nothing kept of an exchange, or not any more."""

    code = "not-kept"


@dataclass(slots=True)
class Said:
    """What is said in one exchange, while it passes by: references to the bytes, no copies.

    ``request`` is None where it is larger than ``MOST_BYTES``.
    """

    id: str
    at_s: float
    format: WireFormat
    model: str
    stream: bool
    array: bool
    query: str
    headers: Mapping[str, str]
    request: bytes | None
    status: int = 0
    kind: str = ""
    """The answer's content-type."""
    encoding: str = ""
    """Its content-encoding."""
    answer: list[bytes] = field(default_factory=list)
    answer_bytes: int = 0

    def add(self, piece: bytes) -> None:
        """A piece of the answer has gone to the client."""
        self.answer_bytes += len(piece)
        if self.answer_bytes <= MOST_BYTES:
            self.answer.append(piece)
        else:
            self.answer.clear()

    @property
    def held_bytes(self) -> int:
        """How many bytes are kept from being freed."""
        request_bytes = 0 if self.request is None else len(self.request)
        return request_bytes + (0 if self.answer_bytes > MOST_BYTES else self.answer_bytes)


@dataclass(frozen=True, slots=True)
class Kept:
    """What was said in one exchange.  ``request`` and ``answer`` are None where they were too large."""

    id: str
    at_s: float
    format: WireFormat
    model: str
    stream: bool
    array: bool
    query: str
    headers: Mapping[str, str]
    status: int
    kind: str
    encoding: str
    request: bytes | None
    answer: bytes | None


def path_of(folder: Path, identity: str) -> Path | None:
    """Where an exchange is kept; None for what is no id."""
    return folder / f"{identity}{_ENDING}" if _ID.fullmatch(identity) else None


def write_said(folder: Path, said: Said, material: bytes) -> int:
    """Writes the file; how large it is.

    Raises:
        OSError: it cannot be written.
    """
    from aimux.vault.parcel import seal_parcel

    path = path_of(folder, said.id)
    if path is None:
        raise ValueError("an exchange without a proper id")
    head = {
        "id": said.id,
        "at_s": said.at_s,
        "format": said.format.value,
        "model": said.model,
        "stream": said.stream,
        "array": said.array,
        "query": said.query,
        "headers": dict(said.headers),
        "status": said.status,
        "kind": said.kind,
        "encoding": said.encoding,
        "request_bytes": None if said.request is None else len(said.request),
        "answer_bytes": said.answer_bytes if said.answer_bytes <= MOST_BYTES else None,
    }
    parts = said.answer if said.request is None else [said.request, *said.answer]
    sealed = seal_parcel(json.dumps(head).encode(), parts, said.id, material, secrets.token_bytes)
    size = 0

    def counted() -> Iterator[bytes]:
        nonlocal size
        for piece in sealed:
            size += len(piece)
            yield piece

    write_private(path, counted())
    return size


def read_kept(folder: Path, identity: str, material: bytes) -> Kept:
    """What was said in an exchange.

    Raises:
        NotKept: there is no such file.
        VaultLocked: it was encrypted with another key.
        VaultCorrupt: it was changed, or is not whole.
    """
    from aimux.vault.parcel import open_parcel

    path = path_of(folder, identity)
    try:
        content = path.read_bytes() if path else None
    except FileNotFoundError:
        content = None
    except OSError as problem:
        raise NotKept(f"what was kept of it cannot be read: {problem.strerror}") from problem
    if content is None:
        raise NotKept(f"nothing is kept of what was said in {identity!r}")
    first, rest = open_parcel(content, identity, material)
    return _kept(json.loads(first), rest)


def _kept(head: Mapping[str, Any], rest: bytes) -> Kept:
    try:
        request_bytes, answer_bytes = head["request_bytes"], head["answer_bytes"]
        middle = request_bytes or 0
        return Kept(
            id=head["id"],
            at_s=head["at_s"],
            format=WireFormat(head["format"]),
            model=head["model"],
            stream=head["stream"],
            array=head["array"],
            query=head["query"],
            headers=head["headers"],
            status=head["status"],
            kind=head["kind"],
            encoding=head["encoding"],
            request=None if request_bytes is None else rest[:middle],
            answer=None if answer_bytes is None else rest[middle : middle + answer_bytes],
        )
    except (KeyError, ValueError, TypeError) as problem:
        raise VaultCorrupt("what was kept is of a form that this aimux does not know") from problem


# ---------------------------------------------------------------- how long, how much


def sweep(folder: Path, lifetime_s: float, max_mb: int, now_s: float) -> int:
    """Deletes what is older than its lifetime, then the oldest beyond the size; bytes that are left."""
    left: list[tuple[float, int, Path]] = []
    for path, changed_s, size in _files(folder):
        if changed_s + lifetime_s <= now_s:
            _delete(path)
        else:
            left.append((changed_s, size, path))
    total = sum(size for _, size, _ in left)
    for _, size, path in sorted(left, key=lambda each: each[:2]):
        if total <= max_mb * _MIB:
            break
        _delete(path)
        total -= size
    return total


def sweep_leftovers(folder: Path) -> None:
    """Deletes what a killed writer has begun; only for whoever is the only writer."""
    with contextlib.suppress(OSError):
        for path in folder.glob(f".ax_*{_ENDING}.*"):
            _delete(path)


def _files(folder: Path) -> Iterable[tuple[Path, float, int]]:
    with contextlib.suppress(OSError):
        for path in folder.glob(f"ax_*{_ENDING}"):
            with contextlib.suppress(OSError):
                facts = path.stat()
                yield path, facts.st_mtime, facts.st_size


def _delete(path: Path) -> None:
    with contextlib.suppress(OSError):
        path.unlink()
