"""The rules of the configuration as sentences and as JSON, for people who want to know where requests go."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from aimux.config.schema import (
    Config,
    Hedge,
    PublicModel,
    RouteSettings,
    RoutingSettings,
    duration_text,
)
from aimux.routing.rules import words_of

ORDERS: Final = {
    "priority": "in this order",
    "weighted": "drawn by lot, by weight",
    "round-robin": "in turn",
    "fastest": "the fastest first",
    "cheapest": "the cheapest first",
    "least-busy": "the least busy first",
    "adaptive": "first whom experience says is best (adaptive)",
}
_ALSO: Final = {
    "context-overflow": "the prompt is too long for one (then one with a larger window)",
    "refusal": "one refuses the request for its content",
}
_INDENT: Final = "   "


def lines_of(config: Config) -> Iterator[str]:
    """All rules in the order in which they are looked at, then the models, then the default."""
    for number, rule in enumerate(config.routes, 1):
        yield f"{number}. {rule.name}: {words_of(rule.match)}"
        yield f"{_INDENT}goes to {_targets(rule.targets, rule.strategy, config)}"
        yield from _besides(rule)
    if config.routes:
        yield ""
    for name, model in config.models.items():
        yield f"model {name}: goes to {_targets(model.targets, model.strategy, config)}"
        yield from _besides(model)
    if config.models:
        yield ""
    yield from _default(config)


def _default(config: Config) -> Iterator[str]:
    routing = config.routing
    what = "every other request" if config.routes or config.models else "every request"
    if routing.default:
        yield f"{what}: goes to {_targets(routing.default, routing.strategy, config)}"
    elif config.providers:
        every = [f"{name}/*" for name in config.providers]
        targets = _targets(every, routing.strategy, config)
        yield f"{what}: goes to {targets}"
        yield f"{_INDENT}those that speak the client's format before the others (routing.default is empty)"
    else:
        yield f"{what}: nobody can be asked"
    yield from _besides(routing)


def _targets(targets: Sequence[str], strategy: str, config: Config) -> str:
    """``a/b, then c/d``, or ``a/b or c/d, the cheapest first``; one target alone has no order."""
    shown = [_named(each, config, alike=strategy != "priority") for each in targets]
    if len(shown) == 1 and targets[0] not in config.models:
        return shown[0]
    if strategy == "priority":
        return ", then ".join(shown)
    return f"{' or '.join(shown)}, {ORDERS[strategy]}"


def _named(target: str, config: Config, *, alike: bool) -> str:
    """A public model with the targets that it stands for, and their order; in a list with a strategy
    all targets are ordered ``alike``, and its own does not hold.
    """
    model = config.models.get(target)
    if model is None:
        return target
    if alike or model.strategy == "priority":
        return f"{target} ({', '.join(model.targets)})"
    return f"{target} ({' or '.join(model.targets)}, {ORDERS[model.strategy]})"


def _besides(settings: RouteSettings | PublicModel | RoutingSettings) -> Iterator[str]:
    """What else is said of the targets."""
    if settings.failover_on:
        reasons = " or ".join(_ALSO[each] for each in settings.failover_on)
        yield f"{_INDENT}the next one is also asked when {reasons}"
    hedge = _hedge(settings)
    if hedge is not None:
        yield (
            f"{_INDENT}the next one is asked beside the first after {duration_text(hedge.after)} "
            f"of silence, for at most {hedge.share * 100:g} % of the requests"
        )


def _hedge(settings: RouteSettings | PublicModel | RoutingSettings) -> Hedge | None:
    return getattr(settings, "hedge", None)


# ---------------------------------------------------------------- JSON


def routes_shape(config: Config) -> dict[str, Any]:
    """The same for a program."""
    routing = config.routing
    default = routing.default or tuple(f"{name}/*" for name in config.providers)
    return {
        "routes": [
            {
                "name": rule.name,
                "conditions": words_of(rule.match),
                "match": rule.match.model_dump(mode="json", exclude_defaults=True),
                **_settings(rule, rule.targets),
            }
            for rule in config.routes
        ],
        "models": [
            {"name": name, **_settings(model, model.targets)}
            for name, model in config.models.items()
        ],
        "default": {
            **_settings(routing, default),
            "own_format_first": not routing.default,
        },
    }


def _settings(
    settings: RouteSettings | PublicModel | RoutingSettings, targets: Sequence[str]
) -> dict[str, Any]:
    hedge = _hedge(settings)
    return {
        "targets": list(targets),
        "strategy": settings.strategy,
        "failover_on": list(settings.failover_on),
        "hedge": None if hedge is None else {"after_s": hedge.after, "share": hedge.share},
    }


def told_routes(config: Config) -> dict[str, Any]:
    """The same with each rule as one sentence, as the dashboard shows it."""
    shape = routes_shape(config)
    routing = config.routing
    for told, rule in zip(shape["routes"], config.routes, strict=True):
        told["sentence"] = f"{words_of(rule.match)}: {_sentence(rule, rule.targets, config)}"
    models = {
        told.pop("name"): {**told, "sentence": _sentence(model, model.targets, config)}
        for told, model in zip(shape["models"], config.models.values(), strict=True)
    }
    default = shape["default"]
    return {
        "routes": shape["routes"],
        "models": models,
        "default": default["targets"],
        "default_sentence": "; ".join(line.strip() for line in _default(config)),
        "strategy": routing.strategy,
        "own_format_first": default["own_format_first"],
    }


def _sentence(
    settings: RouteSettings | PublicModel | RoutingSettings, targets: Sequence[str], config: Config
) -> str:
    goes = f"goes to {_targets(targets, settings.strategy, config)}"
    return "; ".join((goes, *(line.strip() for line in _besides(settings))))
