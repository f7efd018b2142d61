"""Connects the real agents to a real aimux, asks each something, disconnects them, and compares.

    python -m tests.agents.connections [--agents-dir DIR] [--agent NAME ...]

Each runs in an empty home in which it has settings already; behind aimux is the built-in demo provider, so
that nothing leaves the machine.  An agent is fine when its answer came from there, both by ``aimux run``
and by its own settings, and when after ``aimux disconnect`` every file that we touched is to the byte what
it was.  The exit code is 1 when one is not fine, 2 when none was tried.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.agents.agents import AGENTS, Agent, Place, environment
from tests.agents.processes import Ran, run
from tests.support.daemon import Home, end

LIMIT_S: Final = 120.0
ANSWER: Final = "I am the demo provider"
CONFIG: Final = """\
[server]
port = 0

[providers.demo]
preset = "demo"

[routing]
default = ["demo/demo-fast"]
"""


@dataclass(frozen=True, slots=True)
class Asked:
    """How an agent is asked once, what is in its home before, and what it needs in its environment."""

    arguments: tuple[str, ...]
    settings: Mapping[str, str]
    environ: Mapping[str, str]


PROMPT: Final = "say hello"
ASKED: Final[Mapping[str, Asked]] = {
    "claude-code": Asked(
        ("-p", PROMPT),
        {".claude/settings.json": '{\n    "env": { "FOO": "bar" },\n  "cleanupPeriodDays": 20\n}'},
        {
            "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
            "DISABLE_AUTOUPDATER": "1",
            "IS_SANDBOX": "1",
        },
    ),
    "codex": Asked(
        ("exec", "--skip-git-repo-check", PROMPT),
        {
            ".codex/config.toml": "# mine\nmodel_reasoning_effort = 'low'  # cheap\n\n"
            "[tui]\nanimations = false\n"
        },
        {},
    ),
    "gemini-cli": Asked(
        ("-p", PROMPT),
        {
            ".gemini/settings.json": '{\n  // mine\n  "ui": { "hideTips": true }\n}\n',
            ".gemini/.env": "# mine\nFOO=bar",
        },
        {"GEMINI_CLI_TRUST_WORKSPACE": "true"},
    ),
    "opencode": Asked(
        ("run", PROMPT),
        {
            ".config/opencode/opencode.jsonc": "{\n  // mine\n"
            '  "$schema": "https://opencode.ai/config.json",\n  "autoupdate": false,\n'
            '  "share": "disabled",\n}\n'
        },
        {"OPENCODE_DISABLE_AUTOUPDATE": "1", "OPENCODE_DISABLE_LSP_DOWNLOAD": "1"},
    ),
}


def main() -> int:
    """Reads the command line, tries the agents, prints a line for each."""
    options = _options()
    tried = {}
    for name in options.agent:
        agent = AGENTS[name]
        program = agent.find(options.agents_dir and options.agents_dir.resolve())
        if program is None:
            print(f"{name} is not there: npm install {agent.package}", file=sys.stderr)
            continue
        with tempfile.TemporaryDirectory(prefix="aimux-connections-") as scratch:
            tried[name] = list(faults_of(agent, program, ASKED[name], Path(scratch).resolve()))
        print(f"{name:12} {'; '.join(tried[name]) or 'ok'}", flush=True)
    return 2 if not tried else int(any(tried.values()))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.agents.connections",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--agent", nargs="+", choices=AGENTS, default=list(AGENTS), metavar="NAME")
    parser.add_argument("--agents-dir", type=Path, help="where npm has installed them")
    return parser.parse_args()


def faults_of(agent: Agent, program: str, asked: Asked, folder: Path) -> Iterator[str]:
    """What is not as it should be with an agent; nothing when it is fine."""
    home, project = folder / "home", folder / "project"
    for name, text in asked.settings.items():
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_bytes(text.encode())
    project.mkdir()
    environ = environment(Place(home, project, "", "", "")) | dict(asked.environ)
    environ["PATH"] = f"{Path(program).parent}{os.pathsep}{environ['PATH']}"
    # the daemon has a home of its own: whatever lives in the agent's is ended with the agent
    daemon = Home(folder / "daemon")
    daemon.folder.mkdir(mode=0o700)
    daemon.write(CONFIG)
    try:
        daemon.start()
        yield from _asked(agent, program, asked, daemon, (project, environ))
        daemon.stop()
        yield from _undone(agent, asked, daemon, home)
    except AssertionError as problem:
        yield f"aimux did not start: {problem}"
    finally:
        end(daemon)


def _asked(
    agent: Agent,
    program: str,
    asked: Asked,
    daemon: Home,
    place: tuple[Path, dict[str, str]],
) -> Iterator[str]:
    project, environ = place
    if agent.name != "gemini-cli":  # takes its way to log in from its settings alone
        command = [sys.executable, "-m", "aimux", "run", agent.name, *asked.arguments]
        tree = {"PYTHONPATH": str(Path(__file__).parents[2])}  # it runs in the project's folder
        ran = run(command, daemon.environ | environ | tree, project, LIMIT_S)
        yield from _answered("run", ran)
    done = daemon.aimux("connect", agent.name, extra={"HOME": environ["HOME"]})
    if done.returncode:
        yield f"connect: {done.stderr.strip()}"
    ran = run([program, *asked.arguments], environ, project, LIMIT_S)
    yield from _answered("connected", ran)


def _answered(how: str, ran: Ran) -> Iterator[str]:
    if ran.code != 0:
        yield f"{how}: it ended with {ran.code}: {(ran.err.strip() or ran.out.strip())[-200:]}"
    if ANSWER not in ran.out:
        yield f"{how}: the answer did not come from aimux"


def _undone(agent: Agent, asked: Asked, daemon: Home, home: Path) -> Iterator[str]:
    """The daemon is gone by then, and so is the configuration."""
    daemon.paths.config.unlink()
    done = daemon.aimux("disconnect", agent.name, extra={"HOME": str(home)})
    if done.returncode:
        yield f"disconnect: {done.stderr.strip()}"
    for name, text in asked.settings.items():
        found = (home / name).read_bytes()
        if found != text.encode():
            yield f"{name} is not what it was: {found!r}"


if __name__ == "__main__":
    sys.exit(main())
