"""Keys that are there already: in variables of the shell, and in settings of known agents.

Only keys of APIs are taken; logins of subscriptions (OAuth) are their agent's own and are left alone.
What leads to aimux itself is no key of a provider.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from aimux.catalogue.load import load_catalogue
from aimux.cli.doctor.clients import claude_files, read_json
from aimux.cli.imports.found import Account, Found, key_of, table, text
from aimux.cli.imports.vendors import is_here, name_for, needs_key, settings_for
from aimux.clients import gemini_cli
from aimux.clients.client import Surroundings, settings_in
from aimux.model.request import WireFormat
from aimux.vault.secret import Secret

_ALSO: Final[Mapping[str, str]] = {"GOOGLE_API_KEY": "gemini"}
"""Variables that a vendor's documentation names beside the one in the catalogue."""

_BESIDE: Final[Mapping[str, str]] = {
    "ANTHROPIC_API_KEY": "ANTHROPIC_BASE_URL",
    "GEMINI_API_KEY": "GOOGLE_GEMINI_BASE_URL",
    "OPENAI_API_KEY": "OPENAI_BASE_URL",
}
"""The address that an agent sends a key to where it is not the vendor's own."""

_OPENCODE: Final[Mapping[str, str]] = {
    "anthropic": "anthropic",
    "cerebras": "cerebras",
    "deepseek": "deepseek",
    "google": "gemini",
    "groq": "groq",
    "mistral": "mistral",
    "moonshotai": "moonshot",
    "openai": "openai",
    "openrouter": "openrouter",
    "synthetic": "synthetic",
    "xai": "xai",
    "zai": "zai",
    "zai-coding-plan": "zai-coding",
}
"""opencode's providers by the presets of the catalogue."""


@dataclass(frozen=True, slots=True)
class Lying:
    """A key and where it lies; ``settings`` say whose it is."""

    place: str
    settings: dict[str, Any]
    value: str = field(repr=False)

    @property
    def variable(self) -> str | None:
        """The variable of the shell that it is in; None for a file."""
        return self.place.removeprefix("$") if self.place.startswith("$") else None


def read(around: Surroundings) -> Found:
    """Every key that is there, each at its vendor; one that lies in several places counts once."""
    found = Found("the environment and settings of agents")
    for lying, key in usable(around, found):
        account = account_for(lying.settings, found)
        account.comments.append(f"a key was in {lying.place}")
        if key not in account.keys:
            account.keys.append(key)
    found.routing["default"] = [f"{each.name}/*" for each in found.accounts]
    for path, what in _logins(around):
        found.left(str(path), f"{what}: a login of the agent's own, left alone")
    return found


def usable(around: Surroundings, found: Found) -> Iterator[tuple[Lying, Secret]]:
    """The keys that lie about and can be keys of providers; placeholders are noted in ``found``."""
    for lying in lying_keys(around):
        key = key_of(lying.value, lying.place, found)
        if isinstance(key, Secret) and not lying.value.startswith("aimux-"):
            yield lying, key


def account_for(settings: dict[str, Any], found: Found) -> Account:
    """The account with these settings: the one that is there, or a new one."""
    for each in found.accounts:
        if each.settings == settings:
            return each
    account = Account(found.free_name(name_for(settings)), settings, needs_key=needs_key(settings))
    found.accounts.append(account)
    return account


def lying_keys(around: Surroundings) -> Iterator[Lying]:
    """What lies about: variables first, then each agent's settings."""
    yield from _variables(around.environ)
    yield from _anthropic(around.environ, "$")
    for path in claude_files(around.home, around.project, around.environ):
        variables = table((read_json(path) or {}).get("env"))
        yield from _anthropic(variables, f"{path} ")
        if value := text(variables.get("ANTHROPIC_API_KEY")):
            yield Lying(f"{path} ANTHROPIC_API_KEY", {"preset": "anthropic"}, value)
    codex = _codex_login(around)
    if value := text((read_json(codex) or {}).get("OPENAI_API_KEY")):
        yield Lying(f"{codex} OPENAI_API_KEY", {"preset": "openai"}, value)
    gemini = gemini_cli.settings_folder(around) / ".env"
    if value := settings_in(gemini, "dotenv").get("GEMINI_API_KEY", ""):
        yield Lying(f"{gemini} GEMINI_API_KEY", {"preset": "gemini"}, value)
    data = around.folder("XDG_DATA_HOME", ".local", "share")
    yield from _opencode(data / "opencode" / "auth.json")


def _variables(environ: Mapping[str, str]) -> Iterator[Lying]:
    """The first vendor whose documentation has the variable; plans and accounts may share one.

    The key beside a foreign address is that address's, not the vendor's.
    """
    seen = set()
    presets = [(each.key_env, name) for name, each in load_catalogue().items() if each.key_env]
    for variable, preset in [*presets, *_ALSO.items()]:
        if variable in seen or _is_elsewhere(variable, environ):
            continue
        seen.add(variable)
        if value := environ.get(variable):
            yield Lying(f"${variable}", {"preset": preset}, value)


def _is_elsewhere(variable: str, environ: Mapping[str, str]) -> bool:
    address = text(environ.get(_BESIDE.get(variable, "")))
    return bool(address) and not _is_here(address)


def _is_here(address: str) -> bool:
    """Whether an address is this machine's: another gateway, or aimux itself."""
    settings = settings_for(address, None)
    return settings is None or is_here(settings)


def _anthropic(variables: Mapping[str, Any], place: str) -> Iterator[Lying]:
    """A token for an address in Anthropic's format, as many vendors' guides have it for Claude Code."""
    address, token = (
        text(variables.get("ANTHROPIC_BASE_URL")),
        text(variables.get("ANTHROPIC_AUTH_TOKEN")),
    )
    settings = settings_for(address, WireFormat.ANTHROPIC) if address and token else None
    if settings is not None and not is_here(settings):
        yield Lying(f"{place}ANTHROPIC_AUTH_TOKEN", settings, token)


def _opencode(path: Path) -> Iterator[Lying]:
    for name, entry in (read_json(path) or {}).items():
        preset, kind = _OPENCODE.get(name), table(entry)
        if preset and kind.get("type") == "api" and (value := text(kind.get("key"))):
            yield Lying(f"{path} {name}", {"preset": preset}, value)


def _codex_login(around: Surroundings) -> Path:
    return around.folder("CODEX_HOME", ".codex") / "auth.json"


def _logins(around: Surroundings) -> Iterator[tuple[Path, str]]:
    claude = around.folder("CLAUDE_CONFIG_DIR", ".claude") / ".credentials.json"
    codex = _codex_login(around)
    if claude.is_file():
        yield claude, "Claude"
    if table((read_json(codex) or {}).get("tokens")):
        yield codex, "ChatGPT"
    gemini = gemini_cli.settings_folder(around) / "oauth_creds.json"
    if gemini.is_file():
        yield gemini, "Google"
