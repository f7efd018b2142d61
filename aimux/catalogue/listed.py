"""What vendors themselves list of their models: kept in a dated file of the state folder.

Only ``aimux models --refresh`` asks and writes it.  It stands between the catalogue and the configuration:
newer than the one, and never over what a person has written in the other.  Rows hold for the address that
they were read from and for no other.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from aimux.catalogue.provider import ModelFacts, PriceFacts
from aimux.config.paths import write_private

VERSION: Final = 1
MAX_BYTES: Final = 16 * 2**20

_PRICES: Final = ("input", "output", "cache_read", "cache_write")

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Listed:
    """A model as its vendor lists it; ``None`` is what the list does not say."""

    context: int | None = None
    max_output: int | None = None
    price: PriceFacts = field(default_factory=PriceFacts)

    def over(self, facts: ModelFacts, url: str, date: str) -> ModelFacts:
        """Facts of the catalogue with what the vendor says now.

        A price that has changed holds for every size and hour: the tiers that were known belonged to
        the one before.
        """
        known = {
            name: value for name in _PRICES if (value := getattr(self.price, name)) is not None
        }
        price = replace(facts.price, **known)
        return replace(
            facts,
            context=facts.context if self.context is None else self.context,
            max_output=facts.max_output if self.max_output is None else self.max_output,
            price=price,
            source=url,
            date=date,
            price_source=date if known else facts.price_source,
            tiers=facts.tiers if price == facts.price else (),
        )


@dataclass(frozen=True, slots=True)
class ListedModels:
    """A vendor's list: where and when (YYYY-MM-DD) it was read, and what it says."""

    url: str
    date: str
    models: Mapping[str, Listed]

    def over(self, known: Mapping[str, ModelFacts]) -> dict[str, ModelFacts]:
        """The catalogue's models with what the vendor says of them, and behind them those that only it
        has.
        """
        models = dict(known)
        for name, row in self.models.items():
            models[name] = row.over(models.get(name) or ModelFacts(name), self.url, self.date)
        return models


Overlay = Mapping[str, ListedModels]
"""By the provider's name in the configuration."""


def read_overlay(path: Path) -> Overlay:
    """The lists in a file; none where there is none, or where it cannot be understood: the catalogue
    holds then, as it did before.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise ValueError("too large")
        whole = json.loads(path.read_bytes())
        if whole["version"] != VERSION:
            return {}
        return {name: _list_of(row) for name, row in whole["providers"].items()}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as problem:
        logger.warning(
            "the lists of models in %s cannot be read and are passed over: %s", path, problem
        )
        return {}


def write_overlay(path: Path, overlay: Overlay) -> None:
    """Replaces the file at once.

    Raises:
        OSError: it cannot be written.
    """
    whole = {
        "version": VERSION,
        "providers": {
            name: {
                "url": each.url,
                "date": each.date,
                "models": {model: _row(row) for model, row in each.models.items()},
            }
            for name, each in overlay.items()
        },
    }
    write_private(path, (json.dumps(whole, indent=1) + "\n").encode())


def _row(listed: Listed) -> dict[str, Any]:
    price = {name: getattr(listed.price, name) for name in _PRICES}
    row = {
        "context": listed.context,
        "max_output": listed.max_output,
        "price": {name: value for name, value in price.items() if value is not None},
    }
    return {name: value for name, value in row.items() if value not in (None, {})}


def _list_of(row: Any) -> ListedModels:
    url, date = row["url"], row["date"]
    if not isinstance(url, str) or not isinstance(date, str):
        raise TypeError("no address or no date")
    return ListedModels(url, date, {name: _listed_of(each) for name, each in row["models"].items()})


def _listed_of(row: Any) -> Listed:
    prices = {name: price(row.get("price", {}).get(name)) for name in _PRICES}
    return Listed(tokens(row.get("context")), tokens(row.get("max_output")), PriceFacts(**prices))


def tokens(value: Any) -> int | None:
    """A number of tokens; None for what is none."""
    whole = isinstance(value, int) and not isinstance(value, bool)
    return value if whole and 0 < value < 10**9 else None


def price(value: Any) -> float | None:
    """US dollars per million tokens; None for what is none."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number and 0 <= value < 1e6 else None
