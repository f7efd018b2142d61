"""What routing remembers: values that expire, set by one of several at a time, kept on the disk."""

from __future__ import annotations

import json

import pytest

from aimux.routing import state as module
from aimux.routing.state import MemoryState, watched

KEY = ("circuit", "a", "m")


def test_a_value_holds_until_its_time() -> None:
    """At the time itself it is gone."""
    state = MemoryState()
    state.put(KEY, (1, "x"), until_s=10)
    assert state.get(KEY, 9.9) == (1, "x")
    assert state.read([KEY, ("other",)], 9.9) == [(1, "x"), None]
    assert state.get(KEY, 10) is None
    assert state.get(KEY, 9) is None


def test_a_swap_sees_who_came_before() -> None:
    """Of two that saw the same value only one writes."""
    state = MemoryState()
    assert state.swap(KEY, None, (1,), 10, 0)
    assert not state.swap(KEY, None, (2,), 10, 0)
    assert state.swap(KEY, (1,), (3,), 10, 0)
    assert state.get(KEY, 0) == (3,)
    assert state.swap(KEY, None, (4,), 20, 10)  # what has expired is none


def test_sums_begin_anew_when_their_time_is_over() -> None:
    """The expiry is that of the first addition."""
    state = MemoryState()
    assert state.add(KEY, 2, until_s=10, now_s=0) == 2
    assert state.add(KEY, 3, until_s=99, now_s=9) == 5
    assert state.add(KEY, 1, until_s=20, now_s=10) == 1
    assert state.get(KEY, 19) == (1,)


def test_a_room_is_read_whole_and_what_is_dropped_is_gone() -> None:
    """Rooms are told apart by the key's first text."""
    state = MemoryState()
    state.put(KEY, (1,), 10)
    state.put(("warm", "s"), (2,), 10)
    state.put(("warm", "old"), (3,), 1)
    before = state.changes
    assert state.room("warm", 5) == {("warm", "s"): (2,)}
    state.drop(KEY)
    state.drop(KEY)
    assert state.get(KEY, 0) is None
    assert state.changes == before + 1


def test_what_is_kept_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """What expires first makes room."""
    monkeypatch.setattr(module, "MAX_ENTRIES", 20)
    state = MemoryState()
    for number in range(21):
        state.put(("warm", str(number)), (number,), until_s=100 + number)
    left = state.room("warm", 0)
    assert len(left) == 19
    assert ("warm", "0") not in left
    assert ("warm", "1") not in left


def test_a_crowd_in_one_room_drives_nothing_out_of_another(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A client that makes up sessions does not make anybody forget which provider fails."""
    monkeypatch.setattr(module, "MAX_ENTRIES", 20)
    state = MemoryState()
    state.put(KEY, (1,), until_s=1)
    for number in range(100):
        state.put(("warm", str(number)), (number,), until_s=100 + number)
    assert state.get(KEY, 0) == (1,)
    assert len(state.room("warm", 0)) <= 20


@pytest.mark.parametrize(
    ("there", "until_s", "lacks"),
    [
        (("circuit", "a", "m"), 10, False),
        (("circuit", "a", "m"), 5, True),  # over
        (("circuit", "b", "m"), 10, True),  # nobody asks
        (("key", "a", "two"), 10, False),
        (("quota", "a", "m"), 10, True),
    ],
)
def test_whether_nothing_is_there_under_any_of_several_keys(
    there: tuple[str, ...], until_s: float, lacks: bool
) -> None:
    """Of several rooms."""
    state = MemoryState()
    state.put(there, (1,), until_s)
    keys = watched([KEY, ("key", "a", "one"), ("key", "a", "two"), KEY])
    assert keys == (("circuit", (KEY,)), ("key", (("key", "a", "one"), ("key", "a", "two"))))
    assert state.lacks(keys, 5) is lacks


def test_it_comes_back_from_the_disk_as_it_went() -> None:
    """Without what has expired meanwhile, and without rows that are none."""
    state = MemoryState()
    state.put(KEY, (1, "x", None, 0.5), 10)
    state.put(("warm", "s"), (2,), 5)
    rows = json.loads(json.dumps(state.dump(1)))
    rows += [7, [[], [1], 99], [["a"], [1], "soon"], [[1], [1], 99], [["a"], 1, 99]]

    back = MemoryState()
    back.load(rows, now_s=5)
    assert back.dump(5) == [[list(KEY), [1, "x", None, 0.5], 10]]


def test_a_copy_goes_its_own_way() -> None:
    """What is written to one of the two is not seen in the other."""
    state = MemoryState()
    state.put(KEY, (1,), until_s=10)

    twin = state.copy()
    twin.put(KEY, (2,), until_s=20)
    twin.put(("turn", "r"), (3,), until_s=20)
    state.drop(KEY)

    assert (state.get(KEY, 0), state.get(("turn", "r"), 0)) == (None, None)
    assert (twin.get(KEY, 0), twin.get(("turn", "r"), 0)) == ((2,), (3,))
