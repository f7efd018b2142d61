"""Looks at what leads agents past aimux: variables of the shell, and agents' own settings.

Claude Code takes the ``env`` of its settings before the shell's variables, so that one forgotten line
there undoes ``eval "$(aimux env)"`` (code.claude.com, settings, 2026-10).  Values are never shown, of an
address only the host.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from aimux.cli.doctor.finding import Finding, failed, note, ok, warning
from aimux.cli.doctor.patient import Patient
from aimux.clients import codex, gemini_cli, opencode
from aimux.clients.client import Surroundings, settings_in, table_in, text_in
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
    around = Surroundings(patient.environ, patient.home, patient.folder)
    for client, asked in _ASKED.items():
        for path, address in asked(around):
            if not _is_ours(patient, address):
                what = f"{path}: {client} asks {_host(address)}, not aimux"
                yield note(SUBJECT, what, f"aimux connect {client}")


def _codex(around: Surroundings) -> Iterator[tuple[Path, object]]:
    path = codex.settings_path(around)
    settings = settings_in(path, "toml")
    chosen = settings.get("model_provider")
    if address := table_in(settings, "model_providers", str(chosen)).get("base_url"):
        yield path, address


def _gemini(around: Surroundings) -> Iterator[tuple[Path, object]]:
    path = gemini_cli.settings_folder(around) / ".env"
    if address := settings_in(path, "dotenv").get("GOOGLE_GEMINI_BASE_URL"):
        yield path, address


def _opencode(around: Surroundings) -> Iterator[tuple[Path, object]]:
    for path in opencode.settings_files(around):
        providers = table_in(settings_in(path, "json"), "provider")
        for name in providers:
            if address := table_in(providers, name, "options").get("baseURL"):
                yield path, address


_ASKED: Final = {"codex": _codex, "gemini-cli": _gemini, "opencode": _opencode}
"""By client, its files with the addresses that they lead to."""


def _is_ours(patient: Patient, address: object) -> bool:
    return patient.url is not None and str(address or "").startswith(patient.url)


# ---------------------------------------------------------------- clients that are connected


def _connected(patient: Patient) -> Iterator[tuple[Finding, str]]:
    """Whether settings are still as ``aimux connect`` left them, and what leads past them.

    With each conflict the variable that it is about: what is told already is not told again.
    """
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
    text = text_in(path)
    if text is None:
        return {}
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None
