"""``--leaks``: every file of aimux is searched for every key that is known here, and for keys' shapes.

By value, in all disguises, everywhere; by shape where texts are written: in what is encrypted a shape
comes about by chance.  What is found is told by its name and place, never shown.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from aimux.cli.doctor.files import own_files
from aimux.cli.doctor.finding import Finding, failed, note, ok
from aimux.cli.doctor.needles import Needle, forms, longest, needles
from aimux.cli.doctor.patient import Patient
from aimux.keyshapes import KEY_SHAPE

SUBJECT = "leaks"
PIECE_BYTES: Final = 2**22
_SHAPE_BYTES: Final = 512
"""The longest shape that is looked for over the end of a piece."""


def look(patient: Patient) -> Iterator[Finding]:
    """Each key that stands where none belongs."""
    known, lacking = needles(patient)
    searched, size = 0, 0
    leaked = False
    for path in own_files(patient):
        searched, size = searched + 1, size + path.stat().st_size
        for finding in _in_file(patient, path, known):
            leaked = True
            yield finding
    for name in lacking:
        yield note(
            SUBJECT, f"{name} could not be had, so it was not searched for", "aimux keys list"
        )
    if not leaked:
        noun = "key" if len(known) == 1 else "keys"
        what = f"none of {len(known)} {noun} in {searched} files ({size / 2**20:.1f} MiB)"
        yield ok(SUBJECT, what)


def _in_file(patient: Patient, path: Path, known: list[Needle]) -> Iterator[Finding]:
    wanted = {each.name: forms(each.secret.reveal()) for each in known if not _belongs(each, path)}
    mends = {each.name: each.mend for each in known}
    for name, place in found_in(path, wanted).items():
        what = f"{path} holds {name} (at byte {place})"
        yield failed(SUBJECT, what, f"{mends[name]}, then: {_gone(patient, path)}")
    if not _is_encrypted(patient, path) and not any(each.home == path for each in known):
        shape = shape_in(path)
        if shape is not None:
            what = f"{path} holds what looks like a key (at byte {shape})"
            yield failed(
                SUBJECT, what, f"replace that key at its vendor, then: {_gone(patient, path)}"
            )


def _belongs(needle: Needle, path: Path) -> bool:
    return needle.home is not None and needle.home.resolve() == path.resolve()


def _is_encrypted(patient: Patient, path: Path) -> bool:
    paths = patient.paths
    return path.name.lstrip(".").startswith(paths.vault.name) or paths.bodies in path.parents


def _gone(patient: Patient, path: Path) -> str:
    """How a file loses what it should not hold."""
    if path == patient.paths.config:
        return "aimux config edit"
    return f"aimux stop && rm {shlex.quote(str(path))}"


# ---------------------------------------------------------------- searching


def found_in(path: Path, wanted: Mapping[str, frozenset[bytes]]) -> dict[str, int]:
    """Where in a file each of these stands first, by name; what is not there is left out."""
    found: dict[str, int] = {}
    for begin, piece in _pieces(path, longest(wanted.values()) - 1):
        for name, each in wanted.items():
            if name not in found:
                places = [at for form in each if (at := piece.find(form)) >= 0]
                if places:
                    found[name] = begin + min(places)
    return found


def shape_in(path: Path) -> int | None:
    """Where in a file something of a key's shape stands first."""
    for begin, piece in _pieces(path, _SHAPE_BYTES):
        match = KEY_SHAPE.search(piece.decode("latin-1"))
        if match:
            return begin + match.start()
    return None


def _pieces(path: Path, overlap: int) -> Iterator[tuple[int, bytes]]:
    """The file in pieces that overlap, each with where it begins."""
    with path.open("rb") as file:
        kept, begin = b"", 0
        while piece := file.read(PIECE_BYTES):
            whole = kept + piece
            yield begin, whole
            kept = whole[-overlap:] if overlap else b""
            begin += len(whole) - len(kept)
