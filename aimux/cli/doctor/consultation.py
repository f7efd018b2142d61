"""One run of the command: which looks are asked for, and how they are told."""

from __future__ import annotations

from aimux.cli import output
from aimux.cli.doctor.examination import LOOKS, Look, examined
from aimux.cli.doctor.page import show
from aimux.cli.doctor.patient import gathered
from aimux.errors import UsageError


def consult(*, security: bool, leaks: bool, report: bool, as_json: bool) -> bool:
    """Looks, tells, and says whether all is well.

    Raises:
        UsageError: a report was asked for as JSON.
    """
    if report and as_json:
        raise UsageError(
            "--report is text to be read by a person", hint="leave one of --report and --json out"
        )
    patient = gathered()
    findings = examined(patient, _looks(security=security, leaks=leaks))
    if report:
        from aimux.cli.doctor.report import report_lines

        for line in report_lines(patient, findings):
            output.data(line)
        output.words("read it before you paste it: names and addresses of yours are still in it")
    else:
        show(findings, as_json=as_json)
    return not any(each.is_trouble for each in findings)


def _looks(*, security: bool, leaks: bool) -> list[Look]:
    """The general looks, or those that were asked for alone."""
    looks: list[Look] = []
    if security:
        from aimux.cli.doctor import surface

        looks.append(surface.look)
    if leaks:
        from aimux.cli.doctor import leaks as searched

        looks.append(searched.look)
    return looks or list(LOOKS)
