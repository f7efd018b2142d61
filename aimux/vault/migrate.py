"""Moving every key that can be moved into one place.

Three steps, so that a crash between any two leaves a key in two places and never in none: copy each
key, name the new places in the configuration with one edit, remove the old copies.  A key that
cannot be moved stays where it is, with the reason, and does not hold up the others.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from aimux.catalogue.provider import Provider
from aimux.config.keyref import KeyReference
from aimux.config.paths import Paths
from aimux.errors import VaultError
from aimux.vault.access import Access
from aimux.vault.keylist import Listed, replaced, stored_name
from aimux.vault.store import Place, move_key, remove_key


@dataclass(frozen=True, slots=True)
class Migration:
    """What was moved, from where to where, and what could not be."""

    moved: list[tuple[KeyReference, KeyReference]] = field(default_factory=list)
    problems: list[tuple[KeyReference, VaultError]] = field(default_factory=list)


def migrate(
    to: Place, providers: Mapping[str, Provider], paths: Paths, access: Access
) -> Migration:
    """Moves the keys of these providers, those from the environment among them.

    A variable cannot be removed from here; the person has to.  Keys in files and behind commands
    are left where they are: somebody chose to keep them there.

    Raises:
        ConfigError, ConfigConflict: the configuration cannot be edited; every key is where it was,
            and some are in the new place as well.
    """
    from aimux.config.edit import set_values

    migration = Migration()
    lists = _copy(to, providers, paths, access, migration)
    if lists:
        texts: dict[tuple[str, ...], object] = {
            ("providers", name, "keys"): [str(each) for each in listed]
            for name, listed in lists.items()
        }
        set_values(paths.config, texts)
    for source, _ in migration.moved:
        if source.scheme != "env":
            remove_key(source, paths, access=access)
    return migration


def _copy(
    to: Place,
    providers: Mapping[str, Provider],
    paths: Paths,
    access: Access,
    migration: Migration,
) -> dict[str, Listed]:
    """Copies what can be copied; the lists of references that have to change, by provider."""
    lists: dict[str, Listed] = {}
    for name, provider in providers.items():
        hosts = frozenset(each.host for each in provider.endpoints.values())
        listed = provider.keys
        for source in provider.keys:
            if source.scheme in {to, "file", "command"}:
                continue
            target = KeyReference(to, stored_name(name, listed, source))
            try:
                move_key(source, target, hosts, paths, access=access)
            except VaultError as problem:
                migration.problems.append((source, problem))
                continue
            migration.moved.append((source, target))
            listed = replaced(listed, source, target)
        if listed != provider.keys:
            lists[name] = listed
    return lists
