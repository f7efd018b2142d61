"""What clients are told of models: which names they may ask for, and who would answer theirs.

Names that go by the rules come first; ``provider/model``, which passes them by, is there to be chosen.
Read from the configuration and the catalogue, without a daemon and without a key: every provider that is
enabled counts as usable.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator, Mapping
from os.path import expanduser

from aimux.catalogue.listed import read_overlay
from aimux.catalogue.provider import ModelFacts, Provider
from aimux.catalogue.resolve import resolve_providers
from aimux.clients.client import Offer
from aimux.config.paths import Paths
from aimux.config.schema import Config
from aimux.errors import AimuxError
from aimux.model.request import WireFormat
from aimux.routing.candidates import ASKED, Routes, split_target
from aimux.routing.plan import Moment
from aimux.routing.rehearsal import Script, rehearse
from aimux.routing.router import Router
from aimux.routing.state import MemoryState
from aimux.wire.estimate import Calibration


def known_providers(config: Config, paths: Paths) -> dict[str, Provider]:
    """The configuration's enabled providers, with what vendors have listed."""
    providers = resolve_providers(config, read_overlay(paths.listed))
    return {name: each for name, each in providers.items() if each.enabled}


def offers(config: Config, providers: Mapping[str, Provider]) -> list[Offer]:
    """Every name that can be asked for and is known: what the configuration puts first comes first."""
    found: dict[str, Offer] = {}
    for name, public in config.models.items():
        found[name] = _public(name, public.targets, providers)
    for target in config.routing.default:
        named = split_target(target, providers)
        if named and named.model != ASKED:
            # without its provider the name goes by the rules, with it straight to the provider
            facts = providers[named.provider].model(named.model)
            found.setdefault(named.model, _offer(named.model, facts))
    for provider in _in_order(config, providers):
        any_name = (
            not config.routing.default or f"{provider.name}/{ASKED}" in config.routing.default
        )
        for name, facts in provider.models.items():
            asked = name if any_name and name not in found else f"{provider.name}/{name}"
            found.setdefault(asked, _offer(asked, facts))
    return list(found.values())


def _in_order(config: Config, providers: Mapping[str, Provider]) -> Iterator[Provider]:
    first = [target.partition("/")[0] for target in config.routing.default]
    names = dict.fromkeys([*first, *providers])
    return (providers[name] for name in names if name in providers)


def _offer(name: str, facts: ModelFacts) -> Offer:
    title = facts.display_name or facts.name
    return Offer(name, title, facts.context, facts.max_output, facts.capabilities)


def _public(name: str, targets: Iterable[str], providers: Mapping[str, Provider]) -> Offer:
    """What holds whichever target answers: the smallest window and answer, the abilities all have."""
    named = [split_target(target, providers) for target in targets]
    facts = [
        providers[each.provider].model(each.model) if each else ModelFacts("") for each in named
    ]
    windows = [each.context for each in facts if each.context]
    answers = [each.max_output for each in facts if each.max_output]
    able = [each.capabilities for each in facts if each.capabilities is not None]
    return Offer(
        name,
        name,
        min(windows) if len(windows) == len(facts) else None,
        min(answers) if len(answers) == len(facts) else None,
        frozenset.intersection(*able) if len(able) == len(facts) else None,
    )


def served(
    config: Config,
    providers: Mapping[str, Provider],
    client: str,
    format_: str,
    asked: Iterable[str],
) -> dict[str, Offer]:
    """By each name that a client asks for of itself, the model that would answer a plain request."""
    labels = dict.fromkeys(providers, ("default",))
    routes = Routes.of(config, providers, {}, labels, home=expanduser("~"))  # noqa: PTH111 -- never raises
    found = {}
    for name in asked:
        if target := _target(routes, client, WireFormat(format_), name):
            provider, model = target
            facts = providers[provider].model(model)
            title = f"{facts.display_name or model} ({provider})"
            found[name] = Offer(
                f"{provider}/{model}", title, facts.context, facts.max_output, facts.capabilities
            )
    return found


def _target(routes: Routes, client: str, format_: WireFormat, model: str) -> tuple[str, str] | None:
    """Provider and model of the first target for a request that says hello; None where there is none."""
    message = {"role": "user", "content": "hello"}
    listed = "input" if format_ is WireFormat.OPENAI_RESPONSES else "messages"
    body = {"model": model, "max_tokens": 1024, listed: [message]}
    router = Router(MemoryState(), Calibration(), lambda _: 0)
    now = time.localtime()
    moment = Moment(time.time(), (now.tm_wday * 24 + now.tm_hour) * 60 + now.tm_min)
    script = Script(json.dumps(body).encode(), format_, client=client)
    try:
        planned = rehearse(router, routes, script, moment, 2**20).plan
    except AimuxError:  # nobody takes it: nothing is known of who answers
        return None
    first = planned.candidates[0]
    return first.provider.name, first.model
