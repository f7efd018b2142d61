"""``docs/metrics.md``: every metric, read off what ``GET /metrics`` gives of a daemon that does "
"something.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from prometheus_client.parser import text_string_to_metric_families

from aimux.telemetry.metrics import Live, exposition
from aimux.telemetry.resources import Process
from aimux.telemetry.tally import Known, Tally
from tests.docs.markdown import code, page, table

_TOP: Final = """\
`GET /metrics` with the client's or the admin's token as bearer token; Prometheus' text format, or
OpenMetrics for who asks for it in `Accept`:

```yaml
scrape_configs:
  - job_name: aimux
    authorization: { credentials_file: client.token }
    static_configs: [{ targets: ["127.0.0.1:24689"] }]
```

The file of the token is in the folder of state (`aimux config path --all`). Series that can be
foreseen are there from the start at zero. Labels are bounded: a provider, model, client or route
that the configuration does not know is counted as `other`. `gen_ai_*` are OpenTelemetry's names for
generative AI; `gen_ai_provider_name` is the provider's name in the configuration."""

_TYPES: Final = """\
A counter only grows, until a restart. A gauge is what it is at the moment. A histogram has a series
`_bucket` for each bound (label `le`), and `_sum` and `_count`. Seconds, bytes and US dollars are in
the name."""

_GROUPS: Final = (
    ("aimux_", "aimux"),
    ("gen_ai_", "Generative AI"),
    ("process_", "The process"),
)


def metric_page() -> str:
    """The page."""
    families = sorted(_families(), key=lambda each: each.name)
    blocks = [_TOP, _TYPES]
    for prefix, heading in _GROUPS:
        rows = (_row(each) for each in families if each.name.startswith(prefix))
        blocks += [f"## {heading}", table(("Metric", "Type", "Labels", "Meaning"), rows)]
    left = [
        each.name for each in families if not each.name.startswith(tuple(p for p, _ in _GROUPS))
    ]
    assert not left, f"give {left} a heading in tests/docs/metrics.py"
    return page("Metrics", *blocks)


def _row(family: Any) -> tuple[str, ...]:
    name = family.name + ("_total" if family.type == "counter" else "")
    assert family.samples, (
        f"give {name} a series in tests/docs/metrics.py: its labels are read off it"
    )
    labels = dict.fromkeys(name for each in family.samples for name in each.labels if name != "le")
    return code(name), family.type, ", ".join(map(code, labels)), family.documentation


def _families() -> Iterable[Any]:
    place = ("a", "m")
    tally = Tally(
        Known(
            {"a": frozenset("m"), "b": frozenset("m")},
            {"a": ("m",), "b": ("m",)},
            frozenset("m"),
            ("m",),
        )
    )
    live = Live(
        version="1",
        in_flight={"a": 1},
        breakers={place: "open"},
        keys={("a", "default"): True},
        retries={"all": 1.0},
        quotas={("a", "5h"): (0.5, 60.0)},
        budgets={("daily", "day"): 1.0},
        process=Process(1, 1, 1, 1, 1, 1, 1.0, 1.0, (1, 1, 1)),
    )
    body, _ = exposition(tally, live, "text/plain")
    return text_string_to_metric_families(body.decode())
