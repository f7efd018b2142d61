"""From keys to credentials."""

from __future__ import annotations

from dataclasses import replace

import pytest

from aimux.config.keyref import KeyReference, parse_key_reference
from aimux.daemon.credentials import credentials_of, label_of, wanted_keys
from aimux.errors import KeyMissing, KeyringLocked, VaultError
from aimux.vault.secret import Credential, Secret
from tests.support.gateway import provider

FIRST = KeyReference("keyring", "up/default")
SECOND = KeyReference("env", "UP_KEY")
UP = provider("up", "http://127.0.0.1:1", keys=(FIRST, SECOND))
HOSTS = frozenset({"127.0.0.1:1"})
LOCKED = KeyringLocked("locked")
MISSING = KeyMissing("missing")


def held(value: str = "sk-test-old", hosts: frozenset[str] = HOSTS) -> Credential:
    return Credential("up", "default", FIRST, Secret(value), hosts)


@pytest.mark.parametrize(
    ("first", "second", "values", "reason"),
    [
        (Secret("a"), Secret("b"), ["a", "b"], None),
        (MISSING, Secret("b"), ["b"], MISSING),
        (Secret("a"), LOCKED, ["a"], LOCKED),
        (MISSING, LOCKED, [], MISSING),
    ],
)
def test_what_can_be_read(
    first: Secret | VaultError,
    second: Secret | VaultError,
    values: list[str],
    reason: VaultError | None,
) -> None:
    """The keys that came, in the provider's order, and the first reason for one that did not."""
    found, why = credentials_of(UP, {FIRST: first, SECOND: second})

    assert [each.secret.reveal() for each in found] == values
    assert why is reason
    assert all(each.hosts == HOSTS for each in found)


def test_key_that_was_not_read() -> None:
    """A reference without an answer counts as missing."""
    found, why = credentials_of(UP, {SECOND: Secret("b")})

    assert [each.reference for each in found] == [SECOND]
    assert isinstance(why, KeyMissing)


def test_disabled_provider() -> None:
    """Nobody reads keys for a provider that is switched off."""
    off = replace(UP, enabled=False)

    assert credentials_of(off, {FIRST: Secret("a")}) == ((), None)
    assert wanted_keys([off]) == {}


@pytest.mark.parametrize(
    ("reason", "before", "values"),
    [
        (LOCKED, held(), ["sk-test-old"]),
        (LOCKED, held(hosts=HOSTS | {"other:443"}), ["sk-test-old"]),
        (LOCKED, held(hosts=frozenset({"other:443"})), []),
        (LOCKED, replace(held(), reference=SECOND), []),
        (MISSING, held(), []),
    ],
    ids=["locked", "for more hosts", "for another host", "another key", "missing"],
)
def test_key_from_before(reason: VaultError, before: Credential, values: list[str]) -> None:
    """A key we have is kept while its keyring is locked; not for another host, nor when it is gone."""
    found, why = credentials_of(replace(UP, keys=(FIRST,)), {FIRST: reason}, [before])

    assert [each.secret.reveal() for each in found] == values
    assert why is reason
    assert all(each.hosts == HOSTS for each in found)


def test_wanted_hosts_add_up() -> None:
    """One key of two providers is asked for with the hosts of both."""
    other = provider("other", "http://127.0.0.1:2", keys=(SECOND,))

    assert wanted_keys([UP, other]) == {FIRST: HOSTS, SECOND: HOSTS | {"127.0.0.1:2"}}


@pytest.mark.parametrize(
    ("reference", "label"),
    [
        ("keyring:zai/main", "main"),
        ("vault:zai", "default"),
        ("env:ZAI_KEY", "ZAI_KEY"),
        ("file:~/keys/zai", "zai"),
        ("command:op read op://Private/zai", "command"),
    ],
)
def test_labels(reference: str, label: str) -> None:
    """A key is called by its place."""
    assert label_of(parse_key_reference(reference)) == label
