"""The figures of runs, for a person and for a program.

Percentiles are those of the nearest rank.  Times to the first event are those of requests that got one;
costs are of answers, as far as their prices are known.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from math import ceil
from typing import Any, Final

from aimux.simulator.bound import Best, best
from aimux.simulator.run import Run, Served
from aimux.simulator.trace import Trace

LOST_TOKENS: Final = "LOST TOKENS"
"""The column for which 80 are too few."""
HEADINGS: Final = (
    "STRATEGY", "OK", "P50", "P95", "P99", "COST", "CACHED", "LOST", LOST_TOKENS, "ASKED",
)  # fmt: skip
AT_BEST: Final = "  at best"


@dataclass(frozen=True, slots=True)
class Figures:
    """One run in numbers.  Shares are from 0 to 1, times in seconds, money in US dollars.

    ``lost`` counts needless cache losses and ``lost_tokens`` what they made somebody read anew;
    ``cost_usd`` is of the answers whose price is known, None where there are answers and nobody knows the
    price of one; ``unpriced`` counts the others.  ``asked`` is attempts per request.
    """

    requests: int
    success: float
    p50_s: float
    p95_s: float
    p99_s: float
    cost_usd: float | None
    cached: float
    lost: int = 0
    lost_tokens: int = 0
    asked: float = 1.0
    unpriced: int = 0
    spent_plans: int = 0


@dataclass(frozen=True, slots=True)
class Result:
    """What a strategy gave, and what the best choice for each of its requests would have."""

    strategy: str
    figures: Figures
    bound: Figures
    first_failure: str = ""


def result(strategy: str, trace: Trace, run: Run) -> Result:
    """The figures of a run."""
    bounds = best(trace, run)
    pairs = list(zip(run.served, bounds, strict=True))
    failure = next((each.error for each in run.served if each.end != "ok"), "")
    return Result(strategy, _figures(run.served), _bound(pairs), failure)


def _figures(served: Sequence[Served]) -> Figures:
    answered = [each for each in served if each.place is not None]
    waits = sorted(each.first_event_s or 0.0 for each in answered)
    return Figures(
        requests=len(served),
        success=_share(sum(each.end == "ok" for each in served), len(served)),
        p50_s=percentile(waits, 0.5),
        p95_s=percentile(waits, 0.95),
        p99_s=percentile(waits, 0.99),
        cost_usd=_total([each.cost_usd for each in answered]),
        cached=_share(sum(each.cached_tokens for each in answered), _prompts(answered)),
        lost=sum(each.lost_tokens > 0 for each in served),
        lost_tokens=sum(each.lost_tokens for each in served),
        asked=_share(sum(each.attempts for each in served), len(served)),
        unpriced=sum(each.cost_usd is None for each in answered),
        spent_plans=sum(each.spent_plans for each in served),
    )


def _bound(pairs: Sequence[tuple[Served, Best]]) -> Figures:
    """Over the requests that were answered, so that both lines speak of the same ones."""
    answered = [(served, bound) for served, bound in pairs if served.place is not None]
    waits = sorted(bound.first_event_s or 0.0 for _, bound in answered)
    costs = [None if served.cost_usd is None else bound.cost_usd for served, bound in answered]
    return Figures(
        requests=len(pairs),
        success=_share(sum(bound.success for _, bound in pairs), len(pairs)),
        p50_s=percentile(waits, 0.5),
        p95_s=percentile(waits, 0.95),
        p99_s=percentile(waits, 0.99),
        cost_usd=_total(costs),
        cached=_share(
            sum(bound.cached_tokens for _, bound in answered),
            _prompts([served for served, _ in answered]),
        ),
    )


def _prompts(served: Sequence[Served]) -> int:
    return sum(each.errand.row.input_tokens for each in served)


def _total(costs: Sequence[float | None]) -> float | None:
    """The sum of those that are known."""
    known = [each for each in costs if each is not None]
    return round(sum(known), 4) if known or not costs else None


def _share(part: int, whole: int) -> float:
    return round(part / whole, 6) if whole else 0.0


def percentile(ordered: Sequence[float], share: float) -> float:
    """The least of them that so many are not above; 0 where there are none."""
    if not ordered:
        return 0.0
    return round(ordered[max(0, ceil(share * len(ordered)) - 1)], 3)


# ---------------------------------------------------------------- shown


def rows(results: Sequence[Result]) -> list[tuple[str, ...]]:
    """Two lines for each strategy: what it gave, and what would have been best."""
    found: list[tuple[str, ...]] = []
    for each in results:
        figures, bound = each.figures, each.bound
        found.append(
            (
                each.strategy,
                *_cells(figures),
                str(figures.lost),
                f"{figures.lost_tokens:,}",
                f"{figures.asked:.3f}",
            )
        )
        found.append((AT_BEST, *_cells(bound), "0", "0", f"{bound.asked:.3f}"))
    return found


def _cells(figures: Figures) -> tuple[str, ...]:
    return (
        f"{100 * figures.success:.2f} %",
        f"{figures.p50_s:.2f} s",
        f"{figures.p95_s:.2f} s",
        f"{figures.p99_s:.2f} s",
        "unknown" if figures.cost_usd is None else f"${figures.cost_usd:.2f}",
        f"{100 * figures.cached:.1f} %",
    )


def as_json(trace: Trace, seed: int, results: Sequence[Result]) -> dict[str, Any]:
    """The same for a program."""
    return {
        "trace": trace.name,
        "seed": seed,
        "requests": len(trace.rows),
        "strategies": [
            {
                "strategy": each.strategy,
                "figures": asdict(each.figures),
                "bound": asdict(each.bound),
                "first_failure": each.first_failure or None,
            }
            for each in results
        ],
    }
