"""What the fake daemon tells: a lively afternoon, the shapes of ``admin.shapes`` filled in.

Times are counted from now, so that pages show what a person would see who looks at it now.
"""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from aimux.admin.shapes import (
    STATUS_SCHEMA,
    AlertShape,
    AttemptShape,
    BudgetShape,
    ExchangeShape,
    ProviderStatusShape,
    QuotaShape,
    StatusShape,
)

CONFIG: Final = """\
# My aimux.  The plan first, then what costs by the token.
version = 1

[server]
port = 24689

[providers.anthropic]
preset = "anthropic"

[providers.zai]
preset = "zai"
keys = ["keyring:zai/main", "keyring:zai/second"]

[providers.cerebras]
preset = "cerebras"
enabled = false

[providers.local]
format = "openai-chat"
base_url = "http://127.0.0.1:11434/v1"
keys = []               # no key needed
max_concurrent = 2

[models.fast]
targets = ["cerebras/gpt-oss-120b", "zai/glm-4.5-air"]

[[routes]]
name = "background"
match = { model = "claude-*haiku*" }
targets = ["fast", "local/qwen3-coder:30b"]     # cheap ones

[[routes]]
name = "long"
match = { min_input_tokens = 200_000 }
targets = ["anthropic/claude-sonnet-5-5"]

[routing]
default = ["anthropic/*", "zai/glm-5.3"]

[budgets.daily]
scope = "all"
limit_usd = 20
window = "day"
at_limit = "stop"

[[alerts]]
when = "error_rate > 0.2 for 5m"
notify = ["log", "desktop"]
"""

CLIENTS: Final = ("claude-code", "codex", "opencode", "gemini-cli")


def ago(seconds: float) -> str:
    """An ISO time so many seconds before now."""
    when = datetime.now(UTC) - timedelta(seconds=seconds)
    return when.isoformat(timespec="milliseconds")


def attempt(target: str, outcome: str = "ok", **facts: Any) -> AttemptShape:
    """One attempt."""
    provider, _, model = target.partition("/")
    made: AttemptShape = {
        "provider": provider,
        "model": model,
        "key": "default",
        "status": 200 if outcome == "ok" else None,
        "outcome": outcome,
        "verdict": None,
        "error": None,
        "first_event_ms": 640.0 if outcome == "ok" else None,
        "duration_ms": 8400.0,
    }
    made.update(facts)  # type: ignore[typeddict-item] # a table's row
    return made


def exchange(name: str, *, seconds_ago: float = 30, **facts: Any) -> ExchangeShape:
    """One exchange, answered unless told otherwise."""
    made: ExchangeShape = {
        "id": name,
        "started_at": ago(seconds_ago),
        "client": "claude-code",
        "format": "anthropic",
        "asked_model": "claude-sonnet-5-5",
        "route": "default",
        "rule": "",
        "strategy": "priority",
        "candidates": ["anthropic/claude-sonnet-5-5", "zai/glm-5.3"],
        "ranks": [],
        "refusals": [],
        "notes": [],
        "session": "claude-code:7f3a9c1e",
        "config_generation": 4,
        "estimated_tokens": None,
        "provider": "anthropic",
        "model": "claude-sonnet-5-5",
        "mode": "relay",
        "stream": True,
        "status": 200,
        "outcome": "ok",
        "error": None,
        "attempts": [attempt("anthropic/claude-sonnet-5-5")],
        "dropped": [],
        "input_tokens": 48_210,
        "output_tokens": 1_204,
        "cache_read_tokens": 46_900,
        "cache_write_tokens": 900,
        "reasoning_tokens": 310,
        "cost_usd": 0.0371,
        "cost_source": "2026-10-07",
        "cache_loss_usd": None,
        "cache_loss_tokens": 0,
        "cache_loss_cause": "",
        "first_event_ms": 640.0,
        "duration_ms": 8400.0,
    }
    made.update(facts)  # type: ignore[typeddict-item] # a table's row
    return made


def opened(name: str, **facts: Any) -> ExchangeShape:
    """One that has just come in."""
    return exchange(
        name,
        **{
            "seconds_ago": 0.5,
            "outcome": "open",
            "status": 0,
            "provider": None,
            "model": None,
            "mode": None,
            "attempts": [
                attempt("anthropic/claude-sonnet-5-5", "open", first_event_ms=None, duration_ms=500)
            ],
            "input_tokens": None,
            "output_tokens": None,
            "cache_read_tokens": None,
            "cache_write_tokens": None,
            "reasoning_tokens": None,
            "cost_usd": None,
            "first_event_ms": None,
            "duration_ms": None,
            **facts,
        },
    )


def failed_over(name: str = "req_failover", seconds_ago: float = 75) -> ExchangeShape:
    """One that a second provider has answered, translated."""
    return exchange(
        name,
        seconds_ago=seconds_ago,
        asked_model="claude-opus-4-8",
        route="long",
        rule="at least 200,000 tokens",
        strategy="cheapest",
        candidates=["anthropic/claude-opus-4-8", "zai/glm-5.3", "local/qwen3-coder:30b"],
        ranks=[
            {
                "target": "anthropic/claude-opus-4-8",
                "score": 0.0812,
                "words": "$0.0812 with 41k cached",
            },
            {"target": "zai/glm-5.3", "score": 0.131, "words": "$0.1310"},
            {"target": "local/qwen3-coder:30b", "score": None, "words": "price unknown"},
        ],
        refusals=[
            {
                "target": "cerebras/gpt-oss-120b",
                "reason": "the prompt of 212,000 tokens is longer than its window of 131,072",
            },
            {"target": "openai/gpt-5.4", "reason": "no key: keyring:openai/default is missing"},
        ],
        notes=["the session stays with anthropic while its cache is warm"],
        provider="zai",
        model="glm-5.3",
        mode="translate",
        attempts=[
            attempt(
                "anthropic/claude-opus-4-8",
                "overloaded",
                status=529,
                verdict="was overloaded",
                error="overloaded_error: Overloaded",
                duration_ms=1840.0,
            ),
            attempt(
                "anthropic/claude-opus-4-8",
                "first_event_timeout",
                key="second",
                verdict="did not begin to answer within the limit",
                duration_ms=6000.0,
            ),
            attempt("zai/glm-5.3", key="main", first_event_ms=1320.0, duration_ms=11_200.0),
        ],
        dropped=[
            {
                "code": "thinking.signature",
                "severity": "info",
                "words": "signatures of earlier thinking hold at their own provider only",
            },
            {
                "code": "cache_control",
                "severity": "debug",
                "words": "marks of what to cache have no counterpart",
            },
        ],
        input_tokens=212_400,
        output_tokens=2_310,
        cache_read_tokens=0,
        cache_write_tokens=0,
        cost_usd=0.1412,
        cache_loss_usd=0.0931,
        cache_loss_tokens=188_000,
        cache_loss_cause="failover",
        first_event_ms=9180.0,
        duration_ms=19_060.0,
    )


def afternoon() -> list[ExchangeShape]:
    """The newest exchanges, newest first."""
    dice = random.Random(7)
    models = (
        ("claude-sonnet-5-5", "anthropic"),
        ("claude-haiku-4-5", "cerebras/gpt-oss-120b"),
        ("gpt-5.4-codex", "zai/glm-5.3"),
        ("claude-sonnet-5-5", "anthropic"),
    )
    made = []
    for number in range(26):
        asked, at = models[dice.randrange(4)]
        provider, _, model = at.partition("/")
        model = model or asked
        first, whole = dice.uniform(300, 2400), dice.uniform(2500, 24_000)
        mode = "relay" if provider == "anthropic" else "translate"
        made.append(
            exchange(
                f"req_{number:04d}",
                seconds_ago=12 + number * 13 + dice.uniform(0, 8),
                asked_model=asked,
                client=dice.choice(CLIENTS),
                provider=provider,
                model=model,
                mode=mode,
                attempts=[attempt(f"{provider}/{model}", first_event_ms=first, duration_ms=whole)],
                input_tokens=dice.randrange(2_000, 180_000),
                output_tokens=dice.randrange(80, 4_000),
                cost_usd=None if number == 9 else round(dice.uniform(0.0008, 0.21), 5),
                first_event_ms=first,
                duration_ms=whole,
            )
        )
    cut = exchange(
        "req_cut",
        seconds_ago=140,
        outcome="cut",
        error="upstream_cut: anthropic broke off in the middle of its answer",
        attempts=[
            attempt(
                "anthropic/claude-sonnet-5-5",
                "cut",
                status=200,
                verdict="broke off",
                first_event_ms=700.0,
            )
        ],
    )
    refused = exchange(
        "req_refused",
        seconds_ago=200,
        outcome="client_error",
        status=400,
        client="codex",
        error="invalid_request: messages: at least one message is needed",
        provider=None,
        model=None,
        mode=None,
        attempts=[],
        cost_usd=None,
        first_event_ms=None,
        duration_ms=3.0,
        input_tokens=None,
        output_tokens=None,
    )
    whole_day = [opened("req_open"), *made, failed_over(), cut, refused]
    return sorted(whole_day, key=lambda each: each["started_at"], reverse=True)


def quota(window: str, used: float, resets_s: float, **facts: Any) -> QuotaShape:
    """A window of a plan."""
    made: QuotaShape = {
        "key": "default",
        "model": None,
        "window": window,
        "used": used,
        "remaining": None,
        "limit": None,
        "resets_at": ago(-resets_s),
        "state": "allowed",
        "stale": False,
    }
    made.update(facts)  # type: ignore[typeddict-item] # a table's row
    return made


def provider(name: str, **facts: Any) -> ProviderStatusShape:
    """A provider that is well."""
    made: ProviderStatusShape = {
        "name": name,
        "enabled": True,
        "usable": True,
        "key": "ready",
        "key_problem": None,
        "health": "ok",
        "health_reason": None,
        "cooling_s": None,
        "troubles": [],
        "in_flight": 0,
        "requests": 0,
        "failures": 0,
        "formats": ["anthropic"],
        "quotas": [],
    }
    made.update(facts)  # type: ignore[typeddict-item] # a table's row
    return made


def status(**facts: Any) -> StatusShape:
    """A daemon that has had a good deal to do."""
    budget: BudgetShape = {
        "name": "daily",
        "scope": "all",
        "window": "day",
        "limit_usd": 20.0,
        "spent_usd": 16.41,
        "reserved_usd": 0.2,
        "ends_at": ago(-5 * 3600),
        "at_limit": "stop",
        "state": "warning",
    }
    made: StatusShape = {
        "schema": STATUS_SCHEMA,
        "state": "degraded",
        "version": "0.3.0",
        "pid": 4711,
        "instance": "i-1",
        "address": "127.0.0.1:24689",
        "url": "http://127.0.0.1:24689",
        "uptime_s": 98_000.0,
        "started_at": ago(98_000),
        "config_path": "/etc/aimux/config.toml",
        "config_generation": 4,
        "config_changed_on_disk": False,
        "requests": 12_481,
        "failures": 41,
        "in_flight": 1,
        "memory_mb": 71.4,
        "open_files": 40,
        "most_files": 1024,
        "connections": 6,
        "tasks": 20,
        "threads": 5,
        "loop_lag_ms": 0.6,
        "recent": {
            "minutes": 5.0,
            "requests_per_min": 24.2,
            "error_rate": 0.031,
            "first_event_p50_ms": 640.0,
            "first_event_p95_ms": 2210.0,
        },
        "auth": "token",
        "providers": [
            provider(
                "anthropic",
                in_flight=1,
                requests=9_120,
                failures=12,
                quotas=[quota("5h", 0.62, 7_900), quota("7d", 0.83, 201_000, state="warning")],
            ),
            provider(
                "zai",
                requests=3_120,
                failures=29,
                health="cooling",
                cooling_s=41.0,
                health_reason="key second has too many requests",
                troubles=[
                    {
                        "what": "key",
                        "which": "second",
                        "state": "cooling",
                        "reason": "too many requests, or its plan is used up",
                        "for_s": 41.0,
                    }
                ],
                quotas=[quota("5h", 0.31, 12_000, key="main")],
            ),
            provider(
                "openai",
                usable=False,
                key="missing",
                key_problem="keyring:openai/default is not there; aimux keys set openai",
            ),
            provider("local", key="none-needed", requests=241),
            provider("cerebras", enabled=False, usable=False, health="unknown"),
        ],
        "budgets": [budget],
        "notices": ["budget 'daily' is nearly spent: $16.41 of $20.00 a day"],
    }
    made.update(facts)  # type: ignore[typeddict-item] # a table's row
    return made


def alerts() -> list[AlertShape]:
    """One that is quiet and one that is not."""
    return [
        {
            "number": 0,
            "when": "error_rate > 0.2 for 5m",
            "notify": ["log", "desktop"],
            "state": "quiet",
            "value": 0.031,
            "since": None,
        },
        {
            "number": 1,
            "when": 'quota_used{provider="anthropic"} > 0.8',
            "notify": ["log"],
            "state": "firing",
            "value": 0.83,
            "since": ago(820),
        },
    ]


def sessions() -> list[dict[str, Any]]:
    """Two conversations."""
    return [
        {
            "session": "claude-code:7f3a9c1e-8a41-4c0e-9f0a-5c2d7c1b0f42",
            "target": "anthropic/claude-sonnet-5-5",
            "key": "default",
            "cached_tokens": 46_900,
            "last_used_s": 21.0,
            "expires_s": 279.0,
        },
        {
            "session": "codex:0199a213-81c0-7800",
            "target": "zai/glm-5.3",
            "key": "main",
            "cached_tokens": 8_100,
            "last_used_s": 190.0,
            "expires_s": 110.0,
        },
    ]


# ---------------------------------------------------------------- the ledger


STORY: Final = (
    "claude-code asked for 'claude-opus-4-8' (anthropic, streamed).",
    "",
    "The rule 'long' holds: at least 200,000 tokens.",
    "3 targets could be asked, the cheapest first:",
    "  1. anthropic/claude-opus-4-8  ($0.0812 with 41k cached)",
    "  2. zai/glm-5.3  ($0.1310)",
    "",
    "1. anthropic/claude-opus-4-8 was overloaded (529) after 1.8 s.",
    "2. anthropic/claude-opus-4-8 (key second) did not begin to answer within the limit after 6.0 s.",
    "3. zai/glm-5.3 (key main) answered, its first words after 1.3 s, all of it after 11.2 s.",
    "A warm cache was left (failover): 188,000 tokens were read anew; that cost $0.0931 more.",
)


def recorded(facts: ExchangeShape, number: int) -> dict[str, Any]:
    """An exchange as the ledger tells it: no words of a provider, but when each attempt began."""
    began = 12.0
    attempts = []
    for each in facts["attempts"]:
        attempts.append(
            {**each, "error": None, "error_type": None, "retry_after_s": None, "began_ms": began}
        )
        began += each["duration_ms"]
    return {
        **facts,
        "number": number,
        "token": "default",
        "project": "/srv/shop",
        "operation": "generate",
        "upstream_format": "openai-chat" if facts["mode"] == "translate" else facts["format"],
        "generation": facts["config_generation"],
        "other": {"target": "zai/glm-5.3", "would_cost_usd": 0.0112},
        "key": "default",
        "error_type": None,
        "error": (facts["error"] or "").partition(":")[0] or None,
        "attempts": attempts,
        "dropped": [{**each, "times": 2} for each in facts["dropped"]],
    }


NAMES: Final = {
    "provider": ("anthropic", "zai", "cerebras", "local"),
    "model": (
        "claude-sonnet-5-5",
        "glm-5.3",
        "claude-haiku-4-5",
        "gpt-oss-120b",
        "qwen3-coder:30b",
    ),
    "client": ("claude-code", "codex", "opencode"),
    "project": ("/srv/shop", "/srv/shop/mobile", ""),
    "session": ("claude-code:7f3a9c1e", "codex:0199a213"),
}


def usage_row(name: str, weight: float) -> dict[str, Any]:
    """One line of ``usage``."""
    into = int(41_000_000 * weight)
    return {
        "name": name,
        "requests": int(3900 * weight),
        "failed": int(31 * weight),
        "attempts": int(4000 * weight),
        "input_tokens": into,
        "output_tokens": into // 38,
        "cache_read_tokens": int(into * 0.78),
        "cache_write_tokens": into // 20,
        "reasoning_tokens": into // 160,
        "cache_share": 0.78,
        "cost_usd": None if name == "local" else round(61.2 * weight, 4),
        "unknown_cost": 12 if name == "local" else 0,
        "unknown_usage": 0,
        "cache_loss_usd": round(1.9 * weight, 4),
        "duration_ms": 1e7 * weight,
    }


def usage(by: str) -> list[dict[str, Any]]:
    """Sums by a dimension."""
    if by == "day":
        days = [datetime.now().astimezone() - timedelta(days=back) for back in range(6, -1, -1)]
        return [usage_row(f"{each:%Y-%m-%d}", 0.05 + each.day % 5 / 20) for each in days]
    return [usage_row(name, 0.6 / (place + 1) ** 1.3) for place, name in enumerate(NAMES[by])]


def series(by: str, bucket: str, since: str) -> dict[str, Any]:
    """Sums by a dimension and by time."""
    dice = random.Random(since + bucket)
    step = 3600 if bucket == "hour" else 86_400
    span_s = int(since[:-1]) * {"h": 3600, "d": 86_400}[since[-1]]
    end = int(datetime.now(UTC).timestamp()) // step * step
    times = list(range(end - span_s + step, end + 1, step))
    found = {}
    for place, name in enumerate(NAMES.get(by, ("all",))):
        work = [max(0.0, dice.gauss(1, 0.5)) / (place + 1) for _ in times]
        cost = [None if name == "local" else round(each * step / 86_400 * 6, 4) for each in work]
        found[name] = {
            "cost_usd": cost,
            "input_tokens": [int(each * 4e6) for each in work],
            "output_tokens": [int(each * 1e5) for each in work],
            "cache_read_tokens": [int(each * 3.1e6) for each in work],
            "exchanges": [int(each * 320) for each in work],
            "failures": [int(each * 2) for each in work],
            "cache_loss_usd": [round(each * 0.2, 4) for each in work],
        }
    return {"times": times, "series": found}


# ---------------------------------------------------------------- the rest


def catalogue() -> dict[str, Any]:
    """Some of the presets."""
    rows = (
        (
            "anthropic",
            "Anthropic",
            "ANTHROPIC_API_KEY",
            {"anthropic": "https://api.anthropic.com"},
            True,
        ),
        (
            "openai",
            "OpenAI",
            "OPENAI_API_KEY",
            {"openai-responses": "https://api.openai.com/v1"},
            True,
        ),
        (
            "deepseek",
            "DeepSeek",
            "DEEPSEEK_API_KEY",
            {"anthropic": "https://api.deepseek.com/anthropic"},
            False,
        ),
        ("ollama", "Ollama", None, {"openai-chat": "http://127.0.0.1:11434/v1"}, False),
    )
    return {
        "presets": [
            {
                "name": name,
                "title": title,
                "website": "https://example.org",
                "key_env": key_env,
                "needs_key": key_env is not None,
                "notes": "Prices as of October.",
                "formats": formats,
                "models": 12,
                "added": added,
            }
            for name, title, key_env, formats, added in rows
        ]
    }


def log_lines() -> list[dict[str, Any]]:
    """The end of the log, oldest first."""
    lines: list[dict[str, Any]] = [
        {
            "ts": ago(500 - place * 9),
            "level": "info",
            "logger": "aimux.gateway",
            "message": "exchange",
            "request_id": f"req_{26 - place:04d}",
            "asked_model": "claude-sonnet-5-5",
            "provider": "anthropic",
            "status": 200,
            "outcome": "ok",
            "duration_ms": 8400.2,
            "cost_usd": 0.0371,
        }
        for place in range(26)
    ]
    lines[8] = {
        "ts": ago(430),
        "level": "warning",
        "logger": "aimux.routing",
        "message": "the key second of zai rests for 60 s: too many requests",
    }
    lines[15] = {
        "ts": ago(366),
        "level": "error",
        "logger": "aimux.gateway",
        "message": "anthropic broke off in the middle of its answer",
        "request_id": "req_cut",
        "traceback": "Traceback (most recent call last):\n  ...",
    }
    return lines


def rehearsal() -> dict[str, Any]:
    """What would become of a request."""
    target = {
        "key": "default",
        "now": True,
        "format": "anthropic",
        "behind": None,
        "score": None,
        "words": "",
        "cost_usd": 0.0812,
        "cached_tokens": 41_000,
        "refusal": None,
        "dropped": [],
    }
    return {
        "live": True,
        "config_generation": 4,
        "asked_model": "claude-haiku-4-5",
        "format": "anthropic",
        "stream": True,
        "client": "claude-code",
        "session": "",
        "input_tokens": 40_000,
        "output_tokens": 1024,
        "task": "chat",
        "thinking": "off",
        "has": ["tools"],
        "route": "background",
        "rule": "model like claude-*haiku*",
        "rules": [
            {
                "name": "background",
                "conditions": "model like claude-*haiku*",
                "matches": True,
                "unmet": [],
            },
            {
                "name": "long",
                "conditions": "at least 200,000 tokens",
                "matches": False,
                "unmet": ["40,000 tokens, not at least 200,000"],
            },
        ],
        "strategy": "priority",
        "failover_on": [],
        "hedge_after_s": None,
        "targets": [
            {
                **target,
                "target": "zai/glm-4.5-air",
                "mode": "translate",
                "dropped": ["cache_control"],
            },
            {
                **target,
                "target": "local/qwen3-coder:30b",
                "mode": "translate",
                "cost_usd": None,
                "cached_tokens": 0,
                "now": False,
                "behind": "two requests are open already",
            },
        ],
        "left_out": [{"target": "cerebras/gpt-oss-120b", "reason": "the provider is disabled"}],
        "notes": [],
        "wait_s": 0.0,
        "summary": "would ask zai/glm-4.5-air first (translate), then local/qwen3-coder:30b (translate)",
    }
