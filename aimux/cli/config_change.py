"""``aimux config set`` and ``unset``: one change, checked before it is written."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

from aimux.cli import output
from aimux.errors import ConfigError, Problem, UsageError
from aimux.keyshapes import looks_like_key

if TYPE_CHECKING:
    from aimux.config.edit import Edit
    from aimux.config.keypath import KeyPath


def set_setting(key: str, typed: Sequence[str]) -> None:
    """Sets a setting to what was typed, read as the setting's type wants it."""
    _refuse_keys(key, typed)
    from aimux.config.keypath import dotted
    from aimux.config.layout import literal
    from aimux.config.lookup import setting_path
    from aimux.config.shape import node_at
    from aimux.config.values import parse_values

    edit = _open()
    path = setting_path(key, edit.data)
    value = parse_values(typed, node_at(path))
    edit.set(path, value)
    _save(edit)
    output.words(f"{dotted(path)} = {literal(value)}")
    tell_consequence([path])


def unset_setting(key: str) -> None:
    """Takes a setting out of the file."""
    from aimux.config.keypath import dotted
    from aimux.config.lookup import setting_path

    edit = _open()
    path = setting_path(key, edit.data)
    if not edit.has(path):
        output.words(f"{dotted(path)} is not set in the file; nothing was changed")
        return
    edit.remove(path)
    _save(edit)
    output.words(f"{dotted(path)} is no longer set")
    tell_consequence([path])


def tell_consequence(changed: Sequence[KeyPath]) -> None:
    """Says what lets a change take effect, or what keeps it from that."""
    from aimux.config.env import variable_name
    from aimux.config.shape import needs_restart

    for path in changed:
        if (name := variable_name(path)) in os.environ:
            output.warning(f"{name} is set in the environment and wins over the file")
    if any(needs_restart(path) for path in changed):
        output.hint("a running daemon takes this over with: aimux restart")
    elif changed:
        output.hint("a running daemon takes this over with: aimux reload")


def _open() -> Edit:
    from aimux.config.edit import Edit
    from aimux.config.paths import find_paths

    return Edit(find_paths().config)


def _refuse_keys(key: str, typed: Sequence[str]) -> None:
    if not any(map(looks_like_key, (key, *typed))):
        return
    name = key.split(".")[1] if key.startswith("providers.") else "PROVIDER"
    where = "PROVIDER" if looks_like_key(name) else name
    raise UsageError(
        "this looks like a key; keys do not stand in the configuration, nor on a command line",
        hint=f"aimux keys set {where}   (and remove this line from the history of your shell)",
    )


def _save(edit: Edit) -> None:
    """Writes a change that leaves no problem, or fewer than there were."""
    before, after = edit.problems_before(), edit.problems()
    if after and len(after) >= len(before):
        raise _refusal(before, after)
    edit.save()
    for each in after:
        output.warning(f"still wrong: {each}")


def _refusal(before: Sequence[Problem], after: tuple[Problem, ...]) -> ConfigError:
    """Why a change is not written: what it makes wrong, else what was wrong already."""
    known = {(each.key, each.message) for each in before}
    made = tuple(each for each in after if (each.key, each.message) not in known)
    if made:
        return ConfigError(made, hint="nothing was written")
    return ConfigError(
        after,
        hint="nothing was written: the file has these problems already and this change leaves them; "
        "put them right first with aimux config edit",
    )
