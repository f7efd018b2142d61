"""What is stored: a key and its hosts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aimux.errors import KeyRefused
from aimux.vault.record import StoredKey, pack, unpack
from aimux.vault.secret import Secret

keys = st.text(st.characters(min_codepoint=0x30, max_codepoint=0x39), min_size=5, max_size=40)
hosts = st.none() | st.frozensets(st.text(max_size=20), max_size=4)


@given(keys, hosts)
def test_what_is_packed_is_unpacked(key: str, bound: frozenset[str] | None) -> None:
    """Bound and unbound keys come back whole."""
    stored = StoredKey(Secret("sk-test-a" + key), bound)

    assert unpack(pack(stored).reveal()) == stored


def test_the_same_key_gives_the_same_text() -> None:
    """Reading back compares texts, so the order of hosts must not matter."""
    one = pack(StoredKey(Secret("sk-test-1"), frozenset(["b:443", "a:443"])))

    assert one.reveal() == '{"aimux":1,"hosts":["a:443","b:443"],"key":"sk-test-1"}'


@pytest.mark.parametrize("bare", ["sk-test-bare", "sk-test-bare\n", "a{b}"])
def test_a_bare_text_is_an_unbound_key(bare: str) -> None:
    """Another program may have put it there, as `secret-tool` does."""
    assert unpack(bare) == StoredKey(Secret(bare.strip()), None)


@pytest.mark.parametrize(
    "text",
    [
        '{"aimux":2,"key":"sk-test-canary","hosts":[]}',
        '{"aimux":1,"key":"sk-test-canary"}',
        '{"aimux":1,"key":["sk-test-canary"],"hosts":[]}',
        '{"aimux":1,"key":"sk-test-canary","hosts":[1]}',
        '{"aimux":1,"key":"sk-test-canary","hosts":"a:1"}',
        '{"aimux":1,"key":"sk-test canary","hosts":["a:1"]}',
        "sk-test canary",
        '{"aimux":1,"key":"sk-test-canary',
        '{"aimux":' + "[" * 100_000,
        '{"canary":1}',
    ],
)
def test_a_damaged_record_is_refused_and_not_shown(text: str) -> None:
    """The error does not hold the text, nor is a part of a record taken for a bare key."""
    with pytest.raises(KeyRefused) as caught:
        unpack(text)

    assert "canary" not in f"{caught.value!r}{caught.value.hint}"
