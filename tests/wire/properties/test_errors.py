"""Errors of providers in the words of clients, whatever the provider's words were (P29, P30)."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aimux.errors import ErrorKind, UpstreamStatus
from aimux.model.request import WireFormat
from aimux.routing.verdict import retry_after_s
from aimux.wire.formats import CODECS
from tests.support.answers import failure
from tests.support.generate.profile import WIRE
from tests.support.generate.spoiling import JUNK, spoiled
from tests.support.generate.texts import TEXTS, texts
from tests.support.grammar.judges import judge_error

each_format = pytest.mark.parametrize("format_", list(WireFormat))
STATUSES = st.sampled_from(
    [200, 300, 400, 401, 402, 403, 404, 408, 413, 422, 429, 500, 502, 503, 504, 529]
)

_VALUES = st.sampled_from(JUNK) | texts(halves=True) | st.sampled_from([
    {"message": "m", "type": "t", "code": 429}, {"message": None}, {"message": {"x": 1}}, {"code": "x"},
    {"status": "UNAVAILABLE", "details": "x"}, [{"message": "m"}], {"error": {"error": "deep"}},
])  # fmt: skip
_OBJECTS = st.dictionaries(
    st.sampled_from(["error", "message", "detail", "type", "code", "status", "errors"]),
    _VALUES,
    max_size=3,
)
_PAGES = st.sampled_from(
    [b"", b"<html><body>502 Bad Gateway</body></html>", b"\xff\xfe", b"{", b"null", b"[]"]
)
_DOCUMENTS = (_OBJECTS | st.lists(_OBJECTS, max_size=2) | _VALUES).map(
    lambda value: json.dumps(value).encode()
)
BODIES = _DOCUMENTS | _PAGES | st.binary(max_size=40)


def shown(provider: WireFormat, status: int, body: bytes) -> None:
    """An error as every client gets it."""
    reported = CODECS[provider].read_error(status, body)
    assert isinstance(reported.kind, ErrorKind)
    assert reported.message
    assert CODECS[provider].read_error(status, body) == reported
    error = UpstreamStatus(f"p: {reported.message}", status=max(status, 400), kind=reported.kind)
    for client in WireFormat:
        assert judge_error(client, CODECS[client].error_body(error, "req-1")).startswith("p: ")


@each_format
@WIRE
@given(status=STATUSES, body=BODIES)
def test_p29_any_error_is_an_error_of_the_client_s(
    format_: WireFormat, status: int, body: bytes
) -> None:
    """HTML, arrays, nothing, wrong types: a kind, some words, and a valid body in every dialect."""
    shown(format_, status, body)


@each_format
@WIRE
@given(data=st.data())
def test_p29_spoiled_errors_too(format_: WireFormat, data: st.DataObject) -> None:
    """A vendor's own error body with something wrong in it."""
    status = data.draw(st.sampled_from([400, 401, 429, 500, 503]))
    whole: dict[str, Any] = json.loads(failure(format_, status, "slow down").body)

    shown(format_, status, json.dumps(data.draw(spoiled(whole))).encode())


@WIRE
@given(
    text=TEXTS | st.floats().map(str) | st.integers().map(str),
    name=st.sampled_from(["retry-after", "retry-after-ms"]),
)
def test_p30_waits_are_finite(text: str, name: str) -> None:
    """Or they are none at all."""
    wait_s = retry_after_s({name: text}, 1_790_000_000.0)

    assert wait_s is None or (math.isfinite(wait_s) and wait_s >= 0)


@WIRE
@given(short=st.integers(0, 10**6), more=st.integers(0, 10**6))
def test_p30_longer_waits_stay_longer(short: int, more: int) -> None:
    """In seconds and in milliseconds alike."""
    for name, unit in (("retry-after", 1), ("retry-after-ms", 1000)):
        a, b = (retry_after_s({name: str(number)}, 0.0) for number in (short, short + more))
        assert a is not None
        assert b is not None
        assert a <= b
        assert a == short / unit
