"""The table of ``aimux keys list``: what is known of each key, and never the key."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, TypedDict

from aimux.cli import output

if TYPE_CHECKING:
    from aimux.catalogue.provider import Provider
    from aimux.vault.store import KeyEntry

HEADINGS = ("PROVIDER", "LABEL", "WHERE", "STATE", "HOSTS")


class Row(TypedDict):
    """One key in ``keys list --json``.

    ``provider`` is null for a key in the vault that no provider uses; ``label`` for a key that
    aimux does not keep itself; ``hosts`` when it is bound to none or that cannot be seen.
    """

    provider: str | None
    label: str | None
    where: str
    reference: str
    state: str
    hosts: list[str] | None
    problem: str | None
    hint: str | None


def rows(providers: Mapping[str, Provider], entries: Iterable[KeyEntry]) -> list[Row]:
    """The keys by provider, in the order they are tried; then those that nobody uses."""
    known = {each.reference: each for each in entries}
    used = [(name, each) for name, provider in providers.items() for each in provider.keys]
    unused = known.keys() - {each for _, each in used}
    return [
        *(_row(name, known[each]) for name, each in used),
        *(_row(None, known[each]) for each in sorted(unused, key=str)),
    ]


def print_rows(found: list[Row]) -> None:
    """The table on stdout, and what is wrong with each on stderr."""
    if not found:
        output.words("no provider that needs a key is configured")
        output.hint("see what there is: aimux providers catalog")
        return
    output.table(HEADINGS, [_cells(each) for each in found])
    troubles: dict[tuple[str, str | None], list[str]] = {}
    for each in found:
        if each["problem"]:
            whose = troubles.setdefault((each["problem"], each["hint"]), [])
            whose.append(each["provider"] or each["reference"])
    for (problem, hint), whose in troubles.items():
        output.warning(f"{', '.join(dict.fromkeys(whose))}: {problem}")
        if hint:
            output.hint(hint)


def _row(provider: str | None, entry: KeyEntry) -> Row:
    from aimux.vault.external import shown

    reference = entry.reference
    ours = reference.scheme in {"keyring", "vault"}
    return Row(
        provider=provider,
        label=reference.name.partition("/")[2] if ours else None,
        where=reference.scheme,
        reference=shown(reference),
        state=entry.state,
        hosts=None if entry.hosts is None else sorted(entry.hosts),
        problem=entry.problem.message if entry.problem else None,
        hint=entry.problem.hint if entry.problem else None,
    )


def _cells(row: Row) -> tuple[str, ...]:
    where = row["where"] if row["label"] else row["reference"]
    from aimux.vault.own import BODIES

    name = row["reference"].partition(":")[2]
    used = "its own, for replay" if name == BODIES else "not used"
    provider = row["provider"] or f"({name.partition('/')[0]}: {used})"
    hosts = ", ".join(row["hosts"]) or "none" if row["hosts"] is not None else "any"
    return provider, row["label"] or "-", where, row["state"], _bound(row, hosts)


def _bound(row: Row, hosts: str) -> str:
    """Hosts can only be told of a key that was read."""
    return hosts if row["state"] in {"ready", "unbound", "other host"} else "-"
