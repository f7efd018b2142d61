"""Changes that are looked at before they are made: what they become, and what is wrong with them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from aimux.config.draft import Draft, diff_of, draft, etag_of, shown_text
from aimux.config.earlier import MOST, Earlier, read_earlier, write_earlier
from aimux.config.masked import masked_data
from aimux.errors import ConfigError, InvalidRequest

FILE = """\
# mine
version = 1

[providers.a]
preset = "anthropic"  # the first
headers = { "x-team" = "blue-secret" }

[providers.b]
format = "openai-chat"
base_url = "http://127.0.0.1:1/v1"
keys = []

# the long ones
[[routes]]
name = "long"
targets = ["a/m", "b/m"]

[routes.match]
min_input_tokens = 1000

# everything small
# goes here
[[routes]]
name = "small"
targets = ["b/m"]
match = { max_input_tokens = 10 }


[[routes]]
name = "third"
targets = ["a/m"]
match = { stream = false }

[[alerts]]
when = "error_rate > 0.2"
notify = ["log", "webhook:https://example.org/hook/secret-path"]
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "config.toml"
    file.write_text(FILE)
    file.chmod(0o600)
    return file


def text_of(made: Draft) -> str:
    return made.after.decode()


def test_a_value_is_set_where_it_stands(path: Path) -> None:
    """Comments stay; the file itself is not touched."""
    made = draft(path, [{"key": "providers.a.enabled", "value": False}])

    assert made.problems == ()
    assert text_of(made) == FILE.replace('"blue-secret" }\n', '"blue-secret" }\nenabled = false\n')
    assert made.etag == etag_of(FILE.encode())
    assert path.read_text() == FILE
    assert "+enabled = false" in made.diff()


@pytest.mark.parametrize(
    ("edits", "gone", "come"),
    [
        ([{"key": "providers.a.headers", "unset": True}], ["x-team"], []),
        ([{"key": "routes.0.targets", "value": ["b/m", "a/m"]}], [], ['["b/m", "a/m"]']),
        ([{"key": "providers.zai", "value": {"preset": "zai"}}], [], ["[providers.zai]"]),
        ([{"key": "providers.a.weight", "unset": True}], [], []),
        (
            [
                {"key": "routing.default", "value": ["a/*"]},
                {
                    "key": "budgets.daily",
                    "value": {"scope": "all", "limit_usd": 5, "window": "day"},
                },
            ],
            [],
            ['default = ["a/*"]', "[budgets.daily]"],
        ),
        ([{"table": "routes.0.targets", "index": 1, "move_to": 0}], [], ['["b/m", "a/m"]']),
    ],
)
def test_what_edits_do(path: Path, edits: list[Any], gone: list[str], come: list[str]) -> None:
    """One after the other."""
    made = draft(path, edits)

    assert made.problems == ()
    assert [each for each in gone if each in text_of(made)] == []
    assert [each for each in come if each not in text_of(made)] == []


LONG, SMALL, THIRD = (FILE[a:b] for a, b in ((FILE.index("# the long"), FILE.index("# everything")),
    (FILE.index("# everything"), FILE.index('[[routes]]\nname = "third"')),
    (FILE.index('[[routes]]\nname = "third"'), FILE.index("[[alerts]]"))))  # fmt: skip


@pytest.mark.parametrize(
    ("index", "to", "order"),
    [
        (0, 2, (SMALL, THIRD, LONG)),
        (2, 0, (THIRD, LONG, SMALL)),
        (0, 1, (SMALL, LONG, THIRD)),
        (1, 1, (LONG, SMALL, THIRD)),
    ],
)
def test_a_rule_moves_with_its_comments(
    path: Path, index: int, to: int, order: tuple[str, ...]
) -> None:
    """And with the tables below it; what is beside stays, and so do empty lines."""
    made = draft(path, [{"table": "routes", "index": index, "move_to": to}])
    before, after = FILE.index(LONG), FILE.index("[[alerts]]")

    assert made.problems == ()
    text = text_of(made)
    assert text[:before] == FILE[:before]
    assert text.endswith(FILE[after:])
    moved = text[before : -len(FILE[after:])]
    assert [each for each in moved.split("\n") if each] == [
        line for part in order for line in part.split("\n") if line
    ]
    assert moved.count("\n\n\n") == FILE.count("\n\n\n")


def test_rules_in_one_list_move_too(path: Path) -> None:
    """Where they are not written as tables."""
    path.write_text('[providers.a]\npreset = "anthropic"\n[routing]\ndefault = ["a/x", "a/y"]\n')
    made = draft(path, [{"table": "routing.default", "index": 0, "move_to": 1}])

    assert 'default = ["a/y", "a/x"]' in text_of(made)
    path.write_text(
        'routes = [{ name = "x", targets = ["a/m"], match = { stream = true } }, '
        '{ name = "y", targets = ["a/m"], match = { images = true } }]\n'
        '[providers.a]\npreset = "anthropic"\n'
    )
    made = draft(path, [{"table": "routes", "index": 1, "move_to": 0}])
    assert made.problems == ()
    assert text_of(made).index('"y"') < text_of(made).index('"x"')


def test_tables_of_a_rule_that_stand_elsewhere(path: Path) -> None:
    """They cannot be moved with it, so nothing is."""
    path.write_text(
        '[[routes]]\nname = "x"\ntargets = ["a/m"]\nmatch = { images = true }\n'
        '[[routes]]\nname = "y"\ntargets = ["a/m"]\n'
        '[providers.a]\npreset = "anthropic"\n[routes.match]\nstream = true\n'
    )
    made = draft(path, [{"table": "routes", "index": 1, "move_to": 0}])

    assert [each.message for each in made.problems] == ["this change cannot be made by a command"]


@pytest.mark.parametrize(
    ("edit", "key", "what"),
    [
        ({"key": "providers.a.enable", "value": False}, "providers.a.enable", "there is no setting"),
        ({"key": "providers.a.weight", "value": -1}, "providers.a.weight", ""),
        ({"key": "providers.a.enabled", "value": "x"}, "providers.a.enabled", ""),
        ({"key": "routes.0.targets", "value": ["nobody/m"]}, "routes.0.targets.0", ""),
        ({"key": "routes.9.name", "value": "x"}, "routes.9.name", "has 3 items"),
        ({"key": "server.port.x", "value": 1}, "server.port.x", "there is no setting"),
        ({"key": "providers.a.weight", "value": None}, "providers.a.weight", "no value that TOML has"),
        ({"key": "providers.a.weight", "value": 2**70}, "providers.a.weight", "no value that TOML has"),
        ({"key": "providers.a.headers", "value": {"x": "********"}}, "providers.a.headers", "is hidden"),
        ({"key": "alerts.0.notify", "value": ["********"]}, "alerts.0.notify", "is hidden"),
        ({"table": "routes", "index": 0, "move_to": 9}, "routes", "no such place"),
        ({"table": "server", "index": 0, "move_to": 1}, "server", "no such place"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_at_its_key(path: Path, edit: Any, key: str, what: str) -> None:
    """So that a form can show it at the field."""
    made = draft(path, [edit])

    (found,) = made.problems
    assert found.key == key
    assert what in found.message


def test_a_key_is_refused_and_not_repeated(path: Path) -> None:
    """Keys do not stand in the configuration."""
    key = "sk-test-" + "abcdef0123456789" * 2
    made = draft(path, [{"key": "providers.a.headers", "value": {"x-api-key": key}}])

    assert made.problems
    assert key not in str(made.problems)
    assert key not in made.diff()


@pytest.mark.parametrize(
    "edits",
    [
        [{}],
        [{"key": 7, "value": 1}],
        [{"key": " ", "value": 1}],
        [{"key": "server.port"}],
        [{"key": "server.port", "unset": "yes"}],
        [{"table": "routes", "index": "0", "move_to": 1}],
        [{"table": "routes", "index": 0, "move_to": True}],
        [{"table": "routes", "index": -1, "move_to": 0}],
        [{"text": 5}],
        [{"text": "x"}, {"key": "server.port", "value": 1}],
        [{"text": "#" * (2**20 + 1)}],
        [{"key": "server.port", "value": 1}] * 201,
    ],
)
def test_what_is_no_edit(path: Path, edits: list[Any]) -> None:
    """It is the asker's mistake."""
    with pytest.raises(InvalidRequest):
        draft(path, edits)


def test_the_whole_text(path: Path) -> None:
    """As it was typed, with the line ends that the file has."""
    path.write_bytes(b'version = 1\r\n\r\n[providers.a]\r\npreset = "anthropic"\r\n')
    made = draft(path, [{"text": 'version = 1\n[providers.a]\npreset = "zai"\n'}])

    assert made.after == b'version = 1\r\n[providers.a]\r\npreset = "zai"\r\n'
    assert made.problems == ()


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ("version = 1\nx = \n", 2, 5),
        ('version = 1\n[providers.a]\npreset = "none"\n', 3, 10),
        ('version = 1\n[providers.a]\nproxy = "********"\n', 3, 10),
    ],
)
def test_a_text_that_does_not_hold(path: Path, text: str, line: int, column: int) -> None:
    """Its problems have their places in it; a mark is never written."""
    made = draft(path, [{"text": text}])

    assert [(each.line, each.column) for each in made.problems] == [(line, column)]


def test_a_file_that_is_none(path: Path) -> None:
    """It is told; the whole of it can be written anew."""
    path.write_text("x = ")
    with pytest.raises(ConfigError):
        draft(path, [{"key": "server.port", "value": 1}])

    made = draft(path, [{"text": "version = 1\n"}])
    assert made.problems == ()
    assert made.diff() == ""  # what of the old one is secret nobody knows


def test_no_file_yet(tmp_path: Path) -> None:
    """It is made."""
    made = draft(tmp_path / "config.toml", [{"key": "server.port", "value": 9000}])

    assert made.etag == ""
    assert text_of(made).endswith("[server]\nport = 9000\n")
    assert made.diff().startswith("--- config.toml\n+++ config.toml\n")


def test_secrets_are_not_shown(path: Path) -> None:
    """Neither in the text, nor in a diff, nor in the data; all else is."""
    text = FILE.replace("//127", "//user:pass@127").replace(
        "keys = []", 'keys = []\nproxy = "http://someone:word@127.0.0.1:2"'
    )
    shown = shown_text(text.encode())
    made = draft(path, [{"key": "providers.a.headers", "value": {"x-team": "green-secret"}}])

    assert shown is not None
    for secret in ("blue-secret", "green-secret", "user:pass", "someone:word", "secret-path"):
        assert secret not in shown
        assert secret not in made.diff()
    assert shown.count('"********"') == 4
    assert shown.count("\n") == text.count("\n")
    data = {"a": {"headers": {"x": "y"}, "n": 1}, "notify": ["log", "webhook:https://x"]}
    assert masked_data(data) == {
        "a": {"headers": {"x": "********"}, "n": 1},
        "notify": ["log", "********"],
    }
    assert shown_text(b"") == ""
    assert shown_text(b"x = ") is None
    assert diff_of(b"x = ", b"") == ""


def test_what_was_before_is_kept(tmp_path: Path) -> None:
    """The newest of it, for its owner alone; a file that is not ours is none."""
    path = tmp_path / "earlier.json"
    write_earlier(path, [Earlier("t", str(number), "e") for number in range(MOST + 3)])

    kept = read_earlier(path)
    assert [each.text for each in kept] == [str(number) for number in range(3, MOST + 3)]
    assert path.stat().st_mode & 0o777 == 0o600
    for other in ("", "{}", '[{"at": 1}]', "[1]"):
        path.write_text(other)
        assert read_earlier(path) == []
    assert read_earlier(tmp_path / "missing") == []
