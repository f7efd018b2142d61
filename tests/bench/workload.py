"""What is sent, and what is expected of it: the requests of ``aimux bench``, some with other models."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from aimux.cli.bench.answers import EVENTS, MODEL
from aimux.cli.bench.shots import CHAT, LARGE_BYTES, SMALL_BYTES, Shot, chat_shot, request_body

SHORT_MODEL: Final = b"bench-short"
SHORT_EVENTS: Final = 9
HUGE_MODEL: Final = "bench-huge-"
"""And how many writes of HUGE_WRITE_EVENTS events, about 50 KB each, its answer has."""
HUGE_WRITE_EVENTS: Final = 256


@dataclass(frozen=True, slots=True)
class Workload:
    """One kind of request.

    ``ratio`` is the least part of the floor's throughput that aimux must reach.  ``floor`` and
    ``floor_latency`` are what the floor is asked where it cannot be asked the same: for the stream that
    aimux translates it passes on what the upstream sends.
    """

    name: str
    shot: Shot
    """What throughput is measured with."""
    latency: Shot
    """What the latency of one connection is measured with."""
    streams: bool = False
    ratio: float = 0.6
    floor: Shot | None = None
    floor_latency: Shot | None = None


def workloads() -> tuple[Workload, ...]:
    """The four that the targets are written for."""
    small, large = Shot(request_body(SMALL_BYTES)), Shot(request_body(LARGE_BYTES))
    short = SHORT_MODEL.decode()
    stream = Shot(request_body(SMALL_BYTES, stream=True))
    stream_latency = Shot(request_body(SMALL_BYTES, stream=True, model=short))
    return (
        Workload("1 KB request", small, small),
        Workload("80 KB request", large, large),
        Workload(f"{EVENTS}-event stream", stream, stream_latency, streams=True),
        Workload(
            f"{EVENTS} translated",
            Shot(request_body(SMALL_BYTES, stream=True, model=f"{CHAT}/{MODEL}")),
            Shot(request_body(SMALL_BYTES, stream=True, model=f"{CHAT}/{short}")),
            streams=True,
            ratio=0.35,
            floor=chat_shot(MODEL),
            floor_latency=chat_shot(short),
        ),
    )
