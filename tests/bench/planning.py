"""What planning costs by itself: an agent's request of 80 KB, ten rules, thirty candidates, in this process.

The tenth rule is the one that holds, so that all are asked, and they ask for everything that has to be
read in a body.  Each candidate has answered before, and the conversation is warm at one of them: the
planning of a gateway that has been at work for a while.  The body is scanned beforehand, as for every
exchange with rules or without.
"""

from __future__ import annotations

import statistics
import time
from typing import Any, Final

from aimux.catalogue.provider import Endpoint, ModelFacts, PriceFacts, Provider
from aimux.cli.bench.answers import MODEL
from aimux.cli.bench.shots import LARGE_BYTES, request_body
from aimux.config.schema import Config
from aimux.model.request import WireFormat
from aimux.model.response import Usage
from aimux.routing.candidates import Routes
from aimux.routing.features import Features
from aimux.routing.plan import Moment, Plan
from aimux.routing.planning import plan
from aimux.routing.router import Router, Spent
from aimux.routing.state import MemoryState
from aimux.wire.estimate import Calibration
from aimux.wire.jsontext import scan

STRATEGIES: Final = ("priority", "adaptive")
PLAIN: Final = "no rules"
CANDIDATES: Final = 30
NOW_S: Final = 1_800_000_000.0

_MATCHES: Final[tuple[dict[str, Any], ...]] = (
    {"model": ["*-small", "*-mini"]},
    {"client": "codex"},
    {"header": {"x-team": "night"}},
    {"project": "/home/*/secret"},
    {"max_output_tokens": 100},
    {"thinking": "high"},
    {"images": True},
    {"tools": ["NotThere"]},
    {"min_input_tokens": 60_000},
    {"subagent": False},
)
_CAPABILITIES: Final = frozenset({"tools", "images", "documents", "web-search", "thinking"})


class Bench:
    """A router that has learned, and a configuration with one strategy, or with nothing at all."""

    def __init__(self, case: str) -> None:
        names = ["only"] if case == PLAIN else [f"p{number}" for number in range(CANDIDATES)]
        providers = {name: _provider(name) for name in names}
        self._router = Router(MemoryState(), Calibration(), lambda name: 2)
        self._routes = Routes.of(_config(case, names), providers, {}, {})
        self._body = request_body(LARGE_BYTES)
        asked = self.features()
        self.made = plan(self._router, self._routes, asked, Moment(NOW_S), lambda: 0.5)
        for place, step in reversed(list(enumerate(self.made.steps))):  # the warm one was the last
            spent = Spent(
                Usage(input_tokens=1_000 if place else 18_000, output_tokens=200), 0.6, 4.0
            )
            made = self.made._replace(mark=None)  # other requests than the measured one
            self._router.answered(step, made, asked, spent, NOW_S)

    def features(self) -> Features:
        """The request, of which nothing has been looked at yet."""
        headers = {"x-claude-code-session-id": "5e5510f0-0000-4000-8000-000000000000"}
        return Features(
            scan(self._body),
            WireFormat.ANTHROPIC,
            MODEL,
            headers=headers,
            clients=("claude-code", "bench"),
        )

    def plan(self, features: Features) -> Plan:
        """One plan, a moment later."""
        return plan(self._router, self._routes, features, Moment(NOW_S + 1), lambda: 0.5)


def _provider(name: str) -> Provider:
    price = PriceFacts(input=3.0, output=15.0, cache_read=0.3, cache_write=3.75)
    facts = ModelFacts(MODEL, context=200_000, capabilities=_CAPABILITIES, price=price)
    endpoint = Endpoint(WireFormat.ANTHROPIC, f"http://{name}.test", f"{name}.test:80", "bearer")
    return Provider(name, None, {WireFormat.ANTHROPIC: endpoint}, (), models={MODEL: facts})


def _config(case: str, names: list[str]) -> Config:
    if case == PLAIN:
        return Config()
    targets = [f"{name}/*" for name in names]
    routes = [
        {"name": f"r{number}", "match": match, "targets": targets, "strategy": case}
        for number, match in enumerate(_MATCHES)
    ]
    return Config.model_validate({"routes": routes})


def planning_times_us(repeats: int) -> dict[str, float]:
    """The median by strategy."""
    return {case: _median_us(Bench(case), repeats) for case in STRATEGIES}


def plain_time_us(repeats: int) -> float:
    """That of a configuration without rules and with one provider."""
    return _median_us(Bench(PLAIN), repeats)


def _median_us(bench: Bench, repeats: int) -> float:
    times = []
    for _ in range(repeats):
        features = bench.features()
        begin = time.perf_counter()
        bench.plan(features)
        times.append((time.perf_counter() - begin) * 1_000_000)
    return statistics.median(times)
