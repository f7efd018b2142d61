"""Circuits: when one opens, who is let through, how it closes, and what never counts."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aimux.routing.circuits import (
    FIRST_OPEN_S,
    LEAST_ASKED,
    MOST_OPEN_S,
    PROBE_S,
    STRIKES,
    Circuits,
)
from aimux.routing.state import MemoryState

PLACE = ("a", "m")


def middle() -> float:
    """Chance that makes every pause as long as it is meant."""
    return 0.5


def broken(circuits: Circuits, now_s: float = 100.0) -> None:
    """Fails until the circuit opens."""
    circuits.failed(PLACE, STRIKES, "503", now_s, middle)


def test_a_healthy_target_is_not_remembered_at_all() -> None:
    """Successes alone leave no trace."""
    state = MemoryState()
    circuits = Circuits(state)
    circuits.succeeded(PLACE, 100)
    assert circuits.enter(PLACE, 100)
    assert circuits.standing(PLACE, 100) is None
    assert state.changes == 0


@pytest.mark.parametrize(
    ("strikes", "opens"),
    [((1, 1, 1, 1), False), ((1, 1, 1, 1, 1), True), ((3, 2), True), ((3, 1), False)],
)
def test_strikes_in_a_row_open_it(strikes: tuple[int, ...], opens: bool) -> None:
    """Five of them; a failure that kept somebody waiting is worth more than one."""
    circuits = Circuits(MemoryState())
    for index, each in enumerate(strikes):
        circuits.failed(PLACE, each, "503", 100 + index, middle)
    assert (circuits.standing(PLACE, 110) is not None) is opens
    assert circuits.enter(PLACE, 110) is not opens


def test_a_success_ends_the_row() -> None:
    """Four, a success, four: not five in a row."""
    circuits = Circuits(MemoryState())
    for _ in range(2):
        for _ in range(STRIKES - 1):
            circuits.failed(PLACE, 1, "503", 100, middle)
        circuits.succeeded(PLACE, 100)
    assert circuits.standing(PLACE, 100) is None


def test_more_than_half_within_a_minute_open_it() -> None:
    """Never five in a row, but six of eleven."""
    circuits = Circuits(MemoryState())
    opened = 0
    for index in range(1, LEAST_ASKED + 2):
        if index % 2:
            circuits.failed(PLACE, 1, "503", 100 + index, middle)
        else:
            circuits.succeeded(PLACE, 100 + index)
        opened = opened or (index if circuits.standing(PLACE, 100 + index) else 0)
    assert opened == LEAST_ASKED + 1


def test_what_is_old_does_not_count() -> None:
    """Half of the requests failed two minutes ago: that says nothing of now."""
    circuits = Circuits(MemoryState())
    for index in range(4):
        circuits.failed(PLACE, 1, "503", 100 + index, middle)
        circuits.succeeded(PLACE, 100 + index)
    for index in range(4):
        circuits.succeeded(PLACE, 240 + index)
    for index in range(4):
        circuits.failed(PLACE, 1, "503", 250 + index, middle)
    assert circuits.standing(PLACE, 254) is None


def test_the_window_before_counts_for_as_long_as_it_overlaps() -> None:
    """Eight of ten failed half a minute ago, without a strike; one more failure opens it."""
    circuits = Circuits(MemoryState())
    for index in range(8):
        circuits.failed(PLACE, 0, "503", 100 + index / 10, middle)
    circuits.succeeded(PLACE, 130)
    circuits.succeeded(PLACE, 131)
    circuits.failed(PLACE, 1, "503", 165, middle)
    assert circuits.standing(PLACE, 165) is not None


def test_half_open_lets_one_through() -> None:
    """The first one after the pause is the probe; others pass by until it has ended."""
    circuits = Circuits(MemoryState())
    broken(circuits)
    standing = circuits.standing(PLACE, 100)
    assert standing is not None
    assert (standing.state, standing.until_s, standing.reason) == ("open", 115, "503")
    assert not circuits.enter(PLACE, 114.9)
    assert circuits.enter(PLACE, 115)
    assert not circuits.enter(PLACE, 115)
    assert [each.state for each in circuits.of_provider("a", 115).values()] == ["probing"]
    circuits.succeeded(PLACE, 116)
    assert circuits.enter(PLACE, 116)
    assert circuits.of_provider("a", 116) == {}


ENDINGS: dict[str, Callable[[Circuits], None]] = {
    "the client left": lambda circuits: circuits.withdraw(PLACE, 116),
    "it was lost": lambda circuits: None,
}


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_probe_without_an_answer_makes_room_for_another(ending: str) -> None:
    """By saying so, or after a while by itself."""
    circuits = Circuits(MemoryState())
    broken(circuits)
    assert circuits.enter(PLACE, 115)
    ENDINGS[ending](circuits)
    assert circuits.enter(PLACE, 116 if ending == "the client left" else 115 + PROBE_S)


def test_each_failed_probe_doubles_the_pause() -> None:
    """15, 30, 60 ... up to five minutes, and from the start again after a success."""
    circuits = Circuits(MemoryState())
    now_s = 100.0
    pauses = []
    broken(circuits, now_s)
    for _ in range(7):
        standing = circuits.standing(PLACE, now_s)
        assert standing is not None
        pauses.append(standing.until_s - now_s)
        now_s = standing.until_s
        assert circuits.enter(PLACE, now_s)
        circuits.failed(PLACE, 1, "503", now_s, middle)
    assert pauses == [15, 30, 60, 120, 240, 300, 300]
    circuits.enter(PLACE, now_s + 300)
    circuits.succeeded(PLACE, now_s + 300)
    broken(circuits, now_s + 301)
    again = circuits.standing(PLACE, now_s + 301)
    assert again is not None
    assert again.until_s == now_s + 301 + FIRST_OPEN_S


def test_a_failure_while_open_does_not_prolong_it() -> None:
    """It was asked as the last one there was; that it fails was known."""
    circuits = Circuits(MemoryState())
    broken(circuits)
    circuits.failed(PLACE, 1, "503", 105, middle)
    standing = circuits.standing(PLACE, 105)
    assert standing is not None
    assert standing.until_s == 115


def test_what_the_network_did_is_taken_back() -> None:
    """Four strikes less one, and one more: not five."""
    circuits = Circuits(MemoryState())
    circuits.forgive(PLACE, 1, 100)
    for _ in range(4):
        circuits.failed(PLACE, 1, "connect", 100, middle)
    circuits.forgive(PLACE, 1, 100)
    circuits.failed(PLACE, 1, "503", 100, middle)
    assert circuits.standing(PLACE, 100) is None


def test_a_circuit_that_the_network_has_opened_closes_again() -> None:
    """The fifth strike was the network's; the next one that is real opens it for the first time."""
    circuits = Circuits(MemoryState())
    for _ in range(STRIKES - 1):
        circuits.failed(PLACE, 1, "503", 100, middle)
    circuits.failed(PLACE, 2, "connect_timeout", 100, middle)
    assert circuits.standing(PLACE, 100) is not None
    circuits.forgive(PLACE, 2, 101)
    assert circuits.standing(PLACE, 101) is None
    circuits.failed(PLACE, 1, "503", 102, middle)
    standing = circuits.standing(PLACE, 102)
    assert standing is not None
    assert standing.until_s == 102 + FIRST_OPEN_S


def test_a_circuit_that_was_open_before_stays_open() -> None:
    """It was asked as the last one there was, and the network was gone besides."""
    circuits = Circuits(MemoryState())
    for _ in range(STRIKES):
        circuits.failed(PLACE, 1, "503", 100, middle)
    circuits.failed(PLACE, 1, "connect", 101, middle)
    circuits.forgive(PLACE, 1, 101)
    standing = circuits.standing(PLACE, 101)
    assert standing is not None
    assert standing.until_s == 100 + FIRST_OPEN_S


def test_after_a_restart_an_open_one_is_tried_at_once() -> None:
    """The state went through a file; time has passed that nobody watched."""
    state, later = MemoryState(), MemoryState()
    broken(Circuits(state))
    Circuits(state).failed(("a", "other"), 1, "503", 100, middle)
    later.load(json.loads(json.dumps(state.dump(101))), 101)
    circuits = Circuits(later)
    assert not circuits.enter(PLACE, 101)
    circuits.rearm(101)
    assert circuits.enter(PLACE, 101)
    assert circuits.enter(("a", "other"), 101)


def test_a_reset_forgets_one_provider() -> None:
    """And says how much it was."""
    circuits = Circuits(MemoryState())
    broken(circuits)
    circuits.failed(("b", "m"), STRIKES, "503", 100, middle)
    assert circuits.reset("a", 100) == 1
    assert circuits.enter(PLACE, 100)
    assert not circuits.enter(("b", "m"), 100)


@given(chance=st.floats(0, 1, exclude_max=True), openings=st.integers(0, 9))
def test_pauses_are_bounded_whatever_chance_says(chance: float, openings: int) -> None:
    """A fifth more or less than meant."""
    circuits = Circuits(MemoryState())
    now_s = 100.0
    circuits.failed(PLACE, STRIKES, "503", now_s, lambda: chance)
    for _ in range(openings):
        standing = circuits.standing(PLACE, now_s)
        assert standing is not None
        assert FIRST_OPEN_S * 0.8 <= standing.until_s - now_s <= MOST_OPEN_S * 1.2
        now_s = standing.until_s
        circuits.enter(PLACE, now_s)
        circuits.failed(PLACE, 1, "503", now_s, lambda: chance)
