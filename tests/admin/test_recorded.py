"""Usage, plots, pages and stories, over a ledger that was written by the real writer."""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from aimux.admin.recorded import Recorded
from aimux.gateway.record import Record
from aimux.telemetry import ledger_pages
from aimux.telemetry.redact import Redactor
from aimux.vault.secret import Secret
from tests.support.face import Face, open_face
from tests.support.ledger import write_ledger
from tests.support.records import ended

HOSTILE = "<script>alert('x')</script>"
CANARY = "sk-test-canary-of-the-ledger"
HOUR_S = 3600
NOW_S = time.time()


def recorded(number: int, hours_ago: float = 0.0, **more: Any) -> Record:
    return ended(number, started_at=NOW_S - hours_ago * HOUR_S, **more)


RECORDS = (
    recorded(1, 50, client="codex", project=None),
    recorded(2, 26, provider="b", model="n", cost_usd=0.5),
    recorded(3, 2, outcome="upstream_error", status=502, error="overloaded: no", cost_usd=None),
    recorded(4, 1, asked_model=HOSTILE),
    recorded(5, 0, client="100%_sure", asked_model="y"),
)


@pytest.fixture
async def face(tmp_path: Path) -> AsyncIterator[Face]:
    redactor = Redactor()
    redactor.hide([Secret(CANARY)])
    path = write_ledger(tmp_path, RECORDS, "living")

    def more(gateway: Any) -> list[Any]:
        return [Recorded(path, gateway.recent, "living", redactor.value).register]

    async with open_face(tmp_path, more=more) as opened:
        await opened.log_in()
        yield opened


async def ids(face: Face, query: str) -> list[int]:
    status, told = await face.get(f"/aimux/v1/ledger?{query}")
    assert status == 200, told
    return [int(each["id"].removeprefix("ax_")) for each in told["exchanges"]]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", [5, 4, 3, 2, 1]),
        ("limit=2", [5, 4]),
        ("limit=2&before=4", [3, 2]),
        ("provider=b", [2]),
        ("model=n", [2]),
        ("model=b/n", [2]),
        ("model=asked", [3, 2, 1]),
        ("client=codex", [1]),
        ("session=s1&limit=1", [5]),
        ("session=other", []),
        ("outcome=ok", [5, 4, 2, 1]),
        ("outcome=failed", [3]),
        ("outcome=upstream_error", [3]),
        ("project=/srv/shop&limit=1", [5]),
        ("q=script", [4]),
        ("q=%25_sure", [5]),
        ("q=%25", [5]),
        ("q=_", [5, 4, 3, 2, 1]),
        ("q=%5C", []),
        ("q=' OR 1=1 --", []),
        ("provider=' OR 1=1 --", []),
    ],
)
async def test_pages_and_filters(face: Face, query: str, found: list[int]) -> None:
    """Each alone; what is typed is a value and never a part of the question."""
    assert await ids(face, query) == found


async def test_turning_pages(face: Face) -> None:
    """The next one begins where this one ends; the last one says so."""
    _, first = await face.get("/aimux/v1/ledger?limit=3")
    _, second = await face.get(f"/aimux/v1/ledger?limit=3&before={first['next']}")

    assert [len(each["exchanges"]) for each in (first, second)] == [3, 2]
    assert second["next"] is None
    assert first["exchanges"][0]["attempts"][0]["provider"] == "a"


async def test_a_search_that_takes_too_long(face: Face, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is ended, and said."""
    monkeypatch.setattr(ledger_pages, "SEARCH_S", -1)
    monkeypatch.setattr(ledger_pages, "STEPS", 1)
    status, told = await face.get("/aimux/v1/ledger?q=x")

    assert status == 400
    assert "narrower" in told["error"]["hint"]


async def test_what_a_client_wrote_stays_a_text(face: Face) -> None:
    """JSON and nothing else, whatever stands in it."""
    status, headers, body = await face.full("GET", "/aimux/v1/ledger?q=script")

    assert status == 200
    assert headers["content-type"] == "application/json; charset=utf-8"
    assert headers["x-content-type-options"] == "nosniff"
    assert json.loads(body)["exchanges"][0]["asked_model"] == HOSTILE


async def test_one_with_its_story(face: Face) -> None:
    """The record and the sentences of aimux why; the newest by its other name."""
    status, told = await face.get(f"/aimux/v1/ledger/ax_{3:020x}")
    _, newest = await face.get("/aimux/v1/ledger/last")

    assert status == 200
    assert told["outcome"] == "upstream_error"
    assert told["story"][0] == told["id"]
    assert "Nobody was left to ask: the client was told the error." in told["story"]
    assert newest["id"] == f"ax_{5:020x}"


async def test_one_that_is_only_remembered(face: Face) -> None:
    """The ledger has it a moment later; what providers said it never has."""
    record = recorded(9, error=f"upstream: {CANARY}", outcome="upstream_error")
    record.attempts[0].error = f"said {CANARY}"
    face.served.gateway.recent.add(record)
    also = recorded(3, outcome="upstream_error", error="overloaded: the words")
    also.attempts[0].error = "come again"
    face.served.gateway.recent.add(also)

    status, told = await face.get(f"/aimux/v1/ledger/{record.id}")
    _, both = await face.get(f"/aimux/v1/ledger/{also.id}")

    assert status == 200
    assert CANARY not in json.dumps(told)
    assert "   it said: said ********" in told["story"]
    assert "   it said: come again" in both["story"]
    assert (await face.get("/aimux/v1/ledger/nothing"))[0] == 404


async def test_usage(face: Face) -> None:
    """By each of what it can be told by, as the command tells it."""
    _, told = await face.get("/aimux/v1/usage?since=3d")
    rows = {each["name"]: each for each in told["rows"]}

    assert set(rows) == {"a", "b"}
    assert rows["b"]["cost_usd"] == 0.5
    assert rows["a"]["requests"] == 4
    assert rows["a"]["failed"] == 1
    assert told["total"]["requests"] == 5
    assert told["by"] == "provider"
    assert (told["missing"], told["missing_at_least"]) == (0, False)
    for by, name in (("model", "b/n"), ("client", "codex"), ("project", "/srv/shop")):
        _, other = await face.get(f"/aimux/v1/usage?since=3d&by={by}")
        assert name in {each["name"] for each in other["rows"]}
    _, days = await face.get("/aimux/v1/usage?since=3d&by=day")
    assert [each["name"] for each in days["rows"]] == sorted(each["name"] for each in days["rows"])


async def test_a_plot_by_hour(face: Face) -> None:
    """One number for each hour, also where there was nothing."""
    _, told = await face.get("/aimux/v1/usage/series?since=3d&bucket=hour")
    times, lines = told["times"], told["series"]

    assert len(times) == 73
    assert {b - a for a, b in itertools.pairwise(times)} == {HOUR_S}
    assert set(lines) == {"a", "b"}
    assert set(lines["a"]) == set(ledger_pages.PLOTTED)
    assert all(len(each) == len(times) for line in lines.values() for each in line.values())
    assert sum(lines["a"]["exchanges"]) == 4
    at = times.index(int(NOW_S - 26 * HOUR_S) // HOUR_S * HOUR_S)
    assert lines["b"]["cost_usd"][at] == 0.5
    assert sum(lines["b"]["cost_usd"]) == 0.5


async def test_a_plot_by_day(face: Face) -> None:
    """Days as they are here, one line for all."""
    _, told = await face.get("/aimux/v1/usage/series?since=3d&by=all")

    assert len(told["times"]) in {4, 5}
    for each in told["times"]:
        here = datetime.fromtimestamp(each).astimezone()
        assert (here.hour, here.minute) == (0, 0)
    (line,) = told["series"].values()
    assert sum(line["exchanges"]) == 5
    assert line["failures"][-1] + line["failures"][-2] == 1


async def test_too_many_names_are_one_line(face: Face, monkeypatch: pytest.MonkeyPatch) -> None:
    """The dearest keep their own."""
    monkeypatch.setattr(ledger_pages, "MOST_NAMES", 2)
    _, told = await face.get("/aimux/v1/usage/series?since=3d&by=client")

    assert set(told["series"]) == {"claude-code", ledger_pages.OTHERS}
    assert sum(told["series"][ledger_pages.OTHERS]["exchanges"]) == 2


@pytest.mark.parametrize(
    ("path", "param"),
    [
        ("usage?since=soon", "since takes a span"),
        ("usage?by=colour", "by 'colour' is none of provider, model"),
        ("usage/series?by=day", "by 'day' is none of"),
        ("usage/series?bucket=week", "bucket 'week' is none of hour, day"),
        ("usage/series?bucket=hour&since=60d", "more than 31 days are shown by day"),
        ("ledger?limit=x", "limit must be a whole number"),
        ("ledger?before=-1", "before must be a whole number"),
    ],
)
async def test_what_has_no_meaning(face: Face, path: str, param: str) -> None:
    """It is said what is allowed."""
    status, told = await face.get(f"/aimux/v1/{path}")

    assert status == 400
    assert param in told["error"]["message"]


async def test_no_ledger_yet(tmp_path: Path) -> None:
    """Nothing, in the same shapes."""

    def more(gateway: Any) -> list[Any]:
        return [Recorded(tmp_path / "no", gateway.recent, "i", lambda value: value).register]

    async with open_face(tmp_path, more=more) as face:
        await face.log_in()
        assert await face.get("/aimux/v1/ledger") == (200, {"exchanges": [], "next": None})
        assert (await face.get("/aimux/v1/usage"))[1]["rows"] == []
        assert (await face.get("/aimux/v1/usage/series"))[1] == {"times": [], "series": {}}
        assert (await face.get("/aimux/v1/ledger/last"))[0] == 404


async def test_a_ledger_that_is_none(tmp_path: Path) -> None:
    """It is said, and nothing breaks."""
    (tmp_path / "no").write_bytes(b"x" * 5000)

    def more(gateway: Any) -> list[Any]:
        return [Recorded(tmp_path / "no", gateway.recent, "i", lambda value: value).register]

    async with open_face(tmp_path, more=more) as face:
        await face.log_in()
        status, told = await face.get("/aimux/v1/ledger")

    assert status == 500
    assert "cannot be read now" in told["error"]["message"]
