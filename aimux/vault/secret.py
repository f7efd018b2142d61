"""A key in memory that hides itself."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from typing import Final, NoReturn

from aimux.config.keyref import KeyReference

HIDDEN: Final = "********"
"""Says nothing of the length."""


class Secret:
    """A key.  Every way of turning it into text gives ``********`` but :meth:`reveal`.

    It cannot be pickled, copied into JSON or formatted; two are compared in constant time.
    """

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The key itself.  Callers: the header that carries it, the store that keeps it, the
        log's sink that blots it out.
        """
        return self._value

    def __repr__(self) -> str:
        return f"Secret({HIDDEN})"

    def __str__(self) -> str:
        return HIDDEN

    def __format__(self, spec: str) -> str:
        return format(HIDDEN, spec)

    def __bool__(self) -> bool:
        return bool(self._value)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(self._bytes(), other._bytes())

    def _bytes(self) -> bytes:
        """The value for comparing; what the environment holds need not be proper text."""
        return self._value.encode("utf-8", "surrogatepass")

    __hash__ = None  # type: ignore[assignment]  # a hash in a set would outlive and leak equality

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("a Secret is not written anywhere")


@dataclass(frozen=True, slots=True)
class Credential:
    """A key of a provider, ready to be sent to ``hosts`` (host:port of its endpoints) only."""

    provider: str
    label: str
    reference: KeyReference
    secret: Secret
    hosts: frozenset[str]
