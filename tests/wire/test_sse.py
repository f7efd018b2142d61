"""Event streams as bytes: the same blocks and events however they arrive and however lines end."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from aimux.wire import sse
from aimux.wire.sse import MAX_BLOCK_BYTES, BlockReader, BlockTooLarge
from tests.support.chunks import CUTS, halves, pieces, single_bytes

LINES = st.sampled_from(
    [
        b"data: 1", b"data:2", b"data:  {", b"data:", b"data", b"event: a", b"event:b", b": a comment", b":",
        b"id: 7", b"retry: 10", b"{}", b'data: "\xe2\x80\xa8\xc2\x85"', b"\xef\xbb\xbfdata: 3", b"", b"",
    ]
)  # fmt: skip
ENDS = st.sampled_from([b"\n", b"\r\n", b"\r"])
STREAMS = st.lists(st.tuples(LINES, ENDS), max_size=12).map(
    lambda lines: b"".join(line + end for line, end in lines)
)
ANY_BYTES = st.lists(st.sampled_from([b"\n", b"\r", b"a", b"data: x"]), max_size=16).map(b"".join)


def read(chunks: list[bytes]) -> tuple[list[bytes], bytes]:
    """All blocks, and the rest."""
    reader = BlockReader()
    blocks = [block for chunk in chunks for block in reader.feed(chunk)]
    return blocks, reader.rest


def events(chunks: list[bytes]) -> list[tuple[bytes, bytes]]:
    """All events that have data; what is left at the end is one, too."""
    blocks, rest = read(chunks)
    return [found for block in [*blocks, rest] if (found := sse.fields(block))[1]]


def boundaries(stream: bytes) -> list[int]:
    """Where blocks end, by counting line ends: two in a row close one."""
    found, in_a_row, position = [], 0, 0
    for token in re.findall(rb"\r\n|\n|\r|[^\r\n]+", stream):
        position += len(token)
        in_a_row = in_a_row + 1 if token in {b"\n", b"\r", b"\r\n"} else 0
        if in_a_row == 2:
            found.append(position)
            in_a_row = 0
    if found and found[-1] == len(stream) and stream.endswith(b"\r"):
        found.pop()  # a line feed may still come
    return found


# ---------------------------------------------------------------- blocks


@settings(max_examples=200)
@given(stream=STREAMS | ANY_BYTES, cuts=CUTS)
@example(stream=b"a\r\r\nb", cuts=[3])
@example(stream=b"a\n\r\n\rb\r\n\r", cuts=[2, 3, 4])
@example(stream=b"a\r\r", cuts=[3, 3])
def test_blocks_do_not_depend_on_how_they_arrive(stream: bytes, cuts: list[int]) -> None:
    """P1: whole, by bytes and in any pieces; and not one byte is lost, added or changed."""
    blocks, rest = whole = read([stream])

    assert b"".join(blocks) + rest == stream
    assert [len(b"".join(blocks[:count])) for count in range(1, len(blocks) + 1)] == boundaries(
        stream
    )
    assert read(single_bytes(stream)) == whole
    assert read(pieces(stream, cuts)) == whole


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"], ids=["lf", "crlf", "cr"])
def test_line_ends_are_all_alike(end: bytes) -> None:
    """Edges 1 and 2, P2: every kind, cut at every place, a CRLF's middle included."""
    lines = [
        b": c",
        b"event: a",
        b"data: 1",
        b"data: 2",
        b"",
        b"data: 3",
        b"",
        b"",
        b"data: 4",
        b"",
        b"",
    ]
    stream = end.join(lines)
    expected = [(b"a", b"1\n2"), (b"", b"3"), (b"", b"4")]

    assert events([stream]) == expected
    assert events(single_bytes(stream)) == expected
    assert all(events(cut) == expected for cut in halves(stream))


@settings(max_examples=100)
@given(
    texts=st.lists(st.sampled_from([b"1", b"{}", b"\xe2\x80\xa8"]), min_size=1, max_size=4),
    ends=st.lists(ENDS, min_size=8, max_size=8),
)
def test_line_ends_may_be_mixed(texts: list[bytes], ends: list[bytes]) -> None:
    """A proxy that adds its own events has its own line ends."""
    stream = b""
    for index, text in enumerate(texts):
        first, second = ends[2 * index], ends[2 * index + 1]
        if (first, second) == (b"\r", b"\n"):  # together they would be one line end
            second = b"\r"
        stream += b"data: " + text + first + second

    assert events([stream]) == [(b"", text) for text in texts]
    assert events(single_bytes(stream)) == [(b"", text) for text in texts]


def test_a_carriage_return_at_the_end_waits() -> None:
    """Edge 2: its line feed may come with the next chunk, and belongs to the same block."""
    reader = BlockReader()

    assert reader.feed(b"data: 1\r\n\r") == []
    assert reader.feed(b"\ndata: 2\r\r") == [b"data: 1\r\n\r\n"]
    assert reader.feed(b"") == []
    assert reader.feed(b"x") == [b"data: 2\r\r"]
    assert reader.rest == b"x"


@pytest.mark.parametrize("end", [b"", b"\n", b"\r", b"\r\n"])
def test_an_event_that_nothing_closes_is_the_rest(end: bytes) -> None:
    """Edge 5, P3: it is there for whoever ends the stream."""
    blocks, rest = read([b"data: 1\n\ndata: 2" + end])

    assert blocks == [b"data: 1\n\n"]
    assert sse.fields(rest) == (b"", b"2")


@settings(max_examples=100)
@given(
    noise=st.lists(st.sampled_from([b": c\n\n", b": c\n", b"id: 1\n", b"retry: 5\n", b"foo: 1\n"])),
    at=st.integers(0, 2),
)
def test_noise_between_events_changes_none(noise: list[bytes], at: int) -> None:
    """Edges 7 and 15, P4: comments, ids, retries and unknown fields."""
    stream = [b"event: a\ndata: 1\n\n", b"data: 2\n\n"]
    stream.insert(at, b"".join(noise))

    assert events([b"".join(stream)]) == [(b"a", b"1"), (b"", b"2")]


def test_an_event_may_be_large_but_not_endless() -> None:
    """Edge 11: an image of megabytes passes; over the limit it is the upstream's fault."""
    reader = BlockReader()
    reader.feed(b"data: " + bytes(MAX_BLOCK_BYTES - 6))

    with pytest.raises(BlockTooLarge, match=str(MAX_BLOCK_BYTES)):
        reader.feed(b"x")


def test_a_large_event_is_read_in_linear_time() -> None:
    """16 MiB in pieces of 4 KiB."""
    reader = BlockReader()
    piece = b"x" * 4096
    began = time.thread_time()
    for _ in range(4096):
        reader.feed(piece)

    assert len(reader.feed(b"\n\n")[0]) == 16 * 2**20 + 2
    assert time.thread_time() - began < 1.0


# ---------------------------------------------------------------- fields


@pytest.mark.parametrize(
    ("block", "name", "data"),
    [
        (b"data: 1\n\n", b"", b"1"),
        (b"event: a\ndata: 1\n\n", b"a", b"1"),
        (b"data: 1\nevent: a\n\n", b"a", b"1"),  # edge 14: either order
        (b"event:  a \ndata: 1\n\n", b"a", b"1"),
        (b"data:{}\n\n", b"", b"{}"),  # edge 10: no space
        (b"data:  {}\n\n", b"", b" {}"),  # edge 10: only one is the separator
        (b"data: 1\ndata: 2\n\n", b"", b"1\n2"),  # edge 8
        (b"data:\ndata:\n\n", b"", b"\n"),
        (b"data:\n\n", b"", b""),
        (b"\xef\xbb\xbfdata: 1\n\n", b"", b"1"),
        (b"\xef\xbb\xbfevent: a\r\ndata: 1\r\n\r\n", b"a", b"1"),
        (b": OPENROUTER PROCESSING\n\n", b"", b""),  # edge 7
        (b": c\ndata: 1\n: d\n\n", b"", b"1"),
        (b"id: 1\nretry: 2\ndata: 3\n\n", b"", b"3"),  # edge 15
        (b'{"a":1}\n\n', b"", b'{"a":1}'),  # edge 32: lines of JSON
        ("data: a\u2028b\x85c\n\n".encode(), b"", "a\u2028b\x85c".encode()),  # edge 13
        (b"data: a\x0b\x0c\x1cb\n\n", b"", b"a\x0b\x0c\x1cb"),
        (b"database: 1\nevents: 2\n\n", b"", b""),
        (b"", b"", b""),
        (b"\n\n", b"", b""),
    ],
)
def test_fields_of_a_block(block: bytes, name: bytes, data: bytes) -> None:
    """The event's name and its joined data."""
    assert sse.fields(block) == (name, data)


@pytest.mark.parametrize("name", ["", "message_stop"])
def test_what_is_written_is_read_again(name: str) -> None:
    """One event, one line of data, LF only."""
    written = sse.event(b'{"a":1}', name)

    assert read([written]) == ([written], b"")
    assert sse.fields(written) == (name.encode(), b'{"a":1}')
    assert b"\r" not in written


def test_the_sign_of_life_is_no_event() -> None:
    """A comment: a whole block that says nothing."""
    assert read([sse.KEEP_ALIVE]) == ([sse.KEEP_ALIVE], b"")
    assert sse.fields(sse.KEEP_ALIVE) == (b"", b"")


# ---------------------------------------------------------------- events decoded


@pytest.mark.parametrize(
    ("block", "events"),
    [
        pytest.param(b'data: {"a":1}\n\n', [("", {"a": 1})], id="usual"),
        pytest.param(b'event: x\ndata: {"a":1}\n\n', [("x", {"a": 1})], id="usual with a name"),
        pytest.param(b'event: x\r\ndata: {"a":1}\r\n\r\n', [("x", {"a": 1})], id="edge-1-crlf"),
        pytest.param(b'event: x\r\ndata: {"a":1}\n\n', [("x", {"a": 1})], id="edge-2-mixed line ends"),
        pytest.param(b'event: x \ndata: {"a":1}\n\n', [("x", {"a": 1})], id="a name with white space"),
        pytest.param(b'event: x\rdata: {"a":1}\n\n', [("x", {"a": 1})], id="cr behind the name"),
        pytest.param(b'data: {"a":1}\nevent: x\n\n', [("x", {"a": 1})], id="edge-14-name behind"),
        pytest.param(b'event:x\ndata:{"a":1}\n\n', [("x", {"a": 1})], id="edge-10-no space"),
        pytest.param(b'data: {"a":\ndata: 1}\n\n', [("", {"a": 1})], id="edge-8-two lines, one value"),
        pytest.param(b'data: {"a":1}\ndata: {"b":2}\n\n', [("", {"a": 1}), ("", {"b": 2})],
                     id="two values and no blank line"),
        pytest.param(b'data: {"a":1}\ndata: [DONE]\n\n', [("", {"a": 1})], id="a value and the mark"),
        pytest.param(b'data: {"a":1}\ndata: {"b"\n\n', [("", {"a": 1})], id="a value and half a one"),
        pytest.param(b'\xef\xbb\xbfdata: {"a":1}\n\n', [("", {"a": 1})], id="bom"),
        pytest.param(b'{"a":1}\n', [("", {"a": 1})], id="edge-32-no field name"),
        pytest.param(b'data: {"a":1}', [("", {"a": 1})], id="no end"),
        pytest.param(b'data: {"a":1}\n', [("", {"a": 1})], id="one line end"),
        pytest.param(b'data: {"a":1}\n ', [("", {"a": 1})], id="no line behind"),
        pytest.param(b'id: 1\ndata: {"a":1}\n\n', [("", {"a": 1})], id="edge-15-an id"),
        pytest.param(b"data: [1]\n\n", [("", [1])], id="a list"),
        pytest.param(b"data: 1\n\n", [("", 1)], id="a number"),
        pytest.param(b'data: {"a":"\\ud83d"}\n\n', [("", {"a": "\ud83d"})], id="half a character"),
        pytest.param(b'event: \xff\ndata: {"a":1}\n\n', [("\ufffd", {"a": 1})], id="a name that is no text"),
        pytest.param(b'event: \xff\ndata: 1\n\n', [("\ufffd", 1)], id="the same, slowly"),
        pytest.param(b"event: ping\n\n", [], id="a name alone"),
        pytest.param(b"data: [DONE]\n\n", [], id="the mark"),
        pytest.param(b'data: "[DONE]"\n\n', [], id="the mark as a text"),
        pytest.param(b"data: null\n\n", [], id="null"),
        pytest.param(b"data:\n\n", [], id="nothing"),
        pytest.param(b"data:  \n\n", [], id="white space"),
        pytest.param(b": a comment\n\n", [], id="a comment"),
        pytest.param(b"data: hello\n\n", [], id="no JSON"),
        pytest.param(b'data: {"a":\n\n', [], id="half a value"),
        pytest.param(b'data: {"a":"\xff"}\n\n', [], id="no text"),
        pytest.param(b"", [], id="empty"),
    ],
)  # fmt: skip
def test_events_of_a_block(block: bytes, events: list[tuple[str, object]]) -> None:
    """What can be understood is; the rest is passed over and nothing is raised."""
    assert sse.decoded(block) == events


@settings(max_examples=100)
@given(stream=STREAMS)
def test_the_fast_way_reads_as_the_slow_one_does(stream: bytes) -> None:
    """A comment in front of a block takes the fast way out of the question."""
    blocks, rest = read([stream])
    for block in [*blocks, rest]:
        assert sse.decoded(block) == sse.decoded(b": c\n" + block.removeprefix(sse.BOM))


@pytest.mark.parametrize(
    ("block", "is_the_end"),
    [
        (b"data: [DONE]\n\n", True),
        (b"data:[DONE]\n\n", True),
        (b'data: "[DONE]" \r\n\r\n', True),
        (b"event: done\ndata: [DONE]\n\n", True),
        (b'data: {"text":"[DONE]"}\n\n', False),
        (b": [DONE]\n\n", False),
        (b"data: DONE\n\n", False),
        (b"", False),
    ],
)
def test_the_mark_of_the_end(block: bytes, is_the_end: bool) -> None:
    """By itself, and not inside an answer that speaks of it."""
    assert sse.is_done(block) is is_the_end


# ---------------------------------------------------------------- one array


@pytest.mark.parametrize("cut", [0, 1, 2, 3])
def test_events_as_the_elements_of_one_array(cut: int) -> None:
    """As Gemini streams to whoever does not ask for events; comments are none."""
    made = [sse.event(b'{"a":1}'), sse.KEEP_ALIVE, sse.event(b'{"b":2}', "name")]
    form = sse.ArrayForm()
    array = form.feed(b"".join(made[:cut])) + form.feed(b"".join(made[cut:])) + form.end()

    assert array == b'[{"a":1},\r\n{"b":2}]'


def test_an_array_without_elements() -> None:
    """It is one all the same."""
    form = sse.ArrayForm()

    assert form.feed(b"") + form.feed(sse.KEEP_ALIVE) + form.end() == b"[]"
