"""Compressed answers of upstreams that were asked for identity: unpacked as they come (RFC 9110, 8.4)."""

from __future__ import annotations

import zlib

from aimux.errors import UpstreamProtocol


class Unpacker:
    """Undoes a ``content-encoding``, the last that was applied first."""

    __slots__ = ("_streams",)

    def __init__(self, content_encoding: str) -> None:
        """``content_encoding`` is the header's value.

        Raises:
            UpstreamProtocol: an encoding that is not unpacked here.
        """
        names = [name.strip().lower() for name in content_encoding.split(",")]
        self._streams = [_stream(name) for name in reversed(names) if name not in {"", "identity"}]

    def feed(self, chunk: bytes) -> bytes:
        """What a chunk unpacks to.

        Raises:
            UpstreamProtocol: it is not packed as it says.
        """
        for stream in self._streams:
            try:
                chunk = stream.decompress(chunk)
            except zlib.error as problem:
                raise UpstreamProtocol("its answer cannot be unpacked") from problem
        return chunk


def _stream(name: str) -> zlib._Decompress:
    if name in {"gzip", "x-gzip", "deflate"}:
        return zlib.decompressobj(47)  # gzip or zlib, told apart by the header
    raise UpstreamProtocol(
        f"it packs its answer as {name[:40]!r}, which it was not asked to",
        hint="a proxy before the provider may do that; identity was asked for",
    )
