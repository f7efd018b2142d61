"""How long a test waits for what comes at once: until it is plain that it never will.

A machine that others use as well stands still for ten seconds and more.  A test that succeeds never waits so
long, so the limit costs nothing; what is *meant* to take time has its own limit at its own place.
"""

from __future__ import annotations

from typing import Final

PATIENCE_S: Final = 60.0
