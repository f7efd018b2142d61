"""Edge 278 and its kin: sampling outside what a vendor takes (reference 2.2)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aimux.model.request import WireFormat
from aimux.wire.crossing import translated
from aimux.wire.inquiry import Inquiry
from aimux.wire.jsontext import loads, scan
from aimux.wire.ranges import clamped
from aimux.wire.target import Target
from tests.support.answers import ANTHROPIC, GEMINI, OPENAI_CHAT, OPENAI_RESPONSES

A, C, R, G = ANTHROPIC, OPENAI_CHAT, OPENAI_RESPONSES, GEMINI

# The format, the vendor; what is sent, what becomes of it, and what is told.
TABLE: list[tuple[WireFormat, str, dict[str, float], dict[str, float], list[str]]] = [
    (A, "", {"temperature": 1.7}, {"temperature": 1}, ["1.7 to 1"]),
    (A, "", {"temperature": -1}, {"temperature": 0}, ["-1 to 0"]),
    (A, "", {"temperature": 0.5, "top_p": 0.5, "top_k": 7},
     {"temperature": 0.5, "top_p": 0.5, "top_k": 7}, []),
    (A, "", {"top_p": 1.5}, {"top_p": 1}, ["1.5 to 1"]),
    (A, "", {"top_k": -1}, {}, []),
    (A, "", {"top_k": 0}, {}, []),
    (A, "minimax", {"temperature": 0}, {"temperature": 0.01}, ["0 to 0.01"]),
    (C, "", {"temperature": 2.5, "top_p": -0.1}, {"temperature": 2, "top_p": 0}, ["-0.1 to 0", "2.5 to 2"]),
    (C, "", {"temperature": 2, "top_k": -1}, {"temperature": 2, "top_k": -1}, []),
    (C, "", {"presence_penalty": 3, "frequency_penalty": -3},
     {"presence_penalty": 2, "frequency_penalty": -2}, ["-3 to -2", "3 to 2"]),
    (C, "minimax", {"temperature": 0.0, "top_p": 0.0}, {"temperature": 0.01, "top_p": 0.01},
     ["0 to 0.01", "0 to 0.01"]),
    (C, "minimax", {"temperature": 1.2}, {"temperature": 1}, ["1.2 to 1"]),
    (C, "zai", {"temperature": 1.2, "top_p": 0}, {"temperature": 1, "top_p": 0.01},
     ["0 to 0.01", "1.2 to 1"]),
    (C, "zai-coding", {"temperature": 1.2}, {"temperature": 1}, ["1.2 to 1"]),
    (C, "cerebras", {"temperature": 2}, {"temperature": 1.5}, ["2 to 1.5"]),
    (C, "mistral", {"temperature": 2}, {"temperature": 1.5}, ["2 to 1.5"]),
    (C, "moonshot", {"temperature": 2}, {"temperature": 1}, ["2 to 1"]),
    (C, "openai", {"temperature": 2}, {"temperature": 2}, []),
    (R, "", {"temperature": 3, "top_p": 2}, {"temperature": 2, "top_p": 1}, ["2 to 1", "3 to 2"]),
    (G, "", {"temperature": 3, "topP": 2, "topK": 0, "presencePenalty": 9, "frequencyPenalty": 1},
     {"temperature": 2, "topP": 1, "presencePenalty": 2, "frequencyPenalty": 1},
     ["2 to 1", "3 to 2", "9 to 2"]),
]  # fmt: skip


@pytest.mark.parametrize(("format_", "vendor", "before", "after", "details"), TABLE)
def test_edge_278_what_is_outside_goes_to_the_edge(
    format_: WireFormat,
    vendor: str,
    before: dict[str, float],
    after: dict[str, float],
    details: list[str],
) -> None:
    """The nearest value that is taken, and a word of it; every word of a top_k is none."""
    body: dict[str, Any] = {"generationConfig": before} if format_ is G else before
    losses = clamped(body, format_, Target("p", "m", vendor))

    assert (body["generationConfig"] if format_ is G else body) == after
    assert sorted(loss.detail for loss in losses) == details
    assert {loss.code for loss in losses} <= {"sampling.clamped"}
    assert clamped(body, format_, Target("p", "m", vendor)) == []


def test_a_request_without_sampling() -> None:
    """Nothing is put in."""
    for format_ in WireFormat:
        body: dict[str, Any] = {}
        assert clamped(body, format_, Target("p", "m")) == []
        assert body == {}


@pytest.mark.parametrize(
    ("format_", "model", "vendor", "sampling", "codes"),
    [
        (A, "claude-haiku-4-5", "anthropic", {"temperature": 1}, {"sampling.clamped"}),
        (A, "claude-opus-5-5", "anthropic", {}, {"sampling.dropped"}),
        (R, "grok-4.7", "xai", {"temperature": 1.7}, set()),
        (C, "MiniMax-M3", "minimax", {}, set()),
    ],
)
def test_edge_278_only_what_is_sent_is_brought_into_range(
    format_: WireFormat, model: str, vendor: str, sampling: dict[str, float], codes: set[str]
) -> None:
    """A model that takes no temperature at all drops it, and it is not told twice."""
    client = A if format_ is C else C
    temperature = 1.7 if client is C else 0.5
    said = {"model": "m", "max_tokens": 9, "temperature": temperature}
    said["messages"] = [{"role": "user", "content": "hi"}]
    asked = Inquiry(client, scan(json.dumps(said).encode()), "m")
    if format_ is C:
        sampling = {"temperature": 0.5}

    body, losses, _ = translated(asked, format_, Target("p", model, vendor))

    sent = loads(body)
    assert {name: sent[name] for name in ("temperature",) if name in sent} == sampling
    assert {loss.code for loss in losses if loss.code.startswith("sampling")} == codes


@settings(max_examples=200)
@given(
    st.sampled_from(WireFormat),
    st.sampled_from(["", "minimax", "zai", "cerebras", "mistral", "moonshot"]),
    st.dictionaries(
        st.sampled_from(["temperature", "top_p", "topP", "presence_penalty", "frequencyPenalty"]),
        st.floats(allow_nan=False) | st.integers(),
    ),
)
def test_any_finite_number(format_: WireFormat, vendor: str, values: dict[str, float]) -> None:
    """It ends inside of every range there is, or was inside."""
    body: dict[str, Any] = {"generationConfig": values} if format_ is G else values
    clamped(body, format_, Target("p", "m", vendor))

    mine = {"temperature", "topP"} if format_ is G else {"temperature", "top_p"}
    assert all(0 <= values[name] <= 2 for name in mine & values.keys())
