"""Vendors and keys in the dashboard: what can be added, whether it answers, and keys that only go in.

A key comes once, goes into the keyring or the vault, is read back there and compared, and is never told
again to anybody: no address gives it out, not even a part of it.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, NamedTuple

from aiohttp import web

from aimux.admin.answers import Hide, answering, as_json, json_body, to_its_end
from aimux.admin.problems import error_shape
from aimux.admin.shapes import API, ReloadShape
from aimux.catalogue.load import load_catalogue, preset_shape
from aimux.catalogue.provider import Provider
from aimux.catalogue.resolve import resolve_providers
from aimux.config.keypath import dotted
from aimux.config.keyref import KeyReference
from aimux.config.load import Loaded
from aimux.config.paths import Paths
from aimux.config.schema import NAME_PATTERN
from aimux.errors import (
    InvalidRequest,
    KeyMissing,
    KeyRefused,
    KeyringLocked,
    KeyringUnavailable,
    UnknownPath,
    VaultError,
)
from aimux.upstream.check import Checked, checked_shape, free_checks
from aimux.vault.access import Access
from aimux.vault.hygiene import checked_key
from aimux.vault.keylist import with_key
from aimux.vault.secret import Credential, Secret
from aimux.vault.sources import find_keys, given_out
from aimux.vault.store import remove_key, store_key

MOST_BYTES: Final = 64 * 1024

Reload = Callable[[], Awaitable[ReloadShape]]


class Standing(NamedTuple):
    """A provider as it is used now: with its keys, or why it has none."""

    provider: Provider
    credentials: tuple[Credential, ...]
    problem: VaultError | None


class Vendors(NamedTuple):
    """What is asked of the daemon.

    ``load`` reads the configuration as it does, ``reload`` applies it, ``change`` changes it and applies
    that, ``hide`` keeps a key out of its log from now on, ``access`` is how it reaches keys, ``standing``
    finds a provider that it uses.
    """

    paths: Paths
    load: Callable[[], Loaded]
    reload: Reload
    change: Callable[[list[dict[str, object]]], Awaitable[ReloadShape]]
    hide: Callable[[Secret], None]
    access: Callable[[], Access]
    standing: Callable[[str], Standing | None]


class Accounts:
    """The addresses."""

    def __init__(self, vendors: Vendors, hide: Hide) -> None:
        self._of = vendors
        self._hide = hide
        self._turn = asyncio.Lock()

    def register(self, app: web.Application) -> None:
        """Adds the addresses."""
        key = f"{API}/providers/{{name}}/keys/{{label}}"
        app.router.add_get(f"{API}/catalogue", answering(self.catalogue))
        app.router.add_put(key, answering(self.set_key))
        app.router.add_delete(key, answering(self.remove_key))
        app.router.add_post(f"{API}/providers/{{name}}/test", answering(self.check))

    async def catalogue(self, request: web.Request) -> object:  # noqa: ARG002 -- the router's signature
        """Every vendor that aimux knows, and whether it is configured."""
        presets = await asyncio.to_thread(load_catalogue)
        loaded = await asyncio.to_thread(self._of.load)
        added = {each.preset for each in loaded.config.providers.values()}
        return {
            "presets": [
                {**preset_shape(each), "models": len(each.models), "added": each.name in added}
                for each in presets.values()
            ]
        }

    # ------------------------------------------------------------ keys

    async def set_key(self, request: web.Request) -> object:
        """Stores a key, sees to it that the provider uses it, and applies that."""
        value = (await json_body(request, MOST_BYTES)).get("value")
        if not isinstance(value, str):
            raise InvalidRequest("value must be a text", param="value")
        name, label = _named(request.match_info)
        try:
            key = checked_key(value)
        except KeyRefused as refused:
            return as_json(error_shape(refused), 422)
        self._of.hide(key)
        return await to_its_end(self._set_key(name, label, key))

    async def _set_key(self, name: str, label: str, key: Secret) -> object:
        async with self._turn:
            reference, wanted = await asyncio.to_thread(self._stored, name, label, key)
            if wanted is None:
                told = await self._of.reload()
            else:
                setting = dotted(("providers", name, "keys"))
                told = await self._of.change([{"key": setting, "value": wanted}])
        return {"reference": str(reference), "where": reference.scheme, **told}

    def _stored(self, name: str, label: str, key: Secret) -> tuple[KeyReference, list[str] | None]:
        """Where it is now, and what the provider's ``keys`` have to be then, where they are not; in a
        thread.

        Raises:
            UnknownPath: no such provider.
            VaultError: it cannot be kept, or is not what comes out again.
        """
        paths, access = self._of.paths, self._of.access()
        provider = self._configured(name)
        hosts = frozenset(each.host for each in provider.endpoints.values())
        reference = store_key(name, label, key, hosts, paths, access=access)
        found = given_out(reference, find_keys([reference], paths, access)[reference], hosts)
        if found != key:
            raise (
                found
                if isinstance(found, VaultError)
                else KeyMissing(
                    f"what {reference.scheme} gives back is not what was stored",
                    hint=f"aimux keys set {name}",
                )
            )
        wanted = with_key(provider.keys, reference)
        return reference, None if wanted == provider.keys else [str(each) for each in wanted]

    def _configured(self, name: str) -> Provider:
        found = resolve_providers(self._of.load().config).get(name)
        if found is None:
            raise UnknownPath(f"no provider {name!r} is configured", hint="add it first")
        return found

    async def remove_key(self, request: web.Request) -> object:
        """Removes a key from keyring and vault, and applies that."""
        name, label = _named(request.match_info)
        return await to_its_end(self._remove_key(f"{name}/{label}"))

    async def _remove_key(self, name: str) -> object:
        async with self._turn:
            removed = await asyncio.to_thread(self._removed, name)
            told = await self._of.reload()
        return {"removed": removed, **told}

    def _removed(self, name: str) -> list[str]:
        """From where it is gone; in a thread."""
        paths, access = self._of.paths, self._of.access()
        removed = []
        for scheme in ("vault", "keyring"):
            reference = KeyReference(scheme, name)
            try:
                if remove_key(reference, paths, access=access):
                    removed.append(str(reference))
            except KeyringUnavailable:
                pass  # there is no keyring, so nothing is in it
            except KeyringLocked:
                if not removed:
                    raise
        if not removed:
            raise UnknownPath("neither keyring nor vault has a key of that name")
        return removed

    # ------------------------------------------------------------ whether it answers

    async def check(self, request: web.Request) -> object:
        """The free call of ``aimux providers test``; never one that costs."""
        await json_body(request, MOST_BYTES)
        name = request.match_info["name"]
        standing = self._of.standing(name)
        if standing is None:
            raise UnknownPath(
                f"the running daemon has no provider {name[:100]!r}", hint="aimux reload"
            )
        return self._hide(_told(await free_checks(*standing)))


def _told(checks: list[Checked]) -> Mapping[str, Any]:
    """In one line how it went with the first key that answers, else with the first."""
    shapes = [checked_shape(each) for each in checks]
    best = next((each for each in shapes if each["ok"]), shapes[0])
    words = best["message"] or ""
    if best["ok"] and best["latency_ms"] is not None:
        words = f"it answers, after {best['latency_ms']:.0f} ms"
    if best["ok"] and best["models"]:
        words += f", with {best['models']} models"
    if best["hint"]:
        words += f"; {best['hint']}"
    return {
        "ok": all(each["ok"] for each in shapes),
        "words": words,
        "models": best["models"],
        "ms": best["latency_ms"],
        "checks": shapes,
    }


def _named(match: Mapping[str, str]) -> tuple[str, str]:
    name, label = match["name"], match["label"]
    if not all(re.fullmatch(NAME_PATTERN, each) for each in (name, label)):
        raise InvalidRequest("name and label are letters, digits, '.', '_' and '-'")
    return name, label
