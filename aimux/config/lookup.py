"""From the name of a setting, as a person types it, to its path.

A shell takes away the quotes of ``models."gpt-5.1".strategy``; so a name is first compared with those
that exist, and only then read as TOML reads it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from aimux.config.faults import closest
from aimux.config.keypath import KeyPath, dotted, parse_key_path
from aimux.config.origin import leaves
from aimux.config.shape import elsewhere, kinds, known_names, node_at, settings
from aimux.errors import UsageError


def setting_path(name: str, data: Mapping[str, Any]) -> KeyPath:
    """The path of a setting that the schema knows; tables of free names take any name.

    ``data`` is what is set: its names need no quotes, and its lists are counted from 0.

    Raises:
        UsageError: there is no such setting; the hint names one that is near.
    """
    for path in _existing(name.strip(), data, ()):
        return path
    path = ()
    for part in parse_key_path(name):
        is_index = part.isdecimal() and "array" in kinds(node_at(path))
        path = (*path, int(part) if is_index else part)
    if node_at(path) is None:
        raise UsageError(f"there is no setting {dotted(path)!r}", hint=_hint(path, data))
    return path


def _existing(rest: str, data: Any, path: KeyPath) -> Iterator[KeyPath]:
    """Paths whose parts, joined by dots without any quotes, are the text."""
    children: Mapping[str, Any] = data if isinstance(data, dict) else {}
    if isinstance(data, list):
        children = {str(index): item for index, item in enumerate(data)}
    for name in dict.fromkeys((*known_names(node_at(path)), *children)):
        step = (*path, int(name) if isinstance(data, list) else name)
        if rest == name and node_at(step) is not None:
            yield step
        elif rest.startswith(f"{name}."):
            yield from _existing(rest[len(name) + 1 :], children.get(name), step)


def _hint(path: KeyPath, data: Mapping[str, Any]) -> str:
    for whole in _joined(path):
        return f"a name with dots needs quotes, and the shell some more: '{dotted(whole)}'"
    names = list(dict.fromkeys(_names(path, data)))
    near = _of_the_same_words(path, names) or closest(dotted(path), names) or elsewhere(path[-1])
    return f"did you mean {near}?" if near else "aimux config show prints every setting"


def _of_the_same_words(path: KeyPath, names: Sequence[str]) -> str | None:
    """The longest name all of whose words, two at least, the path has or begins: ``logging.level`` for
    ``server.log_level``.
    """
    said = [word for word in _words(dotted(path)) if len(word) > 2]
    made = [
        each
        for each in names
        if len(words := _words(each)) > 1
        and all(any(word.startswith(begun) for begun in said) for word in words)
    ]
    return max(made, key=lambda each: len(_words(each)), default=None)


def _words(name: str) -> list[str]:
    return re.split(r"[._-]", name.casefold())


def _joined(path: KeyPath) -> Iterator[KeyPath]:
    """Settings that the path would name if neighbouring parts were one name with dots."""
    for start in range(1, len(path)):
        for end in range(start + 2, len(path)):
            name = ".".join(str(part) for part in path[start:end])
            whole = (*path[:start], name, *path[end:])
            if path[start - 1] == "models" and node_at(whole) is not None:
                yield whole


def _names(path: KeyPath, data: Mapping[str, Any]) -> Iterator[str]:
    for each in settings():
        yield dotted(each)
    for leaf, _ in leaves(data):
        yield dotted(leaf)
    for length in range(len(path)):
        for name in known_names(node_at(path[:length])):
            yield dotted((*path[:length], name))
