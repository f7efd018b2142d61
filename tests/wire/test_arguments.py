"""Arguments of a call become an object: one rule for all formats that want one."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aimux.wire import jsontext
from aimux.wire.arguments import input_of


@pytest.mark.parametrize(
    ("arguments", "given", "repaired"),
    [
        pytest.param("", "{}", False, id="edge-263"),
        pytest.param("  ", "{}", False, id="edge-263-white-space"),
        pytest.param("null", "{}", False, id="null"),
        pytest.param(' {"x": 1.0, "y": 1e3} ', '{"x": 1.0, "y": 1e3}', False, id="edge-351"),
        pytest.param('{"x":100000000000000000000}', '{"x":100000000000000000000}', False, id="edge-352"),
        pytest.param('"{\\"x\\":1}"', '{"x":1}', False, id="twice-encoded"),
        pytest.param("[1.50]", '{"value":[1.50]}', True, id="array"),
        pytest.param("7", '{"value":7}', True, id="number"),
        pytest.param('"word"', '{"value":"word"}', True, id="string"),
        pytest.param('{"x":', '{"_raw":"{\\"x\\":"}', True, id="edge-262"),
        pytest.param("ls -l", '{"_raw":"ls -l"}', True, id="edge-262-words"),
        pytest.param('{"x":NaN}', '{"_raw":"{\\"x\\":NaN}"}', True, id="edge-353"),
        pytest.param("Infinity", '{"_raw":"Infinity"}', True, id="edge-353-alone"),
        pytest.param('{"x":"NaN"}', '{"x":"NaN"}', False, id="nan-in-a-text"),
        pytest.param('{"x":"\\ud83d"}', '{"x":"\\ufffd"}', False, id="edge-357-escaped"),
        pytest.param('{"x":"\\uD83D\\uDE00"}', '{"x":"\\uD83D\\uDE00"}', False, id="a-whole-pair"),
        pytest.param('{"x":"\\ude00\\ud83d"}', '{"x":"\\ufffd\\ufffd"}', False, id="wrong-order"),
        pytest.param('{"x":"\\\\ud83d"}', '{"x":"\\\\ud83d"}', False, id="no-escape"),
        pytest.param('{"x":"\ud83d"}', '{"x":"\ufffd"}', False, id="edge-357-written-out"),
        pytest.param('{"x":"\u00e9"}', '{"x":"\u00e9"}', False, id="unicode"),
        pytest.param('{"x":\r\n1}', '{"x":  1}', False, id="lines"),
        pytest.param('"{\\"x\\":\\n1}"', '{"x": 1}', False, id="lines-within"),
        pytest.param('[1e999,"\\ud83d"]', '{"value":[1e999,"\\ufffd"]}', True, id="beyond-every-float"),
        pytest.param("[" * 9999, '{"_raw":"' + "[" * 9999 + '"}', True, id="edge-355"),
    ],
)  # fmt: skip
def test_arguments_become_an_object(arguments: str, given: str, repaired: bool) -> None:
    """Text that is one goes out as it stands."""
    value, wrapped = input_of(arguments)

    assert jsontext.dumps(value).decode() == given
    assert wrapped is repaired


@settings(max_examples=100)
@given(
    st.text(max_size=30)
    | st.from_regex(r'\{"x":"(\\u[dD][0-9a-f]{3}|\\\\|a){0,6}"\}', fullmatch=True)
)
def test_any_arguments_become_an_object_of_whole_characters(arguments: str) -> None:
    """What is written is JSON that the strictest reader takes."""
    written = jsontext.dumps(input_of(arguments)[0])
    read = json.loads(written)

    assert isinstance(read, dict)
    json.dumps(read, ensure_ascii=False).encode("utf-8")
