"""Changes in the text of a JSON file, with comments and trailing commas as VS Code, opencode and Gemini CLI
take them.

The text is read into a tree of places, and a change is one or two replacements in it.  A new member goes
behind the last one of its object: the comma stands directly behind that one's value, before any comment,
and the member on a line of its own where its siblings have theirs.  Taking a member out removes its own
comma, or else the one before it, and the space before its name; these are each other's inverse.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from aimux.clients.brokentext import broken_at

_BLANK: Final = re.compile(r"(?:[ \t\r\n\ufeff]|//[^\n]*|/\*.*?\*/)*", re.DOTALL)
_STRING: Final = re.compile(r'"(?:\\.|[^"\\\x00-\x1f])*"')
_SCALAR: Final = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null")
_INDENT: Final = re.compile(r"^([ \t]+)\S", re.MULTILINE)
_DEEPEST: Final = 200


@dataclass(slots=True)
class Member:
    """A name and its value in an object; offsets into the text."""

    name: str
    start: int
    value: Node
    comma: int | None = None
    """Where the comma behind it stands."""


@dataclass(slots=True)
class Node:
    """A value: from ``start`` to behind its last character; ``members`` only of objects."""

    start: int
    end: int
    value: Any
    members: list[Member] | None = field(default=None)

    def member(self, name: str) -> Member | None:
        """The member of that name; the last one, as every reader has it."""
        return next((each for each in reversed(self.members or ()) if each.name == name), None)


class JsonText:
    """JSON with comments; see :class:`aimux.clients.forms.Form`."""

    def meaning(self, text: str) -> dict[str, Any]:
        """What the text means; an empty one is an empty object."""
        value = parse(text).value
        if not isinstance(value, dict):
            raise broken_at(text, 0, "an object in { } is expected")
        return value

    def raw(self, text: str, path: tuple[str, ...]) -> str | None:
        """The text of a value."""
        chain = _chain(parse(text), path)
        return text[chain[-1].start : chain[-1].end] if len(chain) > len(path) else None

    def put(self, text: str, path: tuple[str, ...], value: object) -> str:
        """The text with a value set; objects that are missing on the way are made."""
        if not text.strip("\ufeff \t\r\n"):
            text += "{}\n"
        chain = _chain(parse(text), path)
        unit = _unit(text)
        above = chain[-1]
        if len(chain) > len(path):
            return (
                text[: above.start] + _literal(value, text, above.start, unit) + text[above.end :]
            )
        name, *rest = path[len(chain) - 1 :]
        for part in reversed(rest):
            value = {part: value}
        return _inserted(text, above, name, value, unit)

    def put_raw(self, text: str, path: tuple[str, ...], raw: str) -> str:
        """The text with a value in other words."""
        node = _chain(parse(text), path)[-1]
        return text[: node.start] + raw + text[node.end :]

    def take(self, text: str, path: tuple[str, ...]) -> str:
        """The text without a member."""
        above = _chain(parse(text), path[:-1])[-1]
        members = above.members or []
        index = max(n for n, each in enumerate(members) if each.name == path[-1])
        found = members[index]
        start = _before_space(text, found.start, above.start + 1)
        if found.comma is not None:
            return text[:start] + text[found.value.end : found.comma] + text[found.comma + 1 :]
        text = text[:start] + text[found.value.end :]
        if index and (comma := members[index - 1].comma) is not None:
            text = text[:comma] + text[comma + 1 :]
        return text


# ---------------------------------------------------------------- reading


def parse(text: str) -> Node:
    """The tree of a text; an empty text is an empty object of no length.

    Raises:
        BrokenText: it is no JSON, also with comments and trailing commas allowed.
    """
    at = _skip(text, 0)
    if at == len(text):
        return Node(at, at, {}, [])
    node = _value(text, at, 0)
    if (end := _skip(text, node.end)) < len(text):
        raise broken_at(text, end, "something follows the end")
    return node


def _skip(text: str, at: int) -> int:
    match = _BLANK.match(text, at)
    return match.end() if match else at


def _value(text: str, at: int, depth: int) -> Node:
    if depth > _DEEPEST:
        raise broken_at(text, at, "nested too deep")
    if text.startswith("{", at):
        return _object(text, at, depth)
    if text.startswith("[", at):
        return _array(text, at, depth)
    if match := _STRING.match(text, at) or _SCALAR.match(text, at):
        try:
            return Node(at, match.end(), json.loads(match[0]))
        except ValueError:  # an escape that is none
            pass
    raise broken_at(text, at, "a value is expected" if at < len(text) else "it ends too early")


def _object(text: str, opening: int, depth: int) -> Node:
    members: list[Member] = []
    at = _skip(text, opening + 1)
    while not text.startswith("}", at):
        if members and members[-1].comma is None:
            raise broken_at(text, at, "a comma or } is expected")
        name = _STRING.match(text, at)
        if not name:
            raise broken_at(text, at, 'a name in "" is expected')
        colon = _skip(text, name.end())
        if not text.startswith(":", colon):
            raise broken_at(text, colon, "a colon is expected")
        value = _value(text, _skip(text, colon + 1), depth + 1)
        members.append(Member(json.loads(name[0]), at, value))
        at = _skip(text, value.end)
        if text.startswith(",", at):
            members[-1].comma = at
            at = _skip(text, at + 1)
    data = {each.name: each.value.value for each in members}
    return Node(opening, at + 1, data, members)


def _array(text: str, opening: int, depth: int) -> Node:
    items: list[Any] = []
    parted = True
    at = _skip(text, opening + 1)
    while not text.startswith("]", at):
        if not parted:
            raise broken_at(text, at, "a comma or ] is expected")
        node = _value(text, at, depth + 1)
        items.append(node.value)
        at = _skip(text, node.end)
        if parted := text.startswith(",", at):
            at = _skip(text, at + 1)
    return Node(opening, at + 1, items)


def _chain(node: Node, path: tuple[str, ...]) -> list[Node]:
    """The nodes from the root down the path, as far as it goes."""
    chain = [node]
    for name in path:
        member = chain[-1].member(name)
        if member is None:
            break
        chain.append(member.value)
    return chain


# ---------------------------------------------------------------- writing


def _unit(text: str) -> str:
    """What a level is indented by."""
    match = _INDENT.search(text)
    return match[1] if match else "  "


def _line_indent(text: str, at: int) -> str:
    """The indent of the line on which an offset is."""
    start = text.rfind("\n", 0, at) + 1
    line = text[start:at]
    return line[: len(line) - len(line.lstrip(" \t"))]


def _literal(value: object, text: str, at: int, unit: str, indent: str | None = None) -> str:
    """A value as it is written at an offset, over several lines where it has members."""
    written = json.dumps(value, ensure_ascii=False, indent=unit)
    lines = written.split("\n")
    newline = "\r\n" if "\r\n" in text else "\n"
    return (newline + (_line_indent(text, at) if indent is None else indent)).join(lines)


def _inserted(text: str, above: Node, name: str, value: object, unit: str) -> str:
    closing = above.end - 1
    newline = "\r\n" if "\r\n" in text else "\n"
    members = above.members or []
    at = _before_space(text, closing, above.start + 1)
    is_line = bool(members) and "\n" not in text[above.start : members[0].start]
    if (
        is_line and "//" not in text[members[-1].value.end : at]
    ):  # such a comment ends with its line
        lead, tail, indent = " ", "", _line_indent(text, above.start)
    elif members:
        indent = _line_indent(text, members[0].start)
        lead, tail = newline + indent, ""
    else:
        outer = _line_indent(text, above.start)
        indent = outer + unit
        lead = newline + indent
        tail = "" if "\n" in text[above.start : closing] else newline + outer
    written = f"{lead}{json.dumps(name)}: {_literal(value, text, closing, unit, indent)}"
    if not members:
        return text[:at] + written + tail + text[at:]
    last = members[-1]
    if last.comma is not None:  # a trailing comma: the new member has one too
        return text[:at] + written + "," + text[at:]
    end = last.value.end
    return text[:end] + "," + text[end:at] + written + text[at:]


def _before_space(text: str, at: int, least: int) -> int:
    """Where the white space before an offset begins."""
    while at > least and text[at - 1] in " \t\r\n":
        at -= 1
    return at


def members_of(text: str) -> Iterator[str]:
    """The names at the top of a text."""
    for each in parse(text).members or ():
        yield each.name
