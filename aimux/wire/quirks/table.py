"""All accents, in the order in which they are put on.

Names are spelled out before anything looks for them, instructions get their role before words are added
to them, and what is not known is left out last.  A source without a name of its own is the vendor's
documentation; dates are those on which it was read.
"""

from __future__ import annotations

from typing import Final

from aimux.model.request import WireFormat
from aimux.wire.quirks import (
    choice,
    effort,
    fields,
    images,
    limits,
    messages,
    output,
    replay,
    roles,
    sampling,
    thinking,
    tools,
)
from aimux.wire.quirks.quirk import Quirk

_A: Final = frozenset({WireFormat.ANTHROPIC})
_C: Final = frozenset({WireFormat.OPENAI_CHAT})
_CR: Final = _C | {WireFormat.OPENAI_RESPONSES}
_AC: Final = _A | _C
_ACR: Final = _A | _CR

_CHOICE: Final = ("tool_choice",)
_EFFORT: Final = ("reasoning_effort",)
_EFFORTS: Final = ("reasoning_effort", "reasoning")
_SCHEMAS: Final = ("tools", "response_format")

ROLES: Final = (
    Quirk(
        "no-developer-role", _CR, roles.developer_as_system,
        "openai/openai-python types; badlogic/pi-mono: most vendors know only system", "2026-11-23",
        needles=(b'"developer"',),
    ),
    Quirk(
        "attribution-stripped", _A, roles.without_attribution,
        "code.claude.com: llm-gateway-protocol; farion1231/cc-switch 2350", "2026-08-22",
        needles=(roles.ATTRIBUTION.encode(),),
    ),
    Quirk(
        "messages-no-betas", _A, messages.without_betas,
        "anthropics/claude-code 21612 (extra inputs are not permitted); which servers refuse is not"
        " documented, those that say they pass over unknown fields are spared it", "2026-11-23",
        keys=messages.BETAS, needles=tuple(f'"{each}"'.encode() for each in messages.INNER_BETAS),
    ),
    Quirk(
        "messages-no-deferred-tools", _A, messages.without_deferral,
        "anthropics/claude-code 31033; Claude Code 2.1.330 defers tools at any address", "2026-11-23",
        needles=(b'"defer_loading"', b'"tool_reference"', messages.SEARCHES.encode()),
    ),
    Quirk(
        "messages-no-middle-system", _A, roles.without_middle_system,
        "vllm-project/vllm 44000 and 48874; zai-org/GLM-5 74; lmstudio-ai/lmstudio-bug-tracker 2204",
        "2026-07-25", needles=(b'"role":"system"', b'"role": "system"'),
    ),
    Quirk(
        "messages-signed-thinking", _A, messages.without_empty_signatures,
        "platform.claude.com: extended thinking", "2026-10-07",
        needles=(b'"signature":""', b'"signature": ""'),
    ),
    Quirk(
        "text-models-refuse-images", _ACR, images.without_images,
        "docs.z.ai: vision models; ollama/ollama 17301", "2026-10-15",
        needles=(b'"image"', b'"image_url"', b'"input_image"'),
    ),
)  # fmt: skip

LIMITS: Final = (
    Quirk(
        "max-completion-tokens", _C, limits.as_completion_tokens,
        "platform.openai.com: chat; platform.minimax.io: text-openai-api", "2026-10-15",
        keys=("max_tokens",),
    ),
    Quirk(
        "max-tokens-only", _C, limits.as_max_tokens,
        "editor-code-assistant/eca 231 (Mistral); docs.z.ai: chat-completion", "2025-12-12",
        keys=("max_completion_tokens",),
    ),
    Quirk(
        "cap-max-completion-tokens", _C, limits.capped,
        "inference-docs.cerebras.ai: support/rate-limits", "2026-10-15",
        keys=("max_tokens", "max_completion_tokens"),
    ),
)  # fmt: skip

THINKING: Final = (
    Quirk(
        "effort-up-to-high", _CR, effort.up_to_high,
        "dev.synthetic.new: API (max is refused for GLM-5.2); docs.ollama.com", "2026-10-15",
        keys=_EFFORTS,
    ),
    Quirk(
        "effort-cerebras", _C, effort.of_cerebras,
        "inference-docs.cerebras.ai: reasoning; models.dev cerebras", "2026-09-03", keys=_EFFORT,
    ),
    Quirk(
        "effort-groq", _CR, effort.of_groq, "console.groq.com/docs/reasoning", "2026-10-15",
        keys=_EFFORTS,
    ),
    Quirk(
        "effort-mistral", _C, effort.of_mistral,
        "docs.mistral.ai: reasoning; pydantic/pydantic-ai 5285", "2026-10-03", keys=_EFFORT,
    ),
    Quirk(
        "effort-xai", _CR, effort.of_xai, "docs.x.ai: reasoning; vercel/ai releases of xai",
        "2026-10-15", keys=_EFFORTS,
    ),
    Quirk(
        "thinking-deepseek", _C, thinking.of_deepseek,
        "api-docs.deepseek.com: guides/thinking_mode", "2026-10-17", keys=_EFFORT,
    ),
    Quirk(
        "thinking-kimi", _AC, thinking.of_kimi,
        "platform.kimi.ai: chat; dev.to aihubmix: kimi-k31-pro migration guide", "2026-10-24",
        keys=(*_EFFORT, "thinking"),
    ),
    Quirk(
        "thinking-glm", _C, thinking.of_glm, "docs.z.ai: thinking mode", "2026-08-19", keys=_EFFORT,
    ),
    Quirk(
        "thinking-minimax", _C, thinking.of_minimax, "platform.minimax.io: text-openai-api",
        "2026-09-11", keys=_EFFORT,
    ),
    Quirk(
        "thinking-openrouter", _C, thinking.of_openrouter,
        "openrouter.ai/docs: reasoning tokens; earendil-works/pi 4801", "2026-10-15", keys=_EFFORT,
    ),
    Quirk(
        "thinking-by-template", _C, thinking.of_templates, "docs.vllm.ai: reasoning outputs",
        "2026-10-15", keys=_EFFORT,
    ),
    Quirk(
        "glm-keep-thinking", _C, thinking.with_kept_glm,
        "docs.z.ai: thinking mode (preserved thinking)", "2026-08-19", added=True,
    ),
    Quirk(
        "kimi-keep-thinking", _C, thinking.with_kept_kimi, "platform.kimi.ai: chat", "2026-10-24",
        added=True,
    ),
    Quirk(
        "reasoning-split", _C, thinking.with_split_reasoning, "platform.minimax.io: text-openai-api",
        "2026-09-11", added=True,
    ),
    Quirk(
        "reasoning-parsed", _C, thinking.with_parsed_reasoning, "console.groq.com/docs/reasoning",
        "2026-10-15", added=True,
    ),
    Quirk(
        "tool-stream", _C, thinking.with_streamed_tools, "docs.z.ai: chat-completion", "2026-08-19",
        added=True,
    ),
)  # fmt: skip

SAMPLING: Final = (
    Quirk(
        "reasoning-no-sampling", _CR, sampling.without_sampling,
        "platform.openai.com: reasoning guide", "2026-10-15",
        keys=("temperature", "top_p", *sampling.PENALTIES, *sampling.LIKELY, "stop"),
    ),
    Quirk(
        "reasoning-no-penalties", _C, sampling.without_grok_penalties, "docs.x.ai: reasoning",
        "2026-10-15", keys=(*sampling.PENALTIES, "stop"),
    ),
    Quirk(
        "temperature-fixed", _AC, sampling.with_fixed_temperature,
        "platform.kimi.ai: chat; dev.to aihubmix: kimi-k31-pro migration guide", "2026-10-24",
        keys=("temperature", "top_p", *sampling.PENALTIES),
    ),
    Quirk(
        "no-penalties", _C, sampling.without_penalties, "platform.minimax.io: text-openai-api",
        "2026-09-11", keys=(*sampling.PENALTIES, *sampling.LIKELY, "seed"),
    ),
    Quirk(
        "names-refused", _C, sampling.without_names, "console.groq.com/docs/openai", "2026-10-15",
        keys=sampling.LIKELY, needles=(b'"name"',),
    ),
    Quirk(
        "random-seed", _C, sampling.with_random_seed, "docs.mistral.ai: chat", "2026-10-15",
        keys=("seed",),
    ),
)  # fmt: skip

HISTORY: Final = (
    Quirk(
        "reasoning-field", _C, replay.as_reasoning,
        "inference-docs.cerebras.ai: reasoning; console.groq.com/docs/reasoning", "2026-10-15",
        needles=(b'"reasoning_content"',),
    ),
    Quirk(
        "reasoning-content-field", _C, replay.as_reasoning_content,
        "api-docs.deepseek.com: guides/thinking_mode; docs.z.ai: thinking mode", "2026-10-17",
        needles=(b'"reasoning"',),
    ),
    Quirk(
        "reasoning-in-think-tags", _C, replay.as_tags, "platform.minimax.io: text-openai-api",
        "2026-09-11", needles=(b'"reasoning_content"',),
    ),
    Quirk(
        "reasoning-content-required", _C, replay.with_reasoning_content,
        "anomalyco/opencode 24722; deepseek-ai/deepseek-harness 739; that an empty one is taken for"
        " a turn of another provider is not confirmed", "2026-10-17", needles=(b'"tool_calls"',),
    ),
    Quirk(
        "messages-thinking-required", _A, replay.with_thinking_blocks,
        "musistudio/claude-code-router 1639; that an empty block is taken is not confirmed",
        "2026-08-07", needles=(b'"tool_use"',),
    ),
    Quirk(
        "tool-input-array", _AC, tools.with_object_inputs, "zai-coding-plugins 14", "2026-08-19",
        needles=(b'"input":[', b'"input": [', b'"arguments":"[', b'"arguments": "['),
    ),
    Quirk(
        "tool-id-9", _C, tools.with_ids_of_nine,
        "docs.mistral.ai: known limitations; anomalyco/opencode 1680", "2026-10-15",
        needles=(b'"tool_calls"', b'"tool_call_id"'),
    ),
)  # fmt: skip

TOOLS: Final = (
    Quirk(
        "tool-choice-auto-only", _CR, choice.auto_only, "docs.z.ai: chat-completion", "2026-08-19",
        keys=_CHOICE,
    ),
    Quirk(
        "no-tool-choice", _CR, choice.unread,
        "docs.ollama.com: openai compatibility; platform.minimax.io: text-openai-api", "2026-10-15",
        keys=_CHOICE,
    ),
    Quirk(
        "messages-no-tool-choice", _A, choice.unread, "docs.ollama.com: anthropic compatibility",
        "2026-10-15", keys=_CHOICE,
    ),
    Quirk(
        "thinking-unforced", _AC, choice.unforced_while_thinking,
        "deepseek-ai/DeepSeek-V3 1376; docs.rs harn-vm: capability sources of Moonshot", "2026-08-26",
        keys=_CHOICE,
    ),
    Quirk(
        "tool-choice-any", _C, choice.as_any, "docs.mistral.ai: function calling", "2026-10-15",
        keys=_CHOICE,
    ),
    Quirk(
        "named-choice-as-required", _AC, choice.named_as_required,
        "docs.vllm.ai: tool calling (required as of 0.8.3); reference 3.8, 332", "2026-11-30",
        keys=_CHOICE,
    ),
    Quirk(
        "no-parallel-flag", _C, choice.without_parallel, "platform.minimax.io: text-openai-api",
        "2026-09-11", keys=("parallel_tool_calls",),
    ),
    Quirk(
        "no-strict", _C, tools.without_strict,
        "platform.minimax.io: text-openai-api; badlogic/pi-mono 1172", "2026-09-11",
        needles=(b'"strict"',),
    ),
    Quirk(
        "strict-schema-words", _C, tools.with_strict_words,
        "inference-docs.cerebras.ai: tool use, structured outputs", "2026-10-15",
        needles=(b'"strict"',),
    ),
    Quirk(
        "schema-moonshot", _C, tools.with_moonshot_schemas,
        "platform.kimi.ai: Moonshot flavoured JSON schema", "2026-10-24", keys=_SCHEMAS,
    ),
    Quirk(
        "schema-lmstudio", _C, tools.with_lmstudio_schemas, "lmstudio.ai/docs: structured output",
        "2026-10-15", keys=_SCHEMAS,
    ),
    Quirk(
        "schema-xai", _CR, tools.with_xai_schemas,
        "docs.x.ai: structured outputs; anomalyco/opencode 17405; reference 3.8, 323",
        "2026-10-15", keys=(*_SCHEMAS, "text"),
    ),
)  # fmt: skip

OUTPUT: Final = (
    Quirk(
        "no-json-schema", _C, output.as_json_object,
        "api-docs.deepseek.com: json_mode; docs.z.ai: chat-completion", "2026-10-17",
        keys=("response_format",),
    ),
    Quirk(
        "no-response-format", _C, output.in_words, "platform.minimax.io: text-openai-api",
        "2026-09-11", keys=("response_format",),
    ),
    Quirk(
        "format-alone", _C, output.in_words_beside_others,
        "console.groq.com/docs/structured-outputs; inference-docs.cerebras.ai: resources/openai",
        "2026-10-15", keys=("response_format",),
    ),
)  # fmt: skip

FIELDS: Final = (
    Quirk(
        "no-cache-control", _C, fields.without_cache_marks, "farion1231/cc-switch 3841", "2026-11-23",
        needles=(b'"cache_control"',),
    ),
    Quirk(
        "openai-fields-refused", _C, fields.without_openais,
        "badlogic/pi-mono: no store at Z.AI; docs.z.ai: chat-completion", "2026-08-19",
        keys=fields.OPENAI_ONLY,
    ),
    Quirk(
        "unknown-fields-refused", _C, fields.known_only,
        "inference-docs.cerebras.ai: support/error; mistralai/platform-docs-public 7", "2026-10-15",
    ),
)  # fmt: skip

ALL: Final = (*ROLES, *LIMITS, *THINKING, *SAMPLING, *HISTORY, *TOOLS, *OUTPUT, *FIELDS)
