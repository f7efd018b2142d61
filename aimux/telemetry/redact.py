"""Blots keys out of what is about to be written: by value and by shape.

By value: every key the daemon holds, as it stands and in the disguises in which it turns up in
texts (quoted in an address, escaped in JSON, in a ``repr``).  By shape: what looks like a key or
stands behind ``Bearer``, for keys that nobody told us of, such as a client's own.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from urllib.parse import quote, quote_plus

from aimux.keyshapes import REDACTABLE, may_be_redactable
from aimux.vault.secret import HIDDEN, Secret

SHORTEST = 4
"""Shorter values are no keys, and blotting them out would make every text unreadable."""


def disguises(value: str) -> set[str]:
    """The forms in which a value appears inside other texts."""
    return {
        value,
        quote(value, safe=""),
        quote(value),
        quote_plus(value),
        json.dumps(value)[1:-1],
        json.dumps(value, ensure_ascii=False)[1:-1],
        json.dumps(json.dumps(value))[3:-3],
        repr(value)[1:-1],
    }


class Redactor:
    """Knows the secrets of this process and takes them out of texts.

    ``hide`` may be called from any thread: it replaces one reference.
    """

    def __init__(self) -> None:
        self._forms: frozenset[str] = frozenset()
        self._known: re.Pattern[str] | None = None

    def hide(self, secrets: Iterable[Secret]) -> None:
        """Adds values to blot out; a value once hidden stays hidden."""
        values = [secret.reveal() for secret in secrets]
        fresh = {form for value in values if len(value) >= SHORTEST for form in disguises(value)}
        if fresh <= self._forms:
            return
        self._forms |= fresh
        # The longest first: a key that begins with another one must not leave its own end behind.
        longest_first = sorted(self._forms, key=len, reverse=True)
        self._known = re.compile("|".join(map(re.escape, longest_first)))

    def is_clean(self, text: str) -> bool:
        """Whether the text holds no secret; False where that would take a closer look to say."""
        return not may_be_redactable(text) and not any(form in text for form in self._forms)

    def text(self, text: str) -> str:
        """The text without secrets."""
        known = self._known
        if known is not None:
            text = known.sub(HIDDEN, text)
        return REDACTABLE.sub(HIDDEN, text)

    def value(self, value: object) -> object:
        """A value for JSON without secrets; what JSON does not know becomes its text."""
        match value:
            case None | bool() | int() | float():
                return value
            case Mapping():
                return {self.text(str(key)): self.value(each) for key, each in value.items()}
            case list() | tuple() | set() | frozenset():
                return [self.value(each) for each in value]
            case _:
                return self.text(str(value))
