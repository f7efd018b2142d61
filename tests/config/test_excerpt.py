"""The line of a problem with its caret, and nothing that may be a key."""

import pytest

from aimux.config.excerpt import excerpt
from aimux.errors import Problem

KEY = "sk-test-0123456789abcdefghijklmnop"


def problem(line: int, column: int, key: str = "server.port") -> Problem:
    return Problem("f", line, column, key, "wrong")


def test_the_caret_stands_below_the_column() -> None:
    """Behind the line's number; tabs stay tabs."""
    text = "a = 1\r\n\tport = 'x'  # y\r\n"

    assert excerpt(text, problem(2, 9)) == "    2 | \tport = 'x'  # y\n      | \t       ^"
    assert excerpt(text, problem(1, 1)) == "    1 | a = 1\n      | ^"


def test_without_a_place_there_is_nothing_to_show() -> None:
    """A variable, or a line that is gone."""
    assert excerpt("a = 1", problem(0, 0)) == ""
    assert excerpt("a = 1", problem(9, 1)) == ""


def test_a_long_line_is_shown_around_the_caret() -> None:
    """A terminal is not endless."""
    line = "targets = [" + '"a/b", ' * 60 + "5]"

    shown = excerpt(line, problem(1, line.index("5") + 1))

    source, caret = shown.split("\n")
    assert len(source) <= 108
    assert source[caret.index("^")] == "5"


@pytest.mark.parametrize(
    ("line", "key"),
    [
        ('keys = ["hunter2", "env:A"]', "providers.a.keys.0"),
        ("keys = 'hunter2'", "providers.a.keys"),
        ('api_key = "hunter2"', "providers.a.api_key"),
        ('apiKey = "hunter2"', "providers.a.apiKey"),
        ('"api-key" = "hunter2"', "providers.a.api-key"),
        ('providers.a.token = "hunter2"', "providers.a.token"),
        ('headers = { x-a = "hunter2" }', "providers.a.headers.x-a"),
        ('headers.x-a = "hunter2"', "providers.a.headers.x-a"),
        ('x-a = "hunter2"', "providers.a.headers.x-a"),
        ('  "hunter2",', "providers.a.keys.3"),
        ('proxy = "http://me:hunter2@a.example"', "providers.a.proxy"),
        ('base_url = "https://me:hunter2@a.example"', "providers.a.base_url"),
        ('base_url = "https://a.example/?key=hunter2hunter2"', "providers.a.base_url"),
        (f'preset = "{KEY}hunter2"', "providers.a.preset"),
        ('password = "hunter2', ""),
    ],
)
def test_what_may_be_a_key_is_blotted_out(line, key) -> None:
    """The caret does not go beyond what is shown."""
    column = line.index("hunter2") + 1

    shown = excerpt(line, problem(1, column, key))

    assert "hunter2" not in shown
    assert "********" in shown
    source, caret = shown.split("\n")
    assert len(caret) <= len(source) + 1


def test_what_was_cut_short_keeps_its_caret() -> None:
    """The text may end where the blotting begins."""
    shown = excerpt('api_key = "********"', problem(1, 3, "providers.a.api_key"))

    assert shown == '    1 | api_key = "********"\n      |   ^'
