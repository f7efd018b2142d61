"""Environments in which the OS keyring is one of tests/vault/fakes."""

from __future__ import annotations

import os
from pathlib import Path

FAKES = Path(__file__).parent.parent / "vault" / "fakes"


def keyring_environment(backend: str, home: Path, **more: str) -> dict[str, str]:
    """An environment with this backend (a class of the fakes, or a dotted name) and no bus.

    ``home`` takes the place of the home folder, and holds what the working fake keeps.
    """
    name = backend if "." in backend else f"keyrings_for_tests.{backend}"
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("DBUS_", "XDG_", "AIMUX_"))}
    return {
        **kept,
        "HOME": str(home),
        "PYTHONPATH": str(FAKES),
        "PYTHON_KEYRING_BACKEND": name,
        "KEYRING_FOR_TESTS": str(home / "keyring.json"),
        **more,
    }
