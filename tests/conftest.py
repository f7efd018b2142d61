"""Fixtures that every test may ask for, and the rule that a complete machine skips nothing."""

from __future__ import annotations

import gc
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import hypothesis
import pytest

from tests.support.forked import import_all
from tests.support.upstream import FakeUpstream

# How long an example takes says something of the machine, not of the property.
hypothesis.settings.register_profile(
    "any machine", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("any machine")


def _hear_signals() -> None:
    """Undoes what `nohup` and a shell's `&` do, which children inherit: tests send these signals."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
        signal.signal(signal.SIGHUP, signal.SIG_DFL)


_hear_signals()


@pytest.fixture
def upstream() -> Iterator[FakeUpstream]:
    """A fake upstream that listens; it serves tests with and without an event loop."""
    with FakeUpstream() as server:
        yield server


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """What is collected stays to the end: the collector of garbage need not look through it.

    And coverage need not watch: tables of tests are made there, by the thousand.  What runs when a module
    is imported is traced before.
    """
    tracer = sys.gettrace()
    if tracer is not None:
        import_all()
    gc.disable()
    sys.settrace(None)
    try:
        return (yield)
    finally:
        sys.settrace(tracer)
        gc.enable()
        gc.freeze()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Those that start processes begin first: at the end no worker is left alone with a long one."""
    items.sort(key=lambda item: item.path.relative_to(_TESTS).parts[0] != "system")


_TESTS: Final = Path(__file__).parent
_UNTRACED: Final = frozenset({"agents", "browser", "docs", "system", "transcripts"})

_COVERAGE: Final = ("COVERAGE_PROCESS_START", "COVERAGE_PROCESS_CONFIG")
"""With one of these a Python process measures its own coverage."""


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Processes that a test starts, also in its fixtures, run without coverage unless it is ``measured``.

    A short process that measures itself takes twice its time: it imports coverage, traces all of its
    imports and writes what it saw.  Few tests go where no other has been.
    """
    if item.get_closest_marker("measured"):
        return (yield)
    with pytest.MonkeyPatch.context() as patch:
        for name in _COVERAGE:
            patch.delenv(name, raising=False)
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """Properties run untraced: their examples go by the hundred over lines that other tests cover as
    well, and tracing takes half of their time.  So do whole folders whose tests drive other processes or
    go once more, with real clients, through everything at once.

    This is not pytest-cov's ``no_cover``: in a worker of xdist two coverages run, one of them begun by
    ``patch = ["subprocess"]`` when the worker started, and where the one pauses the other goes on.
    """
    if not (
        item.get_closest_marker("untraced")
        or item.get_closest_marker("hypothesis")
        or item.path.relative_to(_TESTS).parts[0] in _UNTRACED
    ):
        return (yield)
    tracer = sys.gettrace()
    sys.settrace(None)
    try:
        return (yield)
    finally:
        sys.settrace(tracer)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
    """With AIMUX_REQUIRE_PARTS=1 a skipped test has failed: on that machine nothing may be lacking."""
    report: pytest.TestReport = yield
    if os.environ.get("AIMUX_REQUIRE_PARTS") and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped where every part is required: {_reason(report)}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector: pytest.Collector) -> Any:
    """The same for a module that skips itself while it is read."""
    report: pytest.CollectReport = yield
    if os.environ.get("AIMUX_REQUIRE_PARTS") and report.skipped:
        report.outcome = "failed"
        report.longrepr = f"skipped where every part is required: {_reason(report)}"
    return report


def _reason(report: pytest.TestReport | pytest.CollectReport) -> str:
    return report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
