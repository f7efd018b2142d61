"""How a list of references changes."""

import pytest

from aimux.config.keyref import parse_key_reference
from aimux.vault.keylist import replaced, stored_name, with_key


def references(*texts: str):
    return tuple(map(parse_key_reference, texts))


@pytest.mark.parametrize(
    ("listed", "added", "result"),
    [
        (("keyring:zai",), "keyring:zai", ("keyring:zai",)),
        (("keyring:zai",), "keyring:zai/spare", ("keyring:zai", "keyring:zai/spare")),
        (("keyring:zai", "env:X"), "vault:zai", ("vault:zai", "env:X")),
        (("env:X",), "keyring:zai", ("env:X", "keyring:zai")),
        (("file:zai/default",), "keyring:zai", ("file:zai/default", "keyring:zai")),
        ((), "keyring:zai", ("keyring:zai",)),
    ],
)
def test_a_key_is_listed_once_and_where_it_was(listed, added: str, result) -> None:
    """The same key in the other store gives its place; a new one is the last to be tried."""
    assert with_key(references(*listed), parse_key_reference(added)) == references(*result)


def test_a_reference_is_replaced_and_none_is_twice() -> None:
    """Order is kept."""
    listed = references("env:X", "vault:zai", "keyring:zai")

    result = replaced(listed, *references("vault:zai", "keyring:zai"))

    assert result == references("env:X", "keyring:zai")


@pytest.mark.parametrize(
    ("listed", "moving", "name"),
    [
        (("vault:zai/spare",), "vault:zai/spare", "zai/spare"),
        (("vault:shared/key",), "vault:shared/key", "shared/key"),
        (("env:ZAI_API_KEY",), "env:ZAI_API_KEY", "zai/default"),
        (("keyring:zai", "env:ZAI_API_KEY"), "env:ZAI_API_KEY", "zai/zai_api_key"),
    ],
)
def test_a_key_that_moves_has_a_name(listed, moving: str, name: str) -> None:
    """Ours keep theirs; a variable's becomes the default one where that is free."""
    assert stored_name("zai", references(*listed), parse_key_reference(moving)) == name
