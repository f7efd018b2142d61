"""What a client gets where a model has thought up to the limit of its output before it said anything.

Some vendors call that a bad request (OpenAI: "Could not finish the message because max_tokens or model
output limit was reached").  To clients of other formats it is an answer without words that has reached
its limit: a probe of one token must not look like a provider that is down or a request that is wrong.
"""

from __future__ import annotations

from typing import Final

from aimux.model.response import FinishReason, Response, Usage
from aimux.wire.codec import Reported
from aimux.wire.estimate import estimated_tokens
from aimux.wire.inquiry import Inquiry
from aimux.wire.unsearched import told

_STATUS: Final = 400
_WORDS: Final = ("could not finish the message", "max_tokens")


def unfinished(inquiry: Inquiry, status: int, said: Reported) -> bytes | None:
    """The answer, as a stream or not; None where the provider's error is another."""
    message = said.message.lower()
    if status != _STATUS or not all(each in message for each in _WORDS):
        return None
    usage = Usage(estimated_tokens(inquiry.document, inquiry.format), 0)
    answer = Response(f"msg_{inquiry.caller.id}", "", (), FinishReason.MAX_TOKENS, usage)
    return told(inquiry, answer)
