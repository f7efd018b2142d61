"""When alerts fire and when they are over, with a clock that the test moves."""

from __future__ import annotations

import pytest

from aimux.config.conditions import Condition
from aimux.telemetry.alerts import Alerts, Rule

LASTING = Rule(Condition("error_rate", ">", 0.2, 300.0))
AT_ONCE = Rule(Condition("loop_lag", ">", 0.2))


def told(rule: Rule, values: dict[float, float | None]) -> list[tuple[float, bool]]:
    """Seconds and news, for values at these seconds."""
    alerts = Alerts([rule])
    found = []
    for now_s, value in values.items():
        found += [(now_s, news.firing) for news in alerts.look(lambda _, v=value: v, now_s)]
    return found


def every(step: int, until: int, value: float | None, start: int = 0) -> dict[float, float | None]:
    return dict.fromkeys(map(float, range(start, until, step)), value)


@pytest.mark.parametrize(
    ("rule", "values", "news"),
    [
        (LASTING, every(5, 1000, 0.1), []),
        (LASTING, every(5, 1000, None), []),
        (LASTING, every(5, 300, 0.5), []),
        (LASTING, every(5, 305, 0.5), [(300.0, True)]),
        (LASTING, every(5, 9000, 0.5), [(300.0, True)]),
        (LASTING, {**every(5, 1000, 0.5), 200.0: 0.1}, [(505.0, True)]),
        (LASTING, {**every(5, 1000, 0.5), 200.0: None}, [(505.0, True)]),
        (LASTING, {**every(5, 2000, 0.5), **every(5, 1200, 0.0, 1000)}, [(300.0, True)]),
        (
            LASTING,
            {**every(5, 1000, 0.5), **every(5, 3000, 0.0, 1000)},
            [(300.0, True), (1300.0, False)],
        ),
        (
            LASTING,
            {**every(5, 1000, 0.5), **every(5, 3000, None, 1000)},
            [(300.0, True), (1300.0, False)],
        ),
        (
            LASTING,
            {
                **every(5, 1000, 0.5),
                **every(5, 2000, 0.0, 1000),
                **every(5, 3000, 0.5, 2000),
                **every(5, 4000, 0.0, 3000),
            },
            [(300.0, True), (1300.0, False), (2300.0, True), (3300.0, False)],
        ),
        (AT_ONCE, {0.0: 0.1, 5.0: 0.3, 10.0: 0.4}, [(5.0, True)]),
        (AT_ONCE, {0.0: 0.3, 5.0: 0.1, 10.0: 0.3, 15.0: 0.1, 74.0: 0.1}, [(0.0, True)]),
        (AT_ONCE, {0.0: 0.3, 5.0: 0.1, 65.0: 0.1, 70.0: 0.1}, [(0.0, True), (65.0, False)]),
    ],
)
def test_fires_once_and_is_over_once(
    rule: Rule, values: dict[float, float | None], news: list[tuple[float, bool]]
) -> None:
    """After its duration without a break, and the same for its end."""
    assert told(rule, values) == news


def test_since_is_the_first_moment() -> None:
    """What is told began when the condition did, not when its duration was over."""
    alerts = Alerts([LASTING])
    alerts.look(lambda _: 0.5, 100.0)
    (fired,) = alerts.look(lambda _: 0.6, 400.0)
    alerts.look(lambda _: 0.0, 500.0)
    (over,) = alerts.look(lambda _: 0.0, 800.0)

    assert (fired.since_s, fired.at_s, fired.value) == (100.0, 400.0, 0.6)
    assert (over.since_s, over.at_s, over.value) == (100.0, 800.0, 0.0)


def test_a_reload_keeps_what_is_the_same() -> None:
    """A rule that stays goes on; one that is changed begins anew; two that are alike are two."""
    alerts = Alerts([LASTING, AT_ONCE])
    alerts.look(lambda _: 0.5, 0.0)
    changed = AT_ONCE._replace(notify=("desktop",))

    alerts.follow([changed, LASTING, LASTING])

    assert [each.state for each in alerts.standings] == ["quiet", "waiting", "quiet"]
    assert [each.rule for each in alerts.standings] == [changed, LASTING, LASTING]
    assert len(alerts.look(lambda _: 0.5, 300.0)) == 2
