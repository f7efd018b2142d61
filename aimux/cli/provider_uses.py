"""Where a provider is used in the configuration, and how it is taken out of there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aimux.config.schema import Config

Place = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Use:
    """A place that names a provider.

    ``left`` is the list that remains when its targets are taken out; ``None`` for a place that is no
    list, or that may not become empty: then ``cure`` is what to type first.
    """

    place: Place
    words: str
    left: tuple[str, ...] | None
    cure: str


def uses_of(config: Config, name: str) -> Iterator[Use]:
    """Every place where a provider is used, in the order of the file's sections."""
    default = config.routing.default
    left = _without(default, name)
    if left != default:
        yield Use(("routing", "default"), f"routing.default {_listed(default)}", left, "")
    for model, public in config.models.items():
        yield from _in_targets(("models", model), f"model {model!r}", public.targets, name)
    for index, route in enumerate(config.routes):
        yield from _in_targets(("routes", index), f"route {route.name!r}", route.targets, name)
    for budget, settings in config.budgets.items():
        yield from _in_targets(("budgets", budget), f"budget {budget!r}", settings.targets, name)
        if settings.scope == f"provider:{name}":
            words = f"budget {budget!r} counts what it costs"
            yield Use(("budgets", budget, "scope"), words, None, _unset(("budgets", budget)))


def _in_targets(owner: Place, what: str, targets: tuple[str, ...], name: str) -> Iterator[Use]:
    left = _without(targets, name)
    if left == targets:
        return
    words = f"{what} {_listed(targets)}"
    yield Use((*owner, "targets"), words, left or None, "" if left else _unset(owner))


def _without(targets: tuple[str, ...], name: str) -> tuple[str, ...]:
    return tuple(each for each in targets if each.partition("/")[0] != name)


def _listed(targets: tuple[str, ...]) -> str:
    return "[" + ", ".join(targets) + "]"


def _unset(owner: Place) -> str:
    """What to type where taking the provider out would leave nothing."""
    from aimux.config.keypath import dotted

    return "aimux config edit" if owner[0] == "routes" else f"aimux config unset {dotted(owner)}"
