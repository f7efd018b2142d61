"""One cell of the table: one agent at one upstream format, with a real daemon between them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tests.agents.agents import Agent, Place, environment
from tests.agents.model import Model
from tests.agents.processes import Ran, run
from tests.agents.project import lay_out, plain
from tests.agents.task import PROMPT, REPORT, STEPS
from tests.agents.upstream import Exchange, Upstream
from tests.agents.vendors import KEY, VENDORS
from tests.agents.wiretap import Wiretap
from tests.support.daemon import Home, end

LIMIT_S: Final = 90.0
_CONFIG: Final = """\
[server]
port = 0

[logging]
level = "debug"

[providers.vendor]
format = "{format}"
base_url = "{url}"
keys = ["env:VENDOR_KEY"]
quirks = {quirks}

[routing]
default = ["vendor/{model}"]
"""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a cell; without reasons it is fine."""

    reasons: tuple[str, ...]
    seconds: float


def try_cell(agent: Agent, program: str, wire_format: str, folder: Path, model: str) -> Outcome:
    """Runs the agent once; everything that happened is left in ``folder``."""
    vendor = VENDORS[wire_format]
    project, daemon = folder / "project", Home(folder / "daemon", extra={"VENDOR_KEY": KEY})
    for each in (project, folder / "home", daemon.folder):
        each.mkdir(parents=True, mode=0o700)
    lay_out(project)
    played = Model(project, vendor.id_prefix, agent.marked)
    with Upstream(vendor, played) as upstream:
        daemon.write(
            _CONFIG.format(
                format=wire_format,
                url=upstream.url,
                model=vendor.model,
                quirks=json.dumps(vendor.quirks),
            )
        )
        try:
            place = Place(folder / "home", project, "", "", model)
            ran = _run_agent(agent, program, daemon, upstream, place)
        except AssertionError as problem:
            return Outcome((f"aimux did not start: {problem}",), 0.0)
        finally:
            end(daemon)
    _keep(folder, ran, upstream.exchanges)
    return Outcome(verdict(ran, upstream.exchanges, daemon.log()), ran.seconds)


def verdict(ran: Ran, exchanges: list[Exchange], log: list[dict[str, Any]]) -> tuple[str, ...]:
    """Why a run was not fine; empty when it was."""
    return (*_of_the_agent(ran), *_of_the_upstream(exchanges), *_of_aimux(log))


def _run_agent(agent: Agent, program: str, daemon: Home, upstream: Upstream, place: Place) -> Ran:
    """Starts the daemon, asks it where it is as anybody would, and sets the agent on it."""
    daemon.start()
    told = json.loads(daemon.aimux("env", "--shell", "json").stdout)
    upstream.foreign_token = told["AIMUX_TOKEN"]
    with Wiretap(told["AIMUX_URL"], daemon.folder.parent / "wire") as wire:
        place = Place(place.home, place.project, wire.url, told["AIMUX_TOKEN"], place.model)
        environ = environment(place) | dict(agent.settle(place))
        return run([program, *agent.command(place, PROMPT)], environ, place.project, LIMIT_S)


def _of_the_agent(ran: Ran) -> Iterator[str]:
    if ran.code is None:
        yield f"the agent had not ended after {LIMIT_S:g} s"
    elif ran.code:
        last = (ran.err.strip() or ran.out.strip()).splitlines()[-1:]
        yield f"the agent ended with code {ran.code}: {''.join(last)[:200]}"
    times = plain(ran.out).count(REPORT)
    if times != 1:
        yield f"the agent printed the report {times} times"


def _of_the_upstream(exchanges: list[Exchange]) -> Iterator[str]:
    for number, exchange in enumerate(exchanges, 1):
        for fault in exchange.faults:
            yield f"request {number} ({exchange.what}, {exchange.status}): {fault}"
    counts = Counter(exchange.step for exchange in exchanges)
    missed = [step.name for index, step in enumerate(STEPS) if not counts[index]]
    if missed:
        yield f"never asked for: {', '.join(missed)}"
    for index, step in enumerate(STEPS):
        if counts[index] > 1:
            yield f"{step.name}: asked for {counts[index]} times"


def _of_aimux(log: list[dict[str, Any]]) -> Iterator[str]:
    for line in log:
        if line["level"] == "error":
            last = str(line.get("traceback", "")).strip().rpartition("\n")[2]
            yield f"aimux logged: {line['message']} {last}".rstrip()


def _keep(folder: Path, ran: Ran, exchanges: list[Exchange]) -> None:
    """Writes what was heard and said, for whoever has to mend it."""
    (folder / "agent.out").write_text(ran.out, encoding="utf-8")
    (folder / "agent.err").write_text(ran.err, encoding="utf-8")
    heard = folder / "upstream"
    heard.mkdir()
    for number, exchange in enumerate(exchanges, 1):
        stem = f"{number:02d}-{exchange.what.replace(' ', '-')}"
        (heard / f"{stem}.request.json").write_text(_request(exchange), encoding="utf-8")
        (heard / f"{stem}.answer.txt").write_bytes(exchange.answer)


def _request(exchange: Exchange) -> str:
    try:
        body = json.loads(exchange.body or b"null")
    except ValueError:
        body = exchange.body.decode("utf-8", "replace")
    told = {
        "request": f"{exchange.method} {exchange.target}",
        "headers": exchange.headers,
        "status": exchange.status,
        "faults": exchange.faults,
        "body": body,
    }
    return json.dumps(told, indent=1, ensure_ascii=False)
