"""What holds for every format: addresses, errors that its readers understand, signs of life."""

from __future__ import annotations

import json
from typing import Any

import pytest

from aimux.errors import AimuxError, ErrorKind
from aimux.model.request import WireFormat
from aimux.model.response import Usage
from aimux.wire import sse
from aimux.wire.codec import Operation
from aimux.wire.formats import CODECS
from aimux.wire.jsontext import mended
from tests.support.answers import ANTHROPIC, GEMINI, OPENAI_CHAT, OPENAI_RESPONSES
from tests.support.failures import OF_EVERY_KIND, RAISED
from tests.support.usage import read_usage

each_format = pytest.mark.parametrize("format_", list(WireFormat))
each_error = pytest.mark.parametrize(
    "error", [*OF_EVERY_KIND.values(), *RAISED], ids=lambda error: f"{error.code}-{error.kind}"
)

GENERATE, COUNT, EMBED = Operation


def test_every_format_has_its_codec() -> None:
    """Which knows its own name."""
    assert {format_: codec.format for format_, codec in CODECS.items()} == {
        each: each for each in WireFormat
    }


@pytest.mark.parametrize(
    ("format_", "operation", "path"),
    [
        (ANTHROPIC, GENERATE, "/v1/messages"),
        (ANTHROPIC, COUNT, "/v1/messages/count_tokens"),
        (ANTHROPIC, EMBED, None),
        (OPENAI_CHAT, GENERATE, "/chat/completions"),
        (OPENAI_CHAT, EMBED, "/embeddings"),
        (OPENAI_CHAT, COUNT, None),
        (OPENAI_RESPONSES, GENERATE, "/responses"),
        (OPENAI_RESPONSES, EMBED, None),
        (OPENAI_RESPONSES, COUNT, None),
        (GEMINI, COUNT, "/v1beta/models/m:countTokens"),
        (GEMINI, EMBED, None),
    ],
)
@pytest.mark.parametrize("stream", [False, True])
def test_where_a_request_goes(
    format_: WireFormat, operation: Operation, path: str | None, stream: bool
) -> None:
    """Below the base URL as the vendor's SDK takes it; None where there is no such address."""
    assert CODECS[format_].path(operation, "m", stream=stream) == path


@pytest.mark.parametrize(
    ("model", "stream", "path"),
    [
        ("gemini-3-pro", False, "/v1beta/models/gemini-3-pro:generateContent"),
        ("gemini-3-pro", True, "/v1beta/models/gemini-3-pro:streamGenerateContent"),
        ("a/b:c", False, "/v1beta/models/a%2Fb%3Ac:generateContent"),
        ("../x?y#z", False, "/v1beta/models/..%2Fx%3Fy%23z:generateContent"),
    ],
)
def test_gemini_has_the_model_in_its_path(model: str, stream: bool, path: str) -> None:
    """And the way to answer; nothing in a name leads anywhere else."""
    assert CODECS[GEMINI].path(GENERATE, model, stream=stream) == path


# ---------------------------------------------------------------- errors


def said(format_: WireFormat, body: dict[str, Any]) -> str:
    """The message, where a reader of the format looks for it; its shape is checked on the way."""
    error = body["error"]
    match format_:
        case WireFormat.ANTHROPIC:
            assert body["type"] == "error"
            assert isinstance(error["type"], str)
            assert body["request_id"] == "req-1"
        case WireFormat.OPENAI_CHAT | WireFormat.OPENAI_RESPONSES:
            assert set(error) == {"message", "type", "param", "code"}
            assert isinstance(error["type"], str)
            assert body["request_id"] == "req-1"
        case WireFormat.GEMINI:
            assert isinstance(error["code"], int)
            assert error["status"].isupper()
            assert error["details"][0]["metadata"] == {"request_id": "req-1"}
    assert isinstance(error["message"], str)
    return str(error["message"])


def expected_text(format_: WireFormat, error: AimuxError) -> str:
    """Message and hint, as one sentence.  Claude Code knows a prompt that is too long by its first words."""
    text = f"{error.message}; {error.hint}" if error.hint else error.message
    overflow = format_ is ANTHROPIC and error.kind is ErrorKind.CONTEXT_OVERFLOW
    return f"prompt is too long; {text}" if overflow else text


@each_format
@each_error
def test_an_error_as_a_body(format_: WireFormat, error: AimuxError) -> None:
    """Of every kind, in the format's own shape, with the request's id in it."""
    body = CODECS[format_].error_body(error, "req-1")

    assert said(format_, json.loads(body)) == expected_text(format_, error)


@each_format
@each_error
def test_an_error_as_the_last_event(format_: WireFormat, error: AimuxError) -> None:
    """Whole events; the first of them is the error, and reading it gives the same text."""
    codec = CODECS[format_]
    reader = sse.BlockReader()
    first, *more = reader.feed(codec.error_event(error, "req-1"))
    name, data = sse.fields(first)
    tap = codec.tap()
    tap.watch(first)

    assert said(format_, json.loads(data)) == expected_text(format_, error)
    assert name == (b"error" if format_ in {ANTHROPIC, OPENAI_RESPONSES} else b"")
    assert [sse.fields(block)[1] for block in more] == (
        [b"[DONE]"] if format_ is OPENAI_CHAT else []
    )
    assert reader.rest == b""
    assert tap.error is not None
    assert mended(tap.error.message) == mended(expected_text(format_, error))
    assert not tap.complete


@each_format
@pytest.mark.parametrize("kind", list(ErrorKind))
def test_an_error_body_is_read_as_what_it_says(format_: WireFormat, kind: ErrorKind) -> None:
    """Two aimux in a row: the outer one blames nobody whom the inner one did not blame."""
    error = OF_EVERY_KIND[kind]
    codec = CODECS[format_]

    reported = codec.read_error(error.http_status, codec.error_body(error, "req-1"))

    assert mended(reported.message) == mended(expected_text(format_, error))
    same = {
        ErrorKind.AUTH_CLIENT: {ErrorKind.AUTH_UPSTREAM},
        ErrorKind.AUTH_UPSTREAM: {ErrorKind.PERMISSION},
        ErrorKind.CONTEXT_OVERFLOW: {ErrorKind.CONTEXT_OVERFLOW, ErrorKind.INVALID_REQUEST},
        ErrorKind.REFUSED: {ErrorKind.REFUSED, ErrorKind.INVALID_REQUEST},
        ErrorKind.UNAVAILABLE: {ErrorKind.OVERLOADED},
        ErrorKind.NOT_IMPLEMENTED: {ErrorKind.UPSTREAM},
        ErrorKind.INTERNAL: {ErrorKind.UPSTREAM},
        ErrorKind.BAD_CALL: {ErrorKind.BAD_CALL, ErrorKind.UPSTREAM},
    }
    assert reported.kind in same.get(kind, {kind})


# ---------------------------------------------------------------- signs of life


@each_format
def test_a_heartbeat_is_nothing_to_a_reader(format_: WireFormat) -> None:
    """No answer has begun, none is complete, nothing is wrong; and it ends a line."""
    codec = CODECS[format_]
    tap = codec.tap()
    tap.watch(codec.heartbeat)

    assert (tap.begun, tap.complete, tap.error, tap.usage()) == (False, False, None, Usage())
    assert codec.heartbeat.endswith(b"\n")


# ---------------------------------------------------------------- usage of what has none


@each_format
@pytest.mark.parametrize(
    "body",
    [
        b"", b"null", b"[]", b"1", b'"usage"', b"{", b"\xff", b"<html>", b"{}", b"[[]]", b"[1]",
        b'{"usage":null}', b'{"usage":[]}', b'{"usage":"12"}', b'{"usageMetadata":7}',
        b'{"usage":{},"usageMetadata":{}}',
        b'{"usage":{"prompt_tokens":"7","input_tokens":-1,"output_tokens":1.5,"completion_tokens":true,'
        b'"prompt_tokens_details":[],"output_tokens_details":3,"input_tokens_details":"x"},'
        b'"usageMetadata":{"promptTokenCount":null,"candidatesTokenCount":"9"}}',
    ],
)  # fmt: skip
def test_what_is_not_said_is_unknown(format_: WireFormat, body: bytes) -> None:
    """Never 0, never an exception."""
    assert read_usage(CODECS[format_], body) == Usage()
