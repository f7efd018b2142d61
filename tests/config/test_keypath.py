"""Dotted keys: as text, as path, and what is neither."""

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aimux.config.keypath import dotted, parse_key_path, toml_text
from aimux.errors import UsageError

KEY = "sk-test-0123456789abcdefghijklmnop"


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("server.port", ("server", "port")),
        (' server . "port" ', ("server", "port")),
        ('models."qwen3:30b".targets', ("models", "qwen3:30b", "targets")),
        ("models.'a\\b'", ("models", "a\\b")),
        ('models."a\\"b\\u0041"', ("models", 'a"bA')),
        ('models."a\\q"', ("models", "a\\q")),
        ("routes.0.name", ("routes", "0", "name")),
    ],
)
def test_a_key_is_read_as_toml_reads_it(text, path) -> None:
    """Bare, in double quotes with escapes, in single quotes."""
    assert parse_key_path(text) == path


@pytest.mark.parametrize(
    "text", ["", " ", ".a", "a.", "a. ", "a..b", "a b", "a:b", 'a."b', "a/b", "a.[0]"]
)
def test_what_is_no_key_is_refused_with_the_way_to_write_it(text) -> None:
    """Names with other characters need quotes."""
    with pytest.raises(UsageError, match="is not the name of a setting") as caught:
        parse_key_path(text)

    assert "needs quotes" in str(caught.value.hint)


def test_a_providers_key_is_not_repeated() -> None:
    """Neither where it stands for a name, nor as a part of one."""
    with pytest.raises(UsageError) as caught:
        parse_key_path(f"{KEY} ?")

    assert KEY not in str(caught.value)
    assert dotted(("models", KEY, "targets", 0)) == "models.********.targets.0"


@given(
    st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=6), min_size=1, max_size=4)
)
def test_what_is_written_is_read_back(path) -> None:
    """Whatever the names are; TOML reads the same."""
    text = dotted(path)

    assert parse_key_path(text) == tuple(path)
    data = tomllib.loads(f"{text} = 1")
    for part in path:
        data = data[part]
    assert data == 1


def test_a_text_is_written_with_escapes() -> None:
    """Control characters too."""
    text = '\x7f\x00\n"'

    assert tomllib.loads("a = " + toml_text(text)) == {"a": text}
