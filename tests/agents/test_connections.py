"""The script that connects real agents, tried with an agent that is a few lines of Python."""

from __future__ import annotations

import dataclasses
import sys
from pathlib import Path

import pytest

from tests.agents import connections
from tests.agents.agents import AGENTS
from tests.agents.connections import ASKED, faults_of
from tests.agents.processes import Ran
from tests.support.daemon import Home

AGENT = """\
#!{python}
import json, os, pathlib, sys, urllib.request
settings = pathlib.Path(os.environ["HOME"], ".claude", "settings.json")
env = {{**os.environ, **json.loads(settings.read_text()).get("env", {{}})}}
body = {{"model": "claude-x", "max_tokens": 99, "messages": [{{"role": "user", "content": "hi"}}]}}
request = urllib.request.Request(env["ANTHROPIC_BASE_URL"] + "/v1/messages", json.dumps(body).encode())
request.add_header("authorization", "Bearer " + env["ANTHROPIC_AUTH_TOKEN"])
request.add_header("content-type", "application/json")
request.add_header("anthropic-version", "2023-06-01")
opener = urllib.request.build_opener(urllib.request.ProxyHandler({{}}))
print(json.load(opener.open(request))["content"][-1]["text"])
{more}
"""


def agent_that(folder: Path, more: str) -> str:
    program = folder / "claude"
    program.write_text(AGENT.format(python=sys.executable, more=more))
    program.chmod(0o755)
    return str(program)


@pytest.mark.system
def test_an_agent_that_is_led_here_and_back_is_fine(tmp_path: Path) -> None:
    """It is asked twice, by ``run`` and connected; then its settings are what they were."""
    program = agent_that(tmp_path, "")

    assert list(faults_of(AGENTS["claude-code"], program, ASKED["claude-code"], tmp_path)) == []


@pytest.mark.parametrize(
    ("ran", "words"),
    [
        (Ran(0, "hello", "", 1.0), "the answer did not come from aimux"),
        (Ran(3, connections.ANSWER, "no\n", 1.0), "it ended with 3: no"),
        (Ran(None, connections.ANSWER, "", 1.0), "it ended with None"),
    ],
)
def test_a_run_that_is_not_fine(ran: Ran, words: str) -> None:
    """An answer from elsewhere is none, and a wrong end is one."""
    (found,) = connections._answered("run", ran)

    assert found.startswith(f"run: {words}")


def test_settings_that_are_not_what_they_were(tmp_path: Path) -> None:
    """Are shown as they are."""
    daemon = Home(tmp_path)
    daemon.write("")
    asked = ASKED["claude-code"]
    (tmp_path / ".claude").mkdir()
    (tmp_path / ".claude" / "settings.json").write_text("{}")

    (found,) = connections._undone(AGENTS["claude-code"], asked, daemon, tmp_path)

    assert found == ".claude/settings.json is not what it was: b'{}'"


def test_every_agent_has_settings_to_be_compared() -> None:
    """All four, each under its own name."""
    assert set(ASKED) == set(AGENTS)
    assert all(dataclasses.astuple(each)[1] for each in ASKED.values())


def test_agents_that_are_not_there(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Are said, and nothing was tried."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(sys, "argv", ["connections", "--agent", "codex"])

    assert connections.main() == 2
    assert "npm install @openai/codex" in capsys.readouterr().err
