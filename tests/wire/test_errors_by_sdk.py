"""Our errors as the vendors' own SDKs understand them: raised, with our text."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import anthropic
import openai
import pytest
from google import genai
from google.genai import errors as gemini_errors
from google.genai import types as gemini_types

from aimux.errors import AimuxError, ErrorKind
from aimux.model.request import WireFormat
from aimux.wire.formats import CODECS
from tests.support.answers import ANTHROPIC, GEMINI, OPENAI_CHAT, OPENAI_RESPONSES, events, path
from tests.support.failures import OF_EVERY_KIND
from tests.support.upstream import Answer, FakeUpstream

# google-genai defines a subclass of aiohttp's session at run time
pytestmark = pytest.mark.filterwarnings("ignore:Inheritance class AiohttpClientSession")

Ask = Callable[..., Any]
KEY = "sk-test-1"
ASKED = [{"role": "user", "content": "?"}]


@pytest.fixture(scope="module")
def server() -> Iterator[FakeUpstream]:
    """One upstream for all."""
    with FakeUpstream() as upstream:
        yield upstream


@pytest.fixture(scope="module")
def asks(server: FakeUpstream) -> Iterator[dict[WireFormat, Ask]]:
    """For each format the SDK's way to ask, ``stream`` or not; reads the answer to its end."""
    claude = anthropic.Anthropic(api_key=KEY, base_url=server.url, max_retries=0)
    gpt = openai.OpenAI(api_key=KEY, base_url=f"{server.url}/v1", max_retries=0)
    options = gemini_types.HttpOptions(base_url=server.url)
    google = genai.Client(api_key=KEY, vertexai=False, http_options=options)

    def ask_google(*, stream: bool) -> object:
        ask = google.models.generate_content_stream if stream else google.models.generate_content
        return ask(model="m", contents="?")

    with claude, gpt, google:
        yield {
            ANTHROPIC: lambda stream: claude.messages.create(
                model="m", max_tokens=9, messages=ASKED, stream=stream
            ),
            OPENAI_CHAT: lambda stream: gpt.chat.completions.create(
                model="m", messages=ASKED, stream=stream
            ),
            OPENAI_RESPONSES: lambda stream: gpt.responses.create(
                model="m", input="?", stream=stream
            ),
            GEMINI: ask_google,
        }


RAISED: dict[WireFormat, type[Exception]] = {
    ANTHROPIC: anthropic.APIError,
    OPENAI_CHAT: openai.APIError,
    OPENAI_RESPONSES: openai.APIError,
    GEMINI: gemini_errors.APIError,
}

each_format = pytest.mark.parametrize("format_", list(WireFormat))
each_kind = pytest.mark.parametrize("kind", list(ErrorKind))


def text_of(error: AimuxError) -> str:
    """Message and hint."""
    return f"{error.message}; {error.hint}"


@each_format
@each_kind
def test_an_error_body_is_raised_with_its_text(
    server: FakeUpstream, asks: dict[WireFormat, Ask], format_: WireFormat, kind: ErrorKind
) -> None:
    """By status, and with the message where a program prints it."""
    error = OF_EVERY_KIND[kind]
    body = CODECS[format_].error_body(error, "req-1")
    server.script(path(format_), Answer(error.http_status, pieces=(body,)))

    with pytest.raises(RAISED[format_]) as caught:
        asks[format_](stream=False)

    assert text_of(error) in str(caught.value)
    status = getattr(caught.value, "status_code", None) or getattr(caught.value, "code", None)
    assert status == error.http_status


@each_format
@each_kind
@pytest.mark.parametrize("after", [0, 3], ids=["first", "later"])
def test_an_error_event_is_raised_with_its_text(
    server: FakeUpstream,
    asks: dict[WireFormat, Ask],
    format_: WireFormat,
    kind: ErrorKind,
    after: int,
) -> None:
    """As the first event after a heartbeat, and in the middle of an answer."""
    error = OF_EVERY_KIND[kind]
    codec = CODECS[format_]
    before = events(format_)[:after] or (codec.heartbeat,)
    content_type = ("content-type", "text/event-stream; charset=utf-8")
    pieces = (*before, codec.error_event(error, "req-1"))
    server.script(path(format_), Answer(headers=(content_type,), pieces=pieces, framing="chunked"))

    with pytest.raises(RAISED[format_]) as caught:
        list(asks[format_](stream=True))

    assert text_of(error) in str(caught.value)
