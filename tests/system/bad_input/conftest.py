"""One daemon for each module of bad input."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from aimux.model.request import WireFormat
from tests.support.answers import ANTHROPIC, OPENAI_CHAT, OPENAI_RESPONSES, answer
from tests.support.daemon import Home, end
from tests.support.upstream import FakeUpstream
from tests.system.bad_input.door import MAX_BODY_MB, Door


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    """A daemon with a provider of each format; for a test that asks in good order."""
    home = Home(tmp_path_factory.mktemp("door"), extra={"TEST_KEY": "sk-test-provider"})
    with FakeUpstream() as upstream:
        tables = [f"[server]\nport = 0\nmax_body_mb = {MAX_BODY_MB}\n"]
        for each in WireFormat:
            suffix = "/v1" if each in {OPENAI_CHAT, OPENAI_RESPONSES} else ""
            tables.append(
                f'[providers.{each}]\nformat = "{each}"\nbase_url = "{upstream.url}{suffix}"\n'
                'keys = ["env:TEST_KEY"]\n'
            )
        home.write("\n".join(tables))
        home.start()
        try:
            yield Door(home, upstream)
        finally:
            end(home)


@pytest.fixture
def door(served: Door) -> Iterator[Door]:
    """The daemon; after every test it must be well, and the upstream must not have heard of it."""
    served.upstream.forget()
    yield served
    heard = [received.head for received in served.upstream.requests]
    served.upstream.always("*", answer(ANTHROPIC))
    assert served.is_well()
    assert heard == [], "bad input reached a provider"
