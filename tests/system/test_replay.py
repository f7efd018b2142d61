"""A real daemon that keeps what is said: recorded, sent again elsewhere, compared; and nothing in the
clear.
"""

from __future__ import annotations

import contextlib
import json
import os
import stat
import time
from collections.abc import Iterator
from typing import Any

import pytest

from aimux.model.request import WireFormat
from tests.support.answers import (
    ANTHROPIC,
    GEMINI,
    OPENAI_CHAT,
    OPENAI_RESPONSES,
    TOOLS,
    answer,
    failure,
    path,
)
from tests.support.daemon import Home, until
from tests.support.reply import Reply
from tests.support.upstream import FakeUpstream

PROMPT = "canary of a prompt that stays private 4b1d"
ANSWER = "canary of an answer that stays private 9e2c"
KEY = "sk-test-0123456789abcdef"
BODY = {
    "model": "m",
    "max_tokens": 10,
    "stream": True,
    "messages": [{"role": "user", "content": PROMPT}],
}
KEEP = "\n[replay]\nkeep = true\n"
SECOND = """
[providers.other]
format = "openai-chat"
base_url = "{url}/v1"
keys = []

[providers.up.models.m]
price = {{ input = 2, output = 10 }}
"""


@pytest.fixture
def second() -> Iterator[FakeUpstream]:
    with FakeUpstream() as server:
        yield server


def configure(home: Home, first: FakeUpstream, second: FakeUpstream, more: str = KEEP) -> None:
    home.extra["TEST_KEY"] = KEY
    home.configure(first.url, more=SECOND.format(url=second.url) + more)


def ask(home: Home, body: dict[str, Any] = BODY) -> str:
    with home.asking(body) as response:
        response.read()
        identity = response.headers["x-aimux-request-id"]
    assert identity
    return identity


def kept(home: Home, identity: str) -> bool:
    return (home.paths.bodies / f"{identity}.body").exists()


def recorded(home: Home, identity: str) -> bool:
    return home.aimux("why", identity, "--json").returncode == 0


def told(home: Home, *command: str, code: int = 0) -> dict[str, Any]:
    done = home.aimux(*command, "--json")
    assert done.returncode == code, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_recorded_sent_again_elsewhere_and_compared(
    home: Home, upstream: FakeUpstream, second: FakeUpstream
) -> None:
    """What it was, where it would go, nothing sent without --yes, sent to another format with it, marked
    as a replay, and the difference of the two; no byte of prompt, answer or key in any file.
    """
    configure(home, upstream, second)
    home.start()
    upstream.always(path(ANTHROPIC), answer(ANTHROPIC, Reply(text=(ANSWER,)), stream=True))
    second.always(path(OPENAI_CHAT), answer(OPENAI_CHAT, TOOLS, stream=True))
    first = ask(home)
    until(lambda: kept(home, first))

    shown = home.aimux("replay", first, "--target", "other/m2")
    assert shown.returncode == 0, shown.stderr
    assert "to other/m2: translate; price unknown" in shown.stdout
    assert "nothing was sent; send it with --yes" in shown.stderr
    plan = told(home, "replay", first)
    assert plan["sent"] is False
    assert [each["target"] for each in plan["plan"]["targets"]] == ["up/m"]
    assert plan["plan"]["targets"][0]["cost_usd"] > 0
    assert second.requests == []
    assert len(upstream.requests) == 1

    sent = told(home, "replay", first, "--target", "other/m2", "--yes")
    assert sent["was"]["id"] == first
    assert sent["now"]["id"] == sent["id"] != first
    assert (sent["now"]["provider"], sent["now"]["model"]) == ("other", "m2")
    assert sent["now"]["session"].endswith(f":replay/{first}")
    assert json.loads(second.requests[0].body)["messages"][-1]["content"] == PROMPT
    assert second.requests[0].header("x-aimux-replays") is None

    until(lambda: kept(home, sent["id"]))
    difference = told(home, "diff", first, sent["id"])
    assert difference["not_kept"] == {}
    assert difference["request"]["fields"] == []
    assert difference["request"]["messages"] == []
    assert f"-{ANSWER}" in difference["answer"]["text"]
    assert difference["answer"]["calls"]["first"] == []
    assert difference["answer"]["calls"]["second"]
    words = home.aimux("diff", first, sent["id"])
    assert "The requests say the same." in words.stdout
    assert "the first calls nothing" in words.stdout

    once_more = home.aimux("replay", first, "--yes")  # where the rules lead
    assert once_more.returncode == 0, once_more.stderr
    assert len(upstream.requests) == 2
    assert upstream.requests[1].body == upstream.requests[0].body

    files = [each for each in home.folder.rglob("*") if each.is_file()]
    assert len([each for each in files if each.parent == home.paths.bodies]) >= 2
    for each in files:
        content = each.read_bytes()
        for canary in (PROMPT, ANSWER, KEY, "private 4b1d"):
            assert canary.encode() not in content, each
    assert {stat.S_IMODE(each.stat().st_mode) for each in home.paths.bodies.iterdir()} == {0o600}
    assert stat.S_IMODE(home.paths.bodies.stat().st_mode) == 0o700


FOUR = """
[providers.{name}]
format = "{format}"
base_url = "{url}"
keys = []

[providers.{name}.models.m]
price = {{ input = 2, output = 10 }}
"""
SPOKEN: dict[WireFormat, tuple[str, dict[str, Any]]] = {
    ANTHROPIC: ("/v1/messages?beta=true", BODY),
    OPENAI_CHAT: (
        "/openai/v1/chat/completions",
        {"model": "m", "messages": [{"role": "user", "content": PROMPT}]},
    ),
    OPENAI_RESPONSES: ("/v1/responses", {"model": "m", "stream": True, "input": PROMPT}),
    GEMINI: (
        "/v1beta/models/m:streamGenerateContent?alt=sse",
        {"contents": [{"role": "user", "parts": [{"text": PROMPT}]}]},
    ),
}


def test_each_format_is_sent_again_as_it_came(home: Home, upstream: FakeUpstream) -> None:
    """The same bytes at the same address with the same headers that cross, but for those of one sending;
    the two say the same.
    """
    providers, routes = "", ""
    for format_ in SPOKEN:
        url = upstream.url + ("/v1" if format_.value.startswith("openai") else "")
        providers += FOUR.format(name=f"p-{format_.value}", format=format_.value, url=url)
        routes += (
            f'[[routes]]\nname = "r-{format_.value}"\nmatch = {{ format = "{format_.value}" }}\n'
            f'targets = ["p-{format_.value}/*"]\n'
        )
        streamed = format_ is not OPENAI_CHAT
        upstream.always(path(format_), answer(format_, TOOLS, stream=streamed))
    home.write(providers + routes + KEEP)
    home.start()
    for format_, (where, body) in SPOKEN.items():
        upstream.requests.clear()
        with contextlib.closing(home.connection()) as connection:
            headers = {
                "content-type": "application/json",
                "authorization": f"Bearer {home.token}",
                "x-aimux-project": "/srv/shop",
                "user-agent": "claude-cli/2.0 (external)",
                "x-stainless-lang": "js",
                "idempotency-key": "once",
            }
            connection.request("POST", where, json.dumps(body), headers)
            response = connection.getresponse()
            response.read()
            first = response.headers["x-aimux-request-id"]
        until(lambda first=first: kept(home, first))  # type: ignore[misc]
        sent = told(home, "replay", first, "--yes")
        assert sent["now"]["outcome"] == "ok", format_
        assert sent["now"]["client"] == "claude-code"
        assert sent["now"]["project"] == "/srv/shop"
        assert sent["now"]["cost_usd"] == sent["was"]["cost_usd"] is not None
        one, other = upstream.requests
        assert (one.target, one.body) == (other.target, other.body)
        assert (one.header("idempotency-key"), other.header("idempotency-key")) == ("once", None)
        assert one.header("x-stainless-lang") == other.header("x-stainless-lang") == "js"
        until(lambda sent=sent: kept(home, sent["id"]))  # type: ignore[misc]
        words = home.aimux("diff", first, sent["id"]).stdout
        assert "The requests say the same." in words, format_
        assert "The answers say the same." in words, format_


def test_off_by_default_keeps_nothing(
    home: Home, upstream: FakeUpstream, second: FakeUpstream
) -> None:
    """No folder, no key, and replay says how to turn it on; a reload does that, and turns it off again."""
    configure(home, upstream, second, more="")
    home.start()
    upstream.always(path(ANTHROPIC), answer(ANTHROPIC, stream=True))
    first = ask(home)
    until(lambda: recorded(home, first))
    done = home.aimux("replay", first)
    assert done.returncode == 1
    assert "is not kept" in done.stderr
    assert "aimux config set replay.keep true" in done.stderr
    assert not home.paths.bodies.exists()
    assert not home.paths.vault.exists()

    configure(home, upstream, second)
    assert home.aimux("reload").returncode == 0
    later = ask(home)
    until(lambda: kept(home, later))
    configure(home, upstream, second, more="")
    assert home.aimux("reload").returncode == 0
    last = ask(home)
    home.stop()
    assert not kept(home, last)
    assert kept(home, later)  # until its lifetime is over


def test_what_cannot_be_replayed_says_why(
    home: Home, upstream: FakeUpstream, second: FakeUpstream
) -> None:
    """No daemon is exit 3, a lost key 4, a changed file 4, an expired one 1, a failing provider 5."""
    configure(home, upstream, second)
    home.start()
    upstream.script(
        path(ANTHROPIC), answer(ANTHROPIC, stream=True), failure(ANTHROPIC, 400, "no such luck")
    )
    first = ask(home)
    until(lambda: kept(home, first))
    failed = home.aimux("replay", first, "--yes")
    assert failed.returncode == 5, failed.stderr
    assert "client_error" in failed.stdout
    home.stop()

    assert home.aimux("replay", first).returncode == 0  # planned without a daemon
    done = home.aimux("replay", first, "--yes")
    assert done.returncode == 3, done.stderr
    unknown = home.aimux("replay", "ax_" + "0" * 20)
    assert (unknown.returncode, "no request" in unknown.stderr) == (1, True)

    key = home.folder / "vault.key"
    key.rename(home.folder / "elsewhere")
    assert home.aimux("replay", first).returncode == 4
    (home.folder / "elsewhere").rename(key)

    file = home.paths.bodies / f"{first}.body"
    whole = file.read_bytes()
    file.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    assert home.aimux("replay", first).returncode == 4
    file.write_bytes(whole)

    configure(home, upstream, second, more='\n[replay]\nkeep = true\nlifetime = "60s"\n')
    past = time.time() - 3600
    os.utime(file, (past, past))
    home.start()
    until(lambda: not file.exists())
    gone = home.aimux("replay", first)
    assert gone.returncode == 1
    difference = told(home, "diff", first, first)
    assert first in difference["not_kept"]
    assert difference["request"] is None
