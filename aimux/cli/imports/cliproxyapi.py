"""Reads ``config.yaml`` of CLIProxyAPI (router-for-me/CLIProxyAPI, config.example.yaml, read 2026-12).

It keeps keys by kind of vendor, each key with an address and aliases of its own.  Keys of one address
become one provider, aliases become public models.  Logins of subscriptions, which it keeps in files
beside, are left where they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

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
from aimux.cli.imports.vendors import is_here, name_for, needs_key, settings_for, usable_proxy
from aimux.cli.imports.yamlfile import read_yaml
from aimux.keyshapes import looks_like_key
from aimux.model.request import WireFormat


class Kind(NamedTuple):
    """A list of keys: what is spoken there, and whose preset holds where no address is given."""

    format: WireFormat
    preset: str


_KINDS: Final[Mapping[str, Kind]] = {
    "claude-api-key": Kind(WireFormat.ANTHROPIC, "anthropic"),
    "codex-api-key": Kind(WireFormat.OPENAI_RESPONSES, "openai"),
    "gemini-api-key": Kind(WireFormat.GEMINI, "gemini"),
    "xai-api-key": Kind(WireFormat.OPENAI_RESPONSES, "xai"),
}
_STRATEGIES: Final[Mapping[str, str]] = {
    "round-robin": "round-robin",
    "weighted-round-robin": "weighted",
    "fill-first": "priority",
}
_COMPATIBLE: Final = "openai-compatibility"
_WHY: Final[Mapping[str, str]] = {
    "api-keys": "clients get tokens of aimux: aimux env, aimux tokens create",
    "auth-dir": "logins of subscriptions are not taken over: they are their client's own",
    "host": "aimux has an address of its own: server.host",
    "port": "aimux has a port of its own, so that both can run: server.port",
    "remote-management": "aimux is managed from this machine, with a token of its own",
    "vertex-api-key": "Vertex AI is not spoken",
    "interactions-api-key": "this API of Google is not spoken",
    "generative-language-api-key": "write these keys as gemini-api-key first",
    "payload": "requests are not rewritten by rules; see providers.*.quirks",
    "oauth-model-alias": "logins of subscriptions are not taken over",
    "oauth-excluded-models": "logins of subscriptions are not taken over",
    "plugins": "aimux has no plug-ins",
}
_CREDENTIALS: Final = frozenset({"authorization", "cookie", "x-api-key", "x-goog-api-key"})
_TAKEN: Final = frozenset({*_KINDS, _COMPATIBLE, "routing", "proxy-url"})
_ENTRY_TAKEN: Final = frozenset(
    {"api-key", "api-keys", "api-key-entries", "base-url", "name", "headers", "proxy-url", "models",
     "disabled", "priority"}
)  # fmt: skip


def read(path: Path) -> Found:
    """What is in the file.

    Raises:
        Unreadable: it has no keys of CLIProxyAPI.
    """
    config = read_yaml(path)
    found = Found(f"CLIProxyAPI {path.name}")
    proxy = text(config.get("proxy-url"))
    for section, kind in _KINDS.items():
        for number, entry in enumerate(rows(config.get(section))):
            _keyed(f"{section}[{number}]", entry, kind, found, proxy)
    for number, entry in enumerate(rows(config.get(_COMPATIBLE))):
        _compatible(f"{_COMPATIBLE}[{number}]", entry, found, proxy)
    if not found.accounts:
        raise Unreadable(
            f"{str(path)!r} has no keys of CLIProxyAPI",
            hint="logins of subscriptions stand elsewhere and are not taken over",
        )
    _routing(table(config.get("routing")), found)
    for name, value in config.items():
        if name not in _TAKEN and value not in (None, "", False, 0, [], {}):
            found.left(name, _WHY.get(name, "has no counterpart, or its own default does it"))
    return found


# ---------------------------------------------------------------- one entry


def _keyed(place: str, entry: Mapping[str, Any], kind: Kind, found: Found, proxy: str) -> None:
    address = text(entry.get("base-url"))
    settings = settings_for(address, kind.format) if address else {"preset": kind.preset}
    if settings is None:
        found.left(place, "has no address that can be called")
        return
    account = _account(name_for(settings), settings, found)
    _key(entry.get("api-key"), place, account, found)
    _details(place, entry, account, found, proxy)


def _compatible(place: str, entry: Mapping[str, Any], found: Found, proxy: str) -> None:
    settings = settings_for(text(entry.get("base-url")), WireFormat.OPENAI_CHAT)
    if settings is None:
        found.left(place, "has no address that can be called")
        return
    account = _account(text(entry.get("name")) or name_for(settings), settings, found)
    if entry.get("disabled") is True:
        account.settings["enabled"] = False
    for row in rows(entry.get("api-key-entries")):
        _key(row.get("api-key"), place, account, found)
        if text(row.get("proxy-url")):
            found.left(
                f"{place}.api-key-entries", "a proxy belongs to a provider: providers.*.proxy"
            )
    for each in texts(entry.get("api-keys")):
        _key(each, place, account, found)
    _details(place, entry, account, found, proxy)


def _account(name: str, settings: dict[str, Any], found: Found) -> Account:
    """The provider of that address, or another."""
    for each in found.accounts:
        if all(each.settings.get(key) == value for key, value in settings.items()):
            return each
    account = Account(found.free_name(name), settings, needs_key=needs_key(settings))
    found.accounts.append(account)
    return account


def _key(value: object, place: str, account: Account, found: Found) -> None:
    key = key_of(value, f"{place}.api-key", found)
    if key is not None and key not in account.keys:
        account.keys.append(key)


def _details(
    place: str, entry: Mapping[str, Any], account: Account, found: Found, proxy: str
) -> None:
    account.comments.append(place)
    _proxy(place, text(entry.get("proxy-url")) or proxy, account, found)
    headers = {
        str(name): value
        for name, value in table(entry.get("headers")).items()
        if isinstance(value, str) and _may_stand(str(name), value)
    }
    if len(headers) < len(table(entry.get("headers"))):
        found.left(
            f"{place}.headers", "those that hold keys, or are copied from the client's, are not"
        )
    if headers:
        account.settings.setdefault("headers", {}).update(headers)
    _aliases(entry, account, found)
    for name in sorted(set(map(str, entry)) - _ENTRY_TAKEN):
        found.left(f"{place}.{name}", "has no counterpart for a single key")


def _may_stand(name: str, value: str) -> bool:
    """Whether a header may stand in config.toml: nothing that carries a key, or takes the client's."""
    secret = name.lower() in _CREDENTIALS or looks_like_key(value)
    return not secret and not value.startswith("$")


def _proxy(place: str, proxy: str, account: Account, found: Found) -> None:
    if not proxy or proxy in {"direct", "none"} or is_here(account.settings):
        return
    if not usable_proxy(proxy):
        found.left(f"{place}.proxy-url", "only HTTP proxies without a password are used")
    else:
        account.settings["proxy"] = proxy


def _aliases(entry: Mapping[str, Any], account: Account, found: Found) -> None:
    """Models under names of one's own; a name that is given twice is shared in turn."""
    for model in rows(entry.get("models")):
        name, alias = text(model.get("name")), text(model.get("alias"))
        if not name:
            continue
        if context := whole(model.get("max-context-length")):
            account.models.setdefault(name, {})["context"] = context
        public = found.models.setdefault(alias or name, {"targets": []})
        if (target := f"{account.name}/{name}") not in public["targets"]:
            public["targets"].append(target)
        if len(public["targets"]) > 1:
            public["strategy"] = "round-robin"


def _routing(routing: Mapping[str, Any], found: Found) -> None:
    """How keys are chosen: among those of one provider aimux does that by session by itself."""
    found.routing["default"] = [
        f"{each.name}/*" for each in found.accounts if each.settings.get("enabled", True)
    ]
    told = text(routing.get("strategy"))
    if told:
        strategy = _STRATEGIES.get(told)
        if strategy is None:
            found.left("routing.strategy", f"{told!r} is not known")
        else:
            found.routing["strategy"] = strategy
    if "session-affinity" in routing:
        found.routing["sticky"] = "session" if routing["session-affinity"] else "none"
