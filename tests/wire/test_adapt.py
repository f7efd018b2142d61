"""A client's request made valid for a target."""

from __future__ import annotations

import re
from typing import Any

import pytest

from aimux.errors import InvalidRequest, UnsupportedContent
from aimux.model.loss import Loss
from aimux.model.parts import (
    CallKind,
    Media,
    MediaKind,
    Opaque,
    OpaqueKind,
    Part,
    Refusal,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
    Unsupported,
)
from aimux.model.request import (
    Choice,
    FunctionTool,
    Message,
    Request,
    Role,
    Sampling,
    Tool,
    ToolChoice,
    WebSearchTool,
)
from aimux.wire.adapt import FILLER, Adapted, adapt
from aimux.wire.freeform import wrapped
from aimux.wire.rules import Rules
from aimux.wire.target import Target

PLAIN = Rules()
MERGING = Rules(merges=True, first_user=True, needs_user=True, prefill=False)
TARGET = Target("zai", "glm")
PNG = Media(MediaKind.IMAGE, "image/png", data="AA==")
PDF = Media(MediaKind.DOCUMENT, "application/pdf", data="AA==")
NOTES = Media(MediaKind.DOCUMENT, "text/plain", text="notes")


def user(*parts: Part) -> Message:
    """A turn of the user."""
    return Message(Role.USER, parts)


def model(*parts: Part) -> Message:
    """A turn of the assistant."""
    return Message(Role.ASSISTANT, parts)


def system(text: str) -> Message:
    """Instructions in the middle."""
    return Message(Role.SYSTEM, (Text(text),))


GO = user(Text("go"))


def adapted(
    *messages: Message, rules: Rules = PLAIN, target: Target = TARGET, **more: Any
) -> Adapted:
    """What the target gets of a request."""
    return adapt(Request("asked", messages or (GO,), **more), rules, target)


def codes(made: Adapted) -> list[str]:
    """What was reported."""
    return [loss.code for loss in made.losses]


def reminder(text: str) -> Text:
    """Instructions as they stand in a user's turn."""
    return Text(f"<system-reminder>\n{text}\n</system-reminder>")


# ---------------------------------------------------------------- tools


def tools(*declared: Tool, rules: Rules = PLAIN, **more: Any) -> tuple[list[str], list[str]]:
    """The names of the tools that the target gets, and what was reported."""
    made = adapted(rules=rules, tools=declared, **more)
    names = [t.name if isinstance(t, FunctionTool) else "*search" for t in made.request.tools]
    return names, codes(made)


F = FunctionTool("f", schema={"type": "object"})
SEARCH = WebSearchTool()


@pytest.mark.parametrize(
    ("declared", "rules", "names", "reported"),
    [
        ((F,), PLAIN, ["f"], []),
        ((F, F), PLAIN, ["f"], ["tool.duplicate"]),
        ((F, FunctionTool("f", namespace="n")), PLAIN, ["f", "n__f"], ["tool.namespace_flattened"]),
        ((FunctionTool("f", namespace="n"),), Rules(namespaces=True), ["f"], []),
        ((F, FunctionTool("d", deferred=True)), PLAIN, ["f"], []),
        (
            (F, FunctionTool("d", deferred=True, found=True)),
            PLAIN,
            ["f", "d"],
            ["tool.deferred_inlined"],
        ),
        ((FunctionTool("d", deferred=True),), Rules(tool_search=True), ["d"], []),
        ((F, SEARCH), PLAIN, ["f"], ["tool.server_unsupported"]),
        ((F, SEARCH), Rules(web_search=True), ["f", "*search"], []),
        ((SEARCH,), Rules(web_search=True), ["*search"], []),
        ((FunctionTool("a.b"),), PLAIN, ["a_b_"], ["tool.renamed"]),
    ],
)
def test_the_tools_that_a_target_gets(
    declared: tuple[Tool, ...], rules: Rules, names: list[str], reported: list[str]
) -> None:
    """Each once, those that are deferred as far as they were found."""
    got, said = tools(*declared, rules=rules)

    assert len(got) == len(names)
    assert all(name.startswith(wanted) for name, wanted in zip(got, names, strict=True))
    assert said == reported


def test_a_search_as_the_only_tool_needs_somebody_who_searches() -> None:
    """Edge 245: a model that only seems to have searched invents what it found."""
    with pytest.raises(UnsupportedContent, match="web search") as caught:
        tools(SEARCH)

    assert "web-search" in (caught.value.hint or "")


@pytest.mark.parametrize("kind", [CallKind.TOOL_SEARCH, CallKind.SHELL, CallKind.LOCAL_SHELL])
def test_kinds_of_calls_that_only_one_vendor_knows_are_functions(kind: CallKind) -> None:
    """Declared and called; in the answer they come back as what they were."""
    made = adapted(
        GO,
        model(ToolCall("call_1234", "t", "{}", kind)),
        user(ToolResult("call_1234")),
        tools=(FunctionTool("t", kind=kind),),
    )

    assert [t.kind for t in made.request.tools if isinstance(t, FunctionTool)] == [
        CallKind.FUNCTION
    ]
    assert made.request.messages[1].parts == (ToolCall("call_1234", "t", "{}"),)
    assert made.names.back("t").kind is kind


def test_free_form_tools_are_wrapped() -> None:
    """Edge 125: declared, called before, and come back."""
    patch = FunctionTool("patch", "Edits.", kind=CallKind.CUSTOM)
    history = (GO, model(ToolCall("call_1234", "patch", "raw", CallKind.CUSTOM)))

    made = adapted(*history, tools=(patch,))

    assert codes(made) == ["tool_result.synthesised", "tool.custom_wrapped"]
    assert made.request.messages[1].parts == (ToolCall("call_1234", "patch", wrapped("raw")),)
    assert made.names.back("patch").kind is CallKind.CUSTOM
    exact = adapted(*history, tools=(patch,), rules=Rules(custom_tools=True))
    assert exact.request.tools == (patch,)
    assert exact.request.messages[1].parts == history[1].parts


def test_a_tool_that_is_only_called_is_renamed_too() -> None:
    """A compaction turn declares nothing and holds all the calls."""
    made = adapted(GO, model(ToolCall("call_1234", "a.b", "{}")), user(ToolResult("call_1234")))

    (call,) = made.request.messages[1].parts

    assert isinstance(call, ToolCall)
    assert re.fullmatch(r"a_b_\w{8}", call.name)
    assert made.request.tool_choice == ToolChoice()


@pytest.mark.parametrize(
    ("choice", "declared", "expected"),
    [
        (ToolChoice(Choice.ANY), (F,), ToolChoice(Choice.ANY)),
        (ToolChoice(Choice.ANY, parallel=False), (), ToolChoice()),  # edge 199
        (ToolChoice(Choice.TOOL, "f"), (F,), ToolChoice(Choice.TOOL, "f")),
        (
            ToolChoice(Choice.TOOL, "f", "n"),
            (FunctionTool("f", namespace="n"),),
            ToolChoice(Choice.TOOL, "n__f"),
        ),
        (ToolChoice(allowed=("f",)), (F,), ToolChoice(allowed=("f",))),
        (
            ToolChoice(Choice.TOOL, "web_search"),
            (F, SEARCH),
            ToolChoice(Choice.TOOL, "web_search"),
        ),
    ],
)
def test_the_choice_of_a_tool(
    choice: ToolChoice, declared: tuple[Tool, ...], expected: ToolChoice
) -> None:
    """In the target's names; none where there are no tools."""
    made = adapted(tools=declared, tool_choice=choice, rules=Rules(web_search=True))

    assert made.request.tool_choice == expected


@pytest.mark.parametrize("name", ["g", "web_search"])
def test_a_forced_tool_that_is_not_there_is_the_callers_mistake(name: str) -> None:
    """Nobody guesses another."""
    with pytest.raises(InvalidRequest, match=f"tool_choice names '{name}'"):
        adapted(tools=(F,), tool_choice=ToolChoice(Choice.TOOL, name))


# ---------------------------------------------------------------- sampling


@pytest.mark.parametrize(
    ("asked", "limit", "sent"),
    [(128000, 8192, 8192), (100, 8192, 100), (128000, None, 128000), (None, 8192, None)],
)
def test_more_output_than_the_model_gives_is_clamped(
    asked: int | None, limit: int | None, sent: int | None
) -> None:
    """Edge 205."""
    made = adapted(
        sampling=Sampling(asked, temperature=0.5), target=Target("p", "m", max_output_tokens=limit)
    )

    assert made.request.sampling == Sampling(sent, temperature=0.5)
    assert codes(made) == (["max_tokens.clamped"] if asked != sent else [])


def test_the_model_is_the_targets() -> None:
    """And what reading lost is reported with the rest, each thing once."""
    loss = Loss("unknown_field.dropped", "x")

    made = adapted(losses=(loss, loss))

    assert made.request.model == "glm"
    assert made.losses == (loss,)
    assert made.request.losses == ()


# ---------------------------------------------------------------- opaque state

OWN = Opaque(OpaqueKind.TEXT, "", "zai")
FOREIGN = Opaque(OpaqueKind.ANTHROPIC_SIGNATURE, "s", "anthropic")
UNKNOWN_ISSUER = Opaque(OpaqueKind.ANTHROPIC_SIGNATURE, "s")


@pytest.mark.parametrize("state", [None, OWN, UNKNOWN_ISSUER])
def test_state_goes_to_its_issuer(state: Opaque | None) -> None:
    """Or to whoever might have issued it; the codec knows what fits."""
    parts = (Thinking("t", state), Text("x", state=state), ToolCall("call_1234", "f", state=state))

    rules = Rules(signed_text=True)
    made = adapted(GO, model(*parts), user(ToolResult("call_1234")), rules=rules)

    assert made.request.messages[1].parts == parts
    assert codes(made) == []


def test_state_goes_to_nobody_else() -> None:
    """P26: thinking is left out, text and calls stay without it."""
    made = adapted(
        GO,
        model(
            Thinking("t", FOREIGN),
            Text("x", state=FOREIGN),
            ToolCall("call_1234", "f", state=FOREIGN),
        ),
        user(ToolResult("call_1234")),
    )

    assert made.request.messages[1].parts == (Text("x"), ToolCall("call_1234", "f"))
    assert codes(made) == ["thinking.dropped_foreign"]


def test_a_turn_of_nothing_but_foreign_thinking_is_left_out() -> None:
    """Edge 217."""
    made = adapted(GO, model(Thinking("t", FOREIGN)), GO, rules=MERGING)

    assert made.request.messages == (user(Text("go"), Text("go")),)


def test_content_nobody_has_a_word_for_is_an_error() -> None:
    """Never silence; the place is told."""
    with pytest.raises(UnsupportedContent, match="'container_upload'") as caught:
        adapted(user(Unsupported("container_upload", "messages[0].content[0]")))

    assert caught.value.param == "messages[0].content[0]"


def test_other_parts_pass() -> None:
    """A refusal is what the model said."""
    assert adapted(GO, model(Refusal("no")), GO).request.messages[1].parts == (Refusal("no"),)


# ---------------------------------------------------------------- instructions in the middle


@pytest.mark.parametrize(
    ("messages", "expected"),
    [
        pytest.param(
            (GO, system("s"), model(Text("a")), GO),
            (user(Text("go"), reminder("s")), model(Text("a")), GO),
            id="behind the user",
        ),
        pytest.param(
            (GO, model(Text("a")), system("s"), GO),
            (GO, model(Text("a")), user(reminder("s"), Text("go"))),
            id="before the user",
        ),
        pytest.param(
            (GO, model(Text("a")), system("s")),
            (GO, model(Text("a")), user(reminder("s"))),
            id="at the end",
        ),
        pytest.param(
            (GO, model(Text("a")), system("s"), model(Text("b")), GO),
            (GO, model(Text("a")), user(reminder("s")), model(Text("b")), GO),
            id="between two turns of the assistant",
        ),
        pytest.param(
            (
                GO,
                model(ToolCall("call_1234", "f")),
                system("s"),
                user(ToolResult("call_1234", name="f"), Text("x")),
            ),
            (
                GO,
                model(ToolCall("call_1234", "f")),
                user(ToolResult("call_1234", name="f"), reminder("s")),
                user(Text("x")),
            ),
            id="between a call and its result",
        ),
    ],
)
def test_instructions_in_the_middle_are_wrapped(
    messages: tuple[Message, ...], expected: tuple[Message, ...]
) -> None:
    """Edges 139, 196 and 253: beside where they stood, never at the top."""
    made = adapted(*messages)

    assert made.request.messages == expected
    assert codes(made) == ["system.midconv_wrapped"]


@pytest.mark.parametrize(
    ("messages", "stands"),
    [
        ((GO, system("s"), model(Text("a")), GO), True),
        ((GO, system("s")), True),
        ((GO, model(Text("a")), system("s"), GO), False),
        ((GO, system("s"), GO), False),
        ((system("s"), model(Text("a")), GO), False),
    ],
)
def test_anthropic_takes_them_in_one_place(messages: tuple[Message, ...], stands: bool) -> None:
    """Between the user and the assistant; others take them anywhere."""
    rules = Rules(middle_system=True, merges=True)
    anywhere = Rules(middle_system=True)

    made = adapted(*messages, rules=rules)

    assert any(m.role is Role.SYSTEM for m in made.request.messages) == stands
    assert adapted(*messages, rules=anywhere).request.messages == messages


# ---------------------------------------------------------------- media

BLIND = Target("p", "m", capabilities=frozenset({"tools"}))


def test_media_of_results_stand_behind_all_results() -> None:
    """Edge 211: each says whose it is."""
    made = adapted(
        GO,
        model(ToolCall("call_aaaa", "shot"), ToolCall("call_bbbb", "read")),
        user(
            ToolResult("call_aaaa", (PNG,)),
            ToolResult("call_bbbb", (Text("two"), PNG, PDF)),
            Text("so?"),
        ),
    )

    assert made.request.messages[2].parts == (
        ToolResult("call_aaaa", (Text("(see below)"),), name="shot"),
        ToolResult("call_bbbb", (Text("two"),), name="read"),
        Text("The image of tool shot (call call_aaaa):"),
        PNG,
        Text("The image and document of tool read (call call_bbbb):"),
        PNG,
        PDF,
        Text("so?"),
    )
    assert codes(made) == ["image.in_tool_result_moved"]


def test_media_of_results_stay_where_they_may() -> None:
    """Anthropic, Responses and Gemini 3 take them."""
    result = ToolResult("call_aaaa", (PNG,), name="shot")
    messages = (GO, model(ToolCall("call_aaaa", "shot")), user(result))

    made = adapted(*messages, rules=Rules(result_media=True))

    assert made.request.messages == messages


@pytest.mark.parametrize("medium", [PNG, PDF])
@pytest.mark.parametrize("in_result", [False, True])
def test_what_the_model_cannot_see(medium: Media, in_result: bool) -> None:
    """In the last turn an error, with what to route by; in those before a note."""
    call = model(ToolCall("call_aaaa", "f"))
    turn = (call, user(ToolResult("call_aaaa", (medium,)))) if in_result else (user(medium),)
    with pytest.raises(UnsupportedContent, match="'m' takes no") as caught:
        adapted(GO, *turn, target=BLIND)
    assert "capability" in (caught.value.hint or "")

    made = adapted(GO, *turn, model(Text("a")), GO, target=BLIND)

    assert codes(made) == ["image.unsupported"]
    assert f"[{medium.kind} left out: this model takes none]" in repr(made.request.messages)
    assert "AA==" not in repr(made.request.messages)


@pytest.mark.parametrize("medium", [NOTES, Media(MediaKind.AUDIO, "audio/wav", data="AA==")])
def test_what_is_not_seen_but_read_passes(medium: Media) -> None:
    """A document of plain text is text; sounds are the codec's business."""
    assert adapted(user(medium), target=BLIND).request.messages == (user(medium),)


# ---------------------------------------------------------------- roles


@pytest.mark.parametrize(
    ("messages", "expected", "reported"),
    [
        pytest.param(
            (GO, GO, model(Text("a")), model(Text("b")), GO),
            (user(Text("go"), Text("go")), model(Text("a"), Text("b")), GO),
            [],
            id="edge-256: one message a role",
        ),
        pytest.param(
            (model(Text("a")), GO),
            (user(Text(FILLER)), model(Text("a")), GO),
            [],
            id="edge-188: the user begins",
        ),
        pytest.param((GO, model(Text("{"))), (GO,), ["prefill.dropped"], id="edge-238: prefill"),
        pytest.param(
            (GO, model(Text("")), user(Text(""), Text("x"))),
            (user(Text("go"), Text("x")),),
            [],
            id="edge-260: empty turns",
        ),
        pytest.param(
            (GO, model(ToolCall("call_1234", "f"))),
            (
                GO,
                model(ToolCall("call_1234", "f")),
                user(
                    ToolResult(
                        "call_1234",
                        (Text("[no result: the call was interrupted]"),),
                        is_error=True,
                        name="f",
                    )
                ),
            ),
            ["tool_result.synthesised"],
            id="a call at the end is no prefill",
        ),
    ],
)
def test_roles_for_a_target_that_is_strict(
    messages: tuple[Message, ...], expected: tuple[Message, ...], reported: list[str]
) -> None:
    """Anthropic and Gemini."""
    made = adapted(*messages, rules=MERGING)

    assert made.request.messages == expected
    assert codes(made) == reported


def test_a_target_that_is_not_strict_gets_what_was_said() -> None:
    """Chat and Responses."""
    messages = (model(Text("a")), GO, GO, model(Text("{")))

    assert adapted(*messages).request.messages == messages


def test_results_come_first_also_when_turns_become_one() -> None:
    """Edge 213."""
    made = adapted(
        GO,
        model(ToolCall("call_1234", "f")),
        system("s"),
        user(ToolResult("call_1234", name="f")),
        user(Text("x")),
        rules=MERGING,
    )

    assert made.request.messages[2].parts == (
        ToolResult("call_1234", name="f"),
        reminder("s"),
        Text("x"),
    )


def test_instructions_alone_become_the_users_words() -> None:
    """Edge 255: for a target that needs a user; others take them as they are."""
    made = adapt(Request("m", (), system=(Text("be"), Text(""))), MERGING, TARGET)
    taken = adapt(Request("m", (), system=(Text("be"), Text(""))), PLAIN, TARGET)

    assert (made.request.system, made.request.messages) == ((), (user(Text("be")),))
    assert codes(made) == ["system.merged"]
    assert (taken.request.system, taken.request.messages) == ((Text("be"),), ())


def test_nothing_at_all_is_a_word() -> None:
    """A conversation of an empty message: every vendor wants one that says something."""
    assert adapted(user(Text(""))).request.messages == (user(Text(FILLER)),)


def test_a_signature_on_an_empty_text_stays() -> None:
    """Edge 171: Gemini signs the end of a turn."""
    signed = Text("", state=Opaque(OpaqueKind.GEMINI_SIGNATURE, "s", "zai"))

    turn = model(Text("a"), signed)
    rules = Rules(signed_text=True)

    assert adapted(GO, turn, GO, rules=rules).request.messages[1].parts == (Text("a"), signed)
    assert adapted(GO, turn, GO).request.messages[1].parts == (Text("a"),)


@pytest.mark.parametrize(
    ("state", "thinking", "kept"),
    [
        (OWN, None, True),
        (None, None, True),
        (OWN, frozenset({OpaqueKind.TEXT}), True),
        (OWN, frozenset(), False),
        (None, frozenset({OpaqueKind.TEXT}), False),
    ],
)
def test_thinking_goes_where_there_is_a_place_for_it(
    state: Opaque | None, thinking: frozenset[OpaqueKind] | None, kept: bool
) -> None:
    """A turn of nothing else is no turn there."""
    made = adapted(GO, model(Thinking("t", state)), GO, rules=Rules(thinking=thinking))

    assert len(made.request.messages) == (3 if kept else 2)
    assert ("thinking.dropped_foreign" in codes(made)) != kept


def test_turns_that_stand_together_become_one_for_everybody() -> None:
    """What was between them said nothing."""
    made = adapted(GO, model(Text("a")), user(Text("")), model(Text("b")), GO)

    assert made.request.messages == (GO, model(Text("a"), Text("b")), GO)
