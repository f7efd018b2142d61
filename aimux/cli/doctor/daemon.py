"""Looks at the daemon: whether it answers, as which version, where, and what it says itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from aimux import __version__
from aimux.cli.doctor.finding import Finding, failed, ok, warning
from aimux.cli.doctor.patient import Patient
from aimux.errors import AimuxError, ConfigError, NotRunning

if TYPE_CHECKING:
    from aimux.admin.shapes import StatusShape

SUBJECT = "daemon"
NO_PROVIDER: Final = "no provider is configured"
FEW_FILES: Final = 1024
"""Two descriptors for each exchange, and each agent has several."""


def look(patient: Patient) -> Iterator[Finding]:
    """What there is to say of the daemon and its address."""
    status = patient.daemon
    if isinstance(status, NotRunning):
        yield warning(SUBJECT, "aimux is not running", "aimux start")
        yield from _port(patient)
        return
    if isinstance(status, AimuxError):
        yield failed(SUBJECT, status.message, status.hint or "aimux restart")
        return
    yield from _state(status)
    yield from _address(patient, status)
    yield from _files(status)
    yield from _notices(patient, status)


def _notices(patient: Patient, status: StatusShape) -> Iterator[Finding]:
    """What it says itself, but for doubts about the configuration, which are told there."""
    doubts = () if isinstance(patient.loaded, ConfigError) else patient.loaded.warnings
    elsewhere = {str(doubt) for doubt in doubts}
    for notice in status["notices"]:
        if notice in elsewhere or notice.startswith(NO_PROVIDER):
            continue
        what, _, mend = notice.partition("; ")
        told = mend.partition(": ")[2] if ": aimux " in mend else ""
        yield warning(SUBJECT, what if told else notice, told or "aimux status")


def _state(status: StatusShape) -> Iterator[Finding]:
    place = f"pid {status['pid']}, {status['url']}"
    if status["version"] != __version__:
        what = f"it is version {status['version']}, this command {__version__}"
        yield warning(SUBJECT, what, "aimux restart")
    if status["state"] == "running":
        yield ok(SUBJECT, f"it runs and answers ({place})")
    else:
        yield warning(SUBJECT, f"it is {status['state']} ({place})", "aimux status")


def _address(patient: Patient, status: StatusShape) -> Iterator[Finding]:
    """Whether it listens where the configuration says, and to nobody else."""
    from aimux.config.addresses import is_loopback

    host, _, port = status["address"].rpartition(":")
    if not is_loopback(host.strip("[]")):
        what = f"it listens on {status['address']}: other machines reach it"
        yield warning("port", what, "aimux config set server.host 127.0.0.1")
    wanted = patient.config.server.port if patient.config else 0
    if wanted not in {0, int(port)}:
        what = f"it listens on port {port}, config.toml says {wanted}"
        yield warning("port", what, "aimux restart")
    else:
        yield ok("port", f"it listens on {status['address']}")


def _files(status: StatusShape) -> Iterator[Finding]:
    most, used = status["most_files"], status["open_files"]
    if most < FEW_FILES:
        what = f"it may have no more than {most} files and connections open"
        yield warning("open files", what, "ulimit -n 8192 && aimux restart")
    elif used > most * 0.8:
        yield warning("open files", f"{used} of {most} are open", "aimux restart")
    else:
        yield ok("open files", f"{used} of {most}")


def _port(patient: Patient) -> Iterator[Finding]:
    """Whether the port could be had: bound for an instant and let go."""
    if patient.config is None:
        return
    from aimux.daemon.port import bound
    from aimux.errors import DaemonError

    server = patient.config.server
    try:
        bound(server.host, server.port).close()
    except DaemonError as problem:
        yield failed("port", problem.message, problem.hint)
    else:
        yield ok("port", f"{server.host}:{server.port} is free")
