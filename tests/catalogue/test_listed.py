"""What vendors list: over the catalogue, under the configuration; a file that is no good is passed over."""

from __future__ import annotations

import json
import logging
from pathlib import Path

import pytest

from aimux.catalogue.listed import (
    MAX_BYTES,
    Listed,
    ListedModels,
    read_overlay,
    write_overlay,
)
from aimux.catalogue.provider import ModelFacts, PriceFacts, PriceTier

URL, DATE = "https://openrouter.ai/api/v1/models", "2026-11-30"
KNOWN = ModelFacts(
    "m", "M", 1000, 100, frozenset({"tools"}), PriceFacts(1, 2, 0.1), "catalogue", "2026-01-01",
    "a note", "2026-01-01", (PriceTier(PriceFacts(3, 4), 500),),
)  # fmt: skip


def test_what_a_vendor_says_now_is_over_the_catalogue() -> None:
    """Field by field; a changed price ends the tiers of the one before."""
    after = Listed(2000, None, PriceFacts(5)).over(KNOWN, URL, DATE)

    assert (after.context, after.max_output, after.capabilities) == (2000, 100, {"tools"})
    assert after.price == PriceFacts(5, 2, 0.1)
    assert after.tiers == ()
    assert (after.source, after.date, after.price_source) == (URL, DATE, DATE)
    assert (after.display_name, after.note) == ("M", "a note")


def test_the_same_price_keeps_its_tiers_and_no_price_keeps_its_source() -> None:
    """The vendor's list says nothing of them."""
    same = Listed(price=PriceFacts(1, 2)).over(KNOWN, URL, DATE)
    silent = Listed(context=7).over(KNOWN, URL, DATE)

    assert same.tiers == silent.tiers == KNOWN.tiers
    assert same.price_source == DATE
    assert silent.price_source == "2026-01-01"
    assert silent.max_output == 100


def test_models_that_only_the_list_has() -> None:
    """They come behind those that are known."""
    models = ListedModels(URL, DATE, {"new": Listed(5), "m": Listed(6)}).over({"m": KNOWN})

    assert list(models) == ["m", "new"]
    assert models["new"] == ModelFacts("new", context=5, source=URL, date=DATE)


def test_it_is_kept_as_it_was(tmp_path: Path) -> None:
    """Written and read."""
    overlay = {
        "a": ListedModels(URL, DATE, {"m": Listed(1, 2, PriceFacts(0, 1.5)), "n": Listed(3)}),
        "b": ListedModels(URL, DATE, {}),
    }
    write_overlay(tmp_path / "models.json", overlay)

    assert read_overlay(tmp_path / "models.json") == overlay
    assert read_overlay(tmp_path / "none.json") == {}


@pytest.mark.parametrize(
    "content",
    [
        "{",
        "7",
        "{}",
        '{"version": 1}',
        '{"version": 1, "providers": []}',
        '{"version": 1, "providers": {"a": {"url": "u", "models": {}}}}',
        '{"version": 1, "providers": {"a": {"url": 7, "date": "d", "models": {}}}}',
        '{"version": 1, "providers": {"a": {"url": "u", "date": "d", "models": {"m": 7}}}}',
        " " * (MAX_BYTES + 1),
    ],
)
def test_a_file_that_is_no_good(
    tmp_path: Path, content: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Said once, and the catalogue holds."""
    path = tmp_path / "models.json"
    path.write_text(content)
    with caplog.at_level(logging.WARNING):
        assert read_overlay(path) == {}
    assert "passed over" in caplog.text


def test_another_version_is_no_fault(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A newer aimux wrote it; the next refresh replaces it."""
    (tmp_path / "models.json").write_text('{"version": 2}')
    assert read_overlay(tmp_path / "models.json") == {}
    assert caplog.text == ""


@pytest.mark.parametrize("value", [-1, True, "7", None, 10**9, 1.5])
def test_numbers_that_are_none(tmp_path: Path, value: object) -> None:
    """Unknown, whoever edited the file."""
    row = {"context": value, "price": {"input": value if value not in (10**9, 1.5) else "x"}}
    whole = {"version": 1, "providers": {"a": {"url": "u", "date": "d", "models": {"m": row}}}}
    (tmp_path / "models.json").write_text(json.dumps(whole))

    assert read_overlay(tmp_path / "models.json")["a"].models["m"] == Listed()
