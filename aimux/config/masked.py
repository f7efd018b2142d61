"""A configuration as it may be shown to a browser: what may be a secret is a mark.

Keys do not stand in the file, but people put other secrets there: values of headers, a proxy with a
password, an address that messages are sent to.  They are never shown; a text that still has such a mark
in it is not written back.
"""

from __future__ import annotations

import re
from typing import Any, Final

from aimux.config.keypath import HIDDEN, KeyPath
from aimux.config.positions import Positions
from aimux.keyshapes import KEY_SHAPE, looks_like_key

_WITH_PASSWORD: Final = re.compile(r"://[^/\s\"']*@")
_WEBHOOK: Final = "webhook:"


def is_secret(path: KeyPath, value: object) -> bool:
    """Whether a value may be one."""
    if not isinstance(value, str) or not value:
        return False
    return (
        "headers" in path
        or value.startswith(_WEBHOOK)
        or bool(_WITH_PASSWORD.search(value))
        or looks_like_key(value)
    )


def masked_data(data: Any, path: KeyPath = ()) -> Any:
    """The data with marks in place of secrets."""
    match data:
        case dict():
            return {name: masked_data(each, (*path, name)) for name, each in data.items()}
        case list() | tuple():
            return [masked_data(each, (*path, index)) for index, each in enumerate(data)]
        case _:
            return HIDDEN if is_secret(path, data) else data


def masked_text(text: str, data: Any) -> str:
    """The text with marks in place of secrets; ``data`` is what it means."""
    positions = Positions(text)
    spans = [positions[path] for path in _secret_paths(data, ()) if path in positions]
    for span in sorted(spans, key=lambda each: each.start, reverse=True):
        text = f'{text[: span.start]}"{HIDDEN}"{text[span.end :]}'
    return KEY_SHAPE.sub(HIDDEN, text)


def _secret_paths(data: Any, path: KeyPath) -> list[KeyPath]:
    match data:
        case dict():
            below = data.items()
        case list():
            below = dict(enumerate(data)).items()
        case _:
            return [path] if is_secret(path, data) else []
    return [found for name, each in below for found in _secret_paths(each, (*path, name))]
