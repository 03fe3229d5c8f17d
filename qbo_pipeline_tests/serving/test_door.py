"""Who is let in, who has to leave, and that nobody at work does: the door without a network."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from qbo_pipeline.serving.bounds import Bounds, Door

SMALL = replace(Bounds(), connections=3, connections_by_address=2)


class Visitor:
    """A connection that leaves when it is told to."""

    def __init__(self, door: Door, address: str) -> None:
        self.door = door
        self.address = address
        self.sent_away = False

    def make_room(self) -> None:
        self.sent_away = True
        self.door.leave(self)


def test_whoever_waits_longest_makes_room() -> None:
    door = Door(SMALL)
    first, second, third, fourth = (Visitor(door, address) for address in "abcd")
    assert all(door.enter(visitor) for visitor in (first, second, third, fourth))
    assert [visitor.sent_away for visitor in (first, second, third, fourth)] == [True, False, False, False]
    door.work(second)
    assert door.enter(Visitor(door, "e"))
    assert (second.sent_away, third.sent_away) == (False, True)


def test_one_address_makes_room_for_itself_alone() -> None:
    door = Door(SMALL)
    other, first, second = Visitor(door, "other"), Visitor(door, "a"), Visitor(door, "a")
    assert all(door.enter(visitor) for visitor in (other, first, second))
    assert door.enter(Visitor(door, "a"))
    assert (other.sent_away, first.sent_away) == (False, True)


def test_where_all_are_at_work_the_newcomer_is_refused() -> None:
    door = Door(SMALL)
    inside = [Visitor(door, address) for address in "abc"]
    for visitor in inside:
        assert door.enter(visitor)
        door.work(visitor)
    assert not door.enter(Visitor(door, "d"))
    assert door.turned_away == {"full": 1}
    door.wait(inside[1])
    assert door.enter(Visitor(door, "d"))
    assert [visitor.sent_away for visitor in inside] == [False, True, False]


@given(st.lists(st.tuples(st.sampled_from(["enter", "work", "wait", "leave"]), st.integers(0, 9)), max_size=60))
def test_the_bounds_hold_whatever_happens(steps: list[tuple[str, int]]) -> None:
    door = Door(SMALL)
    inside: dict[int, Visitor] = {}
    working: set[int] = set()
    for what, name in steps:
        if what == "enter" and name not in inside:
            visitor = Visitor(door, str(name % 3))
            if door.enter(visitor):
                inside[name] = visitor
        elif name in inside and what == "leave":
            door.leave(inside.pop(name))
            working.discard(name)
        elif name in inside and what != "enter":
            (door.work if what == "work" else door.wait)(inside[name])
            working = working | {name} if what == "work" else working - {name}
        assert not any(inside[other].sent_away for other in working)
        inside = {other: visitor for other, visitor in inside.items() if not visitor.sent_away}
        assert door.inside == len(inside) <= SMALL.connections
        for address in "012":
            assert sum(visitor.address == address for visitor in inside.values()) <= SMALL.connections_by_address
