"""Third-party servers of the Anthropic format: what of it is Anthropic's alone.

Such servers are behind the vendor by months.  Some refuse what they do not know, some pass over it,
and few say which.
"""

from __future__ import annotations

from typing import Any, Final

from aimux.model.loss import Loss
from aimux.wire.pruning import filtered
from aimux.wire.quirks.bodies import inner, objects, without, word
from aimux.wire.quirks.roles import raise_effort
from aimux.wire.target import Target

BETAS: Final = (
    "context_management", "safeguards", "fallbacks", "fallback_credit_token", "billing_policy",
    "diagnostics", "inference_geo", "speed",
)  # fmt: skip
_THINKING_BETAS: Final = ("display", "block_binding")
_TOOL_BETAS: Final = ("eager_input_streaming", "input_examples", "allowed_callers")
_SYSTEM_BETAS: Final = ("output_config", "clear_at")
INNER_BETAS: Final = (*_THINKING_BETAS, *_TOOL_BETAS, *_SYSTEM_BETAS)
"""Those that do not stand on the top level."""
SEARCHES: Final = "tool_search_tool_"


def without_betas(body: dict[str, Any], target: Target) -> list[Loss]:
    """Settings that came with a beta header (edges 197, 201, 202, 203)."""
    del target
    losses = without(body, *BETAS)
    losses += without(inner(body.get("thinking")), *_THINKING_BETAS, path="thinking.")
    for at, tool in objects(body.get("tools")):
        losses += without(tool, *_TOOL_BETAS, path=f"tools[{at}].")
    for at, turn in objects(body.get("messages")):
        if turn.get("role") == "system":
            raise_effort(body, turn)
            losses += without(turn, *_SYSTEM_BETAS, path=f"messages[{at}].")
    return losses


def without_deferral(body: dict[str, Any], target: Target) -> list[Loss]:
    """Tools that a search has found are declared as any other; those that none has found yet are left
    out, since no server but the vendor's hides them from the model (edges 208, 209).
    """
    del target
    losses: list[Loss] = []
    found = _spelled_out(body)
    tools = [tool for _, tool in objects(body.get("tools"))]
    searches = [tool for tool in tools if word(tool.get("type")).startswith(SEARCHES)]
    if not searches and not any("defer_loading" in tool for tool in tools):
        return losses
    kept = []
    for at, tool in objects(body["tools"]):
        if tool in searches:
            losses.append(Loss("tool.server_unsupported", f"tools[{at}]", str(tool["type"])))
            continue
        deferred = tool.pop("defer_loading", False) is True
        if deferred:
            losses.append(Loss("tool.deferred_inlined", f"tools[{at}]"))
        if not deferred or searches or word(tool.get("name")) in found:
            kept.append(tool)
    body["tools"] = kept
    if not kept:
        del body["tools"]
        body.pop("tool_choice", None)
    return losses


def _spelled_out(body: dict[str, Any]) -> set[str]:
    """The tools that results refer to, each reference made a text."""
    found: set[str] = set()
    for _, turn in objects(body.get("messages")):
        for _, result in objects(turn.get("content")):
            for at, block in objects(result.get("content")):
                if block.get("type") == "tool_reference":
                    name = word(block.get("tool_name"))
                    found.add(name)
                    result["content"][at] = {"type": "text", "text": f"Tool loaded: {name}"}
    return found


def without_empty_signatures(body: dict[str, Any], target: Target) -> list[Loss]:
    """Thinking that nobody signed is a 400 at Anthropic; clients write it for answers of others
    (edge 122).
    """
    del target
    losses: list[Loss] = []

    def keep(block: dict[str, Any], path: str) -> bool:
        unsigned = block.get("type") == "thinking" and block.get("signature") == ""
        if unsigned:
            losses.append(Loss("thinking.dropped_foreign", path))
        return not unsigned

    filtered(body, "messages", "content", keep)
    return losses
