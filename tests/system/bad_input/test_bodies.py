"""Bodies that are no requests: each is a clear error in the asker's dialect, and the daemon stays up."""

from __future__ import annotations

import zlib
from typing import Final

import pytest

from aimux.model.request import WireFormat
from tests.support.answers import ANTHROPIC, OPENAI_CHAT, OPENAI_RESPONSES
from tests.system.bad_input.door import GOOD_BODY, MAX_BODY_MB, PATHS, Door, said

NOT_A_REQUEST: Final = {
    "empty": b"",
    "no json": b"hello",
    "half": b'{"model": "m", ',
    "trailing": b'{"model": "m"} x',
    "list": b'["model"]',
    "text": b'"model"',
    "null": b"null",
    "number": b"17",
    "nan": b'{"model": NaN}',
    "not utf-8": b'{"model": "\xff\xfe"}',
    "not utf-8 deep inside": b'{"model": "m", "x": [{"y": "\xff"}]}',
    "utf-16": '{"model": "m"}'.encode("utf-16"),
    "nul": b'{"model": "m"}\x00',
    "deep": b'{"model":"m","x":' + b"[" * 200_000 + b"]" * 200_000 + b"}",
}


@pytest.mark.parametrize("body", NOT_A_REQUEST.values(), ids=NOT_A_REQUEST)
@pytest.mark.parametrize("wire_format", WireFormat)
def test_what_is_not_a_json_object_is_refused(
    door: Door, wire_format: WireFormat, body: bytes
) -> None:
    """400 in the asker's dialect, with a reason."""
    reply = door.post(PATHS[wire_format], body)

    assert reply.status == 400
    assert said(wire_format, reply)


NO_MODEL: Final = {
    "none": b"{}",
    "null": b'{"model": null}',
    "number": b'{"model": 17}',
    "list": b'{"model": ["m"]}',
    "object": b'{"model": {}}',
    "empty": b'{"model": ""}',
    "blank": b'{"model": "  "}',
    "stream as text": b'{"model": "m", "stream": "yes"}',
    "stream as number": b'{"model": "m", "stream": 1}',
}


@pytest.mark.parametrize("body", NO_MODEL.values(), ids=NO_MODEL)
@pytest.mark.parametrize("wire_format", [ANTHROPIC, OPENAI_CHAT, OPENAI_RESPONSES])
def test_a_wrong_type_names_the_field(door: Door, wire_format: WireFormat, body: bytes) -> None:
    """400, and the message says which field (in Gemini's dialect neither stands in the body)."""
    field = "stream" if b"stream" in body else "model"

    reply = door.post(PATHS[wire_format], body)

    assert reply.status == 400
    assert field in said(wire_format, reply)


@pytest.mark.parametrize("wire_format", WireFormat)
def test_an_unknown_target_is_not_found(door: Door, wire_format: WireFormat) -> None:
    """A provider that is not configured cannot be asked for."""
    reply = door.post(PATHS[wire_format], GOOD_BODY, "x-aimux-target: nobody/m")

    assert reply.status == 404
    assert "nobody/m" in said(wire_format, reply)


@pytest.mark.parametrize("wire_format", WireFormat)
def test_a_body_over_the_limit_is_refused(door: Door, wire_format: WireFormat) -> None:
    """413, whether the length is announced or found out chunk by chunk."""
    body = b'{"model":"m","x":"' + b"x" * (MAX_BODY_MB * 2**20) + b'"}'
    chunk = b"%x\r\n%b\r\n" % (len(body), body)

    announced = door.post(PATHS[wire_format], body)
    found = door.send(
        door.head("POST", PATHS[wire_format], "Transfer-Encoding: chunked") + chunk + b"0\r\n\r\n"
    )

    for reply in (announced, found):
        assert reply.status == 413
        assert f"{MAX_BODY_MB} MiB" in said(wire_format, reply)


def test_a_length_over_the_limit_is_refused_before_the_body(door: Door) -> None:
    """Whoever announces a terabyte is answered at once."""
    reply = door.send(door.head("POST", PATHS[ANTHROPIC], "Content-Length: 1099511627776"))

    assert reply.status == 413
    said(ANTHROPIC, reply)


# ---------------------------------------------------------------- encodings


def _bomb(expanded_mb: int) -> bytes:
    """A gzip body about a thousandth of what it expands to: one compressed MiB of zeros, repeated."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    first = packer.compress(bytes(2**20)) + packer.flush(zlib.Z_FULL_FLUSH)
    again = packer.compress(bytes(2**20)) + packer.flush(zlib.Z_FULL_FLUSH)
    return first + again * (expanded_mb - 1)


@pytest.mark.parametrize("expanded_mb", [10, 1024])
@pytest.mark.parametrize("wire_format", WireFormat)
def test_a_compressed_bomb_is_refused_and_not_unpacked(
    door: Door, wire_format: WireFormat, expanded_mb: int
) -> None:
    """10 KB that expand to 10 MB, 1 MB that expand to 1 GB: 413, and the memory stays where it was."""
    before_mb = door.home.admin.status()["memory_mb"]

    reply = door.post(PATHS[wire_format], _bomb(expanded_mb), "Content-Encoding: gzip")

    assert reply.status == 413
    said(wire_format, reply)
    assert door.home.admin.status()["memory_mb"] < before_mb + 40


@pytest.mark.parametrize(
    ("header", "status"),
    [
        ("Content-Encoding: br", 415),
        ("Content-Encoding: zstd", 415),
        ("Content-Encoding: gzip, gzip", 415),
        ("Content-Encoding: gzip", 400),  # it is not gzip at all
        ("Content-Type: application/json; charset=utf-16", 415),
        ("Content-Type: application/json; charset=latin-1", 415),
    ],
)
@pytest.mark.parametrize("wire_format", WireFormat)
def test_an_encoding_that_is_not_read_is_refused(
    door: Door, wire_format: WireFormat, header: str, status: int
) -> None:
    """In the asker's dialect, never a guess."""
    reply = door.post(PATHS[wire_format], GOOD_BODY, header)

    assert reply.status == status
    assert said(wire_format, reply)
