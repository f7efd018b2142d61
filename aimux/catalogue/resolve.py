"""The configuration's providers with the catalogue's facts behind them.

Addresses are taken all from the configuration or all from the preset, never mixed: once
``base_url`` or ``formats`` is given, the preset's own addresses are dropped.  They belong to the
vendor's host, and a key must never go to a host that the user did not mean.  A ``base_url`` without
``format`` is of the preset's main format; a ``format`` without ``base_url`` makes that format of the
preset its main one.  Facts of models are merged field by field.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final, TypeVar
from urllib.parse import urlsplit

from aimux.catalogue.listed import ListedModels, Overlay
from aimux.catalogue.load import Preset, load_catalogue
from aimux.catalogue.provider import (
    CACHE_LIFETIME_S,
    AuthStyle,
    Endpoint,
    ModelFacts,
    OwnLimits,
    PriceFacts,
    Provider,
    TimeLimits,
)
from aimux.config.addresses import is_loopback
from aimux.config.keyref import KeyReference, default_reference, parse_key_reference
from aimux.config.schema import Config, ModelSettings, Price, ProviderSettings, Timeouts
from aimux.model.request import WireFormat

DEMO: Final = "demo"
"""The preset whose address and key the daemon makes itself when it starts."""

CONFIGURED: Final = "config.toml"
"""Source of facts that the user wrote."""

_USUAL_AUTH: Final[Mapping[WireFormat, AuthStyle]] = {
    WireFormat.ANTHROPIC: "x-api-key",
    WireFormat.OPENAI_CHAT: "bearer",
    WireFormat.OPENAI_RESPONSES: "bearer",
    WireFormat.GEMINI: "x-goog-api-key",
}
_MODELS_PATH: Final[Mapping[WireFormat, str]] = {
    WireFormat.ANTHROPIC: "/v1/models?limit=1000",
    WireFormat.OPENAI_CHAT: "/models",
    WireFormat.OPENAI_RESPONSES: "/models",
    WireFormat.GEMINI: "/v1beta/models?pageSize=1000",
}
_DEFAULT_PORTS: Final = {"http": 80, "https": 443}

_Number = TypeVar("_Number", int, float)


def resolve_providers(config: Config, overlay: Overlay | None = None) -> dict[str, Provider]:
    """Every provider of a validated configuration by name, the disabled ones too; ``overlay`` is what
    vendors have listed of their models.
    """
    lists = overlay or {}
    return {
        name: resolve_provider(name, each, lists.get(name))
        for name, each in config.providers.items()
    }


def resolve_provider(
    name: str, settings: ProviderSettings, listed: ListedModels | None = None
) -> Provider:
    """One provider of a validated configuration.

    Raises:
        ValueError: there is no such preset, no address, or a bad one; validation was skipped.
    """
    preset = _preset(settings.preset)
    keys = _keys(name, settings, preset)
    endpoints = _endpoints(settings, preset, has_key=bool(keys))
    if not endpoints:
        raise ValueError(f"provider {name!r} has no address")
    models_url = _models_url(settings, preset, next(iter(endpoints.values())))
    known = preset.models if preset else {}
    if listed is not None and listed.url == models_url:
        known = listed.over(known)
    return Provider(
        name=name,
        preset=settings.preset,
        endpoints=endpoints,
        keys=keys,
        enabled=settings.enabled,
        headers=dict(settings.headers),
        proxy=settings.proxy,
        ca_file=settings.ca_file,
        weight=settings.weight,
        max_concurrent=settings.max_concurrent,
        limits=OwnLimits(settings.limits.requests_per_minute, settings.limits.tokens_per_minute),
        cache_lifetime_s=settings.cache_lifetime
        or (preset.cache_lifetime_s if preset else CACHE_LIFETIME_S),
        quota_reserve=settings.quota_reserve,
        quota_url=_quota_url(settings, preset),
        local=_is_here(next(iter(endpoints.values())).base_url),
        timeouts=_time_limits(settings.timeouts),
        quirks=_quirks(settings, preset),
        models=_models(settings.models, known),
        models_url=models_url,
    )


def endpoint_host(base_url: str) -> str:
    """Host and port of a base URL, such as ``api.anthropic.com:443``: what a key is bound to.

    Lower case, always with the port; an IPv6 address stands in brackets.

    Raises:
        ValueError: no host, a port that is none, or neither http nor https.
    """
    parts = urlsplit(base_url)
    if parts.scheme not in _DEFAULT_PORTS or not parts.hostname:
        raise ValueError("must begin with http:// or https:// and name a host")
    port = _DEFAULT_PORTS[parts.scheme] if parts.port is None else parts.port
    host = parts.hostname.rstrip(".")
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def own_addresses(settings: ProviderSettings, preset: Preset | None) -> dict[WireFormat, str]:
    """Base URLs that the configuration itself gives, the main one first; empty if it gives none."""
    addresses: dict[WireFormat, str] = {}
    wire_format = settings.format or (preset.main_format if preset else None)
    if settings.base_url and wire_format:
        addresses[wire_format] = settings.base_url
    for each, url in settings.formats.items():
        addresses.setdefault(each, url)
    return addresses


def _preset(name: str | None) -> Preset | None:
    if name is None:
        return None
    found = load_catalogue().get(name)
    if found is None:
        raise ValueError(f"there is no preset {name!r}")
    return found


def _keys(name: str, settings: ProviderSettings, preset: Preset | None) -> tuple[KeyReference, ...]:
    if settings.keys is not None:
        return tuple(parse_key_reference(text) for text in settings.keys)
    if preset is not None and not preset.needs_key:
        return ()
    return (default_reference(name),)


def _endpoints(
    settings: ProviderSettings, preset: Preset | None, *, has_key: bool
) -> dict[WireFormat, Endpoint]:
    addresses = own_addresses(settings, preset)
    if not addresses and preset is not None:
        addresses = _main_first(preset.endpoints, settings.format)
    keyed = has_key or settings.preset == DEMO
    return {
        each: Endpoint(
            format=each,
            base_url=url.rstrip("/"),
            host=endpoint_host(url),
            auth=_auth(each, preset) if keyed else "none",
        )
        for each, url in addresses.items()
    }


def _main_first(
    endpoints: Mapping[WireFormat, str], main: WireFormat | None
) -> dict[WireFormat, str]:
    """A preset's addresses, the format that the configuration prefers before the others."""
    return dict(sorted(endpoints.items(), key=lambda each: each[0] is not main))


def _auth(wire_format: WireFormat, preset: Preset | None) -> AuthStyle:
    """How a key goes out: as the vendor takes it, else as the format's own vendor does."""
    if preset is not None and wire_format in preset.endpoints:
        return preset.auth_for(wire_format)
    return _USUAL_AUTH[wire_format]


def _models_url(settings: ProviderSettings, preset: Preset | None, main: Endpoint) -> str | None:
    if preset is not None and not own_addresses(settings, preset):
        return preset.models_url
    return main.base_url + _MODELS_PATH[main.format]


def _quota_url(settings: ProviderSettings, preset: Preset | None) -> str | None:
    """Asked only where the user wants it, and only at the vendor's own host."""
    if not settings.poll_quota or preset is None or own_addresses(settings, preset):
        return None
    return preset.quota_url


def _is_here(base_url: str) -> bool:
    return is_loopback(urlsplit(base_url).hostname or "")


def _quirks(settings: ProviderSettings, preset: Preset | None) -> tuple[str, ...]:
    if settings.quirks is not None:
        return settings.quirks
    return preset.quirks if preset else ()


def _time_limits(timeouts: Timeouts) -> TimeLimits:
    return TimeLimits(
        connect_s=timeouts.connect,
        first_event_s=timeouts.first_event,
        idle_s=timeouts.idle,
        total_s=timeouts.total,
    )


def _models(
    configured: Mapping[str, ModelSettings], known: Mapping[str, ModelFacts]
) -> dict[str, ModelFacts]:
    models = dict(known)
    for name, settings in configured.items():
        models[name] = _merged(models.get(name) or ModelFacts(name), settings)
    return models


def _merged(facts: ModelFacts, settings: ModelSettings) -> ModelFacts:
    capabilities = settings.capabilities
    return replace(
        facts,
        context=_first(settings.context, facts.context),
        max_output=_first(settings.max_output, facts.max_output),
        capabilities=facts.capabilities if capabilities is None else frozenset(capabilities),
        price=_merged_price(facts.price, settings.price) if settings.price else facts.price,
        source=CONFIGURED,
        date="",
        price_source=CONFIGURED if settings.price else facts.price_source,
        tiers=() if settings.price else facts.tiers,
    )


def _merged_price(facts: PriceFacts, settings: Price) -> PriceFacts:
    return PriceFacts(
        input=_first(settings.input, facts.input),
        output=_first(settings.output, facts.output),
        cache_read=_first(settings.cache_read, facts.cache_read),
        cache_write=_first(settings.cache_write, facts.cache_write),
    )


def _first(first: _Number | None, second: _Number | None) -> _Number | None:
    return second if first is None else first
