"""Presets and providers as tables and as JSON."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final

from aimux.cli import output
from aimux.cli.configured import provider_named, read_configuration
from aimux.cli.fit import fitted
from aimux.cli.provider_keys import HeldKey, held_keys
from aimux.cli.provider_uses import uses_of
from aimux.errors import VaultError

if TYPE_CHECKING:
    from aimux.admin.shapes import ProviderStatusShape
    from aimux.catalogue.load import Preset
    from aimux.catalogue.provider import Provider
    from aimux.config.paths import Paths

UNKNOWN: Final = "?"
BUILT_IN: Final = "(built in)"
"""Address of the demo provider, which the daemon makes when it starts."""
_NARROWEST: Final = 20
"""Columns that a fact has at least."""
_HEADINGS: Final = ("NAME", "FORMATS", "ADDRESS", "KEY", "MODELS", "STATE")


def show_catalogue(*, as_json: bool) -> None:
    """Every vendor that aimux knows."""
    from aimux.catalogue.load import load_catalogue, preset_shape

    presets = load_catalogue().values()
    if as_json:
        output.data_json([preset_shape(each) for each in presets])
        return
    rows = [
        (each.name, each.title, _formats(each.endpoints), _key_wanted(each)) for each in presets
    ]
    output.table(("PRESET", "VENDOR", "FORMATS", "KEY"), rows)
    output.hint("add one: aimux providers add NAME")


def show_providers(*, as_json: bool) -> None:
    """Every configured provider, its keys, and its health where a daemon can be asked."""
    from aimux.catalogue.resolve import resolve_providers

    paths, config = read_configuration()
    providers = resolve_providers(config)
    keys = held_keys(providers.values(), paths, run_commands=False)
    live = _live(paths)
    if as_json:
        output.data_json(
            [
                _provider_json(each, keys[each.name], live.get(each.name))
                for each in providers.values()
            ]
        )
        return
    if not providers:
        output.words("no provider is configured")
        output.hint("see which there are: aimux providers catalog; then: aimux providers add NAME")
        return
    rows = [_row(each, keys[each.name], live.get(each.name)) for each in providers.values()]
    output.table(_HEADINGS, fitted(_HEADINGS, rows, 2))


def show_provider(name: str, *, as_json: bool) -> None:
    """Everything that is known of one provider."""
    from aimux.catalogue.listed import read_overlay
    from aimux.catalogue.load import load_catalogue, load_quirks
    from aimux.catalogue.resolve import resolve_provider

    paths, config = read_configuration()
    listed = read_overlay(paths.listed).get(name)
    provider = resolve_provider(name, provider_named(config, name), listed)
    keys = held_keys([provider], paths, run_commands=False)[name]
    live = _live(paths).get(name)
    uses = [use.words for use in uses_of(config, name)]
    if as_json:
        output.data_json(_provider_json(provider, keys, live) | {"used_by": uses})
        return
    preset = load_catalogue().get(provider.preset or "")
    facts = [("name", name), *_preset_facts(preset), *_own_facts(provider, keys, live)]
    facts += [("quirk", f"{each}: {load_quirks().get(each, UNKNOWN)}") for each in provider.quirks]
    facts += [("used by", use) for use in uses] or [("used by", "nothing yet")]
    _show_facts(facts)


def _show_facts(facts: Sequence[tuple[str, str]]) -> None:
    """A fact a line; on a terminal what is longer goes on below itself."""
    if sys.stdout.isatty():
        import shutil
        import textwrap

        margin = max(len(name) for name, _ in facts) + 2
        room = max(_NARROWEST, shutil.get_terminal_size().columns - margin)
        facts = [
            (name if number == 0 else "", line)
            for name, value in facts
            for number, line in enumerate(
                textwrap.wrap(value, room, break_long_words=False, break_on_hyphens=False) or [""]
            )
        ]
    output.table(("FACT", "VALUE"), facts)


# ---------------------------------------------------------------- rows


def _row(
    provider: Provider, keys: Sequence[HeldKey], live: ProviderStatusShape | None
) -> tuple[str, ...]:
    return (
        provider.name,
        _formats(provider.endpoints),
        _address(provider),
        _key_words(keys),
        str(len(provider.models)),
        _state(provider, live),
    )


def _formats(formats: Iterable[str]) -> str:
    """The main format for a terminal, with the number of further ones; all for a pipe."""
    names = list(formats)
    if not sys.stdout.isatty():
        return ",".join(names)
    return names[0] if len(names) == 1 else f"{names[0]} +{len(names) - 1}"


def _address(provider: Provider) -> str:
    from aimux.catalogue.resolve import DEMO

    if provider.preset == DEMO:
        return BUILT_IN
    return next(iter(provider.endpoints.values())).base_url


def _key_words(keys: Sequence[HeldKey]) -> str:
    """Where the first key that can be had is kept; else why there is none."""
    if not keys:
        return "none needed"
    ready = [each for each in keys if each.state == "ready"]
    if not ready:
        return keys[0].state
    first = ready[0].reference
    place = f"env:{first.name}" if first.scheme == "env" else first.scheme
    return place if len(ready) == 1 else f"{place} +{len(ready) - 1}"


def _state(provider: Provider, live: ProviderStatusShape | None) -> str:
    if not provider.enabled:
        return "disabled"
    if live is None:
        return "enabled"
    return live["health_reason"] or ("ok" if live["usable"] else live["health"])


def _key_wanted(preset: Preset) -> str:
    return (preset.key_env or "needed") if preset.needs_key else "none needed"


def _preset_facts(preset: Preset | None) -> list[tuple[str, str]]:
    if preset is None:
        return []
    facts = [("preset", f"{preset.name}, {preset.title}"), ("read at", f"{preset.source}")]
    facts += [("read on", preset.date), ("website", preset.website), ("note", preset.notes)]
    return [each for each in facts if each[1]]


def _own_facts(
    provider: Provider, keys: Sequence[HeldKey], live: ProviderStatusShape | None
) -> list[tuple[str, str]]:
    facts = [("state", _state(provider, live)), *_address_facts(provider)]
    facts += [("key", f"{each.reference}: {each.state}") for each in keys]
    if not keys:
        facts.append(("key", "none needed"))
    problems = (each.found for each in keys)
    facts += [("key problem", each.message) for each in problems if isinstance(each, VaultError)]
    facts.append(
        ("models", f"{len(provider.models)} known: aimux models --provider {provider.name}")
    )
    return facts


def _address_facts(provider: Provider) -> list[tuple[str, str]]:
    if _address(provider) == BUILT_IN:
        return [(str(each), BUILT_IN) for each in provider.endpoints]
    return [
        (str(each.format), f"{each.base_url} ({_auth_words(each.auth)})")
        for each in provider.endpoints.values()
    ]


def _auth_words(style: str) -> str:
    return {"none": "no key is sent", "bearer": "key as authorization: Bearer"}.get(
        style, f"key as {style}"
    )


# ---------------------------------------------------------------- JSON


def _provider_json(
    provider: Provider, keys: Sequence[HeldKey], live: ProviderStatusShape | None
) -> dict[str, Any]:
    return {
        "name": provider.name,
        "preset": provider.preset,
        "enabled": provider.enabled,
        "formats": {
            each.format: {"base_url": each.base_url, "auth": each.auth}
            for each in provider.endpoints.values()
        },
        "keys": [{"reference": str(each.reference), "state": each.state} for each in keys],
        "models": list(provider.models),
        "quirks": list(provider.quirks),
        "health": live["health"] if live else None,
        "health_reason": live["health_reason"] if live else None,
        "usable": live["usable"] if live else None,
    }


# ---------------------------------------------------------------- the daemon, if there is one


def _live(paths: Paths) -> dict[str, ProviderStatusShape]:
    """What a running daemon says of its providers; nothing when there is none to ask."""
    from aimux.admin.client import AdminClient
    from aimux.errors import DaemonError

    try:
        status = AdminClient.connect(paths).status()
    except DaemonError:
        return {}
    return {each["name"]: each for each in status["providers"]}
