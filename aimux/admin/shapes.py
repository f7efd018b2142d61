"""What the admin API says, as typed JSON: shared by the daemon that answers and the client that asks.

Every key is always there unless marked.  ``schema`` rises when a key changes its meaning or goes
away; new keys may come at any time.
"""

from __future__ import annotations

from typing import Any, Final, Literal, TypedDict

STATUS_SCHEMA: Final = 1

API: Final = "/aimux/v1"
"""Prefix of every address of the admin API.

    GET  /aimux/v1/ping                who answers: PingShape; needs the token like all others
    GET  /aimux/v1/status              StatusShape
    POST /aimux/v1/reload              ReloadShape; 409 with ErrorShape and problems when refused
    POST /aimux/v1/shutdown            {"drain_s": float | null} -> ShutdownShape; then it ends
    GET  /aimux/v1/exchanges           {"exchanges": [ExchangeShape]} the most recent, newest first
    GET  /aimux/v1/exchanges/{id}      ExchangeShape; ``last`` is the newest
    POST /aimux/v1/vault/unlock        {"passphrase": str} -> {"unlocked": true}
"""

State = Literal["starting", "running", "degraded", "draining"]
KeyState = Literal["ready", "none-needed", "missing", "locked", "refused"]


class PingShape(TypedDict):
    """Who answers."""

    aimux: str
    instance: str
    pid: int


class ProviderStatusShape(TypedDict):
    """One provider in ``status``."""

    name: str
    enabled: bool
    usable: bool
    key: KeyState
    key_problem: str | None
    health: Literal["ok", "cooling", "unknown"]
    health_reason: str | None
    cooling_s: float | None
    in_flight: int
    requests: int
    failures: int
    formats: list[str]


class StatusShape(TypedDict):
    """``aimux status --json``.

    ``address`` is host:port as it is bound, ``url`` what clients call it.
    """

    schema: int
    state: State
    version: str
    pid: int
    instance: str
    address: str
    url: str
    uptime_s: float
    started_at: str
    config_path: str
    config_generation: int
    config_changed_on_disk: bool
    requests: int
    failures: int
    in_flight: int
    memory_mb: float
    open_files: int
    auth: Literal["token", "none"]
    providers: list[ProviderStatusShape]
    notices: list[str]


class ShutdownShape(TypedDict):
    """The end that has begun: the exchanges it waits for, and for how many seconds at most."""

    in_flight: int
    drain_s: float


class ReloadShape(TypedDict):
    """What a reload changed, in words; ``restart_needed`` lists keys that wait for a restart."""

    generation: int
    changes: list[str]
    restart_needed: list[str]


class AttemptShape(TypedDict):
    """One attempt of an exchange."""

    provider: str
    model: str
    key: str | None
    status: int | None
    outcome: str
    error: str | None
    first_event_ms: float | None
    duration_ms: float


class ExchangeShape(TypedDict):
    """One exchange, as far as it is known now."""

    id: str
    started_at: str
    client: str
    format: str
    asked_model: str
    route: str
    candidates: list[str]
    refusals: list[dict[str, str]]
    provider: str | None
    model: str | None
    mode: str | None
    stream: bool
    status: int
    outcome: Literal[
        "open", "ok", "client_error", "upstream_error", "cut", "client_gone", "rejected"
    ]
    error: str | None
    attempts: list[AttemptShape]
    dropped: list[dict[str, str]]
    """What translation could not carry: ``code``, ``severity``, ``words``."""
    input_tokens: int | None
    output_tokens: int | None
    cache_read_tokens: int | None
    cache_write_tokens: int | None
    reasoning_tokens: int | None
    first_event_ms: float | None
    duration_ms: float | None


class ErrorShape(TypedDict):
    """Every error of the admin API."""

    error: dict[str, Any]
    """``code``, ``message``, ``hint`` (or null), and ``problems`` (a list of texts) where there are any"""
