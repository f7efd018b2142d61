"""Whether a provider can be reached at all: a connection, and nothing said on it.

Costs nothing and tells nothing of health.  Asked only while there seems to be no network, so that no
request of a client has to find out whether it is back.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import Final
from urllib.parse import urlsplit

from aimux.catalogue.provider import Provider

LIMIT_S: Final = 3.0
_PORTS: Final = {"http": 80, "https": 443}


async def reachable(provider: Provider, limit_s: float = LIMIT_S) -> bool:
    """Whether a connection to the provider, or to its proxy, comes about."""
    endpoint = next(iter(provider.endpoints.values()))
    parts = urlsplit(provider.proxy or endpoint.base_url)
    port = parts.port or _PORTS[parts.scheme]
    try:
        async with asyncio.timeout(limit_s):
            _, writer = await asyncio.open_connection(parts.hostname, port)
    except (OSError, TimeoutError):
        return False
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()
    return True
