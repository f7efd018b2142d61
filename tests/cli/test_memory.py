"""``aimux why, requests, usage`` over a ledger that was written by the real writer."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from aimux.errors import UsageError
from aimux.gateway.record import AttemptRecord, Record
from aimux.model.loss import Loss
from aimux.model.response import UNKNOWN, Usage
from aimux.routing.plan import Ranked, Refusal
from aimux.routing.verdict import Signal
from aimux.telemetry.ledger_queries import LedgerReader
from aimux.telemetry.story import (
    _VERDICTS,
    recent_time,
    session_lines,
    short_count,
    story,
    switched,
    time_span,
    usd,
)
from aimux.telemetry.usage import since_of
from tests.support.command import Command
from tests.support.ledger import write_ledger
from tests.support.records import candidate, decision, ended


@pytest.fixture
def command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Command:
    return Command(tmp_path, monkeypatch, capsys)


def facts_of(tmp_path: Path, *records: Record) -> list[dict[str, Any]]:
    write_ledger(tmp_path, records)
    reader = LedgerReader(tmp_path / "ledger.sqlite3")
    try:
        return reader.newest(100)
    finally:
        reader.close()


def failed_over(number: int = 1, **more: Any) -> Record:
    """Overloaded at the first, answered by the second."""
    record = ended(
        number,
        **(
            {
                "provider": "b",
                "cost_usd": 0.002,
                "cache_loss_usd": 0.01,
                "cache_loss_tokens": 600,
                "cache_loss_cause": "failover",
            }
            | more
        ),
    )
    began = record.began
    record.attempts = [
        AttemptRecord(
            "a",
            "m",
            "k2",
            began,
            began + 0.3,
            None,
            529,
            "overloaded",
            "a: busy",
            retry_after_s=2.0,
        ),
        AttemptRecord("b", "m", "default", began + 0.31, began + 2.0, began + 0.9, 200, "ok"),
    ]
    return record


# ---------------------------------------------------------------- why


def test_every_verdict_has_a_sentence() -> None:
    """A new one needs one."""
    assert {signal.value for signal in Signal} <= set(_VERDICTS)


def test_the_story_of_an_exchange(tmp_path: Path) -> None:
    """Everything that is recorded, in the order in which it happened."""
    ranks = (Ranked(candidate(), 0.25, "fast"), Ranked(candidate("b"), 0.5, "slower"))
    record = failed_over(
        decision=decision(
            *ranks,
            strategy="fastest",
            route="long",
            rule="at least 200,000 tokens",
            notes=("stays with a/m: 600 tokens of it are cached there",),
        ),
        losses=(Loss("seed.dropped"), Loss("tool.renamed"), Loss("seed.dropped", "x")),
        mode="translate",
    )
    [facts] = facts_of(tmp_path, record)
    lines = list(story(facts))

    assert lines[0] == record.id
    assert lines[1].startswith("claude-code asked for 'asked' at ")
    assert lines[1].endswith(" (anthropic, streamed).")
    assert lines[2:] == [
        "It belongs to project /srv/shop and session s1.",
        "",
        "The rule 'long' holds: at least 200,000 tokens.",
        "2 targets could be asked, the fastest first:",
        "  1. a/m  (fast, score 0.25)",
        "  2. b/m  (slower, score 0.5)",
        "Left out, or put behind the others:",
        "  - c/m: it has no key",
        "Stays with a/m: 600 tokens of it are cached there.",
        "",
        "1. a/m (key k2) was overloaded (529) after 300 ms; it asked to wait 2.0 s.",
        "2. b/m answered, its first words after 590 ms, all of it after 1.7 s.",
        "b/m has answered; request and answer were translated.",
        "All in all it took 2.0 s.",
        "",
        "1,000 tokens went in (600 read from the cache) and 200 came out (50 of them thinking).",
        "It cost $0.0020 (price: catalogue).",
        "At a/m the same tokens would have cost about $0.0060, with nothing of them cached there.",
        "A warm cache was left (failover): 600 tokens were read anew; that cost $0.0100 more.",
        "",
        "Translation could not carry over, or had to repair:",
        "  - the seed (2 times)  [seed.dropped]",
        "Without consequence for the answer: tool.renamed.",
    ]


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"decision": decision(route="direct")}, "The request named its target itself."),
        ({}, "No rule matched, so it went by routing.default."),
        ({}, "The cache was kept: 60% of the prompt came from it."),
        ({"cost_usd": None}, "What it cost is unknown."),
        ({"usage": UNKNOWN}, "How many tokens it took was not told."),
        ({"usage": Usage(None, 5)}, "an unknown number of tokens went in and 5 came out."),
        ({"outcome": "cut"}, "The answer broke off in the middle, and the client was told so."),
        ({"outcome": "client_gone"}, "The client left before the answer was complete."),
        (
            {
                "outcome": "rejected",
                "error": "too-large: 9 GB",
                "status": 413,
                "attempts": [],
                "provider": None,
            },
            "aimux refused it: too-large.",
        ),
        ({"attempts": []}, "Nobody was asked."),
        ({"outcome": "open"}, "It ended in a bug of aimux."),
        ({"asked_model": ""}, "asked for something that could not be read at"),
        (
            {"decision": decision(Ranked(candidate()), refusals=())},
            "One target could be asked: a/m.",
        ),
    ],
)
def test_sentences(tmp_path: Path, more: dict[str, Any], said: str) -> None:
    """One for each thing that can have happened."""
    [facts] = facts_of(tmp_path, ended(1, **more))

    assert said in "\n".join(story(facts))


def test_why_finds_by_id_and_last(command: Command) -> None:
    """Without an argument the newest; JSON holds every fact."""
    write_ledger(command.home, [ended(1), failed_over(2)])

    first = command("why", ended(1).id)
    newest, bare = command("why", "--last"), command("why")
    told = json.loads(command("why", "--last", "--json").out)

    assert first.code == 0
    assert first.out.startswith(f"{ended(1).id}\n")
    assert newest.out == bare.out
    assert newest.out.startswith(f"{ended(2).id}\n")
    assert told["attempts"][0]["error_type"] == "provider_overloaded"
    assert told["cost_usd"] == 0.002


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("why", "ax_nobody"), 1, "no request 'ax_nobody' is recorded"),
        (("why", "--session", "nobody"), 1, "no session 'nobody' is recorded"),
        (("why", "ax_1", "--last"), 2, "exclude each other"),
        (("why", "--session", "s"), 2, "several sessions begin with 's'"),
        (("usage", "--by", "moon"), 2, "one of provider, model, client"),
        (("usage", "--since", "soon"), 2, "--since takes a span such as 12h or 7d"),
    ],
)
def test_what_is_not_there(
    command: Command, arguments: tuple[str, ...], code: int, said: str
) -> None:
    """In words, with what to do."""
    write_ledger(command.home, [ended(1), ended(2, decision=decision(session="s2"))])

    done = command(*arguments)

    assert done.code == code
    assert said in done.err


@pytest.mark.parametrize(
    ("arguments", "code"),
    [(("why",), 1), (("why", "--session", "s1"), 1), (("requests",), 0), (("usage",), 0)],
)
def test_nothing_yet(command: Command, arguments: tuple[str, ...], code: int) -> None:
    """Before the first request there is no file, and none is made by asking."""
    done = command(*arguments)

    assert (done.code, done.out) == (code, "")
    assert "no request has been recorded yet" in done.err
    assert not (command.home / "ledger.sqlite3").exists()


def test_nothing_yet_as_json(command: Command) -> None:
    """The same keys as ever, and sums of nothing."""
    told = json.loads(command("usage", "--json").out)

    assert (told["rows"], told["total"]["requests"], told["missing"]) == ([], 0, 0)
    assert command("requests", "--json").out == ""


def test_a_session(command: Command) -> None:
    """One line for each exchange, oldest first; the start of its name will do."""
    write_ledger(
        command.home, [ended(1), failed_over(2), ended(3, decision=decision(session="other"))]
    )

    lines = command("why", "--session", "s1").out.splitlines()
    assert command("why", "--session", "1").code == 1

    assert [line.split("\t")[1:4] for line in lines] == [
        [ended(1).id, "a/m", "ok"],
        [ended(2).id, "b/m", "ok"],
    ]
    assert lines[0].split("\t")[7] == ""
    assert lines[1].split("\t")[7] == "-> a/m was overloaded"


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"provider": "a"}, ""),
        (
            {"decision": decision(refusals=(Refusal("a/m", "its plan is spent"),))},
            "-> a/m was left out: its plan is spent",
        ),
        ({"asked_model": "haiku"}, "-> 'haiku' was asked for"),
        ({"decision": decision(route="night")}, "-> the rule 'night' holds"),
        ({"decision": decision(notes=("nobody is well",))}, "-> nobody is well"),
        ({"decision": decision(generation=4)}, "-> the configuration has changed"),
        ({"decision": decision(strategy="cheapest")}, "-> the cheapest first"),
    ],
)  # fmt: skip
def test_why_a_session_switched(tmp_path: Path, more: dict[str, Any], why: str) -> None:
    """The first reason that holds."""
    before, now = facts_of(tmp_path, ended(1), ended(2, **({"provider": "b"} | more)))

    assert switched(before, now) == why
    assert len(list(session_lines([before, now]))) == 2


# ---------------------------------------------------------------- requests


def test_requests(command: Command) -> None:
    """The newest at the bottom; exact in a pipe, empty where unknown; JSON a line."""
    write_ledger(command.home, [ended(1), ended(2, cost_usd=None, usage=UNKNOWN), failed_over(3)])

    rows = [line.split("\t") for line in command("requests", "-n", "2").out.splitlines()]
    told = [json.loads(line) for line in command("requests", "--json").out.splitlines()]
    seen = command.on_terminal("requests").out.splitlines()

    assert [row[1] for row in rows] == [ended(2).id, ended(3).id]
    assert rows[0][2:] == ["claude-code", "asked", "a/m", "ok", "2000.0", "", "", ""]
    assert rows[1][6:] == ["2000.0", "1000", "200", "0.002"]
    assert [each["id"] for each in told] == [ended(number).id for number in (1, 2, 3)]
    assert seen[0].split() == ["TIME", "ID", "TARGET", "OUTCOME", "TOOK", "COST"]
    assert all(len(line) <= 80 for line in seen)
    assert seen[2].split()[-1] == "?"


# ---------------------------------------------------------------- usage


def recent(number: int, **more: Any) -> Record:
    return ended(number, started_at=time.time() - 60 * number, **more)


def test_usage(command: Command) -> None:
    """By everything it can be told by; unknown costs are counted beside the sum."""
    write_ledger(
        command.home,
        [
            recent(1),
            recent(2, provider="b", cost_usd=None),
            recent(3, outcome="cut"),
            ended(4, started_at=time.time() - 40 * 86400),
        ],
    )
    told = json.loads(command("usage", "--json").out)
    month = json.loads(command("usage", "--since", "60d", "--by", "client", "--json").out)
    pipe = [line.split("\t") for line in command("usage").out.splitlines()]
    seen = command.on_terminal("usage", "--by", "model")

    assert [each["name"] for each in told["rows"]] == ["a", "b"]
    a, b = told["rows"]
    assert (a["requests"], a["failed"], a["cost_usd"], a["unknown_cost"]) == (2, 1, 0.009, 0)
    assert (b["requests"], b["failed"], b["cost_usd"], b["unknown_cost"]) == (1, 0, None, 1)
    assert (told["total"]["cost_usd"], told["total"]["unknown_cost"]) == (0.009, 1)
    assert told["total"]["cache_share"] == 0.6
    assert told["missing"] == 0
    assert month["total"]["requests"] == 4
    assert pipe[1] == ["b", "1", "0", "1000", "200", "600", "0", "50", "", "1", "0", "0.0"]
    lines = seen.out.splitlines()
    assert lines[0].split()[0] == "MODEL"
    assert lines[2].split()[-2:] == ["unknown", "1"]
    assert lines[3].split() == ["total", "3", "1", "3.0k", "60%", "600", "$0.0090", "1"]
    assert "the cost of 1 request is unknown and not in the sum" in seen.err


def test_usage_by_day_is_by_the_days_here(command: Command) -> None:
    """In their order."""
    write_ledger(command.home, [recent(1), ended(2, started_at=time.time() - 3 * 86400)])

    days = [
        each["name"] for each in json.loads(command("usage", "--by", "day", "--json").out)["rows"]
    ]

    assert days == [
        time.strftime("%Y-%m-%d", time.localtime(time.time() - age)) for age in (3 * 86400, 60)
    ]


def test_usage_says_what_is_missing(command: Command) -> None:
    """Of a daemon that was killed."""
    import sqlite3

    write_ledger(command.home, [recent(1)])
    with sqlite3.connect(command.home / "ledger.sqlite3") as connection:
        connection.execute("UPDATE runs SET begun = 4, ended = 'killed'")
    connection.close()

    assert "3 requests of that time are missing here" in command("usage").err
    assert json.loads(command("usage", "--json").out)["missing"] == 3


@pytest.mark.parametrize(
    ("text", "ago_s"), [("90s", 90), ("12h", 43200), ("7d", 604800), ("1w", 604800)]
)
def test_spans(text: str, ago_s: int) -> None:
    """Back from now."""
    assert abs(since_of(text) / 1000 + ago_s - time.time()) < 5


def test_a_day_begins_here() -> None:
    """At midnight of the wall clock; nonsense is refused."""
    midnight = time.mktime((2026, 11, 1, 0, 0, 0, 0, 0, -1))

    assert since_of("2026-11-01") == midnight * 1000
    for text in ("", "7", "7y", "2026-13-01", "1e9d"):
        with pytest.raises(UsageError):
            since_of(text)


@pytest.mark.parametrize(
    ("milliseconds", "words"),
    [
        (0, "0 ms"),
        (999.4, "999 ms"),
        (999.6, "1.0 s"),
        (59_940, "59.9 s"),
        (60_000, "1 min 0 s"),
        (3_725_000, "1 h 2 min"),
    ],
)
def test_time_spans(milliseconds: float, words: str) -> None:
    """As a person says them."""
    assert time_span(milliseconds) == words


def test_numbers() -> None:
    """Short, and never 0 for something."""
    assert [short_count(each) for each in (None, 0, 999, 1000, 999_949, 999_950)] == [
        "?", "0", "999", "1.0k", "999.9k", "1.0M",
    ]  # fmt: skip
    assert [usd(each) for each in (0, 0.00001, 0.0123, 1234.5)] == [
        "$0", "under $0.0001", "$0.0123", "$1,234.50",
    ]  # fmt: skip


def test_a_time_in_little_room() -> None:
    """Of today the time, of other days the day; a heading stays."""
    assert recent_time(time.strftime("%Y-%m-%d 12:34:56")) == "12:34:56"
    assert recent_time("1999-11-06 21:20:01") == "11-06 21:20"
    assert recent_time("TIME") == "TIME"
