"""Prompts that are longer than what a model reads, at providers that cut them without a word.

Most vendors refuse such a prompt, and the client compacts.  Ollama drops the oldest part of it and
answers what is left, so somebody has to say that the answer may be to another question (edge 328).
"""

from __future__ import annotations

from typing import Final

from aimux.model.loss import Loss
from aimux.wire.codec import Operation
from aimux.wire.estimate import estimated_tokens
from aimux.wire.inquiry import Inquiry
from aimux.wire.target import Target

SILENT: Final = "silent-truncation"
"""The quirk of a provider that cuts."""


def cut_in_silence(inquiry: Inquiry, target: Target) -> tuple[Loss, ...]:
    """The loss of a prompt that, by its estimate, does not fit into the target's window; none where the
    window is not known or the provider would say so itself.

    The estimate is the plain one: what such a provider bills is the prompt that it has cut, by which
    nothing can be corrected.
    """
    window = target.context_tokens
    if window is None or SILENT not in target.quirks:
        return ()
    if inquiry.operation is not Operation.GENERATE:
        return ()
    tokens = estimated_tokens(inquiry.document, inquiry.format)
    if tokens <= window:
        return ()
    return (Loss("prompt.truncated", detail=f"about {tokens} tokens in a window of {window}"),)
