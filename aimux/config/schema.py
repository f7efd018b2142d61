"""The shape of config.toml: every section, key, type, default and unit, once.

The validator, ``config schema``, ``config set`` and the reference page are all read off these
classes.  Every field's ``description`` is its documentation; ``restart=True`` in its extra says that
a reload does not apply it.  Values are strict: ``port = "80"`` is an error, not 80.

``form`` says in words what a text must look like; error texts say "must be <form>".

Rules that span several keys (a target names a provider that exists) are not here but in
``config.rules``, so that they can be reported beside the others and with their place in the file.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Final, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    Strict,
    WithJsonSchema,
)

from aimux.model.request import WireFormat

DEFAULT_PORT: Final = 24689
"""A-I-M-U-X on a telephone."""

NAME_PATTERN: Final = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"
NAME_FORM: Final = "a name of letters, digits, '.', '_' and '-', beginning with a letter or digit"
URL_PATTERN: Final = r"^https?://[^\s]+$"
URL_FORM: Final = "an address that begins with http:// or https://"
DURATION_PATTERN: Final = r"(\d+(?:\.\d+)?)(ms|s|m|h|d)"
DURATION_FORM: Final = 'a duration in quotes, such as "500ms", "30s", "5m" or "2h"'

_DURATION: Final = re.compile(DURATION_PATTERN, re.ASCII)
_SECONDS: Final = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


def duration_s(text: object) -> float:
    """Seconds of a duration such as ``"500ms"``, ``"90s"``, ``"5m"``, ``"1h"``.

    Raises:
        ValueError: it is not a text of that form; the configuration's author is at fault.
    """
    match = _DURATION.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        raise ValueError(f"must be {DURATION_FORM}")
    return float(match[1]) * _SECONDS[match[2]]


def duration_text(seconds: float) -> str:
    """The shortest duration text for a number of seconds."""
    for unit in ("d", "h", "m", "s"):
        if seconds >= _SECONDS[unit] and seconds % _SECONDS[unit] == 0:
            return f"{int(seconds // _SECONDS[unit])}{unit}"
    if seconds == 0:
        return "0s"
    return f"{seconds * 1000:g}ms"


Duration = Annotated[
    float,
    BeforeValidator(duration_s),
    PlainSerializer(duration_text, return_type=str, when_used="always"),
    WithJsonSchema({"type": "string", "pattern": f"^{DURATION_PATTERN}$", "form": DURATION_FORM}),
]
"""Seconds; written as a text with a unit."""


def _wire_format(value: object) -> object:
    return WireFormat(value) if isinstance(value, str) and value in set(WireFormat) else value


Format = Annotated[WireFormat, BeforeValidator(_wire_format)]
Texts = Annotated[tuple[str, ...], Strict(strict=False)]
Name = Annotated[str, Field(pattern=NAME_PATTERN, json_schema_extra={"form": NAME_FORM})]
Url = Annotated[str, Field(pattern=URL_PATTERN, json_schema_extra={"form": URL_FORM})]

Capability = Literal["tools", "images", "documents", "thinking", "structured-output", "web-search"]
Capabilities = Annotated[tuple[Capability, ...], Strict(strict=False)]
Strategy = Literal[
    "priority", "weighted", "round-robin", "fastest", "cheapest", "least-busy", "adaptive"
]
Client = Literal["claude-code", "codex", "gemini-cli", "opencode"]


def setting(
    default: Any,
    description: str,
    *,
    restart: bool = False,
    form: str | None = None,
    **limits: Any,
) -> Any:
    """A documented setting; ``limits`` are pydantic's (``ge``, ``le``, ``pattern`` ...)."""
    extra: dict[str, Any] = {"restart": True} if restart else {}
    if form:
        extra["form"] = form
    return Field(default, description=description, json_schema_extra=extra or None, **limits)


class Section(BaseModel):
    """A table of the file: closed, strict, immutable."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        strict=True,
        allow_inf_nan=False,
        use_attribute_docstrings=False,
    )


class ServerSettings(Section):
    """Where the daemon listens and how it treats its callers."""

    host: str = setting("127.0.0.1", "Address to listen on.", restart=True)
    port: int = setting(
        DEFAULT_PORT, "Port to listen on; 0 takes a free one.", restart=True, ge=0, le=65535
    )
    auth: Literal["token", "none"] = setting(
        "token", 'Whether callers need a client token; "none" only on loopback.'
    )
    allow_remote: bool = setting(
        False, 'Permits a host that is not loopback; needs auth = "token".', restart=True
    )
    allowed_hosts: Texts = setting((), "Host names accepted besides the loopback names.")
    max_body_mb: int = setting(64, "Largest request body in MiB, after decoding.", ge=1, le=1024)
    drain_timeout: Duration = setting(120.0, "How long a stop waits for open streams.")
    heartbeat: Duration = setting(
        10.0, "Longest silence toward a streaming client.", ge=0.1, le=240
    )
    dashboard: bool = setting(True, "Whether the dashboard is served at /.")


class LoggingSettings(Section):
    """What is written to ``logs/aimux.log``."""

    level: Literal["debug", "info", "warning", "error"] = setting("info", "Least level written.")
    format: Literal["json", "text"] = setting("json", "One JSON object a line, or plain text.")
    max_file_mb: int = setting(20, "Size in MiB at which the file is rotated.", ge=1, le=1024)
    keep_files: int = setting(5, "Rotated files kept.", ge=0, le=100)


class LedgerSettings(Section):
    """What is remembered of every exchange in ``ledger.sqlite3``: facts, no content."""

    enabled: bool = setting(True, "Whether exchanges are recorded at all.", restart=True)
    keep: Duration = setting(365 * 86400.0, "How long exchanges are kept.", ge=3600)
    max_mb: int = setting(
        1024, "Size in MiB beyond which the oldest exchanges go; sums stay.", ge=16, le=1024 * 1024
    )


class Price(Section):
    """US dollars per million tokens; what is left out is unknown, not free."""

    input: float | None = setting(None, "Fresh input.", ge=0)
    output: float | None = setting(None, "Output.", ge=0)
    cache_read: float | None = setting(None, "Input read from the provider's cache.", ge=0)
    cache_write: float | None = setting(None, "Input written to the provider's cache.", ge=0)


class ModelSettings(Section):
    """What a provider's model can do; what is left out comes from the catalogue, else is unknown."""

    context: int | None = setting(None, "Context window in tokens.", ge=1)
    max_output: int | None = setting(None, "Largest answer in tokens.", ge=1)
    capabilities: Capabilities | None = setting(None, "What it takes; unknown models take all.")
    price: Price | None = setting(None, "US dollars per million tokens.")


class Limits(Section):
    """Our own limits toward a provider."""

    requests_per_minute: int | None = setting(None, "Requests a minute.", ge=1)
    tokens_per_minute: int | None = setting(None, "Tokens a minute.", ge=1)


class Timeouts(Section):
    """Time limits of one attempt."""

    connect: Duration = setting(5.0, "DNS, TCP and TLS together.", gt=0)
    first_event: Duration | None = setting(
        None, "To the first event of the answer; 60s, or 180s for a model that thinks.", gt=0
    )
    idle: Duration = setting(120.0, "Between two pieces of an answer.", gt=0)
    total: Duration = setting(1800.0, "The whole attempt.", gt=0)


class ProviderSettings(Section):
    """One provider: an account somewhere that answers requests."""

    preset: str | None = setting(None, "Entry of the catalogue that fills in what is left out.")
    format: Format | None = setting(None, "Wire format of base_url.")
    base_url: Url | None = setting(None, "Address as the vendor's own SDK takes it.")
    formats: dict[Format, Url] = setting(
        {}, "Further addresses by wire format; the one equal to the client's is used."
    )
    keys: Texts | None = setting(
        None, "Where the keys are: keyring:, env:, file:, command:, vault:. [] for none."
    )
    enabled: bool = setting(True, "Whether requests may go there.")
    headers: dict[str, str] = setting({}, "Headers added to every request; no keys here.")
    proxy: Url | None = setting(None, "HTTP proxy for this provider.")
    ca_file: str | None = setting(None, "PEM file of certificate authorities to trust instead.")
    weight: int = setting(1, "Share under the weighted strategy.", ge=0, le=1000)
    max_concurrent: int | None = setting(None, "Most requests at the same time.", ge=1)
    limits: Limits = setting(Limits(), "Our own limits toward this provider.")
    cache_lifetime: Duration | None = setting(
        None, "How long its prompt cache lives after its last use; the preset's, else 5m.", gt=0
    )
    quota_reserve: float | None = setting(
        None,
        "Share of each of its plan windows kept free; routing.quota_reserve if left out.",
        ge=0,
        le=0.9,
    )
    poll_quota: bool = setting(
        False, "Asks the vendor's free quota address every few minutes, where there is one."
    )
    timeouts: Timeouts = setting(Timeouts(), "Time limits of one attempt.")
    quirks: Texts | None = setting(None, "Named edits; the preset's when left out.")
    models: dict[str, ModelSettings] = setting({}, "Facts about models, over the catalogue's.")


Also = Annotated[tuple[Literal["context-overflow", "refusal"], ...], Strict(strict=False)]


class Hedge(Section):
    """A second attempt beside a slow first one; both are paid for."""

    after: Duration = setting(..., "Silence of the first one after which the next is asked.", gt=0)
    share: float = setting(
        0.05, "Most of the route's requests that are hedged, as a share.", gt=0, le=0.5
    )


class PublicModel(Section):
    """A model name that clients may ask for."""

    targets: Texts = setting(..., "provider/model, in order.", min_length=1)
    strategy: Strategy = setting("priority", "How targets are ordered.")
    failover_on: Also = setting(
        (), "Failures of the request that another target is asked about as well."
    )
    hedge: Hedge | None = setting(None, "Asks a second target when the first is slow.")


OneOrMore = Annotated[
    tuple[str, ...],
    Strict(strict=False),
    BeforeValidator(
        lambda value: (value,) if isinstance(value, str) else value,
        json_schema_input_type=str | list[str],
    ),
]


class Match(Section):
    """Conditions on a request; all must hold."""

    model: OneOrMore | None = setting(None, "Glob or list of globs over the model asked for.")
    client: OneOrMore | None = setting(
        None, "claude-code, codex, gemini-cli, opencode, or a token's name."
    )
    format: Format | None = setting(None, "Wire format of the request.")
    thinking: Literal["off", "on", "low", "medium", "high", "xhigh", "max"] | None = setting(
        None, "Whether the request asks for thinking, or how much."
    )
    images: bool | None = setting(None, "Whether it holds images.")
    documents: bool | None = setting(None, "Whether it holds documents.")
    web_search: bool | None = setting(None, "Whether it asks for web search.")
    tools: bool | Texts | None = setting(None, "Whether it has tools, or has these.")
    structured_output: bool | None = setting(None, "Whether it asks for a schema.")
    min_input_tokens: int | None = setting(None, "At least this long, estimated.", ge=0)
    max_input_tokens: int | None = setting(None, "At most this long, estimated.", ge=0)
    max_output_tokens: int | None = setting(None, "Asks for at most this much.", ge=0)
    subagent: bool | None = setting(None, "Whether a subagent asks.")
    stream: bool | None = setting(None, "Whether the answer is streamed.")
    project: str | None = setting(None, "Glob over the project's path.")
    header: dict[str, str] = setting({}, "Glob by header name.")
    time: str | None = setting(
        None,
        'Local time, with weekdays if wanted: "14:00-18:00", "mon-fri 09:00-17:00".',
        pattern=r"^(?:(?:mon|tue|wed|thu|fri|sat|sun)(?:-(?:mon|tue|wed|thu|fri|sat|sun))? )?"
        r"(?:[01]\d|2[0-3]):[0-5]\d-(?:[01]\d|2[0-3]):[0-5]\d$",
        form='a time of day such as "14:00-18:00" or "mon-fri 09:00-17:00"',
    )


class RouteSettings(Section):
    """A rule: requests that match go to these targets.  The first that matches holds."""

    name: Name = setting(..., "Name shown by why and routes.", form=NAME_FORM)
    match: Match = setting(Match(), "Conditions; none means every request.")
    targets: Texts = setting(..., "provider/model or a public model, in order.", min_length=1)
    strategy: Strategy = setting("priority", "How targets are ordered.")
    failover_on: Also = setting(
        (), "Failures of the request that another target is asked about as well."
    )
    hedge: Hedge | None = setting(None, "Asks a second target when the first is slow.")


class RoutingSettings(Section):
    """What happens to a request that no route matches."""

    default: Texts = setting((), 'Targets in order; "provider/*" keeps the model asked for.')
    strategy: Strategy = setting("priority", "How the default targets are ordered.")
    failover_on: Also = setting(
        (), "Failures of the request that another default target is asked about as well."
    )
    sticky: Literal["session", "none"] = setting(
        "session", "Whether a conversation stays with its provider while its cache is warm."
    )
    quota_reserve: float = setting(
        0.02,
        "Share of a plan's window that is kept free while another target can answer; "
        "small helper calls leave a plan at five times this.",
        ge=0,
        le=0.9,
    )
    explore: float = setting(
        0.03, "Most of the requests that the adaptive strategy spends on learning.", ge=0, le=0.5
    )
    minute_usd: float = setting(
        0.5,
        "What a minute of waiting is worth, in US dollars, against what leaving would cost.",
        ge=0,
    )
    loop_guard: bool = setting(
        True,
        "Stops a conversation that repeats itself: the same calls with the same results, or the same "
        "request, again and again.",
    )


class BudgetSettings(Section):
    """An amount of money that is not to be passed."""

    scope: str = setting(
        ...,
        "What counts.",
        pattern=r"^(?:all|(?:client|project|provider):.+)$",
        form='"all", "client:NAME", "project:PATH" or "provider:NAME"',
    )
    limit_usd: float = setting(..., "US dollars.", gt=0)
    window: Literal["day", "week", "month", "session"] = setting("day", "When it starts anew.")
    at_limit: Literal["stop", "degrade"] = setting("stop", "What happens when it is spent.")
    targets: Texts = setting((), 'Targets to use at the limit, with at_limit = "degrade".')


class AlertSettings(Section):
    """A condition to be told of."""

    when: str = setting(
        ...,
        'Such as "error_rate > 0.2 for 5m" or "p95_ttft{provider=\'zai\'} > 20 for 10m".',
        min_length=1,
    )
    notify: Texts = setting(("log",), 'Where to: "log", "desktop", "webhook:https://...".')


class ReplaySettings(Section):
    """Requests and answers that are kept, encrypted, for ``aimux replay`` and ``aimux diff``."""

    keep: bool = setting(False, "Whether what is said is kept at all.")
    lifetime: Duration = setting(
        86400.0, "How long it is kept; then it is deleted.", ge=60, le=365 * 86400.0
    )
    max_mb: int = setting(
        256, "Size in MiB beyond which the oldest is deleted.", ge=1, le=1024 * 1024
    )
    match: Match = setting(Match(), "Which exchanges are kept; without conditions all of them.")


def _tuple(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value


class Config(Section):
    """The whole configuration."""

    version: Literal[1] = setting(1, "Version of this file's shape.")
    server: ServerSettings = setting(ServerSettings(), "Where the daemon listens.")
    logging: LoggingSettings = setting(LoggingSettings(), "What is logged.")
    ledger: LedgerSettings = setting(LedgerSettings(), "What is remembered of every exchange.")
    replay: ReplaySettings = setting(ReplaySettings(), "What is kept of what is said.")
    providers: dict[Name, ProviderSettings] = setting({}, "Providers by name.")
    models: dict[str, PublicModel] = setting({}, "Public model names.")
    routes: Annotated[tuple[RouteSettings, ...], BeforeValidator(_tuple)] = setting(
        (), "Rules, first match first."
    )
    routing: RoutingSettings = setting(RoutingSettings(), "What no rule matches.")
    budgets: dict[Name, BudgetSettings] = setting({}, "Budgets by name.")
    alerts: Annotated[tuple[AlertSettings, ...], BeforeValidator(_tuple)] = setting((), "Alerts.")
