"""Accents of a conversation: roles, history, images, tools, structured output."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from aimux.model.loss import Loss
from aimux.wire.quirks import QUIRKS
from aimux.wire.quirks.images import NOTE
from aimux.wire.target import Target

Body = dict[str, Any]
USER: Body = {"role": "user", "content": "Hi"}
BLIND = Target("p", "m", capabilities=frozenset({"tools"}))
SEEING = Target("p", "m", capabilities=frozenset({"tools", "images"}))


def text(words: str) -> Body:
    """A part of text."""
    return {"type": "text", "text": words}


def edit(name: str, body: Body, target: Target = SEEING) -> tuple[Body, list[str]]:
    """The body with one accent on, and the codes of what that cost."""
    body = copy.deepcopy(body)
    losses = QUIRKS[name].edit(body, target)
    return body, [loss.code for loss in losses]


def turns(name: str, before: list[Any], target: Target = SEEING) -> list[Any]:
    """The messages with one accent on."""
    found: list[Any] = edit(name, {"messages": before}, target)[0]["messages"]
    return found


# ---------------------------------------------------------------- roles


def test_instructions_have_the_role_that_all_know() -> None:
    """In messages and in items; the developer's tools stay the developer's."""
    before: Body = {
        "messages": [{"role": "developer", "content": "a"}, USER],
        "input": [
            {"type": "message", "role": "developer", "content": "a"},
            {"type": "additional_tools", "role": "developer", "tools": []},
        ],
    }
    after = copy.deepcopy(before)
    after["messages"][0]["role"] = after["input"][0]["role"] = "system"

    assert edit("no-developer-role", before) == (after, [])


BILLING = text("x-anthropic-billing-header: cc_version=2; cc_entrypoint=cli;")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param([BILLING, text("You are")], [text("You are")], id="first"),
        pytest.param([BILLING], None, id="alone"),
        pytest.param([text("You are"), BILLING], [text("You are"), BILLING], id="not-first"),
        pytest.param([], [], id="empty"),
        pytest.param(["x"], ["x"], id="no-block"),
        pytest.param("You are", "You are", id="text"),
    ],
)
def test_edge_200_the_billing_line(before: Any, after: Any) -> None:
    """By its place and its words."""
    body, codes = edit("attribution-stripped", {"system": before})

    assert body.get("system") == after
    assert codes == ([] if before == after else ["attribution.stripped"])


SYSTEM = {"role": "system", "content": "Mind the gap"}
REMINDER = text("<system-reminder>\nMind the gap\n</system-reminder>")
RESULT = {"type": "tool_result", "tool_use_id": "t", "content": "r"}
CALLED = {
    "role": "assistant",
    "content": [{"type": "tool_use", "id": "t", "name": "f", "input": {}}],
}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(
            [USER, SYSTEM],
            [{"role": "user", "content": [text("Hi"), REMINDER]}],
            id="behind-the-user",
        ),
        pytest.param(
            [USER, CALLED, {"role": "user", "content": [RESULT]}, SYSTEM, SYSTEM],
            [USER, CALLED, {"role": "user", "content": [RESULT, REMINDER, REMINDER]}],
            id="two-behind-results",
        ),
        pytest.param(
            [USER, CALLED, SYSTEM, {"role": "user", "content": [RESULT, text("so")]}],
            [USER, CALLED, {"role": "user", "content": [RESULT, REMINDER, text("so")]}],
            id="before-results",
        ),
        pytest.param(
            [SYSTEM, USER], [{"role": "user", "content": [REMINDER, text("Hi")]}], id="first"
        ),
        pytest.param(
            [SYSTEM, CALLED],
            [{"role": "user", "content": [REMINDER]}, CALLED],
            id="before-assistant",
        ),
        pytest.param(
            [USER, CALLED, SYSTEM],
            [USER, CALLED, {"role": "user", "content": [REMINDER]}],
            id="last",
        ),
        pytest.param([USER, {"role": "system", "content": []}], [USER], id="empty"),
        pytest.param(
            [{"role": "user"}, SYSTEM], [{"role": "user", "content": [REMINDER]}], id="no-content"
        ),
        pytest.param(
            [
                USER,
                {"role": "system", "content": [text("Mind"), {**text("it"), "cache_control": {}}]},
            ],
            [
                {
                    "role": "user",
                    "content": [
                        text("Hi"),
                        {
                            **text("<system-reminder>\nMind\n\nit\n</system-reminder>"),
                            "cache_control": {},
                        },
                    ],
                }
            ],
            id="blocks-with-a-mark",
        ),
        pytest.param(
            [USER, {**SYSTEM, "clear_at": "next_user_message"}, CALLED, USER],
            [USER, CALLED, USER],
            id="cleared",
        ),
        pytest.param(
            [USER, {**SYSTEM, "clear_at": "next_user_message"}],
            [{"role": "user", "content": [text("Hi"), REMINDER]}],
            id="not-cleared-yet",
        ),
        pytest.param([USER, CALLED], [USER, CALLED], id="none"),
    ],
)
def test_edge_196_instructions_in_the_middle(before: list[Body], after: list[Body]) -> None:
    """They go to the user's turn beside them, never to the top."""
    body, codes = edit("messages-no-middle-system", {"messages": before})

    assert body["messages"] == after
    assert codes == ["system.midconv_wrapped"] * sum(x["role"] == "system" for x in before)


def test_edge_197_the_effort_of_instructions_in_the_middle() -> None:
    """It is the request's from there on."""
    before: Body = {"messages": [USER, {**SYSTEM, "output_config": {"effort": "low"}}]}

    for name in ("messages-no-middle-system", "messages-no-betas"):
        body, _ = edit(name, {**before, "output_config": {"effort": "high", "format": {}}})
        assert body["output_config"] == {"effort": "low", "format": {}}
        body, _ = edit(name, before)
        assert body["output_config"] == {"effort": "low"}
        assert "output_config" not in body["messages"][-1]


# ---------------------------------------------------------------- Anthropic's own


def test_edges_201_to_203_settings_of_betas() -> None:
    """Each is told; the rest of what they stand in stays."""
    before: Body = {
        "thinking": {"type": "adaptive", "display": "omitted"},
        "context_management": {"edits": []},
        "safeguards": [{"type": "dangerous_tool_use"}],
        "tools": [{"name": "f", "input_schema": {}, "eager_input_streaming": True}],
        "messages": [USER, {**SYSTEM, "clear_at": "never"}],
        "output_config": {"effort": "low"},
    }
    after = {
        "thinking": {"type": "adaptive"},
        "tools": [{"name": "f", "input_schema": {}}],
        "messages": [USER, SYSTEM],
        "output_config": {"effort": "low"},
    }

    assert edit("messages-no-betas", before) == (
        after,
        ["context_management.dropped", *["unknown_field.dropped"] * 4],
    )


def test_edges_208_and_209_deferred_tools() -> None:
    """Those that were found are declared, the placeholder is not; a reference is a text."""
    reference = {"type": "tool_reference", "tool_name": "found"}
    before: Body = {
        "tools": [
            {"name": "ToolSearch"},
            {"name": "DeferredToolPlaceholder", "defer_loading": True},
            {"name": "found", "defer_loading": True},
            {"name": "open", "defer_loading": False},
        ],
        "messages": [{"role": "user", "content": [{**RESULT, "content": [reference, text("ok")]}]}],
    }
    after: Body = {
        "tools": [{"name": "ToolSearch"}, {"name": "found"}, {"name": "open"}],
        "messages": [
            {
                "role": "user",
                "content": [{**RESULT, "content": [text("Tool loaded: found"), text("ok")]}],
            }
        ],
    }

    assert edit("messages-no-deferred-tools", before) == (after, ["tool.deferred_inlined"] * 2)


def test_a_search_that_the_server_would_run_finds_everything() -> None:
    """Nobody runs it, so no tool may wait for it."""
    search = {"type": "tool_search_tool_regex_20251119", "name": "tool_search_tool_regex"}
    before: Body = {"tools": [search, {"name": "f", "defer_loading": True}]}

    assert edit("messages-no-deferred-tools", before) == (
        {"tools": [{"name": "f"}]},
        ["tool.server_unsupported", "tool.deferred_inlined"],
    )


def test_no_tools_are_no_list_of_tools() -> None:
    """An empty list is refused by many."""
    before: Body = {
        "tools": [{"name": "f", "defer_loading": True}],
        "tool_choice": {"type": "auto"},
    }

    assert edit("messages-no-deferred-tools", before)[0] == {}
    assert edit("messages-no-deferred-tools", {"tools": [{"name": "f"}]}) == (
        {"tools": [{"name": "f"}]},
        [],
    )


def test_edge_122_thinking_that_nobody_signed() -> None:
    """It goes, and the turn with it that is nothing else."""
    unsigned = {"type": "thinking", "thinking": "hm", "signature": ""}
    signed = {**unsigned, "signature": "s"}
    before = [
        USER,
        {"role": "assistant", "content": [unsigned]},
        USER,
        {"role": "assistant", "content": [unsigned, signed, text("a")]},
    ]
    body, codes = edit("messages-signed-thinking", {"messages": before})

    assert body["messages"] == [
        {"role": "user", "content": [text("Hi"), text("Hi")]},
        {"role": "assistant", "content": [signed, text("a")]},
    ]
    assert codes == ["thinking.dropped_foreign"] * 2


# ---------------------------------------------------------------- images


@pytest.mark.parametrize(
    ("key", "image", "kind"),
    [
        ("messages", "image", "text"),
        ("messages", "image_url", "text"),
        ("input", "input_image", "input_text"),
    ],
)
def test_images_for_a_model_that_has_no_eyes(key: str, image: str, kind: str) -> None:
    """A note in their place, in every turn and in the results of tools."""
    picture = {"type": image, "source": {}, "cache_control": {"type": "ephemeral"}}
    note = {"type": kind, "text": NOTE, "cache_control": {"type": "ephemeral"}}
    before: Body = {
        key: [
            {"role": "user", "content": [text("see"), picture]},
            {"role": "user", "content": [{**RESULT, "content": [text("r"), picture]}, RESULT]},
            {"type": "function_call_output", "output": [picture]},
            USER,
        ]
    }
    after: Body = {
        key: [
            {"role": "user", "content": [text("see"), note]},
            {"role": "user", "content": [{**RESULT, "content": [text("r"), note]}, RESULT]},
            {"type": "function_call_output", "output": [note]},
            USER,
        ]
    }

    assert edit("text-models-refuse-images", before, BLIND) == (after, ["image.unsupported"] * 3)
    assert edit("text-models-refuse-images", before, SEEING) == (before, [])
    assert edit("text-models-refuse-images", before, Target("p", "m")) == (before, [])


def test_a_lost_image_says_where_it_stood() -> None:
    """In the client's own words."""
    body: Body = {
        "messages": [
            USER,
            {"role": "user", "content": [{**RESULT, "content": [{"type": "image"}]}]},
        ]
    }

    assert QUIRKS["text-models-refuse-images"].edit(body, BLIND) == [
        Loss("image.unsupported", "messages[1].content[0].content[0]")
    ]


# ---------------------------------------------------------------- history

CALL = {"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}
THOUGHT: Body = {"role": "assistant", "content": "a", "reasoning_content": "hm"}


def test_edge_310_thinking_under_its_other_name() -> None:
    """Of the assistant only, and never twice."""
    assert turns("reasoning-field", [THOUGHT, {**USER, "reasoning_content": "x"}]) == [
        {"role": "assistant", "content": "a", "reasoning": "hm"},
        {**USER, "reasoning_content": "x"},
    ]
    assert turns("reasoning-field", [{**THOUGHT, "reasoning": "oh"}]) == [
        {"role": "assistant", "content": "a", "reasoning": "oh"}
    ]


def test_thinking_under_the_usual_name() -> None:
    """A client may have learned the other; an object of settings is none."""
    other = {"role": "assistant", "content": "a", "reasoning": "hm"}

    assert turns("reasoning-content-field", [other]) == [THOUGHT]
    assert turns("reasoning-content-field", [{**other, "reasoning": {}}]) == [
        {**other, "reasoning": {}}
    ]


MINIMAX = Target("p", "MiniMax-M3")
TAGGED = "<think>hm</think>\n\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(THOUGHT, {"role": "assistant", "content": f"{TAGGED}a"}, id="text"),
        pytest.param(
            {**THOUGHT, "content": None}, {"role": "assistant", "content": TAGGED}, id="no-text"
        ),
        pytest.param(
            {**THOUGHT, "content": [text("a")]},
            {"role": "assistant", "content": [text(TAGGED), text("a")]},
            id="parts",
        ),
        pytest.param(
            {**THOUGHT, "reasoning_content": ""}, {"role": "assistant", "content": "a"}, id="empty"
        ),
        pytest.param(
            {**THOUGHT, "reasoning_details": [{}]},
            {"role": "assistant", "content": "a", "reasoning_details": [{}]},
            id="details",
        ),
    ],
)
def test_edge_304_thinking_goes_back_between_its_tags(before: Body, after: Body) -> None:
    """As the model wrote it."""
    assert turns("reasoning-in-think-tags", [before], MINIMAX) == [after]


def test_a_minimax_model_that_uses_no_tags() -> None:
    """Its thinking has a field."""
    assert turns(
        "reasoning-in-think-tags", [THOUGHT], Target("p", "MiniMax-M3.1-Flash-Preview")
    ) == [THOUGHT]


@pytest.mark.parametrize(
    ("message", "after"),
    [
        pytest.param(
            {"role": "assistant", "tool_calls": [CALL]},
            {"role": "assistant", "tool_calls": [CALL], "reasoning_content": ""},
            id="edge-292-missing",
        ),
        pytest.param(
            {"role": "assistant", "tool_calls": [CALL], "reasoning_content": None},
            {"role": "assistant", "tool_calls": [CALL], "reasoning_content": ""},
            id="edge-293-null",
        ),
        pytest.param(
            {**THOUGHT, "tool_calls": [CALL]}, {**THOUGHT, "tool_calls": [CALL]}, id="known"
        ),
        pytest.param(
            {"role": "assistant", "content": "a"},
            {"role": "assistant", "content": "a"},
            id="no-call",
        ),
    ],
)
def test_deepseek_wants_the_thinking_of_every_call(message: Body, after: Body) -> None:
    """Even where there was none; not where thinking is off."""
    assert turns("reasoning-content-required", [message]) == [after]

    body: Body = {"thinking": {"type": "disabled"}, "messages": [message]}
    assert edit("reasoning-content-required", body) == (body, [])


def test_deepseek_wants_it_at_its_anthropic_address_too() -> None:
    """A block, before all others."""
    empty = {"type": "thinking", "thinking": "", "signature": ""}
    known = {
        "role": "assistant",
        "content": [{"type": "redacted_thinking", "data": "d"}, *CALLED["content"]],
    }
    plain = {"role": "assistant", "content": "a"}

    assert turns("messages-thinking-required", [CALLED, known, plain]) == [
        {"role": "assistant", "content": [empty, *CALLED["content"]]},
        known,
        plain,
    ]
    body: Body = {"thinking": {"type": "disabled"}, "messages": [CALLED]}
    assert edit("messages-thinking-required", body) == (body, [])


def test_an_array_where_arguments_belong() -> None:
    """As an object, in both formats."""
    block = {"type": "tool_use", "id": "t", "name": "f", "input": [1]}
    call = {"id": "c", "function": {"name": "f", "arguments": "[1.0]"}}
    before = [
        {"role": "assistant", "content": [block, CALLED["content"][0]], "tool_calls": [call, CALL]}
    ]
    body, codes = edit("tool-input-array", {"messages": before})
    message = body["messages"][0]

    assert message["content"] == [{**block, "input": {"value": [1]}}, CALLED["content"][0]]
    assert message["tool_calls"][0]["function"]["arguments"] == '{"value":[1.0]}'
    assert message["tool_calls"][1] == CALL
    assert codes == ["stream.repaired"] * 2


def test_edge_314_ids_of_nine_characters() -> None:
    """The call's and its result's stay one; what is right stays."""
    call = {**CALL, "id": "call_abc"}
    fine = {**CALL, "id": "abcdefGH9"}
    before = [
        {"role": "assistant", "tool_calls": [call, fine]},
        {"role": "tool", "tool_call_id": "call_abc", "content": "r"},
        {"role": "tool", "tool_call_id": "abcdefGH9", "content": "r"},
    ]
    body, codes = edit("tool-id-9", {"messages": before})
    assistant, first, second = body["messages"]

    assert len(first["tool_call_id"]) == 9
    assert first["tool_call_id"].isalnum()
    assert [x["id"] for x in assistant["tool_calls"]] == [first["tool_call_id"], "abcdefGH9"]
    assert second == before[2]
    assert codes == ["tool_id.rewritten"] * 2


# ---------------------------------------------------------------- choice of tools

TOOL: Body = {"type": "function", "function": {"name": "f"}}
OTHER: Body = {"type": "custom", "custom": {"name": "g"}}
ANY = "Answer this by calling one of your tools."
ONE = "Answer this by calling the tool f."
FORCED: Body = {"type": "function", "function": {"name": "f"}}


def chosen(choice: Any, **more: Any) -> Body:
    """A request with tools and a choice of them."""
    return {"tools": [TOOL, OTHER], "messages": [USER], "tool_choice": choice, **more}


def urged(words: str, **more: Any) -> Body:
    """The same, with a word to the model."""
    message = {"role": "user", "content": f"Hi\n\n{words}"}
    return {"tools": [TOOL, OTHER], "messages": [message], **more}


DEGRADED = ["tool_choice.degraded"]
CHOICES = [
    pytest.param("auto", chosen("auto"), [], id="auto"),
    pytest.param("required", urged(ANY, tool_choice="auto"), DEGRADED, id="required"),
    pytest.param("any", urged(ANY, tool_choice="auto"), DEGRADED, id="any"),
    pytest.param(FORCED, urged(ONE, tool_choice="auto"), DEGRADED, id="function"),
    pytest.param(
        {"type": "custom", "custom": {"name": "f"}}, urged(ONE, tool_choice="auto"), DEGRADED, id="custom"
    ),
    pytest.param(
        {"type": "function", "name": "f"}, urged(ONE, tool_choice="auto"), DEGRADED, id="responses"
    ),
    pytest.param("none", {"messages": [USER]}, [], id="none"),
    pytest.param(
        {"type": "allowed_tools", "allowed_tools": {"mode": "auto", "tools": [FORCED]}},
        {"tools": [TOOL], "messages": [USER], "tool_choice": "auto"},
        [],
        id="allowed",
    ),
    pytest.param(
        {"type": "allowed_tools", "mode": "required", "tools": [{"name": "g"}]},
        {**urged(ANY, tool_choice="auto"), "tools": [OTHER]},
        DEGRADED,
        id="allowed-and-required",
    ),
    pytest.param(
        {"type": "allowed_tools", "mode": "auto", "tools": [{"name": "unknown"}]},
        chosen("auto"),
        [],
        id="none-of-the-allowed",
    ),
    pytest.param(
        {"type": "any", "disable_parallel_tool_use": True},
        urged(ANY, tool_choice={"type": "auto", "disable_parallel_tool_use": True}),
        DEGRADED,
        id="anthropic-any",
    ),
    pytest.param(
        {"type": "tool", "name": "f"},
        urged(ONE, tool_choice={"type": "auto"}),
        DEGRADED,
        id="anthropic-tool",
    ),
    pytest.param({"type": "web_search"}, chosen({"type": "web_search"}), [], id="another"),
]  # fmt: skip


@pytest.mark.parametrize(("choice", "after", "codes"), CHOICES)
def test_a_vendor_that_cannot_make_a_model_call(choice: Any, after: Body, codes: list[str]) -> None:
    """Auto, and a word in the user's last turn; no tools where none may be called."""
    assert edit("tool-choice-auto-only", chosen(choice)) == (after, codes)


@pytest.mark.parametrize("name", ["no-tool-choice", "messages-no-tool-choice"])
def test_a_vendor_that_does_not_read_the_choice(name: str) -> None:
    """Edge 305: the field goes too; what nobody knows stays for the vendor to judge."""
    assert edit(name, chosen("required")) == (urged(ANY), DEGRADED)
    assert edit(name, chosen({"type": "any"})) == (urged(ANY), DEGRADED)
    assert edit(name, chosen("auto"))[0] == {"tools": [TOOL, OTHER], "messages": [USER]}
    assert edit(name, chosen(7)) == (chosen(7), [])
    assert edit(name, {"messages": [USER], "tool_choice": "required"}) == ({"messages": [USER]}, [])


CLAUDES_TOOL: Body = {"name": "a", "input_schema": {"type": "object"}}


@pytest.mark.parametrize(
    ("tools", "choice", "tools_after", "after"),
    [
        ([TOOL, OTHER], {"type": "function", "function": {"name": "f"}}, [TOOL], "required"),
        ([TOOL], {"type": "function", "function": {"name": "f"}}, [TOOL], "required"),
        ([TOOL, OTHER], "auto", [TOOL, OTHER], "auto"),
        ([TOOL, OTHER], "required", [TOOL, OTHER], "required"),
        ([TOOL, OTHER], {"type": "function"}, [TOOL, OTHER], {"type": "function"}),
        (
            [TOOL],
            {"type": "function", "function": {"name": "x"}},
            [TOOL],
            {"type": "function", "function": {"name": "x"}},
        ),
        (
            [CLAUDES_TOOL, {**CLAUDES_TOOL, "name": "b"}],
            {"type": "tool", "name": "a", "disable_parallel_tool_use": True},
            [CLAUDES_TOOL],
            {"type": "any", "disable_parallel_tool_use": True},
        ),
        ([CLAUDES_TOOL], {"type": "any"}, [CLAUDES_TOOL], {"type": "any"}),
        (7, {"type": "tool", "name": "a"}, 7, {"type": "tool", "name": "a"}),
    ],
)
def test_edge_332_a_named_tool_is_the_only_one(
    tools: Any, choice: Any, tools_after: Any, after: Any
) -> None:
    """Without a parser vLLM writes the call of a named tool as text; nothing is lost by this."""
    before: Body = {"tools": tools, "tool_choice": choice}

    body, codes = edit("named-choice-as-required", before)

    assert (body["tools"], body["tool_choice"], codes) == (tools_after, after, [])


def test_a_model_that_thinks_cannot_be_forced() -> None:
    """One whose thinking is off can, and none may call either way."""
    assert edit("thinking-unforced", chosen("required")) == (
        urged(ANY, tool_choice="auto"),
        DEGRADED,
    )
    off = chosen("required", thinking={"type": "disabled"})
    assert edit("thinking-unforced", off) == (off, [])
    assert edit("thinking-unforced", chosen("none")) == (chosen("none"), [])


@pytest.mark.parametrize(
    ("said", "after"),
    [
        pytest.param(
            {"input": "Hi"}, {"input": f"Hi\n\n{ANY}"}, id="responses-text"
        ),
        pytest.param(
            {"input": [{"role": "user", "content": [{"type": "input_text", "text": "Hi"}]}]},
            {
                "input": [
                    {
                        "role": "user",
                        "content": [
                            {"type": "input_text", "text": "Hi"},
                            {"type": "input_text", "text": ANY},
                        ],
                    }
                ]
            },
            id="responses-items",
        ),
        pytest.param(
            {"messages": [USER, {"role": "tool", "content": "r"}]},
            {"messages": [USER, {"role": "tool", "content": "r"}, {"role": "user", "content": ANY}]},
            id="behind-results",
        ),
        pytest.param(
            {"messages": [USER, SYSTEM]},
            {"messages": [{"role": "user", "content": f"Hi\n\n{ANY}"}, SYSTEM]},
            id="before-instructions",
        ),
        pytest.param(
            {"messages": [{"role": "user"}]}, {"messages": [{"role": "user", "content": ANY}]}, id="empty"
        ),
        pytest.param({"messages": []}, {"messages": [{"role": "user", "content": ANY}]}, id="nobody"),
        pytest.param({"messages": 7}, {"messages": 7}, id="no-messages"),
    ],
)  # fmt: skip
def test_where_the_word_to_the_model_goes(said: Body, after: Body) -> None:
    """Into the last turn of the user, or one of its own."""
    body, codes = edit(
        "tool-choice-auto-only", {"tools": [TOOL], "tool_choice": "required", **said}
    )

    assert body == {"tools": [TOOL], "tool_choice": "auto", **after}
    assert codes == DEGRADED


def test_edge_315_mistrals_word() -> None:
    """Others stay."""
    assert edit("tool-choice-any", {"tool_choice": "required"}) == ({"tool_choice": "any"}, [])
    assert edit("tool-choice-any", {"tool_choice": "auto"}) == ({"tool_choice": "auto"}, [])


# ---------------------------------------------------------------- schemas

OBJECT: Body = {"type": "object", "properties": {}, "additionalProperties": False, "required": []}


def function(strict: bool | None = None, **more: Any) -> Body:
    """A tool."""
    asked = {} if strict is None else {"strict": strict}
    return {"type": "function", "function": {"name": "f", "parameters": OBJECT, **asked, **more}}


def test_edge_290_strict_where_nobody_knows_it() -> None:
    """Of tools and of structured output; it is a loss where it was asked for."""
    before: Body = {
        "tools": [function(True), function(False), {"type": "custom"}],
        "response_format": {"type": "json_schema", "json_schema": {"strict": True}},
    }
    body, codes = edit("no-strict", before)

    assert body["tools"] == [function(), function(), {"type": "custom"}]
    assert body["response_format"] == {"type": "json_schema", "json_schema": {}}
    assert codes == ["tool.strict_dropped"] * 2


CEREBRAS = Target("p", "gpt-oss-120b", "cerebras")


def test_strict_is_for_all_tools_or_for_none() -> None:
    """One that is not asked for takes it from the others."""
    assert edit("strict-schema-words", {"tools": [function(True)]}, CEREBRAS)[1] == []
    mixed, codes = edit("strict-schema-words", {"tools": [function(True), function()]}, CEREBRAS)
    assert mixed["tools"] == [function(), function()]
    assert codes == ["tool.strict_dropped"]
    plain: Body = {"tools": [function(), function(False)]}
    assert edit("strict-schema-words", plain, CEREBRAS) == (plain, [])


BOUNDED: Body = {"type": "object", "properties": {"a": {"type": "string", "minLength": 1}}}
OPEN: Body = {"type": "object", "additionalProperties": {"type": "string"}}


def test_words_that_strict_refuses_go_into_the_description() -> None:
    """Of tools and of structured output; each is told once."""
    format_ = {"type": "json_schema", "json_schema": {"strict": True, "schema": BOUNDED}}
    before: Body = {"tools": [function(True, parameters=BOUNDED)], "response_format": format_}
    body, codes = edit("strict-schema-words", before, CEREBRAS)

    for schema in (
        body["tools"][0]["function"]["parameters"],
        body["response_format"]["json_schema"]["schema"],
    ):
        assert "minLength" not in schema["properties"]["a"]
        assert "minLength" in json.dumps(schema)
        assert schema["additionalProperties"] is False
    assert codes == ["tool.schema_degraded", "format.schema_degraded"]


def test_a_schema_that_strict_cannot_say() -> None:
    """It is not asked for then."""
    format_ = {"type": "json_schema", "json_schema": {"strict": True, "schema": OPEN}}
    tools = [function(True), function(True, parameters=OPEN)]
    body, codes = edit(
        "strict-schema-words", {"tools": tools, "response_format": format_}, CEREBRAS
    )

    assert body["tools"] == [function(), function(parameters=OPEN)]
    assert body["response_format"]["json_schema"] == {"strict": False, "schema": OPEN}
    assert codes == ["tool.strict_dropped"] * 3


@pytest.mark.parametrize("name", ["schema-moonshot", "schema-lmstudio"])
def test_a_vendors_flavour_of_schemas(name: str) -> None:
    """Edge 298 is Moonshot's; what needs no change stays, and what is lost is told."""
    union = {"description": "d", "type": "string", "anyOf": [{"minLength": 1}, {"maxLength": 5}]}
    schema = {"type": "object", "properties": {"a": union}, "not": {"required": ["b"]}}
    before: Body = {
        "tools": [function(parameters=schema), function(parameters=7)],
        "response_format": {"type": "json_schema", "json_schema": {"schema": schema}},
    }
    body, codes = edit(name, before)

    properties = body["tools"][0]["function"]["parameters"]["properties"]
    assert not {"type", "anyOf"} <= properties["a"].keys()
    assert body["response_format"]["json_schema"]["schema"]["properties"] == properties
    assert body["tools"][1] == before["tools"][1]
    assert codes == ["tool.schema_degraded", "format.schema_degraded"]
    fine: Body = {"tools": [function(parameters={"type": "object", "properties": {}})]}
    assert edit(name, fine) == (fine, [])


def test_edge_323_schemas_that_make_no_large_grammar() -> None:
    """xAI's: in both formats, and every word that is gone is told where it stood."""
    heavy: Body = {
        "type": "object",
        "properties": {
            "a": {"type": "string", "description": "d", "pattern": "^a{1,99}$", "maxLength": 9},
            "b": {"type": "array", "items": {"type": "integer", "minimum": 1}, "maxItems": 500},
        },
        "required": ["a"],
        "if": {"required": ["b"]},
    }
    light: Body = {
        "type": "object",
        "properties": {
            "a": {"type": "string", "description": "d (pattern: ^a{1,99}$; maxLength: 9)"},
            "b": {
                "type": "array",
                "items": {"type": "integer", "description": "minimum: 1"},
                "description": "maxItems: 500",
            },
        },
        "required": ["a"],
        "description": 'if: {"required":["b"]}',
    }
    flat: Body = {"type": "function", "name": "f", "parameters": heavy}
    chat: Body = {
        "tools": [function(parameters=heavy)],
        "response_format": {"type": "json_schema", "json_schema": {"schema": heavy}},
    }
    responses: Body = {
        "tools": [flat, {"type": "web_search"}],
        "text": {"format": {"type": "json_schema", "schema": heavy}},
    }

    in_chat, chat_codes = edit("schema-xai", chat)
    in_responses, responses_codes = edit("schema-xai", responses)

    assert in_chat["tools"] == [function(parameters=light)]
    assert in_chat["response_format"]["json_schema"]["schema"] == light
    assert in_responses["tools"] == [{**flat, "parameters": light}, {"type": "web_search"}]
    assert in_responses["text"]["format"]["schema"] == light
    assert chat_codes == responses_codes == ["tool.schema_degraded", "format.schema_degraded"]
    assert edit("schema-xai", in_chat) == (in_chat, [])


def test_a_model_that_refuses_strict() -> None:
    """Qwen at Cerebras."""
    body, codes = edit(
        "strict-schema-words", {"tools": [function(True)]}, Target("p", "qwen-3.8-27b")
    )

    assert body == {"tools": [function()]}
    assert codes == ["tool.strict_dropped"]


# ---------------------------------------------------------------- structured output

SCHEMA: Body = {"type": "object", "properties": {"a": {"type": "integer"}}}
BY_SCHEMA: Body = {"type": "json_schema", "json_schema": {"name": "n", "schema": SCHEMA}}


def instructions(body: Body) -> str:
    """What the instructions of a request say now."""
    first = body["messages"][0]
    assert first["role"] == "system"
    content = first["content"]
    return content if isinstance(content, str) else str(content[-1]["text"])


def test_any_object_in_place_of_a_schema() -> None:
    """The schema stands in the instructions, where the word JSON is needed anyway."""
    body, codes = edit("no-json-schema", {"messages": [USER], "response_format": BY_SCHEMA})

    assert body["response_format"] == {"type": "json_object"}
    assert "JSON" in instructions(body)
    assert json.loads(instructions(body).splitlines()[-1]) == SCHEMA
    assert body["messages"][1:] == [USER]
    assert codes == ["format.emulated"]


@pytest.mark.parametrize("kind", ["json_object", "text"])
def test_what_the_vendor_knows_stays(kind: str) -> None:
    """Only the schema is foreign."""
    before: Body = {"messages": [USER], "response_format": {"type": kind}}

    assert edit("no-json-schema", before) == (before, [])


def test_words_in_place_of_a_format() -> None:
    """Edge 305: behind the instructions that there are."""
    system = {"role": "system", "content": "Be kind"}
    before: Body = {"messages": [system, USER], "response_format": {"type": "json_object"}}
    body, codes = edit("no-response-format", before)

    assert "response_format" not in body
    assert instructions(body).startswith("Be kind\n\nAnswer with one JSON object")
    assert codes == ["format.emulated"]
    parts, _ = edit(
        "no-response-format", {**before, "messages": [{**system, "content": [text("Be")]}]}
    )
    assert parts["messages"][0]["content"][0] == text("Be")
    assert "JSON" in instructions(parts)


def test_a_format_that_says_nothing_goes_without_a_word() -> None:
    """Text is what there is without one."""
    assert edit("no-response-format", {"response_format": {"type": "text"}}) == ({}, [])
    assert edit("no-response-format", {}) == ({}, [])


def test_words_without_anybody_to_tell() -> None:
    """A body that is no conversation stays none."""
    assert edit("no-response-format", {"messages": 7, "response_format": BY_SCHEMA})[0] == {
        "messages": 7
    }
    told, _ = edit("no-response-format", {"messages": [], "response_format": BY_SCHEMA})
    assert "JSON" in instructions(told)


def test_a_format_that_must_be_alone() -> None:
    """Beside tools or a stream it becomes words."""
    alone: Body = {"messages": [USER], "response_format": BY_SCHEMA}

    assert edit("format-alone", alone) == (alone, [])
    assert edit("format-alone", {**alone, "stream": False, "tools": []})[1] == []
    for beside in ({"tools": [TOOL]}, {"stream": True}):
        body, codes = edit("format-alone", {**alone, **beside})
        assert "response_format" not in body
        assert codes == ["format.emulated"]
    plain: Body = {"stream": True, "response_format": {"type": "text"}}
    assert edit("format-alone", plain) == (plain, [])
