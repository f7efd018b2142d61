"""Finds keys that stand in the configuration, where no key belongs.

Every name and every text is looked at, also below names that nobody knows.  What is found is never
repeated: the fault says where it stands and where it belongs.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from aimux.config.faults import Fault
from aimux.config.keypath import HIDDEN, KeyPath
from aimux.keyshapes import looks_like_key


def key_faults(data: Any, path: KeyPath = ()) -> Iterator[Fault]:
    """One fault for each name or text that looks like a key."""
    match data:
        case dict():
            for name, value in data.items():
                if looks_like_key(name):
                    yield _fault((*path, name), at_name=True)
                yield from key_faults(value, (*path, name))
        case list():
            for index, value in enumerate(data):
                yield from key_faults(value, (*path, index))
        case str() if looks_like_key(data):
            yield _fault(path, at_name=False)


def _fault(path: KeyPath, *, at_name: bool) -> Fault:
    provider = path[1] if path[0] == "providers" and len(path) > 2 else "PROVIDER"
    where = HIDDEN if looks_like_key(str(provider)) else provider
    message = f"looks like a key; keys do not stand in this file: aimux keys set {where}"
    return Fault(path, message, at="key" if at_name else "value")
