"""The texts of systemd: templates filled in, with its own rules of quoting.

In ``systemd.syntax(7)`` a value is split at spaces unless it stands in double quotes, where a backslash
escapes; a percent sign begins a specifier and is written twice to mean itself.  A program whose path holds
quotes is refused.  Checked against systemd 252.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from aimux.config.paths import Paths
from aimux.daemon.service.kinds import environment
from aimux.resources import folder


def unit(paths: Paths, command: Sequence[str]) -> str:
    """``aimux.service`` for one home."""
    return _filled(
        "aimux.service",
        {
            "program": " ".join(map(quoted, command)),
            "environment": assignments(paths),
            "variables": str(variables(paths)).replace("%", "%%"),
        },
    )


def variables(paths: Paths) -> Path:
    """The file of variables that the daemon gets as a service, beside the configuration."""
    return paths.config.with_name("service.env")


def assignments(paths: Paths) -> str:
    """What ``Environment=`` says; it also tells for which home a unit is."""
    return " ".join(quoted(f"{name}={value}") for name, value in environment(paths).items())


def sandbox(paths: Paths) -> str:
    """The drop-in that makes all of the home read-only but for our own folders, which must exist."""
    writable = dict.fromkeys((paths.config.parent, paths.state))
    return _filled("aimux-sandbox.conf", {"writable": " ".join(quoted(str(p)) for p in writable)})


def socket_unit(address: str) -> str:
    """``aimux.socket`` for host:port."""
    return _filled("aimux.socket", {"address": address})


def quoted(text: str) -> str:
    """One word of a value."""
    text = text.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
    return f'"{text}"' if not text or set(text) & set(" \t'\"\\;#") else text


def started(text: str) -> str:
    """The program that a unit starts, whoever wrote it: the first word of ``ExecStart``, without the signs
    that may stand before it and with the home of the user that ``%h`` means.
    """
    line = re.search(
        r"^ExecStart[ \t]*=[ \t]*[-@:+!]*(\"(?:\\.|[^\"\\])*\"|\S+)", text, re.MULTILINE
    )
    if line is None:
        return ""
    word = re.sub(r"\\(.)", r"\1", line[1].removeprefix('"').removesuffix('"'))
    return re.sub("%(.)", lambda sign: str(Path.home()) if sign[1] == "h" else "%", word)


def _filled(name: str, values: Mapping[str, str]) -> str:
    text = (folder("service-templates") / name).read_text(encoding="utf-8")
    for key, value in values.items():
        text = text.replace(f"@{key}@", value)
    return text
