"""Changes to config.toml that are looked at before they are made: what the dashboard's forms send.

    {"key": "providers.zai.enabled", "value": false}
    {"key": "providers.zai.weight", "unset": true}
    {"table": "routes", "index": 0, "move_to": 2}
    {"text": "the whole file"}

A draft is the file before and after, with every problem that it would have.  Nothing is written here.
"""

from __future__ import annotations

import difflib
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeGuard

from aimux.config.edit import Edit, current_content
from aimux.config.keypath import HIDDEN
from aimux.config.load import check_source
from aimux.config.lookup import setting_path
from aimux.config.masked import masked_text
from aimux.config.source import source_of
from aimux.errors import ConfigError, InvalidRequest, Problem, UsageError

MOST_EDITS: Final = 200
MOST_TEXT: Final = 2**20

Change = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Draft:
    """The bytes of the file before and after, and what would be wrong with it then."""

    before: bytes
    after: bytes
    problems: tuple[Problem, ...] = ()

    @property
    def etag(self) -> str:
        """Of the file before."""
        return etag_of(self.before)

    def diff(self) -> str:
        """What changes, as a unified diff without secrets."""
        return diff_of(self.before, self.after)


def etag_of(content: bytes) -> str:
    """The SHA-256 of a file's bytes in hexadecimal; empty without a file."""
    return hashlib.sha256(content).hexdigest() if content else ""


def shown_text(content: bytes) -> str | None:
    """A file as it may be shown; None where it cannot be told what of it is secret."""
    try:
        source = source_of(Path("config.toml"), content)
    except ConfigError:
        return "" if not content.strip() else None
    return masked_text(source.text.replace("\r\n", "\n"), source.data)


def diff_of(before: bytes, after: bytes) -> str:
    """A unified diff without secrets; one that cannot be shown is empty."""
    old, new = shown_text(before), shown_text(after)
    if old is None or new is None:
        return ""
    lines = difflib.unified_diff(
        old.splitlines(keepends=True), new.splitlines(keepends=True), "config.toml", "config.toml"
    )
    return "".join(line if line.endswith("\n") else f"{line}\n" for line in lines)


def draft(path: Path, changes: Sequence[Change]) -> Draft:
    """What a file would be with these changes, which are made one after the other.

    Raises:
        InvalidRequest: a change has no meaning.
        ConfigError: the file cannot be read, or is no TOML.
    """
    if len(changes) > MOST_EDITS:
        raise InvalidRequest(f"more than {MOST_EDITS} edits", param="edits")
    if any("text" in each for each in changes):
        return _rewritten(path, changes)
    edit = Edit(path, environ={})
    wrong: list[Problem] = []
    for each in changes:
        try:
            _make(edit, each)
        except UsageError as problem:
            said = f"{problem.message} ({problem.hint})" if problem.hint else problem.message
            wrong.append(Problem(str(path), 0, 0, _name(each), said))
        except ConfigError as problem:
            wrong += problem.problems
    return Draft(edit.content_before, edit.content_after, (*wrong, *edit.problems()))


def _make(edit: Edit, change: Change) -> None:
    name = _name(change)
    if "move_to" in change:
        index, to = change.get("index"), change["move_to"]
        if not _is_place(index) or not _is_place(to):
            raise InvalidRequest("index and move_to must be whole numbers", param="edits")
        edit.move(setting_path(name, edit.data), index, to)
    elif change.get("unset") is True:
        edit.remove(setting_path(name, edit.data))
    elif "value" in change:
        value = change["value"]
        if _is_marked(value):
            raise UsageError("this value is hidden; write the whole of it, or leave it alone")
        if not _is_toml(value):
            raise UsageError("this is no value that TOML has")
        edit.set(setting_path(name, edit.data), value)
    else:
        raise InvalidRequest("an edit needs value, unset, move_to or text", param="edits")


def _name(change: Change) -> str:
    name = change.get("table") if "move_to" in change else change.get("key")
    if not isinstance(name, str) or not name.strip():
        raise InvalidRequest("an edit needs the name of a setting", param="edits")
    return name


def _is_place(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_marked(value: object) -> bool:
    match value:
        case str():
            return HIDDEN in value
        case dict():
            return any(_is_marked(each) for each in value.values())
        case list():
            return any(map(_is_marked, value))
        case _:
            return False


def _is_toml(value: object) -> bool:
    match value:
        case dict():
            return all(map(_is_toml, value.values()))
        case list():
            return all(map(_is_toml, value))
        case int():
            return abs(value) < 2**63
        case _:
            return value is not None


def _rewritten(path: Path, changes: Sequence[Change]) -> Draft:
    """The whole file written anew; the line ends stay those it had."""
    text = changes[0].get("text") if len(changes) == 1 else None
    if not isinstance(text, str):
        raise InvalidRequest("a text is the only edit of its draft", param="edits")
    if len(text) > MOST_TEXT:
        raise InvalidRequest("the text is longer than any configuration", param="edits")
    before = current_content(path)
    plain = text.replace("\r\n", "\n")
    if b"\r\n" in before:
        plain = plain.replace("\n", "\r\n")
    after = plain.encode("utf-8", "surrogatepass")
    if HIDDEN in text:
        line = text[: text.index(HIDDEN)].count("\n") + 1
        column = text.index(HIDDEN) - text.rfind("\n", 0, text.index(HIDDEN))
        said = "a hidden value stands here; write the whole of it, or change single settings"
        return Draft(before, after, (Problem(str(path), line, column, "", said),))
    try:
        check_source(source_of(path, after), environ={})
    except ConfigError as error:
        return Draft(before, after, error.problems)
    return Draft(before, after)
