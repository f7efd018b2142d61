"""Everything a request needs to know, frozen: a reload makes another one and swaps it in.

Exchanges in flight keep the one they began with, so that a reload changes nothing under them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from os.path import expanduser

from aimux.catalogue.provider import Provider
from aimux.config.schema import Config
from aimux.errors import VaultError
from aimux.routing.candidates import Routes
from aimux.routing.permits import Permits
from aimux.routing.rules import Rule, compile_match
from aimux.telemetry.redact import Redactor
from aimux.vault.clients import ClientToken
from aimux.vault.secret import Credential


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
    tokens: Mapping[str, ClientToken] = field(default_factory=dict)
    """By name, what the tokens that a person has made permit."""
    tokens_problem: str | None = None
    """Why their file could not be read, in words."""

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

    @cached_property
    def routes(self) -> Routes:
        """The rules of this generation, compiled."""
        return Routes.of(
            self.config,
            self.providers,
            self.problems,
            self.labels,
            self.generation,
            expanduser("~"),  # noqa: PTH111 -- never raises, as Path.home() does without a home
            Permits.of(self.tokens.values()),
        )

    def with_tokens(
        self, own: Mapping[bytes, str], tokens: Iterable[ClientToken], problem: str | None = None
    ) -> Snapshot:
        """The same with other client tokens: aimux's own by their hashes, and those of people."""
        by_name = {each.name: each for each in tokens}
        hashes = {**own, **{each.digest: each.name for each in by_name.values()}}
        return replace(self, client_tokens=hashes, tokens=by_name, tokens_problem=problem)

    @cached_property
    def keeps(self) -> Rule | None:
        """Which exchanges are kept with what is said in them; None where none are."""
        replay = self.config.replay
        return compile_match("replay", replay.match, expanduser("~")) if replay.keep else None  # noqa: PTH111 -- never raises

    @cached_property
    def redactor(self) -> Redactor:
        """Blots this generation's keys out of what vendors say."""
        redactor = Redactor()
        redactor.hide(each.secret for found in self.credentials.values() for each in found)
        return redactor

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
