"""The TypedDicts of ``admin.shapes``, as words and as JSON Schema."""

from __future__ import annotations

import ast
import inspect
import textwrap
import types
from itertools import pairwise
from types import ModuleType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints, is_typeddict

from aimux.admin import shapes
from tests.docs.markdown import prose

_PLAIN: dict[Any, str] = {str: "string", int: "integer", float: "number", bool: "boolean"}


def shape_classes() -> list[Any]:
    """Every shape, in the order of the module."""
    return [each for each in vars(shapes).values() if is_typeddict(each)]


def module_docstrings(module: ModuleType) -> dict[str, str]:
    """The texts under a module's constants, by name."""
    return _docstrings(ast.parse(inspect.getsource(module)).body)


def attribute_docstrings(shape: Any) -> dict[str, str]:
    """The texts under a class's keys, by name."""
    (tree,) = ast.parse(textwrap.dedent(inspect.getsource(shape))).body
    assert isinstance(tree, ast.ClassDef)
    return {name: prose(each) for name, each in _docstrings(tree.body).items()}


def _docstrings(body: list[ast.stmt]) -> dict[str, str]:
    found = {}
    for one, following in pairwise(body):
        match one, following:
            case (
                ast.AnnAssign(target=ast.Name(id=name)),
                ast.Expr(value=ast.Constant(value=str() as text)),
            ):
                found[name] = text
            case _:
                pass
    return found


def type_words(kind: Any) -> str:
    """An annotation as a reader of JSON would say it."""
    text = kind if isinstance(kind, str) else getattr(kind, "__forward_arg__", str(kind))
    return _words(get_type_hints(_Holder.of(text), vars(shapes))["value"])


class _Holder:
    """Something that has an annotation."""

    @staticmethod
    def of(text: str) -> type:
        return type("Held", (), {"__annotations__": {"value": text}})


def _words(kind: Any) -> str:
    origin, inner = get_origin(kind), get_args(kind)
    if kind is type(None):
        return "null"
    if kind is Any:
        return "anything"
    if origin in {Union, types.UnionType}:
        return " | ".join(map(_words, inner))
    if origin is Literal:
        return " | ".join(f'"{each}"' for each in inner)
    if origin is list:
        return f"[{_words(inner[0])}]"
    if origin is dict:
        return f"{{name: {_words(inner[1])}}}"
    return _PLAIN.get(kind) or str(kind.__name__)


def schema(kind: Any) -> dict[str, Any]:
    """An annotation as JSON Schema; shapes are referred to."""
    origin, inner = get_origin(kind), get_args(kind)
    if kind is type(None):
        return {"type": "null"}
    if kind is Any:
        return {}
    if is_typeddict(kind):
        return {"$ref": f"#/components/schemas/{kind.__name__}"}
    if origin in {Union, types.UnionType}:
        return {"anyOf": [schema(each) for each in inner]}
    if origin is Literal:
        return {"enum": list(inner)}
    if origin is list:
        return {"type": "array", "items": schema(inner[0])}
    if origin is dict:
        return {"type": "object", "additionalProperties": schema(inner[1])}
    return {"type": _PLAIN[kind]}


def shape_schema(shape: Any) -> dict[str, Any]:
    """A whole shape as JSON Schema."""
    notes = attribute_docstrings(shape)
    properties = {
        name: schema(kind) | ({"description": notes[name]} if name in notes else {})
        for name, kind in get_type_hints(shape).items()
    }
    return {
        "type": "object",
        "description": prose(shape.__doc__),
        "properties": properties,
        "required": [name for name in properties if name in shape.__required_keys__],
    }
