"""Typed values: the schema's type decides what a text means."""

import pytest

from aimux.config.shape import node_at
from aimux.config.values import parse_value, parse_values

TOOLS = ("routes", 0, "match", "tools")


@pytest.mark.parametrize(
    ("path", "text", "value"),
    [
        (("server", "port"), "9000", 9000),
        (("server", "port"), "0x10", 16),
        (("server", "port"), "-5", -5),
        (("server", "port"), "'9000'", "'9000'"),
        (("server", "port"), "9000.5", "9000.5"),
        (("server", "port"), "many", "many"),
        (("server", "port"), "9" * 5000, "9" * 5000),
        (("server", "port"), "0x" + "f" * 5000, "0x" + "f" * 5000),
        (("server", "port"), "1\n2", "1\n2"),
        (("server", "port"), "1, b = 2", "1, b = 2"),
        (("server", "port"), "1979-05-27", "1979-05-27"),
        (("server", "dashboard"), "TRUE", True),
        (("server", "dashboard"), " false", False),
        (("server", "dashboard"), "yes", "yes"),
        (("server", "host"), "true", "true"),
        (("server", "host"), "", ""),
        (("server", "heartbeat"), "5s", "5s"),
        (("server", "heartbeat"), "'5s'", "5s"),
        (("budgets", "b", "limit_usd"), "20", 20),
        (("budgets", "b", "limit_usd"), "2.5", 2.5),
        (("routing", "default"), "a/b, c/d", ["a/b", "c/d"]),
        (("routing", "default"), "", []),
        (("routing", "default"), "['a/b']", ["a/b"]),
        (("routing", "default"), "a/b c/d", ["a/b", "c/d"]),
        (("server", "allowed_hosts"), "a", ["a"]),
        (("providers", "a", "limits"), "{ requests_per_minute = 5 }", {"requests_per_minute": 5}),
        (TOOLS, "true", True),
        (TOOLS, "bash", ["bash"]),
        (TOOLS, "['bash']", ["bash"]),
        (("routes", 0, "match", "model"), "claude-*", "claude-*"),
        (("routes", 0, "match", "model"), "['a', 'b']", ["a", "b"]),
        (("nowhere",), "5", "5"),
    ],
)
def test_one_word(path, text, value) -> None:
    """What does not fit stays as it was typed."""
    parsed = parse_value(text, node_at(path))

    assert repr(parsed) == repr(value)


@pytest.mark.parametrize(
    ("path", "words", "value"),
    [
        (("routing", "default"), ["a/b", "c/d"], ["a/b", "c/d"]),
        (("routing", "default"), ["a/b"], ["a/b"]),
        (TOOLS, ["a", "b"], ["a", "b"]),
        (("server", "port"), ["1", "2"], ["1", "2"]),
        (("nowhere",), ["1", "2"], ["1", "2"]),
    ],
)
def test_several_words_are_a_list(path, words, value) -> None:
    """Whether a list belongs there or not: validation says so."""
    assert parse_values(words, node_at(path)) == value
