"""What a look at something has found, and what would mend it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

State = Literal["ok", "note", "warning", "failed"]
"""``note`` is worth knowing and no fault; with a warning or a failure not all is well."""

TROUBLE: Final = frozenset({"warning", "failed"})


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding; ``mend`` is what to type, or what to do where no command does it."""

    subject: str
    state: State
    what: str
    mend: str | None = None

    @property
    def is_trouble(self) -> bool:
        """Whether something has to be done about it."""
        return self.state in TROUBLE


def ok(subject: str, what: str) -> Finding:
    """Something is as it should be."""
    return Finding(subject, "ok", what)


def note(subject: str, what: str, mend: str | None = None) -> Finding:
    """Something worth knowing that is no fault."""
    return Finding(subject, "note", what, mend)


def warning(subject: str, what: str, mend: str | None = None) -> Finding:
    """Something that works and will not for long, or not for everybody."""
    return Finding(subject, "warning", what, mend)


def failed(subject: str, what: str, mend: str | None = None) -> Finding:
    """Something that does not work, or is not safe."""
    return Finding(subject, "failed", what, mend)
