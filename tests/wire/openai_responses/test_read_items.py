"""The items of a client's input as a conversation."""

from __future__ import annotations

from typing import Any

import pytest

from aimux.errors import InvalidRequest, UnsupportedContent
from aimux.model.parts import (
    CallKind,
    Media,
    MediaKind,
    Opaque,
    OpaqueKind,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
    Unsupported,
)
from aimux.model.request import Message, Role
from aimux.wire import opaque
from aimux.wire.jsontext import scan
from tests.wire.openai_responses.asking import CODEC, assistant, codes, read, read_input, user

ASK = {"role": "user", "content": "?"}
PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
IMAGE = {"type": "input_image", "image_url": f"data:image/png;base64,{PNG}"}
PICTURE = Media(MediaKind.IMAGE, "image/png", data=PNG)


def call(id_: str = "call_1", **more: Any) -> dict[str, Any]:
    """A call of a function."""
    return {"type": "function_call", "call_id": id_, "name": "f", "arguments": "{}", **more}


def output(id_: str = "call_1", said: Any = "ok") -> dict[str, Any]:
    """What the function gave back."""
    return {"type": "function_call_output", "call_id": id_, "output": said}


def reasoning(**fields: Any) -> dict[str, Any]:
    """A reasoning item."""
    return {"type": "reasoning", "id": "rs_1", "summary": [], **fields}


def test_an_item_without_a_type_is_a_message() -> None:
    """The easy form of the vendor's own examples."""
    assert read_input(ASK) == (user(Text("?")),)


def test_the_turns_of_an_agent() -> None:
    """Edge 142: parallel calls are one turn, and so are their outputs; each message is one."""
    assert read_input(
        ASK,
        {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "!"}]},
        {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "a"}]},
        call("call_1"),
        call("call_2", arguments='{"x": 1.0}'),
        output("call_1"),
        output("call_2"),
        {"role": "assistant", "content": "done"},
        ASK,
    ) == (
        user(Text("?")),
        user(Text("!")),
        assistant(Text("a"), ToolCall("call_1", "f", "{}"), ToolCall("call_2", "f", '{"x": 1.0}')),
        user(
            ToolResult("call_1", (Text("ok"),)),
            ToolResult("call_2", (Text("ok"),)),
        ),
        assistant(Text("done")),
        user(Text("?")),
    )


def test_reasoning_between_call_and_output_is_of_the_calls_turn() -> None:
    """Edge 141: it does not split the turn."""
    messages = read_input(
        ASK, call(), reasoning(summary=[{"type": "summary_text", "text": "hm"}]), output()
    )

    assert [message.role for message in messages] == [Role.USER, Role.ASSISTANT, Role.USER]
    assert messages[1].parts == (ToolCall("call_1", "f", "{}"), Thinking("hm"))


def test_a_message_between_call_and_output_stays_there() -> None:
    """Edge 143: it is put in order where the target is known."""
    assert [m.role for m in read_input(ASK, call(), ASK, output())] == [
        Role.USER, Role.ASSISTANT, Role.USER, Role.USER,
    ]  # fmt: skip


def test_the_phase_of_a_message_is_the_vendors() -> None:
    """Edge 164: it says how to show what is said, and nobody else needs it."""
    asked = read(input=[ASK, {"role": "assistant", "phase": "commentary", "content": "a"}])

    assert asked.messages[1] == assistant(Text("a"))
    assert asked.losses == ()


def test_instructions_in_the_middle_are_a_turn() -> None:
    """Edge 139, 253: where they stand, not at the top; what declares tools does not begin it."""
    asked = read(
        input=[
            {"type": "additional_tools", "role": "developer", "tools": []},
            {"role": "developer", "content": "first"},
            ASK,
            {"role": "developer", "content": "later"},
            {"role": "system", "content": ""},
        ]
    )

    assert asked.system == (Text("first"),)
    assert asked.messages == (
        user(Text("?")),
        Message(Role.SYSTEM, (Text("later"),)),
        Message(Role.SYSTEM, (Text(""),)),
    )


def test_instructions_are_only_text() -> None:
    """Nothing else has a place there in any other format."""
    with pytest.raises(UnsupportedContent) as caught:
        read_input({"role": "developer", "content": [IMAGE]})

    assert caught.value.param == "input[0].content"


def test_a_message_that_says_nothing_is_none() -> None:
    """Edge 260."""
    assert read_input(ASK, {"role": "assistant", "content": None}, {"role": "user", "content": []}) == (
        user(Text("?")),
    )  # fmt: skip


# ---------------------------------------------------------------- reasoning


@pytest.mark.parametrize(
    ("item", "parts"),
    [
        pytest.param(reasoning(content=None, encrypted_content=None), (), id="edge-140"),
        (
            reasoning(
                summary=[
                    {"type": "summary_text", "text": "a"},
                    {"type": "summary_text", "text": "b"},
                ]
            ),
            (Thinking("a\n\nb"),),
        ),
        (reasoning(content=[{"type": "reasoning_text", "text": "c"}]), (Thinking("c"),)),
        (
            reasoning(
                summary=[{"type": "summary_text", "text": "s"}],
                content=[{"type": "reasoning_text", "text": "c"}],
                encrypted_content="gAAAA1",
            ),
            (Thinking("s", Opaque(OpaqueKind.OPENAI_REASONING, "gAAAA1")),),
        ),
        (
            reasoning(encrypted_content="gAAAA1"),
            (Thinking("", Opaque(OpaqueKind.OPENAI_REASONING, "gAAAA1")),),
        ),
        ({"type": "reasoning", "summary": None}, ()),
    ],
)
def test_reasoning(item: dict[str, Any], parts: tuple[Any, ...]) -> None:
    """Its text, the summary first, and its state, whose issuer nobody knows."""
    messages = read_input(ASK, item)

    assert messages[1:] == ((assistant(*parts),) if parts else ())


CLAUDES = Opaque(OpaqueKind.ANTHROPIC_SIGNATURE, "sig", "claude", "opus")


def test_a_carrier_is_opened() -> None:
    """The state is its issuer's again; the text is that of the item, or the one it kept."""
    kept = Opaque(OpaqueKind.ANTHROPIC_REDACTED, "data", "claude", "opus", "kept")
    messages = read_input(
        ASK,
        reasoning(
            summary=[{"type": "summary_text", "text": "hm"}], encrypted_content=opaque.seal(CLAUDES)
        ),
        reasoning(encrypted_content=opaque.seal(kept)),
    )

    assert messages[1] == assistant(Thinking("hm", CLAUDES), Thinking("kept", kept))


def test_a_broken_carrier_is_no_state() -> None:
    """It goes to nobody; the text stays."""
    broken = opaque.seal(CLAUDES)[:-1]
    messages = read_input(
        ASK,
        reasoning(summary=[{"type": "summary_text", "text": "hm"}], encrypted_content=broken),
        reasoning(encrypted_content=broken),
    )

    assert messages[1:] == (assistant(Thinking("hm")),)


GEMINIS = Opaque(OpaqueKind.GEMINI_SIGNATURE, "c2ln", "google", "gemini-3")


@pytest.mark.parametrize(
    ("behind", "parts"),
    [
        ([call()], (ToolCall("call_1", "f", "{}", state=GEMINIS),)),
        (
            [call(), call("call_2")],
            (ToolCall("call_1", "f", "{}", state=GEMINIS), ToolCall("call_2", "f", "{}")),
        ),
        ([{"role": "assistant", "content": "a"}], (Text("a", state=GEMINIS),)),
        (
            [reasoning(content=[{"text": "hm"}]), call()],
            (Thinking("hm"), ToolCall("call_1", "f", "{}", state=GEMINIS)),
        ),
    ],
)
def test_geminis_signature_is_of_what_follows_it(behind: list[Any], parts: tuple[Any, ...]) -> None:
    """It is no thinking, and signs one part of its turn."""
    signature = reasoning(encrypted_content=opaque.seal(GEMINIS))

    assert read_input(ASK, signature, *behind)[1:] == (assistant(*parts),)


def test_geminis_signature_does_not_leave_its_turn() -> None:
    """What nothing of the turn follows signs nothing."""
    signature = reasoning(encrypted_content=opaque.seal(GEMINIS))

    assert read_input(ASK, signature, ASK, call())[2] == assistant(ToolCall("call_1", "f", "{}"))


# ---------------------------------------------------------------- calls of every kind


@pytest.mark.parametrize(
    ("item", "made"),
    [
        (call(namespace="ns"), ToolCall("call_1", "f", "{}", namespace="ns")),
        (call(arguments={"x": 1}), ToolCall("call_1", "f", '{"x":1}')),
        pytest.param(call(arguments=""), ToolCall("call_1", "f", ""), id="edge-263"),
        pytest.param(call(arguments="{oops"), ToolCall("call_1", "f", "{oops"), id="edge-262"),
        (call(arguments=None), ToolCall("call_1", "f", "")),
        (call(None, id="fc_1"), ToolCall("fc_1", "f", "{}")),
        (
            {"type": "custom_tool_call", "call_id": "c", "name": "apply_patch", "input": "*** x"},
            ToolCall("c", "apply_patch", "*** x", CallKind.CUSTOM),
        ),
        (
            {
                "type": "tool_search_call",
                "execution": "client",
                "call_id": "c",
                "arguments": {"limit": 1.50},
            },
            ToolCall("c", "tool_search", '{"limit":1.5}', CallKind.TOOL_SEARCH),
        ),
        (
            {
                "type": "local_shell_call",
                "id": "i",
                "call_id": "c",
                "action": {"type": "exec", "command": ["ls"], "env": {}},
            },
            ToolCall("c", "local_shell", '{"command":["ls"],"env":{}}', CallKind.LOCAL_SHELL),
        ),
        (
            {"type": "shell_call", "call_id": "c", "action": {"commands": ["ls"]}},
            ToolCall("c", "shell", '{"commands":["ls"]}', CallKind.SHELL),
        ),
        (
            {
                "type": "apply_patch_call",
                "call_id": "c",
                "operation": {"type": "delete_file", "path": "a"},
            },
            ToolCall("c", "apply_patch", '{"type":"delete_file","path":"a"}', CallKind.APPLY_PATCH),
        ),
    ],
)
def test_a_call(item: dict[str, Any], made: ToolCall) -> None:
    """Its input as neutral arguments."""
    assert read_input(ASK, item)[1] == assistant(made)


def test_numbers_keep_their_spelling() -> None:
    """Edge 351, 352: where a value becomes a text, too."""
    arguments = b'{"a":1.0,"b":1e3,"c":12345678901234567890123}'
    body = (
        b'{"input":[{"type":"tool_search_call","execution":"client","call_id":"c","arguments":%b}]}'
        % arguments
    )
    asked = CODEC.read_request(scan(body), "m", stream=False)

    assert asked.messages == (
        assistant(ToolCall("c", "tool_search", arguments.decode(), CallKind.TOOL_SEARCH)),
    )


@pytest.mark.parametrize(
    ("item", "made"),
    [
        (output(), ToolResult("call_1", (Text("ok"),))),
        (output(said=None), ToolResult("call_1")),
        (
            output(said=[{"type": "input_text", "text": "see"}, IMAGE]),
            ToolResult("call_1", (Text("see"), PICTURE)),
        ),
        (
            {
                "type": "custom_tool_call_output",
                "call_id": "c",
                "output": "Done!",
                "name": "apply_patch",
            },
            ToolResult("c", (Text("Done!"),), name="apply_patch", kind=CallKind.CUSTOM),
        ),
        (
            {
                "type": "shell_call_output",
                "call_id": "c",
                "output": [{"stdout": "a", "stderr": ""}],
            },
            ToolResult(
                "c", (Text('[{"stdout":"a","stderr":""}]'),), name="shell", kind=CallKind.SHELL
            ),
        ),
        (
            {"type": "shell_call_output", "call_id": "c", "output": "a"},
            ToolResult("c", (Text("a"),), name="shell", kind=CallKind.SHELL),
        ),
        (
            {"type": "apply_patch_call_output", "call_id": "c", "status": "failed", "output": "no"},
            ToolResult(
                "c", (Text("no"),), is_error=True, name="apply_patch", kind=CallKind.APPLY_PATCH
            ),
        ),
        (
            {"type": "local_shell_call_output", "id": "c", "output": "a"},
            ToolResult("c", (Text("a"),), name="local_shell", kind=CallKind.LOCAL_SHELL),
        ),
    ],
)
def test_an_output(item: dict[str, Any], made: ToolResult) -> None:
    """Edge 145: text, or parts with images."""
    assert read_input(ASK, item)[1] == user(made)


def test_a_local_shells_output_names_the_item_or_the_call() -> None:
    """The vendor's types have only the item's id."""
    messages = read_input(
        ASK,
        {"type": "local_shell_call", "id": "lsh_1", "call_id": "c", "action": {}},
        {"type": "local_shell_call_output", "id": "lsh_1", "output": "a"},
    )

    assert messages[2].parts[0].call_id == "c"  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("text", "content"),
    [
        pytest.param(
            f'[{{"type":"input_text","text":"see"}},{{"type":"input_image","image_url":"data:image/png;base64,{PNG}"}}]',
            (Text("see"), PICTURE),
            id="edge-146",
        ),
        ('[{"type":"input_text"', None),
        ('["input_text"]', None),
        ('[{"type":"input_text","text":"a"},{"type":"row"}]', None),
        ('[{"type":"text","text":"a"}]', None),
        ("[]", None),
    ],
)
def test_an_output_that_spells_out_its_parts(text: str, content: tuple[Any, ...] | None) -> None:
    """As text the model would read base64; what is only similar stays a text."""
    result = read_input(ASK, output(said=text))[1].parts[0]

    assert result == ToolResult("call_1", content or (Text(text),))


def test_what_no_result_can_hold_stands_behind_it() -> None:
    """It is not left out in silence."""
    message = read_input(ASK, output(said=[{"type": "hologram"}]))[1]

    assert message == user(ToolResult("call_1"), Unsupported("hologram", "input[1].output[0]"))


# ---------------------------------------------------------------- what the vendor did by itself


@pytest.mark.parametrize(
    ("item", "text", "loss"),
    [
        pytest.param(
            {
                "type": "web_search_call",
                "status": "completed",
                "action": {
                    "type": "search",
                    "query": "q",
                    "sources": [{"type": "url", "url": "http://a"}],
                },
            },
            '[searched the web for "q": http://a]',
            "citations.dropped",
            id="edge-163",
        ),
        (
            {"type": "web_search_call", "action": {"queries": ["q"]}},
            '[searched the web for "q"]',
            "citations.dropped",
        ),
        (
            {"type": "file_search_call", "queries": ["q"], "results": None},
            '[ran file search: {"queries":["q"]}]',
            "citations.dropped",
        ),
        (
            {
                "type": "mcp_call",
                "server_label": "s",
                "name": "n",
                "arguments": "{}",
                "output": "o",
            },
            '[ran mcp: {"server_label":"s","name":"n","arguments":"{}","output":"o"}]',
            "citations.dropped",
        ),
        (
            {"type": "image_generation_call", "result": PNG},
            "[an image that the assistant made]",
            "image.unsupported",
        ),
    ],
)
def test_what_the_vendor_ran_is_told_in_words(item: dict[str, Any], text: str, loss: str) -> None:
    """No other provider knows it as a call."""
    asked = read(input=[ASK, item])

    assert asked.messages[1] == assistant(Text(text))
    assert codes(asked) == [(loss, "input[1]")]


@pytest.mark.parametrize("type_", ["compaction_trigger", "mcp_list_tools"])
def test_what_only_steers_the_vendor_is_passed_over(type_: str) -> None:
    """And reported."""
    asked = read(input=[ASK, {"type": type_}])

    assert asked.messages == (user(Text("?")),)
    assert codes(asked) == [("unknown_block.dropped", "input[1]")]


@pytest.mark.parametrize("type_", ["compaction", "computer_call", "program", "of_a_new_type"])
def test_what_has_no_neutral_word_is_kept_as_that(type_: str) -> None:
    """Whoever has to write it refuses it, with its place."""
    assert read_input(ASK, {"type": type_})[1] == user(Unsupported(type_, "input[1]"))


@pytest.mark.parametrize("item", [{"type": "item_reference", "id": "i"}, {"id": "i"}])
def test_a_reference_leads_nowhere(item: dict[str, Any]) -> None:
    """What it refers to is with the vendor."""
    with pytest.raises(UnsupportedContent) as caught:
        read_input(ASK, item)

    assert caught.value.param == "input[1]"


def test_a_compaction_turn_has_calls_and_no_tools() -> None:
    """Codex asks for a summary with an empty list."""
    asked = read(tools=[], parallel_tool_calls=False, input=[ASK, call(), output(), ASK])

    assert asked.tools == ()
    assert len(asked.messages) == 4


@pytest.mark.parametrize(
    ("item", "param"),
    [
        ({"type": 7}, "type"),
        ({"type": 7.5}, "type"),
        ({"role": "tool", "content": "a"}, "role"),
        ({"role": "user", "content": 7}, "content"),
        ({"role": "user", "content": [7]}, "content[0]"),
        ({"role": "user", "content": [{}]}, "content[0].type"),
        ({"role": "user", "content": [{"type": {}}]}, "content[0].type"),
        ({"role": "user", "content": [{"type": "input_text", "text": 1}]}, "content[0].text"),
        (call(None), "call_id"),
        (call(name=""), "name"),
        ({"type": "custom_tool_call", "call_id": "c", "name": "n", "input": {}}, "input"),
        (output(None), "call_id"),
        (output(said=7), "output"),
        ({"type": "local_shell_call_output", "output": "a"}, "call_id"),
        (reasoning(summary="a"), "summary"),
        (reasoning(summary=["a"]), "summary[0]"),
        (reasoning(encrypted_content=1), "encrypted_content"),
        ({"type": "configuration_update", "reasoning": 1}, "reasoning"),
        ({"type": "additional_tools", "tools": 1}, "tools"),
    ],
)
def test_a_malformed_item_is_the_clients_fault(item: dict[str, Any], param: str) -> None:
    """With its place."""
    with pytest.raises(InvalidRequest) as caught:
        read_input(ASK, item)

    assert caught.value.param == f"input[1].{param}"
