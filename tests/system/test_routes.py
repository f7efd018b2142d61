"""``routes test`` and ``providers reset`` against a real daemon that has seen failures."""

from __future__ import annotations

import json

from tests.support.answers import ANTHROPIC, answer
from tests.support.daemon import Home
from tests.support.script import Answer
from tests.support.upstream import FakeUpstream

KEY = "sk-test-canary-0123456789abcdefghij"
ASKED = {"model": "m", "max_tokens": 10, "messages": [{"role": "user", "content": "hi"}]}
TEST = ("routes", "test", "--model", "m", "--json")


def two_keys(home: Home, upstream: FakeUpstream) -> None:
    """A daemon with one provider and two keys of it, of which the first one will be refused."""
    home.extra |= {"TEST_KEY": KEY, "OTHER_KEY": KEY[::-1]}
    home.write(
        f'[providers.up]\nformat = "anthropic"\nbase_url = "{upstream.url}"\n'
        'keys = ["env:TEST_KEY", "env:OTHER_KEY"]\n\n[routing]\ndefault = ["up/*"]\nsticky = "none"\n'
    )
    home.start()


def refuse_first_key(home: Home, upstream: FakeUpstream) -> None:
    """One request whose first key is refused."""
    refusal = b'{"type": "error", "error": {"type": "authentication_error", "message": "no"}}'
    upstream.script("/v1/messages", Answer(status=401, pieces=(refusal,)), answer(ANTHROPIC))
    with home.asking(ASKED) as response:
        assert response.status == 200
        response.read()


def test_a_daemon_says_what_it_knows_and_forgets_it(home: Home, upstream: FakeUpstream) -> None:
    """The dead key stands in the plan, in the status and in what is reset; nothing is sent for it."""
    two_keys(home, upstream)
    refuse_first_key(home, upstream)
    sent = len(upstream.requests)

    planned = json.loads(home.aimux(*TEST).stdout)
    offline = json.loads(home.aimux(*TEST, "--offline").stdout)
    status = home.aimux("status").stdout
    done = home.aimux("providers", "reset", "up")
    again = home.aimux("providers", "reset", "--all", "--json")
    after = json.loads(home.aimux(*TEST).stdout)

    (target,) = planned["targets"]
    assert (planned["live"], target["key"], target["now"]) == (True, "OTHER_KEY", True)
    assert target["behind"].startswith("key TEST_KEY: ")
    assert (offline["live"], offline["targets"][0]["key"]) == (False, "TEST_KEY")
    assert "key TEST_KEY is dead" in status
    assert "aimux keys set up/TEST_KEY" in status
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("up: key TEST_KEY was taken for dead (")
    assert json.loads(again.stdout) == [{"provider": "up", "ended": [], "windows": 0}]
    assert after["targets"][0]["behind"] is None
    assert len(upstream.requests) == sent


def test_the_daemon_refuses_as_it_would_a_client(home: Home, upstream: FakeUpstream) -> None:
    """The same words and exit codes as without a daemon."""
    two_keys(home, upstream)

    unknown = home.aimux(*TEST[:-1], "--header", "x-aimux-target=nobody/x")
    nameless = home.aimux("providers", "reset", "nobody")
    neither = home.aimux("providers", "reset")

    assert (unknown.returncode, nameless.returncode, neither.returncode) == (2, 2, 2)
    assert "the client would get status 404, unknown-model:" in unknown.stderr
    assert "the running daemon has no provider 'nobody'" in nameless.stderr
    assert "name one provider, or say --all" in neither.stderr


def test_the_home_folder_in_a_rule(home: Home, upstream: FakeUpstream) -> None:
    """``~`` is the person's own, for the daemon and for the command alike."""
    home.extra["TEST_KEY"] = KEY
    rule = '[[routes]]\nname = "work"\nmatch = {project = "~/code/*"}\ntargets = ["up/w"]\n'
    home.configure(upstream.url, more=rule)
    home.start()
    asked = (*TEST, "--project", f"{home.folder}/code/shop")

    found = [home.aimux(*asked).stdout, home.aimux(*asked, "--offline").stdout]

    assert [json.loads(each)["route"] for each in found] == ["work", "work"]


def test_nobody_to_reset(home: Home) -> None:
    """It is the daemon that remembers: without one there is nothing to end (exit 3)."""
    done = home.aimux("providers", "reset", "up")

    assert done.returncode == 3
    assert "aimux is not running" in done.stderr


def test_a_large_request(home: Home, upstream: FakeUpstream) -> None:
    """A long conversation goes through the admin API whole."""
    two_keys(home, upstream)
    file = home.folder / "request.json"
    file.write_text(
        json.dumps({**ASKED, "messages": [{"role": "user", "content": "word " * 2**20}]})
    )

    done = home.aimux("routes", "test", "--file", str(file), "--json")

    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["input_tokens"] > 1_000_000
