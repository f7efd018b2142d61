"""Windows and prices out of vendors' own lists of models."""

from __future__ import annotations

from typing import Any

import pytest

from aimux.catalogue.listed import Listed
from aimux.catalogue.provider import PriceFacts
from aimux.upstream.listed import listed
from aimux.upstream.models import _is_whole, _listed

OPENROUTER = {
    "id": "a/m",
    "context_length": 200000,
    "top_provider": {"max_completion_tokens": 64000},
    "pricing": {
        "prompt": "0.000003", "completion": "0.000015", "input_cache_read": "0.0000003",
        "input_cache_write": "0.00000375", "image": "0.0048", "request": "0",
    },
}  # fmt: skip
SYNTHETIC = {
    "id": "hf:x/y",
    "context_length": 196608,
    "max_output_length": 65536,
    "pricing": {
        "prompt": "$0.00000055", "completion": "$0.00000219", "input_cache_reads": "0",
        "input_cache_writes": "0",
    },
}  # fmt: skip


@pytest.mark.parametrize(
    ("entry", "found"),
    [
        (OPENROUTER, Listed(200_000, 64_000, PriceFacts(3, 15, 0.3, 3.75))),
        (SYNTHETIC, Listed(196_608, 65_536, PriceFacts(0.55, 2.19))),  # no price of its cache
        (
            {"pricing": dict.fromkeys(("prompt", "completion", "input_cache_read"), "0")},
            Listed(price=PriceFacts(0, 0, 0)),
        ),
        ({"pricing": {"prompt": "-1", "completion": "-1"}}, None),  # it depends
        ({"pricing": {"prompt": "free", "completion": None}}, None),
        ({"pricing": {"prompt": True, "completion": 2}}, None),  # two dollars a token are none
        ({"pricing": {"prompt": "nan", "completion": "inf"}}, None),
        ({"pricing": {"prompt": 0.000001}}, Listed(price=PriceFacts(1))),
        ({"pricing": [], "top_provider": 7, "context_length": "1"}, None),
        ({"context_length": True}, None),
        ({}, None),
    ],
)
def test_an_entry(entry: dict[str, Any], found: Listed | None) -> None:
    """Dollars a token become dollars per million; what is no number is unknown."""
    assert listed(entry) == found


@pytest.mark.parametrize(
    ("value", "names"),
    [
        (
            {"data": [OPENROUTER, SYNTHETIC, 7, {"id": "x"}, {"context_length": 5}]},
            ["a/m", "hf:x/y"],
        ),
        ({"data": 7}, []),
        ([OPENROUTER], []),
    ],
)
def test_a_list(value: Any, names: list[str]) -> None:
    """Only those that have a name and say something."""
    assert list(_listed(value)) == names


@pytest.mark.parametrize(
    ("value", "whole"),
    [
        ({"data": []}, True),
        ([], True),
        ({"data": [], "links": {"next": None}}, True),
        ({"data": [], "links": []}, True),
        ({"data": [], "links": {"next": "/more"}}, False),
        ({"data": [], "has_more": True}, False),
        ({"models": [], "nextPageToken": "x"}, False),
    ],
)
def test_whether_there_is_more(value: Any, whole: bool) -> None:
    """Then nothing that is missing is taken to be gone."""
    assert _is_whole(value) is whole
