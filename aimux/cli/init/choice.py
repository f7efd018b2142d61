"""Who shall answer: providers that were named, those whose keys are there, those that a person types.

Whether a key moves into the keyring is the person's to say: ``--yes`` says yes, ``--keep-keys`` says no, on
a terminal each is asked for, and where nobody can be asked it stays in its variable.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from aimux.catalogue.load import load_catalogue
from aimux.cli import output
from aimux.cli.configured import meant, refuse_key
from aimux.cli.imports.found import Account, Found
from aimux.cli.imports.surroundings import Lying, account_for, usable
from aimux.cli.provider_add import typed_key
from aimux.clients.client import Surroundings
from aimux.errors import KeyRefused, UsageError
from aimux.vault.hygiene import checked_key
from aimux.vault.secret import Secret

_VARIABLE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_TRIES: Final = 3


@dataclass(frozen=True, slots=True)
class Wish:
    """What was typed."""

    providers: tuple[str, ...]
    key_env: str | None
    key_stdin: bool
    keep_keys: bool
    yes: bool

    @property
    def asks(self) -> bool:
        """Whether a person is asked."""
        return output.is_terminal() and not self.yes


def chosen(wish: Wish) -> Found:
    """The providers of the first configuration, in the order in which they are to be asked.

    Raises:
        UsageError: what was typed has no meaning.
        KeyRefused: what came through stdin cannot be a key.
    """
    _check(wish)
    found = Found("aimux init")
    lying = list(usable(Surroundings.here(), found))
    if wish.providers:
        for name in wish.providers:
            _named(name, wish, lying, found)
        return found
    for each, key in lying:
        _offer(each, key, wish, found)
    if not found.accounts and wish.asks:
        for name in _typed_names():
            _named(name, wish, [], found)
    return found


def _check(wish: Wish) -> None:
    refuse_key(wish.key_env, *wish.providers)
    if wish.yes and wish.keep_keys:
        raise UsageError(
            "--yes moves keys and --keep-keys leaves them", hint="leave one of them out"
        )
    if (wish.key_stdin or wish.key_env) and len(wish.providers) != 1:
        raise UsageError("whose key is it?", hint="aimux init --provider NAME --key-stdin")
    if wish.key_stdin and wish.key_env:
        raise UsageError("--key-stdin and --key-env exclude each other")
    if wish.key_env and not _VARIABLE.fullmatch(wish.key_env):
        raise UsageError("--key-env takes the name of a variable, without $")
    for name in wish.providers:
        _preset(name)


def _preset(name: str) -> dict[str, Any]:
    """The settings of a preset.

    Raises:
        UsageError: there is none of that name.
    """
    presets = load_catalogue()
    if name not in presets:
        near = meant(name, presets) or "see which there are: aimux providers catalog"
        raise UsageError(
            "no preset has that name", hint=f"{near}; others: aimux providers add NAME"
        )
    return {"preset": name}


# ---------------------------------------------------------------- one provider


def _named(name: str, wish: Wish, lying: list[tuple[Lying, Secret]], found: Found) -> None:
    """A provider that somebody named, with the key that was given for it, or is there, or is typed."""
    account = account_for(_preset(name), found)
    if wish.key_env:
        account.keys.append(f"env:{wish.key_env}")
    elif wish.key_stdin:
        account.keys.append(checked_key(sys.stdin.read()))
    else:
        for each, key in lying:
            if each.settings == account.settings:
                _offer(each, key, wish, found)
    if not account.keys and account.needs_key and wish.asks and (typed := _typed(name)):
        account.keys.append(typed)


def _offer(lying: Lying, key: Secret, wish: Wish, found: Found) -> None:
    """Takes over a key that is there, moved or by its variable."""
    if _moves(lying, wish):
        account = account_for(lying.settings, found)
        account.comments.append(f"its key was in {lying.place}")
        if key not in account.keys:
            account.keys.append(key)
    elif lying.variable:
        account = account_for(lying.settings, found)
        account.comments.append(f"aimux keys migrate moves its key out of {lying.place}")
        account.keys.append(f"env:{lying.variable}")
    else:
        found.left(lying.place, "a key is there; aimux init --yes moves it into the keyring")


def _moves(lying: Lying, wish: Wish) -> bool:
    if wish.keep_keys or wish.yes or not wish.asks:
        return wish.yes
    return output.confirm(f"copy the key in {lying.place} into the keyring?", default=True)


# ---------------------------------------------------------------- what a person types


def _typed_names() -> Iterator[str]:
    """Names of presets until an empty line."""
    output.words("no key was found here; which provider shall answer?")
    output.words(f"known: {', '.join(load_catalogue())}")
    taken = 0
    while name := output.asked(
        "provider (empty when done):" if taken else "provider (empty: none yet):"
    ):
        try:
            _preset(name)
        except UsageError as problem:
            output.error(problem)
            continue
        taken += 1
        yield name


def _typed(name: str) -> Secret | None:
    """The key that a person types, asked for again where it cannot be one; None for none."""
    for _ in range(_TRIES):
        text = typed_key(name)
        if not text:
            return None
        try:
            return checked_key(text)
        except KeyRefused as problem:
            output.error(problem)
    return None


def default_targets(accounts: list[Account]) -> list[str]:
    """What answers requests that no rule matches; the demo provider has none of the agents' models."""
    return [
        "demo/demo-thinker" if each.settings.get("preset") == "demo" else f"{each.name}/*"
        for each in accounts
    ]
