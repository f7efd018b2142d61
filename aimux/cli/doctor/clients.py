"""Looks at what leads agents past aimux: variables of the shell, and agents' own settings.

Claude Code takes the ``env`` of its settings before the shell's variables, so that one forgotten line
there undoes ``eval "$(aimux env)"`` (code.claude.com, settings, 2026-10).  Values are never shown, of an
address only the host.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from aimux.cli.doctor.finding import Finding, failed, note, ok, warning
from aimux.cli.doctor.patient import Patient
from aimux.errors import UserError

SUBJECT = "clients"
ENV: Final = 'eval "$(aimux env)"'
MARK: Final = "AIMUX_URL"
"""Is set by ``aimux env``: this shell's programs are meant to ask aimux."""

ADDRESSES: Final = {
    "ANTHROPIC_BASE_URL": "",
    "OPENAI_BASE_URL": "/v1",
    "GOOGLE_GEMINI_BASE_URL": "",
}
"""The variables by which agents find their provider, with the path that stands behind our address."""

_ELSEWHERE: Final = ("CLAUDE_CODE_USE_BEDROCK", "CLAUDE_CODE_USE_VERTEX", "CLAUDE_CODE_USE_FOUNDRY")
_MOST_BYTES: Final = 2**20
Settings = Mapping[str, Any]


def look(patient: Patient) -> Iterator[Finding]:
    """What there is to say of the clients."""
    found = [*_shell(patient), *_claude_settings(patient), *_others(patient)]
    told = " ".join(each.what for each in found)
    found += [each for each, word in _connected(patient) if not word or word not in told]
    yield from found
    if not any(each.is_trouble for each in found):
        yield ok(SUBJECT, "nothing overrides aimux here")


# ---------------------------------------------------------------- the shell


def _shell(patient: Patient) -> Iterator[Finding]:
    environ, meant = patient.environ, MARK in patient.environ
    for name in _foreign(patient, environ):
        what = f"${name} leads to {_host(environ[name])}, not to aimux"
        yield warning(SUBJECT, what, ENV) if meant else note(SUBJECT, what, ENV)
    if environ.get("ANTHROPIC_API_KEY") and environ.get("ANTHROPIC_AUTH_TOKEN"):
        what = "ANTHROPIC_API_KEY and ANTHROPIC_AUTH_TOKEN are both set: Claude Code sends both"
        yield warning(SUBJECT, what, "unset ANTHROPIC_API_KEY")
    if environ.get("ANTHROPIC_BASE_URL") == patient.url and not environ.get("ANTHROPIC_AUTH_TOKEN"):
        what = "ANTHROPIC_BASE_URL leads to aimux, and no token of it is set"
        yield warning(SUBJECT, what, ENV)
    for name in _ELSEWHERE:
        if environ.get(name, "0").lower() not in {"", "0", "false"}:
            yield warning(SUBJECT, f"${name} sends Claude Code past aimux", f"unset {name}")


def _foreign(patient: Patient, variables: Mapping[str, Any]) -> list[str]:
    """The names of the variables that lead to another address than aimux's."""
    ours = patient.url
    return [
        name
        for name, path in ADDRESSES.items()
        if (value := variables.get(name)) and str(value).rstrip("/") != f"{ours}{path}"
    ]


def _host(address: object) -> str:
    """The host of an address: what stands before and behind it may be a secret."""
    try:
        return urlsplit(str(address)).hostname or "no host"
    except ValueError:
        return "no address"


# ---------------------------------------------------------------- settings of agents


def _claude_settings(patient: Patient) -> Iterator[Finding]:
    """The ``env`` of each file that Claude Code reads from here."""
    for path in claude_files(patient.home, patient.folder, patient.environ):
        settings = read_json(path)
        if settings is None:
            yield warning(SUBJECT, f"{path} is no JSON object", f"put it right: {path}")
            continue
        inside = settings.get("env")
        variables = inside if isinstance(inside, dict) else {}
        for name in _foreign(patient, variables):
            what = f"{path} sets {name} to {_host(variables[name])}: it wins over the shell"
            yield warning(SUBJECT, what, "aimux connect claude-code")
        if variables.get("ANTHROPIC_API_KEY") and variables.get("ANTHROPIC_AUTH_TOKEN"):
            yield warning(
                SUBJECT, f"{path} sets both a key and a token", "aimux connect claude-code"
            )
        for name in _ELSEWHERE:
            if str(variables.get(name, "0")).lower() not in {"", "0", "false"}:
                what = f"{path} sets {name}: Claude Code goes past aimux"
                yield warning(SUBJECT, what, f"take {name} out of {path}")


def claude_files(home: Path, folder: Path, environ: Mapping[str, str]) -> list[Path]:
    """The settings of Claude Code that are there: the user's, the project's, its local ones."""
    own = Path(environ.get("CLAUDE_CONFIG_DIR") or home / ".claude")
    project = folder / ".claude"
    files = [own / "settings.json", project / "settings.json", project / "settings.local.json"]
    return [path for path in dict.fromkeys(files) if path.is_file()]


def _others(patient: Patient) -> Iterator[Finding]:
    """Agents that one may well use without aimux: told, and no fault."""
    for client, path, host in [*_codex(patient), *_gemini(patient), *_opencode(patient)]:
        what = f"{path}: {client} asks {host}, not aimux"
        yield note(SUBJECT, what, f"aimux connect {client}")


def _codex(patient: Patient) -> Iterator[tuple[str, Path, str]]:
    path = Path(patient.environ.get("CODEX_HOME") or patient.home / ".codex") / "config.toml"
    settings = read_toml(path) or {}
    chosen = settings.get("model_provider")
    table = settings.get("model_providers")
    entry = table.get(chosen) if isinstance(table, dict) else None
    if isinstance(entry, dict) and not _is_ours(patient, entry.get("base_url")):
        yield "codex", path, _host(entry.get("base_url"))


def _gemini(patient: Patient) -> Iterator[tuple[str, Path, str]]:
    path = patient.home / ".gemini" / ".env"
    address = read_dotenv(path).get("GOOGLE_GEMINI_BASE_URL")
    if address and not _is_ours(patient, address):
        yield "gemini-cli", path, _host(address)


def _opencode(patient: Patient) -> Iterator[tuple[str, Path, str]]:
    path = patient.home / ".config" / "opencode" / "opencode.json"
    providers = (read_json(path) or {}).get("provider")
    for entry in providers.values() if isinstance(providers, dict) else ():
        options = entry.get("options") if isinstance(entry, dict) else None
        address = options.get("baseURL") if isinstance(options, dict) else None
        if address and not _is_ours(patient, address):
            yield "opencode", path, _host(address)


def _is_ours(patient: Patient, address: object) -> bool:
    return patient.url is not None and str(address or "").startswith(patient.url)


# ---------------------------------------------------------------- clients that are connected


def _connected(patient: Patient) -> Iterator[tuple[Finding, str]]:
    """Whether settings are still as ``aimux connect`` left them, and what leads past them.

    With each conflict the variable that it is about: what is told already is not told again.
    """
    from aimux.clients.client import Surroundings
    from aimux.clients.connection import state_of
    from aimux.clients.journal import read_journal
    from aimux.clients.known import CLIENTS

    try:
        journal = read_journal(patient.paths)
    except UserError as problem:
        yield failed(SUBJECT, problem.message, problem.hint), ""
        return
    around = Surroundings(patient.environ, patient.home, patient.folder)
    for name, connection in journal.items():
        state = state_of(connection, patient.url)
        if state == "changed":
            what = f"the settings of {name} are not as aimux connect left them"
            yield warning(SUBJECT, what, f"aimux connect {name}"), ""
        elif state == "elsewhere":
            what = f"{name} is led to {connection.url}, where aimux is not"
            yield warning(SUBJECT, what, f"aimux connect {name}"), ""
        for each in CLIENTS[name].conflicts(around) if name in CLIENTS else ():
            word = each.what.split(maxsplit=1)[0]
            yield warning(SUBJECT, f"{each.place}: {each.what}", each.mend), word


# ---------------------------------------------------------------- reading foreign files


def read_json(path: Path) -> dict[str, Any] | None:
    """The object in a JSON file; empty where there is no file, None where it is something else."""
    text = _text(path)
    if text is None:
        return {}
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def read_toml(path: Path) -> dict[str, Any] | None:
    """The data of a TOML file, as :func:`read_json`."""
    text = _text(path)
    if text is None:
        return {}
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError):
        return None


def read_dotenv(path: Path) -> dict[str, str]:
    """The assignments of a ``.env`` file, without their quotation marks."""
    found = {}
    for line in (_text(path) or "").splitlines():
        name, equals, value = line.strip().removeprefix("export ").partition("=")
        if equals and not name.startswith("#"):
            found[name.strip()] = value.strip().strip("'\"")
    return found


def _text(path: Path) -> str | None:
    """A small text file's content; None where there is none that can be read."""
    try:
        if not path.is_file() or path.stat().st_size > _MOST_BYTES:
            return None
        return path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError):
        return None
