"""What stands around the model: finding agents, running them, listening in, and the table."""

from __future__ import annotations

import http.client
import json
import sys
import time
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pytest

from tests.agents import __main__ as program
from tests.agents.agents import AGENTS, NOWHERE, Place, environment
from tests.agents.cell import Outcome, verdict
from tests.agents.histories import FOLDER, HEADERS, HISTORIES, PATHS
from tests.agents.model import Model
from tests.agents.processes import Ran, run
from tests.agents.table import table
from tests.agents.task import REPORT, STEPS
from tests.agents.toolbox import NoTool, call_for
from tests.agents.upstream import Exchange, Upstream
from tests.agents.vendors import KEY, VENDORS
from tests.agents.wiretap import Wiretap
from tests.agents.words import Tool
from tests.support.patience import PATIENCE_S

GOOD = Ran(0, f"thinking\n{REPORT}\n", "", 1.0)
PLAYED = [Exchange("POST", "/", {}, b"", step=number) for number in range(len(STEPS))]


def test_an_agent_is_found_in_the_folder_first(tmp_path: Path) -> None:
    """Where npm puts it, whether that folder itself is given or the one above it."""
    here = tmp_path / "node_modules" / ".bin" / "codex"
    here.parent.mkdir(parents=True)
    here.write_text("#!/bin/sh\n")
    here.chmod(0o755)

    assert AGENTS["codex"].find(tmp_path) == str(here)
    assert AGENTS["codex"].find(here.parent) == str(here)


@pytest.mark.parametrize("name", AGENTS)
def test_an_agent_is_pointed_at_the_address_with_the_token(name: str, tmp_path: Path) -> None:
    """In its variables or its settings; nothing else leads anywhere."""
    agent, place = AGENTS[name], Place(tmp_path, tmp_path, "http://127.0.0.1:1", "tok", "m")

    told = str(dict(agent.settle(place)))
    told += "".join(path.read_text() for path in tmp_path.rglob("*") if path.is_file())

    assert place.url in told
    assert place.token in told
    assert "m" in " ".join(agent.command(place, "do it")).replace("do it", "")
    assert environment(place)["HTTPS_PROXY"] == NOWHERE
    assert environment(place)["HOME"] == str(tmp_path)


def test_nothing_is_tried_without_agents(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is said what npm would install, and the code is not that of a success."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(sys, "argv", ["tests.agents", "--agents-dir", str(tmp_path)])

    assert program.main() == 2
    said = capsys.readouterr()
    assert [f"npm install {agent.package}" in said.err for agent in AGENTS.values()] == [True] * 4
    assert said.out.count("not tried") == 16


def test_a_program_s_output_and_code_are_kept(tmp_path: Path) -> None:
    """It has no input."""
    script = "import sys; print(sys.stdin.read() + 'out'); sys.exit('err')"

    ran = run([sys.executable, "-c", script], {"HOME": str(tmp_path)}, tmp_path, 20)

    assert (ran.code, ran.out, ran.err) == (1, "out\n", "err\n")


def test_nothing_outlives_a_run(tmp_path: Path) -> None:
    """Neither what hangs nor what has left the session."""
    script = (
        "import subprocess, sys, time\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'],"
        " start_new_session=True)\n"
        "print(child.pid, flush=True)\n"
        "time.sleep(60)\n"
    )

    ran = run([sys.executable, "-c", script], {"HOME": str(tmp_path)}, tmp_path, 2)

    assert ran.code is None
    deadline = time.monotonic() + PATIENCE_S
    while _lives(int(ran.out)):
        assert time.monotonic() < deadline, "the child is still there"
        time.sleep(0.02)


def _lives(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_a_listener_changes_nothing_and_keeps_everything(tmp_path: Path) -> None:
    """Bytes there, bytes back, two files."""
    model = Model(FOLDER, "toolu_")
    with Upstream(VENDORS["anthropic"], model) as upstream, Wiretap(upstream.url, tmp_path) as wire:
        connection = http.client.HTTPConnection(urlsplit(wire.url).netloc, timeout=PATIENCE_S)
        connection.request("GET", "/v1/models")
        body = connection.getresponse().read()
        connection.close()

    assert b"claude" in body
    (asked,) = tmp_path.glob("*.asked")
    (answered,) = tmp_path.glob("*.answered")
    assert asked.read_bytes().startswith(b"GET /v1/models HTTP/1.1\r\n")
    assert body[:20] in answered.read_bytes()


@pytest.mark.parametrize(
    ("ran", "exchanges", "reason"),
    [
        pytest.param(replace(GOOD, code=None), PLAYED, "had not ended after 90 s", id="hangs"),
        pytest.param(replace(GOOD, code=3, err="a\nno"), PLAYED, "code 3: no", id="fails"),
        pytest.param(replace(GOOD, out=""), PLAYED, "the report 0 times", id="silent"),
        pytest.param(replace(GOOD, out=GOOD.out * 2), PLAYED, "the report 2 times", id="twice"),
        pytest.param(GOOD, PLAYED[:-1], "never asked for: report", id="stopped"),
        pytest.param(GOOD, [*PLAYED, PLAYED[1]], "picture: asked for 2 times", id="again"),
        pytest.param(
            GOOD,
            [*PLAYED, Exchange("POST", "/", {}, b"", status=400, faults=["bad"])],
            "request 6 (helper, 400): bad",
            id="refused",
        ),
    ],
)
def test_a_cell_fails_for_a_reason(ran: Ran, exchanges: list[Exchange], reason: str) -> None:
    """Of the agent's or of the vendor's."""
    (found,) = verdict(ran, exchanges, [])

    assert reason in found


def test_a_cell_without_reasons_is_fine() -> None:
    """Helper requests are nobody's step."""
    assert verdict(GOOD, [Exchange("HEAD", "/", {}, b""), *PLAYED], [{"level": "info"}]) == ()


def test_an_error_in_aimux_s_log_is_a_reason() -> None:
    """Even when the agent got over it."""
    bug = {"level": "error", "message": "a bug", "traceback": "File x\nKeyError: 1\n"}

    assert verdict(GOOD, PLAYED, [bug]) == ("aimux logged: a bug KeyError: 1",)


def test_the_table_has_all_cells_and_the_reasons_beneath() -> None:
    """What was not tried is not fine."""
    cells = {
        ("codex", "gemini"): Outcome(("it broke",), 2.0),
        ("codex", "anthropic"): Outcome((), 1.0),
    }

    shown = table(cells, ["codex", "opencode"], ["anthropic", "gemini"]).splitlines()

    assert shown[1].split() == ["codex", "ok", "1.0", "s", "FAILED", "2.0", "s"]
    assert shown[2].split() == ["opencode", *["not", "tried"] * 2]
    assert shown[-2:] == ["codex at gemini:", "  it broke"]


@pytest.mark.parametrize(
    ("tools", "calls"),
    [
        pytest.param(
            [Tool("exec_command", {"properties": {"cmd": {"type": "string"}}})],
            ['exec_command({"cmd": "cat glyphs.txt"})', 'exec_command({"cmd": "cat notes.txt"})'],
            id="a shell reads as well",
        ),
        pytest.param(
            [
                Tool("shell", {"properties": {"command": {"type": "array"}}}),
                Tool("read_file", {"properties": {"absolute_path": {"type": "string"}}}),
            ],
            [
                'shell({"command": ["bash", "-c", "cat glyphs.txt"]})',
                f'read_file({{"absolute_path": "{FOLDER / "notes.txt"}"}})',
            ],
            id="a shell that takes a list",
        ),
        pytest.param(
            [Tool("exec", None, "functions")],
            [
                'exec(text((await tools.exec_command({"cmd": "cat glyphs.txt"})).output);)',
                'exec(text((await tools.exec_command({"cmd": "cat notes.txt"})).output);)',
            ],
            id="a script",
        ),
        pytest.param(
            [Tool("functions__exec", {"properties": {"input": {"type": "string"}}})],
            [
                'functions__exec({"input": "text((await tools.exec_command('
                '{\\"cmd\\": \\"cat glyphs.txt\\"})).output);"})',
                'functions__exec({"input": "text((await tools.exec_command('
                '{\\"cmd\\": \\"cat notes.txt\\"})).output);"})',
            ],
            id="a script in JSON",
        ),
    ],
)
def test_arguments_follow_the_declared_tools(tools: list[Tool], calls: list[str]) -> None:
    """Names and shapes are the agent's."""
    made = [call_for(ask, tools, FOLDER, "id") for ask in STEPS[0].asks]

    assert [f"{call.name}({call.arguments})" for call in made] == calls


def test_a_deed_for_which_there_is_no_tool_is_said() -> None:
    """It becomes a fault of the cell."""
    with pytest.raises(NoTool, match="is for RUN"):
        call_for(STEPS[0].asks[0], [Tool("other", {})], FOLDER, "id")


def test_an_unforeseen_shape_is_a_400_and_not_the_end() -> None:
    """The judge must outlive whatever is sent."""
    body = HISTORIES["anthropic"](1)
    body["messages"][2]["content"][0]["content"] = [{"type": "text"}]
    vendor = VENDORS["anthropic"]
    with Upstream(vendor, Model(FOLDER, "toolu_")) as upstream:
        exchange = Exchange("POST", PATHS["anthropic"], dict(HEADERS), b"")
        exchange.headers["x-api-key"] = KEY
        exchange.body = json.dumps(body).encode()
        answer = list(upstream.answer(exchange, 1))

    assert exchange.status == 400
    assert exchange.faults == ["malformed: KeyError('text')"]
    assert b"malformed" in answer[1]
