"""``aimux providers enable, disable, remove``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from aimux.cli import output
from aimux.cli.configured import provider_named, read_configuration, tell_daemon
from aimux.cli.provider_uses import Use, uses_of
from aimux.errors import UsageError, VaultError

if TYPE_CHECKING:
    from aimux.config.keyref import KeyReference
    from aimux.config.paths import Paths
    from aimux.config.schema import Config


def set_enabled(name: str, *, enabled: bool, reload: bool) -> None:
    """Lets requests go to a provider, or not."""
    from aimux.config.edit import set_values

    paths, config = read_configuration()
    state = "enabled" if enabled else "disabled"
    if provider_named(config, name).enabled is enabled:
        output.words(f"provider {name!r} is {state} already")
        return
    set_values(paths.config, {("providers", name, "enabled"): enabled})
    output.words(f"provider {name!r} is {state}")
    tell_daemon(paths, reload=reload)


def remove_provider(name: str, *, yes: bool, keep_key: bool, reload: bool) -> None:
    """Removes a provider, with ``yes`` out of the lists of targets too, and the keys kept for it.

    Raises:
        UsageError: it is in use, or nobody said yes.
    """
    from aimux.config.edit import Edit

    paths, config = read_configuration()
    provider_named(config, name)
    uses = list(uses_of(config, name))
    _check_uses(name, uses, yes=yes)
    if not yes and not output.confirm(
        f"remove provider {name!r}{'' if keep_key else ' and its key'}?"
    ):
        raise UsageError(
            f"provider {name!r} was not removed", hint=f"aimux providers remove {name} --yes"
        )
    keys = [] if keep_key else _own_keys(config, name)
    edit = Edit(paths.config)
    for use in uses:
        edit.set(use.place, list(use.left or ()))
    edit.remove(("providers", name))
    edit.loaded()  # refuses a file that would have problems
    edit.save()
    output.words(f"removed provider {name!r} from {str(paths.config)!r}")
    for use in uses:
        output.words(f"taken out of {use.words}")
    for reference in keys:
        _remove_key(reference, paths)
    tell_daemon(paths, reload=reload)


def _check_uses(name: str, uses: Sequence[Use], *, yes: bool) -> None:
    """Refuses to leave targets that lead nowhere, or lists that are empty."""
    stuck = [use for use in uses if use.left is None]
    told = stuck if yes else uses
    if not told:
        return
    words = "; ".join(use.words for use in told)
    if stuck:
        cures = ", ".join(dict.fromkeys(use.cure for use in stuck))
        hint = f"nothing would be left there; first: {cures}"
    else:
        hint = f"take it out of there too: aimux providers remove {name} --yes"
    raise UsageError(f"provider {name!r} is in use: {words}", hint=hint)


def _own_keys(config: Config, name: str) -> list[KeyReference]:
    """The keys that aimux keeps for this provider and that no other one names."""
    from aimux.catalogue.resolve import resolve_providers

    providers = resolve_providers(config)
    others = {key for each in providers.values() if each.name != name for key in each.keys}
    kept = [key for key in providers[name].keys if key.scheme in {"keyring", "vault"}]
    return [key for key in kept if key.name.startswith(f"{name}/") and key not in others]


def _remove_key(reference: KeyReference, paths: Paths) -> None:
    from aimux.vault.store import remove_key

    try:
        if remove_key(reference, paths):
            output.words(f"removed its key {reference}")
    except VaultError as problem:
        output.warning(f"its key {reference} could not be removed: {problem.message}")
