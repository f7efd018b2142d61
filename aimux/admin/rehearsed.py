"""``routes test`` on its way through the admin API: a request that is not sent, and what would become of it.

The command line makes the same shape itself where no daemon runs.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

from aimux.admin.shapes import LookedShape, RehearsalShape, ScriptShape, TargetShape
from aimux.errors import InvalidRequest
from aimux.model.request import WireFormat
from aimux.routing.cost import request_cost
from aimux.routing.features import Features
from aimux.routing.plan import Candidate, Plan, Ranked
from aimux.routing.rehearsal import Rehearsal, Script

WEEK_MINUTES: Final = 7 * 24 * 60
_SAID_FIRST: Final = 3
"""Targets that the summary names."""


# ---------------------------------------------------------------- the request


def script_from(body: Mapping[str, Any]) -> tuple[Script, int | None]:
    """The request of a :class:`ScriptShape`, and the minute of the week at which it is to be planned.

    Raises:
        InvalidRequest: something of it is missing or of the wrong kind.
    """
    format_ = _field(body, "format", str)
    if format_ not in set(WireFormat):
        raise _wrong("format", f"one of {', '.join(WireFormat)}")
    request = _field(body, "request", str)
    if request is None:
        raise _wrong("request", "the body of a request as a text")
    headers = body.get("headers") or {}
    if not isinstance(headers, Mapping) or not all(
        isinstance(each, str) for pair in headers.items() for each in pair
    ):
        raise _wrong("headers", "texts by name")
    minute = _field(body, "minute_of_week", int)
    if minute is not None and not 0 <= minute < WEEK_MINUTES:
        raise _wrong("minute_of_week", f"a number from 0 to {WEEK_MINUTES - 1}")
    script = Script(
        raw=request.encode("utf-8", "surrogatepass"),
        format=WireFormat(format_),
        model=_field(body, "model", str),
        stream=_field(body, "stream", bool),
        headers={name.lower(): value for name, value in headers.items()},
        client=_field(body, "client", str),
    )
    return script, minute


def script_shape(script: Script, minute_of_week: int | None) -> ScriptShape:
    """A request as :func:`script_from` reads it."""
    return ScriptShape(
        format=script.format.value,
        request=script.raw.decode("utf-8", "surrogatepass"),
        model=script.model,
        stream=script.stream,
        headers=dict(script.headers),
        client=script.client,
        minute_of_week=minute_of_week,
    )


def _field(body: Mapping[str, Any], name: str, kind: type) -> Any:
    value = body.get(name)
    right = isinstance(value, kind) and (kind is bool or not isinstance(value, bool))
    if value is not None and not right:
        raise _wrong(
            name, {"str": "a text", "int": "a number", "bool": "true or false"}[kind.__name__]
        )
    return value


def _wrong(name: str, what: str) -> InvalidRequest:
    return InvalidRequest(f"{name} must be {what}", param=name)


# ---------------------------------------------------------------- the answer


def rehearsal_shape(rehearsal: Rehearsal, *, live: bool) -> RehearsalShape:
    """What would become of a request."""
    features, plan = rehearsal.features, rehearsal.plan
    decision, demand = plan.decision, features.demand
    behind = _behind(plan)
    named = {each.name for each in plan.candidates}
    ranks = {each.candidate.place: each for each in decision.ranks}
    return RehearsalShape(
        live=live,
        config_generation=decision.generation,
        asked_model=features.asked,
        format=features.format.value,
        stream=features.stream,
        client=features.clients[0],
        session=plan.session,
        input_tokens=demand.input_tokens,
        output_tokens=demand.output_tokens,
        task=demand.task.value,
        thinking=features.thinking,
        has=list(_has(features)),
        route=decision.route,
        rule=decision.rule,
        rules=[
            LookedShape(
                name=each.name,
                conditions=each.words,
                matches=not each.unmet,
                unmet=list(each.unmet),
            )
            for each in rehearsal.rules
        ],
        strategy=decision.strategy,
        failover_on=list(plan.failover_on),
        hedge_after_s=plan.hedge.after if plan.hedge else None,
        targets=[
            _target(rehearsal, each, behind.get(each.name), ranks.get(each.place))
            for each in plan.candidates
        ],
        left_out=[
            {"target": each.target, "reason": each.reason}
            for each in decision.refusals
            if each.target not in named
        ],
        notes=list(decision.notes),
        wait_s=round(plan.wait_s, 3),
        summary=_summary(rehearsal),
    )


def _behind(plan: Plan) -> dict[str, str]:
    """Why targets come behind the others, or a key of theirs does, by target."""
    reasons: dict[str, list[str]] = {}
    for refusal in plan.decision.refusals:
        reasons.setdefault(refusal.target, []).append(refusal.reason)
    return {name: "; ".join(each) for name, each in reasons.items()}


def _target(
    rehearsal: Rehearsal, candidate: Candidate, behind: str | None, rank: Ranked | None
) -> TargetShape:
    plan = rehearsal.plan
    steps = [step for step in (*plan.steps, *plan.resort) if step.candidate == candidate]
    told = rehearsal.told.get(candidate.place)
    cached = plan.cached.get(candidate.place, 0)
    return TargetShape(
        target=candidate.name,
        key=steps[0].label or None,
        now=any(step in plan.steps for step in steps),
        mode=_mode(rehearsal, candidate),
        format=candidate.format.value,
        behind=behind,
        score=finite(rank.score) if rank else None,
        words=rank.words if rank else "",
        cost_usd=request_cost(candidate.facts.price, rehearsal.features.demand, cached),
        cached_tokens=cached,
        refusal=(told.refusal or None) if told else None,
        dropped=list(dict.fromkeys(loss.code for loss in told.losses)) if told else [],
    )


def finite(score: float | None) -> float | None:
    """A score as JSON can hold it; null also for the worst that there is."""
    return score if score is not None and math.isfinite(score) else None


def _has(features: Features) -> list[str]:
    facts = {
        "tools": features.has_tools,
        "images": features.images,
        "documents": features.documents,
        "web search": features.web_search,
        "structured output": features.structured_output,
        "subagent": features.subagent,
        "small helper call": features.helper,
        "signed thinking": features.signed,
    }
    return [name for name, there in facts.items() if there]


def _summary(rehearsal: Rehearsal) -> str:
    """``would ask a/m first (relay), then b/n (translate)``."""
    plan, told = rehearsal.plan, rehearsal.told
    mute = [
        each.name for each in plan.candidates if (said := told.get(each.place)) and said.refusal
    ]
    able = [each for each in plan.candidates if each.name not in mute]
    if not able:
        return f"would ask nobody: {_list(mute)} cannot be told what the request says"
    names = [f"{each.name} ({_mode(rehearsal, each)})" for each in able[:_SAID_FIRST]]
    if len(able) > 1:
        names[0] = f"{able[0].name} first ({_mode(rehearsal, able[0])})"
    if len(able) > len(names):
        names.append(f"{len(able) - len(names)} more")
    wait = f"would wait {plan.wait_s:.1f} s and ask" if plan.wait_s else "would ask"
    passed = f"; {_list(mute)} cannot be told what the request says" if mute else ""
    return f"{wait} {', then '.join(names)}{passed}"


def _mode(rehearsal: Rehearsal, candidate: Candidate) -> str:
    told = rehearsal.told.get(candidate.place)
    return (told.mode if told else candidate.mode).value


def _list(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
