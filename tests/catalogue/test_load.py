"""The catalogue's rows are complete, dated and consistent."""

from __future__ import annotations

import datetime as dt
import json
import re
import tomllib
from collections.abc import Iterator
from importlib import resources
from typing import Any, get_args
from urllib.parse import urlsplit

import pytest

from aimux.catalogue.load import Preset, load_catalogue, load_quirks
from aimux.catalogue.provider import AuthStyle, ModelFacts
from aimux.catalogue.resolve import endpoint_host
from aimux.config.addresses import base_url_faults, is_loopback
from aimux.config.schema import NAME_PATTERN, Capability
from aimux.keyshapes import looks_like_key
from aimux.model.request import WireFormat

PRESETS = list(load_catalogue().values())
MODELS = [(preset, facts) for preset in PRESETS for facts in preset.models.values()]

PROMISED = (
    "anthropic", "openai", "gemini", "cerebras", "zai", "minimax", "synthetic", "deepseek",
    "moonshot", "openrouter", "groq", "xai", "mistral", "ollama", "lmstudio", "vllm", "demo",
)  # fmt: skip

PRESET_KEYS = {
    "title", "website", "formats", "auth", "auth_of", "key_env", "needs_key", "models", "quirks",
    "quota", "notes", "source", "date",
}  # fmt: skip
MODEL_KEYS = {
    "name",
    "context",
    "max_output",
    "capabilities",
    "price",
    "tiers",
    "note",
    "source",
    "date",
}

every_preset = pytest.mark.parametrize("preset", PRESETS, ids=[each.name for each in PRESETS])
every_model = pytest.mark.parametrize(
    ("preset", "facts"), MODELS, ids=[f"{preset.name}/{facts.name}" for preset, facts in MODELS]
)


def texts() -> Iterator[tuple[str, str]]:
    folder = resources.files("aimux.catalogue")
    for name in ("providers.toml", "models.json"):
        yield name, folder.joinpath(name).read_text(encoding="utf-8")


def rows() -> tuple[dict[str, Any], dict[str, Any]]:
    files = dict(texts())
    return tomllib.loads(files["providers.toml"])["providers"], json.loads(files["models.json"])


def is_day(text: str) -> bool:
    return re.fullmatch(r"\d{4}-\d\d-\d\d", text) is not None and dt.date.fromisoformat(
        text
    ) > dt.date(2026, 1, 1)


@pytest.mark.parametrize("name", PROMISED)
def test_every_promised_vendor_is_there(name: str) -> None:
    """A vendor the product names has a preset."""
    assert load_catalogue()[name].name == name


def test_the_catalogue_is_read_once_and_cannot_be_changed() -> None:
    """Everybody gets the same catalogue, and nobody can write into it."""
    catalogue = load_catalogue()

    assert load_catalogue() is catalogue
    with pytest.raises(TypeError):
        catalogue["mine"] = catalogue["openai"]  # type: ignore[index]  # that is the point


def test_no_row_has_a_key_that_nobody_reads() -> None:
    """A mistyped key in the files would be lost in silence."""
    presets, models = rows()

    assert {key for row in presets.values() for key in row} <= PRESET_KEYS
    assert {key for of in models.values() for row in of.values() for key in row} <= MODEL_KEYS
    assert set(models) <= set(presets)


@pytest.mark.parametrize(("name", "text"), list(texts()))
def test_the_files_hold_no_key(name: str, text: str) -> None:
    """Nothing in the catalogue has the shape of a key."""
    assert not looks_like_key(text), name
    assert text.isascii(), name


@every_preset
def test_a_preset_says_where_and_when_it_was_read(preset: Preset) -> None:
    """Facts without source and date are rumours."""
    assert preset.source
    assert is_day(preset.date)
    assert preset.title
    assert re.search(NAME_PATTERN, preset.name)


@every_preset
def test_a_preset_has_addresses_as_the_vendors_sdk_takes_them(preset: Preset) -> None:
    """Each base URL passes the rules that a user's own must pass, and has no slash at its end."""
    assert preset.endpoints
    for wire_format, url in preset.endpoints.items():
        assert isinstance(wire_format, WireFormat)
        assert not url.endswith("/")
        assert list(base_url_faults(("base_url",), url, wire_format)) == []


@every_preset
def test_a_quota_address_is_one_that_the_key_is_for(preset: Preset) -> None:
    """It would be sent nowhere else; and MiniMax's, where each question may count, is not asked."""
    if preset.quota_url is not None:
        hosts = {endpoint_host(url) for url in preset.endpoints.values()}
        assert endpoint_host(preset.quota_url) in hosts
        assert preset.quota_url.startswith("https://")
    assert (preset.quota_url is not None) == (
        preset.name in {"synthetic", "zai-coding", "openrouter"}
    )


@every_preset
def test_only_local_addresses_are_unencrypted(preset: Preset) -> None:
    """A key never travels in the clear."""
    for url in preset.endpoints.values():
        parts = urlsplit(url)
        local = is_loopback(parts.hostname or "") or parts.hostname == "demo.invalid"
        assert parts.scheme == ("http" if local else "https")


@every_preset
def test_a_presets_addresses_and_models_list_are_at_one_host(preset: Preset) -> None:
    """The key of a vendor has one host to go to, whichever format is spoken."""
    urls = [*preset.endpoints.values(), *filter(None, [preset.models_url])]

    assert len({endpoint_host(url) for url in urls}) == 1


@every_preset
def test_a_preset_knows_its_auth_style(preset: Preset) -> None:
    """Auth styles are known ones, and exceptions are of formats that are spoken."""
    styles = {preset.auth_for(each) for each in preset.endpoints}

    assert styles <= set(get_args(AuthStyle)) - {"none"}
    assert set(preset.auth_of) <= set(preset.endpoints)


@every_preset
def test_a_preset_that_needs_a_key_names_the_vendors_variable(preset: Preset) -> None:
    """Whoever has a key in the environment can be told so; who needs none is asked for none."""
    assert (preset.key_env is not None) == preset.needs_key
    if preset.key_env:
        assert re.fullmatch(r"[A-Z]+_API_KEY", preset.key_env)


@every_preset
def test_a_presets_website_is_https(preset: Preset) -> None:
    """Every vendor has a page; the built-in one has none."""
    assert urlsplit(preset.website).scheme == ("" if preset.name == "demo" else "https")


def test_every_quirk_is_explained_and_used() -> None:
    """A quirk's name means something, and no explanation is left over but of what only a user knows."""
    used = {quirk for preset in PRESETS for quirk in preset.quirks}
    by_hand = {
        name for name, words in load_quirks().items() if words.startswith("to be chosen by hand")
    }

    assert used == set(load_quirks()) - by_hand
    assert by_hand == {
        "repair-leaked-calls", "split-think-tags", "implicit-think-tag", "cumulative",
    }  # fmt: skip
    assert all(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name) for name in load_quirks())


@pytest.mark.parametrize(
    ("preset", "quirks"),
    [
        ("cerebras", {"cap-max-completion-tokens", "unknown-fields-refused", "reasoning-field"}),
        ("zai", {"attribution-stripped", "messages-no-middle-system", "tool-choice-auto-only"}),
        ("minimax", {"reasoning-split", "reasoning-in-think-tags", "no-tool-choice"}),
        ("deepseek", {"reasoning-content-required", "thinking-unforced", "no-json-schema"}),
        ("moonshot", {"temperature-fixed", "thinking-kimi", "schema-moonshot"}),
        ("mistral", {"tool-id-9", "tool-choice-any", "random-seed"}),
    ],
)
def test_some_quirks_as_their_vendors_have_them(preset: str, quirks: set[str]) -> None:
    """What agents stumble over first."""
    assert quirks <= set(load_catalogue()[preset].quirks)


def test_both_addresses_of_a_vendor_have_one_accent() -> None:
    """A plan changes the price, not the server."""
    assert load_catalogue()["zai"].quirks == load_catalogue()["zai-coding"].quirks


@pytest.mark.parametrize(
    ("preset", "main", "url"),
    [
        ("anthropic", "anthropic", "https://api.anthropic.com"),
        ("openai", "openai-responses", "https://api.openai.com/v1"),
        ("gemini", "gemini", "https://generativelanguage.googleapis.com"),
        ("cerebras", "openai-chat", "https://api.cerebras.ai/v1"),
        ("zai", "anthropic", "https://api.z.ai/api/anthropic"),
        ("ollama", "openai-chat", "http://localhost:11434/v1"),
    ],
)
def test_the_main_format_comes_first(preset: str, main: str, url: str) -> None:
    """What a request is translated into, when it must be, is the preset's first format."""
    found = load_catalogue()[preset]

    assert found.main_format == main
    assert found.endpoints[found.main_format] == url


@pytest.mark.parametrize(
    ("preset", "wire_format", "style"),
    [
        ("anthropic", WireFormat.ANTHROPIC, "x-api-key"),
        ("gemini", WireFormat.GEMINI, "x-goog-api-key"),
        ("gemini", WireFormat.OPENAI_CHAT, "bearer"),
        ("deepseek", WireFormat.ANTHROPIC, "x-api-key"),
        ("deepseek", WireFormat.OPENAI_CHAT, "bearer"),
        ("zai", WireFormat.ANTHROPIC, "bearer"),
    ],
)
def test_a_key_goes_as_the_vendor_takes_it(
    preset: str, wire_format: WireFormat, style: AuthStyle
) -> None:
    """The same vendor may take its key differently in different formats."""
    assert load_catalogue()[preset].auth_for(wire_format) == style


@every_model
def test_a_model_says_where_and_when_it_was_read(preset: Preset, facts: ModelFacts) -> None:
    """Facts without source and date are rumours."""
    assert facts.source
    assert is_day(facts.date)
    assert facts.display_name


@every_model
def test_a_models_figures_make_sense(preset: Preset, facts: ModelFacts) -> None:
    """Windows are positive, an answer fits the window, prices are not negative."""
    prices = (
        facts.price.input,
        facts.price.output,
        facts.price.cache_read,
        facts.price.cache_write,
    )

    assert facts.context is None or facts.context >= 8_000
    assert facts.max_output is None or facts.max_output <= (facts.context or facts.max_output)
    assert all(price is None or 0 <= price < 1000 for price in prices)
    assert (facts.price.input is None) == (facts.price.output is None)
    assert (facts.price.cache_read or 0) <= (facts.price.input or 0)


@every_model
def test_a_models_capabilities_are_known_words(preset: Preset, facts: ModelFacts) -> None:
    """A mistyped capability would keep requests away from the model in silence."""
    assert facts.capabilities is None or facts.capabilities <= set(get_args(Capability))


def test_a_free_price_is_said_not_guessed() -> None:
    """Only models whose page says so cost nothing."""
    free = {facts.name for _, facts in MODELS if facts.price.input == 0}

    assert free == {"glm-4.7-flash", "glm-4.5-flash", "demo-thinker", "demo-fast"}


@pytest.mark.parametrize(
    ("provider", "model", "context", "max_output", "prices"),
    [
        ("anthropic", "claude-opus-5-5", 1_000_000, 128_000, (4, 20, 0.2, 5)),
        ("anthropic", "claude-haiku-4-5", 200_000, 64_000, (1, 5, 0.1, 1.25)),
        ("openai", "gpt-6.1-sol", 1_050_000, 128_000, (2, 10, 0.1, 2.5)),
        ("openai", "gpt-5.6-sol", 1_050_000, 128_000, (None, None, None, None)),
        ("gemini", "gemini-2.5-pro", 1_048_576, 65_536, (1.25, 10, 0.125, None)),
        ("cerebras", "gpt-oss-120b", 131_072, 40_960, (0.35, 0.75, None, None)),
        ("zai", "glm-5.3", 1_048_576, 131_072, (1.4, 4.4, 0.26, None)),
        ("zai-coding", "glm-4.7", 204_800, 131_072, (None, None, None, None)),
        ("synthetic", "hf:zai-org/GLM-5.2", 524_288, 65_536, (1.4, 4.4, 0.16, None)),
        ("deepseek", "deepseek-v4-pro", 1_000_000, 384_000, (0.66, 1.98, 0.022, None)),
        ("xai", "grok-4.7", 500_000, None, (2, 6, 0.5, None)),
        ("moonshot", "kimi-k3", 1_048_576, 131_072, (3, 15, 0.3, None)),
    ],
)
def test_some_models_as_their_vendors_describe_them(
    provider: str,
    model: str,
    context: int | None,
    max_output: int | None,
    prices: tuple[float | None, ...],
) -> None:
    """Figures are carried over exactly, and what is unknown stays unknown."""
    facts = load_catalogue()[provider].models[model]
    price = facts.price

    assert (facts.context, facts.max_output) == (context, max_output)
    assert (price.input, price.output, price.cache_read, price.cache_write) == prices


@pytest.mark.parametrize("name", ["openai", "gemini"])
def test_a_long_prompt_costs_by_the_vendors_rule(name: str) -> None:
    """Twice for what goes in, half as much again for what comes out."""
    rows = load_catalogue()[name].models.values()
    tiers = [(facts.price, tier) for facts in rows for tier in facts.tiers if tier.above_input]

    assert tiers
    for usual, tier in tiers:
        dear = tier.price
        assert dear.output == pytest.approx(1.5 * usual.output)
        assert (dear.input, dear.cache_read) == (2 * usual.input, 2 * usual.cache_read)
        assert usual.cache_write is None or dear.cache_write == 2 * usual.cache_write


def test_every_model_of_anthropic_is_priced_with_its_cache() -> None:
    """Agents live on it: a model without a price would look free, a wrong cache price tenfold."""
    for model, facts in load_catalogue()["anthropic"].models.items():
        price = facts.price
        assert facts.context, model
        assert price.input, model
        assert price.cache_read, model
        assert 0.02 <= price.cache_read / price.input <= 0.1, model
        assert price.cache_write == pytest.approx(price.input * 1.25), model


def test_a_model_that_refuses_images_does_not_promise_them() -> None:
    """GLM's text models answer 400 to an image; only its vision models are said to take one."""
    seeing = {
        name for name, facts in load_catalogue()["zai"].models.items()
        if "images" in (facts.capabilities or ())
    }  # fmt: skip

    assert seeing == {"glm-5.3-flash", "glm-5v-turbo", "glm-4.6v"}
