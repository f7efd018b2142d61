"""References to keys."""

import pytest

from aimux.config.keyref import KeyReference, default_reference, parse_key_reference


@pytest.mark.parametrize(
    ("text", "reference"),
    [
        ("keyring:zai/main", KeyReference("keyring", "zai/main")),
        ("keyring:zai", KeyReference("keyring", "zai/default")),
        ("vault: zai ", KeyReference("vault", "zai/default")),
        ("env:A_B", KeyReference("env", "A_B")),
        ("file:~/key", KeyReference("file", "~/key")),
        ("command:op read op://x/y", KeyReference("command", "op read op://x/y")),
    ],
)
def test_each_scheme(text, reference) -> None:
    """A label that is left out is "default"."""
    assert parse_key_reference(text) == reference


@pytest.mark.parametrize("text", ["", "hunter2", "ENV:A", " env:A", "env", "env:", "keyring: "])
def test_what_is_no_reference_is_not_repeated(text) -> None:
    """It may be a key."""
    with pytest.raises(ValueError, match=r"must begin with|nothing stands behind") as caught:
        parse_key_reference(text)

    assert "hunter2" not in str(caught.value)


def test_a_reference_is_written_as_it_is_read() -> None:
    """And the default one is the provider's own."""
    assert str(default_reference("zai")) == "keyring:zai/default"
