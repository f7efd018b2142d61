"""``aimux providers test``: whether a provider can be reached and takes its key."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import typer

from aimux.cli import output
from aimux.cli.configured import provider_named, read_configuration
from aimux.cli.fit import fitted
from aimux.cli.provider_keys import held_keys
from aimux.errors import UsageError, VaultError

if TYPE_CHECKING:
    from aimux.catalogue.provider import Provider
    from aimux.upstream.check import Checked
    from aimux.vault.secret import Credential

PROVIDER_FAILED = 5
KEY_MISSING = 4
_HEADINGS: Final = ("PROVIDER", "KEY", "CALL", "RESULT", "MS", "MODELS")
_RESULT: Final = 3
"""The column that gives way in a terminal; the whole of it is told below then."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to test with: ``model`` is for the paid call, whose model is chosen when it is ``None``."""

    paid: bool
    model: str | None
    timeout_s: float


def check_providers(name: str | None, wanted: Wanted, *, as_json: bool) -> None:
    """Asks one provider, or every enabled one, and shows what came of it.

    Raises:
        typer.Exit: 5 when a provider failed, else 4 when a key is missing.
    """
    import asyncio

    from aimux.catalogue.resolve import resolve_provider, resolve_providers

    paths, config = read_configuration()
    if name is None:
        asked = [each for each in resolve_providers(config).values() if each.enabled]
    else:
        asked = [resolve_provider(name, provider_named(config, name))]
    if not asked:
        raise UsageError(
            "no provider is configured and enabled", hint="add one: aimux providers add NAME"
        )
    _check_model(asked, wanted)
    keys = held_keys(asked, paths, run_commands=True)
    credentials = {each.name: [key.found for key in keys[each.name]] for each in asked}
    results = asyncio.run(check_all(asked, credentials, wanted))
    _show(results, as_json=as_json)
    if any(each.answer and not each.answer.ok for each in results):
        raise typer.Exit(PROVIDER_FAILED)
    if any(each.problem for each in results):
        raise typer.Exit(KEY_MISSING)


async def check_all(
    providers: Sequence[Provider],
    keys: dict[str, list[Credential | VaultError | None]],
    wanted: Wanted,
) -> list[Checked]:
    """Every provider at the same time, the keys of one after each other."""
    import asyncio

    each = await asyncio.gather(*(_check(one, keys[one.name], wanted) for one in providers))
    return [result for results in each for result in results]


async def _check(
    provider: Provider, keys: Iterable[Credential | VaultError | None], wanted: Wanted
) -> list[Checked]:
    from aimux.catalogue.resolve import DEMO
    from aimux.upstream.check import Checked, free_check

    if provider.preset == DEMO:
        return [await free_check(provider, None)]
    results = []
    for key, reference in zip(keys, provider.keys, strict=True):
        if isinstance(key, VaultError):
            results.append(Checked(provider.name, str(reference), "", None, key))
        else:
            results += await _calls(provider, key, wanted)
    return results if provider.keys else await _calls(provider, None, wanted)


async def _calls(
    provider: Provider, credential: Credential | None, wanted: Wanted
) -> list[Checked]:
    from aimux.upstream.check import Checked, free_check
    from aimux.upstream.greeting import greet

    free = await free_check(provider, credential, timeout_s=wanted.timeout_s)
    outcome = free.answer.outcome if free.answer else ""
    if not wanted.paid or outcome not in {"ok", "no-list", "not-found"}:
        return [free]
    model = wanted.model or _cheapest(provider)
    answer = await greet(provider, credential, model, timeout_s=wanted.timeout_s)
    paid = Checked(provider.name, free.key, f"one token of {model}", answer)
    return [paid] if outcome != "ok" and answer.ok else [free, paid]


def _check_model(providers: Iterable[Provider], wanted: Wanted) -> None:
    """Refuses a paid call before any call is made, where no model is known for it."""
    unknown = [each.name for each in providers if not each.models]
    if wanted.paid and wanted.model is None and unknown:
        raise UsageError(
            f"no model of {unknown[0]!r} is known to call",
            hint=f"name one: aimux providers test {unknown[0]} --paid --model MODEL",
        )


def _cheapest(provider: Provider) -> str:
    """The model with the lowest known price for output; else the first that is known."""
    prices = {name: facts.price.output for name, facts in provider.models.items()}
    return min(prices, key=lambda name: (prices[name] is None, prices[name] or 0.0))


# ---------------------------------------------------------------- what is shown


def _show(results: Sequence[Checked], *, as_json: bool) -> None:
    if as_json:
        from aimux.upstream.check import checked_shape

        output.data_json([checked_shape(each) for each in results])
        return
    rows = [_row(each) for each in results]
    shown = fitted(_HEADINGS, rows, _RESULT)
    output.table(_HEADINGS, shown)
    for row, cut in zip(rows, shown, strict=True):
        if cut != row:
            output.words(output.printable(f"{row[0]}: {row[_RESULT]}"))
    for each in results:
        problem = each.problem or each.answer
        if problem is not None and problem.hint:
            output.hint(f"{each.provider}: {output.printable(problem.hint)}")


def _row(checked: Checked) -> tuple[str, ...]:
    if checked.answer is None:
        problem = checked.problem.message if checked.problem else ""
        return checked.provider, checked.key, "not made", problem, "", ""
    latency = checked.answer.latency_ms
    return (
        checked.provider,
        checked.key,
        checked.call,
        "ok" if checked.answer.ok else checked.answer.message,
        "" if latency is None else f"{latency:.0f}",
        "" if checked.models is None else str(checked.models),
    )
