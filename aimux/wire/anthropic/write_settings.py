"""What a request says besides its conversation and its thinking, as far as Anthropic has a word for it."""

from __future__ import annotations

import hashlib
import re
from typing import Any, Final

from aimux.model.loss import Loss
from aimux.model.request import Request, Role
from aimux.wire import jsontext
from aimux.wire.anthropic.families import Family, Sampling
from aimux.wire.schema import Dialect, Shaped, shaped
from aimux.wire.target import Target

# ---------------------------------------------------------------- sampling


def write_sampling(
    request: Request, family: Family, losses: list[Loss], *, thinks: bool
) -> dict[str, Any]:
    """temperature, top_p and top_k, as far as the model takes them."""
    sampling = request.sampling
    asked = {
        "temperature": sampling.temperature,
        "top_p": sampling.top_p,
        "top_k": sampling.top_k,
    }
    taken: dict[str, Any] = {}
    for name, value in asked.items():
        if value is None:
            continue
        if _is_taken(name, value, taken, family, thinks=thinks):
            taken[name] = value
        elif value != 1 or name == "top_k":  # 1 is what the others are by themselves
            losses.append(Loss("sampling.dropped", name))
    if (temperature := taken.get("temperature")) is not None and not 0 <= temperature <= 1:
        taken["temperature"] = min(max(temperature, 0), 1)
        losses.append(
            Loss("sampling.clamped", "temperature", f"{temperature} to {taken['temperature']}")
        )
    return taken  # fmt: skip


_LEAST_TOP_P: Final = 0.95
"""With thinking."""


def _is_taken(
    name: str, value: float, before: dict[str, Any], family: Family, *, thinks: bool
) -> bool:
    if family.sampling is Sampling.NONE:
        return False
    if family.sampling is Sampling.ANY:
        return True
    if thinks:
        return name == "top_p" and _LEAST_TOP_P <= value <= 1
    return name != "top_p" or "temperature" not in before


def without_equivalent(request: Request) -> list[Loss]:
    """Losses for settings that the format has no field for."""
    sampling = request.sampling
    losses = [
        Loss("penalty.dropped", name)
        for name in ("presence_penalty", "frequency_penalty")
        if getattr(sampling, name)
    ]
    if sampling.seed is not None:
        losses.append(Loss("seed.dropped"))
    if request.verbosity:
        losses.append(Loss("verbosity.dropped"))
    if request.session:
        losses.append(Loss("cache_control.dropped", detail="the key of a cache"))
    if request.tier not in {"", "default"}:
        losses.append(Loss("service_tier.dropped", detail=request.tier))
    return losses


# ---------------------------------------------------------------- the form of the answer


def write_output(
    request: Request, target: Target, family: Family, losses: list[Loss]
) -> tuple[Shaped | None, str]:
    """The schema that the answer is held to, or else words that ask for its form."""
    output = request.output
    if output is None:
        return None, ""
    prefilled = bool(request.messages) and request.messages[-1].role is Role.ASSISTANT
    native = family.format and target.can("structured-output") and not prefilled
    if output.schema is not None and native:
        schema = shaped(output.schema, Dialect.ANTHROPIC_STRICT)
        if schema.fits:
            if schema.lost:
                losses.append(Loss("format.schema_degraded", detail=", ".join(schema.lost)[:400]))
            return schema, ""
    losses.append(Loss("format.emulated"))
    words = "Answer with one JSON object and with nothing else: no words around it, no code fence."
    if output.description:
        words += f" It is: {output.description}"
    if output.schema is not None:
        schema_text = jsontext.text_of(dict(output.schema))
        words += f" It must be valid under this JSON Schema:\n{schema_text}"
    return None, words


# ---------------------------------------------------------------- who asks

_OPAQUE: Final = re.compile(r"[0-9A-Fa-f-]{32,64}")


def user_id(user: str) -> str:
    """The end user as an opaque id: never a name or an address."""
    if _OPAQUE.fullmatch(user):
        return user
    return hashlib.sha256(user.encode("utf-8", "replace")).hexdigest()
