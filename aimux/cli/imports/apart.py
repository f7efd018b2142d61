"""Keeps what is imported apart from what a configuration has already: nothing there is touched.

Providers and rules of a name that is taken get another one; public models of such a name, and the
default, stay as they are and are told.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aimux.cli.imports.found import Found, rows, table, text


def keep_apart(found: Found, data: Mapping[str, Any]) -> None:
    """Renames and leaves out, so that what was found can stand behind the file."""
    renamed = _accounts(found, list(table(data.get("providers"))))
    for name in [each for each in found.models if each in table(data.get("models"))]:
        found.left(f"models.{name}", "is there already and stays as it is")
        del found.models[name]
    _rules(found, {text(each.get("name")) for each in rows(data.get("routes"))})
    for entry in (*found.models.values(), *map(vars_of, found.rules)):
        entry["targets"][:] = [_moved(each, renamed) for each in entry["targets"]]
    if "routing" in data and found.routing:
        wanted = " ".join(_moved(each, renamed) for each in found.routing.get("default", ()))
        told = f"stays as it is; for these: aimux config set routing.default {wanted}"
        found.left("routing", told if wanted else "stays as it is")
        found.routing.clear()
    elif "default" in found.routing:
        default = found.routing["default"]
        found.routing["default"] = [_moved(each, renamed) for each in default]


def vars_of(rule: Any) -> dict[str, Any]:
    """A rule as a table, with its own list of targets."""
    return {"targets": rule.targets}


def _accounts(found: Found, taken: list[str]) -> dict[str, str]:
    """Other names for the providers whose names are taken."""
    renamed = {}
    for account in found.accounts:
        if account.name in taken:
            renamed[account.name] = found.free_name(account.name, taken)
            account.name = renamed[account.name]
    return renamed


def _rules(found: Found, taken: set[str]) -> None:
    for rule in found.rules:
        base, number = rule.name, 1
        while rule.name in taken:
            number += 1
            rule.name = f"{base}-{number}"
        taken.add(rule.name)


def _moved(target: str, renamed: Mapping[str, str]) -> str:
    provider, slash, model = target.partition("/")
    return f"{renamed.get(provider, provider)}{slash}{model}"
