"""The run itself: open the stage, measure, and leave nothing behind."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final
from urllib.parse import urlsplit

from aimux.cli.bench.figures import Comparison
from aimux.cli.bench.load import Target
from aimux.cli.bench.rounds import Effort, measured
from aimux.cli.bench.stage import ProviderProcess, bench_stage
from aimux.cli.demo.departure import Departure
from aimux.cli.demo.stage import Stage
from aimux.errors import DaemonError, UpstreamError

_HINT: Final = "try again; if it happens again, AIMUX_DEBUG=1 aimux bench and report what it prints"


def trial(effort: Effort, say: Callable[[str], None]) -> list[Comparison]:
    """Measures every kind of request; ``say`` is told what is being done.

    Raises:
        AimuxError: it did not work; whatever was started is gone by then.
        KeyboardInterrupt, SystemExit: a signal ended it; the same holds.
    """
    provider, departure = ProviderProcess(), Departure()
    stage = bench_stage(provider)
    try:
        departure.watch()
        say("starting a daemon in a temporary folder, and a provider that answers at once")
        stage.open()
        return _figures(stage, provider, effort, say)
    finally:
        departure.leaving = True  # an assignment, not a call: no signal comes between it and try
        provider.close()
        stage.close()
        departure.unwatch()


def _figures(
    stage: Stage, provider: ProviderProcess, effort: Effort, say: Callable[[str], None]
) -> list[Comparison]:
    token = stage.client_token  # the provider takes any: both ways get the same bytes
    direct = Target(provider.port, token)
    aimux = Target(urlsplit(stage.url).port or 0, token)
    try:
        return measured(direct, aimux, effort, say)
    except UpstreamError as problem:  # what is not whole is no figure, but the end of the run
        raise DaemonError(
            f"not every request was answered: {problem.message}", hint=_HINT
        ) from problem
