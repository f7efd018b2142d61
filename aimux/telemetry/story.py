"""An exchange's story in sentences, from recorded facts: nothing here guesses.

Facts come as ``telemetry.ledger_queries.exchange_shape`` gives them, or as the daemon tells of an exchange
that is still open; what only one of them has is left out where it is not there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

Facts = Mapping[str, Any]

_VERDICTS: Final[Mapping[str, str]] = {
    "ok": "answered",
    "open": "is still at it",
    "outrun": "was slower than the other one and was stopped",
    "client_gone": "was stopped, because the client left",
    "connect": "could not be reached",
    "connect_timeout": "could not be reached within the limit",
    "bad_request": "refused the request as wrong",
    "unsupported": "cannot be told what the request holds; nothing was sent",
    "context_overflow": "refused it: the prompt is longer than its window",
    "too_large": "refused it: the request is too large",
    "refusal": "refused it: its policy forbids what is asked",
    "budget": "was not asked: a budget is spent",
    "billing": "refused it: the account has no credit",
    "auth": "refused the key",
    "model_unknown": "does not know the model",
    "transient": "asked to come again",
    "bad_call": "had written a tool call that nobody could read",
    "rate_short": "had too many requests, for a moment",
    "rate_long": "had too many requests, or its plan is used up",
    "server_error": "failed with an error of its own",
    "overloaded": "was overloaded",
    "first_event_timeout": "did not begin to answer within the limit",
    "total_timeout": "took longer than the limit",
    "protocol": "answered with something that is no answer",
    "cut": "broke off",
    "idle": "fell silent in the middle of its answer",
    "ending": "was cut short, because aimux ended",
}
_OUTCOMES: Final[Mapping[str, str]] = {
    "open": "It is still open.",
    "client_error": "The client was told that its request is at fault.",
    "upstream_error": "Nobody was left to ask: the client was told the error.",
    "cut": "The answer broke off in the middle, and the client was told so.",
    "client_gone": "The client left before the answer was complete.",
    "internal": "It ended in a bug of aimux.",
}
_MODES: Final[Mapping[str, str]] = {
    "relay": "every byte was passed on as it came",
    "patch": "the bytes were passed on but for named edits",
    "translate": "request and answer were translated",
}
_STRATEGIES: Final[Mapping[str, str]] = {
    "priority": "in the order of the configuration",
    "weighted": "by chance, by their weights",
    "round-robin": "in turn",
    "fastest": "the fastest first",
    "cheapest": "the cheapest first",
    "least-busy": "the least busy first",
    "adaptive": "by what has been learned of them",
}


def story(facts: Facts) -> Iterator[str]:
    """The whole story of one exchange, a line at a time; the first is its id, an empty one parts what
    belongs together.
    """
    yield str(facts["id"])
    yield from _asked(facts)
    yield from _chosen(facts)
    yield from _tried(facts)
    yield from _answered(facts)
    yield from _spent(facts)
    yield from _lost(facts)


def add_words(facts: dict[str, Any], remembered: dict[str, Any] | None) -> None:
    """Adds to what the ledger has what the daemon remembers for a while: what providers have said, which
    is never written down.
    """
    if remembered is None or len(remembered["attempts"]) != len(facts["attempts"]):
        return
    for each, told in zip(facts["attempts"], remembered["attempts"], strict=True):
        each["error"] = told["error"]
    if remembered["error"]:
        facts["error"] = remembered["error"]


# ---------------------------------------------------------------- what was asked


def _asked(facts: Facts) -> Iterator[str]:
    who = facts["client"] or "a client"
    how = "streamed" if facts["stream"] else "not streamed"
    what = {
        "count_tokens": "how many tokens a request takes",
        "embed": f"embeddings of {_named(facts)}",
    }.get(facts.get("operation", ""), _named(facts))
    yield f"{who} asked for {what} at {local_time(facts['started_at'])} ({facts['format']}, {how})."
    belongs = [
        f"{name} {facts[key]}"
        for name, key in (("project", "project"), ("session", "session"))
        if facts.get(key)
    ]
    if belongs:
        yield f"It belongs to {' and '.join(belongs)}."


def _named(facts: Facts) -> str:
    return (
        f"{facts['asked_model']!r}" if facts["asked_model"] else "something that could not be read"
    )


# ---------------------------------------------------------------- what was chosen


def _chosen(facts: Facts) -> Iterator[str]:
    candidates = facts["candidates"]
    if not candidates and not facts["refusals"]:
        return
    yield ""
    yield _rule(facts)
    ranks = {each["target"]: each for each in facts.get("ranks", [])}
    how = _STRATEGIES.get(facts.get("strategy", ""), "")
    if len(candidates) == 1:
        yield f"One target could be asked: {candidates[0]}."
    elif candidates:
        yield f"{len(candidates)} targets could be asked{f', {how}' if how else ''}:"
        for place, target in enumerate(candidates, 1):
            yield f"  {place}. {target}{_score(ranks.get(target))}"
    if facts["refusals"]:
        yield "Left out, or put behind the others:"
        for each in facts["refusals"]:
            yield f"  - {each['target']}: {each['reason']}"
    for note in facts.get("notes", ()):
        yield _sentence(note)


def _rule(facts: Facts) -> str:
    route = facts["route"]
    if route == "direct":
        return "The request named its target itself."
    if route == "default":
        return "No rule matched, so it went by routing.default."
    rule = facts.get("rule")
    return f"The rule {route!r} holds" + (f": {rule}." if rule else ".")


def _score(rank: Mapping[str, Any] | None) -> str:
    if rank is None:
        return ""
    told = [rank["words"]] if rank.get("words") else []
    if rank.get("score") is not None:
        told.append(f"score {rank['score']:g}")
    return f"  ({', '.join(told)})" if told else ""


# ---------------------------------------------------------------- what was tried


def _tried(facts: Facts) -> Iterator[str]:
    attempts = facts["attempts"]
    yield ""
    if not attempts:
        yield "Nobody was asked."
        return
    for number, each in enumerate(attempts, 1):
        yield f"{_ordinal(number, len(attempts))}{_attempt(each)}"
        if each.get("error"):
            yield f"   it said: {each['error']}"


def _attempt(each: Mapping[str, Any]) -> str:
    target = f"{each['provider']}/{each['model']}"
    key = f" (key {each['key']})" if each["key"] and each["key"] != "default" else ""
    verdict = _VERDICTS.get(each["outcome"], each["outcome"])
    status = f" ({each['status']})" if each["status"] and each["outcome"] != "ok" else ""
    after = f" after {time_span(each['duration_ms'])}"
    if each["outcome"] == "ok" and each["first_event_ms"] is not None:
        after = (
            f", its first words after {time_span(each['first_event_ms'])}, "
            f"all of it after {time_span(each['duration_ms'])}"
        )
    wait_s = each.get("retry_after_s")
    wait = f"; it asked to wait {time_span(wait_s * 1000)}" if wait_s else ""
    return f"{target}{key} {verdict}{status}{after}{wait}."


def _ordinal(number: int, count: int) -> str:
    return "" if count == 1 else f"{number}. "


def _answered(facts: Facts) -> Iterator[str]:
    outcome = facts["outcome"]
    if outcome == "ok" and facts["provider"] and facts["mode"]:
        text = _MODES[facts["mode"]].capitalize()
        if len(facts["attempts"]) > 1:
            text = f"{target_of(facts)} has answered; {_MODES[facts['mode']]}"
        if facts.get("upstream_format") and facts["upstream_format"] != facts["format"]:
            text += f" ({facts['format']} to {facts['upstream_format']})"
        yield f"{text}."
    elif outcome == "rejected":
        yield f"aimux refused it: {facts['error'] or 'no reason is recorded'}."
    elif outcome in _OUTCOMES:
        yield _OUTCOMES[outcome]
    if outcome not in {"ok", "open"}:
        word = f", {facts['error_type']}" if facts.get("error_type") else ""
        yield f"Status {facts['status']}{word}. Its words are in: aimux logs --request {facts['id']}"
    if facts["duration_ms"] is not None and (len(facts["attempts"]) > 1 or outcome != "ok"):
        yield f"All in all it took {time_span(facts['duration_ms'])}."


# ---------------------------------------------------------------- what it took


def _spent(facts: Facts) -> Iterator[str]:
    tokens = _tokens(facts)
    if not tokens and not facts["provider"]:
        return
    yield ""
    yield tokens or "How many tokens it took was not told."
    cost_usd = facts.get("cost_usd")
    if cost_usd is not None:
        source = f" (price: {facts['cost_source']})" if facts.get("cost_source") else ""
        yield f"It cost {usd(cost_usd)}{source}."
    elif facts["provider"] and facts.get("operation") != "count_tokens" and "cost_usd" in facts:
        yield "What it cost is unknown."
    other = facts.get("other")
    if other:
        yield (
            f"At {other['target']} the same tokens would have cost about "
            f"{usd(other['would_cost_usd'])}, with nothing of them cached there."
        )
    yield from _cache(facts)


def _tokens(facts: Facts) -> str:
    into, out = facts["input_tokens"], facts["output_tokens"]
    if into is None and out is None:
        return ""
    cached = [
        f"{facts[key]:,} {words}"
        for key, words in (
            ("cache_read_tokens", "read from the cache"),
            ("cache_write_tokens", "written to it"),
        )
        if facts[key]
    ]
    text = f"{_count(into)} tokens went in"
    if cached:
        text += f" ({', '.join(cached)})"
    text += f" and {_count(out)} came out"
    if facts["reasoning_tokens"]:
        text += f" ({facts['reasoning_tokens']:,} of them thinking)"
    return f"{text}."


def _count(tokens: int | None) -> str:
    return "an unknown number of" if tokens is None else f"{tokens:,}"


def _cache(facts: Facts) -> Iterator[str]:
    lost, lost_usd = facts.get("cache_loss_tokens"), facts.get("cache_loss_usd")
    if lost or lost_usd:
        cause = f" ({facts['cache_loss_cause']})" if facts.get("cache_loss_cause") else ""
        tokens = f": {lost:,} tokens were read anew" if lost else ""
        cost = f"; that cost {usd(lost_usd)} more" if lost_usd else ""
        yield f"A warm cache was left{cause}{tokens}{cost}."
        return
    read, into = facts["cache_read_tokens"], facts["input_tokens"]
    if read and into:
        yield f"The cache was kept: {min(1.0, read / into):.0%} of the prompt came from it."


def _lost(facts: Facts) -> Iterator[str]:
    lost = [each for each in facts["dropped"] if each["severity"] != "debug"]
    small = [each["code"] for each in facts["dropped"] if each["severity"] == "debug"]
    if lost:
        yield ""
        yield "Translation could not carry over, or had to repair:"
        for each in lost:
            times = f" ({each['times']} times)" if each.get("times", 1) > 1 else ""
            yield f"  - {each['words']}{times}  [{each['code']}]"
    if small:
        yield f"Without consequence for the answer: {', '.join(dict.fromkeys(small))}."


# ---------------------------------------------------------------- a session


def session_lines(exchanges: Sequence[Facts]) -> Iterator[tuple[str, ...]]:
    """One row for each exchange: time, id, target, outcome, tokens, cost, and why the target changed."""
    before: Facts | None = None
    for each in exchanges:
        switch = "" if before is None else switched(before, each)
        yield (
            local_time(each["started_at"]),
            each["id"],
            target_of(each) or "-",
            each["outcome"] if each["outcome"] == "ok" else each["error_type"] or each["outcome"],
            short_count(each["input_tokens"]),
            short_count(each["output_tokens"]),
            "?" if each["cost_usd"] is None else usd(each["cost_usd"]),
            switch,
        )
        if target_of(each):
            before = each


def switched(before: Facts, now: Facts) -> str:
    """Why a session's exchange went to another target than the one before it; empty if it did not."""
    old, new = target_of(before), target_of(now)
    if not new or old == new:
        return ""
    failed = next(
        (
            each
            for each in now["attempts"]
            if f"{each['provider']}/{each['model']}" == old and each["outcome"] != "ok"
        ),
        None,
    )
    if failed is not None:
        return f"-> {old} {_VERDICTS.get(failed['outcome'], failed['outcome'])}"
    refused = next((each["reason"] for each in now["refusals"] if each["target"] == old), None)
    if refused is not None:
        return f"-> {old} was left out: {refused}"
    if now["asked_model"] != before["asked_model"]:
        return f"-> {now['asked_model']!r} was asked for"
    if now["route"] != before["route"]:
        return f"-> the rule {now['route']!r} holds"
    if now["notes"]:
        return f"-> {now['notes'][0]}"
    if now.get("generation") != before.get("generation"):
        return "-> the configuration has changed"
    return f"-> {_STRATEGIES.get(now.get('strategy', ''), 'another order')}"


def target_of(facts: Facts) -> str:
    """``provider/model`` of the one who answered, or nothing."""
    return f"{facts['provider']}/{facts['model']}" if facts["provider"] else ""


# ---------------------------------------------------------------- numbers and times


def time_span(milliseconds: float) -> str:
    """``350 ms``, ``2.1 s``, ``4 min 10 s``, ``2 h 5 min``."""
    if milliseconds < 999.5:
        return f"{milliseconds:.0f} ms"
    seconds = milliseconds / 1000
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def usd(amount: float) -> str:
    """``$0.0123`` below one dollar, ``$12.30`` from there on (as ``routing.cost``, which takes long to
    import).
    """
    if amount >= 1:
        return f"${amount:,.2f}"
    if amount >= 0.0001:
        return f"${amount:.4f}"
    return "under $0.0001" if amount > 0 else "$0"


def short_count(count: int | None) -> str:
    """``950``, ``12.3k``, ``4.5M``; a question mark for what is unknown."""
    if count is None:
        return "?"
    if count < 1000:
        return str(count)
    return f"{count / 1000:.1f}k" if count < 999_950 else f"{count / 1e6:.1f}M"


def local_time(stamp: str) -> str:
    """An ISO time as the wall clock here shows it."""
    return datetime.fromisoformat(stamp).astimezone().strftime("%Y-%m-%d %H:%M:%S")


def recent_time(shown: str) -> str:
    """A time of :func:`local_time` in less room: of today without the day, else without year and seconds.

    What is no time, such as a heading, stays as it is.
    """
    today = datetime.now().astimezone().strftime("%Y-%m-%d")
    if len(shown) != len("2026-11-30 12:00:00"):
        return shown
    return shown[11:] if shown.startswith(today) else shown[5:16]


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."
