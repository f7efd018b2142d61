"""What reading a client's items collects, and what the readers of items share."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from aimux.model.loss import Loss
from aimux.wire.openai_responses.read_tools import Toolbox
from aimux.wire.openai_responses.turns import Turns

STATE_HINT: Final = "only a provider whose format is openai-responses keeps such state"


@dataclass(slots=True)
class Reading:
    """What reading collects.  ``effort`` and ``format`` are those of the last
    ``configuration_update``, None where none says one.
    """

    toolbox: Toolbox
    losses: list[Loss]
    turns: Turns = field(default_factory=Turns)
    effort: Any = None
    format: Any = None
    shell_calls: dict[str, str] = field(default_factory=dict)
    """The ids of calls of ``local_shell`` by those of their items: an output may name either."""
