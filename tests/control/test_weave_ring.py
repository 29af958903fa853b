"""The ring's tokens, gifts and votes by themselves."""

from __future__ import annotations

import pytest

from packetwalk.control.weave.consensus import Paxos
from packetwalk.control.weave.tokens import AddressSpace, Range, RingConflict, SharedRing
from packetwalk.wire.address import ipv4_to_int

START, END = ipv4_to_int("10.32.0.0"), ipv4_to_int("10.48.0.0")
HALF = ipv4_to_int("10.40.0.0")
TWO = SharedRing(END).begun([(START, HALF - START, "n2"), (HALF, END - HALF, "n1")], ["n2", "n1"])


def _plainly(name: str) -> str:
    return name


def _used(_: Range) -> bool:
    return True


def _unused(_: Range) -> bool:
    return False


@pytest.mark.parametrize(
    ("given", "part", "gift"),
    [
        ({"weave:expose": "10.32.0.1"}, (START, HALF), ("10.38.0.0", "10.40.0.0")),  # recorded
        ({"weave:expose": "10.40.0.0"}, (HALF, END), ("10.46.0.0", "10.48.0.0")),  # recorded in another run
        ({}, (HALF, END), ("10.44.0.0", "10.48.0.0")),
    ],
)
def test_a_gift_is_the_biggest_cidr_of_at_most_half(given: dict, part: Range, gift: tuple) -> None:
    space = AddressSpace((START, END))
    space.given = {name: ipv4_to_int(address) for name, address in given.items()}
    assert space.gift([part]) == tuple(map(ipv4_to_int, gift))


def test_who_has_nothing_left_gives_nothing_and_the_last_address_is_given() -> None:
    space = AddressSpace((START, END))
    space.full = [(HALF, END - 2)]
    assert space.gift([(HALF, END - 2)]) is None
    assert space.gift([(HALF, END - 1)]) == (END - 2, END - 1)
    assert space.next([(HALF, END)]) == END - 2
    space.given["a"] = END - 2
    assert space.next([(HALF, END)]) is None  # the very last address is nobody's


def test_a_grant_raises_the_versions_and_a_transfer_by_a_hundred() -> None:
    given = TWO.granted((ipv4_to_int("10.38.0.0"), HALF), "n3")
    assert str(given) == "10.32.0.0 n2 v1, 10.38.0.0 n3 v0, 10.40.0.0 n1 v0"
    within = TWO.granted((ipv4_to_int("10.34.0.0"), ipv4_to_int("10.36.0.0")), "n3")
    assert str(within) == "10.32.0.0 n2 v1, 10.34.0.0 n3 v0, 10.36.0.0 n2 v0, 10.40.0.0 n1 v0"
    taken = given.transferred("n3", "n1")
    assert str(taken) == "10.32.0.0 n2 v1, 10.38.0.0 n1 v100, 10.40.0.0 n1 v0"
    assert taken.reported("n1", lambda part: 7).owned("n1") == [(ipv4_to_int("10.38.0.0"), END)]
    across = taken.granted((ipv4_to_int("10.39.0.0"), ipv4_to_int("10.44.0.0")), "n3")
    assert str(across) == (
        "10.32.0.0 n2 v1, 10.38.0.0 n1 v101, 10.39.0.0 n3 v0, 10.40.0.0 n3 v1, 10.44.0.0 n1 v0"
    )
    assert across.owned("n3") == [(ipv4_to_int("10.39.0.0"), ipv4_to_int("10.44.0.0"))]


def test_the_newer_token_wins_and_the_own_one_is_not_given_up_while_it_is_used() -> None:
    taken = TWO.transferred("n1", "n2")
    assert TWO.merged(taken, "n2", _plainly, _used) == taken
    assert TWO.merged(taken, "n1", _plainly, _unused) == taken
    with pytest.raises(RingConflict, match=r"own at 10\.40\.0\.0 v0: incoming message says owner n2 v100"):
        TWO.merged(taken, "n1", _plainly, _used)
    split = TWO.granted((ipv4_to_int("10.46.0.0"), END), "n3")
    with pytest.raises(RingConflict, match=r"Peer n3 says it owns the IP range from 10\.46\.0\.0, which"):
        TWO.merged(split, "n1", _plainly, _used)
    other = SharedRing(END).begun([(START, END - START, "n1")], ["n1"])
    with pytest.raises(RingConflict, match="seeded by different peers"):
        TWO.merged(other, "n1", _plainly, _used)


def test_an_old_ring_with_my_name_is_outlived() -> None:
    newer = TWO.reported("n1", lambda part: 5).reported("n1", lambda part: 6)
    assert [each.version for each in TWO.merged(newer, "n1", _plainly, _used).tokens] == [0, 3]


def test_two_of_three_agree_on_those_that_were_heard() -> None:
    one, two, three = (Paxos(name, 2) for name in "abc")
    one.propose()
    assert not one.agreed() and not one.think()
    two.update(one.known)
    assert two.think()
    one.update(two.known)
    assert one.think() and not one.agreed()
    two.update(one.known)
    assert two.think() and two.agreed() == ("a", "b")
    three.propose()
    three.update(two.known)  # a later proposal takes what was accepted
    three.think()
    two.update(three.known)
    two.think()
    three.update(two.known)
    three.think()
    assert three.agreed() == ("a", "b")
