"""Records of exchanges that have ended, for whatever looks at them afterwards."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from aimux.catalogue.provider import ModelFacts, PriceFacts, Provider
from aimux.gateway.record import AttemptRecord, Record
from aimux.model.request import WireFormat
from aimux.model.response import Usage
from aimux.routing.plan import Candidate, Decision, Ranked, Refusal
from aimux.wire.codec import Mode
from tests.support.gateway import provider

STARTED: Final = 1_794_000_000.0
"""2026-11-06T21:20:00Z."""

PRICES: Final = {
    "a": PriceFacts(input=3.0, output=15.0, cache_read=0.3),
    "b": PriceFacts(input=1.0, output=5.0),
}


def candidate(name: str = "a", model: str = "m", mode: Mode = Mode.RELAY) -> Candidate:
    """A candidate of a provider whose price is in PRICES, if it is."""
    made: Provider = replace(
        provider(name, "http://127.0.0.1:1"),
        models={model: ModelFacts(model, price=PRICES.get(name, PriceFacts()))},
    )
    format_ = WireFormat.ANTHROPIC if mode is not Mode.TRANSLATE else WireFormat.OPENAI_CHAT
    return Candidate(made, model, format_, mode)


def decision(*ranks: Ranked, **more: Any) -> Decision:
    """A decision between these."""
    ranks = ranks or (Ranked(candidate()), Ranked(candidate("b")))
    settings: dict[str, Any] = {
        "asked_model": "asked",
        "route": "default",
        "candidates": tuple(each.candidate.name for each in ranks),
        "refusals": (Refusal("c/m", "it has no key"),),
        "rule": "no rule matches",
        "ranks": ranks,
        "order": tuple(each.candidate for each in ranks),
        "session": "s1",
        "generation": 3,
    }
    return Decision(**(settings | more))


def ended(number: int = 1, **more: Any) -> Record:
    """An exchange that was answered at the first attempt, with whatever is to be other."""
    began = 100.0 + number
    record = Record(
        f"ax_{number:020x}",
        began=began,
        started_at=STARTED + number,
        client="claude-code",
        token="default",
        project="/srv/shop",
        format=WireFormat.ANTHROPIC,
        asked_model="asked",
        stream=True,
        decision=decision(),
        attempts=[
            AttemptRecord(
                "a",
                "m",
                "default",
                began + 0.01,
                ended=began + 2.0,
                first_event=began + 0.51,
                status=200,
                outcome="ok",
            )
        ],
        provider="a",
        model="m",
        mode="relay",
        status=200,
        outcome="ok",
        usage=Usage(1000, 200, 600, 0, 50),
        first_event=began + 0.51,
        ended=began + 2.0,
        cost_usd=0.0045,
        cost_source="catalogue",
    )
    for name, value in more.items():
        setattr(record, name, value)
    return record
