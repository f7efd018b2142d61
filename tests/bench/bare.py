"""A daemon that counts nothing: as ``aimux start --foreground``, with the meters taken out.

The ledger is switched off in its configuration; for the meters there is no switch, because no user would
want one.
"""

from __future__ import annotations

import sys

from aimux.__main__ import main
from aimux.gateway.meters import Meters
from aimux.telemetry.facts import ExchangeFacts


def _nothing(self: Meters, exchange: ExchangeFacts) -> None:
    """In the place of ``Meters.observe``."""


if __name__ == "__main__":
    Meters.observe = _nothing  # type: ignore[method-assign]  # the whole point of this module
    sys.exit(main(["start", "--foreground"]))
