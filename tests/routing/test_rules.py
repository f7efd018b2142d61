"""Rules: each condition with a request that meets it and one that does not, and which rule comes first."""

from __future__ import annotations

import fnmatch
import json
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aimux.config.schema import Config, Match
from aimux.model.request import WireFormat
from aimux.routing.features import Features
from aimux.routing.plan import Moment
from aimux.routing.rules import (
    EVERYTHING,
    Rule,
    compile_match,
    compile_rules,
    first_match,
    words_of,
)
from aimux.wire.jsontext import scan
from tests.support.answers import ANTHROPIC, GEMINI
from tests.support.generate.profile import WIRE

HOME: Final = "/folder/an[n]"
DAY: Final = 24 * 60
MONDAY, FRIDAY, SATURDAY, SUNDAY = 0, 4 * DAY, 5 * DAY, 6 * DAY
PNG: Final = {
    "type": "image",
    "source": {"type": "base64", "media_type": "image/png", "data": "iVBORw0KGgo="},
}
PDF: Final = {"type": "document", "source": {"type": "url", "url": "https://a.example/a.pdf"}}


def rules(*matches: dict[str, Any]) -> tuple[Rule, ...]:
    """Rules with these conditions, named by their place."""
    routes = [
        {"name": f"r{index}", "targets": ["p/m"], "match": match}
        for index, match in enumerate(matches)
    ]
    return compile_rules(Config.model_validate({"routes": routes}), HOME)


def asked(
    model: str = "claude-sonnet-5",
    *,
    format_: WireFormat = ANTHROPIC,
    stream: bool = False,
    headers: dict[str, str] | None = None,
    clients: tuple[str, ...] = (),
    content: Any = "hello",
    **body: Any,
) -> Features:
    """A request of one message."""
    whole = {"messages": [{"role": "user", "content": content}], **body}
    return Features(
        scan(json.dumps(whole).encode()),
        format_,
        model,
        stream=stream,
        headers=headers or {},
        clients=clients,
    )


def tool(*names: str) -> dict[str, Any]:
    """Tools as a field of a body."""
    return {"tools": [{"name": name, "input_schema": {}} for name in names]}


SEARCH: Final = {"tools": [{"type": "web_search_20250305", "name": "web_search"}]}


@pytest.mark.parametrize(
    ("match", "met", "unmet"),
    [
        ({"model": "claude-*haiku*"}, asked("claude-haiku-5"), asked("claude-sonnet-5")),
        ({"model": "Claude-*HAIKU*"}, asked("CLAUDE-3-haiku"), asked("x-claude-haiku")),
        ({"model": ["gpt-*", "o?"]}, asked("o3"), asked("o31")),
        ({"model": "claude-opus-5"}, asked("claude-opus-5[1m]"), asked("claude-opus-5-5[1m]")),
        ({"model": "*[1m]"}, asked("claude-opus-5[1m]"), asked("claude-opus-5m")),
        ({"model": "hf:*/GLM-[45]*"}, asked("hf:zai-org/glm-5.2"), asked("hf:zai-org/glm-3")),
        ({"client": "codex"}, asked(clients=("codex", "ann")), asked(clients=("claude-code",))),
        ({"client": ["codex", "ann"]}, asked(clients=("gemini-cli", "ann")), asked()),
        ({"format": "gemini"}, asked(format_=GEMINI), asked()),
        ({"thinking": "off"}, asked(), asked(thinking={"type": "adaptive"})),
        ({"thinking": "on"}, asked(thinking={"type": "adaptive"}), asked()),
        (
            {"thinking": "on"},
            asked(output_config={"effort": "low"}),
            asked(thinking={"type": "disabled"}, output_config={"effort": "low"}),
        ),
        (
            {"thinking": "high"},
            asked(thinking={"type": "adaptive"}, output_config={"effort": "high"}),
            asked(thinking={"type": "adaptive"}, output_config={"effort": "xhigh"}),
        ),
        ({"images": True}, asked(content=[PNG]), asked(content=[PDF])),
        ({"images": False}, asked(), asked(content=[PNG])),
        ({"documents": True}, asked(content=[PDF]), asked(content=[PNG])),
        ({"documents": False}, asked(), asked(content=[PDF])),
        ({"web_search": True}, asked(**SEARCH), asked(**tool("web_search"))),
        ({"web_search": False}, asked(), asked(**SEARCH)),
        ({"tools": True}, asked(**tool("f")), asked(**SEARCH)),
        ({"tools": False}, asked(tools=[]), asked(**tool("f"))),
        ({"tools": ["f", "g"]}, asked(**tool("g", "h", "f")), asked(**tool("f"))),
        (
            {"structured_output": True},
            asked(output_config={"format": {"type": "json_schema", "schema": {}}}),
            asked(output_config={"effort": "low"}),
        ),
        ({"min_input_tokens": 1000}, asked(content="word " * 1000), asked(content="word " * 100)),
        ({"min_input_tokens": 300}, asked(content="word " * 300), asked(content="word " * 200)),
        ({"max_input_tokens": 1000}, asked(content="word " * 500),
         asked(content="word " * 1000)),
        ({"max_input_tokens": 1000}, asked(), asked(content="word " * 2000)),
        ({"max_output_tokens": 100}, asked(max_tokens=100), asked(max_tokens=101)),
        ({"max_output_tokens": 100}, asked(max_tokens=0), asked()),
        (
            {"subagent": True},
            asked(headers={"x-claude-code-agent-id": "a"}),
            asked(headers={"x-claude-code-session-id": "s"}),
        ),
        ({"subagent": False}, asked(), asked(headers={"x-claude-code-agent-id": "a"})),
        ({"stream": True}, asked(stream=True), asked()),
        ({"stream": False}, asked(), asked(stream=True)),
        (
            {"project": "~/code/*"},
            asked(headers={"x-aimux-project": f"{HOME}/code/a/b"}),
            asked(headers={"x-aimux-project": "/folder/ann/code/a"}),
        ),
        ({"project": "~"}, asked(headers={"x-aimux-project": f"{HOME}/"}), asked()),
        (
            {"project": "/srv/[ab]/"},
            asked(headers={"x-aimux-project": "/srv/a"}),
            asked(headers={"x-aimux-project": "/srv/c"}),
        ),
        (
            {"project": "/"},
            asked(headers={"x-aimux-project": "/"}),
            asked(headers={"x-aimux-project": "/srv"}),
        ),
        (
            {"header": {"X-Team": "core-*", "x-b": "1"}},
            asked(headers={"x-team": "core-1", "x-b": "1"}),
            asked(headers={"x-team": "core-1"}),
        ),
        (
            {"header": {"x-team": "core-*"}},
            asked(headers={"x-team": "core-"}),
            asked(headers={"x-team": "CORE-1"}),
        ),
        (
            {"model": "claude-*", "stream": True},
            asked(stream=True),
            asked("gpt-5", stream=True),
        ),
    ],
)  # fmt: skip
def test_conditions(match: dict[str, Any], met: Features, unmet: Features) -> None:
    """Met and not met."""
    (rule,) = rules(match)

    assert rule.matches(met, Moment(0.0))
    assert not rule.matches(unmet, Moment(0.0))


@pytest.mark.parametrize(
    ("time", "minute", "holds"),
    [
        ("14:00-18:00", MONDAY + 14 * 60, True),
        ("14:00-18:00", SUNDAY + 18 * 60 - 1, True),
        ("14:00-18:00", MONDAY + 18 * 60, False),
        ("14:00-18:00", MONDAY + 14 * 60 - 1, False),
        ("22:00-06:00", MONDAY + 5, True),
        ("22:00-06:00", SUNDAY + 23 * 60, True),
        ("22:00-06:00", MONDAY + 6 * 60, False),
        ("00:00-00:00", SUNDAY, True),
        ("20:00-00:00", MONDAY + DAY - 1, True),
        ("20:00-00:00", MONDAY + DAY, False),
        ("mon-fri 09:00-17:00", FRIDAY + 9 * 60, True),
        ("mon-fri 09:00-17:00", SATURDAY + 9 * 60, False),
        ("sat-mon 09:00-17:00", SUNDAY + 9 * 60, True),
        ("sat-mon 09:00-17:00", MONDAY + 9 * 60, True),
        ("sat-mon 09:00-17:00", FRIDAY + 9 * 60, False),
        ("fri 22:00-06:00", SATURDAY + 5 * 60, True),
        ("fri 22:00-06:00", FRIDAY + 5 * 60, False),
        ("sun 22:00-06:00", MONDAY + 5 * 60, True),
        ("sun 00:00-00:00", SUNDAY + DAY - 1, True),
        ("sun 00:00-00:00", MONDAY, False),
    ],
)
def test_times(time: str, minute: int, holds: bool) -> None:
    """Local time; a range over midnight belongs to the day on which it begins."""
    (rule,) = rules({"time": time})

    assert rule.matches(asked(), Moment(0.0, minute)) is holds


def test_the_first_rule_that_matches_holds() -> None:
    """Also where a later one would fit better; none where none does."""
    compiled = rules({"stream": True}, {"model": "claude-*"}, {"model": "claude-sonnet-5"})

    found = first_match(compiled, asked(), Moment(0.0))

    assert found is compiled[1]
    assert (found.name, found.index, found.settings.targets) == ("r1", 1, ("p/m",))
    assert first_match(compiled, asked("gpt-5"), Moment(0.0)) is None


def test_a_rule_without_conditions_takes_everything() -> None:
    """It is how a default with a strategy of its own is written."""
    (rule,) = rules({})

    assert rule.matches(asked(), Moment(0.0))
    assert rule.words == EVERYTHING


def test_without_a_home_the_tilde_is_a_tilde() -> None:
    """Nothing is guessed."""
    config = Config.model_validate(
        {"routes": [{"name": "r", "targets": ["p/m"], "match": {"project": "~/x"}}]}
    )
    (rule,) = compile_rules(config)

    assert rule.matches(asked(headers={"x-aimux-project": "~/x"}), Moment(0.0))


def test_cheap_conditions_spare_the_body() -> None:
    """Nothing of a body is read when the name alone decides."""
    features = asked(content=[PNG], **tool("f"))
    (rule,) = rules({"images": True, "tools": ["f"], "thinking": "on", "model": "gpt-*"})

    assert not rule.matches(features, Moment(0.0))
    assert "history" not in features.__dict__


@pytest.mark.parametrize(
    ("match", "words"),
    [
        (
            {"model": "claude-*haiku*", "min_input_tokens": 200_000, "time": "mon-fri 14:00-18:00"},
            "model claude-*haiku*, at least 200,000 tokens, mon-fri 14:00-18:00",
        ),
        ({"model": ["a", "b"], "client": "codex"}, "model a or b, client codex"),
        ({"format": "gemini", "stream": True}, "format gemini, streamed"),
        ({"stream": False, "subagent": True}, "subagent, not streamed"),
        ({"thinking": "off", "images": True}, "no thinking, images"),
        ({"thinking": "on", "documents": False}, "thinking, no documents"),
        ({"thinking": "max", "web_search": True}, "thinking max, web search"),
        ({"tools": True, "structured_output": True}, "tools, structured output"),
        ({"tools": False}, "no tools"),
        ({"tools": ["Bash"]}, "the tool Bash"),
        ({"tools": ["Bash", "Edit"]}, "the tools Bash and Edit"),
        (
            {"max_input_tokens": 4000, "max_output_tokens": 1000},
            "at most 4,000 tokens, an answer of at most 1,000 tokens",
        ),
        ({"project": "~/w/*", "header": {"x-a": "b*"}}, "project ~/w/*, header x-a b*"),
        ({"header": {}}, EVERYTHING),
    ],
)
def test_words(match: dict[str, Any], words: str) -> None:
    """What a person reads of a rule."""
    assert words_of(Match.model_validate(match)) == words


# ---------------------------------------------------------------- a naive evaluator beside it

_MATCHES: Final = st.fixed_dictionaries(
    {},
    optional={
        "model": st.sampled_from(["claude-*", "*[1m]", "gpt-?", "*"]),
        "client": st.sampled_from(["codex", "ann"]),
        "format": st.sampled_from(["anthropic", "gemini"]),
        "thinking": st.sampled_from(["off", "on", "high"]),
        "images": st.booleans(),
        "tools": st.booleans() | st.just(["f"]),
        "min_input_tokens": st.sampled_from([0, 20, 100]),
        "max_input_tokens": st.sampled_from([20, 100]),
        "max_output_tokens": st.sampled_from([10, 1000]),
        "stream": st.booleans(),
        "header": st.just({"x-a": "1*"}),
        "time": st.sampled_from(["09:00-17:00", "sat-mon 22:00-06:00"]),
    },
)
_REQUESTS: Final = st.builds(
    lambda model, format_, stream, headers, clients, content, body: asked(
        model,
        format_=format_,
        stream=stream,
        headers=headers,
        clients=clients,
        content=content,
        **body,
    ),
    st.sampled_from(["claude-a", "claude-a[1m]", "gpt-5", "other"]),
    st.just(ANTHROPIC),
    st.booleans(),
    st.sampled_from([{}, {"x-a": "12"}, {"x-a": "2"}]),
    st.sampled_from([(), ("codex",), ("claude-code", "ann")]),
    st.sampled_from(["hello", "word " * 50, "word " * 500, [PNG]]),
    st.fixed_dictionaries(
        {},
        optional={
            "tools": st.sampled_from([[], tool("f")["tools"], tool("g")["tools"]]),
            "max_tokens": st.sampled_from([10, 50_000]),
            "thinking": st.sampled_from([{"type": "adaptive"}, {"type": "disabled"}]),
            "output_config": st.just({"effort": "high"}),
        },
    ),
)


def naive(match: dict[str, Any], features: Features, minute: int) -> bool:
    """All conditions, one after the other, as the product's page says them."""

    def model(glob: str) -> bool:
        written = glob.replace("[1m]", "[[]1m]")
        return any(fnmatch.fnmatchcase(each, written) for each in (features.asked, features.model))

    def time(text: str) -> bool:
        hour, day = minute % DAY // 60, minute // DAY
        if text == "09:00-17:00":
            return 9 <= hour < 17
        return (hour >= 22 and day in {5, 6, 0}) or (hour < 6 and day in {6, 0, 1})

    def thinking(level: str) -> bool:
        return features.thinking != "off" if level == "on" else features.thinking == level

    def tools(wanted: bool | list[str]) -> bool:
        if isinstance(wanted, list):
            return set(wanted) <= features.tools
        return wanted == bool(features.tools)

    asked_for = features.max_output_tokens
    meets = {
        "model": model,
        "client": lambda name: name in features.clients,
        "format": lambda name: name == features.format,
        "thinking": thinking,
        "images": lambda wanted: wanted == features.images,
        "tools": tools,
        "min_input_tokens": lambda least: features.input_tokens >= least,
        "max_input_tokens": lambda most: features.input_tokens <= most,
        "max_output_tokens": lambda most: asked_for is not None and asked_for <= most,
        "stream": lambda wanted: wanted == features.stream,
        "header": lambda globs: fnmatch.fnmatchcase(features.headers.get("x-a", ""), globs["x-a"]),
        "time": time,
    }  # fmt: skip
    return all(meets[name](value) for name, value in match.items())


@WIRE
@given(match=_MATCHES, features=_REQUESTS, minute=st.integers(0, 7 * DAY - 1))
def test_a_compiled_rule_is_what_it_says(
    match: dict[str, Any], features: Features, minute: int
) -> None:
    """Whatever the order in which its conditions are asked, and whatever is not looked at."""
    (rule,) = rules(match)

    assert rule.matches(features, Moment(0.0, minute)) is naive(match, features, minute)


def test_conditions_without_a_route() -> None:
    """They hold as those of a route do; none hold for everything."""
    moment = Moment(0.0, MONDAY)
    rule = compile_match("kept", Match(project="~/shop", stream=True), HOME)
    there = {"x-aimux-project": f"{HOME}/shop"}
    assert rule.matches(asked(stream=True, headers=there), moment)
    assert not rule.matches(asked(headers=there), moment)
    assert compile_match("kept", Match()).matches(asked(), moment)
