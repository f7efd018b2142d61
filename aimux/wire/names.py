"""Names of tools and ids of calls that a provider does not take, mapped there and back.

A name that is valid for the target stays.  Any other is made valid, and keeps a hash of what it was, so
that two long names with the same beginning stay two.  The map is made for one request from the tools it
declares and the calls in its history; by it a name in the answer becomes the client's again, with the
namespace and the kind of its tool.  A name that is not in the map passes as it is.

Ids need no map back: what matters is that a call and its result agree, and that no two calls of one
request have the same.  So an id's new form is a function of the id alone, and the same in every later
request of the conversation: the provider's prompt cache depends on it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from typing import Final, NamedTuple

from aimux.model.parts import CallKind
from aimux.wire.rules import Rules

_BASE62: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_HASH_CHARS: Final = 8
_NOT_WORD: Final = re.compile(r"[^A-Za-z0-9_-]")


class Known(NamedTuple):
    """A tool as the client knows it."""

    name: str
    namespace: str = ""
    kind: CallKind = CallKind.FUNCTION


class Names:
    """The map of one request.  Made with :func:`names_of`."""

    __slots__ = ("_back", "_bare", "_out")

    def __init__(self) -> None:
        self._out: dict[tuple[str, str], str] = {}
        self._back: dict[str, Known] = {}
        self._bare: dict[str, Known | None] = {}
        """Names without their namespace, for a model that leaves it out; None where two have it."""

    def add(self, known: Known, rules: Rules) -> str:
        """Takes a tool in, the one that comes first under a name keeps it; its name at the target."""
        place = (known.namespace, known.name)
        if place in self._out:
            return self._out[place]
        spelled = _joined(known) if not rules.namespaces else known.name
        name = valid_name(spelled, rules)
        if name in self._back and not rules.namespaces:
            name = _hashed(_NOT_WORD.sub("_", spelled), "\0".join(place), rules.name_limit)
        self._out[place] = name
        self._back.setdefault(name, known)
        if known.namespace:
            self._bare[known.name] = None if known.name in self._bare else known
        return name

    def out(self, name: str, namespace: str = "") -> str:
        """A tool's name at the target."""
        return self._out.get((namespace, name), name)

    def back(self, name: str, namespace: str = "") -> Known:
        """A name of the target as the client knows it."""
        if namespace:
            return Known(name, namespace)
        return self._back.get(name) or self._bare.get(name) or Known(name)

    @property
    def declared(self) -> frozenset[str]:
        """All names at the target."""
        return frozenset(self._back)


def names_of(tools: Iterable[Known], rules: Rules) -> Names:
    """The map for these tools; a plain tool keeps its name before one of a namespace takes it."""
    names = Names()
    for known in sorted(tools, key=lambda each: bool(each.namespace)):
        names.add(known, rules)
    return names


def _joined(known: Known) -> str:
    return f"{known.namespace}__{known.name}" if known.namespace else known.name


def valid_name(name: str, rules: Rules) -> str:
    """A tool's name as the target takes it; one that is valid stays."""
    if len(name) <= rules.name_limit and rules.name.fullmatch(name):
        return name
    clean = _NOT_WORD.sub("_", name) or "_"
    if not rules.name.fullmatch(clean):  # Gemini wants a letter or an underscore first
        clean = "_" + clean
    return _hashed(clean, name, rules.name_limit)


def valid_id(id_: str, rules: Rules) -> str:
    """A call's id as the target takes it; one that is valid stays."""
    if rules.id_exact:
        valid = len(id_) == rules.id_limit and rules.id.fullmatch(id_)
        return id_ if valid else base62(id_, rules.id_limit)
    if id_ and len(id_) <= rules.id_limit and rules.id.fullmatch(id_):
        return id_
    return _hashed(_NOT_WORD.sub("_", id_), id_, rules.id_limit)


def _hashed(text: str, original: str, limit: int) -> str:
    digest = hashlib.sha256(original.encode("utf-8", "surrogatepass")).hexdigest()[:_HASH_CHARS]
    return f"{text[: limit - _HASH_CHARS - 1]}_{digest}"


def base62(seed: str, length: int) -> str:
    """Letters and digits that a seed determines; up to 40 of them are worth their name."""
    number = int.from_bytes(hashlib.sha256(seed.encode("utf-8", "surrogatepass")).digest())
    digits = []
    for _ in range(length):
        number, digit = divmod(number, 62)
        digits.append(_BASE62[digit])
    return "".join(digits)
