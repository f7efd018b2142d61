"""Two providers out of reach together are no network; one is a provider out of reach."""

from __future__ import annotations

from aimux.routing.network import BELIEVED_S, PROBE_EVERY_S, TOGETHER_S, Network


def lost() -> Network:
    """A network that was lost at 101 seconds."""
    network = Network()
    assert network.missed("a", "m", 1, 100) is None
    assert network.missed("b", "n", 2, 101) == [("a", "m", 1)]
    return network


def test_one_provider_out_of_reach_is_its_own_affair() -> None:
    """However often."""
    network = Network()
    assert [network.missed("a", "m", 1, 100 + step) for step in range(5)] == [None] * 5
    assert not network.offline(105)


def test_two_within_two_seconds_are_no_network() -> None:
    """What was counted against the first one is named, to be taken back."""
    network = lost()
    assert network.offline(101)
    assert network.offline_since_s == 100
    assert network.missed("c", "o", 1, 102) == []


def test_two_that_are_further_apart_are_two_troubles() -> None:
    """A provider that fails all day long does not make the next one's trouble the network's."""
    network = Network()
    assert network.missed("a", "m", 1, 100) is None
    assert network.missed("b", "n", 1, 100.1 + TOGETHER_S) is None
    assert not network.offline(103)


def test_an_answer_from_anywhere_ends_it() -> None:
    """And what had been missed before it counts for nothing."""
    network = lost()
    network.reached()
    assert not network.offline(101)
    assert network.missed("b", "n", 1, 101) is None
    network.reached()
    assert network.missed("a", "m", 1, 101) is None


def test_one_request_now_and_then_looks_whether_it_is_back() -> None:
    """The one that noticed it has just looked."""
    network = lost()
    looks = [network.may_look(101 + tenth / 10) for tenth in range(int(PROBE_EVERY_S * 25))]
    assert looks.count(True) == 2
    assert looks.index(True) == PROBE_EVERY_S * 10


def test_whoever_has_not_been_missed_is_not_left_out() -> None:
    """Two may be broken and a third one well; with no network each is missed once."""
    network = lost()
    assert [network.leaves_out(name, 101) for name in "abc"] == [True, True, False]
    network.missed("c", "o", 1, 102)
    assert network.leaves_out("c", 102)
    network.reached()
    assert not network.leaves_out("a", 102)
    assert network.missed("d", "m", 1, 200) is None
    assert network.missed("e", "m", 1, 201) is not None
    assert [network.leaves_out(name, 201) for name in "acde"] == [False, False, True, True]


def test_it_is_not_believed_for_ever() -> None:
    """Nobody has asked for two minutes: nobody knows."""
    network = lost()
    assert network.offline(101 + BELIEVED_S)
    assert not network.offline(101.1 + BELIEVED_S)
    assert network.offline_since_s is None
