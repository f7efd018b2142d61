"""Every exception of aimux.

    AimuxError
    |-- UserError                the person at the terminal          exit 2
    |   |-- UsageError             a command was called wrongly
    |   |-- ConfigError            config.toml has problems (all of them)
    |   `-- ConfigConflict         the file changed since it was read
    |-- DaemonError              the background process              exit 1
    |   |-- NotRunning             nothing to talk to                  exit 3
    |   |-- AlreadyRunning         another daemon has this home
    |   |-- PortInUse              another program holds the address
    |   |-- StartFailed            it died before it was ready
    |   |-- ServiceFailed          systemd or launchd is not there, or refuses
    |   `-- TimedOut               it did not answer in time
    |-- VaultError               a key                               exit 4, HTTP 503
    |   |-- KeyMissing             the reference leads to nothing
    |   |-- KeyRefused             what was given cannot be a key
    |   |-- KeyringUnavailable     no keyring that keeps secrets
    |   |-- KeyringLocked          a keyring that does not open now
    |   |-- KeyHostMismatch        the key belongs to another host
    |   |-- VaultLocked            the vault's passphrase is not known
    |   `-- VaultCorrupt           the vault's file cannot be trusted
    |-- ClientError              the program that called the gateway HTTP 4xx
    |   |-- InvalidRequest         400
    |   |   `-- UnsupportedContent 400  the target cannot say what the request holds
    |   |-- Unauthorized           401
    |   |-- Forbidden              403
    |   |-- UnknownPath            404
    |   |-- UnknownModel           404
    |   |-- ModelForbidden         403  the token may not ask for this model
    |   |-- MethodNotAllowed       405
    |   |-- TooLarge               413
    |   |-- UnsupportedEncoding    415
    |   |-- ForeignHost            421
    |   |-- BudgetSpent            429  the money that is set aside for it is spent
    |   |-- Looping                429  the conversation repeats itself
    |   |-- ClientGone             499  it left before the answer was complete
    |   `-- NotTranslatable        501  formats differ and nothing translates them
    |-- UpstreamError            a provider                          exit 5, HTTP 5xx
    |   |-- ConnectFailed          502  not one byte was accepted
    |   |-- UpstreamTimeout        504
    |   |-- UpstreamStatus         the status it answered with
    |   |-- UpstreamProtocol       502  an answer that means nothing
    |   |-- StreamCut              502  it ended before it was complete
    |   `-- NoCandidate            503  nobody is left to ask
    |       `-- NoNetwork          503  nothing outside this machine can be reached
    |-- Draining                 503  the daemon is about to end
    `-- InternalError            500  a bug of ours

Whose fault it is comes first: it decides the status, the exit code and whether another provider may
be asked.  ``code`` is stable and documented; ``kind`` is the word that each wire format translates
into its own error type; ``hint`` is what to type or do next.  Texts are lower case without a full
stop, quote values with ``repr``, and never hold a key.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar


class ErrorKind(StrEnum):
    """What went wrong, in words every wire format has an expression for."""

    INVALID_REQUEST = "invalid_request"
    CONTEXT_OVERFLOW = "context_overflow"
    REFUSED = "refused"
    """The provider's policy forbids what is asked."""
    AUTH_CLIENT = "auth_client"
    AUTH_UPSTREAM = "auth_upstream"
    PERMISSION = "permission"
    BILLING = "billing"
    NOT_FOUND = "not_found"
    TOO_LARGE = "too_large"
    RATE_LIMIT = "rate_limit"
    OVERLOADED = "overloaded"
    TIMEOUT = "timeout"
    UPSTREAM = "upstream"
    BAD_CALL = "bad_call"
    """The model wrote a tool call that its own vendor cannot read; asked again it may write a good one."""
    UNAVAILABLE = "unavailable"
    NOT_IMPLEMENTED = "not_implemented"
    INTERNAL = "internal"


class AimuxError(Exception):
    """The root.  ``str(error)`` is one line: what and why; ``hint`` is what to do."""

    code: ClassVar[str] = "internal"
    exit_code: ClassVar[int] = 1
    kind: ErrorKind = ErrorKind.INTERNAL
    http_status: int = 500

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


# ---------------------------------------------------------------- the person at the terminal


class UserError(AimuxError):
    """Something the person at the terminal can put right."""

    code = "user-error"
    exit_code = 2
    kind = ErrorKind.INVALID_REQUEST
    http_status = 400


class UsageError(UserError):
    """A command was called in a way that has no meaning."""

    code = "usage"


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault in a configuration.

    ``line`` and ``column`` count from 1; both are 0 when the fault has no place in the file (an
    environment variable, a missing section).
    """

    file: str
    line: int
    column: int
    key: str
    message: str
    allowed: str | None = None
    suggestion: str | None = None

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}:{self.column}" if self.line else self.file
        text = f"{place}: {self.key}: {self.message}" if self.key else f"{place}: {self.message}"
        if self.allowed:
            text += f" (allowed: {self.allowed})"
        if self.suggestion:
            text += f"; did you mean {self.suggestion!r}?"
        return text


class ConfigError(UserError):
    """The configuration has problems; all of them are in ``problems``, in file order."""

    code = "config-invalid"

    def __init__(self, problems: tuple[Problem, ...], *, hint: str | None = None) -> None:
        count = len(problems)
        noun = "problem" if count == 1 else "problems"
        super().__init__(f"the configuration has {count} {noun}", hint=hint)
        self.problems = problems


class ConfigConflict(UserError):
    """The file was changed by somebody else between reading and writing it."""

    code = "config-conflict"
    http_status = 409


# ---------------------------------------------------------------- the daemon


class DaemonError(AimuxError):
    """The background process did not do what was asked of it."""

    code = "daemon"


class NotRunning(DaemonError):
    """There is no daemon to talk to."""

    code = "not-running"
    exit_code = 3


class AlreadyRunning(DaemonError):
    """Another daemon holds the lock of this home."""

    code = "already-running"


class PortInUse(DaemonError):
    """The address is held by another program; the message names it where that can be seen."""

    code = "port-in-use"


class StartFailed(DaemonError):
    """The daemon ended before it was ready; the message is its own reason."""

    code = "start-failed"


class ServiceFailed(DaemonError):
    """The service manager is not there, or has refused; its own reason is in the message."""

    code = "service-failed"


class TimedOut(DaemonError):
    """The daemon is there but did not get ready, answer or end in time."""

    code = "timed-out"


# ---------------------------------------------------------------- keys


class VaultError(AimuxError):
    """A key cannot be had.  Degrades one provider, never the daemon."""

    code = "vault"
    exit_code = 4
    kind = ErrorKind.AUTH_UPSTREAM
    http_status = 503


class KeyMissing(VaultError):
    """The reference is well formed and leads to nothing."""

    code = "key-missing"


class KeyRefused(VaultError):
    """What was given cannot be a key: empty, with spaces or control characters, a placeholder."""

    code = "key-refused"


class KeyringUnavailable(VaultError):
    """The system has no keyring, or only one that does not keep secrets."""

    code = "keyring-unavailable"


class KeyringLocked(VaultError):
    """The keyring is locked, or did not answer within the time limit."""

    code = "keyring-locked"


class KeyHostMismatch(VaultError):
    """The key was stored for another host than the one it would be sent to."""

    code = "key-host-mismatch"


class VaultLocked(VaultError):
    """The vault's passphrase or key file is not known."""

    code = "vault-locked"


class VaultCorrupt(VaultError):
    """The vault's file fails its authentication or is not a vault."""

    code = "vault-corrupt"


# ---------------------------------------------------------------- the gateway's caller


class ClientError(AimuxError):
    """The caller's request; another provider would answer no better."""

    code = "invalid-request"
    exit_code = 2
    kind = ErrorKind.INVALID_REQUEST
    http_status = 400


class InvalidRequest(ClientError):
    """Not JSON, a wrong type, a missing field; ``param`` names the field where there is one."""

    def __init__(self, message: str, *, param: str | None = None, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.param = param


class UnsupportedContent(InvalidRequest):
    """The request holds something that this target cannot say; another target may."""

    code = "unsupported-content"


class Unauthorized(ClientError):
    """No client token, or a wrong one."""

    code = "unauthorized"
    kind = ErrorKind.AUTH_CLIENT
    http_status = 401


class Forbidden(ClientError):
    """A browser from another origin."""

    code = "forbidden"
    kind = ErrorKind.PERMISSION
    http_status = 403


class UnknownPath(ClientError):
    """No such address."""

    code = "unknown-path"
    kind = ErrorKind.NOT_FOUND
    http_status = 404


class UnknownModel(ClientError):
    """No provider is configured for the model that was asked for."""

    code = "unknown-model"
    kind = ErrorKind.NOT_FOUND
    http_status = 404


class ModelForbidden(ClientError):
    """The client's token does not permit the model that it asks for."""

    code = "model-forbidden"
    kind = ErrorKind.PERMISSION
    http_status = 403


class MethodNotAllowed(ClientError):
    """The address exists for another method."""

    code = "method-not-allowed"
    http_status = 405


class TooLarge(ClientError):
    """The body is over ``server.max_body_mb``, before or after decoding."""

    code = "too-large"
    kind = ErrorKind.TOO_LARGE
    http_status = 413


class UnsupportedEncoding(ClientError):
    """A content-encoding or charset that aimux does not read."""

    code = "unsupported-encoding"
    http_status = 415


class ForeignHost(ClientError):
    """The Host header names somebody else (DNS rebinding)."""

    code = "foreign-host"
    kind = ErrorKind.PERMISSION
    http_status = 421


class BudgetSpent(ClientError):
    """A budget cannot pay for the request; ``retry_after_s`` where its window ends in a moment."""

    code = "budget-spent"
    kind = ErrorKind.RATE_LIMIT
    http_status = 429

    def __init__(
        self, message: str, *, retry_after_s: float | None = None, hint: str | None = None
    ) -> None:
        super().__init__(message, hint=hint)
        self.retry_after_s = retry_after_s


class Looping(ClientError):
    """The same request again and again, each answered well: somebody has to look."""

    code = "looping"
    kind = ErrorKind.RATE_LIMIT
    http_status = 429


class ClientGone(ClientError):
    """The caller closed its connection before it had the whole answer."""

    code = "client-gone"
    http_status = 499


class NotTranslatable(ClientError):
    """The client's format and every candidate's differ, and nothing translates between them."""

    code = "not-translatable"
    kind = ErrorKind.NOT_IMPLEMENTED
    http_status = 501


# ---------------------------------------------------------------- providers


class UpstreamError(AimuxError):
    """A provider failed.  What follows is decided by the verdict table."""

    code = "upstream"
    exit_code = 5
    kind = ErrorKind.UPSTREAM
    http_status = 502

    def __init__(
        self,
        message: str,
        *,
        provider: str = "",
        retry_after_s: float | None = None,
        hint: str | None = None,
    ) -> None:
        super().__init__(message, hint=hint)
        self.provider = provider
        self.retry_after_s = retry_after_s


class ConnectFailed(UpstreamError):
    """DNS, TCP or TLS failed: not one byte of the request was accepted."""

    code = "connect-failed"


class UpstreamTimeout(UpstreamError):
    """A limit passed; ``phase`` is connect, first_event, idle or total."""

    code = "upstream-timeout"
    kind = ErrorKind.TIMEOUT
    http_status = 504

    def __init__(self, message: str, *, phase: str, provider: str = "") -> None:
        super().__init__(message, provider=provider)
        self.phase = phase


class UpstreamStatus(UpstreamError):
    """The provider answered with an error of its own; ``status``, ``kind`` and ``said_code`` are its."""

    code = "upstream-status"

    def __init__(  # noqa: PLR0913 -- each is a fact of the answer
        self,
        message: str,
        *,
        status: int,
        kind: ErrorKind,
        provider: str = "",
        retry_after_s: float | None = None,
        said_code: str = "",
    ) -> None:
        super().__init__(message, provider=provider, retry_after_s=retry_after_s)
        self.http_status = status
        self.kind = kind
        self.said_code = said_code


class UpstreamProtocol(UpstreamError):
    """An answer that is no answer: HTML with 200, a broken encoding, a redirect."""

    code = "upstream-protocol"


class StreamCut(UpstreamError):
    """The answer ended before it was complete."""

    code = "stream-cut"


class NoCandidate(UpstreamError):
    """No provider is left: none is configured, or each one is left out for a reason."""

    code = "no-candidate"
    kind = ErrorKind.UNAVAILABLE
    http_status = 503


class NoNetwork(NoCandidate):
    """Nothing outside this machine can be reached, and nobody on it can answer."""

    code = "no-network"


class Draining(AimuxError):
    """The daemon is finishing its streams and takes no new requests."""

    code = "draining"
    kind = ErrorKind.UNAVAILABLE
    http_status = 503


class InternalError(AimuxError):
    """A bug of ours.  The caller sees a fixed text, the log has the traceback."""

    code = "internal"
