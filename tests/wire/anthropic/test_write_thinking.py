"""Thinking, effort and the limit of the answer, by family of models."""

from __future__ import annotations

from typing import Any

import pytest

from aimux.model.parts import Opaque, OpaqueKind, Part, Text, Thinking, ToolCall, ToolResult
from aimux.model.request import (
    Choice,
    Effort,
    FunctionTool,
    Reasoning,
    Request,
    Role,
    Sampling,
    ToolChoice,
)
from aimux.wire.target import Target
from tests.wire.anthropic.asking import asked, body_of, lost, talk, target, write

MODERN, MANUAL, FOREIGN = "claude-opus-5-5", "claude-haiku-4-5", "glm-5.3"
ADAPTIVE = {"type": "adaptive"}
SHOWN = {"type": "adaptive", "display": "summarized"}
DISABLED = {"type": "disabled"}
USER, ASSISTANT = Role.USER, Role.ASSISTANT


def enabled(budget: int, **more: Any) -> dict[str, Any]:
    """Thinking by a number of tokens."""
    return {"type": "enabled", "budget_tokens": budget, **more}


@pytest.mark.parametrize(
    ("model", "reasoning", "thinking", "effort", "losses"),
    [
        (MODERN, Reasoning(), None, None, []),
        (MODERN, Reasoning(Effort.OFF), DISABLED, None, []),
        (MODERN, Reasoning(Effort.AUTO), SHOWN, None, []),
        (MODERN, Reasoning(Effort.AUTO, shown=False), ADAPTIVE, None, []),
        (MODERN, Reasoning(shown=True), SHOWN, None, []),
        (MODERN, Reasoning(Effort.MINIMAL), SHOWN, "low", ["effort.mapped"]),
        (MODERN, Reasoning(Effort.MAX), SHOWN, "max", []),
        (MODERN, Reasoning(Effort.MEDIUM, 5000), SHOWN, "medium", ["thinking.budget_mapped"]),
        ("claude-fable-5-1", Reasoning(Effort.OFF), None, None, ["effort.mapped"]),
        ("claude-fable-5-1", Reasoning(Effort.HIGH), SHOWN, "high", []),
        ("claude-opus-4-6", Reasoning(Effort.XHIGH), ADAPTIVE, "high", ["effort.mapped"]),
        (
            "claude-opus-4-6", Reasoning(Effort.LOW, shown=False),
            {"type": "adaptive", "display": "omitted"}, "low", [],
        ),
        (MANUAL, Reasoning(), None, None, []),
        (MANUAL, Reasoning(Effort.OFF), DISABLED, None, []),
        (MANUAL, Reasoning(Effort.MINIMAL), enabled(1024), None, ["thinking.budget_mapped"]),
        (MANUAL, Reasoning(Effort.LOW), enabled(2048), None, ["thinking.budget_mapped"]),
        (MANUAL, Reasoning(Effort.MEDIUM), enabled(8192), None, ["thinking.budget_mapped"]),
        (MANUAL, Reasoning(Effort.HIGH), enabled(16384), None, ["thinking.budget_mapped"]),
        (MANUAL, Reasoning(Effort.XHIGH), enabled(24576), None, ["thinking.budget_mapped"]),
        (MANUAL, Reasoning(Effort.MAX), enabled(31999), None, ["thinking.budget_mapped"]),
        (MANUAL, Reasoning(Effort.AUTO), enabled(16384), None, ["thinking.budget_mapped"]),
        (MANUAL, Reasoning(Effort.LOW, 3000), enabled(3000), None, []),
        (MANUAL, Reasoning(Effort.LOW, 10), enabled(1024), None, ["thinking.budget_mapped"]),
        (
            MANUAL, Reasoning(Effort.LOW, 3000, shown=False), enabled(3000, display="omitted"), None, [],
        ),
        ("claude-3-7-sonnet", Reasoning(Effort.LOW, 3000, shown=False), enabled(3000), None, []),
        ("claude-3-5-haiku", Reasoning(Effort.OFF), None, None, []),
        ("claude-3-5-haiku", Reasoning(Effort.LOW), None, None, ["effort.mapped"]),
        ("claude-3-5-haiku", Reasoning(shown=True), None, None, []),
        (FOREIGN, Reasoning(Effort.OFF), DISABLED, None, []),
        (FOREIGN, Reasoning(Effort.HIGH), ADAPTIVE, "high", []),
        (FOREIGN, Reasoning(Effort.AUTO, shown=False), ADAPTIVE, None, []),
    ],
)  # fmt: skip
def test_thinking_by_family(
    model: str,
    reasoning: Reasoning,
    thinking: object,
    effort: str | None,
    losses: list[str],
) -> None:
    """Edges 202, 221: reference 1.1.8 and 2.9.5."""
    request = asked(Text("hi"), reasoning=reasoning, sampling=Sampling(64000))
    written = write(request, target(model))
    body = body_of(written)

    assert body.get("thinking") == thinking
    assert body.get("output_config", {}).get("effort") == effort
    assert lost(written) == losses


def test_a_model_that_does_not_think_is_not_asked_to() -> None:
    """What the catalogue knows of it counts."""
    to = Target("main", "small", capabilities=frozenset({"tools"}))
    sampling = Sampling(100)
    high = write(asked(Text("hi"), reasoning=Reasoning(Effort.HIGH), sampling=sampling), to)
    off = write(asked(Text("hi"), reasoning=Reasoning(Effort.OFF), sampling=sampling), to)

    assert "thinking" not in body_of(high)
    assert "thinking" not in body_of(off)
    assert (lost(high), lost(off)) == (["effort.mapped"], [])


@pytest.mark.parametrize(
    ("asked_for", "limit", "budget", "tokens", "thinking"),
    [
        pytest.param(None, None, None, 32000, None, id="edge-251-unknown-model"),
        pytest.param(None, 64000, None, 64000, None, id="edge-251-known-model"),
        pytest.param(None, None, 31999, 33023, enabled(31999), id="room-for-the-answer"),
        pytest.param(None, 20000, 31999, 20000, enabled(18976), id="limit-of-the-model"),
        pytest.param(32000, None, 31999, 32000, enabled(31999), id="what-claude-code-sends"),
        pytest.param(8192, None, 31999, 8192, enabled(7168), id="edge-206"),
        pytest.param(2000, None, 31999, 2000, enabled(1024), id="least-budget"),
        pytest.param(1025, None, 2048, 1025, enabled(1024), id="just-enough"),
        pytest.param(1024, None, 2048, 1024, DISABLED, id="too-little"),
        pytest.param(0, None, None, 0, None, id="edge-237-cache-warming"),
    ],
)
def test_the_limit_of_the_answer(
    asked_for: int | None, limit: int | None, budget: int | None, tokens: int, thinking: object
) -> None:
    """A budget is below it, and leaves room where there is some."""
    reasoning = Reasoning(Effort.HIGH, budget) if budget else Reasoning()
    request = asked(Text("hi"), reasoning=reasoning, sampling=Sampling(asked_for))
    written = write(request, target(MANUAL, limit))
    body = body_of(written)

    assert (body["max_tokens"], body.get("thinking")) == (tokens, thinking)
    assert ("max_tokens.defaulted" in lost(written)) == (asked_for is None)
    assert ("thinking.disabled" in lost(written)) == (thinking == DISABLED)


CALL, RESULT = ToolCall("a", "f", "{}"), ToolResult("a", (Text("r"),))
OWN = Thinking("R", Opaque(OpaqueKind.ANTHROPIC_SIGNATURE, "E", "main"))
REDACTED = Thinking("", Opaque(OpaqueKind.ANTHROPIC_REDACTED, "E", "main"))
UNSIGNED = Thinking("R")
FOREIGN_STATE = Thinking("R", Opaque(OpaqueKind.TEXT, "", "main"))
ASK: tuple[Role, tuple[Part, ...]] = (USER, (Text("hi"),))


@pytest.mark.parametrize(
    ("turns", "disabled"),
    [
        pytest.param([(ASSISTANT, (OWN, CALL)), (USER, (RESULT,))], False, id="own"),
        pytest.param([(ASSISTANT, (REDACTED, CALL)), (USER, (RESULT,))], False, id="redacted"),
        pytest.param([(ASSISTANT, (CALL,)), (USER, (RESULT,))], True, id="edge-218"),
        pytest.param([(ASSISTANT, (UNSIGNED, CALL)), (USER, (RESULT,))], True, id="edge-122"),
        pytest.param([(ASSISTANT, (FOREIGN_STATE, CALL)), (USER, (RESULT,))], True, id="not-its-own"),
        pytest.param([(ASSISTANT, (Text("t"), OWN, CALL)), (USER, (RESULT,))], True, id="not-first"),
        pytest.param([(ASSISTANT, (CALL,)), (USER, (RESULT, Text("and")))], True, id="more-words"),
        pytest.param(
            [(ASSISTANT, (CALL,)), (USER, (RESULT,)), (ASSISTANT, (Text("t"),)), (USER, (Text("x"),))],
            False,
            id="an-earlier-turn",
        ),
        pytest.param(
            [(ASSISTANT, (OWN, CALL)), (USER, (RESULT,)), (ASSISTANT, (CALL,)), (USER, (RESULT,))],
            False,
            id="thinking-at-the-beginning-of-the-turn",
        ),
        pytest.param(
            [(ASSISTANT, (CALL,)), (USER, (RESULT,)), (ASSISTANT, (OWN, CALL)), (USER, (RESULT,))],
            False,
            id="thinking-in-the-last-message",
        ),
        pytest.param(
            [
                (ASSISTANT, (OWN, CALL)), (USER, (RESULT, Text("stop"))),
                (ASSISTANT, (CALL,)), (USER, (RESULT,)),
            ],
            True,
            id="the-user-spoke-between",
        ),
        pytest.param([(ASSISTANT, ())], True, id="edge-238-prefill"),
        pytest.param([(ASSISTANT, (Text("{"),))], True, id="edge-238-prefill-of-words"),
        pytest.param([(USER, (RESULT,))], False, id="only-results"),
        pytest.param(
            [(USER, (RESULT,)), (ASSISTANT, (CALL,)), (USER, (RESULT,))], True, id="from-the-beginning"
        ),
        pytest.param([(ASSISTANT, ()), (USER, (RESULT,))], False, id="an-empty-message"),
    ],
)  # fmt: skip
def test_thinking_by_budget_is_turned_off_where_it_would_be_refused(
    turns: list[tuple[Role, tuple[Part, ...]]], disabled: bool
) -> None:
    """A turn of calls must begin with thinking that is Anthropic's own."""
    before = () if turns[0][0] is USER else (ASK,)
    request = talk(*before, *turns, reasoning=Reasoning(Effort.LOW), sampling=Sampling(9000))
    old = write(request, target(MANUAL))
    new = write(request, target(MODERN))

    assert (body_of(old)["thinking"] == DISABLED) is disabled
    assert ("thinking.disabled" in lost(old)) is disabled
    assert body_of(new)["thinking"] == SHOWN


TOOLS = (FunctionTool("f"),)


@pytest.mark.parametrize(
    ("model", "choice", "thinking"),
    [
        (MANUAL, ToolChoice(Choice.ANY), DISABLED),
        (MANUAL, ToolChoice(Choice.TOOL, "f"), DISABLED),
        (MANUAL, ToolChoice(Choice.NONE), enabled(2048)),
        (MANUAL, ToolChoice(parallel=False), enabled(2048)),
        (MODERN, ToolChoice(Choice.ANY), DISABLED),
        ("claude-fable-5-1", ToolChoice(Choice.ANY), SHOWN),
    ],
)
def test_a_forced_call_turns_thinking_off(
    model: str, choice: ToolChoice, thinking: dict[str, Any]
) -> None:
    """Edge 275: who forces a call wants the call; what cannot be turned off stays."""
    request = Request(
        "m",
        asked(Text("hi")).messages,
        tools=TOOLS,
        tool_choice=choice,
        reasoning=Reasoning(Effort.LOW),
        sampling=Sampling(9000),
    )
    written = write(request, target(model))

    assert body_of(written)["thinking"] == thinking
    assert ("thinking.disabled" in lost(written)) == (thinking == DISABLED)
