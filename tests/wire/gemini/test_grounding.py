"""Searches and citations, both ways: Google counts bytes, everybody else characters."""

from __future__ import annotations

import json
from typing import Any

import pytest

from aimux.model.events import BlockStart, collect
from aimux.model.parts import Citation, Hit, Text, WebSearch
from aimux.model.response import FinishReason, Response
from aimux.wire.gemini.spoken import MAX_KEPT_CHARS, Spoken
from aimux.wire.target import Audience
from tests.wire.gemini.forms import CODEC, asked, heard, response

A, B = "https://a.example", "https://b.example"
TEXT = "w\u00f6rld \u2603 is round."
ROUND = {"startIndex": 14, "endIndex": 19, "text": "round"}

CHUNKS = [
    {"web": {"uri": A, "title": "A"}},
    {"retrievedContext": {"uri": B}},
    {"web": {"title": "no address"}},
]


def grounding(*supports: Any, **more: Any) -> dict[str, Any]:
    """Metadata of a search for a word."""
    return {
        "webSearchQueries": ["q", "r"],
        "groundingChunks": CHUNKS,
        "groundingSupports": list(supports),
        **more,
    }


def support(segment: Any, *indices: Any) -> dict[str, Any]:
    """Sources of a stretch."""
    return {"segment": segment, "groundingChunkIndices": list(indices)}


SEARCH = WebSearch("", "q; r", (Hit(A, "A"), Hit(B)))


def test_a_whole_answer() -> None:
    """The search comes before the text, its sources behind; edge 194: bytes become characters."""
    said = response(
        {"text": TEXT}, finish="STOP", groundingMetadata=grounding(support(ROUND, 0, 1))
    )

    assert collect(heard(said)).parts == (
        SEARCH,
        Text(TEXT, (Citation(A, "A", "round", 11, 16), Citation(B, "", "round", 11, 16))),
    )


@pytest.mark.parametrize("at", [0, 1, 2])
def test_edge_193_metadata_before_the_last_event(at: int) -> None:
    """It is kept, and told once: before the text where it came before it, else behind."""
    stream = [response({"text": "wor"}), response({"text": "ld"}), response(finish="STOP")]
    stream[at]["candidates"][0]["groundingMetadata"] = grounding(
        support({"endIndex": 3, "text": "wor"}, 0)
    )
    parts = collect(heard(*stream)).parts

    text = Text("world", (Citation(A, "A", "wor", 0, 3),))
    assert parts == ((SEARCH, text) if at == 0 else (text, SEARCH))


def test_metadata_that_grows() -> None:
    """Later lists take the place of earlier ones; a search that has found nothing yet waits."""
    early = {"webSearchQueries": ["q"]}
    late = {"groundingChunks": CHUNKS, "groundingSupports": []}
    stream = [
        response(groundingMetadata=early),
        response({"text": "a"}),
        response(finish="STOP", groundingMetadata=late),
    ]

    assert collect(heard(*stream)).parts == (Text("a"), WebSearch("", "q", SEARCH.hits))


def test_a_search_ends_the_thoughts_before_it() -> None:
    """It is a part of its own."""
    stream = [
        response({"text": "R", "thought": True}),
        response({"text": "a"}, finish="STOP", groundingMetadata=grounding()),
    ]
    kinds = [type(part).__name__ for part in collect(heard(*stream)).parts]

    assert kinds == ["Thinking", "WebSearch", "Text"]


@pytest.mark.parametrize(
    ("segment", "span"),
    [
        pytest.param({"endIndex": 1}, (0, 1), id="from-the-beginning"),
        pytest.param({"startIndex": 1, "endIndex": 3, "text": "\u00f6"}, (1, 2), id="edge-194"),
        pytest.param({"startIndex": 7, "endIndex": 10, "text": "\u2603"}, (6, 7), id="three-bytes"),
        pytest.param({"startIndex": 3, "endIndex": 9, "text": "round"}, (11, 16), id="wrong-place"),
        pytest.param({"text": "round"}, (11, 16), id="no-place"),
        pytest.param({"startIndex": 3, "endIndex": 9, "text": "square"}, (-1, -1), id="nowhere"),
        pytest.param({"startIndex": 99, "endIndex": 120}, (-1, -1), id="beyond"),
        pytest.param({"startIndex": "1", "endIndex": 2}, (-1, -1), id="no-number"),
        pytest.param({}, (-1, -1), id="nothing"),
    ],
)
def test_places(segment: Any, span: tuple[int, int]) -> None:
    """The words decide where there are some; a place that is not found is the whole text."""
    said = response({"text": TEXT}, finish="STOP", groundingMetadata=grounding(support(segment, 0)))
    text = collect(heard(said)).parts[1]

    assert isinstance(text, Text)
    assert [(each.start, each.end) for each in text.citations] == [span]


def test_places_behind_other_texts() -> None:
    """Google counts from the beginning of the answer; each text gets what is its own."""
    said = response(
        {"text": "\u00e9\u00e9."},
        {"functionCall": {"name": "f"}},
        {"text": "\u00e9 two."},
        finish="STOP",
        groundingMetadata=grounding(
            support({"startIndex": 0, "endIndex": 4, "text": "\u00e9\u00e9"}, 0),
            support({"startIndex": 8, "endIndex": 11, "text": "two"}, 1),
        ),
    )
    _, first, _, second = collect(heard(said)).parts

    assert first == Text("\u00e9\u00e9.", (Citation(A, "A", "\u00e9\u00e9", 0, 2),))
    assert second == Text("\u00e9 two.", (Citation(B, "", "two", 2, 5),))


@pytest.mark.parametrize("indices", [[2], [9], [-1], ["0"], [None], []])
def test_sources_that_are_none(indices: list[Any]) -> None:
    """Without an address, or not in the list."""
    said = response(
        {"text": TEXT}, finish="STOP", groundingMetadata=grounding(support(ROUND, *indices))
    )

    assert collect(heard(said)).parts == (SEARCH, Text(TEXT))


@pytest.mark.parametrize("name", ["citationSources", "citations"])
def test_works_that_were_recited(name: str) -> None:
    """Are citations, too; the Gemini API and Vertex name them differently."""
    works = [
        {"startIndex": 0, "endIndex": 1, "uri": A, "title": "A"},
        {"startIndex": 50, "endIndex": 60, "uri": B},
        {"startIndex": 0, "endIndex": 1, "license": "mit"},
    ]
    first = response({"text": "ab"}, citationMetadata={name: works})
    more = [response({"functionCall": {"name": "f"}}), response({"text": "cd"}, finish="STOP")]
    one, _, two = collect(heard(first, *more)).parts

    assert one == Text("ab", (Citation(A, "A", "", 0, 1),))
    assert two == Text("cd", (Citation(B),))


@pytest.mark.parametrize("metadata", [{}, {"searchEntryPoint": {}}, {"webSearchQueries": [7]}])
def test_no_search(metadata: Any) -> None:
    """Metadata that say nothing."""
    said = response({"text": "a"}, finish="STOP", groundingMetadata=metadata)

    assert not any(
        isinstance(event, BlockStart) and isinstance(event.part, WebSearch) for event in heard(said)
    )


# ---------------------------------------------------------------- what was said


def test_a_text_of_any_length_takes_the_same_memory() -> None:
    """Places in it are not known then, but where the next text begins is."""
    spoken = Spoken()
    spoken.begin()
    for _ in range(3):
        spoken.add("x" * (MAX_KEPT_CHARS // 2))
    length = 3 * (MAX_KEPT_CHARS // 2)

    assert spoken.characters(0, 1, "") is None
    assert spoken.stretch(0, 1) == (0, length, "")
    spoken.begin()
    spoken.add("ab")
    assert spoken.characters(length + 1, length + 2, "b") == (1, 2)
    assert spoken.stretch(1, 2) == (length + 1, length + 2, "b")


# ---------------------------------------------------------------- for the client


def metadata(*parts: Text | WebSearch) -> Any:
    """What a client is told of an answer's sources."""
    whole = Response("r", "m", parts, FinishReason.END_TURN)
    said = json.loads(CODEC.write_response(whole, Audience(asked())))
    return said["candidates"][0].get("groundingMetadata")


def test_sources_for_the_client() -> None:
    """In bytes from the beginning of the answer, each source once."""
    cited = Text(
        "\u00e9 two", (Citation(A, "A", "quote", 2, 5), Citation(B), Citation(A, "A", "", 0, 99))
    )

    assert metadata(Text("\u2603"), WebSearch("s", "q", (Hit(B, "B"),)), cited) == {
        "webSearchQueries": ["q"],
        "groundingChunks": [
            {"web": {"uri": B, "title": "B"}},
            {"web": {"uri": A, "title": "A"}},
        ],
        "groundingSupports": [
            {
                "segment": {"startIndex": 6, "endIndex": 9, "text": "two"},
                "groundingChunkIndices": [1],
            },
            {
                "segment": {"startIndex": 3, "endIndex": 9, "text": "\u00e9 two"},
                "groundingChunkIndices": [0],
            },
            {
                "segment": {"startIndex": 3, "endIndex": 9, "text": "\u00e9 two"},
                "groundingChunkIndices": [1],
            },
        ],
    }


def test_a_search_in_vain() -> None:
    """Says nothing."""
    assert metadata(Text("a"), WebSearch("s")) is None


def test_what_we_write_we_read() -> None:
    """The same sources at the same places."""
    parts = (
        SEARCH,
        Text(TEXT, (Citation(A, "A", "round", 11, 16), Citation(B, B, TEXT, 0, len(TEXT)))),
    )
    whole = Response("r", "m", parts, FinishReason.END_TURN)
    said = json.loads(CODEC.write_response(whole, Audience(asked())))
    search, text = collect(heard(said)).parts

    assert search == WebSearch("", "q; r", (Hit(A, "A"), Hit(B, B)))
    assert text == parts[1]
