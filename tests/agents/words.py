"""The words in which the script and the four formats talk to each other; no format knows another's.

A *strict* module reads a vendor's request into ``Heard`` or refuses it, a *spoken* module writes a
``Reply`` as that vendor's answer.  Nothing here, nor in those modules, comes from aimux: the judge has
to be somebody else.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request to a vendor; names of headers are lower case."""

    path: str
    query: str
    headers: Mapping[str, str]
    body: Json
    raw: bytes = b""


class Refused(Exception):
    """A vendor's 400: its words, and what else stands in its error."""

    def __init__(self, message: str, *, param: str | None = None, code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.param = param
        self.code = code


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool that a request declares.  ``schema`` is None for one that takes raw text."""

    name: str
    schema: Json | None
    namespace: str = ""


@dataclass(frozen=True, slots=True)
class Call:
    """A call of a tool; ``arguments`` is JSON text, or raw text when ``raw``."""

    id: str
    name: str
    arguments: str
    namespace: str = ""
    raw: bool = False

    @property
    def meaning(self) -> object:
        """What the arguments say, however they are spelled."""
        return self.arguments if self.raw else json.loads(self.arguments or "{}")


@dataclass(frozen=True, slots=True)
class Image:
    """An image as bytes."""

    kind: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a call.  ``failed`` is the format's own mark of failure; None where it has none."""

    text: str
    images: tuple[Image, ...] = ()
    failed: bool | None = None


@dataclass(slots=True)
class Turn:
    """An earlier turn of the model that called tools, as it came back."""

    text: str = ""
    calls: list[Call] = field(default_factory=list)
    results: list[Result] = field(default_factory=list)
    """In the order of the calls."""
    loose: list[Image] = field(default_factory=list)
    """Images that the user's side sent beside the results."""


@dataclass(slots=True)
class Heard:
    """A request whose form is right: what it says."""

    prompt: str = ""
    """All that the user's side said before the first call of a tool."""
    system: str = ""
    tools: list[Tool] = field(default_factory=list)
    turns: list[Turn] = field(default_factory=list)
    thinks: bool = False
    """Whether the answer may hold thoughts."""
    shows_thoughts: bool = True
    """Whether their text may be shown; their state always is."""
    streams: bool = False
    counts: bool = False
    """Whether a stream reports usage."""
    schema: Json | None = None
    """What the answer must be an instance of."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What the model says next."""

    text: tuple[str, ...] = ()
    """The pieces in which it is streamed."""
    thought: str = ""
    calls: tuple[Call, ...] = ()

    @property
    def whole_text(self) -> str:
        """The text as it stands in an answer that is not streamed."""
        return "".join(self.text)


def sealed(vendor: str, thought: str) -> str:
    """The opaque state of a thought: base64, bound to the thought and to who had it."""
    seed = f"{vendor}\0{thought}".encode()
    blocks = (hashlib.sha512(seed + bytes([number])).digest() for number in range(4))
    return base64.b64encode(b"".join(blocks)).decode("ascii")


def thought_of(vendor: str, state: str, thoughts: tuple[str, ...]) -> str | None:
    """The thought whose state this is; None when this vendor never gave it out."""
    return next((each for each in thoughts if sealed(vendor, each) == state), None)


def thought_at(thoughts: tuple[str, ...], step: int) -> str:
    """The thought of a step; beyond the script, where faults are found elsewhere, the last one's."""
    return thoughts[min(step, len(thoughts) - 1)]


def image_of(kind: str, base64_text: object) -> Image:
    """An image from its base64.

    Raises:
        ValueError: it is no base64, or not an image of that kind.
    """
    data = base64.b64decode(base64_text if isinstance(base64_text, str) else "", validate=True)
    if kind_of_image(data) != kind:
        raise ValueError(f"the data is {kind_of_image(data) or 'no image'}, not {kind}")
    return Image(kind, data)


def image_of_data_url(url: object) -> Image:
    """An image from a ``data:`` address.

    Raises:
        ValueError: it is no such address, or holds no image of its kind.
    """
    if not isinstance(url, str) or not url.startswith("data:"):
        raise ValueError("not a data: address")
    head, _, data = url.removeprefix("data:").partition(",")
    kind, _, form = head.partition(";")
    if form != "base64":
        raise ValueError("the data is not base64")
    return image_of(kind, data)


def kind_of_image(data: bytes) -> str:
    """The media type by the first bytes; empty for anything that vendors do not take."""
    for mark, kind in (
        (b"\x89PNG\r\n\x1a\n", "image/png"),
        (b"\xff\xd8\xff", "image/jpeg"),
        (b"GIF8", "image/gif"),
    ):
        if data.startswith(mark):
            return kind
    return "image/webp" if data[:4] == b"RIFF" and data[8:12] == b"WEBP" else ""
