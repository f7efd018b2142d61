"""``aimux routes test``: where a request would go, and why; nothing is sent."""

from __future__ import annotations

import time
from collections.abc import Iterator
from os.path import expanduser
from typing import TYPE_CHECKING, Final

from aimux.cli import output
from aimux.cli.route_views import wrapped
from aimux.errors import ClientError, NoCandidate, NotRunning
from aimux.routing.sentences import ORDERS

if TYPE_CHECKING:
    from aimux.admin.shapes import LookedShape, RehearsalShape, TargetShape
    from aimux.catalogue.provider import Provider
    from aimux.config.paths import Paths
    from aimux.routing.rehearsal import Script

_LABEL: Final = 10


def show_test(script: Script, minute: int | None, *, offline: bool, as_json: bool) -> None:
    """Plans a request, by the running daemon if there is one, and shows the plan.

    Raises:
        ConfigError: it had to be planned here, and the configuration has problems.
        typer.Exit: the request would be refused; told as its client would be.
    """
    told = planned(script, minute, offline=offline, as_json=as_json)
    if as_json:
        output.data_json(told)
        return
    for line in screen(told):
        for each in wrapped(output.printable(line), _LABEL):
            output.data(each)


def planned(
    script: Script, minute: int | None = None, *, offline: bool = False, as_json: bool
) -> RehearsalShape:
    """The plan of a request, by the running daemon if there is one.

    Raises:
        ConfigError: it had to be planned here, and the configuration has problems.
        ClientError, NoCandidate: the request would be refused; as its client would be told.
    """
    try:
        return _planned(script, minute, offline=offline)
    except (ClientError, NoCandidate) as problem:
        if not as_json:
            output.words(f"the client would get status {problem.http_status}, {problem.code}:")
        raise


def _planned(script: Script, minute: int | None, *, offline: bool) -> RehearsalShape:
    from aimux.admin.client import AdminClient
    from aimux.admin.rehearsed import script_shape
    from aimux.config.paths import find_paths

    if not offline:
        try:
            client = AdminClient.connect(find_paths())
        except NotRunning:
            pass
        else:
            return client.rehearse(script_shape(script, minute))
    return _planned_here(script, minute)


# ---------------------------------------------------------------- without a daemon


def _planned_here(script: Script, minute: int | None) -> RehearsalShape:
    """The plan that a daemon would make that has just started."""
    from aimux.admin.rehearsed import rehearsal_shape
    from aimux.catalogue.resolve import resolve_providers
    from aimux.cli.configured import read_configuration
    from aimux.routing.candidates import Routes
    from aimux.routing.plan import Moment
    from aimux.routing.rehearsal import rehearse
    from aimux.routing.router import Router
    from aimux.routing.state import MemoryState
    from aimux.wire.estimate import Calibration

    paths, config = read_configuration()
    providers = resolve_providers(config)
    labels, problems = _keys(providers, paths)
    moment = Moment(time.time(), this_minute() if minute is None else minute)
    rehearsal = rehearse(
        Router(MemoryState(), Calibration(), lambda _: 0),
        Routes.of(config, providers, problems, labels, home=expanduser("~")),  # noqa: PTH111 -- never raises
        script,
        moment,
        config.server.max_body_mb * 2**20,
    )
    return rehearsal_shape(rehearsal, live=False)


def _keys(
    providers: dict[str, Provider], paths: Paths
) -> tuple[dict[str, tuple[str, ...]], dict[str, str]]:
    """The labels of each provider's keys, and why providers cannot be used.  A key that a program
    would print counts as there: the program is not run.
    """
    from aimux.catalogue.resolve import DEMO
    from aimux.cli.provider_keys import held_keys
    from aimux.daemon.credentials import label_of
    from aimux.errors import VaultError

    enabled = [each for each in providers.values() if each.enabled and each.preset != DEMO]
    problems = {each.name: "it is disabled" for each in providers.values() if not each.enabled}
    labels: dict[str, tuple[str, ...]] = {}
    for name, keys in held_keys(enabled, paths, run_commands=False).items():
        held = [each for each in keys if not isinstance(each.found, VaultError)]
        labels[name] = tuple(label_of(each.reference) for each in held)
        lacking = next((each.found for each in keys if isinstance(each.found, VaultError)), None)
        if lacking is not None and not held:
            problems[name] = lacking.message
    return labels, problems


def this_minute() -> int:
    """The minute of the week that it is here."""
    now = time.localtime()
    return (now.tm_wday * 24 + now.tm_hour) * 60 + now.tm_min


# ---------------------------------------------------------------- what is shown


def screen(told: RehearsalShape) -> Iterator[str]:
    """The plan in lines; the last one is the gist."""
    yield from _block("request", list(_request(told)))
    yield from _block("rules", list(_rules(told)))
    yield from _block("order", list(_order(told)))
    yield from _block("targets", list(_targets(told)))
    yield from _block(
        "left out", [f"{each['target']}: {each['reason']}" for each in told["left_out"]]
    )
    yield from _block("notes", told["notes"])
    yield ""
    if told["live"]:
        yield (
            f"planned with what the daemon knows now, configuration {told['config_generation']}; "
            "nothing was sent"
        )
    else:
        yield "planned without a daemon: nothing is known of health, plan windows and warm caches"
    yield told["summary"]


def _block(label: str, lines: list[str]) -> Iterator[str]:
    for number, line in enumerate(lines):
        yield f"{label if number == 0 else '':{_LABEL}}{line}"


def _request(told: RehearsalShape) -> Iterator[str]:
    streamed = "streamed" if told["stream"] else "not streamed"
    thinking = {"off": "no thinking", "on": "thinking"}.get(
        told["thinking"], f"thinking {told['thinking']}"
    )
    yield f"{told['asked_model']} in {told['format']}, {streamed}, from {told['client']}"
    has = ", ".join([thinking, *told["has"]])
    yield (
        f"about {told['input_tokens']:,} tokens in and {told['output_tokens']:,} out "
        f"({told['task']}); {has}"
    )
    if told["session"]:
        yield f"session {told['session']}"


def _rules(told: RehearsalShape) -> Iterator[str]:
    rules = told["rules"]
    for number, rule in enumerate(rules, 1):
        yield f"{number}. {rule['name']} {_verdict(rule)}"
    if rules and rules[-1]["matches"]:
        return
    match told["route"]:
        case "direct":
            yield "none is looked at: the request names its target itself"
        case "default":
            yield f"{'none matches' if rules else 'there are none'}: the default holds"
        case name:
            yield f"{'none matches' if rules else 'there are none'}: it is the public model {name}"


def _verdict(rule: LookedShape) -> str:
    if rule["matches"]:
        return f"matches: {rule['conditions']}"
    return f"does not match, for want of: {', '.join(rule['unmet'])}"


def _order(told: RehearsalShape) -> Iterator[str]:
    if len(told["targets"]) > 1:
        likeliest = " (here the likeliest order)" if told["strategy"] == "weighted" else ""
        yield f"{told['strategy']}: {ORDERS[told['strategy']]}{likeliest}"
    if told["failover_on"]:
        yield f"fails over also on {' and '.join(told['failover_on'])}"
    if told["hedge_after_s"] is not None:
        yield f"the next one is asked beside the first after {told['hedge_after_s']:g} s of silence"


def _targets(told: RehearsalShape) -> Iterator[str]:
    for number, each in enumerate(told["targets"], 1):
        key = f", key {each['key']}" if each["key"] else ""
        yield f"{number}. {each['target']}: {each['mode']} to {each['format']}{key}; {cost_words(each)}"
        if each["words"] and told["strategy"] != "cheapest":  # whose words are the price
            yield f"   {each['words']}"
        if each["behind"]:
            yield f"   {'' if each['now'] else 'only when nobody else is left: '}{each['behind']}"
        if each["refusal"]:
            yield f"   passed by: {each['refusal']}"
        if each["dropped"]:
            yield f"   would not cross: {', '.join(each['dropped'])}"


def cost_words(each: TargetShape) -> str:
    """What a request would cost at a target, as far as that is known."""
    from aimux.routing.cost import usd

    cached = f", {each['cached_tokens']:,} tokens cached" if each["cached_tokens"] else ""
    cost = "price unknown" if each["cost_usd"] is None else f"about {usd(each['cost_usd'])}"
    return f"{cost}{cached}"
