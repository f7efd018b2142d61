"""A message on the desktop of whoever runs the daemon, where there is one."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Mapping
from typing import Final

from aimux.daemon.aside import aside

LIMIT_S: Final = 5.0
_SCRIPT: Final = (
    "on run argv",
    "display notification (item 2 of argv) with title (item 1 of argv)",
    "end run",
)
_SESSION: Final = ("DBUS_SESSION_BUS_ADDRESS", "DISPLAY", "WAYLAND_DISPLAY")


def command(
    title: str, text: str, environ: Mapping[str, str], platform: str = sys.platform
) -> list[str] | None:
    """The command that shows a message; None where there is no desktop or no such program."""
    path = environ.get("PATH")
    if platform == "darwin":
        program = shutil.which("osascript", path=path)
        script = [word for line in _SCRIPT for word in ("-e", line)]
        return [program, *script, title, text] if program else None
    if not any(environ.get(name) for name in _SESSION):
        return None
    program = shutil.which("notify-send", path=path)
    return [program, "--app-name=aimux", "--", title, text] if program else None


async def show(title: str, text: str, environ: Mapping[str, str]) -> str:
    """Shows a message; in words what went wrong, else nothing.  Waits in a thread, and not for long."""
    words = command(title, text, environ)
    if words is None:
        return "there is no desktop here, or no notify-send"

    def run() -> str:
        done = subprocess.run(
            words,
            env=dict(environ),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=LIMIT_S,
            check=False,
        )
        return f"its program ended with {done.returncode}" if done.returncode else ""

    try:
        return await aside(run, limit_s=LIMIT_S + 1)
    except (OSError, TimeoutError, subprocess.TimeoutExpired) as problem:
        return f"its program failed ({type(problem).__name__})"
