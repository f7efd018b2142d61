"""A provider as the rest of aimux sees it: the configuration's words with the catalogue's behind them.

Facts only: where it is, what it speaks, where its keys are kept.  No key and no state is in here, so
that the pure floors may hold one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final, Literal

from aimux.config.keyref import KeyReference
from aimux.model.request import WireFormat

AuthStyle = Literal["bearer", "x-api-key", "x-goog-api-key", "none"]
"""How a provider takes its key: ``authorization: Bearer``, or a header of that name."""

_DATED: Final = re.compile(
    r"(.+)[-@]20\d\d(-?)(?:0[1-9]|1[0-2])\2(?:0[1-9]|[12]\d|3[01])", re.ASCII
)
"""A model's name with the day it was made."""


@dataclass(frozen=True, slots=True)
class PriceFacts:
    """US dollars per million tokens; ``None`` is unknown, never free."""

    input: float | None = None
    output: float | None = None
    cache_read: float | None = None
    cache_write: float | None = None

    @property
    def rates(self) -> tuple[float, float] | None:
        """US dollars per single token that is read anew, and per token of output; None if one is unknown.

        What is read anew is billed as a write to the cache where that has a price.
        """
        fresh, output = self.cache_write or self.input, self.output
        return None if fresh is None or output is None else (fresh / 1e6, output / 1e6)


@dataclass(frozen=True, slots=True)
class PriceTier:
    """Prices that hold instead of the usual ones: above a size of the prompt, at some time of the day, from
    some day on.

    ``above_input`` is a number of prompt tokens, cached ones included.  ``hours`` are minutes of the day
    in UTC, from the first up to the second; where that is the smaller one, over midnight.  ``weekdays``: from
    Monday to Friday in UTC only.  ``from_s`` is a Unix time.
    """

    price: PriceFacts
    above_input: int = 0
    hours: tuple[int, int] | None = None
    weekdays: bool = False
    from_s: float = 0.0


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """What is known of one model at one provider; ``None`` is unknown.

    ``capabilities`` is ``None`` for a model that nobody described: it is taken to have them all.
    ``source`` and ``date`` (YYYY-MM-DD) say where the facts were read; "config.toml" when the user
    wrote them.  ``price_source`` is whose the prices are: "config.toml", or the date of the row that has
    them; empty where there are none.  ``tiers`` are prices for some requests only, of which the last that
    fits holds.  ``note`` is what a person must know besides.
    """

    name: str
    display_name: str | None = None
    context: int | None = None
    max_output: int | None = None
    capabilities: frozenset[str] | None = None
    price: PriceFacts = field(default_factory=PriceFacts)
    source: str = ""
    date: str = ""
    note: str = ""
    price_source: str = ""
    tiers: tuple[PriceTier, ...] = ()


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One address of a provider.

    ``base_url`` follows the vendor's SDK (see the product's page on ``base_url``) and never ends in
    a slash; ``host`` is its host and port, which a key is bound to.
    """

    format: WireFormat
    base_url: str
    host: str
    auth: AuthStyle


@dataclass(frozen=True, slots=True)
class TimeLimits:
    """Seconds.  ``first_event_s`` is ``None`` when it depends on whether the model thinks."""

    connect_s: float = 5.0
    first_event_s: float | None = None
    idle_s: float = 120.0
    total_s: float = 1800.0


@dataclass(frozen=True, slots=True)
class OwnLimits:
    """Our own limits toward a provider; ``None`` is none."""

    requests_per_minute: int | None = None
    tokens_per_minute: int | None = None


CACHE_LIFETIME_S: Final = 300.0
"""Of a prompt cache whose vendor says nothing: Anthropic's and most others' least."""


@dataclass(frozen=True, slots=True)
class Provider:
    """An account somewhere that answers requests."""

    name: str
    preset: str | None
    endpoints: Mapping[WireFormat, Endpoint]
    """By format; the first is the provider's main one."""
    keys: tuple[KeyReference, ...]
    """Where its keys are kept; empty when it takes none."""
    enabled: bool = True
    headers: Mapping[str, str] = field(default_factory=dict)
    proxy: str | None = None
    ca_file: str | None = None
    weight: int = 1
    max_concurrent: int | None = None
    limits: OwnLimits = field(default_factory=OwnLimits)
    cache_lifetime_s: float = CACHE_LIFETIME_S
    """How long its prompt cache lives after its last use."""
    quota_reserve: float | None = None
    """Share of its plan windows kept free; ``None`` is the configuration's general one."""
    quota_url: str | None = None
    """Address that tells its plan's windows and costs nothing, where it is to be asked."""
    local: bool = False
    """Whether its main address is this machine: it needs no network."""
    timeouts: TimeLimits = field(default_factory=TimeLimits)
    quirks: tuple[str, ...] = ()
    models: Mapping[str, ModelFacts] = field(default_factory=dict)
    """Every model that the catalogue or the configuration describes, by its name at the provider."""
    models_url: str | None = None
    """Address of its own list of models, at one of the hosts above; ``None`` where there is none."""

    def model(self, name: str) -> ModelFacts:
        """Facts of a model; for one that nobody described, facts that are all unknown."""
        return self.described(name) or ModelFacts(name)

    def described(self, name: str) -> ModelFacts | None:
        """Facts of a model; None where nobody described it.

        Vendors keep a model under the day it was made as well (``claude-haiku-4-5-20251001``,
        ``gpt-6.1-sol-2026-08-12``), at the same price: one that has no row of its own has that of the name
        without the day.
        """
        facts = self.models.get(name)
        if facts is not None:
            return facts
        dated = _DATED.fullmatch(name)
        facts = self.models.get(dated[1]) if dated else None
        return None if facts is None else replace(facts, name=name)
