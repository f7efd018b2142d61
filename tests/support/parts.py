"""Real parts that a bare machine may lack."""

from __future__ import annotations

import os
import shutil

import pytest


def need(program: str, package: str) -> str:
    """The path of a program; without it the test is skipped, saying what to install.

    With AIMUX_REQUIRE_PARTS=1 (continuous integration) a missing part is a failure.
    """
    found = shutil.which(program)
    if found:
        return found
    reason = f"needs {program}: apt-get install {package}"
    if os.environ.get("AIMUX_REQUIRE_PARTS"):
        pytest.fail(reason)
    pytest.skip(reason)
