"""What people edit, move, void and delete in QuickBooks of papers that were made there: carried on once, in whatever
order it is taken, and each difference named until it is."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from qbo_pipeline.inventory.records import Allocation, Payment, canonical_json
from qbo_pipeline.pipeline.made_in_quickbooks import changes_of
from qbo_pipeline_tests.emulator.server import RunningEmulator
from qbo_pipeline_tests.pipeline.connections import rows
from qbo_pipeline_tests.tampering.people import Bookkeeper, Thing
from qbo_pipeline_tests.write_back.inbox_shop import night
from qbo_pipeline_tests.write_back.papers import LIKE, SETTLES, Papers, parted, shop_of_papers
from qbo_pipeline_tests.write_back.taking import take_all


def test_an_edited_invoice_and_a_moved_payment_are_told_and_named_until_they_are_taken(
    tmp_path: Path, emulator: RunningEmulator, people: Bookkeeper
) -> None:
    shop = shop_of_papers(tmp_path, emulator, "folder")
    night(shop)
    papers = Papers(shop, people)
    own = papers.like["Invoice"]["Id"]
    made, paid = papers.enter("Invoice", "QB-1", "10", "20"), papers.pay("Payment", [(own, "30")])
    night(shop)
    take_all(shop)
    papers.edit("Invoice", made, "10", "25", "7", TxnDate="2024-03-05")
    papers.pay("Payment", [(own, "12"), (made["Id"], "8")], total="30", before=paid)  # split, and 10 on account
    night(shop)
    waits = "lies in the inbox of the inventory system, and is not taken yet"
    assert parted(papers.tie_out()) == {
        f"document/Invoice-{made['Id']}": f"revision 2 of Invoice/{made['Id']} {waits}: business_date 2024-03-05 there "
        "and 2024-03-06 here, total_amount 42 there and 30 here",
        f"payment/Payment-{paid['Id']}": f"revision 2 of Payment/{paid['Id']} {waits}: settles 8 of "
        f"Invoice-{made['Id']} and 12 of i1 there and 30 of i1 here",
    }
    take_all(shop)
    night(shop)
    assert papers.here() == papers.there()
    assert parted(papers.tie_out()) == {}


def test_a_payment_that_was_moved_in_the_inventory_system_is_told_where_that_tells_what_it_settles() -> None:
    payment = Payment(
        payment_id="P1", kind="payment_received", number="Y1", business_date=date(2024, 3, 6), party_id="c1",
        currency="USD", amount=Decimal(30),
        allocations=tuple(Allocation(allocation_id=str(n), document_id="i1", amount=Decimal(n)) for n in (10, 20)),
    )  # fmt: skip
    parts = [{"allocation_id": "Payment/7:i1", "document_id": "i1", "amount": "30"}]
    same = payment.to_content() | {"payment_id": "Payment/7", "allocations": parts}
    moved = same | {"allocations": [{**parts[0], "document_id": "i2"}]}
    cases = ((payment, same), (payment, moved), (replace(payment, allocations=()), moved))
    told = [changes_of(one, {"payload": canonical_json(entry)}) for one, entry in cases]  # type: ignore[arg-type]
    assert told == [{}, {"settles": ("30 of i2", "30 of i1")}, {}]


class Life:
    """A bookkeeper who does whatever comes to mind with papers made in QuickBooks."""

    def __init__(self, papers: Papers, seed: int) -> None:
        self.papers, self.chance = papers, random.Random(seed)
        self.made: dict[str, list[Thing]] = {entity: [] for entity in (*LIKE, *SETTLES)}
        self.refused = self.done = 0

    def act(self) -> None:
        """One thing; what QuickBooks does not allow is not done."""
        entity = self.chance.choice((*LIKE, *SETTLES, *SETTLES))
        whole = self.made[entity]
        do = self.chance.choice(("make", "change", "change", "change", "remove")) if whole else "make"
        try:
            if do == "make":
                whole.append(self._make(entity))
            elif do == "change":
                self._change(entity, self.chance.choice(whole))
            else:
                thing = self.chance.choice(whole)
                self.papers.remove(entity, thing, self.chance.choice(("void", "delete")))
                whole.remove(thing)
            self.done += 1
        except AssertionError:
            self.refused += 1

    def _make(self, entity: str) -> Thing:
        if entity in SETTLES:
            return self.papers.pay(entity, *self._parts(entity))
        return self.papers.enter(entity, f"QB-{self.done}", *self._amounts(), day=self._day())

    def _change(self, entity: str, thing: Thing) -> None:
        if entity in SETTLES:
            self.papers.pay(entity, *self._parts(entity), before=thing)
        elif self.chance.random() < 0.5:
            self.papers.edit(entity, thing, *self._amounts())
        else:
            self.papers.edit(entity, thing, TxnDate=self._day())

    def _parts(self, entity: str) -> tuple[list[tuple[str, str]], str]:
        kind = SETTLES[entity]
        of = self.chance.sample([self.papers.like[kind], *self.made[kind]], k=min(2, 1 + len(self.made[kind])))
        parts = [(thing["Id"], str(self.chance.randint(1, 9))) for thing in of[: self.chance.randint(1, 2)]]
        return parts, str(sum(int(amount) for _, amount in parts) + self.chance.choice((0, 0, 5)))

    def _amounts(self) -> list[str]:
        return [str(self.chance.randint(5, 60)) for _ in range(self.chance.randint(1, 3))]

    def _day(self) -> str:
        return f"2024-03-0{self.chance.randint(2, 7)}"


@pytest.mark.torture
@pytest.mark.parametrize("place", ["table", "folder"])
@pytest.mark.parametrize("seed", range(6))
def test_a_month_of_edits_ends_alike_on_both_sides(
    tmp_path: Path, emulator: RunningEmulator, people: Bookkeeper, place: str, seed: int
) -> None:
    shop = shop_of_papers(tmp_path, emulator, place)
    night(shop)
    papers = Papers(shop, people)
    life = Life(papers, seed)
    for _ in range(12):
        for _ in range(life.chance.randint(1, 5)):
            life.act()
        night(shop)
        if life.chance.random() < 0.5:
            take_all(shop)
    papers.settle(4)
    assert papers.here() == papers.there()
    assert parted(papers.tie_out()) == {}
    assert life.done > life.refused
    with shop.run() as run:
        said = rows(run, "SELECT key, revision FROM write_backs WHERE state NOT IN ('posted', 'superseded')")
        posted = rows(run, "SELECT record_key FROM postings WHERE record_key LIKE 'payment/%' OR record_key LIKE '%-%'")
    assert (said, posted) == ([], [])
