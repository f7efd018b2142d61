"""``aimux config``: read, check and change the configuration."""

from __future__ import annotations

from typing import Annotated

import typer

from aimux.cli import config_change, config_views
from aimux.cli.group import group

Key = Annotated[
    str,
    typer.Argument(
        metavar="KEY",
        help="The setting's name, such as server.port or providers.local.max_concurrent.",
        show_default=False,
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
FLAG_OFF = False
"""Default of every flag: a flag that is not typed is off."""


def register(app: typer.Typer) -> None:
    """Adds the commands of this module."""
    config = group("config", "The configuration: where it is, what holds, and changes to it.")
    config.command("path")(path)
    config.command("show")(show)
    config.command("check")(check)
    config.command("get")(get)
    # a value may begin with a dash, and what a slip puts there comes to us to be refused unrepeated
    config.command("set", context_settings={"ignore_unknown_options": True})(set_)
    config.command("unset")(unset)
    config.command("edit")(edit)
    config.command("schema")(schema)
    config.command("import")(import_)
    app.add_typer(config)


def path(
    every: Annotated[
        bool, typer.Option("--all", help="Print state, keys, log and all others as well.")
    ] = FLAG_OFF,
    as_json: Json = FLAG_OFF,
) -> None:
    """Print where config.toml is; it need not exist."""
    config_views.show_paths(every=every, as_json=as_json)


def show(
    origin: Annotated[
        bool,
        typer.Option("--origin", help="Say where each value comes from: flag, variable, line ..."),
    ] = FLAG_OFF,
    as_json: Json = FLAG_OFF,
) -> None:
    """Print every setting that holds.

    That is the file under the environment, with presets and defaults filled in.  Keys are never
    printed, only the references that lead to them.
    """
    config_views.show_effective(origin=origin, as_json=as_json)


def check(
    file: Annotated[
        str | None,
        typer.Argument(
            metavar="FILE",
            help="Another file than config.toml; the environment is then left out.",
            show_default=False,
        ),
    ] = None,
    as_json: Json = FLAG_OFF,
) -> None:
    """Check the file and print every problem.

    Each problem comes with its line, what is allowed and what was probably meant.  The exit code is
    2 if there is one; doubtful settings are warned of and are no problem.
    """
    config_views.check(file, as_json=as_json)


def get(key: Key, as_json: Json = FLAG_OFF) -> None:
    """Print one setting as it holds.

    Defaults count; a list is printed one item a line, a table as TOML.  A setting without any value
    gives exit code 1.
    """
    config_views.show_setting(key, as_json=as_json)


def set_(
    key: Key,
    value: Annotated[
        list[str],
        typer.Argument(
            metavar="VALUE...",
            help="The value as the setting's type wants it; several make a list.",
            show_default=False,
        ),
    ],
) -> None:
    """Change one setting in the file.

    Comments and everything else in it stay as they are.  The file is checked first and is not
    written if the change makes it wrong.  Examples:

        aimux config set server.port 9000

        aimux config set routing.default zai/glm-4.7 local/qwen3

        aimux config set 'models."gpt-5.1".strategy' cheapest
    """
    config_change.set_setting(key, value)


def unset(key: Key) -> None:
    """Take one setting, or a whole table, out of the file.

    Its default, or its preset's value, holds again.
    """
    config_change.unset_setting(key)


def edit() -> None:
    """Open the file in $VISUAL or $EDITOR.

    What you save is checked; with problems in it you can edit again or discard it, and the file
    stays as it was.
    """
    from aimux.cli import config_editor

    config_editor.edit()


def schema() -> None:
    """Print the JSON Schema of config.toml.

    Editors with taplo check and complete with it: save it beside the file as aimux.schema.json and
    begin config.toml with the line "#:schema ./aimux.schema.json".
    """
    config_views.show_schema()


def import_(
    source: Annotated[
        str,
        typer.Argument(
            metavar="SOURCE", help="ccr, litellm, cliproxyapi, or env.", show_default=False
        ),
    ],
    file: Annotated[
        str | None,
        typer.Argument(metavar="FILE", help="Its configuration.", show_default=False),
    ] = None,
    *,
    write: Annotated[
        bool, typer.Option("--write", help="Add it to a config.toml that is there already.")
    ] = FLAG_OFF,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Write nothing.")] = FLAG_OFF,
    as_json: Json = FLAG_OFF,
) -> None:
    """Take over the configuration of another gateway, or keys that are there already.

    Reads claude-code-router (config.json, config.sqlite), litellm's proxy and CLIProxyAPI; env
    means the shell's variables and the settings of known agents.  Keys go into the keyring, or into
    the vault where there is none, and never into the file.  What cannot be taken over is listed.
    Where there is a config.toml already, it shows what would be added and writes with --write.
    """
    from aimux.cli.imports.run import import_configuration

    import_configuration(source, file, writes=write, dry=dry_run, as_json=as_json)
