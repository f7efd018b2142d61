"""Rules that no single key can break: what belongs together, what excludes each other.

They look at the data, not at the validated configuration, and pass over whatever the schema refuses:
so a file with faults of both kinds is told all of them at once.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from aimux.config import conditions, keyref
from aimux.config.addresses import (
    base_url_faults,
    base_url_warnings,
    header_faults,
    is_host,
    is_loopback,
    proxy_faults,
)
from aimux.config.document import Table, array, table, tables, text, texts
from aimux.config.faults import Fault, closest
from aimux.config.keypath import KeyPath
from aimux.config.routes import Priced, route_faults, route_warnings
from aimux.config.schema import NAME_PATTERN
from aimux.config.targets import target_faults
from aimux.model.request import WireFormat

Presets = Mapping[str, tuple[WireFormat, ...]]
"""Names of the catalogue's presets and the formats each speaks, the main one first."""

_VARIABLE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def load_presets() -> Presets:
    """The catalogue's presets, as the rules need them."""
    from aimux.catalogue.load import load_catalogue  # the sibling floor, which imports this one

    return {name: tuple(preset.endpoints) for name, preset in load_catalogue().items()}


def load_priced() -> Priced:
    """The models whose price the catalogue knows, as the rules need them."""
    from aimux.catalogue.load import load_catalogue  # the sibling floor, which imports this one

    return {
        name: frozenset(
            model
            for model, facts in preset.models.items()
            if facts.price.input is not None or facts.price.output is not None
        )
        for name, preset in load_catalogue().items()
    }


def find_faults(data: Table, presets: Presets, priced: Priced) -> list[Fault]:
    """Every broken rule."""
    return [
        *_version(data),
        *_server(data),
        *_providers(data, presets),
        *target_faults(data, frozenset(presets)),
        *route_faults(data, priced),
        *_budgets(data),
        *_alerts(data),
    ]


def find_warnings(data: Table, presets: Presets) -> list[Fault]:
    """What is permitted and doubtful, in a configuration without faults."""
    found: list[Fault] = []
    if table(data, "server").get("auth") == "none":
        found.append(Fault(("server", "auth"), "every program on this machine can use your keys"))
    for name, provider in tables(data, "providers"):
        for path, url, wire_format in _addresses(name, provider, presets):
            found.extend(base_url_warnings(path, url, wire_format))
    found.extend(route_warnings(data))
    return found


def _version(data: Table) -> Iterator[Fault]:
    if isinstance(data.get("version"), bool | float):  # equal to 1 for Python and for pydantic
        yield Fault(("version",), "must be 1")


def _server(data: Table) -> Iterator[Fault]:
    server = table(data, "server")
    host = text(server, "host")
    if host is not None and not is_host(host):
        bare = host.strip("[]") if is_host(host.strip("[]")) else None
        message = f"{host!r} is no host: an IP address or a name, without port"
        yield Fault(("server", "host"), message, suggestion=bare)
    elif host is not None and not is_loopback(host):
        if server.get("auth") == "none":
            message = f'only a loopback host may go without tokens; {host!r} needs auth = "token"'
            yield Fault(("server", "auth"), message)
        if server.get("allow_remote") is not True:
            message = f"{host!r} can be reached from other machines; it needs allow_remote = true"
            yield Fault(("server", "host"), message)
    for index, name in texts(server, "allowed_hosts"):
        if not is_host(name.strip("[]")):
            message = f"{name!r} is no host name: no scheme, port, path or wildcard"
            yield Fault(("server", "allowed_hosts", index), message)


def _providers(data: Table, presets: Presets) -> Iterator[Fault]:
    for name, provider in tables(data, "providers"):
        path = ("providers", name)
        yield from _origin(path, provider, presets)
        for url_path, url, wire_format in _addresses(name, provider, presets):
            yield from base_url_faults(url_path, url, wire_format)
        if proxy := _url(provider, "proxy"):
            yield from proxy_faults((*path, "proxy"), proxy)
        for header, value in table(provider, "headers").items():
            yield from header_faults((*path, "headers", header), header, value, name)
        for index, reference in texts(provider, "keys"):
            if fault := _key_fault((*path, "keys", index), reference):
                yield fault


def _origin(path: KeyPath, provider: Table, presets: Presets) -> Iterator[Fault]:
    """What aimux needs to know to call a provider at all."""
    preset = text(provider, "preset")
    if preset is not None and preset not in presets:
        yield Fault(
            (*path, "preset"),
            f"{preset!r} is not in the catalogue",
            allowed=", ".join(presets),
            suggestion=closest(preset, presets),
        )
    if "preset" in provider:
        yield from _format_of_preset(path, provider, presets.get(preset or "", ()))
    elif "formats" in provider:
        return
    elif "base_url" in provider and "format" not in provider:
        message = "is missing beside base_url: which format is spoken there?"
        yield Fault((*path, "format"), message, at="key", allowed=", ".join(WireFormat))
    elif "base_url" not in provider:
        own = f'; write preset = "{path[1]}"' if path[1] in presets else ""
        yield Fault(path, f"needs a preset, or format and base_url{own}", at="key")


def _format_of_preset(
    path: KeyPath, provider: Table, spoken: tuple[WireFormat, ...]
) -> Iterator[Fault]:
    wire_format = text(provider, "format")
    if "base_url" in provider or not spoken or wire_format not in set(WireFormat) - set(spoken):
        return
    message = f"the preset does not speak {wire_format!r}; give a base_url that does"
    yield Fault((*path, "format"), message, allowed=", ".join(spoken))


def _addresses(
    name: str, provider: Table, presets: Presets
) -> Iterator[tuple[KeyPath, str, WireFormat | None]]:
    """Base URLs of a provider with their paths and formats; None for a format nobody knows."""
    main = _wire_format(text(provider, "format"))
    if "format" not in provider:
        main = next(iter(presets.get(text(provider, "preset") or "", ())), None)
    if url := _url(provider, "base_url"):
        yield ("providers", name, "base_url"), url, main
    formats = table(provider, "formats")
    for each in formats:
        if url := _url(formats, each):
            yield ("providers", name, "formats", each), url, _wire_format(each)


def _wire_format(name: str | None) -> WireFormat | None:
    return WireFormat(name) if name in set(WireFormat) else None


def _url(data: Table, name: str) -> str | None:
    """The address of that name, unless the schema refuses it already."""
    url = text(data, name)
    return url if url and re.search(r"^https?://\S+$", url) else None


def _key_fault(path: KeyPath, reference: str) -> Fault | None:
    """What is wrong with a reference; its text is not repeated, it may be a key."""
    try:
        parsed = keyref.parse_key_reference(reference)
    except ValueError as error:
        is_variable = re.fullmatch(r"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+", reference)
        return Fault(path, str(error), suggestion=f"env:{reference}" if is_variable else None)
    if parsed.scheme == "env" and not _VARIABLE.fullmatch(parsed.name):
        return Fault(path, "behind env: stands the name of a variable, without $ and braces")
    if parsed.scheme in {"keyring", "vault"}:
        return _stored_key_fault(path, parsed)
    return None


def _stored_key_fault(path: KeyPath, reference: keyref.KeyReference) -> Fault | None:
    provider, _, label = reference.name.partition("/")
    if all(re.search(NAME_PATTERN, part) for part in (provider, label)):
        return None
    return Fault(path, f"must have the form {reference.scheme}:provider/label")


def _budgets(data: Table) -> Iterator[Fault]:
    providers = table(data, "providers")
    for name, budget in tables(data, "budgets"):
        path = ("budgets", name)
        kind, _, scoped = (text(budget, "scope") or "").partition(":")
        if kind == "provider" and scoped and scoped not in providers:
            near = closest(scoped, providers)
            message = f"no provider is named {scoped!r}"
            yield Fault((*path, "scope"), message, suggestion=f"provider:{near}" if near else None)
        targets = budget.get("targets", [])
        if budget.get("at_limit") == "degrade" and targets == []:
            yield Fault((*path, "at_limit"), '"degrade" needs targets to go on with')
        elif budget.get("at_limit", "stop") == "stop" and targets:
            yield Fault((*path, "targets"), 'are used with at_limit = "degrade" only', at="key")


def _alerts(data: Table) -> Iterator[Fault]:
    for index, alert in array(data, "alerts"):
        if when := text(alert, "when"):
            yield from _condition(("alerts", index, "when"), when, table(data, "providers"))
        for place, target in texts(alert, "notify"):
            if target in {"log", "desktop"} or re.match(r"webhook:https://[^/\s]+\S*\Z", target):
                continue
            yield Fault(
                ("alerts", index, "notify", place),
                "is no place to send an alert to",
                allowed="log, desktop, webhook:https://...",
                suggestion=closest(target, ("log", "desktop")),
            )


def _condition(path: KeyPath, when: str, providers: Table) -> Iterator[Fault]:
    """What is wrong with the condition of an alert."""
    found = conditions.read_condition(when)
    if found is None:
        message = f'must have the form "error_rate > 0.2 for 5m", not {when!r}'
        yield Fault(path, message, allowed=conditions.FORM)
        return
    metric = conditions.METRICS.get(found.metric)
    if metric is None:
        yield Fault(
            path,
            f"no metric is named {found.metric!r}",
            allowed=", ".join(conditions.METRICS),
            suggestion=closest(found.metric, conditions.METRICS),
        )
    elif found.provider is None:
        return
    elif not metric.by_provider:
        yield Fault(path, f"{found.metric} is not known by provider; leave {{...}} out")
    elif found.provider not in providers:
        near = closest(found.provider, providers)
        yield Fault(path, f"no provider is named {found.provider!r}", suggestion=near)
