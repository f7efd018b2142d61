"""Nothing is dropped in silence (P19): a setting that changes nothing in what the provider gets has a
record, for every client and every model.
"""

from __future__ import annotations

from typing import Any, Final

import pytest

from aimux.errors import InvalidRequest
from aimux.model.request import WireFormat
from aimux.wire.transcode import Transcoder
from tests.support.answers import ANTHROPIC, GEMINI, OPENAI_CHAT, OPENAI_RESPONSES
from tests.support.crossing import ASKED, MODELS, inquiry
from tests.support.generate.schemas import CLOSED, PLAIN

_CACHED = {"type": "ephemeral"}
_FUNCTION = {"name": "f", "parameters": PLAIN}

# Every field that may change the answer or its price; what stands in the way of none is left out: how
# the answer is to be sent, and what only the client's vendor would store.
SETTINGS: Final[dict[WireFormat, dict[str, Any]]] = {
    ANTHROPIC: {
        "system": "Be terse.",
        "stop_sequences": ["END"],
        "temperature": 0.5,
        "top_p": 0.9,
        "top_k": 40,
        "tools": [{"name": "f", "input_schema": PLAIN}],
        "thinking": {"type": "disabled"},
        "output_config": {"effort": "low"},
        "metadata": {"user_id": "u-1"},
        "service_tier": "standard_only",
        "speed": "fast",
        "context_management": {"edits": [{"type": "clear_tool_uses_20250919"}]},
        "cache_control": _CACHED,
        "safeguards": [{"x": 1}],
    },
    OPENAI_CHAT: {
        "tools": [{"type": "function", "function": _FUNCTION}],
        "max_tokens": 77,
        "max_completion_tokens": 78,
        "temperature": 0.5,
        "top_p": 0.9,
        "presence_penalty": 0.5,
        "frequency_penalty": 0.5,
        "seed": 7,
        "stop": ["END"],
        "logprobs": True,
        "top_logprobs": 3,
        "logit_bias": {"1": -100},
        "response_format": {"type": "json_schema", "json_schema": {"name": "a", "schema": CLOSED}},
        "reasoning_effort": "low",
        "verbosity": "low",
        "user": "u-1",
        "safety_identifier": "u-1",
        "prompt_cache_key": "k-1",
        "service_tier": "priority",
        "metadata": {"a": "b"},
        "prediction": {"type": "content", "content": "x"},
        "web_search_options": {},
        "top_k": 5,
    },
    OPENAI_RESPONSES: {
        "instructions": "Be terse.",
        "tools": [{"type": "function", **_FUNCTION, "strict": False}],
        "max_output_tokens": 77,
        "temperature": 0.5,
        "top_p": 0.9,
        "reasoning": {"effort": "low"},
        "text": {"verbosity": "low"},
        "user": "u-1",
        "safety_identifier": "u-1",
        "prompt_cache_key": "k-1",
        "service_tier": "priority",
        "metadata": {"a": "b"},
        "truncation": "auto",
        "max_tool_calls": 3,
        "top_logprobs": 3,
        "nobody_knows": 1,
    },
    GEMINI: {
        "systemInstruction": {"parts": [{"text": "Be terse."}]},
        "tools": [{"functionDeclarations": [{"name": "f", "parametersJsonSchema": PLAIN}]}],
        "safetySettings": [{"category": "HARM_CATEGORY_HARASSMENT", "threshold": "BLOCK_NONE"}],
        "labels": {"a": "b"},
        "serviceTier": "priority",
        "generationConfig": {"temperature": 0.5},
        "nobodyKnows": 1,
    },
}
_CONFIG: Final = {
    "topP": 0.9, "topK": 40, "maxOutputTokens": 77, "stopSequences": ["END"], "presencePenalty": 0.5,
    "frequencyPenalty": 0.5, "seed": 7, "responseMimeType": "application/json",
    "responseLogprobs": True, "thinkingConfig": {"thinkingBudget": 0},
    "mediaResolution": "MEDIA_RESOLUTION_LOW",
}  # fmt: skip

CASES = [(client, field) for client, each in SETTINGS.items() for field in each]
each_case = pytest.mark.parametrize(("client", "field"), CASES, ids=[f"{c}-{f}" for c, f in CASES])


STOPS: Final = ("stop", "stop_sequences", "stopSequences")
"""Where a provider takes none, the answer is cut here: nothing is lost, and nothing recorded."""


def unheard_of(client: WireFormat, body: dict[str, Any], bare: dict[str, Any]) -> list[str]:
    """The models that get the same for both bodies without a record of why."""
    silent = []
    for name, (wire_format, target, _) in MODELS.items():
        if wire_format is client:
            continue
        crossings = [
            Transcoder(inquiry(client, each), wire_format, target) for each in (body, bare)
        ]
        try:
            sent = [crossing.request() for crossing in crossings]
        except InvalidRequest:  # refused is not silent
            continue
        if sent[0] == sent[1] and not set(crossings[0].losses) - set(crossings[1].losses):
            silent.append(name)
    return silent


@each_case
def test_p19_a_setting_counts_or_is_recorded(client: WireFormat, field: str) -> None:
    """Taken out of the request, either the provider gets something else or a record is gone."""
    bare = {key: value for key, value in ASKED[client].items() if key != field}

    silent = unheard_of(client, {**bare, field: SETTINGS[client][field]}, bare)

    assert silent == [] or field in STOPS


@pytest.mark.parametrize("field", sorted(_CONFIG))
def test_p19_a_setting_of_gemini_s_counts_or_is_recorded(field: str) -> None:
    """Those that stand one deeper."""
    bare = {"contents": ASKED[GEMINI]["contents"]}

    silent = unheard_of(GEMINI, {**bare, "generationConfig": {field: _CONFIG[field]}}, bare)

    assert silent == [] or field in STOPS
