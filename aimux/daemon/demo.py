"""The built-in demo provider, opened when the configuration first asks for it.

It stays open until the daemon ends: requests in flight may still be talking to it when a reload has
taken it out of the configuration.  Its address and its key are made at its start, so they are put
into the snapshot here, over what the catalogue says.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from aimux.catalogue.provider import Endpoint, Provider
from aimux.catalogue.resolve import DEMO, endpoint_host
from aimux.config.keyref import KeyReference
from aimux.config.schema import Config
from aimux.upstream.demo import DemoServer
from aimux.vault.secret import Credential, Secret


@dataclass(frozen=True, slots=True)
class DemoSite:
    """Where the demo provider listens, and the key it takes."""

    url: str
    key: Secret

    def provider(self, provider: Provider) -> Provider:
        """The provider, at the address where it really listens."""
        moved = {each: self._moved(endpoint) for each, endpoint in provider.endpoints.items()}
        return replace(provider, endpoints=moved)

    def credential(self, provider: Provider) -> Credential:
        """Its key, which goes nowhere else."""
        hosts = frozenset({endpoint_host(self.url)})
        return Credential(provider.name, DEMO, KeyReference("env", DEMO), self.key, hosts)

    def _moved(self, endpoint: Endpoint) -> Endpoint:
        base_url = self.url + urlsplit(endpoint.base_url).path.rstrip("/")
        return replace(endpoint, base_url=base_url, host=endpoint_host(self.url))


def wants_demo(config: Config) -> bool:
    """Whether an enabled provider is the built-in one."""
    return any(each.enabled and each.preset == DEMO for each in config.providers.values())


class DemoProvider:
    """At most one demo server."""

    def __init__(self) -> None:
        self._server: DemoServer | None = None
        self._site: DemoSite | None = None

    async def site_for(self, config: Config) -> DemoSite | None:
        """Where it listens, opened now if the configuration wants it; None as long as none did."""
        if self._site is None and wants_demo(config):
            self._server = DemoServer()
            self._site = DemoSite(await self._server.start(), self._server.key)
        return self._site

    async def close(self) -> None:
        """Closes it, if it was ever opened."""
        if self._server is not None:
            await self._server.close()
