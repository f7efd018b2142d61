"""``connections.json``: what was written into which client's settings, and what stood there before.

It is all that is needed to undo it, without the daemon and without the configuration.  What stood before
may be a key of another vendor, so the file is for its owner alone (0600) and an entry is deleted as soon as
it is undone.  Our own values are kept as hashes: they are compared, never put back.  An entry is written
before the settings are, so that a crash in between leaves an entry whose values are not there: undoing it
changes nothing.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from aimux.config.paths import Paths, make_private_folder, write_private
from aimux.errors import UserError

VERSION: Final = 1
NAME: Final = "aimux"
"""Of the provider that clients get, and before the slash of its models."""


@dataclass(frozen=True, slots=True)
class Written:
    """One value of ours in a file.

    ``was`` is the text that its place had, None where nothing was.  ``made`` counts the tables above it
    that were made with it, and ``hollow`` is the text that the table above those had while it was empty.
    """

    path: tuple[str, ...]
    ours: str
    was: str | None = None
    made: int = 0
    hollow: str | None = None


@dataclass(frozen=True, slots=True)
class WrittenFile:
    """One file: as it was (``existed``, ``before``) and as we left it (``after``), as hashes of its bytes.

    ``backup`` is the copy of it as it was, empty where it did not exist; ``folder_made`` says whether the
    folder it is in came with it.
    """

    path: Path
    form: str
    existed: bool
    before: str
    after: str
    backup: str
    folder_made: bool
    values: tuple[Written, ...]


@dataclass(frozen=True, slots=True)
class Connection:
    """A client that is connected: to which address, since when (RFC 3339)."""

    client: str
    url: str
    since: str
    files: tuple[WrittenFile, ...]


def digest(content: bytes) -> str:
    """The hash by which contents and values are compared."""
    return hashlib.sha256(content).hexdigest()


def value_digest(value: object) -> str:
    """The hash of a value, whatever the order of its members."""
    return digest(json.dumps(value, sort_keys=True, default=str).encode())


def is_ours(value: object, written: Written) -> bool:
    """Whether a value is still what was written; another one of our models is ours as well."""
    return value_digest(value) == written.ours or (
        isinstance(value, str) and value.startswith(f"{NAME}/")
    )


def read_journal(paths: Paths) -> dict[str, Connection]:
    """Every connection by its client's name; none where there is no file.

    Raises:
        UserError: it cannot be read.
    """
    try:
        found = json.loads(paths.connections.read_bytes())
        return {name: _connection(name, each) for name, each in found["clients"].items()}
    except FileNotFoundError:
        return {}
    except OSError as problem:
        raise UserError(
            f"{str(paths.connections)!r} cannot be read: {problem.strerror}",
            hint="it belongs to the user who connected the clients",
        ) from problem
    except (ValueError, TypeError, KeyError, AttributeError) as problem:
        raise UserError(
            f"{str(paths.connections)!r} cannot be understood: {problem}",
            hint=f"the settings as they were are in {str(paths.backups)!r}; "
            "put them back by hand and delete both",
        ) from problem


def write_journal(paths: Paths, connections: dict[str, Connection]) -> None:
    """Replaces the journal; one without entries is deleted."""
    if not connections:
        paths.connections.unlink(missing_ok=True)
        return
    clients = {name: _shape(each) for name, each in connections.items()}
    text = json.dumps({"version": VERSION, "clients": clients}, indent=2, ensure_ascii=False)
    write_private(paths.connections, f"{text}\n".encode())


def _shape(connection: Connection) -> dict[str, Any]:
    shape = asdict(connection)
    del shape["client"]
    for file in shape["files"]:
        file["path"] = str(file["path"])
    return shape


def _connection(name: str, shape: dict[str, Any]) -> Connection:
    files = tuple(
        WrittenFile(
            **{
                **each,
                "path": Path(each["path"]),
                "values": tuple(
                    Written(**{**value, "path": tuple(value["path"])}) for value in each["values"]
                ),
            }
        )
        for each in shape["files"]
    )
    return Connection(name, shape["url"], shape["since"], files)


@contextlib.contextmanager
def journal_locked(paths: Paths) -> Iterator[None]:
    """Keeps other aimux commands from connecting and disconnecting meanwhile."""
    import fcntl

    make_private_folder(paths.state)
    descriptor = os.open(paths.state, os.O_RDONLY | os.O_DIRECTORY)
    try:
        with contextlib.suppress(OSError):  # some network file systems have no locks
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
