"""``--security``: the running daemon's door is attacked, its process and its files are looked at."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from aimux.cli.doctor import files
from aimux.cli.doctor.attack import Outcome, attacks, tried
from aimux.cli.doctor.finding import Finding, failed, note, ok, warning
from aimux.cli.doctor.patient import Patient
from aimux.errors import AimuxError

if TYPE_CHECKING:
    from aimux.admin.shapes import StatusShape

SUBJECT = "door"
REPORT = "aimux stop; then report it: aimux doctor --security --report"


def look(patient: Patient) -> Iterator[Finding]:
    """Each attack, and whether the door held."""
    status = patient.daemon
    if isinstance(status, AimuxError):
        yield failed(SUBJECT, f"nothing to attack: {status.message}", status.hint or "aimux start")
    else:
        yield from _door(patient, status)
        yield from _process(patient, status)
    yield from _bound(patient)
    yield from (each for each in files.look(patient) if each.subject == files.SUBJECT)


def _door(patient: Patient, status: StatusShape) -> Iterator[Finding]:
    from aimux.vault.tokens import read_token

    tokens = [read_token(path) for path in (patient.paths.client_token, patient.paths.admin_token)]
    client, admin = (token.reveal() if token else "" for token in tokens)
    if not client or not admin:
        yield failed(SUBJECT, "the tokens of the daemon cannot be read", "aimux restart")
        return
    host, _, port = status["url"].removeprefix("http://").rpartition(":")
    address = host.strip("[]"), int(port)
    open_door = status["auth"] == "none"
    if open_door:
        what = 'server.auth is "none": every program of this machine can spend your keys'
        yield warning(SUBJECT, what, "aimux config set server.auth token && aimux reload")
    tries = [
        tried(each, address, (client, admin))
        for each in attacks(client, admin, address[1])
        if not (open_door and each.needs_auth)
    ]
    yield from _told(tries)
    yield from _still_there(patient)


def _told(tries: Iterable[Outcome]) -> Iterator[Finding]:
    for each in tries:
        answer = "no answer" if each.status is None else str(each.status)
        if each.hole:
            yield failed(SUBJECT, f"not held: {each.attack.words}: {each.hole}", REPORT)
        else:
            yield ok(SUBJECT, f"held: {each.attack.words} ({answer})")


def _still_there(patient: Patient) -> Iterator[Finding]:
    """Whether the daemon has outlived all of it."""
    from aimux.admin.client import AdminClient

    try:
        AdminClient.connect(patient.paths)
    except AimuxError as problem:
        yield failed(SUBJECT, f"after the attacks: {problem.message}", REPORT)
    else:
        yield ok(SUBJECT, "held: the daemon still answers those who may ask")


def _bound(patient: Patient) -> Iterator[Finding]:
    """Whether other machines can knock at all."""
    from aimux.config.addresses import is_loopback

    status = patient.status
    if status is None:
        return
    host = status["address"].rpartition(":")[0].strip("[]")
    if is_loopback(host):
        yield ok("address", f"held: {status['address']} is reached from this machine alone")
    else:
        what = f"{status['address']} is reached from other machines, without TLS"
        yield warning("address", what, "aimux config set server.host 127.0.0.1 && aimux restart")


def _process(patient: Patient, status: StatusShape) -> Iterator[Finding]:
    """Whether the process gives away what it holds: its arguments, its environment, its memory."""
    proc = Path("/proc") / str(status["pid"])
    if not proc.exists():
        return
    arguments = (proc / "cmdline").read_bytes().replace(b"\0", b" ")
    shown = [
        path.name
        for path in (patient.paths.client_token, patient.paths.admin_token)
        if path.read_bytes().strip() in arguments
    ]
    if shown:
        yield failed("process", f"its arguments hold {shown[0]}", REPORT)
    else:
        yield ok("process", "held: its arguments hold no token")
    yield from _readable(proc)


def _readable(proc: Path) -> Iterator[Finding]:
    if os.geteuid() == 0:
        yield note("process", "root may read every process; nothing to try here")
        return
    for name in ("environ", "mem"):
        try:
            with (proc / name).open("rb"):
                pass
        except OSError:
            yield ok("process", f"held: {name} cannot be read by other programs of yours")
        else:
            what = f"not held: other programs of yours may read its {name}"
            yield warning("process", what, "aimux restart")
