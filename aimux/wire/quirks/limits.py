"""How much may be answered, under the name that a vendor reads."""

from __future__ import annotations

from typing import Any, Final

from aimux.model.loss import Loss
from aimux.wire.quirks.bodies import renamed
from aimux.wire.target import Target

CAP_TOKENS: Final = 16_384
"""What Cerebras' own clients ask for at most: its limiter counts what is asked for, not what is used
(vscode-cerebras-chat 0.1.18, 2026-06).
"""


def as_completion_tokens(body: dict[str, Any], target: Target) -> list[Loss]:
    """The newer name, which includes the thinking."""
    del target
    renamed(body, "max_tokens", "max_completion_tokens")
    return []


def as_max_tokens(body: dict[str, Any], target: Target) -> list[Loss]:
    """The older name."""
    del target
    renamed(body, "max_completion_tokens", "max_tokens")
    return []


def capped(body: dict[str, Any], target: Target) -> list[Loss]:
    """No more than what the limiter can reserve without running dry."""
    del target
    losses = []
    for field in ("max_tokens", "max_completion_tokens"):
        value = body.get(field)
        if isinstance(value, int) and not isinstance(value, bool) and value > CAP_TOKENS:
            body[field] = CAP_TOKENS
            losses.append(Loss("max_tokens.clamped", field, f"{value} to {CAP_TOKENS}"))
    return losses
