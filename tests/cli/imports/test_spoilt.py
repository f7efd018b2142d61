"""Files of other tools that are spoilt in one place: said in words or taken over as far as it goes.

Whatever comes of a reader is TOML, holds no key, and never an exception of ours.
"""

from __future__ import annotations

import copy
import json
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]  # it ships no types
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from aimux.cli.imports import ccr, cliproxyapi, litellm
from aimux.cli.imports.apart import keep_apart
from aimux.cli.imports.ccr import plain_json
from aimux.cli.imports.found import Found, Unreadable
from aimux.cli.imports.writing import block, kept_keys
from tests.cli.imports.test_import import FILES, SECRETS, V3

JUNK = st.sampled_from(
    [None, True, 0, -1, 5, 1.5, "", "x", "a\nb\x07", "$", "http://[", "ftp://x", [], [None], [[]], [5],
     {}, {"a": 1}, {5: []}, {"models": 5}, "é" * 50, "sk-test-0123456789abcdefghijklmnop"]
)  # fmt: skip

READERS: dict[str, tuple[Callable[[Path], Found], Any]] = {
    "ccr": (ccr.read, json.loads(plain_json((FILES / "ccr.json").read_text()))),
    "ccr-3": (ccr.read, V3),
    "litellm": (litellm.read, yaml.safe_load((FILES / "litellm.yaml").read_text())),
    "cliproxyapi": (cliproxyapi.read, yaml.safe_load((FILES / "cliproxyapi.yaml").read_text())),
}


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place in the data."""
    pairs = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    for name, below in pairs:
        yield (*path, name)
        yield from places(below, (*path, name))


@pytest.mark.parametrize("name", READERS)
@settings(
    max_examples=15,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_a_file_that_is_spoilt(name: str, tmp_path: Path, data: st.DataObject) -> None:
    """One or two places hold something else."""
    reader, whole = READERS[name]
    spoilt = copy.deepcopy(whole)
    for _ in range(data.draw(st.integers(1, 2))):
        place = data.draw(st.sampled_from(list(places(spoilt)) or [("x",)]))
        here = spoilt
        for part in place[:-1]:
            here = here[part]
        here[place[-1]] = copy.deepcopy(data.draw(JUNK))
    file = tmp_path / "file"
    text = json.dumps(spoilt) if name.startswith("ccr") else yaml.safe_dump(spoilt)
    file.write_text(text, "utf-8")

    try:
        found = reader(file)
    except Unreadable:
        return
    keep_apart(found, {"providers": {"openrouter": {}}, "models": {"fast": {}}})
    written = block(found, "today", {})

    assert set(tomllib.loads(written)) <= {"providers", "models", "routes", "routing"}
    assert not any(secret in written for secret in SECRETS)
    assert len(kept_keys(found)) == len({each.name for each in kept_keys(found)})
