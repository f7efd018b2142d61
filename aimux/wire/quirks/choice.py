"""Whether the model must call a tool, for vendors that cannot make it.

``auto`` and a word to the model stand in for a call that must be: it will mostly obey.  ``none`` can be
said exactly, by declaring no tools.
"""

from __future__ import annotations

from typing import Any, Final

from aimux.model.loss import Loss
from aimux.wire.quirks.bodies import inner, objects, without, word
from aimux.wire.quirks.turns import urge
from aimux.wire.target import Target

_ANY: Final = "Answer this by calling one of your tools."
_FORCED: Final = ("required", "any", "tool", "function", "custom")


def auto_only(body: dict[str, Any], target: Target) -> list[Loss]:
    """``auto`` and nothing else."""
    del target
    return _degraded(body)


def unread(body: dict[str, Any], target: Target) -> list[Loss]:
    """The field itself is not known: ``auto`` is what holds without it."""
    del target
    losses = _degraded(body)
    if _kind(body.get("tool_choice")) == "auto":
        del body["tool_choice"]
    return losses


def unforced_while_thinking(body: dict[str, Any], target: Target) -> list[Loss]:
    """A model that thinks cannot be forced to call; one whose thinking is off can."""
    del target
    thinks = inner(body.get("thinking")).get("type") != "disabled"
    return _degraded(body) if thinks and _kind(body.get("tool_choice")) != "none" else []


def as_any(body: dict[str, Any], target: Target) -> list[Loss]:
    """Mistral's word for it (edge 315)."""
    del target
    if body.get("tool_choice") == "required":
        body["tool_choice"] = "any"
    return []


def named_as_required(body: dict[str, Any], target: Target) -> list[Loss]:
    """The one tool that must be called becomes the only one there is, and a call is required: the same
    choice, in words that need no parser (edge 332).  One that is not declared is left for the vendor to
    judge.
    """
    del target
    choice = body.get("tool_choice")
    name = _name(choice)
    kept = [tool for _, tool in objects(body.get("tools")) if name and _name(tool) == name]
    if not kept or _kind(choice) not in ("tool", "function", "custom"):
        return []
    body["tools"] = kept
    if _kind(choice) == "tool":
        rest = {key: value for key, value in inner(choice).items() if key != "name"}
        body["tool_choice"] = {**rest, "type": "any"}
    else:
        body["tool_choice"] = "required"
    return []


def without_parallel(body: dict[str, Any], target: Target) -> list[Loss]:
    """Whether calls may come together is not the client's to say."""
    del target
    return without(body, "parallel_tool_calls")


def _degraded(body: dict[str, Any]) -> list[Loss]:
    choice = body.get("tool_choice")
    kind = _kind(choice)
    if choice is None or not body.get("tools"):
        body.pop("tool_choice", None)
        return []
    if kind == "none":
        for field in ("tools", "tool_choice", "parallel_tool_calls"):
            body.pop(field, None)
        return []
    if kind == "allowed_tools":
        kind = _only_allowed(body, choice)
    if kind in _FORCED:
        name = _name(choice)
        urge(body, f"Answer this by calling the tool {name}." if name else _ANY)
        body["tool_choice"] = _auto(choice)
        return [Loss("tool_choice.degraded", "tool_choice", name or kind)]
    return []


def _kind(choice: object) -> str:
    """auto, none, any, required, tool, function, custom, allowed_tools."""
    return word(choice) or word(inner(choice).get("type"))


def _name(choice: object) -> str:
    named = inner(choice)
    for held in (named, inner(named.get("function")), inner(named.get("custom"))):
        if name := word(held.get("name")):
            return name
    return ""


def _auto(choice: object) -> object:
    """``auto`` in the form of the choice that it replaces: Anthropic's is an object."""
    if _kind(choice) not in ("any", "tool") or isinstance(choice, str):
        return "auto"
    kept = {key: value for key, value in inner(choice).items() if key != "name"}
    return {**kept, "type": "auto"}


def _only_allowed(body: dict[str, Any], choice: object) -> str:
    """Declares no other tools than those that are allowed; what of the choice is left to say."""
    allowed = inner(choice, "allowed_tools") or inner(choice)
    names = [_name(each) for _, each in objects(allowed.get("tools"))]
    kept = [tool for _, tool in objects(body["tools"]) if _name(tool) in names]
    if kept:
        body["tools"] = kept
    body["tool_choice"] = "auto"
    return word(allowed.get("mode"), "required")
