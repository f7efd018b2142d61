"""The free check of a provider: its list of models, asked with each of its keys.

It never raises for a provider that fails: what came of it is in the answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from aimux.catalogue.provider import Provider
from aimux.catalogue.resolve import DEMO
from aimux.errors import VaultError
from aimux.upstream.models import list_models
from aimux.upstream.outcome import Answer
from aimux.upstream.probe import DEFAULT_LIMIT_S
from aimux.vault.secret import Credential

NO_KEY: Final = "none"


@dataclass(frozen=True, slots=True)
class Checked:
    """One provider with one of its keys: ``answer`` says how it went, unless its key is the matter."""

    provider: str
    key: str
    call: str
    answer: Answer | None
    problem: VaultError | None = None
    models: int | None = None


async def free_check(
    provider: Provider, credential: Credential | None, *, timeout_s: float = DEFAULT_LIMIT_S
) -> Checked:
    """Asks for the list of models, which costs nothing, with one key or with none."""
    key = credential.label if credential else NO_KEY
    if provider.preset == DEMO:
        # The built-in provider has no address until a daemon runs, and nothing that could fail.
        built_in = Answer("ok", "built in")
        return Checked(provider.name, NO_KEY, "none needed", built_in, models=len(provider.models))
    listed = await list_models(provider, credential, timeout_s=timeout_s)
    models = len(listed.models) or None
    return Checked(provider.name, key, "models list", listed.answer, models=models)


async def free_checks(
    provider: Provider, credentials: Sequence[Credential], problem: VaultError | None
) -> list[Checked]:
    """The check with each of the keys that a provider has; why it has none, where that is so."""
    if provider.preset == DEMO or not provider.keys:
        return [await free_check(provider, None)]
    if not credentials:
        return [Checked(provider.name, str(provider.keys[0]), "", None, problem)]
    return [await free_check(provider, each) for each in credentials]


def checked_shape(checked: Checked) -> dict[str, Any]:
    """For a program."""
    answer, problem = checked.answer, checked.problem
    latency_ms = answer.latency_ms if answer else None
    return {
        "provider": checked.provider,
        "key": checked.key,
        "call": checked.call or None,
        "ok": bool(answer and answer.ok),
        "outcome": answer.outcome if answer else (problem.code if problem else None),
        "message": answer.message if answer else (problem.message if problem else None),
        "hint": answer.hint if answer else (problem.hint if problem else None),
        "status": answer.status if answer else None,
        "latency_ms": None if latency_ms is None else round(latency_ms, 1),
        "models": checked.models,
    }
