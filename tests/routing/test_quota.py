"""What is left of a plan: what is kept, until when it is believed, and when a key is left alone."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aimux.routing.quota import (
    FRESH_S,
    MAX_WINDOWS,
    ROOM,
    TRUST_S,
    UNSAID_S,
    Quotas,
    Spent,
    Window,
    counted,
    is_stale,
    subject,
)
from aimux.routing.span import span
from aimux.routing.state import MemoryState

NOW = 1_790_000_000.0
HOUR, DAY = 3600.0, 86400.0


def window(name: str = "5h", used: float | None = 0.5, **more: Any) -> Window:
    return Window(name, used, **{"resets_at_s": NOW + HOUR, "seen_at_s": NOW, **more})


def knowing(*windows: Window, model: str = "m") -> Quotas:
    quotas = Quotas(MemoryState())
    quotas.note("p", "k", model, windows, NOW)
    return quotas


def verdict(
    *windows: Window, reserve: float = 0.02, model: str = "m", now_s: float = NOW
) -> Spent | None:
    return knowing(*windows).verdict("p", "k", model, reserve, now_s)


# ---------------------------------------------------------------- what is kept


def test_what_is_told_is_kept_by_key_and_by_model() -> None:
    """An account's window is every model's, a model's only its own, and neither is another key's."""
    account, own = window("5h"), window("requests", of_model=True)
    quotas = knowing(account, own)

    assert quotas.windows("p", "k", NOW) == [account]
    assert quotas.windows("p", "k", NOW, "m") == [own]
    assert quotas.windows("p", "k", NOW, "n") == []
    assert quotas.windows("p", "other", NOW) == []
    assert quotas.windows("q", "k", NOW) == []


def test_a_window_takes_the_place_of_the_one_of_its_name() -> None:
    """What another answer has told besides is kept: not every answer tells all."""
    quotas = knowing(window("5h", 0.5), window("7d", 0.1))
    quotas.note("p", "k", "m", [window("5h", 0.6)], NOW)

    assert [(each.name, each.used) for each in quotas.windows("p", "k", NOW)] == [
        ("5h", 0.6),
        ("7d", 0.1),
    ]


def test_nothing_told_changes_nothing() -> None:
    """A response without windows writes nothing."""
    state = MemoryState()
    Quotas(state).note("p", "k", "m", [], NOW)

    assert state.changes == 0


def test_an_account_has_only_so_many_windows() -> None:
    """A vendor that makes up names does not fill the memory."""
    quotas = knowing(*(window(f"{each}h") for each in range(99)))

    assert len(quotas.windows("p", "k", NOW)) == MAX_WINDOWS


def test_told_is_for_people() -> None:
    """Everything of one provider, with key and model."""
    account, own = window("5h"), window("tokens", of_model=True)
    quotas = knowing(account, own)
    quotas.note("q", "k", "m", [account], NOW)

    assert quotas.told("p", NOW) == [("k", "", account), ("k", "m", own)]


def test_a_provider_is_forgotten_alone() -> None:
    """Its keys or its address have changed."""
    quotas = knowing(window())
    quotas.note("q", "k", "m", [window()], NOW)
    quotas.forget("p", NOW)

    assert quotas.told("p", NOW) == []
    assert len(quotas.told("q", NOW)) == 1


def test_it_outlives_a_restart() -> None:
    """What was written as JSON is read as windows again."""
    before, after = MemoryState(), MemoryState()
    Quotas(before).note("p", "k", "m", [window(), window("7d", state="warning")], NOW)
    after.load(json.loads(json.dumps(before.dump(NOW))), NOW)

    assert Quotas(after).told("p", NOW) == Quotas(before).told("p", NOW)
    assert Quotas(after).verdict("p", "k", "m", 0.6, NOW) is not None


def test_an_entry_of_another_version_says_nothing() -> None:
    """It is not read half."""
    state = MemoryState()
    state.put((ROOM, "p", "k", ""), ("5h", 1.0, "rejected"), NOW + HOUR)

    assert Quotas(state).verdict("p", "k", "m", 0.0, NOW) is None
    assert Quotas(state).windows("p", "k", NOW) == []


# ---------------------------------------------------------------- as time goes by


@pytest.mark.parametrize(
    ("case", "seen", "after_s", "now"),
    [
        ("1 as it was", window(limit=10.0, remaining=5.0), HOUR - 1, None),
        (
            "2 its reset has passed: free",
            window(used=1.0, limit=10.0, remaining=0.0, state="rejected"),
            HOUR,
            window(used=0.0, limit=10.0, remaining=10.0, resets_at_s=None),
        ),
        (
            "3 used up, until when was not said: believed for a while",
            window("credits", None, resets_at_s=None, state="rejected"),
            UNSAID_S - 1,
            None,
        ),
        (
            "4 and then no longer",
            window("credits", None, resets_at_s=None, state="rejected"),
            UNSAID_S,
            window("credits", None, resets_at_s=None),
        ),
        (
            "5 a share without a reset likewise",
            window("week", 0.7, resets_at_s=None),
            UNSAID_S,
            window("week", None, resets_at_s=None),
        ),
        (
            "6 one that is only open stays so",
            window("week", None, resets_at_s=None, state="allowed"),
            UNSAID_S,
            None,
        ),
        (
            "7 a minute is over after a minute",
            window("tokens-minute", 1.0, resets_at_s=None),
            60,
            window("tokens-minute", None, resets_at_s=None),
        ),
        ("8 a day not after an hour", window("requests-day", 1.0, resets_at_s=None), HOUR, None),
    ],
)
def test_windows_as_they_stand_now(
    case: str, seen: Window, after_s: float, now: Window | None
) -> None:
    """Hints age."""
    quotas = knowing(seen)

    assert quotas.windows("p", "k", NOW + after_s) == [seen if now is None else now], case


def test_no_hint_is_trusted_for_longer_than_a_week_and_a_day() -> None:
    """A reset in ten years is a mistake, theirs or ours."""
    quotas = knowing(window(used=1.0, resets_at_s=NOW + 3650 * DAY, state="rejected"))

    spent = quotas.verdict("p", "k", "m", 0.0, NOW)
    assert spent is not None
    assert spent.until_s == NOW + TRUST_S
    assert quotas.verdict("p", "k", "m", 0.0, NOW + TRUST_S) is None
    assert quotas.told("p", NOW + TRUST_S) == []


def test_an_old_hint_deserves_a_second_look() -> None:
    """Plans are renewed, and vendors reset windows by hand (user demands, 32)."""
    quotas = knowing(window("7d", 1.0, resets_at_s=NOW + 5 * DAY, state="rejected"))

    fresh = quotas.verdict("p", "k", "m", 0.0, NOW + FRESH_S)
    old = quotas.verdict("p", "k", "m", 0.0, NOW + FRESH_S + 1)
    assert fresh is not None
    assert old is not None
    assert (fresh.stale, old.stale) == (False, True)
    assert is_stale(window(), NOW + FRESH_S + 1)


@pytest.mark.parametrize(
    ("case", "moved_s", "closed"),
    [
        ("put back a little", -60.0, True),
        ("put back by a year", -365 * DAY, False),
        ("put forward over the reset", 2 * HOUR, False),
    ],
)
def test_our_clock_is_moved(case: str, moved_s: float, closed: bool) -> None:
    """A key is not closed for a year because the clock was put right."""
    spent = verdict(window(used=1.0, state="rejected"), now_s=NOW + moved_s)

    assert (spent is not None) is closed, case


# ---------------------------------------------------------------- the verdict


@pytest.mark.parametrize(
    ("case", "windows", "reserve", "spent"),
    [
        ("1 nothing is known", [], 0.5, None),
        ("2 half used", [window()], 0.02, None),
        (
            "3 within the reserve",
            [window(used=0.985)],
            0.02,
            Spent(NOW + HOUR, "its 5-hour window is 98 % used, resets in 1 h 0 min", hard=False),
        ),
        ("4 a helper's larger reserve", [window(used=0.9)], 0.02, None),
        (
            "5",
            [window(used=0.9)],
            0.1,
            Spent(NOW + HOUR, "its 5-hour window is 90 % used, resets in 1 h 0 min", hard=False),
        ),
        (
            "6 rejected",
            [window(used=0.7, state="rejected")],
            0.0,
            Spent(NOW + HOUR, "its 5-hour window is used up, resets in 1 h 0 min", hard=True),
        ),
        (
            "7 used up",
            [window("7d", 1.2)],
            0.0,
            Spent(NOW + HOUR, "its 7-day window is used up, resets in 1 h 0 min", hard=True),
        ),
        (
            "8 nothing remains",
            [window("requests", None, remaining=0.0, of_model=True)],
            0.0,
            Spent(NOW + HOUR, "its limit of requests is used up, resets in 1 h 0 min", hard=True),
        ),
        (
            "9 full, but the vendor goes on (at extra cost)",
            [window(used=1.0, state="warning")],
            0.02,
            Spent(NOW + HOUR, "its 5-hour window is 100 % used, resets in 1 h 0 min", hard=False),
        ),
        ("10 the same without a reserve", [window(used=1.0, state="allowed")], 0.0, None),
        ("11 limits by the minute have no reserve", [window("tokens", 0.99)], 0.5, None),
        ("12 nor those with a period", [window("requests-day", 0.99)], 0.5, None),
        ("13 a state alone", [window(used=None, state="warning")], 0.5, None),
        ("14 its reset has passed", [window(used=1.0, resets_at_s=NOW)], 0.5, None),
        (
            "15 hard before soft",
            [window("7d", 0.99, resets_at_s=NOW + DAY), window("5h", 1.0)],
            0.1,
            Spent(NOW + HOUR, "its 5-hour window is used up, resets in 1 h 0 min", hard=True),
        ),
        (
            "16 of two hard ones the later",
            [window("5h", 1.0), window("7d", 1.0, resets_at_s=NOW + DAY)],
            0.1,
            Spent(NOW + DAY, "its 7-day window is used up, resets in 1 d 0 h", hard=True),
        ),
        (
            "17 no reset is known",
            [window("credits", 1.0, resets_at_s=None)],
            0.0,
            Spent(NOW + UNSAID_S, "its credit is used up", hard=True),
        ),
        (
            "18 a plan without the model",
            [window("plan", None, resets_at_s=None, state="rejected", of_model=True)],
            0.0,
            Spent(NOW + UNSAID_S, "its plan does not include this model", hard=True),
        ),
        (
            "19 Z.AI's 1113",
            [window("credits", None, resets_at_s=None, state="rejected", of_model=True)],
            0.0,
            Spent(NOW + UNSAID_S, "its credit or plan does not reach for this model", hard=True),
        ),
    ],
)
def test_verdict(case: str, windows: list[Window], reserve: float, spent: Spent | None) -> None:
    """Whether a key is left alone, until when, and the reason in words."""
    assert verdict(*windows, reserve=reserve) == spent, case


def test_a_models_window_closes_no_other_model() -> None:
    """1113 is the model's, not the key's."""
    spent = window("credits", None, state="rejected", of_model=True)

    assert verdict(spent, model="m") is not None
    assert verdict(spent, model="n") is None


@given(
    used=st.none() | st.floats(0, 5),
    reserve=st.floats(0, 0.9),
    after_s=st.floats(-10 * DAY, 20 * DAY),
    reset=st.none() | st.floats(-DAY, 20 * DAY),
    state=st.sampled_from(("", "allowed", "warning", "rejected")),
)
def test_a_key_that_is_left_alone_comes_back(
    used: float | None, reserve: float, after_s: float, reset: float | None, state: str
) -> None:
    """Whatever is known, a verdict ends, and within the bound."""
    seen = window(used=used, resets_at_s=None if reset is None else NOW + reset, state=state)
    spent = verdict(seen, reserve=reserve, now_s=NOW + after_s)

    if spent is not None:
        assert NOW + after_s < spent.until_s <= NOW + TRUST_S
        assert verdict(seen, reserve=reserve, now_s=spent.until_s) is None


# ---------------------------------------------------------------- words and numbers


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("5h", "its 5-hour window"),
        ("30d", "its 30-day window"),
        ("7d_opus", "its 7-day window for opus"),
        ("week", "its weekly window"),
        ("input-tokens", "its limit of input tokens"),
        ("input-tokens-minute", "its limit of input tokens a minute"),
        ("requests-day", "its limit of requests a day"),
        ("primary", "its window 'primary'"),
    ],
)
def test_subject(name: str, words: str) -> None:
    """A window in words."""
    assert subject(name) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.2, "1 s"),
        (59, "59 s"),
        (720, "12 min"),
        (4320, "1 h 12 min"),
        (DAY * 3 + 4 * HOUR, "3 d 4 h"),
    ],
)
def test_span(seconds: float, words: str) -> None:
    """A span of time as a person says it."""
    assert span(seconds) == words


@pytest.mark.parametrize(
    ("limit", "remaining", "used"),
    [(10.0, 4.0, 0.6), (10.0, 12.0, 0.0), (0.0, 0.0, 1.0), (10.0, None, None), (None, 3.0, None)],
)
def test_counted(limit: float | None, remaining: float | None, used: float | None) -> None:
    """A share needs both numbers; a limit of nothing is used up."""
    found = counted("tokens", limit, remaining, None, NOW)

    assert found.used == (None if used is None else pytest.approx(used))
