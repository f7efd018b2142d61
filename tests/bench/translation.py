"""What translating costs by itself: one agent's request of 80 KB, from bytes to bytes, in this process."""

from __future__ import annotations

import statistics
import time
from typing import Final

from aimux.cli.bench.answers import MODEL
from aimux.cli.bench.shots import LARGE_BYTES, request_body
from aimux.model.request import WireFormat
from aimux.wire.inquiry import Inquiry
from aimux.wire.jsontext import scan
from aimux.wire.target import Target
from aimux.wire.transcode import Transcoder

TARGETS: Final = (WireFormat.OPENAI_CHAT, WireFormat.OPENAI_RESPONSES, WireFormat.GEMINI)


def translate_once(body: bytes, upstream: WireFormat) -> bytes:
    """An Anthropic request as another format's, read anew as for every exchange."""
    inquiry = Inquiry(WireFormat.ANTHROPIC, scan(body), MODEL)
    return Transcoder(inquiry, upstream, Target("bench", MODEL)).request()


def request_times_ms(repeats: int) -> dict[str, float]:
    """The median by target format."""
    body = request_body(LARGE_BYTES)
    return {str(upstream): _median_ms(body, upstream, repeats) for upstream in TARGETS}


def _median_ms(body: bytes, upstream: WireFormat, repeats: int) -> float:
    times = []
    for _ in range(repeats):
        begin = time.perf_counter()
        translate_once(body, upstream)
        times.append((time.perf_counter() - begin) * 1000)
    return statistics.median(times)
