"""Names that are handed on within one run, or trade places, settle without a person, whatever the order of keys."""

from __future__ import annotations

from itertools import permutations

import pytest

from qbo_pipeline_tests.posting.conftest import Room
from qbo_pipeline_tests.posting.harness import drafted, intent


def party(number: int, name: str) -> str:
    return f"party/customer:{number}"


def take_in(room: Room, names: dict[int, str], entity: str = "Customer") -> None:
    for number, name in names.items():
        room.take_in(intent(drafted(f"party/customer:{number}", entity, {"DisplayName": name}, None)))


def standing(room: Room) -> dict[str, str]:
    """The name in QBO of what each key is linked to."""
    found = {}
    for number in (1, 2, 3, 4):
        key = f"party/customer:{number}"
        try:
            link = room.history(key).link
        except AssertionError:
            continue
        if link is not None:
            found[number] = room.company.things[link.entity][link.qbo_id]["DisplayName"]
    return found  # type: ignore[return-value]


@pytest.mark.parametrize("order", list(permutations(["Ann", "Bob", "Cid"])))
def test_names_trade_places_in_any_order(room: Room, order: tuple[str, ...]) -> None:
    take_in(room, {1: "Ann", 2: "Bob", 3: "Cid"})
    room.run()
    wanted = dict(enumerate(order, start=1))
    take_in(room, wanted)
    assert room.run().states == {"posted": 3}
    assert standing(room) == wanted
    assert len(room.company.live("Customer")) == 3


@pytest.mark.parametrize("newcomer", [1, 3])
def test_a_name_is_handed_on_to_a_newcomer_within_one_run(room: Room, newcomer: int) -> None:
    take_in(room, {2: "Acme"})
    room.run()
    take_in(room, {newcomer: "ACME", 2: "Acme before"})
    assert room.run().states == {"posted": 2}
    assert standing(room) == {newcomer: "ACME", 2: "Acme before"}


def test_what_waits_for_a_name_goes_again_when_a_person_frees_it(room: Room) -> None:
    room.company._carry_out("create", "Vendor", {"DisplayName": "Acme"})
    take_in(room, {1: "Acme"})
    for _ in range(2):
        assert room.run().states == {"parked": 1}
    room.company.edit("Vendor", "1", DisplayName="Acme the vendor")
    assert room.run().states == {"posted": 1}
    room.check_chain()
