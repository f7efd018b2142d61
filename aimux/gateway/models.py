"""``GET /v1/models`` and its like: what can be asked for, in the asker's own shape.

Three kinds of names are listed: public models of the configuration; every described model of a usable
provider as ``provider/model``; and the bare names of those whose provider takes any name by default
(``"provider/*"``).  Clients may ask for others: a provider's list is what is known of it, not what it has.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from aimux.catalogue.provider import ModelFacts
from aimux.errors import UnknownModel
from aimux.gateway.snapshot import Snapshot
from aimux.model.request import WireFormat
from aimux.routing.candidates import ASKED

_EPOCH = "1970-01-01T00:00:00Z"
"""When a model was made is not known here; both SDKs want a date."""


@dataclass(frozen=True, slots=True)
class Offer:
    """A name that can be asked for."""

    id: str
    owner: str
    facts: ModelFacts

    @property
    def title(self) -> str:
        """The name to show."""
        return self.facts.display_name or self.id


def offers(snapshot: Snapshot) -> list[Offer]:
    """Every name that can be asked for, the configuration's own first."""
    found = {
        name: Offer(name, "aimux", _facts_of_public(name, snapshot))
        for name in snapshot.config.models
    }
    default = snapshot.config.routing.default
    usable = [each for name, each in snapshot.providers.items() if name not in snapshot.problems]
    for provider in usable:
        any_name = not default or f"{provider.name}/{ASKED}" in default
        for name, facts in provider.models.items():
            if any_name:
                found.setdefault(name, Offer(name, provider.name, facts))
            qualified = f"{provider.name}/{name}"
            found.setdefault(qualified, Offer(qualified, provider.name, facts))
    return list(found.values())


def _facts_of_public(name: str, snapshot: Snapshot) -> ModelFacts:
    """Facts of a public model: those of its first target that is described."""
    for target in snapshot.config.models[name].targets:
        provider, _, model = target.partition("/")
        known = snapshot.providers.get(provider)
        facts = known.described(model) if known else None
        if facts is not None:
            return facts
    return ModelFacts(name)


def listing(found: list[Offer], format_: WireFormat) -> dict[str, Any]:
    """The list as a response body in a format."""
    match format_:
        case WireFormat.ANTHROPIC:
            return {
                "data": [_anthropic(offer) for offer in found],
                "has_more": False,
                "first_id": found[0].id if found else None,
                "last_id": found[-1].id if found else None,
            }
        case WireFormat.GEMINI:
            return {"models": [_gemini(offer) for offer in found]}
        case WireFormat.OPENAI_CHAT | WireFormat.OPENAI_RESPONSES:
            return {"object": "list", "data": [_openai(offer) for offer in found]}


def one(found: list[Offer], name: str, format_: WireFormat) -> dict[str, Any]:
    """One model as a response body in a format.

    Raises:
        UnknownModel: it is not in the list.
    """
    offer = next((offer for offer in found if offer.id == name), None)
    if offer is None:
        raise UnknownModel(f"no model {name!r} is known here", hint="aimux models lists them")
    match format_:
        case WireFormat.ANTHROPIC:
            return _anthropic(offer)
        case WireFormat.GEMINI:
            return _gemini(offer)
        case WireFormat.OPENAI_CHAT | WireFormat.OPENAI_RESPONSES:
            return _openai(offer)


def _anthropic(offer: Offer) -> dict[str, Any]:
    body: dict[str, Any] = {
        "type": "model",
        "id": offer.id,
        "display_name": offer.title,
        "created_at": _EPOCH,
    }
    if offer.facts.context is not None:
        body["max_input_tokens"] = offer.facts.context
    if offer.facts.max_output is not None:
        body["max_tokens"] = offer.facts.max_output
    return body


def _openai(offer: Offer) -> dict[str, Any]:
    return {"id": offer.id, "object": "model", "created": 0, "owned_by": offer.owner}


def _gemini(offer: Offer) -> dict[str, Any]:
    body: dict[str, Any] = {
        "name": f"models/{offer.id}",
        "displayName": offer.title,
        "supportedGenerationMethods": ["generateContent", "countTokens"],
    }
    if offer.facts.context is not None:
        body["inputTokenLimit"] = offer.facts.context
    if offer.facts.max_output is not None:
        body["outputTokenLimit"] = offer.facts.max_output
    return body
