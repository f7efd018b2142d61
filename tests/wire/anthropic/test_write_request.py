"""Requests as Anthropic takes them."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

import pytest

from aimux.errors import UnsupportedContent
from aimux.model.parts import (
    Citation,
    Hit,
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
    WebSearch,
)
from aimux.model.request import (
    Choice,
    Effort,
    FunctionTool,
    OutputFormat,
    Reasoning,
    Role,
    Sampling,
    ToolChoice,
    WebSearchTool,
)
from aimux.wire import jsontext
from aimux.wire.target import Target
from tests.wire.anthropic.asking import (
    CODEC,
    TARGET,
    adapted,
    asked,
    body_of,
    lost,
    talk,
    target,
    write,
)

USER, ASSISTANT, SYSTEM = Role.USER, Role.ASSISTANT, Role.SYSTEM
IMAGE, DOCUMENT = MediaKind.IMAGE, MediaKind.DOCUMENT
PNG = base64.b64encode(b"\x89PNG\r\n\x1a\nrest").decode()
LIMIT = Sampling(100)
OLD = target("claude-haiku-4-5")
FOREIGN = target("glm-5.3")


def text(words: str) -> dict[str, Any]:
    """A block of text."""
    return {"type": "text", "text": words}


def blocks(*parts: Part, role: Role = ASSISTANT, to: Target = OLD) -> list[dict[str, Any]]:
    """The content of a message of these parts that another of the user follows."""
    body = body_of(write(talk((role, parts), (USER, (Text("and"),)), sampling=LIMIT), to))
    content = body["messages"][0]["content"]
    return content[:-1] if role is USER else content  # type: ignore[no-any-return]  # JSON


def test_a_plain_request() -> None:
    """Nothing is in it that was not asked for, and no mark of what to cache."""
    written = write(talk((USER, (Text("hi"),)), system=(Text("a"), Text("b")), sampling=LIMIT))

    assert body_of(written) == {
        "model": TARGET.model,
        "max_tokens": 100,
        "system": [text("a"), text("b")],
        "messages": [{"role": "user", "content": [text("hi")]}],
    }
    assert written.losses == []
    assert written.stop_locally == ()


def test_a_request_with_all_settings() -> None:
    """Each under the vendor's name."""
    request = asked(
        Text("hi"),
        stream=True,
        user="ann@example.com",
        session="s",
        tier="default",
        sampling=Sampling(100, temperature=0.5, top_k=5, stop=("a", " ", "\n")),
    )
    written = write(request, OLD)
    body = body_of(written)

    assert body["stream"] is True
    assert body["metadata"] == {"user_id": hashlib.sha256(b"ann@example.com").hexdigest()}
    assert body["service_tier"] == "standard_only"
    assert (body["temperature"], body["top_k"]) == (0.5, 5)
    assert body["stop_sequences"] == ["a"]
    assert written.stop_locally == (" ", "\n")
    assert lost(written) == ["cache_control.dropped"]


@pytest.mark.parametrize("user", ["a" * 64, "0f8fad5b-d9cb-469f-a165-70867728950e"])
def test_a_user_that_is_opaque_already_stays(user: str) -> None:
    """Edge 283: a hash or a UUID names nobody."""
    assert body_of(write(asked(Text("hi"), user=user)))["metadata"] == {"user_id": user}


@pytest.mark.parametrize(
    ("model", "sampling", "taken", "losses"),
    [
        ("claude-opus-5-5", {"temperature": 0.5}, {}, ["sampling.dropped"]),
        ("claude-opus-5-5", {"temperature": 1, "top_p": 1.0}, {}, []),
        ("claude-opus-5-5", {"top_k": 1}, {}, ["sampling.dropped"]),
        ("claude-haiku-4-5", {"temperature": 0.0}, {"temperature": 0.0}, []),
        ("claude-haiku-4-5", {"temperature": 1.7}, {"temperature": 1}, ["sampling.clamped"]),
        ("claude-haiku-4-5", {"temperature": -1}, {"temperature": 0}, ["sampling.clamped"]),
        ("claude-haiku-4-5", {"top_p": 0.5}, {"top_p": 0.5}, []),
        ("claude-haiku-4-5", {"temperature": 0.5, "top_p": 0.5}, {"temperature": 0.5}, ["sampling.dropped"]),
        ("claude-haiku-4-5", {"temperature": 0.5, "top_p": 1}, {"temperature": 0.5}, []),
        ("claude-3-5-haiku", {"temperature": 0.5, "top_p": 0.5}, {"temperature": 0.5, "top_p": 0.5}, []),
        ("glm-5.3", {"temperature": 0.5, "top_p": 0.5, "top_k": 4},
         {"temperature": 0.5, "top_p": 0.5, "top_k": 4}, []),
    ],
)  # fmt: skip
def test_sampling_by_family(
    model: str, sampling: dict[str, Any], taken: dict[str, Any], losses: list[str]
) -> None:
    """Edges 249 and 278: what the model refuses is left out, what is too high is brought down."""
    written = write(asked(Text("hi"), sampling=Sampling(100, **sampling)), target(model))
    body = body_of(written)

    assert {key: body[key] for key in ("temperature", "top_p", "top_k") if key in body} == taken
    assert lost(written) == losses


@pytest.mark.parametrize(
    ("sampling", "taken", "count"),
    [
        ({"temperature": 0.5}, {}, 1),
        ({"temperature": 1}, {}, 0),
        ({"top_p": 0.97}, {"top_p": 0.97}, 0),
        ({"top_p": 0.5, "top_k": 4}, {}, 2),
    ],
)
def test_sampling_with_thinking(
    sampling: dict[str, Any], taken: dict[str, Any], count: int
) -> None:
    """Edge 219: only a high top_p goes with it."""
    request = asked(
        Text("hi"), reasoning=Reasoning(Effort.LOW, 1024), sampling=Sampling(9000, **sampling)
    )
    written = write(request, OLD)
    body = body_of(written)

    assert {key: body[key] for key in ("temperature", "top_p", "top_k") if key in body} == taken
    assert lost(written) == ["sampling.dropped"] * count


@pytest.mark.parametrize(
    ("more", "losses"),
    [
        ({"sampling": Sampling(9, presence_penalty=1, frequency_penalty=0)}, ["penalty.dropped"]),
        ({"sampling": Sampling(9, frequency_penalty=1)}, ["penalty.dropped"]),
        ({"sampling": Sampling(9, seed=0)}, ["seed.dropped"]),
        ({"sampling": LIMIT, "verbosity": "low"}, ["verbosity.dropped"]),
        ({"sampling": LIMIT, "tier": "flex"}, ["service_tier.dropped"]),
        ({"sampling": LIMIT, "tier": "fast"}, ["service_tier.dropped"]),
        ({"sampling": LIMIT, "tier": "priority"}, ["service_tier.dropped"]),
    ],
)
def test_settings_without_a_field_are_reported(more: dict[str, Any], losses: list[str]) -> None:
    """Edge 279: nothing is left behind in silence."""
    assert lost(write(asked(Text("hi"), **more))) == losses


# ---------------------------------------------------------------- messages


@pytest.mark.parametrize(
    ("part", "block"),
    [
        (Refusal("no"), text("no")),
        (Text("t", (Citation("https://a.example"),)), text("t")),
        (ToolCall("a", "f", '{"x":1.0}'),
         {"type": "tool_use", "id": "a", "name": "f", "input": {"x": 1.0}}),
        (Thinking("R", Opaque(OpaqueKind.ANTHROPIC_SIGNATURE, "E", "main")),
         {"type": "thinking", "thinking": "R", "signature": "E"}),
        (Thinking("R2", Opaque(OpaqueKind.ANTHROPIC_SIGNATURE, "E", "main", text="R1")),
         {"type": "thinking", "thinking": "R1", "signature": "E"}),
        (Thinking("", Opaque(OpaqueKind.ANTHROPIC_REDACTED, "E")),
         {"type": "redacted_thinking", "data": "E"}),
        (WebSearch("s", "q", (Hit("https://a.example"),)),
         text('[searched the web for "q": https://a.example]')),
        (Media(DOCUMENT, "text/plain", text="words", name="T"), text("T\n\nwords")),
    ],
)  # fmt: skip
def test_parts_of_the_assistant(part: Part, block: dict[str, Any]) -> None:
    """Edge 104: its own thinking goes back as it was."""
    assert blocks(part) == [block]


@pytest.mark.parametrize(
    "state",
    [
        None,
        Opaque(OpaqueKind.TEXT, "", "main"),
        Opaque(OpaqueKind.REASONING_DETAILS, "[]", "main"),
        Opaque(OpaqueKind.OPENAI_REASONING, "gAAA", "main"),
    ],
)
def test_thinking_that_is_not_anthropics_is_left_out(state: Opaque | None) -> None:
    """Edges 215, 217 and 287: it would be a 400; a message of nothing else goes, and its neighbours join."""
    request = talk(
        (USER, (Text("a"),)), (ASSISTANT, (Thinking("R", state),)), (USER, (Text("b"),)), sampling=LIMIT
    )  # fmt: skip
    written = write(request)

    assert body_of(written)["messages"] == [{"role": "user", "content": [text("a"), text("b")]}]
    assert lost(written) == ["thinking.dropped_foreign"]


def test_unsigned_thinking_goes_back_to_the_server_that_did_not_sign_it() -> None:
    """Other vendors behind this format sign nothing; to Claude itself it would be a 400."""
    mine = Thinking("R", Opaque(OpaqueKind.TEXT, "", "main"))
    other = Thinking("R", Opaque(OpaqueKind.TEXT, "", ""))
    block = {"type": "thinking", "thinking": "R", "signature": ""}

    assert blocks(mine, Text("t"), to=FOREIGN) == [block, text("t")]
    assert blocks(mine, Text("t"), to=OLD) == [text("t")]
    assert blocks(other, Text("t"), to=FOREIGN) == [text("t")]


@pytest.mark.parametrize(
    ("result", "block"),
    [
        (ToolResult("a", (Text("out"),)), {"content": "out"}),
        (ToolResult("a"), {}),
        (ToolResult("a", (Text(" "),)), {}),
        (ToolResult("a", (Text("bad"),), is_error=True), {"content": "bad", "is_error": True}),
        (ToolResult("a", is_error=True), {"content": "(no output)", "is_error": True}),
        (ToolResult("a", (Text("x"), Text("y"))), {"content": [text("x"), text("y")]}),
        (
            ToolResult("a", (Text("x"), Media(IMAGE, "image/png", data=PNG))),
            {"content": [text("x"), {"type": "image", "source": {
                "type": "base64", "media_type": "image/png", "data": PNG}}]},
        ),
    ],
)  # fmt: skip
def test_results(result: ToolResult, block: dict[str, Any]) -> None:
    """A tool that failed must have said something."""
    assert blocks(result, role=USER) == [{"type": "tool_result", "tool_use_id": "a", **block}]


def test_arguments_that_were_wrapped_are_reported() -> None:
    """By the tool's name."""
    request = talk(
        (ASSISTANT, (ToolCall("a", "f", "{"),)), (USER, (ToolResult("a"),)), sampling=LIMIT
    )

    assert lost(write(request)) == ["stream.repaired"]


@pytest.mark.parametrize(
    ("medium", "block"),
    [
        pytest.param(
            Media(IMAGE, "image/jpg", data="AAAA"),
            {"type": "image", "source": {"type": "base64", "media_type": "image/jpeg", "data": "AAAA"}},
            id="edge-267",
        ),
        pytest.param(
            Media(IMAGE, url="https://a.example/b.png"),
            {"type": "image", "source": {"type": "url", "url": "https://a.example/b.png"}},
            id="image-url",
        ),
        pytest.param(
            Media(DOCUMENT, "application/pdf", data="AAAA", name="a.pdf", context="C"),
            {"type": "document", "title": "a.pdf", "context": "C", "source": {
                "type": "base64", "media_type": "application/pdf", "data": "AAAA"}},
            id="edge-269",
        ),
        pytest.param(
            Media(DOCUMENT, "text/markdown", text="# a"),
            {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "# a"}},
            id="text",
        ),
        pytest.param(
            Media(DOCUMENT, url="HTTP://a.example/b.pdf"),
            {"type": "document", "source": {"type": "url", "url": "HTTP://a.example/b.pdf"}},
            id="pdf-url",
        ),
    ],
)  # fmt: skip
def test_media(medium: Media, block: dict[str, Any]) -> None:
    """Images and documents by every source that the vendor reads."""
    assert blocks(medium, role=USER) == [block]


@pytest.mark.parametrize(
    "medium",
    [
        pytest.param(Media(MediaKind.AUDIO, "audio/wav", data="AAAA"), id="edge-268"),
        pytest.param(Media(MediaKind.VIDEO, "video/mp4", data="AAAA"), id="video"),
        pytest.param(Media(IMAGE, "image/bmp", data="AAAA"), id="bmp"),
        pytest.param(Media(IMAGE, file_id="file-1"), id="file"),
        pytest.param(Media(IMAGE, url="gs://bucket/a.png"), id="google-storage"),
        pytest.param(Media(DOCUMENT, "application/msword", data="AAAA"), id="word"),
    ],
)
def test_media_that_anthropic_does_not_take_are_refused(medium: Media) -> None:
    """Content is never left out in silence; the hint says what to do."""
    with pytest.raises(UnsupportedContent) as caught:
        write(asked(medium))

    assert caught.value.hint


@pytest.mark.parametrize(
    "part",
    [
        Media(IMAGE, "image/png", data=PNG),
        Media(DOCUMENT, "application/pdf", data=PNG),
        Unsupported("x", "p"),
    ],
)
def test_what_an_assistant_cannot_have_said_is_refused(part: Part) -> None:
    """Neither images of the model nor what nobody knows."""
    with pytest.raises(UnsupportedContent):
        blocks(part)


def test_a_detail_of_an_image_is_reported() -> None:
    """There is no field for it."""
    low = asked(Media(IMAGE, "image/png", data=PNG, detail="low"), sampling=LIMIT)
    auto = asked(Media(IMAGE, "image/png", data=PNG, detail="auto"), sampling=LIMIT)

    assert lost(write(low)) == ["unknown_field.dropped"]
    assert lost(write(auto)) == []


def test_white_space_is_no_text() -> None:
    """Empty text is a 400, and so is text of nothing else."""
    assert blocks(Text(" \n"), Text("a"), role=ASSISTANT) == [text("a")]
    body = body_of(write(asked(Text("  "), sampling=LIMIT)))
    assert body["messages"] == [{"role": "user", "content": [text(".")]}]


def test_the_beginning_of_an_answer_does_not_end_in_white_space() -> None:
    """It is a 400."""
    request = talk((USER, (Text("hi"),)), (ASSISTANT, (Text("{ \n"),)), sampling=LIMIT)
    call = talk((USER, (Text("hi"),)), (ASSISTANT, (ToolCall("a", "f"),)), sampling=LIMIT)

    assert body_of(write(request, OLD))["messages"][1]["content"] == [text("{")]
    assert body_of(write(call, OLD))["messages"][1]["content"][0]["type"] == "tool_use"


def test_instructions_in_the_middle() -> None:
    """Edges 196 and 253: where the model takes them, at their place; else in the user's turn."""
    request = talk(
        (USER, (Text("a"),)), (SYSTEM, (Text("s"),)), (ASSISTANT, (Text("b"),)), (USER, (Text("c"),)),
        sampling=LIMIT,
    )  # fmt: skip
    new, old = adapted(request), adapted(request, OLD)

    assert [each["role"] for each in body_of(new)["messages"]] == [
        "user",
        "system",
        "assistant",
        "user",
    ]
    assert body_of(old)["messages"][0]["content"][1] == text(
        "<system-reminder>\ns\n</system-reminder>"
    )


def test_a_conversation_is_put_in_order() -> None:
    """Edges 213, 252, 255, 256 and 257 by the rules that this format asks for."""
    request = talk(
        (ASSISTANT, (Text("t"), ToolCall("call:1.x", "f", "{}"), ToolCall("b", "g", ""))),
        (USER, (ToolResult("b", (Text("2"),)),)),
        (USER, (Text("more"), ToolResult("call:1.x", (Text("1"),)))),
        (USER, (ToolResult("nobody", (Text("3"),)),)),
        sampling=LIMIT,
    )
    first, second, third = body_of(adapted(request))["messages"]

    assert first == {"role": "user", "content": [text(".")]}
    ids = [block["id"] for block in second["content"][1:]]
    assert [block.get("tool_use_id") for block in third["content"]] == [*ids, None, None]
    assert third["content"][2] == text("more")


def test_a_request_of_instructions_only() -> None:
    """Edge 255: they become the user's words."""
    body = body_of(adapted(talk(system=(Text("be terse"),), sampling=LIMIT)))

    assert body["messages"] == [{"role": "user", "content": [text("be terse")]}]
    assert "system" not in body


# ---------------------------------------------------------------- tools

SCHEMA = {"type": "object", "properties": {"x": {"type": "string"}}}
TOOL = FunctionTool("f", "d", SCHEMA)


def test_tools() -> None:
    """Edges 273 and 290: a schema is always there, strict only where it was asked for."""
    written = write(
        asked(Text("hi"), tools=(TOOL, FunctionTool("g", strict=False)), sampling=LIMIT)
    )
    tools = body_of(written)["tools"]

    assert tools[0] == {"name": "f", "description": "d", "input_schema": SCHEMA}
    assert tools[1]["name"] == "g"
    assert tools[1]["input_schema"]["type"] == "object"
    assert tools[1].keys() == {"name", "input_schema"}
    assert written.losses == []


def test_strict_tools() -> None:
    """Where the model has them."""
    closed = {**SCHEMA, "required": ["x"], "additionalProperties": False}
    tool = FunctionTool("f", "", closed, strict=True)
    new = write(asked(Text("hi"), tools=(tool,), sampling=LIMIT))
    for to in (target("claude-opus-4-1"), FOREIGN):
        old = write(asked(Text("hi"), tools=(tool,), sampling=LIMIT), to)
        assert "strict" not in body_of(old)["tools"][0]
        assert lost(old) == ["tool.strict_dropped"]

    assert body_of(new)["tools"][0]["strict"] is True
    assert lost(new) == []


RECURSIVE = {
    "type": "object",
    "properties": {"next": {"$ref": "#"}},
    "required": ["next"],
    "additionalProperties": False,
}


def test_a_schema_that_strict_cannot_say() -> None:
    """It is declared without."""
    tool = FunctionTool("f", "", RECURSIVE, strict=True)
    written = write(asked(Text("hi"), tools=(tool,), sampling=LIMIT))

    assert "strict" not in body_of(written)["tools"][0]
    assert "tool.strict_dropped" in lost(written)


def test_a_root_that_is_a_union_is_degraded() -> None:
    """Edge 272: only the words still tell of it."""
    union = {
        "anyOf": [
            {"type": "object", "properties": {"x": {}}},
            {"type": "object", "properties": {"y": {}}},
        ]
    }
    written = write(asked(Text("hi"), tools=(FunctionTool("f", "", union),), sampling=LIMIT))
    schema = body_of(written)["tools"][0]["input_schema"]

    assert schema["type"] == "object"
    assert "anyOf" not in schema
    assert lost(written) == ["tool.schema_degraded"]
    assert written.losses[0].detail.startswith("f: ")


@pytest.mark.parametrize(
    ("choice", "written"),
    [
        (ToolChoice(), None),
        (ToolChoice(parallel=True), None),
        (ToolChoice(parallel=False), {"type": "auto", "disable_parallel_tool_use": True}),
        (ToolChoice(Choice.ANY), {"type": "any"}),
        (ToolChoice(Choice.NONE, parallel=False), {"type": "none"}),
        (ToolChoice(Choice.TOOL, "f", parallel=False),
         {"type": "tool", "name": "f", "disable_parallel_tool_use": True}),
    ],
)  # fmt: skip
def test_tool_choice(choice: ToolChoice, written: object) -> None:
    """Edge 277: one at a time is said in it."""
    body = body_of(write(asked(Text("hi"), tools=(TOOL,), tool_choice=choice)))

    assert body.get("tool_choice") == written


def test_without_tools_there_is_no_choice() -> None:
    """Edge 199: also where all of them were filtered out."""
    body = body_of(
        write(asked(Text("hi"), tools=(TOOL,), tool_choice=ToolChoice(Choice.ANY, allowed=("x",))))
    )

    assert body.keys() & {"tools", "tool_choice"} == set()


def test_an_allowed_subset_is_what_is_declared() -> None:
    """The format has no other way to say it."""
    tools = (TOOL, FunctionTool("g"), WebSearchTool())
    few = ToolChoice(Choice.ANY, allowed=("g", "web_search"))
    body = body_of(write(asked(Text("hi"), tools=tools, tool_choice=few)))

    assert [tool["name"] for tool in body["tools"]] == ["g", "web_search"]
    assert body["tool_choice"] == {"type": "any"}


@pytest.mark.parametrize(
    ("tool", "entry", "losses"),
    [
        (WebSearchTool(), {}, []),
        (
            WebSearchTool(("a.example",), ("b.example",), 3, {"city": "Bern"}),
            {"max_uses": 3, "allowed_domains": ["a.example"],
             "user_location": {"type": "approximate", "city": "Bern"}},
            ["unknown_field.dropped"],
        ),
        (WebSearchTool(blocked_domains=("b.example",)), {"blocked_domains": ["b.example"]}, []),
    ],
)  # fmt: skip
def test_a_search_of_the_web(tool: WebSearchTool, entry: dict[str, Any], losses: list[str]) -> None:
    """Allowed domains or blocked ones, never both."""
    written = write(asked(Text("hi"), tools=(tool,), sampling=LIMIT))

    assert body_of(written)["tools"] == [
        {"type": "web_search_20250305", "name": "web_search", **entry}
    ]
    assert lost(written) == losses


def test_a_function_called_web_search_keeps_its_name() -> None:
    """Two tools of one name are refused."""
    written = write(
        asked(Text("hi"), tools=(FunctionTool("web_search"), WebSearchTool()), sampling=LIMIT)
    )

    assert [tool.get("type") for tool in body_of(written)["tools"]] == [None]
    assert lost(written) == ["tool.server_unsupported"]


# ---------------------------------------------------------------- the form of the answer

CLOSED = {
    "type": "object",
    "properties": {"x": {"type": "integer"}},
    "required": ["x"],
    "additionalProperties": False,
}


def test_a_schema_of_the_answer() -> None:
    """By its own field, beside the effort."""
    request = asked(
        Text("hi"),
        output=OutputFormat(CLOSED, "n"),
        reasoning=Reasoning(Effort.LOW),
        sampling=LIMIT,
    )
    written = write(request)

    assert body_of(written)["output_config"] == {
        "effort": "low",
        "format": {"type": "json_schema", "schema": CLOSED},
    }
    assert "system" not in body_of(written)
    assert written.losses == []


def test_bounds_in_a_schema_of_the_answer_become_words() -> None:
    """Edge 271: they would be a 400."""
    bounded = {**CLOSED, "properties": {"x": {"type": "integer", "minimum": 1}}}
    written = write(asked(Text("hi"), output=OutputFormat(bounded), sampling=LIMIT))
    schema = body_of(written)["output_config"]["format"]["schema"]

    assert "minimum" not in schema["properties"]["x"]
    assert lost(written) == ["format.schema_degraded"]


@pytest.mark.parametrize(
    ("output", "to", "turns"),
    [
        pytest.param(OutputFormat(), TARGET, (), id="json-object"),
        pytest.param(OutputFormat(RECURSIVE, description="a list"), TARGET, (), id="recursive"),
        pytest.param(OutputFormat(CLOSED), target("claude-opus-4-1"), (), id="old-model"),
        pytest.param(
            OutputFormat(CLOSED), Target("main", "glm", capabilities=frozenset()), (), id="cannot"
        ),
        pytest.param(OutputFormat(CLOSED), OLD, ((ASSISTANT, (Text("{"),)),), id="begun-already"),
    ],
)
def test_a_form_that_the_target_lacks_is_asked_for_in_words(
    output: OutputFormat, to: Target, turns: tuple[Any, ...]
) -> None:
    """Behind the client's own instructions, with the schema."""
    request = talk(
        (USER, (Text("hi"),)), *turns, system=(Text("a"),), output=output, sampling=LIMIT
    )
    written = write(request, to)
    own, words = body_of(written)["system"]

    assert own == text("a")
    assert "JSON" in words["text"]
    assert output.description in words["text"]
    assert output.schema is None or jsontext.text_of(dict(output.schema)) in words["text"]
    assert "output_config" not in body_of(written)
    assert "format.emulated" in lost(written)


def test_rules_by_family() -> None:
    """What a conversation must be like."""
    new, old = CODEC.rules(TARGET), CODEC.rules(OLD)
    without = CODEC.rules(Target("main", "glm", capabilities=frozenset({"tools"})))

    assert (new.prefill, new.middle_system) == (False, True)
    assert (old.prefill, old.middle_system) == (True, False)
    assert (new.web_search, without.web_search) == (True, False)
    assert new.merges
    assert new.first_user
    assert new.needs_user
    assert new.result_media
    assert (new.name_limit, new.id_limit) == (128, 64)
