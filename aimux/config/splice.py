"""Changes in the text of a TOML file that touch nothing but what they change.

tomlkit, which writes the literals here, takes a document apart and puts it together again; it loses a
table's place below dotted keys and counts the comment above a header to the table before it.  So the
document stays a text: the places of its statements are known (``config.positions``), and a change is
one replacement.

A value that is there is replaced where it stands.  A new one goes behind its siblings: into the
braces of an inline table, behind the last line of its table, or, with a header of its own, behind the
last table of its kind.  What is removed takes its lines with it and leaves the comments above.

Whether the outcome means what was meant is not proved here; ``config.edit`` reads it again.
"""

from __future__ import annotations

import itertools
import tomllib
from typing import Any

from aimux.config.keypath import KeyPath, quoted
from aimux.config.layout import blocks, headed, is_tables, literal, nested
from aimux.config.meaning import ABSENT, value_at
from aimux.config.positions import Positions, Span, Statement


def with_value(text: str, path: KeyPath, value: object) -> str:
    """The text with a value set; tables are merged key by key, so that what is beside stays."""
    old = value_at(tomllib.loads(text), path)
    if isinstance(old, dict) and isinstance(value, dict):
        for name in [each for each in old if each not in value]:
            text = without(text, (*path, name))
        for name, each in value.items():
            text = with_value(text, (*path, name), each)
        return text
    if is_tables(old) and is_tables(value) and len(old) == len(value):
        for index, each in enumerate(value):
            text = with_value(text, (*path, index), each)
        return text
    if repr(old) == repr(value):  # unlike ==, this tells 1 from true and 1.0
        return text
    span = Positions(text).get(path)
    if span and _is_pair(span):
        return _replaced(text, span, value)
    if isinstance(path[-1], int) and not isinstance(value, dict):  # no table among tables
        items = value_at(tomllib.loads(text), path[:-1])
        items = [] if items is ABSENT else items
        return with_value(text, path[:-1], [*items[: path[-1]], value, *items[path[-1] + 1 :]])
    return _inserted(without(text, path), path, value)


def without(text: str, path: KeyPath) -> str:
    """The text without what stands at a path; unchanged when nothing does."""
    positions = Positions(text)
    if path not in positions:
        return text
    if isinstance(path[-1], int) and _is_pair(positions[path]):
        items = value_at(tomllib.loads(text), path[:-1])
        rest = [each for index, each in enumerate(items) if index != path[-1]]
        return _replaced(text, positions[path[:-1]], rest)
    named = [each for each in positions.statements if each.path[: len(path)] == path]
    lines = [each for each in named if each.kind != "inline"]
    for statement in reversed(lines):
        text = _without_line(text, statement)
    if not lines:
        for statement in reversed(_outermost(named)):
            text = _without_pair(text, statement)
    return text


# ---------------------------------------------------------------- taking out


def _is_pair(span: Span) -> bool:
    """Whether the value stands as one piece of text; no header, no mere prefix of longer keys."""
    return span.key < span.start or (span.key == span.start < span.end)


def _replaced(text: str, span: Span, value: object) -> str:
    return text[: span.start] + literal(value) + text[span.end :]


def _line_end(text: str, offset: int) -> int:
    """Behind the line's end that follows an offset."""
    end = text.find("\n", offset)
    return len(text) if end < 0 else end + 1


def _without_line(text: str, statement: Statement) -> str:
    start = text.rfind("\n", 0, statement.start) + 1
    before, after = text[:start], text[_line_end(text, statement.end) :]
    if statement.kind == "header" and (not before or before.endswith("\n\n")):
        after = after.lstrip("\n")
    return before + after


def _outermost(pairs: list[Statement]) -> list[Statement]:
    """The pairs that stand in no other of them, in the order of the text."""
    kept: list[Statement] = []
    for each in sorted(pairs, key=lambda pair: pair.start):
        if not kept or each.start > kept[-1].end:
            kept.append(each)
    return kept


def _without_pair(text: str, pair: Statement) -> str:
    """Takes a pair out of an inline table, with the comma that parted it from its neighbour."""
    before, after = text[: pair.start], text[pair.end :]
    if after.lstrip(" \t").startswith(","):
        return before + after.lstrip(" \t")[1:].lstrip(" \t")
    if before.rstrip(" \t").endswith(","):
        return before.rstrip(" \t")[:-1] + after
    return before.rstrip(" \t") + after.lstrip(" \t")


# ---------------------------------------------------------------- putting in


def _inserted(text: str, path: KeyPath, value: object) -> str:
    positions = Positions(text)
    above = next(path[:k] for k in range(len(path) - 1, -1, -1) if not k or path[:k] in positions)
    span = positions.get(above)
    if span and _is_pair(span):
        return _into_value(text, above, span, nested(path[len(above) :], value))
    table = headed(path, value)
    if len(table) > len(above):
        return _with_block(text, positions, table, nested(path[len(table) :], value))
    rest = path[len(above) :]
    line = f"{quoted(str(rest[0]))} = {literal(nested(rest[1:], value))}"
    if not above:
        return _with_first_line(text, positions, line)
    for header in positions.statements:
        if header.kind == "header" and header.path == above:
            return _with_line(text, _last_of_table(positions, header), line)
    return _beside_dotted(text, positions, above, (rest, value))


def _into_value(text: str, above: KeyPath, span: Span, value: Any) -> str:
    """Puts a pair into the braces, or an item into the brackets, of a value."""
    if isinstance(value, dict):
        pairs = literal(value)[2:-2]
        inside = text[span.start + 1 : span.end - 1].rstrip(" \t")
        parted = f"{inside}, {pairs} " if inside.strip() else f" {pairs} "
        return text[: span.start + 1] + parted + text[span.end - 1 :]
    items = value_at(tomllib.loads(text), above)
    return _replaced(text, span, [*items, *value])


def _with_block(text: str, positions: Positions, path: KeyPath, value: object) -> str:
    """A new table with a header, behind the last of its kind, else at the end of the file."""
    lines = [each for each in positions.statements if each.kind != "inline"]
    at = len(text)
    for length in range(len(path) - 1, 0, -1):
        kin = [n for n, each in enumerate(lines) if each.path[:length] == path[:length]]
        if kin:
            rest = itertools.takewhile(lambda each: each.kind == "line", lines[kin[-1] + 1 :])
            at = _line_end(text, max(each.end for each in (lines[kin[-1]], *rest)))
            break
    before, after = text[:at], text[at:]
    if before and not before.endswith("\n"):
        before += "\n"
    gap = "" if not before or before.endswith("\n\n") else "\n"
    end = "\n" if after.strip("\n") and not after.startswith("\n") else ""
    return before + gap + "\n".join(blocks(path, value)) + end + after


def _last_of_table(positions: Positions, header: Statement) -> Statement:
    """The last line of a table; its header when it has none."""
    lines = [each for each in positions.statements if each.kind != "inline"]
    following = lines[lines.index(header) + 1 :]
    return [header, *itertools.takewhile(lambda each: each.kind == "line", following)][-1]


def _with_line(text: str, neighbour: Statement, line: str) -> str:
    """A new line behind a statement, indented as it is."""
    start = text.rfind("\n", 0, neighbour.start) + 1
    at = _line_end(text, neighbour.end)
    gap = "" if text[:at].endswith("\n") else "\n"
    return text[:at] + gap + text[start : neighbour.start] + line + "\n" + text[at:]


def _with_first_line(text: str, positions: Positions, line: str) -> str:
    """A new line before the first table."""
    lines = (each for each in positions.statements if each.kind != "inline")
    root = list(itertools.takewhile(lambda each: each.kind == "line", lines))
    return _with_line(text, root[-1], line) if root else f"{line}\n{text}"


def _beside_dotted(
    text: str, positions: Positions, above: KeyPath, pair: tuple[KeyPath, object]
) -> str:
    """A new line in a table that has no header: written with a dotted key, as its siblings are."""
    rest, value = pair
    table: KeyPath = ()
    sibling: tuple[KeyPath, Statement] | None = None
    for each in positions.statements:
        if each.kind == "header":
            table = each.path
        elif (
            each.kind == "line" and each.path[: len(above)] == above == table + above[len(table) :]
        ):
            sibling = table, each
    if sibling is None:  # only tables below it have headers
        return _with_block(text, positions, above, nested(rest, value))
    table, statement = sibling
    key = ".".join(quoted(str(part)) for part in (*above[len(table) :], *rest))
    return _with_line(text, statement, f"{key} = {literal(value)}")
