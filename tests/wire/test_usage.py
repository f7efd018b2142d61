"""Usage arithmetic: every vendor's numbers in one convention, from whole answers and from streams."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aimux.model.request import WireFormat
from aimux.model.response import Usage
from aimux.wire import sse
from aimux.wire.formats import CODECS
from tests.support.answers import ANTHROPIC, GEMINI, OPENAI_CHAT, OPENAI_RESPONSES
from tests.support.usage import read_usage

A_ALL = {
    "input_tokens": 70,
    "cache_read_input_tokens": 30,
    "cache_creation_input_tokens": 5,
    "cache_creation": {"ephemeral_5m_input_tokens": 5, "ephemeral_1h_input_tokens": 0},
    "output_tokens": 20,
    "output_tokens_details": {"thinking_tokens": 8},
    "server_tool_use": None,
    "service_tier": "standard",
}
C_ALL = {
    "prompt_tokens": 105,
    "completion_tokens": 20,
    "total_tokens": 125,
    "prompt_tokens_details": {"cached_tokens": 30, "cache_write_tokens": 5, "audio_tokens": 0},
    "completion_tokens_details": {"reasoning_tokens": 8},
}
R_ALL = {
    "input_tokens": 105,
    "input_tokens_details": {"cached_tokens": 30, "cache_write_tokens": 5},
    "output_tokens": 20,
    "output_tokens_details": {"reasoning_tokens": 8},
    "total_tokens": 125,
}
G_ALL = {
    "promptTokenCount": 100,
    "cachedContentTokenCount": 30,
    "toolUsePromptTokenCount": 5,
    "candidatesTokenCount": 12,
    "thoughtsTokenCount": 8,
    "totalTokenCount": 125,
}
NONE_CACHED = {"cached_tokens": 0}
PROMPT = {"prompt_tokens": 9}
XAI = {
    "prompt_tokens": 10,
    "completion_tokens": 5,
    "total_tokens": 65,
    "completion_tokens_details": {"reasoning_tokens": 50},
}

ALL = Usage(105, 20, 30, 5, 8)

# Section 1.7 of the protocol reference, row by row: what a vendor says, and what it means.
TABLE: list[tuple[WireFormat, dict[str, Any], Usage]] = [
    (ANTHROPIC, A_ALL, ALL),
    (ANTHROPIC, {"input_tokens": 7, "output_tokens": 0}, Usage(7, 0)),
    (ANTHROPIC, {"input_tokens": 0, "cache_read_input_tokens": 9}, Usage(9, None, 9)),
    (ANTHROPIC, {"cache_read_input_tokens": 9}, Usage(None, None, 9)),
    (ANTHROPIC, {"output_tokens": 3}, Usage(None, 3)),
    (OPENAI_CHAT, C_ALL, ALL),
    (OPENAI_CHAT, {"prompt_tokens": 7, "completion_tokens": 0}, Usage(7, 0)),
    (OPENAI_CHAT, {"completion_tokens": 3, "total_tokens": 9}, Usage(None, 3)),
    # DeepSeek
    (OPENAI_CHAT, {**PROMPT, "prompt_cache_hit_tokens": 4, "prompt_cache_miss_tokens": 5}, Usage(9, None, 4)),
    (OPENAI_CHAT, {"prompt_tokens_details": NONE_CACHED, "prompt_cache_hit_tokens": 4}, Usage(None, None, 0)),
    # Kimi
    (OPENAI_CHAT, {**PROMPT, "cached_tokens": 4}, Usage(9, None, 4)),
    # xAI: reasoning stands beside the completion, not in it
    (OPENAI_CHAT, XAI, Usage(10, 55, None, None, 50)),
    # a total that is too small says nothing
    (OPENAI_CHAT, {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 0}, Usage(10, 5)),
    (OPENAI_RESPONSES, R_ALL, ALL),
    (OPENAI_RESPONSES, {"input_tokens": 7, "output_tokens": 0, "total_tokens": 7}, Usage(7, 0)),
    (GEMINI, G_ALL, Usage(105, 20, 30, None, 8)),
    (GEMINI, {"promptTokenCount": 7, "totalTokenCount": 7}, Usage(7)),
    (GEMINI, {"promptTokenCount": 7, "candidatesTokenCount": 2}, Usage(7, 2)),
    (GEMINI, {"promptTokenCount": 7, "thoughtsTokenCount": 2}, Usage(7, 2, None, None, 2)),
    (GEMINI, {"toolUsePromptTokenCount": 7}, Usage()),
]  # fmt: skip


def body(format_: WireFormat, usage: object) -> dict[str, Any]:
    """A whole answer, as far as usage is concerned."""
    return {"usageMetadata" if format_ is GEMINI else "usage": usage}


def final_event(format_: WireFormat, usage: object) -> bytes:
    """The event of a stream that tells the usage."""
    data: dict[str, Any] = body(format_, usage)
    match format_:
        case WireFormat.ANTHROPIC:
            data = {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, **data}
        case WireFormat.OPENAI_CHAT:
            data = {"choices": [], **data}
        case WireFormat.OPENAI_RESPONSES:
            data = {"type": "response.completed", "response": data}
        case WireFormat.GEMINI:
            data = {"candidates": [{"finishReason": "STOP"}], **data}
    return sse.event(json.dumps(data).encode())


@pytest.mark.parametrize(("format_", "said", "meant"), TABLE)
def test_usage_in_our_convention(format_: WireFormat, said: dict[str, Any], meant: Usage) -> None:
    """Input counts the whole prompt, output its reasoning; what is not said is unknown."""
    codec = CODECS[format_]
    tap = codec.tap()
    tap.watch(final_event(format_, said))

    assert read_usage(codec, json.dumps(body(format_, said)).encode()) == meant
    assert tap.usage() == meant


def test_the_same_call_costs_the_same_everywhere() -> None:
    """P15: fresh, cached and written tokens do not depend on who counts them."""
    for format_, said in (
        (ANTHROPIC, A_ALL),
        (OPENAI_CHAT, C_ALL),
        (OPENAI_RESPONSES, R_ALL),
    ):
        usage = read_usage(CODECS[format_], json.dumps(body(format_, said)).encode())

        assert (usage.fresh_tokens, usage.output_tokens) == (70, 20)


@pytest.mark.parametrize(
    ("format_", "events", "meant"),
    [
        (
            ANTHROPIC,
            [
                {"type": "message_start", "message": {"usage": {**A_ALL, "output_tokens": 1}}},
                {"type": "message_delta", "usage": {"output_tokens": 9}},
                {"type": "message_delta", "usage": {"output_tokens": 20, "input_tokens": None}},
            ],
            ALL,
        ),
        (  # Z.AI and MiniMax know the input only at the end
            ANTHROPIC,
            [
                {"type": "message_start", "message": {"usage": {"input_tokens": 0, "output_tokens": 0}}},
                {"type": "message_delta", "usage": {"input_tokens": 70, "cache_read_input_tokens": 30}},
            ],
            Usage(100, 0, 30),
        ),
        (ANTHROPIC, [{"type": "message_start", "message": None}, {"type": "message_delta"}], Usage()),
        (  # running usage: the last counts, and keeps what only an earlier one knew
            OPENAI_CHAT,
            [
                {"choices": [{}], "usage": {**PROMPT, "completion_tokens": 1, "cached_tokens": 4}},
                {"choices": [{}], "usage": None},
                {"choices": [], "usage": {**PROMPT, "completion_tokens": 2}},
            ],
            Usage(9, 2, 4),
        ),
        (  # Kimi
            OPENAI_CHAT,
            [{"choices": [{"finish_reason": "stop", "usage": {"prompt_tokens": 9, "completion_tokens": 2}}]}],
            Usage(9, 2),
        ),
        (  # Groq, older deployments
            OPENAI_CHAT,
            [{"choices": [{"finish_reason": "stop"}], "x_groq": {"id": "1", "usage": {"prompt_tokens": 9}}}],
            Usage(9),
        ),
        (OPENAI_CHAT, [{"choices": None, "usage": [1]}, {"usage": {}, "x_groq": 7}], Usage()),
        (OPENAI_RESPONSES, [{"type": "response.completed", "response": {"usage": None}}], Usage()),
        (OPENAI_RESPONSES, [{"type": "response.incomplete", "response": {"usage": R_ALL}}], ALL),
        (OPENAI_RESPONSES, [{"type": "response.failed", "response": {"usage": R_ALL}}], ALL),
        (  # what response.created says of usage is not measured yet
            OPENAI_RESPONSES,
            [{"type": "response.created", "response": {"usage": R_ALL}}],
            Usage(),
        ),
        (  # the last one counts, and one without usage takes nothing away
            GEMINI,
            [
                {"usageMetadata": {"promptTokenCount": 9, "candidatesTokenCount": 1}},
                {"usageMetadata": {"promptTokenCount": 9, "candidatesTokenCount": 2}},
                {"candidates": []},
            ],
            Usage(9, 2),
        ),
        (GEMINI, [{"candidates": []}], Usage()),
    ],
)  # fmt: skip
def test_usage_of_a_stream(format_: WireFormat, events: list[dict[str, Any]], meant: Usage) -> None:
    """Totals that overwrite, never sums."""
    tap = CODECS[format_].tap()
    for event in events:
        tap.watch(sse.event(json.dumps(event).encode()))

    assert tap.usage() == meant


def test_usage_of_an_array_is_its_last() -> None:
    """Edge 31: Gemini without ``alt=sse`` streams one JSON array."""
    stream = [body(GEMINI, {"promptTokenCount": 9}), body(GEMINI, G_ALL)]

    assert read_usage(CODECS[GEMINI], json.dumps(stream).encode()) == Usage(105, 20, 30, None, 8)
    assert read_usage(CODECS[GEMINI], b"[]") == Usage()


_COUNTS = st.none() | st.integers(-5, 1000) | st.just("x")
_FIELDS = sorted({*A_ALL, *C_ALL, *R_ALL, *G_ALL})
_DETAILS = st.fixed_dictionaries(
    {},
    optional=dict.fromkeys(
        ("cached_tokens", "cache_write_tokens", "reasoning_tokens", "thinking_tokens"), _COUNTS
    ),
)


@settings(max_examples=80)
@given(
    st.fixed_dictionaries(
        {}, optional={name: _DETAILS if "details" in name else _COUNTS for name in _FIELDS}
    )
)
def test_no_number_is_ever_negative(said: dict[str, Any]) -> None:
    """P15: whatever a vendor says; and stream and body agree."""
    for format_, codec in CODECS.items():
        usage = read_usage(codec, json.dumps(body(format_, said)).encode())
        tap = codec.tap()
        tap.watch(final_event(format_, said))

        numbers = [getattr(usage, name) for name in Usage.__dataclass_fields__]
        assert all(each is None or each >= 0 for each in numbers)
        assert usage.fresh_tokens is None or usage.fresh_tokens >= 0
        assert tap.usage() == usage


@pytest.mark.parametrize(
    ("said", "usd"),
    [
        ({"cost": 0.0125}, 0.0125),
        ({"cost": 0}, 0.0),
        ({"cost": 0.01, "is_byok": True, "cost_details": {"upstream_inference_cost": 0.2}}, 0.21),
        ({"cost": 0.01, "is_byok": True}, None),  # the greater part is not told
        ({"cost": "0.1"}, None),
        ({"cost": True}, None),
        ({"cost": -1}, None),
        ({"cost": 1e9}, None),
        ({}, None),
    ],
)
@pytest.mark.parametrize("wire_format", [ANTHROPIC, OPENAI_CHAT, OPENAI_RESPONSES])
def test_what_a_vendor_says_that_it_costs(
    wire_format: WireFormat, said: dict[str, Any], usd: float | None
) -> None:
    """OpenRouter's usage accounting, in the formats that it speaks."""
    whole = {ANTHROPIC: A_ALL, OPENAI_CHAT: C_ALL, OPENAI_RESPONSES: R_ALL}[wire_format]
    body = json.dumps({"usage": {**whole, **said}}).encode()
    found = read_usage(CODECS[wire_format], body)
    assert found.cost_usd == (None if usd is None else pytest.approx(usd))
