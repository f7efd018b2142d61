"""The arithmetic of ``aimux bench``, and how its figures are shown: pure, by table."""

from __future__ import annotations

import sys

import pytest

from aimux.cli.bench import page
from aimux.cli.bench.figures import Comparison, Samples, Spread, Way, comparison, percentile
from aimux.cli.bench.load import Sample
from aimux.cli.bench.page import HEADINGS, shape, show
from aimux.cli.bench.rounds import Effort
from aimux.cli.bench.shots import MODEL, Kind, Shot, kinds
from tests.support.command import Terminal

HUNDRED = [float(value) for value in range(100, 0, -1)]


@pytest.mark.parametrize(
    ("values", "percent", "expected"),
    [
        (HUNDRED, 50, 50.0),
        (HUNDRED, 90, 90.0),
        (HUNDRED, 99, 99.0),
        (HUNDRED, 100, 100.0),
        (HUNDRED, 0, 1.0),
        ([7.0], 1, 7.0),
        ([7.0], 99, 7.0),
        ([2.0, 1.0], 50, 1.0),
        ([2.0, 1.0], 51, 2.0),
        ([3.0, 1.0, 2.0], 50, 2.0),
        ([3.0, 1.0, 2.0], 90, 3.0),
    ],
)
def test_percentiles_are_nearest_rank(values: list[float], percent: float, expected: float) -> None:
    """A value that was seen, whatever the order in which they came."""
    assert percentile(values, percent) == expected


@pytest.mark.parametrize(
    ("duration_s", "rounds"), [(0.1, 3), (6.0, 3), (6.1, 4), (10.0, 5), (20.0, 10), (600.0, 10)]
)
def test_a_run_is_cut_into_turns(duration_s: float, rounds: int) -> None:
    """Together they take as long as was asked for; longer runs have more of them, and then longer ones."""
    effort = Effort(duration_s, 8)

    assert effort.rounds == rounds
    assert effort.turn_s * rounds * 4 * len(kinds()) == pytest.approx(duration_s)


def test_figures_are_made_of_all_rounds() -> None:
    """Times of all rounds in one heap, the median of the rounds' throughput, medians subtracted."""

    def samples(*factors: float) -> Samples:
        alone = [Sample(1.0, [each * 0.5, each * 0.25], [each, each * 2]) for each in factors]
        crowded = [Sample(each, [1.0], [1.0] * 10) for each in factors]
        return Samples(alone, crowded)

    shot = Shot(b"{}")
    found = comparison(Kind("n", "w", shot, shot), samples(1, 2, 4), samples(10, 20, 40))

    assert found.direct == Way(
        timed=6,
        first_byte=Spread(0.5, 2.0, 2.0),
        whole=Spread(2.0, 8.0, 8.0),
        requests_per_s=5.0,
        rounds_per_s=(10.0, 5.0, 2.5),
    )
    assert found.aimux.whole == Spread(20.0, 80.0, 80.0)
    assert (found.name, found.what, found.added_ms) == ("n", "w", 18.0)
    assert MODEL.encode() in kinds()[0].direct.body


def _slow() -> list[Comparison]:
    """Every kind on a very slow machine, with aimux a little quicker than without."""
    spread = Spread(12345.678, 23456.789, 34567.891)
    way = Way(3, spread, spread, 99999.9, (99999.9,) * 3)
    quick = Way(3, spread, Spread(12345.67, 23456.789, 34567.891), 0.2, (0.2,) * 3)
    return [Comparison(kind.name, kind.what, way, quick) for kind in kinds()]


@pytest.mark.parametrize("cores", [None, 1, 256])
def test_the_page_fits_a_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], cores: int | None
) -> None:
    """80 columns, whatever the figures; an advantage is shown as what it is."""
    terminal = Terminal()
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setattr(sys, "stdout", terminal)
    monkeypatch.setattr(page.os, "cpu_count", lambda: cores)
    show(_slow(), Effort(0.1, 128), as_json=False)
    lines = terminal.getvalue().splitlines()
    words = capsys.readouterr().err

    assert len(lines) == 1 + 2 * len(kinds())
    assert [line for line in [*lines, *words.splitlines()] if len(line) > 80] == []
    assert "-0.01" in lines[2]
    assert ("256 cores" if cores == 256 else "one core") in words
    assert [len(name) for name in HEADINGS if not lines[0].count(name)] == []


def test_json_holds_what_the_table_leaves_out() -> None:
    """The rounds, and how many requests the percentiles are of."""
    found = shape(_slow(), Effort(0.1, 3))["requests"][0]

    assert found["direct"]["rounds_per_s"] == (99999.9,) * 3
    assert found["direct"]["timed"] == 3
    assert found["added_ms"] == -0.008
