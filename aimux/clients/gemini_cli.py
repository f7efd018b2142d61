"""Gemini CLI: ``.env`` and ``settings.json`` in its folder.

It has no place for an address in its settings, so that stands in ``~/.gemini/.env``, with the token as the
API key; ``security.auth.selectedType`` says that a key is used, and the Google login stays where it is
(tried with 0.61).  A variable of the shell beats the file, and of all ``.env`` files only the first is
read: the project's, if it has one.  Windows are built in by model name; there is nowhere to tell it others.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from aimux.clients.client import (
    PROFILE_HEADER,
    Client,
    Conflict,
    Launch,
    Lead,
    Setting,
    SettingsFile,
    Surroundings,
    is_on,
    settings_in,
    table_in,
)
from aimux.errors import UsageError

AUTH: Final = ("security", "auth", "selectedType")
BY_KEY: Final = "gemini-api-key"
SYSTEM: Final = (
    Path("/etc/gemini-cli/settings.json"),
    Path("/Library/Application Support/GeminiCli/settings.json"),
)
_SYSTEM_PATH: Final = "GEMINI_CLI_SYSTEM_SETTINGS_PATH"
_HEADERS: Final = "GEMINI_CLI_CUSTOM_HEADERS"
_ELSEWHERE: Final = ("GOOGLE_GENAI_USE_VERTEXAI", "GOOGLE_GENAI_USE_GCA")


def variables(lead: Lead) -> dict[str, str]:
    """What leads it here."""
    return {"GOOGLE_GEMINI_BASE_URL": lead.url, "GEMINI_API_KEY": lead.token}


def settings_folder(around: Surroundings) -> Path:
    """Where its files are."""
    return around.folder("GEMINI_CLI_HOME") / ".gemini"


def files(lead: Lead, around: Surroundings) -> tuple[SettingsFile, ...]:
    """Address and key in ``.env``, and in the settings that a key is used."""
    env = tuple(Setting((name,), value) for name, value in variables(lead).items())
    return (
        SettingsFile(settings_folder(around) / ".env", "dotenv", env),
        SettingsFile(settings_folder(around) / "settings.json", "json", (Setting(AUTH, BY_KEY),)),
    )


def launch(lead: Lead, around: Surroundings, arguments: Sequence[str], ours: Path) -> Launch:  # noqa: ARG001 -- one signature for all clients
    """By variables, where its settings say that a key is used: only they can (system settings that
    could say so over them must belong to root).

    Raises:
        UsageError: they say otherwise, or nothing.
    """
    chosen = _chosen(around)
    if chosen != BY_KEY:
        says = f"it says {str(chosen)!r}" if chosen else "nothing is chosen there"
        raise UsageError(
            f"Gemini CLI takes its way to log in from its settings alone ({'.'.join(AUTH)}), and {says}",
            hint="aimux connect gemini-cli sets it; undo it with: aimux disconnect gemini-cli",
        )
    environ = variables(lead) | {"GOOGLE_API_KEY": ""}
    environ |= {name: "false" for name in _ELSEWHERE if is_on(around.environ.get(name))}
    if lead.profile:
        said = around.environ.get(_HEADERS)
        line = f"{PROFILE_HEADER}: {lead.profile}"
        environ[_HEADERS] = f"{said}, {line}" if said else line
    return Launch(environ)


def conflicts(around: Surroundings) -> Iterator[Conflict]:
    """What the shell, the project and the system say otherwise."""
    for name in ("GOOGLE_GEMINI_BASE_URL", "GEMINI_API_KEY"):
        if around.environ.get(name):
            yield Conflict(
                "the shell", f"{name} beats {settings_folder(around) / '.env'}", f"unset {name}"
            )
    if around.environ.get("GOOGLE_API_KEY"):
        yield Conflict(
            "the shell", "GOOGLE_API_KEY is used instead of GEMINI_API_KEY", "unset GOOGLE_API_KEY"
        )
    for name in _ELSEWHERE:
        if is_on(around.environ.get(name)):
            yield Conflict("the shell", f"{name} leads to another service", f"unset {name}")
    for folder in around.upward():
        for path in (folder / ".gemini" / ".env", folder / ".env"):
            if path.exists() and path.parent.resolve() != settings_folder(around).resolve():
                yield Conflict(
                    str(path),
                    f"it is read instead of {settings_folder(around) / '.env'}",
                    "start it with: aimux run gemini-cli",
                )
        yield from _other(folder / ".gemini" / "settings.json", around)
    for path in _system(around):
        yield from _other(path, around)


def _other(path: Path, around: Surroundings) -> Iterator[Conflict]:
    if path.resolve() == (settings_folder(around) / "settings.json").resolve():
        return
    chosen = table_in(settings_in(path, "json"), *AUTH[:-1]).get(AUTH[-1])
    if chosen not in {None, BY_KEY}:
        what = f"{'.'.join(AUTH)} = {str(chosen)!r} beats yours"
        yield Conflict(str(path), what, f"take it out of {path}")


def _chosen(around: Surroundings) -> object:
    data = settings_in(settings_folder(around) / "settings.json", "json")
    return table_in(data, *AUTH[:-1]).get(AUTH[-1])


def _system(around: Surroundings) -> tuple[Path, ...]:
    named = around.environ.get(_SYSTEM_PATH)
    return (Path(named),) if named else SYSTEM


GEMINI_CLI: Final = Client(
    name="gemini-cli",
    title="Gemini CLI",
    program="gemini",
    install="npm install -g @google/gemini-cli",
    format="gemini",
    asks=lambda _: (),
    variables=variables,
    files=files,
    launch=launch,
    conflicts=conflicts,
)
