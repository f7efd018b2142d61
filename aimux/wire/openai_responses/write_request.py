"""A neutral request as a Responses request for a provider.

Nothing is stored there: the client has the conversation, and the model's reasoning travels with it as
encrypted content.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from typing import Any, Final

from aimux.model.loss import Loss
from aimux.model.parts import OpaqueKind, Text
from aimux.model.request import (
    Effort,
    FunctionTool,
    Reasoning,
    Request,
    Tool,
    ToolChoice,
    WebSearchTool,
)
from aimux.wire.openai_families import UNKNOWN, Family, family_of, is_own
from aimux.wire.openai_responses.read_request import ENCRYPTED
from aimux.wire.openai_responses.write_content import Content
from aimux.wire.openai_responses.write_items import Input, message
from aimux.wire.openai_responses.write_tools import choice_item, format_item, tool_items
from aimux.wire.rules import Rules
from aimux.wire.target import Target, Written

OWN: Final = "openai"
"""The preset of the vendor whose format this is; others take less of it."""
SOURCES: Final = "web_search_call.action.sources"
MIN_OUTPUT: Final = 16
"""Fewer tokens are refused (edge 148)."""
_SEARCHERS: Final = frozenset({OWN, "xai"})
_MAX_KEY_CHARS: Final = 64
_HASHED: Final = re.compile(r"[0-9a-f]{16,64}")
_JSON_ONLY: Final = "Answer with one JSON object and nothing else."
_NO_WORD: Final = {
    "top_k": "sampling.dropped",
    "presence_penalty": "penalty.dropped",
    "frequency_penalty": "penalty.dropped",
    "seed": "seed.dropped",
}
"""What the format has no field for, and what its absence is."""


def rules(target: Target) -> Rules:
    """What a conversation must be like for a provider of this format."""
    own = target.vendor == OWN
    return Rules(
        middle_system=True,
        thinking=frozenset({OpaqueKind.OPENAI_REASONING}),
        namespaces=own,
        custom_tools=own,
        tool_search=own,
        result_media=True,
        web_search=target.vendor in _SEARCHERS and target.can("web-search"),
        min_output=MIN_OUTPUT,
    )


def write_request(request: Request, target: Target) -> Written:
    """The body for the provider.

    Raises:
        UnsupportedContent: the request holds content that the format or the target cannot say.
    """
    written = Written({"model": target.model})
    own = target.vendor == OWN
    family = family_of(target.model) if own or is_own(target.model) else UNKNOWN
    _write_conversation(request, Content(target, written.losses), written)
    written.body |= {"stream": request.stream, "store": False}
    if family.reasons:  # the others refuse it (edge 153)
        written.body["include"] = [ENCRYPTED]
    _write_tools(request, target, written)
    _write_sampling(request, family, written)
    if target.can("thinking"):
        _write_reasoning(request.reasoning, family, written)
    _write_text(request, family, written)
    _write_account(request, written, own=own)
    return written


def _write_conversation(request: Request, content: Content, written: Written) -> None:
    """Instructions and items.  Instructions alone are an item: there must be one."""
    items = Input(content, written.losses)
    items.write(request.messages)
    if items.items:
        if request.system:
            written.body["instructions"] = "\n\n".join(text.text for text in request.system)
        written.body["input"] = items.items
    else:
        said = [content.said(text) for text in request.system]
        written.body["input"] = [
            message("developer", said) if said else message("user", [content.said(Text("."))])
        ]


# ---------------------------------------------------------------- tools


def _write_tools(request: Request, target: Target, written: Written) -> None:
    """Tools and the choice among them, where there are any: an empty list is refused by some."""
    tools, choice = _chosen(request.tools, request.tool_choice, target)
    body, losses = written.body, written.losses
    if not tools:
        return
    body["tools"] = tool_items(tools, losses)
    said = choice_item(choice, tools, losses)
    if said is not None:
        body["tool_choice"] = said
    if choice.parallel is not None:
        body["parallel_tool_calls"] = choice.parallel
    searches = [tool for tool in tools if isinstance(tool, WebSearchTool)]
    if searches and target.vendor == OWN:
        body.setdefault("include", []).append(SOURCES)
    if searches and searches[0].max_uses is not None:
        body["max_tool_calls"] = searches[0].max_uses


def _chosen(
    tools: tuple[Tool, ...], choice: ToolChoice, target: Target
) -> tuple[tuple[Tool, ...], ToolChoice]:
    """The tools that count.  Only the vendor's own servers are known to take the names of some."""
    if not choice.allowed or target.vendor == OWN:
        return tools, choice
    allowed = tuple(tool for tool in tools if _name_of(tool) in choice.allowed)
    return allowed, replace(choice, allowed=())


def _name_of(tool: Tool) -> str:
    return tool.name if isinstance(tool, FunctionTool) else "web_search"


# ---------------------------------------------------------------- settings


def _write_sampling(request: Request, family: Family, written: Written) -> None:
    asked = request.sampling
    body, losses = written.body, written.losses
    if asked.max_output_tokens is not None:
        body["max_output_tokens"] = asked.max_output_tokens
    for name in ("temperature", "top_p"):
        value = getattr(asked, name)
        if value is None:
            continue
        if family.takes_sampling(request.reasoning.effort):
            body[name] = value
        else:
            losses.append(Loss("sampling.dropped", name))
    losses += [
        Loss(code, name) for name, code in _NO_WORD.items() if getattr(asked, name) is not None
    ]
    written.stop_locally = tuple(each for each in asked.stop if each)


def _write_reasoning(asked: Reasoning, family: Family, written: Written) -> None:
    """How much to think, and whether to say what was thought; silence stays silence."""
    if asked == Reasoning():
        return
    losses, effort = written.losses, asked.effort
    where = "reasoning.effort"
    if not family.reasons:
        if effort is not Effort.OFF:
            losses.append(Loss("effort.mapped", where, "the model does not reason"))
        return
    if asked.budget_tokens is not None:
        losses.append(Loss("thinking.budget_mapped", where, str(asked.budget_tokens)))
    said = {}
    if effort is not None and effort is not Effort.AUTO:
        nearest = family.nearest(effort)
        if nearest is not effort:
            losses.append(Loss("effort.mapped", where, f"{effort} to {nearest or 'its only one'}"))
        if nearest is not None:
            said["effort"] = "none" if nearest is Effort.OFF else nearest.value
    if asked.shown is not False and effort is not Effort.OFF:
        said["summary"] = "auto"
    if said:
        written.body["reasoning"] = said


def _write_text(request: Request, family: Family, written: Written) -> None:
    said: dict[str, Any] = {}
    if request.output is not None:
        said["format"] = format_item(request.output, written.losses)
        if request.output.schema is None:
            _name_json(request, written.body)
    if request.verbosity and family.reasons:
        said["verbosity"] = request.verbosity
    elif request.verbosity:
        written.losses.append(Loss("verbosity.dropped", "text.verbosity"))
    if said:
        written.body["text"] = said


def _name_json(request: Request, body: dict[str, Any]) -> None:
    """JSON without a schema is refused unless ``input`` names it; instructions do not count."""
    said = (part for each in request.messages for part in each.parts if isinstance(part, Text))
    if not any("json" in text.text.lower() for text in said):
        words = [{"type": "input_text", "text": _JSON_ONLY}]
        body["input"].insert(0, message("developer", words))


def _write_account(request: Request, written: Written, *, own: bool) -> None:
    """Who asks, in which conversation, and how urgently: the vendor's own servers only."""
    body, losses = written.body, written.losses
    if not own:
        losses += [
            Loss(code, path)
            for value, code, path in (
                (request.user, "metadata.dropped", "user"),
                (request.session, "cache_control.dropped", "prompt_cache_key"),
                (request.tier, "service_tier.dropped", "service_tier"),
            )
            if value
        ]
        return
    if request.user:
        body["safety_identifier"] = _opaque(request.user)
    if request.session:
        key = request.session
        body["prompt_cache_key"] = key if len(key) <= _MAX_KEY_CHARS else _digest(key)
    if request.tier:
        body["service_tier"] = request.tier


def _opaque(user: str) -> str:
    """A user's name as one that tells the vendor nothing; what is a hash already stays."""
    return user if _HASHED.fullmatch(user) else _digest(user)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
