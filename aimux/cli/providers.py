"""``aimux providers``: the accounts that answer requests."""

from __future__ import annotations

import re
from typing import Annotated

import typer

from aimux.cli import (
    provider_add,
    provider_change,
    provider_check,
    provider_reset,
    provider_views,
)
from aimux.cli.group import group
from aimux.errors import UsageError

Name = Annotated[str, typer.Argument(metavar="NAME", help="The provider's name.")]
Rest = Annotated[list[str] | None, typer.Argument(hidden=True)]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Reload = Annotated[bool, typer.Option("--reload", help="Tell a running daemon at once.")]
FLAG_OFF = False
"""Default of every flag: a flag that is not typed is off."""


def register(app: typer.Typer) -> None:
    """Adds the commands of this module."""
    providers = group("providers", "The accounts that answer requests.")
    providers.command("catalog")(catalog)
    # what a slip of the fingers puts behind the name comes to us, so that it is not repeated
    providers.command("add", context_settings={"ignore_unknown_options": True})(add)
    providers.command("list")(list_all)
    providers.command("show")(show)
    providers.command("test")(check)
    providers.command("enable")(enable)
    providers.command("disable")(disable)
    providers.command("reset")(reset)
    providers.command("remove")(remove)
    app.add_typer(providers)


def catalog(as_json: Json = FLAG_OFF) -> None:
    """List the vendors aimux knows, with their formats and the keys they want."""
    provider_views.show_catalogue(as_json=as_json)


def add(  # noqa: PLR0913, PLR0917 -- one parameter for each option
    name: Name,
    rest: Rest = None,
    preset: Annotated[
        str | None, typer.Option("--preset", help="Entry of the catalogue; NAME if it is one.")
    ] = None,
    base_url: Annotated[
        str | None, typer.Option("--base-url", help="Address as the vendor's own SDK takes it.")
    ] = None,
    wire_format: Annotated[
        str | None,
        typer.Option(
            "--format", help="Spoken there: anthropic, openai-chat, openai-responses, gemini."
        ),
    ] = None,
    key_stdin: Annotated[
        bool, typer.Option("--key-stdin", help="Read the key from stdin.")
    ] = FLAG_OFF,
    key_env: Annotated[
        str | None, typer.Option("--key-env", help="Variable the daemon reads the key from.")
    ] = None,
    no_key: Annotated[bool, typer.Option("--no-key", help="It takes no key.")] = FLAG_OFF,
    reload: Reload = FLAG_OFF,
) -> None:
    """Add a provider. Asks for its key on the terminal, without showing it.

    The key goes into the OS keyring, or into aimux's vault where there is none.
    """
    if rest:
        raise _surplus(rest[0])
    wish = provider_add.Wish(name, preset, base_url, wire_format, key_env, key_stdin, no_key)
    provider_add.add_provider(wish, reload=reload)


def _surplus(word: str) -> UsageError:
    """A word that is nothing of this command.  It may be a key, so only an option's name is shown."""
    option = word.partition("=")[0]
    if re.fullmatch(r"--?[a-z]{1,12}(?:-[a-z]{1,12}){0,2}", option):
        message, hint = f"there is no option {option!r}", "aimux providers add --help"
        if "key" not in option:
            return UsageError(message, hint=hint)
    else:
        message = "nothing but options stands behind the name"
    return UsageError(
        f"{message}; and a key does not belong on the command line, where every program can read it",
        hint="leave it out and be asked for it, or pipe it in with --key-stdin",
    )


def list_all(as_json: Json = FLAG_OFF) -> None:
    """List the configured providers, with their keys and, while a daemon runs, their health."""
    provider_views.show_providers(as_json=as_json)


def show(name: Name, as_json: Json = FLAG_OFF) -> None:
    """Show everything known of one provider."""
    provider_views.show_provider(name, as_json=as_json)


def check(
    name: Annotated[
        str | None,
        typer.Argument(metavar="NAME", help="The provider; every enabled one if left out."),
    ] = None,
    paid: Annotated[
        bool, typer.Option("--paid", help="Also ask a model for one token, which costs money.")
    ] = FLAG_OFF,
    model: Annotated[
        str | None, typer.Option("--model", help="Model of the paid call; else the cheapest known.")
    ] = None,
    timeout: Annotated[str, typer.Option("--timeout", help="Longest wait for an answer.")] = "15s",
    as_json: Json = FLAG_OFF,
) -> None:
    """Ask a provider for its list of models, which is free: shows whether the key is taken."""
    from aimux.config.schema import duration_s

    if model is not None and not paid:
        raise UsageError("--model is for the paid call", hint="add --paid")
    if model is not None and name is None:
        raise UsageError("--model needs the name of its provider")
    try:
        timeout_s = duration_s(timeout)
    except ValueError as problem:
        raise UsageError(f"--timeout {problem}") from problem
    wanted = provider_check.Wanted(paid, model, timeout_s)
    provider_check.check_providers(name, wanted, as_json=as_json)


def enable(name: Name, reload: Reload = FLAG_OFF) -> None:
    """Let requests go to a provider again."""
    provider_change.set_enabled(name, enabled=True, reload=reload)


def disable(name: Name, reload: Reload = FLAG_OFF) -> None:
    """Keep a provider in the configuration and send it nothing."""
    provider_change.set_enabled(name, enabled=False, reload=reload)


def reset(
    name: Annotated[
        str | None, typer.Argument(metavar="NAME", help="The provider; or --all.")
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="All of them.")] = FLAG_OFF,
    as_json: Json = FLAG_OFF,
) -> None:
    """Let the running daemon ask a provider again at once: ends rests, circuits and used-up windows.

    Each says what it was. What is learned of speeds and caches stays.
    """
    provider_reset.reset_providers(name, every=every, as_json=as_json)


def remove(
    name: Name,
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Do not ask; take it out of routes and lists too.")
    ] = FLAG_OFF,
    keep_key: Annotated[
        bool, typer.Option("--keep-key", help="Leave its key in the keyring.")
    ] = FLAG_OFF,
    reload: Reload = FLAG_OFF,
) -> None:
    """Remove a provider and the key kept for it. Refuses while routes use it."""
    provider_change.remove_provider(name, yes=yes, keep_key=keep_key, reload=reload)
