"""Codex: a provider of its own in ``config.toml``.

Codex takes Responses only (tried with 0.169 and 0.171); the token stands in the provider's table, so that
``auth.json``, where the login is, is never touched.  ``aimux run`` gives the same by ``-c``, with the token
in a variable.  A window is told for all models alike, and only when another vendor's model answers for the
one that Codex asks for.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from aimux.clients.client import (
    PROFILE_HEADER,
    Client,
    Conflict,
    Launch,
    Lead,
    Setting,
    SettingsFile,
    Surroundings,
    settings_in,
    table_in,
)
from aimux.clients.journal import NAME

USUAL_MODEL: Final = "gpt-6.2-sol"
"""What it asks for when its settings name no model (0.171)."""
MANAGED: Final = Path("/etc/codex/managed_config.toml")
_WINDOW: Final = "model_context_window"
_TOKEN: Final = "AIMUX_TOKEN"  # noqa: S105 -- the variable's name


def variables(lead: Lead) -> dict[str, str]:
    """What OpenAI's own programs read; Codex itself needs the provider."""
    return {"OPENAI_BASE_URL": f"{lead.url}/v1", "OPENAI_API_KEY": lead.token}


def settings_path(around: Surroundings) -> Path:
    """Its own file."""
    return around.folder("CODEX_HOME", ".codex") / "config.toml"


def asks(around: Surroundings) -> tuple[str, ...]:
    """The model that its settings name, else its usual one."""
    model = settings_in(settings_path(around), "toml").get("model")
    return (model if isinstance(model, str) else USUAL_MODEL,)


def files(lead: Lead, around: Surroundings) -> tuple[SettingsFile, ...]:
    """A provider, and that it is the one."""
    wanted = [Setting(("model_provider",), NAME)]
    if window := _window(lead):
        wanted.append(Setting((_WINDOW,), window, unless=((_WINDOW,),)))
    provider = _provider(lead) | {"experimental_bearer_token": lead.token}
    wanted += [Setting(("model_providers", NAME, name), each) for name, each in provider.items()]
    return (SettingsFile(settings_path(around), "toml", tuple(wanted)),)


def _provider(lead: Lead) -> dict[str, object]:
    return {"name": NAME, "base_url": f"{lead.url}/v1", "wire_api": "responses"}


def _window(lead: Lead) -> int | None:
    """The window of the model that answers, where it is not the one that was asked for."""
    for asked, served in lead.served.items():
        if not served.name.endswith(f"/{asked}"):
            return served.context
    return None


def launch(lead: Lead, around: Surroundings, arguments: Sequence[str], ours: Path) -> Launch:  # noqa: ARG001 -- one signature for all clients
    """By ``-c`` before the person's own arguments."""
    provider = _provider(lead) | {"env_key": _TOKEN}
    given = [f"model_provider={json.dumps(NAME)}"]
    given += [
        f"model_providers.{NAME}.{name}={json.dumps(each)}" for name, each in provider.items()
    ]
    if lead.profile:
        header = f"{{{json.dumps(PROFILE_HEADER)}={json.dumps(lead.profile)}}}"
        given.append(f"model_providers.{NAME}.http_headers={header}")
    if (window := _window(lead)) and _WINDOW not in settings_in(settings_path(around), "toml"):
        given.append(f"{_WINDOW}={window}")
    found = [part for each in given for part in ("-c", each)]
    return Launch({_TOKEN: lead.token}, tuple(found))


def conflicts(around: Surroundings) -> Iterator[Conflict]:
    """Other files that name a provider, and profiles of the person's that do."""
    own = settings_in(settings_path(around), "toml")
    profile = own.get("profile")
    if isinstance(profile, str):
        chosen = table_in(own, "profiles", profile).get("model_provider")
        yield from _other(f"{settings_path(around)}, profile {profile!r}", chosen)
    for folder in around.upward():
        path = folder / ".codex" / "config.toml"
        if path.resolve() != settings_path(around).resolve():
            yield from _other(str(path), settings_in(path, "toml").get("model_provider"))
    yield from _other(str(MANAGED), settings_in(MANAGED, "toml").get("model_provider"))


def _other(place: str, provider: Any) -> Iterator[Conflict]:
    if provider not in {None, NAME}:
        yield Conflict(
            place, f"model_provider = {str(provider)!r} beats yours", f"take it out of {place}"
        )


CODEX: Final = Client(
    name="codex",
    title="Codex",
    program="codex",
    install="npm install -g @openai/codex",
    format="openai-responses",
    asks=asks,
    variables=variables,
    files=files,
    launch=launch,
    conflicts=conflicts,
)
