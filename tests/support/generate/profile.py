"""How hard hypothesis tries, for all properties of the wire.

AIMUX_EXAMPLES=10 tries ten times as many examples: for a hunt, not for every run.
"""

from __future__ import annotations

import os
from typing import Final

from hypothesis import HealthCheck, settings

_FACTOR: Final = int(os.environ.get("AIMUX_EXAMPLES", "1"))
_QUIET: Final = (
    HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large,
)  # fmt: skip

WIRE: Final = settings(
    max_examples=25 * _FACTOR,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=_QUIET,
)
"""A decorator.  The same examples on every run: what is found stays found."""

FEW: Final = settings(WIRE, max_examples=10 * _FACTOR)
"""The same for what is slow."""
