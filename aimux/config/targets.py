"""What is wrong with targets: ``provider/model``, ``provider/*`` or the name of a public model."""

from __future__ import annotations

from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from typing import Final

from aimux.config.document import Table, array, table, tables, texts
from aimux.config.faults import Fault, closest
from aimux.config.keypath import KeyPath

_FORM: Final = "provider/model, provider/* or a public model's name"


def target_faults(data: Table, presets: frozenset[str]) -> Iterator[Fault]:
    """Targets that lead nowhere, and public models that lead in a circle."""
    providers = frozenset(table(data, "providers"))
    models = frozenset(table(data, "models"))
    for path, target in _targets(data):
        if fault := _target_fault(path, target, providers, models):
            yield _with_preset(fault, target, presets)
    yield from _cycles(data)


def _targets(data: Table) -> Iterator[tuple[KeyPath, str]]:
    for section in ("models", "budgets"):
        for name, entry in tables(data, section):
            for index, target in texts(entry, "targets"):
                yield (section, name, "targets", index), target
    for number, route in array(data, "routes"):
        for index, target in texts(route, "targets"):
            yield ("routes", number, "targets", index), target
    for index, target in texts(table(data, "routing"), "default"):
        yield ("routing", "default", index), target


def _target_fault(
    path: KeyPath, target: str, providers: frozenset[str], models: frozenset[str]
) -> Fault | None:
    if target in models:
        return None
    provider, slash, model = target.partition("/")
    if slash and provider in providers:
        if model.strip() == model != "":
            return None
        return Fault(
            path, f"{target!r} names no model behind the slash", suggestion=f"{provider}/*"
        )
    if slash:
        near = closest(provider, providers)
        better = f"{near}/{model}" if near else closest(target, models)
        return Fault(path, f"no provider is named {provider!r}", suggestion=better)
    return Fault(
        path,
        f"{target!r} is no public model and has no provider before it",
        allowed=_FORM,
        suggestion=_meant(target, providers, models),
    )


def _meant(target: str, providers: frozenset[str], models: frozenset[str]) -> str | None:
    provider, comma, model = target.partition(",")
    if comma and provider in providers:
        return f"{provider}/{model.strip()}"
    return f"{target}/*" if target in providers else closest(target, models)


def _with_preset(fault: Fault, target: str, presets: frozenset[str]) -> Fault:
    """Says how to add a provider that aimux knows and the configuration does not."""
    provider = target.partition("/")[0]
    if fault.suggestion or provider not in presets:
        return fault
    return Fault(fault.path, f"{fault.message}; add it: aimux providers add {provider}")


def _cycles(data: Table) -> Iterator[Fault]:
    """One fault for each circle of public models; its last step is taken as broken from then on."""
    leads_to = {
        name: [target for _, target in texts(entry, "targets")]
        for name, entry in tables(data, "models")
    }
    while cycle := _cycle(leads_to):
        name, target = cycle[-2], cycle[-1]
        index = next(
            i for i, each in texts(table(data, "models")[name], "targets") if each == target
        )
        chain = " -> ".join(cycle)
        yield Fault(("models", name, "targets", index), f"leads back to itself: {chain}")
        leads_to[name] = [each for each in leads_to[name] if each != target]


def _cycle(leads_to: dict[str, list[str]]) -> list[str] | None:
    try:
        TopologicalSorter(leads_to).prepare()
    except CycleError as error:
        return list(reversed(error.args[1]))
    return None
