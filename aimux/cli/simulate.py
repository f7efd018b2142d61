"""``aimux routes simulate``: what strategies would have made of a day, without asking anybody."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from aimux.cli import output
from aimux.errors import UsageError

if TYPE_CHECKING:
    from aimux.config.schema import Config, Strategy
    from aimux.routing.candidates import Routes
    from aimux.simulator.report import Result
    from aimux.simulator.trace import Trace

FLAG_OFF = False
CONFIGURED = "configured"


def register(routes: typer.Typer) -> None:
    """Adds the command to the group ``routes``."""
    routes.command("simulate")(simulate)


def simulate(  # noqa: PLR0913, PLR0917 -- a flag each
    trace: Annotated[
        Path | None, typer.Argument(metavar="TRACE", help="A trace's file; - is stdin.")
    ] = None,
    scenario: Annotated[
        str | None, typer.Option("--scenario", help="quiet-day, brown-out or dry-plan instead.")
    ] = None,
    config: Annotated[
        Path | None, typer.Option("--config", help="Configuration; else yours, or a scenario's.")
    ] = None,
    strategy: Annotated[
        list[str] | None, typer.Option("--strategy", help="In every route; may be given again.")
    ] = None,
    all_strategies: Annotated[
        bool, typer.Option("--all-strategies", help="Each of them.")
    ] = FLAG_OFF,
    no_affinity: Annotated[
        bool, typer.Option("--no-affinity", help="As with routing.sticky none.")
    ] = FLAG_OFF,
    model: Annotated[
        str | None, typer.Option("--model", help="The model that a scenario asks for.")
    ] = None,
    seed: Annotated[
        int, typer.Option("--seed", help="Of all chance, and of a scenario's requests.", min=0)
    ] = 1,
    show_format: Annotated[
        bool, typer.Option("--format", help="Describe the format of traces, and end.")
    ] = FLAG_OFF,
    show_trace: Annotated[
        bool, typer.Option("--print", help="Print the trace as JSON lines, and end.")
    ] = FLAG_OFF,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = FLAG_OFF,
) -> None:
    """Replay requests in virtual time through the routing itself; nothing is sent.

    A trace is JSON lines. The header says how each target behaves (speed, prices, outages, limits, plans):
    {"aimux_trace": 1, "targets": {"zai/*": {"first_event_s": 0.8}}}.
    Then a request a line: {"at_s": 0, "session": "a", "model": "glm-5", "input_tokens": 14000}.
    --format names every key.

    For each strategy the table has what it gave, and below it the best that anybody could have done
    who knew the future: share of requests answered, seconds to the first event, US dollars, share of the
    prompts read from caches, needless cache losses, attempts for each request.
    """
    from aimux.simulator.report import as_json as in_json
    from aimux.simulator.trace import format_words, lines_of

    if show_format:
        for line in format_words():
            output.data(line)
        return
    if (trace is None) == (scenario is None):
        raise UsageError(
            "a trace or a scenario is needed, and not both",
            hint="aimux routes simulate --scenario brown-out",
        )
    wanted = _strategies(strategy or (), every=all_strategies)
    settings, given = _configuration(config, scenario)
    if no_affinity:
        routing = settings.routing.model_copy(update={"sticky": "none"})
        settings = settings.model_copy(update={"routing": routing})
    world = _trace(trace, scenario, seed, model, _routes(settings) if given else None)
    if show_trace:
        for line in lines_of(world):
            output.data(line)
        return
    results = [_run(world, settings, each, seed) for each in wanted]
    if as_json:
        output.data_json(in_json(world, seed, results))
    else:
        _show(world, seed, results)


# ---------------------------------------------------------------- what is replayed


def _strategies(named: Sequence[str], *, every: bool) -> list[Strategy | None]:
    """The strategies that are asked for; None is what the configuration says."""
    from typing import get_args

    from aimux.cli.configured import meant, shown
    from aimux.config.schema import Strategy

    known = get_args(Strategy)
    for name in named:
        if name not in known:
            hint = meant(name, known) or f"there are {', '.join(known)}"
            raise UsageError(f"there is no strategy {shown(name)}", hint=hint)
    if every:
        return list(known)
    return [each for each in known if each in named] or [None]


def _configuration(path: Path | None, scenario: str | None) -> tuple[Config, bool]:
    """The configuration, and whether it is somebody's own."""
    from aimux.cli.configured import read_configuration
    from aimux.config.load import load_config
    from aimux.simulator.scenarios import demo_configuration

    if path is not None:
        if not path.is_file():
            raise UsageError(f"there is no file {str(path)!r}")
        config = load_config(path).config
    elif scenario is not None:
        return demo_configuration(scenario), False
    else:
        config = read_configuration()[1]
    if not config.providers:
        raise UsageError(
            "the configuration has no providers",
            hint="add some: aimux providers add NAME; or see a scenario: --scenario quiet-day",
        )
    return config, True


def _routes(config: Config) -> Routes:
    """The rules, with every key taken to be there: nothing is read and nobody is asked."""
    from aimux.catalogue.resolve import resolve_providers
    from aimux.daemon.credentials import label_of
    from aimux.routing.candidates import Routes

    providers = resolve_providers(config)
    problems = {name: "it is disabled" for name, each in providers.items() if not each.enabled}
    labels = {name: [label_of(key) for key in each.keys] for name, each in providers.items()}
    return Routes.of(config, providers, problems, labels)


def _trace(
    path: Path | None, scenario: str | None, seed: int, model: str | None, routes: Routes | None
) -> Trace:
    from aimux.simulator import scenarios
    from aimux.simulator.trace import parse_trace

    if scenario is not None:
        return scenarios.scenario(scenario, seed, routes, model)
    if path is None or str(path) == "-":
        return parse_trace(sys.stdin.read(), "stdin")
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as problem:
        raise UsageError(f"{str(path)!r} is no text in UTF-8") from problem
    return parse_trace(text, str(path))


def _run(trace: Trace, config: Config, strategy: Strategy | None, seed: int) -> Result:
    from aimux.simulator.report import result
    from aimux.simulator.run import simulate as replay
    from aimux.simulator.run import with_strategy

    if strategy is not None:
        config = with_strategy(config, strategy)
    return result(strategy or CONFIGURED, trace, replay(trace, _routes(config), seed))


# ---------------------------------------------------------------- what is shown


def _show(trace: Trace, seed: int, results: Sequence[Result]) -> None:
    from aimux.cli.fit import is_wide
    from aimux.simulator.report import HEADINGS, LOST_TOKENS, rows

    output.words(f"{trace.name}: {len(trace.rows):,} requests, seed {seed}")
    narrow = sys.stdout.isatty() and not is_wide()
    shown = [place for place, name in enumerate(HEADINGS) if not (narrow and name == LOST_TOKENS)]
    output.table(
        [HEADINGS[place] for place in shown],
        [[row[place] for place in shown] for row in rows(results)],
    )
    for each in results:
        if each.first_failure:
            output.words(f"{each.strategy}: the first failure was: {each.first_failure}")
        if each.figures.unpriced:
            output.words(
                f"{each.strategy}: answers without a known price, not in COST: {each.figures.unpriced:,}"
            )
