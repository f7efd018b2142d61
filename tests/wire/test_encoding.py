"""Answers that are packed although nobody asked for it."""

from __future__ import annotations

import gzip
import zlib

import pytest

from aimux.errors import UpstreamProtocol
from aimux.wire.encoding import Unpacker

TEXT = b"data: {}\n\n" * 50


@pytest.mark.parametrize(
    ("encoding", "packed"),
    [
        ("gzip", gzip.compress(TEXT)),
        ("X-GZIP", gzip.compress(TEXT)),
        ("deflate", zlib.compress(TEXT)),
        ("gzip, deflate", zlib.compress(gzip.compress(TEXT))),
        ("identity, gzip", gzip.compress(TEXT)),
        ("", TEXT),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_an_answer_is_unpacked_as_it_comes(encoding: str, packed: bytes) -> None:
    """Edges 19 and 20: by the header, the last encoding first, byte by byte."""
    unpacker = Unpacker(encoding)

    assert b"".join(unpacker.feed(bytes([byte])) for byte in packed) == TEXT


def test_a_flushed_event_comes_at_once() -> None:
    """Edge 20: nobody waits for the end of the stream."""
    packer = zlib.compressobj(wbits=31)
    unpacker = Unpacker("gzip")

    assert unpacker.feed(packer.compress(b"data: 1\n\n") + packer.flush(zlib.Z_SYNC_FLUSH)) == (
        b"data: 1\n\n"
    )


@pytest.mark.parametrize("encoding", ["br", "zstd", "gzip, br"])
def test_what_cannot_be_unpacked_is_no_answer(encoding: str) -> None:
    """It was not asked for."""
    with pytest.raises(UpstreamProtocol, match="was not asked to"):
        Unpacker(encoding)


def test_broken_bytes_are_no_answer() -> None:
    """The upstream, or what stands before it, is at fault."""
    with pytest.raises(UpstreamProtocol, match="cannot be unpacked"):
        Unpacker("gzip").feed(b"data: {}")
