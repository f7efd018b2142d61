"""The questions that strict servers ask of a request's fields, put together like a schema.

A check is called with a value and with where it stands, and raises ``Refused`` in a server's manner:
with the path first.  An object refuses every field that it does not list.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Mapping
from typing import Any

Check = Callable[[Any, str], None]


class Refused(AssertionError):
    """A server would answer this request with a 400."""


def refuse(holds: object, where: str, complaint: str) -> None:
    """Raises unless it holds."""
    if not holds:
        raise Refused(f"{where}: {complaint}")


def anything(value: Any, where: str) -> None:
    """Takes every value."""
    del value, where


def boolean(value: Any, where: str) -> None:
    """True or false."""
    refuse(isinstance(value, bool), where, f"{value!r} is no boolean")


def text(
    *, empty: bool = True, blank: bool = True, longest: int | None = None, like: str | None = None
) -> Check:
    """A string; ``like`` is a pattern that all of it matches, not ``blank`` one with more than spaces."""
    pattern = re.compile(like) if like else None

    def check(value: Any, where: str) -> None:
        refuse(isinstance(value, str), where, f"{value!r:.80} is no string")
        refuse(empty or value, where, "the string is empty")
        refuse(blank or value.strip(), where, "the string is only white space")
        refuse(
            longest is None or len(value) <= longest, where, f"longer than {longest}: {value!r:.80}"
        )
        refuse(
            pattern is None or pattern.fullmatch(value), where, f"{value!r:.80} is not like {like}"
        )

    return check


def integer(low: int | None = None, high: int | None = None) -> Check:
    """A whole number between two others, both included."""

    def check(value: Any, where: str) -> None:
        refuse(type(value) is int, where, f"{value!r} is no integer")
        _between(value, low, high, where)

    return check


def number(low: float | None = None, high: float | None = None) -> Check:
    """A number between two others, both included."""

    def check(value: Any, where: str) -> None:
        refuse(type(value) in (int, float), where, f"{value!r} is no number")
        _between(value, low, high, where)

    return check


def _between(value: float, low: float | None, high: float | None, where: str) -> None:
    refuse(low is None or value >= low, where, f"{value} is less than {low}")
    refuse(high is None or value <= high, where, f"{value} is more than {high}")


def one_of(*allowed: Any) -> Check:
    """One of a few values, of their very types."""

    def check(value: Any, where: str) -> None:
        same = any(value == each and type(value) is type(each) for each in allowed)
        refuse(same, where, f"{value!r} is not one of {allowed}")

    return check


def array(of: Check, least: int = 0, most: int | None = None) -> Check:
    """An array of so many values, each of them checked."""

    def check(value: Any, where: str) -> None:
        refuse(isinstance(value, list), where, f"{value!r:.80} is no array")
        refuse(len(value) >= least, where, f"an array of {len(value)}, there must be {least}")
        refuse(most is None or len(value) <= most, where, f"an array of {len(value)}, over {most}")
        for at, each in enumerate(value):
            of(each, f"{where}[{at}]")

    return check


def record(required: Mapping[str, Check], optional: Mapping[str, Check] | None = None) -> Check:
    """An object with these fields and no others."""
    known = {**required, **(optional or {})}

    def check(value: Any, where: str) -> None:
        refuse(isinstance(value, dict), where, f"{value!r:.80} is no object")
        for name in required:
            refuse(name in value, where, f"{name!r} is missing in {value!r:.200}")
        for name, each in value.items():
            refuse(name in known, where, f"no field {name!r} is known in {value!r:.200}")
            known[name](each, f"{where}.{name}")

    return check


def any_object(value: Any, where: str) -> None:
    """An object with any fields."""
    refuse(isinstance(value, dict), where, f"{value!r:.80} is no object")


def tagged(kinds: Mapping[str, Check], key: str = "type") -> Check:
    """An object whose ``key`` says which of several it is."""

    def check(value: Any, where: str) -> None:
        any_object(value, where)
        kind = value.get(key)
        refuse(
            isinstance(kind, str) and kind in kinds,
            where,
            f"{key} {kind!r} is none of {list(kinds)}",
        )
        kinds[str(kind)](value, where)

    return check


def string_or(other: Check, string: Check | None = None) -> Check:
    """A string, or something else."""
    plain = string or text()

    def check(value: Any, where: str) -> None:
        (plain if isinstance(value, str) else other)(value, where)

    return check


def null_or(other: Check) -> Check:
    """Null, or something else."""

    def check(value: Any, where: str) -> None:
        if value is not None:
            other(value, where)

    return check


def base64_text(value: Any, where: str) -> None:
    """Standard base64 that holds something."""
    text(empty=False)(value, where)
    try:
        base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        raise Refused(f"{where}: no base64: {value!r:.80}") from None


def url(value: Any, where: str) -> None:
    """An address on the web."""
    text(like=r"https?://\S+")(value, where)


def data_url(value: Any, where: str) -> None:
    """Base64 in a URL of its own, with a media type."""
    text(like=r"data:[a-z]+/[A-Za-z0-9.+_-]+;base64,[A-Za-z0-9+/]+=*")(value, where)


_FOREIGN = ("aimux1.", base64.b64encode(b"aimux1").decode())
_SLOTS = (
    "signature", "data", "encrypted_content", "encrypted_index", "thoughtSignature",
    "thought_signature",
)  # fmt: skip


def no_carrier(value: Any, where: str) -> None:
    """In no opaque slot anything that was made to ride in a client's: no provider may see one.  A text
    may well begin like one.
    """
    match value:
        case dict():
            for key, each in value.items():
                carried = isinstance(each, str) and key in _SLOTS and each.startswith(_FOREIGN)
                refuse(not carried, f"{where}.{key}", f"a carrier: {each!r:.80}")
                no_carrier(each, f"{where}.{key}")
        case list():
            for at, each in enumerate(value):
                no_carrier(each, f"{where}[{at}]")
        case _:
            pass
