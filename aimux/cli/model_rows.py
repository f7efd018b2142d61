"""The models that there are: of providers, public ones, and those that only a provider's list has."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aimux.cli import output

if TYPE_CHECKING:
    from aimux.catalogue.provider import ModelFacts, Provider
    from aimux.config.paths import Paths
    from aimux.config.schema import Config
    from aimux.upstream.models import ModelList


@dataclass(frozen=True, slots=True)
class Row:
    """A model of a provider, or a public model, which has no provider but targets.

    ``seen`` says whether the provider listed it just now; ``None`` when it was not asked.
    """

    provider: str | None
    facts: ModelFacts
    targets: tuple[str, ...] = ()
    seen: bool | None = None

    @property
    def name(self) -> str:
        """What a client or a route writes."""
        return f"{self.provider}/{self.facts.name}" if self.provider else self.facts.name


def model_rows(providers: Mapping[str, Provider], asked: Mapping[str, ModelList]) -> list[Row]:
    """The models that are known, and behind them those that only the provider's list has."""
    rows: list[Row] = []
    for name, provider in providers.items():
        rows += _of_provider(provider, asked.get(name))
    return rows


def _of_provider(provider: Provider, asked: ModelList | None) -> Iterator[Row]:
    listed = asked.models if asked and asked.answer.ok else None
    for facts in provider.models.values():
        yield Row(provider.name, facts, seen=None if listed is None else facts.name in listed)
    for name in listed or ():
        if name not in provider.models:
            yield Row(provider.name, provider.model(name), seen=True)


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
