"""Looks at the providers: where their keys are, and whether each takes its key.

The only calls are for lists of models, which are free.  They are made side by side with short
patience; what their answers say of the time of day shows whether this machine's clock is right.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Iterable, Iterator
from statistics import median
from typing import TYPE_CHECKING, Final

from aimux.cli.doctor.finding import Finding, failed, note, ok, warning
from aimux.cli.doctor.patient import Patient
from aimux.errors import KeyringUnavailable, VaultError
from aimux.vault.keyring import DAEMON_LIMIT_S
from aimux.vault.secret import Secret

if TYPE_CHECKING:
    from aimux.upstream.check import Checked

PROBE: Final = "aimux/doctor"
"""Is written to the keyring, read and removed again."""

PATIENCE_S: Final = 5.0
KEYRING_S: Final = DAEMON_LIMIT_S
"""What takes longer here is too slow for the daemon."""

CLOCK_S: Final = 60.0
"""Expiries of tokens and windows of plans are told in minutes."""

_UNPROVEN: Final = frozenset({"no-list", "not-found"})
"""The provider answered; it only has no list to show."""

_PASSING: Final = frozenset({"rate-limited", "server-error", "timeout"})


def look(patient: Patient) -> Iterator[Finding]:
    """What there is to say of keyring, vault, keys and providers."""
    yield from _keyring(patient)
    yield from _vault(patient)
    results = _asked(patient)
    for each in results:
        yield from _of_provider(each)
    yield from _as_the_daemon_sees_it(patient, results)
    yield from _clock(results)


def _keyring(patient: Patient) -> Iterator[Finding]:
    """Which keyring there is, and whether it keeps what it is given; that matters where a key is in it."""
    from aimux.vault.access import Access

    needed = any(key.scheme == "keyring" for provider in patient.providers for key in provider.keys)
    keyring = Access(patient.environ, limit_s=KEYRING_S).keyring()
    try:
        backend = keyring.backend()
        if needed:
            keyring.write(PROBE, Secret(secrets.token_hex(16)))
            keyring.delete(PROBE)
    except KeyringUnavailable as problem:
        tell = failed if needed else note
        yield tell("keyring", problem.message, problem.hint)
    except VaultError as problem:
        tell = failed if needed else warning
        yield tell("keyring", problem.message, problem.hint)
    else:
        yield ok("keyring", f"{backend} {'keeps what it is given' if needed else 'answers'}")


def _vault(patient: Patient) -> Iterator[Finding]:
    from aimux.vault.access import Access

    if not patient.paths.vault.exists():
        return
    try:
        count = len(Access(patient.environ).vault(patient.paths).read())
    except VaultError as problem:
        yield failed("vault", problem.message, problem.hint)
    else:
        yield ok("vault", f"it opens and holds {count} {'key' if count == 1 else 'keys'}")


def _asked(patient: Patient) -> list[Checked]:
    """Every provider asked for its models with each of its keys."""
    from aimux.cli.provider_check import Wanted, check_all
    from aimux.cli.provider_keys import held_keys

    providers = patient.providers
    if not providers:
        return []
    keys = held_keys(providers, patient.paths, run_commands=True)
    credentials = {each.name: [key.found for key in keys[each.name]] for each in providers}
    wanted = Wanted(paid=False, model=None, timeout_s=PATIENCE_S)
    return asyncio.run(check_all(providers, credentials, wanted))


def _of_provider(each: Checked) -> Iterator[Finding]:
    if each.problem is not None:
        what = f"{each.provider}: {each.problem.message}"
        yield failed("keys", what, each.problem.hint or f"aimux keys set {each.provider}")
        return
    answer = each.answer
    if answer is None:
        return
    if answer.ok or answer.outcome in _UNPROVEN:
        yield ok("providers", f"{each.provider} {_welcome(each)}")
        return
    mend = answer.hint or f"aimux providers test {each.provider}"
    tell = warning if answer.outcome in _PASSING else failed
    yield tell("providers", f"{each.provider} {_spoken(answer.message)}", mend)


def _welcome(each: Checked) -> str:
    if each.answer is not None and each.answer.outcome in _UNPROVEN:
        return "answers; it has no list of models by which a key could be proven"
    taken = "answers" if each.key in {"none", "built in"} else f"takes {each.key}"
    return taken + (f" ({each.models} models)" if each.models else "")


def _spoken(message: str) -> str:
    """A message that begins with its host tells more than enough; others are clauses."""
    return f"says: {message}" if message.startswith("the ") else message


def _as_the_daemon_sees_it(patient: Patient, results: Iterable[Checked]) -> Iterator[Finding]:
    """The daemon has another environment, and perhaps another keyring, than this shell."""
    status = patient.status
    if status is None:
        return
    missing_here = {each.provider for each in results if each.problem is not None}
    for provider in status["providers"]:
        if not provider["enabled"] or not provider["key_problem"]:
            continue
        if provider["name"] in missing_here:
            continue
        what = f"{provider['name']}: the daemon has not got it, this shell has"
        yield failed("keys", what, "aimux restart")


def _clock(results: Iterable[Checked]) -> Iterator[Finding]:
    ahead = [
        each.answer.clock_ahead_s
        for each in results
        if each.answer is not None and each.answer.clock_ahead_s is not None
    ]
    if not ahead:
        return
    off_s = median(ahead)
    if abs(off_s) > CLOCK_S:
        side = "ahead of" if off_s > 0 else "behind"
        what = f"this machine is {abs(off_s):.0f} s {side} its providers"
        yield warning("clock", what, "sudo timedatectl set-ntp true")
    else:
        yield ok("clock", "it agrees with the providers'")
