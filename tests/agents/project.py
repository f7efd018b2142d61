"""The scratch project that the agents work in, and what its files look like when they come back."""

from __future__ import annotations

import re
import struct
import zlib
from pathlib import Path
from typing import Final

from tests.agents.words import Image

GLYPHS: Final = "glyphs.txt"
NOTES: Final = "notes.txt"
PICTURE: Final = "picture.png"
MISSING: Final = "missing.txt"

NOTES_TEXT: Final = "The second mark is 0451 \u2713 \u201ccaf\u00e9\u201d.\n"

FIRST_MARK: Final = "BEGIN-7Q"
LAST_MARK: Final = "END-7Q"
_SAMPLES: Final = (
    "\u6f22\u5b57\u3068\u4eee\u540d\u304c\u4e26\u3076\u5ead\u3001\u98a8\u306e\u97f3\u3002",
    "\u7e41\u9ad4\u5b57\u8207\u7b80\u4f53\u5b57\uff0c\uc544\ub984\ub2e4\uc6b4 \ud55c\uae00.",
    "\U0001f469\u200d\U0001f33e \U0001f3f3\ufe0f\u200d\U0001f308 \U0001f1e8\U0001f1ed \U0001f44d\U0001f3fd",
    "Cafe\u0301 na\u0131\u0308ve Z\u0351\u036ba\u0334l\u0322g\u0338o\u035c o\u0308u\u0308a\u0308",
    "\u05e9\u05dc\u05d5\u05dd \u05e2\u05d5\u05dc\u05dd, \u0645\u0631\u062d\u0628\u0627 \u0628\u0643\u0645",
    "a line\u2028and its second half, with\u00a0a hard space",
    "\U0001d4d0\U0001d4d1\U0001d4d2 \U00020000\U0002a6d6 \u2a0c\u222d\u2211 \u00bd\u215e",
    '"quoted" \\back\\slash {"a": [1, 2]} <tag attr=\'x\'> & %7B $HOME `tick`',
    "\u0ba8\u0bbf \u0e01\u0e33 \u0915\u094d\u0937\u093f \u1e9e\u01c6 \ufb03",
)


def glyphs() -> str:
    """The long text: more than 8 KB of everything that an encoding can get wrong."""
    lines = [f"{number:03d} {_SAMPLES[number % len(_SAMPLES)]}" for number in range(1, 181)]
    return "\n".join([FIRST_MARK, *lines, LAST_MARK]) + "\n"


def picture() -> bytes:
    """A small picture in many colours, as PNG."""
    width, height = 96, 64
    rows = (
        b"\0" + b"".join(bytes((x * 255 // width, y * 255 // height, x ^ y)) for x in range(width))
        for y in range(height)
    )
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(b"".join(rows), 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in chunks)


def _chunk(kind: bytes, data: bytes) -> bytes:
    body = kind + data
    return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))


def lay_out(folder: Path) -> None:
    """Makes the project in an empty folder."""
    (folder / GLYPHS).write_bytes(glyphs().encode())
    (folder / NOTES).write_bytes(NOTES_TEXT.encode())
    (folder / PICTURE).write_bytes(picture())


# ---------------------------------------------------------------- what comes back

_ESCAPES: Final = re.compile("\x1b\\[[0-9;?]*[A-Za-z]")


def plain(text: str) -> str:
    """A text as a terminal means it: no escape sequences, one kind of line end, no blanks before it."""
    bare = _ESCAPES.sub("", text).replace("\r\n", "\n")
    return re.sub(r"[ \t]+(?=\n)", "", bare)


def damage(text: str) -> str:
    """What is wrong with a text that should hold all of the glyphs; empty when nothing is."""
    expected, found = plain(glyphs()).strip(), plain(text)
    if expected in found:
        return ""
    if FIRST_MARK not in found or LAST_MARK not in found:
        return f"only part of it came: {len(found)} characters, {found[:60]!r} ... {found[-60:]!r}"
    start = found.index(FIRST_MARK)
    place = next(
        (
            number
            for number, (a, b) in enumerate(zip(expected, found[start:], strict=False))
            if a != b
        ),
        len(expected),
    )
    there = found[start + place : start + place + 20]
    return (
        f"it differs from character {place} on: {expected[place : place + 20]!r} came as {there!r}"
    )


def flaw(image: Image) -> str:
    """What is wrong with an image that should be the picture; empty when it is, or may be.

    An agent may have made it smaller or written it in another format, so what is not the file itself
    must at least be whole.
    """
    if image.data == picture():
        return ""
    whole = {
        "image/png": _is_whole_png,
        "image/jpeg": lambda data: data.endswith(b"\xff\xd9"),
        "image/gif": lambda data: data.endswith(b";"),
        "image/webp": lambda data: int.from_bytes(data[4:8], "little") + 8 == len(data),
    }
    return "" if whole[image.kind](image.data) else f"a broken {image.kind}"


def _is_whole_png(data: bytes) -> bool:
    place, pixels, kind = 8, b"", b""
    while place < len(data):
        (length,) = struct.unpack_from(">I", data, place)
        kind, end = data[place + 4 : place + 8], place + 8 + length
        if len(data) < end + 4 or zlib.crc32(data[place + 4 : end]) != int.from_bytes(
            data[end : end + 4]
        ):
            return False
        pixels += data[place + 8 : end] if kind == b"IDAT" else b""
        place = end + 4
    try:
        return kind == b"IEND" and len(zlib.decompress(pixels)) > 0
    except zlib.error:
        return False
