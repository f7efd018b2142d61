"""Three worlds with names, each with the requests in it; and a configuration for those who have none.

quiet-day   a person and their agents over eight hours; nobody fails
brown-out   an hour and a half with many sessions; for twenty minutes the first provider is half broken:
            slow, then overloaded and full of errors, then slow again
dry-plan    from ten in the morning eight hours on a subscription, whose window of five hours runs dry in
            the afternoon

In a configuration of one's own the first provider of the route is the one that has trouble.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from aimux.config.schema import Config
from aimux.errors import UsageError
from aimux.routing.candidates import Routes
from aimux.routing.plan import Moment
from aimux.simulator.features import features_of
from aimux.simulator.generate import LARGE, SMALL, Workload, generate
from aimux.simulator.trace import MONDAY_S, Outage, PlanWindows, Row, TargetWorld, Trace

SEED: Final = 1
HOUR_S: Final = 3600.0

_CAN: Final = ["tools", "images", "documents", "thinking", "structured-output"]


def _models(large: Mapping[str, float], small: Mapping[str, float]) -> dict[str, Any]:
    return {
        LARGE: {"context": 200_000, "capabilities": _CAN, "price": dict(large)},
        SMALL: {"context": 200_000, "capabilities": _CAN, "price": dict(small)},
    }


def _provider(name: str, format_: str, models: dict[str, Any], **more: Any) -> dict[str, Any]:
    address = f"https://{name}.invalid" + ("" if format_ == "anthropic" else "/v1")
    return {"format": format_, "base_url": address, "keys": [], "models": models, **more}


_FREE: Final = {"input": 0.0, "output": 0.0, "cache_read": 0.0, "cache_write": 0.0}

_PROVIDERS: Final[Mapping[str, dict[str, Any]]] = {
    "plan": _provider("plan", "anthropic", _models(_FREE, _FREE)),
    "north": _provider(
        "north",
        "anthropic",
        _models(
            {"input": 3.0, "output": 15.0, "cache_read": 0.3, "cache_write": 3.75},
            {"input": 1.0, "output": 5.0, "cache_read": 0.1, "cache_write": 1.25},
        ),
    ),
    "south": _provider(
        "south",
        "openai-chat",
        _models(
            {"input": 3.3, "output": 16.5, "cache_read": 0.33},
            {"input": 1.1, "output": 5.5, "cache_read": 0.11},
        ),
    ),
    "west": _provider(
        "west",
        "openai-chat",
        _models(
            {"input": 2.6, "output": 13.0, "cache_read": 0.52},
            {"input": 0.8, "output": 4.0, "cache_read": 0.16},
        ),
    ),
}

_WORLDS: Final = {
    "plan": TargetWorld(first_event_s=1.0, per_ktoken_s=0.05, tokens_per_s=65),
    "north": TargetWorld(first_event_s=0.9, per_ktoken_s=0.045, tokens_per_s=70),
    "south": TargetWorld(first_event_s=1.2, per_ktoken_s=0.05, tokens_per_s=60),
    "west": TargetWorld(first_event_s=2.0, per_ktoken_s=0.09, tokens_per_s=35),
}
_DEFAULT_WORLD: Final = TargetWorld()


def demo_configuration(scenario: str) -> Config:
    """The configuration that a scenario brings."""
    names = ["north", "south", "west"]
    if scenario == "dry-plan":
        names = ["plan", "north", "south"]
    return Config.model_validate(
        {
            "providers": {name: _PROVIDERS[name] for name in names},
            "routing": {"default": [f"{name}/*" for name in names]},
        }
    )


# ---------------------------------------------------------------- the scenarios


def _quiet() -> tuple[Workload, dict[str, Any]]:
    return Workload(), {}


def _brown_out() -> tuple[Workload, dict[str, Any]]:
    load = Workload(sessions=20, hours=1.25, most_turns=45, away=0.01)
    outages = (
        Outage(from_s=2400, until_s=2700, kind="slow", factor=6),
        Outage(from_s=2700, until_s=3420, kind="overloaded", share=0.55),
        Outage(from_s=2700, until_s=3420, kind="error", share=0.5),
        Outage(from_s=3420, until_s=3600, kind="slow", factor=4),
    )
    return load, {"outages": outages}


def _dry_plan() -> tuple[Workload, dict[str, Any]]:
    plan = PlanWindows(tokens_5h=2_400_000, tokens_week=20_000_000)
    return Workload(sessions=14), {"plan": plan}


SCENARIOS: Final[Mapping[str, Callable[[], tuple[Workload, dict[str, Any]]]]] = {
    "quiet-day": _quiet,
    "brown-out": _brown_out,
    "dry-plan": _dry_plan,
}


def scenario(
    name: str, seed: int = SEED, routes: Routes | None = None, model: str | None = None
) -> Trace:
    """The trace of a scenario, for the demo configuration or for ``routes``.

    ``model`` is asked for instead of the usual ones.

    Raises:
        UsageError: there is no such scenario, or the configuration has fewer than two providers for
            what is asked.
    """
    if name not in SCENARIOS:
        raise UsageError(f"there is no scenario {name!r}", hint=f"there are {', '.join(SCENARIOS)}")
    load, trouble = SCENARIOS[name]()
    if model is not None:
        load = load._replace(large=model, small=model)
    if routes is None:
        names: Sequence[str] = tuple(demo_configuration(name).providers)
    else:
        names = _providers_of(routes, load.large)
    targets = {f"{each}/*": _WORLDS.get(each, _DEFAULT_WORLD) for each in names}
    first = f"{names[0]}/*"
    targets[first] = targets[first].model_copy(update=trouble)
    begins_s = MONDAY_S + 2 * HOUR_S if name == "dry-plan" else MONDAY_S
    return Trace(name=name, begins_s=begins_s, targets=targets, rows=generate(load, seed))


def _providers_of(routes: Routes, model: str) -> list[str]:
    """The providers that may be asked for a model, in their order."""
    row = Row(session="s", model=model, input_tokens=2_000, at_s=0.0)
    ladder = routes.ladder(features_of(row), Moment(MONDAY_S))
    names = list(dict.fromkeys(each.provider.name for each in ladder.candidates))
    if len(names) < 2:
        raise UsageError(
            f"the configuration sends {model!r} to {names[0]} alone: a scenario needs two providers",
            hint="say which model with --model, or leave --config out for the demo configuration",
        )
    return names
