"""Carriers in a request to a provider of the client's own format: taken out, or opened for their issuer.

A conversation that was led with a provider of another format holds that provider's state in carriers
(:mod:`aimux.wire.opaque`).  When the next request goes to a provider of the client's own format it is
not translated, so the carriers are still in it.  None of them goes out: what this very provider has
issued, in a kind that has this very slot, is put back as it was; any other is left out, with the block
that is nothing without it, and with the message that is nothing without the block.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

from aimux.model.loss import Loss
from aimux.model.parts import Opaque, OpaqueKind
from aimux.model.request import WireFormat
from aimux.wire import opaque
from aimux.wire.openai_chat.details import entries_in
from aimux.wire.openai_chat.signatures import opened, signature_in
from aimux.wire.pruning import filtered
from aimux.wire.target import Target

STAND_IN: Final = "skip_thought_signature_validator"
"""What Gemini takes in place of a call's signature (ai.google.dev: thought signatures, 2026-10-15)."""

_NO_STAND_IN: Final = re.compile(r"gemini-[12]\b")
_SIGNATURES: Final = ("thoughtSignature", "thought_signature")
_ENFORCERS: Final = ("", "anthropic", "openrouter")
"""Vendors behind which Anthropic itself may check that a turn begins with its thinking."""


def without_carriers(body: dict[str, Any], format_: WireFormat, target: Target) -> list[Loss]:
    """Takes all carriers out of a request's body, whatever JSON it is; in place."""
    return _BY_FORMAT[format_](body, target)


def _returned(value: str, kinds: tuple[OpaqueKind, ...], target: Target) -> Opaque | None:
    """The state in a carrier, if it is this provider's own and fits the slot."""
    state = opaque.open_carrier(value) or opaque.open_base64(value)
    mine = state is not None and state.kind in kinds and _is_mine(state, target)
    return state if mine else None


def _is_carrier(value: object) -> bool:
    return isinstance(value, str) and opaque.is_carrier(value)


# ---------------------------------------------------------------- Anthropic

_ANTHROPIC_SLOTS: Final = {"thinking": "signature", "redacted_thinking": "data"}
_ANTHROPIC_KINDS: Final = (OpaqueKind.ANTHROPIC_SIGNATURE, OpaqueKind.ANTHROPIC_REDACTED)


def _anthropic(body: dict[str, Any], target: Target) -> list[Loss]:
    losses: list[Loss] = []
    searches = _foreign_searches(body)

    def keep(block: dict[str, Any], path: str) -> bool:
        kind = _kind(block)
        if kind == "web_search_tool_result" and block.get("tool_use_id") in searches:
            _as_text(block)
            losses.append(Loss("citations.dropped", path))
        elif kind == "text":
            losses.extend(_without_foreign_citations(block, path))
        elif kind in _ANTHROPIC_SLOTS and not _anthropic_state(block, target):
            losses.append(Loss("thinking.dropped_foreign", path))
            return False
        return not (kind == "server_tool_use" and block.get("id") in searches)

    if filtered(body, "messages", "content", keep) and target.vendor in _ENFORCERS:
        losses += _thinking_off_where_due(body)
    return losses


def _anthropic_state(block: dict[str, Any], target: Target) -> bool:
    """Whether a block of thinking is the provider's own; what is in a carrier is put back, with the
    text that the client was not shown.
    """
    slot = _ANTHROPIC_SLOTS[block["type"]]
    if not _is_carrier(block.get(slot)):
        return True
    state = _returned(block[slot], _ANTHROPIC_KINDS, target)
    if state is None:
        return False
    text = block.get("thinking") or state.text
    block.clear()
    if state.kind is OpaqueKind.ANTHROPIC_REDACTED:
        block.update(type="redacted_thinking", data=state.value)
    else:
        block.update(type="thinking", thinking=text, signature=state.value)
    return True


def _foreign_searches(body: dict[str, Any]) -> list[Any]:
    """The ids of searches that another provider ran: what they found is sealed in carriers."""
    turns = body.get("messages")
    return [
        block.get("tool_use_id")
        for turn in (turns if isinstance(turns, list) else ())
        for block in _dicts(turn.get("content") if isinstance(turn, dict) else None)
        if any(_is_carrier(hit.get("encrypted_content")) for hit in _dicts(block.get("content")))
    ]


def _as_text(block: dict[str, Any]) -> None:
    """What a search found, as words."""
    hits = [f"- {hit.get('title')}: {hit.get('url')}" for hit in _dicts(block.get("content"))]
    block.clear()
    block.update(type="text", text="\n".join(["[the web search found]", *hits]))


def _without_foreign_citations(block: dict[str, Any], path: str) -> list[Loss]:
    citations = _dicts(block.get("citations"))
    kept = [each for each in citations if not _is_carrier(each.get("encrypted_index"))]
    if len(kept) == len(citations):
        return []
    block["citations"] = kept
    return [Loss("citations.dropped", path)]


def _kind(block: dict[str, Any]) -> str:
    kind = block.get("type")
    return kind if isinstance(kind, str) else ""


def _dicts(value: object) -> list[dict[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _thinking_off_where_due(body: dict[str, Any]) -> list[Loss]:
    """With thinking by budget, the turn that called the tools must begin with its thinking: where that
    is gone, thinking is off for this request (edge 218).
    """
    thinking = body.get("thinking")
    if not isinstance(thinking, dict) or thinking.get("type") != "enabled":
        return []
    if not _lacks_thinking(body["messages"]):
        return []
    body["thinking"] = {"type": "disabled"}
    management = body.get("context_management")
    if isinstance(management, dict) and isinstance(management.get("edits"), list):
        edits = [each for each in management["edits"] if not _clears_thinking(each)]
        management["edits"] = edits
        if not edits:
            del body["context_management"]
    return [Loss("thinking.disabled", "thinking")]


def _clears_thinking(edit: object) -> bool:
    """Such an edit is a 400 where nothing thinks."""
    return isinstance(edit, dict) and str(edit.get("type")).startswith("clear_thinking")


def _lacks_thinking(turns: list[Any]) -> bool:
    for turn in reversed(turns):
        if isinstance(turn, dict) and turn.get("role") == "assistant":
            kinds = [_kind(block) for block in _dicts(turn.get("content"))]
            return "tool_use" in kinds and kinds[0] not in _ANTHROPIC_SLOTS
    return False


# ---------------------------------------------------------------- Responses


def _responses(body: dict[str, Any], target: Target) -> list[Loss]:
    items = body.get("input")
    if not isinstance(items, list):
        return []
    losses: list[Loss] = []
    left: list[Any] = []
    for at, item in enumerate(items):
        value = item.get("encrypted_content") if isinstance(item, dict) else None
        if not isinstance(value, str) or not _is_carrier(value):
            left.append(item)
        elif (state := _returned(value, (OpaqueKind.OPENAI_REASONING,), target)) is not None:
            kept = {key: each for key, each in item.items() if key != "id"}  # the id was ours
            left.append({**kept, "encrypted_content": state.value})
        else:
            losses.append(Loss("thinking.dropped_foreign", f"input[{at}]"))
    body["input"] = left
    return losses


# ---------------------------------------------------------------- Gemini


def _gemini(body: dict[str, Any], target: Target) -> list[Loss]:
    losses: list[Loss] = []

    def keep(part: dict[str, Any], path: str) -> bool:
        foreign = [slot for slot in _SIGNATURES if not _gemini_state(part, slot, target)]
        if not foreign:
            return True
        losses.append(Loss("thinking.dropped_foreign", path))
        called = "functionCall" in part or "function_call" in part
        if called and not _NO_STAND_IN.search(target.model):
            part[foreign[0]] = STAND_IN
            losses.append(Loss("signature.replaced", path))
        return part.get("thought") is not True and bool(part.keys() - {"text"} or part.get("text"))

    filtered(body, "contents", "parts", keep)
    return losses


def _gemini_state(part: dict[str, Any], slot: str, target: Target) -> bool:
    """Whether a signature is the provider's own, or none; what is in a carrier is put back."""
    if not _is_carrier(part.get(slot)):
        return True
    state = _returned(part.pop(slot), (OpaqueKind.GEMINI_SIGNATURE,), target)
    if state is not None:
        part[slot] = state.value
    return state is not None


# ---------------------------------------------------------------- Chat Completions


def _chat(body: dict[str, Any], target: Target) -> list[Loss]:
    losses = []
    messages = body.get("messages")
    for at, message in enumerate(messages if isinstance(messages, list) else ()):
        for inside, call in enumerate(
            _dicts(message.get("tool_calls")) if isinstance(message, dict) else ()
        ):
            if not _opened(call, message, target):
                losses.append(
                    Loss("thinking.dropped_foreign", f"messages[{at}].tool_calls[{inside}]")
                )
    return losses


def _opened(call: dict[str, Any], message: dict[str, Any], target: Target) -> bool:
    """Puts back what a call carries for this provider; whether nothing of it was another's."""
    value = signature_in(call)
    if not _is_carrier(value):
        return True
    slot = opened(value)
    states = [*slot.before, *slot.after]
    mine = [state for state in states if _is_mine(state, target)]
    details = [entry for state in mine for entry in entries_in(state)]
    if details:
        message["reasoning_details"] = details
    own = slot.own if slot.own is not None and not _is_others(slot.own, target) else None
    if own is not None:
        call["extra_content"]["google"]["thought_signature"] = own.value
    else:
        _drop_signature(call)
    return len(mine) == len(states) and own is slot.own


def _is_mine(state: Opaque, target: Target) -> bool:
    return state.issuer == target.provider != ""


def _is_others(state: Opaque, target: Target) -> bool:
    """Whether it has come from another provider; what the client had from nobody we know is its own."""
    return state.issuer not in ("", target.provider)


def _drop_signature(call: dict[str, Any]) -> None:
    extra = call["extra_content"]
    del extra["google"]["thought_signature"]
    if not extra["google"]:
        del extra["google"]
    if not extra:
        del call["extra_content"]


_BY_FORMAT: Final[dict[WireFormat, Callable[[dict[str, Any], Target], list[Loss]]]] = {
    WireFormat.ANTHROPIC: _anthropic,
    WireFormat.OPENAI_CHAT: _chat,
    WireFormat.OPENAI_RESPONSES: _responses,
    WireFormat.GEMINI: _gemini,
}
