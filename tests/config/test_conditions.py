"""The conditions of alerts, read and written."""

from __future__ import annotations

import pytest

from aimux.config.conditions import METRICS, Condition, read_condition


@pytest.mark.parametrize(
    ("text", "condition"),
    [
        ("error_rate > 0.2 for 5m", Condition("error_rate", ">", 0.2, 300.0)),
        (" error_rate>0.2 ", Condition("error_rate", ">", 0.2)),
        ("p95_ttft >= 20 for 1.5h", Condition("p95_ttft", ">=", 20.0, 5400.0)),
        ("spend != -1 for 500ms", Condition("spend", "!=", -1.0, 0.5)),
        ('requests{provider="zai"} < 1', Condition("requests", "<", 1.0, 0.0, "zai")),
        ("requests { provider = 'zai' } <= 1", Condition("requests", "<=", 1.0, 0.0, "zai")),
        ("anything == 1", Condition("anything", "==", 1.0)),
        ("requests{provider='zai\"} < 1", None),
        ('requests{provider=""} < 1', None),
        ('requests{model="x"} < 1', None),
        ("error_rate > 0.2 for", None),
        ("error_rate > 0.2 for 5", None),
        ("error_rate > 0.2for 5m", None),
        ("error_rate => 0.2", None),
        ("error_rate > 20%", None),
        ("error_rate > .2", None),
        ("Error_rate > 1", None),
        ("0.2 < error_rate", None),
        ("error_rate > 1\nfor 5m extra", None),
        ("", None),
    ],
)
def test_read(text: str, condition: Condition | None) -> None:
    """What has the form means something, all else nothing."""
    assert read_condition(text) == condition


@pytest.mark.parametrize(
    "text",
    ["error_rate > 0.2 for 5m", "spend >= 5", 'quota_used{provider="zai"} > 0.9 for 1h'],
)
def test_written_as_it_was_read(text: str) -> None:
    """A condition in its short form is itself."""
    assert str(read_condition(text)) == text


@pytest.mark.parametrize(
    ("op", "below", "equal", "above"),
    [
        (">", False, False, True),
        (">=", False, True, True),
        ("<", True, False, False),
        ("<=", True, True, False),
        ("==", False, True, False),
        ("!=", True, False, True),
    ],
)
def test_operators(op: str, below: bool, equal: bool, above: bool) -> None:
    """Each on three sides; what nobody knows is never true."""
    condition = Condition("requests", op, 5.0)

    assert [condition.true_of(value) for value in (4.0, 5.0, 6.0)] == [below, equal, above]
    assert not condition.true_of(None)


def test_every_metric_says_what_it_is() -> None:
    """They are shown to people who look for one."""
    assert all(each.words for each in METRICS.values())
