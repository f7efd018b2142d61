"""How findings are shown: on a terminal wrapped to its width, in a pipe one a line, or as JSON."""

from __future__ import annotations

import shutil
import sys
import textwrap
from collections.abc import Sequence
from typing import Any, Final

from aimux import __version__
from aimux.cli import output
from aimux.cli.doctor.finding import Finding

SCHEMA: Final = 1
_STYLES: Final = {"ok": "green", "note": "cyan", "warning": "yellow", "failed": "red"}
_STATE: Final = 9
_SUBJECT: Final = 12
_WIDEST: Final = 100


def show(findings: Sequence[Finding], *, as_json: bool) -> None:
    """Prints the findings, and at the end how many of them need something done."""
    if as_json:
        output.data_json(shape(findings))
        return
    for each in findings:
        if sys.stdout.isatty():
            for line in lines(each, min(shutil.get_terminal_size().columns, _WIDEST)):
                output.data(line)
        else:
            output.data("\t".join(_cells(each)))
    output.words(summary(findings))


def shape(findings: Sequence[Finding]) -> dict[str, Any]:
    """What ``--json`` prints: ``ok`` is whether the exit code is 0."""
    return {
        "schema": SCHEMA,
        "ok": not any(each.is_trouble for each in findings),
        "version": __version__,
        "findings": [
            {"subject": each.subject, "state": each.state, "what": each.what, "mend": each.mend}
            for each in findings
        ],
    }


def lines(finding: Finding, width: int) -> list[str]:
    """A finding in columns; what is to be typed is never broken, so that it can be copied."""
    margin = _STATE + _SUBJECT
    wrapped = textwrap.wrap(_clean(finding.what), max(20, width - margin)) or [""]
    state = output.styled(f"{finding.state:{_STATE}}", _STYLES[finding.state])
    told = [f"{state}{finding.subject:{_SUBJECT}}{wrapped[0]}"]
    told += [" " * margin + line for line in wrapped[1:]]
    told += [" " * margin + output.styled(line, "bold") for line in _mend(finding, width - margin)]
    return told


def _mend(finding: Finding, room: int) -> list[str]:
    """What mends it; where that is too long, the command gets a line of its own."""
    text = _clean(finding.mend or "")
    words, colon, command = text.partition(": aimux ")
    if len(text) <= room or not colon:
        return [text] if text else []
    return [*textwrap.wrap(f"{words}:", room), f"aimux {command}"]


def summary(findings: Sequence[Finding]) -> str:
    """``all is well``, or how many failures and warnings there are."""
    counted = [
        f"{count} {noun if count == 1 else noun + 's'}"
        for state, noun in (("failed", "failure"), ("warning", "warning"))
        if (count := sum(each.state == state for each in findings))
    ]
    return ", ".join(counted) or "all is well"


def _cells(finding: Finding) -> tuple[str, ...]:
    return finding.state, finding.subject, _clean(finding.what), _clean(finding.mend or "")


def _clean(text: str) -> str:
    return " ".join(output.printable(text).split())
