"""A client's instructions before the conversation: a string, or blocks of text."""

from __future__ import annotations

from typing import Final

from aimux.model.parts import Text
from aimux.wire.anthropic.fields import items_at, mapping_at, text_at
from aimux.wire.anthropic.notes import Notes
from aimux.wire.anthropic.read_blocks import FIELDS

_BILLING: Final = "x-anthropic-billing-header:"


def read_system(value: object, notes: Notes) -> list[Text]:
    """``system``."""
    if isinstance(value, str):
        texts = [_without_billing(text_at(value, "system"), "system", notes)]
    else:
        texts = [
            _block(each, f"system[{index}]", index == 0, notes)
            for index, each in enumerate(items_at(value, "system"))
        ]
    return [Text(text) for text in texts if text]


def _block(value: object, where: str, first: bool, notes: Notes) -> str:  # noqa: FBT001 -- its place
    block = mapping_at(value, where)
    notes.unknown(block.keys() - FIELDS["text"], where)
    notes.mark(block)
    text = text_at(block.get("text"), f"{where}.text")
    return _without_billing(text, where, notes) if first else text


def _without_billing(text: str, where: str, notes: Notes) -> str:
    """The first instructions without Claude Code's line for Anthropic's own accounts.

    It says nothing to another vendor's model, and some versions change it with every request, which
    spoils the vendor's prompt cache.
    """
    if not text.startswith(_BILLING):
        return text
    notes.lose("attribution.stripped", where)
    return text.partition("\n")[2]
