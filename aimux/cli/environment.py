"""``aimux env``: the variables a client needs."""

from __future__ import annotations

import json
import os
import shlex
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from aimux.cli import output
from aimux.errors import DaemonError, NotRunning, UsageError

if TYPE_CHECKING:
    from aimux.config.paths import Paths


def register(app: typer.Typer) -> None:
    """Adds the commands of this module."""
    app.command(name="env")(env)


def env(
    *,
    shell: Annotated[
        str | None,
        typer.Option(
            "--shell", help="bash, zsh, fish, pwsh, cmd, dotenv or json; found out if left out."
        ),
    ] = None,
    client: Annotated[
        str | None,
        typer.Option(
            "--client", help="Only what claude-code, codex, gemini-cli or opencode needs."
        ),
    ] = None,
) -> None:
    """Print the variables that lead clients to aimux: eval "$(aimux env)"."""
    from aimux.config.paths import find_paths

    form = _form(shell)
    wanted = _clients(client)
    paths = find_paths()
    found = variables(base_url(paths), client_token(paths), wanted)
    output.data(form(found))


# ---------------------------------------------------------------- what is said


def variables(url: str, token: str, clients: tuple[str, ...]) -> dict[str, str]:
    """``AIMUX_URL`` and ``AIMUX_TOKEN``, then what these clients read."""
    from aimux.clients.client import Lead
    from aimux.clients.known import CLIENTS

    found = {"AIMUX_URL": url, "AIMUX_TOKEN": token}
    for client in clients:
        found |= CLIENTS[client].variables(Lead(url, token))
    return found


def base_url(paths: Paths) -> str:
    """Where the daemon listens, or would listen; says so if it does not run.

    Raises:
        NotRunning: it does not run, and its port is not fixed.
        ConfigError: it does not run, and the configuration has problems.
    """
    from aimux.admin.client import found_daemon

    try:
        return found_daemon(paths).url
    except DaemonError as problem:
        url = configured_url(paths)
        if url is None:
            raise NotRunning(
                "aimux is not running, and its port is chosen at its start",
                hint="start it with: aimux start",
            ) from problem
        output.warning(problem.message)
        output.hint("aimux start")
        return url


def configured_url(paths: Paths) -> str | None:
    """The address of the configuration; None when the port is any free one."""
    from aimux.config.load import load_config

    server = load_config(paths.config, environ=os.environ).config.server
    if server.port == 0:
        return None
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(server.host, server.host)  # noqa: S104 -- compared, not bound
    return f"http://[{host}]:{server.port}" if ":" in host else f"http://{host}:{server.port}"


def client_token(paths: Paths) -> str:
    """The token of clients that have none of their own; made if there is none yet.

    Raises:
        DaemonError: it cannot be read.
    """
    from aimux.vault.tokens import ensure_token

    try:
        return ensure_token(paths.client_token, "client").reveal()
    except OSError as problem:
        raise DaemonError(
            f"the token {str(paths.client_token)!r} cannot be read: {problem.strerror}",
            hint="it belongs to the user who started aimux",
        ) from problem


def _clients(client: str | None) -> tuple[str, ...]:
    from aimux.clients.known import CLIENTS, client_named

    return tuple(CLIENTS) if client is None else (client_named(client).name,)


# ---------------------------------------------------------------- how it is said


def _posix(found: Mapping[str, str]) -> str:
    return "\n".join(f"export {name}={shlex.quote(value)}" for name, value in found.items())


def _fish(found: Mapping[str, str]) -> str:
    return "\n".join(f"set -gx {name} {_fish_quoted(value)};" for name, value in found.items())


def _fish_quoted(value: str) -> str:
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _pwsh(found: Mapping[str, str]) -> str:
    quoted = {name: value.replace("'", "''") for name, value in found.items()}
    return "\n".join(f"$env:{name} = '{value}'" for name, value in quoted.items())


def _cmd(found: Mapping[str, str]) -> str:
    """For a batch file: ``%`` begins a variable there even within quotes."""
    quoted = {name: value.replace("%", "%%") for name, value in found.items()}
    return "\n".join(f'set "{name}={value}"' for name, value in quoted.items())


def _dotenv(found: Mapping[str, str]) -> str:
    return "\n".join(f"{name}={_dotenv_quoted(value)}" for name, value in found.items())


def _dotenv_quoted(value: str) -> str:
    """In single quotes nothing is expanded; readers agree on no way to write one inside them."""
    if "'" not in value:
        return f"'{value}'"
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"').replace("$", "\\$") + '"'


def _json(found: Mapping[str, str]) -> str:
    return json.dumps(dict(found), indent=2)


Form = Callable[[Mapping[str, str]], str]

FORMS: Final[Mapping[str, Form]] = {
    "bash": _posix,
    "zsh": _posix,
    "fish": _fish,
    "pwsh": _pwsh,
    "cmd": _cmd,
    "dotenv": _dotenv,
    "json": _json,
}
_ALIASES: Final = {"sh": "bash", "dash": "bash", "ksh": "bash", "powershell": "pwsh"}


def _form(shell: str | None) -> Form:
    if shell is None:
        return FORMS[own_shell()]
    name = _ALIASES.get(shell, shell)
    if name not in FORMS:
        raise UsageError(f"no shell {shell!r} is known", hint=f"one of {', '.join(FORMS)}")
    return FORMS[name]


def own_shell() -> str:
    """The shell that runs this command, else the user's own one, else any POSIX shell."""
    from aimux.telemetry.resources import parent_name

    for named in (parent_name(), Path(os.environ.get("SHELL", "")).name):
        name = named.lstrip("-").removesuffix(".exe")
        name = _ALIASES.get(name, name)
        if name in FORMS:
            return name
    return "bash"
