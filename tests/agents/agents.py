"""The four agents: where they are found, how each is pointed at aimux, and how it is run once.

All run in an empty home with an environment of our own and with proxies that lead nowhere, so that nothing
they do leaves the machine.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

NOWHERE: Final = "http://127.0.0.1:9"
"""The discard port: whoever goes through it is refused at once."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where an agent runs and whom it asks."""

    home: Path
    project: Path
    url: str
    token: str
    model: str


@dataclass(frozen=True, slots=True)
class Agent:
    """One agent.  ``marked`` are the steps of the script whose failure it marks as one in its format."""

    name: str
    program: str
    package: str
    speaks: str
    model: str
    settle: Callable[[Place], Mapping[str, str]]
    """Writes its settings; returns its variables."""
    command: Callable[[Place, str], list[str]]
    """Its arguments for a prompt."""
    marked: frozenset[str] = frozenset()

    def find(self, folder: Path | None) -> str | None:
        """The program: in the folder, or in its ``node_modules/.bin``, or on PATH."""
        path = os.environ.get("PATH", os.defpath)
        if folder:
            path = os.pathsep.join([str(folder), str(folder / "node_modules" / ".bin"), path])
        return shutil.which(self.program, path=path)


def environment(place: Place) -> dict[str, str]:
    """What every agent gets; nothing of the developer's own settings and keys."""
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(place.home),
        "LANG": "C.UTF-8",
        "TERM": "dumb",
        "NO_COLOR": "1",
        **dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"), NOWHERE),
        **dict.fromkeys(("NO_PROXY", "no_proxy"), "127.0.0.1,localhost"),
    }


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


# ---------------------------------------------------------------- Claude Code


def _settle_claude(place: Place) -> Mapping[str, str]:
    return {
        "ANTHROPIC_BASE_URL": place.url,
        "ANTHROPIC_AUTH_TOKEN": place.token,
        "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
        "DISABLE_AUTOUPDATER": "1",
        "IS_SANDBOX": "1",
    }


def _claude(place: Place, prompt: str) -> list[str]:
    return ["-p", prompt, "--model", place.model, "--allowedTools", "Bash,Read"]


# ---------------------------------------------------------------- Codex

_CODEX: Final = """\
model_provider = "aimux"

[model_providers.aimux]
name = "aimux"
base_url = "{url}/v1"
env_key = "AIMUX_TOKEN"
wire_api = "responses"
request_max_retries = 0
stream_max_retries = 0
"""


def _settle_codex(place: Place) -> Mapping[str, str]:
    _write(place.home / "codex" / "config.toml", _CODEX.format(url=place.url))
    return {"CODEX_HOME": str(place.home / "codex"), "AIMUX_TOKEN": place.token}


def _codex(place: Place, prompt: str) -> list[str]:
    unconfined = "--dangerously-bypass-approvals-and-sandbox"  # its sandbox needs kernel features
    return ["exec", "--skip-git-repo-check", unconfined, "-m", place.model, prompt]


# ---------------------------------------------------------------- Gemini CLI


def _settle_gemini(place: Place) -> Mapping[str, str]:
    settings = {"security": {"auth": {"selectedType": "gemini-api-key"}}}
    _write(place.home / ".gemini" / "settings.json", json.dumps(settings))
    return {
        "GOOGLE_GEMINI_BASE_URL": place.url,
        "GEMINI_API_KEY": place.token,
        "GEMINI_CLI_TRUST_WORKSPACE": "true",
    }


def _gemini(place: Place, prompt: str) -> list[str]:
    return ["-y", "-m", place.model, "-p", prompt]


# ---------------------------------------------------------------- opencode


def _settle_opencode(place: Place) -> Mapping[str, str]:
    # The package is built into opencode: nothing is downloaded.
    model = {
        "name": place.model,
        "attachment": True,
        "reasoning": True,
        "tool_call": True,
        "interleaved": {"field": "reasoning_content"},
        "modalities": {"input": ["text", "image"], "output": ["text"]},
        "limit": {"context": 200_000, "output": 32_000},
        "options": {"reasoningEffort": "high"},
    }
    provider = {
        "npm": "@ai-sdk/openai-compatible",
        "name": "aimux",
        "options": {"baseURL": f"{place.url}/v1", "apiKey": place.token},
        "models": {place.model: model},
    }
    settings = {
        "provider": {"aimux": provider},
        "autoupdate": False,
        "share": "disabled",
        "permission": {"edit": "allow", "bash": "allow", "webfetch": "deny"},
    }
    _write(place.home / ".config" / "opencode" / "opencode.json", json.dumps(settings))
    return {"OPENCODE_DISABLE_AUTOUPDATE": "1", "OPENCODE_DISABLE_LSP_DOWNLOAD": "1"}


def _opencode(place: Place, prompt: str) -> list[str]:
    return ["run", "-m", f"aimux/{place.model}", prompt]


AGENTS: Final = {
    agent.name: agent
    for agent in (
        Agent(
            "claude-code",
            "claude",
            "@anthropic-ai/claude-code",
            speaks="anthropic",
            model="claude-opus-4-8",
            settle=_settle_claude,
            command=_claude,
            marked=frozenset({"failing command", "missing file"}),
        ),
        Agent(
            "codex",
            "codex",
            "@openai/codex",
            speaks="openai-responses",
            model="gpt-5.5",
            settle=_settle_codex,
            command=_codex,
        ),
        Agent(
            "gemini-cli",
            "gemini",
            "@google/gemini-cli",
            speaks="gemini",
            model="gemini-3.1-pro-preview",
            settle=_settle_gemini,
            command=_gemini,
            marked=frozenset({"missing file"}),
        ),
        Agent(
            "opencode",
            "opencode",
            "opencode-ai",
            speaks="openai-chat",
            model="scripted-reasoner",
            settle=_settle_opencode,
            command=_opencode,
        ),
    )
}
