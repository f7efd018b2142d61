"""Settings of ours whose journal is gone: what is recognisably ours goes, nothing else."""

from __future__ import annotations

import json
import tomllib

import pytest

from aimux.clients.known import CLIENTS
from aimux.clients.leftovers import take_leftovers
from tests.clients.conftest import Person

OWN = {
    "claude-code": (".claude/settings.json", '{"env": {"X": "1"}, "model": "opus"}'),
    "codex": (".codex/config.toml", 'model = "m"\n\n[model_providers.o]\nname = "o"\n'),
    "gemini-cli": (".gemini/.env", "OTHER=1\n"),
    "opencode": (".config/opencode/opencode.json", '{"theme": "x", "provider": {"a": {}}}'),
}


@pytest.mark.parametrize("client", CLIENTS)
def test_ours_goes_and_theirs_stays(person: Person, client: str) -> None:
    """Tokens, addresses on this machine, the provider of our name."""
    name, text = OWN[client]
    path = person.write(name, text)
    person.connect(client)
    person.paths.connections.unlink()

    undone = take_leftovers(CLIENTS[client], person.around)

    found = path.read_text()
    assert [each.path for each in undone] == [path]
    assert "aimux" not in found
    assert "127.0.0.1" not in found
    if name.endswith(".json"):
        data = json.loads(found)
        data.pop("$schema", None)
        data.get("env", {}).pop("CLAUDE_CODE_ENABLE_GATEWAY_MODEL_DISCOVERY", None)
        assert data == json.loads(text)
    elif name.endswith(".toml"):
        assert tomllib.loads(found) == tomllib.loads(text)
    else:
        assert found == text


@pytest.mark.parametrize("client", CLIENTS)
def test_nothing_of_ours_is_nothing_to_do(person: Person, client: str) -> None:
    """An address on this machine alone may be anybody's."""
    name, text = OWN[client]
    person.write(name, text)
    person.write(".claude/settings.json", '{"env": {"ANTHROPIC_BASE_URL": "http://127.0.0.1:1"}}')
    before = person.tree()

    assert take_leftovers(CLIENTS[client], person.around) == []
    assert person.tree() == before
