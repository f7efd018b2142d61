"""How the answer shall be, as ``generationConfig``."""

from __future__ import annotations

from typing import Any, Final

from aimux.model.loss import Loss
from aimux.model.request import Effort, OutputFormat, Reasoning, Request, Sampling
from aimux.wire.gemini.families import Family, Thought
from aimux.wire.schema import Dialect, shaped
from aimux.wire.target import Target, Written

MAX_STOPS: Final = 5
"""Google refuses a sixth stop sequence (reference: protocols, 1.4.2)."""
_MAX_SEED: Final = 2**31 - 1


def write_settings(
    request: Request, target: Target, family: Family, written: Written, *, as_json: bool
) -> dict[str, Any]:
    """The object, empty where nothing is asked.  ``as_json`` is whether structured output is asked for
    here and not in words; what does not cross is noted in ``written``.
    """
    config = _sampling(request.sampling, written)
    if request.output is not None and as_json:
        config |= _output(request.output, family, written.losses)
    if target.can("thinking"):
        thinking = _thinking(request.reasoning, family, written.losses)
        if thinking:
            config["thinkingConfig"] = thinking
    return config


def _sampling(sampling: Sampling, written: Written) -> dict[str, Any]:
    stops = [stop for stop in sampling.stop if stop]
    if len(stops) > MAX_STOPS:
        written.stop_locally = tuple(stops[MAX_STOPS:])
        written.losses.append(Loss("stop.truncated", detail=f"{len(stops)} to {MAX_STOPS}"))
    seed = sampling.seed
    if seed is not None and not -_MAX_SEED - 1 <= seed <= _MAX_SEED:
        written.losses.append(Loss("seed.dropped", detail="it is no 32-bit number"))
        seed = None
    values = {
        "maxOutputTokens": sampling.max_output_tokens,
        "temperature": sampling.temperature,
        "topP": sampling.top_p,
        "topK": None if sampling.top_k is None else int(sampling.top_k),
        "presencePenalty": sampling.presence_penalty,
        "frequencyPenalty": sampling.frequency_penalty,
        "seed": seed,
        "stopSequences": stops[:MAX_STOPS] or None,
    }
    return {name: value for name, value in values.items() if value is not None}


def _output(output: OutputFormat, family: Family, losses: list[Loss]) -> dict[str, Any]:
    config: dict[str, Any] = {"responseMimeType": "application/json"}
    if output.schema is None:
        return config
    real = family.has_json_schema
    fit = shaped(output.schema, Dialect.GEMINI if real else Dialect.GEMINI_OPENAPI)
    config["responseJsonSchema" if real else "responseSchema"] = fit.schema
    if fit.lost:
        losses.append(Loss("format.schema_degraded", detail=", ".join(fit.lost)))
    return config


def _thinking(reasoning: Reasoning, family: Family, losses: list[Loss]) -> dict[str, Any]:
    """How much to think, and that the thoughts are to be told; a budget and a level exclude each other
    (reference: protocols, 2.9.5).
    """
    config: dict[str, Any] = {}
    effort = reasoning.effort
    match family.thought:
        case Thought.NOT:
            if effort not in {None, Effort.OFF, Effort.AUTO}:
                losses.append(Loss("effort.mapped", detail="the model does not think"))
            return config
        case Thought.BUDGET if effort is not None:
            config["thinkingBudget"] = _budget(effort, reasoning.budget_tokens, family, losses)
        case Thought.LEVEL if effort not in {None, Effort.AUTO}:
            config["thinkingLevel"] = _level(reasoning, family, losses)
        case _:
            pass
    if reasoning.shown is not False:
        config["includeThoughts"] = True
    return config


def _budget(effort: Effort, asked: int | None, family: Family, losses: list[Loss]) -> int:
    budget = family.budget(effort) if asked is None else family.within(asked)
    exact = budget == asked or budget == {Effort.OFF: 0, Effort.AUTO: -1}.get(effort)
    if not exact:
        said = effort if asked is None else asked
        losses.append(Loss("thinking.budget_mapped", detail=f"{said} to {budget}"))
    return budget


def _level(reasoning: Reasoning, family: Family, losses: list[Loss]) -> str:
    effort = reasoning.effort or Effort.AUTO
    level = family.level(effort)
    if reasoning.budget_tokens is not None:
        losses.append(
            Loss("thinking.budget_mapped", detail=f"{reasoning.budget_tokens} to {level}")
        )
    elif level is not effort:
        losses.append(Loss("effort.mapped", detail=f"{effort} to {level}"))
    return level.upper()
