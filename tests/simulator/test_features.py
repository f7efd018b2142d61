"""Rows become requests that routing reads with its own eyes."""

from __future__ import annotations

from typing import Any

import pytest

from aimux.model.request import WireFormat
from aimux.routing.facts.settings import OFF
from aimux.routing.plan import Task
from aimux.routing.session import session_of
from aimux.simulator.features import features_of
from tests.support.simulation import row

CLIENTS = {
    "claude-code": WireFormat.ANTHROPIC,
    "codex": WireFormat.OPENAI_RESPONSES,
    "gemini-cli": WireFormat.GEMINI,
    "opencode": WireFormat.OPENAI_CHAT,
}


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("tokens", [400, 30_000, 150_000])
@pytest.mark.parametrize("more", [{}, {"thinking": True}, {"tools": False}])
def test_the_guess_is_the_prompt(client: str, tokens: int, more: dict[str, Any]) -> None:
    features = features_of(row(client=client, input_tokens=tokens, **more))
    assert features.format is CLIENTS[client]
    assert features.input_tokens == pytest.approx(tokens, abs=2)
    assert features.bytes == pytest.approx(tokens * 3.9, abs=600)


@pytest.mark.parametrize("client", CLIENTS)
def test_facts(client: str) -> None:
    plain = features_of(row(client=client))
    assert (plain.has_tools, plain.images_last, plain.helper) == (True, False, False)
    assert features_of(row(client=client, tools=False)).has_tools is False
    assert features_of(row(client=client, images=True)).images_last
    assert features_of(row(client=client, thinking=True)).thinking != OFF
    assert plain.thinking == OFF or client in {"codex", "opencode"}
    assert features_of(row(client=client, project="/src/x")).project == "/src/x"


def test_helpers_and_subagents_of_claude_code() -> None:
    helper = features_of(row(helper=True, input_tokens=800))
    assert (helper.helper, helper.task) == (True, Task.HELPER)
    subagent = features_of(row(agent="a7"))
    assert (subagent.helper, subagent.subagent) == (False, True)


@pytest.mark.parametrize("client", CLIENTS)
def test_sessions(client: str) -> None:
    own = session_of(features_of(row("s1", client=client)))
    assert own == session_of(features_of(row("s1", client=client, input_tokens=20_000)))
    assert own not in {
        session_of(features_of(row("s2", client=client))),
        session_of(features_of(row("s1", client=client, agent="a1"))),
    }


def test_a_format_may_be_said() -> None:
    asked = row(client="claude-code", format="openai-chat")
    assert features_of(asked).format is WireFormat.OPENAI_CHAT
