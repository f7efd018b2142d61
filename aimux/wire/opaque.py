r"""Opaque state in the slots of a foreign client: carriers.

A client of another format than the provider's keeps the provider's state for it, in whatever field of
its own it echoes unread: Anthropic's ``signature`` and ``data``, Responses' ``encrypted_content``,
Gemini's ``thoughtSignature``.  What it keeps is a *carrier*:

    aimux1.<issuer's kind>.<payload>.<check>

``payload`` is base64url of deflated JSON, ``check`` eight hex characters of its SHA-256.  A carrier
says by itself what it is and whose it is, uses only ``[A-Za-z0-9._-]``, and goes to no provider: it is
opened or dropped.  What cannot be opened is foreign, never an error.  It is not encrypted: it holds
what the provider has given to this very client's conversation.

Gemini's SDKs decode the slot as base64, so for them the whole carrier is base64 once more.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import zlib
from typing import Final

from aimux.model.parts import Opaque, OpaqueKind
from aimux.model.request import WireFormat
from aimux.wire import jsontext

MARK: Final = "aimux1."
MARK_BYTES: Final = b"aimux1."
_MARK_BASE64: Final = base64.b64encode(b"aimux1")  # six bytes: their base64 stands alone
_IN_BASE64: Final = frozenset({WireFormat.GEMINI, WireFormat.OPENAI_CHAT})
MAX_CARRIER_CHARS: Final = 16 * 2**20
_MAX_PAYLOAD_BYTES: Final = 64 * 2**20


def seal(state: Opaque, text: str = "") -> str:
    """The carrier of a state.  ``text`` is the thinking it binds, for a slot beside which no text
    stands.
    """
    payload = {"k": state.kind, "p": state.issuer, "m": state.model, "v": state.value}
    if text or state.text:
        payload["t"] = text or state.text
    packed = base64.urlsafe_b64encode(zlib.compress(jsontext.dumps(payload), 1)).rstrip(b"=")
    return f"{MARK}{state.kind.replace('.', '-')}.{packed.decode('ascii')}.{_check(packed)}"


def open_carrier(text: str) -> Opaque | None:
    """The state in a carrier; None for anything that is none, or none that is whole."""
    if not text.startswith(MARK) or len(text) > MAX_CARRIER_CHARS or not text.isascii():
        return None
    parts = text.split(".")
    if len(parts) != 4:
        return None
    packed = parts[2].encode("ascii")
    if _check(packed) != parts[3]:
        return None
    try:
        unpacked = _inflate(base64.urlsafe_b64decode(packed + b"=" * (-len(packed) % 4)))
        payload = jsontext.loads(unpacked)
        return Opaque(
            kind=OpaqueKind(payload["k"]),
            value=str(payload["v"]),
            issuer=str(payload["p"]),
            model=str(payload["m"]),
            text=str(payload.get("t", "")),
        )
    except (ValueError, KeyError, TypeError, AttributeError, zlib.error, binascii.Error):
        return None


def seal_base64(state: Opaque, text: str = "") -> str:
    """The carrier for a slot that must be base64."""
    return base64.b64encode(seal(state, text).encode("ascii")).decode("ascii")


def open_base64(text: str) -> Opaque | None:
    """The state in a carrier that is base64 once more, or None."""
    if not text.startswith(_MARK_BASE64.decode("ascii")) or not text.isascii():
        return None
    try:
        carrier = base64.b64decode(text, validate=True)
    except (ValueError, binascii.Error):
        return None
    return open_carrier(carrier.decode("ascii", "replace"))


def is_carrier(text: str) -> bool:
    """Whether a value was made here, so that it must not go to a provider; it may be broken."""
    return text.startswith((MARK, _MARK_BASE64.decode("ascii")))


def carrier_mark(format_: WireFormat) -> bytes:
    """What stands in a body of this format wherever its client has put a carrier."""
    return _MARK_BASE64 if format_ in _IN_BASE64 else MARK_BYTES


def may_hold_carrier(raw: bytes, format_: WireFormat) -> bool:
    """Whether a client of this format could have put a carrier into a request's body: a look at the
    bytes.
    """
    return jsontext.stands_in(raw, carrier_mark(format_))


def _inflate(packed: bytes) -> bytes:
    stream = zlib.decompressobj()
    unpacked = stream.decompress(packed, _MAX_PAYLOAD_BYTES)
    if not stream.eof:
        raise ValueError("the payload is cut or too large")
    return unpacked


def _check(packed: bytes) -> str:
    return hashlib.sha256(packed).hexdigest()[:8]
