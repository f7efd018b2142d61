"""What upstreams say went wrong: their own shapes, each other's, and none at all."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aimux.errors import ErrorKind
from aimux.model.request import WireFormat
from aimux.wire import jsontext, sse
from aimux.wire.codec import Reported
from aimux.wire.formats import CODECS
from tests.support.answers import (
    ANTHROPIC,
    GEMINI,
    OPENAI_CHAT,
    OPENAI_RESPONSES,
    failing_event,
    failure,
)
from tests.support.usage import read_usage

K = ErrorKind
OPENAI = (OPENAI_CHAT, OPENAI_RESPONSES)
ALL = tuple(WireFormat)


Say = Callable[[object], Any]
"""What makes an error body of a sentence."""


def openai(type_: object = None, code: object = None) -> Say:
    """OpenAI's shape."""
    return lambda text: {"error": {"message": text, "type": type_, "param": None, "code": code}}


def anthropic(type_: object, **more: object) -> Say:
    """Anthropic's shape."""
    return lambda text: {"type": "error", "error": {"type": type_, "message": text, **more}}


def google(status: object, code: object, *details: object) -> Say:
    """Google's shape."""
    return lambda text: {
        "error": {"code": code, "message": text, "status": status, "details": list(details)}
    }


def raw(text: object) -> bytes:
    """No shape at all."""
    return str(text).encode()


A, G = (ANTHROPIC,), (GEMINI,)
PROMPT = "prompt is too long: 213462 tokens > 200000 maximum"
COUNT = "The input token count (9) exceeds the maximum number of tokens"
QUOTA = "You exceeded your current quota"
SPENT = {"error_code": "enforced_spend_limit_reached"}
RAMP = {"error_code": "ramp_limit_exceeded"}
MINUTE = {"@type": "type.googleapis.com/google.rpc.QuotaFailure", "violations": []}
BAD_KEY = {"reason": "API_KEY_INVALID"}
INVALID = "invalid_request_error"

# Who is asked, the status, the body's shape; the kind and the sentence that are understood.
TABLE: list[tuple[tuple[WireFormat, ...], int, Say, ErrorKind, str]] = [
    # the vendors' own
    (A, 400, anthropic(INVALID), K.CONTEXT_OVERFLOW, PROMPT),
    (A, 400, anthropic(INVALID), K.INVALID_REQUEST, "max_tokens: must be at least 1"),
    (A, 400, anthropic(INVALID), K.BILLING, "Your credit balance is too low"),
    (A, 401, anthropic("authentication_error"), K.AUTH_UPSTREAM, "invalid x-api-key"),
    (A, 402, anthropic("billing_error"), K.BILLING, "pay"),
    (A, 429, anthropic("rate_limit_error"), K.RATE_LIMIT, "slow"),
    (A, 429, anthropic("rate_limit_error", details=SPENT), K.BILLING, "spent"),
    (A, 529, anthropic("overloaded_error"), K.OVERLOADED, "Overloaded"),
    (OPENAI, 400, openai(INVALID, "context_length_exceeded"), K.CONTEXT_OVERFLOW, "too long"),
    (OPENAI, 401, openai(INVALID, "invalid_api_key"), K.AUTH_UPSTREAM, "Incorrect API key"),
    (OPENAI, 403, openai("permission_error"), K.PERMISSION, "no"),
    (OPENAI, 404, openai(INVALID, "model_not_found"), K.NOT_FOUND, "no such model"),
    (OPENAI, 429, openai("requests", "rate_limit_exceeded"), K.RATE_LIMIT, "slow"),
    (OPENAI, 429, openai("insufficient_quota", "insufficient_quota"), K.BILLING, QUOTA),
    (OPENAI, 500, openai("server_error"), K.UPSTREAM, "oops"),
    (OPENAI, 503, openai("service_unavailable_error"), K.OVERLOADED, "busy"),
    (G, 400, google("INVALID_ARGUMENT", 400), K.AUTH_UPSTREAM, "API key not valid."),
    (G, 400, google("INVALID_ARGUMENT", 400, BAD_KEY), K.AUTH_UPSTREAM, "bad"),
    (G, 400, google("INVALID_ARGUMENT", 400), K.CONTEXT_OVERFLOW, COUNT),
    (G, 429, google("RESOURCE_EXHAUSTED", 429, {"retryDelay": "32s"}), K.RATE_LIMIT, "quota"),
    (G, 429, google("RESOURCE_EXHAUSTED", 429, MINUTE), K.RATE_LIMIT, QUOTA),
    (OPENAI, 429, lambda text: [google("", 429, MINUTE)(text)], K.RATE_LIMIT, QUOTA),  # its layer
    (G, 429, google("RESOURCE_EXHAUSTED", 429), K.BILLING, QUOTA),
    (G, 503, google("UNAVAILABLE", 503), K.OVERLOADED, "busy"),
    (G, 404, lambda text: [google("NOT_FOUND", 404)(text)], K.NOT_FOUND, "in an array"),
    # each other's
    (OPENAI, 429, openai(code="1302"), K.RATE_LIMIT, "Rate limit reached"),  # Z.AI
    (OPENAI, 429, openai(code="1113"), K.BILLING, "Insufficient balance"),  # Z.AI
    (A, 429, lambda text: {"error": {"code": "1302", "message": text}}, K.RATE_LIMIT, "slow"),
    (OPENAI, 402, openai(code=402), K.BILLING, "Insufficient credits"),  # OpenRouter
    (OPENAI, 400, lambda text: [openai()(text)], K.INVALID_REQUEST, "in an array"),  # Google's shim
    (OPENAI, 500, lambda text: {"object": "error", "message": text}, K.UPSTREAM, "died"),  # vLLM
    (OPENAI, 503, lambda text: {"error": text}, K.OVERLOADED, "model is loading"),  # Ollama
    (G, 429, lambda text: {"error": text}, K.RATE_LIMIT, "slow down"),
    (OPENAI, 401, lambda text: {"detail": text}, K.AUTH_UPSTREAM, "Unauthorized"),  # FastAPI
    # none at all
    (ALL, 400, raw, K.INVALID_REQUEST, "null"),
    (ALL, 500, raw, K.UPSTREAM, "0"),
    (ALL, 404, raw, K.NOT_FOUND, "404 page not found"),
    (ALL, 502, raw, K.UPSTREAM, "<html><h1>502 Bad Gateway</h1></html>"),
    (ALL, 524, raw, K.UPSTREAM, "error code: 524"),
    (ALL, 400, raw, K.CONTEXT_OVERFLOW, "prompt is too long"),
    (ALL, 429, raw, K.RATE_LIMIT, '{"error":{}}'),
    (ALL, 429, raw, K.RATE_LIMIT, '{"error":null}'),
    (ALL, 503, raw, K.OVERLOADED, "[]"),
]


@pytest.mark.parametrize(("formats", "status", "shape", "kind", "text"), TABLE)
def test_an_error_body_is_understood(
    formats: tuple[WireFormat, ...], status: int, shape: Say, kind: ErrorKind, text: str
) -> None:
    """Its kind, and the sentence a person wants to read."""
    for format_ in formats:
        reported = CODECS[format_].read_error(status, as_bytes(shape(text)))

        assert (reported.kind, reported.message) == (kind, text)


def as_bytes(body: object) -> bytes:
    """A body as it comes."""
    return body if isinstance(body, bytes) else json.dumps(body).encode()


@pytest.mark.parametrize(
    ("formats", "body", "text"),
    [
        (ALL, b"", "an empty body"),  # Cerebras
        (ALL, b" \n", "an empty body"),
        (A, anthropic("x")(None), "x"),
        (A, anthropic(None)(None), "an error without words"),
        (G, google("INTERNAL", 500)(""), "INTERNAL"),
        (G, google(None, None)(None), "an error without words"),
    ],
)
def test_an_error_without_words_is_told_all_the_same(
    formats: tuple[WireFormat, ...], body: object, text: str
) -> None:
    """Never "None", never nothing."""
    for format_ in formats:
        reported = CODECS[format_].read_error(413, as_bytes(body))

        assert (reported.kind, reported.message) == (K.TOO_LARGE, text)


@pytest.mark.parametrize("format_", OPENAI)
def test_a_list_of_faults_is_told(format_: WireFormat) -> None:
    """Mistral's and FastAPI's way to refuse a field."""
    fault = {"type": "missing", "loc": ["body", "messages"], "msg": "Field required"}

    reported = CODECS[format_].read_error(422, as_bytes({"detail": [fault]}))

    assert reported.kind == K.INVALID_REQUEST
    assert "Field required" in reported.message


@pytest.mark.parametrize(
    ("format_", "shape", "code"),
    [
        (ANTHROPIC, anthropic("rate_limit_error"), "rate_limit_error"),
        (ANTHROPIC, anthropic("rate_limit_error", details=RAMP), "ramp_limit_exceeded"),
        (ANTHROPIC, anthropic("x", code="1302"), "1302"),
        (ANTHROPIC, anthropic(None, details="?"), ""),
        (OPENAI_CHAT, openai("requests", "rate_limit_exceeded"), "rate_limit_exceeded"),
        (OPENAI_CHAT, openai("requests"), "requests"),
        (OPENAI_CHAT, openai(None, 402), "402"),
        (OPENAI_CHAT, openai(), ""),
        (GEMINI, google("RESOURCE_EXHAUSTED", 429), "RESOURCE_EXHAUSTED"),
        (GEMINI, google(None, 429), ""),
    ],
)
def test_the_vendor_s_own_code_is_kept(format_: WireFormat, shape: Say, code: str) -> None:
    """For telling cases apart that share a status."""
    assert CODECS[format_].read_error(429, as_bytes(shape("m"))).code == code


@pytest.mark.parametrize(
    ("format_", "status"),
    [
        (each, status)
        for each in ALL
        for status in (400, 401, 403, 404, 429, 500, 529 if each is ANTHROPIC else 503)
    ],
)
def test_an_error_inside_an_answer_is_the_same_error(format_: WireFormat, status: int) -> None:
    """A stream's status is 200; its event says what the status would have said."""
    (body,) = failure(format_, status, "the fake fails").pieces
    assert isinstance(body, bytes)
    tap = CODECS[format_].tap()

    tap.watch(failing_event(format_, status, "the fake fails"))

    whole = CODECS[format_].read_error(status, body)
    assert tap.error is not None
    assert (tap.error.kind, tap.error.message) == (whole.kind, whole.message)


def flat(code: object) -> Say:
    """The error event of Responses."""
    return lambda text: {"type": "error", "code": code, "message": text}


def failed(code: object) -> Say:
    """The last event of a response that failed."""
    return lambda text: {
        "type": "response.failed",
        "response": {"error": {"code": code, "message": text}},
    }


@pytest.mark.parametrize(
    ("format_", "shape", "kind"),
    [
        (ANTHROPIC, anthropic("overloaded_error"), K.OVERLOADED),
        (ANTHROPIC, anthropic("conflict_error"), K.INVALID_REQUEST),
        (ANTHROPIC, anthropic("of_a_new_type"), K.UPSTREAM),  # not blamed on the caller
        (ANTHROPIC, lambda _: {"type": "error"}, K.UPSTREAM),
        (ANTHROPIC, lambda _: anthropic(INVALID)(PROMPT), K.CONTEXT_OVERFLOW),
        (OPENAI_CHAT, openai(None, 429), K.RATE_LIMIT),  # OpenRouter
        (OPENAI_CHAT, openai(None, 99), K.UPSTREAM),
        (OPENAI_CHAT, openai(None, True), K.UPSTREAM),
        (OPENAI_CHAT, openai("overloaded_error"), K.OVERLOADED),
        (OPENAI_CHAT, openai("of_a_new_type", "x"), K.UPSTREAM),
        (OPENAI_CHAT, openai(INVALID), K.INVALID_REQUEST),
        (OPENAI_CHAT, lambda text: {"error": text}, K.UPSTREAM),
        (OPENAI_CHAT, lambda _: {"error": True}, K.UPSTREAM),
        (OPENAI_RESPONSES, flat("invalid_prompt"), K.INVALID_REQUEST),
        (OPENAI_RESPONSES, flat("rate_limit_exceeded"), K.RATE_LIMIT),
        (OPENAI_RESPONSES, flat(None), K.UPSTREAM),
        (OPENAI_RESPONSES, lambda _: {"type": "error"}, K.UPSTREAM),
        (
            OPENAI_RESPONSES,
            lambda text: {"type": "error", **openai(INVALID)(text)},
            K.INVALID_REQUEST,
        ),
        (OPENAI_RESPONSES, failed("context_length_exceeded"), K.CONTEXT_OVERFLOW),
        (OPENAI_RESPONSES, failed("insufficient_quota"), K.BILLING),
        (OPENAI_RESPONSES, lambda _: {"type": "response.failed", "response": {}}, K.UPSTREAM),
        (GEMINI, google("RESOURCE_EXHAUSTED", 429), K.RATE_LIMIT),
        (GEMINI, google("RESOURCE_EXHAUSTED", 8), K.UPSTREAM),  # a code that is no status
        (GEMINI, google(None, "429"), K.UPSTREAM),
        (GEMINI, lambda text: [google("UNAVAILABLE", 503)(text)], K.OVERLOADED),
        (GEMINI, lambda text: {"error": text}, K.UPSTREAM),
    ],
)
def test_the_kind_of_an_error_event(format_: WireFormat, shape: Say, kind: ErrorKind) -> None:
    """By type or code; what is unknown is the upstream's fault and may be asked elsewhere."""
    tap = CODECS[format_].tap()

    tap.watch(sse.event(as_bytes(shape("m"))))

    assert tap.error is not None
    assert tap.error.kind == kind
    assert tap.error.message
    assert (tap.begun, tap.complete) == (False, False)


# ---------------------------------------------------------------- anything at all

_SCALARS = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=9))
_NAMES = st.sampled_from(
    ["error", "message", "type", "code", "details", "detail", "status", "error_code", "usage", "x"]
)
BODIES = st.recursive(
    _SCALARS,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(_NAMES, inner, max_size=4),
    max_leaves=8,
)


def check(reported: Reported) -> None:
    """A kind, and words that can be sent on."""
    assert isinstance(reported.kind, ErrorKind)
    assert reported.message
    assert isinstance(reported.code, str)
    assert loads_again(reported.message)


def loads_again(text: str) -> bool:
    """Whether a text can be put into a body."""
    return jsontext.loads(jsontext.dumps(text)) == text


@settings(max_examples=60)
@given(body=st.binary(max_size=40), status=st.integers(200, 600))
def test_any_bytes_are_read(body: bytes, status: int) -> None:
    """No body raises."""
    for codec in CODECS.values():
        check(codec.read_error(status, body))
        read_usage(codec, body)


@settings(max_examples=150)
@given(value=BODIES, status=st.integers(200, 600))
def test_any_json_is_read(value: object, status: int) -> None:
    """P29: no field of any type raises, in a body or in an event."""
    raw = jsontext.dumps(value)
    for codec in CODECS.values():
        tap = codec.tap()
        tap.watch(sse.event(raw, "error"))

        check(codec.read_error(status, raw))
        read_usage(codec, raw)
        if tap.error:
            check(tap.error)
        assert not tap.complete


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b'{"object":"error","message":{"detail":[{"loc":["id"],"msg":"bad id"}]}}', "bad id"),
        (b'{"detail":[{"msg":"one"},{"msg":"two"},7,null]}', "one; two; 7"),
        (b'{"detail":{"message":"nested"}}', "nested"),
        (b'{"detail":[]}', '{"detail":[]}'),
    ],
)
def test_faults_in_a_list_are_all_told(body: bytes, message: str) -> None:
    """Edge 316."""
    assert CODECS[WireFormat.OPENAI_CHAT].read_error(422, body).message == message


# ---------------------------------------------------------------- calls that the model wrote badly


@pytest.mark.parametrize("format_", OPENAI)
@pytest.mark.parametrize(
    ("more", "behind"),
    [
        ({}, ""),
        ({"failed_generation": None}, ""),
        ({"failed_generation": ""}, ""),
        ({"failed_generation": "<function=f{"}, "; failed_generation: <function=f{"),
        ({"failed_generation": {"name": "f"}}, '; failed_generation: {"name":"f"}'),
        ({"failed_generation": "x\ud83d"}, "; failed_generation: x\N{REPLACEMENT CHARACTER}"),
        ({"failed_generation": "x" * 9000}, "; failed_generation: " + "x" * 4000),
    ],
)
def test_edge_311_a_call_that_the_model_wrote_badly(
    format_: WireFormat, more: dict[str, object], behind: str
) -> None:
    """Groq's 400 is not the caller's fault; what was written is kept in the message, and bounded."""
    error = {"message": "no call", "type": INVALID, "code": "tool_use_failed", **more}

    said = CODECS[format_].read_error(400, json.dumps({"error": error}).encode())

    assert said == Reported(K.BAD_CALL, f"no call{behind}", "tool_use_failed")
