"""Every row of the verdict table under real sockets: what the client saw, and what was recorded of it.

The first provider does what the row says.  The second one refuses its key, which is told to nobody as
long as there is something better to tell and which is not repeated: so the client is told of the first.
That a second one that is well answers instead stands in ``test_failover``.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from email.utils import formatdate
from typing import Any

import pytest

from aimux.catalogue.provider import ModelFacts, Provider, TimeLimits
from aimux.errors import ErrorKind
from aimux.model.request import WireFormat
from aimux.routing.circuits import STRIKES, Circuit
from aimux.wire.formats import CODECS
from tests.gateway.test_relay import FORMATS, body_of, path_of
from tests.support import answers
from tests.support.answers import ANTHROPIC, GEMINI, OPENAI_CHAT
from tests.support.gateway import PATIENT, Body, Served, open_gateway, provider
from tests.support.upstream import CUT, FOREVER, RESET, SILENCE, Answer, FakeUpstream, Pause

K = ErrorKind
SHORT_BEGIN = replace(PATIENT, first_event_s=0.3)
SHORT_IDLE = replace(PATIENT, idle_s=0.3)
NOBODY = "http://127.0.0.1:9"
ASK = b'{"model":"m","stream":true,"messages":[]}'
WHOLE = b'{"model":"m","messages":[]}'
SSE = (("content-type", "text/event-stream"),)


@pytest.fixture
def second() -> Iterator[FakeUpstream]:
    """Another upstream."""
    with FakeUpstream() as server:
        yield server


@dataclass(frozen=True, slots=True)
class Seen:
    """What became of a request: the outcomes at the first provider, what the client was told, and what
    is remembered of the provider.  Waits and rests are in seconds; None is that there is none.
    """

    outcomes: tuple[str, ...]
    status: int
    kind: ErrorKind
    retry_after: int | None = None
    """What the client is asked to wait; without it, it is asked not to come back."""
    strikes: int = 0
    key_s: float | None = None
    model_s: float | None = None


def failure(status: int, message: str = "the fake fails", **headers: str) -> Answer:
    """Anthropic's error."""
    return answers.failure(ANTHROPIC, status, message, **headers)


def stream(*pieces: Any) -> Answer:
    """A stream that begins well."""
    return Answer(headers=SSE, pieces=pieces, framing="chunked")


def limits(seen: Seen) -> TimeLimits:
    """Short only where somebody hangs: a machine that does something else hangs as well."""
    return SHORT_BEGIN if "first_event_timeout" in seen.outcomes else PATIENT


def in_time(seconds: float) -> str:
    """A date so far away."""
    return formatdate(time.time() + seconds, usegmt=True)


OVERLOADED = b'{"type":"error","error":{"type":"overloaded_error","message":"so busy"}}'


def plan_spent() -> dict[str, str]:
    """Headers of a subscription whose window of five hours is used up for two more."""
    reset = str(round(time.time()) + 7200)
    return {
        "anthropic_ratelimit_unified_status": "rejected",
        "anthropic_ratelimit_unified_5h_status": "rejected",
        "anthropic_ratelimit_unified_5h_utilization": "1.0",
        "anthropic_ratelimit_unified_5h_reset": reset,
        "anthropic_ratelimit_unified_reset": reset,
    }


def minute_spent() -> Answer:
    """No wait is said, but when the limit that is used up is whole again."""
    reset = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 9000))
    return Answer(
        429,
        (
            ("content-type", "application/json"),
            ("anthropic-ratelimit-requests-remaining", "0"),
            ("anthropic-ratelimit-requests-reset", reset),
        ),
        pieces=failure(429).pieces,
    )


RELAYED: dict[str, tuple[Answer | None, Seen]] = {
    "refuses": (None, Seen(("connect", "connect"), 502, K.UPSTREAM, 5, strikes=2)),
    "resets": (Answer(before=(RESET,)), Seen(("cut", "cut"), 502, K.UPSTREAM, 5, strikes=2)),
    "closes": (Answer(before=(CUT,)), Seen(("cut", "cut"), 502, K.UPSTREAM, 5, strikes=2)),
    "hangs": (SILENCE, Seen(("first_event_timeout",), 504, K.TIMEOUT, 15, strikes=3)),
    "a head and no event": (
        stream(FOREVER),
        Seen(("first_event_timeout",), 504, K.TIMEOUT, 15, strikes=3),
    ),
    "cut before the first event": (
        stream(b": soon\n\n", CUT),
        Seen(("cut", "cut"), 502, K.UPSTREAM, 5, strikes=2),
    ),
    "no http": (
        Answer(before=(b"garbage\r\n\r\n",)),
        Seen(("protocol",), 502, K.UPSTREAM, 15, strikes=2),
    ),
    "a page": (
        Answer(headers=(("content-type", "text/html"),), pieces=(b"<html>",)),
        Seen(("protocol",), 502, K.UPSTREAM, 15, strikes=2),
    ),
    "redirects": (
        Answer(307, headers=(("location", NOBODY),)),
        Seen(("protocol",), 502, K.UPSTREAM, 15, strikes=2),
    ),
    "429": (failure(429), Seen(("rate_long",), 429, K.RATE_LIMIT, 60, key_s=60)),
    "429 in seconds": (
        failure(429, retry_after="300"),
        Seen(("rate_long",), 429, K.RATE_LIMIT, 300, key_s=300),
    ),
    "429 in many milliseconds": (
        failure(429, retry_after_ms="90000", retry_after="1"),
        Seen(("rate_long",), 429, K.RATE_LIMIT, 1, key_s=90),
    ),
    "529": (failure(529), Seen(("overloaded",), 529, K.OVERLOADED, 5, strikes=1)),
    "529 with a wait": (
        failure(529, retry_after="40"),
        Seen(("overloaded",), 529, K.OVERLOADED, 40, strikes=1, model_s=40),
    ),
    "500": (failure(500), Seen(("server_error",), 500, K.UPSTREAM, 5, strikes=1)),
    "502": (failure(502), Seen(("server_error",), 502, K.UPSTREAM, 5, strikes=1)),
    "503": (failure(503), Seen(("server_error",), 503, K.OVERLOADED, 5, strikes=1)),
    "504": (failure(504), Seen(("server_error",), 504, K.TIMEOUT, 5, strikes=1)),
    "an error as the first event": (
        stream(answers.failing_event(ANTHROPIC, 529)),
        Seen(("overloaded",), 529, K.OVERLOADED, 5, strikes=1),
    ),
    "an error as the whole body": (
        Answer(pieces=(OVERLOADED,)),
        Seen(("overloaded",), 529, K.OVERLOADED, 5, strikes=1),
    ),
    "an error of the account as the first event": (
        stream(answers.failing_event(ANTHROPIC, 400, "Your credit balance is too low")),
        Seen(("billing",), 402, K.BILLING, key_s=600),
    ),
    "401": (failure(401), Seen(("auth",), 401, K.AUTH_UPSTREAM, key_s=600)),
    "403": (failure(403), Seen(("auth",), 403, K.PERMISSION, key_s=600)),
    "402": (failure(402), Seen(("billing",), 402, K.BILLING, key_s=600)),
    "400 of an empty account": (
        failure(400, "Your credit balance is too low"),
        Seen(("billing",), 400, K.BILLING, key_s=600),
    ),
    "404": (failure(404), Seen(("model_unknown",), 404, K.NOT_FOUND, model_s=600)),
    "409": (failure(409), Seen(("transient", "transient"), 409, K.INVALID_REQUEST, 1)),
}


def health(served: Served) -> tuple[int, float | None, float | None]:
    """What is remembered of the first provider: strikes, and for how long its key and model rest."""
    fleet = served.gateway.fleet
    now_s = fleet.now_s()
    value = fleet.state.get(("circuit", "a", "m"), now_s)
    rests = (
        fleet.router.rests.of_key("a", "default", now_s),
        fleet.router.rests.of_model("a", "m", now_s),
    )
    key, model = (None if each is None else each.until_s - now_s for each in rests)
    return 0 if value is None else Circuit._make(value).strikes, key, model


def about(seconds: float | None) -> Any:
    """A rest is prolonged by a tenth or five seconds at most, by chance; the test takes its time, too."""
    return None if seconds is None else pytest.approx(seconds, abs=60 if seconds > 5_000 else 8)


def is_told(got: Body, seen: Seen, format_: WireFormat) -> None:
    """Status, kind and headers; without a wait the client is asked not to come back."""
    assert got.status == seen.status
    assert CODECS[format_].read_error(got.status, got.body).kind is seen.kind
    wait = got.headers.get("retry-after")
    assert (None if wait is None else int(wait)) == (
        about(seen.retry_after) if (seen.retry_after or 0) > 5_000 else seen.retry_after
    )
    assert got.headers.get("x-should-retry") == (None if seen.retry_after else "false")


@pytest.mark.parametrize("case", RELAYED)
async def test_a_row(case: str, upstream: FakeUpstream, second: FakeUpstream) -> None:
    """An Anthropic client, and a provider of its format: its own words, byte for byte, if it had any."""
    await ask_both(*RELAYED[case], upstream, second)


async def test_a_limit_says_when_it_is_whole_again(
    upstream: FakeUpstream, second: FakeUpstream
) -> None:
    """The one that is used up, in place of a wait."""
    seen = Seen(("rate_long",), 429, K.RATE_LIMIT, 9000, key_s=9000)
    await ask_both(minute_spent(), seen, upstream, second)


async def ask_both(
    answer: Answer | None, seen: Seen, upstream: FakeUpstream, second: FakeUpstream
) -> None:
    """The first answers so, the second does not know the key; the client is told what was seen."""
    if answer is not None:
        upstream.always("/v1/messages", answer)
    second.always("/v1/messages", failure(401, "of the second one"))
    at = NOBODY if answer is None else upstream
    fleet = [provider("a", at, timeouts=limits(seen)), provider("b", second)]
    async with open_gateway(fleet) as served:
        got = await served.post("/v1/messages", ASK)
        record = await served.settled()
        remembered = health(served)

    is_told(got, seen, ANTHROPIC)
    if answer is not None and answer.status >= 400:
        assert got.body == answer.body
    outcomes = [each["outcome"] for each in record["attempts"]]
    assert outcomes == [*seen.outcomes, "auth"]
    assert record["outcome"] == "upstream_error"
    assert remembered == (seen.strikes, about(seen.key_s), about(seen.model_s))


async def test_a_short_wait_is_waited_out_once(
    upstream: FakeUpstream, second: FakeUpstream
) -> None:
    """In milliseconds: the same key answers the second time, and it is well again at once."""
    good = answers.answer(ANTHROPIC)
    upstream.script("/v1/messages", failure(429, retry_after_ms="20"), good)
    async with open_gateway([provider("a", upstream), provider("b", second)]) as served:
        got = await served.post("/v1/messages", WHOLE)
        record = await served.settled()
        remembered = health(served)
    assert (got.status, got.body) == (200, good.body)
    assert [each["outcome"] for each in record["attempts"]] == ["rate_short", "ok"]
    assert remembered == (0, None, None)


async def test_a_short_wait_is_told_to_the_client_as_it_came(upstream: FakeUpstream) -> None:
    """In milliseconds; in whole seconds for those who know no others."""
    upstream.always("/v1/messages", failure(429, retry_after_ms="20"))
    async with open_gateway([provider("a", upstream)]) as served:
        got = await served.post("/v1/messages", WHOLE)
        record = await served.settled()
    waits = (got.headers["retry-after-ms"], got.headers["retry-after"])
    assert (got.status, waits) == (429, ("20", "1"))
    assert "x-should-retry" not in got.headers
    assert [each["outcome"] for each in record["attempts"]] == ["rate_short"] * 2


async def test_a_date_to_come_back_at(upstream: FakeUpstream) -> None:
    """Relayed as it came; the key rests until then."""
    date = in_time(1000)
    upstream.always("/v1/messages", failure(429, retry_after=date))
    async with open_gateway([provider("a", upstream)]) as served:
        got = await served.post("/v1/messages", WHOLE)
        _, key_s, _ = health(served)
    assert (got.status, got.headers["retry-after"]) == (429, date)
    assert key_s == about(1000)


async def test_a_spent_plan_is_known_until_it_is_there_again(
    upstream: FakeUpstream, second: FakeUpstream
) -> None:
    """By its own headers: the next request goes elsewhere at once, and knows why."""
    upstream.always(
        "/v1/messages", failure(429, "This request would exceed your limit", **plan_spent())
    )
    good = answers.answer(ANTHROPIC)
    second.always("/v1/messages", good)
    async with open_gateway([provider("a", upstream), provider("b", second)]) as served:
        bodies = [(await served.post("/v1/messages", WHOLE)).body for _ in range(2)]
        record = await served.settled()
        spent = served.gateway.fleet.router.quotas.verdict(
            "a", "default", "m", 0.0, served.gateway.fleet.now_s() + 3_600
        )
    assert bodies == [good.body] * 2
    assert len(upstream.requests) == 1
    assert record["refusals"][0]["target"] == "a/m"
    assert spent is not None
    assert spent.hard
    assert spent.words in [
        f"its 5-hour window is used up, resets in {time}" for time in ("59 min", "1 h 0 min")
    ]


async def test_a_wait_in_the_words_of_a_body(upstream: FakeUpstream) -> None:
    """OpenAI's way: no header, a sentence; the client is told in a header."""
    words = "Rate limit reached for m. Please try again in 7m12.5s."
    upstream.always(answers.path(OPENAI_CHAT), answers.failure(OPENAI_CHAT, 429, words))
    async with open_gateway([provider("a", upstream, OPENAI_CHAT)]) as served:
        got = await served.post(path_of(OPENAI_CHAT, stream=False), WHOLE)
        _, key_s, _ = health(served)
    assert (got.status, got.headers["retry-after"]) == (429, "433")
    assert words.encode() in got.body
    assert key_s == about(432.5)


async def test_a_wait_in_google_s_details(upstream: FakeUpstream) -> None:
    """``RetryInfo``, of Gemini."""
    info = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "32s"}
    error = {"code": 429, "message": "slow", "status": "RESOURCE_EXHAUSTED", "details": [info]}
    upstream.always(
        answers.path(GEMINI), Answer(429, pieces=(json.dumps({"error": error}).encode(),))
    )
    async with open_gateway([provider("a", upstream, GEMINI)]) as served:
        got = await served.post("/v1beta/models/m:generateContent", b'{"contents":[]}')
        _, key_s, _ = health(served)
    assert (got.status, got.headers["retry-after"]) == (429, "32")
    assert key_s == about(32)


# ---------------------------------------------------------------- in every dialect

WORDLESS = {name: RELAYED[name] for name in ("refuses", "resets", "hangs", "no http", "redirects")}


@pytest.mark.parametrize("format_", FORMATS)
@pytest.mark.parametrize("case", WORDLESS)
async def test_what_the_provider_did_not_say_is_said_in_the_client_s_dialect(
    case: str, format_: WireFormat, upstream: FakeUpstream, second: FakeUpstream
) -> None:
    """Status, kind and words of ours, which name the provider."""
    answer, seen = WORDLESS[case]
    if answer is not None:
        upstream.always(answers.path(format_), answer)
    second.always(answers.path(format_), answers.failure(format_, 401))
    at = NOBODY if answer is None else upstream
    fleet = [provider("a", at, format_, timeouts=limits(seen)), provider("b", second, format_)]
    async with open_gateway(fleet) as served:
        got = await served.post(path_of(format_, stream=True), body_of(stream=True))

    is_told(got, seen, format_)
    said = CODECS[format_].read_error(got.status, got.body)
    assert "a: " in said.message or "a " in said.message
    assert got.headers["content-type"].startswith("application/json")


# A client of Anthropic's and a provider of OpenAI's: the status of the provider, and what is told.
TRANSLATED: dict[str, tuple[Answer, Seen]] = {
    "429": (
        answers.failure(OPENAI_CHAT, 429, retry_after="300"),
        Seen(("rate_long",), 429, K.RATE_LIMIT, 300, key_s=300),
    ),
    "503": (
        answers.failure(OPENAI_CHAT, 503),
        Seen(("server_error",), 529, K.OVERLOADED, 5, strikes=1),
    ),
    "500": (
        answers.failure(OPENAI_CHAT, 500),
        Seen(("server_error",), 500, K.UPSTREAM, 5, strikes=1),
    ),
    "401": (answers.failure(OPENAI_CHAT, 401), Seen(("auth",), 403, K.PERMISSION, key_s=600)),
    "402": (answers.failure(OPENAI_CHAT, 402), Seen(("billing",), 402, K.BILLING, key_s=600)),
    "404": (
        answers.failure(OPENAI_CHAT, 404),
        Seen(("model_unknown",), 404, K.NOT_FOUND, model_s=600),
    ),
}


@pytest.mark.parametrize("case", TRANSLATED)
async def test_a_provider_of_another_format(
    case: str, upstream: FakeUpstream, second: FakeUpstream
) -> None:
    """Its words in the client's dialect, with the status that clients of that dialect know."""
    answer, seen = TRANSLATED[case]
    upstream.always(answers.path(OPENAI_CHAT), answer)
    second.always(answers.path(OPENAI_CHAT), answers.failure(OPENAI_CHAT, 401, "of the second"))
    fleet = [provider("a", upstream, OPENAI_CHAT), provider("b", second, OPENAI_CHAT)]
    async with open_gateway(fleet) as served:
        got = await served.post("/v1/messages", TALK)
        record = await served.settled()
        remembered = health(served)

    is_told(got, seen, ANTHROPIC)
    assert json.loads(got.body)["error"]["message"].startswith("a: the fake fails")
    assert [each["outcome"] for each in record["attempts"]] == [*seen.outcomes, "auth"]
    assert remembered == (seen.strikes, about(seen.key_s), about(seen.model_s))


TALK = b'{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"hello"}]}'

# ---------------------------------------------------------------- the caller's own

CALLERS = {
    "400": (failure(400, "messages.0: wrong"), "bad_request"),
    "405": (failure(405), "bad_request"),
    "422": (failure(422), "bad_request"),
    "413": (failure(413), "too_large"),
    "too long": (failure(400, "prompt is too long: 9 tokens > 8 maximum"), "context_overflow"),
    "refused": (failure(400, "flagged by our safety system"), "refusal"),
    "400 with a wait": (failure(400, retry_after="60"), "bad_request"),
}


@pytest.mark.parametrize("case", CALLERS)
async def test_the_caller_s_own_mistake_counts_against_nobody(
    case: str, upstream: FakeUpstream, second: FakeUpstream
) -> None:
    """Told byte for byte, sent nowhere else, and nothing is remembered of it, however often."""
    answer, outcome = CALLERS[case]
    upstream.always("/v1/messages", answer)
    async with open_gateway([provider("a", upstream), provider("b", second)]) as served:
        for _ in range(6):
            got = await served.post("/v1/messages", ASK)
        record = await served.settled()
        remembered = health(served)

    assert (got.status, got.body) == (answer.status, answer.body)
    assert "x-should-retry" not in got.headers
    assert second.requests == []
    assert [each["outcome"] for each in record["attempts"]] == [outcome]
    assert record["outcome"] == "client_error"
    assert remembered == (0, None, None)


# ---------------------------------------------------------------- where the route allows it


def with_window(each: Provider, tokens: int) -> Provider:
    """A provider whose model reads so much."""
    return replace(each, models={"m": ModelFacts("m", context=tokens)})


TOO_LONG = CALLERS["too long"][0]
REFUSED = CALLERS["refused"][0]


@dataclass(frozen=True, slots=True)
class Opted:
    """What a route allows, what its targets read, and how the attempts end."""

    answer: Answer
    also: tuple[str, ...]
    windows: tuple[int, int]
    outcomes: tuple[str, ...]


OPTED = [
    Opted(TOO_LONG, ("context-overflow",), (8_000, 100_000), ("context_overflow", "ok")),
    Opted(TOO_LONG, ("context-overflow",), (8_000, 8_000), ("context_overflow",)),
    Opted(TOO_LONG, ("context-overflow",), (100_000, 8_000), ("context_overflow",)),
    Opted(TOO_LONG, ("refusal",), (8_000, 100_000), ("context_overflow",)),
    Opted(TOO_LONG, (), (8_000, 100_000), ("context_overflow",)),
    Opted(REFUSED, ("refusal",), (8_000, 8_000), ("refusal", "ok")),
    Opted(REFUSED, ("context-overflow",), (8_000, 100_000), ("refusal",)),
    Opted(REFUSED, (), (8_000, 100_000), ("refusal",)),
]


@pytest.mark.parametrize("case", OPTED, ids=lambda case: f"{case.outcomes}-{case.also}")
async def test_failover_of_the_request_s_own_failures(
    case: Opted, upstream: FakeUpstream, second: FakeUpstream
) -> None:
    """Only where the route says so; a prompt that is too long only to a larger window."""
    good = answers.answer(ANTHROPIC)
    upstream.always("/v1/messages", case.answer)
    second.always("/v1/messages", good)
    fleet = [
        with_window(provider(name, at), window)
        for name, at, window in zip("ab", (upstream, second), case.windows, strict=True)
    ]
    settings = {"routing": {"default": ["a/m", "b/m"], "failover_on": list(case.also)}}
    async with open_gateway(fleet, settings) as served:
        got = await served.post("/v1/messages", WHOLE)
        record = await served.settled()
        remembered = health(served)

    answered = case.outcomes[-1] == "ok"
    assert tuple(each["outcome"] for each in record["attempts"]) == case.outcomes
    assert got.body == (good.body if answered else case.answer.body)
    assert got.status == (200 if answered else 400)
    assert record["outcome"] == ("ok" if answered else "client_error")
    assert remembered == (0, None, None)


async def test_a_prompt_that_nobody_reads_is_told_as_too_long(
    upstream: FakeUpstream, second: FakeUpstream
) -> None:
    """Not as the failure of whoever was asked in vain after it: agents shorten their history at it."""
    upstream.always("/v1/messages", TOO_LONG)
    second.always("/v1/messages", failure(401))
    fleet = [
        with_window(provider("a", upstream), 8_000),
        with_window(provider("b", second), 90_000),
    ]
    settings = {"routing": {"default": ["a/m", "b/m"], "failover_on": ["context-overflow"]}}
    async with open_gateway(fleet, settings) as served:
        got = await served.post("/v1/messages", WHOLE)
    assert (got.status, got.body) == (400, TOO_LONG.body)
    assert len(second.requests) == 1


# ---------------------------------------------------------------- after the first event

GOOD = answers.events(ANTHROPIC)

BREAKS: dict[str, tuple[tuple[Any, ...], str, int]] = {
    "cut": ((*GOOD[:3], CUT), "cut", 1),
    "reset": ((*GOOD[:3], Pause(0.05), RESET), "cut", 1),
    "idle": ((*GOOD[:3], FOREVER), "idle", 2),
}


@pytest.mark.parametrize("case", BREAKS)
async def test_a_break_after_the_first_event_counts_and_goes_nowhere_else(
    case: str, upstream: FakeUpstream, second: FakeUpstream
) -> None:
    """The client has the beginning and one error event, no end of the message."""
    pieces, outcome, strikes = BREAKS[case]
    upstream.always("/v1/messages", stream(*pieces))
    patience = SHORT_IDLE if case == "idle" else PATIENT
    fleet = [provider("a", upstream, timeouts=patience), provider("b", second)]
    async with open_gateway(fleet) as served:
        got = await served.post("/v1/messages", ASK)
        record = await served.settled()
        remembered = health(served)

    assert got.status == 200
    assert got.body.count(b"event: error") == 1
    assert b"message_stop" not in got.body
    assert [each["outcome"] for each in record["attempts"]] == [outcome]
    assert record["outcome"] == "cut"
    assert second.requests == []
    assert remembered == (strikes, None, None)


# ---------------------------------------------------------------- the probe


def half_open(served: Served) -> None:
    """The circuit of ``a/m`` opened a minute and a half ago, and its time is over."""
    fleet = served.gateway.fleet
    fleet.router.circuits.failed(("a", "m"), STRIKES, "503", fleet.now_s() - 90, lambda: 0.5)


async def state_of(served: Served) -> str:
    """How that circuit stands once the request is over."""
    await served.settled()
    fleet = served.gateway.fleet
    standing = fleet.router.circuits.standing(("a", "m"), fleet.now_s())
    return "closed" if standing is None else standing.state


@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/embeddings"])
async def test_an_answer_closes_the_circuit_whatever_was_asked(
    path: str, upstream: FakeUpstream
) -> None:
    """An embedding is an answer, too."""
    upstream.always(path, answers.answer(OPENAI_CHAT))
    body = b'{"model":"m","input":"x","messages":[]}'
    async with open_gateway([provider("a", upstream, OPENAI_CHAT)]) as served:
        half_open(served)
        got = await served.post(path, body)
        state = await state_of(served)
    assert (got.status, state) == (200, "closed")


async def test_a_client_that_leaves_gives_the_probe_s_place_back(upstream: FakeUpstream) -> None:
    """Another one may go at once."""
    upstream.always("/v1/messages", SILENCE)
    async with open_gateway([provider("a", upstream)]) as served:
        half_open(served)
        asking = asyncio.create_task(served.post("/v1/messages", ASK))
        received = await upstream.arrival(1)
        asking.cancel()
        await received.departure()
        await served.gateway.drained(5)
        state = await state_of(served)
    assert state == "half-open"


async def test_a_client_that_leaves_while_the_probe_waits_gives_its_place_back(
    upstream: FakeUpstream,
) -> None:
    """Between two attempts there is nobody who is asked, but a place is kept for the second one."""
    upstream.always("/v1/messages", failure(409, retry_after="2"))
    async with open_gateway([provider("a", upstream)]) as served:
        half_open(served)
        asking = asyncio.create_task(served.post("/v1/messages", ASK))
        await upstream.arrival(1)
        while served.last["attempts"][0]["outcome"] != "transient":
            await asyncio.sleep(0)
        assert served.gateway.fleet.router.probes
        asking.cancel()
        await served.gateway.drained(1)
        state = await state_of(served)
    assert state == "half-open"
    assert len(upstream.requests) == 1


async def test_the_end_of_the_daemon_between_two_attempts_is_told(upstream: FakeUpstream) -> None:
    """As while one is awaited: a status, not a torn connection."""
    upstream.always("/v1/messages", failure(409, retry_after="2"))
    async with open_gateway([provider("a", upstream)]) as served:
        asking = asyncio.create_task(served.post("/v1/messages", ASK))
        await upstream.arrival(1)
        while served.last["attempts"][0]["outcome"] != "transient":
            await asyncio.sleep(0)
        await served.gateway.close()
        got = await asking
        record = served.last
    assert got.status == 502
    assert b"aimux ends" in got.body
    assert record["outcome"] == "upstream_error"
    assert len(upstream.requests) == 1


async def test_a_failed_probe_is_told_and_opens_the_circuit_again(
    upstream: FakeUpstream, second: FakeUpstream
) -> None:
    """The next request passes by without asking."""
    good = answers.answer(ANTHROPIC)
    upstream.always("/v1/messages", failure(529))
    second.always("/v1/messages", good)
    async with open_gateway([provider("a", upstream), provider("b", second)]) as served:
        half_open(served)
        bodies = [(await served.post("/v1/messages", WHOLE)).body for _ in range(2)]
        state = await state_of(served)
        refusal = served.last["refusals"][0]["reason"]
    assert bodies == [good.body] * 2
    assert len(upstream.requests) == 1
    assert state == "open"
    assert "its circuit is open: a: the fake fails" in refusal
