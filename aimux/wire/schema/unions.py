"""``anyOf`` and ``oneOf``: between what they say and what the dialects can hear of it."""

from __future__ import annotations

from itertools import combinations
from typing import Any, Final

from aimux.wire.schema.join import join
from aimux.wire.schema.meet import at_once, meet
from aimux.wire.schema.node import Node
from aimux.wire.schema.words import ABOUT, EXAMPLES, constraints, family_of, same, types

MAX_NESTING: Final = 8
"""Unions within the branches of unions that are looked into, for what an object may be."""
_SPREADS: Final = frozenset(
    {
        "type", "enum", "const", "format", "pattern", "minLength", "maxLength", "minimum", "maximum",
        "exclusiveMinimum", "exclusiveMaximum", "multipleOf",
    }
)  # fmt: skip
"""Words that may be said again in every branch: they are short."""
_IN_PLACE: Final = frozenset({"anyOf", "nullable"})
_ONLY_ASKS: Final = frozenset({"required", "type", "not", *ABOUT})


def unions(node: Node) -> None:
    """``oneOf`` as ``anyOf``, where the dialect has only that; null as OpenAPI says it."""
    words = node.words
    if "oneOf" in words and not node.takes("oneOf"):
        branches = words.pop("oneOf")
        if "anyOf" in words:
            node.tell("oneOf", _forms(branches))
        else:
            words["anyOf"] = branches
            if not _exclusive(node, branches):
                node.work.note(node.path, "oneOf")
                node.hints.append("oneOf: exactly one of them")
    if node.grammar.openapi and "anyOf" in words:
        _lift_null(node)


def _exclusive(node: Node, branches: list[Any]) -> bool:
    """Whether no value can be valid in two branches."""
    refs = node.work.refs
    shown = [
        refs.target(branch["$ref"]) if isinstance(branch, dict) and "$ref" in branch else branch
        for branch in branches
    ]
    return all(_apart(one, other) for one, other in combinations(shown, 2))


def _apart(one: Any, other: Any) -> bool:
    """Whether two schemas are of different types, or of objects that a mark tells apart."""
    if not isinstance(one, dict) or not isinstance(other, dict):
        return False
    mine, theirs = types(one), types(other)
    both = {family_of(name) for name in mine} & {family_of(name) for name in theirs}
    if mine and theirs and not both:
        return True
    marks, their_marks = _marks(one), _marks(other)
    return both == {"object"} and any(
        not any(same(value, their) for value in values for their in their_marks[name])
        for name, values in marks.items()
        if name in their_marks
    )


def _marks(schema: dict[str, Any]) -> dict[str, list[Any]]:
    """The properties that must be there and have one of a few values."""
    properties, required = schema.get("properties"), schema.get("required")
    if not isinstance(properties, dict) or not isinstance(required, list):
        return {}
    return {
        name: listed
        for name in required
        if isinstance(name, str) and (listed := _listed(properties.get(name)))
    }


def _listed(schema: Any) -> list[Any]:
    if not isinstance(schema, dict):
        return []
    listed = [schema["const"]] if "const" in schema else schema.get("enum")
    return listed if isinstance(listed, list) else []


def _lift_null(node: Node) -> None:
    """The branch that is null becomes a word beside the others; of one other, its own words do."""
    words = node.words
    others = [branch for branch in words["anyOf"] if not _is_null(branch)]
    if not others or len(others) == len(words["anyOf"]):
        return
    words["nullable"] = True
    words["anyOf"] = others
    if len(others) == 1:
        del words["anyOf"]
        if not join(node, others):
            node.work.lose(node.path, "anyOf")


def _is_null(branch: Any) -> bool:
    return isinstance(branch, dict) and str(branch.get("type")).lower() == "null"


# ------------------------------------------------------------ unions that stand alone


def alone(node: Node) -> None:
    """Leaves nothing beside a union that constrains, where the dialect wants it so."""
    words = node.words
    if not node.grammar.lone_unions or "anyOf" not in words:
        return
    for word in sorted(EXAMPLES & words.keys()):
        node.lose(word)
    beside = {
        word: value for word, value in words.items() if word in constraints(words) - _IN_PLACE
    }
    if not beside:
        return
    branches = words.pop("anyOf")
    if beside.keys() <= _SPREADS:
        for word in beside:
            del words[word]
        words["anyOf"] = _spread(node, beside, branches)
    elif _is_object(words):
        united(node, "anyOf", branches)
    else:
        node.tell("anyOf", _forms(branches))


def _is_object(words: dict[str, Any]) -> bool:
    """Whether a node is of objects only, or is meant to be."""
    return types(words) == ("object",) or (not types(words) and "properties" in words)


def _spread(node: Node, beside: dict[str, Any], branches: list[Any]) -> list[Any]:
    """The branches, each with what stood beside them all; those that it makes impossible are gone."""
    spread = []
    for branch in branches:
        if _refers_to(node, branch, beside):
            spread.append(branch)
            continue
        part = Node(node.work, dict(beside), node.path, node.depth)
        if join(part, [branch]):
            spread.append(part.finished())
            node.entered += part.entered
    return spread or [beside]


def _refers_to(node: Node, branch: Any, beside: dict[str, Any]) -> bool:
    """Whether a branch is a reference to what is of the type that stood beside anyway."""
    if not isinstance(branch, dict) or "$ref" not in branch or beside.keys() != {"type"}:
        return False
    target = node.work.refs.target(branch["$ref"])
    return isinstance(target, dict) and same(target.get("type"), beside["type"])


# ------------------------------------------------------------ unions as one object


def united(node: Node, word: str, branches: list[Any], nesting: int = 0) -> None:
    """Makes a node hold, instead of a union of objects, all that any of them may hold.

    What a branch does not name it allows with any value, unless it is closed.  So a property stays
    what it was only where every open branch has it.
    """
    shapes = [shape for branch in branches if (shape := _shape(node, branch, nesting)) is not None]
    if len(shapes) == 1:
        meet(node, shapes[0])
        return
    node.tell(word, _forms(shapes or branches))
    if not shapes or all(shape.keys() <= _ONLY_ASKS for shape in shapes):
        return
    words = node.words
    properties = dict(words.get("properties", {}))
    for name in dict.fromkeys(name for shape in shapes for name in shape.get("properties", ())):
        schema = _either_property(shapes, name, has_base=name in properties)
        if schema is not None:
            properties[name] = at_once(properties.get(name, True), schema)
    words["properties"] = properties
    _unite_required(words, shapes)
    _unite_rest(words, shapes)


def _shape(node: Node, branch: Any, nesting: int) -> dict[str, Any] | None:
    """A branch as one object without unions in it; None where it is none and cannot be.

    What may be anything is an object that says nothing.
    """
    if branch is False:
        return None
    part = Node(node.work, {}, node.path, node.depth)
    if isinstance(branch, dict) and nesting < MAX_NESTING:
        join(part, [branch])
        entered, mark = node.work.entered, len(node.work.entered)
        entered += part.entered
        for word in ("anyOf", "oneOf"):
            if word in part.words:
                united(part, word, part.words.pop(word), nesting + 1)
        del entered[mark:]
    node.hints += part.hints
    node.entered += part.entered
    names = types(part.words)
    return part.words if not names or "object" in names else None


def _is_closed(shape: dict[str, Any]) -> bool:
    return shape.get("additionalProperties") is False and not shape.get("patternProperties")


def _either_property(shapes: list[dict[str, Any]], name: str, *, has_base: bool) -> Any:
    """What a property may be by the branches; None where they say nothing about it."""
    said = [shape["properties"][name] for shape in shapes if name in shape.get("properties", ())]
    silent = [shape for shape in shapes if name not in shape.get("properties", ())]
    if all(_is_closed(shape) for shape in silent):
        return either(said)
    return None if has_base else {"anyOf": [either(said), {}]}


def _unite_required(words: dict[str, Any], shapes: list[dict[str, Any]]) -> None:
    """What every branch requires, and what the node does."""
    common = [
        name
        for name in shapes[0].get("required", ())
        if all(name in shape.get("required", ()) for shape in shapes)
    ]
    if required := list(dict.fromkeys([*words.get("required", ()), *common])):
        words["required"] = required


def _unite_rest(words: dict[str, Any], shapes: list[dict[str, Any]]) -> None:
    """No other properties, where no branch has any."""
    if "additionalProperties" not in words and all(_is_closed(shape) for shape in shapes):
        words["additionalProperties"] = False


def either(schemas: list[Any]) -> Any:
    """A schema that holds where any of these does."""
    different: list[Any] = []
    for schema in schemas:
        if not any(same(schema, other) for other in different):
            different.append(schema)
    if len(different) == 1:
        return different[0]
    return _one_enum(different) or {"anyOf": different}


def _one_enum(schemas: list[Any]) -> dict[str, Any] | None:
    """Schemas that only list values, as one list: the marks by which branches are told apart."""
    values: list[Any] = []
    shared: dict[str, Any] = {}
    for schema in schemas:
        if not isinstance(schema, dict) or not schema.keys() <= {"type", "const", "enum"}:
            return None
        listed = _listed(schema)
        if not listed or ("const" in schema and "enum" in schema):
            return None
        if schema is not schemas[0] and not same(schema.get("type"), shared.get("type")):
            return None
        shared = {"type": schema["type"]} if "type" in schema else {}
        values += [value for value in listed if not any(same(value, other) for other in values)]
    return {**shared, "enum": values}


def _forms(branches: list[Any]) -> str:
    """The branches of a union in a hint, by what each requires or else has."""
    return " or ".join(f"({', '.join(_names(branch)) or 'anything'})" for branch in branches)


def _names(branch: Any) -> list[str]:
    if not isinstance(branch, dict):
        return []
    part = branch.get("required") or branch.get("properties") or types(branch)
    return [str(name) for name in part] if isinstance(part, (list, dict, tuple)) else []
