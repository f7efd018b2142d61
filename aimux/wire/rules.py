"""What a format, or one provider of it, asks of a conversation before it takes it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from aimux.model.parts import OpaqueKind

ANY_NAME: Final = re.compile(r"[A-Za-z0-9_-]+")
"""What most vendors take as the name of a tool."""


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules by which :func:`aimux.wire.adapt.adapt` makes a conversation valid.

    ``name`` and ``id`` must match a tool's name and a call's id in full; longer ones than the limits
    are shortened.
    """

    name: re.Pattern[str] = ANY_NAME
    name_limit: int = 64
    id: re.Pattern[str] = ANY_NAME
    id_limit: int = 64
    id_exact: bool = False
    """Every id must be of ``id_limit`` characters (Mistral: nine)."""
    merges: bool = False
    """Consecutive messages of one role become one."""
    first_user: bool = False
    """The conversation must begin with the user."""
    prefill: bool = True
    """The last message may be the beginning of the answer."""
    middle_system: bool = False
    """Instructions may stand in the middle of the conversation."""
    namespaces: bool = False
    """Tools may stand in namespaces."""
    custom_tools: bool = False
    """Tools may take raw text."""
    tool_search: bool = False
    """A search for deferred tools is a kind of call of its own, and deferred tools may be declared."""
    thinking: frozenset[OpaqueKind] | None = None
    """The states with which thinking may be sent back; None takes it also without one, as text."""
    signed_text: bool = False
    """A text may be signed."""
    result_media: bool = False
    """A tool's result may hold images and documents."""
    web_search: bool = False
    """There is a search that the provider runs by itself."""
    needs_user: bool = False
    """There must be a message of the user at all."""
    min_output: int = 1
    """Tokens that the answer can at least be limited to."""
