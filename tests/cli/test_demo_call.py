"""The demo's one request: what it sends, and what it makes of every kind of answer."""

from __future__ import annotations

import json
import re

import pytest

from aimux.cli.demo import call as call_module
from aimux.cli.demo.call import ASKED_MODEL, Call
from aimux.errors import AimuxError, DaemonError, TimedOut, UpstreamError, UpstreamProtocol
from aimux.vault.secret import Secret
from tests.support import answers
from tests.support.answers import ANTHROPIC, THINKING
from tests.support.script import CUT, RESET, SILENCE, Answer
from tests.support.upstream import FakeUpstream

PATH = "/v1/messages"
STREAMED = answers.answer(ANTHROPIC, THINKING, stream=True)


def a_call(upstream: FakeUpstream, prompt: str = "hi") -> Call:
    return Call(upstream.url, Secret("sk-test-token"), prompt)


def test_it_sends_what_a_client_of_anthropic_sends(upstream: FakeUpstream) -> None:
    """A streamed message with the client token in x-api-key."""
    upstream.script(PATH, STREAMED)
    list(a_call(upstream, "Guten Tag \U0001f642").pieces())
    (request,) = upstream.requests

    body = json.loads(request.body)
    assert request.header("x-api-key") == "sk-test-token"
    assert request.header("anthropic-version") == "2023-06-01"
    assert (body["model"], body["stream"]) == (ASKED_MODEL, True)
    assert body["messages"] == [{"role": "user", "content": "Guten Tag \U0001f642"}]


def test_thinking_and_answer_come_apart(upstream: FakeUpstream) -> None:
    """Each piece says what it is a piece of, and the times are taken."""
    upstream.script(PATH, STREAMED)
    call = a_call(upstream)
    pieces = list(call.pieces())

    assert [kind for kind, _ in pieces] == sorted((kind for kind, _ in pieces), reverse=True)
    for kind in ("thinking", "answer"):
        assert call.said[kind] == "".join(text for each, text in pieces if each == kind) != ""
    assert call.first_s is not None
    assert 0 < call.first_s <= call.total_s


@pytest.mark.parametrize(
    "streamed",
    [answers.pinging(ANTHROPIC, STREAMED), answers.commented(STREAMED), answers.crlf(STREAMED)],
)
def test_what_breaks_the_silence_is_not_shown(upstream: FakeUpstream, streamed: Answer) -> None:
    """Pings, comments and other line ends change nothing."""
    upstream.script(PATH, STREAMED)
    upstream.script(PATH, streamed)
    plain, other = a_call(upstream), a_call(upstream)
    list(plain.pieces())
    list(other.pieces())

    assert other.said == plain.said


@pytest.mark.parametrize(
    ("answer", "error", "said"),
    [
        (answers.cut(STREAMED, after=4), DaemonError, "went away before the answer was whole"),
        (Answer(pieces=(b"data: {}\n\n",)), UpstreamProtocol, "no event"),
        (Answer(pieces=(b"data: [1]\n\n",)), UpstreamProtocol, "no event"),
        (Answer(pieces=(b"data: not json\n\n",)), UpstreamProtocol, "no event"),
        (Answer(pieces=(CUT,)), DaemonError, "went away"),
        (Answer(pieces=(RESET,)), DaemonError, "went away"),
        (Answer(pieces=(b"",)), DaemonError, "went away"),
        (answers.failure(ANTHROPIC, 529, "all busy"), UpstreamError, "answered 529: all busy"),
        (Answer(status=500, pieces=(b"<html>",)), UpstreamError, "answered 500: <html>"),
        (Answer(status=500, pieces=(b"[]",)), UpstreamError, "answered 500: []"),
        (Answer(status=500, pieces=(b'{"error":"x"}',)), UpstreamError, "answered 500"),
        (
            Answer(pieces=(answers.failing_event(ANTHROPIC, 529, "broke off"),)),
            UpstreamError,
            "ended with an error: broke off",
        ),
    ],
)
def test_an_answer_that_is_not_whole_is_an_error(
    upstream: FakeUpstream, answer: Answer, error: type[AimuxError], said: str
) -> None:
    """Never a success, whatever had come before."""
    upstream.script(PATH, answer)
    with pytest.raises(error, match=re.escape(said)):
        list(a_call(upstream).pieces())


def test_a_daemon_that_says_nothing_is_not_waited_for_for_ever(
    upstream: FakeUpstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Silence has a limit."""
    monkeypatch.setattr(call_module, "_SILENCE_S", 0.05)
    upstream.script(PATH, SILENCE)
    with pytest.raises(TimedOut, match="said nothing"):
        list(a_call(upstream).pieces())


def test_nobody_at_the_address_is_an_error() -> None:
    """A daemon killed before the request."""
    with pytest.raises(DaemonError, match="went away"):
        list(Call("http://127.0.0.1:1", Secret("sk-test-token"), "hi").pieces())
