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
from aimux.telemetry.errortypes import FailedAttempt, type_of_attempt, type_of_exchange
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


def rows_of(record: Told, number: int, run: int) -> Rows:
    """The rows of an exchange that has ended."""
    began, ended = record.began, record.ended
    ended = began if ended is None else ended
    decision, usage, attempts = record.decision, record.usage, record.attempts
    outcome = "internal" if record.outcome == "open" else record.outcome
    counts = (
        _count(usage.input_tokens),
        _count(usage.output_tokens),
        _count(usage.cache_read_tokens),
        _count(usage.cache_write_tokens),
        _count(usage.reasoning_tokens),
    )
    client, project = _text(record.client), _text(record.project or "")
    provider, model = record.provider or "", _text(record.model or "")
    started_ms = int(record.started_at * 1000)
    duration_ms = _ms(ended - began)
    session = decision.session if decision is not None else ""
    failed = outcome not in {"ok", "client_gone"}
    untold = counts[0] is None and counts[1] is None
    used = _has_used(record)
    exchange = (
        number,
        record.id,
        run,
        started_ms,
        client,
        record.token,
        project or None,
        session or None,
        record.operation.value,
        record.format.value if record.format is not None else "",
        _text(record.asked_model),
        decision.route if decision is not None else None,
        provider or None,
        model or None,
        attempts[-1].key if provider and attempts else None,
        record.mode,
        _upstream_format(record),
        int(record.stream),
        record.status,
        outcome,
        type_of_exchange(record.outcome, record.error, attempts),
        record.error.partition(": ")[0] if record.error else None,
        len(attempts),
        *counts,
        record.cost_usd,
        None if record.cost_usd is None else record.cost_source,
        record.cache_loss_tokens or None,
        record.cache_loss_usd,
        record.cache_loss_cause or None,
        None if record.first_event is None else _ms(record.first_event - began),
        duration_ms,
        *_other(decision, record),
        None if decision is None else _decided(decision),
        _dropped(record.losses) if record.losses else None,
    )
    sums = [
        1,
        int(failed),
        len(attempts),
        counts[0] or 0,
        counts[1] or 0,
        counts[2] or 0,
        counts[3] or 0,
        counts[4] or 0,
        int(used and untold),
        record.cost_usd or 0.0,
        int(record.cost_usd is not None),
        int(used and record.cost_usd is None),
        record.cache_loss_usd or 0.0,
        duration_ms,
    ]
    tried = [_attempt(number, place, each, began, ended) for place, each in enumerate(attempts, 1)]
    names = (provider, f"{provider}/{model}" if provider else "", client, project, session)
    return Rows(exchange, tried, started_ms // _HOUR_MS, names, sums)


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
    first = attempt.first_event
    over = ended if attempt.ended is None else attempt.ended
    return (
        number,
        place,
        attempt.provider,
        _text(attempt.model),
        attempt.key,
        _ms(attempt.began - began),
        None if first is None else _ms(first - attempt.began),
        _ms(over - attempt.began),
        attempt.status,
        attempt.outcome,
        type_of_attempt(attempt.outcome, attempt.retry_after_s),
        attempt.retry_after_s,
    )


def _has_used(record: Told) -> bool:
    """Whether somebody has worked on it who asks money for that: what was not answered, and what was
    merely counted, costs nothing.
    """
    return record.provider is not None and record.operation is not Operation.COUNT_TOKENS


def _upstream_format(record: Told) -> str | None:
    """In which format the one who answered was asked."""
    if record.mode is None or record.format is None:
        return None
    if record.mode != Mode.TRANSLATE:
        return record.format.value
    order = record.decision.order if record.decision else ()
    place = (record.provider, record.model)
    return next((each.format.value for each in order if each.place == place), None)


def _other(decision: Decision | None, record: Told) -> tuple[str | None, float | None]:
    """Who else would have been asked, and what the same tokens would have cost there."""
    if decision is None or len(decision.order) < 2:
        return None, None
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


def _count(count: int | None) -> int | None:
    return None if count is None or count > _MOST else count


def _ms(seconds: float) -> float:
    """Milliseconds to the thousandth; ``round`` would cost four times as much."""
    return int(seconds * 1_000_000 + 0.5) / 1000
