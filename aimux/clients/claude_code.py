"""Claude Code: the ``env`` table of its ``settings.json``.

Its contract (code.claude.com llm-gateway-connect and env-vars, read 2026-07-24; tried with 2.1.197): the
base URL without ``/v1``; ``ANTHROPIC_AUTH_TOKEN`` wins over a claude.ai login at once, which stays where it
is; with an API key beside it both are sent and a question is asked, so that one is set to nothing.  What
stands in ``env`` beats the shell; a project's settings beat the person's, managed ones beat all.

Names that begin with ``claude-`` get the window that Claude Code knows for them; a smaller one is told by
``CLAUDE_CODE_AUTO_COMPACT_WINDOW`` (taken for 100,000 at the least), one of a million tokens by ``[1m]``
behind the model's name.  ``*_NAME`` is what ``/model`` shows.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from aimux.clients.client import (
    PROFILE_HEADER,
    Client,
    Conflict,
    Launch,
    Lead,
    Offer,
    Setting,
    SettingsFile,
    Surroundings,
    is_on,
    settings_in,
    table_in,
)

TIERS: Final = {
    "OPUS": "claude-opus-4-8",
    "SONNET": "claude-sonnet-4-6",
    "HAIKU": "claude-haiku-4-5",
}
"""The stable names of the tiers; rules match them by ``claude-*haiku*`` and the like."""

LEADING: Final = ("ANTHROPIC_BASE_URL", "ANTHROPIC_AUTH_TOKEN", "ANTHROPIC_API_KEY")
ELSEWHERE: Final = (
    "CLAUDE_CODE_USE_BEDROCK",
    "CLAUDE_CODE_USE_VERTEX",
    "CLAUDE_CODE_USE_FOUNDRY",
    "CLAUDE_CODE_USE_GATEWAY",
    "CLAUDE_CODE_USE_MANTLE",
    "CLAUDE_CODE_USE_ANTHROPIC_AWS",
)
MANAGED: Final = (
    Path("/etc/claude-code/managed-settings.json"),
    Path("/Library/Application Support/ClaudeCode/managed-settings.json"),
)
_HEADERS: Final = "ANTHROPIC_CUSTOM_HEADERS"
_OWN_WINDOW: Final = 200_000
"""What Claude Code takes a model's window for unless it knows better."""
_LONG: Final = 1_000_000


def variables(lead: Lead) -> dict[str, str]:
    """What leads it here."""
    return {
        "ANTHROPIC_BASE_URL": lead.url,
        "ANTHROPIC_AUTH_TOKEN": lead.token,
        "ANTHROPIC_API_KEY": "",
    }


def model_variables(lead: Lead) -> dict[str, str]:
    """Names and windows of the models that answer for its tiers, where they are not its own."""
    found = {"CLAUDE_CODE_ENABLE_GATEWAY_MODEL_DISCOVERY": "1"}
    foreign = dict(_foreign(lead))
    for tier, served in foreign.items():
        long = "[1m]" if tier != "HAIKU" and (served.context or 0) >= _LONG else ""
        found[f"ANTHROPIC_DEFAULT_{tier}_MODEL"] = TIERS[tier] + long
        found[f"ANTHROPIC_DEFAULT_{tier}_MODEL_NAME"] = served.title
    windows = [each.context for tier, each in foreign.items() if tier != "HAIKU"]
    known = [each for each in windows if each is not None]
    if known and min(known) < _OWN_WINDOW:
        found["CLAUDE_CODE_AUTO_COMPACT_WINDOW"] = str(min(known))
    return found


def _foreign(lead: Lead) -> Iterator[tuple[str, Offer]]:
    for tier, name in TIERS.items():
        served = lead.served.get(name)
        if served is not None and "claude" not in served.name.partition("/")[2]:
            yield tier, served


def _settings_path(around: Surroundings) -> Path:
    return around.folder("CLAUDE_CONFIG_DIR", ".claude") / "settings.json"


def files(lead: Lead, around: Surroundings) -> tuple[SettingsFile, ...]:
    """The person's settings; never a project's, which are shared."""
    settings = [Setting(("env", name), value) for name, value in variables(lead).items()]
    for name, value in model_variables(lead).items():
        chosen = dict.fromkeys((name, name.removesuffix("_NAME")))
        settings.append(Setting(("env", name), value, tuple(("env", each) for each in chosen)))
    return (SettingsFile(_settings_path(around), "json", tuple(settings)),)


def launch(lead: Lead, around: Surroundings, arguments: Sequence[str], ours: Path) -> Launch:
    """By variables; where settings would beat them, by a settings file of ours that beats those."""
    told = {
        name: value
        for name, value in model_variables(lead).items()
        if name.removesuffix("_NAME") not in around.environ
    }
    environ = variables(lead)
    if lead.profile:
        said = around.environ.get(_HEADERS, "")
        line = f"{PROFILE_HEADER}: {lead.profile}"
        environ[_HEADERS] = f"{said}\n{line}" if said else line
    beaten = {
        name: str(path)
        for path, env in _env_tables(around)
        for name, value in env.items()
        if name in environ and value != environ[name]
    }
    if not beaten:
        return Launch(told | environ)
    if any(each.split("=")[0] == "--settings" for each in arguments):
        places = ", ".join(sorted(set(beaten.values())))
        return Launch(told | environ, notes=(f"{places} sets {', '.join(beaten)} and beats aimux",))
    file = ours / "claude-code.json"
    text = json.dumps({"env": environ}, indent=2) + "\n"
    return Launch(told | environ, ("--settings", str(file)), {file: text})


def conflicts(around: Surroundings) -> Iterator[Conflict]:
    """What leads it elsewhere although it is connected."""
    for path, env in _env_tables(around):
        place = str(path)
        is_own = path == _settings_path(around)
        for name in ELSEWHERE:
            if is_on(env.get(name)):
                yield Conflict(place, f"{name} leads to another service", f"take it out of {place}")
        for name in LEADING:
            if not is_own and name in env:
                yield Conflict(place, f"{name} beats your own settings", f"take it out of {place}")
        if is_own and env.get("ANTHROPIC_API_KEY") and env.get("ANTHROPIC_AUTH_TOKEN"):
            yield Conflict(
                place,
                "ANTHROPIC_API_KEY and ANTHROPIC_AUTH_TOKEN are both set, both are sent",
                "keep one of them",
            )
    shell = around.environ
    for name in (*ELSEWHERE, "ANTHROPIC_UNIX_SOCKET"):
        if is_on(shell.get(name)):
            yield Conflict("the shell", f"{name} leads to another service", f"unset {name}")
    if shell.get("ANTHROPIC_API_KEY") and shell.get("ANTHROPIC_AUTH_TOKEN"):
        yield Conflict(
            "the shell",
            "ANTHROPIC_API_KEY and ANTHROPIC_AUTH_TOKEN are both set, both are sent",
            "unset ANTHROPIC_API_KEY",
        )


def _env_tables(around: Surroundings) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    """The ``env`` of every settings file that it reads, the person's own first."""
    own = _settings_path(around)
    paths = [own]
    for folder in around.upward():
        paths += [folder / ".claude" / name for name in ("settings.json", "settings.local.json")]
    for path in (*paths, *MANAGED):
        if path == own or path.resolve() != own.resolve():
            yield path, table_in(settings_in(path, "json"), "env")


CLAUDE_CODE: Final = Client(
    name="claude-code",
    title="Claude Code",
    program="claude",
    install="npm install -g @anthropic-ai/claude-code",
    format="anthropic",
    asks=lambda _: tuple(TIERS.values()),
    variables=variables,
    files=files,
    launch=launch,
    conflicts=conflicts,
)
