"""What translating costs by itself: one agent's request of 80 KB, from bytes to bytes, in this process.

An agent declares the same tools with every turn, and what is made of their schemas is remembered.  So there
are two figures: that of a turn, and that of the first one.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterable
from typing import Final

from aimux.cli.bench.answers import MODEL
from aimux.cli.bench.shots import LARGE_BYTES, request_body
from aimux.model.request import WireFormat
from aimux.wire.inquiry import Inquiry
from aimux.wire.jsontext import scan
from aimux.wire.target import Target
from aimux.wire.transcode import Transcoder

_BODY: Final = request_body(LARGE_BYTES)
TARGETS: Final = (WireFormat.OPENAI_CHAT, WireFormat.OPENAI_RESPONSES, WireFormat.GEMINI)


def translate_once(body: bytes, upstream: WireFormat) -> bytes:
    """An Anthropic request as another format's, read anew as for every exchange."""
    inquiry = Inquiry(WireFormat.ANTHROPIC, scan(body), MODEL)
    return Transcoder(inquiry, upstream, Target("bench", MODEL)).request()


def request_times_ms(repeats: int) -> dict[str, float]:
    """The median by target format, of turns with the same tools."""
    return {str(each): _median_ms([_BODY] * repeats, each) for each in TARGETS}


def first_times_ms(repeats: int) -> dict[str, float]:
    """The same of requests whose tools nobody has seen before."""
    return {
        str(each): _median_ms(
            [
                _BODY.replace(b'"option_', b'"%s%d_' % (each.encode(), number))
                for number in range(repeats)
            ],
            each,
        )
        for each in TARGETS
    }


def _median_ms(bodies: Iterable[bytes], upstream: WireFormat) -> float:
    times = []
    for body in bodies:
        begin = time.perf_counter()
        translate_once(body, upstream)
        times.append((time.perf_counter() - begin) * 1000)
    return statistics.median(times)
