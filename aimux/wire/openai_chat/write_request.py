"""A neutral request as a Chat Completions request for a provider (reference: protocols, 2.2).

In the spelling that most vendors share: ``max_tokens``, the role ``system``, ``reasoning_effort``.  What a
single vendor wants otherwise is its accent (:mod:`aimux.wire.quirks`); what only the format's own vendor
has is written for it alone.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from typing import Any, Final

from aimux.model.loss import Loss
from aimux.model.parts import OpaqueKind, Text
from aimux.model.request import Effort, Reasoning, Request, Sampling
from aimux.wire.openai_chat.write_messages import PREFILL, READS_THINKING, Conversation
from aimux.wire.openai_chat.write_tools import write_output, write_tools
from aimux.wire.openai_families import Family, family_of, is_own
from aimux.wire.rules import Rules
from aimux.wire.target import Target, Written

_OPENAI: Final = "openai"
_MAX_STOPS: Final = 4
_MAX_KEY_CHARS: Final = 64
_HASHED: Final = re.compile(r"[0-9a-f]{1,64}")
_TAKES_TOP_K: Final = frozenset({"openrouter", "vllm", "ollama", "lmstudio"})
_TIERS: Final = {
    "openai": {"default": "default", "flex": "flex", "priority": "priority", "fast": "fast"},
    "groq": {"default": "on_demand", "flex": "flex"},
}
"""By vendor, what it calls our tiers (SDK types 3.54; console.groq.com: service tiers, 2026-10)."""
_JSON_ONLY: Final = "Answer with one JSON object and nothing else."

_MISTRAL_ID: Final = re.compile("[A-Za-z0-9]+")
_MAX_ID_CHARS: Final = 40


def rules(target: Target) -> Rules:
    """What a conversation must be like for a provider of this format."""
    nine = "tool-id-9" in target.quirks
    reads = target.vendor == "mistral" or not READS_THINKING.isdisjoint(target.quirks)
    base = Rules(
        thinking=None if reads else frozenset({OpaqueKind.REASONING_DETAILS}),
        id_limit=_MAX_ID_CHARS,
        merges=target.vendor == "mistral",
        middle_system=target.vendor == _OPENAI,
        prefill=target.vendor in PREFILL,
    )
    return replace(base, id=_MISTRAL_ID, id_limit=9, id_exact=True) if nine else base


def write_request(request: Request, target: Target) -> Written:
    """The body for the provider.

    Raises:
        UnsupportedContent: the request holds content that the format cannot say.
    """
    written = Written({"model": target.model})
    own = target.vendor == _OPENAI or is_own(target.model)
    family = family_of(target.model) if own else None
    conversation = Conversation(target, written.losses)
    conversation.write(request)
    written.body["messages"] = conversation.messages
    write_tools(request.tools, request.tool_choice, target, written)
    _write_sampling(request, target, family, written)
    _write_reasoning(request.reasoning, target, family, written)
    if request.output is not None:
        write_output(request.output, target, written)
        if request.output.schema is None and not _names_json(request):
            _instruct(written.body["messages"])
    _write_account(request, target, written)
    if request.stream:
        written.body["stream"] = True
        written.body["stream_options"] = {"include_usage": True}
    return written


# ---------------------------------------------------------------- sampling


def _write_sampling(
    request: Request, target: Target, family: Family | None, written: Written
) -> None:
    asked, body = request.sampling, written.body
    if asked.max_output_tokens is not None:
        body["max_tokens"] = asked.max_output_tokens
    refused = family is not None and not family.takes_sampling(request.reasoning.effort)
    for name, code in (
        ("temperature", "sampling.dropped"),
        ("top_p", "sampling.dropped"),
        ("presence_penalty", "penalty.dropped"),
        ("frequency_penalty", "penalty.dropped"),
    ):
        _write(name, getattr(asked, name), "" if not refused else code, written)
    _write(
        "top_k", asked.top_k, "" if target.vendor in _TAKES_TOP_K else "sampling.dropped", written
    )
    _write("seed", asked.seed, "", written)
    _write_stop(asked, written, refused=family is not None and family.reasons)


def _write(name: str, value: Any, refusal: str, written: Written) -> None:
    """One setting, or its loss under the code ``refusal``."""
    if value is None:
        return
    if refusal:
        written.losses.append(Loss(refusal, name))
    else:
        written.body[name] = value


def _write_stop(asked: Sampling, written: Written, *, refused: bool) -> None:
    """As many stop sequences as are taken; the answer is cut at the others here."""
    limit = 0 if refused else _MAX_STOPS
    if taken := asked.stop[:limit]:
        written.body["stop"] = list(taken)
    written.stop_locally = asked.stop[limit:]
    if taken and written.stop_locally:
        detail = f"{len(asked.stop)}, of which the provider takes {limit}"
        written.losses.append(Loss("stop.truncated", "stop", detail))


# ---------------------------------------------------------------- thinking


def _write_reasoning(
    asked: Reasoning, target: Target, family: Family | None, written: Written
) -> None:
    """How much to think; what the model finds right is not said at all."""
    effort, where, losses = asked.effort, "reasoning_effort", written.losses
    if effort is None or effort is Effort.AUTO:
        return
    if not target.can("thinking") or (family is not None and not family.reasons):
        if effort is not Effort.OFF:
            losses.append(Loss("effort.mapped", where, "the model does not reason"))
        return
    if asked.budget_tokens is not None:
        losses.append(Loss("thinking.budget_mapped", where, str(asked.budget_tokens)))
    nearest = effort if family is None else family.nearest(effort)
    if nearest is not effort:
        losses.append(Loss("effort.mapped", where, f"{effort} to {nearest or 'its only one'}"))
    if nearest is not None:
        written.body[where] = "none" if nearest is Effort.OFF else nearest.value


# ---------------------------------------------------------------- JSON, the account


def _names_json(request: Request) -> bool:
    """Whether the conversation says the word without which ``json_object`` is refused."""
    said = (part for each in request.messages for part in each.parts if isinstance(part, Text))
    return any("json" in text.text.lower() for text in (*request.system, *said))


def _instruct(messages: list[dict[str, Any]]) -> None:
    if messages and messages[0]["role"] == "system":
        messages[0]["content"] += f"\n\n{_JSON_ONLY}"
    else:
        messages.insert(0, {"role": "system", "content": _JSON_ONLY})


def _write_account(request: Request, target: Target, written: Written) -> None:
    """Who asks, in which conversation, how urgently and for how many words."""
    other = target.vendor != _OPENAI
    user, session = request.user, request.session
    if user and not _HASHED.fullmatch(user):
        user = _digest(user)
    if len(session) > _MAX_KEY_CHARS:
        session = _digest(session)
    tier = _TIERS.get(target.vendor, {}).get(request.tier)
    for name, value, asked, code in (
        ("safety_identifier", user, request.user, "metadata.dropped" if other else ""),
        ("prompt_cache_key", session, session, "cache_control.dropped" if other else ""),
        ("service_tier", tier, request.tier, "" if tier else "service_tier.dropped"),
        ("verbosity", request.verbosity, request.verbosity, "verbosity.dropped" if other else ""),
    ):
        if asked:
            _write(name, value or asked, code, written)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
