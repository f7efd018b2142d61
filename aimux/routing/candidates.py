"""From the model a client asks for to the candidates that may answer, in order, with every refusal.

A model name leads to targets in this order, the first that applies holds:

    direct     ``x-aimux-target: provider/model``
    public     a name of ``[models.<name>]``
    direct     a name that is itself ``provider/model`` or ``provider,model``
    default    ``routing.default``; where that is empty, every provider in the order of the file, those
               that speak the client's format before those that need a translation

A target becomes a candidate when its provider can be used.  One that speaks the client's format is
relayed to; to any other the request is translated, into the provider's main format.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from aimux.catalogue.provider import Provider
from aimux.config.schema import Config
from aimux.errors import NoCandidate, NotTranslatable, UnknownModel
from aimux.model.request import WireFormat
from aimux.routing.plan import Candidate, Decision, Plan, Refusal, Target
from aimux.wire.codec import Mode

ASKED: Final = "*"
DIRECT: Final = "direct"
DEFAULT: Final = "default"
_LONG_CONTEXT_SUFFIX: Final = "[1m]"
"""Claude Code marks a name so when it wants the large window; no vendor knows the name with it."""


class Asked(NamedTuple):
    """What of a request decides where it may go."""

    model: str
    format: WireFormat
    target: str | None = None
    """The value of ``x-aimux-target``."""
    translates: bool = True
    """Whether what is wanted can be said in another format; embeddings cannot."""


def plan(
    asked: Asked,
    config: Config,
    providers: Mapping[str, Provider],
    problems: Mapping[str, str],
) -> Plan:
    """The plan for a request; ``problems`` says by name why a provider cannot be used.

    Raises:
        UnknownModel: the request names a target whose provider does not exist.
        NotTranslatable: what is wanted exists in the client's format only, and none of the providers
            speaks it.
        NoCandidate: nobody can be asked; the text says why of each.
    """
    model = asked.model
    if model not in config.models:
        model = model.removesuffix(_LONG_CONTEXT_SUFFIX)
    route, targets = _targets(asked.target, model, config, providers)
    candidates: list[Candidate] = []
    refusals: list[Refusal] = []
    foreign = speaks = False
    for target in targets:
        provider = providers.get(target.provider)
        problem = "there is no such provider" if provider is None else problems.get(provider.name)
        if provider is None or problem:
            speaks = speaks or (provider is not None and asked.format in provider.endpoints)
            refusals.append(Refusal(str(target), problem or ""))
        elif asked.format in provider.endpoints:
            name = model if target.model == ASKED else target.model
            candidates.append(Candidate(provider, name, asked.format, Mode.RELAY))
        elif asked.translates:
            name = model if target.model == ASKED else target.model
            main = next(iter(provider.endpoints))
            candidates.append(Candidate(provider, name, main, Mode.TRANSLATE))
        else:
            foreign = True
            refusals.append(Refusal(str(target), _foreign(asked.format, provider)))
    if route == DEFAULT and not config.routing.default:
        candidates.sort(key=lambda each: each.mode is Mode.TRANSLATE)
    if not candidates:
        raise _nobody(asked, refusals, foreign=foreign and not speaks)
    decision = Decision(asked.model, route, tuple(map(str, candidates)), tuple(refusals))
    return Plan(tuple(candidates), decision)


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


def _targets(
    named: str | None, model: str, config: Config, providers: Mapping[str, Provider]
) -> tuple[str, list[Target]]:
    if named is not None:
        target = split_target(named, providers)
        if target is None:
            raise UnknownModel(
                f"x-aimux-target {named!r} names no provider of the configuration",
                hint="it is written provider/model; see aimux providers list",
            )
        return DIRECT, [target]
    if model in config.models:
        return model, list(_flat(config.models[model].targets, config, {model}))
    direct = split_target(model, providers)
    if direct is not None:
        return DIRECT, [direct]
    default = config.routing.default or tuple(f"{name}/{ASKED}" for name in providers)
    return DEFAULT, list(_flat(default, config, set()))


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
