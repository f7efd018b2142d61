"""The forms that clients' settings are written in, as one small protocol.

Settings belong to a person: a form changes the text where the value stands and keeps every other byte.
It knows four things: what a text means, which text a value has now, how a value is put there, how it is
taken out.  Taking out what was put in where nothing was gives the text before, byte for byte, also when
other lines have changed meanwhile.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple, Protocol

from aimux.clients import dotenvtext, jsontext, tomltext

Path_ = tuple[str, ...]
"""Where a value stands: the names of the tables around it, then its own."""


class Form(Protocol):
    """One way to write settings."""

    def meaning(self, text: str) -> dict[str, Any]:
        """What the text means.

        Raises:
            BrokenText: it is not of this form.
        """

    def raw(self, text: str, path: Path_) -> str | None:
        """The text that a value has, such as ``"yes"`` with its quotes; None where there is none."""

    def put(self, text: str, path: Path_, value: object) -> str:
        """The text with a value set."""

    def put_raw(self, text: str, path: Path_, raw: str) -> str:
        """The text with a value that is there written in other words."""

    def take(self, text: str, path: Path_) -> str:
        """The text without a value or a table."""


class Named(NamedTuple):
    """A form and the name it goes by in the journal."""

    name: str
    form: Form


FORMS: Final[Mapping[str, Form]] = {
    "json": jsontext.JsonText(),
    "toml": tomltext.TomlText(),
    "dotenv": dotenvtext.DotenvText(),
}
