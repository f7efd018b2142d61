"""From the files to a snapshot: configuration, providers, keys.

Two steps, because they fail differently.  ``Sources.load`` is all or nothing: a configuration with a
problem makes no snapshot.  Keys fail one by one: a missing or locked key degrades its provider and
nothing else, and never keeps the daemon from starting.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from aimux.catalogue.listed import read_overlay
from aimux.catalogue.provider import Provider
from aimux.catalogue.resolve import DEMO, resolve_providers
from aimux.config.keyref import KeyReference
from aimux.config.load import Loaded, load_config
from aimux.config.paths import Paths
from aimux.config.schema import Config
from aimux.daemon.aside import aside
from aimux.daemon.credentials import Keys, credentials_of, wanted_keys
from aimux.daemon.demo import DemoSite
from aimux.errors import KeyringLocked, VaultError
from aimux.gateway.snapshot import Snapshot
from aimux.routing.agents import DEFAULT_CLIENT
from aimux.vault.clients import read_clients
from aimux.vault.secret import Credential, Secret
from aimux.vault.sources import read_keys
from aimux.vault.tokens import ensure_token, token_hash

KEYS_LIMIT_S: Final = 3.0
"""For all keyrings together; a locked one may wait for a person for ever."""

KEYS_GIVE_UP_S: Final = 15.0
"""For all keys together; programs named by ``command:`` have a limit of their own below this."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Sources:
    """What a daemon is told at its start, and never again: where, and over which settings."""

    paths: Paths
    environ: Mapping[str, str]
    overrides: Mapping[str, object]

    def load(self) -> Loaded:
        """The configuration as it is now.

        Raises:
            ConfigError: it has problems; all of them are in it.
        """
        return load_config(self.paths.config, environ=self.environ, overrides=self.overrides)


@dataclass(slots=True)
class Builder:
    """Makes snapshots, one generation after the other.

    ``demo`` is where the built-in provider listens, once it does; ``passphrase`` opens the vault,
    once somebody has given it.
    """

    sources: Sources
    demo: DemoSite | None = None
    passphrase: Secret | None = None

    async def build(self, config: Config, previous: Snapshot | None = None) -> Snapshot:
        """The snapshot of a validated configuration, with the keys that can be had now.

        A key that ``previous`` holds is kept when its keyring is locked at the moment.
        """
        paths = self.sources.paths
        client = ensure_token(paths.client_token, "client")
        admin = ensure_token(paths.admin_token, "admin")
        snapshot = Snapshot(
            generation=previous.generation + 1 if previous else 1,
            config=config,
            providers=self._providers(config),
            credentials=previous.credentials if previous else {},
            admin_token=token_hash(admin.reveal()),
            tokens=previous.tokens if previous else {},
        )
        snapshot = self.with_tokens(snapshot, token_hash(client.reveal()))
        return await self._keyed(snapshot, snapshot.providers)

    def with_tokens(self, snapshot: Snapshot, own: bytes | None = None) -> Snapshot:
        """The snapshot with the client tokens as their file has them now; where that is no good, with
        those that hold, and the reason.  ``own`` is the hash of aimux's own token.
        """
        mine = {own: DEFAULT_CLIENT} if own else _own(snapshot)
        try:
            return snapshot.with_tokens(mine, read_clients(self.sources.paths.tokens))
        except VaultError as problem:
            logger.warning("client tokens stay as they were: %s", problem.message)
            return snapshot.with_tokens(mine, snapshot.tokens.values(), problem.message)

    async def completed(self, snapshot: Snapshot) -> Snapshot:
        """The snapshot with the keys that it lacked, as far as they can be had now."""
        lacking = {name: snapshot.providers[name] for name in snapshot.key_problems}
        following = replace(snapshot, generation=snapshot.generation + 1)
        return await self._keyed(following, lacking)

    async def _keyed(self, snapshot: Snapshot, asked: Mapping[str, Provider]) -> Snapshot:
        """The snapshot with keys read anew for the providers asked; others keep what they have."""
        keys = await self._read(wanted_keys(asked.values()))
        credentials = {
            name: held for name, held in snapshot.credentials.items() if name in snapshot.providers
        }
        problems = {n: each for n, each in snapshot.key_problems.items() if n not in asked}
        for name, provider in asked.items():
            found, reason = self._credentials(provider, keys, credentials.pop(name, ()))
            if found:
                credentials[name] = found
            if reason:
                problems[name] = reason
        return replace(snapshot, credentials=credentials, key_problems=problems)

    def _credentials(
        self, provider: Provider, keys: Keys, held: tuple[Credential, ...]
    ) -> tuple[tuple[Credential, ...], VaultError | None]:
        if self.demo and provider.preset == DEMO and provider.enabled:
            return (self.demo.credential(provider),), None
        return credentials_of(provider, keys, held)

    async def _read(self, wanted: Mapping[KeyReference, frozenset[str]]) -> Keys:
        """The keys behind the references; whatever does not answer in time counts as locked."""
        if not wanted:
            return {}
        try:
            return await aside(lambda: self._read_now(wanted), limit_s=KEYS_GIVE_UP_S)
        except TimeoutError:
            logger.warning("reading keys took longer than %g s and was given up", KEYS_GIVE_UP_S)
            reason = KeyringLocked(
                f"the key did not come within {KEYS_GIVE_UP_S:g} s", hint="aimux reload"
            )
            return dict.fromkeys(wanted, reason)

    def _read_now(self, wanted: Mapping[KeyReference, frozenset[str]]) -> Keys:
        return read_keys(
            wanted,
            self.sources.paths,
            limit_s=KEYS_LIMIT_S,
            passphrase=self.passphrase,
            environ=self.sources.environ,
        )

    def _providers(self, config: Config) -> dict[str, Provider]:
        providers = resolve_providers(config, read_overlay(self.sources.paths.listed))
        if self.demo is None:
            return providers
        return {
            name: self.demo.provider(each) if each.preset == DEMO else each
            for name, each in providers.items()
        }


def _own(snapshot: Snapshot) -> dict[bytes, str]:
    """The tokens that nobody has to make."""
    return {
        digest: name for digest, name in snapshot.client_tokens.items() if name == DEFAULT_CLIENT
    }
