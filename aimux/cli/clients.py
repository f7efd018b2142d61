"""``aimux connect, disconnect, clients``: coding agents that are led here for good, and how to undo it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Annotated, Final

import typer

from aimux.cli import output
from aimux.errors import AimuxError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from aimux.clients.client import Client, Lead, Surroundings
    from aimux.clients.connection import Change, Undone
    from aimux.config.paths import Paths

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
_HIDDEN: Final = "(hidden)"
_SECRET_NAMES: Final = ("token", "key", "secret")
_LONGEST: Final = 44


def register(app: typer.Typer) -> None:
    """Adds the commands of this module."""
    app.command()(connect)
    app.command()(disconnect)
    app.command()(clients)


def connect(
    client: Annotated[
        str, typer.Argument(help="claude-code, codex, gemini-cli or opencode.", show_default=False)
    ],
    *,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would change, and change nothing.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Lead a client to aimux for good, by its own settings."""
    from aimux.cli.environment import base_url
    from aimux.clients.client import Surroundings
    from aimux.clients.connection import connect as write
    from aimux.clients.known import client_named, program_of
    from aimux.config.paths import find_paths

    found, paths, around = client_named(client), find_paths(), Surroundings.here()
    lead = lead_of(found, paths, around, base_url(paths))
    changes = write(paths, found.name, lead.url, found.files(lead, around), dry_run=dry_run)
    if as_json:
        told = _changed(found, lead.url, changes, dry_run=dry_run)
        output.data_json(
            {**told, "conflicts": [each._asdict() for each in found.conflicts(around)]}
        )
        return
    _tell_changes(found, changes, dry_run=dry_run)
    if not program_of(found, around.environ):
        output.warning(f"{found.title} is not installed")
        output.hint(found.install)
    _tell_conflicts(found, around)
    if not dry_run:
        _tell_readable(found, lead, around)
        _tell_passing(paths, lead)
        output.hint(f"undo it at any time: aimux disconnect {found.name}")


def disconnect(
    client: Annotated[
        str | None,
        typer.Argument(help="claude-code, codex, gemini-cli or opencode.", show_default=False),
    ] = None,
    *,
    every: Annotated[bool, typer.Option("--all", help="All that are connected.")] = False,
    as_json: Json = False,
) -> None:
    """Put a client's settings back as they were."""
    from aimux.clients.connection import disconnect as undo
    from aimux.clients.known import CLIENTS, client_named
    from aimux.config.paths import find_paths

    if every == (client is not None):
        raise UsageError(
            "name a client, or give --all", hint="see which are connected: aimux clients"
        )
    paths = find_paths()
    names = list(CLIENTS) if client is None else [client_named(client).name]
    told: dict[str, list[Undone] | None] = {}
    problems: list[AimuxError] = []
    for name in names:
        try:
            told[name] = undo(paths, name)
            if told[name] is None:
                told[name] = _without_journal(name)
            if every and told[name] is None:
                del told[name]
        except AimuxError as problem:
            problems.append(problem)
    if as_json:
        output.data_json({name: _undone_shape(files) for name, files in told.items()})
    else:
        _tell_undone(told)
    for each in problems:
        output.error(each)
    if problems:
        raise typer.Exit(problems[-1].exit_code)


def clients(*, as_json: Json = False) -> None:
    """Show which clients there are and which are connected."""
    from aimux.cli.client_views import client_rows, show_clients

    rows = client_rows()
    if as_json:
        output.data_json(rows)
    else:
        show_clients(rows)


# ---------------------------------------------------------------- what a client is told


def lead_of(
    client: Client, paths: Paths, around: Surroundings, url: str, profile: str | None = None
) -> Lead:
    """Where a client is led, with the models there.

    Raises:
        ConfigError: the configuration has problems.
        UsageError: no rule is for the profile.
    """
    from aimux.cli.environment import client_token
    from aimux.clients.client import Lead
    from aimux.clients.models import known_providers, offers, served
    from aimux.config.load import load_config

    config = load_config(paths.config, environ=os.environ).config
    if profile is not None:
        _refuse_unknown_profile(profile, config.routes)
    providers = known_providers(config, paths)
    asked = client.asks(around)
    return Lead(
        url,
        client_token(paths),
        paths.client_token,
        offers(config, providers),
        served(config, providers, client.name, client.format, asked),
        profile,
    )


def _refuse_unknown_profile(profile: str, routes: Iterable[object]) -> None:
    from fnmatch import fnmatchcase

    from aimux.clients.client import PROFILE_HEADER
    from aimux.config.schema import RouteSettings

    known = [
        glob
        for route in routes
        if isinstance(route, RouteSettings)
        for name, glob in route.match.header.items()
        if name.lower() == PROFILE_HEADER
    ]
    if not any(fnmatchcase(profile, glob) for glob in known):
        raise UsageError(
            f"no rule is for the profile {profile!r}"
            + (f"; there are {', '.join(map(repr, known))}" if known else ""),
            hint='give a rule the condition: match = { header = { "'
            f'{PROFILE_HEADER}" = "{profile}" }} }}',
        )


# ---------------------------------------------------------------- what is said


def _changed(
    client: Client, url: str, changes: Sequence[Change], *, dry_run: bool
) -> dict[str, object]:
    return {
        "client": client.name,
        "url": url,
        "written": not dry_run,
        "changes": [
            {
                "file": str(each.file),
                "setting": ".".join(each.path),
                "was_set": each.was is not None,
                "value": _told(each.path, each.value),
            }
            for each in changes
        ],
    }


def _tell_changes(client: Client, changes: Sequence[Change], *, dry_run: bool) -> None:
    if not changes:
        output.words(f"{client.title} is connected already")
        return
    file = None
    for each in changes:
        if each.file != file:
            file = each.file
            output.data(output.printable(str(file)))
        sign = "+" if each.was is None else "~"
        value = _shown(each.path, each.value)
        output.data(output.printable(f"  {sign} {'.'.join(each.path)} = {value}"))
    output.words(
        "nothing was written" if dry_run else f"{client.title} is connected; start it anew"
    )


def _told(path: Sequence[str], value: object) -> str:
    """A value as it may be told: no token, and no list of models."""
    if any(each in path[-1].lower() for each in _SECRET_NAMES) and value:
        return _HIDDEN
    return f"({len(value)} of them)" if isinstance(value, dict) else str(value)


def _shown(path: Sequence[str], value: object) -> str:
    """The same for a line of a terminal: short, and nothing is not invisible."""
    text = _told(path, value) or '""'
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + output.ELLIPSIS


def _tell_conflicts(client: Client, around: Surroundings) -> None:
    for each in client.conflicts(around):
        output.warning(f"{each.place}: {each.what}")
        output.hint(each.mend)


def _tell_readable(client: Client, lead: Lead, around: Surroundings) -> None:
    """A file that others may read now holds a token."""
    import shlex

    for file in client.files(lead, around):
        holds = any(setting.value == lead.token for setting in file.settings)
        if holds and file.path.stat().st_mode & 0o077:
            output.warning(f"{file.path} holds a token now and can be read by other users")
            output.hint(f"chmod 600 {shlex.quote(str(file.path))}")


def _tell_passing(paths: Paths, lead: Lead) -> None:
    """An address that holds only until the daemon is started anew."""
    from aimux.cli.environment import configured_url

    if configured_url(paths) != lead.url:
        output.warning(
            f"{lead.url} is not what the configuration says: another start, another address"
        )
        output.hint(f"aimux config set server.port {lead.url.rpartition(':')[2]}")


def _without_journal(name: str) -> list[Undone] | None:
    """A client of which the journal knows nothing: what is recognisably ours is taken out."""
    from aimux.clients.client import Surroundings
    from aimux.clients.known import CLIENTS
    from aimux.clients.leftovers import take_leftovers

    return take_leftovers(CLIENTS[name], Surroundings.here()) or None


def _undone_shape(files: list[Undone] | None) -> dict[str, object]:
    return {
        "was_connected": files is not None,
        "files": [
            {
                "file": str(each.path),
                "as_before": each.restored,
                "left": [".".join(path) for path in each.left],
            }
            for each in files or ()
        ],
    }


def _tell_undone(told: dict[str, list[Undone] | None]) -> None:
    from aimux.clients.known import CLIENTS

    if not told:
        output.words("no client is connected")
    for name, files in told.items():
        title = CLIENTS[name].title if name in CLIENTS else name
        if files is None:
            output.words(f"{title} is not connected")
            continue
        for each in files:
            how = "as it was before" if each.restored else "without aimux, your changes kept"
            output.words(f"{title}: {output.printable(str(each.path))} is {how}")
            for path in each.left:
                output.warning(f"{'.'.join(path)} was changed since and was left as it is")
            if each.left and each.backup:
                output.hint(f"the file as it was is kept: {each.backup}")
