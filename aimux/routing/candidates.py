"""From a request to the targets that may answer it, in the order of the configuration.

The first that applies holds:

    direct     ``x-aimux-target: provider/model``, or a model name that is itself ``provider/model`` or
               ``provider,model`` and no public name
    route      the first of ``[[routes]]`` whose conditions hold
    public     a name of ``[models.<name>]``
    default    ``routing.default``; where that is empty, every provider in the order of the file, those
               that speak the client's format before those that need a translation

A target becomes a candidate when its provider can be used.  One that speaks the client's format is
relayed to; to any other the request is translated, into the provider's main format.

All of this depends on the configuration, the name, the format and the rule alone, so it is worked out
once for all requests that are alike in these: a :class:`Ladder`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, NamedTuple

from aimux.catalogue.provider import Provider
from aimux.config.schema import Config, Hedge, PublicModel, RouteSettings, RoutingSettings, Strategy
from aimux.errors import NoCandidate, NotTranslatable, UnknownModel
from aimux.model.request import WireFormat
from aimux.routing.budget import Budget, compile_budgets
from aimux.routing.circuits import key_of as circuit_key
from aimux.routing.features import Features
from aimux.routing.fit import Floor
from aimux.routing.permits import Permits
from aimux.routing.plan import Candidate, Moment, Ranked, Refusal, Step, Target
from aimux.routing.quota import keys_of as windows_keys
from aimux.routing.rates import NO_LIMITS
from aimux.routing.rests import key_of_key, key_of_model
from aimux.routing.rules import Rule, compile_rules, first_match
from aimux.routing.state import Key, Watched, watched
from aimux.wire.codec import Mode, Operation

ASKED: Final = "*"
DIRECT: Final = "direct"
DEFAULT: Final = "default"
_LONG_CONTEXT_SUFFIX: Final = "[1m]"
"""Claude Code marks a name so when it wants the large window; no vendor knows the name with it."""

MAX_LADDERS: Final = 1024
"""Different model names are few; a client that makes them up does not fill the memory."""


class Asked(NamedTuple):
    """What of a request decides where it may go, besides the rules."""

    model: str
    format: WireFormat
    target: str | None = None
    """The value of ``x-aimux-target``."""
    translates: bool = True
    """Whether what is wanted can be said in another format; embeddings cannot."""

    @classmethod
    def of(cls, features: Features) -> Asked:
        """What a request asks for."""
        translates = features.operation is not Operation.EMBED
        return cls(features.asked, features.format, features.target, translates)


class Group(NamedTuple):
    """Candidates that stand in a list by the name of a public model, which has a strategy of its own."""

    name: str
    strategy: Strategy
    members: frozenset[Candidate]


@dataclass(frozen=True, slots=True)
class Ladder:
    """The candidates for requests that are alike, in the order of the configuration; at least one.

    ``route`` is the rule's name and ``rule`` its conditions in words.  ``groups`` are ordered among
    themselves where the list as a whole is in order of priority; any other strategy orders all alike.
    """

    asked: Asked
    route: str
    candidates: tuple[Candidate, ...]
    refusals: tuple[Refusal, ...]
    rule: str = ""
    strategy: Strategy = "priority"
    failover_on: tuple[str, ...] = ()
    hedge: Hedge | None = None
    groups: tuple[Group, ...] = ()
    alone: Step | None = None
    """The only step there is, where there is one candidate with one key: nothing to choose."""
    watched: Mapping[tuple[str, str], Watched] = field(default_factory=dict, repr=False)
    """By place, everything in the state that could speak against a candidate: as long as nothing is
    there, it is well, and nobody has to look closer.
    """
    all_watched: Watched = field(default=(), repr=False)
    """The same of all candidates."""
    limited: bool = False
    """Whether a provider has limits of our own."""
    steps: Mapping[tuple[str, str], Sequence[Step]] = field(default_factory=dict, repr=False)
    """By place, each candidate with each of its keys.  They are the steps of all requests for which all is
    well; the probe of a circuit, which is known by being itself, is never one of them.
    """
    ranks: tuple[Ranked, ...] = field(default=(), repr=False)
    """The candidates in the order given, of which nobody has said anything."""
    floor: Floor = Floor()  # noqa: RUF009 -- a NamedTuple
    strategies: frozenset[Strategy] = frozenset({"priority"})
    """All that have a say in the order."""

    def only(self, candidates: tuple[Candidate, ...]) -> Ladder:
        """The same without the other candidates."""
        return replace(
            self,
            candidates=candidates,
            steps={each.place: self.steps[each.place] for each in candidates},
            ranks=tuple(map(Ranked, candidates)),
        )


class _Chosen(NamedTuple):
    """Where the targets come from."""

    route: str
    targets: list[Target]
    settings: RouteSettings | PublicModel | RoutingSettings | None = None
    rule: str = ""


@dataclass(frozen=True, slots=True)
class Routes:
    """One configuration as routing needs it.

    ``problems`` says by name why a provider cannot be used; ``labels`` are those of each provider's
    usable keys, in order.
    """

    config: Config
    providers: Mapping[str, Provider]
    problems: Mapping[str, str]
    labels: Mapping[str, Sequence[str]]
    rules: tuple[Rule, ...]
    generation: int = 0
    permits: Permits = field(default_factory=Permits)
    budgets: tuple[Budget, ...] = ()
    """Those of the configuration and of client tokens."""
    _ladders: dict[tuple[Asked, int | str], Ladder] = field(default_factory=dict, repr=False)

    @classmethod
    def of(  # noqa: PLR0913, PLR0917 -- what a configuration and its keys come to
        cls,
        config: Config,
        providers: Mapping[str, Provider],
        problems: Mapping[str, str],
        labels: Mapping[str, Sequence[str]],
        generation: int = 0,
        home: str = "",
        permits: Permits | None = None,
    ) -> Routes:
        """Compiles the rules of a validated configuration; ``home`` is the folder that ``~`` stands for,
        ``permits`` are those of client tokens.
        """
        permits = permits or Permits()
        return cls(
            config,
            providers,
            problems,
            labels,
            compile_rules(config, home),
            generation,
            permits,
            (*compile_budgets(config, home), *permits.budgets),
        )

    def ladder(self, features: Features, moment: Moment) -> Ladder:
        """The candidates for a request.

        Raises:
            UnknownModel: the request names a target whose provider does not exist.
            NotTranslatable: what is wanted exists in the client's format only, and none of the
                providers speaks it.
            NoCandidate: nobody can be asked; the text says why of each.
        """
        asked = Asked.of(features)
        rule = None
        if self.rules and asked.target is None and self._named(asked.model) is None:
            rule = first_match(self.rules, features, moment)
        key = (asked, -1 if rule is None else rule.index)
        known = self._ladders.get(key)
        if known is None:
            known = self._built(asked, rule)
            self._keep(key, known)
        return known

    def _keep(self, key: tuple[Asked, int | str], ladder: Ladder) -> None:
        if len(self._ladders) < MAX_LADDERS:
            self._ladders[key] = ladder

    def degraded(self, features: Features, budget: Budget) -> Ladder:
        """The candidates for a request whose budget is spent: the budget's own targets, in order.

        Raises:
            NotTranslatable, NoCandidate: as :meth:`ladder`.
        """
        asked = Asked.of(features)._replace(target=None)
        key = (asked, budget.name)
        known = self._ladders.get(key)
        if known is None:
            targets = list(_flat(budget.targets, self.config, set()))
            known = self._made(asked, features.model, _Chosen(f"budget {budget.name}", targets))
            self._keep(key, known)
        return known

    def _named(self, model: str) -> Target | None:
        """The target that a model's name says, unless it is a public name."""
        return None if model in self.config.models else split_target(model, self.providers)

    def _built(self, asked: Asked, rule: Rule | None) -> Ladder:
        model = asked.model
        if model not in self.config.models:
            model = model.removesuffix(_LONG_CONTEXT_SUFFIX)
        return self._made(asked, model, self._chosen(asked.target, model, rule))

    def _made(self, asked: Asked, model: str, chosen: _Chosen) -> Ladder:
        candidates: list[Candidate] = []
        made: dict[Target, Candidate] = {}
        refusals: list[Refusal] = []
        foreign = speaks = False
        for target in chosen.targets:
            provider = self.providers.get(target.provider)
            problem = (
                "there is no such provider"
                if provider is None
                else self.problems.get(provider.name)
            )
            if provider is None or problem:
                speaks = speaks or (provider is not None and asked.format in provider.endpoints)
                refusals.append(Refusal(str(target), problem or ""))
            elif asked.format in provider.endpoints:
                name = model if target.model == ASKED else target.model
                made[target] = Candidate(provider, name, asked.format, Mode.RELAY)
                candidates.append(made[target])
            elif asked.translates:
                name = model if target.model == ASKED else target.model
                main = next(iter(provider.endpoints))
                made[target] = Candidate(provider, name, main, Mode.TRANSLATE)
                candidates.append(made[target])
            else:
                foreign = True
                refusals.append(Refusal(str(target), _foreign(asked.format, provider)))
        if chosen.route == DEFAULT and not self.config.routing.default:
            candidates.sort(key=lambda each: each.mode is Mode.TRANSLATE)
        if not candidates:
            raise _nobody(asked, refusals, foreign=foreign and not speaks)
        settings = chosen.settings
        hedge = (
            None if settings is None or isinstance(settings, RoutingSettings) else settings.hedge
        )
        once = tuple(dict.fromkeys(candidates))
        watching = {each.place: self._watched(each) for each in once}
        strategy: Strategy = "priority" if settings is None else settings.strategy
        groups = self._groups(settings, made)
        return Ladder(
            asked,
            chosen.route,
            once,
            tuple(refusals),
            chosen.rule,
            strategy,
            () if settings is None else settings.failover_on,
            hedge,
            groups,
            self._alone(once),
            {place: watched(keys) for place, keys in watching.items()},
            watched(key for keys in watching.values() for key in keys),
            any(each.provider.limits != NO_LIMITS for each in once),
            {each.place: self.steps_of(each) for each in once},
            tuple(map(Ranked, once)),
            Floor.of(once),
            frozenset((strategy, *(group.strategy for group in groups))),
        )

    def _alone(self, candidates: Sequence[Candidate]) -> Step | None:
        if len(candidates) > 1 or len(steps := self.steps_of(candidates[0])) > 1:
            return None
        return steps[0]

    def _groups(
        self,
        settings: RouteSettings | PublicModel | RoutingSettings | None,
        made: Mapping[Target, Candidate],
    ) -> tuple[Group, ...]:
        """The public models with a strategy of their own in a list that is in order of priority."""
        if settings is None or settings.strategy != "priority":
            return ()
        models = self.config.models
        listed = settings.default if isinstance(settings, RoutingSettings) else settings.targets
        return tuple(
            Group(
                name,
                models[name].strategy,
                frozenset(
                    made[target]
                    for target in _flat(models[name].targets, self.config, {name})
                    if target in made
                ),
            )
            for name in dict.fromkeys(listed)
            if name in models and models[name].strategy != "priority"
        )

    def _watched(self, candidate: Candidate) -> tuple[Key, ...]:
        name, model = candidate.place
        keys = [circuit_key(candidate.place), key_of_model(name, model)]
        for label in self.labels_of(candidate):
            keys += (key_of_key(name, label), *windows_keys(name, label, model))
        return tuple(keys)

    def labels_of(self, candidate: Candidate) -> Sequence[str]:
        """A candidate's keys; one without a name where none is needed."""
        return self.labels.get(candidate.provider.name) or ("",)

    def steps_of(self, candidate: Candidate) -> Sequence[Step]:
        """A candidate with each of its keys."""
        return tuple(Step(candidate, label) for label in self.labels_of(candidate))

    def _chosen(self, named: str | None, model: str, rule: Rule | None) -> _Chosen:
        config, providers = self.config, self.providers
        if named is not None:
            target = split_target(named, providers)
            if target is None:
                raise UnknownModel(
                    f"x-aimux-target {named!r} names no provider of the configuration",
                    hint="it is written provider/model; see aimux providers list",
                )
            return _Chosen(DIRECT, [target])
        direct = self._named(model)
        if direct is not None:
            return _Chosen(DIRECT, [direct])
        if rule is not None:
            targets = list(_flat(rule.settings.targets, config, set()))
            return _Chosen(rule.name, targets, rule.settings, rule.words)
        if model in config.models:
            public = config.models[model]
            return _Chosen(model, list(_flat(public.targets, config, {model})), public)
        default = config.routing.default or tuple(f"{name}/{ASKED}" for name in providers)
        return _Chosen(DEFAULT, list(_flat(default, config, set())), config.routing)


def _foreign(asked: WireFormat, provider: Provider) -> str:
    spoken = ", ".join(provider.endpoints)
    return f"it speaks {spoken}, the request is {asked}, and there is no other way to say it"


def _nobody(
    asked: Asked, refusals: list[Refusal], *, foreign: bool
) -> NotTranslatable | NoCandidate:
    reasons = "; ".join(f"{refusal.target}: {refusal.reason}" for refusal in refusals)
    if foreign:
        return NotTranslatable(
            f"no provider for {asked.model!r} speaks {asked.format} ({reasons})",
            hint=f"add a provider that speaks {asked.format}: aimux providers catalog",
        )
    if not refusals:
        return NoCandidate(
            "no provider is configured", hint="add one: aimux providers add NAME, then aimux reload"
        )
    return NoCandidate(
        f"no provider can be used for {asked.model!r} ({reasons})",
        hint="see aimux status for what each of them lacks",
    )


def _flat(targets: tuple[str, ...], config: Config, seen: set[str]) -> list[Target]:
    """Targets with public models replaced by theirs; a configuration has no cycles of them."""
    flat: list[Target] = []
    for text in targets:
        if text in config.models and text not in seen:
            flat += _flat(config.models[text].targets, config, seen | {text})
            continue
        provider, _, model = text.partition("/")
        flat.append(Target(provider, model or ASKED))
    return list(dict.fromkeys(flat))


def split_target(text: str, providers: Mapping[str, Provider]) -> Target | None:
    """``provider/model`` or ``provider,model`` as a target, or None where it names no provider.

    Model names hold slashes themselves (``hf:zai-org/GLM-5.2``), so only the first one counts.
    """
    for separator in (",", "/"):
        provider, found, model = text.partition(separator)
        model = model.strip().removesuffix(_LONG_CONTEXT_SUFFIX)
        if found and model and provider in providers:
            return Target(provider, model)
    return None
