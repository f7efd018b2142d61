"""The catalogue that comes with aimux: presets of vendors, and what is known of their models.

``providers.toml`` and ``models.json`` stand beside this module.  Every row says where it was read and
when, and what is not known stays out of it.  "128k" of a vendor's page is read as 128,000: the
smaller of its two meanings never overfills a window.  The rows are checked by the tests, not at run
time: they are part of the program.
"""

from __future__ import annotations

import functools
import json
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from importlib import resources
from types import MappingProxyType
from typing import Any, Final

from aimux.catalogue.provider import (
    CACHE_LIFETIME_S,
    AuthStyle,
    ModelFacts,
    PriceFacts,
    PriceTier,
)
from aimux.model.request import WireFormat

_WEEKDAYS: Final = "mon-fri"
"""How a row says that a price holds on no weekend."""


@dataclass(frozen=True, slots=True)
class Preset:
    """A vendor as the catalogue knows it: what a provider has when its configuration is silent.

    ``source`` and ``date`` (YYYY-MM-DD) say where the row was read; ``notes`` is what a user must
    know before relying on the vendor.
    """

    name: str
    title: str
    endpoints: Mapping[WireFormat, str]
    """Base URLs by format as the vendor's own SDK takes them; the first is the main one."""
    auth: AuthStyle
    """How a key is sent, if there is one; see :meth:`auth_for`."""
    key_env: str | None
    """The variable that the vendor's own documentation uses."""
    needs_key: bool
    quirks: tuple[str, ...]
    """Names out of :func:`load_quirks`."""
    models: Mapping[str, ModelFacts]
    models_url: str | None
    """Address of the list of models, which costs nothing to ask; ``None`` where there is none."""
    website: str
    notes: str
    source: str
    date: str
    auth_of: Mapping[WireFormat, AuthStyle] = field(default_factory=dict)
    """Formats whose auth style is not ``auth``."""
    cache_lifetime_s: float = CACHE_LIFETIME_S
    quota_url: str | None = None
    """Address that tells the windows of a plan and costs nothing; ``None`` where there is none."""

    @property
    def main_format(self) -> WireFormat:
        """The format a request is translated into when the client's own is not spoken there."""
        return next(iter(self.endpoints))

    def auth_for(self, wire_format: WireFormat) -> AuthStyle:
        """How a key is sent in this format."""
        return self.auth_of.get(wire_format, self.auth)


@functools.cache
def load_catalogue() -> Mapping[str, Preset]:
    """Every preset by name, in the order of the file; read once."""
    models = json.loads(_read("models.json"))
    rows = _providers_file()["providers"]
    return MappingProxyType(
        {name: _preset(name, row, models.get(name, {})) for name, row in rows.items()}
    )


def preset_shape(preset: Preset) -> dict[str, Any]:
    """A preset for a program."""
    return {
        "name": preset.name,
        "title": preset.title,
        "formats": dict(preset.endpoints),
        "needs_key": preset.needs_key,
        "key_env": preset.key_env,
        "models": list(preset.models),
        "models_url": preset.models_url,
        "quirks": list(preset.quirks),
        "website": preset.website,
        "notes": preset.notes,
        "source": preset.source,
        "date": preset.date,
    }


def tier_shape(tier: PriceTier) -> dict[str, Any]:
    """Prices that hold for some requests, for a program: as a row has them, and null for what is no
    condition.
    """
    return {
        "above_input": tier.above_input or None,
        "hours": None
        if tier.hours is None
        else [f"{at // 60:02}:{at % 60:02}" for at in tier.hours],
        "days": _WEEKDAYS if tier.weekdays else None,
        "from": None if not tier.from_s else f"{datetime.fromtimestamp(tier.from_s, UTC):%Y-%m-%d}",
        "price": asdict(tier.price),
    }


def load_quirks() -> Mapping[str, str]:
    """What each quirk's name means, in one clause."""
    quirks: dict[str, str] = _providers_file()["quirks"]
    return quirks


@functools.cache
def _providers_file() -> Mapping[str, Any]:
    return tomllib.loads(_read("providers.toml"))


def _read(name: str) -> str:
    return resources.files("aimux.catalogue").joinpath(name).read_text(encoding="utf-8")


def _preset(name: str, row: Mapping[str, Any], models: Mapping[str, Any]) -> Preset:
    return Preset(
        name=name,
        title=row["title"],
        endpoints={WireFormat(key): url for key, url in row["formats"].items()},
        auth=row["auth"],
        key_env=row.get("key_env"),
        needs_key=row["needs_key"],
        quirks=tuple(row["quirks"]),
        models={model: _facts(model, facts) for model, facts in models.items()},
        models_url=row.get("models"),
        website=row.get("website", ""),
        notes=row.get("notes", ""),
        source=row["source"],
        date=row["date"],
        auth_of={WireFormat(key): style for key, style in row.get("auth_of", {}).items()},
        cache_lifetime_s=row.get("cache_lifetime_s", CACHE_LIFETIME_S),
        quota_url=row.get("quota"),
    )


def _facts(name: str, row: Mapping[str, Any]) -> ModelFacts:
    capabilities = row.get("capabilities")
    return ModelFacts(
        name=name,
        display_name=row["name"],
        context=row.get("context"),
        max_output=row.get("max_output"),
        capabilities=None if capabilities is None else frozenset(capabilities),
        price=PriceFacts(**row.get("price", {})),
        source=row["source"],
        date=row["date"],
        note=row.get("note", ""),
        price_source=row["date"] if "price" in row or "tiers" in row else "",
        tiers=tuple(_tier(each, row.get("price", {})) for each in row.get("tiers", ())),
    )


def _tier(row: Mapping[str, Any], usual: Mapping[str, float]) -> PriceTier:
    """``{"above_input": 100000, "price": {...}}``, ``{"from": "2027-01-01", "price": {...}}``,
    ``{"hours": ["06:00", "10:00"], "days": "mon-fri", "price": {...}}``; what the tier does not price costs
    what it usually does.
    """
    hours, day = row.get("hours"), row.get("from")
    return PriceTier(
        PriceFacts(**{**usual, **row["price"]}),
        row.get("above_input", 0),
        None if hours is None else (_minute(hours[0]), _minute(hours[1])),
        row.get("days") == _WEEKDAYS,
        0.0 if day is None else datetime.fromisoformat(f"{day}T00:00+00:00").timestamp(),
    )


def _minute(text: str) -> int:
    hour, _, minute = text.partition(":")
    return int(hour) * 60 + int(minute)
