"""P22: whatever a schema says, what was valid stays valid, and each vendor takes what it gets."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from aimux.wire.schema import Dialect, shaped, worked_out
from aimux.wire.schema.grammar import GRAMMARS
from aimux.wire.schema.words import WELL_FORMED
from tests.support.jsonschema_check import Validator
from tests.support.schema_dialects import faults
from tests.support.schemas import SOME, closed_schemas, instances, schemas, small_schemas

LOOSE = [dialect for dialect in Dialect if not GRAMMARS[dialect].strict]
STRICT = [dialect for dialect in Dialect if GRAMMARS[dialect].strict]
each = settings(max_examples=20, suppress_health_check=list(HealthCheck), deadline=None)


@pytest.mark.parametrize("dialect", LOOSE)
@each
@given(schema=schemas(), data=st.data())
def test_what_was_valid_stays_valid(
    dialect: Dialect, schema: dict[str, Any], data: st.DataObject
) -> None:
    """P22: never narrower."""
    made = shaped(schema, dialect)
    assume(made.fits)
    is_valid = Validator(schema, meant=GRAMMARS[dialect].guesses)
    stays_valid = Validator(made.schema)
    for _ in range(5):
        instance = data.draw(instances(schema))
        if is_valid(instance):
            assert stays_valid(instance), (instance, made.schema, made.lost)


@settings(max_examples=60, suppress_health_check=list(HealthCheck), deadline=None)
@given(schema=small_schemas())
def test_no_value_that_was_valid_becomes_invalid(schema: dict[str, Any]) -> None:
    """P22: a small schema, and every value of a long list."""
    candidates = [
        *({"p": value} for value in SOME),
        *(one for one in SOME if isinstance(one, dict)),
    ]
    plain, meant = Validator(schema), Validator(schema, meant=True)
    valid = [one for one in candidates if plain(one)]
    as_meant = [one for one in valid if meant(one)]
    for dialect in LOOSE:
        made = shaped(schema, dialect)
        stays_valid = Validator(made.schema)
        for one in as_meant if GRAMMARS[dialect].guesses else valid:
            assert not made.fits or stays_valid(one), (dialect, one, made.schema, made.lost)


@pytest.mark.parametrize("dialect", list(Dialect))
@each
@given(schema=schemas())
def test_the_vendor_takes_it(dialect: Dialect, schema: dict[str, Any]) -> None:
    """P22: what comes out is in the dialect, names of properties and the input are as they were."""
    before = copy.deepcopy(schema)
    made = shaped(schema, dialect)

    assert schema == before
    if made.fits or not GRAMMARS[dialect].strict:
        assert faults(made.schema, dialect) == []
    if "properties" in made.schema and "type" not in made.lost:
        assert set(schema.get("properties", ())) <= set(made.schema["properties"])
    assert worked_out(schema, dialect) == made


@each
@given(schema=schemas())
def test_what_is_in_a_dialect_stays_as_it_is(schema: dict[str, Any]) -> None:
    """P17: a second time changes nothing."""
    for dialect in Dialect:
        made = shaped(schema, dialect)
        again = shaped(made.schema, dialect)
        if made.fits:
            assert (again.schema, again.lost, again.fits) == (made.schema, (), True)


def answered(schema: dict[str, Any], instance: Any, *, all_required: bool) -> Any:
    """An instance as a strict vendor's model says it: null for what the schema lets it leave out."""
    if not isinstance(instance, dict):
        return instance
    properties = schema.get("properties", {})
    said = {
        name: answered(properties[name], value, all_required=all_required)
        for name, value in instance.items()
    }
    left_out = {name: None for name in properties if all_required and name not in said}
    return {**said, **left_out}


@pytest.mark.parametrize("dialect", STRICT)
@each
@given(schema=closed_schemas(), data=st.data())
def test_a_strict_dialect_takes_what_was_valid_with_null_for_nothing(
    dialect: Dialect, schema: dict[str, Any], data: st.DataObject
) -> None:
    """P22 for those: closed objects fit, and what is left out may be null."""
    made = shaped(schema, dialect)
    grammar = GRAMMARS[dialect]

    assert made.fits
    assert faults(made.schema, dialect) == []
    for _ in range(5):
        instance = data.draw(instances(schema))
        if Validator(schema)(instance):
            said = answered(schema, instance, all_required=grammar.all_required)
            assert Validator(made.schema)(said), (said, made.schema)


KEYWORDS = [*WELL_FORMED, "dependencies", "additionalItems", "const", "default", "allOf", "$ref"]
JUNK = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 2) | st.floats(allow_nan=False) | st.sampled_from(KEYWORDS)
    | st.sampled_from(["", "string", "OBJECT", "#", "#/$defs/a", "#/properties/a", "http://a.b/c"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYWORDS), inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


@settings(max_examples=80, deadline=None)
@given(schema=st.dictionaries(st.sampled_from(KEYWORDS), JUNK, max_size=5))
@example(schema={"properties": {"a": {"$ref": "#/properties/a"}}})
def test_nothing_is_raised(schema: dict[str, Any]) -> None:
    """Lists where objects belong, numbers as properties: an object with properties comes out."""
    for dialect in Dialect:
        made = shaped(schema, dialect)

        assert str(made.schema.get("type", "object")).lower() == "object" or not made.fits
        if not GRAMMARS[dialect].strict:
            assert faults(made.schema, dialect) == []
