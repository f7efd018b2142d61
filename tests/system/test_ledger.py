"""Real daemons and their ledgers: sums against what the upstream counted, kills, disks, secrets."""

from __future__ import annotations

import contextlib
import json
import resource
import signal
import sqlite3
import threading
from pathlib import Path
from typing import Any

import pytest

from tests.support.answers import ANTHROPIC, answer, cut, failure, path
from tests.support.daemon import Home, until
from tests.support.patience import PATIENCE_S
from tests.support.upstream import FakeUpstream, Gate, Pause

PROMPT = "canary of a prompt that nobody may keep 7f3a"
KEY = "canary+/=8f3a5b9c7d1e2f4a6b8c0d2e4f6a8b0c"
WHOLE = {"model": "m", "max_tokens": 10, "messages": [{"role": "user", "content": PROMPT}]}
PRICED = """
[providers.up.models.m]
price = { input = 2, output = 10 }
"""


def ask(home: Home, body: dict[str, Any] | None = None, **headers: str) -> str:
    """One request; its id."""
    with contextlib.closing(home.connection()) as connection:
        given = {
            "content-type": "application/json",
            "anthropic-version": "2023-06-01",
            "authorization": f"Bearer {home.token}",
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        connection.request("POST", "/v1/messages", json.dumps(body or WHOLE), given)
        response = connection.getresponse()
        response.read()
        return response.headers["x-aimux-request-id"]


def rows(home: Home) -> list[dict[str, Any]]:
    """What ``aimux requests --json`` tells."""
    done = home.aimux("requests", "-n", "10000", "--json")
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def usage(home: Home, *more: str) -> dict[str, Any]:
    done = home.aimux("usage", "--json", *more)
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def test_sums_are_those_of_an_independent_count(home: Home, upstream: FakeUpstream) -> None:
    """What the upstream has said it used, added up by the test, is what ``usage`` shows, by everything
    it can show; failures and rejections are counted.
    """
    home.extra["TEST_KEY"] = "sk-test-0123456789abcdef"
    home.configure(upstream.url, more=PRICED)
    home.start()
    upstream.script(
        path(ANTHROPIC),
        *(answer(ANTHROPIC) for _ in range(5)),
        failure(ANTHROPIC, 400, "no"),
        *(answer(ANTHROPIC, stream=True) for _ in range(4)),
    )
    for number in range(6):
        ask(home, x_aimux_project=f"/srv/{number % 2}")
    for _ in range(4):
        ask(home, {**WHOLE, "stream": True}, user_agent="claude-cli/2.0 (external)")
    with home.asking({"messages": []}) as response:
        response.read()
    home.stop()

    told = rows(home)
    assert len(upstream.requests) == 10
    assert len(told) == 11
    assert len({each["id"] for each in told}) == 11
    used = json.loads(answer(ANTHROPIC).body)["usage"]
    for by in ("provider", "model", "client", "project", "session", "day"):
        total = usage(home, "--by", by)["total"]
        assert total["requests"] == 11
        assert total["failed"] == 2
        assert total["attempts"] == 10
        assert total["input_tokens"] == sum(each["input_tokens"] or 0 for each in told)
        assert total["output_tokens"] == sum(each["output_tokens"] or 0 for each in told)
    assert usage(home)["total"]["output_tokens"] == 9 * used["output_tokens"]
    assert usage(home)["missing"] == 0
    clients = {each["name"]: each["requests"] for each in usage(home, "--by", "client")["rows"]}
    assert clients["claude-code"] == 4


@pytest.mark.untraced  # a daemon that is killed says nothing of its coverage
def test_killed_again_and_again(home: Home, upstream: FakeUpstream) -> None:
    """Requests from several threads, kill -9 in the middle, a new daemon: after each round what is in the
    file and what is said to be missing are together what was let in, and the file is whole.
    """
    home.extra["TEST_KEY"] = "sk-test-0123456789abcdef"
    home.configure(upstream.url)
    upstream.always(path(ANTHROPIC), answer(ANTHROPIC))
    answered: list[str] = []
    for each in range(3):
        home.start()
        ends = threading.Event()

        def work(ends: threading.Event = ends) -> None:
            while not ends.is_set():
                try:
                    answered.append(ask(home))
                except (OSError, AssertionError, TypeError, ValueError):
                    return
                except Exception:  # noqa: BLE001 -- whatever a connection says whose server is dead
                    return

        workers = [threading.Thread(target=work) for _ in range(4)]
        for worker in workers:
            worker.start()
        until(home.paths.ledger.exists)
        until(lambda: usage(home)["rows"] != [])  # the file itself takes a moment on a slow disk
        goal = len(answered) + 40 * (each + 1)
        until(lambda goal=goal: len(answered) > goal)  # type: ignore[misc]
        home.signal(signal.SIGKILL)
        ends.set()
        for worker in workers:
            worker.join(10)
        until(lambda: not home.is_running)
        told = usage(home)  # before anybody has started anew
        found = {row["id"] for row in rows(home)}
        lost = [name for name in answered if name not in found]
        assert (
            len(lost) <= told["missing"] <= len(lost) + 4 * (each + 1)
        )  # open ones have no answer
        assert not told["missing_at_least"]
        assert len(found) == told["total"]["requests"]
    home.start()
    told = usage(home)  # whether or not the new one has closed the books of the last
    ledger = sqlite3.connect(home.paths.ledger)
    until(lambda: ledger.execute("SELECT count(*) FROM runs").fetchone()[0] == 4)
    promised = ledger.execute("SELECT sum(begun) FROM runs").fetchone()[0]
    assert promised == told["total"]["requests"] + told["missing"]
    assert promised >= len(answered)
    ended = sqlite3.connect(home.paths.ledger).execute("SELECT ended FROM runs ORDER BY run")
    assert [row[0] for row in ended] == ["killed"] * 3 + [None]
    whole = sqlite3.connect(home.paths.ledger).execute("PRAGMA integrity_check").fetchone()
    assert whole == ("ok",)


def test_no_prompt_and_no_key_in_any_byte(home: Home, upstream: FakeUpstream) -> None:
    """Answers, errors that repeat key and prompt, cut streams, a crash: neither is in any file, and no
    command prints them.
    """
    home.extra["TEST_KEY"] = KEY
    home.configure(upstream.url)
    home.start()
    upstream.script(
        path(ANTHROPIC),
        answer(ANTHROPIC),
        failure(ANTHROPIC, 401, f"invalid x-api-key: {KEY}"),
        cut(answer(ANTHROPIC, stream=True), after=3),
    )
    asked = [ask(home), ask(home)]
    with contextlib.suppress(Exception):  # the cut stream
        asked.append(ask(home, {**WHOLE, "stream": True}))
    with contextlib.suppress(Exception):
        ask(home, {**WHOLE, "model": KEY})
    until(lambda: len(rows(home)) == 4)
    commands = (
        ("requests",),
        ("requests", "--json"),
        ("usage",),
        ("why", "--last", "--json"),
        *(("why", each) for each in asked),
        ("logs", "-n", "1000"),
    )
    said = [home.aimux(*command) for command in commands]
    home.signal(signal.SIGKILL)
    until(lambda: not home.is_running)

    files = [each for each in home.folder.rglob("*") if each.is_file()]
    assert home.paths.ledger in files
    kept = {"admin.token", "client.token"}
    for each in files:
        if each.name not in kept:
            content = each.read_bytes()
            assert PROMPT.encode() not in content, each
            assert KEY.encode() not in content, each
            assert home.token.encode() not in content, each
    for done in said:
        assert PROMPT not in done.stdout + done.stderr
        assert KEY not in done.stdout + done.stderr


def test_a_full_disk_stops_no_request(home: Home, upstream: FakeUpstream) -> None:
    """The daemon may write no file any longer than it is: requests go on, one warning, status says it;
    with room again all of them are recorded.
    """
    home.extra["TEST_KEY"] = "sk-test-0123456789abcdef"
    home.configure(upstream.url)
    upstream.always(path(ANTHROPIC), answer(ANTHROPIC))
    home.start()
    ask(home)
    until(lambda: len(rows(home)) == 1)
    pid = home.presence.pid
    _, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (4096, hard))
    for _ in range(20):
        ask(home)
    until(lambda: any("requests go on" in each for each in home.admin.status()["notices"]))
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (hard, hard))
    until(lambda: len(rows(home)) == 21)
    until(lambda: not any("requests go on" in each for each in home.admin.status()["notices"]))

    assert usage(home)["missing"] == 0


def test_a_damaged_file_stops_no_request(home: Home, upstream: FakeUpstream) -> None:
    """Found at the start: set aside, a new one begun, said once in the log and in status."""
    home.extra["TEST_KEY"] = "sk-test-0123456789abcdef"
    home.configure(upstream.url)
    upstream.always(path(ANTHROPIC), answer(ANTHROPIC))
    home.paths.ledger.write_bytes(b"no database at all" * 100)
    broken = home.aimux("usage")
    home.start()
    name = ask(home)
    until(lambda: home.admin.status()["notices"] != [])
    until(lambda: [each["id"] for each in rows(home)] == [name])
    notices = home.admin.status()["notices"]
    home.stop()

    assert broken.returncode == 1
    assert "cannot be read" in broken.stderr
    [aside] = home.folder.glob("ledger.sqlite3.broken-*")
    assert any(str(aside) in each for each in notices)
    assert len([each for each in home.log() if "set aside" in each["message"]]) == 1


def test_an_open_exchange_is_asked_of_the_daemon(home: Home, upstream: FakeUpstream) -> None:
    """It is in no file yet; once it has ended it is."""
    home.extra["TEST_KEY"] = "sk-test-0123456789abcdef"
    home.configure(upstream.url)
    home.start()
    gate, streamed = Gate(), answer(ANTHROPIC, stream=True)
    first, *rest = streamed.pieces
    upstream.script(
        path(ANTHROPIC),
        type(streamed)(
            streamed.status, streamed.headers, (first, Pause(gate), *rest), streamed.framing
        ),
    )
    with home.asking({**WHOLE, "stream": True}) as response:
        name = response.headers["x-aimux-request-id"]
        told = home.aimux("why", name)
        gate.open()
        response.read()
    until(lambda: len(rows(home)) == 1)
    after = home.aimux("why", name)

    assert told.returncode == 0, told.stderr
    assert "still open" in told.stdout
    assert "answered, its first words after" in after.stdout


def test_switched_off(home: Home, upstream: FakeUpstream) -> None:
    """No file, and commands say that there is nothing."""
    home.extra["TEST_KEY"] = "sk-test-0123456789abcdef"
    home.configure(upstream.url, more="[ledger]\nenabled = false\n")
    upstream.always(path(ANTHROPIC), answer(ANTHROPIC))
    home.start()
    ask(home)
    home.stop()

    assert not home.paths.ledger.exists()
    done = home.aimux("requests")
    assert (done.returncode, done.stdout) == (0, "")
    assert "no request has been recorded yet" in done.stderr
    assert home.aimux("why", "--last").returncode == 1


@pytest.fixture(autouse=True)
def _nothing_is_left_in_memory(home: Home) -> Any:
    """A daemon that was killed leaves its count to the next one; the next one takes it away."""
    yield
    from aimux.telemetry.ledger_tally import Tally

    if not home.is_running:
        Tally(home.folder, "0" * 16).remove()


def test_a_clean_end_leaves_nothing_in_memory(home: Home) -> None:
    """Nor beside the ledger."""
    from aimux.telemetry.ledger_tally import read_counts

    home.start()
    until(lambda: bool(read_counts(home.folder)))
    home.stop()

    assert read_counts(home.folder) == ()
    assert not Path(home.folder / "ledger.count").exists()


def test_requests_are_followed(home: Home, upstream: FakeUpstream) -> None:
    """Each as it ends, a JSON object a line; over a ledger that is not there yet."""
    home.extra["TEST_KEY"] = "sk-test-0123456789abcdef"
    home.configure(upstream.url)
    upstream.always(path(ANTHROPIC), answer(ANTHROPIC))
    follower = home.spawn("requests", "--follow", "--json")
    home.start()
    asked = [ask(home) for _ in range(3)]

    assert follower.stdout is not None
    told = [json.loads(follower.stdout.readline())["id"] for _ in asked]
    follower.send_signal(signal.SIGINT)

    assert told == asked
    assert follower.wait(PATIENCE_S) in {0, 130}
