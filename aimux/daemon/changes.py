"""What a reload changed, in words, and what it could not change.

providers: +groq, -zai, ~openai (timeouts.idle 60s -> 90s)
routes: ~long (targets changed)
server.heartbeat: 10s -> 20s
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from pydantic import BaseModel

from aimux.config.schema import Config
from aimux.gateway.snapshot import Snapshot

_NAMED: Final = ("providers", "models", "budgets")
"""Sections that are tables by name."""

_PRIVATE: Final = ("headers", "proxy")
"""Keys whose values may hold what is nobody's business."""

_LONGEST: Final = 40


def changes(old: Config, new: Config) -> list[str]:
    """One line for each section that differs, in the order of the file."""
    before, after = _plain(old), _plain(new)
    lines: list[str] = []
    for section in after:
        if before[section] == after[section]:
            continue
        if section in _NAMED:
            lines.append(f"{section}: {_tables(before[section], after[section])}")
        elif section == "routes":
            lines.append(f"routes: {_routes(before[section], after[section])}")
        elif isinstance(after[section], dict):
            lines += [f"{section}.{text}" for text in _values(before[section], after[section])]
        else:
            lines.append(f"{section}: changed")
    return lines


def key_changes(old: Snapshot, new: Snapshot) -> list[str]:
    """One line for each provider whose keys came or went."""
    lines = []
    for name in sorted(set(old.providers) | set(new.providers)):
        had, has = len(old.credentials.get(name, ())), len(new.credentials.get(name, ()))
        problem = new.key_problems.get(name)
        if has > had:
            lines.append(f"keys: {name} has {_count(has)}")
        elif has < had and name in new.providers and new.providers[name].enabled:
            lines.append(f"keys: {name} has {_count(has)}" + (f": {problem}" if problem else ""))
    return lines


def token_changes(old: Snapshot, new: Snapshot) -> list[str]:
    """One line where client tokens came or went."""
    words = [f"+{name}" for name in new.tokens if name not in old.tokens]
    words += [f"-{name}" for name in old.tokens if name not in new.tokens]
    words += [
        f"~{name}"
        for name, token in new.tokens.items()
        if name in old.tokens and old.tokens[name] != token
    ]
    return [f"tokens: {', '.join(words)}"] if words else []


def restart_keys(model: type[BaseModel] = Config, prefix: str = "") -> Iterator[str]:
    """Dotted keys of the settings that only a restart applies."""
    for name, field in model.model_fields.items():
        extra = field.json_schema_extra
        if isinstance(extra, dict) and extra.get("restart"):
            yield prefix + name
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from restart_keys(kind, f"{prefix}{name}.")


def waiting_for_restart(started: Config, new: Config) -> list[str]:
    """Those of ``restart_keys`` that differ from what the daemon was started with."""
    return [key for key in restart_keys() if _at(started, key) != _at(new, key)]


def with_started(started: Config, new: Config) -> Config:
    """The new configuration, with the values that the daemon still has from its start."""
    for key in waiting_for_restart(started, new):
        section, _, name = key.partition(".")
        table: BaseModel = getattr(new, section)
        kept = table.model_copy(update={name: _at(started, key)})
        new = new.model_copy(update={section: kept})
    return new


def _at(config: BaseModel, key: str) -> object:
    value: object = config
    for name in key.split("."):
        value = getattr(value, name)
    return value


def _plain(config: Config) -> dict[str, Any]:
    return config.model_dump(mode="json")


def _tables(before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    words = [f"+{name}" for name in after if name not in before]
    words += [f"-{name}" for name in before if name not in after]
    for name in after:
        if name in before and before[name] != after[name]:
            words.append(f"~{name} ({', '.join(_values(before[name], after[name]))})")
    return ", ".join(words) or "another order"


def _routes(before: Sequence[Mapping[str, Any]], after: Sequence[Mapping[str, Any]]) -> str:
    return _tables({each["name"]: each for each in before}, {each["name"]: each for each in after})


def _values(before: Mapping[str, Any], after: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    """``timeouts.idle 60s -> 90s`` for each value that differs."""
    for name in dict.fromkeys((*before, *after)):
        old, new = before.get(name), after.get(name)
        key = prefix + name
        if old == new:
            continue
        if name in _PRIVATE:
            yield f"{key} changed"
        elif isinstance(old, dict) and isinstance(new, dict):
            yield from _values(old, new, f"{key}.")
        else:
            yield f"{key} {_shown(old)} -> {_shown(new)}"


def _shown(value: object) -> str:
    if value is None or value in ({}, []):
        return "unset"
    if isinstance(value, bool):
        return "true" if value else "false"
    text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 3] + "..."


def _count(number: int) -> str:
    return {0: "no key", 1: "a key"}.get(number, f"{number} keys")
