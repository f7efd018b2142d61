"""Fixtures that every test may ask for, and the rule that a complete machine skips nothing."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.upstream import FakeUpstream


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
