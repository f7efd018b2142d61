"""What the process does for its privacy, seen from inside another process that does it."""

from __future__ import annotations

import subprocess
import sys
import textwrap


def run(program: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)],
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def test_harden() -> None:
    """No core dump, not dumpable (prctl PR_GET_DUMPABLE is 0), files for the owner alone."""
    said = run(
        """
        import ctypes, os, resource
        from aimux.daemon.hardening import harden
        before = ctypes.CDLL(None).prctl(3, 0, 0, 0, 0)
        harden()
        after = ctypes.CDLL(None).prctl(3, 0, 0, 0, 0)
        print(before, after, resource.getrlimit(resource.RLIMIT_CORE), oct(os.umask(0)))
        """
    )

    assert said == "1 0 (0, 0) 0o77\n"


def test_elsewhere_than_linux() -> None:
    """On a system without prctl the rest is done."""
    said = run(
        """
        import os, sys
        sys.platform = "darwin"
        from aimux.daemon.hardening import harden
        harden()
        print(oct(os.umask(0)))
        """
    )

    assert said == "0o77\n"


def test_open_files() -> None:
    """The soft limit is lifted as far as the hard one lets it, and never lowered."""
    said = run(
        """
        import resource
        from aimux.daemon.hardening import raise_open_files
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        top = 4000 if hard == resource.RLIM_INFINITY else min(hard, 4000)
        resource.setrlimit(resource.RLIMIT_NOFILE, (256, top))
        raise_open_files()
        print(resource.getrlimit(resource.RLIMIT_NOFILE) == (top, top))
        raise_open_files()
        print(resource.getrlimit(resource.RLIMIT_NOFILE) == (top, top))
        """
    )

    assert said == "True\nTrue\n"
