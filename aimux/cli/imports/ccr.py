"""Reads claude-code-router: ``config.json`` of its second version, ``config.sqlite`` of its third.

Version 2 is JSON with comments and commas too many.  Version 3 keeps the same object, grown, in the table
``app_config`` of a SQLite file, as JSON under the key ``default`` (musistudio/claude-code-router,
packages/core/src/config, read 2026-12).  What both have is read in one way.
"""

from __future__ import annotations

import contextlib
import json
import re
import sqlite3
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from aimux.cli.imports.ccr_rules import read_rules
from aimux.cli.imports.found import (
    Account,
    Found,
    Unreadable,
    key_of,
    rows,
    table,
    text,
    texts,
    whole,
)
from aimux.cli.imports.vendors import is_here, needs_key, settings_for, usable_proxy
from aimux.model.request import WireFormat

SQLITE: Final = b"SQLite format 3\0"

_FORMATS: Final[Mapping[str, WireFormat]] = {
    "anthropic": WireFormat.ANTHROPIC,
    "anthropic_messages": WireFormat.ANTHROPIC,
    "gemini": WireFormat.GEMINI,
    "gemini_generate_content": WireFormat.GEMINI,
    "openai": WireFormat.OPENAI_CHAT,
    "openai_chat_completions": WireFormat.OPENAI_CHAT,
    "openai-responses": WireFormat.OPENAI_RESPONSES,
    "openai_responses": WireFormat.OPENAI_RESPONSES,
}
_NO_COUNTERPART: Final[Mapping[str, str]] = {
    "HOST": "aimux has an address of its own: server.host",
    "PORT": "aimux has a port of its own, so that both can run: server.port",
    "APIKEY": "clients get a token of aimux: aimux env, aimux tokens create",
    "APIKEYS": "clients get tokens of aimux: aimux tokens create",
    "API_TIMEOUT_MS": "aimux limits each phase of a request: providers.*.timeouts",
    "CUSTOM_ROUTER_PATH": "there is no code in aimux's configuration; write a rule: [[routes]]",
    "transformers": "code of one's own is not loaded; vendors' accents are in the presets",
    "StatusLine": "the client's own",
    "plugins": "aimux has no plug-ins",
    "providerPlugins": "aimux has no plug-ins",
    "virtualModelProfiles": "models made of models and tools are not known",
    "profile": "aimux run and aimux connect lead clients here",
    "agent": "tools and MCP servers are the client's own",
    "toolHub": "tools and MCP servers are the client's own",
    "proxy": "aimux is no proxy for other programs; a provider's own setting is providers.*.proxy",
}
_OWN_WAYS: Final = frozenset({"maxtoken", "vertex-gemini", "vertex-claude"})


def read(path: Path) -> Found:
    """What is in the file.

    Raises:
        Unreadable: it is neither.
    """
    config = _config(path)
    found = Found(f"claude-code-router {path.name}")
    renamed: dict[str, str] = {}
    proxy = text(config.get("PROXY_URL"))
    if proxy and not usable_proxy(proxy):
        found.left("PROXY_URL", "only HTTP proxies without a password are used")
        proxy = ""
    for entry in rows(config.get("Providers", config.get("providers"))):
        _provider(entry, proxy, found, renamed)
    if not found.accounts:
        raise Unreadable(
            f"{str(path)!r} has no Providers of claude-code-router",
            hint="it is ~/.claude-code-router/config.json, or config.sqlite there since version 3",
        )
    read_rules(table(config.get("Router")), table(config.get("fallback")), renamed, found)
    for name, why in _NO_COUNTERPART.items():
        if config.get(name):
            found.left(name, why)
    return found


# ---------------------------------------------------------------- the two files


def _config(path: Path) -> Mapping[str, Any]:
    with path.open("rb") as file:
        head = file.read(len(SQLITE))
    value = _from_sqlite(path) if head == SQLITE else _from_json(path)
    if not isinstance(value, Mapping):
        raise Unreadable(f"{str(path)!r} holds no object of settings")
    return value


def _from_sqlite(path: Path) -> object:
    try:
        uri = f"{path.absolute().as_uri()}?mode=ro"
        with contextlib.closing(sqlite3.connect(uri, uri=True)) as connection:
            row = connection.execute(
                "SELECT value_json FROM app_config WHERE key = 'default'"
            ).fetchone()
        return json.loads(row[0]) if row else None
    except (sqlite3.Error, ValueError) as problem:
        raise Unreadable(
            f"{str(path)!r} is no configuration of claude-code-router 3: {problem}",
            hint="stop it first: a file in use may not be whole",
        ) from problem


def _from_json(path: Path) -> object:
    try:
        return json.loads(plain_json(path.read_text("utf-8-sig")))
    except (UnicodeDecodeError, ValueError) as problem:
        raise Unreadable(f"{str(path)!r} is no JSON: {problem}") from problem


_TOKEN: Final = re.compile(r'"(?:\\.|[^"\\])*"|//[^\n]*|/\*.*?\*/|,(?=\s*[}\]])', re.DOTALL)


def plain_json(source: str) -> str:
    """JSON without the comments, and without the commas before a closing bracket."""
    without = _TOKEN.sub(lambda match: match[0] if match[0].startswith('"') else "", source)
    return re.sub(r'"(?:\\.|[^"\\])*"|,(?=\s*[}\]])',
                  lambda match: "" if match[0] == "," else match[0], without)  # fmt: skip


# ---------------------------------------------------------------- one provider


def _provider(entry: Mapping[str, Any], proxy: str, found: Found, renamed: dict[str, str]) -> None:
    name = text(entry.get("name")) or "provider"
    place = f"Providers {name!r}"
    address = _first(entry, "api_base_url", "baseUrl", "baseurl")
    uses = list(_transformers(entry))
    settings = settings_for(address, _hinted(entry, uses))
    if settings is None:
        found.left(place, "has no address")
        return
    account = Account(found.free_name(name), settings, needs_key=needs_key(settings))
    renamed[name] = account.name
    if entry.get("enabled") is False:
        account.settings["enabled"] = False
    if proxy and not is_here(settings):
        account.settings["proxy"] = proxy
    account.comments.append(f"{place}, {address}")
    account.keys = list(_keys(entry, place, found))
    _models(entry, account, found)
    _limits(uses, entry, account, found)
    if entry.get("extraHeaders") or entry.get("extraBody"):
        found.left(f"{place}.extraHeaders", "check and write providers.*.headers yourself")
    found.accounts.append(account)


def _hinted(entry: Mapping[str, Any], uses: list[str]) -> WireFormat | None:
    """The format: said as ``type`` (version 3), or by the transformer that makes it (version 2)."""
    for word in (text(entry.get("type")), *uses):
        if word.lower() in _FORMATS:
            return _FORMATS[word.lower()]
    return None


def _transformers(entry: Mapping[str, Any]) -> Iterator[str]:
    """The names in ``transformer.use``, each alone or in a list with its options."""
    for use in _uses(entry):
        if isinstance(use, str):
            yield use
        elif isinstance(use, list) and use and isinstance(use[0], str):
            yield use[0]


def _uses(entry: Mapping[str, Any]) -> list[Any]:
    uses = table(entry.get("transformer")).get("use")
    return uses if isinstance(uses, list) else []


def _keys(entry: Mapping[str, Any], place: str, found: Found) -> Iterator[Any]:
    """The keys: one of the provider's own, and those of ``credentials`` that are in use."""
    own = _first(entry, "api_key", "apiKey", "apikey")
    others = [
        _first(each, "api_key", "apiKey", "apikey")
        for each in rows(entry.get("credentials"))
        if each.get("enabled") is not False
    ]
    for value in dict.fromkeys(each for each in (own, *others) if each):
        key = key_of(value, f"{place}.api_key", found)
        if key is not None:
            yield key


def _models(entry: Mapping[str, Any], account: Account, found: Found) -> None:
    """Windows of models, which version 3 knows; prices stay those of the catalogue."""
    for model, facts in table(entry.get("modelMetadata")).items():
        told = {
            "context": whole(table(facts).get("contextWindow")),
            "max_output": whole(table(facts).get("maxOutputTokens")),
        }
        if known := {name: value for name, value in told.items() if value}:
            account.models[str(model)] = known
        if table(facts).get("pricing"):
            found.left(f"{account.name}/{model} pricing", "the catalogue's prices hold")


def _limits(uses: list[str], entry: Mapping[str, Any], account: Account, found: Found) -> None:
    """``maxtoken`` is a limit of each model; the other transformers are vendors' accents."""
    for use in _uses(entry):
        options = table(use[1]) if isinstance(use, list) and len(use) > 1 else {}
        limit = whole(options.get("max_tokens"))
        if isinstance(use, list) and use and use[0] == "maxtoken" and limit:
            for model in texts(entry.get("models")):
                account.models.setdefault(model, {})["max_output"] = limit
    accents = [use for use in uses if use.lower() not in _FORMATS and use not in _OWN_WAYS]
    if accents:
        account.comments.append(
            f"transformers {', '.join(accents)}: aimux does what they do itself"
        )
    for use in set(uses) & _OWN_WAYS - {"maxtoken"}:
        found.left(f"{account.name} transformer {use}", "Vertex AI is not spoken")


def _first(entry: Mapping[str, Any], *names: str) -> str:
    return next((value for name in names if (value := text(entry.get(name)))), "")
