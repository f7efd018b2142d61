"""An exchange's record as rows of the ledger: facts, and no word of what was said.

Left out on purpose, because they may quote a prompt or a key: the messages of errors (the log has
them, redacted), details of what translation dropped (the codes stay), and whatever a vendor has said of
itself that became a reason for leaving its target out.  Texts that a client chooses are cut at 200
characters.  Numbers are as the provider told them; what it did not tell is NULL, never 0.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Final, NamedTuple, Protocol

from aimux.catalogue.provider import PriceFacts
from aimux.model.loss import Loss
from aimux.model.request import WireFormat
from aimux.model.response import Usage
from aimux.routing.cost import usage_cost
from aimux.routing.plan import Decision, Ranked, Refusal
from aimux.telemetry.errortypes import ErrorType, FailedAttempt, type_of_attempt, type_of_exchange
from aimux.telemetry.ledger_schema import SUMS
from aimux.wire import jsontext
from aimux.wire.codec import Mode, Operation

LONGEST_TEXT: Final = 200
MOST_LISTED: Final = 40
"""Candidates and refusals of one decision."""

_MOST: Final = 2**40
"""Of any count: beyond it a provider has told nonsense, and sums must not overflow."""

_SCORES: Final = 1e12
_HOUR_MS: Final = 3_600_000
_WELL: Final = frozenset({"ok", "client_gone"})
_make: Final = tuple.__new__
_REMAINING: Final = re.compile(r" \(for [^()]* more\)\Z")


class ToldAttempt(FailedAttempt, Protocol):
    """What is read of an attempt's record; times are monotonic seconds."""

    @property
    def provider(self) -> str: ...  # noqa: D102 -- the fields of gateway.record
    @property
    def model(self) -> str: ...  # noqa: D102
    @property
    def key(self) -> str | None: ...  # noqa: D102
    @property
    def began(self) -> float: ...  # noqa: D102
    @property
    def ended(self) -> float | None: ...  # noqa: D102
    @property
    def first_event(self) -> float | None: ...  # noqa: D102
    @property
    def status(self) -> int | None: ...  # noqa: D102


class Told(Protocol):
    """What is read of an exchange's record, once it has ended and nothing of it changes any more."""

    @property
    def id(self) -> str: ...  # noqa: D102 -- the fields of gateway.record
    @property
    def began(self) -> float: ...  # noqa: D102
    @property
    def started_at(self) -> float: ...  # noqa: D102
    @property
    def client(self) -> str: ...  # noqa: D102
    @property
    def token(self) -> str: ...  # noqa: D102
    @property
    def project(self) -> str | None: ...  # noqa: D102
    @property
    def format(self) -> WireFormat | None: ...  # noqa: D102
    @property
    def operation(self) -> Operation: ...  # noqa: D102
    @property
    def asked_model(self) -> str: ...  # noqa: D102
    @property
    def stream(self) -> bool: ...  # noqa: D102
    @property
    def decision(self) -> Decision | None: ...  # noqa: D102
    @property
    def attempts(self) -> Sequence[ToldAttempt]: ...  # noqa: D102
    @property
    def provider(self) -> str | None: ...  # noqa: D102
    @property
    def model(self) -> str | None: ...  # noqa: D102
    @property
    def mode(self) -> str | None: ...  # noqa: D102
    @property
    def status(self) -> int: ...  # noqa: D102
    @property
    def outcome(self) -> str: ...  # noqa: D102
    @property
    def error(self) -> str | None: ...  # noqa: D102
    @property
    def losses(self) -> tuple[Loss, ...]: ...  # noqa: D102
    @property
    def usage(self) -> Usage: ...  # noqa: D102
    @property
    def cost_usd(self) -> float | None: ...  # noqa: D102
    @property
    def cost_source(self) -> str: ...  # noqa: D102
    @property
    def cache_loss_tokens(self) -> int: ...  # noqa: D102
    @property
    def cache_loss_cause(self) -> str: ...  # noqa: D102
    @property
    def cache_loss_usd(self) -> float | None: ...  # noqa: D102
    @property
    def first_event(self) -> float | None: ...  # noqa: D102
    @property
    def ended(self) -> float | None: ...  # noqa: D102


class Rows(NamedTuple):
    """What one exchange adds to the ledger; each row in the order of its table's columns."""

    exchange: tuple[Any, ...]
    attempts: list[tuple[Any, ...]]
    hour: int
    names: tuple[str, ...]
    """By dimension, as ``DIMENSIONS`` has them."""
    sums: list[float]


class _Alike(NamedTuple):
    """What is the same in one exchange after another, as the database takes it."""

    client: str
    project: str | None
    operation: str
    format: str
    asked_model: str
    provider: str | None
    model: str | None
    names: tuple[str, str, str, str]
    """By the dimensions but the session."""


@lru_cache(maxsize=256)
def _alike(  # noqa: PLR0913, PLR0917  -- what tells exchanges apart; by keyword it would cost more
    client: str,
    project: str | None,
    operation: Operation,
    format_: WireFormat | None,
    asked_model: str,
    provider: str | None,
    model: str | None,
) -> _Alike:
    client, project, model = _text(client), _text(project or ""), _text(model or "")
    target = f"{provider}/{model}" if provider else ""
    return _Alike(
        client,
        project or None,
        operation.value,
        "" if format_ is None else format_.value,
        _text(asked_model),
        provider or None,
        model or None,
        (provider or "", target, client, project),
    )


def rows_of(record: Told, number: int, run: int) -> Rows:
    """The rows of an exchange that has ended.

    It is reckoned in the daemon's own process for every exchange: texts that come again are looked at
    once, and what is done to each number stands in its line.
    """
    began, ended, first = record.began, record.ended, record.first_event
    ended = began if ended is None else ended
    decision, attempts, operation = record.decision, record.attempts, record.operation
    alike = _alike(
        record.client,
        record.project,
        operation,
        record.format,
        record.asked_model,
        record.provider,
        record.model,
    )
    client, project, operation_name, format_name, asked_model, provider, model, names = alike
    usage, cost, lost_usd = record.usage, record.cost_usd, record.cache_loss_usd
    read, wrote = usage.input_tokens, usage.output_tokens
    cached, written, reasoned = (
        usage.cache_read_tokens,
        usage.cache_write_tokens,
        usage.reasoning_tokens,
    )
    if (read or 0) + (wrote or 0) + (cached or 0) + (written or 0) + (reasoned or 0) > _MOST:
        read, wrote, cached, written, reasoned = map(
            _count, (read, wrote, cached, written, reasoned)
        )
    outcome, error, mode = record.outcome, record.error, record.mode
    session = decision.session if decision is not None else ""
    other_target = other_usd = None
    if decision is not None and len(decision.order) > 1:
        other_target, other_usd = _other(decision, record)
    duration_ms = int((ended - began) * 1_000_000 + 0.5) / 1000
    started_ms = int(record.started_at * 1000)
    exchange = (
        number,
        record.id,
        run,
        started_ms,
        client,
        record.token,
        project,
        session or None,
        operation_name,
        format_name,
        asked_model,
        decision.route if decision is not None else None,
        provider,
        model,
        attempts[-1].key if provider and attempts else None,
        mode,
        None if mode is None else _upstream_format(record, format_name),
        1 if record.stream else 0,
        record.status,
        "internal" if outcome == "open" else outcome,
        None if outcome == "ok" else _word(type_of_exchange(outcome, error, attempts)),
        error.partition(": ")[0] if error else None,
        len(attempts),
        read,
        wrote,
        cached,
        written,
        reasoned,
        cost,
        None if cost is None else record.cost_source,
        record.cache_loss_tokens or None,
        lost_usd,
        record.cache_loss_cause or None,
        None if first is None else int((first - began) * 1_000_000 + 0.5) / 1000,
        duration_ms,
        other_target,
        other_usd,
        None if decision is None else _decided(decision),
        _dropped(record.losses) if record.losses else None,
    )
    # whoever has not answered, and whoever has merely counted, asks no money
    used = record.provider is not None and operation is not Operation.COUNT_TOKENS
    sums = [
        1,
        0 if outcome in _WELL else 1,
        len(attempts),
        read or 0,
        wrote or 0,
        cached or 0,
        written or 0,
        reasoned or 0,
        1 if used and read is None and wrote is None else 0,
        cost or 0.0,
        0 if cost is None else 1,
        1 if used and cost is None else 0,
        lost_usd or 0.0,
        duration_ms,
    ]
    tried = [_attempt(number, place, each, began, ended) for place, each in enumerate(attempts, 1)]
    return _make(Rows, (exchange, tried, started_ms // _HOUR_MS, (*names, session), sums))


assert len(SUMS) == 14  # noqa: S101 -- what ``rows_of`` fills in


def texts_of(record: Told) -> str:
    """Everything in an exchange's rows that somebody else has worded, to be searched for secrets."""
    decision = record.decision
    words = [record.client, record.asked_model, record.project or "", record.model or ""]
    if decision is not None:
        words += [decision.route, decision.rule, decision.session, *decision.notes]
        words += [each.reason for each in decision.refusals]
        words += decision.candidates
        words += [each.target for each in decision.refusals]
    return "\n".join(words)


def _attempt(
    number: int, place: int, attempt: ToldAttempt, began: float, ended: float
) -> tuple[Any, ...]:
    start, over, first = attempt.began, attempt.ended, attempt.first_event
    over = ended if over is None else over
    outcome, wait_s = attempt.outcome, attempt.retry_after_s
    return (
        number,
        place,
        attempt.provider,
        _text(attempt.model),
        attempt.key,
        int((start - began) * 1_000_000 + 0.5) / 1000,
        None if first is None else int((first - start) * 1_000_000 + 0.5) / 1000,
        int((over - start) * 1_000_000 + 0.5) / 1000,
        attempt.status,
        outcome,
        None if outcome == "ok" else _word(type_of_attempt(outcome, wait_s)),
        wait_s,
    )


def _upstream_format(record: Told, asked: str) -> str | None:
    """In which format the one who answered was asked."""
    if record.mode != Mode.TRANSLATE:
        return asked or None
    order = record.decision.order if record.decision else ()
    place = (record.provider, record.model)
    return next((each.format.value for each in order if each.place == place), None)


def _other(decision: Decision, record: Told) -> tuple[str | None, float | None]:
    """Who else would have been asked, and what the same tokens would have cost there."""
    first, second, *_ = decision.order
    other = second if first.place == (record.provider, record.model) else first
    cost_usd = _cost_there(other.facts.price, record.usage)
    return (None, None) if cost_usd is None else (_text(other.name), round(cost_usd, 6))


def _decided(decision: Decision) -> str:
    """The decision as JSON; what is empty is left out."""
    ranks = decision.ranks
    ranked = any(each.score is not None or each.words for each in ranks)
    if not ranked and not decision.refusals and not decision.notes:
        return _plainly_decided(
            decision.generation,
            decision.rule,
            decision.strategy,
            decision.candidates,
            decision.input_tokens,
        )
    told = _plain(
        decision.generation,
        decision.rule,
        decision.strategy,
        decision.candidates,
        decision.input_tokens,
    )
    if decision.refusals:
        told["refusals"] = [
            [_text(each.target), _text(reason_without_quotes(each))]
            for each in decision.refusals[:MOST_LISTED]
        ]
    if decision.notes:
        told["notes"] = [_text(each) for each in decision.notes]
    if ranked:
        told["ranks"] = [_rank(each) for each in ranks[:MOST_LISTED]]
    return jsontext.dumps(told).decode("utf-8", "replace")


def _plain(
    generation: int,
    rule: str,
    strategy: str,
    candidates: tuple[str, ...],
    input_tokens: int | None,
) -> dict[str, Any]:
    told: dict[str, Any] = {
        "generation": generation,
        "rule": _text(rule),
        "strategy": strategy,
        "candidates": [_text(each) for each in candidates[:MOST_LISTED]],
    }
    if input_tokens is not None:
        told["input_tokens"] = input_tokens
    return told


@lru_cache(maxsize=64)
def _plainly_decided(
    generation: int,
    rule: str,
    strategy: str,
    candidates: tuple[str, ...],
    input_tokens: int | None,
) -> str:
    """The same decision is made again and again, as long as all are well."""
    told = _plain(generation, rule, strategy, candidates, input_tokens)
    return jsontext.dumps(told).decode("utf-8", "replace")


def _rank(rank: Ranked) -> list[Any]:
    score = rank.score
    if score is not None:
        score = round(score, 6) if abs(score) < _SCORES else None  # JSON has no infinity
    return [_text(rank.candidate.name), score, _text(rank.words)]


def _cost_there(price: PriceFacts, usage: Usage) -> float | None:
    """What the same tokens would have cost at a target that has nothing of them in its cache."""
    if usage.input_tokens is None or price.input is None:
        return None
    return usage_cost(price, Usage(usage.input_tokens, usage.output_tokens))


def reason_without_quotes(refusal: Refusal) -> str:
    """A refusal's reason without what the provider itself has said: that may repeat a prompt.

    An error of a provider's begins with its name; its words go up to how long the rest lasts.
    """
    reason = refusal.reason
    provider = refusal.target.partition("/")[0]
    before, found, after = reason.partition(f"{provider}: ")
    if not found:
        return reason
    lasts = _REMAINING.search(after)
    told = before.removesuffix(": ") if before else "it has failed"
    return told + (lasts[0] if lasts else "")


def _dropped(losses: tuple[Loss, ...]) -> str:
    """The codes of what was lost, each with how often."""
    return jsontext.dumps(Counter(loss.code for loss in losses)).decode()


def _text(text: str) -> str:
    """A text that the database takes: bounded, and without halves of characters."""
    if len(text) > LONGEST_TEXT:
        text = text[: LONGEST_TEXT - 3] + "..."
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def _word(type_: ErrorType | None) -> str | None:
    return None if type_ is None else type_.value


def _count(count: int | None) -> int | None:
    """A count that can be true."""
    return None if count is None or count > _MOST else count
