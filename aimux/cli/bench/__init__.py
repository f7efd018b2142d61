"""``aimux bench``: what aimux itself costs, measured on this machine.

The same requests are sent to a provider on loopback directly and through a real daemon in a temporary
home, in turns.  No key, no network, no vendor; afterwards nothing is left: no process, no file,
whatever ends it.

    shots      what is sent
    answers    what is answered, made beforehand
    provider   who answers, in a process of its own
    load       sends and times
    rounds     what is measured when
    figures    percentiles, and what aimux adds
    stage      the demo's stage, with the provider beside it
    trial      all of it from beginning to end
    page       how it looks on a terminal, in a pipe and as JSON
"""

from __future__ import annotations

from typing import Annotated, Final

import typer

MOST_AT_A_TIME: Final = 128
"""Connections: two or three processes hold as many open files each, and macOS allows 256."""


def register(app: typer.Typer) -> None:
    """Adds the commands of this module."""
    app.command("bench")(_bench)


def _bench(
    duration: Annotated[
        str,
        typer.Option("--duration", "-d", metavar="TIME", help="How long to measure, in all."),
    ] = "10s",
    concurrency: Annotated[
        int,
        typer.Option(
            "--concurrency",
            "-c",
            metavar="N",
            min=1,
            max=MOST_AT_A_TIME,
            help="Requests at a time where requests per second are counted.",
        ),
    ] = 8,
    as_json: Annotated[  # noqa: FBT002 -- typer's way to write a flag
        bool, typer.Option("--json", help="Print one JSON object with all figures.")
    ] = False,
) -> None:
    """Measure what aimux adds on this machine: direct against through aimux.

    Sends the same requests to a provider on this machine that answers at once, directly and through a
    daemon in a temporary folder, in turns: a small one, an agent's of 80 KB, a stream, and a stream that
    is translated between two formats. It calls no vendor, costs nothing, needs no key and no network,
    and leaves nothing behind.
    """
    from aimux.cli.bench.page import show
    from aimux.cli.bench.rounds import Effort
    from aimux.cli.bench.trial import trial
    from aimux.cli.daemon import seconds
    from aimux.cli.output import words
    from aimux.errors import UsageError

    duration_s = seconds(duration, "--duration")
    if not duration_s:
        raise UsageError("--duration is no time at all", hint="aimux bench --duration 10s")
    effort = Effort(duration_s, concurrency)
    show(trial(effort, words), effort, as_json=as_json)
