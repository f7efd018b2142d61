"""Routes of claude-code-router: the five cases of version 2, the rules of version 3.

In version 2 the first of these holds: images, a long context, background (a haiku of Claude Code's), web
search, thinking, default.  aimux's rules are tried in the order of the file, so that they are written in
this order.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from aimux.cli.imports.found import Found, Rule, rows, table, text, texts, whole

_THRESHOLD: Final = 60_000
"""Tokens from which a context is long, where the file does not say (version 2)."""

_CASES: Final[tuple[tuple[str, str, dict[str, Any]], ...]] = (
    ("image", "images", {"images": True}),
    ("longContext", "long-context", {}),
    ("background", "background", {"model": "*claude*haiku*"}),
    ("webSearch", "web-search", {"web_search": True}),
    ("think", "thinking", {"thinking": "on"}),
)
_OPERATORS: Final = {"==": "{}", "starts-with": "{}*", "contains": "*{}*"}
_COUNTS: Final = {">": 1, ">=": 0}


def read_rules(
    router: Mapping[str, Any], fallback: Mapping[str, Any], renamed: Mapping[str, str], found: Found
) -> None:
    """Takes over what ``Router`` and ``fallback`` say."""
    for case, name, match in _CASES:
        if not text(router.get(case)):
            continue
        targets = _targets(case, router, fallback, renamed, found)
        if targets:
            long = {"min_input_tokens": whole(router.get("longContextThreshold")) or _THRESHOLD}
            found.rules.append(Rule(name, match or long, targets, f"Router.{case}"))
    for number, rule in enumerate(rows(router.get("rules"))):
        _rule(number, rule, renamed, found)
    default = _targets("default", router, fallback, renamed, found)
    chain = table(router.get("fallback"))
    if chain.get("mode") == "model-chain":
        default += [
            each for model in texts(chain.get("models")) if (each := _target(model, renamed))
        ]
    if default:
        found.routing["default"] = list(dict.fromkeys(default))


def _targets(
    case: str,
    router: Mapping[str, Any],
    fallback: Mapping[str, Any],
    renamed: Mapping[str, str],
    found: Found,
) -> list[str]:
    """The target of a case, and those that are asked when it fails."""
    wanted = [text(router.get(case)), *texts(fallback.get(case))]
    targets = []
    for each in filter(None, wanted):
        target = _target(each, renamed)
        if target is None:
            found.left(f"Router.{case}", f"{each!r} names no provider of the file")
        else:
            targets.append(target)
    return list(dict.fromkeys(targets))


def _target(text_: str, renamed: Mapping[str, str]) -> str | None:
    """``provider,model`` or ``provider/model`` as aimux writes it; None for an unknown provider."""
    for separator in (",", "/"):
        provider, found, model = text_.partition(separator)
        if found and provider in renamed and model.strip():
            return f"{renamed[provider]}/{model.strip()}"
    return None


def _rule(number: int, rule: Mapping[str, Any], renamed: Mapping[str, str], found: Found) -> None:
    """A rule of version 3, where its one condition is one of ours and all it does is to name a target."""
    name = text(rule.get("name")) or f"rule-{number + 1}"
    place = f"Router.rules {name!r}"
    if rule.get("enabled") is False:
        found.left(place, "is not in use")
        return
    target = _target(_wanted(rule), renamed)
    match = _match(rule)
    if match is None or target is None:
        found.left(place, "cannot be said as conditions and targets; write it: aimux config edit")
        return
    chain = table(rule.get("fallback"))
    more = texts(chain.get("models")) if chain.get("mode") == "model-chain" else []
    targets = [target, *(each for model in more if (each := _target(model, renamed)))]
    taken = [each.name for each in found.rules]
    found.rules.append(Rule(found.free_name(name, taken), match, targets, place))


def _wanted(rule: Mapping[str, Any]) -> str:
    """The model that a rule sets."""
    rewrites = [table(rule.get("rewrite")), *rows(rule.get("rewrites"))]
    sets = [text(each.get("value")) for each in rewrites if _sets_model(each)]
    others = [each for each in rewrites if each and not _sets_model(each)]
    if others:
        return ""
    return next(iter(filter(None, sets)), text(rule.get("target")))


def _sets_model(rewrite: Mapping[str, Any]) -> bool:
    key = text(rewrite.get("key")).removeprefix("request.").removeprefix("body.")
    return key == "model" and rewrite.get("operation", "set") == "set"


def _match(rule: Mapping[str, Any]) -> dict[str, Any] | None:
    if rule.get("type") == "model-prefix" and text(rule.get("pattern")):
        return {"model": f"{text(rule.get('pattern'))}*"}
    condition = table(rule.get("condition"))
    left = text(condition.get("left")).removeprefix("request.").removeprefix("body.")
    operator, right = text(condition.get("operator")), condition.get("right")
    if left == "model" and operator in _OPERATORS and text(right):
        return {"model": _OPERATORS[operator].format(text(right))}
    if left == "tokenCount" and operator in _COUNTS and whole(right):
        return {"min_input_tokens": (whole(right) or 0) + _COUNTS[operator]}
    if left.startswith("header.") and operator in _OPERATORS and text(right):
        pattern = _OPERATORS[operator].format(text(right))
        return {"header": {left.removeprefix("header."): pattern}}
    return None
