"""``aimux keys``: where each provider's key lives.

No command prints a key or a part of one, and none takes one as an argument: the arguments of a
process can be read by every user of the machine, and the shell writes them into its history.
"""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from aimux.cli import output
from aimux.cli.group import group
from aimux.errors import (
    DaemonError,
    KeyMissing,
    KeyringLocked,
    KeyringUnavailable,
    UsageError,
    VaultError,
)

if TYPE_CHECKING:
    from aimux.catalogue.provider import Provider
    from aimux.config.keyref import KeyReference
    from aimux.config.paths import Paths
    from aimux.vault.file import VaultFile
    from aimux.vault.store import Place

_KEY_LENGTH = 20

Target = Annotated[str, typer.Argument(metavar="PROVIDER[/LABEL]", help="Whose key.")]
Rest = Annotated[list[str] | None, typer.Argument(hidden=True)]
Stdin = Annotated[bool, typer.Option("--stdin", help="Read it from stdin instead of asking.")]


def register(app: typer.Typer) -> None:
    """Adds the commands of this module."""
    keys = group("keys", "Where each provider's key lives.")
    # what stands behind the name by mistake comes to us: typer would repeat it, and it may be a key
    forgiving = {"ignore_unknown_options": True}
    keys.command("set", context_settings=forgiving)(set_key)
    keys.command("list")(list_keys)
    keys.command("remove", context_settings=forgiving)(remove_key)
    keys.command("migrate")(migrate_keys)
    keys.command("unlock", context_settings=forgiving)(unlock)
    app.add_typer(keys)


# ---------------------------------------------------------------- set


def set_key(
    target: Target,
    rest: Rest = None,
    stdin: Stdin = False,  # noqa: FBT002 -- typer's way to write a flag
    vault: Annotated[bool, typer.Option("--vault", help="Into aimux's own file.")] = False,  # noqa: FBT002 -- the same
) -> None:
    """Store a key in the OS keyring, or in aimux's vault where there is none.

    Asks for it on the terminal without showing it. The key is bound to the provider's hosts.
    """
    from aimux.cli.keyprompt import access_for_person, asked_key
    from aimux.config.keyref import KeyReference
    from aimux.config.paths import find_paths
    from aimux.vault.record import StoredKey
    from aimux.vault.store import put, store_key

    _no_more(target, rest)
    paths = find_paths()
    name, label = _named(target)
    owner = _owner(name, paths)
    key = asked_key(name, from_stdin=stdin)
    access = access_for_person()
    if vault:
        forced = KeyReference("vault", f"{name}/{label}")
        reference = put(forced, StoredKey(key, owner.hosts), paths, access=access)
    else:
        reference = store_key(name, label, key, owner.hosts, paths, access=access)
    output.words(f"stored as {reference}, for {', '.join(sorted(owner.hosts))} only")
    if reference.scheme == "vault":
        _tell_vault(access.vault(paths), forced=vault)
    _name_in_configuration(owner, reference, paths)
    _tell_reload(paths)


@dataclass(frozen=True, slots=True)
class _Owner:
    """Whom a key is for; ``provider`` is None while only a preset has that name."""

    name: str
    hosts: frozenset[str]
    provider: Provider | None


def _owner(name: str, paths: Paths) -> _Owner:
    """The provider or preset of a name; a wrong name is not repeated, since it may be a key."""
    from aimux.catalogue.load import load_catalogue
    from aimux.catalogue.resolve import endpoint_host
    from aimux.cli.provider_keys import hosts_of

    providers = _providers(paths)
    if provider := providers.get(name):
        return _Owner(name, hosts_of(provider), provider)
    presets = load_catalogue()
    if preset := presets.get(name):
        return _Owner(name, frozenset(map(endpoint_host, preset.endpoints.values())), None)
    raise _unknown(name, [*providers, *presets])


def _unknown(name: str, known: list[str]) -> UsageError:
    from aimux.cli.configured import meant

    return UsageError(
        "no provider of that name is configured, and no preset has it",
        hint=meant(name, known) or "see which there are: aimux providers list",
    )


def _name_in_configuration(owner: _Owner, reference: KeyReference, paths: Paths) -> None:
    """Sees to it that the provider's ``keys`` leads to the key."""
    from aimux.config.edit import set_values
    from aimux.vault.keylist import with_key

    if owner.provider is None:
        output.hint(f"no provider uses it yet: aimux providers add {owner.name}")
        return
    listed = owner.provider.keys
    wanted = with_key(listed, reference)
    if wanted != listed:
        texts = list(map(str, wanted))
        set_values(paths.config, {("providers", owner.name, "keys"): texts})
        output.words(f"{paths.config}: providers.{owner.name}.keys = {json.dumps(texts)}")


def _tell_vault(vault: VaultFile, *, forced: bool) -> None:
    """What the vault protects against, and what it does not."""
    if not forced:
        output.words(f"there is no keyring here that keeps secrets, so it is in {vault.path}")
    if vault.needs_passphrase():
        output.words("after each start the daemon has to be told its passphrase: aimux keys unlock")
    elif vault.unlocking.uses_beside():
        output.words(
            f"the vault's own key lies beside it in {vault.unlocking.beside}: that protects "
            "backups and synchronised copies, not against programs of the same user"
        )


# ---------------------------------------------------------------- the other commands


def list_keys(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,  # noqa: FBT002 -- typer's way to write a flag
) -> None:
    """Show where each key is kept and whether it can be had."""
    from aimux.cli.keytable import print_rows, rows
    from aimux.config.paths import find_paths
    from aimux.vault import store

    paths = find_paths()
    providers = _providers(paths)
    found = rows(providers, store.list_keys(_wanted(providers), paths))
    if as_json:
        output.data_json(found)
    else:
        print_rows(found)


def remove_key(target: Target, rest: Rest = None) -> None:
    """Remove a key from the keyring and from the vault."""
    from aimux.cli.keyprompt import access_for_person
    from aimux.config.keyref import KeyReference
    from aimux.config.paths import find_paths
    from aimux.vault import store

    _no_more(target, rest)
    paths = find_paths()
    name = "/".join(_named(target))
    access = access_for_person()
    removed = store.remove_key(KeyReference("vault", name), paths, access=access)
    if removed:
        output.words(f"removed vault:{name}")
    try:
        if store.remove_key(KeyReference("keyring", name), paths, access=access):
            output.words(f"removed keyring:{name}")
            removed = True
    except KeyringUnavailable:
        pass  # there is no keyring, so nothing is in it
    except KeyringLocked as problem:
        if not removed:
            raise
        output.warning(f"{problem.message}; whether it has this key too cannot be seen")
    if not removed:
        raise KeyMissing("neither keyring nor vault has a key of that name", hint="aimux keys list")
    _tell_who_asks(name, target, paths)
    _tell_reload(paths)


def _tell_who_asks(name: str, target: str, paths: Paths) -> None:
    """Names the providers that still ask for a key that has been removed."""
    from aimux.errors import ConfigError

    with contextlib.suppress(ConfigError):
        for provider in _providers(paths).values():
            for each in provider.keys:
                if each.scheme in {"keyring", "vault"} and each.name == name:
                    output.warning(f"the provider {provider.name!r} still asks for {each}")
                    output.hint(
                        f"give it another with: aimux keys set {target}; or remove it with: "
                        f"aimux providers remove {provider.name}"
                    )


def migrate_keys(
    to: Annotated[str, typer.Option("--to", metavar="PLACE", help="keyring or vault.")] = "keyring",
) -> None:
    """Move keys from the vault and the environment into the keyring, or all into the vault."""
    from aimux.cli.keyprompt import access_for_person
    from aimux.config.paths import find_paths
    from aimux.vault.migrate import migrate

    if to not in {"keyring", "vault"}:
        raise UsageError("--to takes keyring or vault")
    place: Place = "keyring" if to == "keyring" else "vault"
    paths = find_paths()
    migration = migrate(place, _providers(paths), paths, access_for_person())
    for source, target in migration.moved:
        output.words(f"{'copied' if source.scheme == 'env' else 'moved'} {source} to {target}")
        if source.scheme == "env":
            output.hint(f"take {source.name} out of your shell's files now")
    for source, problem in migration.problems:
        output.error(VaultError(f"{source} stays where it is: {problem.message}"))
    for hint in dict.fromkeys(_hint(*each) for each in migration.problems):
        if hint:
            output.hint(hint)
    if migration.moved:
        _tell_reload(paths)
    if migration.problems:
        raise typer.Exit(migration.problems[0][1].exit_code)
    if not migration.moved:
        output.words(f"nothing to move: no provider has a key outside the {to} that could be moved")


def _hint(source: KeyReference, problem: VaultError) -> str | None:
    """What to do about a key that stays; that the vault is there for it helps no key in the vault."""
    beside = source.scheme == "vault" and isinstance(problem, KeyringUnavailable)
    return None if beside else problem.hint


def unlock(
    rest: Rest = None,
    stdin: Stdin = False,  # noqa: FBT002 -- typer's way to write a flag
) -> None:
    """Give the vault's passphrase to the running daemon."""
    from aimux.admin.client import AdminClient
    from aimux.cli.keyprompt import asked_passphrase
    from aimux.config.paths import find_paths
    from aimux.vault.access import Access

    _no_more("", rest)
    paths = find_paths()
    client = AdminClient.connect(paths)
    if not Access().vault(paths).needs_passphrase():
        output.words("no vault with a passphrase is there: nothing to unlock")
        return
    client.unlock(asked_passphrase(from_stdin=stdin))
    output.words("unlocked")


# ---------------------------------------------------------------- shared


def _no_more(target: str, rest: list[str] | None) -> None:
    """Nothing may stand behind the name; what does is not repeated, since it may be a key."""
    from aimux.keyshapes import looks_like_key

    if looks_like_key(target) or any(_may_be_key(each) for each in rest or ()):
        raise _key_in_arguments()
    if rest:
        raise UsageError("there is more on the command line than it takes", hint="aimux keys -h")


def _may_be_key(text: str) -> bool:
    """Generous: a known shape or beginning, or as long as a key, also behind ``--option=``."""
    from aimux.keyshapes import looks_like_key

    word = text.partition("=")[2] or text
    return looks_like_key(text) or word.startswith("sk-") or len(word) >= _KEY_LENGTH


def _key_in_arguments() -> UsageError:
    return UsageError(
        "a key must not stand on the command line: every user of this machine can read the "
        "arguments of a running program, and your shell keeps them in its history",
        hint="let it ask: aimux keys set PROVIDER, or: aimux keys set PROVIDER --stdin < FILE; "
        "then take the line out of your shell's history, and replace the key if others use "
        "this machine",
    )


def _named(target: str) -> tuple[str, str]:
    """Provider and label of ``PROVIDER[/LABEL]``."""
    from aimux.config.keyref import DEFAULT_LABEL
    from aimux.config.schema import NAME_PATTERN

    provider, slash, label = target.partition("/")
    if not slash:
        label = DEFAULT_LABEL
    if not all(re.fullmatch(NAME_PATTERN, each) for each in (provider, label)):
        raise UsageError(
            "the name must be PROVIDER or PROVIDER/LABEL, of letters, digits, '.', '_' and '-'",
            hint="aimux keys list",
        )
    return provider, label


def _providers(paths: Paths) -> dict[str, Provider]:
    from aimux.catalogue.resolve import resolve_providers
    from aimux.config.load import load_config

    return resolve_providers(load_config(paths.config).config)


def _wanted(providers: Mapping[str, Provider]) -> dict[KeyReference, frozenset[str]]:
    """Every reference, with all hosts that its key would be sent to."""
    from aimux.cli.provider_keys import hosts_of

    wanted: dict[KeyReference, frozenset[str]] = {}
    for provider in providers.values():
        for reference in provider.keys:
            wanted[reference] = wanted.get(reference, frozenset()) | hosts_of(provider)
    return wanted


def _tell_reload(paths: Paths) -> None:
    """A running daemon has the keys it read when it started; one that is silent is told nothing."""
    from aimux.cli.configured import tell_daemon

    with contextlib.suppress(DaemonError):
        tell_daemon(paths, reload=False)
