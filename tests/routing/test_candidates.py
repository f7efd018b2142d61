"""Who may answer a request, in which order, and why everybody else may not."""

from __future__ import annotations

from typing import Any

import pytest

from aimux.catalogue.provider import Provider
from aimux.config.schema import Config
from aimux.errors import AimuxError, NoCandidate, NotTranslatable, UnknownModel
from aimux.model.request import WireFormat
from aimux.routing.candidates import Asked, plan, split_target
from aimux.routing.plan import Plan, Refusal
from aimux.wire.codec import Mode
from tests.support.answers import ANTHROPIC, GEMINI, OPENAI_CHAT
from tests.support.providers import provider

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
    return plan(Asked(model, format_, target, translates), settings, known, problems or {})


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
