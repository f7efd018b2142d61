"""What a client's request says besides its conversation: thinking, sampling, the form of the answer,
who asks, and settings that only Anthropic has a word for.
"""

from __future__ import annotations

import hashlib
from typing import Any, Final

from aimux.errors import UnsupportedContent
from aimux.model.loss import Loss
from aimux.model.request import Effort, OutputFormat, Reasoning, Sampling
from aimux.wire import jsontext
from aimux.wire.anthropic.fields import (
    count_at,
    mapping_at,
    number_at,
    said_at,
    texts_at,
    unknown,
    whole,
)
from aimux.wire.errorkinds import mapping
from aimux.wire.jsontext import Document, mended

_READ: Final = frozenset({
    "model", "messages", "max_tokens", "system", "stream", "stop_sequences", "temperature", "top_p",
    "top_k", "tools", "tool_choice", "thinking", "output_config", "output_format", "metadata",
    "service_tier", "speed", "cache_control",
})  # fmt: skip

_STATEFUL: Final = ("thread", "container", "compaction")
"""What refers to something that only Anthropic keeps, or asks for what only Anthropic makes."""

_EFFORTS: Final = {
    "none": Effort.OFF,
    "minimal": Effort.MINIMAL,
    "low": Effort.LOW,
    "medium": Effort.MEDIUM,
    "high": Effort.HIGH,
    "xhigh": Effort.XHIGH,
    "max": Effort.MAX,
}
_BY_BUDGET: Final = (
    (1024, Effort.LOW),
    (8192, Effort.MEDIUM),
    (24576, Effort.HIGH),
    (65536, Effort.XHIGH),
)
_SHOWN: Final = {"summarized": True, "updates": True, "omitted": False}
_TIERS: Final = {"auto": "", "standard_only": "default"}
_SPEEDS: Final = {"standard": "", "fast": "fast"}


# ---------------------------------------------------------------- what nobody else has


def left_behind(document: Document, *, cached: bool) -> list[Loss]:
    """Losses for all that no other provider has a word for.

    Raises:
        UnsupportedContent: a stateful reference, without which the answer would be another.
    """
    for key in _STATEFUL:
        if document.get(key) is not None:
            raise UnsupportedContent(
                f"{key!r} has a meaning only at Anthropic",
                param=key,
                hint="route the request to a provider of the format anthropic",
            )
    losses: list[Loss] = []
    if cached or document.get("cache_control") is not None:
        losses.append(Loss("cache_control.dropped"))
    for key in document.keys():  # noqa: SIM118 -- a Document is no mapping
        if key in _READ or document.get(key) is None:
            continue
        if key == "context_management":
            losses += _context_management(document.get(key))
        elif key == "mcp_servers":
            losses.append(Loss("tool.server_unsupported", key))
        else:
            losses.append(Loss("unknown_field.dropped", mended(key)[:80]))
    return losses


def _context_management(value: object) -> list[Loss]:
    """Wishes to have the context edited, but for the one that says that all shall be kept."""
    edits = mapping(value).get("edits")
    for edit in edits if isinstance(edits, list) else [None]:
        said = mapping(edit)
        if said.get("type") != "clear_thinking_20251015" or said.get("keep") != "all":
            return [Loss("context_management.dropped", "context_management")]
    return []


# ---------------------------------------------------------------- thinking


def read_reasoning(document: Document, turn_effort: str, losses: list[Loss]) -> Reasoning:
    """``thinking`` and effort; ``turn_effort`` is what a single turn has said last."""
    thinking = mapping_at(document.get("thinking"), "thinking")
    losses += unknown(thinking.keys() - {"type", "budget_tokens", "display"}, "thinking")
    effort = _effort(document, turn_effort, losses)
    shown = _SHOWN.get(said_at(thinking.get("display"), "thinking.display"))
    match said_at(thinking.get("type"), "thinking.type"):
        case "":
            return Reasoning(effort)
        case "disabled":
            return Reasoning(Effort.OFF, shown=False)
        case "between_tools":  # no thinking, but notes between the calls come as some
            return Reasoning(Effort.OFF)
        case "adaptive":
            return Reasoning(effort or Effort.AUTO, shown=shown)
        case "enabled":
            budget = count_at(thinking.get("budget_tokens"), "thinking.budget_tokens")
            derived = _by_budget(budget, document)
            return Reasoning(effort or derived, budget_tokens=budget, shown=shown)
        case unheard:
            losses.append(Loss("effort.mapped", "thinking.type", unheard[:40]))
            return Reasoning(effort or Effort.AUTO, shown=shown)


def _effort(document: Document, turn_effort: str, losses: list[Loss]) -> Effort | None:
    where = "output_config.effort"
    config = mapping_at(document.get("output_config"), "output_config")
    said = turn_effort or said_at(config.get("effort"), where)
    if not said:
        return None
    if said not in _EFFORTS:
        losses.append(Loss("effort.mapped", where, said[:40]))
    return _EFFORTS.get(said, Effort.AUTO)


def _by_budget(budget: int | None, document: Document) -> Effort:
    if budget is None:
        return Effort.AUTO
    limit = count_at(document.get("max_tokens"), "max_tokens")
    if limit is not None and budget == limit - 1:  # what Claude Code writes for as much as there is
        return Effort.HIGH
    return next((effort for most, effort in _BY_BUDGET if budget <= most), Effort.MAX)


# ---------------------------------------------------------------- the answer


def read_sampling(document: Document) -> Sampling:
    """How the answer is drawn and where it ends."""
    stop = document.get("stop_sequences")
    return Sampling(
        max_output_tokens=count_at(document.get("max_tokens"), "max_tokens"),
        temperature=number_at(document.get("temperature"), "temperature"),
        top_p=number_at(document.get("top_p"), "top_p"),
        top_k=count_at(document.get("top_k"), "top_k"),
        stop=tuple(each for each in texts_at(stop, "stop_sequences") if each),
    )


def read_output(document: Document, losses: list[Loss]) -> OutputFormat | None:
    """``output_config.format``, or what it was called before."""
    config = mapping_at(document.get("output_config"), "output_config")
    losses += unknown(config.keys() - {"effort", "format"}, "output_config")
    where = "output_config.format"
    value = config.get("format")
    if value is None:
        where, value = "output_format", document.get("output_format")
    said = mapping_at(whole(document.text(where.partition(".")[0]), value), where)
    type_ = said_at(said.get("type"), f"{where}.type")
    if type_ == "json_schema":
        schema = mapping_at(said.get("schema"), f"{where}.schema")
        return OutputFormat(schema=schema, strict=True)
    if said and type_ != "text":
        losses.append(Loss("unknown_field.dropped", where, type_[:40]))
    return None


def read_tier(document: Document, losses: list[Loss]) -> str:
    """``service_tier`` and ``speed``, which are two fields for one thing."""
    tier = ""
    for key, known in (("service_tier", _TIERS), ("speed", _SPEEDS)):
        said = said_at(document.get(key), key)
        if said and said not in known:
            losses.append(Loss("service_tier.dropped", key, said[:40]))
        tier = known.get(said, "") or tier
    return tier


# ---------------------------------------------------------------- who asks


def read_identity(document: Document, losses: list[Loss]) -> tuple[str, str]:
    """The end user and the conversation.

    Claude Code writes a JSON document where an opaque text belongs (measured, 2.1.330): the
    conversation's id is in it, and a machine's, which is hashed once more.
    """
    metadata = mapping_at(document.get("metadata"), "metadata")
    losses += [
        Loss("metadata.dropped", f"metadata.{mended(key)[:80]}")
        for key in metadata
        if key != "user_id"
    ]
    said = said_at(metadata.get("user_id"), "metadata.user_id")
    if not said.startswith("{"):
        return said, ""
    try:
        parts: dict[str, Any] = mapping(jsontext.loads(said))
    except ValueError:
        return said, ""
    session, device = parts.get("session_id"), parts.get("device_id")
    if not isinstance(session, str) or not session:
        return said, ""
    user = ""
    if isinstance(device, str) and device:
        user = hashlib.sha256(device.encode("utf-8", "replace")).hexdigest()
    return user, mended(session)
