"""Same format on both sides: what the SDK sends arrives, and what the provider says comes back, by the byte.

The measure is the SDK itself: what it sends to the fake when nothing stands between them.
"""

from __future__ import annotations

import http.client
import json
from dataclasses import replace
from typing import Any, Final

import pytest

from aimux.model.request import WireFormat
from tests.sdk.clients import CLIENTS, Client, expected
from tests.sdk.rig import PROVIDER_KEY, Rig, public_model
from tests.support.answers import (
    ANTHROPIC,
    EVERYTHING,
    GEMINI,
    MODEL,
    OPENAI_CHAT,
    OPENAI_RESPONSES,
    TEXT,
    answer,
    commented,
    crlf,
    path,
    pinging,
)
from tests.support.patience import PATIENCE_S
from tests.support.upstream import Answer, FakeUpstream, Received

AUTH_HEADER: Final = {
    ANTHROPIC: ("x-api-key", PROVIDER_KEY),
    OPENAI_CHAT: ("authorization", f"Bearer {PROVIDER_KEY}"),
    OPENAI_RESPONSES: ("authorization", f"Bearer {PROVIDER_KEY}"),
    GEMINI: ("x-goog-api-key", PROVIDER_KEY),
}
CREDENTIALS: Final = frozenset({"authorization", "x-api-key", "x-goog-api-key"})
OURS_TO_SET: Final = CREDENTIALS | {
    "host", "connection", "content-length", "transfer-encoding", "accept-encoding", "keep-alive",
}  # fmt: skip
"""Headers of this hop, and the encoding that the next hop may answer in."""


def _directly(upstream: FakeUpstream, client: Client) -> Received:
    """What the SDK sends when it talks to the upstream without aimux."""
    upstream.script(path(client.format), answer(client.format, stream=client.stream))
    client.ask(upstream.url, "sk-test-direct", MODEL)
    return upstream.requests[-1]


def _as_relayed(target: str) -> str:
    """Google's SDK says v1, its command line v1beta; aimux asks v1beta, which has all that v1 has."""
    return target.replace("/v1/models/", "/v1beta/models/")


def _end_to_end(received: Received) -> list[tuple[str, str]]:
    pairs = ((name.lower(), value) for name, value in received.headers)
    return sorted(pair for pair in pairs if pair[0] not in OURS_TO_SET)


@pytest.mark.parametrize("client", CLIENTS, ids=str)
def test_the_sdk_hears_what_the_upstream_said(rig: Rig, client: Client) -> None:
    """Text, thinking, calls and token counts, through every way to ask."""
    script = answer(client.format, EVERYTHING, stream=client.stream)
    rig.upstream.script(path(client.format), script)

    assert client.ask(rig.url, rig.token, MODEL) == expected(EVERYTHING, client)


@pytest.mark.parametrize("name", ["same", "public"])
@pytest.mark.parametrize("client", CLIENTS, ids=str)
def test_the_upstream_receives_what_the_sdk_sends(rig: Rig, client: Client, name: str) -> None:
    """Body and target by the byte, also when only the model's name was exchanged on the way."""
    direct = _directly(rig.upstream, client)
    rig.upstream.script(path(client.format), answer(client.format, TEXT, stream=client.stream))

    asked = MODEL if name == "same" else public_model(client.format)
    client.ask(rig.url, rig.token, asked)

    relayed = rig.upstream.requests[-1]
    assert relayed.body == direct.body
    assert relayed.method == direct.method
    assert relayed.target == _as_relayed(direct.target)
    assert _end_to_end(relayed) == _end_to_end(direct)


@pytest.mark.parametrize("client", CLIENTS, ids=str)
def test_the_client_s_token_stays_here(rig: Rig, client: Client) -> None:
    """The provider gets its own key, once, in the header it wants, and not a byte of the token."""
    rig.upstream.script(path(client.format), answer(client.format, TEXT, stream=client.stream))

    client.ask(rig.url, rig.token, MODEL)

    received = rig.upstream.requests[-1]
    shown = [
        (name.lower(), value) for name, value in received.headers if name.lower() in CREDENTIALS
    ]
    assert shown == [AUTH_HEADER[client.format]]
    assert rig.token.encode() not in received.head + received.body


# ---------------------------------------------------------------- the answer's bytes


def _body(wire_format: WireFormat, *, stream: bool) -> bytes:
    """A request with white space and key order that no serializer writes."""
    question: dict[str, Any] = {"model": MODEL, "max_tokens": 10, "stream": stream}
    match wire_format:
        case WireFormat.ANTHROPIC | WireFormat.OPENAI_CHAT:
            question["messages"] = [{"role": "user", "content": "hi \ud83d\ude00"}]
        case WireFormat.OPENAI_RESPONSES:
            question["input"] = "hi"
        case WireFormat.GEMINI:
            question = {"contents": [{"parts": [{"text": "hi"}]}]}
    return json.dumps(question, indent=3).replace(",", " , ").encode()


def _target(wire_format: WireFormat, *, stream: bool) -> str:
    if wire_format is not GEMINI:
        return path(wire_format)
    method = "streamGenerateContent?alt=sse" if stream else "generateContent"
    return f"/v1beta/models/{MODEL}:{method}"


def _ask(rig: Rig, wire_format: WireFormat, *, stream: bool) -> tuple[int, dict[str, str], bytes]:
    host = rig.url.removeprefix("http://")
    client = http.client.HTTPConnection(host, timeout=PATIENCE_S)
    headers = {"authorization": f"Bearer {rig.token}", "content-type": "application/json"}
    target, body = _target(wire_format, stream=stream), _body(wire_format, stream=stream)
    client.request("POST", target, body, headers)
    response = client.getresponse()
    received = response.read()
    client.close()
    return response.status, {name.lower(): value for name, value in response.getheaders()}, received


VARIANTS: Final = {
    "plain": lambda _, whole: whole,
    "crlf": lambda _, whole: crlf(whole),
    "comments": lambda _, whole: commented(whole),
    "pings": pinging,
}


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("wire_format", WireFormat)
def test_a_streamed_answer_comes_back_by_the_byte(
    rig: Rig, wire_format: WireFormat, variant: str
) -> None:
    """Whatever line ends, comments and pings the provider writes."""
    said: Answer = VARIANTS[variant](wire_format, answer(wire_format, EVERYTHING, stream=True))
    rig.upstream.script(path(wire_format), said)

    status, headers, body = _ask(rig, wire_format, stream=True)

    assert (status, body) == (200, said.body)
    assert headers["content-type"] == "text/event-stream; charset=utf-8"
    assert headers["x-aimux-mode"] == "relay"


@pytest.mark.parametrize("framing", ["length", "chunked", "close"])
@pytest.mark.parametrize("wire_format", WireFormat)
def test_a_whole_answer_comes_back_by_the_byte(
    rig: Rig, wire_format: WireFormat, framing: str
) -> None:
    """However the provider frames it; with its request id, ours beside it."""
    said = replace(answer(wire_format, EVERYTHING), framing=framing)  # type: ignore[arg-type]  # a table of names
    rig.upstream.script(path(wire_format), said)

    status, headers, body = _ask(rig, wire_format, stream=False)

    assert (status, body) == (200, said.body)
    assert headers["x-aimux-provider"] == wire_format
    assert headers["x-aimux-model"] == MODEL
    assert headers["x-aimux-attempts"] == "1"
    assert headers["x-aimux-route"] == "default"
    assert headers["x-aimux-request-id"]
    for name in ("request-id", "x-request-id"):
        assert headers.get(name) == dict(said.headers).get(name)


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize("wire_format", WireFormat)
def test_white_space_and_key_order_reach_the_provider(
    rig: Rig, wire_format: WireFormat, stream: bool
) -> None:
    """The body is relayed, not written again."""
    rig.upstream.script(path(wire_format), answer(wire_format, TEXT, stream=stream))

    _ask(rig, wire_format, stream=stream)

    received = rig.upstream.requests[-1]
    assert received.body == _body(wire_format, stream=stream)
    assert received.target == _target(wire_format, stream=stream)
