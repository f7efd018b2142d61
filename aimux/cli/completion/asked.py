"""``aimux __complete KIND``: what can be typed here and stands in no command tree.

Asked at each press of a key, so it imports the standard library only, reads files and never asks the
daemon or the network.  One value a line, a tab and a short description behind it where there is one.  On any
trouble it says nothing and ends well: an error text would stand in the middle of what somebody types.
"""

from __future__ import annotations

import json
import sys
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from aimux.config.paths import Paths, find_paths

CATALOGUE: Final = Path(__file__).parents[2] / "catalogue"

MOST: Final = 50
"""Of requests and sessions: the newest."""

BUSY_S: Final = 0.05
"""How long the ledger may be locked by its writer."""

Value = tuple[str, str]
"""What is typed, and what it is."""


def complete(arguments: Sequence[str]) -> int:
    """Prints the values of a kind; always returns 0."""
    try:
        known = Known(find_paths())
        for value, described in KINDS[arguments[0]](known):
            if value.isprintable() and not set(value) & set(" \t\"'\\"):
                text = " ".join(described.split())
                sys.stdout.write(f"{value}\t{text}\n" if text else f"{value}\n")
        sys.stdout.flush()
    except Exception:  # noqa: BLE001, S110 -- whoever types must not be disturbed
        pass
    return 0


@dataclass(frozen=True)
class Known:
    """What can be read of one home, each file at most once."""

    paths: Paths

    @cached_property
    def config(self) -> Mapping[str, Any]:
        """The configuration as it stands, valid or not."""
        try:
            return tomllib.loads(self.paths.config.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}

    @cached_property
    def listed(self) -> Mapping[str, Any]:
        """What vendors have listed of their models."""
        try:
            found: Mapping[str, Any] = json.loads(self.paths.listed.read_bytes())["providers"]
        except (OSError, ValueError, LookupError):
            return {}
        return found

    @property
    def providers(self) -> Mapping[str, Mapping[str, Any]]:
        """The providers of the configuration."""
        return self.section("providers")

    def section(self, name: str) -> Mapping[str, Any]:
        """A table of tables, without what is none."""
        found = self.config.get(name)
        if not isinstance(found, dict):
            return {}
        return {key: each for key, each in found.items() if isinstance(each, dict)}

    def rows(self, statement: str) -> list[Sequence[Any]]:
        """What the ledger answers; it is only read."""
        import sqlite3

        uri = f"{self.paths.ledger.absolute().as_uri()}?mode=ro"
        with closing(sqlite3.connect(uri, uri=True, timeout=BUSY_S)) as ledger:
            return ledger.execute(statement, (MOST,)).fetchall()


# ---------------------------------------------------------------- kinds


def _providers(known: Known) -> Iterator[Value]:
    for name, each in known.providers.items():
        yield name, str(each.get("preset") or each.get("base_url") or "")


def _presets(_: Known) -> Iterator[Value]:
    rows = tomllib.loads((CATALOGUE / "providers.toml").read_text(encoding="utf-8"))["providers"]
    for name, each in rows.items():
        yield name, str(each.get("title", ""))


def _of_provider(known: Known) -> Iterator[tuple[str, str]]:
    """Provider and model: of the catalogue, of the vendors' lists, of the configuration; each once."""
    catalogue = json.loads((CATALOGUE / "models.json").read_bytes())
    for name, each in known.providers.items():
        own = each.get("models")
        listed = known.listed.get(name, {}).get("models", {})
        for model in dict.fromkeys((*catalogue.get(each.get("preset"), ()), *listed, *(own or ()))):
            yield name, model


def _models(known: Known) -> Iterator[Value]:
    for name in known.section("models"):
        yield name, "a public name"
    owners: dict[str, list[str]] = {}
    for provider, model in _of_provider(known):
        owners.setdefault(model, []).append(provider)
    for model, names in owners.items():
        yield model, ", ".join(names)


def _targets(known: Known) -> Iterator[Value]:
    for name in known.section("models"):
        yield name, "a public name"
    for provider, model in _of_provider(known):
        yield f"{provider}/{model}", ""


def _keys(known: Known) -> Iterator[Value]:
    for name, each in known.providers.items():
        references = each.get("keys")
        if references is None:
            references = [f"keyring:{name}/default"]
        for reference in references:
            scheme, _, target = str(reference).partition(":")
            if scheme in {"keyring", "vault"}:
                yield target, scheme


def _requests(known: Known) -> Iterator[Value]:
    statement = "SELECT id, asked_model, provider, status FROM exchanges ORDER BY n DESC LIMIT ?"
    for identity, model, provider, status in known.rows(statement):
        yield identity, f"{model} {provider or 'nobody'} {status}"


def _sessions(known: Known) -> Iterator[Value]:
    statement = (
        "SELECT session, max(client) FROM exchanges WHERE session IS NOT NULL "
        "GROUP BY session ORDER BY max(n) DESC LIMIT ?"
    )
    yield from ((session, client) for session, client in known.rows(statement))


def _routes(known: Known) -> Iterator[Value]:
    for each in known.config.get("routes", ()):
        yield str(each["name"]), ", ".join(map(str, each.get("targets", ())))


def _budgets(known: Known) -> Iterator[Value]:
    for name, each in known.section("budgets").items():
        yield name, f"${each.get('limit_usd', '?')} a {each.get('window', 'day')}"


def _alerts(known: Known) -> Iterator[Value]:
    for number, each in enumerate(known.config.get("alerts", ()), 1):
        yield str(number), str(each.get("when", ""))


def _tokens(known: Known) -> Iterator[Value]:
    for each in json.loads(known.paths.tokens.read_bytes())["tokens"]:
        yield str(each["name"]), "a client token"


def _clients(known: Known) -> Iterator[Value]:
    """Rules and budgets know a client by the name of its token as well."""
    if known.paths.tokens.exists():
        yield from _tokens(known)


def _settings(known: Known) -> Iterator[Value]:
    """Every key that the file has, down to what is no table."""
    yield from _below(known.config, "")


def _below(table: Mapping[str, Any], prefix: str) -> Iterator[Value]:
    for key, value in table.items():
        if not key.replace("-", "").replace("_", "").isalnum():
            continue  # it needs quotes, which each shell takes away in its own manner
        if isinstance(value, dict):
            yield from _below(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", "set in the file"


KINDS: Final[Mapping[str, Callable[[Known], Iterator[Value]]]] = {
    "providers": _providers,
    "presets": _presets,
    "models": _models,
    "targets": _targets,
    "keys": _keys,
    "requests": _requests,
    "sessions": _sessions,
    "routes": _routes,
    "budgets": _budgets,
    "alerts": _alerts,
    "tokens": _tokens,
    "clients": _clients,
    "settings": _settings,
}
