"""Everything a request needs to know, frozen: a reload makes another one and swaps it in.

Exchanges in flight keep the one they began with, so that a reload changes nothing under them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from aimux.catalogue.provider import Provider
from aimux.config.schema import Config
from aimux.errors import VaultError
from aimux.routing.candidates import Asked, plan
from aimux.routing.plan import Plan
from aimux.vault.secret import Credential

MAX_PLANS: Final = 1024
"""Different model names are few; a client that makes them up does not fill the memory."""


@dataclass(frozen=True)
class Snapshot:
    """One generation of the configuration with its keys.

    ``client_tokens`` maps the SHA-256 of a token to the name of its client; ``admin_token`` is the
    SHA-256 of the admin API's token.  A provider without credentials has its reason in
    ``key_problems``, unless it needs none.
    """

    generation: int
    config: Config
    providers: Mapping[str, Provider]
    credentials: Mapping[str, tuple[Credential, ...]] = field(default_factory=dict)
    key_problems: Mapping[str, VaultError] = field(default_factory=dict)
    client_tokens: Mapping[bytes, str] = field(default_factory=dict)
    admin_token: bytes = b""
    _plans: dict[Asked, Plan] = field(default_factory=dict, init=False, repr=False, compare=False)

    @cached_property
    def labels(self) -> Mapping[str, tuple[str, ...]]:
        """The labels of each provider's keys, in order."""
        return {
            name: tuple(credential.label for credential in credentials)
            for name, credentials in self.credentials.items()
        }

    @cached_property
    def problems(self) -> Mapping[str, str]:
        """By name, why a provider cannot be used; those that can are not in it."""
        found = ((name, self.problem_of(each)) for name, each in self.providers.items())
        return {name: problem for name, problem in found if problem is not None}

    def plan(self, asked: Asked) -> Plan:
        """The plan for a request; made once for all requests that ask alike.

        Raises:
            ClientError, NoCandidate: as ``routing.candidates.plan``, each time anew.
        """
        known = self._plans.get(asked)
        if known is None:
            known = plan(asked, self.config, self.providers, self.problems)
            if len(self._plans) < MAX_PLANS:
                self._plans[asked] = known
        return known

    def credential(self, provider: str, label: str) -> Credential | None:
        """A key by its label; None where the label is empty because no key is needed."""
        for credential in self.credentials.get(provider, ()):
            if credential.label == label:
                return credential
        return None

    def problem_of(self, provider: Provider) -> str | None:
        """Why no request can go to a provider, in words; ``None`` when one can."""
        if not provider.enabled:
            return "it is disabled"
        if provider.keys and not self.credentials.get(provider.name):
            problem = self.key_problems.get(provider.name)
            return problem.message if problem else "it has no key"
        return None
