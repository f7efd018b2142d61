"""Routing as tests ask it: one router on a clock that is a number, requests from a few words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from aimux.catalogue.provider import ModelFacts, PriceFacts, Provider
from aimux.config.schema import Config
from aimux.model.request import WireFormat
from aimux.model.response import Usage
from aimux.routing.candidates import Routes
from aimux.routing.features import Features
from aimux.routing.plan import Moment, Plan, Step
from aimux.routing.planning import plan
from aimux.routing.pursuit import Pursuit
from aimux.routing.router import Router, Spent
from aimux.routing.state import MemoryState
from aimux.routing.verdict import Fault, Signal
from aimux.wire import jsontext
from aimux.wire.codec import Operation
from aimux.wire.estimate import Calibration
from aimux.wire.jsontext import scan
from tests.support.providers import provider

NOW_S = 1_000_000.0
PRICE = PriceFacts(input=3.0, output=15.0, cache_read=0.3, cache_write=3.75)

Failing = Signal | tuple[Signal, float]
"""How an attempt fails, and how long it is told to wait, if it is."""


def middle() -> float:
    """Chance that makes everything as it is meant."""
    return 0.5


def features(
    model: str = "m",
    body: Mapping[str, Any] | None = None,
    *,
    format_: WireFormat = WireFormat.ANTHROPIC,
    session: str = "",
    target: str | None = None,
    clients: tuple[str, ...] = (),
    operation: Operation = Operation.GENERATE,
    headers: Mapping[str, str] | None = None,
) -> Features:
    """A request; ``session`` is that of Claude Code."""
    given = dict(headers or {})
    if session:
        given["x-claude-code-session-id"] = session
    raw = jsontext.dumps({"model": model, **(body or {})})
    return Features(
        scan(raw),
        format_,
        model,
        headers=given,
        clients=clients,
        operation=operation,
        target=target,
    )


def long_body(tokens: int) -> dict[str, Any]:
    """A prompt of about so many tokens."""
    text = "word " * (tokens * 4 // 5)
    return {"messages": [{"role": "user", "content": text}]}


def described(name: str, *, local: bool = False, **facts: Any) -> Provider:
    """A provider that knows its model ``m`` by these facts, with a price if none is given."""
    known = ModelFacts("m", **{"price": PRICE, **facts})
    return replace(provider(name), models={"m": known}, local=local)


class Desk:
    """One router, one configuration, one clock."""

    def __init__(
        self,
        providers: Sequence[Provider],
        settings: Mapping[str, Any] | None = None,
        labels: Mapping[str, Sequence[str]] | None = None,
        problems: Mapping[str, str] | None = None,
    ) -> None:
        self.now_s = NOW_S
        self.busy: dict[str, int] = {}
        self.state = MemoryState()
        self.calibration = Calibration()
        self.router = Router(self.state, self.calibration, lambda name: self.busy.get(name, 0))
        self.routes = Routes.of(
            Config.model_validate(settings or {}),
            {each.name: each for each in providers},
            problems or {},
            labels or {},
            7,
        )

    def plan(self, asked: Features | None = None, **words: Any) -> Plan:
        """The plan for a request, now."""
        moment = Moment(self.now_s, words.pop("minute", 0))
        return plan(self.router, self.routes, asked or features(**words), moment, middle)

    def pursue(self, planned: Plan, *failures: Failing) -> list[str]:
        """Asks as a plan says, and everybody fails, the last way again and again: who was asked, and
        behind ``+`` the seconds that were waited before.  The last pursuit is kept for a look at it.
        """
        self.pursuit = pursuit = Pursuit(planned, self.router, middle)
        asked: list[str] = []
        left = list(failures)
        while attempt := pursuit.next(self.now_s):
            name = _name(attempt.step.candidate.name, attempt.step.label)
            asked.append(f"{name}+{attempt.pause_s:g}" if attempt.pause_s else name)
            self.now_s += attempt.pause_s
            pursuit.failed(fault(left.pop(0) if len(left) > 1 else left[0]), self.now_s)
        return asked

    def fails(self, planned: Plan, step: Step, failing: Failing) -> None:
        """A step of a plan fails now."""
        self.router.failed(planned, step, fault(failing), self.now_s, middle)

    def answers(self, asked: Features, step: Step | None = None, tokens: int = 50_000) -> Plan:
        """A request is planned, and its first step answers (or another one), having read a prompt of so
        many tokens.
        """
        planned = self.plan(asked)
        spent = Spent(Usage(input_tokens=tokens, output_tokens=100), 0.5, 2.0)
        taken = step or (*planned.steps, *planned.resort)[0]
        self.router.answered(taken, planned, asked, spent, self.now_s)
        return planned


def fault(failing: Failing) -> Fault:
    """A failure; its reason is the signal's name."""
    signal, wait_s = failing if isinstance(failing, tuple) else (failing, None)
    return Fault(signal, wait_s, signal.value)


def names(planned: Plan) -> list[str]:
    """The steps of a plan: ``provider/model`` and, behind ``#``, the key; ``|`` before those who rest."""
    steps = [_name(step.candidate.name, step.label) for step in planned.steps]
    resort = [_name(step.candidate.name, step.label) for step in planned.resort]
    return [*steps, *(["|", *resort] if resort else [])]


def _name(candidate: str, label: str) -> str:
    return f"{candidate}#{label}" if label else candidate
