"""A Secret hides itself from everything but reveal."""

import copy
import json
import pickle
from dataclasses import asdict

import pytest

from aimux.config.keyref import KeyReference
from aimux.vault.secret import HIDDEN, Credential, Secret

KEY = "sk-test-canary-0123456789"


@pytest.mark.parametrize(
    "text",
    [
        repr(Secret(KEY)),
        str(Secret(KEY)),
        f"{Secret(KEY)}",
        f"{Secret(KEY):>20}",
        f"{Secret(KEY)!r}",
        "%s" % Secret(KEY),  # noqa: UP031 -- the way a logger formats
        repr([Secret(KEY)]),
        repr(Credential("p", "l", KeyReference("env", "X"), Secret(KEY), frozenset())),
    ],
)
def test_every_text_of_a_secret_hides_it(text: str) -> None:
    """No way of formatting shows the key or its length."""
    assert HIDDEN in text
    assert KEY not in text


@pytest.mark.parametrize("write", [pickle.dumps, copy.copy, copy.deepcopy, json.dumps])
def test_a_secret_is_not_written_anywhere(write) -> None:
    """Pickling, copying and encoding are errors that do not hold the key."""
    with pytest.raises(TypeError) as caught:
        write(Secret(KEY))

    assert KEY not in str(caught.value)


def test_a_credential_is_not_turned_into_a_dict() -> None:
    """A dict would be a copy that does not hide itself."""
    with pytest.raises(TypeError):
        asdict(Credential("p", "l", KeyReference("env", "X"), Secret(KEY), frozenset()))


def test_secrets_are_equal_by_value_and_to_nothing_else() -> None:
    """Comparison is by value; a plain string is never equal; lone surrogates do not break it."""
    assert Secret(KEY) == Secret(KEY)
    assert Secret(KEY) != Secret(KEY + "x")
    assert Secret(KEY) != KEY
    assert Secret("\udc80") == Secret("\udc80")


def test_a_secret_has_no_hash_and_no_dict() -> None:
    """It cannot be a member of a set, and vars() does not show it."""
    with pytest.raises(TypeError):
        hash(Secret(KEY))
    with pytest.raises(TypeError):
        vars(Secret(KEY))


def test_only_a_secret_with_something_in_it_is_true() -> None:
    """An empty passphrase counts as none."""
    assert Secret("x")
    assert not Secret("")


def test_reveal_gives_the_key() -> None:
    """There is one way to the key."""
    assert Secret(KEY).reveal() == KEY
