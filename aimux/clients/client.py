"""What a client is, seen from here: values that each client's own module fills in."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, NamedTuple, Self

from aimux.clients.brokentext import BrokenText
from aimux.clients.forms import FORMS

PROFILE_HEADER: Final = "x-aimux-profile"
_MOST_BYTES: Final = 2**20
"""What ``aimux run --profile`` sends with each request; rules ask for it under ``header``."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Where a client would run: its variables, the person's home, the folder it is started in."""

    environ: Mapping[str, str]
    home: Path
    project: Path

    @classmethod
    def here(cls) -> Self:
        """Those of this process."""
        environ = dict(os.environ)
        return cls(environ, Path(environ.get("HOME") or Path.home()), Path.cwd())

    def folder(self, variable: str, *otherwise: str) -> Path:
        """The folder that a variable names, else one below the home."""
        named = self.environ.get(variable)
        return Path(named).expanduser().absolute() if named else self.home.joinpath(*otherwise)

    def upward(self) -> Iterator[Path]:
        """The project's folder and those above it, up to the repository's root or to below the home."""
        for folder in (self.project, *self.project.parents):
            if folder == self.home:
                return
            yield folder
            if (folder / ".git").exists():
                return


@dataclass(frozen=True, slots=True)
class Offer:
    """A model that a client may ask for; ``None`` is unknown."""

    name: str
    title: str
    context: int | None = None
    max_output: int | None = None
    capabilities: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Lead:
    """Where a client is led, and what it is told of the models there.

    ``served`` is by a name that the client asks for of itself: the model that would answer, with
    ``provider/model`` as its name.  ``token_file`` holds the token for clients that can read files.
    """

    url: str
    token: str
    token_file: Path = Path()
    offers: Sequence[Offer] = ()
    served: Mapping[str, Offer] = field(default_factory=dict)
    profile: str | None = None


class Setting(NamedTuple):
    """A value in a client's settings; it gives way where one of ``unless`` is the person's own choice."""

    path: tuple[str, ...]
    value: Any
    unless: tuple[tuple[str, ...], ...] = ()

    @property
    def shown(self) -> str:
        """Its name, for people."""
        return ".".join(self.path)


@dataclass(frozen=True, slots=True)
class SettingsFile:
    """A file of a client's and what is to stand in it."""

    path: Path
    form: str
    settings: tuple[Setting, ...]


class Conflict(NamedTuple):
    """Something that leads a client elsewhere: where it stands, what it does, what to do."""

    place: str
    what: str
    mend: str


@dataclass(frozen=True, slots=True)
class Launch:
    """How a client is started on aimux without a change to its settings.

    ``arguments`` come before the person's own.  ``files`` are to be written first, for their owner alone.
    """

    environ: Mapping[str, str]
    arguments: tuple[str, ...] = ()
    files: Mapping[Path, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Client:
    """One coding agent.  ``asks`` are the models that it asks for of itself, in ``format``."""

    name: str
    title: str
    program: str
    install: str
    format: str
    asks: Callable[[Surroundings], tuple[str, ...]]
    variables: Callable[[Lead], dict[str, str]]
    files: Callable[[Lead, Surroundings], tuple[SettingsFile, ...]]
    launch: Callable[[Lead, Surroundings, Sequence[str], Path], Launch]
    """With the person's arguments, and a folder for files of ours."""
    conflicts: Callable[[Surroundings], Iterator[Conflict]]


def settings_in(path: Path, form: str) -> dict[str, Any]:
    """What a file means, as far as it can be read: nothing when it is missing or broken."""
    text = text_in(path)
    try:
        return {} if text is None else FORMS[form].meaning(text)
    except (ValueError, RecursionError, BrokenText):
        return {}


def text_in(path: Path) -> str | None:
    """The text of a file of a size that a person writes; None where there is none that can be read."""
    try:
        if not path.is_file() or path.stat().st_size > _MOST_BYTES:
            return None
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError):
        return None


def table_in(data: Mapping[str, Any], *names: str) -> Mapping[str, Any]:
    """The table below these names; an empty one where there is none."""
    for name in names:
        below = data.get(name)
        data = below if isinstance(below, dict) else {}
    return data


def is_on(value: object) -> bool:
    """Whether a switch of the environment is on."""
    return str(value or "").strip().lower() not in {"", "0", "false", "no", "off"}
