"""The coding agents that aimux knows by name, and how each calls itself."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

DEFAULT_CLIENT: Final = "default"
"""Name of the client that uses the token of ``aimux env``."""

# Measured: reference protocols, 1.5.
_AGENTS: Final = (
    ("claude-cli/", "claude-code"),
    ("codex_", "codex"),
    ("codex-", "codex"),
    ("GeminiCLI", "gemini-cli"),
    ("opencode/", "opencode"),
)
AGENTS: Final = frozenset(name for _, name in _AGENTS)


@lru_cache(maxsize=256)
def agent_named(user_agent: str) -> str | None:
    """The coding agent of a ``user-agent``, by the name that rules know it by."""
    return next((name for start, name in _AGENTS if user_agent.startswith(start)), None)
