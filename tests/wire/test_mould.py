"""Events that are the one before with another text: read by a mould, they mean what they always mean."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aimux.model.events import BlockStart, Delta, Event, Finish
from aimux.model.parts import Text
from aimux.model.request import WireFormat
from aimux.wire.formats import CODECS
from aimux.wire.mould import Mould
from aimux.wire.target import Target
from tests.support.chunks import CUTS, pieces
from tests.support.crossing import TARGETS, crossed, inquiry
from tests.support.generate import upstream
from tests.support.generate.mutators import HARMLESS, harmed
from tests.support.generate.plans import plans
from tests.support.generate.profile import WIRE
from tests.support.pauses import response

HEAD = b'data: {"id":"x","delta":{"content":"'
TAIL = b'"},"end":null}\n\n'


def learned(block: bytes, text: str) -> Mould:
    mould = Mould("content")
    mould.learn(block, text)
    return mould


# ---------------------------------------------------------------- what fits


@pytest.mark.parametrize(
    ("block", "text"),
    [
        (HEAD + b"b" + TAIL, "b"),
        (HEAD + rb"\n\"\u00e9\ud83d\ude00" + TAIL, '\n"é😀'),
        (HEAD + "\u2028é".encode() + TAIL, "\u2028é"),
        (HEAD + TAIL, ""),
        (HEAD + rb"\ud83d" + TAIL, ""),
        (HEAD + b"a\nb" + TAIL, ""),
        (HEAD + b"\xff" + TAIL, ""),
        (HEAD + rb"a\ "[:-1] + TAIL, ""),
        (HEAD + b'b","more":"c' + TAIL, ""),
        (HEAD[:-1] + b' "b"' + TAIL[1:], ""),
        (HEAD[:-1] + b'"b" ' + TAIL[1:], ""),
        (HEAD[:-1] + TAIL, ""),
        (HEAD[:-1] + b"3" + TAIL[1:], ""),
        (b": c\n" + HEAD + b"b" + TAIL, ""),
        (HEAD + b"b" + TAIL[:-1], ""),
        (HEAD.replace(b"x", b"y") + b"b" + TAIL, ""),
        (HEAD + b"b" + TAIL.replace(b"null", b'"stop"'), ""),
        (b"", ""),
    ],
)
def test_another_text_and_nothing_else(block: bytes, text: str) -> None:
    mould = learned(HEAD + b"a" + TAIL, "a")

    assert mould.text(block) == text
    assert mould.text(HEAD + b"c" + TAIL) == ("c" if text else ""), "what does not fit ends it"


@pytest.mark.parametrize(
    ("block", "text"),
    [
        (b'data: {"content": "a"}\n\n', "a"),
        (b'data: {"content":"\\"a\\\\"}\n\n', '"a\\'),
        (b'data: {"n":1,"content":"a"}', "a"),
    ],
)
def test_spellings_that_are_learned(block: bytes, text: str) -> None:
    string = json.dumps(text).encode()

    assert learned(block, text).text(block.replace(string, b'"b"')) == "b"


@pytest.mark.parametrize(
    ("block", "text"),
    [
        (b'data: {"content":"a","other":"a"}\n\n', "a"),
        (b'data: {"other":"a"}\n\n', "a"),
        (b'data: {"x":{"content":"a"},"content":"\\u0061"}\n\n', "a"),
        (b'data: {"i\\"d":1,"content":"a"}\n\n', "a"),
        (b'data: {"content":"a","i\\"d":1}\n\n', "a"),
        (b'data: {"content":"\\u00e9"}\n\n', "é"),
        (b'data: {"content":"ab"}\n\n', "a"),
        (b'data: {"content":":","b":","}\n\n', ","),
        (b'data: {"content"  :  "a"}\n\n', "a"),
    ],
)
def test_a_text_whose_place_is_not_certain_is_not_learned(block: bytes, text: str) -> None:
    assert learned(block, text).text(block) == ""


SERIAL = b'{"type":"t","sequence_number":%b,"content":"%b","logprobs":[],"obfuscation":"%b"}\n\n'


@pytest.mark.parametrize(
    ("parts", "text"),
    [
        ((b"8", b"b", b"yy"), "b"),
        ((b"12", b'\\",\\"obfuscation\\":\\"', b"y"), '","obfuscation":"'),
        ((b"08", b"b", b"y"), ""),
        ((b"8.5", b"b", b"y"), ""),
        ((b"", b"b", b"y"), ""),
        ((b"8", b"b", b""), ""),
        ((b"8", b"b", b'y","delta":"z'), ""),
        ((b'8,"content":"z"', b"b", b"y"), ""),
        ((b"8", b"", b"y"), ""),
    ],
)
def test_numbers_and_padding_that_nobody_reads_may_differ(
    parts: tuple[bytes, ...], text: str
) -> None:
    assert learned(SERIAL % (b"7", b"a", b"x"), "a").text(SERIAL % parts) == text


@pytest.mark.parametrize("lost", [b',"content"', b'"obfuscation"', b"\n"])
def test_what_stands_around_them_may_not(lost: bytes) -> None:
    mould = learned(SERIAL % (b"7", b"a", b"x"), "a")

    assert mould.text((SERIAL % (b"8", b"b", b"y")).replace(lost, b"")) == ""


def test_one_of_the_two_alone() -> None:
    number = b'{"sequence_number":%b,"content":"%b"}\n\n'
    padding = b'{"content":"%b","obfuscation":"%b"}\n\n'

    assert learned(number % (b"1", b"a"), "a").text(number % (b"2", b"b")) == "b"
    assert learned(padding % (b"a", b"1"), "a").text(padding % (b"b", b"22")) == "b"


COUNTED = b'{"content":"%b","usageMetadata":%b,"model":"m-1"}\n\n'
USAGE = b'{"total": 9,"details":[{"of":"TEXT","count":3}]}'


def counting(block: bytes, usage: object) -> Mould:
    mould = Mould("content")
    mould.learn(block, "a", usage)
    return mould


@pytest.mark.parametrize(
    ("block", "usage"),
    [
        (COUNTED % (b"b", USAGE), json.loads(USAGE)),
        (COUNTED % (b"b", USAGE.replace(b"9", b"10")), {**json.loads(USAGE), "total": 10}),
        (COUNTED % (b'\\",\\"usageMetadata\\":{', USAGE), json.loads(USAGE)),
        (COUNTED % (b"b", USAGE.replace(b"9", b"")), {}),
        (COUNTED % (b"b", USAGE.replace(b"9", b"09")), {}),
        (COUNTED % (b"b", USAGE.replace(b"9", b"9.5")), {}),
        (COUNTED % (b"b", USAGE.replace(b"9", b"\n9")), {}),
        (COUNTED % (b"b", USAGE.replace(b"total", b"sum")), {}),
        (COUNTED % (b"b", b""), {}),
        (COUNTED % (b"", USAGE), {}),
        ((COUNTED % (b"b", USAGE)).replace(b"m-1", b"m-2"), {}),
        ((COUNTED % (b"b", USAGE)).replace(b'","usage', b'" ,"usage'), {}),
    ],
)
def test_usage_may_count_on_and_is_told(block: bytes, usage: dict[str, Any]) -> None:
    """Its numbers may differ, and nothing else of it."""
    mould = counting(COUNTED % (b"a", USAGE), json.loads(USAGE))

    assert bool(mould.text(block)) is bool(usage)
    if usage:
        assert mould.usage == usage


@pytest.mark.parametrize(
    ("block", "usage"),
    [
        (COUNTED % (b"a", USAGE), None),
        (COUNTED % (b"a", USAGE), {"total": 9}),
        (COUNTED % (b"a", b"{}"), {}),
        (COUNTED % (b"a", b'{"x":' + USAGE + b"}"), {"x": json.loads(USAGE)}),
        ((COUNTED % (b"a", USAGE)).replace(b"m-1", b"usageMetadata"), json.loads(USAGE)),
        (b'{"usageMetadata":%b,"content":"a"}\n\n' % USAGE, json.loads(USAGE)),
    ],
)
def test_usage_whose_place_is_not_certain_may_not_differ(block: bytes, usage: object) -> None:
    """Then an event fits that has the same, as with everything else."""
    other = block.replace(b'"a"', b'"b"')

    assert counting(block, usage).text(other) == "b"
    assert counting(block, usage).usage == {}
    assert counting(block, usage).text(other.replace(b"9", b"8").replace(b"{}", b'{"t":1}')) == ""


def test_what_is_forgotten_fits_nothing() -> None:
    mould = learned(HEAD + b"a" + TAIL, "a")
    mould.forget()

    assert mould.text(HEAD + b"b" + TAIL) == ""


def test_where_nothing_ever_fits_no_more_is_learned() -> None:
    mould = Mould("content")
    for number in range(8):
        mould.learn(b'{"id":%d,"content":"a"}\n\n' % number, "a")
        assert mould.text(b'{"id":x,"content":"a"}\n\n') == ""
    mould.learn(HEAD + b"a" + TAIL, "a")

    assert mould.text(HEAD + b"b" + TAIL) == ""


# ---------------------------------------------------------------- readers


def unlike(raw: bytes) -> bytes:
    """The same events, each with a comment of its own: none fits the mould of another."""
    *blocks, rest = raw.split(b"\n\n")
    told = [b": %d\n%b\n\n" % (number, block) for number, block in enumerate(blocks)]
    return b"".join(told) + rest


def same_for_every_client(upstream_: WireFormat, raw: bytes, cuts: list[int], **of: Any) -> None:
    for client in WireFormat:
        if client is not upstream_:
            by_mould = crossed(inquiry(client), upstream_, pieces(raw, cuts), **of)
            without = crossed(inquiry(client), upstream_, pieces(unlike(raw), cuts), **of)
            assert (by_mould.out, by_mould.error) == (without.out, without.error)


each_format = pytest.mark.parametrize("format_", list(WireFormat))


@each_format
@WIRE
@given(data=st.data())
def test_answers_are_the_same_by_mould_and_without(
    format_: WireFormat, data: st.DataObject
) -> None:
    """Also from odd servers, and spoiled ones; cut anywhere."""
    halves = format_ is not WireFormat.GEMINI
    plan = data.draw(plans(calls_last=format_ is WireFormat.OPENAI_CHAT, halves=halves))
    said = HARMLESS[format_][data.draw(st.sampled_from(sorted(HARMLESS[format_])))](
        upstream.events(format_, plan)
    )
    if data.draw(st.booleans()):
        said = data.draw(harmed(format_, said))

    same_for_every_client(format_, upstream.raw(said), data.draw(CUTS))


Write = Callable[[str, int], dict[str, Any]]


def chat(**fields: Any) -> Write:
    """A chunk whose delta has these fields; ``...`` is the text."""

    def write(text: str, number: int) -> dict[str, Any]:
        del number
        spelled = json.dumps(fields).replace('"..."', json.dumps(text))
        return {"id": "x", "choices": [{"index": 0, "delta": json.loads(spelled)}]}

    return write


def fragment(**fields: Any) -> Write:
    return chat(tool_calls=[fields])


def claude(kind: str, field: str) -> Write:
    def write(text: str, number: int) -> dict[str, Any]:
        del number
        return {"type": "content_block_delta", "index": 0, "delta": {"type": kind, field: text}}

    return write


def responses(kind: str, **more: Any) -> Write:
    def write(text: str, number: int) -> dict[str, Any]:
        event = {"type": f"response.{kind}", "sequence_number": number, "item_id": "i", **more}
        return {**event, "output_index": 0, "delta": text, "obfuscation": "a" * (1 + number % 3)}

    return write


def gemini(**more: Any) -> Write:
    def write(text: str, number: int) -> dict[str, Any]:
        del number
        return {"candidates": [{"content": {"parts": [{"text": text, **more}]}}]}

    return write


def counted(**more: Any) -> Write:
    """As the vendor writes it: each event counts what there has been."""

    def write(text: str, number: int) -> dict[str, Any]:
        details = [{"modality": "TEXT", "tokenCount": 4}]
        usage = {
            "promptTokenCount": 4, "candidatesTokenCount": number, "totalTokenCount": 4 + number,
            "promptTokensDetails": details,
        }  # fmt: skip
        return {**gemini(**more)(text, number), "usageMetadata": usage, "modelVersion": "m-2.5"}

    return write


def grounded(query: str = "", **more: Any) -> Write:
    """Text with what it is based on: a stretch that may have come by then, or not."""

    def write(text: str, number: int) -> dict[str, Any]:
        [candidate] = gemini(**more)(text, number)["candidates"]
        metadata = {
            "webSearchQueries": [query] if query else [],
            "groundingChunks": [{"web": {"uri": "https://a.test/", "title": "A"}}] if query else [],
            "groundingSupports": [{
                "segment": {"startIndex": 1, "endIndex": 4}, "groundingChunkIndices": [0],
            }],
        }  # fmt: skip
        return {"candidates": [{**candidate, "groundingMetadata": metadata}]}

    return write


def cited() -> Write:
    def write(text: str, number: int) -> dict[str, Any]:
        [candidate] = gemini()(text, number)["candidates"]
        source = {"startIndex": 0, "endIndex": 2, "uri": "https://b.test/"}
        return {"candidates": [{**candidate, "citationMetadata": {"citationSources": [source]}}]}

    return write


def just(event: dict[str, Any]) -> Write:
    return lambda text, number: event


CALL = {"name": "f", "arguments": "..."}
WRITERS: dict[WireFormat, list[Write]] = {
    WireFormat.OPENAI_CHAT: [
        chat(content="..."),
        chat(content="...", role="assistant"),
        chat(reasoning_content="..."),
        chat(reasoning="...", reasoning_details=[{"type": "reasoning.encrypted", "data": "d"}]),
        chat(content="...", annotations=[{"type": "url_citation", "url_citation": {"url": "u"}}]),
        chat(content=[{"type": "text", "text": "..."}]),
        chat(refusal="..."),
        fragment(index=0, function={"arguments": "..."}),
        fragment(index=0, id="call_12345678", function={"arguments": "..."}),
        fragment(index=0, id="call_12345678", function=CALL),
        fragment(index=0, function=CALL),
        fragment(function={"arguments": "..."}),
        fragment(index=1, type="custom", id="call_abcdefgh", custom={"name": "g", "input": "..."}),
        fragment(index=0, extra_content={"google": {"thought_signature": "c2ln"}}, function=CALL),
        chat(function_call={"name": "f", "arguments": "..."}),
        chat(function_call={"arguments": "..."}),
        just({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}),
    ],
    WireFormat.ANTHROPIC: [
        claude("text_delta", "text"),
        claude("thinking_delta", "thinking"),
        claude("input_json_delta", "partial_json"),
        claude("compaction_delta", "content"),
        just({"type": "content_block_start", "index": 0, "content_block": {"type": "thinking"}}),
        just({
            "type": "content_block_start", "index": 0,
            "content_block": {"type": "tool_use", "id": "toolu_12345678", "name": "f"},
        }),
        just({"type": "content_block_stop", "index": 0}),
        just({"type": "message_delta", "delta": {"stop_reason": "end_turn"}}),
    ],
    WireFormat.OPENAI_RESPONSES: [
        responses("output_text.delta", content_index=0),
        responses("output_text.delta", content_index=1),
        responses("reasoning_summary_text.delta", summary_index=0),
        responses("reasoning_summary_text.delta", summary_index=1),
        responses("reasoning_text.delta", content_index=0),
        responses("refusal.delta", content_index=0),
        responses("function_call_arguments.delta"),
        responses("function_call_arguments.done", arguments="{}"),
        responses("output_text.done", content_index=0, text="abc"),
        just({
            "type": "response.output_item.added", "output_index": 0,
            "item": {"type": "function_call", "call_id": "call_12345678", "name": "f"},
        }),
        just({
            "type": "response.completed",
            "response": {"output": [{
                "type": "message", "content": [{"type": "output_text", "text": "abcdefgh"}],
            }]},
        }),
    ],
    WireFormat.GEMINI: [
        gemini(),
        gemini(thought=True),
        gemini(thoughtSignature="c2ln"),
        counted(),
        counted(thought=True),
        grounded(),
        grounded("opened"),
        grounded(thought=True),
        cited(),
        just({"candidates": [{"content": {"parts": [{"functionCall": {"name": "f"}}]}}]}),
        just({"candidates": [{
            "content": {"parts": [{"text": "abc"}]},
            "groundingMetadata": {"webSearchQueries": ["abc"]},
        }]}),
        just({"candidates": [{"finishReason": "STOP"}]}),
    ],
}  # fmt: skip
TEXTS = st.sampled_from(
    ["a", "abc", ",", ":", '"', '","', "\\", "é", "\u2028", "\ud83d", "\ude00", "😀", "{", "}", "{}",
     "", " ", "</think>", "<think>", "\n", '{"a":1}', "content", "stop"],
)  # fmt: skip
QUIRKS = st.sampled_from([(), ("split-think-tags",), ("repair-leaked-calls",), ("cumulative",)])


@each_format
@WIRE
@given(data=st.data())
def test_any_row_of_like_events_is_read_alike(format_: WireFormat, data: st.DataObject) -> None:
    """Runs of events of a kind whose texts are chosen to mislead."""
    dumped = data.draw(st.sampled_from([{}, {"separators": (",", ":")}]))
    writers = WRITERS[format_]
    raw = b""
    number = 1
    for _ in range(data.draw(st.integers(1, 4))):
        write = data.draw(st.sampled_from(writers))
        for text in data.draw(st.lists(TEXTS, min_size=1, max_size=5)):
            spelled = json.dumps(write(text, number), **dumped)
            if data.draw(st.booleans()):
                spelled = json.dumps(json.loads(spelled), ensure_ascii=False, **dumped)
            raw += b"data: " + spelled.encode("ascii", "backslashreplace") + b"\n\n"
            number += 1
    quirks = frozenset(data.draw(QUIRKS))
    model = TARGETS[format_].model

    same_for_every_client(
        format_, raw, data.draw(CUTS), target=Target("elsewhere", model, quirks=quirks)
    )


FINISH = just({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
HIDDEN = [{"type": "reasoning.encrypted", "index": 0, "data": "c2ln"}]
NAMED = fragment(index=0, id="call_12345678", function=CALL)
GROWS = fragment(index=0, function={"arguments": "..."})
SECOND = fragment(index=1, id="call_abcdefgh", function=CALL)
Row = list[tuple[Write, str]]
CAREFUL: dict[str, tuple[WireFormat, Row, str]] = {
    "a name may begin another call": (
        WireFormat.OPENAI_CHAT,
        [(NAMED, "{}")] + [(fragment(index=0, function=CALL), f'{{"a":{at}}}') for at in (1, 2, 3)],
        "",
    ),
    "a call is complete by all of its pieces": (
        WireFormat.OPENAI_CHAT,
        [
            (NAMED, '{"a"'), (GROWS, ":"), (GROWS, "1"), (GROWS, "}"),
            (SECOND, "{"), (fragment(index=1, function={"arguments": "..."}), "}"),
        ],
        "",
    ),
    "state that comes with words": (
        WireFormat.OPENAI_CHAT,
        [(chat(reasoning="...", reasoning_details=HIDDEN), text) for text in "abcd"],
        "",
    ),
    "thinking in tags": (
        WireFormat.OPENAI_CHAT,
        [(chat(content="..."), text) for text in ("<think>a", "b", "c", "</think>", "d", "e")],
        "split-think-tags",
    ),
    "text that repeats what was said": (
        WireFormat.GEMINI,
        [(gemini(), text) for text in ("a", "b", "ab", "abc")],
        "cumulative",
    ),
    "thoughts that are signed": (
        WireFormat.GEMINI,
        [(gemini(thought=True), "a"), (gemini(thought=True), "b")]
        + [(gemini(thoughtSignature="c2ln"), text) for text in "cde"],
        "",
    ),
    "a block that has ended": (
        WireFormat.ANTHROPIC,
        [(claude("text_delta", "text"), text) for text in "abc"]
        + [(just({"type": "content_block_stop", "index": 0}), "")]
        + [(claude("text_delta", "text"), text) for text in "def"],
        "",
    ),
    "an answer that has ended": (
        WireFormat.ANTHROPIC,
        [(claude("text_delta", "text"), text) for text in "abc"]
        + [(just({"type": "message_delta", "delta": {"stop_reason": "end_turn"}}), "")]
        + [(just({"type": "message_stop"}), ""), (claude("text_delta", "text"), "d")],
        "",
    ),
    "a whole text behind its pieces": (
        WireFormat.OPENAI_RESPONSES,
        [(responses("output_text.delta", content_index=0), text) for text in "abc"]
        + [(responses("output_text.done", content_index=0, text="abcdef"), "def")],
        "",
    ),
    "a whole text that says the same beside it": (
        WireFormat.OPENAI_RESPONSES,
        [
            (responses("output_text.delta", content_index=0), "a"),
            (responses("output_text.done", content_index=0, text="a\u0062"), "b"),
            (responses("output_text.done", content_index=0, text="a\u0062"), "c"),
        ],
        "",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CAREFUL)
def test_what_a_text_may_change_is_read_with_care(case: str) -> None:
    """Events alike but for a text, where that or what comes with it says more than a text."""
    format_, row, quirk = CAREFUL[case]
    said = [write(text, number) for number, (write, text) in enumerate(row, 1)]
    if format_ is WireFormat.OPENAI_CHAT:
        said.append(FINISH("", 0))
    raw = b"".join(b"data: " + json.dumps(event).encode() + b"\n\n" for event in said)
    target = Target("elsewhere", TARGETS[format_].model, quirks=frozenset({quirk}))

    for at in range(0, len(raw), 37):
        same_for_every_client(format_, raw, [at], target=target)


@pytest.mark.parametrize(
    ("format_", "write"),
    [
        *((WireFormat.OPENAI_CHAT, WRITERS[WireFormat.OPENAI_CHAT][at]) for at in (0, 2, 6, 7)),
        *((WireFormat.ANTHROPIC, WRITERS[WireFormat.ANTHROPIC][at]) for at in (0, 1)),
        *((WireFormat.OPENAI_RESPONSES, WRITERS[WireFormat.OPENAI_RESPONSES][at]) for at in (0, 2, 5)),
        *((WireFormat.GEMINI, WRITERS[WireFormat.GEMINI][at]) for at in (0, 1, 3, 4, 5)),
    ],
)  # fmt: skip
def test_the_usual_events_are_read_by_mould(format_: WireFormat, write: Write) -> None:
    """Words, thinking and arguments, in every format: else all of this would be for nothing."""
    reader: Any = CODECS[format_].reader(Target("elsewhere", "m"))
    if write is WRITERS[WireFormat.OPENAI_CHAT][7]:
        begun = fragment(index=0, id="call_12345678", function=CALL)("{", 0)
        reader.read(b"data: " + json.dumps(begun).encode() + b"\n\n")
    for number in (1, 2):
        reader.read(b"data: " + json.dumps(write("abc", number)).encode() + b"\n\n")
    block = b"data: " + json.dumps(write("xyz", 4)).encode() + b"\n\n"

    assert reader._mould.text(block) == "xyz"
    assert [event.text for event in reader.read(block) if isinstance(event, Delta)] == ["xyz"]


def block_of(event: dict[str, Any]) -> bytes:
    return b"data: " + json.dumps(event).encode() + b"\n\n"


@pytest.mark.parametrize(
    "row",
    [
        [*map(counted(), "abcdefg", range(1, 8))],
        [*map(counted(), "abc", range(1, 4)), *map(gemini(), "def", range(3))],
        [
            *map(counted(), "abc", range(1, 4)),
            {**gemini()("d", 4), "usageMetadata": {"candidatesTokenCount": 7}},
            *map(gemini(), "efghi", range(5)),
        ],
    ],
    ids=["in each event", "in the first ones", "in one that counts less"],
)
def test_the_last_usage_counts_whether_its_event_fits_or_not(row: list[dict[str, Any]]) -> None:
    reader = CODECS[WireFormat.GEMINI].reader(Target("elsewhere", "m"))
    for event in row:
        reader.read(block_of(event))
    reader.read(block_of({"candidates": [{"finishReason": "STOP"}]}))
    [*_, last] = reader.end()
    [*_, counts] = [each["usageMetadata"] for each in row if "usageMetadata" in each]

    assert isinstance(last, Finish)
    assert last.usage.output_tokens == counts["candidatesTokenCount"]


def test_edge_195_what_goes_on_with_an_event_that_would_fit() -> None:
    """The reason, the token and the usage of each answer are its own, though they are the same."""
    reader = CODECS[WireFormat.GEMINI].reader(Target("elsewhere", "m"), b'{"contents":[]}')
    said: list[Event] = []
    for text in "abcd":
        said += reader.read(response(text, token="t", stream=True).body) + reader.end()
        assert json.loads(reader.more() or b"")["continuationToken"] == "t"
        reader.resume()
    said += reader.read(response("e", stream=True).body) + reader.end()
    last = said[-1]

    assert [event.text for event in said if isinstance(event, Delta)] == list("abcde")
    assert isinstance(last, Finish)
    assert (last.usage.input_tokens, last.usage.output_tokens) == (50, 20)


def test_edge_113_what_goes_on_belongs_to_a_block_of_its_own() -> None:
    """Behind the end of the first answer nothing is open, whatever its last event was."""
    reader = CODECS[WireFormat.ANTHROPIC].reader(Target("elsewhere", "m"))
    grows = claude("text_delta", "text")
    pause = {"type": "message_delta", "delta": {"stop_reason": "pause_turn"}}
    for event in (grows("a", 0), pause, grows("b", 0), grows("c", 0), grows("d", 0)):
        reader.read(block_of(event))
    reader.end()
    reader.resume()

    assert reader.read(block_of(grows("e", 0))) == [BlockStart(2, Text("")), Delta(2, "e")]
