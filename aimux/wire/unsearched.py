"""An honest answer to a request for nothing but a web search, where nobody searches.

Claude Code sends such requests for its WebSearch tool, and takes whatever a model says for what was
found.  A model that cannot search would make it up; an error makes the agent try the same again.  So the
answer is what the vendor itself says when its search is down: a search that failed, and why.
"""

from __future__ import annotations

from aimux.errors import InvalidRequest
from aimux.model.events import replay
from aimux.model.parts import Text, WebSearch
from aimux.model.request import WebSearchTool, WireFormat
from aimux.model.response import FinishReason, Response, Usage
from aimux.wire.estimate import estimated_tokens, tokens_of_text
from aimux.wire.formats import CODECS
from aimux.wire.inquiry import Inquiry
from aimux.wire.target import Audience

_WORDS = "Web search is not available here: no provider of this route can search."


def unsearched(inquiry: Inquiry) -> bytes | None:
    """The answer, as a stream or not; None for a request that wants something else, or of a format that
    has no words for it.
    """
    if inquiry.format is not WireFormat.ANTHROPIC:
        return None
    try:
        request = inquiry.request
    except InvalidRequest:  # so it was refused for that
        return None
    if len(request.tools) != 1 or not isinstance(request.tools[0], WebSearchTool):
        return None
    answer = Response(
        id=f"msg_{inquiry.caller.id}",
        model="",
        parts=(WebSearch(f"srvtoolu_{inquiry.caller.id}", error="unavailable"), Text(_WORDS)),
        finish=FinishReason.END_TURN,
        usage=Usage(
            estimated_tokens(inquiry.document, inquiry.format), tokens_of_text(len(_WORDS))
        ),
    )
    return told(inquiry, answer)


def told(inquiry: Inquiry, answer: Response) -> bytes:
    """An answer that no provider has given, in the form that the client asked for."""
    codec = CODECS[inquiry.format]
    audience = Audience(inquiry.request, inquiry.caller.created_s)
    if inquiry.stream:
        return codec.writer(audience).write(replay(answer))
    return codec.write_response(answer, audience)
