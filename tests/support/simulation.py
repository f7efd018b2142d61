"""Simulations as tests ask for them: small worlds, small loads, and one call."""

from __future__ import annotations

from functools import cache
from typing import Any, Final, Literal

from aimux.catalogue.resolve import resolve_providers
from aimux.config.schema import Config, Strategy
from aimux.routing.candidates import Routes
from aimux.simulator.report import Result, result
from aimux.simulator.run import Run, simulate, with_strategy
from aimux.simulator.scenarios import demo_configuration, scenario
from aimux.simulator.trace import Outage, Row, TargetWorld, Trace

Sticky = Literal["session", "none"]


def routes_of(config: Config) -> Routes:
    """The rules of a configuration whose providers need no keys."""
    return Routes.of(config, resolve_providers(config), {}, {})


def two_plus_one() -> Config:
    """Three providers in the order north, south, west."""
    return demo_configuration("quiet-day")


def configured(config: Config, strategy: Strategy, sticky: Sticky = "session") -> Config:
    """The configuration with one strategy everywhere."""
    changed = with_strategy(config, strategy)
    routing = changed.routing.model_copy(update={"sticky": sticky})
    return changed.model_copy(update={"routing": routing})


@cache
def replayed(
    name: str, strategy: Strategy, sticky: Sticky = "session", seed: int = 1
) -> tuple[Trace, Run, Result]:
    """A scenario under a strategy; each once for all tests of a process."""
    trace = scenario(name, seed)
    config = configured(demo_configuration(name), strategy, sticky)
    run = simulate(trace, routes_of(config), seed)
    return trace, run, result(strategy, trace, run)


def row(session: str = "a", at_s: float | None = 0.0, **more: Any) -> Row:
    """One request for the large model."""
    given = {"model": "claude-sonnet-4-5", "input_tokens": 10_000, **more}
    return Row(session=session, at_s=at_s, **given)


def turns(count: int, session: str = "a", at_s: float = 0.0, **more: Any) -> list[Row]:
    """A conversation that grows by 1,000 tokens a turn."""
    first = more.pop("input_tokens", 10_000)
    return [
        row(
            session,
            None if number else at_s,
            input_tokens=first + 1_000 * number,
            think_s=more.get("think_s", 2.0),
            **{key: value for key, value in more.items() if key != "think_s"},
        )
        for number in range(count)
    ]


def world(rows: list[Row], **targets: TargetWorld) -> Trace:
    """A trace in a world without noise in which all others are well."""
    known = {f"{name}/*": TargetWorld(noise=0) for name in ("plan", "north", "south", "west")}
    known |= {f"{name}/*": target for name, target in targets.items()}
    return Trace(name="test", targets=known, rows=tuple(rows))


WELL: Final = TargetWorld(first_event_s=1.0, per_ktoken_s=0.0, tokens_per_s=100, noise=0)


def well(**more: Any) -> TargetWorld:
    """A target that answers after a second and says 100 tokens in the next, whatever the prompt."""
    return WELL.model_copy(update=more)


def out(kind: str, from_s: float = 0.0, until_s: float = 1e9, **more: Any) -> Outage:
    """An outage, for ever if not said otherwise."""
    return Outage.model_validate({"from_s": from_s, "until_s": until_s, "kind": kind, **more})
