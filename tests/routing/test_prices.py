"""Prices by the size of a prompt and by the time of day."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from aimux.catalogue.load import load_catalogue
from aimux.catalogue.provider import ModelFacts, PriceFacts, PriceTier
from aimux.catalogue.resolve import resolve_providers
from aimux.config.schema import Config
from aimux.routing.prices import price_for

USUAL = PriceFacts(1, 2)
LARGE = PriceFacts(3, 4)
CHEAP = PriceFacts(0.5, 1)
MINUTE_S = 60.0
HOUR_S = 3600.0


def facts(*tiers: PriceTier) -> ModelFacts:
    return ModelFacts("m", price=USUAL, tiers=tiers)


@pytest.mark.parametrize(
    ("tokens", "price"),
    [(0, USUAL), (99_999, USUAL), (100_000, USUAL), (100_001, LARGE), (10**9, LARGE)],
)
def test_both_sides_of_a_size(tokens: int, price: PriceFacts) -> None:
    """Above is more than, not from."""
    assert price_for(facts(PriceTier(LARGE, above_input=100_000)), tokens, 0.0) == price


@pytest.mark.parametrize(
    ("hours", "now_s", "price"),
    [
        ((360, 600), 6 * HOUR_S - 1, USUAL),
        ((360, 600), 6 * HOUR_S, CHEAP),
        ((360, 600), 10 * HOUR_S - 1, CHEAP),
        ((360, 600), 10 * HOUR_S, USUAL),
        ((360, 600), 86_400 * 20_000 + 7 * HOUR_S, CHEAP),
        ((990, 30), 16 * HOUR_S + 29 * MINUTE_S, USUAL),  # over midnight
        ((990, 30), 16 * HOUR_S + 30 * MINUTE_S, CHEAP),
        ((990, 30), 29 * MINUTE_S, CHEAP),
        ((990, 30), 30 * MINUTE_S, USUAL),
    ],
)
def test_both_sides_of_an_hour(hours: tuple[int, int], now_s: float, price: PriceFacts) -> None:
    """From the first minute up to the second, in UTC wherever this machine stands."""
    assert price_for(facts(PriceTier(CHEAP, hours=hours)), 1, now_s) == price


@pytest.mark.parametrize(("now_s", "price"), [(999.9, USUAL), (1000.0, LARGE), (1e10, LARGE)])
def test_both_sides_of_a_day(now_s: float, price: PriceFacts) -> None:
    """A price that was told beforehand holds from that moment on."""
    assert price_for(facts(PriceTier(LARGE, from_s=1000.0)), 1, now_s) == price


@pytest.mark.parametrize(
    ("day", "price"),
    [(3, USUAL), (4, LARGE), (5, LARGE), (8, LARGE), (9, USUAL), (10, USUAL), (11, LARGE)],
)
def test_days_of_the_week(day: int, price: PriceFacts) -> None:
    """Of January 1970: the fourth day after the first was a Monday."""
    week = facts(PriceTier(LARGE, weekdays=True))

    assert price_for(week, 1, day * 24 * HOUR_S) == price
    assert price_for(week, 1, (day + 1) * 24 * HOUR_S - 1) == price


@pytest.mark.parametrize(
    ("now", "price"),
    [
        ("2026-11-30T00:59", 0.66), ("2026-11-30T01:00", 1.32), ("2026-11-30T04:00", 0.66),
        ("2026-12-04T09:59", 1.32), ("2026-12-04T10:00", 0.66),
        ("2026-12-05T07:00", 0.66), ("2026-12-06T07:00", 0.66),
    ],
)  # fmt: skip
def test_the_dear_hours_of_deepseek(now: str, price: float) -> None:
    """From Monday to Friday, 01:00 to 04:00 and 06:00 to 10:00 in UTC."""
    pro = load_catalogue()["deepseek"].models["deepseek-v4-pro"]
    now_s = datetime.fromisoformat(f"{now}+00:00").timestamp()

    assert price_for(pro, 1, now_s).input == price


def test_a_price_that_ends_with_the_year() -> None:
    """As the catalogue writes it: through 31 December in UTC."""
    flash = load_catalogue()["gemini"].models["gemini-3.8-flash"]
    new_year_s = 1_798_761_600.0

    assert price_for(flash, 1, new_year_s - 1) == PriceFacts(0.75, 3.75, 0.075)
    assert price_for(flash, 1, new_year_s) == PriceFacts(1.5, 7.5, 0.15)


def test_the_last_tier_that_fits_holds() -> None:
    """Rows are written from the general to the particular."""
    both = facts(PriceTier(CHEAP, hours=(0, 60)), PriceTier(LARGE, above_input=10))

    assert price_for(both, 11, 0.0) == LARGE
    assert price_for(both, 10, 0.0) == CHEAP
    assert price_for(both, 10, HOUR_S) == USUAL


@pytest.mark.parametrize(
    ("preset", "model", "at", "below", "above"),
    [
        ("anthropic", "claude-haiku-5-5", 100_000, 0.1, 0.5),
        ("minimax", "MiniMax-M3", 512_000, 0.3, 0.6),
    ],
)
def test_the_catalogues_tiers(preset: str, model: str, at: int, below: float, above: float) -> None:
    """As their vendors publish them."""
    row = load_catalogue()[preset].models[model]

    assert price_for(row, at, 0.0).input == below
    assert price_for(row, at + 1, 0.0).input == above
    assert row.price_source == row.date


def test_hours_are_read_from_a_row() -> None:
    """What a tier does not price costs what it usually does."""
    from aimux.catalogue.load import _facts

    row = _facts(
        "m",
        {
            "name": "M",
            "price": {"input": 1, "output": 2},
            "tiers": [{"hours": ["16:30", "00:30"], "price": {"input": 0.5}}],
            "source": "s",
            "date": "2026-01-01",
        },
    )

    assert row.tiers == (PriceTier(PriceFacts(0.5, 2), hours=(990, 30)),)


@pytest.mark.parametrize(
    ("model", "source", "large"),
    [
        ({"price": {"input": 7}}, "config.toml", 7),
        ({"context": 5}, "2026-10-07", 0.5),
        (None, "2026-10-07", 0.5),
    ],
)
def test_a_price_of_ones_own_holds_for_all_sizes(
    model: dict[str, Any] | None, source: str, large: float
) -> None:
    """And only a price changes who says the price."""
    models = {} if model is None else {"claude-haiku-5-5": model}
    config = Config.model_validate({"providers": {"a": {"preset": "anthropic", "models": models}}})
    found = resolve_providers(config)["a"].model("claude-haiku-5-5")

    assert found.price_source == source
    assert price_for(found, 200_000, 0.0).input == large
