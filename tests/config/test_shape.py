"""The schema as data: JSON Schema that editors take, and words for every place."""

import typing

import pytest
from pydantic import BaseModel

from aimux.config.schema import Config, ServerSettings, duration_s, duration_text
from aimux.config.shape import (
    config_schema,
    expected,
    few,
    kinds,
    known_names,
    needs_restart,
    node_at,
    possible_names,
    settings,
)


@pytest.mark.parametrize(
    ("path", "words"),
    [
        (("server", "port"), "a whole number from 0 to 65535"),
        (("providers", "x", "max_concurrent"), "a whole number of 1 or more"),
        (("providers", "x", "models", "y", "price", "input"), "a number of 0 or more"),
        (("budgets", "x", "limit_usd"), "a number above 0"),
        (("models", "x", "hedge", "share"), "a number above 0, up to 0.5"),
        (("server", "host"), "a text"),
        (("server", "auth"), "one of the allowed texts"),
        (("server",), "a table"),
        (("routes",), "a list of tables"),
        (("routes", 3), "a table"),
        (("routing", "default"), "a list of texts"),
        (("routes", 0, "match", "tools"), "true or false, or a list of texts"),
        (("routes", 0, "match", "tools", 2), "a text"),
        (("version",), "1"),
    ],
)
def test_every_place_has_words(path, words) -> None:
    """They follow "must be"."""
    node = node_at(path)

    assert node is not None
    assert expected(node) == words


@pytest.mark.parametrize(
    "path",
    [("nope",), ("server", "nope"), ("server", "port", "x"), ("server", 0), ("nope", "x"),
     ("providers", "a", "nope"), ("server", "port", 0)],
)  # fmt: skip
def test_where_nothing_may_stand_there_is_no_node(path) -> None:
    """And nothing is known of it."""
    node = node_at(path)

    assert node is None
    assert known_names(node) == ()
    assert kinds(node) == frozenset()
    assert possible_names(node) == ()


def test_a_number_without_limits_is_a_number() -> None:
    """In words as well."""
    assert expected({"type": "integer"}) == "a whole number"


def test_names_are_listed_while_they_are_few() -> None:
    """A long list would bury the reason."""
    assert few(("a", "b")) == "a, b"
    assert few(()) is None
    assert few([str(n) for n in range(13)]) is None


def test_restart_is_needed_for_what_is_bound_at_the_start() -> None:
    """Host and port; the rest is reloaded."""
    assert needs_restart(("server", "port"))
    assert needs_restart(("server", "host"))
    assert not needs_restart(("server", "auth"))
    assert not needs_restart(("providers", "x", "keys", 0))
    assert not needs_restart(("nope",))


def test_settings_are_those_with_fixed_names() -> None:
    """Sections first, then what is in them."""
    found = list(settings())

    assert found[0] == ("version",)
    assert ("server", "drain_timeout") in found
    assert ("routing", "default") in found
    assert found.index(("alerts",)) < found.index(("server", "host"))


def test_the_schema_has_no_null_and_no_default_that_means_nothing() -> None:
    """TOML has no null; a duration's default is written as one writes it."""
    text = repr(config_schema())

    assert "'null'" not in text
    assert "None" not in text
    heartbeat = config_schema()["$defs"]["ServerSettings"]["properties"]["heartbeat"]
    assert (heartbeat["type"], heartbeat["default"]) == ("string", "10s")
    assert config_schema()["properties"]["providers"]["additionalProperties"] is False
    assert config_schema()["$schema"] == "https://json-schema.org/draft/2020-12/schema"


def test_every_reference_of_the_schema_leads_somewhere() -> None:
    """Editors follow them."""
    definitions = config_schema()["$defs"]

    def references(node: object) -> typing.Iterator[str]:
        if isinstance(node, dict):
            if "$ref" in node:
                yield node["$ref"]
            for each in node.values():
                yield from references(each)
        elif isinstance(node, list):
            for each in node:
                yield from references(each)

    found = set(references(config_schema()))
    assert found
    assert {f"#/$defs/{name}" for name in definitions} >= found


def test_every_setting_is_described() -> None:
    """The description is its documentation."""

    def undescribed(model: type[BaseModel]) -> list[str]:
        return [name for name, field in model.model_fields.items() if not field.description]

    models = [Config, ServerSettings, *_sections(Config)]
    assert len(models) > 10
    assert {model.__name__: undescribed(model) for model in models if undescribed(model)} == {}


def _sections(model: type[BaseModel]) -> list[type[BaseModel]]:
    found: list[type[BaseModel]] = []
    for field in model.model_fields.values():
        for each in _classes(field.annotation):
            found += [each, *_sections(each)]
    return found


def _classes(annotation: object) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [each for part in typing.get_args(annotation) for each in _classes(part)]


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("500ms", 0.5), ("90s", 90.0), ("1.5m", 90.0), ("2h", 7200.0), ("1d", 86400.0), ("0s", 0.0)],
)
def test_durations(text, seconds) -> None:
    """A number and a unit; written back in the largest unit that fits."""
    assert duration_s(text) == seconds
    assert duration_s(duration_text(seconds)) == seconds


@pytest.mark.parametrize(
    "value", ["", "5", "5 s", "s", "-5s", "5S", "5y", 5, None, "5s\n", "\u0665s"]
)
def test_what_is_no_duration(value) -> None:
    """Whose fault it is, is said by the caller."""
    with pytest.raises(ValueError, match="must be a duration in quotes"):
        duration_s(value)


def test_duration_texts_are_short() -> None:
    """The largest unit that leaves no rest."""
    assert [duration_text(each) for each in (0, 0.25, 1, 60, 90, 3600, 86400, 5400)] == [
        "0s", "250ms", "1s", "1m", "90s", "1h", "1d", "90m",
    ]  # fmt: skip
