"""From what was found to the lines of config.toml, and to keys in the keyring."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from aimux.cli.imports.found import Account, Found, Rule
from aimux.config.keypath import quoted
from aimux.config.keyref import DEFAULT_LABEL
from aimux.config.layout import literal
from aimux.keyshapes import KEY_SHAPE
from aimux.vault.secret import HIDDEN, Secret

_WIDTH: Final = 100
_DUMMY: Final = 16
"""A shorter key for this machine is one of those that servers ask for and do not look at."""
_HIDDEN_WORD: Final = "hidden"
"""Stands for a key that somebody took for a name: the file stays TOML, whatever that makes of it."""

_NOT_PRINTED: Final = re.compile(r"[\x00-\x1f\x7f-\x9f]")


@dataclass(frozen=True, slots=True)
class Kept:
    """A key that goes into the keyring under ``provider/label``."""

    provider: str
    label: str
    secret: Secret

    @property
    def name(self) -> str:
        """Its name in the keyring."""
        return f"{self.provider}/{self.label}"

    @property
    def reference(self) -> str:
        """How config.toml says where it is, if there is a keyring."""
        return f"keyring:{self.name}"


def kept_keys(found: Found) -> list[Kept]:
    """The keys that are to be stored, in the order of the providers."""
    return [each for account in found.accounts for each in _numbered(account)]


def _numbered(account: Account) -> Iterator[Kept]:
    number = 0
    for key in _wanted(account):
        if isinstance(key, Secret):
            number += 1
            yield Kept(account.name, DEFAULT_LABEL if number == 1 else str(number), key)


def _wanted(account: Account) -> list[Secret | str]:
    """The account's keys; to this machine only those that look as if they were meant."""
    if account.needs_key:
        return account.keys
    return [key for key in account.keys if isinstance(key, str) or len(key.reveal()) >= _DUMMY]


def block(found: Found, day: str, where: Mapping[str, str]) -> str:
    """The lines of everything that was found, with comments; ``day`` is when, ``where`` says of each key
    that was stored which reference leads to it.
    """
    parts = [
        _comment([f"Imported from {found.source} on {day}.", *_left(found)]),
        *(provider_lines(each, where) for each in found.accounts),
        *(_model(name, entry) for name, entry in found.models.items()),
        *map(_rule, found.rules),
    ]
    if found.routing:
        parts.append(f"[routing]\n{_lines(found.routing)}")
    return KEY_SHAPE.sub(_HIDDEN_WORD, "\n".join(filter(None, parts)))


def _left(found: Found) -> list[str]:
    return ["Not taken over:", *(f"  {each}" for each in found.unmapped)] if found.unmapped else []


def _comment(lines: list[str]) -> str:
    """Comment lines; what came from elsewhere may hold anything, so that it is made fit to stand here."""
    wrapped = [
        part
        for line in lines
        for part in textwrap.wrap(
            _plain(line), _WIDTH - 2, subsequent_indent="    ", break_long_words=False
        )
    ]
    return "".join(f"# {line}\n" for line in wrapped)


def _plain(text: str) -> str:
    return KEY_SHAPE.sub(HIDDEN, _NOT_PRINTED.sub(" ", text))


def provider_lines(account: Account, where: Mapping[str, str]) -> str:
    """The table of a provider, and those of its models."""
    settings = {**account.settings}
    keys = _references(account, where)
    if keys is not None:
        settings["keys"] = keys
    lines = f"{_comment(account.comments)}[providers.{account.name}]\n{_lines(settings)}"
    for model, facts in account.models.items():
        lines += f"\n[providers.{account.name}.models.{quoted(model)}]\n{_lines(facts)}"
    return lines


def _references(account: Account, where: Mapping[str, str]) -> list[str] | None:
    """The value of ``keys``; None where what holds without it is right."""
    from aimux.catalogue.load import load_catalogue

    kept = (where.get(each.name, each.reference) for each in _numbered(account))
    keys = [next(kept) if isinstance(key, Secret) else key for key in _wanted(account)]
    preset = load_catalogue().get(account.settings.get("preset", ""))
    if not keys:
        return [] if not account.needs_key and (preset is None or preset.needs_key) else None
    usual = [f"keyring:{account.name}/{DEFAULT_LABEL}"]
    return None if keys == usual and (preset is None or preset.needs_key) else keys


def _model(name: str, entry: dict[str, Any]) -> str:
    return f"[models.{quoted(name)}]\n{_lines(entry)}"


def _rule(rule: Rule) -> str:
    told: dict[str, Any] = {"name": rule.name}
    if rule.match:
        told["match"] = rule.match
    return f"{_comment([rule.comment] if rule.comment else [])}[[routes]]\n" + _lines(
        {**told, "targets": rule.targets}
    )


def _lines(settings: dict[str, Any]) -> str:
    return "".join(f"{quoted(name)} = {literal(value)}\n" for name, value in settings.items())
