"""The four formats by their names in the configuration."""

from __future__ import annotations

from aimux.model.request import WireFormat


def test_a_format_is_its_name() -> None:
    """The names of the configuration's reference page, in its order."""
    names = ["anthropic", "openai-chat", "openai-responses", "gemini"]

    assert [str(each) for each in WireFormat] == names
    assert [WireFormat(name) for name in names] == list(WireFormat)
