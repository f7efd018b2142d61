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
    POST /aimux/v1/tokens/reload       {"tokens": int} those that a person has made, as the file has them now
    POST /aimux/v1/shutdown            {"drain_s": float | null} -> ShutdownShape; then it ends
    GET  /aimux/v1/exchanges           {"exchanges": [ExchangeShape]} the most recent, newest first
    GET  /aimux/v1/exchanges/{id}      ExchangeShape; ``last`` is the newest
    GET  /aimux/v1/alerts              {"alerts": [AlertShape]} in the order of the file
    POST /aimux/v1/alerts/test         {"alert": int | null} -> {"told": [ToldShape]}
    POST /aimux/v1/vault/unlock        {"passphrase": str} -> {"unlocked": true}
    POST /aimux/v1/routes/test         ScriptShape -> RehearsalShape; else the error that a client gets
    POST /aimux/v1/providers/{name}/reset   {} -> ResetShape

    What only the dashboard asks; it has a cookie in place of the token (see ``admin.visitors``):

    POST /aimux/v1/login-codes         {} -> LoginCodeShape
    POST /aimux/v1/login               {"code": str} -> {"expires_s": float} and the cookie; needs no token
    POST /aimux/v1/logout              {} -> {"left": bool}
    GET  /aimux/v1/events              text/event-stream: status, exchange, alert, reset (``admin.live``)
    GET  /aimux/v1/sessions            {"sessions": [SessionShape]} where conversations are, the latest first
    GET  /aimux/v1/routes              RoutesShape
    GET  /aimux/v1/usage               ?since=7d&by=provider|model|client|project|session|day -> UsageShape
    GET  /aimux/v1/usage/series        ?since=7d&by=...|all&bucket=hour|day -> SeriesShape
    GET  /aimux/v1/ledger              ?limit=&before=&provider=&model=&client=&project=&session=&outcome=&q=
                                       -> {"exchanges": [as aimux requests --json], "next": int | null}
    GET  /aimux/v1/config              ConfigShape
    GET  /aimux/v1/config/schema       the JSON Schema of config.toml
    POST /aimux/v1/config/preview      {"etag": str, "edits": [...]} (``config.draft``)
                                       -> {"diff": str, "problems": [FaultShape], "etag": str}
    POST /aimux/v1/config/apply        the same -> AppliedShape; 422 with ErrorShape and "problems";
                                       409 with ErrorShape, "diff" (what was changed by hand) and "etag"
    POST /aimux/v1/config/undo         {} -> AppliedShape; 409 as apply, 404 where there is nothing to undo
    GET  /aimux/v1/catalogue           {"presets": [...]} as aimux providers catalog --json, with "added"
    POST /aimux/v1/providers/{name}/test    {} -> {"ok", "words", "models", "ms", "checks": [as aimux
                                       providers test --json]}; free of charge
    PUT  /aimux/v1/providers/{name}/keys/{label}   {"value": str} -> {"reference", "where"} and ReloadShape;
                                       422 where it cannot be a key; no address ever gives one out
    DELETE the same                    -> {"removed": [str]} and ReloadShape
    GET  /aimux/v1/logs                ?limit=200&level=&request=&q= -> {"lines": [{...}]} the oldest first
    GET  /aimux/v1/ledger/{id}         as aimux why --json, with "story": its sentences; ``last`` too
"""

State = Literal["starting", "running", "degraded", "draining"]
KeyState = Literal["ready", "none-needed", "missing", "locked", "refused"]


class PingShape(TypedDict):
    """Who answers."""

    aimux: str
    instance: str
    pid: int


class TroubleShape(TypedDict):
    """Something at a provider that is left alone for now.

    ``what`` is circuit, key or model, ``which`` the model's name or the key's label; ``state`` is open,
    half-open or probing for a circuit, cooling or dead for the others.  ``for_s`` is how much longer.
    """

    what: str
    which: str
    state: str
    reason: str
    for_s: float


class QuotaShape(TypedDict):
    """One window of a vendor as it was last heard of.

    ``model`` is null for a window of the whole account.  ``used`` is a share, ``resets_at`` ISO 8601 in
    UTC; ``state`` is what the vendor says itself: ``allowed``, ``warning``, ``rejected`` or empty.
    """

    key: str | None
    model: str | None
    window: str
    used: float | None
    remaining: float | None
    limit: float | None
    resets_at: str | None
    state: str
    stale: bool


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
    troubles: list[TroubleShape]
    in_flight: int
    requests: int
    failures: int
    formats: list[str]
    quotas: list[QuotaShape]


class RecentShape(TypedDict):
    """How it went in the last ``minutes``; null where there was nothing to measure."""

    minutes: float
    requests_per_min: float
    error_rate: float | None
    first_event_p50_ms: float | None
    first_event_p95_ms: float | None


class BudgetShape(TypedDict):
    """One budget in its present window.

    ``spent_usd`` of a budget of sessions is what the dearest one has spent.  ``ends_at`` is ISO 8601 in
    UTC, null for sessions.  ``state`` is warning from 80 % on, spent from the limit on.
    """

    name: str
    scope: str
    window: str
    limit_usd: float
    spent_usd: float
    reserved_usd: float
    ends_at: str | None
    at_limit: Literal["stop", "degrade"]
    state: Literal["ok", "warning", "spent"]


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
    most_files: int
    connections: int
    """Those of clients."""
    tasks: int
    threads: int
    loop_lag_ms: float
    """How late the event loop's timers are, smoothed."""
    recent: RecentShape
    auth: Literal["token", "none"]
    providers: list[ProviderStatusShape]
    budgets: list[BudgetShape]
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


class RankShape(TypedDict):
    """What a strategy said of a target; lower scores were asked first, null is none."""

    target: str
    score: float | None
    words: str


class AttemptShape(TypedDict):
    """One attempt of an exchange.

    ``outcome`` is its verdict by name, such as ``rate_long``; ``verdict`` says it for a person, null of
    one that is open or was answered.
    """

    provider: str
    model: str
    key: str | None
    status: int | None
    outcome: str
    verdict: str | None
    error: str | None
    first_event_ms: float | None
    duration_ms: float


class ExchangeShape(TypedDict):
    """One exchange, as far as it is known now.

    From ``route`` to ``estimated_tokens`` it is how it was planned: the rule and its conditions in
    words, the targets in order, what the strategy said of each (nothing where it is the order of the
    file), those left out or put behind, and what else had a say.  ``estimated_tokens`` is the guess at
    the prompt, where one was needed; ``input_tokens`` is what the provider counted.
    """

    id: str
    started_at: str
    client: str
    format: str
    asked_model: str
    route: str
    rule: str
    strategy: str
    candidates: list[str]
    ranks: list[RankShape]
    refusals: list[dict[str, str]]
    notes: list[str]
    session: str
    config_generation: int
    estimated_tokens: int | None
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
    cost_usd: float | None
    """US dollars; null is unknown."""
    cost_source: str
    """``config.toml``, the date of the catalogue's row, ``vendor`` or ``unknown``."""
    cache_loss_usd: float | None
    cache_loss_tokens: int
    cache_loss_cause: str
    """``failover``, ``rule``, ``strategy``, or empty."""
    first_event_ms: float | None
    duration_ms: float | None


class ScriptShape(TypedDict, total=False):
    """A request that is not to be sent, for ``routes test``.

    ``request`` is the body as text and ``format`` its wire format; both are needed.  ``model`` and
    ``stream`` are what stands in the address of Gemini's requests; elsewhere they take the place of the
    body's.  ``client`` is an agent's or a token's name.  ``minute_of_week`` counts from Monday 00:00;
    without it, it is now.
    """

    format: str
    request: str
    model: str | None
    stream: bool | None
    headers: dict[str, str]
    client: str | None
    minute_of_week: int | None


class LookedShape(TypedDict):
    """A rule that was looked at; ``unmet`` are its conditions that do not hold."""

    name: str
    conditions: str
    matches: bool
    unmet: list[str]


class TargetShape(TypedDict):
    """A target that would be asked.

    ``key`` is the label of the first key that would be tried.  ``now`` is whether it can answer now;
    ``behind`` is why it cannot, or why one of its keys cannot.  ``score`` and ``words`` are what the
    strategy says; lower is better.  ``cost_usd`` is this request's estimate, null where a price is
    unknown; ``cached_tokens`` of the prompt are warm there.  ``refusal`` is why it cannot be told what
    the request says; ``dropped`` is what would not cross.  Both are known for the first few alone.
    """

    target: str
    key: str | None
    now: bool
    mode: str
    format: str
    behind: str | None
    score: float | None
    words: str
    cost_usd: float | None
    cached_tokens: int
    refusal: str | None
    dropped: list[str]


class RehearsalShape(TypedDict):
    """What would become of a request; nothing was sent.

    ``live`` is whether it was planned with what a running daemon knows of its providers.
    ``left_out`` are targets that cannot be asked, each with ``target`` and ``reason``.
    """

    live: bool
    config_generation: int
    asked_model: str
    format: str
    stream: bool
    client: str
    session: str
    input_tokens: int
    output_tokens: int
    task: str
    thinking: str
    has: list[str]
    """What else rules may look at: tools, images, documents, ..."""
    route: str
    rule: str
    rules: list[LookedShape]
    strategy: str
    failover_on: list[str]
    hedge_after_s: float | None
    targets: list[TargetShape]
    left_out: list[dict[str, str]]
    notes: list[str]
    wait_s: float
    summary: str


class ResetShape(TypedDict):
    """What was wrong with a provider and is forgotten; ``windows`` counts the hints of plan windows."""

    provider: str
    ended: list[TroubleShape]
    windows: int


class AlertShape(TypedDict):
    """One alert.

    ``state`` is quiet, waiting (its condition holds, not yet for long enough), firing, or fading (it
    does not hold, not yet for long enough); ``since`` is when that began, ``value`` what is compared,
    null where it is unknown.
    """

    number: int
    when: str
    notify: list[str]
    state: Literal["quiet", "waiting", "firing", "fading"]
    value: float | None
    since: str | None


class ToldShape(TypedDict):
    """A place that was sent a test, and what went wrong."""

    place: str
    problem: str | None


class LoginCodeShape(TypedDict):
    """A code that opens one session of the dashboard, once, within ``expires_s`` seconds."""

    code: str
    expires_s: float


class SessionShape(TypedDict):
    """A conversation, at the target that answered it last, ``last_used_s`` seconds ago.

    ``cached_tokens`` of its prompt are warm there for ``expires_s`` more seconds; null where none are.
    """

    session: str
    target: str
    key: str
    cached_tokens: int
    last_used_s: float
    expires_s: float | None


class RoutesShape(TypedDict):
    """The rules in the order in which they are looked at, each with its ``sentence``.

    A rule has ``name``, ``conditions``, ``match``, ``targets``, ``strategy``, ``failover_on``, ``hedge``;
    a model (by name) the last four of them.
    """

    routes: list[dict[str, Any]]
    models: dict[str, dict[str, Any]]
    default: list[str]
    default_sentence: str
    strategy: str
    own_format_first: bool


class UsageShape(TypedDict):
    """Sums from the beginning of an hour on; rows as ``aimux usage --json`` has them.

    ``missing`` exchanges of that time are not in the ledger, perhaps more (``missing_at_least``).
    """

    since: str
    by: str
    rows: list[dict[str, Any]]
    total: dict[str, Any]
    missing: int
    missing_at_least: bool


class SeriesShape(TypedDict):
    """Sums by hour or day: ``times`` are Unix seconds at which each begins; by name and by what is summed
    (``ledger_pages.PLOTTED``) one number for each of them.  Beyond 20 names the others are "(others)".
    """

    times: list[int]
    series: dict[str, dict[str, list[float]]]


class FaultShape(TypedDict):
    """A problem of the configuration; ``line`` and ``column`` are 0 where it has no place in the file."""

    key: str
    line: int
    column: int
    what: str
    allowed: str | None
    suggestion: str | None


class ConfigShape(TypedDict):
    """config.toml as it is on the disk, without secrets.

    ``etag`` is empty where there is no file; ``text`` is null where it is no TOML, and ``masked`` is
    whether it is not all of the file.  ``values`` are those that hold, ``origins`` by dotted key who set
    each (``origin``, ``detail``); both are empty where the file has problems.  ``undo`` has the times of
    the changes that can be taken back, the oldest first.
    """

    path: str
    etag: str
    text: str | None
    masked: bool
    values: dict[str, Any]
    origins: dict[str, dict[str, str]]
    problems: list[FaultShape]
    warnings: list[FaultShape]
    undo: list[str]


class AppliedShape(ReloadShape):
    """A change that was written and applied: the new file's etag, and a unified diff without secrets."""

    etag: str
    diff: str


class ErrorShape(TypedDict):
    """Every error of the admin API."""

    error: dict[str, Any]
    """``code``, ``message``, ``hint`` (or null), and ``problems`` (a list of texts) where there are any"""
