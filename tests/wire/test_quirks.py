"""What holds for every accent, and what the catalogue says of them."""

from __future__ import annotations

import copy
import json
import re
from dataclasses import replace
from datetime import date
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aimux.catalogue.load import Preset, load_catalogue, load_quirks
from aimux.errors import InvalidRequest
from aimux.model.loss import LOSSES
from aimux.model.request import WireFormat
from aimux.wire import jsontext
from aimux.wire.quirks import QUIRKS, READING_ONLY, Quirk, edited, touched, touching
from aimux.wire.quirks.quirk import spelled_oddly
from aimux.wire.target import Target

A, C, R = WireFormat.ANTHROPIC, WireFormat.OPENAI_CHAT, WireFormat.OPENAI_RESPONSES
PRESETS = list(load_catalogue().values())

TARGETS = [
    Target("p", "glm-5.2", "zai", capabilities=frozenset({"tools"})),
    Target("p", "gpt-oss-120b", "cerebras"),
    Target("p", "qwen-3.8-27b", "cerebras"),
    Target("p", "kimi-k2.6", "moonshot"),
    Target("p", "kimi-k3", "moonshot"),
    Target("p", "grok-4.7", "xai"),
    Target("p", "mistral-large", "mistral"),
    Target("p", "MiniMax-M3", "minimax"),
    Target("p", "", ""),
]

# ---------------------------------------------------------------- bodies of any make

WORDS = [
    "", "a", "auto", "none", "required", "any", "tool", "function", "allowed_tools", "low", "medium",
    "high", "xhigh", "max", "minimal", "default", "system", "developer", "user", "assistant",
    "text", "image", "image_url", "input_image", "tool_use", "tool_result", "tool_reference",
    "thinking", "redacted_thinking", "disabled", "enabled", "json_schema", "json_object", "message",
    "x-anthropic-billing-header: cc", "[1]", "next_user_message", "DeferredToolPlaceholder",
    "tool_search_tool_regex", "additional_tools",
]  # fmt: skip
KEYS = [
    "model", "name", "type", "id", "text", "content", "output", "input", "role", "tool_calls",
    "tool_call_id", "tool_use_id", "function", "custom", "arguments", "parameters", "strict", "schema",
    "effort", "format", "cache_control", "reasoning", "reasoning_content", "reasoning_details",
    "signature", "thinking", "defer_loading", "tool_name", "display", "output_config", "clear_at",
    "allowed_tools", "mode", "tools", "refusal", "extra_content", "properties", "additionalProperties",
]  # fmt: skip
TOP = [
    "messages", "input", "system", "tools", "tool_choice", "parallel_tool_calls", "response_format",
    "max_tokens", "max_completion_tokens", "reasoning_effort", "reasoning", "thinking", "temperature",
    "top_p", "top_k", "stop", "seed", "presence_penalty", "frequency_penalty", "logit_bias",
    "logprobs", "top_logprobs", "n", "store", "metadata", "service_tier", "verbosity", "stream",
    "stream_options", "cache_control", "context_management", "safeguards", "output_config",
    "chat_template_kwargs", "user", "model",
]  # fmt: skip

SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-1, 40_000),
    st.sampled_from([0.5, 1.0]),
    st.sampled_from(WORDS),
)
ANYTHING = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=3)
    ),
    max_leaves=6,
)
PARTS = st.fixed_dictionaries(
    {"type": st.sampled_from(WORDS)},
    optional={
        "text": SCALARS,
        "name": SCALARS,
        "input": ANYTHING,
        "signature": SCALARS,
        "cache_control": ANYTHING,
        "tool_name": SCALARS,
        "content": st.lists(
            st.fixed_dictionaries(
                {"type": st.sampled_from(WORDS)}, optional={"tool_name": SCALARS}
            ),
            max_size=2,
        )
        | ANYTHING,
    },
)
CALLS = st.fixed_dictionaries(
    {},
    optional={
        "id": SCALARS,
        "type": SCALARS,
        "extra": ANYTHING,
        "function": st.fixed_dictionaries({}, optional={"name": SCALARS, "arguments": SCALARS})
        | ANYTHING,
    },
)
TURNS = st.fixed_dictionaries(
    {"role": st.sampled_from(["system", "developer", "user", "assistant", "tool", ""])},
    optional={
        "content": st.sampled_from(["", "words"])
        | st.lists(PARTS | ANYTHING, max_size=3)
        | ANYTHING,
        "tool_calls": st.lists(CALLS | ANYTHING, max_size=2) | ANYTHING,
        "tool_call_id": SCALARS,
        "name": SCALARS,
        "reasoning": ANYTHING,
        "reasoning_content": ANYTHING,
        "reasoning_details": ANYTHING,
        "output_config": st.fixed_dictionaries({"effort": SCALARS}) | ANYTHING,
        "clear_at": SCALARS,
        "type": st.sampled_from(["message", "additional_tools"]),
    },
)
SCHEMAS = st.sampled_from(
    [
        {"type": "object", "properties": {"a": {"type": "string", "minLength": 1}}},
        {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"],
         "additionalProperties": False},
        {},
    ]
)  # fmt: skip
TOOLS = st.fixed_dictionaries(
    {},
    optional={
        "type": st.sampled_from(["function", "custom", "tool_search_tool_bm25_20251119"]),
        "name": SCALARS,
        "strict": SCALARS,
        "defer_loading": SCALARS,
        "eager_input_streaming": SCALARS,
        "cache_control": ANYTHING,
        "function": st.fixed_dictionaries(
            {}, optional={"name": SCALARS, "strict": SCALARS, "parameters": SCHEMAS | SCALARS}
        ),
    },
)
BODIES = st.builds(
    lambda loose, shaped: {**loose, **shaped},
    st.dictionaries(st.sampled_from(TOP), ANYTHING, max_size=6),
    st.fixed_dictionaries(
        {},
        optional={
            "messages": st.lists(TURNS | ANYTHING, max_size=4),
            "input": st.lists(TURNS | ANYTHING, max_size=4) | SCALARS,
            "tools": st.lists(TOOLS | ANYTHING, max_size=3),
            "response_format": st.fixed_dictionaries(
                {"type": st.sampled_from(["json_schema", "json_object", "text"])},
                optional={
                    "json_schema": st.fixed_dictionaries(
                        {}, optional={"schema": SCHEMAS, "strict": SCALARS}
                    )
                },
            ),
            "tool_choice": st.sampled_from(["auto", "none", "required", "any"]) | PARTS | ANYTHING,
            "reasoning_effort": st.sampled_from(WORDS),
            "system": st.lists(PARTS | ANYTHING, max_size=2) | SCALARS,
        },
    ),
)


@settings(max_examples=100, deadline=None)
@given(body=BODIES, target=st.sampled_from(TARGETS))
def test_an_edit_never_fails_and_does_no_more_the_second_time(
    body: dict[str, Any], target: Target
) -> None:
    """Whatever JSON a client thinks up; what it says it lost has a name."""
    for quirk in QUIRKS.values():
        once = copy.deepcopy(body)
        losses = quirk.edit(once, target)
        twice = copy.deepcopy(once)

        assert quirk.edit(twice, target) == [], quirk.name
        assert twice == once, quirk.name
        assert {loss.code for loss in losses} <= set(LOSSES)
        jsontext.dumps(once)


@settings(max_examples=100, deadline=None)
@given(body=BODIES, target=st.sampled_from(TARGETS), spaced=st.booleans())
def test_what_is_not_touched_would_not_be_changed(
    body: dict[str, Any], target: Target, spaced: bool
) -> None:
    """A body that none of a quirk's bytes and keys is in goes out as it came, and may."""
    raw = json.dumps(body).encode() if spaced else jsontext.dumps(body)
    for quirk in QUIRKS.values():
        if quirk.added or quirk.touches(raw, body.keys()):
            continue
        same = copy.deepcopy(body)

        assert quirk.edit(same, target) == [], quirk.name
        assert same == body, quirk.name


@settings(max_examples=100, deadline=None)
@given(
    body=BODIES,
    target=st.sampled_from(TARGETS),
    preset=st.sampled_from(PRESETS),
    dice=st.randoms(use_true_random=False),
    colon=st.sampled_from([":", ": ", " : "]),
)
def test_an_odd_spelling_hides_nothing(
    body: dict[str, Any], target: Target, preset: Preset, dice: Random, colon: str
) -> None:
    """Every character of a text may be an escape, and white space may stand before a colon."""

    def respelled(found: re.Match[str]) -> str:
        return "".join(escaped(x) if x.isalpha() and dice.random() < 0.1 else x for x in found[0])

    plain = json.dumps(body, separators=(",", colon))
    raw = re.sub(r'"[^"\\]*"', respelled, plain).encode()
    document = jsontext.scan(raw)
    same = {key: document.get(key) for key in document.keys()}  # noqa: SIM118
    quirks = frozenset(preset.quirks)
    for format_ in (A, C, R):
        if touched(raw, format_, quirks, document.keys()):
            continue
        changed = copy.deepcopy(same)

        assert edited(changed, format_, replace(target, quirks=quirks), own=True) == []
        assert changed == same


def escaped(text: str) -> str:
    """Text as escapes of JSON."""
    return "".join(f"\\u{ord(each):04x}" for each in text)


ODD = [
    (escaped('developer'), True),
    ("DEVELOPER \\u0044", True),
    ('" : "', True),
    ("a\\u003cb\\u003e\\u0026\\u0027\\u002b", False),  # Go, .NET
    ("\\u00e9\\u4e2d\\ud83d\\ude00\\u000a\\u0000\\u007f", False),  # Python
    ('a": "b', False),
    ("", False),
]  # fmt: skip


@pytest.mark.parametrize(("text", "odd"), ODD)
def test_what_no_writer_of_json_does_by_itself(text: str, odd: bool) -> None:
    """Escapes of what need not be escaped, and nothing that clients really send."""
    assert spelled_oddly(text.encode()) is odd


@pytest.mark.parametrize(
    "raw",
    [
        '{"messages":[{"role":"\\u0064eveloper"}]}',
        '{"messages":[{"\\u0072ole":"develope\\u0072"}]}',
    ],
)
def test_a_key_below_the_top_spelled_as_an_escape(raw: str) -> None:
    """It is looked for all the same."""
    quirks = frozenset({"no-developer-role", "random-seed"})

    assert names(touching(raw.encode(), C, quirks)) == ["no-developer-role"]
    assert touched(raw.encode(), C, quirks, ["messages"])
    assert not touched(raw.encode(), C, frozenset({"random-seed"}), ["messages"])


@settings(max_examples=100, deadline=None)
@given(body=BODIES, target=st.sampled_from(TARGETS))
def test_opaque_numbers_change_nothing(body: dict[str, Any], target: Target) -> None:
    """A request in the provider's own format keeps the spelling of its numbers."""
    document = jsontext.scan(jsontext.dumps(body))
    for quirk in QUIRKS.values():
        plain = {key: jsontext.loads(document.text(key)) for key in document.keys()}  # noqa: SIM118
        exact = {key: document.exact(key) for key in document.keys()}  # noqa: SIM118
        losses = quirk.edit(plain, target)

        assert quirk.edit(exact, target) == losses, quirk.name
        assert jsontext.loads(jsontext.dumps(exact)) == plain, quirk.name


@settings(max_examples=50, deadline=None)
@given(body=BODIES, preset=st.sampled_from(PRESETS), format_=st.sampled_from([A, C, R]))
def test_a_whole_accent_is_put_on_once(
    body: dict[str, Any], preset: Preset, format_: WireFormat
) -> None:
    """All quirks of a vendor together do no more the second time either."""
    target = Target("p", "m", preset.name, quirks=frozenset(preset.quirks))
    edited(body, format_, target)
    once = copy.deepcopy(body)

    assert edited(body, format_, target) == []
    assert body == once


# ---------------------------------------------------------------- the table


def test_every_name_is_in_the_catalogue_and_the_reverse() -> None:
    """A name that means nothing to anybody would be a mistake in silence."""
    assert QUIRKS.keys() | READING_ONLY == set(load_quirks())
    assert QUIRKS.keys() & READING_ONLY == set()


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.name)
def test_a_presets_quirks_exist_and_are_of_a_format_it_speaks(preset: Preset) -> None:
    """And none is named twice."""
    assert set(preset.quirks) <= QUIRKS.keys() | READING_ONLY
    assert len(set(preset.quirks)) == len(preset.quirks)
    for name in set(preset.quirks) & QUIRKS.keys():
        assert QUIRKS[name].formats & preset.endpoints.keys(), name


@pytest.mark.parametrize("quirk", QUIRKS.values(), ids=lambda quirk: quirk.name)
def test_a_quirk_says_where_it_was_read(quirk: Quirk) -> None:
    """An accent without a source is a rumour; one that adds has nothing to look for."""
    assert quirk.source
    assert date.fromisoformat(quirk.date)
    assert quirk.formats
    assert not (quirk.added and (quirk.needles or quirk.keys))


def test_foreign_servers_of_anthropics_format_are_not_told_the_billing_line() -> None:
    """Every preset that speaks it but Anthropic itself and the one that is built in."""
    foreign = {each.name for each in PRESETS if A in each.endpoints} - {"anthropic", "demo"}

    assert {each.name for each in PRESETS if "attribution-stripped" in each.quirks} == foreign


# ---------------------------------------------------------------- which of them touch


def names(quirks: tuple[Quirk, ...]) -> list[str]:
    """Their names in order."""
    return [quirk.name for quirk in quirks]


def test_a_body_without_the_bytes_is_touched_by_none() -> None:
    """It is relayed."""
    raw = b'{"model":"m","messages":[{"role":"user","content":"a developer"}],"max_tokens":1}'

    assert touching(raw, C, frozenset(load_catalogue()["zai"].quirks)) == ()


def test_only_quirks_of_the_format_that_the_provider_has_touch() -> None:
    """In the order of the table; names that nobody knows are passed over."""
    raw = b'{"messages":[{"role":"developer"}],"max_tokens":1,"seed":2}'
    quirks = frozenset({"random-seed", "max-completion-tokens", "no-developer-role", "own"})

    assert names(touching(raw, C, quirks)) == [
        "no-developer-role",
        "max-completion-tokens",
        "random-seed",
    ]
    assert names(touching(raw, R, quirks)) == ["no-developer-role"]
    assert touching(raw, A, quirks) == ()
    assert touching(raw, C, frozenset()) == ()


def test_a_key_counts_on_the_top_level_only() -> None:
    """An argument of a tool may have the name of a setting; a caller may know the keys already."""
    raw = b'{"tools":[{"function":{"parameters":{"properties":{"seed":{}}}}}]}'
    quirks = frozenset({"random-seed"})

    assert touching(raw, C, quirks) == ()
    assert names(touching(raw, C, quirks, ["seed"])) == ["random-seed"]


def test_a_quirk_of_any_field_looks_at_every_body() -> None:
    """What a vendor does not know cannot be listed."""
    assert names(touching(b"{}", C, frozenset({"unknown-fields-refused"}))) == [
        "unknown-fields-refused"
    ]


def test_what_adds_touches_nothing() -> None:
    """A client of the vendor's own format asks for it itself."""
    quirks = frozenset({"reasoning-split"})
    target = Target("p", "m", quirks=quirks)
    body: dict[str, Any] = {}

    assert touching(b"{}", C, quirks) == ()
    assert edited(body, C, target, own=True) == []
    assert body == {}
    assert edited(body, C, target) == []
    assert body == {"reasoning_split": True}


@settings(max_examples=50, deadline=None)
@given(body=BODIES, preset=st.sampled_from(PRESETS), format_=st.sampled_from([A, C, R]))
def test_whether_any_touches(body: dict[str, Any], preset: Preset, format_: WireFormat) -> None:
    """The short answer agrees with the long one."""
    raw, quirks = jsontext.dumps(body), frozenset(preset.quirks)

    assert touched(raw, format_, quirks, body.keys()) == bool(touching(raw, format_, quirks))


def test_a_body_that_is_no_object_is_the_callers_fault() -> None:
    """Its keys cannot be had."""
    with pytest.raises(InvalidRequest):
        touching(b"[]", C, frozenset({"random-seed"}))


def test_a_field_of_another_format_hides_no_role() -> None:
    """In Chat's messages ``type`` means nothing, whatever stands there."""
    target = Target("p", "m", "cerebras", quirks=frozenset({"no-developer-role"}))
    body = {"messages": [{"role": "developer", "type": "additional_tools", "content": "x"}]}
    edited(body, C, target)
    assert body["messages"][0]["role"] == "system"
