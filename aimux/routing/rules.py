"""``[[routes]]``: rules with conditions on a request, of which the first that matches holds.

A rule is compiled once for each configuration into functions that are asked in turn, those that cost
nothing before those that read the request's body.
"""

from __future__ import annotations

import fnmatch
import functools
import glob
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from aimux.config.schema import Config, Match, RouteSettings
from aimux.routing.facts.settings import OFF, ON
from aimux.routing.features import LONG_CONTEXT_SUFFIX, Features
from aimux.routing.plan import Moment
from aimux.wire.estimate import FIXED_TOKENS

Condition = Callable[[Features], bool]

Span = tuple[int, int]
"""The minute of the week at which something begins, and its length in minutes."""

MOST_MODELS: Final = 64
"""Names whose answer to a rule is remembered; a client that makes them up does not fill the memory."""

EVERYTHING: Final = "every request"
"""The words of a rule without conditions."""

_DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY: Final = 24 * 60
_WEEK: Final = 7 * _DAY


@dataclass(frozen=True, slots=True)
class Rule:
    """One route.  ``words`` are its conditions as a clause for a person, ``clauses`` the same for each
    of ``conditions``; ``index`` counts from 0; ``spans`` are when it holds, always where there are none.
    """

    name: str
    words: str
    index: int
    settings: RouteSettings
    conditions: tuple[Condition, ...]
    holds: Condition
    """All of them as one."""
    spans: tuple[Span, ...] = ()
    clauses: tuple[str, ...] = ()

    def matches(self, features: Features, moment: Moment) -> bool:
        """Whether it is its time and all conditions hold."""
        if self.spans and not _is_within(moment.minute_of_week, self.spans):
            return False
        return self.holds(features)

    def unmet(self, features: Features, moment: Moment) -> tuple[str, ...]:
        """The conditions that do not hold, each as a clause; for people."""
        conditions = zip(self.clauses, self.conditions, strict=True)
        missed = tuple(clause for clause, holds in conditions if not holds(features))
        time = self.settings.match.time
        if time and not _is_within(moment.minute_of_week, self.spans):
            return (*missed, time)
        return missed


def compile_rules(config: Config, home: str = "") -> tuple[Rule, ...]:
    """The rules of a configuration in their order; ``home`` is the folder that ``~`` stands for."""
    return tuple(_compiled(index, settings, home) for index, settings in enumerate(config.routes))


def compile_match(name: str, match: Match, home: str = "") -> Rule:
    """Conditions that are no route's, to be asked as one."""
    return _compiled(-1, RouteSettings(name=name, match=match, targets=("*",)), home)


def _compiled(index: int, settings: RouteSettings, home: str) -> Rule:
    match = settings.match
    named = dict(_conditions(match, home))
    conditions = tuple(named.values())
    return Rule(
        name=settings.name,
        words=words_of(match),
        index=index,
        settings=settings,
        conditions=conditions,
        holds=conditions[0] if len(conditions) == 1 else _together(conditions),
        spans=spans_of(match.time) if match.time else (),
        clauses=tuple(_SAY[name](getattr(match, name)) for name in named),
    )


def first_match(rules: Sequence[Rule], features: Features, moment: Moment) -> Rule | None:
    """The first rule that matches."""
    for rule in rules:
        if rule.matches(features, moment):
            return rule
    return None


# ---------------------------------------------------------------- conditions


def _together(conditions: Sequence[Condition]) -> Condition:
    def holds(features: Features) -> bool:
        for each in conditions:  # noqa: SIM110 -- a third faster than all()
            if not each(features):
                return False
        return True

    return holds


def _conditions(match: Match, home: str) -> Iterable[tuple[str, Condition]]:
    """A function for each condition by its name, the cheap ones first."""
    for name, make in _MAKERS.items():
        value = getattr(match, name)
        if value is None or value == {}:
            continue
        if name == "project":
            value = _at_home(value, home)
        yield name, make(value)


def _format(value: str) -> Condition:
    return lambda features: features.format == value


def _flag(read: Callable[[Features], bool]) -> Callable[[bool], Condition]:
    """A condition on something that is so or not."""
    return lambda value: lambda features: read(features) is value


def _client(names: tuple[str, ...]) -> Condition:
    known = frozenset(names)
    return lambda features: not known.isdisjoint(features.clients)


def _model(globs: tuple[str, ...]) -> Condition:
    """Globs over the name as it was asked for and without Claude Code's mark.  In a glob the mark is
    the mark, and no set of characters.
    """
    fits = _glob(*(each.lower().replace(LONG_CONTEXT_SUFFIX, "[[]1m]") for each in globs))

    @functools.lru_cache(MOST_MODELS)
    def named(asked: str) -> bool:
        return fits(asked.lower()) or fits(asked.removesuffix(LONG_CONTEXT_SUFFIX).lower())

    return lambda features: named(features.asked)


def _glob(*globs: str) -> Callable[[str], bool]:
    match = re.compile("|".join(map(fnmatch.translate, globs))).match
    return lambda said: match(said) is not None


def _headers(globs: dict[str, str]) -> Condition:
    wanted = [(name.lower(), _glob(value)) for name, value in globs.items()]

    def holds(features: Features) -> bool:
        return all(
            (said := features.header(name)) is not None and fits(said) for name, fits in wanted
        )

    return holds


def _project(path: str) -> Condition:
    fits = _glob(path)

    def holds(features: Features) -> bool:
        said = features.project
        return said is not None and fits(said.rstrip("/") or said)

    return holds


def _at_home(path: str, home: str) -> str:
    if home and (path == "~" or path.startswith("~/")):
        path = glob.escape(home.rstrip("/")) + path[1:]
    return path.rstrip("/") or path


def spans_of(time: str) -> tuple[Span, ...]:
    """The spans of a ``time``, one for each of its days.

    A range over midnight belongs to the day on which it begins; one that ends at 00:00 ends with its
    day.
    """
    days, _, hours = time.rpartition(" ")
    first, _, last = days.partition("-")
    begin = _DAYS.index(first) if first else 0
    count = (_DAYS.index(last or first) - begin) % 7 + 1 if first else 7
    start, end = (int(each[:2]) * 60 + int(each[3:]) for each in hours.split("-"))
    length = (end - start) % _DAY or _DAY
    return tuple((((begin + day) % 7) * _DAY + start, length) for day in range(count))


def _is_within(minute: int, spans: tuple[Span, ...]) -> bool:
    return any((minute - start) % _WEEK < length for start, length in spans)


def _thinking(value: str) -> Condition:
    if value == ON:
        return lambda features: features.thinking != OFF
    return lambda features: features.thinking == value


def _min_input(value: int) -> Condition:
    def holds(features: Features) -> bool:
        return features.bytes + FIXED_TOKENS >= value and features.input_tokens >= value

    return holds


def _max_input(value: int) -> Condition:
    def holds(features: Features) -> bool:
        return features.bytes + FIXED_TOKENS <= value or features.input_tokens <= value

    return holds


def _max_output(value: int) -> Condition:
    def holds(features: Features) -> bool:
        asked = features.max_output_tokens
        return asked is not None and asked <= value

    return holds


def _tools(value: bool | tuple[str, ...]) -> Condition:  # noqa: FBT001 -- as it is written
    if isinstance(value, bool):
        return lambda features: features.has_tools is value
    wanted = frozenset(value)
    return lambda features: wanted <= features.tools


_MAKERS: Final[dict[str, Callable[[Any], Condition]]] = {
    "format": _format,
    "stream": _flag(lambda features: features.stream),
    "subagent": _flag(lambda features: features.subagent),
    "client": _client,
    "model": _model,
    "header": _headers,
    "project": _project,
    "max_output_tokens": _max_output,
    "min_input_tokens": _min_input,
    "max_input_tokens": _max_input,
    "thinking": _thinking,
    "structured_output": _flag(lambda features: features.structured_output),
    "tools": _tools,
    "web_search": _flag(lambda features: features.web_search),
    "images": _flag(lambda features: features.images),
    "documents": _flag(lambda features: features.documents),
}
"""By the condition's name, in the order in which they are asked."""


# ---------------------------------------------------------------- words


def words_of(match: Match) -> str:
    """Conditions as a clause, such as ``model claude-*haiku*, at least 200,000 tokens``."""
    said = (
        _SAY[name](value)
        for name in Match.model_fields
        if (value := getattr(match, name)) is not None and value != {}
    )
    return ", ".join(said) or EVERYTHING


def _either(what: str) -> Callable[[Any], str]:
    return lambda values: f"{what} {' or '.join(values)}"


def _whether(what: str) -> Callable[[Any], str]:
    return lambda value: what if value else f"no {what}"


def _words_of_tools(value: bool | tuple[str, ...]) -> str:  # noqa: FBT001 -- as it is written
    if isinstance(value, bool):
        return "tools" if value else "no tools"
    return f"the tool{'s' if len(value) > 1 else ''} {' and '.join(value)}"


def _words_of_thinking(value: str) -> str:
    return {OFF: "no thinking", ON: "thinking"}.get(value, f"thinking {value}")


_SAY: Final[dict[str, Callable[[Any], str]]] = {
    "model": _either("model"),
    "client": _either("client"),
    "format": lambda value: f"format {value}",
    "thinking": _words_of_thinking,
    "images": _whether("images"),
    "documents": _whether("documents"),
    "web_search": _whether("web search"),
    "tools": _words_of_tools,
    "structured_output": _whether("structured output"),
    "min_input_tokens": lambda value: f"at least {value:,} tokens",
    "max_input_tokens": lambda value: f"at most {value:,} tokens",
    "max_output_tokens": lambda value: f"an answer of at most {value:,} tokens",
    "subagent": _whether("subagent"),
    "stream": lambda value: "streamed" if value else "not streamed",
    "project": lambda value: f"project {value}",
    "header": lambda value: ", ".join(f"header {name} {glob}" for name, glob in value.items()),
    "time": str,
}
