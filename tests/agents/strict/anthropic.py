"""api.anthropic.com as a judge: reads a Messages request, or refuses it in the vendor's words.

It plays Claude Opus 4.8: adaptive thinking that is off when not asked for, no sampling parameters, no
prefill, ``role: system`` inside the messages.  Rules: reference of the API, platform.claude.com, read
2026-11; the wording is what clients match on.
"""

from __future__ import annotations

from typing import Any, Final

from tests.agents.strict.anthropic_blocks import BLOCKS, EXTRA, Reader, of_kind
from tests.agents.strict.anthropic_tools import tools_of
from tests.agents.strict.shape import demand, names, objects, only, unique
from tests.agents.words import Heard, Json, Refused, Request

MODEL: Final = "claude-opus-4-8"
MAX_OUTPUT: Final = 128_000
_BETA_FIELDS: Final = {
    "context_management": "context-management-",
    "safeguards": "dangerous-tool-use-",
    "fallbacks": "server-side-fallback-",
}
_FIELDS: Final = names(
    "model messages system max_tokens stream stop_sequences tools tool_choice thinking output_config "
    "metadata service_tier cache_control inference_geo speed temperature top_p top_k"
)


def hear(request: Request, thoughts: tuple[str, ...]) -> Heard:
    """What a request says.

    Raises:
        Refused: the vendor would not take it.
    """
    body = request.body
    _top(request)
    heard = Heard(streams=body.get("stream", False), counts=True)
    heard.tools = tools_of(body)
    heard.system = _system(body.get("system", ""))
    _thinking(body, heard)
    messages = _messages(body)
    _roles(messages)
    _ids(messages)
    declared = {tool.name for tool in heard.tools}
    for number, message in enumerate(messages):
        Reader(number, heard, thoughts, declared).read(message, messages[number - 1 : number])
    _latest_thinks(messages, heard)
    return heard


def refusal(problem: Refused) -> Json:
    """The body of a 400."""
    error = {"type": "invalid_request_error", "message": problem.message}
    return {"type": "error", "error": error, "request_id": "req_scripted"}


# ---------------------------------------------------------------- the whole


def _top(request: Request) -> None:
    body, betas = request.body, request.headers.get("anthropic-beta", "")
    demand("anthropic-version" in request.headers, "anthropic-version: header is required")
    beta_fields = {name for name, beta in _BETA_FIELDS.items() if beta in betas}
    only(body, _FIELDS | beta_fields, EXTRA)
    demand(body.get("model") == MODEL, f"model: {body.get('model')}")
    limit = body.get("max_tokens")
    demand(isinstance(limit, int), "max_tokens: Field required")
    demand(limit >= 1, "max_tokens: Input should be greater than or equal to 1")
    demand(
        limit <= MAX_OUTPUT,
        f"max_tokens: {limit} > {MAX_OUTPUT}, which is the maximum allowed number of output tokens "
        f"for {MODEL}",
    )
    marks = _count(body, "cache_control")
    demand(marks <= 4, f"A maximum of 4 blocks with cache_control may be provided. Found {marks}.")
    for sequence in body.get("stop_sequences", []):
        demand(sequence.strip(), "stop_sequences: each stop sequence must contain non-whitespace")


def _count(value: Any, key: str) -> int:
    """How often a key stands in a document, at any depth."""
    if isinstance(value, list):
        return sum(_count(each, key) for each in value)
    if not isinstance(value, dict):
        return 0
    return (key in value) + sum(_count(each, key) for each in value.values())


def _system(system: Any) -> str:
    if isinstance(system, str):
        return system
    blocks = objects(system, "system: Input should be a valid list")
    for number, block in enumerate(blocks):
        demand(block.get("type") == "text", f"system.{number}.type: Input should be 'text'")
        only(block, {"type", "text", "cache_control"}, f"system.{number}." + EXTRA)
        demand(block.get("text"), "system: text content blocks must be non-empty")
    return "\n".join(block["text"] for block in blocks)


def _thinking(body: Json, heard: Heard) -> None:
    thinking = body.get("thinking", {"type": "disabled"})
    kind = thinking.get("type")
    if kind == "enabled":
        raise Refused(
            '"thinking.type.enabled" is not supported for this model. Use "thinking.type.adaptive" '
            'and "output_config.effort" to control thinking behavior.'
        )
    demand(kind in {"adaptive", "disabled"}, f"thinking.type: {kind!r} was not expected")
    only(thinking, {"type", "display"}, "thinking." + EXTRA)
    heard.thinks = kind == "adaptive"
    heard.shows_thoughts = thinking.get("display", "omitted") == "summarized"  # the default of 4.8
    config = body.get("output_config", {})
    only(config, {"effort", "format"}, "output_config." + EXTRA)
    effort = config.get("effort", "high")
    known = {"low", "medium", "high", "xhigh", "max"}
    demand(effort in known, f"output_config.effort: {effort!r} was not expected")
    heard.schema = config.get("format", {}).get("schema")
    for name in ("temperature", "top_p", "top_k"):
        demand(name not in body, f"`{name}` is deprecated for this model.")


# ---------------------------------------------------------------- the messages


def _messages(body: Json) -> list[Json]:
    """The messages with their contents as lists, neighbours of one role merged as the vendor does."""
    merged: list[Json] = []
    messages = objects(body.get("messages"), "messages: Input should be a valid list")
    for number, message in enumerate(messages):
        only(message, {"role", "content", "output_config"}, f"messages.{number}." + EXTRA)
        role, content = message.get("role"), message.get("content")
        demand(role in BLOCKS, f"messages.{number}.role: Input should be 'user' or 'assistant'")
        blocks = [{"type": "text", "text": content}] if isinstance(content, str) else content
        blocks = objects(blocks, f"messages.{number}.content: Input should be a valid list")
        demand(blocks, f"messages.{number}: all messages must have non-empty content")
        if merged and merged[-1]["role"] == role:
            merged[-1]["content"] = merged[-1]["content"] + blocks
        else:
            merged.append({"role": role, "content": blocks})
    demand(merged, "messages: at least one message is required")
    return merged


def _roles(messages: list[Json]) -> None:
    roles = [message["role"] for message in messages]
    demand(roles[0] == "user", 'messages: first message must use the "user" role')
    demand(
        roles[-1] != "assistant",
        "This model does not support assistant message prefill. The conversation must end with a "
        "user message.",
    )
    for before, role, after in zip(["", *roles], roles, [*roles[1:], "assistant"], strict=False):
        if role == "system":
            demand(before == "user" and after == "assistant", "messages: misplaced role 'system'")


def _ids(messages: list[Json]) -> None:
    """Calls and results find one another in neighbouring messages."""
    told = [message for message in messages if message["role"] != "system"]
    ids = [block.get("id") for message in told for block in of_kind(message, "tool_use")]
    demand(not unique(ids), "messages: `tool_use` ids must be unique")
    for number, (message, answer) in enumerate(zip([{}, *told], [*told, {}], strict=True)):
        asked = [block.get("id") for block in of_kind(message, "tool_use")]
        given = [block.get("tool_use_id") for block in of_kind(answer, "tool_result")]
        missing = [each for each in asked if each not in given]
        demand(
            not missing,
            f"messages.{number}: `tool_use` ids were found without `tool_result` blocks immediately "
            f"after: {', '.join(map(str, missing))}. Each `tool_use` block must have a corresponding "
            "`tool_result` block in the next message.",
        )
        for each in given:
            demand(
                each in asked,
                f"messages.{number}.content: unexpected `tool_use_id` found in `tool_result` blocks: "
                f"{each}. Each `tool_result` block must have a corresponding `tool_use` block in the "
                "previous message.",
            )
        demand(
            not unique(given),
            f"messages.{number}: each tool_use must have a single result. Found multiple "
            f"`tool_result` blocks with id: {unique(given)}",
        )


def _latest_thinks(messages: list[Json], heard: Heard) -> None:
    """The assistant's turn in which the tools were called begins with its thought."""
    turns = [message for message in messages if message["role"] == "assistant"]
    if not heard.thinks or not turns or not of_kind(turns[-1], "tool_use"):
        return
    kind = turns[-1]["content"][0]["type"]
    demand(
        kind == "thinking",
        f"messages.{messages.index(turns[-1])}.content.0.type: Expected `thinking` or "
        f"`redacted_thinking`, but found `{kind}`. When `thinking` is enabled, a final `assistant` "
        "message must start with a thinking block (preceeding the lastmost set of `tool_use` and "
        "`tool_result` blocks).",
    )
