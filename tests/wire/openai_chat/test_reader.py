"""What a provider's chunks say in words, whatever they look like."""

from __future__ import annotations

import json
from typing import Any

import pytest

from aimux.model.events import BlockStart, BlockStop, Delta, Finish, Sign, Start
from aimux.model.parts import (
    Citation,
    Media,
    MediaKind,
    Opaque,
    OpaqueKind,
    Refusal,
    Text,
    Thinking,
    ToolCall,
)
from aimux.model.response import FinishReason, Usage
from aimux.wire.openai_chat.reader import Reader
from aimux.wire.target import Target
from tests.support.answers import EVERYTHING, OPENAI_CHAT, events
from tests.wire.openai_chat.chunks import (
    DONE,
    ID,
    TARGET,
    WRITTEN_BY,
    answer_of,
    block,
    calls,
    chunk,
    events_of,
    fragment,
    parts_of,
)

A = Text("a")
PIXEL = "data:image/png;base64,iVBORw0KGgpyZXN0"


def thought(text: str) -> Thinking:
    """Thinking that the provider wrote and did not sign."""
    return Thinking(text, WRITTEN_BY)


def test_the_golden_answer() -> None:
    """Thinking, text, two calls, usage: one event for each thing that is said."""
    assert events_of(b"".join(events(OPENAI_CHAT, EVERYTHING))) == [
        Start("chatcmpl-1", "model-1"),
        BlockStart(0, Thinking("")),
        Delta(0, "R1"),
        Sign(0, WRITTEN_BY),
        BlockStop(0),
        BlockStart(1, Text("")),
        Delta(1, "T1"),
        BlockStop(1),
        BlockStart(2, ToolCall("call_a", "f")),
        Delta(2, '{"x":1}'),
        BlockStop(2),
        BlockStart(3, ToolCall("call_b", "g")),
        Delta(3, "{}"),
        BlockStop(3),
        Finish(FinishReason.TOOL_USE, Usage(100, 20, 30, None, 5)),
    ]


def test_a_piece_goes_on_as_it_comes() -> None:
    """One event in, one event out: nothing waits for the next."""
    reader = Reader(TARGET)
    reader.read(chunk({"role": "assistant", "content": ""}))

    assert reader.read(chunk({"content": "a"})) == [BlockStart(0, Text("")), Delta(0, "a")]
    assert reader.read(chunk({"content": "b"})) == [Delta(0, "b")]
    opened = reader.read(calls(fragment(0, "", id="call_1", name="f")))
    assert opened == [BlockStop(0), BlockStart(1, ToolCall("call_1", "f"))]
    assert reader.read(calls(fragment(0, '{"x"'))) == [Delta(1, '{"x"')]


@pytest.mark.parametrize(
    ("blocks", "parts"),
    [
        pytest.param([chunk({"role": "assistant"})], (), id="edge-37"),
        pytest.param([chunk({"content": ""}), chunk({"content": ""})], (), id="edge-38"),
        pytest.param([chunk({"content": None, "refusal": None})], (), id="edge-39"),
        pytest.param([block({"choices": []}), chunk({"content": "a"})], (A,), id="edge-40"),
        pytest.param([block({"id": ID}), chunk({"content": "a"})], (A,), id="edge-41"),
        pytest.param(
            [chunk({"content": "a", "tool_calls": []}), chunk({"content": "b", "tool_calls": []})],
            (Text("ab"),),
            id="edge-69",
        ),
        pytest.param(
            [chunk({"content": "a", "tool_calls": None, "function_call": None})], (A,), id="edge-70"
        ),
        pytest.param(
            [chunk({"reasoning_content": "r"}), chunk({"content": "a"})],
            (thought("r"), A),
            id="edge-73-74",
        ),
        pytest.param(
            [chunk({"reasoning_content": "r", "content": "a"}), chunk({"content": "b"})],
            (thought("r"), Text("ab")),
            id="edge-75",
        ),
        pytest.param(
            [chunk({"reasoning_content": "r", "reasoning": "r"})], (thought("r"),), id="edge-76"
        ),
        pytest.param(
            [chunk({"content": "a"}), chunk({"reasoning": "r"}), chunk({"content": "b"})],
            (A, thought("r"), Text("b")),
            id="edge-77",
        ),
        pytest.param(
            [chunk({"reasoning_text": "r"})], (thought("r"),), id="reasoning-text-edge-82"
        ),
        pytest.param(
            [block("{}"), block("null"), b"data:\n\n", b": hm\n\n", chunk({"content": "a"})],
            (A,),
            id="edge-87",
        ),
        pytest.param([block("[1]"), block('"x"'), chunk({"content": "a"})], (A,), id="no-object"),
        pytest.param(
            [block({"choices": [{"message": {"content": "a"}}]})], (A,), id="edge-89-message"
        ),
        pytest.param(
            [
                chunk({"content": "a"}),
                block({"choices": [{"index": 0, "message": {"content": "a"}}]}),
            ],
            (A,),
            id="edge-89-message-that-repeats",
        ),
        pytest.param(
            [chunk({"content": [{"type": "text", "text": "a"}, "b", 7, {"text": "c"}]})],
            (Text("abc"),),
            id="edge-91",
        ),
        pytest.param(
            [
                chunk(
                    {
                        "content": [
                            {"type": "thinking", "thinking": [{"type": "text", "text": "r"}]},
                            {"type": "thinking", "thinking": "s"},
                            {"type": "text", "text": "a"},
                            {"type": "refusal", "refusal": "no"},
                            {"type": "reference", "reference_ids": [1]},
                        ]
                    }
                )
            ],
            (thought("rs"), A, Refusal("no")),
            id="edge-91-mistral",
        ),
        pytest.param(
            [chunk({"refusal": "I "}), chunk({"refusal": "won't"})],
            (Refusal("I won't"),),
            id="edge-92",
        ),
        pytest.param(
            [chunk({"content": "a"}, logprobs={"content": [1]}, obfuscation="xyz")],
            (A,),
            id="edge-93-94",
        ),
        pytest.param([chunk({"role": "", "content": "a"})], (A,), id="edge-333"),
        pytest.param(
            [
                block({"id": "", "model": "", "choices": [], "prompt_filter_results": []}),
                block(
                    {
                        "choices": [
                            {"index": 1, "delta": {"content": "other"}},
                            {
                                "index": 0,
                                "delta": {"content": "a"},
                                "content_filter_results": {},
                            },
                        ]
                    }
                ),
            ],
            (A,),
            id="edge-337",
        ),
        pytest.param([block({"choices": "x"}), block({"choices": [7]})], (), id="odd-choices"),
        pytest.param(
            [chunk({"content": 7, "refusal": 7, "reasoning": 7, "reasoning_details": "x"})],
            (),
            id="odd-types",
        ),
        pytest.param(
            [chunk({"images": [{"type": "image_url", "image_url": {"url": PIXEL}}, 7]})],
            (Media(MediaKind.IMAGE, "image/png", data="iVBORw0KGgpyZXN0"),),
            id="image",
        ),
        pytest.param(
            [
                chunk({"content": "a"}),
                chunk({"content": [{"type": "image_url", "image_url": {"url": "https://x/y"}}]}),
                chunk({"content": "b"}),
            ],
            (A, Media(MediaKind.IMAGE, url="https://x/y"), Text("b")),
            id="image-among-the-content",
        ),
    ],
)
def test_what_chunks_say(blocks: list[bytes], parts: tuple[Any, ...]) -> None:
    """Every way to write it, and what it means."""
    assert parts_of(*blocks) == parts


def test_who_answers_is_said_once() -> None:
    """Later chunks may name somebody else (edge 88); the first that knows anything counts."""
    first = block({"id": "a", "model": "m", "choices": [{"delta": {"content": "x"}}]})
    later = block({"id": "b", "model": "n", "choices": [{"delta": {"content": "y"}}]})

    events_ = events_of(first + later + DONE)

    assert [event for event in events_ if isinstance(event, Start)] == [Start("a", "m")]


def test_an_empty_first_chunk_does_not_hide_who_answers() -> None:
    """Azure's first chunk has no id (edge 337), a usage chunk may have no choice."""
    answer = answer_of(block({"id": "", "model": "", "choices": []}), chunk({"content": "a"}))

    assert (answer.id, answer.model) == (ID, "m-up")


def test_a_split_emoji_is_one_character() -> None:
    """Edge 4: its halves come in two pieces, of text and of thinking."""
    halves = [
        '{"choices":[{"delta":{"%s":"x\\ud83d"}}]}',
        '{"choices":[{"delta":{"%s":"\\ude00"}}]}',
    ]
    said = [block(half % key) for key in ("reasoning", "content") for half in halves]

    assert parts_of(*said) == (thought("x\U0001f600"), Text("x\U0001f600"))


def test_a_lone_half_of_a_character_is_replaced() -> None:
    """Edge 4: its other half never comes."""
    half = block('{"choices":[{"delta":{"content":"x\\ud83d"}}]}')

    assert parts_of(half) == (Text("x\ufffd"),)
    assert parts_of(half, chunk({"content": "y"})) == (Text("x\ufffdy"),)


def test_a_line_separator_ends_no_line() -> None:
    """Edge 13."""
    data = '{"choices":[{"delta":{"content":"a\u2028b\u0085"}}]}'

    assert parts_of(block(data)) == (Text("a\u2028b\u0085"),)


# ---------------------------------------------------------------- think tags

TAGS = Target("mine", "model-1", quirks=frozenset({"reasoning-in-think-tags"}))


@pytest.mark.parametrize(
    ("pieces", "parts"),
    [
        pytest.param(["<think>r</think>\n\na"], (thought("r"), A), id="edge-304"),
        pytest.param(["<th", "ink>r</thi", "nk>a"], (thought("r"), A), id="split"),
        pytest.param(["a <think>b"], (Text("a <think>b"),), id="edge-80"),
        pytest.param(["<think>r"], (thought("r"),), id="edge-81"),
        pytest.param(["<thi"], (Text("<thi"),), id="no-tag-after-all"),
    ],
)
def test_thinking_between_tags(pieces: list[str], parts: tuple[Any, ...]) -> None:
    """A vendor that writes its thinking into the text."""
    assert parts_of(*(chunk({"content": piece}) for piece in pieces), target=TAGS) == parts


def test_tags_are_text_where_the_vendor_writes_none() -> None:
    """Edge 80: without the quirk nothing is looked for."""
    assert parts_of(chunk({"content": "<think>r</think>a"})) == (Text("<think>r</think>a"),)


def test_what_a_tag_might_have_been_stands_before_the_call() -> None:
    """Text that was held back is said before what comes behind it."""
    call = calls(fragment(0, "{}", id="call_1", name="f"))
    said = parts_of(chunk({"content": "<thi"}), call, target=TAGS)

    assert said == (Text("<thi"), ToolCall("call_1", "f", "{}"))


def test_text_parts_are_searched_for_tags_too() -> None:
    """Content as an array is content."""
    content = [{"type": "text", "text": "<think>r</think>a"}]

    assert parts_of(chunk({"content": content}), target=TAGS) == (thought("r"), A)


# ---------------------------------------------------------------- reasoning details


def details(value: list[Any]) -> Opaque:
    """The list as opaque state."""
    text = json.dumps(value, separators=(",", ":"))
    return Opaque(OpaqueKind.REASONING_DETAILS, text, "mine", "model-1")


def test_reasoning_details_become_one_list() -> None:
    """Edge 325: pieces are joined by their index and by nothing else, the order stays."""
    pieces = [
        {"type": "reasoning.text", "text": "th", "index": 0, "format": "f"},
        {"type": "reasoning.text", "text": "ink", "index": 0, "format": None, "signature": None},
        {"type": "reasoning.encrypted", "data": "xyz", "index": 1},
        {"type": "reasoning.text", "text": "", "signature": "s", "index": 0},
        {"type": "reasoning.summary", "summary": "none has an index"},
        {"type": "reasoning.summary", "summary": "none has an index"},
    ]
    whole = [
        {"type": "reasoning.text", "text": "think", "index": 0, "format": "f", "signature": "s"},
        {"type": "reasoning.encrypted", "data": "xyz", "index": 1},
        {"type": "reasoning.summary", "summary": "none has an index"},
        {"type": "reasoning.summary", "summary": "none has an index"},
    ]
    text = "thinknone has an indexnone has an index"

    said = parts_of(*(chunk({"reasoning_details": [piece]}) for piece in pieces))

    assert said == (Thinking(text, details(whole)),)


def test_reasoning_beside_its_details_is_said_once() -> None:
    """Edge 76: OpenRouter writes both."""
    entry = {"type": "reasoning.text", "text": "r", "index": 0}
    said = parts_of(chunk({"reasoning": "r", "reasoning_details": [entry]}))

    assert said == (Thinking("r", details([entry])),)


def test_encrypted_thinking_has_no_text() -> None:
    """State that comes behind the text is a block of its own, with nothing to read."""
    entry = {"type": "reasoning.encrypted", "data": "xyz", "index": 0}
    said = parts_of(chunk({"content": "a"}), chunk({"reasoning_details": [entry]}))

    assert said == (A, Thinking("", details([entry])))


def test_empty_details_are_nothing() -> None:
    """Shells without any content open no block."""
    shell = {"type": "reasoning.text", "text": "", "index": 0}

    assert parts_of(chunk({"content": "a", "reasoning_details": [shell, 7]})) == (A,)
    assert parts_of(chunk({"reasoning_details": []})) == ()


def test_odd_entries_of_details_are_passed_over() -> None:
    """What is no object is none."""
    entry = {"type": "reasoning.text", "text": "r", "index": "x"}

    assert parts_of(chunk({"reasoning_details": [7, entry]})) == (Thinking("r", details([entry])),)


# ---------------------------------------------------------------- sources


def cited(start: Any, end: Any, **more: Any) -> Any:
    """An annotation in the vendor's form."""
    return {
        "type": "url_citation",
        "url_citation": {"url": "https://x", "start_index": start, "end_index": end, **more},
    }


@pytest.mark.parametrize(
    ("annotation", "citation"),
    [
        (cited(0, 1, title="t"), Citation("https://x", "t", "", 0, 1)),
        (cited(0, 0, content="c"), Citation("https://x", "", "c")),
        (cited("0", None), Citation("https://x")),
        ({"type": "url_citation", "url": "https://y"}, Citation("https://y")),
    ],
)
def test_sources_of_a_text(annotation: Any, citation: Citation) -> None:
    """With a range where there is one that can be."""
    said = parts_of(chunk({"content": "a"}), chunk({"annotations": [annotation]}))

    assert said == (Text("a", (citation,)),)


def test_odd_sources_are_passed_over() -> None:
    """Other kinds, none at all, and those that come when no text is open."""
    odd = [7, {"type": "file_citation"}, {"type": "url_citation", "url_citation": {"url": 7}}]

    assert parts_of(chunk({"content": "a", "annotations": odd})) == (A,)
    assert parts_of(chunk({"annotations": [cited(0, 1)]})) == ()


def test_sources_of_a_second_text_are_of_all_of_it() -> None:
    """Ranges count in the whole message, which is more than one text of ours."""
    said = parts_of(
        chunk({"content": "a"}), chunk({"reasoning": "r"}),
        chunk({"content": "b", "annotations": [cited(1, 2)]}),
    )  # fmt: skip

    assert said[-1] == Text("b", (Citation("https://x"),))
