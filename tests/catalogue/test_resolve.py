"""A provider is the configuration's words with the preset's behind them."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from aimux.catalogue.load import load_catalogue
from aimux.catalogue.provider import ModelFacts, PriceFacts, Provider, TimeLimits
from aimux.catalogue.resolve import endpoint_host, resolve_provider, resolve_providers
from aimux.config.keyref import KeyReference
from aimux.config.schema import Config, ProviderSettings
from aimux.model.request import WireFormat


def resolved(name: str = "mine", **settings: Any) -> Provider:
    return resolve_provider(name, ProviderSettings.model_validate(settings))


def addresses(provider: Provider) -> dict[str, str]:
    return {str(each.format): each.base_url for each in provider.endpoints.values()}


def test_a_preset_fills_in_everything() -> None:
    """``preset = "zai"`` alone is a whole provider."""
    provider = resolved("work", preset="zai")
    preset = load_catalogue()["zai"]

    assert addresses(provider) == {str(key): url for key, url in preset.endpoints.items()}
    assert list(provider.endpoints) == [WireFormat.ANTHROPIC, WireFormat.OPENAI_CHAT]
    assert {each.host for each in provider.endpoints.values()} == {"api.z.ai:443"}
    assert {each.auth for each in provider.endpoints.values()} == {"bearer"}
    assert provider.keys == (KeyReference("keyring", "work/default"),)
    assert provider.quirks == preset.quirks
    assert provider.models == preset.models
    assert provider.models_url == preset.models_url
    assert provider.timeouts == TimeLimits()
    assert provider.enabled


def test_a_provider_keeps_what_its_settings_say() -> None:
    """Settings without a meaning to the catalogue arrive as they are, durations in seconds."""
    provider = resolved(
        preset="openai",
        enabled=False,
        headers={"openai-project": "p1"},
        proxy="http://127.0.0.1:3128",
        ca_file="/etc/ca.pem",
        weight=7,
        max_concurrent=2,
        quirks=[],
        timeouts={"connect": "2s", "first_event": "3m", "idle": "90s", "total": "1h"},
    )

    assert not provider.enabled
    assert provider.headers == {"openai-project": "p1"}
    assert (provider.proxy, provider.ca_file) == ("http://127.0.0.1:3128", "/etc/ca.pem")
    assert (provider.weight, provider.max_concurrent, provider.quirks) == (7, 2, ())
    assert provider.timeouts == TimeLimits(2.0, 180.0, 90.0, 3600.0)


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        (
            {"preset": "zai", "base_url": "https://proxy.example/zai/"},
            {"anthropic": "https://proxy.example/zai"},
        ),
        (
            {"preset": "zai", "format": "openai-chat", "base_url": "https://proxy.example/v1"},
            {"openai-chat": "https://proxy.example/v1"},
        ),
        (
            {"preset": "zai", "formats": {"openai-chat": "https://open.bigmodel.cn/api/paas/v4"}},
            {"openai-chat": "https://open.bigmodel.cn/api/paas/v4"},
        ),
        (
            {
                "preset": "zai",
                "base_url": "https://a.example/anthropic",
                "formats": {
                    "openai-chat": "https://a.example/v1",
                    "anthropic": "https://ignored.example",
                },
            },
            {"anthropic": "https://a.example/anthropic", "openai-chat": "https://a.example/v1"},
        ),
        (
            {"preset": "zai", "format": "openai-chat"},
            {
                "openai-chat": "https://api.z.ai/api/paas/v4",
                "anthropic": "https://api.z.ai/api/anthropic",
            },
        ),
        (
            {"format": "gemini", "base_url": "https://g.example"},
            {"gemini": "https://g.example"},
        ),
        (
            {"formats": {"openai-responses": "https://r.example/v1"}},
            {"openai-responses": "https://r.example/v1"},
        ),
    ],
)
def test_addresses_are_all_the_configurations_or_all_the_presets(
    settings: dict[str, Any], expected: dict[str, str]
) -> None:
    """One own address drops the vendor's, so that a key goes to no host the user did not mean."""
    provider = resolved(**settings)

    assert addresses(provider) == expected
    assert list(addresses(provider)) == list(expected)


@pytest.mark.parametrize(
    ("settings", "auths"),
    [
        ({"format": "anthropic", "base_url": "https://x.example"}, ["x-api-key"]),
        ({"format": "openai-chat", "base_url": "https://x.example/v1"}, ["bearer"]),
        ({"format": "openai-responses", "base_url": "https://x.example/v1"}, ["bearer"]),
        ({"format": "gemini", "base_url": "https://x.example"}, ["x-goog-api-key"]),
        ({"format": "anthropic", "base_url": "http://localhost:1", "keys": []}, ["none"]),
        ({"preset": "anthropic", "keys": []}, ["none"]),
        ({"preset": "ollama"}, ["none", "none"]),
        ({"preset": "ollama", "keys": ["env:OLLAMA_API_KEY"]}, ["bearer", "bearer"]),
        ({"preset": "deepseek"}, ["x-api-key", "bearer"]),
        ({"preset": "zai", "base_url": "https://x.example"}, ["bearer"]),
        ({"preset": "cerebras", "formats": {"gemini": "https://x.example"}}, ["x-goog-api-key"]),
        ({"preset": "demo"}, ["bearer"] * 4),
    ],
)
def test_a_key_is_sent_as_the_vendor_takes_it_or_as_the_format_has_it(
    settings: dict[str, Any], auths: list[str]
) -> None:
    """Without a key nothing is sent; the demo provider's key is made when the daemon starts."""
    assert [each.auth for each in resolved(**settings).endpoints.values()] == auths


@pytest.mark.parametrize(
    ("settings", "keys"),
    [
        ({"preset": "groq"}, ["keyring:mine/default"]),
        ({"preset": "groq", "keys": ["env:A", "file:~/k"]}, ["env:A", "file:~/k"]),
        ({"preset": "groq", "keys": ["keyring:shared"]}, ["keyring:shared/default"]),
        ({"preset": "lmstudio"}, []),
        ({"preset": "demo"}, []),
        ({"format": "anthropic", "base_url": "https://x.example"}, ["keyring:mine/default"]),
    ],
)
def test_keys_are_those_that_are_named_or_the_usual_one(
    settings: dict[str, Any], keys: list[str]
) -> None:
    """Who says nothing has a key in the keyring under the provider's name, if one is needed."""
    assert [str(each) for each in resolved(**settings).keys] == keys


@pytest.mark.parametrize(
    ("settings", "url"),
    [
        ({"preset": "deepseek"}, "https://api.deepseek.com/v1/models"),
        ({"preset": "demo"}, None),
        (
            {"preset": "deepseek", "base_url": "https://x.example/a"},
            "https://x.example/a/v1/models?limit=1000",
        ),
        (
            {"format": "openai-chat", "base_url": "https://x.example/v1/"},
            "https://x.example/v1/models",
        ),
        (
            {"format": "gemini", "base_url": "https://x.example"},
            "https://x.example/v1beta/models?pageSize=1000",
        ),
    ],
)
def test_the_models_list_is_asked_where_the_provider_is(
    settings: dict[str, Any], url: str | None
) -> None:
    """With an address of one's own the vendor's list is out of reach of the key."""
    assert resolved(**settings).models_url == url


def test_facts_of_a_model_are_merged_field_by_field() -> None:
    """What the file says holds; what it leaves out comes from the catalogue."""
    provider = resolved(
        preset="anthropic",
        models={
            "claude-opus-5-5": {"context": 500_000, "price": {"output": 15}},
            "private": {"capabilities": ["tools"], "max_output": 10},
        },
    )

    known = provider.model("claude-opus-5-5")
    assert (known.context, known.max_output) == (500_000, 128_000)
    assert known.price == PriceFacts(input=4, output=15, cache_read=0.2, cache_write=5)
    assert known.capabilities is not None
    assert "images" in known.capabilities
    assert (known.source, known.date) == ("config.toml", "")
    assert provider.model("private") == ModelFacts(
        "private", max_output=10, capabilities=frozenset({"tools"}), source="config.toml"
    )
    assert provider.model("claude-haiku-5-5").source != "config.toml"


def test_a_price_of_nothing_overrides_the_catalogues() -> None:
    """0 is a price; it is not taken for silence."""
    provider = resolved(
        preset="anthropic", models={"claude-opus-5-5": {"price": {"input": 0}, "capabilities": []}}
    )

    facts = provider.model("claude-opus-5-5")
    assert facts.price.input == 0
    assert facts.capabilities == frozenset()


def test_the_catalogue_is_not_changed_by_a_configuration() -> None:
    """Facts of one provider do not leak into another one of the same preset."""
    resolved(preset="xai", models={"grok-4.7": {"context": 1}, "mine": {}})

    assert load_catalogue()["xai"].models["grok-4.7"].context == 500_000
    assert "mine" not in resolved(preset="xai").models


def test_a_model_nobody_described_is_all_unknown() -> None:
    """Unknown capabilities are ``None``, which means every one; unknown prices are not 0."""
    assert resolved(preset="openai").model("gpt-99") == ModelFacts("gpt-99")


@pytest.mark.parametrize(
    ("preset", "name", "row"),
    [
        ("anthropic", "claude-haiku-4-5-20251001", "claude-haiku-4-5"),
        ("anthropic", "claude-haiku-4-5@20251001", "claude-haiku-4-5"),
        ("openai", "gpt-6.1-sol-2026-08-12", "gpt-6.1-sol"),
        ("openai", "gpt-6.1-sol-2026-13-12", None),
        ("openai", "gpt-6.1-sol-pro", None),
        ("openai", "gpt-99-2026-08-12", None),
        ("anthropic", "claude-haiku-4-5-20251001-20251001", None),
        ("anthropic", "-20251001", None),
    ],
)
def test_a_model_by_the_day_it_was_made(preset: str, name: str, row: str | None) -> None:
    """It has the facts of the model, under the name that it was asked by."""
    provider = resolved(preset=preset)
    wanted = None if row is None else dataclasses.replace(provider.models[row], name=name)

    assert provider.described(name) == wanted
    assert provider.model(name) == (wanted or ModelFacts(name))


def test_a_row_of_its_own_holds_for_a_dated_model() -> None:
    """What the configuration says of a day's model is not overridden by the model's."""
    own = {"claude-haiku-4-5-20251001": {"context": 1000, "max_output": 100}}

    assert (
        resolved(preset="anthropic", models=own).model("claude-haiku-4-5-20251001").context == 1000
    )


def test_every_provider_of_a_configuration_is_resolved() -> None:
    """Disabled providers are there too, and the order of the file stays."""
    config = Config.model_validate(
        {"providers": {"b": {"preset": "demo", "enabled": False}, "a": {"preset": "ollama"}}}
    )

    providers = resolve_providers(config)

    assert list(providers) == ["b", "a"]
    assert [each.enabled for each in providers.values()] == [False, True]


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://api.anthropic.com", "api.anthropic.com:443"),
        ("http://localhost:11434/v1", "localhost:11434"),
        ("http://localhost", "localhost:80"),
        ("https://API.Example.COM./v1", "api.example.com:443"),
        ("http://[::1]:8000/v1", "[::1]:8000"),
        ("https://[2001:db8::1]/v1", "[2001:db8::1]:443"),
    ],
)
def test_a_host_is_lower_case_and_has_its_port(url: str, host: str) -> None:
    """One host has one spelling, or a key would be refused to its own vendor."""
    assert endpoint_host(url) == host


@pytest.mark.parametrize(
    "url",
    ["", "api.example.com", "ftp://x", "https://", "http://h:99999", "http://h:x", "http://[::1"],
)
def test_what_names_no_host_is_refused(url: str) -> None:
    """A key is never bound to a host that could be read in two ways."""
    with pytest.raises(ValueError):  # noqa: PT011 -- three libraries' texts; all of them are a refusal
        endpoint_host(url)


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({"preset": "nobody"}, "no preset 'nobody'"),
        ({}, "no address"),
        ({"base_url": "https://x.example"}, "no address"),
    ],
)
def test_what_validation_refuses_is_not_resolved(settings: dict[str, Any], text: str) -> None:
    """A provider that reached this far without validation is a bug and says which."""
    with pytest.raises(ValueError, match=text):
        resolved(**settings)
