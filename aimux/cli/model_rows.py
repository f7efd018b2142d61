"""The models that there are: of providers, public ones, and those that only a provider's list has."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from aimux.cli import output
from aimux.errors import UsageError

if TYPE_CHECKING:
    from aimux.catalogue.provider import ModelFacts, Provider
    from aimux.config.paths import Paths
    from aimux.config.schema import Config
    from aimux.upstream.models import ModelList


@dataclass(frozen=True, slots=True)
class Change:
    """What a vendor's list has brought: a model that is ``new`` or ``gone``, or facts that ``changed``."""

    kind: Literal["new", "gone", "changed"]
    words: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """A model of a provider, or a public model, which has no provider but targets.

    ``seen`` says whether the provider listed it just now; ``None`` when it was not asked.
    """

    provider: str | None
    facts: ModelFacts
    targets: tuple[str, ...] = ()
    seen: bool | None = None
    change: Change | None = None

    @property
    def name(self) -> str:
        """What a client or a route writes."""
        return f"{self.provider}/{self.facts.name}" if self.provider else self.facts.name


def model_rows(
    providers: Mapping[str, Provider],
    asked: Mapping[str, ModelList],
    changes: Mapping[str, Change] | None = None,
) -> list[Row]:
    """The models that are known, and behind them those that only the provider's list has."""
    rows: list[Row] = []
    for name, provider in providers.items():
        rows += _of_provider(provider, asked.get(name), changes or {})
    return rows


def _of_provider(
    provider: Provider, asked: ModelList | None, changes: Mapping[str, Change]
) -> Iterator[Row]:
    listed = asked.models if asked and asked.answer.ok else None

    def row(facts: ModelFacts, *, seen: bool | None) -> Row:
        change = changes.get(f"{provider.name}/{facts.name}")
        return Row(provider.name, facts, seen=seen, change=change)

    for facts in provider.models.values():
        yield row(facts, seen=None if listed is None else facts.name in listed)
    for name in listed or ():
        if name not in provider.models:
            yield row(provider.model(name), seen=True)


def keep_lists(
    config: Config,
    providers: Mapping[str, Provider],
    asked: Mapping[str, ModelList],
    paths: Paths,
) -> dict[str, Change]:
    """Keeps what vendors have listed, with its address and today's date; by ``provider/model``, what is
    new, gone or changed against what was known before.  A provider that did not answer keeps its list.

    Raises:
        UsageError: the file cannot be written.
    """
    import datetime as dt

    from aimux.catalogue.listed import ListedModels, read_overlay, write_overlay

    overlay = {
        name: each for name, each in read_overlay(paths.listed).items() if name in config.providers
    }
    date = dt.datetime.now(dt.UTC).date().isoformat()
    changes: dict[str, Change] = {}
    kept = False
    for name, found in asked.items():
        if not found.answer.ok or found.url is None:
            continue
        own = config.providers[name].models
        changes |= _changes(providers[name], found, set(own))
        if found.listed:
            overlay[name] = ListedModels(found.url, date, found.listed)
            kept = True
    if kept:
        try:
            write_overlay(paths.listed, overlay)
        except OSError as problem:
            reason = problem.strerror or problem
            raise UsageError(
                f"the lists cannot be kept in {str(paths.listed)!r}: {reason}"
            ) from problem
    _tell(changes)
    return changes


def _changes(provider: Provider, found: ModelList, own: set[str]) -> dict[str, Change]:
    """``own`` are the models that the configuration describes: what it says of them stays."""
    changes: dict[str, Change] = {}
    for model in found.models:
        known = provider.models.get(model)
        if known is None:
            changes[f"{provider.name}/{model}"] = Change("new")
        elif model in found.listed and model not in own and found.url:
            words = _difference(known, found.listed[model].over(known, found.url, ""))
            if words:
                changes[f"{provider.name}/{model}"] = Change("changed", words)
    for model in provider.models if found.whole else ():
        if model not in found.models:
            changes[f"{provider.name}/{model}"] = Change("gone")
    return changes


def _difference(before: ModelFacts, after: ModelFacts) -> str:
    pairs = [
        ("window", before.context, after.context),
        ("answer", before.max_output, after.max_output),
        ("$ in", before.price.input, after.price.input),
        ("$ out", before.price.output, after.price.output),
        ("$ cache read", before.price.cache_read, after.price.cache_read),
        ("$ cache write", before.price.cache_write, after.price.cache_write),
    ]
    return ", ".join(
        f"{name} {'?' if old is None else f'{old:g}'} -> {new:g}"
        for name, old, new in pairs
        if new is not None and old != new
    )


_MOST_TOLD = 20
"""Changes of a kind that are told one by one; the table has them all."""


def _tell(changes: Mapping[str, Change]) -> None:
    for kind in ("new", "gone", "changed"):
        found = [(name, each) for name, each in changes.items() if each.kind == kind]
        for name, each in found[:_MOST_TOLD]:
            words = f": {each.words}" if each.words else ""
            output.words(output.printable(f"{kind}: {name}{words}"))
        if len(found) > _MOST_TOLD:
            output.words(f"{kind}: {len(found) - _MOST_TOLD} more")


def public_rows(config: Config, rows: Iterable[Row]) -> list[Row]:
    """The public models, with the facts that hold whichever target answers."""
    known = {row.name: row.facts for row in rows}
    return [
        Row(None, _common(name, [known.get(target) for target in public.targets]), public.targets)
        for name, public in config.models.items()
    ]


def _common(name: str, facts: Sequence[ModelFacts | None]) -> ModelFacts:
    """The smallest window and answer, and the abilities that all have; the price depends."""
    from aimux.catalogue.provider import ModelFacts

    windows = [each.context if each else None for each in facts]
    answers = [each.max_output if each else None for each in facts]
    abilities = [each.capabilities if each else None for each in facts]
    known = [each for each in abilities if each is not None]
    return ModelFacts(
        name,
        context=_least(windows),
        max_output=_least(answers),
        capabilities=frozenset.intersection(*known) if len(known) == len(abilities) else None,
    )


def _least(numbers: Sequence[int | None]) -> int | None:
    known = [each for each in numbers if each is not None]
    return min(known) if len(known) == len(numbers) else None


def matches(row: Row, search: str | None) -> bool:
    """Whether a row has the text in its name; every one has no text."""
    if search is None:
        return True
    names = f"{row.name} {row.facts.display_name or ''}".casefold()
    return search.casefold() in names


def asked_lists(providers: Iterable[Provider], paths: Paths) -> dict[str, ModelList]:
    """The lists of the enabled providers, all asked at the same time; failures are told."""
    import asyncio

    from aimux.catalogue.resolve import DEMO
    from aimux.cli.provider_keys import held_keys
    from aimux.upstream.models import list_models
    from aimux.vault.secret import Credential

    enabled = [each for each in providers if each.enabled and each.preset != DEMO]
    keys = held_keys(enabled, paths, run_commands=True)

    async def ask(provider: Provider) -> ModelList:
        found = (key.found for key in keys[provider.name])
        credential = next((key for key in found if isinstance(key, Credential)), None)
        return await list_models(provider, credential)

    async def ask_all() -> list[ModelList]:
        return await asyncio.gather(*map(ask, enabled))

    lists = {each.provider: each for each in asyncio.run(ask_all())}
    for each in lists.values():
        if not each.answer.ok:
            output.warning(f"{each.provider}: {each.answer.message}")
    return lists
