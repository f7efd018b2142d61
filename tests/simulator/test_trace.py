"""Traces as people write them, and what is said of those that are none."""

from __future__ import annotations

import json

import pytest

from aimux.errors import UsageError
from aimux.simulator.scenarios import scenario
from aimux.simulator.trace import errands, format_words, lines_of, parse_trace
from tests.support.simulation import row, turns

HEADER = '{"aimux_trace": 1, "targets": {"north/*": {"first_event_s": 2}}}'
ROW = '{"at_s": 0, "session": "a", "model": "m", "input_tokens": 10}'


def test_lines() -> None:
    trace = parse_trace(f"{HEADER}\n\n{ROW}\n{ROW}\n")
    assert [each.input_tokens for each in trace.rows] == [10, 10]
    assert trace.targets["north/*"].first_event_s == 2


def test_one_document_over_many_lines() -> None:
    data = {**json.loads(HEADER), "rows": [json.loads(ROW)]}
    assert parse_trace(json.dumps(data, indent=2)) == parse_trace(json.dumps(data))


@pytest.mark.parametrize("name", ["quiet-day", "brown-out", "dry-plan"])
def test_what_is_written_is_read(name: str) -> None:
    trace = scenario(name, 3)
    assert parse_trace("\n".join(lines_of(trace))) == trace


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "t is empty"),
        ("hello", "t is no JSON"),
        ("[1]", "t is no JSON"),
        ('{"targets": {}}', "its header has no aimux_trace"),
        ('{"aimux_trace": 2, "targets": {"a/b": {}}}', "t: aimux_trace: "),
        (HEADER, "t holds no requests"),
        (f"{HEADER}\n{ROW}\n[]", "t, line 3: no JSON object"),
        (f'{HEADER}\n{{"session": "a", "model": "m"}}', "t, line 2: input_tokens: "),
        (f"{HEADER}\n{ROW[:-1]}, \"at\": 1}}", "t, line 2: at: "),
        (f"{HEADER}\n{ROW.replace('10', '0')}", "t, line 2: input_tokens: "),
        (f"{HEADER}\n{ROW.replace('at_s', 'think_s')}", "request 1 is the first of session 'a'"),
        (f"{HEADER.replace('north/*', 'north')}\n{ROW}", "'north' is no provider/model"),
        (f"{HEADER.replace('first_event_s', 'speed')}\n{ROW}", "t: targets.north/*.speed: "),
    ],
)  # fmt: skip
def test_what_is_no_trace(text: str, words: str) -> None:
    with pytest.raises(UsageError) as refused:
        parse_trace(text, "t")
    assert words in refused.value.message
    assert refused.value.hint


def test_prompts_begin_with_those_before_them() -> None:
    rows = [*turns(2), row(at_s=None, input_tokens=3_000), row(at_s=None, input_tokens=4_000)]
    found = errands([*rows, row(agent="x"), row(helper=True), row(at_s=None, helper=True)])
    assert [each.prefix for each in found] == [0, 10_000, 0, 3_000, 0, 0, 0]
    same = [each.conversation for each in found]
    assert same[0] == same[1] != same[2] == same[3]
    assert len(set(same)) == 5


def test_every_key_is_described() -> None:
    words = "\n".join(format_words())
    for key in ("per_ktoken_s", "retry_after_s", "tokens_week", "requests_per_minute", "think_s"):
        assert f"  {key} " in words
