"""Settings from the environment: names, types, and what is left alone."""

import pytest

from aimux.config.env import read_environment, variable_name
from aimux.config.load import load_config
from aimux.errors import ConfigError

DATA = {
    "providers": {
        "zai": {"preset": "zai"},
        "My-Box.2": {"format": "gemini", "base_url": "https://a.example", "models": {"q:3": {}}},
        "a__b": {"preset": "groq"},
    },
    "models": {"fast": {"targets": ["zai/x"]}},
}


@pytest.mark.parametrize(
    ("name", "text", "path", "value"),
    [
        ("SERVER__PORT", "9000", ("server", "port"), 9000),
        ("SERVER__PORT", " 9_000 ", ("server", "port"), 9000),
        ("SERVER__HOST", "9000", ("server", "host"), "9000"),
        ("SERVER__HOST", '"::1"', ("server", "host"), "::1"),
        ("SERVER__DASHBOARD", "False", ("server", "dashboard"), False),
        ("SERVER__DRAIN_TIMEOUT", "90s", ("server", "drain_timeout"), "90s"),
        ("LOGGING__LEVEL", "debug", ("logging", "level"), "debug"),
        ("VERSION__", "1", None, None),
        ("ROUTING__DEFAULT", "zai/a zai/b", ("routing", "default"), ["zai/a", "zai/b"]),
        ("ROUTING__DEFAULT", '["zai/a"]', ("routing", "default"), ["zai/a"]),
        ("PROVIDERS__ZAI__ENABLED", "true", ("providers", "zai", "enabled"), True),
        ("PROVIDERS__MY_BOX_2__WEIGHT", "5", ("providers", "My-Box.2", "weight"), 5),
        ("PROVIDERS__A__B__WEIGHT", "5", ("providers", "a__b", "weight"), 5),
        (
            "PROVIDERS__MY_BOX_2__MODELS__Q_3__CONTEXT",
            "5",
            ("providers", "My-Box.2", "models", "q:3", "context"),
            5,
        ),
        (
            "PROVIDERS__ZAI__TIMEOUTS__IDLE",
            "5s",
            ("providers", "zai", "timeouts", "idle"),
            "5s",
        ),
        ("MODELS__FAST__STRATEGY", "cheapest", ("models", "fast", "strategy"), "cheapest"),
    ],
)  # fmt: skip
def test_a_variable_names_a_setting(name, text, path, value) -> None:
    """Its text is read as the setting's type wants it."""
    found, warnings = read_environment({f"AIMUX_{name}": text}, DATA)

    assert [(each.path, each.value) for each in found] == ([(path, value)] if path else [])
    assert bool(warnings) == (path is None)


@pytest.mark.parametrize(
    "name",
    ["AIMUX_HOME", "AIMUX_CONFIG", "AIMUX_DEBUG", "AIMUX_READY_FD", "AIMUX_URL", "AIMUX_TOKEN",
     "AIMUX_VAULT_PASSPHRASE", "AIMUX_VAULT_KEY_FILE", "AIMUX_PORT", "OTHER__PORT", "aimux__port"],
)  # fmt: skip
def test_names_without_two_underscores_are_no_settings(name) -> None:
    """They are other things of aimux, or of somebody else."""
    assert read_environment({name: "1"}, DATA) == ([], [])


@pytest.mark.parametrize(
    ("name", "message", "suggestion"),
    [
        ("AIMUX_SERVER__PROT", "is ignored: it names no setting", "AIMUX_SERVER__PORT"),
        ("AIMUX_PROVIDERS__ZIA__WEIGHT", "is ignored: it names no setting", "AIMUX_PROVIDERS__ZAI__WEIGHT"),
        ("AIMUX_QQQ__QQQQQQQQQQQQQQQQQQ", "is ignored: it names no setting", None),
        ("AIMUX_PROVIDERS__ZAI", "is ignored: a variable can set single values only", None),
        ("AIMUX_PROVIDERS__ZAI__LIMITS", "is ignored: a variable can set single values only", None),
    ],
)  # fmt: skip
def test_what_names_no_setting_is_ignored_with_a_word(name, message, suggestion) -> None:
    """It may be a slip; it stops nothing."""
    found, warnings = read_environment({name: "1"}, DATA)

    assert found == []
    assert [(each.file, each.message, each.suggestion) for each in warnings] == [
        (f"{name} (environment)", message, suggestion)
    ]


def test_arrays_of_tables_are_for_the_file() -> None:
    """A variable does not hold a route."""
    found, warnings = read_environment({"AIMUX_ROUTES__": "[]", "AIMUX_ALERTS__0__WHEN": "x"}, DATA)

    assert found == []
    assert len(warnings) == 2


def test_two_tables_of_one_name_are_not_guessed_between() -> None:
    """a-b and a.b look alike in a variable."""
    data = {"providers": {"a-b": {}, "a.b": {}}}

    found, warnings = read_environment({"AIMUX_PROVIDERS__A_B__WEIGHT": "1"}, data)

    assert found == []
    assert [each.message for each in warnings] == ["is ignored: it could mean several settings"]


def test_a_broken_section_has_no_names() -> None:
    """The file's fault is told by others."""
    found, warnings = read_environment({"AIMUX_PROVIDERS__A__WEIGHT": "1"}, {"providers": 5})

    assert (found, len(warnings)) == ([], 1)


def test_every_variable_is_found_by_the_name_it_would_have() -> None:
    """The way there and back."""
    path = ("providers", "My-Box.2", "models", "q:3", "context")

    found, _ = read_environment({variable_name(path): "1"}, DATA)

    assert [each.path for each in found] == [path]


def test_a_key_in_a_variable_is_refused_unseen(tmp_path) -> None:
    """It does not belong into the configuration by this door either."""
    key = "sk-test-0123456789abcdefghijklmnop"

    with pytest.raises(ConfigError) as caught:
        load_config(tmp_path / "none.toml", environ={"AIMUX_SERVER__HOST": key})

    assert [each.file for each in caught.value.problems] == ["AIMUX_SERVER__HOST (environment)"]
    assert key not in str(caught.value.problems[0])
