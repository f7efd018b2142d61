"""Asks vendors how much of a plan is left, slowly, where the owner wants it and where it is free.

A plan's wall should be seen before it is hit, also by who has sent nothing for a while, and some
vendors tell their windows nowhere else.  Only providers with ``poll_quota = true`` whose preset has such
an address are asked, every key of theirs for itself.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import Callable, Iterable
from typing import Final, NoReturn

from aimux.catalogue.provider import Provider
from aimux.errors import AimuxError
from aimux.routing.quota import Quotas
from aimux.routing.quota_reports import windows_of_report
from aimux.upstream.probe import Question, ask
from aimux.vault.secret import Credential

EVERY_S: Final = 300.0
JITTER: Final = 0.2
"""Share by which a pause is longer or shorter, so that daemons do not ask in step."""

LIMIT_S: Final = 10.0

Account = tuple[Provider, Iterable[Credential]]

logger = logging.getLogger(__name__)


class QuotaPoller:
    """Asks all accounts, round after round."""

    def __init__(self, quotas: Quotas, accounts: Callable[[], Iterable[Account]]) -> None:
        """``accounts`` is asked anew each round: the configuration may have changed."""
        self._quotas = quotas
        self._accounts = accounts
        self._failing: dict[tuple[str, str], str] = {}

    async def run(self) -> NoReturn:
        """Asks for ever."""
        while True:
            await self.round()
            off = random.uniform(-JITTER, JITTER)  # noqa: S311 -- not a secret
            await asyncio.sleep(EVERY_S * (1 + off))

    async def round(self) -> None:
        """Asks every account once, one after the other; failures are logged, never raised."""
        asked = [
            (provider, credential)
            for provider, credentials in self._accounts()
            if provider.enabled and provider.quota_url is not None
            for credential in credentials
        ]
        for gone in self._failing.keys() - {(each.name, key.label) for each, key in asked}:
            del self._failing[gone]
        for provider, credential in asked:
            self._told(provider, credential, await self._ask(provider, credential))

    async def _ask(self, provider: Provider, credential: Credential) -> str:
        """Asks one account and notes what it says; in words what went wrong, or nothing."""
        question = Question(provider.quota_url or "")
        try:
            answer = await ask(provider, credential, question, timeout_s=LIMIT_S)
        except (
            AimuxError,
            ValueError,
        ) as problem:  # the key is another host's, or the address none
            return problem.message if isinstance(problem, AimuxError) else "its address is none"
        if not answer.ok:
            return answer.message
        now_s = time.time()
        windows = windows_of_report(answer.value, now_s)
        self._quotas.note(provider.name, credential.label, "", windows, now_s)
        return "" if windows else "answered with something that tells no windows"

    def _told(self, provider: Provider, credential: Credential, problem: str) -> None:
        """Logs a failure once, until it is over or another one."""
        key = provider.name, credential.label
        if problem and self._failing.get(key) != problem:
            words = f"{provider.name}: its quota is not known: {problem}"
            logger.warning(words, extra={"fields": {"provider": key[0], "key": key[1]}})
        if problem:
            self._failing[key] = problem
        else:
            self._failing.pop(key, None)
