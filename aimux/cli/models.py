"""``aimux models``: what the configured providers offer, what it can do and what it costs."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from aimux.cli import output
from aimux.cli.configured import provider_named, read_configuration, tell_daemon
from aimux.cli.fit import fitted, shortened
from aimux.cli.model_rows import (
    Change,
    Row,
    asked_lists,
    keep_lists,
    matches,
    model_rows,
    public_rows,
)

if TYPE_CHECKING:
    from aimux.catalogue.provider import ModelFacts, PriceFacts

UNKNOWN: Final = "?"
FLAG_OFF = False
_HEADINGS: Final = ("MODEL", "WINDOW", "ANSWER", "$ IN", "$ OUT", "CAN")
_SHORT: Final = {"structured-output": "schema", "web-search": "web", "documents": "docs"}
PROVIDER_FAILED: Final = 5
_ROOM_FOR_TARGETS: Final = 20
"""So that they do not take the room of every model's name."""

_ROOM_FOR_ABILITIES: Final = 10
_ROOM_FOR_NAMES: Final = 30
"""A name is what one types: it is cut last, and little."""


def register(app: typer.Typer) -> None:
    """Adds the commands of this module."""
    app.command("models")(models)


def models(
    provider: Annotated[str | None, typer.Option("--provider", help="Of this one alone.")] = None,
    search: Annotated[str | None, typer.Option("--search", help="With this in the name.")] = None,
    refresh: Annotated[
        bool, typer.Option("--refresh", help="Ask the providers for their own lists; free.")
    ] = FLAG_OFF,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print JSON, with source and date.")
    ] = FLAG_OFF,
) -> None:
    """List the models: window and longest answer in tokens, dollars per million tokens, abilities.

    A question mark is unknown, not zero. Prices are the catalogue's or your own; where they depend on the
    prompt's size or on the time, the least and the most are shown, and all under --json.
    """
    from aimux.catalogue.listed import read_overlay
    from aimux.catalogue.resolve import resolve_providers

    paths, config = read_configuration()
    providers = resolve_providers(config, read_overlay(paths.listed))
    if provider is not None:
        provider_named(config, provider)
        providers = {provider: providers[provider]}
    asked = asked_lists(providers.values(), paths) if refresh else {}
    changes: dict[str, Change] = {}
    if refresh:
        changes = keep_lists(config, providers, asked, paths)
        fresh = resolve_providers(config, read_overlay(paths.listed))
        providers = {name: fresh[name] for name in providers}
    rows = model_rows(providers, asked, changes)
    if provider is None:
        rows = [*public_rows(config, rows), *rows]
    rows = [row for row in rows if matches(row, search)]
    _show(rows, configured=bool(config.providers), as_json=as_json, refreshed=refresh)
    if changes:
        tell_daemon(paths, reload=False)
    if asked and not any(each.answer.ok for each in asked.values()):
        raise typer.Exit(PROVIDER_FAILED)


# ---------------------------------------------------------------- what is shown


def _show(rows: Sequence[Row], *, configured: bool, as_json: bool, refreshed: bool) -> None:
    if as_json:
        output.data_json([_json(row) for row in rows])
    elif rows:
        _table(rows, refreshed=refreshed)
    elif configured:
        output.words("no model matches")
        output.hint("what the providers themselves have: aimux models --refresh")
    else:
        output.words("no provider is configured, so there are no models")
        output.hint("see which there are: aimux providers catalog; then: aimux providers add NAME")


def _table(rows: Sequence[Row], *, refreshed: bool) -> None:
    in_pipe = not sys.stdout.isatty()
    cells = [_exact_cells(row) if in_pipe else _short_cells(row) for row in rows]
    headings: tuple[str, ...] = _HEADINGS
    if refreshed:
        headings = (*headings, "LISTED")
        cells = [(*each, _seen(row)) for each, row in zip(cells, rows, strict=True)]
    cells = fitted(headings, cells, _HEADINGS.index("CAN"), _ROOM_FOR_ABILITIES, at_end=True)
    output.table(headings, fitted(headings, cells, 0, _ROOM_FOR_NAMES))


def _exact_cells(row: Row) -> tuple[str, ...]:
    facts = row.facts
    abilities = UNKNOWN if facts.capabilities is None else ",".join(sorted(facts.capabilities))
    return (
        row.name,
        _count(facts.context),
        _count(facts.max_output),
        _dollars(facts.price.input),
        _dollars(facts.price.output),
        "-> " + ",".join(row.targets) if row.targets else abilities,
    )


def _short_cells(row: Row) -> tuple[str, ...]:
    facts = row.facts
    return (
        row.name,
        _tokens(facts.context),
        _tokens(facts.max_output),
        _range(facts, lambda price: price.input),
        _range(facts, lambda price: price.output),
        shortened("-> " + ", ".join(row.targets), _ROOM_FOR_TARGETS)
        if row.targets
        else _abilities(facts.capabilities),
    )


def _count(number: int | None) -> str:
    return UNKNOWN if number is None else str(number)


def _dollars(price: float | None) -> str:
    return UNKNOWN if price is None else f"{price:g}"


def _range(facts: ModelFacts, read: Callable[[PriceFacts], float | None]) -> str:
    """The least and the most that it may cost, by the prompt's size and the time."""
    every = [read(price) for price in (facts.price, *(tier.price for tier in facts.tiers))]
    told = [price for price in every if price is not None]
    least, most = min(told, default=None), max(told, default=None)
    return _dollars(least) if least == most else f"{_dollars(least)}-{_dollars(most)}"


def _tokens(count: int | None) -> str:
    if count is None:
        return UNKNOWN
    if count >= 1_000_000:
        return f"{count / 1e6:.2f}".rstrip("0").rstrip(".") + "M"
    return f"{count // 1000}k" if count >= 1000 else str(count)


def _abilities(capabilities: frozenset[str] | None) -> str:
    from typing import get_args

    from aimux.config.schema import Capability

    every = get_args(Capability)
    if capabilities is None:
        return UNKNOWN
    able, unable = (
        " ".join(_SHORT.get(each, each) for each in every if (each in capabilities) is has)
        for has in (True, False)
    )
    if not unable:
        return "all"
    return min(able or "none", f"all but {unable}", key=len)


def _seen(row: Row) -> str:
    return {True: "yes", False: "no", None: "" if row.targets else UNKNOWN}[row.seen]


def _json(row: Row) -> dict[str, Any]:
    from aimux.catalogue.load import tier_shape

    facts = row.facts
    return {
        "name": row.name,
        "provider": row.provider,
        "model": facts.name,
        "display_name": facts.display_name,
        "targets": list(row.targets),
        "context": facts.context,
        "max_output": facts.max_output,
        "capabilities": None if facts.capabilities is None else sorted(facts.capabilities),
        "price": asdict(facts.price),
        "price_tiers": [tier_shape(each) for each in facts.tiers],
        "listed": row.seen,
        "change": None if row.change is None else row.change.kind,
        "note": facts.note or None,
        "source": facts.source or None,
        "date": facts.date or None,
    }
