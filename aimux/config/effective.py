"""The configuration as it works: defaults and presets filled in, each value with its origin."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from aimux.config.keypath import KeyPath, dotted, quoted
from aimux.config.layout import has_header, header_text, literal
from aimux.config.load import Loaded
from aimux.config.origin import Origin, leaves
from aimux.config.schema import ProviderSettings

_BY_DEFAULT: Final = Origin("default", "")


@dataclass(frozen=True, slots=True)
class Setting:
    """A value that holds, and who set it."""

    path: KeyPath
    value: Any
    origin: Origin

    @property
    def key(self) -> str:
        """The dotted key."""
        return dotted(self.path)


def effective_data(loaded: Loaded) -> dict[str, Any]:
    """Every setting that has a value, as plain data; durations are texts, keys are references."""
    data: dict[str, Any] = loaded.config.model_dump(mode="json", exclude_none=True)
    for name, settings in loaded.config.providers.items():
        filled = {**_from_preset(name, settings), **data["providers"][name]}
        if not filled["formats"]:
            filled["formats"] = _from_preset(name, settings).get("formats", {})
        order = [each for each in ProviderSettings.model_fields if each in filled]
        data["providers"][name] = {each: filled[each] for each in order}
    return data


def effective_settings(loaded: Loaded) -> Iterator[Setting]:
    """Every value that holds, in the order of the schema; a list is one value."""
    for path, value in leaves(effective_data(loaded)):
        if value not in ({}, []) or dotted(path) in loaded.origins:
            yield Setting(path, value, _origin(path, loaded))


def as_toml(settings: Iterable[Setting], *, with_origin: bool = False) -> Iterator[str]:
    """The settings as lines of TOML, one value a line; the origin is a comment behind it."""
    above: KeyPath = ()
    separator: tuple[str, ...] = ()
    for each in settings:
        longest = range(len(each.path) - 1, 0, -1)
        table = next((each.path[:k] for k in longest if has_header(each.path[:k])), ())
        if table != above:
            yield from (*separator, header_text(table))
            above = table
        separator = ("",)
        key = ".".join(quoted(str(part)) for part in each.path[len(table) :])
        line = f"{key} = {literal(each.value)}"
        yield f"{line:<48}  # {each.origin}" if with_origin else line


def _from_preset(name: str, settings: ProviderSettings) -> dict[str, Any]:
    """What the catalogue makes of a provider's settings."""
    from aimux.catalogue.resolve import (
        resolve_provider,
    )  # the sibling floor, which imports this one

    provider = resolve_provider(name, settings)
    main, *further = provider.endpoints.values()
    return {
        "format": str(main.format),
        "base_url": main.base_url,
        "formats": {str(each.format): each.base_url for each in further},
        "keys": [str(each) for each in provider.keys],
        "quirks": list(provider.quirks),
    }


def _origin(path: KeyPath, loaded: Loaded) -> Origin:
    if origin := loaded.origins.get(dotted(path)):
        return origin
    match path:
        case ("providers", str() as name, "format" | "base_url" | "formats" | "quirks", *_):
            preset = loaded.config.providers[name].preset
            return Origin("preset", preset) if preset else _BY_DEFAULT
        case _:
            return _BY_DEFAULT
