"""Real daemons: every test here is marked ``system``."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.daemon import home

__all__ = ["home"]

_HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks what stands in this folder."""
    for item in items:
        if _HERE in item.path.parents:
            item.add_marker(pytest.mark.system)
