"""The figures as a table for people; it fits in 80 columns."""

from __future__ import annotations

from collections.abc import Iterator

from tests.bench.figures import (
    ADDED_MS,
    GROWTH_MB,
    MEMORY_MB,
    PLANNING_US,
    READY_S,
    STATUS_MS,
    TRANSLATE_MS,
    VERSION_MS,
    Figures,
    Goal,
)


def table(figures: Figures) -> str:
    """All figures; beside each that has a goal, the goal and ``ok`` or ``MISSED``."""
    return "\n".join([*_throughput(figures), "", *_latency(figures), "", *_rest(figures)])


def _throughput(figures: Figures) -> Iterator[str]:
    yield "throughput, 16 connections"
    yield f"{'':<20}{'floor/s':>9}{'aimux/s':>9}{'ratio':>7}  {'':<15}{'cpu ms/request':>16}"
    for each in figures.comparisons:
        cpu = f"{each.floor_cpu_ms:.3f} {each.aimux_cpu_ms:.3f}"
        yield (
            f"{each.workload:<20}{each.floor_per_s:>9.0f}{each.aimux_per_s:>9.0f}"
            f"{each.ratio:>7.2f}  {_mark(each.ratio, each.goal):<15}{cpu:>16}"
        )


def _latency(figures: Figures) -> Iterator[str]:
    yield "latency in ms, 1 connection (streams: to the first byte)"
    yield f"{'':<20}{'':<8}{'p50':>8}{'p95':>8}{'p99':>8}{'added':>8}"
    for each in figures.comparisons:
        for name, row in each.latency.items():
            added = row.p50 - each.latency["direct"].p50
            mark = _mark(added, ADDED_MS) if name == "aimux" else ""
            title = each.workload if name == "direct" else ""
            line = f"{title:<20}{name:<8}{row.p50:>8.3f}{row.p95:>8.3f}{row.p99:>8.3f}{added:>8.3f}"
            yield f"{line}  {mark}".rstrip()


def _rest(figures: Figures) -> Iterator[str]:
    rows = (
        ("aimux start, to ready", figures.ready_s, "s", READY_S),
        (f"memory after {figures.requests} requests", figures.memory_mb, "MB", MEMORY_MB),
        ("growth over a 100 MB stream", figures.growth_mb, "MB", GROWTH_MB),
        *(
            (f"80 KB to {name}", ms, "ms", TRANSLATE_MS)
            for name, ms in figures.translate_ms.items()
        ),
        *(
            (f"plan, 30 candidates, {name}", us, "us", PLANNING_US)
            for name, us in figures.planning_us.items()
        ),
        ("aimux --version", figures.version_ms, "ms", VERSION_MS),
        ("aimux status", figures.status_ms, "ms", STATUS_MS),
    )
    for name, value, unit, goal in rows:
        yield f"{name:<36}{value:>9.2f} {unit:<3} {_mark(value, goal)}"
    yield f"{'memory at start':<36}{figures.memory_at_start_mb:>9.2f} MB"
    for name, ms in figures.first_translate_ms.items():
        yield f"{f'80 KB to {name}, new tools':<36}{ms:>9.2f} ms"
    yield f"{'plan, no rules, 1 candidate':<36}{figures.plain_planning_us:>9.2f} us"


def _mark(figure: float, goal: Goal) -> str:
    sign = ">=" if goal.at_least else "<="
    return f"{'ok' if goal.met(figure) else 'MISSED'} ({sign} {goal.bound:g})"
