"""What can be a key."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aimux.errors import KeyRefused
from aimux.vault.hygiene import MAX_KEY_CHARACTERS, checked_key

REAL = [
    "sk-test-0123456789abcdef",
    "sk-ant-test-0123456789",
    "0123456789abcdef0123456789abcdef.Abcdef0123456789",
    "gsk_test0123456789",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl==",
    "AIzaTest-0123456789",
    "ollama",
    "a",
    "sk-yours-truly-42",
    "your2cents0394",
    "keystone-example-a1b2c3",
    "key-0192837465",
]

REFUSED = {
    "is empty": ["", "\n", "  ", "\r\n"],
    "has several lines": ["sk-test-a\nsk-test-b", "sk-test-a\n\n", "\nsk-test-a", "a\rb"],
    "has a space or tab": [" sk-test-a", "sk-test-a ", "sk test", "sk\ttest", "sk\u00a0test"],
    "has quotation marks": ['"sk-test-a"', "'sk-test-a'", "`sk-test-a`", 'sk-test-a"'],
    "is a shell assignment": ["ZAI_API_KEY=sk-test-a", "export ZAI_API_KEY=sk-test-a"],
    "is a whole header": ["Bearer sk-test-a", "bearer sk-test-a", "x-api-key: sk-test-a"],
    "is a reference": ["keyring:zai", "env:ZAI_API_KEY", "file:~/key", "command:op read"],
    "is cut short": ["sk-...", "sk-ant-...7f3a", "sk-ant-\u20267f3a"],
    "is not ASCII": ["sk-test-\u00e4", "sk\u2013test\u2013a", "sk-test-\ufeffa"],
    "has a control character": ["sk-test\x00a", "sk-test\x1b[31m", "sk-test\x7f"],
    "is a placeholder": [
        "your-api-key",
        "YOUR_API_KEY",
        "your-openai-api-key",
        "sk-your-key-here",
        "insert-your-key",
        "enter-key-here",
        "my-api-key",
        "changeme",
        "change-me",
        "replace-me",
        "sk-xxxxxxxx",
        "xxxxxxxx",
        "sk-xxx",
        "********",
        "-----",
        "api-key",
        "apikey",
        "api_key_here",
        "<your-key>",
        "<key>",
        "${ZAI_API_KEY}",
        "$ZAI_API_KEY",
        "%ZAI_API_KEY%",
        "{{key}}",
        "[key]",
        "none",
        "null",
        "undefined",
        "placeholder",
        "todo",
        "sk-0000000",
    ],
    "is longer than": ["a" * (MAX_KEY_CHARACTERS + 1)],
}


@pytest.mark.parametrize("key", REAL)
@pytest.mark.parametrize("end", ["", "\n", "\r\n"])
def test_a_key_is_taken_without_its_last_line_break(key: str, end: str) -> None:
    """Files and programs end their line; nothing else is changed."""
    assert checked_key(key + end).reveal() == key


@pytest.mark.parametrize(
    ("reason", "text"), [(reason, text) for reason, texts in REFUSED.items() for text in texts]
)
def test_what_cannot_be_a_key_is_refused_and_not_repeated(reason: str, text: str) -> None:
    """The reason is told in words; the text is not, since half of it may be a key."""
    with pytest.raises(KeyRefused, match=reason) as caught:
        checked_key(text)

    told = f"{caught.value.message} {caught.value.hint}"
    assert len(text.strip()) < 5 or text.strip() not in told or text in {"placeholder", "api-key"}
    assert "sk-test" not in told


@given(st.text(max_size=60))
def test_a_key_that_is_taken_fits_into_a_header(text: str) -> None:
    """Whatever passes is visible ASCII in one word, and stood in the text as it is."""
    try:
        key = checked_key(text).reveal()
    except KeyRefused:
        return

    assert key.isascii()
    assert key.isprintable()
    assert " " not in key
    assert text.startswith(key)
