"""``--report``: what was found, with what one who helps asks first, without secrets."""

from __future__ import annotations

import getpass
import platform
from collections.abc import Iterator, Sequence
from typing import Final

from aimux import __version__
from aimux.cli.doctor import records
from aimux.cli.doctor.finding import Finding
from aimux.cli.doctor.needles import needles
from aimux.cli.doctor.page import summary
from aimux.cli.doctor.patient import Patient
from aimux.cli.logs import Wanted

MOST_LINES: Final = 20
_TAIL_BYTES: Final = 2**18


def report_lines(patient: Patient, findings: Sequence[Finding]) -> Iterator[str]:
    """The report, line by line, as Markdown."""
    from aimux.telemetry.redact import Redactor

    redactor = Redactor()
    redactor.hide(each.secret for each in needles(patient)[0])
    for line in _whole(patient, findings):
        yield _without_names(redactor.text(line), patient)


def _without_names(line: str, patient: Patient) -> str:
    """The user's home folder and name are nobody's business."""
    line = line.replace(str(patient.home), "~")
    user = getpass.getuser()
    return line.replace(f"user {user}", "user ***")


def _whole(patient: Patient, findings: Sequence[Finding]) -> Iterator[str]:
    status = patient.status
    yield f"aimux {__version__}, Python {platform.python_version()}, {platform.platform()}"
    if status is None:
        yield f"daemon: {patient.daemon}"
    else:
        yield f"daemon: {status['version']}, {status['state']}, up {status['uptime_s']:.0f} s"
    yield ""
    yield f"## Findings: {summary(findings)}"
    yield ""
    for each in findings:
        mend = f" -- {each.mend}" if each.mend else ""
        yield f"- {each.state} {each.subject}: {each.what}{mend}"
    yield from _block("config.toml", _config(patient))
    yield from _block("Log (warnings and errors)", _log(patient))


def _block(title: str, lines: Sequence[str]) -> Iterator[str]:
    if lines:
        yield from ("", f"## {title}", "", "```", *lines, "```")


def _config(patient: Patient) -> list[str]:
    try:
        return patient.paths.config.read_text("utf-8", "replace").splitlines()
    except OSError:
        return []


def _log(patient: Patient) -> list[str]:
    if not patient.paths.log.exists():
        return []
    wanted = Wanted(level="warning")
    return [line for line in records.tail(patient, _TAIL_BYTES) if wanted.takes(line)][-MOST_LINES:]
