"""Schemas of every kind for hypothesis, and instances that have a chance to be valid under them."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

NAMES = st.sampled_from(
    ["a", "b", "kind", "type", "properties", "items", "format", "enum", "default", "title"]
)
"""Half of them are words of JSON Schema, too."""
TEXTS = st.sampled_from(["", "a", "ab", "b", "abab", "2026-01-01", "https://a.b"])
NUMBERS = st.sampled_from([-1, 0, 1, 2, 3, 10, 0.5, 2.0])
TYPES = ["string", "number", "integer", "boolean", "array", "object", "null"]

SCALARS = st.one_of(st.none(), st.booleans(), NUMBERS, TEXTS)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(NAMES, inner, max_size=2),
    max_leaves=4,
)

_ABOUT: dict[str, st.SearchStrategy[Any]] = {
    "description": TEXTS,
    "title": TEXTS,
    "default": VALUES,
    "examples": st.lists(VALUES, max_size=2),
    "$comment": TEXTS,
    "deprecated": st.booleans(),
    "x-vendor": VALUES,
}
_OF_STRINGS: dict[str, st.SearchStrategy[Any]] = {
    "minLength": st.integers(0, 2),
    "maxLength": st.integers(1, 5),
    "pattern": st.sampled_from(["^a", "b$", "a"]),
    "format": st.sampled_from(["uri", "date", "date-time", "uuid", "enum"]),
}
_OF_NUMBERS: dict[str, st.SearchStrategy[Any]] = {
    "minimum": NUMBERS,
    "maximum": NUMBERS,
    "exclusiveMinimum": NUMBERS,
    "exclusiveMaximum": NUMBERS,
    "multipleOf": st.sampled_from([1, 2, 0.5]),
    "format": st.sampled_from(["int32", "double"]),
}


def _some(
    words: dict[str, st.SearchStrategy[Any]], most: int = 2
) -> st.SearchStrategy[dict[str, Any]]:
    return st.lists(st.sampled_from(sorted(words)), max_size=most, unique=True).flatmap(
        lambda chosen: st.fixed_dictionaries({word: words[word] for word in chosen})
    )


def _of_objects(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    named = st.dictionaries(NAMES, inner, max_size=3)
    return st.fixed_dictionaries(
        {},
        optional={
            "properties": named,
            "required": st.lists(NAMES, max_size=2, unique=True),
            "additionalProperties": st.booleans() | inner,
        },
    ).flatmap(
        lambda words: _some(
            {
                "patternProperties": st.dictionaries(
                    st.sampled_from(["^a", "e$"]), inner, max_size=1
                ),
                "minProperties": st.integers(0, 2),
                "maxProperties": st.integers(1, 4),
                "propertyNames": st.fixed_dictionaries({"maxLength": st.integers(4, 10)}),
                "dependentRequired": st.just({"a": ["b"]}),
                "dependentSchemas": st.dictionaries(NAMES, inner, max_size=1),
            }
        ).map(lambda more: {**words, **more})
    )


def _of_arrays(inner: st.SearchStrategy[Any], most: int = 2) -> st.SearchStrategy[dict[str, Any]]:
    return _some(
        {
            "items": inner,
            "prefixItems": st.lists(inner, min_size=1, max_size=2),
            "minItems": st.integers(0, 2),
            "maxItems": st.integers(0, 3),
            "uniqueItems": st.booleans(),
            "contains": inner,
            "maxContains": st.integers(1, 2),
        },
        most,
    )


REFS = st.sampled_from(["#/$defs/A", "#/$defs/B", "#/definitions/C", "#/$defs/Loop"])


@st.composite
def _node(draw: st.DrawFn, inner: st.SearchStrategy[Any]) -> Any:
    """A schema: a type or several with words about them, and some that combine."""
    if draw(st.integers(0, 24)) == 0:
        return draw(st.booleans() | st.just({}))
    node: dict[str, Any] = {}
    names = draw(st.lists(st.sampled_from(TYPES), min_size=0, max_size=2, unique=True))
    if names:
        said = [name.upper() if draw(st.integers(0, 9)) == 0 else name for name in names]
        node["type"] = said[0] if len(said) == 1 else said
    families = set(names) or set(draw(st.lists(st.sampled_from(TYPES), max_size=2)))
    if "object" in families:
        node |= draw(_of_objects(inner))
    if "array" in families:
        node |= draw(_of_arrays(inner))
    if "string" in families:
        node |= draw(_some(_OF_STRINGS))
    if families & {"number", "integer"}:
        node |= draw(_some(_OF_NUMBERS))
    if draw(st.integers(0, 5)) == 0:
        node |= draw(_some(_ABOUT))
    if draw(st.integers(0, 3)) == 0:
        node |= draw(_combining(inner))
    return node


def _combining(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    several = st.lists(inner, min_size=1, max_size=3)
    return _some(
        {
            "anyOf": several,
            "oneOf": several,
            "allOf": several,
            "not": inner,
            "if": inner,
            "then": inner,
            "else": inner,
            "enum": st.lists(VALUES, min_size=1, max_size=4),
            "const": SCALARS,
            "$ref": REFS,
        }
    )


_LEAVES = _node(
    st.sampled_from([{"type": "string"}, {"type": "integer"}, {"enum": ["a", 1, None]}])
)
INNER: st.SearchStrategy[Any] = st.recursive(_LEAVES, _node, max_leaves=6)


@st.composite
def schemas(draw: st.DrawFn) -> dict[str, Any]:
    """Whole schemas: of an object, mostly with the type said, and with definitions that refer on."""
    root = draw(_of_objects(INNER))
    if draw(st.integers(0, 3)) == 0:
        root |= draw(_combining(INNER))
    if draw(st.integers(0, 5)):
        root["type"] = "object"
    properties = root.get("properties")
    if properties and draw(st.integers(0, 3)) == 0:
        first = next(iter(properties))
        properties["c"] = {"$ref": f"#/properties/{first}", "$defs": {"Own": {"type": "string"}}}
    loop = {"type": "object", "properties": {"a": {"$ref": "#/$defs/Loop"}, "b": draw(_LEAVES)}}
    root["$defs"] = {"A": draw(INNER), "B": draw(_LEAVES), "Loop": loop}
    root["definitions"] = {"C": {"type": "array", "items": {"$ref": "#/$defs/B"}}}
    return root


@st.composite
def closed_schemas(draw: st.DrawFn, depth: int = 2) -> dict[str, Any]:
    """Schemas that a strict dialect may be able to say: closed objects and nothing that combines."""
    scalar = st.sampled_from(["string", "number", "integer", "boolean"]).flatmap(
        lambda name: _some(_OF_STRINGS if name == "string" else {"description": TEXTS}).map(
            lambda words: {"type": name, **words}
        )
    )
    kinds = [
        scalar,
        st.sampled_from([{"type": ["string", "null"]}, {"enum": ["a", 1]}, {"const": "a"}]),
        st.just({"$ref": "#/$defs/Leaf"}),
        scalar.map(lambda schema: {"anyOf": [schema, {"type": "null"}]}),
        scalar.map(lambda schema: {"allOf": [schema, {"description": "a"}]}),
        scalar.map(lambda schema: {"type": "array", "items": schema, "minItems": 1}),
    ]
    if depth:
        kinds.append(closed_schemas(depth - 1))
    properties = draw(st.dictionaries(NAMES, st.one_of(kinds), min_size=1, max_size=3))
    required = [name for name in properties if draw(st.booleans())]
    return {
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": False,
        "$defs": {"Leaf": {"type": "string"}},
    }


@st.composite
def _flat(draw: st.DrawFn) -> dict[str, Any]:
    """One type with several of its words."""
    name = draw(st.sampled_from(["string", "integer", "number", "array", "object"]))
    leaf = st.sampled_from(
        [{"type": "string"}, {"type": "integer"}, {"const": 1}, {"enum": ["a", None]}]
    )
    match name:
        case "string":
            words = draw(_some(_OF_STRINGS, 3))
        case "array":
            words = draw(_of_arrays(leaf, 3))
        case "object":
            words = draw(_of_objects(leaf))
        case _:
            words = draw(_some(_OF_NUMBERS, 3))
    return {"type": name, **words} if draw(st.integers(0, 3)) else words


@st.composite
def small_schemas(draw: st.DrawFn) -> dict[str, Any]:
    """A rich schema for one property, or at the root of an object with two."""
    definitions = {
        "$defs": {"A": draw(_LEAVES), "B": draw(INNER), "Loop": True},
        "definitions": {"C": {}},
    }
    flats = st.lists(_flat(), min_size=2, max_size=2)
    inner = draw(
        st.one_of(
            INNER,
            _flat(),
            flats.map(lambda both: {"allOf": both}),
            flats.map(lambda both: {**both[0], "anyOf": [both[1], {"type": "string"}]}),
        )
    )
    if draw(st.booleans()):
        return {"type": "object", "properties": {"p": inner}, "required": ["p"], **definitions}
    word = draw(st.sampled_from(["anyOf", "oneOf", "allOf"]))
    branches = draw(st.lists(_of_objects(_LEAVES), min_size=1, max_size=3))
    union = {"type": "object", **draw(_of_objects(_LEAVES)), word: branches}
    if draw(st.booleans()):
        return {**union, **definitions}
    return {"type": "object", "properties": {"p": union}, **definitions}


# ------------------------------------------------------------ instances

_SOME_SCALARS = (
    None,
    True,
    False,
    -1,
    0,
    1,
    2,
    3,
    10,
    0.5,
    2.0,
    "",
    "a",
    "ab",
    "b",
    "abab",
    "zz",
    1.5,
)
_SOME_LISTS = (
    [], [1], ["a"], [None], ["", "a"], ["a", "a"], [1, "a"], ["ab", 2], [1, 2, 3], [True, 1, "b"], [[]],
    [{}], [{"a": 1}], [0.5, 0.5],
)  # fmt: skip
_SOME_OBJECTS = (
    {}, *({"a": one} for one in (*_SOME_SCALARS, [], ["a"], {}, {"a": 1})), {"b": 1}, {"kind": "a"},
    {"a": 1, "b": 2}, {"a": "a", "b": "b"}, {"a": "ab", "kind": 1}, {"zz": 1}, {"a": 1, "zz": "a"},
    {"type": "a", "items": 1}, {"a": None, "b": None, "kind": None}, {"items": ["a"], "format": 1},
    {"properties": {}, "enum": [], "default": 1, "title": "a"}, {"b": "b"}, {"b": None, "type": 1},
    {"format": "a", "a": 2}, {"default": True, "b": 3},
)  # fmt: skip
SOME: tuple[Any, ...] = (*_SOME_SCALARS, *_SOME_LISTS, *_SOME_OBJECTS)
"""Values of every kind, at the edges of the words above."""


def instances(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Objects that were made with an eye on a schema; they need not be valid."""
    return _instance(schema, schema, 0).filter(lambda made: isinstance(made, dict))


@st.composite
def _instance(draw: st.DrawFn, schema: Any, root: dict[str, Any], depth: int) -> Any:
    if not isinstance(schema, dict) or not schema or depth > 6:
        return draw(VALUES)
    made: list[Any] = []
    if "$ref" in schema:
        target: Any = root
        for step in schema["$ref"].split("/")[1:]:
            target = target[step]
        made.append(draw(_instance(target, root, depth + 1)))
    for word in ("anyOf", "oneOf"):
        if word in schema:
            branch = draw(st.sampled_from(schema[word]))
            made.append(draw(_instance(branch, root, depth + 1)))
    made += [draw(_instance(branch, root, depth + 1)) for branch in schema.get("allOf", ())]
    if "const" in schema:
        made.append(schema["const"])
    if "enum" in schema:
        made.append(draw(st.sampled_from(schema["enum"])))
    own = draw(_typed(schema, root, depth))
    objects = [one for one in (own, *made) if isinstance(one, dict)]
    if made and len(objects) == len(made) + 1:
        return {name: value for one in objects for name, value in one.items()}
    return made[0] if made and not isinstance(own, dict) else own


@st.composite
def _typed(draw: st.DrawFn, schema: dict[str, Any], root: dict[str, Any], depth: int) -> Any:
    names = schema.get("type", TYPES)
    if names is TYPES and depth == 0:
        names = "object"
    name = (names if isinstance(names, str) else draw(st.sampled_from(names))).lower()
    match name:
        case "string":
            return draw(TEXTS)
        case "number":
            return draw(NUMBERS)
        case "integer":
            return draw(st.integers(-1, 10))
        case "boolean":
            return draw(st.booleans())
        case "null":
            return None
        case "array":
            return draw(_array(schema, root, depth))
        case _:
            return draw(_object(schema, root, depth))


@st.composite
def _array(draw: st.DrawFn, schema: dict[str, Any], root: dict[str, Any], depth: int) -> Any:
    made = [draw(_instance(one, root, depth + 1)) for one in schema.get("prefixItems", ())]
    rest = _instance(schema.get("items", {}), root, depth + 1)
    return [*made, *draw(st.lists(rest, max_size=2))]


@st.composite
def _object(draw: st.DrawFn, schema: dict[str, Any], root: dict[str, Any], depth: int) -> Any:
    made: dict[str, Any] = {}
    required = schema.get("required", ())
    for name, one in schema.get("properties", {}).items():
        if name in required or draw(st.booleans()):
            made[name] = draw(_instance(one, root, depth + 1))
    for name in required:
        made.setdefault(name, draw(VALUES))
    more = schema.get("additionalProperties", True)
    if more is not False and draw(st.booleans()):
        made.setdefault(draw(NAMES), draw(_instance(more, root, depth + 1)))
    return made
