"""Where the vendor says no, the SDK hears the vendor, not aimux.

The measure is the SDK on its own: the exception it raises through aimux is the one it raises without.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import pytest

from tests.sdk.clients import STREAMING, TWO_OF_EACH, Client, facts, first_text, outcome, raised
from tests.sdk.rig import SETTLED_S, Rig
from tests.support.answers import MODEL, TEXT, answer, failing_event, failure, path
from tests.support.upstream import Pause

WORDS: Final = "the vendor's own words, 42"


@pytest.mark.parametrize("status", [400, 401, 403, 404, 413, 429, 500])
@pytest.mark.parametrize("client", TWO_OF_EACH, ids=str)
def test_a_vendor_s_error_is_the_one_the_sdk_knows(rig: Rig, client: Client, status: int) -> None:
    """The same class, status and message as without aimux."""
    case = rig.case(client.format)
    said = failure(client.format, status, WORDS)
    rig.upstream.always(path(client.format), said)
    rig.upstream.always(case.first_path, said)

    direct = raised(client, rig.upstream.url, "sk-test-direct", MODEL)
    relayed = raised(client, rig.url, rig.token, case.direct)

    assert facts(relayed) == facts(direct)
    assert WORDS in str(relayed)


@pytest.mark.parametrize("client", STREAMING, ids=str)
def test_an_error_in_the_stream_is_the_one_the_sdk_knows(rig: Rig, client: Client) -> None:
    """After the first text the vendor's own error event goes through as it came."""
    case = rig.case(client.format)
    whole = answer(client.format, TEXT, stream=True)
    keep = whole.pieces[: first_text(client.format)]
    error = failing_event(client.format, 500, WORDS)
    said = replace(whole, pieces=(*keep, Pause(SETTLED_S), error))
    rig.upstream.always(path(client.format), said)
    rig.upstream.always(case.first_path, said)

    direct = outcome(client, rig.upstream.url, "sk-test-direct", MODEL)
    relayed = outcome(client, rig.url, rig.token, case.direct)

    assert relayed == direct
