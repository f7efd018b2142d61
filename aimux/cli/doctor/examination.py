"""All looks side by side: what waits for a network or a keyring does not hold up the others."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from aimux.cli.doctor import accounts, clients, configuration, daemon, files, machine, records
from aimux.cli.doctor.finding import Finding, failed
from aimux.cli.doctor.patient import Patient

Look = Callable[[Patient], Iterator[Finding]]

LOOKS: Final[tuple[Look, ...]] = (
    machine.look,
    configuration.look,
    daemon.look,
    files.look,
    accounts.look,
    records.look,
    clients.look,
)
"""In the order in which they are told."""


def examined(patient: Patient, looks: Iterable[Look] = LOOKS) -> list[Finding]:
    """What each look has found, in their order."""
    asked = list(looks)
    with ThreadPoolExecutor(len(asked), "aimux-doctor") as pool:
        return [
            each for found in pool.map(lambda look: _found(look, patient), asked) for each in found
        ]


def _found(look: Look, patient: Patient) -> list[Finding]:
    """A look that fails is told as that: the others' findings are what one came for."""
    found: list[Finding] = []
    try:
        found.extend(look(patient))
    except OSError as problem:
        where = f" {problem.filename}" if problem.filename else ""
        found.append(failed(_subject(look), f"the system refuses{where}: {problem.strerror}"))
    except Exception as problem:  # noqa: BLE001 -- one broken look must not hide the rest
        what = f"this look itself failed: {type(problem).__name__}"
        found.append(failed(_subject(look), what, "aimux doctor --report, and report it"))
    return found


def _subject(look: Look) -> str:
    return look.__module__.rpartition(".")[2]
