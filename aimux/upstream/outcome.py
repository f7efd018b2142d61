"""What came of a question to a provider, in words that tell a person what to do.

Every way to fail is told apart.  What a provider says is hostile text: it is bounded, and not shown
where it repeats a part of the key (some vendors quote it in their errors).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal
from urllib.parse import urlsplit

import aiohttp

from aimux.catalogue.provider import Provider
from aimux.keyshapes import REDACTABLE
from aimux.vault.secret import HIDDEN, Credential
from aimux.wire.jsontext import loads

MAX_SHOWN: Final = 300
"""Characters of a provider's own words that are shown."""

Outcome = Literal[
    "ok", "dns", "refused", "unreachable", "proxy", "tls", "timeout", "closed", "unsendable",
    "wrong-host", "redirect", "unauthorized", "billing", "forbidden", "not-found", "rate-limited",
    "server-error", "status", "not-http", "not-json", "too-large", "error-in-200", "no-list",
]  # fmt: skip
"""What became of a question.  The words are stable: ``--json`` shows them."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of it: ``message`` in one clause, ``hint`` is what to do next.

    ``latency_ms`` runs from the call to the answer's headers, DNS and TLS included; it and ``status``
    are ``None`` when no answer came.  ``value`` is the decoded body where ``outcome`` is "ok".
    """

    outcome: Outcome
    message: str
    hint: str | None = None
    status: int | None = None
    latency_ms: float | None = None
    value: Any = None
    clock_ahead_s: float | None = None
    """By how much this machine's clock is ahead of the answer's ``date``; None where it has none."""

    @property
    def ok(self) -> bool:
        """Whether the provider did what it was asked."""
        return self.outcome == "ok"


# ---------------------------------------------------------------- an answer came


def judged(
    provider: Provider,
    credential: Credential | None,
    response: aiohttp.ClientResponse,
    body: bytes | None,
) -> Answer:
    """What an answer means; ``body`` is ``None`` when it was longer than could be read."""
    if body is None:
        return Answer("too-large", "answered with far more than an answer")
    try:
        value = loads(body)
    except ValueError:
        value = None
    if 200 <= response.status < 300:
        return _welcome(credential, response, value)
    outcome, text, hint = _refusal(response, provider, has_key=credential is not None)
    said = _their_words(value, credential) if outcome != "unauthorized" else ""
    return Answer(outcome, f"{text}: {said!r}" if said else text, hint)


def _welcome(credential: Credential | None, response: aiohttp.ClientResponse, value: Any) -> Answer:
    if value is None:
        kind = response.content_type[:40]
        hint = "check base_url: a web page answers there, not an API"
        return Answer("not-json", f"answered {response.status} with {kind!r}, not with JSON", hint)
    if _is_error(value):
        said = _their_words(value, credential) or "no reason given"
        return Answer("error-in-200", f"answered {response.status} with an error: {said!r}")
    return Answer("ok", f"answered {response.status}", value=value)


def _is_error(value: Any) -> bool:
    """Whether a body says, under a good status, that nothing was done.

    ``success`` is Z.AI's way, ``base_resp.status_code`` MiniMax's (their API pages, 2026).
    """
    if not isinstance(value, dict):
        return False
    base = value.get("base_resp")
    code = base.get("status_code") if isinstance(base, dict) else None
    return bool(value.get("error")) or value.get("success") is False or bool(code)


def _refusal(
    response: aiohttp.ClientResponse, provider: Provider, *, has_key: bool
) -> tuple[Outcome, str, str | None]:
    status, set_key = response.status, f"aimux keys set {provider.name}"
    match status:
        case 401 if has_key:
            return "unauthorized", "the key is refused (401)", f"put in another one: {set_key}"
        case 401:
            return "unauthorized", "a key is wanted (401)", f"put one in: {set_key}"
        case 402:
            return "billing", "the account has no credit (402)", "see the vendor's billing page"
        case 403:
            hint = "see what the key and the account are allowed, and from which countries"
            return "forbidden", "the key is known but not allowed this (403)", hint
        case 404 | 405:
            hint = f"check the address: aimux providers show {provider.name}"
            return "not-found", f"nothing of the kind is at that address ({status})", hint
        case 429:
            return "rate-limited", f"too many requests (429){_when(response)}", "try again later"
        case _:
            return _unusual_refusal(response)


def _unusual_refusal(response: aiohttp.ClientResponse) -> tuple[Outcome, str, str | None]:
    status = response.status
    if 300 <= status < 400:
        hint = "put the right address into base_url: aimux does not carry a key elsewhere"
        return "redirect", f"redirects ({status}){_whither(response)}", hint
    if status >= 500:
        return "server-error", f"the provider is in trouble ({status}){_when(response)}", None
    return "status", f"answered {status}", None


def _when(response: aiohttp.ClientResponse) -> str:
    after = response.headers.get("retry-after", "")
    return f", again in {after} s" if after.isascii() and after.isdigit() else ""


def _whither(response: aiohttp.ClientResponse) -> str:
    try:
        host = urlsplit(response.headers.get("location", "")).hostname
    except ValueError:
        return ""
    return f" to {host[:100]!r}" if host else ""


def _their_words(value: Any, credential: Credential | None) -> str:
    """The provider's own sentence about an error, fit to be shown; empty where it has none."""
    text = _sentence(value)[: 10 * MAX_SHOWN]
    if credential is not None:
        key = credential.secret.reveal()
        if key[:8] in text or key[-4:] in text:
            return HIDDEN
    return " ".join(REDACTABLE.sub(HIDDEN, text).split())[:MAX_SHOWN]


def _sentence(value: Any) -> str:
    for _ in range(3):  # {"error": {"message": "..."}} is the deepest that vendors go
        if not isinstance(value, dict):
            break
        keys = ("error", "message", "detail", "msg", "base_resp", "status_msg")
        value = next((value[key] for key in keys if value.get(key)), None)
    return value if isinstance(value, str) else ""


# ---------------------------------------------------------------- no answer came


def too_slow(problem: TimeoutError, host: str, timeout_s: float) -> Answer:
    """No connection in time, or no answer."""
    if isinstance(problem, aiohttp.ConnectionTimeoutError):
        hint = "check base_url, the network and the firewall"
        return Answer("timeout", f"{host} did not take the connection in time", hint)
    return Answer("timeout", f"{host} did not answer within {timeout_s:g} s", "try again later")


def not_reached(problem: Exception, provider: Provider, host: str) -> Answer:
    """No answer at all, and why."""
    check = "check base_url and the network"
    match problem:
        case aiohttp.ClientProxyConnectionError() | aiohttp.ClientHttpProxyError():
            return Answer("proxy", "the proxy cannot be used", "check the provider's proxy setting")
        case aiohttp.ClientConnectorDNSError():
            return Answer("dns", f"no address is known for {host} (DNS)", check)
        case aiohttp.ClientSSLError():
            return _no_trust(problem, host)
        case aiohttp.ClientConnectorError():
            return _no_connection(problem, host)
        case aiohttp.ClientResponseError():
            hint = "check base_url: is it https:// in place of http://, or another port?"
            return Answer("not-http", f"{host} answers with something that is not HTTP", hint)
        case aiohttp.ClientError():
            return Answer("closed", f"{host} closed the connection without an answer", check)
        case _:  # reading ca_file is all that is left
            reason = f"the certificates of {provider.ca_file!r} cannot be read"
            return Answer("tls", reason, "check the provider's ca_file")


def _no_trust(problem: aiohttp.ClientSSLError, host: str) -> Answer:
    reason = ""
    if isinstance(problem, aiohttp.ClientConnectorCertificateError):
        reason = getattr(problem.certificate_error, "verify_message", "")
    hint = "with a certificate authority of your own set ca_file; for plain HTTP write http://"
    return Answer("tls", f"no trusted TLS with {host}" + (f": {reason}" if reason else ""), hint)


def _no_connection(problem: aiohttp.ClientConnectorError, host: str) -> Answer:
    if isinstance(problem.os_error, ConnectionRefusedError) or "refused" in str(problem.os_error):
        hint = "is the server running there, and is the port right?"
        return Answer("refused", f"{host} refused the connection", hint)
    reason = problem.os_error.strerror or "no route"
    return Answer("unreachable", f"{host} cannot be reached: {reason.lower()}", "check the network")
