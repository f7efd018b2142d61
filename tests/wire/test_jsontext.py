"""JSON as text: found, read and replaced where it stands."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from aimux.errors import InvalidRequest
from aimux.wire import jsontext
from aimux.wire.jsontext import Document, dumps, loads, scan
from tests.support.jsonforms import Spelled, objects, python_values

SCANNERS = [scan, jsontext._scan_slowly]
both = pytest.mark.parametrize("read", SCANNERS, ids=["fast", "slow"])
Scan = Callable[[bytes], Document]

DEEP = b"[" * 100_000 + b"]" * 100_000
MANY_DIGITS = b"9" * 5000


# ---------------------------------------------------------------- scan


@settings(max_examples=80)
@given(objects())
def test_every_value_is_found_where_it_stands(spelled: Spelled) -> None:
    """Keys in order, each value as it is written and as it decodes, in any spelling, both ways."""
    for read in SCANNERS:
        document = read(spelled.raw)

        assert document.raw == spelled.raw
        assert document.keys() == spelled.keys
        for key, value in zip(spelled.keys, spelled.values, strict=True):
            assert key in document
            assert document.text(key) == value.encode()
            assert document.size(key) == len(value.encode())
            assert document.get(key) == json.loads(value)


@settings(max_examples=60)
@given(spelled=objects(min_size=1), value=python_values(), data=st.data())
def test_splicing_changes_one_value_and_no_other_byte(
    spelled: Spelled, value: Any, data: st.DataObject
) -> None:
    """Whatever stands around it."""
    index = data.draw(st.integers(0, len(spelled.keys) - 1))
    values = list(spelled.values)
    values[index] = dumps(value).decode()

    for read in SCANNERS:
        spliced = read(spelled.raw).splice(spelled.keys[index], value)

        assert spliced == spelled.with_values(values)
        assert read(spliced).get(spelled.keys[index]) == value


@settings(max_examples=60)
@given(spelled=objects(min_size=1), data=st.data())
def test_a_repeated_key_is_refused(spelled: Spelled, data: st.DataObject) -> None:
    """However it is spelled and whatever stands between."""
    again = json.dumps(data.draw(st.sampled_from(spelled.keys)))
    twice = spelled.raw.rstrip()[:-1] + f",{again}:1}}".encode()

    for read in SCANNERS:
        with pytest.raises(InvalidRequest, match="a key twice"):
            read(twice)


# Between the values of a body with a repeated key, a walk by lengths alone lands inside a nested object
# and comes out at the right end, with values that nobody wrote.
LANDING = [
    b'{"a":1,"b":{"p":1,"b"      :2},"a":"LLLLLLLLLL"}',
    b'{"model":1,"messages":{"p":1,"messages"  :2},"model":"LLLLLLLLLL"}',
    b'{"a":12,"a":1,"b":3}',
    b'{"a":1,"a":1}',
    b'{"a":1,"a":1,"b":1}',
    b'{"a":1,"\\u0061":2}',
    b'{"\\ud83d":1,"\\uD83D":2}',
]


@both
@pytest.mark.parametrize("body", LANDING)
def test_no_walk_gets_past_a_repeated_key(read: Scan, body: bytes) -> None:
    """Two readers of such a body may see different requests."""
    with pytest.raises(InvalidRequest, match="a key twice"):
        read(body)


@both
def test_a_key_twice_below_the_top_level_is_nobody_s_concern(read: Scan) -> None:
    """It goes through as it came."""
    body = b'{"a":{"x":1,"x":2}}'

    assert read(body).text("a") == b'{"x":1,"x":2}'


NOT_JSON = [
    b"", b" ", b"\n", b"hello", b"model=x&stream=true", b"<html>", b"{", b"}", b'{"a"', b'{"a":', b'{"a":1',
    b'{"a":1,}', b'{,"a":1}', b'{"a" 1}', b"{a:1}", b"{'a':1}", b'{"a":01}', b'{"a":1.}', b'{"a":.5}',
    b'{"a":+1}', b'{"a":0x1}', b'{"a":NaN}', b'{"a":Infinity}', b'{"a":-Infinity}', b'{"a":nul}',
    b'{"a":True}', b'{"a":undefined}', b'{"a":"\n"}', b'{"a":"\x00"}', b'{"a":"\\x"}', b'{"a":"\\u12"}',
    b'{"a":"b}', b'{"a":1}x', b'{"a":1}{"a":1}', b'{"a":1}\x00', b'\x00{"a":1}', b'\xef\xbb\xbf{"a":1}',
    b'{"a":1 "b":2}', b'{"a":[1,]}', b'{"a":[1}', b'// c\n{"a":1}', b'{"a":1/**/}', b'{"\x01":1}',
]  # fmt: skip
NOT_UTF_8 = [
    b'{"a":"\xff"}',
    b'{"\xff":1}',
    b'{"a":{"b":["\xc3("]}}',
    b'{"a":"\xed\xa0\x80"}',  # a surrogate written as if it were a character
    '{"a":"\N{SNOWMAN}"}'.encode("utf-16"),
    '{"a":"\xe9"}'.encode("latin-1"),
]
NOT_AN_OBJECT = [b"null", b"true", b"1", b'"model"', b"[]", b'[{"model":"x"}]']


@both
@pytest.mark.parametrize(
    ("bodies", "reason"),
    [
        (NOT_JSON, "the body is not JSON: "),
        (NOT_UTF_8, "the body is not UTF-8 (byte "),
        (NOT_AN_OBJECT, "the body must be a JSON object"),
        ([b'{"a":' + DEEP + b"}", b'{"\\ud83d":' + DEEP + b"}"], "the body is nested too deeply"),
    ],
    ids=["json", "utf-8", "object", "depth"],
)
def test_what_is_no_request_is_the_caller_s_fault(
    read: Scan, bodies: list[bytes], reason: str
) -> None:
    """Edge 35 and its like: a reason in words, never another exception."""
    for body in bodies:
        with pytest.raises(InvalidRequest) as caught:
            read(body)

        assert str(caught.value).startswith(reason), body


@both
def test_a_syntax_error_names_its_place(read: Scan) -> None:
    """As an editor counts."""
    with pytest.raises(InvalidRequest, match=r"expecting value \(line 2, column 5\)"):
        read(b'{"a":1,\n"b":}')


def reference(body: bytes) -> list[str] | None:
    """The keys of a body by the standard library alone; None where it is no request."""

    def refuse(name: str) -> None:
        raise ValueError(name)

    try:
        text = body.decode("utf-8")
        pairs = json.loads(text, object_pairs_hook=tuple, parse_constant=refuse)
    except ValueError:
        return None
    keys = [key for key, _ in pairs] if isinstance(pairs, tuple) else None
    return keys if keys is not None and len(set(keys)) == len(keys) else None


def found(read: Scan, body: bytes) -> list[str] | None:
    """The keys by a scanner; None where it refuses."""
    try:
        return read(body).keys()
    except InvalidRequest:
        return None


@settings(max_examples=200)
@given(
    st.one_of(
        st.binary(max_size=30),
        st.text('{}[]":, \\u0123a-.eE\n\t\x00', max_size=20).map(str.encode),
    )
)
@example(b'{"a":1,"a":1}')
@example(b'{"a":1}')
def test_what_is_taken_and_refused_is_what_the_standard_says(body: bytes) -> None:
    """Any bytes: both scanners and an independent reader agree, and nothing else is raised."""
    assert found(scan, body) == found(jsontext._scan_slowly, body) == reference(body)


@settings(max_examples=100)
@given(spelled=objects(min_size=1), at=st.integers(0, 100), instead=st.binary(max_size=1))
def test_a_damaged_body_is_judged_alike(spelled: Spelled, at: int, instead: bytes) -> None:
    """One byte lost or changed: both scanners and an independent reader agree."""
    at %= len(spelled.raw)
    body = spelled.raw[:at] + instead + spelled.raw[at + 1 :]

    assert found(scan, body) == found(jsontext._scan_slowly, body) == reference(body)


@both
def test_numbers_of_thousands_of_digits_pass(read: Scan) -> None:
    """They are found like any value; only who wants to hold one is told that it cannot be."""
    document = read(b'{"\\ud83d":%b,"model":%b}' % (MANY_DIGITS, MANY_DIGITS))

    assert document.text("model") == MANY_DIGITS
    assert document.splice("model", "m") == b'{"\\ud83d":%b,"model":"m"}' % MANY_DIGITS
    with pytest.raises(InvalidRequest, match="'model' cannot be read") as caught:
        document.get("model")
    assert caught.value.param == "model"


@pytest.mark.untraced  # half a million keys, each by the same lines
@both
def test_a_large_body_is_scanned_in_linear_time(read: Scan) -> None:
    """The slow way counts characters from key to key from the beginning: four times the keys take it sixteen
    times as long.
    """

    def seconds(count: int) -> float:
        pairs = ",".join(f'"k{index}":"\N{SNOWMAN}"' for index in range(count))
        body = f'{{"\\ud83d":0,{pairs}}}'.encode()
        spent = []
        for _ in range(3):
            began = time.thread_time()
            assert len(read(body).keys()) == count + 1
            spent.append(time.thread_time() - began)
        return min(spent)

    assert seconds(60_000) < 10 * seconds(15_000)


# ---------------------------------------------------------------- a document


def test_a_value_that_is_not_there_is_none() -> None:
    """As for null; only ``in`` tells them apart."""
    document = scan(b'{"a":null}')

    assert (document.get("a"), "a" in document) == (None, True)
    assert (document.get("b"), "b" in document) == (None, False)
    assert (document.text("b"), document.size("b")) == (b"", 0)
    with pytest.raises(KeyError):
        document.splice("b", 1)


def test_a_value_is_decoded_once() -> None:
    """The same object comes again."""
    document = scan(b'{"a":[1]}')

    assert document.get("a") is document.get("a")


def test_splicing_what_is_there_already_copies_nothing() -> None:
    """The body of a relay whose model keeps its name is the client's own."""
    document = scan(b'{ "model" : "m" }')

    assert document.splice("model", "m") is document.raw


# ---------------------------------------------------------------- loads and dumps


@settings(max_examples=100)
@given(python_values())
def test_what_is_written_is_read_again(value: Any) -> None:
    """Every value, on one line, as UTF-8."""
    written = dumps(value)

    assert loads(written) == value == json.loads(written)
    assert b"\n" not in written
    written.decode("utf-8")


@settings(max_examples=200)
@given(st.binary(max_size=30))
def test_reading_raises_a_value_error_or_nothing(raw: bytes) -> None:
    """Whatever the bytes are; what it refuses, the standard library refuses as well."""
    try:
        loads(raw)
    except ValueError:
        with pytest.raises(ValueError):  # noqa: PT011 -- any message
            json.loads(raw)


@pytest.mark.parametrize("raw", [DEEP, b"[" * 100_000, MANY_DIGITS, b"", b"\xff", b"nope"])
def test_what_cannot_be_held_is_a_value_error(raw: bytes) -> None:
    """Also what is well formed but too deep or too long."""
    with pytest.raises(ValueError):  # noqa: PT011 -- any message
        loads(raw)


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("\ud83d", rb'"\ud83d"'),
        ({"\ud83d": "\xe9"}, rb'{"\ud83d":"\u00e9"}'),
        ("\xe9\N{SNOWMAN}", '"\xe9\N{SNOWMAN}"'.encode()),
        ({"a": [1, None, True, 1.5]}, b'{"a":[1,null,true,1.5]}'),
        ('"\\\n\x00', rb'"\"\\\n\u0000"'),
        (10**30, b"1" + b"0" * 30),
    ],
)
def test_writing_is_compact(value: Any, written: bytes) -> None:
    """No spaces, UTF-8, escapes only where they must be; a lone surrogate as it came."""
    assert dumps(value) == written


# ---------------------------------------------------------------- values that keep their spelling


@settings(max_examples=100)
@given(objects(min_size=1))
def test_exact_values_mean_what_they_meant(spelled: Spelled) -> None:
    """Written again, they decode to the same, in any spelling."""
    document = scan(spelled.raw)
    for key, value in zip(spelled.keys, spelled.values, strict=True):
        assert json.loads(dumps(document.exact(key))) == json.loads(value)


@pytest.mark.parametrize(
    "text",
    [
        "1.0",
        "1e3",
        "-0.50",
        "1E+5",
        "[1.10,2]",
        '{"a":{"b":1.000}}',
        "123456789012345678901234567890",
    ],
)
def test_a_number_s_spelling_survives(text: str) -> None:
    """Of a history that is passed on."""
    document = scan(f'{{"a":{text}}}'.encode())

    assert dumps(document.exact("a")) == text.encode()
    assert dumps({"b": [document.exact("a")]}) == f'{{"b":[{text}]}}'.encode()
    assert dumps(jsontext.loads_exactly(text.encode())) == text.encode()


def test_an_exact_value_that_is_not_there_is_none() -> None:
    """As for get."""
    assert scan(b'{"a":null}').exact("a") is None
    assert scan(b'{"a":null}').exact("b") is None


def test_half_a_character_beside_a_number() -> None:
    """The standard library reads it, and no number is opaque then."""
    document = scan(rb'{"a":{"t":"\ud83d","n":1.50}}')

    assert document.exact("a") == {"t": "\ud83d", "n": 1.5}
    assert dumps(document.exact("a")) == rb'{"t":"\ud83d","n":1.5}'


def test_half_a_character_beside_a_number_that_keeps_its_spelling() -> None:
    """From two places into one body: only one of the two libraries knows each, so the half is mended."""
    number = scan(b'{"a":1.50}').exact("a")
    value = {"\ud83d": ["\ude00", number, ("\ud83d\ude00", None, True, 1)]}

    assert loads(dumps(value)) == {"\ufffd": ["\ufffd", 1.5, ["\U0001f600", None, True, 1]]}
    assert b"1.50" in dumps(value)


@pytest.mark.parametrize("raw", [DEEP, MANY_DIGITS], ids=["deep", "long"])
def test_what_cannot_be_held_is_the_caller_s_fault(raw: bytes) -> None:
    """Exactly or not."""
    document = (
        scan(b'{"\\ud83d":0,"a":%b}' % raw)
        if raw is MANY_DIGITS
        else Document(raw, {"a": (0, len(raw))})
    )

    with pytest.raises(InvalidRequest, match="'a' cannot be read") as caught:
        document.exact("a")
    assert caught.value.param == "a"
    with pytest.raises(ValueError):  # noqa: PT011 -- any message
        jsontext.loads_exactly(raw)


def test_verbatim_text_is_written_as_it_stands() -> None:
    """Arguments go out as the model wrote them."""
    arguments = '{ "a" : 1.0, "b":"\\u00e9\u00e9" }'

    assert dumps({"input": jsontext.verbatim(arguments)}) == f'{{"input":{arguments}}}'.encode()


@pytest.mark.parametrize(
    ("text", "stripped"),
    [
        ("{}", "{}"),
        (' \n{"a": 1.0}\t', '{"a": 1.0}'),
        ('{"a":"\\ud83d"}', '{"a":"\\ud83d"}'),
        ('{"a":"\ud83d"}', '{"a":"\ud83d"}'),
        ('{"a":1,"a":2}', '{"a":1,"a":2}'),
        ('{"a":' + "9" * 400 + "}", '{"a":' + "9" * 400 + "}"),
        ("", None),
        ("[]", None),
        ("null", None),
        ("{", None),
        ('{"a":1}x', None),
        ('{"a":1}{}', None),
        ('{"a":NaN}', None),
        ('{"a":"\\ud83d","b":NaN}', None),
        ('{"a":"\\ud83d"', None),
        ("{'a':1}", None),
        ('{"a":' + "[" * 100_000 + "]" * 100_000 + "}", None),
        ("{" + '"a":{' * 100_000, None),
        ("\u00a0{}", "{}"),
        ("\ufeff{}", None),
    ],
)
def test_text_that_is_an_object(text: str, stripped: str | None) -> None:
    """Checked and left as it is; nothing is raised, whatever a model wrote."""
    assert jsontext.object_text(text) == stripped


@settings(max_examples=100)
@given(python_values())
def test_text_of_a_value_is_its_json(value: Any) -> None:
    """As text."""
    assert json.loads(jsontext.text_of(value)) == value
    assert jsontext.text_of(value).encode() == dumps(value)


# ---------------------------------------------------------------- some of an object


@pytest.mark.parametrize(
    ("raw", "picked"),
    [
        (b'{"a":1,"b":[2],"c":3}', {"a": 1, "b": [2]}),
        (b'{"b":{"\xc3\xa9":"\\ud83d"}}', {"b": {"\xe9": "\ud83d"}}),
        (b'{"c":1}', {}),
        (b"{}", {}),
        (b"[1]", [1]),
        (b"null", None),
        (b'"a"', "a"),
        (b'{"\\ud83d":1,"a":2}', {"\ud83d": 1, "a": 2}),
    ],
    ids=["some", "half a character", "none", "empty", "list", "null", "text", "whole after all"],
)
def test_some_keys_of_an_object(raw: bytes, picked: Any) -> None:
    """What is no object comes whole, and so does what only the standard library reads."""
    assert jsontext.pick(raw, "a", "b") == picked


@pytest.mark.parametrize("raw", [b"", b"{", b'{"a":}', b'{"c":NaN}x', DEEP, b'{"a":"\xff"}'])
def test_picking_from_what_is_no_json(raw: bytes) -> None:
    """A ValueError."""
    with pytest.raises(ValueError):  # noqa: PT011 -- any message
        jsontext.pick(raw, "a")


# ---------------------------------------------------------------- text that is no text


@pytest.mark.parametrize(
    ("text", "mended"),
    [
        ("", ""),
        ("plain", "plain"),
        ("\u00e9\u2028\U0001f600", "\u00e9\u2028\U0001f600"),
        ("\ud83d\ude00", "\U0001f600"),
        ("\ud83d", "\ufffd"),
        ("\ude00\ud83d", "\ufffd\ufffd"),
        ("a\ud83db", "a\ufffdb"),
        ("\ud83d\ud83d\ude00\ude00", "\ufffd\U0001f600\ufffd"),
        ("\ufeff\ud83d", "\ufeff\ufffd"),
        ("\U0001f600\ud83d\U0001f600", "\U0001f600\ufffd\U0001f600"),
    ],
)
def test_halves_of_characters_are_mended(text: str, mended: str) -> None:
    """Pairs become one, halves U+FFFD, all else stays."""
    assert jsontext.mended(text) == mended


@settings(max_examples=100)
@given(st.text(st.characters(), max_size=12))
def test_mended_text_is_text(text: str) -> None:
    """It can be written as UTF-8, a second time changes nothing, and nothing else is touched."""
    mended = jsontext.mended(text)

    assert mended.encode("utf-8").decode("utf-8") == mended
    assert jsontext.mended(mended) == mended
    assert [c for c in mended if c.isascii()] == [c for c in text if c.isascii()]


def test_what_is_nested_too_deeply_is_refused_also_in_writing() -> None:
    """Edge 355: read at the edge of the depth, written from deeper within."""
    value: object = 1
    for _ in range(2000):
        value = [value]

    with pytest.raises(InvalidRequest, match="nested too deeply"):
        jsontext.body_of(value)


# ---------------------------------------------------------------- values that are looked at undecoded


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b'{"a": 1, "b": [2, {"c": 3}]}', {"a": 1, "b": [2, {"c": 3}]}),
        (b"{}", {}),
        (b"[1]", {}),
        (b'"x"', {}),
        (b"5", {}),
        (b"", {}),
        (b'{"a":"\\ud83d"}', {"a": "\ud83d"}),
        (b'{"\\ud83d":1}', {"\ud83d": 1}),
        (b'{"a":"\\ud83d","b":1e999}', {"a": "\ud83d", "b": None}),
        (b'["\\ud83d"]', {}),
        (b'"\\ud83d"', {}),
    ],
)
def test_members(raw: bytes, expected: dict[str, Any]) -> None:
    """Of an object, also where half a character stands in it; none of anything else."""
    assert {key: loads(value) for key, value in jsontext.members(raw).items()} == expected


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b'[1, "x", {"a": [2]}]', [1, "x", {"a": [2]}]),
        (b"[]", []),
        (b'{"a":1}', []),
        (b'"x"', []),
        (b"", []),
        (b'["\\ud83d",1]', ["\ud83d", 1]),
        (b'{"\\ud83d":1}', []),
    ],
)
def test_values(raw: bytes, expected: list[Any]) -> None:
    """Elements of an array, none of anything else."""
    assert list(map(loads, jsontext.values(raw))) == expected


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b'[{"a":1},{"b":{"c":2}}]', [{"a": 1}, {"b": {"c": 2}}]),
        (b'[{"a":1},"x",5,[{"b":2}]]', [{"a": 1}, {}, {}, {}]),
        (b'[{"a":"\\ud83d"},{"b":2}]', [{"a": "\ud83d"}, {"b": 2}]),
        (b'{"a":1}', []),
        (b"null", []),
    ],
)
def test_objects(raw: bytes, expected: list[dict[str, Any]]) -> None:
    """The members of each element."""
    found = jsontext.objects(raw)

    assert [{key: loads(each) for key, each in item.items()} for item in found] == expected


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b'[{"a":"1","b":"2"},{"c":5},{"b":null}]', [("1", "2"), (None, None), (None, None)]),
        (b"[]", []),
        (b'[{"a":1}]', None),
        (b'["a"]', None),
        (b'{"a":"1"}', None),
        (b'[{"a":"\\ud83d"}]', None),
        (b"", None),
    ],
)
def test_texts(raw: bytes, expected: list[tuple[str | None, ...]] | None) -> None:
    """Two members of each object, where that is all there is."""
    assert jsontext.texts(raw, "a", "b") == expected


def test_what_is_too_deep_or_too_long_has_nothing_in_it() -> None:
    """It is well formed, and nobody can hold it."""
    assert jsontext.values(b"[" + DEEP + b',"\\ud83d"]') == []
    assert jsontext.members(b'{"a":' + DEEP + b"}") == {}
    assert jsontext.objects(b"[{" + b'"a":"\\ud83d","b":' + MANY_DIGITS + b"}]") == []
    with pytest.raises(ValueError, match="digits"):
        loads(jsontext.members(b'{"a":' + MANY_DIGITS + b"}")["a"])
