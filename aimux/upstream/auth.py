"""How a key goes into a request: one header, for one host."""

from __future__ import annotations

from aimux.catalogue.provider import AuthStyle, Endpoint
from aimux.errors import KeyHostMismatch
from aimux.vault.secret import Credential


def auth_headers(endpoint: Endpoint, credential: Credential | None) -> tuple[tuple[str, str], ...]:
    """The header that carries the key to an endpoint; none where none is needed.

    Raises:
        KeyHostMismatch: the key is bound to another host.  Reading it checked that already; this is
            the last place before the wire, and the price of a second look is a set lookup.
    """
    if credential is None or endpoint.auth == "none":
        return ()
    if endpoint.host not in credential.hosts:
        raise KeyHostMismatch(
            f"the key {credential.label!r} of {credential.provider!r} is not for {endpoint.host}",
            hint=f"store it anew for this address: aimux keys set {credential.provider}",
        )
    return (_header(endpoint.auth, credential.secret.reveal()),)


def _header(style: AuthStyle, key: str) -> tuple[str, str]:
    match style:
        case "bearer":
            return "authorization", f"Bearer {key}"
        case "x-api-key" | "x-goog-api-key":
            return style, key
        case "none":  # pragma: no cover -- answered by the caller; here for exhaustiveness
            raise AssertionError(style)
