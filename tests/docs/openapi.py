"""``docs/admin-api.json``: the admin API as OpenAPI 3.1, made of the addresses and shapes that there "
"are.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, Final

from aimux import __version__
from aimux.admin import shapes
from tests.docs.addresses import admin_addresses, admin_words
from tests.docs.said import Said
from tests.docs.shapes import schema, shape_classes, shape_schema

_SERVER: Final = "http://127.0.0.1:24689"
_WRITTEN: Final = {"str": str, "int": int, "float": float, "bool": bool, "null": type(None)}


def openapi() -> str:
    """The document, as JSON for people too."""
    return json.dumps(document(), indent=2) + "\n"


def document() -> dict[str, Any]:
    """The document."""
    paths: dict[str, dict[str, Any]] = {}
    for method, path in admin_addresses():
        paths.setdefault(path, {})[method.lower()] = _operation(method, path)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "aimux admin API",
            "version": __version__,
            "description": "What the command line and the dashboard ask of the daemon.",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": _SERVER}],
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "schemas": {each.__name__: shape_schema(each) for each in shape_classes()},
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "The text of admin.token in the folder of state.",
                }
            },
        },
    }


def _operation(method: str, path: str) -> dict[str, Any]:
    said = admin_words(method, path)
    operation: dict[str, Any] = {
        "operationId": _name(method, path),
        "summary": _summary(said, path),
        "parameters": list(_parameters(path, said)),
        "responses": {
            "200": _answer(said),
            "default": _response(schema(shapes.ErrorShape), "An error."),
        },
    }
    if "needs no token" in said.words:
        operation["security"] = []
    if method in {"POST", "PUT"}:
        body = json_schema(said.takes or "{}")
        operation["requestBody"] = {"content": {"application/json": {"schema": body}}}
    return operation


def _summary(said: Said, path: str) -> str:
    """The table's words; where it has none, those of the shape that is given."""
    if said.words:
        return said.words
    shape = getattr(shapes, said.gives, None) or getattr(shapes, said.takes, None)
    doc = (shape.__doc__ or "").strip().splitlines()[0] if shape else path.rpartition("/")[2]
    return str(doc.replace("``", "`"))


def _parameters(path: str, said: Said) -> Iterator[dict[str, Any]]:
    for name in re.findall(r"\{(\w+)\}", path):
        yield {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
    for name, example in said.query:
        query: dict[str, Any] = {"name": name, "in": "query", "schema": {"type": "string"}}
        yield query | (
            {"description": f"Such as {example.replace('|', ' or ')}."} if example else {}
        )


def _answer(said: Said) -> dict[str, Any]:
    if "text/event-stream" in said.words:
        return {
            "description": said.words,
            "content": {"text/event-stream": {"schema": {"type": "string"}}},
        }
    return _response(json_schema(said.gives) if said.gives else {}, "Done.")


def _response(body: dict[str, Any], words: str) -> dict[str, Any]:
    return {"description": words, "content": {"application/json": {"schema": body}}}


def _name(method: str, path: str) -> str:
    words = re.findall(r"\w+", path.removeprefix(shapes.API))
    return "".join((method.lower(), *(each.title() for each in words)))


# ---------------------------------------------------------------- what the table writes as a type


def json_schema(text: str) -> dict[str, Any]:
    """The schema of ``PingShape``, ``{"told": [ToldShape]}``, ``{"drain_s": float | null}``.

    What is written otherwise is words: anything then, with those as its description.
    """
    text = text.strip()
    if text.startswith("{") and text.endswith("}"):
        return _object(text[1:-1].strip())
    if text.startswith("[") and text.endswith("]"):
        return {"type": "array", "items": json_schema(text[1:-1])}
    if " | " in text:
        return {"anyOf": [json_schema(each) for each in text.split(" | ")]}
    if text in _WRITTEN:
        return schema(_WRITTEN[text])
    if text in {"", "..."}:
        return {}
    if text in {"true", "false"}:
        return {"const": text == "true"}
    shape = getattr(shapes, text, None)
    return schema(shape) if shape in shape_classes() else {"description": text}


def _object(inside: str) -> dict[str, Any]:
    pairs = re.findall(r'"(\w+)"(?:: ((?:\[[^\]]*\]|[^,\[])+))?', inside)
    return {
        "type": "object",
        "properties": {name: json_schema(kind) for name, kind in pairs},
        "required": [name for name, kind in pairs if "null" not in kind],
    }
