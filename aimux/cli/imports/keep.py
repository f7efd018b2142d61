"""Writes what was found: everything is checked, each key is stored, then the file is written once.

In this order a crash leaves a key too many, never a configuration whose keys are lost; and the ``.bak``
is what was there before.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from aimux.cli.imports.writing import Kept
from aimux.errors import ConfigError, VaultError

if TYPE_CHECKING:
    from aimux.config.paths import Paths
    from aimux.config.schema import Config

Compose = Callable[[Mapping[str, str]], str]
"""The whole file, given where each key (``provider/label``) is kept."""


@dataclass(slots=True)
class Stored:
    """What became of the keys: where each is, and those that could not be kept."""

    kept: dict[str, str] = field(default_factory=dict)
    """The reference that leads to each ``provider/label``."""
    problems: list[tuple[str, VaultError]] = field(default_factory=list)


def checked(paths: Paths, text: str) -> Config:
    """The configuration that a text would be.

    Raises:
        ConfigError: every reason why it is none; nothing was written.
    """
    from aimux.config.load import check_source
    from aimux.config.source import source_of

    try:
        return check_source(source_of(paths.config, text.encode()), environ={}).config
    except ConfigError as problem:
        problem.hint = "nothing was written; what stands above is what would have been"
        raise


def write(paths: Paths, compose: Compose, keys: list[Kept]) -> Stored:
    """Stores the keys and replaces config.toml, whose content before stays as ``.bak``.

    Raises:
        ConfigError, ConfigConflict: the file cannot be written, or not this.
    """
    from aimux.config.edit import current_content, replace_file

    before = current_content(paths.config)
    stored = _stored(paths, checked(paths, compose({})), keys)
    replace_file(paths.config, compose(stored.kept).encode(), before=before)
    return stored


def _stored(paths: Paths, config: Config, keys: list[Kept]) -> Stored:
    """Stores each key for its provider's hosts; a key that cannot be kept does not hold up the others."""
    from aimux.catalogue.resolve import resolve_provider
    from aimux.cli.keyprompt import access_for_person
    from aimux.cli.provider_keys import hosts_of
    from aimux.vault.store import store_key

    stored, access = Stored(), access_for_person()
    for key in keys:
        hosts = hosts_of(resolve_provider(key.provider, config.providers[key.provider]))
        try:
            reference = store_key(key.provider, key.label, key.secret, hosts, paths, access=access)
        except VaultError as problem:
            stored.problems.append((key.name, problem))
        else:
            stored.kept[key.name] = str(reference)
    return stored
