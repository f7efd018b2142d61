"""``aimux providers add``: a provider into the configuration, its key into the keyring.

The configuration is written first, because writing it checks everything that was asked for; then the
key is stored.  A key that cannot be stored leaves a provider without one, and says how to go on.
"""

from __future__ import annotations

import os
import re
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from aimux.cli import output
from aimux.cli.configured import meant, refuse_key, shown, tell_daemon
from aimux.errors import ConfigError, UsageError

if TYPE_CHECKING:
    from aimux.catalogue.load import Preset
    from aimux.config.paths import Paths
    from aimux.config.schema import Config
    from aimux.vault.secret import Secret

_VARIABLE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True, slots=True)
class Wish:
    """What was typed."""

    name: str
    preset: str | None
    base_url: str | None
    format: str | None
    key_env: str | None
    key_stdin: bool
    no_key: bool


def add_provider(wish: Wish, *, reload: bool) -> None:
    """Adds a provider.

    Raises:
        UsageError: what was typed has no meaning.
        ConfigError: the file has problems, or would have.
        VaultError: the key cannot be one, or cannot be kept.
    """
    from aimux.config.load import load_config
    from aimux.config.paths import find_paths

    refuse_key(wish.name, wish.preset, wish.base_url, wish.format, wish.key_env)
    paths = find_paths()
    config = load_config(paths.config).config
    _check_name(wish.name, config)
    preset = _preset_of(wish)
    _check_key_options(wish)
    key = _key_of(wish, preset)
    _write(wish, preset, config, paths, has_key=key is not None)
    if key is not None:
        _store(wish.name, key, paths)
    _tell_next(wish, preset, paths, has_key=key is not None)
    tell_daemon(paths, reload=reload)


# ---------------------------------------------------------------- what was meant


def _check_name(name: str, config: Config) -> None:
    from aimux.config.schema import NAME_FORM, NAME_PATTERN

    if not re.search(NAME_PATTERN, name):
        raise UsageError(f"a provider's name must be {NAME_FORM}, not {shown(name)}")
    if name in config.providers:
        raise UsageError(
            f"provider {name!r} is configured already",
            hint=f"see it: aimux providers show {name}; another key: aimux keys set {name}; "
            f"a second account needs another name: aimux providers add {name}-2 --preset {name}",
        )


def _preset_of(wish: Wish) -> Preset | None:
    """The preset that was asked for, or that has the provider's name."""
    from aimux.catalogue.load import load_catalogue
    from aimux.model.request import WireFormat

    catalogue, formats = load_catalogue(), [str(each) for each in WireFormat]
    if wish.preset is not None and wish.preset not in catalogue:
        hint = meant(wish.preset, catalogue) or "see which there are: aimux providers catalog"
        raise UsageError(f"there is no preset {wish.preset!r}", hint=hint)
    if wish.format is not None and wish.format not in formats:
        raise UsageError(
            f"there is no format {wish.format!r} (allowed: {', '.join(formats)})",
            hint=meant(wish.format, formats),
        )
    preset = catalogue.get(wish.preset or wish.name)
    if preset is None and wish.base_url is None:
        near = meant(wish.name, catalogue)
        every = "see which presets there are: aimux providers catalog"
        raise UsageError(
            f"{wish.name!r} is no preset; give --preset, or --base-url and --format",
            hint=f"{near} or {every}" if near else every,
        )
    if preset is None and wish.format is None:
        raise UsageError(
            f"which format is spoken at that address? --format takes {', '.join(formats)}",
            hint="most servers that run models on one's own machine speak openai-chat",
        )
    return preset


def _check_key_options(wish: Wish) -> None:
    if sum((wish.key_stdin, wish.key_env is not None, wish.no_key)) > 1:
        raise UsageError("--key-stdin, --key-env and --no-key exclude each other")
    if wish.key_env is not None and not _VARIABLE.fullmatch(wish.key_env):
        raise UsageError(
            "--key-env takes the name of a variable, without $",
            hint=f"aimux providers add {wish.name} --key-env MY_API_KEY",
        )


def _needs_key(wish: Wish, preset: Preset | None) -> bool:
    """Whether requests there go with a key; a server on this machine usually takes none."""
    if wish.no_key:
        return False
    if preset is not None and wish.base_url is None:
        return preset.needs_key
    from urllib.parse import urlsplit

    from aimux.config.addresses import is_loopback

    try:
        return not is_loopback(urlsplit(wish.base_url or "").hostname or "")
    except ValueError:  # the configuration will say what is wrong with the address
        return True


# ---------------------------------------------------------------- the key


def _key_of(wish: Wish, preset: Preset | None) -> Secret | None:
    """The key that was piped in or typed; ``None`` when there is none to store."""
    from aimux.vault.hygiene import checked_key

    if wish.key_stdin and not sys.stdin.isatty():
        return checked_key(sys.stdin.read())
    wanted = wish.key_stdin or (wish.key_env is None and _needs_key(wish, preset))
    if not wanted or not output.is_terminal():
        return None
    typed = typed_key(wish.name)
    return checked_key(typed) if typed else None


def typed_key(name: str) -> str:
    """What a person types for a key, on a terminal; empty for none."""
    import getpass

    return getpass.getpass(f"key of {name} (hidden; empty for later): ", stream=sys.stderr)


def _store(name: str, key: Secret, paths: Paths) -> None:
    """Stores the key for the provider's hosts, and writes down where if it is not the usual place."""
    from aimux.catalogue.resolve import resolve_provider
    from aimux.cli.keyprompt import access_for_person
    from aimux.cli.provider_keys import hosts_of
    from aimux.config.edit import set_values
    from aimux.config.keyref import DEFAULT_LABEL
    from aimux.config.load import load_config
    from aimux.errors import VaultError
    from aimux.vault.keylist import with_key
    from aimux.vault.store import store_key

    settings = load_config(paths.config).config.providers[name]
    provider = resolve_provider(name, settings)
    try:
        hosts, access = hosts_of(provider), access_for_person()
        reference = store_key(name, DEFAULT_LABEL, key, hosts, paths, access=access)
    except VaultError:
        output.warning(f"provider {name!r} was added without its key")
        raise
    listed = with_key(provider.keys, reference)
    if listed != provider.keys:
        set_values(paths.config, {("providers", name, "keys"): list(map(str, listed))})
    output.words(f"stored its key as {reference}, for {', '.join(sorted(hosts))} only")


# ---------------------------------------------------------------- the file


def _write(
    wish: Wish, preset: Preset | None, config: Config, paths: Paths, *, has_key: bool
) -> None:
    from aimux.config.edit import set_values

    changes: dict[tuple[str, ...], Any] = {}
    for setting, value in _settings(wish, preset, has_key=has_key).items():
        changes["providers", wish.name, setting] = value
    target = f"{wish.name}/{_model_for_all(preset)}"
    first = not config.routing.default
    if first:
        changes["routing", "default"] = [target]
    try:
        loaded = set_values(paths.config, changes)
    except ConfigError as problem:  # the file was good before: what was typed is at fault
        problem.hint = f"nothing was written; {str(paths.config)!r} is as it was"
        raise
    title = f" ({preset.title})" if preset else ""
    output.words(f"added provider {wish.name!r}{title} to {str(paths.config)!r}")
    if first:
        output.words(f"it answers every request that no route matches: default = [{target}]")
    for doubt in loaded.warnings:
        if f"providers.{wish.name}" in doubt.key:
            output.warning(str(doubt))


def _model_for_all(preset: Preset | None) -> str:
    """What stands behind the slash: the model that is asked for, but for the demo provider, which
    has none of the models that agents ask for.
    """
    from aimux.catalogue.resolve import DEMO

    return "demo-thinker" if preset is not None and preset.name == DEMO else "*"


def _settings(wish: Wish, preset: Preset | None, *, has_key: bool) -> dict[str, Any]:
    """The lines of the provider's table; what the preset says already is left out."""
    settings: dict[str, Any] = {}
    if preset is not None:
        settings["preset"] = preset.name
    if wish.format is not None:
        settings["format"] = wish.format
    if wish.base_url is not None:
        settings["base_url"] = wish.base_url.rstrip("/")
    if wish.key_env is not None:
        settings["keys"] = [f"env:{wish.key_env}"]
    elif has_key and preset is not None and not preset.needs_key:
        settings["keys"] = [f"keyring:{wish.name}/default"]
    elif not _needs_key(wish, preset) and not has_key and (preset is None or preset.needs_key):
        settings["keys"] = []
    return settings


def _tell_next(wish: Wish, preset: Preset | None, paths: Paths, *, has_key: bool) -> None:
    from aimux.admin.presence import is_held

    if preset is not None and preset.notes:
        output.words(f"note: {preset.notes}")
    if wish.key_env is not None and wish.key_env not in os.environ:
        output.warning(f"{wish.key_env} is not set here; the daemon needs it when it starts")
    if not has_key and wish.key_env is None and _needs_key(wish, preset):
        output.warning("it has no key yet")
        output.hint(_key_hint(wish, preset))
    output.hint(f"try it, free of charge: aimux providers test {wish.name}")
    if not is_held(paths.lock):
        output.hint("start the daemon: aimux start")


def _key_hint(wish: Wish, preset: Preset | None) -> str:
    hint = f"give it one: aimux keys set {wish.name}"
    if preset is not None and preset.key_env and preset.key_env in os.environ:
        hint += f" --stdin (${preset.key_env} is set here)"
    return hint
