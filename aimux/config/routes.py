"""What is wrong with the ways of requests: conditions that can never hold, rules that an earlier one
hides, strategies that lack what they decide by.

A rule is only told to be hidden where that is certain: the earlier one has no condition that the later
one does not imply.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple, get_args

from aimux.config.document import Table, array, number, table, tables, text, texts
from aimux.config.faults import Fault, closest
from aimux.config.keypath import KeyPath
from aimux.config.schema import NAME_PATTERN, Client

Priced = Mapping[str, frozenset[str]]
"""By preset: the models whose price the catalogue knows."""

AGENTS: Final[tuple[str, ...]] = get_args(Client)
_NEEDS_TWO: Final = {
    "cheapest": "with one target there is nothing to compare",
    "adaptive": "with one target there is nothing to learn",
}
_HEADER_NAME: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_MIDNIGHT: Final = "00:00"


def route_faults(data: Table, priced: Priced) -> Iterator[Fault]:
    """Everything about rules, public models and the default that cannot work."""
    seen: dict[str, int] = {}
    for index, route in array(data, "routes"):
        name = text(route, "name")
        if name in seen:
            yield Fault(("routes", index, "name"), f"an earlier route is named {name!r} as well")
        elif name is not None:
            seen[name] = index
        yield from _match(("routes", index, "match"), table(route, "match"))
    yield from _match(("replay", "match"), table(table(data, "replay"), "match"))
    yield from _hidden(data)
    for way in _ways(data):
        yield from _strategy(way, data, priced)


def route_warnings(data: Table) -> Iterator[Fault]:
    """What can work and hardly does what was meant."""
    matches: list[tuple[KeyPath, Table]] = [
        (("routes", index, "match"), table(route, "match"))
        for index, route in array(data, "routes")
    ]
    matches.append((("replay", "match"), table(table(data, "replay"), "match")))
    for where, match in matches:
        for path, client in _clients((*where, "client"), match):
            if not re.search(NAME_PATTERN, client):
                yield Fault(
                    path,
                    f"{client!r} is no agent and can be no token's name",
                    allowed=f"{', '.join(AGENTS)}, or a token's name",
                    suggestion=closest(client.replace(" ", "-"), AGENTS),
                )
    for way in _ways(data):
        if len(way.targets) != 1:
            continue
        strategy = text(way.table, "strategy")
        if strategy in _NEEDS_TWO:
            message = f"{strategy!r} decides nothing here: {_NEEDS_TWO[strategy]}"
            yield Fault((*way.path, "strategy"), message)
        for index, cause in texts(way.table, "failover_on"):
            if cause == "context-overflow":
                message = f"{cause!r} does nothing here: there is no other target to ask"
                yield Fault((*way.path, "failover_on", index), message)


# ---------------------------------------------------------------- conditions


def _match(path: KeyPath, match: Table) -> Iterator[Fault]:
    """Conditions that exclude each other, or everything."""
    low, high = number(match, "min_input_tokens"), number(match, "max_input_tokens")
    if low is not None and high is not None and low > high:
        message = f"{low} is more than max_input_tokens = {high}: nothing can match"
        yield Fault((*path, "min_input_tokens"), message)
    for name in ("model", "client", "tools"):
        if match.get(name) == []:
            yield Fault((*path, name), "is an empty list: nothing can match")
    begin, _, end = (text(match, "time") or "").rpartition(" ")[2].partition("-")
    if begin and begin == end != _MIDNIGHT:
        message = f"begins and ends at {begin}: nothing can match; a whole day is 00:00-00:00"
        yield Fault((*path, "time"), message)
    for name in table(match, "header"):
        if not _HEADER_NAME.fullmatch(name):
            message = f"{name!r} is no name of a header: nothing can match"
            yield Fault((*path, "header", name), message, at="key")


def _clients(path: KeyPath, match: Table) -> Iterator[tuple[KeyPath, str]]:
    """Names of clients, which stand alone or in a list."""
    if (one := text(match, "client")) is not None:
        yield path, one
    for index, each in texts(match, "client"):
        yield (*path, index), each


def _hidden(data: Table) -> Iterator[Fault]:
    """Rules whose every request an earlier one takes."""
    earlier: list[tuple[str, dict[str, Any]]] = []
    names: set[str] = set()
    for index, route in array(data, "routes"):
        name, match = text(route, "name"), route.get("match", {})
        if name is None or name in names or not isinstance(match, dict):
            continue  # told as that
        names.add(name)
        conditions = _conditions(match)
        hiding = next((other for other, theirs in earlier if _implies(conditions, theirs)), None)
        if hiding is None:
            earlier.append((name, conditions))
            continue
        message = f"can never be reached: the route {hiding!r} before it takes all such requests"
        yield Fault(("routes", index, "match" if match else "name"), message)


def _conditions(match: Table) -> dict[str, Any]:
    """The conditions by name, each header its own; what any request meets is none."""
    headers = table(match, "header")
    flat = {name: value for name, value in match.items() if name != "header" or not headers}
    if "*" in _several(flat.get("model")):
        del flat["model"]
    if number(flat, "min_input_tokens") == 0:
        del flat["min_input_tokens"]
    return flat | {f"header.{name.lower()}": value for name, value in headers.items()}


def _implies(later: dict[str, Any], earlier: dict[str, Any]) -> bool:
    """Whether a request that meets ``later`` meets ``earlier``, as far as that is certain."""
    return all(
        name in later and _is_within(name, later[name], value) for name, value in earlier.items()
    )


def _is_within(name: str, later: Any, earlier: Any) -> bool:
    """Whether a condition can only hold where another of the same name does."""
    if later == earlier and type(later) is type(earlier):
        return True
    match name:
        case "model" | "client":
            theirs, ours = _several(later), _several(earlier)
            return bool(theirs) and theirs <= ours
        case "tools":
            needed = _several(later)
            return bool(needed) and (
                earlier is True or (bool(ours := _several(earlier)) and ours <= needed)
            )
        case "thinking":
            return earlier == "on" and isinstance(later, str) and later != "off"
        case "min_input_tokens":
            return _are_numbers(later, earlier) and later >= earlier
        case "max_input_tokens" | "max_output_tokens":
            return _are_numbers(later, earlier) and later <= earlier
        case _:
            return False


def _several(value: Any) -> frozenset[str]:
    """One text or a list of texts as a set; an empty one for anything else."""
    listed = [value] if isinstance(value, str) else value
    if isinstance(listed, list) and all(isinstance(each, str) for each in listed):
        return frozenset(listed)
    return frozenset()


def _are_numbers(*values: Any) -> bool:
    return all(isinstance(each, int) and not isinstance(each, bool) for each in values)


# ---------------------------------------------------------------- strategies


class _Way(NamedTuple):
    """Something with targets and a strategy; ``targets`` are ``provider/model``, each once, with public
    models replaced by theirs.
    """

    path: KeyPath
    table: Table
    targets: tuple[tuple[str, str], ...]


def _ways(data: Table) -> Iterator[_Way]:
    for name, model in tables(data, "models"):
        yield _Way(
            ("models", name), model, _flat(data, [each for _, each in texts(model, "targets")])
        )
    for index, route in array(data, "routes"):
        targets = [each for _, each in texts(route, "targets")]
        yield _Way(("routes", index), route, _flat(data, targets))
    routing = table(data, "routing")
    default = [each for _, each in texts(routing, "default")]
    everybody = [f"{name}/*" for name in table(data, "providers")]
    yield _Way(("routing",), routing, _flat(data, default or everybody))


def _flat(data: Table, names: list[str]) -> tuple[tuple[str, str], ...]:
    """Where names lead.  Those that lead nowhere and circles are told elsewhere."""
    models, providers = table(data, "models"), table(data, "providers")
    flat: dict[tuple[str, str], None] = {}
    seen: set[str] = set()
    waiting = names[::-1]
    while waiting:
        name = waiting.pop()
        if name in models:
            if name not in seen:
                seen.add(name)
                further = models[name] if isinstance(models[name], dict) else {}
                waiting += [each for _, each in texts(further, "targets")][::-1]
            continue
        provider, _, model = name.partition("/")
        if provider in providers:
            flat[provider, model] = None
    return tuple(flat)


def _strategy(way: _Way, data: Table, priced: Priced) -> Iterator[Fault]:
    """What a way decides by must be there."""
    path = (*way.path, "strategy")
    if isinstance(way.table.get("hedge"), dict) and len(way.targets) == 1:
        message = "needs a second target: there is nobody else to ask"
        yield Fault((*way.path, "hedge"), message, at="key")
    if not way.targets:
        return
    providers = table(data, "providers")
    match text(way.table, "strategy"):
        case "weighted":
            weights = [table(providers, name).get("weight", 1) for name, _ in way.targets]
            if all(weight == 0 for weight in weights):
                yield Fault(path, "'weighted' has nobody to choose: all weights are 0")
        case "cheapest":
            if not any(
                _may_be_priced(table(providers, name), model, priced) for name, model in way.targets
            ):
                yield Fault(
                    path,
                    "'cheapest' knows no price of any target; give one:"
                    " providers.NAME.models.MODEL.price",
                )
        case _:
            pass


def _may_be_priced(provider: Table, model: str, priced: Priced) -> bool:
    """Whether the price of a target is known; of ``*``, whether that of any of the provider's is."""
    known = set(priced.get(text(provider, "preset") or "", ()))
    for name, facts in tables(provider, "models"):
        if not {"input", "output"}.isdisjoint(table(facts, "price")):
            known.add(name)
    return bool(known) if model == "*" else model in known
