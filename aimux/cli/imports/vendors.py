"""From an address in another tool's configuration to a preset of the catalogue, or to an address of ours.

Other tools write the whole address of a request, or leave the version out; aimux writes what the
vendor's own SDK takes (see ``catalogue/providers.toml``).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import urlsplit

from aimux.catalogue.load import load_catalogue
from aimux.catalogue.resolve import DEMO, endpoint_host
from aimux.config.addresses import is_loopback
from aimux.model.request import WireFormat

_ENDINGS: Final = (
    ("/chat/completions", WireFormat.OPENAI_CHAT),
    ("/responses", WireFormat.OPENAI_RESPONSES),
    ("/v1/messages", WireFormat.ANTHROPIC),
    ("/messages", WireFormat.ANTHROPIC),
    ("/v1beta/models", WireFormat.GEMINI),
    ("/v1beta", WireFormat.GEMINI),
)
"""How addresses of requests end, and whose they are."""


def settings_for(address: str, hinted: WireFormat | None) -> dict[str, Any] | None:
    """The settings of a provider at an address: a preset, or format and base URL; None for no address.

    ``hinted`` is the format that the file tells, or that its tool takes for granted.
    """
    try:
        base, told = _base(address)
        endpoint_host(base)
    except ValueError:
        return None
    wire_format = told or hinted or WireFormat.OPENAI_CHAT
    if wire_format is WireFormat.ANTHROPIC:
        base = base.removesuffix("/v1")
    preset = preset_at(base, wire_format)
    if preset is not None:
        return {"preset": preset}
    return {"format": wire_format.value, "base_url": base}


def preset_at(base: str, wire_format: WireFormat) -> str | None:
    """The preset that has this address in this format; vendors' hosts count where paths are cut short."""
    exact = [name for name, url in _endpoints(wire_format) if _same(url, base)]
    near = [name for name, url in _endpoints(wire_format) if _begins(url, base)]
    return next(iter([*exact, *near]), None)


def is_here(settings: dict[str, Any]) -> bool:
    """Whether these settings lead to this machine."""
    preset = load_catalogue().get(settings.get("preset", ""))
    url = settings.get("base_url") or (next(iter(preset.endpoints.values())) if preset else "")
    return is_loopback(urlsplit(url).hostname or "")


def needs_key(settings: dict[str, Any]) -> bool:
    """Whether requests there go with a key."""
    preset = load_catalogue().get(settings.get("preset", ""))
    return preset.needs_key if preset else not is_here(settings)


def name_for(settings: dict[str, Any]) -> str:
    """A name for a provider that has none: its preset's, else the telling part of its host."""
    if "preset" in settings:
        return str(settings["preset"])
    host = urlsplit(settings["base_url"]).hostname or "provider"
    parts = [part for part in host.split(".") if part not in {"api", "www", "com", "ai", "io"}]
    return "local" if is_loopback(host) else "-".join(parts[-2:-1] or parts)


def _base(address: str) -> tuple[str, WireFormat | None]:
    """The address without what is added for each request, and the format that this shows."""
    base = address.strip().rstrip("/")
    urlsplit(base)
    for ending, wire_format in _ENDINGS:
        if base.endswith(ending):
            return base.removesuffix(ending), wire_format
    return base, None


def _endpoints(wire_format: WireFormat) -> Iterator[tuple[str, str]]:
    for name, preset in load_catalogue().items():
        if name != DEMO and wire_format in preset.endpoints:
            yield name, preset.endpoints[wire_format]


def _same(one: str, other: str) -> bool:
    return _parts(one) == _parts(other)


def _begins(known: str, base: str) -> bool:
    """Whether a base is a known one that was cut short: same host, the path begins alike."""
    (host, path), (other_host, other_path) = _parts(known), _parts(base)
    return host == other_host and path.startswith(other_path) and not is_loopback(host)


def _parts(url: str) -> tuple[str, str]:
    """Host and path; this machine has one name."""
    parts, host = urlsplit(url), endpoint_host(url)
    if is_loopback(parts.hostname or ""):
        host = f"localhost:{host.rpartition(':')[2]}"
    return host, parts.path.rstrip("/")


def usable_proxy(proxy: str) -> bool:
    """Whether a proxy is one that aimux can use: HTTP, and without a password in its address."""
    return proxy.startswith(("http://", "https://")) and "@" not in proxy
