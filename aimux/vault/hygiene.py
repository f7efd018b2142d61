"""What can be a key and what cannot: pasted line breaks, quotation marks, templates.

A key goes into a header, so it is one word of visible ASCII.  Everything that is refused here was
pasted by somebody: a key with its shell assignment, the vendor's example, a text cut by an ellipsis.
No text of this module ever repeats what it was given.
"""

from __future__ import annotations

import re
from typing import Final

from aimux.config.keyref import SCHEMES
from aimux.errors import KeyRefused
from aimux.vault.secret import Secret

MAX_KEY_CHARACTERS: Final = 8192
"""Far over the longest token known (signed JWTs of 2-3 KB), far under a header's usual limit."""

_COPY: Final = "copy the key again from the provider's page, alone and whole"
_TEMPLATE: Final = re.compile(
    r"""(?ix)
    .*(?: your | my | insert | enter | paste | replace | add )[-_]?(?:own|real)?[-_]?
        (?: (?:\w+[-_])? (?:api)? [-_]? (?:key|token|secret) | me )(?:[-_]?here)?  # your-openai-key
    | (?:\w+[-_])? (?: api [-_]? key | key [-_]? here | change [-_]? me | placeholder | example )
    | (?: none | null | nil | undefined | todo | tbd | key | token | secret | password )
    | (?:[a-z]{1,4}[-_])* (?: x{3,} | \*+ | \.+ | -+ | _+ | 0{4,} )  # sk-xxxx, ****, sk-0000
    | <.*> | \{.*\} | \[.*\]
    | \$\w+ | \$\{.*\} | %\w+%
    """
)
_ASSIGNMENT: Final = re.compile(r"(?:export\s+)?[A-Z][A-Z0-9_]*_(?:KEY|TOKEN|SECRET)\s*=")
_HEADER: Final = re.compile(r"(?i)(?:(?:authorization|x-api-key|x-goog-api-key)\s*:|bearer\s)")


def checked_key(text: str) -> Secret:
    """The key in a text that a person, a file or a program gave, without its last line break.

    Raises:
        KeyRefused: it cannot be a key; the text says why and does not repeat it.
    """
    key = text.removesuffix("\n").removesuffix("\r")
    problem = _fault(key)
    if problem is not None:
        raise KeyRefused(f"the key {problem}", hint=_COPY)
    return Secret(key)


def _fault(key: str) -> str | None:
    """What is wrong with it, to be read after "the key"; the first fault only."""
    if not key.strip():
        return "is empty"
    if len(key) > MAX_KEY_CHARACTERS:
        return f"is longer than {MAX_KEY_CHARACTERS} characters"
    return _wrapping(key) or _characters(key) or _template(key)


def _wrapping(key: str) -> str | None:
    if _ASSIGNMENT.match(key):
        return "is a shell assignment; give what stands behind the = alone"
    if _HEADER.match(key):
        return "is a whole header; give what stands behind 'Bearer' or the colon alone"
    if key[0] in "\"'`" or key[-1] in "\"'`":
        return "has quotation marks around it"
    if key.startswith(tuple(f"{scheme}:" for scheme in SCHEMES)):
        return "is a reference to a key; references belong in the provider's `keys` in config.toml"
    return None


def _characters(key: str) -> str | None:
    if "\n" in key or "\r" in key:
        return "has several lines"
    if any(character.isspace() for character in key):
        return "has a space or tab in it"
    if "..." in key or "\u2026" in key:
        return "is cut short by an ellipsis"
    if not key.isascii():
        return "has a character that is not ASCII in it"
    if not key.isprintable():
        return "has a control character in it"
    return None


def _template(key: str) -> str | None:
    if _TEMPLATE.fullmatch(key):
        return "is a placeholder, not a real key"
    return None
