"""The four formats as vendors: where they are asked, how they hear, how they speak."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from tests.agents.spoken import anthropic as says_anthropic
from tests.agents.spoken import gemini as says_gemini
from tests.agents.spoken import openai_chat as says_chat
from tests.agents.spoken import openai_responses as says_responses
from tests.agents.strict import anthropic, gemini, openai_chat, openai_responses
from tests.agents.words import Heard, Json, Refused, Reply, Request

KEY: Final = "sk-test-of-the-vendor-0123456789"


@dataclass(frozen=True, slots=True)
class Vendor:
    """One format.  ``generates`` and ``counts`` are patterns of paths."""

    name: str
    model: str
    generates: str
    counts: str
    base: str
    """What stands behind the host in the address that a client of this vendor is given."""
    hear: Callable[[Request, tuple[str, ...]], Heard]
    refusal: Callable[[Refused], Json]
    whole: Callable[[Reply, Heard, int], Json]
    stream: Callable[[Reply, Heard, int], Iterator[bytes]]
    id_prefix: str
    listing: Json
    count: Json
    quirks: tuple[str, ...] = ()

    def is_asked(self, path: str) -> bool:
        """Whether a path asks for an answer of the model."""
        return re.fullmatch(self.generates, path) is not None

    def is_counted(self, path: str) -> bool:
        """Whether a path asks how long a request is."""
        return bool(self.counts) and re.fullmatch(self.counts, path) is not None


VENDORS: Final = {
    vendor.name: vendor
    for vendor in (
        Vendor(
            "anthropic",
            anthropic.MODEL,
            generates="/v1/messages",
            counts="/v1/messages/count_tokens",
            base="",
            hear=anthropic.hear,
            refusal=anthropic.refusal,
            whole=says_anthropic.whole,
            stream=says_anthropic.stream,
            id_prefix=says_anthropic.ID,
            listing=says_anthropic.LISTING,
            count=says_anthropic.COUNT,
        ),
        Vendor(
            "openai-chat",
            openai_chat.MODEL,
            generates="/v1/chat/completions",
            counts="",
            base="/v1",
            hear=openai_chat.hear,
            refusal=openai_chat.refusal,
            whole=says_chat.whole,
            stream=says_chat.stream,
            id_prefix=says_chat.ID,
            listing=says_chat.LISTING,
            count=says_chat.COUNT,
            quirks=openai_chat.QUIRKS,
        ),
        Vendor(
            "openai-responses",
            openai_responses.MODEL,
            generates="/v1/responses",
            counts="/v1/responses/input_tokens",
            base="/v1",
            hear=openai_responses.hear,
            refusal=openai_responses.refusal,
            whole=says_responses.whole,
            stream=says_responses.stream,
            id_prefix=says_responses.ID,
            listing=says_responses.LISTING,
            count=says_responses.COUNT,
        ),
        Vendor(
            "gemini",
            gemini.MODEL,
            generates="/v1beta/models/[^/]+:(?:streamG|g)enerateContent",
            counts="/v1beta/models/[^/]+:countTokens",
            base="",
            hear=gemini.hear,
            refusal=gemini.refusal,
            whole=says_gemini.whole,
            stream=says_gemini.stream,
            id_prefix=says_gemini.ID,
            listing=says_gemini.LISTING,
            count=says_gemini.COUNT,
        ),
    )
}
