"""Looks at aimux's own files: whose they are, who may read them, whether there is room for more."""

from __future__ import annotations

import os
import shlex
import shutil
import stat
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Final

from aimux.cli.doctor.finding import Finding, failed, note, ok, warning
from aimux.cli.doctor.patient import Patient

SUBJECT = "files"
MOST_FILES: Final = 10_000
"""A state folder holds some dozens, and one for each exchange that is kept; ``AIMUX_HOME=/`` has more."""

_MIB: Final = 2**20
LOW_BYTES: Final = 1024 * _MIB
FULL_BYTES: Final = 64 * _MIB


def look(patient: Patient) -> Iterator[Finding]:
    """What there is to say of the state folder and all in it."""
    folder = patient.paths.state
    if not folder.exists():
        yield note(SUBJECT, f"{folder} is made at the first start")
        yield from room(_existing(folder))
        return
    faults = [*_folder(folder), *_open_to_others(patient)]
    yield from faults
    if not faults:
        yield ok(SUBJECT, f"{folder} and all in it are yours alone")
    yield from room(folder)


def own_files(patient: Patient) -> Iterator[Path]:
    """The regular files of aimux, at most ``MOST_FILES``; links are not followed."""
    state, config = patient.paths.state, patient.paths.config
    beside = [*config.parent.glob(f"{config.name}*"), *config.parent.glob(f".{config.name}.*")]
    inside = (Path(at) / name for at, _, names in os.walk(state) for name in sorted(names))
    found = dict.fromkeys([*beside, *islice(inside, MOST_FILES)])
    yield from (each for each in found if each.is_file() and not each.is_symlink())


def _folder(folder: Path) -> Iterator[Finding]:
    facts = folder.stat()
    quoted = shlex.quote(str(folder))
    if not stat.S_ISDIR(facts.st_mode):
        yield failed(SUBJECT, f"{folder} is no folder", f"mv {quoted} {quoted}.old")
        return
    if facts.st_uid != os.geteuid():
        yield failed(
            SUBJECT, f"{folder} belongs to another user", "set AIMUX_HOME to a folder of yours"
        )
    elif not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        yield failed(SUBJECT, f"{folder} cannot be written", f"chmod 700 {quoted}")
    if facts.st_mode & 0o022:
        yield failed(SUBJECT, f"others may write into {folder}", f"chmod 700 {quoted}")
    elif facts.st_mode & 0o055:
        yield warning(SUBJECT, f"others may look into {folder}", f"chmod 700 {quoted}")


def _open_to_others(patient: Patient) -> Iterator[Finding]:
    """Each file of the state folder that is not for its owner alone; config.toml is told elsewhere."""
    for path in own_files(patient):
        if path.name.startswith(patient.paths.config.name):
            continue
        facts = path.stat()
        if facts.st_uid != os.geteuid():
            yield failed(SUBJECT, f"{path} belongs to another user", f"rm {shlex.quote(str(path))}")
        elif facts.st_mode & 0o077:
            what = f"others may read or write {path}"
            yield failed(SUBJECT, what, f"chmod 600 {shlex.quote(str(path))}")


def room(folder: Path) -> Iterator[Finding]:
    """Whether the disk has room: the ledger and the log wait, and in the end drop, where it has none."""
    free = shutil.disk_usage(folder).free
    text = f"{free // _MIB} MiB are free where {folder} is"
    if free < FULL_BYTES:
        yield failed("disk", text, "make room there; the ledger cannot be written without")
    elif free < LOW_BYTES:
        yield warning("disk", text, "make room there")
    else:
        yield ok("disk", text)


def _existing(folder: Path) -> Path:
    while not folder.exists():
        folder = folder.parent
    return folder
