"""Conversations put in order."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aimux.model.loss import Loss
from aimux.model.parts import Media, MediaKind, Part, Text, ToolCall, ToolResult
from aimux.model.request import Message, Role
from aimux.wire.history import INTERRUPTED, settled
from aimux.wire.rules import Rules

RULES = Rules()
USER, ASSISTANT, SYSTEM = Role.USER, Role.ASSISTANT, Role.SYSTEM


def user(*parts: Part | str) -> Message:
    """A turn of the user."""
    return Message(USER, tuple(Text(p) if isinstance(p, str) else p for p in parts))


def model(*parts: Part | str) -> Message:
    """A turn of the assistant."""
    return Message(ASSISTANT, tuple(Text(p) if isinstance(p, str) else p for p in parts))


def call(id_: str, name: str = "f") -> ToolCall:
    """A call."""
    return ToolCall(id_, name, "{}")


def gave(id_: str, text: str = "ok", name: str = "f") -> ToolResult:
    """What a tool gave back."""
    return ToolResult(id_, (Text(text),), name=name)


def words(turns: list[tuple[Role, list[Part]]]) -> list[str]:
    """Turns as short words: u and a, calls as id!, results as id=text."""
    said = []
    for role, parts in turns:
        inner = []
        for part in parts:
            match part:
                case ToolCall():
                    inner.append(f"{part.id}!")
                case ToolResult():
                    text = "".join(t.text for t in part.content if isinstance(t, Text))
                    inner.append(f"{part.call_id}={text}{'?' if part.is_error else ''}")
                case Text():
                    inner.append(part.text)
                case _:
                    inner.append(type(part).__name__)
        said.append(f"{role[0]}[{' '.join(inner)}]")
    return said


def put_in_order(*messages: Message) -> tuple[list[str], list[str]]:
    """The turns in words and the codes of what was reported."""
    losses: list[Loss] = []
    turns = settled(messages, RULES, losses)
    return words(turns), [loss.code for loss in losses]


NOTE = "[a tool's result of f whose call is not in the conversation] ok"


@pytest.mark.parametrize(
    ("messages", "turns", "codes"),
    [
        pytest.param(
            [user("go"), model(call("a"), call("b")), user(gave("a"), gave("b"))],
            ["u[go]", "a[a! b!]", "u[a=ok b=ok]"],
            [],
            id="in order",
        ),
        pytest.param(
            [model(call("a"), call("b")), user("hi", gave("b"), gave("a"))],
            ["a[a! b!]", "u[a=ok b=ok hi]"],
            [],
            id="edge-213: words before results",
        ),
        pytest.param(
            [model(call("a")), model(call("b")), user(gave("b")), user(gave("a"))],
            ["a[a! b!]", "u[a=ok b=ok]", "u[]"],
            [],
            id="edge-142: calls one by one",
        ),
        pytest.param(
            [model(call("a")), model("and"), user(gave("a"))],
            ["a[a! and]", "u[a=ok]"],
            [],
            id="edge-143: words between a call and its result",
        ),
        pytest.param(
            [model(call("a")), user(gave("a")), model(call("b")), user(gave("b"))],
            ["a[a!]", "u[a=ok]", "a[b!]", "u[b=ok]"],
            [],
            id="one step after the other",
        ),
        pytest.param(
            [model(call("a"), call("b")), user(gave("b"))],
            ["a[a! b!]", f"u[a={INTERRUPTED}? b=ok]"],
            ["tool_result.synthesised"],
            id="edge-259: never answered",
        ),
        pytest.param(
            [model(call("a"))],
            ["a[a!]", f"u[a={INTERRUPTED}?]"],
            ["tool_result.synthesised"],
            id="nothing behind the call",
        ),
        pytest.param(
            [model(call("a")), Message(SYSTEM, (Text("mode"),)), user(gave("a"))],
            ["a[a!]", "u[a=ok]", "s[mode]", "u[]"],
            [],
            id="instructions between a call and its result",
        ),
        pytest.param(
            [user(gave("a"), "so")],
            [f"u[{NOTE} so]"],
            ["tool_result.orphan"],
            id="edge-257: a result without its call",
        ),
        pytest.param(
            [model(call("a")), user(gave("a"), gave("a", "again"))],
            ["a[a!]", "u[a=ok]"],
            [],
            id="two results: the first",
        ),
        pytest.param(
            [model(call("a")), user(gave("a", ""), gave("a", "late"))],
            ["a[a!]", "u[a=late]"],
            [],
            id="two results: the first that says something",
        ),
        pytest.param(
            [
                model(call("call_0")),
                user(gave("call_0", "one")),
                model(call("call_0")),
                user(gave("call_0", "two")),
                model(call("call_0")),
                user(gave("call_0", "three")),
            ],
            [
                "a[call_0!]", "u[call_0=one]", "a[call_0_2!]", "u[call_0_2=two]",
                "a[call_0_3!]", "u[call_0_3=three]",
            ],
            ["tool_id.rewritten"] * 2,
            id="edge-229: ids that begin anew",
        ),
        pytest.param(
            [
                model(call("call_0", "f")),
                user("no"),
                model(call("call_0", "g")),
                user(gave("call_0", "of g")),
            ],
            [
                "a[call_0!]", f"u[call_0={INTERRUPTED}? no]", "a[call_0_2!]", "u[call_0_2=of g]",
            ],
            ["tool_id.rewritten", "tool_result.synthesised"],
            id="a result answers the call before it",
        ),
        pytest.param(
            [model(call("", "f"), call("", "f"), call("", "g")),
             user(gave("", "1"), gave("", "3", "g"), gave("", "2"))],
            ["a[call_f_1! call_f_2! call_g_3!]", "u[call_f_1=1 call_f_2=2 call_g_3=3]"],
            [],
            id="edge-175: no ids, by name and order",
        ),
        pytest.param(
            [model(call("", "f")), user(gave("", "1", "h"))],
            ["a[call_f_1!]",
             f"u[call_f_1={INTERRUPTED}? [a tool's result of h whose call is not in the conversation] 1]"],
            ["tool_result.orphan", "tool_result.synthesised"],
            id="no id and no call of the name",
        ),
        pytest.param(
            [model(call("")), user(ToolResult("", (Text("x"),)))],
            ["a[call_f_1!]", "u[call_f_1=x]"],
            [],
            id="no id and no name",
        ),
        pytest.param(
            [model(call("a/b")), user(gave("a/b"))],
            ["a[a_b_c14cddc0!]", "u[a_b_c14cddc0=ok]"],
            ["tool_id.rewritten"],
            id="edge-230: an id no vendor takes",
        ),
    ],
)  # fmt: skip
def test_a_conversation_is_put_in_order(
    messages: list[Message], turns: list[str], codes: list[str]
) -> None:
    """Every call with its result behind it."""
    assert put_in_order(*messages) == (turns, codes)


def test_a_result_knows_the_name_of_its_call() -> None:
    """Edge 173: Gemini wants it."""
    losses: list[Loss] = []
    turns = settled([model(call("a", "read")), user(ToolResult("a"))], RULES, losses)

    result = turns[1][1][0]

    assert isinstance(result, ToolResult)
    assert result.name == "read"


def test_an_image_says_something() -> None:
    """A result of nothing but an image is not replaced."""
    image = Media(MediaKind.IMAGE, "image/png", data="AA==")
    losses: list[Loss] = []
    turns = settled(
        [model(call("a")), user(ToolResult("a", (image,)), gave("a", "late"))], RULES, losses
    )

    result = turns[1][1][0]

    assert isinstance(result, ToolResult)
    assert result.content == (image,)


CALLS = st.builds(call, st.sampled_from(["a", "b", "", "c/d"]), st.sampled_from(["f", "g"]))
SAID = st.one_of(
    st.builds(gave, st.sampled_from(["a", "b", "", "c/d", "z"]), st.sampled_from(["", "ok"])),
    st.just(Text("words")),
)
MESSAGES = st.lists(
    st.one_of(
        st.builds(Message, st.sampled_from([USER, SYSTEM]), st.lists(SAID, max_size=4).map(tuple)),
        st.builds(Message, st.just(ASSISTANT), st.lists(CALLS | SAID, max_size=4).map(tuple)),
    ),
    max_size=7,
)


@given(messages=MESSAGES)
@settings(max_examples=100)
def test_whatever_was_sent_every_call_is_followed_by_its_result(messages: list[Message]) -> None:
    """P10 and P18: ids are unique, results stand behind their calls in order, none is left over."""
    turns = settled(messages, RULES, [])
    seen: set[str] = set()
    awaited: list[str] = []
    for _, parts in turns:
        results = [part.call_id for part in parts if isinstance(part, ToolResult)]
        assert results == awaited
        assert [isinstance(part, ToolResult) for part in parts[: len(results)]] == [True] * len(
            results
        )
        awaited = [part.id for part in parts if isinstance(part, ToolCall)]
        assert not seen & set(awaited)
        seen |= set(awaited)
    assert awaited == []
