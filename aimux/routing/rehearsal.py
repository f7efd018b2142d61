"""A request that is planned and not sent: what ``aimux routes test`` asks.

The same code plans as for a real request, over a copy of what is remembered: no half-open circuit is
probed, no turn is taken, nothing is learned, and the look for a network is left to those who need it.
Chance is the middle one, so that asking twice gives the same answer.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from aimux.errors import InvalidRequest, TooLarge
from aimux.model.loss import Loss
from aimux.model.request import WireFormat
from aimux.routing.agents import AGENTS, DEFAULT_CLIENT, agent_named
from aimux.routing.candidates import Routes, split_target
from aimux.routing.features import Features
from aimux.routing.plan import Candidate, Moment, Plan
from aimux.routing.planning import plan
from aimux.routing.router import Router
from aimux.routing.state import MemoryState
from aimux.wire.codec import Mode
from aimux.wire.inquiry import Inquiry, named_model, wants_stream
from aimux.wire.jsontext import Document, scan
from aimux.wire.transcode import Transcoder

MOST_WRITTEN: Final = 8
"""Targets for which the request is written as it would be sent; more are never asked."""


@dataclass(frozen=True, slots=True)
class Script:
    """A request as it would arrive: its bytes, and what HTTP would say of it.

    ``model`` and ``stream`` stand in the address of Gemini's requests; for the others they are read in
    the body unless they are given.  ``headers`` have lower-case names.  ``client`` is an agent's or a
    token's name; without one it is whoever ``user-agent`` names.
    """

    raw: bytes
    format: WireFormat
    model: str | None = None
    stream: bool | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    client: str | None = None

    @property
    def clients(self) -> tuple[str, str]:
        """The agent's name and the token's, as the gateway would know them."""
        agent = agent_named(self.headers.get("user-agent", ""))
        token = DEFAULT_CLIENT
        if self.client in AGENTS:
            agent = self.client
        elif self.client:
            token = self.client
        return agent or token, token


class Looked(NamedTuple):
    """A rule that was looked at; ``unmet`` are the conditions that do not hold, none of the one that
    matches.
    """

    name: str
    words: str
    unmet: tuple[str, ...]


class Told(NamedTuple):
    """What a target would be told: how the request crosses, what of it is lost, or why it cannot cross."""

    mode: Mode
    losses: tuple[Loss, ...] = ()
    refusal: str = ""


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What would become of a request.  ``told`` is by target, of those that would be asked first."""

    features: Features
    plan: Plan
    rules: tuple[Looked, ...]
    told: Mapping[tuple[str, str], Told]


def understudy(router: Router, state: MemoryState) -> Router:
    """A router that knows what another one knows and whose doings change nothing."""
    twin = Router(state.copy(), router.calibration, router.busy)
    twin.network = copy.copy(router.network)
    return twin


def rehearse(
    router: Router, routes: Routes, script: Script, moment: Moment, limit_bytes: int
) -> Rehearsal:
    """Plans a request over an :func:`understudy`.

    Raises:
        TooLarge: it is larger than ``limit_bytes``.
        ClientError, NoCandidate, NoNetwork: as a client would be told.
    """
    if len(script.raw) > limit_bytes:
        raise TooLarge(
            f"the request is larger than {limit_bytes // 2**20} MiB",
            hint="raise server.max_body_mb if that is meant",
        )
    document = scan(script.raw)
    features = _features(script, document)
    planned = plan(router, routes, features, moment, _middle)
    inquiry = Inquiry(script.format, document, features.asked, stream=features.stream)
    asked = planned.candidates[:MOST_WRITTEN]
    return Rehearsal(
        features=features,
        plan=planned,
        rules=_looked_at(routes, features, moment),
        told={each.place: _told(inquiry, each) for each in asked},
    )


def _features(script: Script, document: Document) -> Features:
    gemini = script.format is WireFormat.GEMINI
    if gemini and not script.model:
        raise InvalidRequest(
            "the model of a Gemini request stands in its address and not in its body",
            param="model",
            hint="name it with --model",
        )
    said = False if gemini else wants_stream(document)
    return Features(
        document,
        script.format,
        script.model or named_model(document),
        stream=said if script.stream is None else script.stream,
        headers=script.headers,
        clients=script.clients,
        target=script.headers.get("x-aimux-target"),
        token=script.clients[1],
    )


def _looked_at(routes: Routes, features: Features, moment: Moment) -> tuple[Looked, ...]:
    """The rules up to the one that matches; none where the request names its target itself."""
    asked = features.asked
    if features.target is not None or (
        asked not in routes.config.models and split_target(asked, routes.providers)
    ):
        return ()
    looked: list[Looked] = []
    for rule in routes.rules:
        unmet = rule.unmet(features, moment)
        looked.append(Looked(rule.name, rule.words, unmet))
        if not unmet:
            break
    return tuple(looked)


def _told(inquiry: Inquiry, candidate: Candidate) -> Told:
    transcoder = Transcoder(inquiry, candidate.format, candidate.target)
    try:
        transcoder.request()
    except InvalidRequest as problem:
        return Told(transcoder.mode, refusal=problem.message)
    return Told(transcoder.mode, transcoder.losses)


def _middle() -> float:
    return 0.5
