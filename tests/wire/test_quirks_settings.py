"""Accents of settings: limits, effort and thinking, sampling, fields of others."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from aimux.wire.jsontext import scan
from aimux.wire.quirks import QUIRKS
from aimux.wire.quirks.limits import CAP_TOKENS
from aimux.wire.target import Target

Body = dict[str, Any]
USER: Body = {"role": "user", "content": "Hi"}
TOOL: Body = {"type": "function", "function": {"name": "f"}}


def edit(name: str, body: Body, model: str = "m", vendor: str = "") -> tuple[Body, list[str]]:
    """The body with one accent on, and the codes of what that cost."""
    body = copy.deepcopy(body)
    losses = QUIRKS[name].edit(body, Target("p", model, vendor))
    return body, [loss.code for loss in losses]


LIMITS = [
    ("max-completion-tokens", {"max_tokens": 5}, {"max_completion_tokens": 5}, []),
    (
        "max-completion-tokens",
        {"max_tokens": 5, "max_completion_tokens": 6},
        {"max_completion_tokens": 6},
        [],
    ),
    (
        "max-completion-tokens",
        {"max_tokens": 5, "max_completion_tokens": None},
        {"max_completion_tokens": 5},
        [],
    ),
    ("max-completion-tokens", {}, {}, []),
    ("max-tokens-only", {"max_completion_tokens": 5}, {"max_tokens": 5}, []),
    (
        "cap-max-completion-tokens",
        {"max_completion_tokens": 32_000},
        {"max_completion_tokens": CAP_TOKENS},
        ["max_tokens.clamped"],
    ),
    ("cap-max-completion-tokens", {"max_tokens": CAP_TOKENS}, {"max_tokens": CAP_TOKENS}, []),
    ("cap-max-completion-tokens", {"max_tokens": True}, {"max_tokens": True}, []),
]


@pytest.mark.parametrize(("name", "before", "after", "codes"), LIMITS)
def test_limits(name: str, before: Body, after: Body, codes: list[str]) -> None:
    """Under the vendor's name, and no more than it can reserve."""
    assert edit(name, before) == (after, codes)


# ---------------------------------------------------------------- effort

LEVELS = [
    ("effort-up-to-high", "m", "none", "none"),
    ("effort-up-to-high", "m", "minimal", "low"),
    ("effort-up-to-high", "m", "max", "high"),
    ("effort-up-to-high", "m", "of-its-own", "of-its-own"),
    ("effort-cerebras", "gpt-oss-120b", "none", "low"),
    ("effort-cerebras", "gpt-oss-120b", "minimal", "low"),
    ("effort-cerebras", "gpt-oss-120b", "medium", "medium"),
    ("effort-cerebras", "gpt-oss-120b", "xhigh", "high"),
    ("effort-cerebras", "qwen-3.8-27b", "none", "none"),
    ("effort-groq", "openai/gpt-oss-20b", "max", "high"),
    ("effort-groq", "qwen/qwen3-32b", "none", "none"),
    ("effort-groq", "qwen/qwen3-32b", "low", "default"),
    ("effort-groq", "llama-3.3-70b-versatile", "low", None),
    ("effort-mistral", "mistral-small-latest", "none", "none"),
    ("effort-mistral", "mistral-small-latest", "minimal", "none"),
    ("effort-mistral", "mistral-medium-3-5", "low", "high"),
    ("effort-mistral", "devstral-medium", "low", None),
    ("effort-mistral", "magistral-medium-latest", "high", None),
    ("effort-xai", "grok-4.7", "none", "low"),
    ("effort-xai", "grok-4.7", "medium", "medium"),
    ("effort-xai", "grok-4.7", "max", "high"),
    ("effort-xai", "grok-3-mini", "medium", "high"),
    ("effort-xai", "grok-3", "medium", None),
    ("effort-xai", "grok-4-0709", "low", None),
    ("effort-xai", "grok-4-1-fast-reasoning", "low", None),
    ("effort-xai", "grok-4.1-fast-reasoning", "low", None),
    ("effort-xai", "grok-4.20-reasoning", "low", None),
    ("effort-xai", "grok-code-fast-1", "low", None),
]


@pytest.mark.parametrize(("name", "model", "asked", "level"), LEVELS)
def test_levels(name: str, model: str, asked: str, level: str | None) -> None:
    """The nearest level that the model has, or none; each change is told."""
    codes = [] if asked == level else ["effort.mapped"]
    said = {} if level is None else {"reasoning_effort": level}

    assert edit(name, {"reasoning_effort": asked}, model) == (said, codes)


def test_levels_in_responses() -> None:
    """There the effort stands in an object, beside other things."""
    before = {"reasoning": {"effort": "max", "summary": "auto"}}
    after = {"reasoning": {"effort": "high", "summary": "auto"}}

    assert edit("effort-xai", before, "grok-4.7") == (after, ["effort.mapped"])
    assert edit("effort-groq", before, "llama")[0] == {"reasoning": {"summary": "auto"}}


ON, OFF = {"type": "enabled"}, {"type": "disabled"}
MAPPED = ["effort.mapped"]

SWITCHES = [
    ("thinking-deepseek", "m", {"reasoning_effort": "none"}, {"thinking": OFF}, []),
    (
        "thinking-deepseek",
        "m",
        {"reasoning_effort": "minimal"},
        {"reasoning_effort": "low"},
        MAPPED,
    ),
    ("thinking-deepseek", "m", {"reasoning_effort": "xhigh"}, {"reasoning_effort": "high"}, MAPPED),
    ("thinking-deepseek", "m", {"reasoning_effort": "max"}, {"reasoning_effort": "max"}, []),
    ("thinking-deepseek", "m", {"thinking": OFF}, {"thinking": OFF}, []),
    ("thinking-kimi", "kimi-k2.6", {"reasoning_effort": "none"}, {"thinking": OFF}, []),
    ("thinking-kimi", "kimi-k2.6", {"reasoning_effort": "low"}, {"thinking": ON}, MAPPED),
    ("thinking-kimi", "kimi-k2.6", {"thinking": OFF}, {"thinking": OFF}, []),
    ("thinking-kimi", "kimi-k3", {"reasoning_effort": "none"}, {"reasoning_effort": "low"}, MAPPED),
    (
        "thinking-kimi",
        "kimi-k3.1-pro",
        {"reasoning_effort": "high"},
        {"reasoning_effort": "high"},
        [],
    ),
    (
        "thinking-kimi",
        "kimi-k3",
        {"reasoning_effort": "xhigh"},
        {"reasoning_effort": "max"},
        MAPPED,
    ),
    ("thinking-kimi", "kimi-k3", {"thinking": OFF}, {}, MAPPED),
    ("thinking-kimi", "kimi-k2.7-code", {"reasoning_effort": "low"}, {}, MAPPED),
    ("thinking-kimi", "kimi-k2.7-code", {"thinking": ON}, {"thinking": ON}, []),
    ("thinking-kimi", "moonshot-v1-8k", {"reasoning_effort": "low"}, {}, MAPPED),
    ("thinking-glm", "glm-4.7", {"reasoning_effort": "none"}, {"thinking": OFF}, []),
    ("thinking-glm", "glm-4.7", {"reasoning_effort": "high"}, {"thinking": ON}, MAPPED),
    ("thinking-glm", "glm-5.3", {"reasoning_effort": "none"}, {"thinking": OFF}, []),
    ("thinking-glm", "glm-5.3", {"reasoning_effort": "low"}, {"reasoning_effort": "high"}, MAPPED),
    ("thinking-glm", "glm-5.2", {"reasoning_effort": "xhigh"}, {"reasoning_effort": "max"}, MAPPED),
    ("thinking-glm", "glm-4.7", {}, {}, []),
    (
        "thinking-glm",
        "glm-4.7",
        {"reasoning_effort": "high", "thinking": OFF},
        {"thinking": OFF},
        MAPPED,
    ),
    ("thinking-minimax", "MiniMax-M3", {"reasoning_effort": "none"}, {"thinking": OFF}, []),
    (
        "thinking-minimax",
        "MiniMax-M3",
        {"reasoning_effort": "low"},
        {"thinking": {"type": "adaptive"}},
        MAPPED,
    ),
    ("thinking-minimax", "MiniMax-M2.7", {"reasoning_effort": "none"}, {}, MAPPED),
    ("thinking-minimax", "MiniMax-M3", {}, {}, []),
    ("thinking-openrouter", "m", {"reasoning_effort": "low"}, {"reasoning": {"effort": "low"}}, []),
    (
        "thinking-openrouter",
        "m",
        {"reasoning_effort": "max", "reasoning": {"exclude": False}},
        {"reasoning": {"exclude": False, "effort": "xhigh"}},
        MAPPED,
    ),
    (
        "thinking-openrouter",
        "m",
        {"reasoning_effort": "low", "reasoning": {"max_tokens": 5}},
        {"reasoning": {"max_tokens": 5}},
        [],
    ),
    ("thinking-openrouter", "m", {}, {}, []),
    (
        "thinking-by-template",
        "m",
        {"reasoning_effort": "none"},
        {"chat_template_kwargs": {"enable_thinking": False}},
        [],
    ),
    ("thinking-by-template", "m", {"reasoning_effort": "low"}, {"reasoning_effort": "low"}, []),
    (
        "thinking-by-template",
        "m",
        {"reasoning_effort": "none", "chat_template_kwargs": {"enable_thinking": True, "x": 1}},
        {"chat_template_kwargs": {"enable_thinking": True, "x": 1}},
        [],
    ),
]


@pytest.mark.parametrize(("name", "model", "before", "after", "codes"), SWITCHES)
def test_switches_of_thinking(
    name: str, model: str, before: Body, after: Body, codes: list[str]
) -> None:
    """In the vendor's words; edges 299 and 301 among them."""
    assert edit(name, before, model) == (after, codes)


KEPT = {"type": "enabled", "clear_thinking": False}
ADDED = [
    ("glm-keep-thinking", "glm-5", {"tools": [TOOL]}, {"thinking": KEPT}),
    ("glm-keep-thinking", "glm-5", {}, {}),
    ("glm-keep-thinking", "glm-5", {"tools": [TOOL], "thinking": OFF}, {}),
    ("kimi-keep-thinking", "kimi-k2.6", {"tools": [TOOL]}, {"thinking": {**ON, "keep": "all"}}),
    ("kimi-keep-thinking", "kimi-k2.6", {}, {}),
    ("kimi-keep-thinking", "kimi-k2.6", {"tools": [TOOL], "thinking": OFF}, {}),
    ("kimi-keep-thinking", "kimi-k3", {"tools": [TOOL]}, {}),
    ("reasoning-split", "MiniMax-M3", {}, {"reasoning_split": True}),
    ("reasoning-parsed", "qwen/qwen3-32b", {}, {"reasoning_format": "parsed"}),
    ("reasoning-parsed", "openai/gpt-oss-20b", {}, {}),
    ("tool-stream", "glm-5", {"stream": True, "tools": [TOOL]}, {"tool_stream": True}),
    ("tool-stream", "glm-5", {"stream": False, "tools": [TOOL]}, {}),
    ("tool-stream", "glm-5", {"stream": True}, {}),
]


@pytest.mark.parametrize(("name", "model", "before", "more"), ADDED)
def test_what_a_translated_request_asks_for(
    name: str, model: str, before: Body, more: Body
) -> None:
    """Where it makes sense; edge 303 is about the stream of tools."""
    assert edit(name, before, model) == ({**before, **more}, [])


# ---------------------------------------------------------------- sampling

ALL_OF_IT: Body = {
    "temperature": 0,
    "top_p": 0.5,
    "presence_penalty": 1,
    "frequency_penalty": 1,
    "logit_bias": {"1": 2},
    "logprobs": True,
    "top_logprobs": 2,
    "stop": ["x"],
    "seed": 7,
}


def less(*fields: str) -> Body:
    """All of it but these."""
    return {key: value for key, value in ALL_OF_IT.items() if key not in fields}


PENALTIES = ("presence_penalty", "frequency_penalty")
LIKELY = ("logit_bias", "logprobs", "top_logprobs")
SAMPLING = [
    ("reasoning-no-sampling", "gpt-5.5", {"seed": 7}),
    ("reasoning-no-sampling", "o4-mini", {"seed": 7}),
    ("reasoning-no-sampling", "gpt-4.1", ALL_OF_IT),
    ("reasoning-no-penalties", "grok-4.7", less(*PENALTIES, "stop")),
    ("reasoning-no-penalties", "grok-4-fast-non-reasoning", ALL_OF_IT),
    ("temperature-fixed", "kimi-k3", less(*PENALTIES, "temperature", "top_p")),
    ("temperature-fixed", "moonshot-v1-8k", ALL_OF_IT),
    ("no-penalties", "m", less(*PENALTIES, *LIKELY, "seed")),
    ("names-refused", "m", less(*LIKELY)),
]


@pytest.mark.parametrize(("name", "model", "after"), SAMPLING)
def test_sampling(name: str, model: str, after: Body) -> None:
    """What the model refuses is left out, each with its loss; edge 322 is xAI's."""
    body, codes = edit(name, ALL_OF_IT, model)

    assert body == after
    assert len(codes) == len(ALL_OF_IT) - len(after)
    assert set(codes) <= {
        "sampling.dropped", "penalty.dropped", "logprobs.dropped", "stop.truncated", "seed.dropped",
    }  # fmt: skip


@pytest.mark.parametrize("format_", ["chat", "responses"])
def test_a_model_that_is_told_not_to_reason_takes_sampling(format_: str) -> None:
    """With the effort none it is one that draws."""
    off: Body = (
        {"reasoning_effort": "none"} if format_ == "chat" else {"reasoning": {"effort": "none"}}
    )
    body = {**off, "temperature": 0.5}

    assert edit("reasoning-no-sampling", body, "gpt-5.5") == (body, [])
    assert edit("reasoning-no-sampling", body, "gpt-5") == (off, ["sampling.dropped"])


@pytest.mark.parametrize(
    ("raw", "codes"), [(b"1", []), (b"1.0", []), (b"0.7", ["sampling.dropped"])]
)
def test_the_one_temperature_is_no_loss(raw: bytes, codes: list[str]) -> None:
    """As clients spell it; numbers are opaque where they must keep their spelling."""
    document = scan(b'{"temperature":' + raw + b"}")

    assert edit("temperature-fixed", {"temperature": document.get("temperature")}) == ({}, codes)
    body = {"temperature": document.exact("temperature")}
    assert [x.code for x in QUIRKS["temperature-fixed"].edit(body, Target("p", "kimi-k3"))] == codes


def test_a_seed_under_its_other_name() -> None:
    """Mistral's."""
    assert edit("random-seed", {"seed": 3}) == ({"random_seed": 3}, [])


def test_edge_291_speakers_have_no_names() -> None:
    """Messages are as they were without the name."""
    before = {"messages": [{**USER, "name": "ann"}, USER, "x"]}

    assert edit("names-refused", before) == (
        {"messages": [USER, USER, "x"]},
        ["unknown_field.dropped"],
    )


# ---------------------------------------------------------------- fields of others


def test_edge_289_fields_of_openai() -> None:
    """What says nothing is left out without a word."""
    before = {"store": True, "metadata": {}, "verbosity": "low", "service_tier": None, "model": "m"}

    assert edit("openai-fields-refused", before) == (
        {"model": "m"},
        ["unknown_field.dropped", "verbosity.dropped"],
    )


def test_edge_309_only_what_the_vendor_documents() -> None:
    """In the request, in its messages and in their calls."""
    call = {"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    message = {"role": "assistant", "content": None, "tool_calls": [call], "reasoning": "hm"}
    wild = {
        **message,
        "refusal": None,
        "audio": {"id": "a"},
        "tool_calls": [{**call, "extra_content": {}}],
    }
    before = {
        "model": "m",
        "messages": [wild],
        "frequency_penalty": 1,
        "parallel_tool_calls": False,
        "clear_thinking": False,
        "stream_options": {"include_usage": True},
    }
    body, codes = edit("unknown-fields-refused", before, vendor="cerebras")

    assert body == {
        "model": "m",
        "messages": [message],
        "clear_thinking": False,
        "stream_options": {"include_usage": True},
    }
    assert codes == ["penalty.dropped", "parallel.unsupported", "unknown_field.dropped"]


@pytest.mark.parametrize(("n", "kept"), [(2, True), (1, False), (None, False), ("2", False)])
def test_edge_279_several_answers_are_not_made_one_in_silence(n: Any, kept: bool) -> None:
    """The vendor refuses them, so that the client knows."""
    body, _ = edit("unknown-fields-refused", {"n": n}, Target("p", "gpt-oss-120b", "cerebras"))

    assert ("n" in body) == kept


def test_parallel_calls_that_are_wanted_anyway_are_no_loss() -> None:
    """True is what holds without the field."""
    assert edit("unknown-fields-refused", {"parallel_tool_calls": True}, vendor="cerebras") == (
        {},
        [],
    )
    assert edit("no-parallel-flag", {"parallel_tool_calls": True}) == ({}, [])
    assert edit("no-parallel-flag", {"parallel_tool_calls": False}) == (
        {},
        ["parallel.unsupported"],
    )


def test_mistral_counts_tokens_without_being_asked() -> None:
    """And refuses to be asked."""
    before = {"stream_options": {"include_usage": True}, "random_seed": 1, "x": 1}

    assert edit("unknown-fields-refused", before, vendor="mistral") == (
        {"random_seed": 1},
        ["unknown_field.dropped"],
    )


def test_a_vendor_of_whom_nothing_is_known_gets_what_all_know() -> None:
    """The name may stand at any provider."""
    before = {"model": "m", "max_tokens": 1, "seed": 2, "store": True}

    assert edit("unknown-fields-refused", before) == (
        {"model": "m", "max_tokens": 1, "seed": 2},
        ["unknown_field.dropped"],
    )


def test_edge_223_marks_of_what_to_cache() -> None:
    """On the request, its messages and their parts, tools and their functions."""
    mark = {"cache_control": {"type": "ephemeral"}}
    part = {"type": "text", "text": "a"}
    before = {
        **mark,
        "messages": [{"role": "user", "content": [{**part, **mark}], **mark}],
        "tools": [{"type": "function", "function": {"name": "f", **mark}, **mark}, {**mark}],
    }
    after = {
        "messages": [{"role": "user", "content": [part]}],
        "tools": [TOOL, {}],
    }

    assert edit("no-cache-control", before) == (after, ["cache_control.dropped"])
    assert edit("no-cache-control", after) == (after, [])
