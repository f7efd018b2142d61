"""Reads the proxy's ``config.yaml`` of litellm (docs.litellm.ai, proxy/configs, read 2026-12).

Each entry of ``model_list`` is one model at one address under a public name; several of one name share
its requests.  So each vendor and address becomes a provider, each public name a public model.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from aimux.cli.imports.found import (
    Account,
    Found,
    Unreadable,
    key_of,
    rows,
    table,
    text,
    texts,
    whole,
)
from aimux.cli.imports.vendors import name_for, needs_key, settings_for
from aimux.cli.imports.yamlfile import read_yaml
from aimux.model.request import WireFormat

_PRESETS: Final[Mapping[str, str]] = {
    "anthropic": "anthropic",
    "cerebras": "cerebras",
    "deepseek": "deepseek",
    "gemini": "gemini",
    "groq": "groq",
    "hosted_vllm": "vllm",
    "lm_studio": "lmstudio",
    "minimax": "minimax",
    "mistral": "mistral",
    "moonshot": "moonshot",
    "ollama": "ollama",
    "ollama_chat": "ollama",
    "openai": "openai",
    "openrouter": "openrouter",
    "xai": "xai",
    "zai": "zai",
}
"""litellm's vendors by the presets of the catalogue."""

_FORMATS: Final[Mapping[str, WireFormat]] = {
    "anthropic": WireFormat.ANTHROPIC,
    "gemini": WireFormat.GEMINI,
}
"""What is spoken at an address of one's own; everywhere else it is Chat Completions."""

_COMPATIBLE: Final = frozenset({"openai_like", "custom_openai", "litellm_proxy"})

_STRATEGIES: Final[Mapping[str, str]] = {
    "simple-shuffle": "weighted",
    "least-busy": "least-busy",
    "latency-based-routing": "fastest",
    "cost-based-routing": "cheapest",
    "usage-based-routing": "round-robin",
    "usage-based-routing-v2": "round-robin",
}
_PRICES: Final[Mapping[str, str]] = {
    "input_cost_per_token": "input",
    "output_cost_per_token": "output",
    "cache_read_input_token_cost": "cache_read",
    "cache_creation_input_token_cost": "cache_write",
}
_TAKEN: Final = frozenset(
    {"model", "api_base", "base_url", "api_key", "rpm", "tpm", "custom_llm_provider", *_PRICES}
)
_ROUTER_TAKEN: Final = frozenset(
    {"routing_strategy", "fallbacks", "context_window_fallbacks", "model_group_alias"}
)


def read(path: Path) -> Found:
    """What is in the file.

    Raises:
        Unreadable: it is no configuration of litellm's proxy.
    """
    config = read_yaml(path)
    entries = rows(config.get("model_list"))
    if not entries:
        raise Unreadable(
            f"{str(path)!r} has no model_list of litellm", hint="it is what litellm --config takes"
        )
    found = Found(f"litellm {path.name}")
    for number, entry in enumerate(entries):
        _entry(f"model_list[{number}]", entry, found)
    router = {**table(config.get("litellm_settings")), **table(config.get("router_settings"))}
    _strategies(text(router.get("routing_strategy")), found)
    _fallbacks(router, found)
    _aliases(table(router.get("model_group_alias")), found)
    _rest(config, found)
    return found


# ---------------------------------------------------------------- one deployment


def _entry(place: str, entry: Mapping[str, Any], found: Found) -> None:
    parameters = table(entry.get("litellm_params"))
    public, model = text(entry.get("model_name")), text(parameters.get("model"))
    vendor, _, name = model.partition("/")
    if not name:
        vendor, name = text(parameters.get("custom_llm_provider")) or "openai", model
    settings = _settings(vendor, parameters)
    if not name or not public or settings is None:
        found.left(place, f"the vendor of {model!r} is not one that aimux can ask")
        return
    account = _account(vendor, settings, found)
    key = key_of(parameters.get("api_key"), f"{place}.api_key", found)
    if key is not None and key not in account.keys:
        account.keys.append(key)
    _facts(place, name, entry, account, found)
    for limit in sorted(set(parameters) - _TAKEN):
        found.left(f"{place}.litellm_params.{limit}", "has no counterpart for a single model")
    _public(public, account, name, found)


def _settings(vendor: str, parameters: Mapping[str, Any]) -> dict[str, Any] | None:
    address = text(parameters.get("api_base")) or text(parameters.get("base_url"))
    if address.startswith("os.environ/"):
        return None
    preset = _PRESETS.get(vendor)
    if preset is None and vendor not in _COMPATIBLE:
        return None
    if not address:
        return {"preset": preset} if preset else None
    if preset == "ollama" and not address.rstrip("/").endswith("/v1"):
        address = address.rstrip("/") + "/v1"  # litellm speaks Ollama's own API there
    return settings_for(address, _FORMATS.get(vendor))


def _account(vendor: str, settings: dict[str, Any], found: Found) -> Account:
    """The provider of that vendor and address: the one that is there already, or another."""
    for each in found.accounts:
        if all(each.settings.get(name) == value for name, value in settings.items()):
            return each
    account = Account(found.free_name(name_for(settings)), settings, needs_key=needs_key(settings))
    account.comments.append(f"models of {vendor}/...")
    found.accounts.append(account)
    return account


def _facts(
    place: str, model: str, entry: Mapping[str, Any], account: Account, found: Found
) -> None:
    """Window, limit and prices of a model, and the account's own limits."""
    parameters, info = table(entry.get("litellm_params")), table(entry.get("model_info"))
    told: dict[str, Any] = {
        "context": whole(info.get("max_input_tokens")),
        "max_output": whole(info.get("max_output_tokens")),
    }
    prices = {
        ours: round(float(value) * 1_000_000, 6)
        for theirs, ours in _PRICES.items()
        if isinstance(value := info.get(theirs, parameters.get(theirs)), int | float)
    }
    told["price"] = prices or None
    if (known := {name: value for name, value in told.items() if value}) and "*" not in model:
        account.models[model] = known
    for theirs, ours in (("rpm", "requests_per_minute"), ("tpm", "tokens_per_minute")):
        if limit := whole(parameters.get(theirs)):
            limits = account.settings.setdefault("limits", {})
            if limits.setdefault(ours, limit) != limit:
                found.left(f"{place}.{theirs}", f"{account.name} has one limit for all its models")


def _public(public: str, account: Account, model: str, found: Found) -> None:
    """A public name, or the default where any name is meant."""
    target = f"{account.name}/{model}"
    if "*" in public or "*" in model:
        default = found.routing.setdefault("default", [])
        if (wild := f"{account.name}/*") not in default:
            default.append(wild)
        return
    entry = found.models.setdefault(public, {"targets": []})
    if target not in entry["targets"]:
        entry["targets"].append(target)


# ---------------------------------------------------------------- the router


def _strategies(told: str, found: Found) -> None:
    """How several of one name share its requests; alone there is nothing to share."""
    strategy = _STRATEGIES.get(told or "simple-shuffle")
    if strategy is None:
        found.left("router_settings.routing_strategy", f"{told!r} is not known")
        return
    for entry in found.models.values():
        if len(entry["targets"]) > 1:
            entry["strategy"] = strategy


def _fallbacks(router: Mapping[str, Any], found: Found) -> None:
    for setting in ("fallbacks", "context_window_fallbacks"):
        for row in rows(router.get(setting)):
            for name, others in row.items():
                _fallback(setting, str(name), texts(others), found)


def _fallback(setting: str, name: str, others: list[str], found: Found) -> None:
    entry = found.models.get(name)
    known = [each for each in others if each in found.models and not _leads(each, name, found)]
    if entry is None or not known:
        found.left(setting, f"{name!r} or all that stand behind it are no models of the file")
        return
    entry["targets"] += [each for each in known if each not in entry["targets"]]
    entry.pop("strategy", None)
    if setting == "context_window_fallbacks":
        entry["failover_on"] = ["context-overflow"]


def _leads(begin: str, end: str, found: Found) -> bool:
    """Whether a public model leads to another, which may then not lead back."""
    targets = found.models.get(begin, {}).get("targets", ())
    return begin == end or any(
        each in found.models and _leads(each, end, found) for each in targets
    )


def _aliases(aliases: Mapping[str, Any], found: Found) -> None:
    for alias, meant in aliases.items():
        name = text(meant) or text(table(meant).get("model"))
        if name in found.models:
            found.models.setdefault(str(alias), {"targets": [name]})
        else:
            found.left("router_settings.model_group_alias", f"{str(alias)!r} leads nowhere")


def _rest(config: Mapping[str, Any], found: Found) -> None:
    """What is about the proxy itself, by name."""
    for section, taken in (
        ("router_settings", _ROUTER_TAKEN),
        ("litellm_settings", _ROUTER_TAKEN),
        ("general_settings", frozenset()),
    ):
        for name in table(config.get(section)):
            if name not in taken:
                found.left(f"{section}.{name}", _why(str(name)))
    if config.get("environment_variables"):
        found.left("environment_variables", "set them where aimux is started, or aimux keys set")


def _why(name: str) -> str:
    if name == "master_key":
        return "clients get tokens of aimux: aimux env, aimux tokens create"
    return "has no counterpart, or its own default does it"
