"""``aimux clients``: each client in a row, and below what leads some of them elsewhere."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final, TypedDict

from aimux.cli import output
from aimux.cli.fit import fitted
from aimux.errors import AimuxError

if TYPE_CHECKING:
    from aimux.clients.connection import State
    from aimux.config.paths import Paths

_HEADINGS: Final = ("CLIENT", "PROGRAM", "VERSION", "CONNECTED", "CONFLICTS")
_WORDS: Final = {
    "connected": "yes",
    "changed": "changed since",
    "elsewhere": "to another address",
    "no": "no",
}


class ConflictShape(TypedDict):
    """Something that leads a client elsewhere."""

    place: str
    what: str
    mend: str


class ClientShape(TypedDict):
    """A client; ``program`` and ``version`` are null where it is not installed or does not say."""

    name: str
    title: str
    program: str | None
    version: str | None
    install: str
    connected: State
    since: str | None
    files: list[str]
    conflicts: list[ConflictShape]


def client_rows() -> list[ClientShape]:
    """Every client that aimux knows.

    Raises:
        UserError: the journal of connections cannot be read.
    """
    from aimux.clients.client import Surroundings
    from aimux.clients.connection import state_of
    from aimux.clients.journal import read_journal
    from aimux.clients.known import CLIENTS, program_of, versions
    from aimux.config.paths import find_paths

    paths, around = find_paths(), Surroundings.here()
    journal, url = read_journal(paths), _address(paths)
    programs = {name: program_of(each, around.environ) for name, each in CLIENTS.items()}
    found = versions({name: path for name, path in programs.items() if path})
    rows: list[ClientShape] = []
    for name, client in CLIENTS.items():
        connection = journal.get(name)
        rows.append(
            {
                "name": name,
                "title": client.title,
                "program": programs[name],
                "version": found.get(name) or None,
                "install": client.install,
                "connected": state_of(connection, url),
                "since": connection.since if connection else None,
                "files": [str(file.path) for file in connection.files] if connection else [],
                "conflicts": [
                    {"place": each.place, "what": each.what, "mend": each.mend}
                    for each in client.conflicts(around)
                ],
            }
        )
    return rows


def _address(paths: Paths) -> str | None:
    """Where aimux is or would be; None where that is not known."""
    from aimux.admin.client import found_daemon
    from aimux.cli.environment import configured_url

    try:
        return found_daemon(paths).url
    except AimuxError:
        pass
    try:
        return configured_url(paths)
    except AimuxError:
        return None


def show_clients(rows: list[ClientShape]) -> None:
    """The table, the conflicts, and what to type next."""
    cells = [
        (
            row["name"],
            _program(row["program"]),
            row["version"] or "-",
            _WORDS[row["connected"]],
            str(len(row["conflicts"])) if row["conflicts"] else "-",
        )
        for row in rows
    ]
    output.table(_HEADINGS, fitted(_HEADINGS, cells, 1))
    for row in rows:
        for each in row["conflicts"]:
            output.warning(f"{row['name']}: {each['place']}: {each['what']}")
            output.hint(each["mend"])
        if row["connected"] in {"changed", "elsewhere"}:
            output.warning(f"{row['name']}: {_WORDS[row['connected']]}")
            output.hint(f"aimux connect {row['name']}")


def _program(path: str | None) -> str:
    if path is None:
        return "not installed"
    home = os.environ.get("HOME")
    return f"~{path.removeprefix(home)}" if home and path.startswith(f"{home}/") else path
