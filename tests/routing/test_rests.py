"""Rests: until a time that was told, longer for a key that is refused again."""

from __future__ import annotations

import json

from aimux.routing.rests import MOST_S, Rest, Rests
from aimux.routing.state import MemoryState


def test_a_key_rests_until_its_time() -> None:
    """And the other key, the other provider and the model do not."""
    rests = Rests(MemoryState())
    rests.rest_key("a", "one", Rest(110, "429"), 100)
    rest = rests.of_key("a", "one", 109.9)
    assert rest is not None
    assert (rest.until_s, rest.reason, rest.kind) == (110, "429", "cooling")
    assert rests.of_key("a", "one", 110) is None
    assert rests.of_key("a", "two", 100) is None
    assert rests.of_key("b", "one", 100) is None
    assert rests.of_model("a", "one", 100) is None


def test_a_rest_is_prolonged_and_never_shortened() -> None:
    """Many exchanges fail together; the longest word holds."""
    rests = Rests(MemoryState())
    for until_s in (110, 105, 120):
        rests.rest_model("a", "m", Rest(until_s, "404"), 100)
    rest = rests.of_model("a", "m", 100)
    assert rest is not None
    assert rest.until_s == 120


def test_nobody_is_believed_to_be_away_for_longer_than_a_day() -> None:
    """Then it is asked again."""
    rests = Rests(MemoryState())
    rests.rest_key("a", "one", Rest(100 + 30 * MOST_S, "429"), 100)
    rest = rests.of_key("a", "one", 100)
    assert rest is not None
    assert rest.until_s == 100 + MOST_S


def test_a_key_that_is_refused_again_rests_twice_as_long() -> None:
    """10 minutes, 20, 40 ... up to a day; a success makes it forget."""
    rests = Rests(MemoryState())
    now_s = 100.0
    lengths = []
    for _ in range(9):
        rests.rest_key("a", "one", Rest(now_s + 600, "401", "dead"), now_s)
        rest = rests.of_key("a", "one", now_s)
        assert rest is not None
        lengths.append(rest.until_s - now_s)
        now_s = rest.until_s
    assert lengths[:4] == [600, 1200, 2400, 4800]
    assert lengths[-1] == MOST_S
    rests.succeeded("a", "m", "one")
    rests.rest_key("a", "one", Rest(now_s + 600, "401", "dead"), now_s)
    rest = rests.of_key("a", "one", now_s)
    assert rest is not None
    assert (rest.until_s - now_s, rest.times) == (600, 1)


def test_a_reset_ends_those_of_one_provider() -> None:
    """Only those that rest now are counted."""
    rests = Rests(MemoryState())
    rests.rest_key("a", "one", Rest(110, "429"), 100)
    rests.rest_model("a", "m", Rest(200, "404"), 100)
    rests.rest_model("b", "m", Rest(200, "404"), 100)
    assert set(rests.of_provider("a", 100)) == {("key", "one"), ("model", "m")}
    assert rests.reset("a", 150) == 1
    assert rests.of_provider("a", 100) == {}
    assert rests.of_model("b", "m", 150) is not None


def test_rests_survive_a_restart() -> None:
    """What a provider has said holds, whoever heard it."""
    state, later = MemoryState(), MemoryState()
    Rests(state).rest_key("a", "", Rest(500, "the plan is spent"), 100)
    later.load(json.loads(json.dumps(state.dump(101))), 101)
    rest = Rests(later).of_key("a", "", 101)
    assert rest == Rest(500, "the plan is spent")
