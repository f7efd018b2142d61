"""Providers and candidates as the pure floors take them: no files, no keys."""

from __future__ import annotations

from aimux.catalogue.provider import Endpoint, Provider
from aimux.model.request import WireFormat
from aimux.routing.plan import Candidate
from aimux.wire.codec import Mode


def provider(name: str, *formats: WireFormat) -> Provider:
    """One that speaks these formats, Anthropic's if none is given."""
    endpoints = {
        each: Endpoint(each, f"http://{name}.test", f"{name}.test:80", "bearer")
        for each in formats or (WireFormat.ANTHROPIC,)
    }
    return Provider(name, None, endpoints, ())


def candidate(target: str) -> Candidate:
    """``provider/model`` as a candidate."""
    name, _, model = target.partition("/")
    return Candidate(provider(name), model, WireFormat.ANTHROPIC, Mode.RELAY)
