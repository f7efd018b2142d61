"""Schemas that come again: what is remembered, for how long, and that nobody spoils it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from aimux.catalogue.load import load_catalogue
from aimux.model.request import WireFormat
from aimux.wire import jsontext, schema
from aimux.wire.formats import CODECS
from aimux.wire.inquiry import Inquiry
from aimux.wire.quirks import QUIRKS
from aimux.wire.schema import Dialect, shaped, worked_out
from aimux.wire.schema.known import LEAST_BYTES, LONGEST_BYTES, MOST_BYTES, Known
from aimux.wire.target import Target
from aimux.wire.transcode import Transcoder
from tests.support.schemas import schemas

LOOSE: dict[str, Any] = {
    "type": "object",
    "title": "an odd one",
    "properties": {
        "path": {"type": "string", "minLength": 1, "pattern": "^/", "description": "where"},
        "deep": {"type": "object", "properties": {"n": {"type": "integer", "multipleOf": 2}}},
        "any": {"oneOf": [{"type": "string", "format": "uri"}, {"type": "null"}], "default": None},
    },
    "required": ["path"],
}


def text(length: int, first: str = "a") -> tuple[str, bytes]:
    return "dialect", (first * length).encode()


@pytest.mark.parametrize(
    ("length", "kept"),
    [
        (LEAST_BYTES - 1, False), (LEAST_BYTES, True),
        (LONGEST_BYTES, True), (LONGEST_BYTES + 1, False),
    ],
)  # fmt: skip
def test_what_is_worth_remembering(length: int, kept: bool) -> None:
    known: Known[int] = Known()
    known.keep(text(length), 1)

    assert known.get(text(length)) == (1 if kept else None)


def test_dialects_and_texts_are_apart() -> None:
    known: Known[int] = Known()
    _, one = text(100)
    known.keep(("a", one), 1)

    assert [known.get(("a", one)), known.get(("b", one)), known.get(("a", one + b"a"))] == [
        1,
        None,
        None,
    ]


def test_what_was_not_asked_for_longest_is_forgotten() -> None:
    """However many there are; keeping one twice counts once."""
    known: Known[int] = Known()
    room = MOST_BYTES // LONGEST_BYTES
    keys = [
        ("dialect", f"{number:07}".encode() + bytes(LONGEST_BYTES - 7)) for number in range(room)
    ]
    for number, key in enumerate(keys):
        known.keep(key, number + 1)
        known.keep(key, -1)
    assert known.get(keys[0]) == 1

    known.keep(text(LONGEST_BYTES), 99)

    assert [known.get(key) for key in keys] == [1, None, *range(3, room + 1)]
    assert known.get(text(LONGEST_BYTES)) == 99


def test_the_same_schema_is_worked_out_once() -> None:
    again = json.loads(json.dumps(LOOSE))
    made = shaped(LOOSE, Dialect.GEMINI)

    assert shaped(again, Dialect.GEMINI) is made
    assert shaped(again, Dialect.OPENAI_STRICT) is not made
    assert made == worked_out(again, Dialect.GEMINI)


@pytest.mark.parametrize("dialect", list(Dialect))
@settings(max_examples=30, suppress_health_check=list(HealthCheck), deadline=None)
@given(made=schemas())
def test_remembered_or_not(dialect: Dialect, made: dict[str, Any]) -> None:
    """The second time as the first, and as if nothing were remembered."""
    first = shaped(made, dialect)

    assert shaped(json.loads(json.dumps(made)), dialect) == first == worked_out(made, dialect)


@pytest.mark.parametrize("odd", [None, [], "text", {"type": "object", "x": "\ud83d" * 99}])
def test_what_has_no_text_is_worked_out_each_time(odd: Any) -> None:
    assert shaped(odd, Dialect.GEMINI) == shaped(odd, Dialect.GEMINI)
    assert shaped(odd, Dialect.GEMINI) is not shaped(odd, Dialect.GEMINI)


def test_the_same_text() -> None:
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]

    assert jsontext.same_text({"a": [1, 2.5, None]}) == b'{"a":[1,2.5,null]}'
    assert [jsontext.same_text(odd) for odd in ("\ud83d", {1, object()}, deep)] == [None] * 3


FUNCTIONS = [
    {"name": "odd", "description": "d", "parameters": LOOSE},
    {"name": "strict", "description": "d", "parameters": LOOSE, "strict": True},
    {"name": "none", "parameters": {"type": "object", "properties": {}}},
]
FORM = {"type": "json_schema", "schema": LOOSE}
ASKED = {
    WireFormat.ANTHROPIC: {
        "model": "m",
        "max_tokens": 99,
        "messages": [{"role": "user", "content": "hello"}],
        "tools": [
            {"input_schema" if key == "parameters" else key: value for key, value in each.items()}
            for each in FUNCTIONS
        ],
        "output_config": {"format": FORM},
    },
    WireFormat.OPENAI_CHAT: {
        "model": "m",
        "messages": [{"role": "user", "content": "hello"}],
        "tools": [{"type": "function", "function": each} for each in FUNCTIONS],
        "response_format": {"type": "json_schema", "json_schema": {"name": "n", "schema": LOOSE}},
    },
}


@pytest.mark.parametrize("client", list(ASKED), ids=str)
@pytest.mark.parametrize("upstream", list(CODECS), ids=str)
def test_nobody_changes_what_is_remembered(
    client: WireFormat, upstream: WireFormat, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every codec and every vendor's own ways have the same schemas in their hands, twice."""
    known: Known[schema.Shaped] = Known()
    monkeypatch.setattr(schema, "_KNOWN", known)
    raw = json.dumps(ASKED[client]).encode()
    targets = [
        Target("p", "m", vendor, quirks=frozenset(preset.quirks))
        for vendor, preset in load_catalogue().items()
    ]
    targets += [Target("p", "m", quirks=frozenset({name})) for name in QUIRKS]

    for target in targets:
        sent = [
            Transcoder(Inquiry(client, jsontext.scan(raw), "m"), upstream, target).request()
            for _ in range(2)
        ]
        assert sent[0] == sent[1], target

    assert known._found or upstream is client
    for (dialect, said), made in known._found.items():
        assert made == worked_out(json.loads(said), Dialect(dialect)), said
