"""Redaction: by value in every disguise, and by shape."""

from __future__ import annotations

import json
from urllib.parse import quote, quote_plus

import pytest

from aimux.telemetry.redact import Redactor
from aimux.vault.secret import HIDDEN, Secret

KEY = 'ca/n+ary "q\\uote" \u00e9 & 8f3a5b9c'


def redactor(*values: str) -> Redactor:
    made = Redactor()
    made.hide(Secret(value) for value in values)
    return made


@pytest.mark.parametrize(
    "disguise",
    [
        KEY,
        quote(KEY),
        quote(KEY, safe=""),
        quote_plus(KEY),
        json.dumps(KEY),
        json.dumps(KEY, ensure_ascii=False),
        json.dumps(json.dumps(KEY)),
        repr(KEY),
    ],
)
def test_known_value_in_disguise(disguise: str) -> None:
    """A known key is found as it stands, in an address, in JSON, in JSON within JSON, in a repr."""
    shown = redactor(KEY).text(f"before {disguise} after")

    assert "8f3a5b9c" not in shown
    assert shown.startswith("before ")
    assert shown.endswith(" after")
    assert HIDDEN in shown


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("key sk-test-0123456789abcdefghijklmn!", "key ********!"),
        ("Authorization: Bearer abcdefghijklmnop1234", "Authorization: ********"),
        ("GET /v1?key=abcdefgh12&x=1", "GET /v1?key=********&x=1"),
        ("nothing to hide: sk-short, bearer of news", "nothing to hide: sk-short, bearer of news"),
    ],
)
def test_shapes(text: str, kept: str) -> None:
    """What looks like a key goes, though nobody told us of it; ordinary words stay."""
    shown = Redactor().text(text)

    assert shown == kept


def test_longer_key_first() -> None:
    """A key that begins with another one is blotted out to its end."""
    shown = redactor("abcdefgh", "abcdefghTAIL").text("x abcdefghTAIL y abcdefgh z")

    assert shown == f"x {HIDDEN} y {HIDDEN} z"


def test_hide_adds() -> None:
    """What was hidden once stays hidden; hiding it again changes nothing."""
    made = redactor("first-value")
    before = made._known

    made.hide([Secret("first-value")])
    unchanged = made._known is before
    made.hide([Secret("second-value")])

    assert unchanged
    assert made.text("first-value second-value") == f"{HIDDEN} {HIDDEN}"


def test_tiny_values_are_no_keys() -> None:
    """An empty or tiny value would blot out everything."""
    shown = redactor("", "a", "the").text("the cat")

    assert shown == "the cat"


def test_values_of_any_kind() -> None:
    """Mappings, sequences and strangers are searched to the bottom; numbers stay numbers."""

    class Stranger:
        def __str__(self) -> str:
            return "I hold canary-value"

    found = redactor("canary-value").value(
        {
            "canary-value": 1,
            "list": ["canary-value", 2.5, None, True],
            "set": {"canary-value"},
            "deep": {"x": ("canary-value",)},
            "object": Stranger(),
        }
    )

    assert found == {
        HIDDEN: 1,
        "list": [HIDDEN, 2.5, None, True],
        "set": [HIDDEN],
        "deep": {"x": [HIDDEN]},
        "object": f"I hold {HIDDEN}",
    }
