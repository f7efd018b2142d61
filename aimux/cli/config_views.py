"""What ``aimux config`` shows: paths, effective settings, problems, the schema."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Final

import typer

from aimux.cli import output
from aimux.errors import ConfigError, Problem, UsageError

if TYPE_CHECKING:
    from aimux.config.load import Loaded


_FILES: Final = (
    "state", "lock", "daemon", "admin_token", "client_token", "tokens", "vault", "log", "ledger",
    "bodies", "routing", "listed", "connections", "backups", "webhook_secret",
)  # fmt: skip
"""What ``config path --all`` names besides the configuration, by the names of :class:`Paths`."""


def load() -> Loaded:
    """The configuration of this environment, its warnings told."""
    from aimux.config.load import load_config
    from aimux.config.paths import find_paths

    loaded = load_config(find_paths().config)
    for each in loaded.warnings:
        output.warning(str(each))
    return loaded


def show_paths(*, every: bool, as_json: bool) -> None:
    """Where aimux keeps its files."""
    from aimux.config.paths import find_paths

    paths = find_paths()
    named = {"config": paths.config}
    if every:
        named |= {name: getattr(paths, name) for name in _FILES}
    if as_json:
        output.data_json({name: str(path) for name, path in named.items()})
    elif every:
        output.table(("FILE", "PATH"), list(named.items()))
    else:
        output.data(str(paths.config))


def show_effective(*, origin: bool, as_json: bool) -> None:
    """Every setting that holds."""
    from aimux.config.effective import as_toml, effective_data, effective_settings

    loaded = load()
    if as_json and origin:
        output.data_json(
            {
                each.key: {
                    "value": each.value,
                    "origin": each.origin.kind,
                    "detail": each.origin.detail,
                }
                for each in effective_settings(loaded)
            }
        )
    elif as_json:
        output.data_json(effective_data(loaded))
    else:
        for line in as_toml(effective_settings(loaded), with_origin=origin):
            output.data(line)


def show_setting(key: str, *, as_json: bool) -> None:
    """One setting, or all below a table."""
    from aimux.config.effective import as_toml, effective_data, effective_settings
    from aimux.config.lookup import setting_path
    from aimux.config.meaning import ABSENT, value_at

    loaded = load()
    data = effective_data(loaded)
    path = setting_path(key, data)
    value = value_at(data, path)
    if as_json:
        output.data_json(None if value is ABSENT else value)
    elif value is ABSENT:
        output.words(f"{key} is not set and has no default")
        raise typer.Exit(1)
    elif _is_table(value):
        below = [each for each in effective_settings(loaded) if each.path[: len(path)] == path]
        for line in as_toml(below):
            output.data(line)
    else:
        for item in value if isinstance(value, list) else [value]:
            output.data(str(item).lower() if isinstance(item, bool) else str(item))


def _is_table(value: object) -> bool:
    first = value[0] if isinstance(value, list) and value else value
    return isinstance(first, dict)


def show_schema() -> None:
    """The JSON Schema of config.toml."""
    from aimux.config.shape import config_schema

    output.data_json(config_schema())


def check(file: str | None, *, as_json: bool) -> None:
    """All problems of a file, each with its line; warnings on stderr."""
    path = _file(file)
    try:
        loaded = _load_file(path, alone=file is not None)
    except ConfigError as error:
        _show_failure(path, error, as_json=as_json)
        raise typer.Exit(error.exit_code) from None
    if as_json:
        _show_json(path, (), loaded.warnings)
        return
    for each in loaded.warnings:
        output.warning(str(each))
    missing = " does not exist; the defaults hold"
    output.data(f"{path}:{' no problems' if loaded.exists else missing}")


def show_problems(problems: Iterable[Problem], text: str, tell: Callable[[str], None]) -> None:
    """Each problem, the line it stands in, and a caret."""
    from aimux.config.excerpt import excerpt

    for each in problems:
        tell(output.printable(str(each)))
        if each.line and (lines := excerpt(text, each)):
            tell(output.printable(lines))


def _file(file: str | None) -> Path:
    from aimux.config.paths import find_paths

    if file is None:
        return find_paths().config
    if not Path(file).exists():
        raise UsageError(f"there is no file {file!r}")
    return Path(file)


def _load_file(path: Path, *, alone: bool) -> Loaded:
    from aimux.config.load import load_config

    return load_config(path, environ={} if alone else None)


def _show_failure(path: Path, error: ConfigError, *, as_json: bool) -> None:
    if as_json:
        _show_json(path, error.problems, ())
        return
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        text = ""
    show_problems(error.problems, text, output.data)
    count = len(error.problems)
    output.words(f"{count} problem{'' if count == 1 else 's'}; no daemon starts with this file")
    if error.hint and "config check" not in error.hint:
        output.hint(error.hint)


def _show_json(path: Path, problems: Iterable[Problem], warnings: Iterable[Problem]) -> None:
    listed = [dataclasses.asdict(each) for each in problems]
    output.data_json(
        {
            "file": str(path),
            "ok": not listed,
            "problems": listed,
            "warnings": [dataclasses.asdict(each) for each in warnings],
        }
    )
