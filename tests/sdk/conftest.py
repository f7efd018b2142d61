"""Every test here talks to a real daemon through a real SDK."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.sdk.rig import Rig, running

_HERE = Path(__file__).parent
_NOT_OURS = (
    # google-genai defines a subclass of aiohttp's session at run time
    "ignore:Inheritance class AiohttpClientSession:DeprecationWarning",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What the SDKs themselves warn of is not ours to fail on."""
    for item in items:
        if _HERE in item.path.parents:
            if "rig" in getattr(item, "fixturenames", ()):
                item.add_marker(pytest.mark.system)
            item.add_marker(pytest.mark.untraced)  # other tests go over the gateway
            for warning in _NOT_OURS:
                item.add_marker(pytest.mark.filterwarnings(warning))


@pytest.fixture(scope="module")
def _running_rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    with running(tmp_path_factory.mktemp("sdk")) as rig:
        yield rig


@pytest.fixture
def rig(_running_rig: Rig) -> Rig:
    """The daemon and its upstream, which has forgotten the tests before."""
    _running_rig.upstream.forget()
    return _running_rig
