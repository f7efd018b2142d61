"""A real Secret Service on a private session bus: gnome-keyring, without a screen."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.parts import need

_UNLOCKED = "printf %s pw | gnome-keyring-daemon --unlock --components=secrets >/dev/null; "
_LOCK = """
import secretstorage
secretstorage.get_default_collection(secretstorage.dbus_init()).lock()
"""


@contextlib.contextmanager
def secret_service(home: Path, *, unlocked: bool) -> Iterator[dict[str, str]]:
    """The environment of a session with a keyring; not unlocked, it has no collection yet.

    The session ends with the block.
    """
    session = need("dbus-run-session", "dbus")
    need("gnome-keyring-daemon", "gnome-keyring")
    environ = _environment(home)
    script = f"{_UNLOCKED if unlocked else ''}echo $DBUS_SESSION_BUS_ADDRESS; exec cat >/dev/null"
    with subprocess.Popen(
        [session, "--", "/bin/sh", "-c", script],
        env=environ,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        environ["DBUS_SESSION_BUS_ADDRESS"] = process.stdout.readline().strip()
        try:
            yield environ
        finally:
            process.stdin.close()


def lock_collection(environ: dict[str, str]) -> None:
    """Locks the default collection, as a screen saver may."""
    subprocess.run([sys.executable, "-c", _LOCK], env=environ, check=True, timeout=60)


def skip_if_still_locked(state: object) -> None:
    """gnome-keyring from 48 on may need a screen to unlock."""
    if isinstance(state, Exception):
        pytest.skip(f"gnome-keyring --unlock did not unlock here: {state}")


def _environment(home: Path) -> dict[str, str]:
    foreign = ("DBUS_", "XDG_", "AIMUX_", "PYTHON_KEYRING", "GNOME_", "DISPLAY", "WAYLAND_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    runtime = home / "runtime"
    runtime.mkdir(mode=0o700)
    return {**kept, "HOME": str(home), "XDG_RUNTIME_DIR": str(runtime)}
