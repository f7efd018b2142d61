"""The scripted model plays its turns for faultless clients, and finds what is wrong with others."""

from __future__ import annotations

import http.client
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.agents.histories import FAILING, FOLDER, HEADERS, HISTORIES, PATHS
from tests.agents.model import HELPER_TEXT, Model, Said, example
from tests.agents.project import damage, flaw, glyphs, picture, plain
from tests.agents.task import PROMPT, REPORT, STEPS, THOUGHTS
from tests.agents.upstream import Upstream
from tests.agents.vendors import KEY, VENDORS
from tests.agents.words import Image, Json, Request
from tests.support.patience import PATIENCE_S

FORMATS = list(VENDORS)


def _play(wire_format: str, body: Json, path: str = "") -> Said:
    vendor = VENDORS[wire_format]
    request = Request(path or PATHS[wire_format], "", HEADERS, body)
    model = Model(FOLDER, vendor.id_prefix, FAILING)
    return model.answer(vendor.hear(request, THOUGHTS))


@pytest.mark.parametrize("wire_format", FORMATS)
@pytest.mark.parametrize("steps", range(len(STEPS)))
def test_a_faultless_history_leads_to_the_next_step(wire_format: str, steps: int) -> None:
    """The history alone says which turn it is, and nothing is found wrong with it."""
    said = _play(wire_format, HISTORIES[wire_format](steps))

    assert (said.step, said.faults) == (steps, ())
    assert said.reply.thought == STEPS[steps].thought
    assert len(said.reply.calls) == len(STEPS[steps].asks)


@pytest.mark.parametrize("wire_format", FORMATS)
def test_the_last_answer_is_the_report(wire_format: str) -> None:
    """No tool is called any more."""
    said = _play(wire_format, HISTORIES[wire_format](4))

    assert said.reply.whole_text == REPORT
    assert said.reply.calls == ()


@pytest.mark.parametrize("wire_format", FORMATS)
def test_calls_have_ids_of_their_own_in_the_vendor_s_form(wire_format: str) -> None:
    """Gemini gives none."""
    first, second = _play(wire_format, HISTORIES[wire_format](0)).reply.calls
    prefix = VENDORS[wire_format].id_prefix

    assert first.id.startswith(prefix)
    assert (first.id != second.id) is bool(prefix)


@pytest.mark.parametrize("wire_format", FORMATS)
def test_a_request_without_the_tools_is_a_helper_s(wire_format: str) -> None:
    """Titles and summaries hold the prompt too."""
    body = HISTORIES[wire_format](0)
    for key in ("tools", "tool_choice"):
        body.pop(key, None)

    said = _play(wire_format, body)

    assert (said.step, said.reply.whole_text) == (None, HELPER_TEXT)


SCHEMA: Json = {
    "type": "object",
    "properties": {
        "title": {"type": "string"},
        "kind": {"enum": ["a", "b"]},
        "count": {"type": ["integer", "null"]},
        "tags": {"type": "array", "items": {"type": "string"}, "minItems": 1},
        "sure": {"anyOf": [{"type": "boolean"}, {"type": "null"}]},
    },
}
ASKING_FOR_A_SCHEMA: dict[str, Json] = {
    "anthropic": {"output_config": {"format": {"type": "json_schema", "schema": SCHEMA}}},
    "openai-chat": {
        "response_format": {"type": "json_schema", "json_schema": {"name": "r", "schema": SCHEMA}}
    },
    "openai-responses": {
        "text": {"format": {"type": "json_schema", "name": "r", "schema": SCHEMA}}
    },
    "gemini": {
        "generationConfig": {
            "responseMimeType": "application/json",
            "responseJsonSchema": SCHEMA,
        }
    },
}


@pytest.mark.parametrize("wire_format", FORMATS)
def test_a_helper_that_asks_for_a_schema_gets_an_instance(wire_format: str) -> None:
    """Wherever the format has it."""
    body = HISTORIES[wire_format](0) | ASKING_FOR_A_SCHEMA[wire_format]
    for key in ("tools", "tool_choice"):
        body.pop(key, None)

    assert json.loads(_play(wire_format, body).reply.whole_text) == {
        "title": HELPER_TEXT,
        "kind": "a",
        "count": 0,
        "tags": [HELPER_TEXT],
        "sure": False,
    }
    assert example({"type": "null"}) is None


# ---------------------------------------------------------------- faults


def _replaced(old: str, new: str) -> Callable[[Json], Json]:
    """Writes a body with one text for another everywhere."""

    def change(body: Json) -> Json:
        text = json.dumps(body, ensure_ascii=False)
        changed = text.replace(json.dumps(old, ensure_ascii=False)[1:-1], new)
        assert changed != text
        return json.loads(changed)

    return change


@pytest.mark.parametrize(
    ("steps", "change", "fault"),
    [
        pytest.param(1, _replaced("\u2028", " "), "it differs from character", id="separator"),
        pytest.param(1, _replaced("e\u0301", "\u00e9"), "it differs from character", id="composed"),
        pytest.param(1, _replaced("END-7Q", ""), "only part of it came", id="cut"),
        pytest.param(1, _replaced("0451", "0452"), "no 'The second mark", id="notes"),
        pytest.param(1, _replaced("I read both", "I read"), "own words came back", id="words"),
        pytest.param(1, _replaced("cat glyphs", "head glyphs"), "the call Bash(", id="arguments"),
        pytest.param(3, _replaced("lantern went-out", "?"), "no 'lantern went-out'", id="stderr"),
        pytest.param(4, _replaced("not found", "here it is"), "nothing says", id="missing"),
    ],
)
@pytest.mark.parametrize("wire_format", FORMATS)
def test_what_came_back_otherwise_is_a_fault(
    wire_format: str, steps: int, change: Callable[[Json], Json], fault: str
) -> None:
    """The vendor would take it; the judge does not."""
    faults = _play(wire_format, change(HISTORIES[wire_format](steps))).faults
    if fault == "nothing says" and wire_format in {"anthropic", "gemini"}:
        assert faults == ()  # the mark of failure says it
    else:
        assert any(fault in each for each in faults)


@pytest.mark.parametrize(
    ("wire_format", "old", "new"),
    [("anthropic", '"is_error": true', '"is_error": false'), ("gemini", '"error":', '"output":')],
)
def test_a_lost_mark_of_failure_is_a_fault(wire_format: str, old: str, new: str) -> None:
    """What the agent has marked, the vendor must be told."""
    body = json.loads(json.dumps(HISTORIES[wire_format](3)).replace(old, new))

    assert _play(wire_format, body).faults == ("failing command: its result is marked as fine",)


def test_an_image_that_did_not_come_is_a_fault() -> None:
    """A text in its place is none."""
    body = HISTORIES["anthropic"](2)
    del body["messages"][-1]["content"][0]["content"][1]

    assert "no image came" in _play("anthropic", body).faults[0]


def test_a_history_beyond_the_script_is_a_fault() -> None:
    """A call that came back twice, for instance."""
    heard = VENDORS["anthropic"].hear(
        Request(PATHS["anthropic"], "", HEADERS, HISTORIES["anthropic"](4)), THOUGHTS
    )
    heard.turns.append(heard.turns[-1])

    said = Model(FOLDER, "toolu_").answer(heard)

    assert said.step == len(STEPS)
    assert said.faults == ("the history holds more calls than were made",)


def test_a_text_is_found_within_what_an_agent_puts_around_it() -> None:
    """Escape sequences, carriage returns and blanks at the end of a line are the terminal's."""
    dressed = "exit code 0\r\n" + glyphs().replace("\n", "  \r\n") + "\x1b[0m done"

    assert damage(dressed) == ""
    assert plain("a \x1b[1mb\x1b[0m \r\nc") == "a b\nc"


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        pytest.param(Image("image/png", picture()), "", id="the file"),
        pytest.param(Image("image/png", picture()[:-3]), "a broken image/png", id="cut"),
        pytest.param(
            Image("image/png", picture().replace(b"IDAT", b"IDAX")),
            "a broken image/png",
            id="chunk",
        ),
        pytest.param(Image("image/jpeg", b"\xff\xd8\xff...\xff\xd9"), "", id="jpeg"),
        pytest.param(Image("image/jpeg", b"\xff\xd8\xff..."), "a broken image/jpeg", id="cut jpeg"),
    ],
)
def test_an_image_must_be_the_file_or_at_least_whole(image: Image, expected: str) -> None:
    """Agents may make it smaller."""
    assert flaw(image) == expected


# ---------------------------------------------------------------- over HTTP


def _post(upstream: Upstream, path: str, body: Any, **headers: str) -> tuple[int, str, bytes]:
    address = urlsplit(upstream.url).netloc
    connection = http.client.HTTPConnection(address, timeout=PATIENCE_S)
    try:
        told = {"authorization": f"Bearer {KEY}", **HEADERS, **headers}
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        connection.request("POST", path, raw, told)
        answer = connection.getresponse()
        return answer.status, answer.getheader("content-type", ""), answer.read()
    finally:
        connection.close()


def _upstream(wire_format: str) -> Upstream:
    vendor = VENDORS[wire_format]
    return Upstream(vendor, Model(FOLDER, vendor.id_prefix, FAILING), "the-client-s-token")


@pytest.mark.parametrize("wire_format", FORMATS)
def test_a_stream_says_what_the_whole_answer_says(wire_format: str) -> None:
    """One answer both ways; the stream is cut anywhere, here it is whole again."""
    body = HISTORIES[wire_format](4)
    path = PATHS[wire_format]
    whole_path = path.replace(":streamGenerateContent", ":generateContent")
    whole_body = {
        key: value for key, value in body.items() if key not in {"stream", "stream_options"}
    }
    with _upstream(wire_format) as upstream:
        status, kind, stream = _post(upstream, path, body)
        whole_status, whole_kind, whole = _post(upstream, whole_path, whole_body)

    assert (status, whole_status) == (200, 200)
    assert kind.startswith("text/event-stream")
    assert whole_kind == "application/json"
    text = stream.decode()
    assert [
        piece for piece in STEPS[-1].says if json.dumps(piece, ensure_ascii=False) not in text
    ] == []
    assert json.dumps(REPORT, ensure_ascii=False) in whole.decode()
    assert [exchange.faults for exchange in upstream.exchanges] == [[], []]


@pytest.mark.parametrize("wire_format", FORMATS)
def test_a_bad_request_gets_the_vendor_s_error_and_is_remembered(wire_format: str) -> None:
    """What aimux passes on to the agent is what the vendor would have said."""
    with _upstream(wire_format) as upstream:
        status, _, body = _post(
            upstream, PATHS[wire_format], HISTORIES[wire_format](0) | {"oddity": 1}
        )

    assert status == 400
    assert "oddity" in json.loads(body)["error"]["message"]
    assert "oddity" in upstream.exchanges[0].faults[0]


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        pytest.param({"prompt": "aimux1.x.y"}, "a carrier came", id="carrier"),
        pytest.param({"prompt": "YWltdXgxLng="}, "a carrier came", id="carrier in base64"),
    ],
)
def test_a_carrier_is_refused_wherever_it_stands(change: Json, fault: str) -> None:
    """State in aimux's own wrapping goes to nobody."""
    with _upstream("anthropic") as upstream:
        status, _, _ = _post(upstream, "/v1/messages", HISTORIES["anthropic"](0) | change)

    assert status == 400
    assert fault in upstream.exchanges[0].faults[0]


@pytest.mark.parametrize(
    ("headers", "fault"),
    [
        pytest.param({"authorization": "Bearer sk-test-of-nobody"}, "the key is not", id="key"),
        pytest.param({"x-forwarded": "the-client-s-token"}, "the client's own token", id="token"),
    ],
)
def test_credentials_are_the_vendor_s_and_no_others(headers: dict[str, str], fault: str) -> None:
    """A client's token stays with aimux."""
    with _upstream("anthropic") as upstream:
        _post(upstream, "/v1/messages", HISTORIES["anthropic"](0), **headers)

    assert fault in upstream.exchanges[0].faults[0]


@pytest.mark.parametrize("raw", [b"{", b"[]"])
def test_what_is_no_object_is_refused(raw: bytes) -> None:
    """Also when it is JSON."""
    with _upstream("anthropic") as upstream:
        status, _, _ = _post(upstream, "/v1/messages", raw)

    assert status == 400


def test_another_path_is_not_there() -> None:
    """A format's vendor knows only its own."""
    with _upstream("anthropic") as upstream:
        status, _, _ = _post(upstream, "/v1/responses", HISTORIES["openai-responses"](0))

    assert status == 404


def test_tokens_are_counted_where_the_vendor_does() -> None:
    """It is no part of the script."""
    with _upstream("anthropic") as upstream:
        status, _, body = _post(upstream, "/v1/messages/count_tokens", HISTORIES["anthropic"](0))

    assert (status, json.loads(body)) == (200, {"input_tokens": 1200})
    assert upstream.exchanges[0].step is None
    assert PROMPT in json.loads(upstream.exchanges[0].body)["messages"][0]["content"][0]["text"]
