"""Whom a request is written for, and to whom an answer is: the facts that both directions need."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from aimux.model.loss import Loss
from aimux.model.request import Request


@dataclass(frozen=True, slots=True)
class Target:
    """One model at one provider.

    ``provider`` is its name in the configuration, which is what opaque state is tagged with.
    ``vendor`` is the preset's name, empty for a provider that has none.  ``max_output_tokens`` is the
    model's limit; None is unknown.  ``capabilities`` None is all of them.  ``quirks`` are names out of
    :mod:`aimux.wire.quirks`.
    """

    provider: str
    model: str
    vendor: str = ""
    context_tokens: int | None = None
    max_output_tokens: int | None = None
    capabilities: frozenset[str] | None = None
    quirks: frozenset[str] = frozenset()

    def can(self, capability: str) -> bool:
        """Whether the model is known, or not known otherwise, to have a capability."""
        return self.capabilities is None or capability in self.capabilities


@dataclass(frozen=True, slots=True)
class Audience:
    """To whom an answer is written: the request it answers and the time, seconds since 1970.

    The model's name that the client reads is the one it asked for: ``request.model``.
    """

    request: Request
    created_s: int = 0


@dataclass(slots=True)
class Written:
    """A request in a provider's format, before its accent: :mod:`aimux.wire.quirks` edits ``body``.

    ``stop_locally`` are stop sequences that the format cannot carry: the answer is cut where one
    stands.  ``pauses`` tells that the provider may end it before it is complete and be asked to go on.
    """

    body: dict[str, Any]
    losses: list[Loss] = field(default_factory=list)
    stop_locally: tuple[str, ...] = ()
    pauses: bool = False
