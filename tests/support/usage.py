"""Usage as a transcoder reads it off a whole answer."""

from __future__ import annotations

from aimux.model.response import Usage
from aimux.wire.codec import Codec
from aimux.wire.jsontext import pick


def read_usage(codec: Codec, body: bytes) -> Usage:
    """The tokens that a whole answer reports; unknown ones where it is not JSON."""
    try:
        return codec.usage_in(pick(body, codec.usage_key))
    except ValueError:
        return Usage()
