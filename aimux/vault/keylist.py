"""How a provider's list of references changes when a key comes, moves or goes; pure."""

from __future__ import annotations

from collections.abc import Sequence

from aimux.config.keyref import DEFAULT_LABEL, KeyReference

Listed = tuple[KeyReference, ...]


def with_key(listed: Sequence[KeyReference], reference: KeyReference) -> Listed:
    """The list with this reference in it.

    One that names the same key in the other store gives its place; else it is added at the end,
    since the order is the user's.
    """
    if reference in listed:
        return tuple(listed)
    moved = tuple(reference if _same_key(each, reference) else each for each in listed)
    return moved if reference in moved else (*moved, reference)


def replaced(listed: Sequence[KeyReference], old: KeyReference, new: KeyReference) -> Listed:
    """The list with one reference in place of another, and none of them twice."""
    return tuple(dict.fromkeys(new if each == old else each for each in listed))


def stored_name(provider: str, listed: Sequence[KeyReference], moving: KeyReference) -> str:
    """The name ``provider/label`` under which a key of the list is to be stored.

    A key of ours keeps its name.  One from the environment becomes the default one, or is called
    like its variable when the provider has a default one already.
    """
    if moving.scheme in {"keyring", "vault"}:
        return moving.name
    name = f"{provider}/{DEFAULT_LABEL}"
    if any(each.name == name for each in listed):
        return f"{provider}/{moving.name.lower()}"
    return name


def _same_key(one: KeyReference, other: KeyReference) -> bool:
    """Whether they are one key in keyring and vault."""
    return one.name == other.name and {one.scheme, other.scheme} == {"keyring", "vault"}
