"""Names and ids in a provider's form, and back."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aimux.model.parts import CallKind
from aimux.wire.names import Known, base62, names_of, valid_id, valid_name
from aimux.wire.rules import Rules

OPENAI = Rules(id_limit=40)
GEMINI = Rules(
    name=re.compile(r"[A-Za-z_][A-Za-z0-9_.:-]*"), name_limit=64, id=re.compile(r"[A-Za-z0-9_.:-]+")
)
MISTRAL = Rules(id=re.compile(r"[A-Za-z0-9]+"), id_limit=9, id_exact=True)
NAMESPACED = Rules(namespaces=True)
LONG = "mcp__server__" + "tool_with_a_long_name_" * 4


@pytest.mark.parametrize(
    ("name", "rules", "expected"),
    [
        ("Bash", OPENAI, "Bash"),
        ("a" * 64, OPENAI, "a" * 64),
        ("tool.v1", OPENAI, "tool_v1_"),
        ("tool.v1", GEMINI, "tool.v1"),
        ("9lives", GEMINI, "_9lives_"),
        ("", OPENAI, "__"),
        ("\u5de5\u5177", OPENAI, "___"),
    ],
)
def test_a_name_is_made_valid(name: str, rules: Rules, expected: str) -> None:
    """One that is valid stays; any other keeps a hash of what it was."""
    made = valid_name(name, rules)

    assert made.startswith(expected)
    assert (made == name) == (expected == name)
    assert valid_name(made, rules) == made


def test_long_names_with_the_same_beginning_stay_two() -> None:
    """Edges 226 and 227."""
    first, second = (valid_name(LONG + end, OPENAI) for end in ("_read", "_write"))

    assert first != second
    assert len(first) == len(second) == 64
    assert first[:55] == LONG[:55]


@given(name=st.text(max_size=200), rules=st.sampled_from([OPENAI, GEMINI]))
@settings(max_examples=80)
def test_every_name_is_made_valid(name: str, rules: Rules) -> None:
    """P21: whatever it is."""
    made = valid_name(name, rules)

    assert rules.name.fullmatch(made)
    assert len(made) <= rules.name_limit


@given(id_=st.text(max_size=120), rules=st.sampled_from([OPENAI, GEMINI, MISTRAL]))
@settings(max_examples=80)
def test_every_id_is_made_valid_and_stays_so(id_: str, rules: Rules) -> None:
    """P21; the same in every request (edge 350)."""
    made = valid_id(id_, rules)

    assert rules.id.fullmatch(made)
    assert len(made) == 9 if rules.id_exact else len(made) <= rules.id_limit
    assert valid_id(made, rules) == made == valid_id(id_, rules)


@pytest.mark.parametrize(
    ("id_", "rules", "stays"),
    [
        ("toolu_0123456789", OPENAI, True),
        ("call:weird/id.1", OPENAI, False),  # edge 230
        ("x" * 41, OPENAI, False),
        ("abcDEF123", MISTRAL, True),
        ("call_1234", MISTRAL, False),  # edge 314
        ("short", MISTRAL, False),
    ],
)
def test_an_id_stays_where_it_can(id_: str, rules: Rules, stays: bool) -> None:
    """What is valid is not touched."""
    assert (valid_id(id_, rules) == id_) == stays


def test_a_name_comes_back() -> None:
    """With its namespace and its kind."""
    tools = [
        Known("run", "shell"),
        Known("apply_patch", kind=CallKind.CUSTOM),
        Known("shell__run"),
        Known("run", "other"),
        Known("only", "third"),
    ]
    names = names_of(tools, OPENAI)
    out = [names.out(each.name, each.namespace) for each in tools]

    assert len(set(out)) == len(tools) == len(names.declared)
    assert out[2] == "shell__run", "a plain tool keeps its name"
    assert out[3] == "other__run"
    assert [names.back(name) for name in out] == tools


@pytest.mark.parametrize(
    ("said", "known"),
    [
        ("only", Known("only", "third")),  # the model left the namespace out
        ("run", Known("run")),  # two have it: nobody knows which
        ("never_heard", Known("never_heard")),
    ],
)
def test_a_name_that_was_not_declared(said: str, known: Known) -> None:
    """Passes, unless only one tool can be meant."""
    names = names_of([Known("run", "a"), Known("run", "b"), Known("only", "third")], OPENAI)

    assert names.back(said) == known


def test_a_provider_that_knows_namespaces_gets_plain_names() -> None:
    """And says the namespace itself."""
    names = names_of([Known("run", "shell"), Known("run", "other")], NAMESPACED)

    assert names.out("run", "shell") == names.out("run", "other") == "run"
    assert names.back("run", "other") == Known("run", "other")


def test_a_tool_is_taken_in_once() -> None:
    """The history calls what the tools declare."""
    names = names_of([Known("a"), Known("a")], OPENAI)

    assert names.declared == {"a"}


def test_letters_and_digits_of_a_seed() -> None:
    """Always the same, and as many as wanted."""
    assert base62("x", 24) == base62("x", 24) != base62("y", 24)
    assert re.fullmatch(r"[A-Za-z0-9]{24}", base62("\ud800", 24))
