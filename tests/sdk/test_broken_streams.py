"""A stream that breaks is an error for the SDK, never an end; a client that leaves ends the stream."""

from __future__ import annotations

import http.client
from dataclasses import replace
from typing import Final

import pytest

from aimux.model.request import WireFormat
from tests.sdk.clients import ANY_ERROR, CLIENTS, STREAMING, Client, first_text, raised
from tests.sdk.rig import SETTLED_S, Rig
from tests.support.answers import GEMINI, MODEL, TEXT, answer, path
from tests.support.patience import PATIENCE_S
from tests.support.upstream import CUT, FOREVER, RESET, Gate, Pause, Piece

BREAKS: Final[dict[str, Piece]] = {
    "cut": CUT,
    "reset": RESET,
    "silence": FOREVER,
}


@pytest.mark.parametrize("end", BREAKS)
@pytest.mark.parametrize("client", STREAMING, ids=str)
def test_a_broken_stream_is_an_error_and_never_an_end(rig: Rig, client: Client, end: str) -> None:
    """The SDK raises its own class, also where it would take a clean end for a complete answer."""
    case = rig.case(client.format)
    whole = answer(client.format, TEXT, stream=True)
    begun = whole.pieces[: first_text(client.format)]
    said = replace(whole, pieces=(*begun, Pause(SETTLED_S), BREAKS[end]))
    rig.upstream.script(case.first_path, said)

    error = raised(client, rig.url, rig.token, case.pair)

    assert isinstance(error, ANY_ERROR[client.format]), repr(error)
    assert len(rig.upstream.requests) == 1, "nobody else is asked after the first byte"


@pytest.mark.parametrize("wire_format", WireFormat)
def test_a_broken_whole_answer_is_never_complete(rig: Rig, wire_format: WireFormat) -> None:
    """The promised length is not reached: either an error status or a read that fails."""
    case = rig.case(wire_format)
    whole = answer(wire_format, TEXT)
    (body,) = (piece for piece in whole.pieces if isinstance(piece, bytes))
    rig.upstream.always(case.first_path, replace(whole, pieces=(body[:9], CUT, body[9:])))
    client = next(each for each in CLIENTS if each.format is wire_format and not each.stream)

    error = raised(client, rig.url, rig.token, case.direct)

    assert isinstance(error, ANY_ERROR[wire_format]), repr(error)


@pytest.mark.parametrize("wire_format", WireFormat)
def test_a_client_that_leaves_ends_the_upstream_s_work(rig: Rig, wire_format: WireFormat) -> None:
    """Nobody reads any more, so nobody pays any more."""
    gate = Gate()
    whole = answer(wire_format, TEXT, stream=True)
    pieces = whole.pieces
    halfway = first_text(wire_format)
    rig.upstream.script(
        path(wire_format),
        replace(whole, pieces=(*pieces[:halfway], Pause(gate), FOREVER, *pieces[halfway:])),
    )
    client = http.client.HTTPConnection(rig.url.removeprefix("http://"), timeout=PATIENCE_S)
    target = path(wire_format)
    if wire_format is GEMINI:
        target = f"/v1beta/models/{MODEL}:streamGenerateContent?alt=sse"
    headers = {"x-api-key": rig.token, "content-type": "application/json"}
    body = b'{"model":"%b","stream":true,"messages":[],"input":"x"}' % MODEL.encode()
    client.request("POST", target, body, headers)
    response = client.getresponse()
    response.read(10)

    response.close()
    client.close()

    rig.upstream.wait(1).wait_gone()
