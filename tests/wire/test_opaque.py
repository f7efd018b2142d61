"""Carriers: a provider's state in a foreign client's slot, and back."""

from __future__ import annotations

import base64
import hashlib
import re
import zlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aimux.model.parts import Opaque, OpaqueKind
from aimux.model.request import WireFormat
from aimux.wire import jsontext, opaque
from aimux.wire.opaque import (
    MARK,
    is_carrier,
    may_hold_carrier,
    open_base64,
    open_carrier,
    seal,
    seal_base64,
)

TEXTS = st.text(st.characters(), max_size=40)
STATES = st.builds(Opaque, st.sampled_from(OpaqueKind), TEXTS, TEXTS, TEXTS, TEXTS)
STATE = Opaque(OpaqueKind.GEMINI_SIGNATURE, "sig", "google", "gemini-3")
FORMATS = list(WireFormat)


def pack(raw: bytes) -> bytes:
    """Bytes in the letters of a carrier."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=")


def carrier(payload: object, check: str | None = None, packed: bytes | None = None) -> str:
    """A carrier by hand."""
    if packed is None:
        packed = pack(zlib.compress(jsontext.dumps(payload)))
    digest = hashlib.sha256(packed).hexdigest()[:8] if check is None else check
    return f"{MARK}text.{packed.decode()}.{digest}"


@given(STATES)
def test_what_is_sealed_opens_to_itself(state: Opaque) -> None:
    """P25: in both forms, whatever characters it has."""
    assert open_carrier(seal(state)) == state
    assert open_base64(seal_base64(state)) == state


@given(STATES)
def test_a_carrier_is_made_of_harmless_characters(state: Opaque) -> None:
    """And says what it is by its beginning."""
    sealed = seal(state)

    assert re.fullmatch(r"aimux1\.[a-z-]+\.[A-Za-z0-9_-]+\.[0-9a-f]{8}", sealed)
    assert base64.b64decode(seal_base64(state), validate=True).decode() == sealed
    assert is_carrier(sealed)
    assert is_carrier(seal_base64(state))


def test_the_thinking_goes_with_the_state_where_no_slot_shows_it() -> None:
    """The words beside it come before its own."""
    own = Opaque(OpaqueKind.TEXT, "v", text="own")

    assert open_carrier(seal(STATE, "thought")) == Opaque(
        STATE.kind, STATE.value, STATE.issuer, STATE.model, "thought"
    )
    assert open_carrier(seal(own)) == own
    assert open_carrier(seal(own, "other")) == Opaque(OpaqueKind.TEXT, "v", text="other")


@given(st.text(max_size=60) | st.binary(max_size=60).map(lambda raw: raw.decode("latin-1")))
def test_what_is_no_carrier_does_not_open(text: str) -> None:
    """P25: random strings never do; nothing is raised."""
    assert open_carrier(text) is None
    assert open_base64(text) is None
    assert open_carrier(MARK + text) is None
    assert open_base64(base64.b64encode(f"{MARK}{text}".encode()).decode()) is None


@given(at=st.integers(0, 10**6), instead=st.sampled_from("aZ0._-\u00e9"))
def test_a_damaged_carrier_does_not_open(at: int, instead: str) -> None:
    """A client that shortens or changes what it keeps gets its state dropped."""
    sealed = seal(STATE)
    at = (
        len(MARK)
        + len("gemini-signature")
        + at % (len(sealed) - len(MARK) - len("gemini-signature"))
    )
    damaged = sealed[:at] + instead + sealed[at + 1 :]

    assert (open_carrier(damaged) is None) == (damaged != sealed)
    assert open_carrier(sealed[:-1]) is None
    assert open_carrier(sealed + "0") is None


WHOLE: dict[str, Any] = {"k": "text", "p": "", "m": "", "v": ""}


@pytest.mark.parametrize(
    "broken",
    [
        pytest.param(carrier(WHOLE, check="00000000"), id="wrong check"),
        pytest.param(carrier({**WHOLE, "k": "nothing"}), id="unknown kind"),
        pytest.param(carrier({**WHOLE, "k": ["text"]}), id="a list for a kind"),
        pytest.param(carrier({"k": "text"}), id="a part is missing"),
        *(pytest.param(carrier(payload), id=f"{payload!r}") for payload in ([], None, 5, "k", [1])),
        pytest.param(carrier(None, packed=b"AAAA"), id="not deflated"),
        pytest.param(carrier(None, packed=b"A"), id="not base64"),
        pytest.param(carrier(None, packed=pack(zlib.compress(b"{"))), id="not JSON"),
        pytest.param(carrier(None, packed=pack(zlib.compress(b"{}" * 99)[:-6])), id="cut"),
        pytest.param(MARK, id="the mark alone"),
        pytest.param(f"{MARK}text.a", id="too few parts"),
        pytest.param(f"{seal(STATE)}.x", id="too many parts"),
        pytest.param(f" {seal(STATE)}", id="white space"),
    ],
)  # fmt: skip
def test_what_is_broken_is_foreign(broken: str) -> None:
    """Never an error, whoever made it."""
    assert open_carrier(broken) is None


def test_a_carrier_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """In its length, and in what it unpacks to: a few bytes can stand for gigabytes."""
    sealed = seal(STATE)
    monkeypatch.setattr(opaque, "_MAX_PAYLOAD_BYTES", 16)
    assert open_carrier(sealed) is None

    monkeypatch.undo()
    assert open_carrier(sealed) == STATE
    monkeypatch.setattr(opaque, "MAX_CARRIER_CHARS", len(sealed) - 1)
    assert open_carrier(sealed) is None


@pytest.mark.parametrize(
    "text", ["", "aimux", "ErUBCkYIBBgCIkD", "aimux2.a", "YWltdXg", "xaimux1."]
)
def test_what_others_keep_is_no_carrier(text: str) -> None:
    """It goes out as it is."""
    assert not is_carrier(text)
    assert open_base64(text) is None


@pytest.mark.parametrize("format_", FORMATS)
def test_a_look_at_the_bytes_of_a_body(format_: WireFormat) -> None:
    """In the form that a client of the format keeps."""
    sealed = (
        seal_base64(STATE)
        if format_ in {WireFormat.GEMINI, WireFormat.OPENAI_CHAT}
        else seal(STATE)
    )

    assert may_hold_carrier(b'{"a":"%b"}' % sealed.encode(), format_)
    assert not may_hold_carrier(b'{"a":"aimux"}', format_)


def test_base64_that_is_no_base64() -> None:
    """It only begins like one."""
    assert open_base64("YWltdXgx!") is None
    assert open_base64("YWltdXgx\u00e9") is None
