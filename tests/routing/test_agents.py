"""Coding agents by what they call themselves."""

from __future__ import annotations

import pytest

from aimux.routing.agents import AGENTS, agent_named


@pytest.mark.parametrize(
    ("user_agent", "name"),
    [
        ("claude-cli/2.1.3 (external, cli)", "claude-code"),
        ("codex_cli_rs/0.50.0 (Mac OS)", "codex"),
        ("codex-tui/1.0", "codex"),
        ("GeminiCLI/0.9.0/gemini-3-pro", "gemini-cli"),
        ("opencode/1.0", "opencode"),
        ("curl/8.1", None),
        ("my claude-cli/2", None),
        ("", None),
    ],
)
def test_agents(user_agent: str, name: str | None) -> None:
    """By the beginning alone."""
    assert agent_named(user_agent) == name
    assert name is None or name in AGENTS
