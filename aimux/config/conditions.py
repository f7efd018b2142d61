"""The conditions of alerts: ``error_rate{provider="zai"} > 0.2 for 5m``.

    METRIC [ { provider = "NAME" } ] OP NUMBER [ for DURATION ]

``OP`` is one of > >= < <= == !=.  A condition holds when it has been true for its duration without a
break.  What the metrics mean stands in :data:`METRICS`, once.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

from aimux.config.schema import DURATION_PATTERN, duration_s, duration_text


class Metric(NamedTuple):
    """A number that a condition may compare: what it is, and whether there is one by provider."""

    words: str
    by_provider: bool = True


METRICS: Final[Mapping[str, Metric]] = {
    "error_rate": Metric("share of the requests of the last 5 minutes that failed, from 5 on"),
    "requests": Metric("requests in the last minute"),
    "failures": Metric("failed requests in the last minute"),
    "p95_ttft": Metric("seconds within which 95 % of the answers of the last 5 minutes began"),
    "spend": Metric("US dollars spent in the last hour, as far as prices are known"),
    "quota_used": Metric("largest used share of a plan's windows, from 0 to 1"),
    "circuit_open": Metric("models of providers that are left alone because they fail"),
    "budget_used": Metric("largest used share of a budget, from 0 to 1", by_provider=False),
    "loop_lag": Metric("seconds by which the event loop is late", by_provider=False),
    "memory_mb": Metric("resident memory in MiB", by_provider=False),
}

FORM: Final = 'METRIC[{provider="NAME"}] OP NUMBER [for DURATION]'

_OPERATORS: Final[Mapping[str, Callable[[float, float], bool]]] = {
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
    "==": operator.eq,
    "!=": operator.ne,
}
_CONDITION: Final = re.compile(
    r"\s*(?P<metric>[a-z][a-z0-9_.]*)"
    r"(?:\s*\{\s*provider\s*=\s*(?P<quote>[\"'])(?P<provider>[^\"'\s]{1,64})(?P=quote)\s*\})?"
    r"\s*(?P<op>>=|<=|==|!=|>|<)"
    r"\s*(?P<value>-?\d+(?:\.\d+)?)"
    rf"(?:\s+for\s+(?P<duration>{DURATION_PATTERN}))?\s*",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition as it was written; ``provider`` is None where all count together."""

    metric: str
    op: str
    value: float
    for_s: float = 0.0
    provider: str | None = None

    def __str__(self) -> str:
        of = f'{{provider="{self.provider}"}}' if self.provider else ""
        lasting = f" for {duration_text(self.for_s)}" if self.for_s else ""
        return f"{self.metric}{of} {self.op} {self.value:g}{lasting}"

    def true_of(self, value: float | None) -> bool:
        """Whether it is true of a value now; of one that nobody knows it is not."""
        return value is not None and _OPERATORS[self.op](value, self.value)


def read_condition(text: str) -> Condition | None:
    """The condition that a text means; None where it has not the form of one.  Whether there is such a
    metric and such a provider is not asked here.
    """
    match = _CONDITION.fullmatch(text)
    if match is None:
        return None
    duration = match["duration"]
    return Condition(
        match["metric"],
        match["op"],
        float(match["value"]),
        duration_s(duration) if duration else 0.0,
        match["provider"],
    )
