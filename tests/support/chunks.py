"""Ways for a stream to arrive: whole, byte by byte, in two, in any pieces."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from hypothesis import strategies as st


def single_bytes(stream: bytes) -> list[bytes]:
    """One byte at a time."""
    return [stream[at : at + 1] for at in range(len(stream))]


def halves(stream: bytes) -> Iterator[list[bytes]]:
    """Cut in two, at every place."""
    return ([stream[:at], stream[at:]] for at in range(1, len(stream)))


def pieces(stream: bytes, cuts: list[int]) -> list[bytes]:
    """Cut at these places, taken modulo the length; a place given twice makes an empty piece."""
    places = [0, *sorted(cut % (len(stream) + 1) for cut in cuts), len(stream)]
    return [stream[a:b] for a, b in pairwise(places)]


CUTS = st.lists(st.integers(0, 10**4), max_size=12)
