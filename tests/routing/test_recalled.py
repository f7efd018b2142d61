"""What was read in a text is remembered for the same text, and for no other."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aimux.routing.facts.recalled import LEAST_BYTES, MANY, MOST_BYTES, Recalled
from aimux.wire.jsontext import Document


def ask(recalled: Recalled[bytes], text: bytes) -> bytes:
    """The text as a value in the middle of a document."""
    raw = b"before" + text + b"behind"
    return recalled(Document(raw, {"it": (6, 6 + len(text))}), "it")


class Reading:
    """Gives the first and the last byte of a text, and knows what it was asked to read."""

    def __init__(self) -> None:
        self.read: list[bytes] = []
        self.recalled = Recalled(self._read)

    def _read(self, text: bytes) -> bytes:
        self.read.append(text)
        return text[:1] + text[-1:]


def test_the_same_text_is_read_once() -> None:
    reading = Reading()
    text = b"a" + bytes(LEAST_BYTES) + b"z"

    for _ in range(3):
        assert ask(reading.recalled, text) == b"az"

    assert reading.read == [text]


def test_another_text_of_the_same_length_is_another() -> None:
    reading = Reading()
    one, other = b"a" * LEAST_BYTES, b"a" * (LEAST_BYTES - 1) + b"b"

    assert [ask(reading.recalled, each) for each in (one, other, one)] == [b"aa", b"ab", b"aa"]

    assert reading.read == [one, other, one]


@pytest.mark.parametrize(
    ("length", "times"),
    [(LEAST_BYTES - 1, 2), (LEAST_BYTES, 1), (MOST_BYTES, 1), (MOST_BYTES + 1, 2)],
)
def test_what_is_worth_remembering(length: int, times: int) -> None:
    reading = Reading()

    for _ in range(2):
        ask(reading.recalled, bytes(length))

    assert len(reading.read) == times


def test_what_has_been_there_longest_goes_first() -> None:
    reading = Reading()
    texts = [bytes(LEAST_BYTES + number) for number in range(MANY + 1)]

    for text in texts:
        ask(reading.recalled, text)
    reading.read.clear()
    for text in (*texts[1:], texts[0]):
        ask(reading.recalled, text)

    assert reading.read == [texts[0]]


def test_what_could_not_be_read_is_not_remembered() -> None:
    times = []

    def read(text: bytes) -> bytes:
        times.append(text)
        if len(times) == 1:
            raise ValueError
        return b"read"

    recalled = Recalled(read)
    with pytest.raises(ValueError):  # noqa: PT011 -- it is the one raised here
        ask(recalled, bytes(LEAST_BYTES))

    assert ask(recalled, bytes(LEAST_BYTES)) == b"read"


@given(
    st.lists(st.binary(min_size=1, max_size=3).map(lambda each: each * LEAST_BYTES), max_size=60)
)
def test_it_says_what_reading_says(texts: list[bytes]) -> None:
    recalled = Recalled(bytes.upper)

    assert [ask(recalled, text) for text in texts] == [text.upper() for text in texts]
