"""What holds: the file, presets and defaults together, with their origins, as TOML."""

import tomllib

from aimux.config.effective import as_toml, effective_data, effective_settings
from aimux.config.load import Loaded, load_config
from aimux.config.schema import Config

TEXT = """\
[server]
port = 1
allowed_hosts = []
[providers.zai]
preset = "zai"
weight = 5
[providers.own]
format = "openai-chat"
base_url = "http://127.0.0.1:1/v1"
keys = []
timeouts = { idle = "90s" }
[providers.own.models."q:3"]
context = 5
[[routes]]
name = "r"
targets = ["own/x"]
match = { model = ["a", "b"], header = { x = "1" } }
"""


def loaded(tmp_path) -> Loaded:
    path = tmp_path / "config.toml"
    path.write_text(TEXT)
    return load_config(
        path, environ={"AIMUX_LOGGING__LEVEL": "debug"}, overrides={"server.port": 7}
    )


def test_every_value_knows_its_origin(tmp_path) -> None:
    """Flag, environment, file, preset, default."""
    found = {
        each.key: (each.value, str(each.origin)) for each in effective_settings(loaded(tmp_path))
    }

    assert found["server.port"] == (7, "flag server.port")
    assert found["logging.level"] == ("debug", "environment AIMUX_LOGGING__LEVEL")
    assert found["providers.zai.weight"] == (5, "config.toml:6")
    assert found["providers.zai.format"][1] == "preset zai"
    assert found["providers.zai.keys"] == (["keyring:zai/default"], "default")
    assert found["providers.own.keys"] == ([], "config.toml:10")
    assert found["providers.own.timeouts.idle"] == ("90s", "config.toml:11")
    assert found["providers.own.timeouts.total"] == ("30m", "default")
    assert found["server.allowed_hosts"] == ([], "config.toml:3")
    assert "providers.own.quirks" not in found
    assert "providers.own.formats" not in found


def test_what_is_printed_is_toml_that_means_the_same(tmp_path) -> None:
    """One value a line; the origin is a comment."""
    settings = list(effective_settings(loaded(tmp_path)))

    text = "\n".join(as_toml(settings, with_origin=True))

    config = Config.model_validate(tomllib.loads(text))
    assert config.server.port == 7
    assert config.providers["own"].models["q:3"].context == 5
    assert config.providers["zai"].keys == ("keyring:zai/default",)
    assert config.routes[0].match.model == ("a", "b")
    assert [line for line in text.splitlines() if line and "#" not in line] == [
        "[server]", "[logging]", "[ledger]", "[replay]", "[providers.zai]", "[providers.own]",
        '[providers.own.models."q:3"]', "[[routes]]", "[routing]",
    ]  # fmt: skip
    assert text.startswith("version = 1  ")


def test_a_base_url_of_ones_own_drops_those_of_the_preset(tmp_path) -> None:
    """A key never goes to an address that the user did not mean."""
    path = tmp_path / "config.toml"
    path.write_text('[providers.zai]\npreset = "zai"\nbase_url = "https://me.example/v1x"\n')

    data = effective_data(load_config(path, environ={}))["providers"]["zai"]

    assert data["base_url"] == "https://me.example/v1x"
    assert data["formats"] == {}


def test_further_formats_of_ones_own_are_not_doubled(tmp_path) -> None:
    """The first address is the main one; the rest is as it was written."""
    path = tmp_path / "config.toml"
    path.write_text('[providers.a.formats]\ngemini = "https://a.example"\n')

    settings = list(effective_settings(load_config(path, environ={})))

    values = {
        each.key: str(each.origin) for each in settings if each.path[:2] == ("providers", "a")
    }
    assert values["providers.a.formats.gemini"] == "config.toml:2"
    assert values["providers.a.base_url"] == "default"


def test_without_a_file_all_is_default(tmp_path) -> None:
    """And the lines begin at once."""
    lines = list(as_toml(effective_settings(load_config(tmp_path / "no.toml", environ={}))))

    assert lines[:3] == ["version = 1", "", "[server]"]
    assert list(as_toml([])) == []
