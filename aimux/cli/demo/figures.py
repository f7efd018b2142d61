"""What became of the demo's request: numbers, and the route in one sentence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from aimux.cli.demo.call import ASKED_MODEL, Call

if TYPE_CHECKING:
    from aimux.admin.shapes import ExchangeShape

_ORDINALS: Final = ("first", "second", "third")


@dataclass(frozen=True, slots=True)
class Figures:
    """One exchange.  Counts are ``None`` where nobody said; times are milliseconds."""

    request_id: str
    answer: str
    thinking: str
    provider: str
    model: str
    asked_model: str
    mode: str
    route: str
    attempts: int
    why: str
    first_token_ms: float | None
    duration_ms: float
    input_tokens: int | None
    output_tokens: int | None
    reasoning_tokens: int | None


def figures(call: Call, exchange: ExchangeShape) -> Figures:
    """The figures: who answered from the answer's own headers, tokens as aimux counted them."""
    header = call.headers.get
    attempts = int(header("x-aimux-attempts") or len(exchange["attempts"]))
    target = f"{header('x-aimux-provider')}/{header('x-aimux-model')}"
    route = header("x-aimux-route") or exchange["route"]
    return Figures(
        request_id=call.request_id,
        answer=call.said["answer"],
        thinking=call.said["thinking"],
        provider=header("x-aimux-provider") or "",
        model=header("x-aimux-model") or "",
        asked_model=ASKED_MODEL,
        mode=header("x-aimux-mode") or "",
        route=route,
        attempts=attempts,
        why=_why(route, target, attempts),
        first_token_ms=None if call.first_s is None else round(call.first_s * 1000, 1),
        duration_ms=round(call.total_s * 1000, 1),
        input_tokens=exchange["input_tokens"],
        output_tokens=exchange["output_tokens"],
        reasoning_tokens=exchange["reasoning_tokens"],
    )


def _why(route: str, target: str, attempts: int) -> str:
    """The route as a sentence."""
    chosen = (
        f"no rule matched {ASKED_MODEL}, so the default took it"
        if route == "default"
        else f"the rule {route!r} took it"
    )
    ordinal = _ORDINALS[attempts - 1] if 1 <= attempts <= len(_ORDINALS) else f"{attempts}th"
    return f"{chosen}: {target}, at the {ordinal} attempt"
