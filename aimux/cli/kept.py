"""How commands get at what was said in an exchange: the file, its key, and why there is none."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from aimux.errors import AimuxError, KeyMissing, VaultLocked
from aimux.telemetry.bodies_file import Kept, NotKept

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aimux.config.paths import Paths
    from aimux.config.schema import ReplaySettings

_TURN_ON = "keep what comes from now on: aimux config set replay.keep true, then: aimux reload"


class Expired(NotKept):
    """It was kept, and is older than it may be."""

    code = "expired"


def facts_of(paths: Paths, identity: str) -> dict[str, Any]:
    """What is recorded of an exchange.

    Raises:
        NothingRecorded: nothing is.
    """
    from aimux.cli.ledger_access import NothingRecorded, of_the_daemon, opened_ledger

    with opened_ledger(paths) as ledger:
        facts = None if ledger is None else ledger.exchange(identity)
    if facts is None:
        facts = of_the_daemon(paths, identity)
    if facts is None:
        raise NothingRecorded(
            f"no request {identity!r} is recorded", hint="aimux requests lists those that are"
        )
    return facts


def opened_kept(paths: Paths, facts: Mapping[str, Any]) -> Kept:
    """What was said in an exchange.

    Raises:
        NotKept, Expired: it is not there, or may not be used any more.
        VaultError: its key cannot be had, or it was changed.
    """
    from aimux.cli.configured import read_configuration
    from aimux.telemetry.bodies_file import path_of, read_kept

    identity = facts["id"]
    _, config = read_configuration()
    path = path_of(paths.bodies, identity)
    if path is None or not path.exists():
        raise _absent(facts, config.replay)
    refused: AimuxError = VaultLocked("what was kept does not open")
    for material in _materials(paths):
        try:
            kept = read_kept(paths.bodies, identity, material)
        except VaultLocked as problem:
            refused = VaultLocked(
                f"what was kept of {identity!r} does not open: {problem.message}",
                hint="its key is aimux/bodies in the keyring or the vault it was written with",
            )
            continue
        if kept.at_s + config.replay.lifetime <= time.time():
            raise _expired(identity, config.replay)
        return kept
    raise refused


def _materials(paths: Paths) -> list[bytes]:
    from aimux.cli.keyprompt import access_for_person
    from aimux.vault.own import BODIES, own_keys, own_material

    try:
        return [own_material(each) for each in own_keys(BODIES, paths, access_for_person())]
    except KeyMissing as problem:
        problem.hint = (
            "it is made anew when something is kept again; what is there cannot be opened"
        )
        raise


def _absent(facts: Mapping[str, Any], settings: ReplaySettings) -> NotKept:
    from datetime import datetime

    identity = facts["id"]
    age_s = time.time() - datetime.fromisoformat(facts["started_at"]).timestamp()
    if not settings.keep:
        return NotKept(f"what was said in {identity!r} is not kept", hint=_TURN_ON)
    if age_s >= settings.lifetime:
        return _expired(identity, settings)
    return NotKept(
        f"what was said in {identity!r} is not kept",
        hint="replay.match may leave it out, or replay.max_mb may have been reached: aimux status",
    )


def _expired(identity: str, settings: ReplaySettings) -> Expired:
    from aimux.config.schema import duration_text

    return Expired(
        f"{identity!r} is older than {duration_text(settings.lifetime)}, and what was said in it is gone",
        hint="keep it longer: aimux config set replay.lifetime 7d, then: aimux reload",
    )
