"""What clients are told of models, from the configuration alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from aimux.clients.models import known_providers, offers, served
from aimux.config.load import load_config
from aimux.config.paths import Paths

CONFIG = """\
[providers.zai]
preset = "zai"

[providers.local]
format = "openai-chat"
base_url = "http://127.0.0.1:11434/v1"
keys = []
models.small = { context = 65536, max_output = 8192, capabilities = ["tools"] }

[providers.off]
preset = "anthropic"
enabled = false

[models.quick]
targets = ["local/small", "zai/glm-5.3"]

[models.vague]
targets = ["local/small", "local/unknown"]

[[routes]]
name = "helpers"
match = { client = "claude-code", model = "claude-*haiku*" }
targets = ["local/small"]

[routing]
default = ["zai/glm-5.3", "local/*"]
"""


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    found = Paths(config=tmp_path / "config.toml", state=tmp_path)
    found.config.write_text(CONFIG)
    return found


def test_offers(paths: Paths) -> None:
    """Public models, then what the default says, by names that go by the rules; no disabled provider's."""
    config = load_config(paths.config, environ={}).config
    found = {each.name: each for each in offers(config, known_providers(config, paths))}

    assert list(found)[:3] == ["quick", "vague", "glm-5.3"]
    assert (found["quick"].context, found["quick"].max_output) == (65_536, 8_192)
    assert found["quick"].capabilities == {"tools"}
    assert (found["vague"].context, found["vague"].capabilities) == (None, None)
    assert found["glm-5.3"].context == 1_048_576
    assert "zai/glm-5.3" in found
    assert found["small"].context == 65_536
    assert not any(name.startswith(("off/", "claude")) for name in found)


def test_offers_without_a_default(paths: Paths) -> None:
    """Every provider takes every name."""
    paths.config.write_text('[providers.zai]\npreset = "zai"\n')
    config = load_config(paths.config, environ={}).config

    assert "glm-5.3" in {each.name for each in offers(config, known_providers(config, paths))}


def test_who_answers(paths: Paths) -> None:
    """By the rules, as for a real request; whom nobody serves is not in it."""
    config = load_config(paths.config, environ={}).config
    providers = known_providers(config, paths)

    found = served(
        config, providers, "claude-code", "anthropic", ["claude-opus-4-8", "claude-haiku-4-5"]
    )
    codex = served(config, providers, "codex", "openai-responses", ["gpt-5.5"])

    assert found["claude-opus-4-8"].name == "zai/glm-5.3"
    assert found["claude-opus-4-8"].title.endswith("(zai)")
    assert found["claude-haiku-4-5"].context == 65_536
    assert codex["gpt-5.5"].context == 1_048_576
    assert served(config, {}, "codex", "openai-responses", ["gpt-5.5"]) == {}
