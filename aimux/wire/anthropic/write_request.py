"""A request for a provider that speaks Anthropic Messages."""

from __future__ import annotations

import re
from typing import Any, Final

from aimux.model.request import Request
from aimux.wire.anthropic.families import family_of
from aimux.wire.anthropic.write_messages import write_messages
from aimux.wire.anthropic.write_settings import (
    user_id,
    without_equivalent,
    write_output,
    write_sampling,
)
from aimux.wire.anthropic.write_thinking import Thought, write_thinking
from aimux.wire.anthropic.write_tools import write_choice, write_tools
from aimux.wire.rules import Rules
from aimux.wire.schema import Shaped
from aimux.wire.target import Target, Written

_NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,128}")
_ID: Final = re.compile(r"[a-zA-Z0-9_-]+")


def rules(target: Target) -> Rules:
    """What a conversation must be like (platform.claude.com: messages, tool use; 2026-11-22)."""
    family = family_of(target.model)
    return Rules(
        name=_NAME,
        name_limit=128,
        id=_ID,
        id_limit=64,
        merges=True,
        first_user=True,
        needs_user=True,
        prefill=family.prefill,
        middle_system=family.middle_system,
        result_media=True,
        web_search=target.can("web-search"),
    )


def write_request(request: Request, target: Target) -> Written:
    """The request, which has been adapted to :func:`rules`.  No mark of what to cache is added.

    Raises:
        UnsupportedContent: it holds content that Anthropic's models do not take.
    """
    written = Written({})
    losses = written.losses
    family = family_of(target.model)
    thought = write_thinking(request, target, family, losses)
    schema, words = write_output(request, target, family, losses)
    tools = write_tools(request, family, losses)
    stop = [each for each in request.sampling.stop if each.strip()]
    fields: dict[str, Any] = {
        "model": target.model,
        "max_tokens": thought.max_tokens,
        "system": _system(request, words) or None,
        "messages": write_messages(request.messages, target, losses),
        "tools": tools or None,
        "tool_choice": write_choice(request.tool_choice) if tools else None,
        "thinking": thought.thinking,
        "output_config": _output_config(thought, schema) or None,
        **write_sampling(request, family, losses, thinks=thought.on),
        "stop_sequences": stop or None,
        "metadata": {"user_id": user_id(request.user)} if request.user else None,
        "service_tier": "standard_only" if request.tier == "default" else None,
        "stream": request.stream or None,
    }
    losses += without_equivalent(request)
    written.body = {key: value for key, value in fields.items() if value is not None}
    written.pauses = any("input_schema" not in tool for tool in tools)
    written.stop_locally = tuple(each for each in request.sampling.stop if not each.strip())
    return written


def _system(request: Request, words: str) -> list[dict[str, Any]]:
    texts = [text.text for text in request.system if text.text.strip()]
    return [{"type": "text", "text": text} for text in (*texts, words) if text]


def _output_config(thought: Thought, schema: Shaped | None) -> dict[str, Any]:
    config: dict[str, Any] = {}
    if thought.effort is not None:
        config["effort"] = str(thought.effort)
    if schema is not None:
        config["format"] = {"type": "json_schema", "schema": schema.schema}
    return config
