"""A small validator of JSON Schema, draft 2020-12, that knows nothing of aimux.

It reads what the dialects of vendors write, too: types in capitals and ``nullable``.  ``format`` and
``unevaluated*`` are taken for annotations.  References lead into the same schema only.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

_FAMILIES = {
    "object": {"properties", "required", "additionalProperties", "patternProperties", "propertyNames",
               "minProperties", "maxProperties", "dependentRequired", "dependentSchemas"},
    "array": {"items", "prefixItems", "minItems", "maxItems", "uniqueItems", "contains"},
    "string": {"minLength", "maxLength", "pattern"},
    "number": {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"},
}  # fmt: skip
_SAYS_MORE = {"type", "enum", "const"}


class Validator:
    """Judges instances by one schema.

    With ``meant``, a node without a type whose words all speak of one type is of that type, as its author
    means it and as the standard does not say.
    """

    def __init__(self, schema: Any, *, meant: bool = False) -> None:
        self._root = schema
        self._meant = meant
        self._asked: set[tuple[int, int]] = set()

    def __call__(self, instance: Any) -> bool:
        """Whether an instance is valid."""
        return self._valid(self._root, instance)

    def _valid(self, schema: Any, instance: Any) -> bool:
        if isinstance(schema, bool):
            return schema
        if instance is None and schema.get("nullable") is True:
            return True
        asked = (id(schema), id(instance))
        if asked in self._asked:
            return True  # a reference that leads back to itself says nothing
        self._asked.add(asked)
        try:
            return self._checked(schema, instance)
        finally:
            self._asked.remove(asked)

    def _checked(self, schema: dict[str, Any], instance: Any) -> bool:
        if self._meant and (name := _meant_type(schema)) and not is_type(instance, name):
            return False
        return all(check(self, schema, instance) for check in _CHECKS)

    def _any(self, schema: dict[str, Any], instance: Any) -> bool:
        names = schema.get("type")
        if names is not None:
            names = [names] if isinstance(names, str) else names
            if not any(is_type(instance, name.lower()) for name in names):
                return False
        if "enum" in schema and not any(equal(instance, one) for one in schema["enum"]):
            return False
        return "const" not in schema or equal(instance, schema["const"])

    def _combined(self, schema: dict[str, Any], instance: Any) -> bool:
        if "$ref" in schema and not self._valid(self._target(schema["$ref"]), instance):
            return False
        if not all(self._valid(one, instance) for one in schema.get("allOf", ())):
            return False
        if "anyOf" in schema and not any(self._valid(one, instance) for one in schema["anyOf"]):
            return False
        if "oneOf" in schema and sum(self._valid(one, instance) for one in schema["oneOf"]) != 1:
            return False
        if "not" in schema and self._valid(schema["not"], instance):
            return False
        if "if" not in schema:
            return True
        branch = "then" if self._valid(schema["if"], instance) else "else"
        return self._valid(schema.get(branch, True), instance)

    def _target(self, ref: str) -> Any:
        at = self._root
        for step in ref.removeprefix("#").split("/")[1:]:
            at = (
                at[int(step)]
                if isinstance(at, list)
                else at[step.replace("~1", "/").replace("~0", "~")]
            )
        return at

    def _object(self, schema: dict[str, Any], instance: Any) -> bool:
        if not isinstance(instance, dict):
            return True
        if not all(name in instance for name in schema.get("required", ())):
            return False
        if not schema.get("minProperties", 0) <= len(instance) <= schema.get("maxProperties", 99):
            return False
        names = schema.get("propertyNames", True)
        if not all(self._valid(names, name) for name in instance):
            return False
        for name, others in schema.get("dependentRequired", {}).items():
            if name in instance and not all(other in instance for other in others):
                return False
        for name, other in schema.get("dependentSchemas", {}).items():
            if name in instance and not self._valid(other, instance):
                return False
        return all(self._property(schema, name, value) for name, value in instance.items())

    def _property(self, schema: dict[str, Any], name: str, value: Any) -> bool:
        schemas = [schema["properties"][name]] if name in schema.get("properties", {}) else []
        patterns = schema.get("patternProperties", {})
        schemas += [one for pattern, one in patterns.items() if re.search(pattern, name)]
        schemas = schemas or [schema.get("additionalProperties", True)]
        return all(self._valid(one, value) for one in schemas)

    def _array(self, schema: dict[str, Any], instance: Any) -> bool:
        if not isinstance(instance, list):
            return True
        if not schema.get("minItems", 0) <= len(instance) <= schema.get("maxItems", 99):
            return False
        if schema.get("uniqueItems") and any(
            equal(one, other) for index, one in enumerate(instance) for other in instance[:index]
        ):
            return False
        first = schema.get("prefixItems", [])
        if not all(self._valid(one, item) for one, item in zip(first, instance, strict=False)):
            return False
        rest = schema.get("items", True)
        if not all(self._valid(rest, item) for item in instance[len(first) :]):
            return False
        if "contains" not in schema:
            return True
        found = sum(self._valid(schema["contains"], item) for item in instance)
        return bool(schema.get("minContains", 1) <= found <= schema.get("maxContains", 99))

    def _string(self, schema: dict[str, Any], instance: Any) -> bool:
        if not isinstance(instance, str):
            return True
        if not schema.get("minLength", 0) <= len(instance) <= schema.get("maxLength", 9999):
            return False
        return "pattern" not in schema or re.search(schema["pattern"], instance) is not None

    def _number(self, schema: dict[str, Any], instance: Any) -> bool:
        if not is_type(instance, "number"):
            return True
        factor = schema.get("multipleOf")
        return (
            schema.get("minimum", instance) <= instance <= schema.get("maximum", instance)
            and instance > schema.get("exclusiveMinimum", float("-inf"))
            and instance < schema.get("exclusiveMaximum", float("inf"))
            and (factor is None or (instance / factor).is_integer())
        )


_Check = Callable[[Validator, dict[str, Any], Any], bool]
_CHECKS: tuple[_Check, ...] = (
    Validator._any, Validator._combined, Validator._object, Validator._array, Validator._string,
    Validator._number,
)  # fmt: skip


def _meant_type(schema: dict[str, Any]) -> str:
    if _SAYS_MORE & schema.keys():
        return ""
    names = [name for name, words in _FAMILIES.items() if words & schema.keys()]
    if "format" in schema:
        name = "number" if schema["format"] in {"int32", "double"} else "string"
        names = [*(other for other in names if other != name), name]
    return names[0] if len(names) == 1 else ""


def is_type(instance: Any, name: str) -> bool:
    """Whether an instance is of a type."""
    match name:
        case "null":
            return instance is None
        case "boolean":
            return isinstance(instance, bool)
        case "integer":
            return is_type(instance, "number") and float(instance).is_integer()
        case "number":
            return isinstance(instance, (int, float)) and not isinstance(instance, bool)
        case "string":
            return isinstance(instance, str)
        case "array":
            return isinstance(instance, list)
        case _:
            return isinstance(instance, dict)


def equal(one: Any, other: Any) -> bool:
    """Whether two instances are the same value: 1 and 1.0 are, 1 and true are not."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(equal, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(equal(one[name], other[name]) for name in one)
    return bool(one == other)
