"""Faults and doubts of rules, public models and the default: what can never match, what lacks something."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aimux.catalogue.load import load_catalogue
from aimux.config.load import load_config
from aimux.config.routes import route_faults, route_warnings
from aimux.config.rules import load_priced
from aimux.config.schema import Config, Match
from aimux.errors import ConfigError, Problem
from aimux.routing.features import Features
from aimux.routing.plan import Moment
from aimux.routing.rules import compile_rules
from aimux.wire.jsontext import scan
from tests.support.answers import ANTHROPIC
from tests.support.generate.profile import WIRE

PROVIDERS = '[providers.zai]\npreset = "zai"\n[providers.own]\npreset = "ollama"\n'  # four lines
ROUTE = '[[routes]]\nname = "r"\n'


def loaded(folder: Path, text: str) -> tuple[list[Problem], list[Problem]]:
    """The problems of a file, and the warnings of one that has none."""
    path = folder / "config.toml"
    path.write_text(PROVIDERS + text)
    path.chmod(0o600)
    try:
        warnings = load_config(path, environ={}).warnings
    except ConfigError as error:
        return list(error.problems), []
    return [], [each for each in warnings if each.line]


def route(name: str, match: str = "", targets: str = '["zai/glm-4.7", "own/x"]') -> str:
    """A route of four lines."""
    return f'[[routes]]\nname = "{name}"\ntargets = {targets}\nmatch = {{ {match} }}\n'


# ---------------------------------------------------------------- conditions


@pytest.mark.parametrize(
    ("match", "column", "key", "message"),
    [
        (
            "min_input_tokens = 5, max_input_tokens = 4",
            30,
            "min_input_tokens",
            "5 is more than max_input_tokens = 4: nothing can match",
        ),
        ("client = []", 20, "client", "is an empty list: nothing can match"),
        ("tools = []", 19, "tools", "is an empty list: nothing can match"),
        (
            'time = "14:00-14:00"',
            18,
            "time",
            "begins and ends at 14:00: nothing can match; a whole day is 00:00-00:00",
        ),
        (
            'time = "sat-sun 09:30-09:30"',
            18,
            "time",
            "begins and ends at 09:30: nothing can match; a whole day is 00:00-00:00",
        ),
        (
            'header = { x-a = "1", "x b" = "2" }',
            33,
            '"x b"',
            "'x b' is no name of a header: nothing can match",
        ),
    ],
)
def test_conditions_that_can_never_hold(
    tmp_path: Path, match: str, column: int, key: str, message: str
) -> None:
    """By themselves."""
    problems, _ = loaded(tmp_path, route("r", match))

    assert [(each.line, each.column, each.message) for each in problems] == [(8, column, message)]
    assert problems[0].key.startswith("routes.0.match.")
    assert problems[0].key.endswith(key)


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        ("", ""),
        ("", 'model = "a"'),
        ('model = "*"', "stream = true"),
        ("min_input_tokens = 0", "stream = true"),
        ('model = "a"', 'model = "a"'),
        ('model = "a"', 'model = ["a"], stream = true'),
        ('model = ["a", "b"]', 'model = "b", images = false'),
        ('client = ["codex", "ann"]', 'client = "ann"'),
        ("tools = true", 'tools = ["f"]'),
        ('tools = ["f"]', 'tools = ["g", "f"]'),
        ('thinking = "on"', 'thinking = "low"'),
        ("min_input_tokens = 1000", "min_input_tokens = 2000"),
        ("max_input_tokens = 1000", "max_input_tokens = 1000, subagent = true"),
        ("max_output_tokens = 1000", "max_output_tokens = 500"),
        ('header = { X-A = "b" }', 'header = { x-a = "b", x-c = "d" }'),
        ('time = "mon 09:00-17:00"', 'time = "mon 09:00-17:00", stream = true'),
        ('project = "~/x", format = "gemini"', 'format = "gemini", project = "~/x"'),
    ],
)
def test_a_rule_behind_another(tmp_path: Path, earlier: str, later: str) -> None:
    """It would never be asked: all that it could match is taken."""
    problems, _ = loaded(tmp_path, route("first", earlier) + route("second", later))

    key, place = ("match", (12, 9)) if later else ("name", (10, 8))
    assert [(each.key, (each.line, each.column), each.message) for each in problems] == [
        (
            f"routes.1.{key}",
            place,
            "can never be reached: the route 'first' before it takes all such requests",
        )
    ]


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        ('model = "a"', ""),
        ('model = "a"', 'model = "b"'),
        ('model = "a"', 'model = ["a", "b"]'),
        ('model = "a*"', 'model = "ab"'),  # hidden, but not by what is looked at here
        ("stream = true", "stream = false"),
        ("stream = true", "images = true"),
        ('tools = ["f"]', "tools = true"),
        ('tools = ["f"]', "tools = false"),
        ("tools = true", "tools = false"),
        ('thinking = "low"', 'thinking = "on"'),
        ('thinking = "on"', 'thinking = "off"'),
        ("min_input_tokens = 2000", "min_input_tokens = 1000"),
        ("max_input_tokens = 1000", "max_input_tokens = 2000"),
        ('header = { x-a = "b" }', 'header = { x-a = "c" }'),
        ('time = "mon 09:00-17:00"', 'time = "tue 09:00-17:00"'),
        ('time = "09:00-17:00"', "stream = true"),
    ],
)
def test_a_rule_that_may_be_asked(tmp_path: Path, earlier: str, later: str) -> None:
    """Nothing is said where it is not certain."""
    assert loaded(tmp_path, route("first", earlier) + route("second", later)) == ([], [])


def test_each_hidden_rule_is_told_by_the_first_that_hides_it(tmp_path: Path) -> None:
    """Not by one that is hidden itself."""
    text = route("a", "stream = true") + route("b", "stream = true") + route("c", "stream = true")

    problems, _ = loaded(tmp_path, text)

    assert [(each.key, "'a'" in each.message) for each in problems] == [
        ("routes.1.match", True),
        ("routes.2.match", True),
    ]


def test_two_rules_of_one_name(tmp_path: Path) -> None:
    """Told as that alone."""
    problems, _ = loaded(tmp_path, route("a") + route("a"))

    assert [(each.key, each.message) for each in problems] == [
        ("routes.1.name", "an earlier route is named 'a' as well")
    ]


def test_a_rule_of_no_shape_hides_nothing(tmp_path: Path) -> None:
    """What its author meant is not known yet."""
    text = (
        f'{ROUTE}targets = ["zai/x"]\nmatch = "all"\n'
        + route("second", "modle = 5")
        + route("third")
    )

    problems, _ = loaded(tmp_path, text)

    assert [each.key for each in problems] == ["routes.0.match", "routes.1.match.modle"]


_MATCHES = st.fixed_dictionaries(
    {},
    optional={
        "model": st.sampled_from(["a", "b", "*", ["a", "b"]]),
        "tools": st.sampled_from([True, False, ["f"], ["f", "g"]]),
        "thinking": st.sampled_from(["off", "on", "low"]),
        "min_input_tokens": st.sampled_from([0, 20, 40]),
        "max_output_tokens": st.sampled_from([10, 20]),
        "stream": st.booleans(),
        "header": st.sampled_from([{}, {"X-A": "b"}, {"x-a": "b", "x-c": "d"}]),
    },
)
_BODIES = st.sampled_from(
    [
        b'{"messages":[],"tools":[{"name":"f"}],"max_tokens":10,"thinking":{"type":"adaptive"}}',
        b'{"messages":[],"tools":[{"name":"f"},{"name":"g"}],"output_config":{"effort":"low"}}',
        b'{"messages":["' + b"word " * 40 + b'"],"max_tokens":15}',
    ]
)


@WIRE
@given(
    earlier=_MATCHES,
    later=_MATCHES,
    body=_BODIES,
    model=st.sampled_from(["a", "b", "c"]),
    stream=st.booleans(),
    headers=st.sampled_from([{}, {"x-a": "b"}, {"x-a": "b", "x-c": "d"}]),
)
def test_what_is_told_to_be_hidden_is(  # noqa: PLR0917 -- a request and two rules
    earlier: dict[str, Any],
    later: dict[str, Any],
    body: bytes,
    model: str,
    stream: bool,
    headers: dict[str, str],
) -> None:
    """No request meets the later rule and not the earlier one."""
    data: dict[str, Any] = {
        "routes": [
            {"name": "first", "targets": ["p/m", "q/m"], "match": earlier},
            {"name": "second", "targets": ["p/m", "q/m"], "match": later},
        ]
    }
    features = Features(scan(body), ANTHROPIC, model, stream=stream, headers=headers)
    first, second = compile_rules(Config.model_validate(data))

    if any("never be reached" in fault.message for fault in route_faults(data, {})):
        moment = Moment(0.0)
        assert first.matches(features, moment) or not second.matches(features, moment)


# ---------------------------------------------------------------- strategies

PRICED = """
[providers.own.models.w]
context = 5
[providers.own.models.x]
price = { input = 0 }
"""


@pytest.mark.parametrize(
    ("text", "key", "message"),
    [
        (
            f'{ROUTE}targets = ["zai/x", "own/y"]\nstrategy = "cheapest"\n',
            "routes.0.strategy",
            "'cheapest' knows no price of any target; give one: providers.NAME.models.MODEL.price",
        ),
        (
            '[models.m]\ntargets = ["own/*", "own/y"]\nstrategy = "cheapest"\n',
            "models.m.strategy",
            "'cheapest' knows no price of any target; give one: providers.NAME.models.MODEL.price",
        ),
        (
            f'{PRICED}[models.m]\ntargets = ["own/z", "own/y"]\nstrategy = "cheapest"\n',
            "models.m.strategy",
            "'cheapest' knows no price of any target; give one: providers.NAME.models.MODEL.price",
        ),
        (
            '[providers.a]\npreset = "zai"\nweight = 0\n'
            '[routing]\ndefault = ["a/*"]\nstrategy = "weighted"\n',
            "routing.strategy",
            "'weighted' has nobody to choose: all weights are 0",
        ),
        (
            f'{ROUTE}targets = ["zai/x"]\nhedge = {{ after = "2s" }}\n',
            "routes.0.hedge",
            "needs a second target: there is nobody else to ask",
        ),
        (
            '[models.n]\ntargets = ["zai/x"]\n'
            '[models.m]\ntargets = ["n", "zai/x"]\nhedge = { after = "2s" }\n',
            "models.m.hedge",
            "needs a second target: there is nobody else to ask",
        ),
    ],
)  # fmt: skip
def test_strategies_that_lack_what_they_decide_by(
    tmp_path: Path, text: str, key: str, message: str
) -> None:
    """They could not do what they are chosen for."""
    problems, _ = loaded(tmp_path, text)

    assert [(each.key, each.message) for each in problems] == [(key, message)]
    assert problems[0].line > 4


@pytest.mark.parametrize(
    "text",
    [
        f'{ROUTE}targets = ["zai/glm-4.7", "own/y"]\nstrategy = "cheapest"\n',
        f'{ROUTE}targets = ["zai/*", "own/y"]\nstrategy = "cheapest"\n',
        f'{PRICED}{ROUTE}targets = ["own/x", "own/y"]\nstrategy = "cheapest"\n',
        f'{PRICED}{ROUTE}targets = ["own/*", "own/y"]\nstrategy = "cheapest"\n',
        '[routing]\nstrategy = "adaptive"\n',
        '[routing]\nstrategy = "weighted"\n',
        f'{ROUTE}targets = ["m"]\nhedge = {{ after = "2s" }}\nfailover_on = ["context-overflow"]\n'
        '[models.m]\ntargets = ["zai/x", "own/y"]\n',
        f'{ROUTE}targets = ["zai/x"]\nfailover_on = ["refusal"]\n',
    ],
)
def test_strategies_that_have_it(tmp_path: Path, text: str) -> None:
    """A price of the file or of the catalogue, of any model where the model is asked for by name."""
    assert loaded(tmp_path, text) == ([], [])


@pytest.mark.parametrize(
    ("text", "key", "message"),
    [
        (
            f'{ROUTE}targets = ["zai/glm-4.7"]\nstrategy = "cheapest"\n',
            "routes.0.strategy",
            "'cheapest' decides nothing here: with one target there is nothing to compare",
        ),
        (
            '[models.m]\ntargets = ["zai/x", "zai/x"]\nstrategy = "adaptive"\n',
            "models.m.strategy",
            "'adaptive' decides nothing here: with one target there is nothing to learn",
        ),
        (
            '[routing]\ndefault = ["zai/*"]\nfailover_on = ["refusal", "context-overflow"]\n',
            "routing.failover_on.1",
            "'context-overflow' does nothing here: there is no other target to ask",
        ),
    ],
)
def test_what_decides_nothing(tmp_path: Path, text: str, key: str, message: str) -> None:
    """It works, and hardly as it was meant."""
    problems, warnings = loaded(tmp_path, text)

    assert problems == []
    assert [(each.key, each.message) for each in warnings] == [(key, message)]


def test_a_client_that_cannot_be_one(tmp_path: Path) -> None:
    """Neither an agent nor a name that a token can have; any other name may be a token's."""
    text = route("r", 'client = ["claude code", "ann", "", "codex"]') + route("s", 'client = "a/b"')

    problems, warnings = loaded(tmp_path, text)

    assert problems == []
    assert [(each.key, each.message, each.suggestion) for each in warnings] == [
        (
            "routes.0.match.client.0",
            "'claude code' is no agent and can be no token's name",
            "claude-code",
        ),
        ("routes.0.match.client.2", "'' is no agent and can be no token's name", None),
        ("routes.1.match.client", "'a/b' is no agent and can be no token's name", None),
    ]


def test_what_is_kept_is_chosen_by_conditions_of_the_same_rules(tmp_path: Path) -> None:
    """What can never match, and what can be no client's name, is told as of a route."""
    match = "[replay]\nkeep = true\nmatch = "
    problems, _ = loaded(tmp_path, match + "{ min_input_tokens = 9, max_input_tokens = 8 }")
    assert [(each.key, each.message) for each in problems] == [
        (
            "replay.match.min_input_tokens",
            "9 is more than max_input_tokens = 8: nothing can match",
        )
    ]
    problems, _ = loaded(tmp_path, match + '{ modle = "a" }')
    assert [each.suggestion for each in problems] == ["model"]
    _, warnings = loaded(tmp_path, match + '{ client = "claude code" }')
    assert [(each.key, each.suggestion) for each in warnings] == [
        ("replay.match.client", "claude-code")
    ]


def test_any_data_goes_through() -> None:
    """What the schema refuses is passed over."""
    odd: list[Any] = [5, "x", [], {}, [5], {"a": 5}, None, True]
    for value in odd:
        for other in odd:
            data: dict[str, Any] = {
                "providers": {"p": value},
                "models": {"m": {"targets": ["p/x", "m", "n", "o", other], "strategy": "cheapest"},
                           "n": {"targets": ["m"], "strategy": "weighted", "hedge": value}, "o": 5},
                "routes": [
                    {"name": "a", "match": dict.fromkeys(Match.model_fields, value) | {"header": other}},
                    {"name": "b", "match": dict.fromkeys(Match.model_fields, other) | {"header": value}},
                    {"name": value, "match": other, "targets": value, "strategy": other},
                ],
                "routing": {"default": value, "strategy": "weighted", "failover_on": other},
            }  # fmt: skip

            list(route_faults(data, {}))
            list(route_warnings(data))


def test_the_catalogue_knows_prices() -> None:
    """By preset, and only what has one."""
    priced = load_priced()

    assert priced.keys() == load_catalogue().keys()
    assert "glm-4.7" in priced["zai"]
    assert not priced["ollama"]
