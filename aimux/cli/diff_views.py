"""Two exchanges side by side, and what was said otherwise in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from aimux.cli import output
from aimux.errors import AimuxError

if TYPE_CHECKING:
    from aimux.config.paths import Paths
    from aimux.telemetry.bodies_file import Kept

Facts = Mapping[str, Any]

MOST_LINES: Final = 400
"""Shown of one difference; all of them stand in ``--json``."""


def compared(paths: Paths, first: str, second: str) -> dict[str, Any]:
    """Everything that is known of the two and of how they differ.

    Raises:
        NothingRecorded: one of them is not recorded.
    """
    from aimux.cli.kept import facts_of

    facts = facts_of(paths, first), facts_of(paths, second)
    kept = [_kept(paths, each) for each in facts]
    problems = {
        each["id"]: why for each, why in zip(facts, kept, strict=True) if isinstance(why, str)
    }
    told: dict[str, Any] = {
        "first": facts[0],
        "second": facts[1],
        "not_kept": problems,
        "request": None,
        "answer": None,
    }
    one, other = kept
    if not isinstance(one, str) and not isinstance(other, str):
        told["request"], told["answer"] = _said_otherwise(one, other)
    return told


def _kept(paths: Paths, facts: Facts) -> Kept | str:
    """What was said, or why that is not known: facts can be compared all the same."""
    from aimux.cli.kept import opened_kept

    try:
        return opened_kept(paths, facts)
    except AimuxError as problem:
        return problem.message if problem.hint is None else f"{problem.message} ({problem.hint})"


def _said_otherwise(one: Kept, other: Kept) -> tuple[dict[str, Any], dict[str, Any]]:
    from aimux.cli.differences import answer_differences, request_differences
    from aimux.cli.said import answer_said, request_said

    requests = request_said(one), request_said(other)
    answers = answer_said(one), answer_said(other)
    if isinstance(requests[0], str) or isinstance(requests[1], str):
        request = _unreadable(requests)
    else:
        request = request_differences(requests[0], requests[1])
    if isinstance(answers[0], str) or isinstance(answers[1], str):
        answer = _unreadable(answers)
    else:
        answer = answer_differences(answers[0], answers[1])
    return request, answer


def _unreadable(two: Sequence[object]) -> dict[str, Any]:
    """Why there is nothing to compare."""
    whose = zip(("first", "second"), two, strict=True)
    return {"unknown": {name: each for name, each in whose if isinstance(each, str)}}


# ---------------------------------------------------------------- facts


def fact_rows(first: Facts, second: Facts) -> list[tuple[str, str, str]]:
    """What is recorded of two exchanges, a fact a row."""
    ones, others = dict(_facts(first)), dict(_facts(second))
    return [(name, ones[name], others[name]) for name in ones]


def _facts(facts: Facts) -> Iterator[tuple[str, str]]:
    from aimux.telemetry.story import local_time, target_of, usd

    cost = facts.get("cost_usd")
    yield "id", facts["id"]
    yield "time", local_time(facts["started_at"])
    yield "asked", facts["asked_model"]
    yield "target", target_of(facts) or "nobody"
    yield "mode", facts["mode"] or "-"
    yield "attempts", str(len(facts["attempts"]))
    yield "status", str(facts["status"])
    yield "outcome", facts["outcome"]
    yield "tokens in", _count(facts["input_tokens"])
    yield "cached", _count(facts["cache_read_tokens"])
    yield "tokens out", _count(facts["output_tokens"])
    yield "cost", "unknown" if cost is None else usd(cost)
    yield "first words", _span(facts["first_event_ms"])
    yield "all of it", _span(facts["duration_ms"])


def _count(tokens: int | None) -> str:
    return "unknown" if tokens is None else f"{tokens:,}"


def _span(milliseconds: float | None) -> str:
    from aimux.telemetry.story import time_span

    return "-" if milliseconds is None else time_span(milliseconds)


# ---------------------------------------------------------------- words


def show_difference(told: Mapping[str, Any]) -> None:
    """The facts as a table, then what was said otherwise."""
    output.table(("", "FIRST", "SECOND"), fact_rows(told["first"], told["second"]))
    for identity, why in told["not_kept"].items():
        output.words(f"what was said in {identity} cannot be compared: {why}")
    if told["request"] is not None:
        for line in (*_request(told["request"]), *_answer(told["answer"])):
            output.data(output.printable(line))


def _request(found: Mapping[str, Any]) -> Iterator[str]:
    yield ""
    if "unknown" in found:
        yield from _unknown("request", found["unknown"])
        return
    lines = [
        *(f"  {each['field']}: {each['first']} -> {each['second']}" for each in found["fields"]),
        *_block("instructions:", found["system"]),
        *_messages(found["messages"]),
        *_tools(found["tools"]),
    ]
    yield "The requests differ:" if lines else "The requests say the same."
    yield from lines


def _messages(messages: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    words = {
        "added": "only in the second:",
        "removed": "only in the first:",
        "changed": "is not the same:",
    }
    for each in messages:
        yield from _block(f"message {each['number']} {words[each['change']]}", each["lines"])


def _tools(tools: Mapping[str, Sequence[str]]) -> Iterator[str]:
    for change, words in (
        ("added", "only the second has the tools"),
        ("removed", "only the first has the tools"),
        ("changed", "declared otherwise are the tools"),
    ):
        if tools[change]:
            yield f"  {words} {', '.join(tools[change])}"


def _answer(found: Mapping[str, Any]) -> Iterator[str]:
    yield ""
    if "unknown" in found:
        yield from _unknown("answer", found["unknown"])
        return
    lines = [
        *_block("text:", found["text"]),
        *_block("refusal:", found["refusal"]),
        *_block("thinking:", found["thinking"]),
        *_calls(found["calls"]),
        *_ends(found),
    ]
    yield "The answers differ:" if lines else "The answers say the same."
    yield from lines


def _calls(calls: Mapping[str, Sequence[Mapping[str, Any]]] | None) -> Iterator[str]:
    import json

    if calls is None:
        return
    for which in ("first", "second"):
        yield f"  the {which} calls {'nothing' if not calls[which] else ''}".rstrip()
        for each in calls[which]:
            yield f"    {each['name']} {json.dumps(each['arguments'], ensure_ascii=False)}"


def _ends(found: Mapping[str, Any]) -> Iterator[str]:
    for key, words in (("finish", "ends with"), ("error", "fails with")):
        if found[key] is not None:
            one, other = (found[key][which] or "nothing" for which in ("first", "second"))
            yield f"  the first {words} {one}, the second with {other}"


def _block(title: str, lines: Sequence[str]) -> Iterator[str]:
    if not lines:
        return
    yield f"  {title}"
    yield from (f"    {line}" for line in lines[:MOST_LINES])
    if len(lines) > MOST_LINES:
        yield f"    ... {len(lines) - MOST_LINES} lines more: --json has all of them"


def _unknown(what: str, reasons: Mapping[str, str]) -> Iterator[str]:
    for which, why in reasons.items():
        yield f"The {which} {what} cannot be compared: {why}"
