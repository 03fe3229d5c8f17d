"""Shared costs, goods ahead and differences that follow goods, whose outcomes are written down whole."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from qbo_pipeline.accounting.books import Books
from qbo_pipeline.inventory.records import Movement, MovementLine, Product, Record
from qbo_pipeline_tests.accounting.company import DAY, PRODUCTS, books, document, item, labour, match, movement, stock
from qbo_pipeline_tests.accounting.outcomes.company import GERMAN, D, matched

BEFORE, AFTER = date(2026, 3, 10), date(2026, 3, 20)
WEIGHED = tuple(replace(product, weight=weight) for product, weight in zip(PRODUCTS, (D("0.5"), D(3)), strict=False))
UNWEIGHED = Product(product_id="urn", kind="stocked", name="Urn")
RECEIVED = movement(
    "receipt", stock("tea", 10, "60"), stock("cup", 4, "30", "west"), stock("tea", -3, "-10"), stock("bag", 5, "5"),
    labour("2"), stock("cup", 0, "1"), movement_id="r1", number="R-1", party_id="9", business_date=BEFORE,
)  # fmt: skip
COST = MovementLine(line_id="", line_number=0, role="to_share", value=D("10.01"))
AHEAD: dict[str, Any] = {"unmatched_bill_lines": "in_transit"}
BILL = document(
    "bill", item("tea", 10, "6", "60.05"), item("cup", 2, "7", "14"), business_date=BEFORE, document_id="b5",
    number="B-5", matches=(match(1, "r5", 1, 10), match(2, "r5", 2, 2)), location_id="west",
)  # fmt: skip
COMES = movement("receipt", stock("tea", 6, "30"), stock("cup", 4, "30"), stock("set", 1, "9"), movement_id="r5",
                 number="R-5", party_id="9")  # fmt: skip
EARLY = movement("receipt", stock("tea", 3, "12"), movement_id="r6", number="R-6", party_id="9", business_date=BEFORE)


def cost(value: str = "10.01", **changes: Any) -> Movement:
    own = {"movement_id": "f", "number": "F-1", "for_movement_id": "r1"}
    return movement("landed_cost", replace(COST, value=D(value)), **(own | changes))


def there(held: dict[str, str], by: str = "value", *records: Any, **changes: Any) -> Books:
    """Books that say what is on hand on the day by which the cost and its goods have come, and 0 on any other."""

    def on_hand(product_id: str, day: date) -> Decimal:
        return D(held.get(product_id, "0")) if day == DAY else D(0)

    return books(RECEIVED, *WEIGHED, UNWEIGHED, *records, on_hand=on_hand, policies={"landed_cost_by": by}, **changes)


def ahead(*records: Any, **policies: Any) -> Books:
    return books(*records, GERMAN, policies=AHEAD | policies)


def at_rates(receipt: Movement, bill: Any, rates: dict[date, Decimal]) -> Books:
    return books(receipt, bill, policies=AHEAD, rate=lambda currency, day: rates.get(day))


SHARES: dict[str, tuple[Record, Books]] = {
    "a cost by value, all there": (cost(), there({"tea": "100", "cup": "100"})),
    "a cost by value, nothing there": (cost(), there({})),
    "a cost by value, less than nothing there": (cost(), there({"tea": "-5"})),
    "a cost by value, some there": (cost(), there({"tea": "11", "cup": "1.5"})),
    "a cost by quantity": (cost("17", account="freight"), there({"tea": "2", "cup": "4"}, "quantity")),
    "a cost by weight": (cost(), there({"tea": "2", "cup": "4"}, "weight")),
    "a cost that is given back": (cost("-10.01"), there({"tea": "2", "cup": "4"})),
    "a cost in another currency": (cost(currency="EUR", exchange_rate=D("1.25")), there({"tea": "100"})),
    "a cost that is there before its goods": (
        cost(for_movement_id="r9", business_date=BEFORE),
        there({"tea": "1"}, "value", movement("receipt", stock("tea", 2, "9"), movement_id="r9")),
    ),
    "a cost by location": (cost(), there({"cup": "100"}, overrides={("inventory", "location", "west"): "83"})),
    "a weight that nobody says": (
        cost(for_movement_id="r8"),
        there({}, "weight", movement("receipt", stock("urn", 2, "9"), movement_id="r8")),
    ),
    "a weight that nobody says of a number": (
        cost(for_movement_id="r8"),
        there({}, "weight", movement("receipt", stock("set", 2, "9"), movement_id="r8")),
    ),
    "no receipt named": (cost(for_movement_id=None), there({})),
    "a receipt that is unknown": (cost(for_movement_id="r404"), there({})),
    "a receipt that is voided": (
        cost(for_movement_id="r7"), there({}, "value", movement("receipt", stock("tea", 2, "9"), movement_id="r7",
                                                                status="voided")),
    ),
    "goods of what is no receipt": (
        cost(for_movement_id="a1"), there({}, "value", movement("adjustment", stock("tea", 2, "9"), movement_id="a1")),
    ),
    "a cost to share on a receipt": (
        movement("receipt", replace(COST), movement_id="r2", number="R-2", for_movement_id="r1"), there({}),
    ),
    "a receipt of nothing to share by": (
        cost(for_movement_id="r3"),
        there({}, "value", movement("receipt", stock("tea", 2, "0"), movement_id="r3", number="R-3")),
    ),
    "a receipt of services": (
        cost(for_movement_id="r4"),
        there({}, "quantity", movement("receipt", stock("fit", 2, "5"), movement_id="r4", number="R-4")),
    ),
    "a bill ahead of its goods": (BILL, ahead(COMES)),
    "goods that a bill was ahead of": (COMES, ahead(COMES, BILL)),
    "goods that a bill was ahead of, by stock": (COMES, ahead(COMES, BILL, bill_difference="on_hand_share")),
    "goods that a bill was ahead of, revalued": (COMES, ahead(COMES, BILL, bill_difference="inventory")),
    "goods that a voided bill was ahead of": (COMES, ahead(COMES, replace(BILL, status="voided"))),
    "goods that a bill of the day was not ahead of": (COMES, ahead(COMES, replace(BILL, business_date=DAY))),
    "a bill ahead of some of its goods": (
        document("bill", item("tea", 15, "6", "90"), business_date=BEFORE,
                 matches=(match(1, "r6", 1, 3), match(1, "r5", 1, 6), match(1, "r404", 1, 1), match(1, "r5", 3, 0))),
        ahead(COMES, EARLY),
    ),
    "a bill in another currency ahead of its goods": (
        replace(BILL, currency="EUR", exchange_rate=D("1.25"), party_id="8"),
        ahead(COMES, multicurrency=True),
    ),
    "goods that a bill in another currency was ahead of": (
        COMES, ahead(COMES, replace(BILL, currency="EUR", exchange_rate=D("1.25"))),
    ),
    "goods that a bill was ahead of at the rate of its day": (
        COMES, at_rates(COMES, replace(BILL, currency="EUR"), {BEFORE: D("1.2")}),
    ),
    "goods that a bill was ahead of on a day without a rate": (
        COMES, at_rates(COMES, replace(BILL, currency="EUR"), {DAY: D("1.2")}),
    ),
    "a bill ahead of goods that do not accrue": (BILL, ahead(COMES, accrue_receipts=False)),
    "a bill ahead of goods that are voided": (BILL, ahead(replace(COMES, status="voided"))),
    "a credit ahead of its goods": (replace(BILL, kind="purchase_credit"), ahead(COMES)),
    "a bill after goods that another was ahead of": (
        document("bill", item("tea", 6, "6", "36"), business_date=AFTER, document_id="b6", number="B-6",
                 matches=(match(1, "r5", 1, 6),)),
        ahead(COMES, replace(BILL, matches=(match(1, "r5", 1, 2),))),
    ),
    "an order of goods in transit": (
        document("purchase_order", item("tea", 6, "6", "36")), ahead(purchase_orders=True),
    ),
    "a difference that follows goods": (
        matched(item("tea", 3, "8", "24"), matches=(match(1, "receipt", 1, 6), match(2, "receipt", 1, 3))),
        books(movement("receipt", stock("tea", 10, "50"), party_id="9", business_date=BEFORE),
              on_hand=lambda product_id, day: D(7) if (product_id, day) == ("tea", DAY) else D(99),
              policies={"bill_difference": "on_hand_share"}),
    ),
    "a difference that follows goods which are gone": (
        matched(),
        books(movement("receipt", stock("tea", 10, "50"), party_id="9"), on_hand=lambda product_id, day: D(-1),
              policies={"bill_difference": "on_hand_share"}),
    ),
    "a difference that follows goods which came later": (
        matched(business_date=BEFORE),
        books(movement("receipt", stock("tea", 10, "50"), party_id="9"),
              on_hand=lambda product_id, day: D(4) if day == DAY else D(0),
              policies={"bill_difference": "on_hand_share"}),
    ),
    "a difference of what is no product": (
        document("bill", item(None, 5, "6", "30"), matches=(match(1, "bare", 1, 5),)),
        books(movement("receipt", stock(None, 5, "25"), movement_id="bare"), on_hand=lambda product_id, day: D(9),
              policies={"bill_difference": "on_hand_share"}),
    ),
}  # fmt: skip
