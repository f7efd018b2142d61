"""Tools, their calls and their schemas."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from aimux.model.loss import Loss
from aimux.wire.names import valid_id
from aimux.wire.quirks.bodies import inner, objects, word
from aimux.wire.rules import Rules
from aimux.wire.schema import Dialect, Shaped, shaped
from aimux.wire.target import Target

_NINE: Final = Rules(id=re.compile(r"[A-Za-z0-9]+"), id_limit=9, id_exact=True)
_WRAPPED: Final = "stream.repaired"

_NEVER_STRICT: Final = re.compile("qwen")
"""Models at Cerebras that refuse ``strict`` (hexdocs.pm: req_llm, cerebras)."""


def with_object_inputs(body: dict[str, Any], target: Target) -> list[Loss]:
    """GLM has answered with an array where a call's arguments belong, and fails on reading it again
    (zai-coding-plugins 14).
    """
    del target
    losses = []
    for at, message in objects(body.get("messages")):
        for inside, block in objects(message.get("content")):
            if block.get("type") == "tool_use" and isinstance(block.get("input"), list):
                block["input"] = {"value": block["input"]}
                losses.append(Loss(_WRAPPED, f"messages[{at}].content[{inside}].input"))
        for inside, call in objects(message.get("tool_calls")):
            function = inner(call.get("function"))
            if word(function.get("arguments")).startswith("["):
                function["arguments"] = f'{{"value":{function["arguments"]}}}'
                losses.append(Loss(_WRAPPED, f"messages[{at}].tool_calls[{inside}]"))
    return losses


def with_ids_of_nine(body: dict[str, Any], target: Target) -> list[Loss]:
    """Mistral's ids; calls and results still agree, and what is nine characters long stays
    (edge 314).
    """
    del target
    losses = []
    for at, message in objects(body.get("messages")):
        if _shortened(message, "tool_call_id"):
            losses.append(Loss("tool_id.rewritten", f"messages[{at}].tool_call_id"))
        for inside, call in objects(message.get("tool_calls")):
            if _shortened(call, "id"):
                losses.append(Loss("tool_id.rewritten", f"messages[{at}].tool_calls[{inside}].id"))
    return losses


def _shortened(holder: dict[str, Any], field: str) -> bool:
    old = word(holder.get(field))
    if not old or valid_id(old, _NINE) == old:
        return False
    holder[field] = valid_id(old, _NINE)
    return True


# ---------------------------------------------------------------- strict


def without_strict(body: dict[str, Any], target: Target) -> list[Loss]:
    """The field is refused, for tools and for structured output."""
    del target
    losses = []
    for holder, path in (*_functions(body), (_format(body), "response_format.json_schema")):
        if holder.pop("strict", None) is True:
            losses.append(Loss("tool.strict_dropped", path))
    return losses


def with_strict_words(body: dict[str, Any], target: Target) -> list[Loss]:
    """Strict for all tools or for none, in a schema without the words that strict refuses."""
    if _NEVER_STRICT.search(target.model):
        return without_strict(body, target)
    return _strict_tools(body) + _strict_format(body)


def _strict_tools(body: dict[str, Any]) -> list[Loss]:
    functions = list(_functions(body))
    strict = [each.get("strict") is True for each, _ in functions]
    if not any(strict):
        return []
    shapes = [_strictly(each, "parameters") for each, _ in functions]
    if not all(strict) or not all(shape.fits for shape in shapes):
        asked = [path for (_, path), wanted in zip(functions, strict, strict=True) if wanted]
        for function, _ in functions:
            function.pop("strict", None)
        return [Loss("tool.strict_dropped", path) for path in asked]
    losses = []
    for (function, path), shape in zip(functions, shapes, strict=True):
        losses += _reshaped(function, "parameters", shape, Loss("tool.schema_degraded", path))
    return losses


def _strict_format(body: dict[str, Any]) -> list[Loss]:
    format_ = _format(body)
    if format_.get("strict") is not True:
        return []
    shape = _strictly(format_, "schema")
    if not shape.fits:
        format_["strict"] = False
        return [Loss("tool.strict_dropped", "response_format")]
    return _reshaped(format_, "schema", shape, Loss("format.schema_degraded", "response_format"))


def _strictly(holder: dict[str, Any], field: str) -> Shaped:
    schema = holder.get(field)
    return shaped(schema if isinstance(schema, dict) else None, Dialect.CEREBRAS_STRICT)


# ---------------------------------------------------------------- dialects


def with_moonshot_schemas(body: dict[str, Any], target: Target) -> list[Loss]:
    """Moonshot's flavour of JSON Schema (edge 298)."""
    del target
    return _in_dialect(body, Dialect.MOONSHOT)


def with_lmstudio_schemas(body: dict[str, Any], target: Target) -> list[Loss]:
    """What LM Studio's grammar can be made of."""
    del target
    return _in_dialect(body, Dialect.LMSTUDIO)


def with_xai_schemas(body: dict[str, Any], target: Target) -> list[Loss]:
    """Schemas without what makes xAI's grammars large (edge 323)."""
    del target
    return _in_dialect(body, Dialect.XAI)


def _in_dialect(body: dict[str, Any], dialect: Dialect) -> list[Loss]:
    losses: list[Loss] = []
    places = [
        (holder, "parameters", Loss("tool.schema_degraded", path))
        for holder, path in _functions(body)
    ]
    places += [
        (
            tool,
            "parameters",
            Loss("tool.schema_degraded", f"tools[{at}]"),
        )  # Responses has them flat
        for at, tool in objects(body.get("tools"))
    ]
    places.append((_format(body), "schema", Loss("format.schema_degraded", "response_format")))
    answer = inner(body.get("text"), "format")
    places.append((answer, "schema", Loss("format.schema_degraded", "text.format")))
    for holder, field, loss in places:
        schema = holder.get(field)
        if isinstance(schema, dict):
            losses += _reshaped(holder, field, shaped(schema, dialect), loss)
    return losses


def _reshaped(holder: dict[str, Any], field: str, shape: Shaped, loss: Loss) -> list[Loss]:
    if holder.get(field) != shape.schema:
        holder[field] = shape.schema
    return [Loss(loss.code, loss.path, "; ".join(shape.lost))] if shape.lost else []


def _functions(body: dict[str, Any]) -> Iterator[tuple[dict[str, Any], str]]:
    """The functions that are declared, each with where it stands."""
    for at, tool in objects(body.get("tools")):
        if isinstance(tool.get("function"), dict):
            yield tool["function"], f"tools[{at}]"


def _format(body: dict[str, Any]) -> dict[str, Any]:
    return inner(body.get("response_format"), "json_schema")
