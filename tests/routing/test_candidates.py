"""Who may answer a request, in which order, and why everybody else may not."""

from __future__ import annotations

from typing import Any

import pytest

from aimux.catalogue.provider import Provider
from aimux.config.schema import Config
from aimux.errors import AimuxError, NoCandidate, NotTranslatable, UnknownModel
from aimux.model.request import WireFormat
from aimux.routing import candidates
from aimux.routing.candidates import split_target
from aimux.routing.plan import Moment, Plan, Refusal
from aimux.wire.codec import Mode, Operation
from tests.support.answers import ANTHROPIC, GEMINI, OPENAI_CHAT
from tests.support.providers import provider
from tests.support.routing import Desk, features

PROVIDERS = {
    each.name: each
    for each in (
        provider("a", ANTHROPIC, OPENAI_CHAT),
        provider("b", ANTHROPIC),
        provider("hf:x", ANTHROPIC),
        provider("chat", OPENAI_CHAT),
    )
}
NO_KEY = "it has no key"


def config(default: tuple[str, ...] = ("a/*",), **models: tuple[str, ...]) -> Config:
    """A configuration with these default targets and public models."""
    given: dict[str, Any] = {
        "routing": {"default": default},
        "models": {
            name.replace("_", "-"): {"targets": targets} for name, targets in models.items()
        },
    }
    return Config.model_validate(given)


def planned(
    model: str,
    settings: Config,
    *,
    target: str | None = None,
    format_: WireFormat = ANTHROPIC,
    translates: bool = True,
    problems: dict[str, str] | None = None,
    providers: dict[str, Provider] | None = None,
) -> Plan:
    """The plan for a request."""
    known = PROVIDERS if providers is None else providers
    desk = Desk(tuple(known.values()), settings.model_dump(mode="json"), problems=problems)
    operation = Operation.GENERATE if translates else Operation.EMBED
    return desk.plan(features(model, format_=format_, target=target, operation=operation))


PUBLIC = config(
    ("b/x", "a/*"),
    smart=("a/opus", "b/opus"),
    both=("smart", "hf:x/tiny", "a/opus"),
    loop=("loop2",),
    loop2=("loop", "b/y"),
    bare=("b",),
    a=("b/of-a-public-name",),
)

TABLE = [
    # model, header, route, candidates
    ("m", None, "default", ["b/x", "a/m"]),
    ("m", "a/other", "direct", ["a/other"]),
    ("m", "a/*", "direct", ["a/m"]),
    ("m", "a,other", "direct", ["a/other"]),
    ("m", "a/hf:zai-org/GLM-5.2", "direct", ["a/hf:zai-org/GLM-5.2"]),
    ("m", "hf:x/y/z", "direct", ["hf:x/y/z"]),
    ("smart", "b/x", "direct", ["b/x"]),
    ("smart", None, "smart", ["a/opus", "b/opus"]),
    ("both", None, "both", ["a/opus", "b/opus", "hf:x/tiny"]),
    ("bare", None, "bare", ["b/bare"]),
    ("a", None, "a", ["b/of-a-public-name"]),
    ("a/opus", None, "direct", ["a/opus"]),
    ("a,opus", None, "direct", ["a/opus"]),
    ("a/b/c:d", None, "direct", ["a/b/c:d"]),
    ("a,b/c", None, "direct", ["a/b/c"]),
    ("b/a,c", None, "direct", ["b/a,c"]),
    ("a/", None, "default", ["b/x", "a/a/"]),
    ("zai-org/GLM-5.2", None, "default", ["b/x", "a/zai-org/GLM-5.2"]),
    ("hf:zai-org/GLM-5.2", None, "default", ["b/x", "a/hf:zai-org/GLM-5.2"]),
    ("m:free", None, "default", ["b/x", "a/m:free"]),
    ("m[1m]", None, "default", ["b/x", "a/m"]),
    ("a/opus[1m]", None, "direct", ["a/opus"]),
    ("smart[1m]", None, "smart", ["a/opus", "b/opus"]),
    ("[1m]m", None, "default", ["b/x", "a/[1m]m"]),
    ("default", None, "default", ["b/x", "a/default"]),
]


@pytest.mark.parametrize(("model", "target", "route", "candidates"), TABLE)
def test_a_name_leads_to_its_candidates(
    model: str, target: str | None, route: str, candidates: list[str]
) -> None:
    """Header, public model, a name with its provider, default: the first that applies."""
    made = planned(model, PUBLIC, target=target)

    assert [str(each) for each in made.candidates] == candidates
    assert made.decision.candidates == tuple(candidates)
    assert (made.decision.route, made.decision.asked_model) == (route, model)
    assert made.decision.refusals == ()
    assert {(each.format, each.mode) for each in made.candidates} == {(ANTHROPIC, Mode.RELAY)}


def test_without_a_default_every_provider_is_asked() -> None:
    """In the order of the file; those that cannot answer say why."""
    made = planned("m", config(()), problems={"hf:x": NO_KEY})

    assert [(str(each), each.mode) for each in made.candidates] == [
        ("a/m", Mode.RELAY),
        ("b/m", Mode.RELAY),
        ("chat/m", Mode.TRANSLATE),
    ]
    assert made.decision.refusals == (Refusal("hf:x/*", NO_KEY),)


def test_without_a_default_a_relay_comes_before_a_translation() -> None:
    """Nobody has said otherwise; with a default its order holds."""
    unsaid = planned("m", config(()), format_=OPENAI_CHAT)
    said = planned("m", config(("b/*", "chat/*")), format_=OPENAI_CHAT)

    assert [str(each) for each in unsaid.candidates] == ["a/m", "chat/m", "b/m", "hf:x/m"]
    assert [str(each) for each in said.candidates] == ["b/m", "chat/m"]


def test_a_public_model_may_lead_through_itself() -> None:
    """A configuration has no such cycle; if one does, it ends, and the name is refused."""
    made = planned("loop", PUBLIC)

    assert [str(each) for each in made.candidates] == ["b/y"]
    assert made.decision.refusals == (Refusal("loop/*", "there is no such provider"),)


def test_a_public_model_may_be_named_like_its_target() -> None:
    """``[models."a/opus"]`` with a fallback behind the real one."""
    settings = Config.model_validate({"models": {"a/opus": {"targets": ("a/opus", "b/opus")}}})

    assert planned("a/opus", settings).decision.candidates == ("a/opus", "b/opus")


def test_who_cannot_be_used_is_left_out_with_the_reason() -> None:
    """Disabled, without a key, unknown."""
    settings = config(("a/*", "b/*", "gone/*", "chat/*", "hf:x/*"))

    made = planned("m", settings, problems={"a": "it is disabled", "b": NO_KEY})

    assert [str(each) for each in made.candidates] == ["chat/m", "hf:x/m"]
    reasons = {each.target: each.reason for each in made.decision.refusals}
    assert list(reasons) == ["a/*", "b/*", "gone/*"]
    assert reasons["a/*"] == "it is disabled"
    assert reasons["b/*"] == NO_KEY
    assert reasons["gone/*"] == "there is no such provider"


def test_a_provider_answers_in_each_of_its_formats() -> None:
    """The client's own is taken where there is one, else its main one."""
    made = planned("m", config(("a/*", "b/*", "chat/*")), format_=OPENAI_CHAT)

    assert [(str(each), each.format) for each in made.candidates] == [
        ("a/m", OPENAI_CHAT),
        ("b/m", ANTHROPIC),
        ("chat/m", OPENAI_CHAT),
    ]


def failure(**more: Any) -> AimuxError:
    """What is raised for a request that nobody can answer, and that no other format can say."""
    with pytest.raises(AimuxError) as caught:
        planned("m", translates=False, **more)
    return caught.value


@pytest.mark.parametrize("target", ["gone/x", "gone", "a", "a/", "/x", ",x", "", "A/x"])
def test_a_header_that_names_nobody_is_refused(target: str) -> None:
    """Never silently sent elsewhere."""
    error = failure(settings=PUBLIC, target=target)

    assert isinstance(error, UnknownModel)
    assert repr(target) in error.message
    assert "provider/model" in (error.hint or "")


def test_nobody_speaks_the_format() -> None:
    """A 501 that says who speaks what: embeddings are not translated."""
    error = failure(settings=config(("a/*", "b/*", "gone/*")), format_=GEMINI)

    assert isinstance(error, NotTranslatable)
    assert "speaks gemini" in error.message
    assert "b/*: it speaks anthropic" in error.message
    assert "gone/*: there is no such provider" in error.message
    assert "gemini" in (error.hint or "")


def test_nobody_can_be_used() -> None:
    """A 503 that says why of each."""
    error = failure(settings=config(("a/*", "b/*")), problems={"a": NO_KEY, "b": "it is disabled"})

    assert isinstance(error, NoCandidate)
    assert "'m' (a/*: it has no key; b/*: it is disabled)" in error.message
    assert error.hint


def test_nobody_is_configured() -> None:
    """The first minute of a new user: what to type."""
    error = failure(settings=config(()), providers={})

    assert isinstance(error, NoCandidate)
    assert error.message == "no provider is configured"
    assert "aimux providers add" in (error.hint or "")


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("a/m", "a/m"), ("a,m", "a/m"), ("a,m/n", "a/m/n"), ("a/m,n", "a/m,n"), ("a/m/n", "a/m/n"),
        ("x,y/z", None), ("a", None), ("", None), ("a/", None), ("/m", None), ("x/m", None),
    ],
)  # fmt: skip
def test_a_target_in_a_name(text: str, target: str | None) -> None:
    """Only the first separator counts, and only behind a provider's name."""
    found = split_target(text, PROVIDERS)

    assert (None if found is None else str(found)) == target


def test_a_provider_that_lacks_only_its_key_is_told_of_as_that() -> None:
    """Where one of the right format could be made to work, the formats are not what is wrong."""
    error = failure(
        settings=config(("a/*", "g/*")),
        format_=GEMINI,
        providers={**PROVIDERS, "g": provider("g", GEMINI)},
        problems={"g": "it has no key"},
    )

    assert isinstance(error, NoCandidate)
    assert "g/*: it has no key" in error.message


# ---------------------------------------------------------------- lists within lists


def grouped(**route: Any) -> Desk:
    """A rule whose list holds a public model that takes turns."""
    settings = {
        "models": {"turns": {"targets": ["a/x", "b/x"], "strategy": "round-robin"}},
        "routes": [{"name": "r", "targets": ["chat/m", "turns", "hf:x/m"], **route}],
    }
    return Desk(tuple(PROVIDERS.values()), settings)


def test_a_public_model_in_a_list_keeps_its_own_strategy() -> None:
    """It is asked at its place, and its targets take turns there."""
    desk = grouped()
    first, second = (desk.plan(features()).decision for _ in range(2))

    assert first.candidates == ("chat/m", "a/x", "b/x", "hf:x/m")
    assert second.candidates == ("chat/m", "b/x", "a/x", "hf:x/m")
    assert [bool(each.words) for each in first.ranks] == [False, True, True, False]


def test_a_list_with_a_strategy_orders_all_alike() -> None:
    """Then names of public models are no more than a way to write their targets."""
    desk = grouped(strategy="least-busy")
    desk.busy = {"chat": 5, "a": 3, "b": 0, "hf:x": 1}

    assert desk.plan(features()).decision.candidates == ("b/x", "hf:x/m", "a/x", "chat/m")


# ---------------------------------------------------------------- rules

RULED = {
    "routing": {"default": ["a/*"]},
    "models": {"smart": {"targets": ["b/x"]}, "a/opus": {"targets": ["b/y"]}},
    "routes": [
        {"name": "long", "match": {"model": "*[1m]"}, "targets": ["b/long"]},
        {"name": "rest", "targets": ["smart", "a/*", "gone/x"], "strategy": "cheapest"},
    ],
}

BEFORE_AND_AFTER_RULES = [
    # model, header, route, candidates
    ("m", None, "rest", ["b/x", "a/m"]),
    ("smart", None, "rest", ["b/x", "a/smart"]),
    ("m[1m]", None, "long", ["b/long"]),
    ("smart[1m]", None, "long", ["b/long"]),
    ("a/m", None, "direct", ["a/m"]),
    ("a,m", None, "direct", ["a/m"]),
    ("a/m[1m]", None, "direct", ["a/m"]),
    ("a/opus", None, "rest", ["b/x", "a/a/opus"]),  # a public name, though it looks like a target
    ("m", "b/z", "direct", ["b/z"]),
    ("m[1m]", "b/*", "direct", ["b/m"]),
]


@pytest.mark.parametrize(("model", "target", "route", "candidates"), BEFORE_AND_AFTER_RULES)
def test_rules_come_after_what_a_request_names_and_before_all_else(
    model: str, target: str | None, route: str, candidates: list[str]
) -> None:
    """Whoever names a target wants that one."""
    desk = Desk(tuple(PROVIDERS.values()), RULED)
    made = desk.plan(features(model, target=target))
    assert (made.decision.route, list(made.decision.candidates)) == (route, candidates)
    reasons = [str(each.target) for each in made.decision.refusals]
    assert reasons == (["gone/x"] if route == "rest" else [])
    assert made.decision.rule == {"rest": "every request", "long": "model *[1m]"}.get(route, "")


def test_a_rule_in_vain_says_why() -> None:
    """Its targets cannot be used: the request does not go on to the default behind its back."""
    desk = Desk(tuple(PROVIDERS.values()), RULED, problems={"a": NO_KEY, "b": NO_KEY})
    with pytest.raises(NoCandidate) as caught:
        desk.plan(features("m"))
    assert (
        "b/x: it has no key; a/*: it has no key; gone/x: there is no such" in caught.value.message
    )


def test_a_target_is_asked_once_however_often_it_is_named() -> None:
    """By its name, by ``*``, and through a public name."""
    desk = Desk(tuple(PROVIDERS.values()), {"routing": {"default": ["a/m", "a/*", "b/m"]}})
    assert desk.plan(features("m")).decision.candidates == ("a/m", "b/m")


# ---------------------------------------------------------------- ladders are kept


def test_requests_that_are_alike_have_one_ladder() -> None:
    """Another name, format, target, operation or rule is another one."""
    desk = Desk(tuple(PROVIDERS.values()), RULED)
    moment = Moment(desk.now_s)

    def ladder(**words: Any) -> object:
        return desk.routes.ladder(features(**{"model": "m", **words}), moment)

    first = ladder()
    assert ladder(body={"stream": True}) is first
    others = [
        ladder(model="n"), ladder(model="m[1m]"), ladder(format_=OPENAI_CHAT), ladder(target="a/m"),
        ladder(operation=Operation.EMBED),
    ]  # fmt: skip
    assert len({id(each) for each in (first, *others)}) == 6


def test_made_up_names_do_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """From a number on ladders are made anew each time; those that are kept stay."""
    monkeypatch.setattr(candidates, "MAX_LADDERS", 2)
    desk = Desk(tuple(PROVIDERS.values()), RULED)
    moment = Moment(desk.now_s)
    kept = [desk.routes.ladder(features(f"m{number}"), moment) for number in range(3)]
    again = [desk.routes.ladder(features(f"m{number}"), moment) for number in range(3)]
    assert [old is new for old, new in zip(kept, again, strict=True)] == [True, True, False]
    assert kept[2].candidates == again[2].candidates
