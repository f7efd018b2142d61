"""The configuration as a command sees it, and what is said once a command has changed it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from aimux.cli import output
from aimux.errors import UsageError

if TYPE_CHECKING:
    from aimux.config.paths import Paths
    from aimux.config.schema import Config, ProviderSettings


def read_configuration() -> tuple[Paths, Config]:
    """The paths that hold here and the configuration there; a missing file is an empty one.

    Raises:
        ConfigError: it has problems; all of them are in it.
    """
    from aimux.config.load import load_config
    from aimux.config.paths import find_paths

    paths = find_paths()
    return paths, load_config(paths.config).config


def provider_named(config: Config, name: str) -> ProviderSettings:
    """The settings of a provider that a person named.

    Raises:
        UsageError: there is none of that name; says which one was probably meant.
    """
    from aimux.catalogue.load import load_catalogue

    found = config.providers.get(name)
    if found is not None:
        return found
    if name in load_catalogue():
        raise UsageError(
            f"provider {name!r} is not configured", hint=f"add it: aimux providers add {name}"
        )
    hint = meant(name, config.providers) or "see which there are: aimux providers list"
    raise UsageError(f"there is no provider {shown(name)}", hint=hint)


def meant(word: str, known: Iterable[str]) -> str | None:
    """A hint that names the known word which is nearest; ``None`` where none is near."""
    from aimux.config.faults import closest

    near = closest(word, known)
    return f"did you mean {near!r}?" if near else None


def shown(word: str) -> str:
    """A word that a person typed, fit to be repeated: never one that may be a key."""
    from aimux.keyshapes import looks_like_key

    return "of that name" if looks_like_key(word) else repr(word)


_KEY_HINT = (
    "leave it out and be asked for it, or pipe it in with --key-stdin; "
    "make a new key at the vendor if this machine is shared"
)


def refuse_key(*words: str | None, hint: str = _KEY_HINT) -> None:
    """Refuses a key that stands on the command line, where every program can read it.

    ``hint`` is for a command that takes no key in any way.

    Raises:
        UsageError: a word has the shape of a key; it is not repeated.
    """
    from aimux.keyshapes import looks_like_key

    if any(word and looks_like_key(word) for word in words):
        raise UsageError(
            "a key does not belong on the command line: every program on this machine can read it there",
            hint=hint,
        )


def tell_daemon(paths: Paths, *, reload: bool) -> None:
    """After a change: lets a running daemon take it over, or says how."""
    from aimux.admin.client import AdminClient
    from aimux.errors import NotRunning

    try:
        client = AdminClient.connect(paths)
    except NotRunning:
        return
    if not reload:
        output.hint("the running daemon does not know it yet: aimux reload")
        return
    for change in client.reload()["changes"]:
        output.words(f"reloaded: {output.printable(change)}")
