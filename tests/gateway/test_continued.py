"""Answers that a provider pauses are gone on with, and are one answer to the client (edges 113, 195)."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from aimux.model.request import WireFormat
from aimux.wire.codec import MAX_CONTINUATIONS
from tests.gateway.test_translate import address, ask
from tests.support.answers import (
    ANTHROPIC,
    GEMINI,
    OPENAI_CHAT,
    OPENAI_RESPONSES,
    failing_event,
    failure,
    path,
)
from tests.support.gateway import Body, Served, open_gateway, provider
from tests.support.grammar.judges import judge, judge_whole
from tests.support.pauses import FIRST, SECOND, message, response
from tests.support.script import Answer
from tests.support.upstream import CUT, FakeUpstream

MESSAGES = "/v1/messages"
SEARCHES: dict[WireFormat, dict[str, Any]] = {
    OPENAI_CHAT: {"web_search_options": {}, "stream_options": {"include_usage": True}},
    OPENAI_RESPONSES: {"tools": [{"type": "web_search"}]},
    GEMINI: {"tools": [{"googleSearch": {}}]},
}
"""A wish to search, as each client says it."""
INCOMPLETE = {
    OPENAI_CHAT: b'"finish_reason":"length"',
    OPENAI_RESPONSES: b'"incomplete_details":{"reason":"max_output_tokens"}',
    GEMINI: b'"finishReason":"MAX_TOKENS"',
}
each_client = pytest.mark.parametrize("client", SEARCHES, ids=str)
both_ways = pytest.mark.parametrize("stream", [True, False], ids=["stream", "whole"])


async def searched(served: Served, client: WireFormat, *, stream: bool) -> Body:
    """What a client gets that wishes for a search."""
    more = dict(SEARCHES[client])
    if not stream:
        more.pop("stream_options", None)
    return await served.post(address(client, stream=stream), ask(client, stream=stream, **more))


def codes(record: Any) -> list[str]:
    """What the record says did not cross, of what is looked at here."""
    said = [each["code"] for each in record["dropped"]]
    return [code for code in said if code.startswith(("answer.", "finish."))]


def bodies(upstream: FakeUpstream) -> list[dict[str, Any]]:
    """The requests that the provider got."""
    return [json.loads(each.body) for each in upstream.requests]


@each_client
@both_ways
async def test_edge_113_a_pause_is_gone_on_with(
    client: WireFormat, stream: bool, upstream: FakeUpstream
) -> None:
    """One answer with both halves; the blocks so far go back as they came; the usage adds up."""
    first = message(*FIRST, reason="pause_turn", stream=stream)
    upstream.script(MESSAGES, first, message(*SECOND, reason="end_turn", stream=stream))
    async with open_gateway([provider("a", upstream)]) as served:
        got = await searched(served, client, stream=stream)
        record = served.last

    asked, more = bodies(upstream)
    assert more == {
        **asked,
        "messages": [*asked["messages"], {"role": "assistant", "content": list(FIRST)}],
    }
    assert upstream.requests[1].header("x-api-key") == upstream.requests[0].header("x-api-key")
    assert (got.status, got.broken) == (200, False)
    heard = (judge if stream else judge_whole)(client, got.body)
    assert heard.words == "I look.It is so."
    assert (record["input_tokens"], record["output_tokens"]) == (20, 8)
    assert (record["outcome"], len(record["attempts"])) == ("ok", 1)
    assert codes(record) == ["answer.continued"]


@both_ways
async def test_edge_113_a_client_of_the_same_format_goes_on_by_itself(
    stream: bool, upstream: FakeUpstream
) -> None:
    """A relay passes the pause on, byte for byte."""
    paused = message(*FIRST, reason="pause_turn", stream=stream)
    upstream.script(MESSAGES, paused)
    async with open_gateway([provider("a", upstream)]) as served:
        got = await served.post(MESSAGES, ask(ANTHROPIC, stream=stream))

    assert got.body == paused.body
    assert len(upstream.requests) == 1


@each_client
@both_ways
async def test_edge_113_an_answer_that_pauses_for_ever_ends_as_incomplete(
    client: WireFormat, stream: bool, upstream: FakeUpstream
) -> None:
    """After so many times, and never as if all were said."""
    upstream.always(MESSAGES, message(FIRST[1], reason="pause_turn", stream=stream))
    async with open_gateway([provider("a", upstream)]) as served:
        got = await searched(served, client, stream=stream)
        record = served.last

    said = [each["messages"][-1]["content"] for each in bodies(upstream)[1:]]
    assert [len(each) for each in said] == list(range(1, MAX_CONTINUATIONS + 1))
    assert (got.status, got.broken) == (200, False)
    assert INCOMPLETE[client] in got.body
    assert codes(record) == ["answer.continued", "finish.paused"]
    assert record["output_tokens"] == 4 * (MAX_CONTINUATIONS + 1)


@each_client
async def test_edge_113_without_a_search_there_is_no_going_on(
    client: WireFormat, upstream: FakeUpstream
) -> None:
    """The provider has nothing to pause for: what it says is not believed, and the end is honest."""
    upstream.always(MESSAGES, message(FIRST[1], reason="pause_turn", stream=True))
    async with open_gateway([provider("a", upstream)]) as served:
        got = await served.post(address(client, stream=True), ask(client, stream=True))
        record = served.last

    assert len(upstream.requests) == 1
    assert INCOMPLETE[client] in got.body
    assert codes(record) == ["finish.paused"]


FAILURES = {
    "status": failure(ANTHROPIC, 529, "it says so"),
    "event": Answer(
        headers=(("content-type", "text/event-stream"),),
        pieces=(failing_event(ANTHROPIC, 529, "it says so"),),
    ),
    "body": replace(failure(ANTHROPIC, 529, "it says so"), status=200),
    "cut": replace(message(*SECOND, reason="end_turn", stream=True), pieces=(b"event: x\n", CUT)),
    "page": Answer(headers=(("content-type", "text/html"),), pieces=(b"<html>",)),
}


@each_client
@pytest.mark.parametrize("how", FAILURES)
async def test_edge_113_going_on_fails(
    client: WireFormat, how: str, upstream: FakeUpstream
) -> None:
    """A client that has heard the first half hears that the second will not come; nobody else is asked."""
    upstream.script(MESSAGES, message(*FIRST, reason="pause_turn", stream=True), FAILURES[how])
    async with open_gateway([provider("a", upstream)]) as served:
        got = await searched(served, client, stream=True)
        record = served.last

    assert len(upstream.requests) == 2
    assert got.broken
    assert b"ook." in got.body
    assert b'"error"' in got.body
    assert record["outcome"] == "cut"
    assert record["input_tokens"] == 10


@each_client
async def test_edge_113_somebody_else_is_asked_where_the_client_has_heard_nothing(
    client: WireFormat, upstream: FakeUpstream
) -> None:
    """An answer that is not streamed can still come from another provider, from its beginning."""
    upstream.always(MESSAGES, failure(ANTHROPIC, 500, "it says so"))
    upstream.script(MESSAGES, message(*FIRST, reason="pause_turn", stream=False))
    with FakeUpstream() as other:
        other.always(MESSAGES, message(SECOND[1], reason="end_turn", stream=False))
        async with open_gateway([provider("a", upstream), provider("b", other)]) as served:
            got = await searched(served, client, stream=False)
            record = served.last

    assert bodies(upstream)[1]["messages"][-1]["content"] == list(FIRST)
    assert (got.status, record["provider"]) == (200, "b")
    assert judge_whole(client, got.body).words == "It is so."
    assert codes(record) == []
    assert record["output_tokens"] == 4


# ---------------------------------------------------------------- Gemini

GEMINIS = (ANTHROPIC, OPENAI_CHAT, OPENAI_RESPONSES)


@pytest.mark.parametrize("client", GEMINIS, ids=str)
@both_ways
async def test_edge_195_the_limit_of_a_request_is_not_that_of_an_answer(
    client: WireFormat, stream: bool, upstream: FakeUpstream
) -> None:
    """The same request again with the token, until all is said."""
    legs = [("a", "dG9rZW4x"), ("b", "dG9rZW4y"), ("c", "")]
    upstream.script(
        path(GEMINI), *(response(text, token=token, stream=stream) for text, token in legs)
    )
    async with open_gateway([provider("a", upstream, GEMINI)]) as served:
        got = await served.post(address(client, stream=stream), ask(client, stream=stream))
        record = served.last

    asked, second, third = bodies(upstream)
    assert second == {**asked, "continuationToken": "dG9rZW4x"}
    assert third == {**asked, "continuationToken": "dG9rZW4y"}
    heard = (judge if stream else judge_whole)(client, got.body)
    assert heard.words == "abc"
    if client is ANTHROPIC:  # where every text is a block of its own
        assert [piece.text for piece in heard.pieces] == ["abc"]
    assert (record["input_tokens"], record["output_tokens"]) == (30, 12)
    assert codes(record) == ["answer.continued"]


@pytest.mark.parametrize("client", GEMINIS, ids=str)
async def test_edge_195_without_a_token_the_answer_is_cut_short(
    client: WireFormat, upstream: FakeUpstream
) -> None:
    """And the client is told so."""
    whole = response("a", token="x", stream=True)
    (piece,) = whole.pieces
    assert isinstance(piece, bytes)
    upstream.script(path(GEMINI), replace(whole, pieces=(piece.replace(b'"x"', b"null"),)))
    async with open_gateway([provider("a", upstream, GEMINI)]) as served:
        got = await served.post(address(client, stream=True), ask(client, stream=True))
        record = served.last

    assert len(upstream.requests) == 1
    assert {**INCOMPLETE, ANTHROPIC: b'"stop_reason":"max_tokens"'}[client] in got.body
    assert codes(record) == ["finish.paused"]
