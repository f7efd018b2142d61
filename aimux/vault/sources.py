"""From references to keys: the one road by which a key comes into the process.

Every reference gives a key or the reason why there is none; nothing here raises for a single key, so
that one locked provider does not take the others along.  References of the same kind are read
together: one child for the whole keyring, one opening of the vault.  Kinds that may be slow (the
keyring, each command) are read side by side, each under its own time limit.

What aimux stored itself is bound to hosts, and is given out only for them (:mod:`record`).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Final

from aimux.config.keyref import KeyReference
from aimux.config.paths import Paths
from aimux.errors import KeyHostMismatch, KeyMissing, VaultError
from aimux.vault.access import Access
from aimux.vault.external import read_command, read_file, read_variable
from aimux.vault.keyring import DAEMON_LIMIT_S
from aimux.vault.record import StoredKey, unpack
from aimux.vault.secret import Secret

_AT_ONCE: Final = 8

Result = StoredKey | VaultError
Results = dict[KeyReference, Result]


def read_keys(
    wanted: Mapping[KeyReference, frozenset[str]],
    paths: Paths,
    *,
    limit_s: float = DAEMON_LIMIT_S,
    passphrase: Secret | None = None,
    environ: Mapping[str, str] | None = None,
) -> dict[KeyReference, Secret | VaultError]:
    """The key of each reference, or why there is none.

    ``wanted`` says for each reference the hosts (host:port) that its key would be sent to.
    ``limit_s`` is for the keyring; each ``command:`` has 10 s of its own.  It blocks for so long at
    most: the daemon calls it in a thread.
    """
    surroundings = os.environ if environ is None else environ
    access = Access(surroundings, limit_s=limit_s, passphrase=passphrase)
    found = find_keys(wanted, paths, access)
    return {each: given_out(each, found[each], hosts) for each, hosts in wanted.items()}


def given_out(reference: KeyReference, found: Result, hosts: frozenset[str]) -> Secret | VaultError:
    """The key, if it may be sent to all of these hosts."""
    if isinstance(found, VaultError):
        return found
    foreign = hosts - found.hosts if found.hosts is not None else frozenset()
    if not foreign:
        return found.secret
    return KeyHostMismatch(
        f"the key {str(reference)!r} was stored for {_listed(found.hosts or ())}, "
        f"not for {_listed(foreign)}",
        hint=f"if you trust the new address, give the key again: {_set_again(reference)}",
    )


def find_keys(references: Iterable[KeyReference], paths: Paths, access: Access) -> Results:
    """What each reference leads to, with the hosts it is bound to and without judging them."""
    tasks = list(_tasks(list(dict.fromkeys(references)), paths, access))
    found: Results = {}
    with ThreadPoolExecutor(_AT_ONCE, "aimux-keys") as pool:
        for result in pool.map(lambda task: task(), tasks):
            found.update(result)
    return found


def _tasks(
    references: list[KeyReference], paths: Paths, access: Access
) -> Iterator[Callable[[], Results]]:
    """The reading, in pieces that wait for different things."""
    kept = [each for each in references if each.scheme == "keyring"]
    if kept:
        yield lambda: _from_keyring(kept, access)
    sealed = [each for each in references if each.scheme == "vault"]
    if sealed:
        yield lambda: _from_vault(sealed, paths, access)
    variables = frozenset(each.name for each in references if each.scheme == "env")
    for each in references:
        if each.scheme not in {"keyring", "vault"}:
            yield partial(_from_outside, each, paths, access, variables)


def _from_keyring(references: list[KeyReference], access: Access) -> Results:
    found = access.keyring().read(each.name for each in references)
    return {each: _stored(each, found[each.name]) for each in references}


def _from_vault(references: list[KeyReference], paths: Paths, access: Access) -> Results:
    """All records with one opening; without asking for a passphrase when none of them is there."""
    try:
        vault = access.vault(paths)
        names = vault.names()
        contents = vault.read() if any(each.name in names for each in references) else {}
    except VaultError as problem:
        return dict.fromkeys(references, problem)
    return {each: _stored(each, contents.get(each.name)) for each in references}


def _stored(reference: KeyReference, text: Secret | VaultError | None) -> Result:
    if isinstance(text, VaultError):
        return text
    if text is None:
        place = "keyring" if reference.scheme == "keyring" else "vault"
        return KeyMissing(f"the {place} has no key {reference.name!r}", hint=_set_again(reference))
    try:
        return unpack(text.reveal())
    except VaultError as problem:
        problem.hint = _set_again(reference)
        return problem


def _from_outside(
    reference: KeyReference, paths: Paths, access: Access, variables: frozenset[str]
) -> Results:
    try:
        match reference.scheme:
            case "env":
                key = read_variable(reference.name, access.environ)
            case "file":
                key = read_file(reference.name, paths.config.parent)
            case _:
                key = read_command(reference.name, access.environ, variables)
    except VaultError as problem:
        return {reference: problem}
    return {reference: StoredKey(key)}


def _set_again(reference: KeyReference) -> str:
    provider, _, label = reference.name.partition("/")
    name = provider if label == "default" else reference.name
    return f"aimux keys set {name}" + (" --vault" if reference.scheme == "vault" else "")


def _listed(hosts: Iterable[str]) -> str:
    return ", ".join(sorted(hosts)) or "no host"
