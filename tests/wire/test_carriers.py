"""No carrier goes to a provider: it is opened for its issuer, or left out."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aimux.model.parts import Opaque, OpaqueKind
from aimux.model.request import WireFormat
from aimux.wire import jsontext
from aimux.wire.carriers import STAND_IN, without_carriers
from aimux.wire.opaque import MARK, seal, seal_base64
from aimux.wire.target import Target
from tests.support.jsonforms import python_values

A, C = WireFormat.ANTHROPIC, WireFormat.OPENAI_CHAT
R, G = WireFormat.OPENAI_RESPONSES, WireFormat.GEMINI
Body = dict[str, Any]

MINE = Target("mine", "m", "anthropic")
OTHER = "other"
FOREIGN = "thinking.dropped_foreign"

SIGNATURE = OpaqueKind.ANTHROPIC_SIGNATURE
REDACTED = OpaqueKind.ANTHROPIC_REDACTED
REASONING = OpaqueKind.OPENAI_REASONING
GEMINI = OpaqueKind.GEMINI_SIGNATURE
DETAILS = OpaqueKind.REASONING_DETAILS


def carrier(kind: OpaqueKind, issuer: str = OTHER, value: str = "v", text: str = "") -> str:
    """A sealed state."""
    return seal(Opaque(kind, value, issuer), text)


def base64_carrier(kind: OpaqueKind, issuer: str = OTHER, value: str = "v") -> str:
    """The same for a slot that must be base64."""
    return seal_base64(Opaque(kind, value, issuer))


def cleaned(body: Body, format_: WireFormat, target: Target = MINE) -> tuple[Body, list[str]]:
    """The body without carriers, and the codes of what that cost; no carrier is in it."""
    body = copy.deepcopy(body)
    losses = without_carriers(body, format_, target)
    raw = jsontext.dumps(body)
    assert MARK.encode() not in raw
    assert seal_base64(Opaque(GEMINI, ""))[:8].encode() not in raw
    return body, [loss.code for loss in losses]


def text(words: str) -> Body:
    """A block of text."""
    return {"type": "text", "text": words}


USER: Body = {"role": "user", "content": "Hi"}


def thinking(signature: str, words: str = "hm") -> Body:
    """A block of thinking."""
    return {"type": "thinking", "thinking": words, "signature": signature}


def assistant(*blocks: Body) -> Body:
    """A turn of the assistant."""
    return {"role": "assistant", "content": list(blocks)}


ANTHROPIC = [
    pytest.param(
        [assistant(thinking("native"), text("a"))],
        [assistant(thinking("native"), text("a"))],
        [],
        id="native-stays",
    ),
    pytest.param(
        [assistant(thinking(carrier(REASONING)), text("a"))],
        [assistant(text("a"))],
        [FOREIGN],
        id="anothers-goes",
    ),
    pytest.param(
        [assistant(thinking(carrier(REASONING, "mine")), text("a"))],
        [assistant(text("a"))],
        [FOREIGN],
        id="own-of-another-kind-goes",
    ),
    pytest.param(
        [assistant(thinking(carrier(SIGNATURE, "")), text("a"))],
        [assistant(text("a"))],
        [FOREIGN],
        id="nobodys-goes",
    ),
    pytest.param(
        [assistant(thinking(carrier(SIGNATURE)[:-3]), text("a"))],
        [assistant(text("a"))],
        [FOREIGN],
        id="broken-goes",
    ),
    pytest.param(
        [assistant(thinking(carrier(SIGNATURE, "mine", "sig")), text("a"))],
        [assistant(thinking("sig"), text("a"))],
        [],
        id="own-comes-back",
    ),
    pytest.param(
        [assistant(thinking(carrier(SIGNATURE, "mine", "sig", "all of it"), ""), text("a"))],
        [assistant(thinking("sig", "all of it"), text("a"))],
        [],
        id="own-with-hidden-text",
    ),
    pytest.param(
        [
            assistant(
                {"type": "redacted_thinking", "data": carrier(REDACTED, "mine", "d")},
                {"type": "redacted_thinking", "data": carrier(GEMINI)},
                {"type": "redacted_thinking", "data": "native"},
            )
        ],
        [
            assistant(
                {"type": "redacted_thinking", "data": "d"},
                {"type": "redacted_thinking", "data": "native"},
            )
        ],
        [FOREIGN],
        id="redacted",
    ),
    pytest.param(
        [USER, assistant(thinking(carrier(REASONING))), {"role": "user", "content": [text("you")]}],
        [{"role": "user", "content": [text("Hi"), text("you")]}],
        [FOREIGN],
        id="edge-217-empty-turn",
    ),
    pytest.param(
        [assistant(thinking(carrier(REASONING))), USER], [USER], [FOREIGN], id="empty-first-turn"
    ),
    pytest.param(
        [USER, assistant(thinking(carrier(REASONING))), assistant(text("a"))],
        [USER, assistant(text("a"))],
        [FOREIGN],
        id="another-role-behind",
    ),
    pytest.param(
        [USER, assistant(thinking(carrier(REASONING))), {"role": "user"}],
        [USER, {"role": "user"}],
        [FOREIGN],
        id="nothing-to-join",
    ),
    pytest.param(
        [USER, assistant(thinking(carrier(REASONING))), "x"], [USER, "x"], [FOREIGN], id="no-turn"
    ),
    pytest.param([USER, {**USER, "content": []}], [USER, {**USER, "content": []}], [], id="empty"),
]  # fmt: skip


@pytest.mark.parametrize(("before", "after", "codes"), ANTHROPIC)
def test_anthropic(before: list[Any], after: list[Any], codes: list[str]) -> None:
    """Blocks of thinking."""
    assert cleaned({"messages": before}, A) == ({"messages": after}, codes)


CALL: Body = {"type": "tool_use", "id": "t", "name": "f", "input": {}}
RESULT: Body = {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t"}]}
BUDGET: Body = {"type": "enabled", "budget_tokens": 2048}
LOOP = [USER, assistant(thinking(carrier(REASONING)), CALL), RESULT]


@pytest.mark.parametrize("vendor", ["anthropic", "openrouter", ""])
def test_edge_218_a_turn_that_must_begin_with_thinking(vendor: str) -> None:
    """It cannot any more, so nothing thinks in this request, and nothing clears thinking."""
    clearing = {"type": "clear_thinking_20251015", "keep": "all"}
    body: Body = {
        "messages": LOOP,
        "thinking": BUDGET,
        "context_management": {"edits": [clearing, {"type": "clear_tool_uses_20250919"}]},
    }
    found, codes = cleaned(body, A, Target("mine", "m", vendor))

    assert found["thinking"] == {"type": "disabled"}
    assert found["context_management"] == {"edits": [{"type": "clear_tool_uses_20250919"}]}
    assert codes == [FOREIGN, "thinking.disabled"]
    body["context_management"] = {"edits": [clearing]}
    assert "context_management" not in cleaned(body, A)[0]


@pytest.mark.parametrize(
    ("messages", "setting", "vendor"),
    [
        pytest.param(LOOP, {"type": "adaptive"}, "anthropic", id="adaptive"),
        pytest.param(LOOP, None, "anthropic", id="off"),
        pytest.param(LOOP, BUDGET, "deepseek", id="another-vendor"),
        pytest.param(
            [USER, assistant(thinking(carrier(REASONING)), text("a"))], BUDGET, "anthropic", id="no-call"
        ),
        pytest.param(
            [*LOOP, assistant(thinking("s"), CALL), RESULT], BUDGET, "anthropic", id="a-later-turn-does"
        ),
        pytest.param([assistant(thinking(carrier(REASONING))), USER], BUDGET, "anthropic", id="no-turn"),
        pytest.param(
            [assistant(thinking(carrier(REASONING))), {"role": "assistant", "content": "a"}],
            BUDGET,
            "anthropic",
            id="text",
        ),
    ],
)  # fmt: skip
def test_thinking_stays_on_where_it_may(messages: list[Any], setting: Any, vendor: str) -> None:
    """Only where the vendor would refuse is it turned off."""
    body: Body = {"messages": messages, "thinking": setting}
    found, codes = cleaned(body, A, Target("mine", "m", vendor))

    assert found["thinking"] == setting
    assert codes == [FOREIGN]


def test_thinking_is_turned_off_whatever_else_is_asked() -> None:
    """Context management in a form nobody knows is left alone."""
    body: Body = {"messages": LOOP, "thinking": BUDGET, "context_management": {"edits": 7}}

    assert cleaned(body, A)[0]["context_management"] == {"edits": 7}


def test_what_another_provider_found_on_the_web_becomes_text() -> None:
    """Its results are sealed for nobody; what was found stays readable."""
    sealed = seal(Opaque(OpaqueKind.TEXT, ""))
    hit = {
        "type": "web_search_result",
        "url": "https://a",
        "title": "A",
        "encrypted_content": sealed,
    }
    native = {**hit, "encrypted_content": "native"}
    location = {"type": "web_search_result_location", "url": "https://a", "encrypted_index": sealed}
    search: Body = {"type": "server_tool_use", "id": "s1", "name": "web_search", "input": {}}
    found: Body = {"type": "web_search_tool_result", "tool_use_id": "s1", "content": [hit]}
    kept: Body = {"type": "web_search_tool_result", "tool_use_id": "s2", "content": [native]}
    body, codes = cleaned(
        {
            "messages": [
                assistant(
                    search,
                    found,
                    {**text("said"), "citations": [location, {**location, "encrypted_index": "n"}]},
                    {**search, "id": "s2"},
                    kept,
                )
            ]
        },
        A,
    )

    assert body["messages"][0]["content"] == [
        text("[the web search found]\n- A: https://a"),
        {**text("said"), "citations": [{**location, "encrypted_index": "n"}]},
        {**search, "id": "s2"},
        kept,
    ]
    assert codes == ["citations.dropped"] * 2


def test_responses() -> None:
    """Items of reasoning; the id of one that comes back was ours."""
    call = {"type": "function_call", "call_id": "c"}
    native = {"type": "reasoning", "id": "rs_1", "encrypted_content": "gAAAA"}
    body: Body = {
        "input": [
            native,
            {"type": "reasoning", "id": "rs_2", "encrypted_content": carrier(SIGNATURE)},
            {
                "type": "reasoning",
                "id": "rs_3",
                "summary": [],
                "encrypted_content": carrier(REASONING, "mine"),
            },
            {"type": "reasoning", "encrypted_content": None},
            call,
            "x",
        ]
    }  # fmt: skip

    assert cleaned(body, R) == (
        {
            "input": [
                native,
                {"type": "reasoning", "summary": [], "encrypted_content": "v"},
                {"type": "reasoning", "encrypted_content": None},
                call,
                "x",
            ]
        },
        [FOREIGN],
    )
    assert cleaned({"input": "Hi"}, R) == ({"input": "Hi"}, [])


THREE = Target("mine", "gemini-3.1-pro-preview", "gemini")
CALLED: Body = {"functionCall": {"name": "f", "args": {}}}


@pytest.mark.parametrize("slot", ["thoughtSignature", "thought_signature"])
def test_gemini(slot: str) -> None:
    """Signatures of parts; a call of a model that wants one gets the stand-in."""
    foreign, own = base64_carrier(REASONING), base64_carrier(GEMINI, "mine", "sig")
    body: Body = {
        "contents": [
            {"role": "user", "parts": [{"text": "Hi"}]},
            {"role": "model", "parts": [{"text": "hm", "thought": True, slot: foreign}]},
            {"role": "user", "parts": [{"text": "you"}]},
            {"role": "model", "parts": [{"text": "", slot: foreign}, {"text": "a", slot: foreign}]},
            {"role": "model", "parts": [{**CALLED, slot: own}, {**CALLED, slot: foreign}, CALLED]},
            {"role": "model", "parts": [{**CALLED, slot: "native"}]},
        ]
    }
    found, codes = cleaned(body, G, THREE)

    assert found["contents"] == [
        {"role": "user", "parts": [{"text": "Hi"}, {"text": "you"}]},
        {"role": "model", "parts": [{"text": "a"}]},
        {"role": "model", "parts": [{**CALLED, slot: "sig"}, {**CALLED, slot: STAND_IN}, CALLED]},
        {"role": "model", "parts": [{**CALLED, slot: "native"}]},
    ]
    assert codes == [FOREIGN, FOREIGN, FOREIGN, FOREIGN, "signature.replaced"]


def test_an_older_gemini_needs_no_stand_in() -> None:
    """It knows no signatures of calls."""
    body: Body = {
        "contents": [
            {"role": "model", "parts": [{**CALLED, "thoughtSignature": base64_carrier(GEMINI)}]}
        ]
    }

    assert cleaned(body, G, Target("mine", "gemini-2.5-pro"))[0]["contents"] == [
        {"role": "model", "parts": [CALLED]}
    ]


def slotted(*tokens: str, **more: Any) -> Body:
    """A call with a slot of state."""
    extra = {"google": {"thought_signature": ",".join(tokens), **more}}
    return {"id": "c", "extra_content": extra}


ENTRIES = [{"type": "reasoning.text", "text": "hm"}]
LISTED = base64_carrier(DETAILS, "mine", json.dumps(ENTRIES))

CHAT = [
    pytest.param(slotted("native"), slotted("native"), {}, [], id="native"),
    pytest.param(
        slotted(base64_carrier(GEMINI, "mine", "sig")), slotted("sig"), {}, [], id="own-signature"
    ),
    pytest.param(
        slotted(base64_carrier(SIGNATURE), base64_carrier(GEMINI, "mine", "sig")),
        slotted("sig"),
        {},
        [FOREIGN],
        id="own-behind-anothers",
    ),
    pytest.param(
        slotted(base64_carrier(SIGNATURE), "native"), slotted("native"), {}, [FOREIGN], id="the-clients-own"
    ),
    pytest.param(slotted(base64_carrier(GEMINI)), {"id": "c"}, {}, [FOREIGN], id="anothers-signature"),
    pytest.param(
        slotted(base64_carrier(SIGNATURE), more=1),
        {"id": "c", "extra_content": {"google": {"more": 1}}},
        {},
        [FOREIGN],
        id="beside-others",
    ),
    pytest.param(slotted(LISTED), {"id": "c"}, {"reasoning_details": ENTRIES}, [], id="own-details"),
    pytest.param(
        slotted(base64_carrier(OpaqueKind.TEXT, "mine", "")), {"id": "c"}, {}, [], id="own-words"
    ),
    pytest.param(
        slotted(base64_carrier(DETAILS, "mine", "{")), {"id": "c"}, {}, [], id="details-that-are-none"
    ),
    pytest.param({"id": "c", "extra_content": 7}, {"id": "c", "extra_content": 7}, {}, [], id="no-slot"),
]  # fmt: skip


@pytest.mark.parametrize(("before", "after", "more", "codes"), CHAT)
def test_chat(before: Body, after: Body, more: Body, codes: list[str]) -> None:
    """The slot of a call, which may hold several."""
    body: Body = {"messages": ["x", {"role": "assistant", "tool_calls": [before, 7]}]}

    assert cleaned(body, C) == (
        {"messages": ["x", {"role": "assistant", "tool_calls": [after, 7], **more}]},
        codes,
    )


def test_a_carrier_beside_other_content_of_a_call() -> None:
    """Only what carried it goes."""
    call = slotted(base64_carrier(SIGNATURE))
    call["extra_content"]["own"] = 1
    body, _ = cleaned({"messages": [{"role": "assistant", "tool_calls": [call]}]}, C)

    assert body["messages"][0]["tool_calls"] == [{"id": "c", "extra_content": {"own": 1}}]
    assert cleaned({"messages": 7}, C) == ({"messages": 7}, [])


@settings(max_examples=50, deadline=None)
@given(value=python_values(), inner=python_values(), format_=st.sampled_from(list(WireFormat)))
def test_any_json_is_taken(value: Any, inner: Any, format_: WireFormat) -> None:
    """Whatever a client thinks up."""
    part = {"type": inner, "content": value, "citations": inner, "functionCall": value}
    turn = {"role": inner, "content": [part, value], "parts": [part], "tool_calls": [value, part]}
    body: Body = {
        "messages": [turn, value],
        "input": [turn, value],
        "contents": [turn, inner],
        "thinking": value,
    }

    without_carriers(body, format_, MINE)


@pytest.mark.parametrize("body", [{}, {"contents": "Hi"}, {"contents": None}])
def test_a_conversation_that_is_none_is_left(body: Body) -> None:
    """Its own vendor says what is wrong with it."""
    assert cleaned(body, WireFormat.GEMINI) == (body, [])
