"""The status screen, line by line, and the command around it."""

from __future__ import annotations

import datetime as dt
import fcntl
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from aimux import __version__
from aimux.admin.presence import Presence, write_presence
from aimux.admin.shapes import ProviderStatusShape, QuotaShape, StatusShape
from aimux.cli.status import duration, screen
from aimux.config.paths import Paths
from tests.support.command import Command
from tests.support.script import Answer
from tests.support.upstream import FakeUpstream


def provider(name: str = "zai", **more: Any) -> ProviderStatusShape:
    shape: Any = {
        "name": name,
        "enabled": True,
        "usable": True,
        "key": "ready",
        "key_problem": None,
        "health": "ok",
        "health_reason": None,
        "cooling_s": None,
        "troubles": [],
        "in_flight": 1,
        "requests": 12,
        "failures": 3,
        "formats": ["anthropic"],
        "quotas": [],
    }
    return {**shape, **more}  # type: ignore[typeddict-item]  # keyed by hand


def recent(**more: Any) -> Any:
    nothing = dict.fromkeys(("error_rate", "first_event_p50_ms", "first_event_p95_ms"))
    return {"minutes": 5.0, "requests_per_min": 0.0, **nothing, **more}


def status(**more: Any) -> StatusShape:
    shape: Any = {
        "schema": 1,
        "state": "running",
        "version": __version__,
        "pid": 4711,
        "instance": "0011aabb",
        "address": "127.0.0.1:24689",
        "url": "http://127.0.0.1:24689",
        "uptime_s": 7500.0,
        "started_at": "2026-11-23T01:00:00Z",
        "config_path": "/home/ann/.config/aimux/config.toml",
        "config_generation": 3,
        "config_changed_on_disk": False,
        "requests": 120,
        "failures": 2,
        "in_flight": 1,
        "memory_mb": 56.7,
        "open_files": 21,
        "most_files": 1024,
        "connections": 3,
        "tasks": 7,
        "threads": 2,
        "loop_lag_ms": 1.0,
        "recent": recent(),
        "auth": "token",
        "providers": [provider()],
        "budgets": [],
        "notices": [],
    }
    return {**shape, **more}  # type: ignore[typeddict-item]  # keyed by hand


def lines(**more: Any) -> list[str]:
    return list(screen(status(**more)))


def test_screen() -> None:
    """Everything on one screen of 80 columns."""
    shown = lines(providers=[provider(), provider("local", key="none-needed", health="unknown")])

    assert shown == [
        f"aimux {__version__}  running  http://127.0.0.1:24689",
        "  process   pid 4711, up 2 h 5 min, 57 MiB, 21 open files, 7 tasks",
        "  config    /home/ann/.config/aimux/config.toml (generation 3)",
        "  requests  120, 2 failed, 1 in flight",
        "",
        "  provider  health   key          requests  failed  open",
        "  zai       ok       ready              12       3     1",
        "  local     unknown  none needed        12       3     1",
    ]
    assert max(map(len, shown)) <= 80


@pytest.mark.parametrize(
    ("more", "line"),
    [
        ({"loop_lag_ms": 31.4}, "57 MiB, 21 open files, 7 tasks, 31 ms late"),
        (
            {"recent": recent(requests_per_min=2.4, error_rate=0.25)},
            "  lately    2.4 a minute, 25 % failed",
        ),
        (
            {
                "recent": recent(
                    requests_per_min=12.0,
                    error_rate=0.0,
                    first_event_p50_ms=812.0,
                    first_event_p95_ms=3140.0,
                )
            },
            "12 a minute, 0 % failed, first event 0.81 s, 95 % within 3.1 s",
        ),
        ({"config_changed_on_disk": True}, "changed on disk, not reloaded: aimux reload"),
        ({"notices": ["do this"]}, "! do this"),
        (
            {"version": "0.0.1"},
            f"! the daemon is version 0.0.1, this command {__version__}: aimux restart",
        ),
        ({"providers": [provider(enabled=False)]}, "zai       disabled  ready"),
        (
            {
                "providers": [
                    provider(health="cooling", health_reason="429 slow down", cooling_s=61.0)
                ]
            },
            "    429 slow down, again in 1 min",
        ),
        ({"providers": [provider(health="cooling")]}, "    cooling"),
        (
            {"providers": [provider(key="missing", key_problem="the keyring has no key")]},
            "    the keyring has no key",
        ),
    ],
)
def test_what_is_wrong(more: dict[str, Any], line: str) -> None:
    """Each trouble has its line."""
    assert line in "\n".join(lines(**more))


# ---------------------------------------------------------------- what is left of plans


def quota(window: str, used: float | None, **more: Any) -> QuotaShape:
    shape: Any = {
        "key": "default",
        "model": None,
        "window": window,
        "used": used,
        "remaining": None,
        "limit": None,
        "resets_at": None,
        "state": "",
        "stale": False,
    }
    return {**shape, **more}  # type: ignore[typeddict-item]  # keyed by hand


def in_hours(hours: float) -> tuple[str, dt.datetime]:
    when = (dt.datetime.now(dt.UTC) + dt.timedelta(hours=hours)).replace(microsecond=0)
    return when.isoformat().replace("+00:00", "Z"), when.astimezone()


def test_what_is_left_of_a_plan() -> None:
    """A line below the provider: shares, and when they come back, in local time."""
    soon, later = in_hours(2), in_hours(24 * 5)
    shown = lines(
        providers=[
            provider(
                quotas=[
                    quota("5h", 0.629, resets_at=soon[0]),
                    quota("7d", 0.31, resets_at=later[0]),
                    quota("week", 1.0),
                    quota("7d_x", None, state="allowed"),
                    quota("requests", 0.9, model="m"),
                ]
            )
        ]
    )

    assert shown[-1] == (
        f"    5h 62 % (resets {soon[1]:%H:%M}), 7d 31 % (resets {later[1]:%a %H:%M}), week 100 %"
    )


def test_what_is_used_up_is_said_of_models_too() -> None:
    """Each key has its line."""
    shown = lines(
        providers=[
            provider(
                quotas=[
                    quota("5h", 0.7, key="work", state="rejected"),
                    quota("credits", None, key="work", model="glm-5.3", state="rejected"),
                    quota("requests", 1.0, key="home", model="glm-5.3"),
                ]
            )
        ]
    )

    assert shown[-2:] == [
        "    work: 5h used up, glm-5.3 credits used up",
        "    home: glm-5.3 requests 100 %",
    ]


def test_many_windows_stay_within_80_columns() -> None:
    """They go on in the next line, below the first."""
    many = [quota(f"{each}d", 0.5, resets_at=in_hours(2)[0]) for each in range(1, 9)]
    shown = lines(
        providers=[provider(quotas=[*many, quota("5h", 0.1, key="x")])],
    )[7:]

    assert max(map(len, shown)) <= 80
    assert len(shown) == 5
    assert shown[1].startswith("             3d 50 %")
    assert shown[-1] == "    x: 5h 10 %"


def test_a_daemon_of_before_tells_no_windows() -> None:
    """Its status is shown all the same."""
    older = provider()
    del older["quotas"]  # type: ignore[misc]  # that is the point

    assert lines(providers=[older]) == lines()


def trouble(what: str, which: str, state: str, for_s: float, reason: str = "") -> dict[str, Any]:
    return {"what": what, "which": which, "state": state, "reason": reason, "for_s": for_s}


@pytest.mark.parametrize(
    ("each", "line"),
    [
        (
            trouble("circuit", "glm-5.3", "open", 14.0, "500 internal error"),
            "    glm-5.3 is left alone for 14 s: 500 internal error",
        ),
        (
            trouble("circuit", "glm-5.3", "half-open", 0.0, "500"),
            "    glm-5.3 is tried again with the next request: 500",
        ),
        (trouble("circuit", "glm-5.3", "probing", 170.0), "    glm-5.3 is tried again now"),
        (trouble("key", "work", "cooling", 61.0, "429"), "    key work rests for 1 min: 429"),
        (trouble("model", "m", "cooling", 0.2), "    model m rests for 1 s"),
        (
            trouble("key", "work", "dead", 600.0, "401 invalid key"),
            "    key work is dead: 401 invalid key; aimux keys set zai/work",
        ),
    ],
)
def test_troubles(each: dict[str, Any], line: str) -> None:
    """What is left alone, for how long, why, and what to do where somebody has to do something."""
    shown = lines(providers=[provider(health="cooling", troubles=[each])])

    assert shown[-1] == line


def test_dead_keys_come_first_and_the_rest_is_counted() -> None:
    """A line each, the longest first; of very many only the first ones."""
    rests = [trouble("circuit", f"m{number}", "open", 10.0 + number) for number in range(8)]
    dead = trouble("key", "default", "dead", 5.0)

    shown = lines(providers=[provider(troubles=[*rests, dead])])

    assert shown[-5:] == [
        "    key default is dead; aimux keys set zai/default",
        "    m7 is left alone for 17 s",
        "    m6 is left alone for 16 s",
        "    m5 is left alone for 15 s",
        "    and 5 more: aimux status --json",
    ]


def test_five_troubles_need_no_count() -> None:
    """One line more says as much as a line that there is one more."""
    rests = [trouble("circuit", f"m{number}", "open", 10.0) for number in range(5)]

    shown = lines(providers=[provider(troubles=rests)])

    assert len([line for line in shown if "is left alone" in line]) == 5


def test_budgets() -> None:
    """How much of what is spent, when it begins anew; a daemon of before has none."""
    resets, when = in_hours(2)
    budgets = [
        {"name": "daily", "scope": "all", "window": "day", "limit_usd": 20.0, "spent_usd": 17.5,
         "reserved_usd": 0.0, "ends_at": resets, "at_limit": "stop", "state": "warning"},
        {"name": "each", "scope": "client:codex", "window": "session", "limit_usd": 1.0,
         "spent_usd": 0.0, "reserved_usd": 0.0, "ends_at": None, "at_limit": "degrade", "state": "ok"},
    ]  # fmt: skip
    shown = lines(budgets=budgets)

    assert f"  daily   all           $17.50 of $20.00 (87 %)  {when:%H:%M}" in shown
    assert "  each    client:codex  $0.00 of $1.00 (0 %)     each session" in shown
    before = status()
    del before["budgets"]  # type: ignore[misc]  # as an older daemon answers
    assert list(screen(before))


def test_disabled_provider_has_no_trouble() -> None:
    """What is switched off may lack its key."""
    shown = lines(providers=[provider(enabled=False, key_problem="the keyring has no key")])

    assert "the keyring has no key" not in "\n".join(shown)


def test_no_failures() -> None:
    """No failure is nothing to be red about."""
    assert "120, 0 failed, 1 in flight" in "\n".join(lines(failures=0))


def test_no_providers() -> None:
    """Without providers there is no table."""
    assert len(lines(providers=[])) == 4


def test_control_characters_do_not_reach_the_terminal() -> None:
    """What a provider or a path says cannot drive the terminal."""
    shown = "".join(
        lines(
            config_path="/x\x1b[2J",
            notices=["a\x1b]0;b"],
            providers=[provider("a\x1b[1m", health="cooling", health_reason="\x1b[31m")],
        )
    )

    assert "\x1b" not in shown


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"),
        (59.9, "59 s"),
        (60, "1 min"),
        (3599, "59 min"),
        (3600, "1 h 0 min"),
        (90000, "1 d 1 h"),
    ],
)
def test_duration(seconds: float, text: str) -> None:
    """A span of time as a person says it."""
    assert duration(seconds) == text


# ---------------------------------------------------------------- the command


@pytest.fixture
def command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Command:
    return Command(tmp_path, monkeypatch, capsys)


@pytest.fixture
def running(command: Command, upstream: FakeUpstream) -> Iterator[FakeUpstream]:
    """Something that answers as the daemon of that home."""
    paths = Paths(config=command.home / "config.toml", state=command.home)
    paths.admin_token.write_text("aimux-admin-test\n")
    card = Presence(os.getpid(), "1", "i", "", upstream.url, "", __version__)
    write_presence(paths, card)
    upstream.always("/aimux/v1/ping", answering({"instance": "i", "pid": 1, "aimux": "1"}))
    upstream.always("/aimux/v1/status", answering(dict(status())))
    descriptor = os.open(paths.lock, os.O_RDWR | os.O_CREAT)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    yield upstream
    os.close(descriptor)


def answering(body: object) -> Answer:
    return Answer(pieces=(json.dumps(body).encode(),))


def test_command(command: Command, running: FakeUpstream) -> None:
    """The screen on stdout, nothing on stderr."""
    done = command("status")

    assert (done.code, done.err) == (0, "")
    assert done.out.splitlines() == lines()


def test_json(command: Command, running: FakeUpstream) -> None:
    """``--json`` is what the daemon said, whole."""
    done = command("status", "--json")

    assert done.code == 0
    assert json.loads(done.out) == status()


def test_colours(command: Command, running: FakeUpstream, monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal that wants colours gets them, and the same text."""
    monkeypatch.setitem(command.environ, "NO_COLOR", "")

    shown = command.on_terminal("status").out

    assert "\x1b[32mrunning\x1b[0m" in shown
    assert re.sub(r"\x1b\[\d+m", "", shown).splitlines() == lines()


def test_not_running(command: Command) -> None:
    """Exit code 3, what to type; JSON for who asks for it."""
    words = command("status")
    told = command("status", "--json")

    assert (words.code, words.out) == (3, "")
    assert words.err == "error: aimux is not running\n  hint: start it with: aimux start\n"
    assert (told.code, told.err) == (3, "")
    assert json.loads(told.out)["error"] == {
        "code": "not-running",
        "message": "aimux is not running",
        "hint": "start it with: aimux start",
    }


@pytest.mark.parametrize("as_json", [False, True])
def test_watch(
    command: Command, running: FakeUpstream, monkeypatch: pytest.MonkeyPatch, as_json: bool
) -> None:
    """Picture after picture until Ctrl-C, which ends it in peace; JSON is one object a line."""
    stop_after(3, monkeypatch)

    done = command("status", "--watch", *(["--json"] if as_json else []))

    assert (done.code, done.err) == (0, "")
    if as_json:
        assert [json.loads(line)["pid"] for line in done.out.splitlines()] == [4711] * 3
    else:
        assert done.out.splitlines() == lines() * 3


@pytest.mark.parametrize("as_json", [False, True])
def test_watch_of_nothing(command: Command, monkeypatch: pytest.MonkeyPatch, as_json: bool) -> None:
    """A daemon that is away may come back: it is watched for."""
    stop_after(2, monkeypatch)

    done = command("status", "--watch", *(["--json"] if as_json else []))

    assert done.code == 0
    assert done.out.count("aimux is not running") == 2


def test_watch_clears_a_terminal(
    command: Command, running: FakeUpstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a terminal each picture takes the place of the one before."""
    stop_after(2, monkeypatch)

    shown = command.on_terminal("status", "--watch").out

    assert shown.count("\x1b[H\x1b[2J") == 2


def stop_after(pictures: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C after so many pictures."""
    left = [pictures]

    def sleep(_: float) -> None:
        left[0] -= 1
        if not left[0]:
            raise KeyboardInterrupt

    monkeypatch.setattr("time.sleep", sleep)
